"""Rows and what they stand for."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Row

from connector.model.policies_kept import Event, EventKind, Kept, Read, Reviewed

_READ = TypeAdapter(Read)
_REVIEWED = TypeAdapter(Reviewed)


def kept_of(row: Row[Any], history: tuple[Event, ...]) -> Kept:
    """The policy of that row."""
    values = dict(row._mapping)
    values["read"] = _READ.validate_python(values["read"]) if values["read"] is not None else None
    values["shown_due"] = date.fromisoformat(values["shown_due"]) if values["shown_due"] else None
    return Kept(**values, history=history)


def event_of(row: Row[Any]) -> Event:
    """The event of that row."""
    reviewed = _REVIEWED.validate_python(row.reviewed) if row.reviewed is not None else None
    return Event(at=row.at, by=row.by, kind=EventKind(row.kind), reviewed=reviewed, note=row.note)


def as_json(value: Read | Reviewed) -> dict[str, Any]:
    """What stands in the column."""
    return {name: part.isoformat() if isinstance(part, date) else part for name, part in asdict(value).items()}
