"""Uploads: multipart in one request, or resumable in several (google.md 2.2, 4.2)."""

from __future__ import annotations

import re
from dataclasses import replace
from email import message_from_bytes
from email.message import Message
from typing import TYPE_CHECKING

from tests.workspace import contract, files_room, rooms, selecting, update_room
from tests.workspace.answers import Answer, Call, broken, read_json, refuse
from tests.workspace.documents import Method
from tests.workspace.sessions import RESUMABLE, Session

if TYPE_CHECKING:
    from tests.workspace.world import Workspace

_RANGE = re.compile(r"^bytes (?:(\d+)-(\d+)|\*)/(\d+|\*)$")
_STEP = 256 * 1024
_MULTIPART_LIMIT = 5 * 1024 * 1024


def read(call: Call, method: Method) -> Call:
    """The metadata and the content of an upload, held to the document."""
    if method.api != "drive.v3":
        broken(f"The fake takes no upload for {method.id}.", 501)
    kind = call.query.get("uploadType")
    if kind == "multipart":
        return _multipart(call, method)
    if kind == "resumable":
        return replace(_with_data(call, method, call.body or b"{}"), media_type=RESUMABLE)
    if kind != "media":
        broken("Invalid uploadType.", reason="invalidParameter", location="uploadType")
    return replace(call, media=call.body, media_type=call.header("Content-Type"))


def _with_data(call: Call, method: Method, raw: bytes) -> Call:
    plain = call.query.get("uploadType") == "resumable" and call.body
    if plain and "application/json" not in call.header("Content-Type"):
        broken("Invalid content type: application/json is expected.", reason="badContent")
    data = read_json(raw)
    if fault := contract.request_fault(method, data):
        broken(fault, reason="invalid")
    return replace(call, data=data)


def _multipart(call: Call, method: Method) -> Call:
    """multipart/related: first the metadata as JSON, then the content with a type."""
    head = call.header("Content-Type")
    if not head.startswith("multipart/related") or "boundary=" not in head:
        broken("Invalid multipart request: multipart/related with a boundary is expected.", reason="badContent")
    whole = message_from_bytes(b"Content-Type: " + head.encode() + b"\r\nMIME-Version: 1.0\r\n\r\n" + call.body)
    parts = list(whole.walk())[1:]
    if len(parts) != 2 or whole.defects:
        broken("Invalid multipart request with 0 mime parts.", reason="badContent")
    first, second = parts
    if first.get_content_type() != "application/json" or not second["Content-Type"]:
        broken("Invalid multipart request: JSON first, then content with a type.", reason="badContent")
    content = _content(call.body, head)
    if len(content) > _MULTIPART_LIMIT:
        broken("A multipart upload holds at most 5 MB; use a resumable one.", 413, reason="uploadTooLarge")
    if second.get("Content-Transfer-Encoding", "binary").lower() not in {"binary", "8bit", "7bit"}:
        broken("The fake takes content as it is only.", 501)
    found = _with_data(call, method, _decoded(first))
    return replace(found, media=content, media_type=second["Content-Type"])


def _decoded(part: Message) -> bytes:
    found = part.get_payload(decode=True)
    return found if isinstance(found, bytes) else b""


def _content(body: bytes, head: str) -> bytes:
    """The second part, byte for byte: the mail parser would bend line ends."""
    hit = re.search(r'boundary="?([^";]+)"?', head)
    assert hit is not None
    pieces = re.split(rb"(?:^|\r?\n)--" + re.escape(hit[1].encode()) + rb"(?:--)?[ \t]*(?:\r?\n|$)", body)
    parts = [each for each in pieces if each.strip()]
    if len(parts) < 2:
        return b""
    return re.split(rb"\r?\n\r?\n", parts[1], maxsplit=1)[-1]


# -- resumable -------------------------------------------------------------------------------------------------


def session_method(fake: Workspace, call: Call) -> str:
    """The method that a session began with."""
    session = fake.uploads.get(call.query["upload_id"])
    return session.method.id if session else "drive.files.create"


def chunk(fake: Workspace, call: Call) -> Answer:
    """PUT to the session's address: content, or a question how far it has come."""
    session: Session | None = fake.uploads.get(call.query["upload_id"])
    if session is None:
        refuse(404, "The upload session was not found.", reason="notFound")
    if session.answer is not None:
        return Answer(session.answer, plain=True)
    hit = _RANGE.match(call.header("Content-Range") or f"bytes 0-{max(len(call.body) - 1, 0)}/{len(call.body)}")
    if hit is None:
        broken("Failed to parse Content-Range header.", reason="badRequest")
    total = None if hit[3] == "*" else int(hit[3])
    if hit[1] is not None and call.body:
        _append(session, call.body, int(hit[1]), int(hit[2]), total)
    if total is None or len(session.got) < total:
        return _so_far(session)
    if session.total is not None and session.total != total:
        broken("The content is not as long as X-Upload-Content-Length said.", reason="badRequest")
    return _finish(fake, session)


def _append(session: Session, content: bytes, first: int, last: int, total: int | None) -> None:
    """Pieces come in order, each but the last a multiple of 256 kB."""
    if last - first + 1 != len(content) or (total is not None and last >= total):
        broken("Content-Range and the body do not agree.", reason="badRequest")
    ends = total is not None and last + 1 == total
    if not ends and len(content) % _STEP:
        broken("A chunk must be a multiple of 256 kB.", reason="badRequest")
    if first > len(session.got):
        broken("A chunk is missing.", 503)
    del session.got[first:]
    session.got += content


def _so_far(session: Session) -> Answer:
    headers = {"Range": f"bytes=0-{len(session.got) - 1}"} if session.got else {}
    return Answer(b"", 308, headers, "text/plain", plain=True)


def _finish(fake: Workspace, session: Session) -> Answer:
    call = replace(session.call, media=bytes(session.got), media_type=session.kind)
    handler = files_room.create if session.method.id == "drive.files.create" else update_room.update
    body = handler(fake, call, session.method).body
    if fault := contract.answer_fault(session.method, body):
        fake.complain(session.method.id, f"own answer: {fault}")
    text = call.query.get("fields", rooms.DEFAULT_FIELDS[session.method.id])
    session.answer = selecting.select(body, selecting.read(text, session.method.api, session.method.response))
    return Answer(session.answer, plain=True)
