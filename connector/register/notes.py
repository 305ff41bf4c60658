"""What the register is told: each verb of writing takes one of these."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from connector.model.policies_kept import Event, Read, Reviewed


@dataclass(frozen=True, slots=True, kw_only=True)
class Adding:
    """Policies that a person listed."""

    school: str
    slugs: tuple[str, ...]
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentRead:
    """A document as it was read: `read` is None where it could not be, and `fault` says why."""

    school: str
    slug: str
    document: str
    name: str
    version: str
    reading: int
    at: datetime
    read: Read | None = None
    fault: str = ""
    # Another name that it had while nobody listed it: what was said of it under that goes along.
    before: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Presence:
    """Whether a policy's document is in the library."""

    school: str
    slug: str
    at: datetime
    is_there: bool


# What is to be kept of a review, beside all that was said of them until that moment; None where nothing is to be.
Settle = Callable[[Sequence[Event]], Reviewed | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a person said of a review."""

    school: str
    slug: str
    settle: Settle
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawing:
    """A person takes a review back: that of the day, or without one the review that was spoken of last."""

    school: str
    slug: str
    by: str
    at: datetime
    on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What calendars show of a policy; no day where none is known."""

    slug: str
    title: str
    due: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Showing:
    """What calendars show of a school's policies."""

    school: str
    shown: tuple[Shown, ...]
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Looking:
    """A look at a school's library; with an error it was seen only in part, or not at all."""

    school: str
    at: datetime
    error: str
    is_seen: bool
