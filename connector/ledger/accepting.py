"""The durable line: a concern, its duties and its audit line in one transaction."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, insert, select

from connector.ledger.audit import AuditLine, append
from connector.ledger.schema import concern, duty
from connector.model.duty import DutyState, NewDuty
from connector.model.reference import Reference

# Somebody who sends nearly the same again within so long is probably correcting it.
_CORRECTION = timedelta(hours=24)


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """Keyed hashes under which things are recognised again; the first of each is under the current key."""

    response: tuple[bytes, ...]
    version: tuple[bytes, ...]
    content: tuple[bytes, ...]
    child: bytes | None
    reporter: bytes | None


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
    missing: tuple[Asking, ...]
    unclear: tuple[Asking, ...]
    sealed: bytes
    aside: bytes
    duties: tuple[NewDuty, ...]


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


def accept(connection: Connection, waiting: list[Acceptance]) -> list[Outcome]:
    """Write all that are new; say of each what became of it."""
    known = _known(connection, waiting)
    versions = _versions(connection, {row.reference for row in known} | {one.reference for one in waiting})
    next_id = (connection.execute(select(func.max(concern.c.id))).scalar() or 0) + 1
    outcomes: list[Outcome] = []
    fresh: list[tuple[int, Acceptance]] = []
    for one in waiting:
        outcome = _judge(one, known, versions)
        if isinstance(outcome, Accepted):
            fresh.append((next_id + len(fresh), one))
            known.append(_as_known(one))
            versions[one.reference] = one.version
        outcomes.append(outcome)
    if fresh:
        _write(connection, fresh)
    return outcomes


@dataclass(frozen=True, slots=True)
class _Known:
    response: bytes
    version_mark: bytes
    content: bytes
    reference: Reference
    version: int
    received_at: datetime


def _as_known(one: Acceptance) -> _Known:
    marks = one.marks
    return _Known(marks.response[0], marks.version[0], marks.content[0], one.reference, one.version, one.received_at)


def _known(connection: Connection, waiting: list[Acceptance]) -> list[_Known]:
    marks = [mark for one in waiting for mark in one.marks.response]
    c = concern.c
    rows = connection.execute(
        select(c.response_mark, c.version_mark, c.content_mark, c.reference, c.version, c.received_at).where(
            c.response_mark.in_(marks)
        )
    )
    return [_Known(*row) for row in rows]


def _versions(connection: Connection, references: set[Reference]) -> dict[Reference, int]:
    """The latest version of each reference that is taken."""
    c = concern.c
    query = select(c.reference, func.max(c.version)).where(c.reference.in_(references)).group_by(c.reference)
    return {Reference(reference): int(version) for reference, version in connection.execute(query)}


def _judge(one: Acceptance, known: list[_Known], versions: dict[Reference, int]) -> Outcome:
    before = [row for row in known if row.response in one.marks.response]
    for row in before:
        if row.content in one.marks.content and row.version_mark in one.marks.version:
            return AlreadyHere(row.reference, row.version, row.received_at)
    reference = before[0].reference if before else one.reference
    following = versions.get(reference, 0) + 1
    if (one.reference, one.version) == (reference, following):
        return Accepted()
    is_clash = not before and one.version == 1
    return TakeAnother(None, 1) if is_clash else TakeAnother(reference, following)


def _write(connection: Connection, fresh: list[tuple[int, Acceptance]]) -> None:
    connection.execute(insert(concern), [_concern_row(connection, number, one) for number, one in fresh])
    connection.execute(insert(duty), [row for number, one in fresh for row in duty_rows(number, one, one.duties)])
    append(connection, [_audit_line(one) for _, one in fresh])


def _concern_row(connection: Connection, number: int, one: Acceptance) -> dict[str, object]:
    return {
        "id": number, "reference": one.reference, "version": one.version, "school": one.school, "form": one.form,
        "profile": one.profile, "response_mark": one.marks.response[0], "version_mark": one.marks.version[0],
        "content_mark": one.marks.content[0], "child_mark": one.marks.child, "reporter_mark": one.marks.reporter,
        "received_at": one.received_at, "urgent": one.urgent, "about_staff": one.about_staff,
        "recognised": one.recognised, "late_days": one.late_days,
        "missing": [[asking.field, asking.child] for asking in one.missing],
        "unclear": [[asking.field, asking.child] for asking in one.unclear],
        "related": _related(connection, one), "sealed": one.sealed, "aside": one.aside,
    }  # fmt: skip


def _related(connection: Connection, one: Acceptance) -> list[str]:
    """Earlier concerns about the same child from the same reporter within a day: likely one and its correction."""
    if one.marks.child is None or one.marks.reporter is None:
        return []
    c = concern.c
    rows = connection.execute(
        select(c.reference)
        .distinct()
        .where(
            c.child_mark == one.marks.child,
            c.reporter_mark == one.marks.reporter,
            c.school == one.school,
            c.reference != one.reference,
            c.received_at >= one.received_at - _CORRECTION,
        )
        .order_by(c.reference)
        .limit(5)
    )
    return [row.reference for row in rows]


def duty_rows(number: int, one: Acceptance | DutyOwner, duties: tuple[NewDuty, ...]) -> list[dict[str, object]]:
    """The rows of new duties of one concern."""
    return [
        {
            "concern": number, "reference": one.reference, "version": one.version, "school": one.school,
            "kind": new.kind, "channel": new.channel, "person": new.person, "rung": new.rung,
            "state": DutyState.OWED, "attempts": 0, "owed_since": new.due_at, "due_at": new.due_at,
        }
        for new in duties
    ]  # fmt: skip


@dataclass(frozen=True, slots=True)
class DutyOwner:
    """Whose duties they are."""

    reference: Reference
    version: int
    school: str


def _audit_line(one: Acceptance) -> AuditLine:
    detail = {
        "version": one.version, "school": one.school, "form": one.form, "urgent": one.urgent,
        "missing": len(one.missing), "unclear": len(one.unclear), "duties": len(one.duties),
    }  # fmt: skip
    return AuditLine(one.received_at, "accepted", one.reference, detail)
