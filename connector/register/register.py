"""`Register`: the one way into the register's tables."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import TypeVar
from uuid import UUID

from sqlalchemy import Connection, select
from sqlalchemy.exc import SQLAlchemyError

from connector.errors import CannotAccept, ConfigError, RegisterClosed
from connector.model.policies_kept import Event, EventKind, Kept, Look
from connector.register import notes, writing
from connector.register.rows import event_of, kept_of
from connector.register.schema import HEAD, MIGRATIONS, event, feed, library, own_name, policy, told
from connector.sqlite.claims import Claim, Claims, Granted, Old, Told
from connector.sqlite.database import open_database
from connector.sqlite.writer import Verb, Writer

_CLOSED = (
    "service.toml: policies_database: {} cannot be opened as the register of policies: end what holds it, or put the "
    "last backup in its place"
)

Item = TypeVar("Item")
Result = TypeVar("Result")


class Register:
    """Writes go through the one writer and come back when they are on disk; reads take their own connection.

    Every verb raises RegisterClosed where the database cannot be used at that moment.
    """

    def __init__(self, file: Path) -> None:
        """Opens it, and makes it where there is none. Raises ConfigError where the file cannot be used."""
        self.file = file
        try:
            self._engine = open_database(file, MIGRATIONS, HEAD, setting="policies_database")
            with self._engine.connect() as connection:
                self._name = UUID(connection.execute(select(own_name.c.name)).scalar_one())
        except SQLAlchemyError:
            raise ConfigError((_CLOSED.format(file.name),)) from None
        self._reading = self._engine.execution_options(isolation_level="AUTOCOMMIT")
        self._writer = Writer(self._engine)
        self._claims = Claims(told)

    def close(self) -> None:
        """Write what waits, then let go of the file."""
        self._writer.close()
        self._engine.dispose()

    @property
    def name(self) -> UUID:
        """This register's own: another database has another, a backup put back in its place the same."""
        return self._name

    # -- policies

    def policies(self, school: str) -> tuple[Kept, ...]:
        """Every policy of the school with its history, by its slug."""
        with self._connection() as connection:
            events: dict[str, list[Event]] = defaultdict(list)
            for row in connection.execute(select(event).where(event.c.school == school).order_by(event.c.id)):
                events[row.slug].append(event_of(row))
            rows = connection.execute(select(policy).where(policy.c.school == school).order_by(policy.c.slug))
            return tuple(kept_of(row, tuple(events[row.slug])) for row in rows)

    def reviewed_schools(self) -> frozenset[str]:
        """The schools of which a review was noted."""
        with self._connection() as connection:
            noted = select(event.c.school).where(event.c.kind == EventKind.REVIEWED).distinct()
            return frozenset(connection.execute(noted).scalars())

    def add(self, school: str, slugs: tuple[str, ...], at: datetime) -> None:
        """Rows for policies that have none yet."""
        self._do(writing.add, notes.Adding(school=school, slugs=slugs, at=at))

    def note_document(self, document: notes.DocumentRead) -> None:
        """What was read in a policy's document."""
        self._do(writing.note_document, document)

    def note_presence(self, presence: notes.Presence) -> None:
        """A document that is not in the library any more, or is there again."""
        self._do(writing.note_presence, presence)

    def forget(self, school: str, slug: str) -> None:
        """Strike a policy off, with its history."""
        self._do(writing.forget, (school, slug))

    def withdraw(self, school: str, slug: str, by: str, at: datetime, *, on: date | None = None) -> Event | None:
        """Take back the review of that day, or the one that was spoken of last; it stays in the history.

        What was said of it last comes back; None where there is none to take back.
        """
        return self._do(writing.withdraw, notes.Withdrawing(school=school, slug=slug, by=by, at=at, on=on))

    def note_reviewed(self, school: str, slug: str, settle: notes.Settle, by: str, at: datetime) -> bool:
        """What a person said of a review. `settle` is asked while nobody else can write, so that no word is lost.

        False where nothing was to be kept, or they said the very same last time: a button pressed twice.
        """
        return self._do(writing.note_reviewed, notes.Said(school=school, slug=slug, settle=settle, by=by, at=at))

    def show(self, school: str, shown: tuple[notes.Shown, ...], at: datetime) -> None:
        """What calendars are told from now on; another day or title counts as a change."""
        self._do(writing.show, notes.Showing(school=school, shown=shown, at=at))

    # -- the library

    def note_look(self, school: str, at: datetime, error: str = "", *, is_seen: bool | None = None) -> None:
        """The library was looked at, or could not be; `is_seen` where it was, but for something in it."""
        seen = not error if is_seen is None else is_seen
        self._do(writing.note_look, notes.Looking(school=school, at=at, error=error, is_seen=seen))

    def look(self, school: str) -> Look:
        """When the library was last looked at, and since when it cannot be."""
        with self._connection() as connection:
            row = connection.execute(select(library).where(library.c.school == school)).first()
        return Look(looked_at=row.looked_at, failing_since=row.failing_since, error=row.error) if row else Look()

    # -- the feed

    def feed_serials(self) -> dict[str, int]:
        """Which address of each school's feed is good now; 0 where it was never renewed, which is not listed."""
        with self._connection() as connection:
            return {row.school: row.serial for row in connection.execute(select(feed))}

    def renew_feed(self, school: str) -> int:
        """The number of the next address; the one before is worth nothing any more."""
        return self._do(writing.renew_feed, school)

    # -- reminders

    def claim(self, claim: Claim) -> Granted:
        """What this process is to tell of that."""
        return self._do(self._claims.claim, claim)

    def settle(self, outcome: Told) -> None:
        """Note that it was told, or let go of it."""
        self._do(self._claims.settle, outcome)

    def told(self, school: str) -> frozenset[tuple[str, str]]:
        """Person and occasion of everything that was told."""
        with self._connection() as connection:
            return self._claims.done(connection, school)

    def forget_told(self, school: str, now: datetime) -> None:
        """Let go of what was told long ago, of days and weeks that never come again."""
        self._do(self._claims.forget, Old(at=now, school=school))

    def failing(self, school: str, now: datetime) -> int:
        """How many reminders were tried again within a day, without success."""
        with self._connection() as connection:
            return self._claims.failing(connection, school, now)

    def _do(self, verb: Verb[Item, Result], item: Item) -> Result:
        try:
            return self._writer.do(verb, item)
        except CannotAccept:
            raise RegisterClosed from None

    @contextmanager
    def _connection(self) -> Iterator[Connection]:
        try:
            with self._reading.connect() as connection:
                yield connection
        except SQLAlchemyError:
            raise RegisterClosed from None
