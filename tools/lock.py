"""Resolves the exact versions with hashes, for every Python and system we support, naming no registry."""

import subprocess
from pathlib import Path

HERE = Path(__file__).resolve().parent.parent
COMMAND = [
    "uv", "pip", "compile", "--universal", "--generate-hashes", "--no-emit-index-url", "--no-emit-find-links",
    "--python-version", "3.11", "--custom-compile-command", "python tools/lock.py", "--quiet", "pyproject.toml",
]  # fmt: skip

for extra, lock in (([], "requirements.lock"), (["--extra", "test"], "requirements-test.lock")):
    subprocess.run([*COMMAND, *extra, "-o", lock], cwd=HERE, check=True)
    print(f"wrote {lock}")
