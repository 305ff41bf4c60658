"""A file as the API shows it to one caller (google.md 2.2, 2.4)."""

from __future__ import annotations

import hashlib
from typing import Any

from tests.workspace.drives import DOCUMENT, FOLDER, FORM, RANK, SHEET, Drive, File, Permission, SharedDrive
from tests.workspace.people import Token
from tests.workspace.stamps import millis

_LINKS = {
    FOLDER: "https://drive.google.com/drive/folders/{}",
    FORM: "https://docs.google.com/forms/d/{}/edit?usp=drivesdk",
    DOCUMENT: "https://docs.google.com/document/d/{}/edit?usp=drivesdk",
    SHEET: "https://docs.google.com/spreadsheets/d/{}/edit?usp=drivesdk",
}
_BLOB_LINK = "https://drive.google.com/file/d/{}/view?usp=drivesdk"


def body(file: File, caller: Token) -> dict[str, Any]:
    """Everything there is; what the caller gets of it, `fields` says."""
    found: dict[str, Any] = {
        "kind": "drive#file",
        "id": file.id,
        "name": file.name,
        "mimeType": file.mime,
        "trashed": file.is_trashed,
        "explicitlyTrashed": file.trashed,
        "starred": False,
        "spaces": ["drive"],
        "version": str(file.version),
        "webViewLink": _LINKS.get(file.mime, _BLOB_LINK).format(file.id),
        "createdTime": millis(file.created),
        "modifiedTime": millis(file.modified),
        "isAppAuthorized": file.app == caller.project,
        "inheritedPermissionsDisabled": file.limited,
        "capabilities": capabilities(file, caller),
    }
    found |= {"parents": [file.parent.id]} if file.parent else {}
    found |= _properties(file, caller) | _content(file) | _whose(file, caller)
    return found


def _properties(file: File, caller: Token) -> dict[str, Any]:
    """appProperties are private to the project that set them (2.2)."""
    found: dict[str, Any] = {"description": file.description} if file.description else {}
    if mine := file.app_properties.get(caller.project):
        found["appProperties"] = dict(mine)
    if file.properties:
        found["properties"] = dict(file.properties)
    if file.restrictions:
        found["contentRestrictions"] = file.restrictions
    return found


def _content(file: File) -> dict[str, Any]:
    """Checksums are populated for stored content only."""
    if file.content is None:
        return {} if file.is_folder else {"size": "1024"}
    stem, dot, extension = file.name.rpartition(".")
    found = {
        "size": str(len(file.content)),
        "quotaBytesUsed": str(len(file.content)),
        "headRevisionId": file.head,
        "originalFilename": file.name,
        "webContentLink": f"https://drive.google.com/uc?id={file.id}&export=download",
    }
    found |= {
        f"{name}Checksum": hashlib.new(name, file.content, usedforsecurity=False).hexdigest() for name in file.sums
    }
    return found | ({"fileExtension": extension, "fullFileExtension": extension} if dot and stem else {})


def _whose(file: File, caller: Token) -> dict[str, Any]:
    """In a shared drive `driveId` and the alarm bell; in a My Drive the owner and the permissions."""
    if file.drive.is_shared:
        bell = any(not each.view for each in file.direct)
        return {"driveId": file.drive.id, "teamDriveId": file.drive.id, "hasAugmentedPermissions": bell}
    owner = file.drive.grants()[0].email
    person: dict[str, Any] = {"kind": "drive#user", "displayName": owner.partition("@")[0], "emailAddress": owner}
    person |= {"me": owner == caller.identity, "permissionId": file.drive.grants()[0].id}
    found = {"owners": [person], "ownedByMe": owner == caller.identity, "shared": len(merged(file)) > 1}
    if file.rank(caller.identity) >= RANK["writer"]:
        found["permissions"] = [permission_body(file, each) for each in merged(file) if not each.view]
        found["permissionIds"] = [each.id for each in merged(file) if not each.view]
    return found


def copying_restricted(drive: Drive) -> bool:
    """Whether readers and commenters may not download."""
    return isinstance(drive, SharedDrive) and bool(drive.restrictions.get("copyRequiresWriterPermission"))


def capabilities(file: File, caller: Token) -> dict[str, bool]:
    """What the caller may do; in a shared drive trashing takes a content manager, deleting a manager (2.5)."""
    rank, shared = file.rank(caller.identity), file.drive.is_shared
    write, manage = rank >= RANK["writer"], rank >= (RANK["fileOrganizer"] if shared else RANK["owner"])
    own = rank >= (RANK["organizer"] if shared else RANK["owner"])
    bound = any(each.get("ownerRestricted") for each in file.restrictions)
    change, root = write and not file.read_only, file.parent is None
    return {
        "canAddChildren": file.is_folder and write,
        "canComment": rank >= RANK["commenter"],
        "canCopy": not file.is_folder and (write or not copying_restricted(file.drive)),
        "canDelete": own and not root,
        "canDeleteChildren": file.is_folder and own,
        "canDisableInheritedPermissions": file.is_folder and own and shared and not root,
        "canDownload": not file.is_folder and (write or not copying_restricted(file.drive)),
        "canEdit": change,
        "canListChildren": file.is_folder,
        "canModifyContent": change and not file.is_folder,
        "canModifyContentRestriction": write and not file.is_folder and (own or not bound),
        "canModifyEditorContentRestriction": write and not file.is_folder and not bound,
        "canModifyOwnerContentRestriction": own and not file.is_folder,
        "canMoveItemWithinDrive": manage and not root,
        "canReadDrive": shared and any(each.reaches(caller.identity, file.drive.fake) for each in file.drive.grants()),
        "canReadRevisions": write,
        "canRemoveContentRestriction": write and bool(file.restrictions) and (own or not bound),
        "canRename": change,
        "canShare": write if not file.is_folder else own,
        "canTrash": manage and not root,
        "canTrashChildren": file.is_folder and manage,
        "canUntrash": manage and not root,
    }


def merged(file: File) -> list[Permission]:
    """One entry for each grantee and view, with its highest role."""
    found: dict[str, Permission] = {}
    for each, _ in file.grants():
        if each.id not in found or RANK[each.role] > RANK[found[each.id].role]:
            found[each.id] = each
    return list(found.values())


def permission_body(file: File, entry: Permission) -> dict[str, Any]:
    """One permission, and in `permissionDetails` where it comes from (2.4)."""
    found: dict[str, Any] = {"kind": "drive#permission", "id": entry.id, "type": entry.type, "role": entry.role}
    if entry.email:
        found |= {"emailAddress": entry.email, "displayName": entry.email.partition("@")[0], "deleted": entry.deleted}
    if entry.domain:
        found |= {"domain": entry.domain, "displayName": entry.domain}
    if entry.type in {"domain", "anyone"}:
        found["allowFileDiscovery"] = entry.discovery
    if entry.expires:
        found["expirationTime"] = millis(entry.expires)
    if entry.view:
        found["view"] = entry.view
    if file.drive.is_shared:
        found["permissionDetails"] = [_detail(file, each, at) for each, at in file.grants() if each.id == entry.id]
    return found | ({"inheritedPermissionsDisabled": True} if file.limited else {})


def _detail(file: File, entry: Permission, at: File | None) -> dict[str, Any]:
    kind, inherited = ("file" if at else "member"), at is not file and not (at is None and file.parent is None)
    found = {"permissionType": kind, "role": entry.role, "inherited": inherited}
    return found | ({"inheritedFrom": (at or file.drive.root).id} if inherited else {})
