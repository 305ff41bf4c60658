"""A SharePoint document library by Graph: its files, columns and permissions.

Everything is addressed by the drive's id, so that a grant on the one library is enough once it is known.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import quote, urlsplit

from connector.errors import AnotherFile, DeliveryError, VendorRefused
from connector.outbound.graph import Asked, Graph, object_of, path_of
from connector.outbound.http import exchange, is_safe

Result = TypeVar("Result")

# Below this one PUT; above it an upload session, in pieces that are multiples of 320 KiB (ms365.md 2.2).
SMALL_BYTES = 10 * 1024 * 1024
PIECE_BYTES = 16 * 320 * 1024
_MOST_BYTES = 256 * 1024 * 1024
_FAIL = {"@microsoft.graph.conflictBehavior": "fail"}


@dataclass(frozen=True, slots=True)
class Upload:
    """What came of an upload: the item's id, and whether it was there before."""

    item: str
    repeat: bool


@dataclass(slots=True)
class Library:
    """A library of a site, found when first asked for."""

    graph: Graph
    site: str
    name: str
    given_drive: str = ""
    _found: dict[str, Any] = field(default_factory=dict, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @property
    def drive(self) -> str:
        """The drive's id. Raises VendorRefused where site or library cannot be reached."""
        with self._lock:
            if not self._found:
                self._found = self._find()
            return id_of(self._found)

    @property
    def web_url(self) -> str:
        """The library's address for people, or nothing where it has not been found yet."""
        return str(self._found.get("webUrl", ""))

    def _find(self) -> dict[str, Any]:
        if self.given_drive:
            return self.graph.get(path_of("drives", self.given_drive))
        parts = urlsplit(self.site)
        site = self.graph.get(f"/sites/{parts.hostname}:/{quote(parts.path.strip('/'))}")
        for drive in self.graph.values(path_of("sites", id_of(site), "drives")):
            if drive.get("name", "").casefold() == self.name.casefold():
                return drive
        raise DeliveryError("The site has no library of that name: compare `library` with its title in SharePoint.")

    def at(self, *parts: str) -> str:
        """The path of something of this drive: `at("items", id, "permissions")`."""
        return path_of("drives", self.drive, *parts)

    def by_name(self, *names: str) -> str:
        """The path of an item by its place in the library: `by_name("taken-in", "x.json")`."""
        return f"{self.at('root')}:{path_of(*names)}"

    def item(self, *names: str) -> dict[str, Any] | None:
        """The item at that place, or None."""
        return absent_as_none(lambda: self.graph.get(self.by_name(*names)))

    def folder(self, name: str) -> str:
        """The id of that folder of the root, made where it is not there."""
        if (found := self.item(name)) is not None:
            return id_of(found)
        body = {"name": name, "folder": {}, "@microsoft.graph.conflictBehavior": "fail"}
        try:
            return id_of(self.graph.send("POST", self.at("root", "children"), body))
        except VendorRefused as refused:
            if refused.status != 409 or (found := self.item(name)) is None:
                raise
            return id_of(found)

    def read(self, item: str, most_bytes: int = _MOST_BYTES) -> bytes:
        """A file's bytes."""
        return self.graph.content(self.at("items", item, "content"), most_bytes)

    def item_by_id(self, item: str) -> dict[str, Any] | None:
        """The item of that id, or None."""
        return absent_as_none(lambda: self.graph.get(self.at("items", item)))

    def move(self, item: str, folder: str, name: str, tag: str = "") -> None:
        """Move the file there under that name; with a tag only as it was then (else VendorRefused 412)."""
        body = json.dumps({"parentReference": {"id": folder}, "name": name}).encode()
        headers = {"Content-Type": "application/json"} | _if_match(tag)
        self.graph.ask("PATCH", self.at("items", item), Asked(body, headers))

    def delete(self, path: str, tag: str = "") -> None:
        """Delete the item at that path; one that is gone already is fine. With a tag only as it was then."""
        absent_as_none(lambda: self.graph.ask("DELETE", path, Asked(headers=_if_match(tag))))

    def file(self, name: str, content: bytes) -> Upload:
        """File under that name in the root; never replaces.

        Where the name is taken by the same bytes it is the same file. Raises AnotherFile where the bytes
        differ, VendorRefused or DeliveryError where it cannot be done.
        """
        try:
            put = self._put if len(content) <= SMALL_BYTES else self._put_in_pieces
            return Upload(put(name, content), repeat=False)
        except VendorRefused as refused:
            if refused.status != 409:
                raise
        there = self.item(name)
        if there is None:
            raise DeliveryError("A file was in the way and is gone again.")
        if there.get("size") != len(content) or _hash(self.read(id_of(there))) != _hash(content):
            raise AnotherFile
        return Upload(id_of(there), repeat=True)

    def _put(self, name: str, content: bytes) -> str:
        return id_of(self.graph.put(f"{self.by_name(name)}:/content", content, **_FAIL))

    def _put_in_pieces(self, name: str, content: bytes) -> str:
        body = {"item": {"@microsoft.graph.conflictBehavior": "fail", "name": name}}
        session = self.graph.send("POST", f"{self.by_name(name)}:/createUploadSession", body)
        return send_pieces(str(session.get("uploadUrl", "")), content)

    def columns(self) -> dict[str, dict[str, Any]]:
        """The library's columns by their internal names."""
        return {str(column.get("name")): column for column in self.graph.values(self.at("list", "columns"))}

    def set_fields(self, item: str, values: Mapping[str, Any]) -> None:
        """Write these columns of the file."""
        self.graph.send("PATCH", self.at("items", item, "listItem", "fields"), dict(values))

    def label(self, item: str, label: str) -> None:
        """Put the retention label on the file (ms365.md 2.5)."""
        self.graph.send("PATCH", self.at("items", item, "retentionLabel"), {"name": label})

    def permissions(self, *item: str) -> list[dict[str, Any]]:
        """The permissions of an item, or of the root where none is named."""
        return self.graph.values(self.at(*(("items", *item) if item else ("root",)), "permissions"))

    def known_permissions(self, *item: str) -> list[dict[str, Any]]:
        """The same; none where the app may not see them, which is judged as not knowing."""
        try:
            return self.permissions(*item)
        except VendorRefused as refused:
            if refused.status in {400, 401, 403}:
                return []
            raise

    def changes(self, link: str) -> Iterator[dict[str, Any]]:
        """The pages of changes since that link; of everything without one. The last one holds the next link."""
        return self.graph.pages(link or self.at("root", "delta"))


def _if_match(tag: str) -> dict[str, str]:
    return {"If-Match": tag} if tag else {}


def id_of(found: Mapping[str, Any]) -> str:
    """The id that Graph names. Raises DeliveryError where it names none."""
    if not found.get("id"):
        raise DeliveryError("Graph answered without an id.")
    return str(found["id"])


def absent_as_none(ask: Callable[[], Result]) -> Result | None:
    """What was asked for, or None where the far side has no such thing."""
    try:
        return ask()
    except VendorRefused as refused:
        if refused.status == 404:
            return None
        raise


def send_pieces(url: str, content: bytes) -> str:
    """Upload in order to a pre-authenticated place, without our token; the new item's id."""
    if not is_safe(url):
        raise DeliveryError("Graph named a place to upload to that is not https.", permanent=True)
    for begin in range(0, len(content), PIECE_BYTES):
        piece = content[begin : begin + PIECE_BYTES]
        headers = {"Content-Range": f"bytes {begin}-{begin + len(piece) - 1}/{len(content)}"}
        answer = exchange("PUT", url, body=piece, headers=headers, timeout_seconds=120)
        if not answer.is_success:
            raise VendorRefused(answer.status, "", permanent=False, retry_after=answer.retry_after)
    return id_of(object_of(answer))


def _hash(content: bytes) -> bytes:
    return hashlib.sha256(content).digest()
