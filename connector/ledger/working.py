"""What becomes of duties: begun, done, put off, failed, acknowledged, purged."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, bindparam, exists, insert, or_, select, update

from connector.ledger.accepting import DutyOwner, duty_rows
from connector.ledger.audit import AuditLine, append
from connector.ledger.schema import concern, duty
from connector.model.duty import Duty, DutyKind, DutyState, NewDuty
from connector.model.reference import Reference

_OPEN = (DutyState.OWED, DutyState.SENDING)
_UNSETTLED = (*_OPEN, DutyState.FAILED)
# What still needs the reporter's address or the list of those passed over.
_NEEDS_ASIDE = (DutyKind.RECEIPT, DutyKind.CLIMB, DutyKind.CHASE, DutyKind.REASSURE)


# SQLite takes at most 32,766 values in one statement.
_AT_ONCE = 10_000


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
    """A person said: I have this."""

    reference: Reference
    person: str
    at: datetime
    then: tuple[NewDuty, ...] = field(default=())


_BEGIN = (
    update(duty)
    .where(duty.c.id == bindparam("row"), duty.c.state.in_(_OPEN))
    .values(state=DutyState.SENDING, attempts=duty.c.attempts + 1)
)
_FINISH = (
    update(duty)
    .where(duty.c.id == bindparam("row"))
    .values(state=DutyState.DONE, done_at=bindparam("at"), evidence=bindparam("said"), error="")
)
_PUT_OFF = (
    update(duty)
    .where(duty.c.id == bindparam("row"), duty.c.state.in_(_OPEN))
    .values(state=bindparam("to"), due_at=bindparam("until"), error=bindparam("said"))
)
_FILED = (
    update(concern)
    .where(concern.c.id == bindparam("row"))
    .values(filed_at=bindparam("at"), record_place=bindparam("place"))
)


def begin(connection: Connection, items: list[Begun]) -> list[bool]:
    """Mark each as being tried. False for a duty that was settled meanwhile and must not be tried."""
    ids = [item.duty.id for item in items]
    rows = connection.execute(select(duty.c.id).where(duty.c.id.in_(ids), duty.c.state.in_(_OPEN)))
    still = {row.id for row in rows}
    if still:
        connection.execute(_BEGIN, [{"row": number} for number in still])
    return [number in still for number in ids]


def finish(connection: Connection, items: list[Done]) -> list[None]:
    """Mark each as done, write what follows, purge what is not needed any more."""
    connection.execute(_FINISH, [{"row": item.duty.id, "at": item.at, "said": item.evidence[:200]} for item in items])
    filed = [item for item in items if item.duty.kind is DutyKind.FILE]
    if filed:
        connection.execute(
            _FILED, [{"row": item.duty.concern, "at": item.at, "place": item.record_place} for item in filed]
        )
    add_duties(connection, ((item.duty, item.then) for item in items))
    append(connection, [_line(item.duty, item.at, "done") for item in items])
    purge(connection, [item.duty.concern for item in items], max(item.at for item in items))
    return [None] * len(items)


def put_off(connection: Connection, items: list[PutOff]) -> list[None]:
    """Owed again later, or failed: then what climbs next climbs now, and `then` tells of it by other ways."""
    rows = [
        {
            "row": item.duty.id, "to": DutyState.OWED if item.until else DutyState.FAILED,
            "until": item.until or item.at, "said": item.error[:200],
        }
        for item in items
    ]  # fmt: skip
    connection.execute(_PUT_OFF, rows)
    failed = [item for item in items if item.until is None]
    add_duties(connection, ((item.duty, item.then) for item in failed))
    for item in failed:
        if item.duty.kind is DutyKind.TELL:
            _climb_now(connection, item.duty.concern, item.at)
    append(connection, [_line(item.duty, item.at, "failed") for item in failed])
    return [None] * len(items)


def acknowledge(connection: Connection, items: list[Acknowledging]) -> list[bool]:
    """Note who has it, stop the ladder, write what follows. False where somebody had it already."""
    return [_acknowledge(connection, item) for item in items]


def _acknowledge(connection: Connection, item: Acknowledging) -> bool:
    c = concern.c
    waiting = [
        row.id
        for row in connection.execute(
            select(c.id).where(c.reference == item.reference, c.acknowledged_at.is_(None), c.received_at <= item.at)
        )
    ]
    line = AuditLine(item.at, "acknowledged", item.reference, {"person": item.person, "first": bool(waiting)})
    append(connection, [line])
    if not waiting:
        return False
    connection.execute(
        update(concern).where(c.id.in_(waiting)).values(acknowledged_at=item.at, acknowledged_by=item.person)
    )
    # A climb that is being worked out just now looks at acknowledged_at itself before it tells anybody.
    connection.execute(
        update(duty)
        .where(duty.c.concern.in_(waiting), duty.c.kind.in_((DutyKind.CLIMB, DutyKind.CHASE)), duty.c.state.in_(_OPEN))
        .values(state=DutyState.CANCELLED, done_at=item.at)
    )
    _add_after_acknowledgement(connection, waiting, item)
    purge(connection, waiting, item.at)
    return True


def _add_after_acknowledgement(connection: Connection, waiting: list[int], item: Acknowledging) -> None:
    row = connection.execute(select(concern).where(concern.c.id == max(waiting))).one()
    owner = DutyOwner(row.reference, row.version, row.school)
    if item.then:
        connection.execute(insert(duty), duty_rows(row.id, owner, item.then))


def add_duties(connection: Connection, owed: Iterable[tuple[Duty, tuple[NewDuty, ...]]]) -> None:
    """Write what follows from duties."""
    rows: list[dict[str, Any]] = []
    for before, then in owed:
        rows += duty_rows(before.concern, DutyOwner(before.reference, before.version, before.school), then)
    if rows:
        connection.execute(insert(duty), rows)


def _climb_now(connection: Connection, number: int, at: datetime) -> None:
    """The next rung does not wait for its time when this one cannot be reached."""
    d = duty.c
    nearest = (
        select(d.id)
        .where(d.concern == number, d.kind == DutyKind.CLIMB, d.state == DutyState.OWED)
        .order_by(d.rung)
        .limit(1)
    )
    connection.execute(update(duty).where(d.id == nearest.scalar_subquery()).values(due_at=at))


def purge(connection: Connection, numbers: list[int], at: datetime) -> None:
    """Forget the sealed content of those that are filed and told, and the aside of those whose ladder is over."""
    mine = concern.c.id.in_(numbers)

    def is_open(kinds: Iterable[DutyKind], states: tuple[DutyState, ...]) -> Any:
        return exists().where(duty.c.concern == concern.c.id, duty.c.kind.in_(tuple(kinds)), duty.c.state.in_(states))

    settled = and_(
        ~is_open((DutyKind.FILE,), _UNSETTLED),
        ~is_open((DutyKind.RECEIPT,), _OPEN),
        concern.c.acknowledged_at.is_not(None) | ~is_open((DutyKind.TELL,), _UNSETTLED),
    )
    purged = update(concern).where(mine, concern.c.sealed.is_not(None), settled).values(sealed=None, purged_at=at)
    connection.execute(purged)
    over = and_(concern.c.acknowledged_at.is_not(None), concern.c.sealed.is_(None), ~is_open(_NEEDS_ASIDE, _OPEN))
    connection.execute(update(concern).where(mine, concern.c.aside.is_not(None), over).values(aside=None))


def tidy(connection: Connection, items: list[tuple[datetime, datetime]]) -> list[None]:
    """Purge everything that is settled; forget asides of filed concerns received before the second moment."""
    c = concern.c
    for now, before in items:
        left = connection.execute(select(c.id).where(or_(c.sealed.is_not(None), c.aside.is_not(None)))).scalars().all()
        for start in range(0, len(left), _AT_ONCE):
            purge(connection, list(left[start : start + _AT_ONCE]), now)
        old = and_(c.received_at < before, c.sealed.is_(None), c.aside.is_not(None))
        connection.execute(update(concern).where(old).values(aside=None))
    return [None] * len(items)


def _line(of: Duty, at: datetime, act: str) -> AuditLine:
    detail = {"kind": of.kind, "channel": of.channel, "person": of.person, "rung": of.rung, "version": of.version}
    return AuditLine(at, act, of.reference, detail)
