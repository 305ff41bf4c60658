"""The register's verbs of writing: each takes the writer's connection and a list."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, and_, delete, insert, null, select, update

from connector.model.policies_kept import EventKind, Read, Reviewed
from connector.register.rows import as_json, event_of
from connector.register.schema import event, feed, library, policy

_LONGEST_FAULT = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Adding:
    """Policies that a person listed."""

    school: str
    slugs: tuple[str, ...]
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentRead:
    """A document as it was read: `read` is None where it could not be, and `fault` says why."""

    school: str
    slug: str
    document: str
    name: str
    version: str
    reading: int
    at: datetime
    read: Read | None = None
    fault: str = ""
    # Another name that it had while nobody listed it: what was said of it under that goes along.
    before: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Presence:
    """Whether a policy's document is in the library."""

    school: str
    slug: str
    at: datetime
    is_there: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a person said of a review."""

    school: str
    slug: str
    reviewed: Reviewed
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawing:
    """A person takes the last review back."""

    school: str
    slug: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What calendars show of a policy; no day where none is known."""

    slug: str
    title: str
    due: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Showing:
    """What calendars show of a school's policies."""

    school: str
    shown: tuple[Shown, ...]
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Looking:
    """A look at a school's library."""

    school: str
    at: datetime
    error: str


def add(connection: Connection, items: list[Adding]) -> list[None]:
    """Rows for policies that have none yet."""
    for item in items:
        known = set(connection.execute(select(policy.c.slug).where(policy.c.school == item.school)).scalars())
        rows = [{"school": item.school, "slug": slug, "added_at": item.at} for slug in item.slugs if slug not in known]
        if rows:
            connection.execute(insert(policy), rows)
    return [None] * len(items)


def note_document(connection: Connection, items: list[DocumentRead]) -> list[None]:
    """The newest reading in the policy's row, and a line in its history."""
    for item in items:
        add(connection, [Adding(school=item.school, slugs=(item.slug,), at=item.at)])
        values: dict[str, Any] = {
            "document": item.document, "document_name": item.name, "version": item.version,
            "reading": item.reading, "read_at": item.at, "gone_at": None, "fault": item.fault[:_LONGEST_FAULT],
        }  # fmt: skip
        if item.read is not None:
            values["read"] = as_json(item.read)
        connection.execute(update(policy).where(_is(item.school, item.slug)).values(values))
        _take_from_others(connection, item)
        if item.before:
            _take_along(connection, item)
        said = item.fault[:_LONGEST_FAULT] or item.name
        _append(connection, item.school, item.slug, {"at": item.at, "by": "document", "kind": "read", "note": said})
    return [None] * len(items)


def note_presence(connection: Connection, items: list[Presence]) -> list[None]:
    """Since when a document is gone; a line in its history each time that turns."""
    for item in items:
        gone_at = None if item.is_there else item.at
        connection.execute(update(policy).where(_is(item.school, item.slug)).values(gone_at=gone_at))
        kind = EventKind.BACK if item.is_there else EventKind.GONE
        _append(connection, item.school, item.slug, {"at": item.at, "by": "document", "kind": kind})
    return [None] * len(items)


def note_reviewed(connection: Connection, items: list[Said]) -> list[bool]:
    """A line in the history, unless it says what the last one of that person did."""
    return [_noted(connection, item) for item in items]


def forget(connection: Connection, items: list[tuple[str, str]]) -> list[None]:
    """No row and no history of it any more."""
    for school, slug in items:
        connection.execute(delete(event).where(event.c.school == school, event.c.slug == slug))
        connection.execute(delete(policy).where(_is(school, slug)))
    return [None] * len(items)


def withdraw(connection: Connection, items: list[Withdrawing]) -> list[bool]:
    """A line in the history that takes the last review back which still counts."""
    done = []
    for item in items:
        mine = event.c.school == item.school, event.c.slug == item.slug
        kinds = connection.execute(select(event.c.kind).where(*mine)).scalars().all()
        counts = kinds.count(EventKind.REVIEWED) > kinds.count(EventKind.WITHDRAWN)
        if counts:
            _append(connection, item.school, item.slug, {"at": item.at, "by": item.by, "kind": EventKind.WITHDRAWN})
        done.append(counts)
    return done


def show(connection: Connection, items: list[Showing]) -> list[None]:
    """Another number for each policy of which calendars show something else from now on."""
    for item in items:
        rows = {row.slug: row for row in connection.execute(select(policy).where(policy.c.school == item.school))}
        for shown in item.shown:
            row, due = rows.get(shown.slug), shown.due.isoformat() if shown.due else ""
            if row is None or (row.shown_due, row.shown_title) == (due, shown.title):
                continue
            is_first = row.changed_at is None
            values = {
                "shown_due": due, "shown_title": shown.title, "changed_at": item.at,
                "sequence": row.sequence + (not is_first),
            }  # fmt: skip
            connection.execute(update(policy).where(_is(item.school, shown.slug)).values(values))
    return [None] * len(items)


def note_look(connection: Connection, items: list[Looking]) -> list[None]:
    """When it was looked at; since when it cannot be."""
    for item in items:
        row = connection.execute(select(library).where(library.c.school == item.school)).first()
        if row is None:
            connection.execute(insert(library).values(school=item.school))
        since = (row.failing_since if row and row.failing_since else item.at) if item.error else None
        values: dict[str, Any] = {"error": item.error, "failing_since": since}
        if not item.error:
            values["looked_at"] = item.at
        connection.execute(update(library).where(library.c.school == item.school).values(values))
    return [None] * len(items)


def renew_feed(connection: Connection, items: list[str]) -> list[int]:
    """The next number of each school's feed."""
    numbers = []
    for school in items:
        before = connection.execute(select(feed.c.serial).where(feed.c.school == school)).scalar()
        if before is None:
            connection.execute(insert(feed).values(school=school, serial=1))
        else:
            connection.execute(update(feed).where(feed.c.school == school).values(serial=before + 1))
        numbers.append(int(before or 0) + 1)
    return numbers


def _noted(connection: Connection, item: Said) -> bool:
    add(connection, [Adding(school=item.school, slugs=(item.slug,), at=item.at)])
    of_reviews = event.c.kind.in_((EventKind.REVIEWED, EventKind.WITHDRAWN))
    mine = and_(event.c.school == item.school, event.c.slug == item.slug, of_reviews)
    row = connection.execute(select(event).where(mine).order_by(event.c.id.desc()).limit(1)).first()
    last = event_of(row) if row else None
    if last is not None and (last.reviewed, last.by) == (item.reviewed, item.by):
        return False
    line = {"at": item.at, "by": item.by, "kind": EventKind.REVIEWED, "reviewed": as_json(item.reviewed)}
    _append(connection, item.school, item.slug, line)
    return True


def _take_from_others(connection: Connection, item: DocumentRead) -> None:
    """A document is one policy's: where it was another's (before the school's file listed it), that one has none."""
    others = and_(policy.c.school == item.school, policy.c.document == item.document, policy.c.slug != item.slug)
    nothing = {"document": "", "document_name": "", "version": "", "gone_at": None, "fault": "", "read": null()}
    connection.execute(update(policy).where(others).values(nothing))


def _take_along(connection: Connection, item: DocumentRead) -> None:
    """The history of the name that it had before; that name is no policy any more."""
    old = and_(event.c.school == item.school, event.c.slug == item.before)
    connection.execute(update(event).where(old).values(slug=item.slug))
    connection.execute(delete(policy).where(_is(item.school, item.before)))


def _append(connection: Connection, school: str, slug: str, values: Mapping[str, Any]) -> None:
    connection.execute(insert(event).values(school=school, slug=slug, **values))


def _is(school: str, slug: str) -> Any:
    return and_(policy.c.school == school, policy.c.slug == slug)
