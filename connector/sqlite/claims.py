"""Claims: of several processes, and after a crash, one sends what is to be sent once.

Before a message goes out its occasions are claimed in one transaction; after it they are marked as done. A claim that
is never marked (its process died) can be claimed again once it is stale: then the message may have gone out, and says
so. The verbs take the writer's connection and a list, as every verb of a database does.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import (
    Column,
    Connection,
    Integer,
    MetaData,
    Row,
    String,
    Table,
    delete,
    distinct,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
    true,
    update,
)

from connector.sqlite.moment import Moment

# A long weekend: what failed on a Friday has not mended itself by Monday.
_OVER_AFTER = timedelta(days=5)
# Longer than any holiday, shorter than what anybody asks of it: what a day or a week was told is over by then.
_KEPT = timedelta(days=400)
_OF_A_DAY = ("????-??-??", "day ????-??-??", "week ????-W??")
# After the first tries, which may come with every tick.
_WAITS = (timedelta(0), timedelta(0), timedelta(0), timedelta(minutes=30), timedelta(hours=1), timedelta(hours=4))


def claims_table(metadata: MetaData) -> Table:
    """The table of claims in a database."""
    return Table(
        "told",
        metadata,
        Column("school", String(40), primary_key=True),
        Column("person", String(40), primary_key=True),
        # What it is about and which: `2026-11-23`, `cse 2026-11-30 7`. Never content.
        Column("occasion", String(120), primary_key=True),
        Column("first_at", Moment, nullable=False),
        # While a process has it in hand; empty when it did not work and may be tried again.
        Column("claimed_at", Moment),
        Column("tried_at", Moment, nullable=False),
        Column("done_at", Moment),
        Column("attempts", Integer, nullable=False),
        Column("error", String(200), nullable=False, server_default=""),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What a process is about to tell one person. A claim made before `stale_before` is a dead process's."""

    school: str
    person: str
    occasions: tuple[str, ...]
    at: datetime
    stale_before: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Granted:
    """The occasions that are this process's to tell: all, or none; `again` are those that were tried before.

    A process that died, or a server that took the mail and never said so, may have told them already.
    """

    occasions: tuple[str, ...] = ()
    again: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What came of it: done, or not, with the error's own words."""

    school: str
    person: str
    occasions: tuple[str, ...]
    at: datetime
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Old:
    """What people of a school, or of every one, were told long before that moment."""

    at: datetime
    school: str = ""


@dataclass(frozen=True, slots=True)
class Claims:
    """The verbs on one database's table."""

    table: Table

    def claim(self, connection: Connection, items: list[Claim]) -> list[Granted]:
        """Each claim as a whole, or nothing of it.

        Nothing where any of it is in hand, was told, or waits after a try: one mail tells all of it. Half a claim taken
        and let go again would put off what it took, until both halves never came due together.
        """
        return [self._granted(connection, item) for item in items]

    def settle(self, connection: Connection, items: list[Told]) -> list[None]:
        """Mark as done, or let go of what did not work. What another process has told meanwhile stays told."""
        c = self.table.c
        for item in items:
            mine = c.school == item.school, c.person == item.person, c.occasion.in_(item.occasions)
            values = {"claimed_at": None, "error": item.error[:200], "done_at": None if item.error else item.at}
            connection.execute(update(self.table).where(*mine, c.done_at.is_(None)).values(values))
        return [None] * len(items)

    def rename(self, connection: Connection, school: str, before: str, after: str) -> None:
        """What was told of a policy's days under one name was told under the other."""
        c = self.table.c
        about = c.school == school, c.occasion.op("GLOB")(f"{before} ????-??-?? *")
        values = {"occasion": literal(after).concat(func.substr(c.occasion, len(before) + 1))}
        connection.execute(update(self.table).prefix_with("OR IGNORE").where(*about).values(values))

    def forget(self, connection: Connection, items: list[Old]) -> list[None]:
        """Strike what was about a day or a week long past; what is about a policy's day stays, for that may come."""
        c = self.table.c
        is_of_a_day = or_(*(c.occasion.op("GLOB")(pattern) for pattern in _OF_A_DAY))
        for item in items:
            there = c.school == item.school if item.school else true()
            connection.execute(delete(self.table).where(there, c.first_at < item.at - _KEPT, is_of_a_day))
        return [None] * len(items)

    def done(self, connection: Connection, school: str) -> frozenset[tuple[str, str]]:
        """Person and occasion of everything that was told at that school."""
        c = self.table.c
        query = select(c.person, c.occasion).where(c.school == school, c.done_at.is_not(None))
        return frozenset((row.person, row.occasion) for row in connection.execute(query))

    def failing(self, connection: Connection, school: str, now: datetime) -> int:
        """How many people of that school could not be told in more than one try, and have not been told anything since.

        What was tried more than some days ago is over, whatever came of it.
        """
        c, later = self.table.c, self.table.alias()
        reached = exists().where(
            later.c.school == c.school,
            later.c.person == c.person,
            later.c.done_at.is_not(None),
            later.c.done_at > c.tried_at,
        )
        is_open = c.done_at.is_(None), c.attempts > 1, c.tried_at > now - _OVER_AFTER, ~reached
        query = select(func.count(distinct(c.person))).where(c.school == school, *is_open)
        return int(connection.execute(query).scalar() or 0)

    def _granted(self, connection: Connection, item: Claim) -> Granted:
        c = self.table.c
        mine = c.school == item.school, c.person == item.person, c.occasion.in_(item.occasions)
        known = {row.occasion: row for row in connection.execute(select(self.table).where(*mine))}
        fresh = [occasion for occasion in item.occasions if occasion not in known]
        free = [name for name, row in known.items() if _is_free(row, item)]
        if len(fresh) + len(free) < len(item.occasions):
            return Granted()
        key = {"school": item.school, "person": item.person}
        if fresh:
            times = dict.fromkeys(("first_at", "claimed_at", "tried_at"), item.at)
            rows = [{**key, **times, "occasion": occasion, "attempts": 1} for occasion in fresh]
            connection.execute(insert(self.table), rows)
        if free:
            values = {"claimed_at": item.at, "tried_at": item.at, "attempts": c.attempts + 1}
            connection.execute(update(self.table).where(*mine[:2], c.occasion.in_(free)).values(values))
        return Granted(occasions=item.occasions, again=tuple(free))


def _is_free(row: Row[tuple[object, ...]], item: Claim) -> bool:
    """Nobody has it in hand, and it has waited: longer after each try, for the far side may have taken it each time."""
    if row.done_at is not None:
        return False
    if row.claimed_at is not None:
        # Also one from a clock that was far ahead: nobody has anything in hand for so long.
        return bool(abs(item.at - row.claimed_at) > item.at - item.stale_before)
    wait = _WAITS[min(row.attempts, len(_WAITS)) - 1]
    return not timedelta(0) <= item.at - row.tried_at < wait
