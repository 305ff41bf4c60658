"""JSON bodies of sites, lists, drives, columns and items, as the resource pages of Graph describe them."""

from __future__ import annotations

import mimetypes
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from tests.tenant.ids import quick_xor, stamp
from tests.tenant.site import Site
from tests.tenant.store import Item, Library

if TYPE_CHECKING:
    from tests.tenant.world import Tenant

_FACETS: dict[str, dict[str, Any]] = {
    "text": {
        "text": {
            "allowMultipleLines": False,
            "appendChangesToExistingText": False,
            "linesForEditing": 0,
            "maxLength": 255,
        }
    },
    "note": {"text": {"allowMultipleLines": True, "appendChangesToExistingText": False, "linesForEditing": 6}},
    "number": {"number": {"decimalPlaces": "automatic", "displayAs": "number"}},
    "dateTime": {"dateTime": {"displayAs": "default", "format": "dateTime"}},
    "boolean": {"boolean": {}},
    "choice": {"choice": {"allowTextEntry": False, "choices": [], "displayAs": "dropDownMenu"}},
    "multichoice": {"choice": {"allowTextEntry": False, "choices": [], "displayAs": "checkBoxes"}},
}
_DOWNLOAD_LIFE = timedelta(hours=1)


def context(fake: Tenant, tail: str) -> str:
    """The `@odata.context` of an answer."""
    return f"{fake.url}/v1.0/$metadata#{tail}"


def site(fake: Tenant, found: Site) -> dict[str, Any]:
    """A site."""
    return {
        "@odata.context": context(fake, "sites/$entity"),
        "createdDateTime": stamp(found.created),
        "id": found.id,
        "lastModifiedDateTime": stamp(found.created),
        "name": found.path.rsplit("/", 1)[-1],
        "webUrl": found.url,
        "displayName": found.title,
        "root": {},
        "siteCollection": {"hostname": found.host},
    }


def listing(found: Library) -> dict[str, Any]:
    """A list: the other face of a document library."""
    return {
        "@odata.etag": f'"{found.list_id},{found.seq}"',
        "createdDateTime": stamp(found.root.created),
        "eTag": f'"{found.list_id},{found.seq}"',
        "id": found.list_id,
        "lastModifiedDateTime": stamp(found.root.modified),
        "name": found.name,
        "webUrl": found.web_url,
        "displayName": found.name,
        "parentReference": {"siteId": found.site.id},
        "list": {"contentTypesEnabled": False, "hidden": False, "template": "documentLibrary"},
    }


def drive(found: Library) -> dict[str, Any]:
    """A drive."""
    return {
        "createdDateTime": stamp(found.root.created),
        "description": "",
        "id": found.drive_id,
        "lastModifiedDateTime": stamp(found.root.modified),
        "name": found.name,
        "webUrl": found.web_url,
        "driveType": found.kind,
        "createdBy": {"user": {"displayName": "System Account"}},
        "owner": {"user": {"displayName": found.site.title}},
    }


def column(name: str, kind: Any) -> dict[str, Any]:
    """A column definition; `kind` is a type's name or the facet itself."""
    facet = _FACETS[kind] if isinstance(kind, str) else kind
    return {
        "columnGroup": "Custom Columns",
        "description": "",
        "displayName": "Name" if name == "FileLeafRef" else name,
        "enforceUniqueValues": False,
        "hidden": False,
        "id": f"{abs(hash(name)) % 16**8:08x}-e2f7-4f17-82b0-6fba34445103",
        "indexed": False,
        "name": name,
        "readOnly": False,
        "required": name == "FileLeafRef",
        **facet,
    }


def _parent(library: Library, item: Item) -> dict[str, Any]:
    found: dict[str, Any] = {"driveType": library.kind, "driveId": library.drive_id}
    if item.parent:
        above = library.items[item.parent]
        path = "".join(f"/{quote(step)}" for step in filter(None, library.path(above).split("/")))
        found |= {"id": above.id, "name": library.name if above is library.root else above.name}
        found["path"] = f"/drives/{library.drive_id}/root:{path}"
        found["siteId"] = library.site.id
    return found


def item(fake: Tenant, library: Library, found: Item) -> dict[str, Any]:
    """A driveItem. Only quickXorHash among the hashes: SharePoint gives no other (hashes resource)."""
    path = "".join(f"/{quote(step)}" for step in filter(None, library.path(found).split("/")))
    body: dict[str, Any] = {
        "createdBy": found.by,
        "createdDateTime": stamp(found.created),
        "eTag": found.etag,
        "id": found.id,
        "lastModifiedBy": found.by,
        "lastModifiedDateTime": stamp(found.modified),
        "name": found.name,
        "parentReference": _parent(library, found),
        "webUrl": f"{library.web_url}{path}",
        "fileSystemInfo": {"createdDateTime": stamp(found.created), "lastModifiedDateTime": stamp(found.modified)},
        "size": _size(library, found),
    }
    if found.content is None:
        body["folder"] = {"childCount": len(library.children(found.id))}
    else:
        body["cTag"] = found.ctag
        kind = mimetypes.guess_type(found.name)[0] or "application/octet-stream"
        body["file"] = {"mimeType": kind}
        if fake.gives_hashes:  # they are given "if available" (hashes resource)
            body["file"]["hashes"] = {"quickXorHash": quick_xor(found.content)}
        body["@microsoft.graph.downloadUrl"] = download_url(fake, library, found)
    if found is library.root:
        body["root"] = {}
    return body


def _size(library: Library, found: Item) -> int:
    if found.content is not None:
        return len(found.content)
    return sum(_size(library, each) for each in library.children(found.id))


def delta_item(fake: Tenant, library: Library, found: Item) -> dict[str, Any]:
    """An item as delta gives it: no cTag, no path in the parentReference; a deleted one has little but its id."""
    if found.gone:
        return {"id": found.id, "deleted": {"state": "deleted"}}
    body = item(fake, library, found)
    body.pop("cTag", None)
    body.pop("@microsoft.graph.downloadUrl", None)
    above = body["parentReference"]
    body["parentReference"] = {key: above[key] for key in ("driveId", "id") if key in above}
    return body


def download_url(fake: Tenant, library: Library, found: Item) -> str:
    """A pre-authenticated address of the content, good for an hour (driveItem resource)."""
    return fake.downloads.address(library, found, fake.now() + _DOWNLOAD_LIFE)


def list_item(library: Library, found: Item) -> dict[str, Any]:
    """A listItem: the row behind a file."""
    return {
        "@odata.etag": found.etag,
        "createdBy": found.by,
        "createdDateTime": stamp(found.created),
        "eTag": found.etag,
        "id": str(found.number),
        "lastModifiedDateTime": stamp(found.modified),
        "webUrl": f"{library.web_url}/{quote(library.path(found))}",
        "parentReference": {"siteId": library.site.id},
        "contentType": {"id": "0x010100298A15181454D84EBB62EDD7559FCBFE", "name": "Document"},
    }


def fields(fake: Tenant, library: Library, found: Item) -> dict[str, Any]:
    """The row's columns, those without a value left out."""
    where = f"sites('{quote(library.site.id)}')/lists('{library.list_id}')/items('{found.number}')/fields/$entity"
    return {
        "@odata.context": context(fake, where),
        "@odata.etag": found.etag,
        "id": str(found.number),
        "FileLeafRef": found.name,
        "ContentType": "Document",
        "Created": stamp(found.created),
        "Modified": stamp(found.modified),
        **found.fields,
    }
