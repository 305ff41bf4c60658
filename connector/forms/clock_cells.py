"""A workbook's clock times: dates of Excel, serial numbers and typed text, as the owner's local time."""

from __future__ import annotations

from contextlib import suppress
from datetime import date, datetime, time, timedelta
from itertools import product
from typing import Any

from connector.model.moments import LONDON

_TYPED = tuple(map(" ".join, product(("%m/%d/%y", "%m/%d/%Y", "%d/%m/%y", "%d/%m/%Y"),
                                     ("%H:%M:%S", "%H:%M", "%I:%M:%S %p", "%I:%M %p"))))  # fmt: skip
_EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001 - a serial number carries no zone


def moment_in(cell: Any) -> datetime | None:
    """The owner's clock time with the offset of that day, to the second, or None."""
    if isinstance(cell, str):
        found = _typed_moment(cell.strip())
    elif isinstance(cell, float):
        found = _EPOCH + timedelta(days=cell) if 0 < cell < 100_000 else None
    else:
        found = cell if isinstance(cell, datetime) else _midnight(cell)
    if found is None or not 2000 <= found.year < 2100:
        return None
    # Excel keeps a time as a fraction of a day, so a second may come back as 0.9999997 of one.
    found = (found + timedelta(microseconds=500_000)).replace(microsecond=0)
    return found if found.tzinfo else found.replace(tzinfo=LONDON)


def edited_at(cell: Any, completed: datetime | None) -> str:
    """When a response was edited, in ISO, if it was after its completion; else nothing."""
    found = moment_in(cell)
    is_later = found is not None and completed is not None and found > completed
    return found.isoformat() if found is not None and is_later else ""


def _midnight(cell: Any) -> datetime | None:
    return datetime.combine(cell, time()) if isinstance(cell, date) else None


def _typed_moment(text: str) -> datetime | None:
    """ISO, or a date with slashes that can be read in one way only: 4/5 is May or April, so it is neither."""
    with suppress(ValueError):
        return datetime.fromisoformat(text)
    readings = set()
    for style in _TYPED:
        with suppress(ValueError):
            readings.add(datetime.strptime(text, style))  # noqa: DTZ007 - the owner's clock, made aware by _moment
    return readings.pop() if len(readings) == 1 else None
