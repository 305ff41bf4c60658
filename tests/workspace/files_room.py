"""Ids, new files, reading one (google.md 2.1 to 2.3)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NoReturn

from tests.workspace import access, file_view
from tests.workspace.answers import Answer, Call, broken, refuse
from tests.workspace.documents import Method
from tests.workspace.drives import DOCUMENT, FOLDER, RANK, File, file_id
from tests.workspace.sessions import RESUMABLE, start

if TYPE_CHECKING:
    from tests.workspace.world import Workspace

_NO_STORAGE = (
    "Service Accounts do not have storage quota. Leverage shared drives "
    "(https://developers.google.com/workspace/drive/api/guides/about-shareddrives), or use OAuth delegation "
    "(http://support.google.com/a/answer/7281227) instead."
)
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
# Google's list of export formats for its documents (developers.google.com/workspace/drive/api/guides/ref-export-formats).
_EXPORTS = {
    WORD, "application/vnd.oasis.opendocument.text", "application/rtf", "application/pdf", "text/plain",
    "application/zip", "application/epub+zip", "text/markdown",
}  # fmt: skip
_MOST_EXPORTED = 10 * 1024 * 1024
_WRITABLE = {
    "id", "name", "mimeType", "parents", "appProperties", "properties", "description", "contentRestrictions",
    "trashed", "inheritedPermissionsDisabled",
}  # fmt: skip


def lookup(fake: Workspace, call: Call, method: Method, wanted: str, role: str = "reader") -> File:
    """The file, if the caller sees it; a shared drive's only with supportsAllDrives, where the method has that (2.1).

    403 where the role is too low.
    """
    file = fake.files_by_id.get(wanted)
    if wanted == "root" and not call.caller.is_service:
        file = fake.my_drive(call.caller.identity).root
    rank = file.rank(call.caller.identity) if file else 0
    unsaid = "supportsAllDrives" in method.parameters and not call.says("supportsAllDrives")
    hidden = file is None or not rank or (file.drive.is_shared and unsaid)
    if hidden or (access.only_own_files(call.caller, method) and not _app_may_see(fake, call, file)):
        refuse(404, f"File not found: {wanted}.", reason="notFound", location="fileId")
    assert file is not None
    if rank < RANK[role]:
        denied()
    return file


def _app_may_see(fake: Workspace, call: Call, file: File | None) -> bool:
    """drive.file reaches what the app made; a human's folder only where the switch says so (2.5, not confirmed)."""
    human = fake.drive_file_reaches_human_folders and file is not None and file.is_folder
    return file is not None and (file.app == call.caller.project or human)


def denied(words: str = "The user does not have sufficient permissions for this file.") -> NoReturn:
    """403 insufficientFilePermissions."""
    refuse(403, words, reason="insufficientFilePermissions")


def generate_ids(fake: Workspace, call: Call, method: Method) -> Answer:
    """GET files/generateIds: for the caller alone."""
    space, kind = call.query.get("space", "drive"), call.query.get("type", "files")
    if space not in {"drive", "appDataFolder"} or kind not in {"files", "shortcuts"}:
        broken("Invalid Value", reason="invalid", location="space" if kind == "files" else "type")
    made = [file_id() for _ in range(call.number("count", 10))]
    if (space, kind) == ("drive", "files"):
        fake.ids_given |= dict.fromkeys(made, call.caller.identity)
    return Answer({"kind": "drive#generatedIds", "space": space, "ids": made})


def create(fake: Workspace, call: Call, method: Method) -> Answer:
    """POST files, with or without content."""
    above = checked_new(fake, call, method, call.data)
    if call.media_type == RESUMABLE:
        return start(fake, call, method)
    return Answer(file_view.body(_make(fake, call, above, call.data, call.media, call.media_type), call.caller))


def copy(fake: Workspace, call: Call, method: Method) -> Answer:
    """POST files/{fileId}/copy: on the server, to a place where the caller may write."""
    source = lookup(fake, call, method, call.parts["fileId"])
    if not file_view.capabilities(source, call.caller)["canCopy"] or source.content is None:
        refuse(403, "This file cannot be copied by the user.", reason="cannotCopyFile")
    data = {"name": f"Copy of {source.name}", "mimeType": source.mime} | dict(call.data)
    if "parents" not in data and source.parent is not None:
        data["parents"] = [source.parent.id]
    above = checked_new(fake, call, method, data)
    return Answer(file_view.body(_make(fake, call, above, data, source.content, source.mime), call.caller))


def checked_new(fake: Workspace, call: Call, method: Method, data: Mapping[str, Any]) -> File:
    """The folder that a new file goes to, everything about the file being right."""
    known_fields(data)
    check_properties(data)
    parents = data.get("parents", [])
    if len(parents) > 1 or ("parents" in data and not parents):
        broken("A shared drive item must have exactly one parent.", reason="invalid")
    if call.caller.is_service and parents in ([], ["root"]):
        refuse(403, _NO_STORAGE, reason="storageQuotaExceeded", domain="usageLimits")
    above = _parent(fake, call, method, parents[0] if parents else "root")
    _check_kind(data)
    if "id" in data:
        _check_id(fake, call, data["id"])
    return above


def _parent(fake: Workspace, call: Call, method: Method, wanted: str) -> File:
    if wanted == "root":
        return fake.my_drive(call.caller.identity).root
    above = lookup(fake, call, method, wanted)
    if not above.is_folder:
        refuse(403, "The specified parent is not a folder.", reason="parentNotAFolder")
    if above.rank(call.caller.identity) < RANK["writer"]:
        refuse(403, "Insufficient permissions for the specified parent.", reason="insufficientParentPermissions")
    if call.caller.is_service and not above.drive.is_shared:
        refuse(403, _NO_STORAGE, reason="storageQuotaExceeded", domain="usageLimits")
    return above


def _check_kind(data: Mapping[str, Any]) -> None:
    """Google's own kinds take no pre-generated id, but for folders (2.3)."""
    mime = str(data.get("mimeType", ""))
    if mime.startswith("application/vnd.google-apps.") and mime != FOLDER:
        if "id" in data:
            broken("Generated IDs are not supported for Docs Editors formats.", reason="invalid")
        broken(f"The fake does not make {mime}.", 501)


def _check_id(fake: Workspace, call: Call, wanted: str) -> None:
    if wanted in fake.ids_used or wanted in fake.files_by_id:
        refuse(409, "A file already exists with the provided ID.", reason="fileIdInUse")
    if fake.ids_given.get(wanted) != call.caller.identity:
        broken("The provided file ID is not usable.", reason="invalid", location="file.id")


def known_fields(data: Mapping[str, Any]) -> None:
    """What the document lets through and the fake does not know is an error of the fake, said loudly."""
    if unknown := set(data) - _WRITABLE:
        broken(f"The fake does not know the fields {sorted(unknown)}.", 501)
    if "mimeType" in data and not re.fullmatch(r"[\w.+-]+/[\w.+-]+", data["mimeType"]):
        broken("Invalid MIME type provided for the uploaded content.", reason="badRequest")


def check_properties(data: Mapping[str, Any]) -> None:
    """At most 30, key and value together at most 124 bytes (2.2)."""
    for name in ("appProperties", "properties"):
        given = data.get(name, {})
        if len(given) > 30:
            broken(f"Too many {name}: at most 30.", reason="invalid")
        for key, value in given.items():
            if len(f"{key}{value}".encode()) > 124:
                broken(f"{name}: key and value are longer than 124 bytes.", reason="invalid")


def _make(fake: Workspace, call: Call, above: File, data: Mapping[str, Any], content: bytes | None, mime: str) -> File:
    kind = data.get("mimeType") or mime or "application/octet-stream"
    if kind == FOLDER and content is not None:
        broken("A folder has no content.", reason="invalid")
    made = above.drive.put(
        data.get("name", "Untitled"),
        above,
        kind,
        None if kind == FOLDER else content or b"",
        id=data.get("id") or file_id(),
        maker=call.caller.identity,
        app=call.caller.project,
        properties=dict(data.get("properties", {})),
        description=data.get("description", ""),
    )
    if "appProperties" in data:
        made.app_properties[call.caller.project] = dict(data["appProperties"])
    fake.ids_used.add(made.id)
    return made


def get(fake: Workspace, call: Call, method: Method) -> Answer:
    """GET files/{fileId}, or with alt=media its content."""
    view = call.query.get("includePermissionsForView")
    if view not in {None, "published"}:
        broken("Invalid Value", reason="invalid", location="includePermissionsForView")
    file = lookup(fake, call, method, call.parts["fileId"])
    if call.query.get("alt") != "media":
        return Answer(file_view.body(file, call.caller))
    if not access.may_read_content(call.caller, method):
        access.insufficient(method)
    if file.content is None:
        refuse(403, "Only files with binary content can be downloaded.", reason="fileNotDownloadable")
    if not file_view.capabilities(file, call.caller)["canDownload"]:
        refuse(403, "This file cannot be downloaded by the user.", reason="cannotDownloadFile")
    return _media(file, call.header("Range"))


def export(fake: Workspace, call: Call, method: Method) -> Answer:
    """GET files/{fileId}/export: a Google document in another format, of at most 10 MB (its document)."""
    file, kind = lookup(fake, call, method, call.parts["fileId"]), call.query["mimeType"]
    if file.mime != DOCUMENT:
        broken("Export only supports Docs Editors files.", 403, reason="fileNotExportable")
    if not file_view.capabilities(file, call.caller)["canDownload"]:
        refuse(403, "This file cannot be exported by the user.", reason="cannotExportFile")
    if kind not in _EXPORTS:
        broken("The requested conversion is not supported.", reason="badRequest", location="convertTo")
    if kind != WORD:
        broken(f"The fake does not export {kind}.", 501)
    if len(file.exported) > _MOST_EXPORTED:
        refuse(403, "This file is too large to be exported.", reason="exportSizeLimitExceeded")
    return Answer(file.exported, kind=kind, plain=True)


def _media(file: File, wanted: str) -> Answer:
    content = file.content or b""
    if not wanted:
        return Answer(content, kind=file.mime, plain=True)
    hit = re.fullmatch(r"bytes=(\d+)-(\d*)", wanted)
    if hit is None or int(hit[1]) >= len(content):
        headers = {"Content-Range": f"bytes */{len(content)}"}
        refuse(416, "Request range not satisfiable", reason="requestedRangeNotSatisfiable", headers=headers)
    first, last = int(hit[1]), min(int(hit[2] or len(content)), len(content) - 1)
    headers = {"Content-Range": f"bytes {first}-{last}/{len(content)}"}
    return Answer(content[first : last + 1], 206, headers, file.mime, plain=True)
