"""Every path the fake knows, with its cost in resource units (ms365.md section 4) and its query options."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote

from tests.tenant import content_room, delta_room, entra, hooks_room, items_room, notify_room, sites_room
from tests.tenant.answers import Answer, Call, refuse, refused

if TYPE_CHECKING:
    from tests.tenant.world import Tenant

Handler = Callable[["Tenant", Call], Answer]

_SITE = r"/sites/(?P<site>[^/:]+)"
_LIST = _SITE + r"/lists/(?P<list>[^/:]+)"
_ROW = _LIST + r"/items/(?P<row>\d+)"
_DRIVE = r"/drives/(?P<drive>[^/:]+)"
_ITEM = _DRIVE + r"/items/(?P<item>[^/:]+)(?::/(?P<path>[^:]+?)/?:?)?"
_DELTA = r"/delta(?:\(token=(?:'|%27)(?P<token>[^'%)]*)(?:'|%27)\))?"
_USER = r"/users/(?P<user>[^/]+)"
_HOOK = r"/subscriptions/(?P<subscription>[^/]+)"
_TENANT = r"/(?P<tenant>[^/]+)"
_FLOW = r"/powerautomate/automations/direct/workflows/(?P<flow>[0-9a-f]{32})/triggers/manual/paths/invoke"
_VIEW = frozenset({"$select", "$expand"})
_PAGED = _VIEW | {"$top", "$skiptoken"}
_CONFLICT = frozenset({"@microsoft.graph.conflictBehavior"})
_NONE: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Route:
    """One method of one path. `free` handlers run without the world's lock, since they call out or wait."""

    method: str
    pattern: re.Pattern[str]
    handler: Handler
    units: int = 0
    query: frozenset[str] = _NONE
    free: bool = False


def _route(
    method: str, path: str, handler: Handler, units: int = 0, query: frozenset[str] = _NONE, free: bool = False
) -> Route:
    return Route(method, re.compile(f"^{path}$"), handler, units, query, free)


GRAPH = (
    _route("GET", _SITE, sites_room.get_site, 1, _VIEW),
    _route("GET", _SITE + "/permissions", sites_room.site_permissions, 5),
    _route("GET", _SITE + "/drives", sites_room.site_drives, 2, _PAGED),
    _route("GET", _SITE + "/lists", sites_room.site_lists, 2, _PAGED),
    _route("GET", _LIST, sites_room.get_list, 1, _VIEW),
    _route("GET", _LIST + "/columns", sites_room.get_columns, 2, _PAGED),
    _route("POST", _LIST + "/columns", sites_room.add_column, 2),
    _route("GET", _ROW, sites_room.get_list_item, 1, _VIEW),
    _route("GET", _ROW + "/fields", sites_room.get_fields, 1, _VIEW),
    _route("PATCH", _ROW + "/fields", sites_room.set_fields, 2),
    _route("GET", _DRIVE, sites_room.get_drive, 1, _VIEW),
    _route("GET", _DRIVE + "/items/(?P<item>root)" + _DELTA, delta_room.delta, 2, _PAGED | {"token"}),
    _route("GET", _ITEM, items_room.get_item, 1, _VIEW),
    _route("PATCH", _ITEM, items_room.change_item, 2),
    _route("DELETE", _ITEM, items_room.delete_item, 2),
    _route("GET", _ITEM + "/children", items_room.get_children, 2, _PAGED),
    _route("POST", _ITEM + "/children", items_room.add_folder, 2),
    _route("GET", _ITEM + "/content", content_room.get_content, 1),
    _route("PUT", _ITEM + "/content", content_room.put_content, 2, _CONFLICT),
    _route("POST", _ITEM + "/createUploadSession", content_room.create_session, 2),
    _route("GET", _ITEM + "/permissions", items_room.get_permissions, 5, _VIEW),
    _route("GET", _ITEM + "/permissions/(?P<permission>[^/]+)", items_room.get_permission, 5, _VIEW),
    _route("DELETE", _ITEM + "/permissions/(?P<permission>[^/]+)", items_room.delete_permission, 5),
    _route("POST", _ITEM + "/invite", items_room.invite, 5),
    _route("GET", _ITEM + "/listItem", sites_room.get_list_item, 1, _VIEW),
    _route("GET", _ITEM + "/listItem/fields", sites_room.get_fields, 1, _VIEW),
    _route("PATCH", _ITEM + "/listItem/fields", sites_room.set_fields, 2),
    _route("GET", _ITEM + "/retentionLabel", items_room.retention_label, 1),
    _route("PATCH", _ITEM + "/retentionLabel", items_room.retention_label, 2),
    _route("DELETE", _ITEM + "/retentionLabel", items_room.retention_label, 2),
    _route("GET", "/subscriptions", hooks_room.get_subscriptions),
    _route("POST", "/subscriptions", hooks_room.subscribe, free=True),
    _route("GET", _HOOK, hooks_room.get_subscription),
    _route("PATCH", _HOOK, hooks_room.renew, free=True),
    _route("DELETE", _HOOK, hooks_room.unsubscribe),
    _route("POST", _HOOK + "/reauthorize", hooks_room.reauthorize),
    _route("POST", _USER + "/sendMail", notify_room.send_mail),
    _route("POST", _USER + "/teamwork/sendActivityNotification", notify_room.send_activity),
)
ELSEWHERE = (
    _route("GET", _TENANT + r"/v2\.0/\.well-known/openid-configuration", entra.configuration),
    _route("GET", _TENANT + r"/discovery/v2\.0/keys", entra.keys),
    _route("POST", _TENANT + r"/oauth2/v2\.0/token", entra.token),
    _route("PUT", r"/_upload/(?P<token>[^/]+)", content_room.upload, 2),
    _route("GET", r"/_upload/(?P<token>[^/]+)", content_room.upload, 1),
    _route("DELETE", r"/_upload/(?P<token>[^/]+)", content_room.upload, 2),
    _route("GET", r"/_download/(?P<token>[^/]+)", content_room.download, 1),
    _route("POST", _FLOW, notify_room.webhook),
)


def find(routes: tuple[Route, ...], method: str, path: str) -> tuple[Route, dict[str, str]]:
    """The route of this request and the named pieces of its path; 405 for another method, 400 for an unknown path."""
    others = set()
    for route in routes:
        if found := route.pattern.match(path):
            if route.method == method:
                return route, {name: unquote(value) for name, value in found.groupdict().items() if value is not None}
            others.add(route.method)
    if others:
        words = "Specified HTTP method is not allowed for the request target."
        refuse(405, "notAllowed", words, {"Allow": ", ".join(sorted(others))}, contract_broken=True)
    segment = path.rstrip("/").rsplit("/", 1)[-1]
    raise refused(400, "BadRequest", f"Resource not found for the segment '{segment}'.", contract_broken=True)


def units(route: Route, call: Call) -> int:
    """What the request costs: delta without a token is an enumeration and costs 2, with one 1."""
    if route.handler is delta_room.delta:
        return 1 if call.query.get("token") or call.parts.get("token") else 2
    return route.units
