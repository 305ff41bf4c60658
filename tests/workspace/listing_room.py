"""files.list and its search language (google.md 2.3, 2.4)."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import TYPE_CHECKING

from tests.workspace import access, file_view
from tests.workspace.answers import Answer, Call, broken, refuse
from tests.workspace.documents import Method
from tests.workspace.drives import File
from tests.workspace.paging import page
from tests.workspace.searching import BadQuery, Search

if TYPE_CHECKING:
    from tests.workspace.world import Workspace

_ORDERS = {"createdTime", "modifiedTime", "name"}


def list_files(fake: Workspace, call: Call, method: Method) -> Answer:
    """GET files."""
    corpora = _checked_corpora(fake, call)
    try:
        search = Search(call.query.get("q", ""), call.caller.project)
    except BadQuery:
        broken("Invalid Value", reason="invalid", location="q")
    hits = [each for each in _within(fake, call, method, corpora, search) if search.fits(each)]
    hits = _ordered(hits, call.query.get("orderBy", ""))
    most = min(call.number("pageSize", 100), fake.page_size or 1000)
    asked = {name: value for name, value in call.query.items() if name not in {"pageToken", "pageSize", "fields"}}
    shown, following = page(hits, call.query.get("pageToken"), most, asked)
    body = {"kind": "drive#fileList", "incompleteSearch": False}
    body |= {"files": [file_view.body(each, call.caller) for each in shown]}
    return Answer(body | ({"nextPageToken": following} if following else {}))


def _checked_corpora(fake: Workspace, call: Call) -> str:
    corpora, drive_id = call.query.get("corpora", "user"), call.query.get("driveId")
    both = call.says("includeItemsFromAllDrives") and call.says("supportsAllDrives")
    if corpora not in {"user", "domain", "drive", "allDrives"} or call.query.get("spaces", "drive") != "drive":
        broken("Invalid Value", reason="invalid", location="corpora")
    if corpora == "domain":
        broken("The fake does not know the corpora domain.", 501)
    if (corpora == "drive") != (drive_id is not None):
        broken("The driveId parameter must be specified if and only if corpora is set to drive.", reason="invalid")
    if call.says("includeItemsFromAllDrives") and not call.says("supportsAllDrives"):
        broken("includeItemsFromAllDrives requires supportsAllDrives.", 403, reason="teamDrivesNotSupported")
    if corpora in {"drive", "allDrives"} and not both:
        broken(f"corpora={corpora} requires includeItemsFromAllDrives and supportsAllDrives.", 403, reason="invalid")
    drive = fake.shared_drives.get(drive_id or "")
    if drive_id and (drive is None or not drive.root.rank(call.caller.identity)):
        refuse(404, f"Shared drive not found: {drive_id}", reason="notFound", location="driveId")
    return corpora


def _within(fake: Workspace, call: Call, method: Method, corpora: str, search: Search) -> list[File]:
    """What the search covers: with corpora=user a shared drive's items only below a named folder or by a direct grant."""
    caller, both = call.caller, call.says("includeItemsFromAllDrives")
    found = []
    for each in list(fake.files_by_id.values()):
        if each.parent is None or not each.rank(caller.identity):
            continue
        if access.only_own_files(caller, method) and each.app != caller.project:
            continue
        if corpora == "drive" and each.drive.id != call.query["driveId"]:
            continue
        named = each.parent.id in search.folders or _by_name(each, caller.identity)
        if not named and (corpora == "user" or not each.drive.is_shared):
            continue
        if each.drive.is_shared and not both:
            continue
        found.append(each)
    return found


def _by_name(file: File, identity: str) -> bool:
    """Whether the file is the caller's, or shared with them or their group: a link or a domain lists nothing."""
    grants = (each for each, at in file.grants() if at is not None or not file.drive.is_shared)
    return any(each.type in {"user", "group"} and each.reaches(identity, file.drive.fake) for each in grants)


def _ordered(hits: Sequence[File], order: str) -> list[File]:
    """Without orderBy no order is promised: then there is none."""
    if not order:
        return sorted(hits, key=lambda each: random.Random(each.id).random())
    found = list(hits)
    for key in reversed(order.split(",")):
        name, _, direction = key.strip().partition(" ")
        if name not in _ORDERS or direction not in {"", "desc"}:
            broken("Invalid Value", reason="invalid", location="orderBy")
        attribute = name.removesuffix("Time")
        found.sort(key=lambda each, of=attribute: getattr(each, of), reverse=direction == "desc")  # type: ignore[misc]
    return found
