"""Who can read a library, as far as Graph can tell (ms365.md 2.4). Pure: permissions in, rights found out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from connector.model.standing import State, Verdict

_EVERYONE_NAMES = frozenset({"everyone", "everyone except external users", "all users", "all authenticated users"})
# Parts of the login names under which SharePoint knows those groups.
_EVERYONE_LOGINS = ("spo-grid-all-users", "c:0(.s|true", "c:0!.s|windows", "nt authority\\authenticated users")
_SYSTEM_LOGINS = ("sharepoint\\system", "app@sharepoint")
_PERSON_FACETS = ("user", "siteUser")
_GROUP_FACETS = ("group", "siteGroup", "sharePointGroup")
_MEND = (
    "Mend: in SharePoint open the library, Settings, Library settings, Permissions for this library, and take it away;"
    " or, if they may read every record, add the name to `allowed`."
)


@dataclass(frozen=True, slots=True)
class Right:
    """One right that must not be, or cannot be judged. `said` names no person; `named` does, for the mender's eyes."""

    state: State
    said: str
    named: str


def judge(permissions: Iterable[Mapping[str, Any]], allowed: Iterable[str], app: str) -> tuple[Verdict, list[Right]]:
    """The verdict on these permissions and every right that is not in order.

    `allowed` are names of groups and addresses of people, `app` is our own client id. Nothing to look at
    means that Graph does not tell: unverified, never good.
    """
    found = list(permissions)
    welcome = frozenset(name.casefold() for name in allowed)
    rights = [right for permission in found for right in _read(permission, welcome, app.casefold())]
    bad = [right for right in rights if right.state is State.BAD]
    if bad:
        return Verdict(State.BAD, f"{_listed(bad)}. {_MEND}"), rights
    if rights or not found:
        said = _listed(rights) if rights else "Microsoft Graph shows no permissions at all"
        return Verdict(State.UNVERIFIED, f"{said}, so it cannot be told who can read it"), rights
    return Verdict(State.GOOD), rights


def _listed(rights: list[Right]) -> str:
    said = list(dict.fromkeys(right.said for right in rights))
    more = f" and {len(said) - 3} more" if len(said) > 3 else ""
    return "; ".join(said[:3]) + more


def _read(permission: Mapping[str, Any], welcome: frozenset[str], app: str) -> list[Right]:
    """The rights found; one that cannot be judged for a permission of a shape that Graph does not document."""
    try:
        return list(_rights(permission, welcome, app))
    except (AttributeError, TypeError):
        return [_unknown("a right in a form that is not known", "some right")]


def _rights(permission: Mapping[str, Any], welcome: frozenset[str], app: str) -> Iterator[Right]:
    roles = "/".join(str(role) for role in permission.get("roles") or ()) or "some right"
    link = permission.get("link")
    if isinstance(link, Mapping) and (right := _link(link, roles)) is not None:
        yield right
        return
    invited = (permission.get("invitation") or {}).get("email")
    if invited and invited.casefold() not in welcome:
        yield _bad("a guest who was invited", roles, str(invited))
    holders = [holder for holder in _holders(permission) if holder]
    if not holders and not invited:
        if link is None or link.get("scope") != "existingAccess":
            yield Right(
                State.UNVERIFIED, f"a right of nobody in particular ({roles})", f"permission of nobody ({roles})"
            )
        return
    for holder in holders:
        if (right := _holder(holder, roles, welcome, app)) is not None:
            yield right


def _link(link: Mapping[str, Any], roles: str) -> Right | None:
    """Links by whom they let in; a link for named people is judged by those people."""
    match link.get("scope"):
        case "anonymous":
            return _bad("a link that anybody can use", roles)
        case "organization":
            return Right(
                State.BAD, f"a link for everybody in the organisation ({roles})", f"organisation link ({roles})"
            )
        case "users" | "existingAccess":
            return None
        case _:
            return _unknown("a link of unknown reach", roles)


def _holders(permission: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    several = permission.get("grantedToIdentitiesV2") or permission.get("grantedToIdentities") or []
    one = permission.get("grantedToV2") or permission.get("grantedTo")
    return [*several, *([one] if one else [])]


def _holder(holder: Mapping[str, Any], roles: str, welcome: frozenset[str], app: str) -> Right | None:
    names = {name.casefold() for facet in holder.values() for name in _names(facet)}
    shown = next((facet.get("displayName") for facet in holder.values() if facet.get("displayName")), "unnamed")
    if names & _EVERYONE_NAMES or any(mark in name for name in names for mark in _EVERYONE_LOGINS):
        return _bad(f"\u201c{shown}\u201d", roles)
    if "application" in holder:
        is_ours = str(holder["application"].get("id", "")).casefold() == app
        return None if is_ours else _bad("another app", roles, shown)
    if names & welcome or any(mark in name for name in names for mark in _SYSTEM_LOGINS):
        return None
    if any(facet in holder for facet in _GROUP_FACETS):
        return _bad(f"the group \u201c{shown}\u201d", roles)
    if any(facet in holder for facet in _PERSON_FACETS):
        return _bad("a person who is not on the list", roles, shown)
    return _unknown("a right of an unknown kind", roles)


def _bad(said: str, roles: str, name: str = "") -> Right:
    return Right(State.BAD, f"{said} ({roles})", f"{said}{f': {name}' if name else ''} ({roles})")


def _unknown(said: str, roles: str) -> Right:
    return Right(State.UNVERIFIED, f"{said} ({roles})", f"{said} ({roles})")


def _names(facet: Mapping[str, Any]) -> Iterator[str]:
    """What this facet may be known by; a login name ends in the address: `i:0#.f|membership|a@b`."""
    for name in ("displayName", "id", "email", "userPrincipalName"):
        if facet.get(name):
            yield str(facet[name])
    login = str(facet.get("loginName") or "")
    if login:
        yield login
        yield login.rpartition("|")[2]
