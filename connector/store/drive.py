"""A Google shared drive whose members are the safeguarding team: `<reference>-<version>.<part>`.

Each file's id is made first and written down; the upload under it can be repeated without harm, since a second one
is refused (409). Never overwrites, never a native Google document, no name but the reference anywhere.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

from connector.errors import AnotherFile, DeliveryError, VendorRefused
from connector.model.notice import Filed, Record
from connector.model.standing import Verdict
from connector.outbound.drive import Drive, Place, Trashed, Upload, is_ours
from connector.outbound.drive_rights import Item, Welcome, judge_drive, judge_file, judge_records
from connector.outbound.google_sign_in import Identity
from connector.outbound.rights import Right, worst
from connector.store.age import encrypt, keys_without

log = logging.getLogger(__name__)

_TEST_FILE = "connector-check.txt"
_TEST_WORDS = b"Written by connector check. Safe to delete. "


class Promises(Protocol):
    """Remembers under which id a file was promised to stand, through a crash."""

    def promised(self, name: str) -> str:
        """The id, or nothing."""

    def keep(self, name: str, id_: str) -> None:
        """Write it down; it is durable when this returns."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DriveStore:
    """`readers` are slugs of people with their addresses and age keys (or none); `allowed` other addresses."""

    drive: Drive
    drive_id: str
    folder: str
    readers: tuple[tuple[str, str, str], ...]
    allowed: tuple[str, ...]
    read_only: bool
    promises: Promises
    seals: ClassVar[bool] = False

    @property
    def _place(self) -> Place:
        return Place(self.drive_id, self.folder or self.drive_id)

    def file(self, record: Record) -> Filed:
        """File every part, the original first; a part that stands there already with the same bytes is filed.

        A reader who must not read this record cannot be kept from a shared drive, so the parts are then sealed to
        the other readers' keys. Raises DeliveryError (permanent where nobody else has a key), AnotherFile,
        VendorRefused.
        """
        keys = keys_without(self.readers, record.not_for, "shared drive")
        self._require_folder()
        parts = sorted(record.parts, key=lambda part: part[0] != "json")
        uploads = [self._file_part(record, part, content, keys) for part, content in parts]
        # Only when all of it stands there: a seal that cannot be put on now is tried again, and keeps nothing out.
        for upload in uploads:
            self._seal(upload, record)
        return Filed(place=f"{record.reference}-{record.version}", repeat=all(upload.repeat for upload in uploads))

    def _require_folder(self) -> None:
        """Returns where the folder lies in this drive and not in the bin: what is put there would not be kept."""
        if not self.folder:
            return
        about = self.drive.about(self.folder, "id,driveId,trashed")
        if about.get("driveId") != self.drive_id or about.get("trashed"):
            raise DeliveryError("The folder for records lies in the bin, or in another drive: look at `folder`.")

    def _file_part(self, record: Record, part: str, content: bytes, keys: list[str]) -> Upload:
        name = f"{record.reference}-{record.version}.{part}"
        if keys:
            name, content = f"{name}.age", encrypt(content, keys)
        try:
            return self._upload(name, content)
        except AnotherFile:
            # What is sealed differs each time; and the page may have been typeset by a newer version of us. The id
            # and our mark on it tell that it is the same.
            known = self._standing(name)
            if not known or not (keys or part in {"pdf", "txt"}):
                raise
            return Upload(known, repeat=True)

    def _upload(self, name: str, content: bytes) -> Upload:
        """Under the id that was promised; where there is none, or a person put that file into the bin, a new one."""
        id_ = self.promises.promised(name) or self.drive.find(self.drive_id, name)
        if id_:
            try:
                return self.drive.create(id_, name, self._place, content)
            except Trashed:
                log.warning("a record was put into the bin; it is filed again")
            except VendorRefused as refused:
                # An id is good only for the identity that asked for it: the service signs in as another now.
                if refused.status != 400:
                    raise
                if known := self._standing(name):
                    return Upload(known, repeat=True)
        id_ = self.drive.new_id()
        self.promises.keep(name, id_)
        return self.drive.create(id_, name, self._place, content)

    def _standing(self, name: str) -> str:
        """The id of the promised file where it is ours by its mark, whatever its bytes; else nothing."""
        id_ = self.promises.promised(name) or self.drive.find(self.drive_id, name)
        try:
            found = self.drive.about(id_) if id_ else {}
        except VendorRefused as refused:
            if refused.status not in {400, 404}:
                raise
            return ""
        is_here = found.get("driveId") == self.drive_id and not found.get("trashed")
        is_whole = is_here and is_ours(found, name) and bool(int(found.get("size") or 0))
        return str(found["id"]) if is_whole else ""

    def _seal(self, upload: Upload, record: Record) -> None:
        """Against slips. Raises VendorRefused where it may be put on later; what Google refuses for good is let be."""
        if not self.read_only:
            return
        try:
            self.drive.seal(upload.id)
        except VendorRefused as refused:
            if refused.status not in {400, 403, 404}:
                raise
            log.warning("filed, but it could not be made read-only", extra={"reference": record.reference})

    def check(self) -> None:
        """Prove that a test file can be written, read back, and not written twice. Raises DeliveryError.

        Always the same file, since a Contributor may not put one into the bin (google.md 2.5).
        """
        words = _TEST_WORDS + secrets.token_hex(4).encode()
        id_ = self._test_file(words)
        if self.drive.content(id_, 1024) != words:
            raise DeliveryError("The test file did not come back as it was written.")
        if not self.drive.create(id_, _TEST_FILE, self._place, words).repeat:
            raise DeliveryError("A second file under the same id was not refused: repeats would not be known.")

    def _test_file(self, words: bytes) -> str:
        id_ = self.drive.find(self.drive_id, _TEST_FILE)
        if id_:
            self.drive.replace(id_, words)
        else:
            id_ = self.drive.new_id()
            self.drive.create(id_, _TEST_FILE, self._place, words)
        return id_

    def restricted(self) -> Verdict:
        """The verdict on the drive, the folder and every record in it. Raises DeliveryError, VendorRefused."""
        return self.rights()[0]

    def rights(self) -> tuple[Verdict, list[Right]]:
        """The same with every right found, named for whoever mends it."""
        addresses = (*self.allowed, *(address for _, address, _ in self.readers), self.drive.address)
        welcome = Welcome.of(addresses)
        is_outsider = self.drive.google.sign_in.identity is Identity.MEMBER
        restrictions = self.drive.shared_drive(self.drive_id).get("restrictions")
        looks = [
            judge_drive(restrictions, self._seen(self.drive_id), welcome, outsider_identity=is_outsider),
            *([judge_file(self._seen(self.folder), welcome, what=Item.FOLDER)] if self.folder else []),
            judge_records(self.drive.records(self.drive_id)),
        ]
        return worst(looks)

    def _seen(self, place: str) -> list[Mapping[str, Any]]:
        """Everybody who can read that place; nobody where this identity may not see it, which is never good."""
        try:
            return self.drive.permissions(place)
        except VendorRefused as refused:
            if refused.status != 403:
                raise
            return []

    def link(self, record: str, not_for: frozenset[str]) -> str:
        """Where a person signs in and opens the record's page; its folder for one that is sealed or not yet there."""
        is_sealed = any(slug in not_for for slug, _, _ in self.readers)
        id_ = "" if is_sealed else self.promises.promised(f"{record}.pdf")
        if id_:
            return f"https://drive.google.com/file/d/{id_}/view"
        return f"https://drive.google.com/drive/folders/{self._place.parent}"


@dataclass(frozen=True, slots=True)
class LedgerPromises:
    """Promises kept by whoever writes them down: `look` and `write` take and give names and ids."""

    look: Callable[[str], str]
    write: Callable[[str, str], None]

    def promised(self, name: str) -> str:
        """The id, or nothing."""
        return self.look(name)

    def keep(self, name: str, id_: str) -> None:
        """Write it down; it is durable when this returns."""
        self.write(name, id_)
