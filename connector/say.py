"""Saying things to the person at the keyboard: results to stdout, complaints to stderr."""

from __future__ import annotations

import json
import sys
from typing import Any


def say(*lines: str) -> None:
    """Lines for a person. A console that lacks a letter gets a replacement, not a crash."""
    _write(sys.stdout, lines)


def complain(*lines: str) -> None:
    """Lines for a person who must mend something."""
    _write(sys.stderr, lines)


def say_json(facts: Any) -> None:
    """Facts for a program."""
    say(json.dumps(facts, indent=2))


def _write(stream: Any, lines: tuple[str, ...]) -> None:
    encoding = getattr(stream, "encoding", None) or "utf-8"
    for line in lines:
        stream.write(line.encode(encoding, "backslashreplace").decode(encoding) + "\n")
    stream.flush()


def progress(done: int, of: int, what: str) -> None:
    """A bar that grows in place on a terminal; nothing where nobody watches."""
    if not sys.stderr.isatty():
        return
    filled = 30 * done // max(of, 1)
    end = "\n" if done >= of else ""
    sys.stderr.write(f"\r  [{'#' * filled}{'.' * (30 - filled)}] {done} of {of} {what}{end}")
    sys.stderr.flush()
