"""Who can read a shared drive, a folder, a form or a sheet, as far as Drive tells (google.md 2.4, 2.6). Pure.

What is not understood is never good. People are known by their address only; who is in a group Drive does not tell,
so a group is welcome as a whole or not at all.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from connector.model.reference import PATTERN
from connector.model.standing import LONGEST_SAID, State, Verdict
from connector.outbound.rights import Right

Json = Mapping[str, Any]
Look = tuple[Verdict, list[Right]]
# Google's words for the roles; the API's `writer` is a Contributor of a shared drive and an Editor of a file.
_ROLES = {
    "owner": "Owner", "organizer": "Manager", "fileOrganizer": "Content manager", "writer": "Contributor or Editor",
    "commenter": "Commenter", "reader": "Viewer",
}  # fmt: skip
_GRAVITY = {"anyone": 0, "domain": 1, "group": 2, "user": 3}
_PUBLISHED_ROLES = frozenset({"reader", "publishedReader"})
_DOMAIN = re.compile(r"[A-Za-z0-9.-]{1,60}")
_ADDRESS = re.compile(r"[A-Za-z0-9._%+'-]{1,60}@[A-Za-z0-9.-]{1,60}")
# `<reference>-<version>.<part>`, which says nothing of what is in it.
_RECORD = re.compile(PATTERN.pattern + r"-\d{1,4}(\.[a-z0-9]{1,8}){0,3}", re.ASCII)
_MOST_READERS, _MOST_RECORDS = 3, 5
_SINGLY = "single records can be shared with people who are not members of the drive"
_OUTSIDE = "people outside the school's organisation can be let in"
_OUTSIDE_BOX = "“Allow people outside … to access files”"
_BOXES = {_SINGLY: "“Allow people who aren't shared drive members to access files”", _OUTSIDE: _OUTSIDE_BOX}
_MEND_RECORDS = "Mend: in Google Drive open the shared drive, at each such record Share, and take away who is added."
# What makes a drive safer still, and the box in Google's words (GAM wiki, Shared-Drives: names of the settings).
_HINTS = {
    "copyRequiresWriterPermission": "Viewers and commenters can download, copy and print records: Shared drive"
    " settings, People who can download, copy, and print, untick “Commenters and viewers”",
    "sharingFoldersRequiresOrganizerPermission": "Content managers can share folders: Shared drive settings, Role"
    " permissions, untick “Allow content managers to share folders”",
    "adminManagedRestrictions": "The drive's managers can loosen its settings: an administrator, in the Admin console,"
    " Drive and Docs, unticks “Allow members with manager access to override the settings below”",
    "domainUsersOnly": "People outside the school's organisation can be let in, as the service account itself was: have"
    f" the service sign in as an account of the school, then in Shared drive settings untick {_OUTSIDE_BOX}",
}


class Item(StrEnum):
    """What of a school's Drive is judged, in words."""

    DRIVE = "shared drive"
    FORM = "form"
    SHEET = "linked sheet"
    UPLOADS = "upload folder"
    FOLDER = "record folder"


@dataclass(frozen=True, slots=True)
class Welcome:
    """Who may read: addresses of people and groups, casefolded, the service's own among them."""

    allowed: frozenset[str]

    @classmethod
    def of(cls, addresses: Iterable[str]) -> Welcome:
        """These addresses, in whatever case they were written."""
        return cls(frozenset(address.strip().casefold() for address in addresses))


def judge_drive(
    restrictions: Json | None, permissions: Sequence[Json], welcome: Welcome, *, outsider_identity: bool
) -> Look:
    """The verdict on a shared drive by its `restrictions` (drives.get) and members (permissions.list), and each right.

    `outsider_identity`: the service signs in as a service account, which is outside the organisation; the restriction
    that keeps outsiders out would keep it out too (google.md 1.7), so its lack is a hint only.
    """
    settings = _settings(restrictions, outsider_identity=outsider_identity)
    rights = _rights(permissions, welcome, Item.DRIVE)
    return _verdict(Item.DRIVE, rights, settings), [*rights, *settings]


def judge_file(permissions: Sequence[Json], welcome: Welcome, *, what: Item) -> Look:
    """The verdict on one item by its permissions (permissions.list with includePermissionsForView=published).

    Who only answers a form holds its `published` view and reads no answers. Of any other item a published view is
    a copy to be read, so there it is judged like every right.
    """
    rights = _rights(permissions, welcome, what)
    return _verdict(what, rights, []), rights


def judge_records(files: Iterable[Json]) -> Look:
    """The verdict on records of a shared drive by `hasAugmentedPermissions` (files.list), and each that is shared.

    A name is said only where it is one of our own: what people put there may be called anything.
    """
    rights = [right for file in _entries(files) if (right := _record(file)) is not None]
    if bad := [right.said for right in rights if right.state is State.BAD]:
        names = sorted(set(bad))
        found = f"{len(bad)} record(s) are shared singly with people who are not members"
        sizes = range(min(_MOST_RECORDS, len(names)), 0, -1)
        said = _first_that_fits(f"{found}: {_list(names, shown)}. {_MEND_RECORDS}" for shown in sizes)
        return Verdict(State.BAD, said), rights
    if rights:
        # No count: it would be another finding with every record that is filed.
        said = f"Google does not tell of every record who can read it. {_MEND_RECORDS}"
        return Verdict(State.UNVERIFIED, said), rights
    return Verdict(State.GOOD), rights


def hints(restrictions: Json | None, *, outsider_identity: bool) -> tuple[str, ...]:
    """What would make the shared drive safer still, in Google's words; nothing where its settings are not known."""
    if not isinstance(restrictions, Mapping):
        return ()
    settled = {key for key in _HINTS if restrictions.get(key) is True}
    download = restrictions.get("downloadRestriction")
    if isinstance(download, Mapping) and any(value is True for value in download.values()):
        settled.add("copyRequiresWriterPermission")
    settled |= set() if outsider_identity else {"domainUsersOnly"}  # then its lack is no hint but a fault
    return tuple(said for key, said in _HINTS.items() if key not in settled)


def _settings(restrictions: Any, *, outsider_identity: bool) -> list[Right]:
    if not isinstance(restrictions, Mapping):
        return [_same(State.UNVERIFIED, "its Shared drive settings are not shown")]
    is_open = {
        _SINGLY: restrictions.get("driveMembersOnly") is not True,
        _OUTSIDE: restrictions.get("domainUsersOnly") is not True and not outsider_identity,
    }
    return [_same(State.BAD, fault) for fault, is_so in is_open.items() if is_so]


def _rights(permissions: Any, welcome: Welcome, what: Item) -> list[Right]:
    """What is not in order, sorted: Drive's order may differ each time, the finding may not."""
    counted = [one for one in _entries(permissions) if not _is_void(one, what)]
    if not counted:
        # Whoever may look is in the list: the service's own address at least.
        return [_same(State.UNVERIFIED, "Google shows nobody who can read it, not even the service itself")]
    judged = ((_GRAVITY.get(_text(one, "type"), 4), _right(one, welcome)) for one in counted)
    found = [(gravity, right) for gravity, right in judged if right is not None]
    return [right for _, right in sorted(found, key=lambda pair: (pair[0], pair[1].said, pair[1].named))]


def _entries(found: Any) -> list[Any]:
    return list(found) if isinstance(found, Iterable) and not isinstance(found, (str, bytes, Mapping)) else [found]


def _is_void(permission: Any, what: Item) -> bool:
    """True for a right that reads nothing: of an account that is deleted, or of those who only answer the form."""
    is_deleted = isinstance(permission, Mapping) and permission.get("deleted") is True
    is_published = _text(permission, "view") == "published" and _text(permission, "role") in _PUBLISHED_ROLES
    # Only accounts can be deleted: "everybody, deleted" is not understood, so it counts.
    return (is_deleted and _text(permission, "type") in ("user", "group")) or (is_published and what is Item.FORM)


def _text(found: Any, key: str) -> str:
    value = found.get(key) if isinstance(found, Mapping) else None
    return value if isinstance(value, str) else ""


def _right(permission: Any, welcome: Welcome) -> Right | None:
    """The right where it is not in order; None for somebody who is welcome."""
    if not isinstance(permission, Mapping):
        return _same(State.UNVERIFIED, "a right in a form that is not known")
    role = f" ({_ROLES.get(_text(permission, 'role'), 'some right')})"
    match permission.get("type"):
        case "anyone":
            is_found = permission.get("allowFileDiscovery") is True
            return _same(State.BAD, ("anybody on the internet" if is_found else "anybody with the link") + role)
        case "domain":
            domain = _text(permission, "domain")
            return _same(State.BAD, f"everybody in {domain if _DOMAIN.fullmatch(domain) else 'a whole domain'}{role}")
        case "group" | "user" as kind:
            return _holder(kind, _text(permission, "emailAddress").strip().casefold(), role, welcome)
        case _:
            return _same(State.UNVERIFIED, f"a right of an unknown kind{role}")


def _holder(kind: str, address: str, role: str, welcome: Welcome) -> Right | None:
    if not address:
        return _same(State.UNVERIFIED, f"a {'person' if kind == 'user' else 'group'} whose address is not shown{role}")
    if address in welcome.allowed:
        return None
    shown = "".join(filter(str.isprintable, address))[:120]
    if kind == "user":
        said = "a person who is not on the list"
        return Right(State.BAD, f"{said}{role}", f"{said}: {shown}{role}")
    said = f"the group {address}" if _ADDRESS.fullmatch(address) else "a group with an unusual address"
    return Right(State.BAD, f"{said}{role}", f"the group {shown}{role}")


def _record(file: Any) -> Right | None:
    is_shared = file.get("hasAugmentedPermissions") if isinstance(file, Mapping) else None
    if is_shared is False:
        return None
    is_ours = _RECORD.fullmatch(name := _text(file, "name"))
    said = name if is_ours else "a file that the service did not name"
    return _same(State.BAD if is_shared is True else State.UNVERIFIED, said)


def _same(state: State, said: str) -> Right:
    return Right(state, said, said)


def _verdict(what: Item, rights: list[Right], settings: list[Right]) -> Verdict:
    """The gravest state found, with as many readers named as leave the mend whole."""
    for state, say in ((State.BAD, _bad), (State.UNVERIFIED, _unverified)):
        readers = list(dict.fromkeys(right.said for right in rights if right.state is state))
        faults = [right.said for right in settings if right.state is state]
        if readers or faults:
            sizes = range(min(_MOST_READERS, len(readers)), -1, -1)
            return Verdict(state, _first_that_fits(say(what, _list(readers, shown), faults) for shown in sizes))
    return Verdict(State.GOOD)


def _first_that_fits(texts: Iterable[str]) -> str:
    return min(texts, key=lambda text: max(len(text), LONGEST_SAID))


def _bad(what: Item, readers: str, faults: list[str]) -> str:
    if what is not Item.DRIVE:
        mend = "Share: take them away and set General access to Restricted, or name them under `allowed`."
        return f"The {what} can be read by {readers}. Mend: in Google Drive choose it, {mend}"
    boxes = "both under Access" if len(faults) > 1 else "".join(_BOXES[fault] for fault in faults)
    said = [f"The shared drive can be read by {readers}."] if readers else []
    said += [f"In the shared drive {' and '.join(faults)}."] if faults else []
    mends = ["Manage members, take them away or name them under `allowed`"] if readers else []
    mends += [f"Shared drive settings, untick {boxes}"] if faults else []
    return f"{' '.join(said)} Mend: in Google Drive open the shared drive, {'; '.join(mends)}."


def _unverified(what: Item, readers: str, faults: list[str]) -> str:
    found = "; ".join(filter(None, (readers, *faults)))
    where = "open it, Manage members" if what is Item.DRIVE else "choose it, Share"
    role = "Contributor" if what is Item.DRIVE else "Editor"
    mend = f"Mend: in Google Drive {where}: make the service's own address {role}, and look who else is there."
    return f"It cannot be told who can read the {what}: {found}. {mend}"


def _list(said: Sequence[str], shown: int) -> str:
    """The first few; where there is no room for one, that there are some."""
    more = f" and {len(said) - shown} more" if len(said) > shown else ""
    return "; ".join(said[:shown]) + more if shown or not said else "others who are not on the list"
