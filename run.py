"""The two commands for every machine, Windows too: `python run.py demo` and `python run.py test`.

Makes a virtual environment in .venv, installs the locked versions into it (hashes checked), and runs.
Needs nothing but Python 3.11, 3.12 or 3.13.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import venv
from pathlib import Path

HERE = Path(__file__).resolve().parent
VENV = HERE / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")

CHECKS = (
    ("lint", ["-m", "ruff", "check", "."]),
    ("format", ["-m", "ruff", "format", "--check", "."]),
    ("types", ["-m", "mypy"]),
    ("floor plan", ["-c", "from importlinter.cli import lint_imports_command; lint_imports_command()"]),
    ("tests", ["-m", "pytest", "-q", "-n", "2", "--dist", "loadfile"]),
)


def main(arguments: list[str]) -> int:
    """The exit code of what was asked for."""
    verb, rest = (arguments[0], arguments[1:]) if arguments else ("help", [])
    if not (3, 11) <= sys.version_info[:2] <= (3, 13):
        print(f"Python 3.11, 3.12 or 3.13 is needed; this is {sys.version.split()[0]}.")
        return 1
    if verb == "demo":
        ready("requirements.lock")
        return call(["-m", "connector", "demo", *rest])
    if verb == "test":
        ready("requirements-test.lock")
        return test(rest)
    if verb == "bench":
        ready("requirements.lock")
        return call(["-m", "bench", *rest])
    print(__doc__)
    return 0 if verb == "help" else 2


def ready(lock: str) -> None:
    """The environment with exactly the locked versions; nothing is done where it is ready already."""
    stamp = VENV / f"{lock}.{hashlib.sha256((HERE / lock).read_bytes()).hexdigest()[:16]}"
    if stamp.exists():
        return
    if not PYTHON.exists():
        print("making .venv ...", flush=True)
        venv.create(VENV, with_pip=True)
    print(f"installing {lock} (once) ...", flush=True)
    pip = [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "--require-hashes", "-r", str(HERE / lock)], check=True)
    stamp.touch()


def test(rest: list[str]) -> int:
    """Every check in turn; all of them are run, and one failure fails the whole. `rest` goes to pytest."""
    failed = []
    for name, command in CHECKS:
        print(f"== {name}", flush=True)
        if call([*command, *(rest if name == "tests" else [])]) != 0:
            failed.append(name)
    print(f"FAILED: {', '.join(failed)}" if failed else "all checks passed")
    return 1 if failed else 0


def call(command: list[str]) -> int:
    """Run our own Python with the package of this folder."""
    environment = os.environ | {"PYTHONPATH": str(HERE), "PYTHONUTF8": "1"}
    return subprocess.run([str(PYTHON), *command], cwd=HERE, env=environment, check=False).returncode


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except subprocess.CalledProcessError as failed:
        sys.exit(failed.returncode)
    except KeyboardInterrupt:
        sys.exit(1)
