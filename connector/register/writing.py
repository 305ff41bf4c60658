"""The register's verbs of writing: each takes the writer's connection and a list."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, and_, delete, insert, null, select, update

from connector.model.policies_kept import Event, EventKind, standing_reviews
from connector.register.notes import (
    Adding,
    DocumentRead,
    Looking,
    Presence,
    Said,
    Showing,
    Withdrawing,
)
from connector.register.rows import as_json, event_of
from connector.register.schema import event, feed, library, policy, told
from connector.sqlite.claims import Claims

_LONGEST_FAULT = 300


def add(connection: Connection, items: list[Adding]) -> list[None]:
    """Rows for policies that have none yet."""
    for item in items:
        names = select(policy.c.slug, policy.c.event_name).where(policy.c.school == item.school)
        known = {row.slug: row.event_name for row in connection.execute(names)}
        rows = [
            {
                "school": item.school, "slug": slug, "added_at": item.at,
                # Calendars know another policy by that name, which has a better one since.
                "event_name": f"{slug} {item.at.isoformat()}" if slug in known.values() else "",
            }
            for slug in item.slugs if slug not in known
        ]  # fmt: skip
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


def withdraw(connection: Connection, items: list[Withdrawing]) -> list[Event | None]:
    """A line in the history that takes back a review; what was said of that last, or None where there is none."""
    return [_withdrawn(connection, item) for item in items]


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
        if item.is_seen:
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
    history = _history(connection, item.school, item.slug)
    reviewed = item.settle(history)
    of_reviews = [event for event in history if event.kind in {EventKind.REVIEWED, EventKind.WITHDRAWN}]
    said_last = of_reviews and (of_reviews[-1].reviewed, of_reviews[-1].by) == (reviewed, item.by)
    if reviewed is None or said_last:
        return False
    line = {"at": item.at, "by": item.by, "kind": EventKind.REVIEWED, "reviewed": as_json(reviewed)}
    _append(connection, item.school, item.slug, line)
    return True


def _withdrawn(connection: Connection, item: Withdrawing) -> Event | None:
    history = _history(connection, item.school, item.slug)
    meant = [one.on for one in standing_reviews(history) if item.on in {None, one.on}]
    if not meant:
        return None
    line = {"at": item.at, "by": item.by, "kind": EventKind.WITHDRAWN, "note": meant[-1].isoformat()}
    _append(connection, item.school, item.slug, line)
    return next(event for event in reversed(history) if event.reviewed and event.reviewed.on == meant[-1])


def _take_from_others(connection: Connection, item: DocumentRead) -> None:
    """A document is one policy's: where it was another's (before the school's file listed it), that one has none."""
    others = and_(policy.c.school == item.school, policy.c.document == item.document, policy.c.slug != item.slug)
    nothing = {"document": "", "document_name": "", "version": "", "gone_at": None, "fault": "", "read": null()}
    connection.execute(update(policy).where(others).values(nothing))


def _history(connection: Connection, school: str, slug: str) -> list[Event]:
    mine = select(event).where(_of(school, slug)).order_by(event.c.id)
    return [event_of(row) for row in connection.execute(mine)]


def _take_along(connection: Connection, item: DocumentRead) -> None:
    """What was said, shown and told under the name that it had before; that name is no policy any more.

    Two histories are never mixed: what one of them takes back would be taken from the other.
    """
    if standing_reviews(_history(connection, item.school, item.slug)):
        return
    connection.execute(update(event).where(_of(item.school, item.before)).values(slug=item.slug))
    _take_shown_along(connection, item)
    Claims(told).rename(connection, item.school, item.before, item.slug)
    connection.execute(delete(policy).where(_is(item.school, item.before)))


def _take_shown_along(connection: Connection, item: DocumentRead) -> None:
    """Calendars that hold its event go on with that one, unless they hold one of the new name already."""
    row = connection.execute(select(policy).where(_is(item.school, item.before))).first()
    if row is None:
        return
    shown = {name: getattr(row, name) for name in ("shown_due", "shown_title", "sequence", "changed_at")}
    values = {**shown, "event_name": row.event_name or row.slug}
    connection.execute(update(policy).where(_is(item.school, item.slug), policy.c.shown_due == "").values(values))


def _append(connection: Connection, school: str, slug: str, values: Mapping[str, Any]) -> None:
    connection.execute(insert(event).values(school=school, slug=slug, **values))


def _of(school: str, slug: str) -> Any:
    return and_(event.c.school == school, event.c.slug == slug)


def _is(school: str, slug: str) -> Any:
    return and_(policy.c.school == school, policy.c.slug == slug)
