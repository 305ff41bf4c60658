"""What the daily message needs of the ledger: what is counted for one person, and to whom it was sent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Engine, Executable, Table, and_, distinct, exists, func, select, true

from connector.ledger.schema import concern, duty, told
from connector.ledger.working import OPEN
from connector.model.all_well import Hearer, Tally, Yesterday
from connector.model.duty import DutyKind, DutyState
from connector.model.submission import Way
from connector.sqlite.claims import Claim, Claims, Granted, Told
from connector.sqlite.writer import Writer

_LATELY = timedelta(hours=24)
_claims = Claims(told)
_c, _d, _t = concern.c, duty.c, told.c
_IS_OPEN = _d.state.in_(OPEN)
_IS_CLIMBING = exists().where(
    _d.reference == _c.reference, _d.version == _c.version, _d.kind == DutyKind.CLIMB, _IS_OPEN
)


@dataclass(frozen=True, slots=True)
class Daily:
    """Writes go through the ledger's one writer; reads take their own connection.

    What is counted is counted for a hearer: of the concerns that they were told of, unless they know all.
    """

    writer: Writer
    reading: Engine

    # -- to whom the message was sent

    def claim(self, claim: Claim) -> Granted:
        """What of it is this process's to send. Raises CannotAccept."""
        return self.writer.do(_claims.claim, claim)

    def settle(self, came_of_it: Told) -> None:
        """Mark it as sent, or let go of it. Raises CannotAccept."""
        self.writer.do(_claims.settle, came_of_it)

    def told(self, school: str, day: date) -> frozenset[str]:
        """Who has been sent that day's message."""
        sent = select(_t.person).where(_t.school == school, _t.occasion == day.isoformat(), _t.done_at.is_not(None))
        return frozenset(row.person for row in self._rows(sent))

    def last_told(self, school: str) -> datetime | None:
        """When the message last reached anybody of that school, or None where it never has."""
        found: datetime | None = self._rows(select(func.max(_t.done_at)).where(_t.school == school))[0][0]
        return found

    def yesterday(self, school: str, today: date) -> Yesterday:
        """What became of yesterday's message; before the first one there was none to miss."""
        before = (today - timedelta(days=1)).isoformat()
        if sent := self._rows(select(_t.done_at).where(_t.school == school, _t.occasion == before)):
            return Yesterday.TOLD if all(row.done_at for row in sent) else Yesterday.NOT_ALL
        earlier = select(_t.occasion).where(_t.school == school, _t.occasion < before).limit(1)
        return Yesterday.SILENT if self._rows(earlier) else Yesterday.TOLD

    # -- what is counted

    def tally(self, school: str, hearer: Hearer, now: datetime) -> Tally:
        """Concerns and duties of that school; history apart, of which people hear all at once."""
        concerns = self._rows(_concerns(school, hearer, now))[0]._mapping
        duties = self._rows(_duties(school, hearer, now))[0]
        owed = None if duties.since is None else now - duties.since
        return Tally(**concerns, failed=duties.failed, tried_again=duties.tried_again, oldest_owed=owed)

    def last_responses(self, school: str, hearer: Hearer) -> dict[str, datetime]:
        """When each form's last response came, drills and history apart; a form that never had one is not in it."""
        mine = _c.school == school, _c.drill.is_(False), _c.way != Way.HISTORY, _knows(hearer, concern)
        query = select(_c.form, func.max(_c.received_at).label("last")).where(*mine).group_by(_c.form)
        return {row.form: row.last for row in self._rows(query)}

    def _rows(self, query: Executable) -> Sequence[Any]:
        with self.reading.connect() as connection:
            return connection.execute(query).all()


def _concerns(school: str, hearer: Hearer, now: datetime) -> Executable:
    """Versions of one concern count once."""
    is_recent = and_(_c.received_at > now - _LATELY, _c.received_at <= now)
    is_waiting, is_drill, is_real = _c.acknowledged_at.is_(None), _c.drill.is_(True), _c.drill.is_(False)
    wanted = {
        "received": and_(is_recent, is_real),
        "received_drills": and_(is_recent, is_drill),
        "unacknowledged": and_(is_waiting, is_real),
        "unacknowledged_drills": and_(is_waiting, is_drill),
        "past_ladder": and_(is_waiting, is_real, ~_IS_CLIMBING),
    }
    numbers = [func.count(distinct(_c.reference)).filter(which).label(name) for name, which in wanted.items()]
    return select(*numbers).where(_c.school == school, _c.way != Way.HISTORY, _knows(hearer, concern))


def _duties(school: str, hearer: Hearer, now: datetime) -> Executable:
    """What comes `later` is history, which waits for everything else and may take its time."""
    is_owed = and_(_IS_OPEN, _d.owed_since <= now, _d.later.is_(False))
    numbers = (
        func.count().filter(_d.state == DutyState.FAILED).label("failed"),
        func.count().filter(_IS_OPEN, _d.error != "").label("tried_again"),
        func.min(_d.owed_since).filter(is_owed).label("since"),
    )
    return select(*numbers).where(_d.school == school, _knows(hearer, duty))


def _knows(hearer: Hearer, of: Table) -> ColumnElement[bool]:
    """Whether the hearer was, or is being, told of the concern of this row."""
    if hearer.knows_all:
        return true()
    tell = duty.alias("tell").c
    is_of_it = and_(tell.reference == of.c.reference, tell.version == of.c.version, tell.kind == DutyKind.TELL)
    is_theirs = tell.person == hearer.person if hearer.person else tell.channel == hearer.channel
    return exists().where(is_of_it, is_theirs)
