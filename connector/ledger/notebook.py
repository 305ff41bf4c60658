"""What the service must remember that is no concern: how far it has read, how things stand, questions last seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, Table, and_, exists, func, insert, or_, select, update

from connector.ledger.schema import concern, duty, form_seen, promise, source, standing
from connector.model.duty import DutyState
from connector.model.reference import Reference
from connector.model.standing import Standing, State, Verdict, turned
from connector.model.submission import Way
from connector.retry import FEWEST
from connector.sqlite.writer import Writer


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceProgress:
    """How far a source was read. `waiting` counts what was found and could not be taken in yet."""

    cursor: str = ""
    looked_at: datetime | None = None
    swept_at: datetime | None = None
    poked_at: datetime | None = None
    begins_at: datetime | None = None
    waiting: int = 0
    subscription: str = ""
    subscribed_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class _Change:
    """New values for the row of that key, which is made where there is none."""

    table: Table
    key: Mapping[str, str]
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Judging:
    school: str
    place: str
    verdict: Verdict
    at: datetime


class Notebook:
    """Writes go through the ledger's one writer; reads take their own connection."""

    def __init__(self, writer: Writer, reading: Engine) -> None:
        self._writer = writer
        self._reading = reading

    # -- sources

    def progress(self, school: str, name: str) -> SourceProgress:
        """How far that source was read; an empty one for a source never read."""
        row = self._row(source, school=school, name=name)
        return (
            SourceProgress(**{k: v for k, v in row.items() if k not in {"school", "name"}}) if row else SourceProgress()
        )

    def keep_progress(self, school: str, name: str, **values: Any) -> None:
        """Change these parts of how far it was read. Raises CannotAccept."""
        self._writer.do(_change, _Change(source, {"school": school, "name": name}, values))

    def subscriptions(self) -> dict[str, tuple[str, str]]:
        """School and source of each change subscription, by the subscription's id."""
        query = select(source.c.subscription, source.c.school, source.c.name).where(source.c.subscription != "")
        with self._reading.connect() as connection:
            return {row.subscription: (row.school, row.name) for row in connection.execute(query)}

    def last_received(self, school: str, form: str, way: Way | None = None) -> datetime | None:
        """When that form's last response came in, drills apart: by any way, or by that one; None where none did."""
        c = concern.c
        mine = [c.school == school, c.form == form, c.drill.is_(False), *([c.way == way] if way else [])]
        with self._reading.connect() as connection:
            return connection.execute(select(func.max(c.received_at)).where(*mine)).scalar()

    def history(self, school: str, form: str) -> int:
        """How many responses of that form were brought in as history."""
        c = concern.c
        query = select(func.count()).where(c.school == school, c.form == form, c.way == Way.HISTORY)
        with self._reading.connect() as connection:
            return int(connection.execute(query).scalar() or 0)

    def history_unfiled(self, school: str, form: str) -> int:
        """How many responses of that form that were brought in as history could not be filed in all their tries."""
        c, d = concern.c, duty.c
        # Owed again by hand it is still not filed.
        is_stuck = or_(d.state == DutyState.FAILED, and_(d.state == DutyState.OWED, d.attempts >= FEWEST))
        same = and_(d.reference == c.reference, d.version == c.version, is_stuck, d.later)
        query = select(func.count()).where(c.school == school, c.form == form, exists().where(same))
        with self._reading.connect() as connection:
            return int(connection.execute(query).scalar() or 0)

    def reference_of(self, response_mark: bytes) -> Reference | None:
        """The concern that this response became, or None."""
        query = select(concern.c.reference).where(concern.c.response_mark == response_mark).limit(1)
        with self._reading.connect() as connection:
            found = connection.execute(query).scalar()
        return Reference(found) if found else None

    def knows(self, response_marks: Sequence[bytes], version_marks: Sequence[bytes]) -> bool:
        """True where a response is here by one of these marks, in a version of one of those."""
        c = concern.c
        query = select(c.reference).where(c.response_mark.in_(response_marks), c.version_mark.in_(version_marks))
        with self._reading.connect() as connection:
            return connection.execute(query.limit(1)).first() is not None

    # -- names under which files were promised to stand

    def promised(self, school: str, place: str, name: str) -> str:
        """The id under which that file is, or will be, uploaded; nothing where none was written down."""
        row = self._row(promise, school=school, place=place, name=name)
        return str(row["id"]) if row else ""

    def keep_promise(self, school: str, place: str, name: str, id_: str, at: datetime) -> None:
        """Write down the id before the upload begins. Raises CannotAccept."""
        key = {"school": school, "place": place, "name": name}
        self._writer.do(_change, _Change(promise, key, {"id": id_, "at": at}))

    # -- how things stand

    def note_verdict(self, school: str, place: str, verdict: Verdict, at: datetime) -> Standing:
        """Note a verdict; it comes back with since when it holds and whether people know."""
        return self._writer.do(_judge, _Judging(school, place, verdict, at))

    def told(self, school: str, place: str, at: datetime) -> None:
        """Note that people have heard of it."""
        self._writer.do(_change, _Change(standing, {"school": school, "place": place}, {"told_at": at}))

    def standing(self, school: str, place: str) -> Standing | None:
        """How that place stands, or None where nobody has looked."""
        row = self._row(standing, school=school, place=place)
        return _standing(row) if row else None

    def standings(self) -> list[Standing]:
        """How everything stands, by school and place."""
        query = select(standing).order_by(standing.c.school, standing.c.place)
        with self._reading.connect() as connection:
            return [_standing(row._mapping) for row in connection.execute(query)]

    # -- the questions of a form

    def seen(self, school: str, form: str) -> tuple[datetime, bytes] | None:
        """When a question of the form was last new, and the sealed list of all that were seen; None for none yet."""
        row = self._row(form_seen, school=school, form=form)
        return (row["at"], row["sealed"]) if row else None

    def note_seen(self, school: str, form: str, at: datetime, sealed: bytes) -> None:
        """Note the questions that the form was seen with."""
        self._writer.do(_change, _Change(form_seen, {"school": school, "form": form}, {"at": at, "sealed": sealed}))

    def _row(self, table: Table, **key: str) -> Mapping[str, Any] | None:
        query = select(table).where(*(table.c[name] == value for name, value in key.items()))
        with self._reading.connect() as connection:
            found = connection.execute(query).first()
        return dict(found._mapping) if found else None


def _change(connection: Connection, items: list[_Change]) -> list[None]:
    for item in items:
        mine = and_(*(item.table.c[name] == value for name, value in item.key.items()))
        done = connection.execute(update(item.table).where(mine).values(dict(item.values)))
        if not done.rowcount:
            connection.execute(insert(item.table).values({**item.key, **item.values}))
    return [None] * len(items)


def _judge(connection: Connection, items: list[_Judging]) -> list[Standing]:
    return [_judged(connection, item) for item in items]


def _judged(connection: Connection, item: _Judging) -> Standing:
    key = {"school": item.school, "place": item.place}
    mine = and_(standing.c.school == item.school, standing.c.place == item.place)
    row = connection.execute(select(standing).where(mine)).first()
    before = _standing(row._mapping) if row else None
    found = turned(before, item.school, item.place, item.verdict, item.at)
    values = {name: getattr(found, name) for name in ("state", "said", "since", "looked_at", "told_at")}
    _change(connection, [_Change(standing, key, values)])
    return found


def _standing(row: Any) -> Standing:
    return Standing(**{**row, "state": State(row["state"])})
