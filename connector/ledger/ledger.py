"""`Ledger`: the one way into the tables."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, and_, bindparam, func, or_, select, text

from connector.errors import UnknownReference
from connector.ledger import working
from connector.ledger.acceptance import Acceptance, Outcome
from connector.ledger.accepting import accept
from connector.ledger.audit import AuditLine, append, broken_at
from connector.ledger.daily import Daily
from connector.ledger.notebook import Notebook
from connector.ledger.purging import tidy
from connector.ledger.reading import Held, Lane, duty_of, held_of
from connector.ledger.schema import HEAD, MIGRATIONS, concern, duty
from connector.model.duty import Duty, DutyKind, DutyState
from connector.model.reference import Reference
from connector.model.submission import Way
from connector.sqlite.database import open_database
from connector.sqlite.writer import Writer

_OPEN = working.OPEN
# Built once: building a statement takes longer than running it.
_DUTY = select(duty).where(duty.c.id == bindparam("row"))
_HELD = select(concern).where(concern.c.reference == bindparam("of"), concern.c.version == bindparam("number"))
_LANES = (
    select(duty.c.school, duty.c.channel).distinct().where(duty.c.state.in_(_OPEN), duty.c.due_at <= bindparam("now"))
)
_DUE = (
    select(duty.c.id)
    .where(
        duty.c.state.in_(_OPEN),
        duty.c.school == bindparam("of_school"),
        duty.c.channel == bindparam("of_channel"),
        duty.c.due_at <= bindparam("now"),
    )
    .order_by(duty.c.later, duty.c.due_at, duty.c.id)
    .limit(bindparam("most"))
)
_NEXT_DUE = select(func.min(duty.c.due_at)).where(duty.c.state == DutyState.OWED, duty.c.due_at > bindparam("now"))


class Ledger:
    """Writes go through the one writer and come back when they are on disk; reads take their own connection."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self._engine = open_database(file, MIGRATIONS, HEAD)
        self._reading = self._engine.execution_options(isolation_level="AUTOCOMMIT")
        self._writer = Writer(self._engine)
        self.notebook = Notebook(self._writer, self._reading)
        self.daily = Daily(self._writer, self._reading)

    def close(self) -> None:
        """Write what waits, then let go of the file."""
        self._writer.close()
        self._engine.dispose()

    # -- writing: each returns after its commit was fsynced, or raises CannotAccept

    def accept(self, acceptance: Acceptance) -> Outcome:
        """The durable line. What comes back as Accepted is on disk."""
        return self._writer.do(accept, acceptance)

    def begin(self, begun: Duty) -> bool:
        """Note that the act is tried now. False where the duty was settled meanwhile."""
        return self._writer.do(working.begin, working.Begun(duty=begun))

    def finish(self, done: working.Done) -> None:
        """Note that the act has happened, and what follows."""
        self._writer.do(working.finish, done)

    def put_off(self, put_off: working.PutOff) -> None:
        """Note that the act did not work, and until when it waits."""
        self._writer.do(working.put_off, put_off)

    def acknowledge(self, acknowledging: working.Acknowledging) -> bool:
        """Note who has it. False where somebody had it already."""
        return self._writer.do(working.acknowledge, acknowledging)

    def note(self, line: AuditLine) -> None:
        """One more audit line."""
        self._writer.do(_append_all, line)

    def retry(self, reference: Reference, at: datetime) -> int:
        """Owe again what has failed or waits for this concern, from now on; says how many."""
        return self._writer.do(working.retry, (reference, at))

    def file_again(self, school: str, channel: str, at: datetime) -> int:
        """Owe filing in that store from now on, what was given up too: it is in order again. Says how many."""
        return self._writer.do(working.file_again, (school, channel, at))

    def try_write(self) -> None:
        """Prove that a write can be made durable. Raises CannotAccept where it cannot."""
        self._writer.do(_touch, None)

    def tidy(self, now: datetime, keep: timedelta) -> None:
        """Purge what a crash left to be purged, and forget the asides of concerns older than `keep`."""
        self._writer.do(tidy, (now, now - keep))
        with self._reading.connect() as connection:
            # What was purged would else stay, sealed, in the log until it is next overwritten.
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")

    # -- reading

    def duty(self, number: int) -> Duty:
        """The duty. Raises UnknownReference where there is none."""
        with self._reading.connect() as connection:
            row = connection.execute(_DUTY, {"row": number}).first()
        if row is None:
            raise UnknownReference
        return duty_of(row)

    def held(self, reference: Reference, version: int) -> Held:
        """That version of the concern. Raises UnknownReference where there is none."""
        with self._reading.connect() as connection:
            row = connection.execute(_HELD, {"of": reference, "number": version}).first()
        if row is None:
            raise UnknownReference
        return held_of(row)

    def latest(self, reference: Reference) -> Held:
        """The latest version of the concern. Raises UnknownReference where there is none."""
        return self._one(concern.c.reference == reference)

    def versions(self, reference: Reference) -> list[Held]:
        """All versions of the concern, the first one first."""
        return self._all(concern.c.reference == reference)

    def duties(self, reference: Reference) -> list[Duty]:
        """All duties of the concern in the order in which they were written."""
        query = select(duty).where(duty.c.reference == reference).order_by(duty.c.id)
        with self._reading.connect() as connection:
            return [duty_of(row) for row in connection.execute(query)]

    def told(self, reference: Reference, version: int) -> list[Duty]:
        """The telling duties up to that version that were begun: these people may know of it."""
        d = duty.c
        mine = and_(d.reference == reference, d.version <= version)
        query = select(duty).where(mine, d.kind == DutyKind.TELL, d.attempts > 0).order_by(d.id)
        with self._reading.connect() as connection:
            return [duty_of(row) for row in connection.execute(query)]

    def lanes(self, now: datetime) -> list[Lane]:
        """The lanes in which something is due."""
        with self._reading.connect() as connection:
            return [Lane(row.school, row.channel) for row in connection.execute(_LANES, {"now": now})]

    def due(self, lane: Lane, now: datetime, most: int) -> list[int]:
        """The duties of a lane that are due, the longest due first; those that are to come later after all others."""
        values = {"of_school": lane.school, "of_channel": lane.channel, "now": now, "most": most}
        with self._reading.connect() as connection:
            return list(connection.execute(_DUE, values).scalars())

    def next_due(self, now: datetime) -> datetime | None:
        """When the next duty after `now` falls due, or None where nothing is to come."""
        with self._reading.connect() as connection:
            return connection.execute(_NEXT_DUE, {"now": now}).scalar()

    def counts(self) -> dict[str, int]:
        """Numbers for status, metrics and readiness: duties by state, concerns unacknowledged and unfiled."""
        c = concern.c
        with self._reading.connect() as connection:
            states = connection.execute(select(duty.c.state, func.count()).group_by(duty.c.state)).all()
            found = {f"duties_{state}": int(number) for state, number in states}
            for name, condition in (
                ("concerns", c.version > 0),
                ("unacknowledged", and_(c.acknowledged_at.is_(None), c.way != Way.HISTORY)),
                ("unfiled", c.filed_at.is_(None)),
                ("unpurged", c.sealed.is_not(None)),
            ):
                found[name] = int(connection.execute(select(func.count()).where(condition)).scalar() or 0)
        return {f"duties_{state}": 0 for state in DutyState} | found

    def oldest_owed(self, now: datetime) -> float:
        """How long the oldest overdue duty has been owed, in seconds; 0 where none is."""
        d = duty.c
        query = select(d.owed_since).where(d.state.in_(_OPEN), d.due_at <= now).order_by(d.owed_since).limit(1)
        with self._reading.connect() as connection:
            since = connection.execute(query).scalar()
        return max(0.0, (now - since).total_seconds()) if since else 0.0

    def overdue(self, since: datetime) -> list[int]:
        """Duties that have been due since before that moment: for reconcile."""
        query = select(duty.c.id).where(duty.c.state.in_(_OPEN), duty.c.due_at < since).limit(1000)
        with self._reading.connect() as connection:
            return [row.id for row in connection.execute(query)]

    def failed(self) -> list[Duty]:
        """Duties that were given up, the oldest first."""
        query = select(duty).where(duty.c.state == DutyState.FAILED).order_by(duty.c.id).limit(1000)
        with self._reading.connect() as connection:
            return [duty_of(row) for row in connection.execute(query)]

    def unpurged(self) -> list[Held]:
        """Concerns of which something sealed is still held, the oldest first."""
        return self._all(or_(concern.c.sealed.is_not(None), concern.c.aside.is_not(None)))

    def unacknowledged(self) -> list[Held]:
        """Concerns that nobody has acknowledged, the oldest first; history apart, of which nobody is asked to."""
        return self._all(and_(concern.c.acknowledged_at.is_(None), concern.c.way != Way.HISTORY))

    def broken_audit_line(self) -> int | None:
        """The first line at which the audit chain does not hold, or None."""
        with self._reading.connect() as connection:
            return broken_at(connection)

    def _one(self, condition: Any) -> Held:
        found = self._all(condition)
        if not found:
            raise UnknownReference
        return found[-1]

    def _all(self, condition: Any) -> list[Held]:
        query = select(concern).where(condition).order_by(concern.c.received_at, concern.c.version)
        with self._reading.connect() as connection:
            return [held_of(row) for row in connection.execute(query)]


def _append_all(connection: Connection, lines: list[AuditLine]) -> list[None]:
    append(connection, lines)
    return [None] * len(lines)


def _touch(connection: Connection, items: list[None]) -> list[None]:
    """Writing the same number again still goes through the log and its fsync."""
    version = connection.execute(text("PRAGMA user_version")).scalar()
    connection.execute(text(f"PRAGMA user_version = {int(version or 0)}"))
    return items
