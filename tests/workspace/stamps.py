"""Moments as Google writes and reads them."""

from __future__ import annotations

import re
from datetime import UTC, datetime

_ZULU = re.compile(r"^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?Z$")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def millis(moment: datetime) -> str:
    """To the millisecond."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def micros(moment: datetime) -> str:
    """To the microsecond."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def nanoseconds(moment: datetime) -> int:
    """Since 1970, exact."""
    delta = moment.astimezone(UTC) - EPOCH
    return ((delta.days * 86400 + delta.seconds) * 1_000_000 + delta.microseconds) * 1000


def read_zulu(text: str) -> int | None:
    """Nanoseconds since 1970 of a moment written in Zulu; None where it is not."""
    hit = _ZULU.match(text)
    if not hit:
        return None
    try:
        whole = datetime.fromisoformat(hit[1] + "+00:00")
    except ValueError:
        return None
    return nanoseconds(whole) + int((hit[2] or "").ljust(9, "0"))
