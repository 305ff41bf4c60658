"""A notice: what a channel carries.

By type it has no field that could hold a child's, a family's or a reporter's words (DESIGN 6):
a checked reference, times, flags, names of fields from the policy profile, names of the school's
own people on the ladder, links that we made, and advice that the school configured.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from connector.model.reference import PATTERN, Reference


class NoticeKind(StrEnum):
    RECEIVED = "received"
    AMENDED = "amended"
    WAITING = "waiting"
    TAKEN = "taken"
    ALARM = "alarm"


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One message to one person or channel about one concern."""

    kind: NoticeKind
    reference: Reference
    version: int
    school: str
    received_at: datetime
    urgent: bool
    late_days: int
    rung: int
    why: str
    missing: tuple[str, ...]
    unclear: int
    related: tuple[Reference, ...]
    advice: tuple[str, ...]
    ack_link: str = ""
    record_place: str = ""
    taken_by: str = ""
    failed_act: str = ""
    record_link: str = ""
    recognised: bool = True
    repeat: bool = False
    drill: bool = False

    def __post_init__(self) -> None:
        for reference in (self.reference, *self.related):
            if not PATTERN.fullmatch(reference):
                raise ValueError("a notice carries checked references only")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One thing the policy asks for that the form did not give: field name, question, the policy's line."""

    name: str
    ask: str
    policy_words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What the reporter is sent. It names no child and repeats no answer."""

    kind: str
    reference: Reference
    school: str
    received_at: datetime
    missing: tuple[Asked, ...]
    unclear: tuple[Asked, ...]
    advice: tuple[str, ...]
    people: tuple[str, ...]
    add_link: str = ""
    taken_by: str = ""
    repeat: bool = False
    drill: bool = False


class BulletinKind(StrEnum):
    TROUBLE = "trouble"
    UNVERIFIED = "unverified"
    MENDED = "mended"
    HISTORY = "history"
    FORM = "form"
    TEST = "test"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bulletin:
    """A message about the service itself: what stands wrong, or is in order again. No concern is named in it."""

    kind: BulletinKind
    school: str
    place: str
    said: str
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Filed:
    """Where a record lies, without a personal word: `2026/C-7QK4-M2XT`."""

    place: str
    repeat: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordFacts:
    """What a store may show of a record in columns, to sort and filter by. Nothing personal."""

    form: str
    status: str
    urgent: bool
    to_ask: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What a store files: named by reference only, each part beside the others.

    `not_for` are people who may not read it, because it is about them.
    """

    reference: Reference
    version: int
    received_at: datetime
    parts: tuple[tuple[str, bytes], ...]
    not_for: frozenset[str] = frozenset()
    facts: RecordFacts | None = None

    def __repr__(self) -> str:
        return f"Record({self.reference}, version {self.version})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Addressee:
    """To whom a message goes. `key` names the duty, so that a repeat is recognisable as one."""

    name: str
    address: str
    key: str
    sent_at: datetime
