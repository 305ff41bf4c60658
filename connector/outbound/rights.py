"""Who can read a library, as far as Graph can tell (ms365.md 2.4). Pure: permissions in, rights found out.

What a name says is believed of a site's own groups only. People are known by the address at the end of
their login, groups of the directory by their id: anybody can call themselves or a group anything.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from connector.model.standing import State, Verdict

_EVERYONE_NAMES = frozenset({"everyone", "everyone except external users", "all users", "all authenticated users"})
# Parts of the login names under which SharePoint knows those groups.
_EVERYONE_LOGINS = ("spo-grid-all-users", "c:0(.s|true", "c:0!.s|windows", "nt authority\\authenticated users")
_SYSTEM_LOGINS = frozenset({"sharepoint\\system", "app@sharepoint"})
_SITE_GROUPS = ("siteGroup", "sharePointGroup")
_MEND = (
    "Mend: in SharePoint open the library, Settings, Library settings, Permissions for this library, and take that"
    " away; or, where they may read every record, name them under `allowed`."
)


@dataclass(frozen=True, slots=True)
class Right:
    """One right that must not be, or cannot be judged. `said` names no person; `named` does, for the mender's eyes."""

    state: State
    said: str
    named: str


@dataclass(frozen=True, slots=True)
class Welcome:
    """Who may read: names of the site's groups, addresses of people, ids of directory groups; and our own app."""

    allowed: frozenset[str]
    app: str


def judge(permissions: Iterable[Mapping[str, Any]], allowed: Iterable[str], app: str) -> tuple[Verdict, list[Right]]:
    """The verdict on these permissions and every right that is not in order.

    Good only where somebody beside our own app was seen and everybody seen is welcome: an app that may
    see nothing but itself knows nothing (ms365.md 2.4), so that is unverified, never good.
    """
    found = list(permissions)
    welcome = Welcome(frozenset(name.casefold() for name in allowed), app.casefold())
    rights = [right for permission in found for right in _read(permission, welcome)]
    if bad := [right for right in rights if right.state is State.BAD]:
        return Verdict(State.BAD, f"It can be read by {_listed(bad)}. {_MEND}"), rights
    if rights:
        return Verdict(State.UNVERIFIED, f"{_listed(rights)}, so it cannot be told who can read it"), rights
    if not any(_shows_somebody(permission, welcome) for permission in found):
        said = "Microsoft Graph shows no permissions but the service's own, so it cannot be told who can read it"
        return Verdict(State.UNVERIFIED, said), rights
    return Verdict(State.GOOD), rights


def worst(looks: Iterable[tuple[Verdict, list[Right]]]) -> tuple[Verdict, list[Right]]:
    """One verdict of several looks: bad where one is, good only where all are; and every right found."""
    found = list(looks)
    rights = [right for _, some in found for right in some]
    for state in (State.BAD, State.UNVERIFIED):
        for verdict, _ in found:
            if verdict.state is state:
                return verdict, rights
    return Verdict(State.GOOD), rights


def _listed(rights: list[Right]) -> str:
    said = list(dict.fromkeys(right.said for right in rights))
    more = f" and {len(said) - 3} more" if len(said) > 3 else ""
    return "; ".join(said[:3]) + more


def _read(permission: Mapping[str, Any], welcome: Welcome) -> list[Right]:
    """The rights found; one that cannot be judged for a permission of a shape that Graph does not document."""
    try:
        return list(_rights(permission, welcome))
    except (AttributeError, TypeError):
        return [_unknown("a right in a form that is not known", "some right")]


def _rights(permission: Mapping[str, Any], welcome: Welcome) -> Iterator[Right]:
    roles = "/".join(str(role) for role in permission.get("roles") or ()) or "some right"
    link = permission.get("link")
    if link is not None and (right := _link(link, roles)) is not None:
        yield right
        return
    holders = _holders(permission)
    if permission.get("invitation") is not None and not any(_is_person(holder, welcome) for holder in holders):
        yield _bad("a guest who was invited", roles, str(permission["invitation"].get("email", "")))
        return
    if not holders and (link is None or link.get("scope") != "existingAccess"):
        yield _unknown("a right of nobody in particular", roles)
    for holder in holders:
        yield from _holder(holder, roles, welcome)


def _link(link: Mapping[str, Any], roles: str) -> Right | None:
    """Links by whom they let in; a link for named people is judged by those people."""
    match link.get("scope"):
        case "anonymous":
            return _bad("a link that anybody can use", roles)
        case "organization":
            return _bad("a link for everybody in the organisation", roles)
        case "users" | "existingAccess":
            return None
        case _:
            return _unknown("a link of unknown reach", roles)


def _holders(permission: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Who holds the permission; the newer facet where both stand."""
    several = permission.get("grantedToIdentitiesV2") or permission.get("grantedToIdentities") or []
    one = permission.get("grantedToV2") or permission.get("grantedTo")
    return [*several, *([one] if one else [])]


def _holder(holder: Mapping[str, Any], roles: str, welcome: Welcome) -> Iterator[Right]:
    """Nothing where every facet of the holder is welcome."""
    shown = next((facet.get("displayName") for facet in holder.values() if facet.get("displayName")), "unnamed")
    if any(_is_everyone(facet) for facet in holder.values()):
        yield _bad(f"\u201c{shown}\u201d", roles)
    elif "application" in holder:
        if not _is_our_app(holder, welcome):
            yield _bad("another app", roles, shown)
    elif any(facet in holder for facet in _SITE_GROUPS) and "group" not in holder:
        if not all(_name(holder[facet]) in welcome.allowed for facet in _SITE_GROUPS if facet in holder):
            yield _bad(f"the group \u201c{shown}\u201d", roles)
    elif "group" in holder:
        identity = str(holder["group"].get("id") or "").casefold()
        if identity not in welcome.allowed:
            yield _bad(f"the group \u201c{shown}\u201d", roles, f"its object id is {identity or 'not shown'}")
    elif "user" in holder or "siteUser" in holder:
        if not _is_person(holder, welcome):
            yield _bad("a person who is not on the list", roles, f"{shown} {_login(holder)}".strip())
    else:
        yield _unknown("a right of an unknown kind", roles)


def _is_everyone(facet: Mapping[str, Any]) -> bool:
    login = str(facet.get("loginName") or "").casefold()
    return _name(facet) in _EVERYONE_NAMES or any(mark in login for mark in _EVERYONE_LOGINS)


def _is_our_app(holder: Mapping[str, Any], welcome: Welcome) -> bool:
    """Our app and nobody beside it; SharePoint may show the app's own site user with it."""
    is_ours = str(holder["application"].get("id") or "").casefold() == welcome.app
    login = _login(holder)
    return is_ours and set(holder) <= {"application", "siteUser"} and (not login or welcome.app in login)


def _is_person(holder: Mapping[str, Any], welcome: Welcome) -> bool:
    """A person by the address at the end of their login (`i:0#.f|membership|a@b`), or SharePoint's own account."""
    login = _login(holder)
    return set(holder) <= {"user", "siteUser"} and (
        login in _SYSTEM_LOGINS or (bool(login) and login.rpartition("|")[2] in welcome.allowed)
    )


def _login(holder: Mapping[str, Any]) -> str:
    return str((holder.get("siteUser") or {}).get("loginName") or "").casefold()


def _name(facet: Mapping[str, Any]) -> str:
    return str(facet.get("displayName") or "").casefold()


def _shows_somebody(permission: Mapping[str, Any], welcome: Welcome) -> bool:
    return any(not ("application" in holder and _is_our_app(holder, welcome)) for holder in _holders(permission))


def _bad(said: str, roles: str, name: str = "") -> Right:
    return Right(State.BAD, f"{said} ({roles})", f"{said}{f': {name}' if name else ''} ({roles})")


def _unknown(said: str, roles: str) -> Right:
    return Right(State.UNVERIFIED, f"{said} ({roles})", f"{said} ({roles})")
