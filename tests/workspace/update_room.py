"""Changing and deleting a file (google.md 2.5)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.workspace import access, file_view
from tests.workspace.answers import Answer, Call, broken, refuse
from tests.workspace.documents import Method
from tests.workspace.drives import RANK, File, file_id
from tests.workspace.files_room import check_properties, denied, known_fields, lookup
from tests.workspace.sessions import RESUMABLE, start
from tests.workspace.stamps import millis

if TYPE_CHECKING:
    from tests.workspace.world import Workspace


def update(fake: Workspace, call: Call, method: Method) -> Answer:
    """PATCH files/{fileId}: metadata, content, or both."""
    file = lookup(fake, call, method, call.parts["fileId"], "writer")
    may = file_view.capabilities(file, call.caller)
    known_fields(call.data)
    check_properties(call.data)
    if fixed := {"id", "parents"} & set(call.data):
        words = (
            f"The {fixed.pop()} field is not directly writable in update requests. Use addParents and removeParents."
        )
        broken(words, 403, reason="fieldNotWritable")
    _check_rights(call, method, file, may)
    target = _target(fake, call, method, file, may)
    if call.media_type == RESUMABLE:
        return start(fake, call, method)
    restrictions = _restrictions(call, file, may) if "contentRestrictions" in call.data else file.restrictions
    file.parent, file.restrictions = target, restrictions
    _apply(call, file)
    return Answer(file_view.body(file, call.caller))


def _check_rights(call: Call, method: Method, file: File, may: dict[str, bool]) -> None:
    if call.media is not None and not access.may_read_content(call.caller, method):
        access.insufficient(method)
    changed = call.media is not None or {"name", "description", "mimeType"} & set(call.data)
    if changed and file.read_only:
        refuse(403, "The content of the file is read-only.", reason="contentRestricted")
    if file.is_folder and call.media is not None:
        broken("A folder has no content.", reason="invalid")
    if "trashed" in call.data and not may["canTrash"]:
        denied()
    if "inheritedPermissionsDisabled" in call.data and not may["canDisableInheritedPermissions"]:
        denied()


def _target(fake: Workspace, call: Call, method: Method, file: File, may: dict[str, bool]) -> File | None:
    """A move needs the new parent and the old one, and stays within the drive."""
    add, remove = call.query.get("addParents", ""), call.query.get("removeParents", "")
    if not add and not remove:
        return file.parent
    if not add or not file.parent or remove != file.parent.id:
        broken("A shared drive item must have exactly one parent.", 403, reason="teamDrivesParentLimit")
    above = lookup(fake, call, method, add, "writer")
    if not may["canMoveItemWithinDrive"] or above.drive is not file.drive:
        denied()
    if not above.is_folder or file in above.line():
        refuse(403, "The specified parent is not a folder for it.", reason="parentNotAFolder")
    return above


def _restrictions(call: Call, file: File, may: dict[str, bool]) -> list[dict[str, Any]]:
    """readOnly by a writer; what is ownerRestricted in a shared drive only by an organizer."""
    given = call.data["contentRestrictions"]
    if len(given) != 1 or "readOnly" not in given[0]:
        broken("contentRestrictions holds one restriction with readOnly.", reason="invalid")
    wanted = given[0]
    if not wanted["readOnly"] and set(wanted) - {"readOnly"}:
        broken("reason and ownerRestricted go only with readOnly true.", reason="invalid")
    owner = wanted.get("ownerRestricted") or any(each.get("ownerRestricted") for each in file.restrictions)
    if not may["canModifyOwnerContentRestriction" if owner else "canModifyEditorContentRestriction"]:
        denied()
    if not wanted["readOnly"]:
        return []
    user = {"kind": "drive#user", "emailAddress": call.caller.identity, "me": True}
    more = {"type": "globalContentRestriction", "restrictionTime": millis(file.drive.fake.now())}
    return [{**wanted, **more, "systemRestricted": False, "restrictingUser": user}]


def _apply(call: Call, file: File) -> None:
    data = call.data
    file.name, file.mime = data.get("name", file.name), data.get("mimeType", file.mime)
    file.description = data.get("description", file.description)
    file.trashed = data.get("trashed", file.trashed)
    file.limited = data.get("inheritedPermissionsDisabled", file.limited)
    file.properties |= data.get("properties", {})
    if "appProperties" in data:
        both = file.app_properties.get(call.caller.project, {}) | data["appProperties"]
        if len(both) > 30:
            broken("Too many appProperties: at most 30.", reason="invalid")
        file.app_properties[call.caller.project] = both
    if call.media is not None:
        file.content, file.head = call.media, file_id()
        file.mime = data.get("mimeType") or call.media_type or file.mime
    file.touch()


def delete(fake: Workspace, call: Call, method: Method) -> Answer:
    """DELETE files/{fileId}: for good, with all that is in it; a manager's right in a shared drive."""
    file = lookup(fake, call, method, call.parts["fileId"])
    least = RANK["organizer"] if file.drive.is_shared else RANK["owner"]
    if file.rank(call.caller.identity) < least or file.parent is None:
        denied()
    for each in file.drive.everything():
        if file in each.line():
            fake.ids_used.add(each.id)
            del fake.files_by_id[each.id]
    return Answer(None, 204)
