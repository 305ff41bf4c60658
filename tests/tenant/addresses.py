"""Which resource a Graph path means: sites by path or id, drives, lists, items by id or path, and their aliases.

Sources: addressing driveItems (onedrive-addressing-driveitems), site: getByPath, ms365.md 2.2 and 6.3.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import unquote

from tests.tenant.answers import Call, refuse, refused
from tests.tenant.site import Site
from tests.tenant.store import Item, Library

if TYPE_CHECKING:
    from tests.tenant.world import Tenant

_BY_PATH = re.compile(r"^/sites/(?P<host>[^/:]+):/(?P<path>[^:]*[^:/])/?(?::(?P<rest>/.*))?$")
_SITE_DRIVE = re.compile(r"^/sites/(?P<site>[^/]+)/(?:drive|lists/(?P<list>[^/]+)/drive)(?P<rest>[/:].*)?$")
_DRIVE_LIST = re.compile(r"^/drives/(?P<drive>[^/]+)/list(?P<rest>/.*)?$")
_SITE_LIBRARY = re.compile(r"^/sites/[^/]+/drives/(?P<rest>.+)$")
_ROOT = re.compile(r"^(/drives/[^/]+)/root(?=[/:]|$)")


def straighten(fake: Tenant, path: str) -> str:
    """The one form of a path that the routes know: /sites/{id}/..., /drives/{id}/items/{id or root}..."""
    if found := _BY_PATH.match(path):
        known = fake.site_at(unquote(found["host"]), unquote(found["path"]))
        path = f"/sites/{known.id if known else 'unknown'}{found['rest'] or ''}"
    if found := _SITE_LIBRARY.match(path):
        path = f"/drives/{found['rest']}"
    if found := _SITE_DRIVE.match(path):
        path = f"/drives/{_drive_of(fake, unquote(found['site']), unquote(found['list'] or ''))}{found['rest'] or ''}"
    if found := _DRIVE_LIST.match(path):
        library = fake.drive(unquote(found["drive"]))
        where = (library.site.id, library.list_id) if library else ("unknown", "unknown")
        path = f"/sites/{where[0]}/lists/{where[1]}{found['rest'] or ''}"
    return _ROOT.sub(r"\1/items/root", path)


def _drive_of(fake: Tenant, site_id: str, list_id: str) -> str:
    site = fake.site_by_id(site_id)
    libraries = list(site.libraries.values()) if site else []
    chosen = [each for each in libraries if not list_id or list_id in {each.list_id, each.name}]
    return chosen[0].drive_id if chosen else "b!unknown"


def site(fake: Tenant, call: Call) -> Site:
    """The site the path names, or 404."""
    found = fake.site_by_id(call.parts["site"])
    if found is None:
        refuse(404, "itemNotFound", "Requested site could not be found")
    return found


def listed(fake: Tenant, call: Call) -> Library:
    """The list the path names by id or by title, or 404."""
    found = site(fake, call)
    for each in found.libraries.values():
        if call.parts["list"].lower() in {each.list_id, each.name.lower()}:
            return each
    raise refused(404, "itemNotFound", "The specified list was not found")


def library(fake: Tenant, call: Call) -> Library:
    """The drive the path names: 400 for what cannot be a drive's id, 404 for one that is not there."""
    asked = call.parts["drive"]
    if not asked.startswith("b!"):
        refuse(
            400, "invalidRequest", "The provided drive id appears to be malformed, or does not represent a valid drive."
        )
    found = fake.drive(asked)
    if found is None:
        refuse(404, "itemNotFound", "The resource could not be found.")
    return found


def item(fake: Tenant, call: Call) -> tuple[Library, Item]:
    """The item the path names, by id, by path, or by a path below an id; 404 where there is none."""
    drive = library(fake, call)
    found = drive.get(call.parts["item"])
    for name in filter(None, call.parts.get("path", "").split("/")):
        found = drive.child(found.id, name) if found else None
    if found is None:
        refuse(404, "itemNotFound", "The resource could not be found.")
    return drive, found


def place(fake: Tenant, call: Call) -> tuple[Library, Item, str, str]:
    """Where a file by path is to be: its drive, the item the path begins at, the folders below that, the name."""
    drive = library(fake, call)
    start = drive.get(call.parts["item"])
    if start is None:
        refuse(404, "itemNotFound", "The resource could not be found.")
    *folders, name = call.parts["path"].strip("/").split("/")
    return drive, start, "/".join(folders), name
