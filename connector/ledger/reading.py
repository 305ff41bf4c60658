"""What the ledger's rows are read into."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row

from connector.ledger.acceptance import Asking
from connector.model.duty import Duty, DutyKind, DutyState
from connector.model.reference import Reference
from connector.model.submission import Way


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What the ledger knows of one version of a concern."""

    reference: Reference
    version: int
    school: str
    form: str
    profile: str
    received_at: datetime
    urgent: bool
    about_staff: bool
    recognised: bool
    late_days: int
    drill: bool
    way: Way
    missing: tuple[Asking, ...]
    unclear: tuple[Asking, ...]
    related: tuple[Reference, ...]
    sealed: bytes | None
    aside: bytes | None
    filed_at: datetime | None
    record_place: str
    acknowledged_at: datetime | None
    acknowledged_by: str
    purged_at: datetime | None


@dataclass(frozen=True, slots=True)
class Lane:
    """Duties that are due and go to the same far side."""

    school: str
    channel: str


def duty_of(row: Row[Any]) -> Duty:
    """The duty of a row."""
    return Duty(
        id=row.id, reference=row.reference, version=row.version, school=row.school,
        kind=DutyKind(row.kind), channel=row.channel, person=row.person, rung=row.rung, state=DutyState(row.state),
        attempts=row.attempts, owed_since=row.owed_since, due_at=row.due_at, error=row.error, evidence=row.evidence,
        later=row.later,
    )  # fmt: skip


def held_of(row: Row[Any]) -> Held:
    """The concern of a row, without its marks."""
    values = dict(row._mapping)
    for name in ("response_mark", "version_mark", "content_mark", "child_mark", "reporter_mark"):
        del values[name]
    values["missing"] = tuple(Asking(*pair) for pair in row.missing)
    values["unclear"] = tuple(Asking(*pair) for pair in row.unclear)
    values["related"] = tuple(row.related)
    values["way"] = Way(row.way)
    return Held(**values)
