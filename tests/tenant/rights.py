"""Who may do what: application permissions and the explicit grants of the *Selected* ones (ms365.md 2.1).

Three things together give a Selected right: the role in the token, the grant, and a role in the grant that is enough.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

import jwt

from tests.tenant.answers import Call, Caller, refuse
from tests.tenant.keys import GRAPH
from tests.tenant.site import Site
from tests.tenant.store import Library

if TYPE_CHECKING:
    from tests.tenant.world import Tenant

_READ = frozenset({"Sites.Read.All", "Sites.ReadWrite.All", "Sites.Manage.All", "Sites.FullControl.All"})
_ALL = {
    "read": _READ,
    "write": frozenset({"Sites.ReadWrite.All", "Sites.Manage.All", "Sites.FullControl.All"}),
    "manage": frozenset({"Sites.Manage.All", "Sites.FullControl.All"}),
    "full": frozenset({"Sites.FullControl.All"}),
}
_FILES = {"read": frozenset({"Files.Read.All", "Files.ReadWrite.All"}), "write": frozenset({"Files.ReadWrite.All"})}
_ENOUGH = {
    "read": frozenset({"read", "write", "owner", "fullcontrol"}),
    "write": frozenset({"write", "owner", "fullcontrol"}),
    "manage": frozenset({"owner", "fullcontrol"}),
    "full": frozenset({"owner", "fullcontrol"}),
}
_SITES, _LISTS = "Sites.Selected", "Lists.SelectedOperations.Selected"


def authenticate(fake: Tenant, call: Call) -> Caller:
    """The caller of a Graph request; 401 InvalidAuthenticationToken without a token, or with an old or foreign one."""
    scheme, _, token = call.header("Authorization").partition(" ")
    if scheme.lower() != "bearer" or not token:
        _unauthenticated("Access token is empty.")
    try:
        claims = fake.keys.read(token)
    except jwt.InvalidTokenError:
        _unauthenticated("Access token validation failure. Invalid signature.")
    if claims.get("tid") != fake.tenant_id or claims.get("aud") != GRAPH:
        _unauthenticated("Access token validation failure. Invalid audience.")
    if claims["exp"] <= fake.now().timestamp():
        _unauthenticated("Lifetime validation failed, the token is expired.")
    return Caller(claims.get("appid") or claims.get("azp") or "", frozenset(claims.get("roles", ())))


def _unauthenticated(words: str) -> NoReturn:
    challenge = 'Bearer realm="", authorization_uri="https://login.microsoftonline.com/common/oauth2/authorize"'
    refuse(401, "InvalidAuthenticationToken", words, {"WWW-Authenticate": challenge})


def denied() -> NoReturn:
    """403, as SharePoint says it."""
    refuse(403, "accessDenied", "Access denied")


def need_site(fake: Tenant, call: Call, site: Site, level: str, resolving: bool = False) -> None:
    """403 unless the app may do this to the site. `resolving` is looking it up, which a Selected app may or may not."""
    roles = call.caller.roles
    if roles & _ALL[level]:
        return
    if resolving and not fake.selected_can_resolve_sites:
        denied()
    if _SITES in roles and fake.app.site_grants.get(site.id) in _ENOUGH[level]:
        return
    mine = any(each.list_id in fake.app.list_grants for each in site.libraries.values())
    if resolving and level == "read" and _LISTS in roles and mine:
        return
    denied()


def may_library(fake: Tenant, call: Call, library: Library, level: str) -> bool:
    """Whether the app may do this to the library and what lies in it."""
    roles = call.caller.roles
    if roles & (_ALL[level] | _FILES.get(level, frozenset())):
        return True
    if _SITES in roles and fake.app.site_grants.get(library.site.id) in _ENOUGH[level]:
        return True
    return _LISTS in roles and fake.app.list_grants.get(library.list_id) in _ENOUGH[level]


def need_library(fake: Tenant, call: Call, library: Library, level: str, selected: bool = True) -> None:
    """403 unless it may; `selected` False says that a Selected grant is not enough here (NOT CONFIRMED switches)."""
    if not may_library(fake, call, library, level):
        denied()
    everywhere = _ALL[level] | _FILES.get(level, frozenset())
    if not selected and not call.caller.roles & everywhere:
        denied()


def need_role(call: Call, *roles: str) -> None:
    """403 unless the token holds one of these roles."""
    if not call.caller.roles & set(roles):
        refuse(403, "Forbidden", f"Missing role permissions on the request. API requires one of '{', '.join(roles)}'.")
