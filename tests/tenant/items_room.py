"""Items: metadata, children, folders, rename and move, delete, labels, permissions (driveItem pages of the reference)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.tenant import addresses, bodies, naming, odata, rights, sharing
from tests.tenant.answers import Answer, Call, collection, refuse, refused
from tests.tenant.ids import stamp
from tests.tenant.sites_room import check_match
from tests.tenant.store import Item, Library

if TYPE_CHECKING:
    from tests.tenant.world import Tenant

_CHANGEABLE = frozenset(
    {"name", "parentReference", "description", "fileSystemInfo", "@microsoft.graph.conflictBehavior"}
)
_SETTINGS = {
    "behaviorDuringRetentionPeriod": "retain",
    "isDeleteAllowed": False,
    "isRecordLocked": False,
    "isMetadataUpdateAllowed": True,
    "isContentUpdateAllowed": True,
    "isLabelUpdateAllowed": False,
}


def found_item(fake: Tenant, call: Call, level: str) -> tuple[Library, Item]:
    """The item the path names, where the app may do this to it. The right comes first: a stranger learns nothing."""
    rights.need_library(fake, call, addresses.library(fake, call), level)
    return addresses.item(fake, call)


def shown(fake: Tenant, call: Call, library: Library, item: Item, status: int = 200) -> Answer:
    """The item as an answer."""
    body = odata.select(call, "driveItem", bodies.item(fake, library, item))
    return Answer(status, {"@odata.context": bodies.context(fake, "items/$entity"), **body}, "driveItem")


def get_item(fake: Tenant, call: Call) -> Answer:
    """GET an item by id or path. Permissions cannot be expanded (driveItem: list permissions, remarks)."""
    library, item = found_item(fake, call, "read")
    expand = odata.expansions(call, frozenset({"listItem", "children"}))
    answer = shown(fake, call, library, item)
    if "listItem" in expand:
        answer.body["listItem"] = bodies.list_item(library, item)
        if "fields" in expand["listItem"]:
            answer.body["listItem"]["fields"] = bodies.fields(fake, library, item)
    if "children" in expand:
        answer.body["children"] = [bodies.item(fake, library, each) for each in library.children(item.id)]
    return answer


def get_children(fake: Tenant, call: Call) -> Answer:
    """GET children, paged by $top with $skiptoken (driveItem: list children)."""
    library, item = found_item(fake, call, "read")
    size, begun = odata.top(call, 200), call.query.get("$skiptoken", "0")
    if not begun.isdigit():
        refuse(400, "invalidRequest", "The skiptoken is none that was given.", contract_broken=True)
    everything, begin = library.children(item.id), int(begun)
    page = [
        odata.select(call, "driveItem", bodies.item(fake, library, each)) for each in everything[begin : begin + size]
    ]
    links = {}
    if begin + size < len(everything):
        kept = f"&$select={call.query['$select']}" if "$select" in call.query else ""
        where = f"{fake.url}/v1.0/drives/{library.drive_id}/items/{item.id}/children"
        links["nextLink"] = f"{where}?$top={size}&$skiptoken={begin + size}{kept}"
    return collection(bodies.context(fake, "driveItems"), "driveItem", page, **links)


def add_folder(fake: Tenant, call: Call) -> Answer:
    """POST children: a new folder (driveItem: create folder)."""
    library, parent = found_item(fake, call, "write")
    body = call.checked("driveItem")
    if "folder" not in body or set(body) - {"name", "folder", "@microsoft.graph.conflictBehavior"}:
        refuse(400, "invalidRequest", "A folder is made of name, folder and conflictBehavior.", contract_broken=True)
    name = body.get("name") or ""
    naming.check_path(library, parent, "", name)
    behaviour = naming.behaviour(body.get("@microsoft.graph.conflictBehavior", ""), "fail")
    taken = library.child(parent.id, name)
    if taken and behaviour == "fail":
        naming.name_taken()
    if taken and behaviour == "replace":
        return shown(fake, call, library, taken)
    name = naming.free_name(library, parent, name)
    return shown(fake, call, library, library.add(parent, name, None, fake.app_identity()), 201)


def change_item(fake: Tenant, call: Call) -> Answer:
    """PATCH: rename, or move by parentReference.id (driveItem: update and move); not to another drive."""
    library, item = found_item(fake, call, "write")
    check_match(call, item)
    body = call.checked("driveItem")
    if wrong := sorted(set(body) - _CHANGEABLE):
        refuse(400, "invalidRequest", f"Property not updateable: {', '.join(wrong)}", contract_broken=True)
    if item is library.root:
        refuse(400, "invalidRequest", "The root cannot be renamed or moved.")
    above = body.get("parentReference") or {}
    if above.get("driveId") not in {None, library.drive_id}:
        refuse(400, "notSupported", "Items cannot be moved between drives with this request.")
    parent = library.get(above.get("id") or item.parent)
    if parent is None or parent.content is not None:
        refuse(404, "itemNotFound", "The destination folder could not be found.")
    name = body.get("name") or item.name
    naming.check_path(library, parent, "", name)
    taken = library.child(parent.id, name)
    if taken and taken is not item:
        _make_way(library, taken, body.get("@microsoft.graph.conflictBehavior", ""))
        name = naming.free_name(library, parent, name)
    library.touch(item)
    item.name, item.parent = name, parent.id
    return shown(fake, call, library, library.edited(item))


def _make_way(library: Library, taken: Item, asked: str) -> None:
    behaviour = naming.behaviour(asked, "fail")
    if behaviour == "fail":
        naming.name_taken()
    if behaviour == "replace":
        library.delete(taken)


def delete_item(fake: Tenant, call: Call) -> Answer:
    """DELETE: to the recycle bin, 204."""
    library, item = found_item(fake, call, "write")
    check_match(call, item)
    if item is library.root:
        refuse(400, "invalidRequest", "The root cannot be deleted.")
    library.delete(item)
    return Answer(204)


def get_permissions(fake: Tenant, call: Call) -> Answer:
    """GET permissions: its own and those inherited, without inheritedFrom. Documented for *.All; Selected NOT CONFIRMED."""
    library, item = _shared_item(fake, call)
    return collection(bodies.context(fake, "permissions"), "permission", library.effective(item))


def get_permission(fake: Tenant, call: Call) -> Answer:
    """GET one permission."""
    library, item = _shared_item(fake, call)
    for each in library.effective(item):
        if each["id"] == call.parts["permission"]:
            return Answer(200, each, "permission")
    raise refused(404, "itemNotFound", "The resource could not be found.")


def _shared_item(fake: Tenant, call: Call) -> tuple[Library, Item]:
    library, item = found_item(fake, call, "read")
    rights.need_library(fake, call, library, "read", selected=fake.selected_can_read_permissions)
    return library, item


def delete_permission(fake: Tenant, call: Call) -> Answer:
    """DELETE one permission that is the item's own; an inherited one is not deleted here (permission: delete)."""
    library, item = found_item(fake, call, "write")
    own = library.permissions if item is library.root else item.permissions
    for each in own:
        if each["id"] == call.parts["permission"]:
            own.remove(each)
            library.touch(item)
            return Answer(204)
    raise refused(404, "itemNotFound", "The resource could not be found.")


def invite(fake: Tenant, call: Call) -> Answer:
    """POST invite: named people get a right (driveItem: invite)."""
    library, item = found_item(fake, call, "write")
    body = call.checked("action:invite")
    roles, recipients = body.get("roles") or [], body.get("recipients") or []
    if not recipients or len(roles) != 1 or roles[0] not in {"read", "write", "owner"}:
        refuse(400, "invalidRequest", "Recipients and one role (read, write, owner) are needed.", contract_broken=True)
    if not body.get("requireSignIn", True) and not body.get("sendInvitation", False):
        refuse(400, "invalidRequest", "requireSignIn and sendInvitation cannot both be false.")
    if body.get("retainInheritedPermissions") is False:
        item.inherits = False
    given: list[dict[str, Any]] = []
    for each in recipients:
        name = each.get("email") or each.get("alias") or each.get("objectId") or ""
        if not name:
            refuse(400, "invalidRequest", "A recipient needs email, alias or objectId.", contract_broken=True)
        kind = "user" if name.lower() in fake.users or "@" not in name else "guest"
        given.append(sharing.grant(kind, name, roles[0], fake.tenant_id, library.site.title, library.web_url))
    (library.permissions if item is library.root else item.permissions).extend(given)
    library.touch(item)
    return collection(bodies.context(fake, "Collection(permission)"), "permission", given)


def retention_label(fake: Tenant, call: Call) -> Answer:
    """PATCH (201 the first time, then 200), GET and DELETE retentionLabel (driveItem: setRetentionLabel)."""
    library, item = found_item(fake, call, "read" if call.method == "GET" else "write")
    if call.method == "DELETE":
        item.label = ""
        return Answer(204)
    status = 200
    if call.method == "PATCH":
        body = call.json()
        if not isinstance(body, dict) or set(body) != {"name"} or not isinstance(body["name"], str):
            refuse(400, "invalidRequest", "retentionLabel takes a name only.", contract_broken=True)
        if body["name"] not in fake.retention_labels:
            refuse(404, "itemNotFound", "The retention label could not be found.")
        status, item.label = 200 if item.label else 201, body["name"]
        library.edited(item)
    applied = {
        "name": item.label,
        "retentionSettings": dict(_SETTINGS),
        "isLabelAppliedExplicitly": True,
        "labelAppliedDateTime": stamp(fake.now()),
        "labelAppliedBy": fake.app_identity(),
    }
    return Answer(status, applied if item.label else {})
