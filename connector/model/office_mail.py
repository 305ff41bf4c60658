"""The office's mail about policies. Titles, dates and what is open about them: no concern is near it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class OfficeMailKind(StrEnum):
    """The week's list, or a reminder of the day."""

    WEEK = "week"
    REMINDER = "reminder"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One policy: by when it is to be reviewed in words, what is open about it, and the link that says: reviewed."""

    title: str
    when: str
    notes: tuple[str, ...] = ()
    link: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """Policies that stand alike: overdue, due soon, something to ask."""

    heading: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficeMail:
    """One mail to one person.

    `quiet` counts the policies that need nothing; `notes` are about none; `feed` is the calendar's address.
    """

    kind: OfficeMailKind
    school: str
    day: date
    sections: tuple[Section, ...]
    quiet: int = 0
    notes: tuple[str, ...] = ()
    feed: str = ""
    calendar: bytes = b""
    repeat: bool = False
