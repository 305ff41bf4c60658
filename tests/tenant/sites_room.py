"""Sites, drives, lists and columns (site, list and columnDefinition pages of the Graph reference)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.tenant import addresses, bodies, odata, rights, sharing
from tests.tenant.answers import Answer, Call, collection, refuse, refused
from tests.tenant.store import Item, Library

if TYPE_CHECKING:
    from tests.tenant.world import Tenant

_EXPAND_LIST = frozenset({"columns", "drive"})
_FACETS = ("text", "number", "dateTime", "boolean", "choice")


def get_site(fake: Tenant, call: Call) -> Answer:
    """GET /sites/{id} and /sites/{host}:/{path}."""
    found = addresses.site(fake, call)
    rights.need_site(fake, call, found, "read", resolving=True)
    return Answer(200, odata.select(call, "site", bodies.site(fake, found)), "site")


def site_permissions(fake: Tenant, call: Call) -> Answer:
    """GET /sites/{id}/permissions: the apps' grants. Documented for Sites.FullControl.All only (site: list permissions)."""
    found = addresses.site(fake, call)
    rights.need_site(fake, call, found, "full")
    role = fake.app.site_grants.get(found.id)
    grants = [sharing.application(fake.app.client_id, fake.app.name, role)] if role else []
    return collection(bodies.context(fake, "permissions"), "permission", grants)


def _visible(fake: Tenant, call: Call) -> list[Library]:
    found = addresses.site(fake, call)
    rights.need_site(fake, call, found, "read", resolving=True)
    return [each for each in found.libraries.values() if rights.may_library(fake, call, each, "read")]


def site_drives(fake: Tenant, call: Call) -> Answer:
    """GET /sites/{id}/drives: the libraries, those only that the app may see."""
    drives = [odata.select(call, "drive", bodies.drive(each)) for each in _visible(fake, call)]
    return collection(bodies.context(fake, "drives"), "drive", drives)


def site_lists(fake: Tenant, call: Call) -> Answer:
    """GET /sites/{id}/lists."""
    expand = odata.expansions(call, _EXPAND_LIST)
    lists = [_list_body(call, each, expand) for each in _visible(fake, call)]
    return collection(bodies.context(fake, "lists"), "list", lists)


def get_list(fake: Tenant, call: Call) -> Answer:
    """GET /sites/{id}/lists/{list id or title}, which is also GET /drives/{id}/list."""
    found = addresses.listed(fake, call)
    rights.need_library(fake, call, found, "read")
    return Answer(200, _list_body(call, found, odata.expansions(call, _EXPAND_LIST)), "list")


def _list_body(call: Call, found: Library, expand: dict[str, str]) -> dict[str, Any]:
    body = odata.select(call, "list", bodies.listing(found))
    if "columns" in expand:
        body["columns"] = [bodies.column(*each) for each in found.columns.items()]
    if "drive" in expand:
        body["drive"] = odata.inner_select(expand["drive"], "drive", bodies.drive(found))
    return body


def get_columns(fake: Tenant, call: Call) -> Answer:
    """GET /sites/{id}/lists/{id}/columns."""
    found = addresses.listed(fake, call)
    rights.need_library(fake, call, found, "read")
    columns = [odata.select(call, "columnDefinition", bodies.column(*each)) for each in found.columns.items()]
    return collection(bodies.context(fake, "columns"), "columnDefinition", columns)


def add_column(fake: Tenant, call: Call) -> Answer:
    """POST /sites/{id}/lists/{id}/columns. Application: Sites.Manage.All (list: create columnDefinition)."""
    found = addresses.listed(fake, call)
    rights.need_library(fake, call, found, "manage")
    body = call.checked("columnDefinition")
    name, facets = body.get("name"), [each for each in _FACETS if each in body]
    if not name or len(facets) != 1:
        refuse(400, "invalidRequest", "A column needs a name and exactly one type.", contract_broken=True)
    if name in found.columns:
        refuse(409, "nameAlreadyExists", f"A column with the name '{name}' already exists.")
    found.columns[name] = {facets[0]: body[facets[0]]}
    return Answer(201, bodies.column(name, found.columns[name]), "columnDefinition")


def get_drive(fake: Tenant, call: Call) -> Answer:
    """GET /drives/{id}."""
    found = addresses.library(fake, call)
    rights.need_library(fake, call, found, "read")
    return Answer(200, odata.select(call, "drive", bodies.drive(found)), "drive")


def _row(fake: Tenant, call: Call) -> tuple[Library, Item]:
    if "drive" in call.parts:
        return addresses.item(fake, call)
    found = addresses.listed(fake, call)
    for each in found.live():
        if str(each.number) == call.parts["row"] and each.parent:
            return found, each
    raise refused(404, "itemNotFound", "The specified item was not found")


def get_list_item(fake: Tenant, call: Call) -> Answer:
    """GET .../listItem, or a list's items/{number}; `fields` can be expanded."""
    library, found = _row(fake, call)
    rights.need_library(fake, call, library, "read")
    expand = odata.expansions(call, frozenset({"fields", "driveItem"}))
    body = odata.select(call, "listItem", bodies.list_item(library, found))
    if "fields" in expand:
        body["fields"] = odata.inner_select(expand["fields"], "fieldValueSet", bodies.fields(fake, library, found))
    if "driveItem" in expand:
        body["driveItem"] = odata.inner_select(expand["driveItem"], "driveItem", bodies.item(fake, library, found))
    return Answer(200, body, "listItem")


def get_fields(fake: Tenant, call: Call) -> Answer:
    """GET .../listItem/fields."""
    library, found = _row(fake, call)
    rights.need_library(fake, call, library, "read")
    return Answer(200, odata.select(call, "fieldValueSet", bodies.fields(fake, library, found)), "fieldValueSet")


def set_fields(fake: Tenant, call: Call) -> Answer:
    """PATCH .../listItem/fields (listItem: update): internal names, the column's type, If-Match -> 412."""
    library, found = _row(fake, call)
    rights.need_library(fake, call, library, "write")
    check_match(call, found)
    body = call.checked("fieldValueSet")
    for name, value in body.items():
        if name.startswith("@"):
            continue
        if name not in library.columns:
            refuse(400, "invalidRequest", f"Field '{name}' is not recognized", contract_broken=True)
        if name == "FileLeafRef":
            refuse(400, "invalidRequest", "Field 'FileLeafRef' is read-only", contract_broken=True)
        if fault := _value_fault(library.columns[name], value):
            refuse(400, "invalidRequest", f"Field '{name}': {fault}", contract_broken=True)
    for name, value in body.items():
        if value is None:
            found.fields.pop(name, None)
        elif not name.startswith("@"):
            found.fields[name] = value
    library.edited(found)
    return Answer(200, bodies.fields(fake, library, found), "fieldValueSet")


def check_match(call: Call, found: Item) -> None:
    """412 resourceModified where If-Match names another eTag (or cTag) than the item's (errors page)."""
    wanted = call.header("If-Match")
    if wanted and wanted != "*" and wanted not in {found.etag, found.ctag}:
        refuse(412, "resourceModified", "ETag does not match current item's value")


def _value_fault(kind: Any, value: Any) -> str:
    name = kind if isinstance(kind, str) else next(iter(kind))
    if name == "text" and isinstance(kind, dict) and kind["text"].get("allowMultipleLines"):
        name = "note"
    if name == "choice" and isinstance(kind, dict) and kind["choice"].get("displayAs") == "checkBoxes":
        name = "multichoice"
    if value is None:
        return ""
    right = {
        "text": isinstance(value, str) and len(value) <= 255 and "\n" not in value,
        "note": isinstance(value, str),
        "choice": isinstance(value, str),
        "multichoice": isinstance(value, list) and all(isinstance(each, str) for each in value),
        "number": isinstance(value, (int, float)) and not isinstance(value, bool),
        "boolean": isinstance(value, bool),
        "dateTime": isinstance(value, str) and _is_moment(value),
    }
    return "" if right[name] else f"not a value of type {name}"


def _is_moment(value: str) -> bool:
    from tests.tenant.ids import moment

    try:
        return moment(value) is not None
    except ValueError:
        return False
