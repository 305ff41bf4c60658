"""permissions.list, the proof that a place is restricted (google.md 2.4)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.workspace import file_view
from tests.workspace.answers import Answer, Call, broken
from tests.workspace.documents import Method
from tests.workspace.drives import RANK
from tests.workspace.files_room import denied, lookup
from tests.workspace.paging import page

if TYPE_CHECKING:
    from tests.workspace.world import Workspace


def list_permissions(fake: Workspace, call: Call, method: Method) -> Answer:
    """GET files/{fileId}/permissions; the id may be that of a shared drive."""
    view = call.query.get("includePermissionsForView")
    if view not in {None, "published"}:
        broken("Invalid Value", reason="invalid", location="includePermissionsForView")
    if call.says("useDomainAdminAccess"):
        broken("The fake knows no domain administrator.", 501)
    file = lookup(fake, call, method, call.parts["fileId"])
    if file.rank(call.caller.identity) < RANK["writer"] and not fake.readers_may_list_permissions:
        denied("The user does not have permission to view this file's permissions.")
    shown = [each for each in file_view.merged(file) if each.view in {"", view}]
    size = call.number("pageSize", 100 if file.drive.is_shared else len(shown) or 1)
    some, following = page(shown, call.query.get("pageToken"), size, {"permissions": file.id, "view": view})
    body = {"kind": "drive#permissionList", "permissions": [file_view.permission_body(file, each) for each in some]}
    return Answer(body | ({"nextPageToken": following} if following else {}))
