"""Purging: what is filed and told is forgotten, as soon as it is."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, and_, bindparam, delete, exists, update

from connector.ledger.schema import concern, duty, promise, told
from connector.model.duty import DutyKind, DutyState
from connector.model.reference import Reference
from connector.sqlite.claims import Claims, Old

_OPEN = (DutyState.OWED, DutyState.SENDING)
_UNSETTLED = (*_OPEN, DutyState.FAILED)
# What still needs the reporter's address or the list of those passed over.
_NEEDS_ASIDE = (DutyKind.RECEIPT, DutyKind.CLIMB, DutyKind.CHASE, DutyKind.REASSURE)

# An upload is tried for days, never for months.
_PROMISES_LAST = timedelta(days=90)

_c = concern.c
_claims = Claims(told)


def _some(kinds: tuple[DutyKind, ...], states: tuple[DutyState, ...]) -> Any:
    d = duty.c
    return exists().where(d.reference == _c.reference, d.version == _c.version, d.kind.in_(kinds), d.state.in_(states))


# A record that could not be filed keeps its content, whatever happens. A receipt that failed for good
# does not; nor does a telling that failed, once somebody has acknowledged.
_IS_SETTLED = and_(
    ~_some((DutyKind.FILE,), _UNSETTLED),
    # Files are copied, or named with the reason in files.txt, before the content goes; one that failed for good
    # does not keep it for ever.
    ~_some((DutyKind.ATTACH,), _OPEN),
    ~_some((DutyKind.RECEIPT,), _OPEN),
    _c.acknowledged_at.is_not(None) | ~_some((DutyKind.TELL,), _UNSETTLED),
)
_THESE = _c.reference.in_(bindparam("these", expanding=True))

_FORGET_CONTENT = (
    update(concern).where(_c.sealed.is_not(None), _IS_SETTLED).values(sealed=None, purged_at=bindparam("at"))
)
_FORGET_CONTENT_OF_THESE = _FORGET_CONTENT.where(_THESE)


def purge(connection: Connection, concerns: Iterable[Reference], at: datetime) -> None:
    """Forget the sealed content of those that are filed and told. Who is passed over is kept until links end."""
    these = list(set(concerns))
    connection.execute(_FORGET_CONTENT_OF_THESE, {"these": these, "at": at})


def tidy(connection: Connection, items: list[tuple[datetime, datetime]]) -> list[None]:
    """Purge everything that is settled; forget asides of filed concerns received before the second moment."""
    for now, before in items:
        connection.execute(_FORGET_CONTENT, {"at": now})
        # A link to add may be used until then, and what is added must go past the same people. A climb may
        # wait through the holidays, and needs to know whom to pass over when it wakes.
        over = ~_some(_NEEDS_ASIDE, _OPEN)
        old = and_(_c.received_at < before, _c.sealed.is_(None), _c.aside.is_not(None), over)
        connection.execute(update(concern).where(old).values(aside=None))
        connection.execute(delete(promise).where(promise.c.at < now - _PROMISES_LAST))
        _claims.forget(connection, [Old(at=now)])
    return [None] * len(items)
