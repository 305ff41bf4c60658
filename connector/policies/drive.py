"""Policies in a Google shared drive, or a folder in it: Word, PDF and text files, and Google's own documents as Word.

Reading is all that is asked for: the scope `drive.readonly`, and to be a member who may view.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from connector.errors import DeliveryError, Gone, VendorRefused
from connector.model.policy_text import FoundDocument
from connector.outbound.drive import Drive
from connector.outbound.google import WrongAnswer, same
from connector.policies.found import MOST_BYTES, ChangedMeanwhile, PolicyTooLarge, is_policy, moment_of

_FOLDER = "application/vnd.google-apps.folder"
_DOCUMENT = "application/vnd.google-apps.document"
_WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_PDF = "application/pdf"
# What is surely of one kind needs no ending in Drive; we read by endings.
_ENDINGS = {_DOCUMENT: ".docx", _WORD: ".docx", _PDF: ".pdf"}
# These are known by their names alone; programs upload anything as octets.
_BY_NAME = ("text/plain", "application/octet-stream")
_KINDS = " or ".join(f"mimeType = '{kind}'" for kind in (_FOLDER, *_ENDINGS, *_BY_NAME))
_SAID = f"trashed = false and ({_KINDS})"
_ABOUT = "id,name,mimeType,driveId,trashed,size,modifiedTime,sha256Checksum,md5Checksum"


class NoSuchFolder(DeliveryError):
    """The folder of policies is not in that shared drive any more: compare `folder` with its address in Drive."""


@dataclass(frozen=True, slots=True)
class DriveSource:
    """A document's id is Drive's own, which stays when it is renamed or moved. Without a `folder`: the whole drive."""

    drive: Drive
    drive_id: str
    folder: str = ""

    def documents(self) -> tuple[FoundDocument, ...]:
        """Every policy there that is not in the bin, in no order.

        Raises NoSuchFolder, WrongAnswer, VendorRefused, DeliveryError.
        """
        entries = self.drive.listed(self.drive_id, _SAID, f"files({_ABOUT},parents)")
        for entry in entries:
            same(self.drive_id, entry.get("driveId"))
        above = {str(entry["id"]): _parent(entry) for entry in entries if entry.get("mimeType") == _FOLDER}
        shelves = self._shelves(above)
        files = (entry for entry in entries if entry["id"] not in above)
        found = (_document(entry) for entry in files if shelves is None or _parent(entry) in shelves)
        return tuple(document for document in found if is_policy(document.name))

    def _shelves(self, above: Mapping[str, str]) -> set[str] | None:
        """The folder with all that are in it, of folders each with the one above; None for the whole drive."""
        if self.folder in ("", self.drive_id):
            return None
        if self.folder not in above:
            raise NoSuchFolder
        found = {self.folder}
        while more := {id_ for id_, parent in above.items() if parent in found} - found:
            found |= more
        return found

    def read(self, found: FoundDocument) -> bytes:
        """Its bytes. Raises Gone, ChangedMeanwhile, PolicyTooLarge, NotExported, WrongAnswer, VendorRefused.

        What it is now is asked first: should it change between that and its bytes, the next look says so.
        """
        entry = self._now(found.id)
        if _version(entry) != found.version:
            raise ChangedMeanwhile
        if entry.get("mimeType") == _DOCUMENT:
            return self.drive.export(found.id, _WORD, MOST_BYTES)
        if int(entry.get("size") or 0) > MOST_BYTES:
            raise PolicyTooLarge
        content = self.drive.content(found.id, MOST_BYTES)
        if (digest := entry.get("sha256Checksum")) and hashlib.sha256(content).hexdigest() != digest:
            raise ChangedMeanwhile
        return content

    def _now(self, id_: str) -> Mapping[str, Any]:
        try:
            entry = self.drive.about(id_, _ABOUT)
        except VendorRefused as refused:
            if refused.status == 404:
                raise Gone from None
            raise
        if entry.get("trashed") or entry.get("driveId") != self.drive_id:
            raise Gone
        return entry


def _parent(entry: Mapping[str, Any]) -> str:
    """In a shared drive nothing lies in two folders."""
    parents = entry.get("parents") or [""]
    return str(parents[0])


def _document(entry: Mapping[str, Any]) -> FoundDocument:
    name, ending = str(entry.get("name", "")), _ENDINGS.get(str(entry.get("mimeType")), "")
    return FoundDocument(
        id=str(entry["id"]),
        name=name if name.casefold().endswith(ending) else f"{name}{ending}",
        version=_version(entry),
        changed_at=moment_of(entry.get("modifiedTime")),
    )


def _version(entry: Mapping[str, Any]) -> str:
    """A checksum, else when it was last changed: Google's own documents have no checksum, nor have some old files.

    Not Drive's `version`, which counts even what nobody sees, nor the head revision, which a reader is not told.
    """
    found = entry.get("sha256Checksum") or entry.get("md5Checksum") or entry.get("modifiedTime")
    if not found:
        raise WrongAnswer
    return str(found)
