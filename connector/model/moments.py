"""Time at the edge of the eye: aware UTC inside, Europe/London for people."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")


def local(moment: datetime) -> datetime:
    """The same moment on a school's clock. Raises ValueError for a naive datetime."""
    if moment.tzinfo is None:
        raise ValueError("a moment without a zone has no place inside the service")
    return moment.astimezone(LONDON)


def utc(moment: datetime) -> datetime:
    """The same moment in UTC. Raises ValueError for a naive datetime."""
    if moment.tzinfo is None:
        raise ValueError("a moment without a zone has no place inside the service")
    return moment.astimezone(UTC)


def say_date(day: date) -> str:
    """`Wednesday 18 November 2026`, the same on every machine whatever its language."""
    weekdays = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
    return f"{weekdays[day.weekday()]} {day.day} {MONTHS[day.month - 1]} {day.year}"


def say_moment(moment: datetime) -> str:
    """`18 November 2026, 15:41` on a school's clock."""
    there = local(moment)
    return f"{there.day} {MONTHS[there.month - 1]} {there.year}, {there:%H:%M}"


MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
