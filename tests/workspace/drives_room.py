"""Shared drives (google.md 2.4): drives.get and drives.list, with their restrictions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.workspace.answers import Answer, Call, broken, refuse
from tests.workspace.documents import Method
from tests.workspace.drives import RANK, SharedDrive
from tests.workspace.file_view import copying_restricted
from tests.workspace.paging import page
from tests.workspace.stamps import millis

if TYPE_CHECKING:
    from tests.workspace.world import Workspace


def get(fake: Workspace, call: Call, method: Method) -> Answer:
    """GET drives/{driveId}: for members only."""
    drive = fake.shared_drives.get(call.parts["driveId"])
    if call.says("useDomainAdminAccess"):
        broken("The fake knows no domain administrator.", 501)
    if drive is None or not drive.root.rank(call.caller.identity):
        refuse(404, f"Shared drive not found: {call.parts['driveId']}", reason="notFound")
    return Answer(_body(drive, call))


def about(fake: Workspace, call: Call, method: Method) -> Answer:
    """GET about: who asks. `fields` is required here (developers.google.com, about.get)."""
    if not call.query.get("fields"):
        broken("The 'fields' parameter is required for this method.", reason="required")
    address = call.caller.identity
    return Answer({"kind": "drive#about", "user": {"kind": "drive#user", "emailAddress": address, "me": True}})


def list_drives(fake: Workspace, call: Call, method: Method) -> Answer:
    """GET drives: those of which the caller is a member."""
    if {"q", "useDomainAdminAccess"} & set(call.query):
        broken("The fake knows no domain administrator.", 501)
    mine = [each for each in fake.shared_drives.values() if each.root.rank(call.caller.identity)]
    shown, following = page(mine, call.query.get("pageToken"), call.number("pageSize", 10), {"drives": True})
    body = {"kind": "drive#driveList", "drives": [_body(each, call) for each in shown]}
    return Answer(body | ({"nextPageToken": following} if following else {}))


def _body(drive: SharedDrive, call: Call) -> dict[str, Any]:
    rank = drive.root.rank(call.caller.identity)
    write, manage, own = (rank >= RANK[role] for role in ("writer", "fileOrganizer", "organizer"))
    return {
        "kind": "drive#drive",
        "id": drive.id,
        "name": drive.name,
        "createdTime": millis(drive.created),
        "hidden": False,
        "restrictions": drive.restrictions,
        "capabilities": {
            "canAddChildren": write,
            "canChangeDriveMembersOnlyRestriction": own,
            "canChangeDomainUsersOnlyRestriction": own,
            "canComment": rank >= RANK["commenter"],
            "canCopy": write or not copying_restricted(drive),
            "canDeleteChildren": own,
            "canDeleteDrive": own,
            "canDownload": write or not copying_restricted(drive),
            "canEdit": write,
            "canListChildren": True,
            "canManageMembers": own,
            "canReadRevisions": write,
            "canRename": write,
            "canRenameDrive": own,
            "canShare": write,
            "canTrashChildren": manage,
        },
    }
