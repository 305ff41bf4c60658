"""What a process of ours that works apart is told of the machine: where programs and their parts lie, and no more.

The service's own environment holds its secrets; a process that opens somebody's file is handed none of them.
"""

from __future__ import annotations

import os

# Windows starts no program without SYSTEMROOT; the others say where libraries, temporary files and this package lie.
_TOLD = (
    "PATH", "SYSTEMROOT", "TEMP", "TMP", "TMPDIR", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "HOME", "USERPROFILE",
    "APPDATA", "PYTHONPATH", "PYTHONHOME", "PYTHONUSERBASE",
)  # fmt: skip


def bare_environment() -> dict[str, str]:
    """The few variables that a program needs to start."""
    return {name: os.environ[name] for name in _TOLD if name in os.environ}
