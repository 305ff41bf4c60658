"""What is handed over to be made durable, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from connector.model.duty import NewDuty
from connector.model.reference import Reference
from connector.model.submission import Way


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """Keyed hashes under which things are recognised again; the first of each is under the current key.

    `versioned` says that the platform itself gave the version, `lasting` that it never gives a number twice.
    """

    response: tuple[bytes, ...]
    version: tuple[bytes, ...]
    content: tuple[bytes, ...]
    child: bytes | None
    reporter: bytes | None
    versioned: bool
    lasting: bool = False


@dataclass(frozen=True, slots=True)
class Asking:
    """A field by its id in the profile, and the child's number where there are several."""

    field: str
    child: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Acceptance:
    """Everything that must be durable before the answer."""

    reference: Reference
    version: int
    school: str
    form: str
    profile: str
    marks: Marks
    received_at: datetime
    urgent: bool
    about_staff: bool
    recognised: bool
    late_days: int
    drill: bool
    missing: tuple[Asking, ...]
    unclear: tuple[Asking, ...]
    sealed: bytes
    aside: bytes
    duties: tuple[NewDuty, ...]
    way: Way = Way.PUSHED


@dataclass(frozen=True, slots=True)
class Accepted:
    """It is durable now."""


@dataclass(frozen=True, slots=True)
class AlreadyHere:
    """The same response, version and content were accepted before, under this reference."""

    reference: Reference
    version: int
    received_at: datetime


@dataclass(frozen=True, slots=True)
class TakeAnother:
    """Not written. Seal it again as `version` of `reference`; without one, under a fresh reference."""

    reference: Reference | None
    version: int


Outcome = Accepted | AlreadyHere | TakeAnother
