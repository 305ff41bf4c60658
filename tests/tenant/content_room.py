"""Content: PUT, upload sessions with ranges, GET by redirection (put-content, createUploadSession, get-content pages)."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from tests.tenant import addresses, bodies, naming, rights
from tests.tenant.answers import Answer, Call, refuse
from tests.tenant.ids import stamp
from tests.tenant.items_room import found_item, shown
from tests.tenant.sites_room import check_match
from tests.tenant.store import Item, Library

if TYPE_CHECKING:
    from tests.tenant.world import Tenant

PUT_LIMIT = 250 * 1000 * 1000
_STEP = 320 * 1024
_FRAGMENT_LIMIT = 60 * 1024 * 1024
_SESSION_LIFE = timedelta(days=1)
_RANGE = re.compile(r"^bytes (\d+)-(\d+)/(\d+)$")


@dataclass(slots=True)
class Session:
    """One upload under way."""

    library: Library
    parent: Item
    name: str
    behaviour: str
    expires: datetime
    total: int = 0
    content: bytearray = field(default_factory=bytearray)


class Downloads:
    """The pre-authenticated addresses given out."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._known: dict[str, tuple[Library, Item, datetime]] = {}

    def address(self, library: Library, item: Item, until: datetime) -> str:
        """A fresh address."""
        token = secrets.token_urlsafe(24)
        self._known[token] = (library, item, until)
        return f"{self._url}/_download/{token}"

    def find(self, token: str, now: datetime) -> Item | None:
        """The item an address still gives."""
        _, item, until = self._known.get(token, (None, None, now))
        return item if item is not None and until > now and not item.gone else None


def _target(fake: Tenant, call: Call) -> tuple[Library, Item, str]:
    """The folder and the name to write to. Missing folders are made by a PUT by path: public clients rely on it
    (bash-onedrive-upload issue 39), the reference is silent; `fake.put_makes_folders` False answers 404 instead."""
    rights.need_library(fake, call, addresses.library(fake, call), "write")
    if not call.parts.get("path"):
        library, item = addresses.item(fake, call)
        if item.content is None:
            refuse(400, "invalidRequest", "A folder has no content; the name is missing.")
        return library, library.items[item.parent], item.name
    library, start, folders, name = addresses.place(fake, call)
    naming.check_path(library, start, folders, name)
    parent = start
    for each in filter(None, folders.split("/")):
        found = library.child(parent.id, each)
        if found is None and not fake.put_makes_folders:
            refuse(404, "itemNotFound", "The resource could not be found.")
        parent = found or library.add(parent, each, None, fake.app_identity())
    if parent.content is not None:
        refuse(409, "conflict", "The parent is not a folder.")
    return library, parent, name


def put_content(fake: Tenant, call: Call) -> Answer:
    """PUT content: 201 made, 200 replaced; conflictBehavior in the address only, `replace` where unsaid (S49)."""
    library, parent, name = _target(fake, call)
    behaviour = naming.behaviour(call.query.get("@microsoft.graph.conflictBehavior", ""), "replace")
    if len(call.body) > PUT_LIMIT:
        refuse(413, "maxFileSizeExceeded", "The request size exceeds the maximum limit.")
    if not call.parts.get("path"):
        behaviour = "replace"
    taken = library.child(parent.id, name)
    if taken:
        check_match(call, taken)
    item, status = write(fake, library, parent, name, call.body, behaviour)
    return shown(fake, call, library, item, status)


def write(fake: Tenant, library: Library, parent: Item, name: str, content: bytes, behaviour: str) -> tuple[Item, int]:
    """Writes a file as the behaviour says: 409 for `fail` where the name is taken."""
    taken = library.child(parent.id, name)
    if taken and (behaviour == "fail" or taken.content is None):
        naming.name_taken()
    if taken and behaviour == "replace":
        return library.rewrite(taken, content), 200
    name = naming.free_name(library, parent, name)
    return library.add(parent, name, content, fake.app_identity()), 201


def get_content(fake: Tenant, call: Call) -> Answer:
    """GET content: 302 to a pre-authenticated address; a Range belongs to that one, not here."""
    library, item = found_item(fake, call, "read")
    if item.content is None:
        refuse(400, "invalidRequest", "Only files can be downloaded.")
    return Answer(302, headers={"Location": bodies.download_url(fake, library, item)})


def download(fake: Tenant, call: Call) -> Answer:
    """The content itself. An Authorization header is refused: the address is the authentication."""
    if call.header("Authorization"):
        refuse(401, "unauthenticated", "This address is pre-authenticated.", contract_broken=True)
    item = fake.downloads.find(call.parts["token"], fake.now())
    if item is None or item.content is None:
        refuse(404, "itemNotFound", "The download address has expired.")
    wanted = re.match(r"^bytes=(\d+)-(\d*)$", call.header("Range"))
    if not wanted:
        return Answer(200, item.content)
    first, last = int(wanted[1]), min(int(wanted[2] or len(item.content)), len(item.content) - 1)
    if first > last:
        refuse(416, "invalidRange", "The range is not satisfiable.")
    headers = {"Content-Range": f"bytes {first}-{last}/{len(item.content)}"}
    return Answer(206, item.content[first : last + 1], headers=headers)


def create_session(fake: Tenant, call: Call) -> Answer:
    """POST createUploadSession: `fail` where unsaid; a name in the body must be that of the address."""
    library, parent, name = _target(fake, call)
    body = call.checked("action:createUploadSession") if call.body else {}
    wish = body.get("item") or {}
    if wish.get("name", name) != name:
        refuse(400, "invalidRequest", "The name in the body is not that of the address.", contract_broken=True)
    usual = "fail" if call.parts.get("path") else "replace"
    behaviour = naming.behaviour(wish.get("@microsoft.graph.conflictBehavior", ""), usual)
    taken = library.child(parent.id, name)
    if taken:
        check_match(call, taken)
    if taken and behaviour == "fail":
        naming.name_taken()
    token, expires = secrets.token_urlsafe(24), fake.now() + _SESSION_LIFE
    fake.sessions[token] = Session(library, parent, name, behaviour, expires)
    given = {
        "@odata.context": bodies.context(fake, "microsoft.graph.uploadSession"),
        "expirationDateTime": stamp(expires),
        "nextExpectedRanges": ["0-"],
        "uploadUrl": f"{fake.url}/_upload/{token}",
    }
    return Answer(200, given, "uploadSession")


def upload(fake: Tenant, call: Call) -> Answer:
    """PUT a range, GET the state, DELETE the session; never with an Authorization header (createUploadSession, remarks)."""
    if call.header("Authorization"):
        refuse(401, "unauthenticated", "This address is pre-authenticated.", contract_broken=True)
    session = fake.sessions.get(call.parts["token"])
    if session is None or session.expires <= fake.now():
        refuse(404, "itemNotFound", "The upload session was not found or has expired.")
    if call.method == "DELETE":
        del fake.sessions[call.parts["token"]]
        return Answer(204)
    if call.method == "GET":
        return _state(session, 200)
    _take(session, call)
    if len(session.content) < session.total:
        return _state(session, 202)
    if session.parent.gone:
        refuse(404, "itemNotFound", "The folder of the upload was deleted meanwhile.")
    content = bytes(session.content)
    item, status = write(fake, session.library, session.parent, session.name, content, session.behaviour)
    fake.sessions.pop(call.parts["token"], None)
    return shown(fake, call, session.library, item, status)


def _state(session: Session, status: int) -> Answer:
    given = {"expirationDateTime": stamp(session.expires), "nextExpectedRanges": [f"{len(session.content)}-"]}
    return Answer(status, given, "uploadSession")


def _take(session: Session, call: Call) -> None:
    """Takes one range: in order, below 60 MiB, a multiple of 327,680 bytes but for the last, one total throughout."""
    found = _RANGE.match(call.header("Content-Range"))
    if not found:
        refuse(400, "invalidRequest", "Content-Range is missing or malformed.", contract_broken=True)
    first, last, total = (int(each) for each in found.groups())
    if last - first + 1 != len(call.body) or last >= total or (session.total and session.total != total):
        refuse(400, "invalidRequest", "Declared sizes of the fragment do not match.", contract_broken=True)
    if len(call.body) >= _FRAGMENT_LIMIT:
        refuse(413, "maxFragmentLengthExceeded", "Maximum fragment length exceeded.", contract_broken=True)
    if first != len(session.content):
        refuse(416, "invalidRange", "Uploaded fragment overlaps with existing data or is out of order.")
    if last + 1 < total and len(call.body) % _STEP:
        refuse(400, "invalidRequest", "The fragment is not a multiple of 327,680 bytes.", contract_broken=True)
    session.total = total
    session.content += call.body
