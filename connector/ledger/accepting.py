"""The durable line: a concern, its duties and its audit line in one transaction."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from sqlalchemy import Connection, bindparam, func, insert, select

from connector.ledger.acceptance import Acceptance, Accepted, Outcome
from connector.ledger.audit import AuditLine, append
from connector.ledger.recognising import Known, as_known, judge
from connector.ledger.schema import concern, duty
from connector.model.duty import DutyState, NewDuty
from connector.model.reference import Reference

# Somebody who sends nearly the same again within so long is probably correcting it.
_CORRECTION = timedelta(hours=24)
_MOST_RELATED = 5


# Built once: building a statement takes longer than running it.
_c = concern.c
_KNOWN = select(
    _c.response_mark, _c.version_mark, _c.content_mark, _c.reference, _c.version, _c.received_at, _c.child_mark, _c.way
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
    known = [Known(*row) for row in connection.execute(_KNOWN, {"marks": marks})]
    versions = _versions(connection, {row.reference for row in known} | {one.reference for one in waiting})
    outcomes: list[Outcome] = []
    fresh: list[Acceptance] = []
    for one in waiting:
        outcome = judge(one, known, versions)
        if isinstance(outcome, Accepted):
            fresh.append(one)
            known.append(as_known(one))
            versions[one.reference] = one.version
        outcomes.append(outcome)
    if fresh:
        _write(connection, fresh)
    return outcomes


def _versions(connection: Connection, references: set[Reference]) -> dict[Reference, int]:
    """The latest version of each reference that is taken."""
    found = connection.execute(_VERSIONS, {"references": list(references)})
    return {Reference(reference): int(version) for reference, version in found}


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
        "way": one.way,
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
            "owed_since": new.due_at, "due_at": new.due_at, "later": new.later,
        }
        for new in duties
    ]  # fmt: skip


def _audit_line(one: Acceptance) -> AuditLine:
    detail = {
        "version": one.version, "school": one.school, "form": one.form, "urgent": one.urgent,
        "missing": len(one.missing), "unclear": len(one.unclear), "duties": len(one.duties),
    }  # fmt: skip
    return AuditLine(one.received_at, "accepted", one.reference, detail)
