"""What becomes of duties: begun, done, put off, failed, acknowledged."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, bindparam, exists, select, update

from connector.ledger.accepting import ADD_DUTY, duty_rows
from connector.ledger.audit import AuditLine, append
from connector.ledger.purging import purge
from connector.ledger.schema import concern, duty
from connector.model.duty import Duty, DutyKind, DutyState, NewDuty
from connector.model.reference import Reference

OPEN = (DutyState.OWED, DutyState.SENDING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """An act is about to be tried: from now on it may have happened."""

    duty: Duty


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """An act has happened. `then` are the duties that follow from it."""

    duty: Duty
    at: datetime
    evidence: str
    record_place: str = ""
    then: tuple[NewDuty, ...] = field(default=())


@dataclass(frozen=True, slots=True, kw_only=True)
class PutOff:
    """An act did not work; it is owed again from `until` on, or for ever failed."""

    duty: Duty
    at: datetime
    error: str
    until: datetime | None
    then: tuple[NewDuty, ...] = field(default=())


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledging:
    """A person said: I have this, up to that version."""

    reference: Reference
    version: int
    person: str
    at: datetime
    then: tuple[NewDuty, ...] = field(default=())


_BEGIN = (
    update(duty)
    .where(duty.c.id.in_(bindparam("rows", expanding=True)), duty.c.state.in_(OPEN))
    .values(state=DutyState.SENDING, attempts=duty.c.attempts + 1)
    .returning(duty.c.id)
)
_FINISH = (
    update(duty)
    .where(duty.c.id == bindparam("row"))
    .values(state=DutyState.DONE, done_at=bindparam("at"), evidence=bindparam("said"), error="")
)
_PUT_OFF = (
    update(duty)
    .where(duty.c.id == bindparam("row"), duty.c.state.in_(OPEN))
    .values(state=bindparam("to"), due_at=bindparam("until"), error=bindparam("said"))
)
# A far side that is back is not kept waiting: what it refused before is due now. What it asked to hold
# back (429 with its Retry-After) keeps its time.
_IT_IS_BACK = (
    update(duty)
    .where(
        duty.c.state == DutyState.OWED,
        duty.c.due_at > bindparam("at"),
        duty.c.school == bindparam("of_school"),
        duty.c.channel == bindparam("of_channel"),
        duty.c.attempts > 0,
        duty.c.error.not_like("%429%"),
    )
    .values(due_at=bindparam("at"))
)
_FILED = (
    update(concern)
    .where(concern.c.reference == bindparam("of"), concern.c.version == bindparam("number"))
    .values(filed_at=bindparam("at"), record_place=bindparam("place"))
)


def begin(connection: Connection, items: list[Begun]) -> list[bool]:
    """Mark each as being tried. False for a duty that was settled meanwhile and must not be tried."""
    begun = set(connection.execute(_BEGIN, {"rows": [item.duty.id for item in items]}).scalars())
    return [item.duty.id in begun for item in items]


def finish(connection: Connection, items: list[Done]) -> list[None]:
    """Mark each as done, write what follows, purge what is not needed any more."""
    connection.execute(_FINISH, [{"row": item.duty.id, "at": item.at, "said": item.evidence[:200]} for item in items])
    filed = [
        {"of": item.duty.reference, "number": item.duty.version, "at": item.at, "place": item.record_place}
        for item in items
        if item.duty.kind is DutyKind.FILE
    ]
    if filed:
        connection.execute(_FILED, filed)
    back = {(item.duty.school, item.duty.channel): item.at for item in items if item.duty.attempts}
    for (school, channel), at in back.items():
        connection.execute(_IT_IS_BACK, {"of_school": school, "of_channel": channel, "at": at})
    _add(connection, ((item.duty, item.then) for item in items))
    append(connection, [_line(item.duty, item.at, "done") for item in items])
    purge(connection, (item.duty.reference for item in items), max(item.at for item in items))
    return [None] * len(items)


def put_off(connection: Connection, items: list[PutOff]) -> list[None]:
    """Owed again later, or failed: then `then` tells of it by other ways, and the ladder may climb at once."""
    rows = [
        {
            "row": item.duty.id, "to": DutyState.OWED if item.until else DutyState.FAILED,
            "until": item.until or item.at, "said": item.error[:200],
        }
        for item in items
    ]  # fmt: skip
    for row in rows:
        # Not as one list: a statement with a list in it (`state IN ...`) takes one set of values only.
        connection.execute(_PUT_OFF, row)
    failed = [item for item in items if item.until is None]
    _add(connection, ((item.duty, item.then) for item in failed))
    for item in failed:
        if item.duty.kind is DutyKind.TELL:
            _climb_now(connection, item.duty, item.at)
    append(connection, [_line(item.duty, item.at, "failed") for item in failed])
    return [None] * len(items)


def acknowledge(connection: Connection, items: list[Acknowledging]) -> list[bool]:
    """Note who has it, stop the ladder, write what follows. False where somebody had it already."""
    return [_acknowledge(connection, item) for item in items]


def _acknowledge(connection: Connection, item: Acknowledging) -> bool:
    c = concern.c
    mine = and_(c.reference == item.reference, c.version <= item.version)
    unclaimed = select(c.version, c.school).where(mine, c.acknowledged_at.is_(None))
    waiting = connection.execute(unclaimed.order_by(c.version)).all()
    line = AuditLine(item.at, "acknowledged", item.reference, {"person": item.person, "first": bool(waiting)})
    append(connection, [line])
    if not waiting:
        return False
    versions = [row.version for row in waiting]
    connection.execute(
        update(concern)
        .where(c.reference == item.reference, c.version.in_(versions))
        .values(acknowledged_at=item.at, acknowledged_by=item.person)
    )
    _stop_climbing(connection, item, versions)
    then = duty_rows(item.reference, versions[-1], waiting[-1].school, item.then)
    if then:
        connection.execute(ADD_DUTY, then)
    purge(connection, (item.reference,), item.at)
    return True


def _stop_climbing(connection: Connection, item: Acknowledging, versions: list[int]) -> None:
    """A climb that is being worked out just now looks at acknowledged_at itself before it tells anybody."""
    d = duty.c
    connection.execute(
        update(duty)
        .where(
            d.reference == item.reference,
            d.version.in_(versions),
            d.kind.in_((DutyKind.CLIMB, DutyKind.CHASE)),
            d.state.in_(OPEN),
        )
        .values(state=DutyState.CANCELLED, done_at=item.at)
    )


def _add(connection: Connection, owed: Iterable[tuple[Duty, tuple[NewDuty, ...]]]) -> None:
    rows: list[dict[str, Any]] = []
    for before, then in owed:
        rows += duty_rows(before.reference, before.version, before.school, then)
    if rows:
        connection.execute(ADD_DUTY, rows)


def _climb_now(connection: Connection, failed: Duty, at: datetime) -> None:
    """The next rung does not wait for its time where nobody of this one could be reached by any way."""
    d = duty.c
    mine = and_(d.reference == failed.reference, d.version == failed.version)
    tells = and_(mine, d.kind == DutyKind.TELL, d.rung == failed.rung, d.state.in_((*OPEN, DutyState.DONE)))
    if connection.execute(select(d.id).where(tells).limit(1)).first() is None:
        climb = and_(mine, d.kind == DutyKind.CLIMB, d.state == DutyState.OWED)
        connection.execute(update(duty).where(climb).values(due_at=at))


def retry(connection: Connection, items: list[tuple[Reference, datetime]]) -> list[int]:
    """Owe again, from that moment on, what has failed or waits for these concerns; climbs keep their time."""
    numbers = []
    d = duty.c
    for reference, at in items:
        done = connection.execute(
            update(duty)
            .where(d.reference == reference, d.state.in_((DutyState.FAILED, *OPEN)), d.kind != DutyKind.CLIMB)
            .values(state=DutyState.OWED, due_at=at, owed_since=at)
        )
        append(connection, [AuditLine(at, "retry", reference, {"duties": done.rowcount})])
        numbers.append(int(done.rowcount))
    return numbers


def file_again(connection: Connection, items: list[tuple[str, str, datetime]]) -> list[int]:
    """Owe at once what waits to be filed in a store that can be filed in again, and what was given up there."""
    numbers = []
    c, d = concern.c, duty.c
    for school, channel, at in items:
        mine = and_(d.school == school, d.channel == channel, d.kind.in_((DutyKind.FILE, DutyKind.ATTACH)))
        has_content = exists().where(c.reference == d.reference, c.version == d.version, c.sealed.is_not(None))
        held_up = mine, d.state.in_((DutyState.FAILED, DutyState.OWED)), has_content
        done = connection.execute(update(duty).where(*held_up).values(state=DutyState.OWED, due_at=at, owed_since=at))
        detail = {"school": school, "store": channel, "duties": done.rowcount}
        append(connection, [AuditLine(at, "file again", "", detail)])
        numbers.append(int(done.rowcount))
    return numbers


def _line(of: Duty, at: datetime, act: str) -> AuditLine:
    detail = {"kind": of.kind, "channel": of.channel, "person": of.person, "rung": of.rung, "version": of.version}
    return AuditLine(at, act, of.reference, detail)
