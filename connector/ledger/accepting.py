"""The durable line: a concern, its duties and its audit line in one transaction."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, bindparam, func, insert, select

from connector.ledger.audit import AuditLine, append
from connector.ledger.schema import concern, duty
from connector.model.duty import DutyState, NewDuty
from connector.model.reference import Reference

# Somebody who sends nearly the same again within so long is probably correcting it.
_CORRECTION = timedelta(hours=24)
_MOST_RELATED = 5
_NUMBERS_RETURN = timedelta(days=90)
# Stands in `acknowledged_by` of history; no person's slug has brackets.
HISTORY = "(history)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """Keyed hashes under which things are recognised again; the first of each is under the current key.

    `versioned` says that the platform itself gave the version.
    """

    response: tuple[bytes, ...]
    version: tuple[bytes, ...]
    content: tuple[bytes, ...]
    child: bytes | None
    reporter: bytes | None
    versioned: bool


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
    only_new: bool = False  # from a workbook: a known response is not amended by how a workbook writes it
    history: bool = False


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


@dataclass(frozen=True, slots=True)
class _Known:
    response: bytes
    version_mark: bytes
    content: bytes
    reference: Reference
    version: int
    received_at: datetime
    child: bytes | None


# Built once: building a statement takes longer than running it.
_c = concern.c
_KNOWN = select(
    _c.response_mark, _c.version_mark, _c.content_mark, _c.reference, _c.version, _c.received_at, _c.child_mark
).where(_c.response_mark.in_(bindparam("marks", expanding=True)))
_VERSIONS = (
    select(_c.reference, func.max(_c.version))
    .where(_c.reference.in_(bindparam("references", expanding=True)))
    .group_by(_c.reference)
)
_RELATED = (
    select(_c.reference, _c.school, _c.child_mark, _c.reporter_mark, _c.received_at)
    .where(
        _c.child_mark.in_(bindparam("marks", expanding=True)),
        _c.received_at >= bindparam("since"),
        # That there is a concern about staff is itself not for everybody.
        _c.about_staff.is_(False),
    )
    .order_by(_c.received_at.desc())
    .limit(bindparam("most"))
)
# RETURNING makes one statement of all rows. Row by row, the sqlite3 module gives the interpreter's
# lock away after each, and waits for it again behind every thread that is taking a submission in.
_ADD_CONCERN = insert(concern).returning(concern.c.version)
ADD_DUTY = insert(duty).returning(duty.c.id)


def accept(connection: Connection, waiting: list[Acceptance]) -> list[Outcome]:
    """Write all that are new; say of each what became of it."""
    marks = [mark for one in waiting for mark in one.marks.response]
    known = [_Known(*row) for row in connection.execute(_KNOWN, {"marks": marks})]
    versions = _versions(connection, {row.reference for row in known} | {one.reference for one in waiting})
    outcomes: list[Outcome] = []
    fresh: list[Acceptance] = []
    for one in waiting:
        outcome = _judge(one, known, versions)
        if isinstance(outcome, Accepted):
            fresh.append(one)
            known.append(_as_known(one))
            versions[one.reference] = one.version
        outcomes.append(outcome)
    if fresh:
        _write(connection, fresh)
    return outcomes


def _as_known(one: Acceptance) -> _Known:
    marks = one.marks
    return _Known(
        marks.response[0], marks.version[0], marks.content[0], one.reference, one.version, one.received_at, marks.child
    )


def _versions(connection: Connection, references: set[Reference]) -> dict[Reference, int]:
    """The latest version of each reference that is taken."""
    found = connection.execute(_VERSIONS, {"references": list(references)})
    return {Reference(reference): int(version) for reference, version in found}


def _judge(one: Acceptance, known: list[_Known], versions: dict[Reference, int]) -> Outcome:
    before = sorted((row for row in known if _is_before(row, one)), key=lambda row: (row.received_at, row.version))
    # Without a version of the platform's own, words that return to what they were are a change, not a repeat.
    for row in before if one.marks.versioned else before[-1:]:
        if row.content in one.marks.content and row.version_mark in one.marks.version:
            return AlreadyHere(row.reference, row.version, row.received_at)
    if before and one.only_new:
        return AlreadyHere(before[-1].reference, before[-1].version, before[-1].received_at)
    reference = before[-1].reference if before else one.reference
    following = versions.get(reference, 0) + 1
    if (one.reference, one.version) == (reference, following):
        return Accepted()
    is_clash = not before and one.version == 1
    return TakeAnother(None, 1) if is_clash else TakeAnother(reference, following)


def _is_before(row: _Known, one: Acceptance) -> bool:
    """The same response; a form copied for a new year counts its responses from 1 again, for other children."""
    is_recent = one.received_at - row.received_at < _NUMBERS_RETURN
    return row.response in one.marks.response and (is_recent or row.child == one.marks.child)


def _write(connection: Connection, fresh: list[Acceptance]) -> None:
    related = _related(connection, fresh)
    connection.execute(_ADD_CONCERN, [_concern_row(one, related[number]) for number, one in enumerate(fresh)])
    rows = (duty_rows(one.reference, one.version, one.school, one.duties) for one in fresh)
    connection.execute(ADD_DUTY, [row for some in rows for row in some])
    append(connection, [_audit_line(one) for one in fresh])


def _concern_row(one: Acceptance, related: list[str]) -> dict[str, object]:
    return {
        "reference": one.reference, "version": one.version, "school": one.school, "form": one.form,
        "profile": one.profile, "response_mark": one.marks.response[0], "version_mark": one.marks.version[0],
        "content_mark": one.marks.content[0], "child_mark": one.marks.child, "reporter_mark": one.marks.reporter,
        "received_at": one.received_at, "urgent": one.urgent, "about_staff": one.about_staff,
        "recognised": one.recognised, "late_days": one.late_days, "drill": one.drill,
        "missing": [[asking.field, asking.child] for asking in one.missing],
        "unclear": [[asking.field, asking.child] for asking in one.unclear],
        "related": related, "sealed": one.sealed, "aside": one.aside,
        "acknowledged_at": one.received_at if one.history else None,
        "acknowledged_by": HISTORY if one.history else "",
    }  # fmt: skip


def _related(connection: Connection, fresh: list[Acceptance]) -> list[list[str]]:
    """Earlier concerns about the same child from the same reporter within a day: likely one and its correction."""
    marks = {one.marks.child for one in fresh if one.marks.child and one.marks.reporter}
    if not marks:
        return [[] for _ in fresh]
    since = min(one.received_at for one in fresh) - _CORRECTION
    most = _MOST_RELATED * (len(marks) + 1)
    rows = connection.execute(_RELATED, {"marks": list(marks), "since": since, "most": most}).all()
    found = []
    for one in fresh:
        same = (
            row.reference
            for row in rows
            if (row.child_mark, row.reporter_mark, row.school) == (one.marks.child, one.marks.reporter, one.school)
            and row.reference != one.reference
            and not one.about_staff
        )
        found.append(list(dict.fromkeys(same))[:_MOST_RELATED])
    return found


def duty_rows(reference: Reference, version: int, school: str, duties: Iterable[NewDuty]) -> list[dict[str, object]]:
    """The rows of new duties of one concern."""
    return [
        {
            "reference": reference, "version": version, "school": school, "kind": new.kind, "channel": new.channel,
            "person": new.person, "rung": new.rung, "state": DutyState.OWED, "attempts": 0,
            "owed_since": new.due_at, "due_at": new.due_at,
        }
        for new in duties
    ]  # fmt: skip


def _audit_line(one: Acceptance) -> AuditLine:
    detail = {
        "version": one.version, "school": one.school, "form": one.form, "urgent": one.urgent,
        "missing": len(one.missing), "unclear": len(one.unclear), "duties": len(one.duties),
    }  # fmt: skip
    return AuditLine(one.received_at, "accepted", one.reference, detail)
