"""GET root/delta (driveItem: delta): tokens, pages, 410, items seen twice, tombstones.

A token may be a former one, `latest`, or a moment in time; it is asked for as ?token= or as delta(token='...').
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from tests.tenant import bodies, odata, rights
from tests.tenant.answers import Answer, Call, collection, refuse
from tests.tenant.ids import moment
from tests.tenant.items_room import found_item
from tests.tenant.store import Item, Library

if TYPE_CHECKING:
    from tests.tenant.world import Tenant

_USUAL_PAGE = 200


@dataclass(frozen=True, slots=True)
class _Token:
    """Where an enumeration stands: `seq` changes are known; `full` says that tombstones are not wanted."""

    generation: int
    drive: str
    seq: int
    full: bool
    top: int

    def text(self) -> str:
        raw = json.dumps([self.generation, self.drive, self.seq, self.full, self.top])
        return base64.urlsafe_b64encode(raw.encode()).decode().rstrip("=")


def _read(text: str) -> _Token | None:
    try:
        generation, drive, seq, full, top = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (ValueError, TypeError):
        return None
    return _Token(generation, drive, seq, full, top)


def delta(fake: Tenant, call: Call) -> Answer:
    """What changed since the token; the whole library, root included, without one."""
    library, item = found_item(fake, call, "read")
    rights.need_library(fake, call, library, "read", selected=fake.selected_can_delta)
    if item is not library.root:
        refuse(400, "invalidRequest", "In SharePoint only the root has delta.")
    asked = call.parts.get("token") or call.query.get("token", "")
    top = odata.top(call, _USUAL_PAGE)
    if asked == "latest":
        return _page(fake, call, library, _Token(fake.delta_generation, library.drive_id, library.seq, False, top))
    begun = _start(fake, library, asked, top)
    return _page(fake, call, library, replace(begun, top=top) if "$top" in call.query else begun)


def _start(fake: Tenant, library: Library, asked: str, top: int) -> _Token:
    fresh = _Token(fake.delta_generation, library.drive_id, 0, True, top)
    if not asked:
        return fresh
    known = _read(asked)
    if known is None:
        return _since(fake, library, asked, top)
    if known.drive != library.drive_id:
        refuse(400, "invalidRequest", "The token belongs to another drive.", contract_broken=True)
    if known.generation < fake.delta_generation:
        location = f"{_address(fake, library)}?token={fresh.text()}"
        refuse(410, fake.delta_resync, "Resync required. Start a fresh enumeration.", {"Location": location})
    return known


def _since(fake: Tenant, library: Library, asked: str, top: int) -> _Token:
    try:
        begin = moment(asked)
    except ValueError:
        refuse(400, "invalidRequest", "The token is malformed.", contract_broken=True)
    older = [each.seq for each in library.items.values() if each.modified <= begin]
    return _Token(fake.delta_generation, library.drive_id, max(older, default=0), False, top)


def _address(fake: Tenant, library: Library) -> str:
    return f"{fake.url}/v1.0/drives/{library.drive_id}/root/delta"


def _page(fake: Tenant, call: Call, library: Library, token: _Token) -> Answer:
    own_only = bool(call.header("deltaExcludeParent"))

    def order(each: Item) -> int:
        return each.own if own_only else each.seq

    changed = (each for each in library.items.values() if order(each) > token.seq and not (token.full and each.gone))
    waiting = sorted(changed, key=order)
    page = waiting[: token.top]
    values = [odata.select(call, "driveItem", body) for body in _bodies(fake, library, page)]
    where = bodies.context(fake, "Collection(driveItem)")
    kept = f"&$select={quote(call.query['$select'])}" if "$select" in call.query else ""
    if len(page) < len(waiting):
        onward = _Token(token.generation, token.drive, order(page[-1]), token.full, token.top)
        return collection(where, "driveItem", values, nextLink=f"{_address(fake, library)}?token={onward.text()}{kept}")
    last = _Token(token.generation, token.drive, max(library.seq, token.seq), False, token.top)
    return collection(where, "driveItem", values, deltaLink=f"{_address(fake, library)}?token={last.text()}{kept}")


def _bodies(fake: Tenant, library: Library, page: list[Item]) -> list[dict[str, Any]]:
    """The items; where `delta_repeats` says so each file first as it stood before: the last occurrence counts."""
    found = [bodies.delta_item(fake, library, each) for each in page]
    if not fake.delta_repeats:
        return found
    stale = [
        {**bodies.delta_item(fake, library, each), "size": 0, "eTag": f'"{{{each.unique.upper()}}},0"'}
        for each in page
        if each.content is not None and not each.gone
    ]
    return stale + found
