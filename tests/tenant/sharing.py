"""Permission bodies as SharePoint gives them through Graph (permission resource, ms365.md 2.4; graph-samples.json).

Login names of the claims are those public scripts use (PnP: `c:0(.s|true`, `c:0-.f|rolemanager|spo-grid-all-users/`,
`c:0t.c|tenant|`, `c:0o.c|federateddirectoryclaimprovider|`); that Graph gives them just so is NOT CONFIRMED.
"""

from __future__ import annotations

import base64
from typing import Any

from tests.tenant.ids import guid

SYSTEM: dict[str, Any] = {"user": {"displayName": "System Account"}}
FLOW: dict[str, Any] = {"user": {"id": "569363e2-4e49-4661-87f2-16f245c5d66a", "displayName": "Forms Flow Owner"}}
_LINKS = {"anonymous": "anonymous", "organization": "organization", "users": "users", "existing": "existingAccess"}
_GROUPS = {
    "owners": ("Owners", "3", "owner"),
    "visitors": ("Visitors", "4", "read"),
    "members": ("Members", "5", "write"),
}
_EVERYONE = {
    "everyone": ("Everyone", "c:0(.s|true"),
    "everyone_except_external": ("Everyone except external users", "c:0-.f|rolemanager|spo-grid-all-users/{tenant}"),
}
_NAMES = {
    "m365_group": "All Staff",
    "security_group": "Staff",
    "user": "Helen Winter-Sample",
    "guest": "guest@mail.example",
}
_CLAIMS = {"m365_group": "c:0o.c|federateddirectoryclaimprovider|{id}", "security_group": "c:0t.c|tenant|{id}"}


def owners(site: str) -> dict[str, Any]:
    """What every library of a site has: the site's owners."""
    return grant("owners", "", "", "", site, "")


def grant(kind: str, name: str, role: str, tenant: str, site: str, url: str) -> dict[str, Any]:
    """One permission. Kinds: anonymous, organization, users, existing (links); everyone, everyone_except_external,
    m365_group, security_group, user, guest, application (principals); owners, visitors, members (site groups)."""
    if kind in _LINKS:
        return _link(kind, name, role, url)
    if kind in _GROUPS:
        title, number, usual = _GROUPS[kind]
        title = name or f"{site} {title}"
        return _principal("siteGroup", {"siteGroup": _site_identity(title, number, title)}, role or usual)
    if kind in _EVERYONE:
        title, claim = _EVERYONE[kind]
        login = claim.format(tenant=tenant)
        return _principal("user", {"user": {"displayName": title}, "siteUser": _site_identity(title, "9", login)}, role)
    if kind == "application":
        return _application(name, role, tenant)
    if kind in _CLAIMS:
        return _directory_group(kind, name or _NAMES[kind], role)
    if kind in {"user", "guest"}:
        return _person(kind, name or _NAMES[kind], role)
    raise ValueError(f"no such kind of share: {kind}")


def application(app_id: str, name: str, role: str) -> dict[str, Any]:
    """An app's grant on a site, as GET /sites/{id}/permissions gives it (graph-samples.json)."""
    who = [{"application": {"id": app_id, "displayName": name}}]
    return {
        "id": _id(app_id),
        "@deprecated.GrantedToIdentities": "GrantedToIdentities has been deprecated. Refer to GrantedToIdentitiesV2",
        "roles": [role],
        "grantedToIdentities": who,
        "grantedToIdentitiesV2": who,
    }


def _id(login: str) -> str:
    return base64.urlsafe_b64encode(login.encode()).rstrip(b"=").decode()


def _site_identity(name: str, number: str, login: str) -> dict[str, Any]:
    return {"displayName": name, "id": number, "loginName": login}


def _principal(facet: str, who: dict[str, Any], role: str) -> dict[str, Any]:
    login = next(each["loginName"] for key, each in who.items() if key.startswith("site"))
    return {
        "id": _id(login),
        "roles": [role or "read"],
        "@deprecated.GrantedTo": "GrantedTo has been deprecated. Refer to GrantedToV2",
        "grantedTo": {"user": {"displayName": next(iter(who.values()))["displayName"]}},
        "grantedToV2": who,
    }


def _person(kind: str, name: str, role: str) -> dict[str, Any]:
    address = name if "@" in name else f"{name.lower().replace(' ', '.')}@school.example"
    if kind == "guest":
        address = f"{address.replace('@', '_')}#ext#@school.onmicrosoft.example"
    login = f"i:0#.f|membership|{address}"
    who = {"user": {"displayName": name, "id": guid()}, "siteUser": _site_identity(name, "12", login)}
    permission = _principal("user", who, role)
    if kind == "guest":
        permission["invitation"] = {"email": name, "signInRequired": True}
    return permission


def _directory_group(kind: str, name: str, role: str) -> dict[str, Any]:
    group = guid()
    login = _CLAIMS[kind].format(id=group)
    who = {"group": {"displayName": name, "id": group}, "siteUser": _site_identity(name, "15", login)}
    return _principal("group", who, role)


def _application(name: str, role: str, tenant: str) -> dict[str, Any]:
    name, app = name or "Somebody's Backup App", guid()
    login = f"i:0i.t|ms.sp.ext|{app}@{tenant}"
    who = {"application": {"displayName": name, "id": app}, "siteUser": _site_identity(name, "21", login)}
    return _principal("application", who, role or "write")


def _link(kind: str, name: str, role: str, url: str) -> dict[str, Any]:
    role = role or "read"
    permission: dict[str, Any] = {
        "id": guid(),
        "roles": [role],
        "shareId": f"u!{_id(guid())}",
        "hasPassword": False,
        "link": {
            "scope": _LINKS[kind],
            "type": "edit" if role == "write" else "view",
            "webUrl": f"{url}/:f:/s/{_id(guid())[:22]}",
            "preventsDownload": False,
        },
    }
    people = [name or "Misty Suarez"] if kind == "users" else []
    permission["grantedToIdentitiesV2"] = [_person("user", each, role)["grantedToV2"] for each in people]
    return permission
