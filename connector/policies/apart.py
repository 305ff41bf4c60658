"""Reads Word and PDF files in a process of its own.

Their libraries have no limits: a small file may ask them for gigabytes, or for an hour. So a process reads one file
with a limit of memory and of time, and takes all that it used with it when it ends.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from connector.apart import bare_environment
from connector.model.policy_text import Block, BlockKind
from connector.policies.formats import Read
from connector.policies.kinds import Kind
from connector.policies.refusals import BY_NAME, DamagedFile, NoReader, TookTooLong

_SECONDS = 120
# Where Python finds this package, whatever folder the service was started in.
_ROOT = Path(__file__).parents[2]
# What Python itself answers where a module is missing.
_NOT_STARTED = 1


def read_apart(kind: Kind, content: bytes, *, seconds: float = _SECONDS) -> Read:
    """What the file holds. Raises UnreadablePolicy."""
    try:
        done = subprocess.run(  # noqa: S603 - our own module on our own interpreter, the file goes by stdin
            [sys.executable, "-m", "connector.policies.reader", kind],
            input=content,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            check=False,
            timeout=seconds,
            cwd=_ROOT,
            env=bare_environment(),
        )
    except subprocess.TimeoutExpired:
        raise TookTooLong from None
    except OSError:
        # No process could be started: the machine's trouble, not the document's.
        raise NoReader from None
    if done.returncode == _NOT_STARTED:
        raise NoReader
    if done.returncode != 0:
        # A library's own code fell over, as it does with no sound policy.
        raise DamagedFile
    told = json.loads(done.stdout)
    if "refused" in told:
        raise BY_NAME[told["refused"]]
    return tuple(map(_block, told["blocks"])), tuple(told["unread"])


def _block(told: dict[str, Any]) -> Block:
    return Block(**told | {"kind": BlockKind(told["kind"]), "cells": tuple(told["cells"])})
