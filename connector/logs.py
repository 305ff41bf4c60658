"""Logs: one JSON object a line, references and states only.

What may be logged is a list of what is allowed. A message must be a constant: it is written without
its arguments, and an exception by its type and the places it passed, never by its text. Finished text of
a library is not written at all. So one that puts a URL, an address or an answer into a log line gets none
of it through.
"""

from __future__ import annotations

import json
import logging
import sys
import threading
import traceback
from datetime import UTC, datetime
from typing import TextIO

ALLOWED = (
    "reference", "version", "school", "form", "duty", "channel", "rung", "attempt", "error", "status", "ms", "count",
    "port", "seconds", "client_request_id", "request_id",
)  # fmt: skip
_QUIET = (
    "urllib3",
    "requests",
    "waitress.queue",
    "apscheduler",
    "asyncio",
    "alembic",
    "mail.log",
    "googleapiclient",
    "google",
)


class Redacting(logging.Formatter):
    """The one formatter of the service."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        line: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "where": record.name,
            "what": _what(record),
        }
        line |= {name: record.__dict__[name] for name in ALLOWED if name in record.__dict__}
        if record.exc_info and record.exc_info[1] is not None:
            line |= _places(record.exc_info[1])
        return json.dumps(line, ensure_ascii=True, default=lambda value: type(value).__name__)


def _what(record: logging.LogRecord) -> str:
    """The constant of a message. A library that hands over finished text may have put anything into it."""
    if not isinstance(record.msg, str):
        return type(record.msg).__name__
    is_ours = record.name.partition(".")[0] == "connector"
    return record.msg if is_ours or record.args else "a library's own words, left out"


def _places(error: BaseException) -> dict[str, object]:
    frames = traceback.extract_tb(error.__traceback__)
    return {
        "raised": type(error).__name__,
        "at_lines": [f"{frame.filename.rpartition('/')[2]}:{frame.lineno} {frame.name}" for frame in frames[-8:]],
    }


def set_up(stream: TextIO | None = None, level: int = logging.INFO) -> None:
    """Send every logger through the one formatter."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(Redacting())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.ERROR)
    logging.captureWarnings(True)


def leave_last_words() -> None:
    """Let what ends the process go through the same formatter, instead of a traceback with its text."""
    sys.excepthook = _last_words
    threading.excepthook = _last_words_of_a_thread


def _last_words_of_a_thread(said: threading.ExceptHookArgs) -> None:
    if said.exc_value is not None:
        logging.getLogger("connector").critical("a thread stopped on an error", exc_info=said.exc_value)


def _last_words(kind: type[BaseException], error: BaseException, trace: object) -> None:
    logging.getLogger("connector").critical("the service stopped on an error", exc_info=error)
