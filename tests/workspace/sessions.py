"""Resumable uploads on their way (google.md 4.2)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from tests.workspace.answers import Answer, Call
from tests.workspace.documents import Method

if TYPE_CHECKING:
    from tests.workspace.world import Workspace

RESUMABLE = "application/x-resumable-start"


@dataclass(slots=True)
class Session:
    """One resumable upload on its way."""

    call: Call
    method: Method
    kind: str
    total: int | None
    got: bytearray = field(default_factory=bytearray)
    answer: dict[str, Any] | None = None


def start(fake: Workspace, call: Call, method: Method) -> Answer:
    """Opens a session, once everything about the metadata is right."""
    kind = call.header("X-Upload-Content-Type") or "application/octet-stream"
    size = call.header("X-Upload-Content-Length")
    session = fake.fresh("ADPycd", 40)
    fake.uploads[session] = Session(call, method, kind, int(size) if size.isdigit() else None)
    query = urlencode({**call.query, "upload_id": session})
    headers = {"Location": f"{fake.url}{call.path}?{query}", "X-GUploader-UploadID": session}
    return Answer(b"", 200, headers, "text/plain", plain=True)
