"""Google Drive: files under ids that are known before they are uploaded, and who can read what (google.md 2)."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from connector.errors import AnotherFile, DeliveryError, VendorRefused
from connector.outbound.google import Google, How, same

_QUICK = How()
_UPLOAD = How(timeout_seconds=120)
_ABOUT = "id,name,driveId,parents,trashed,size,sha256Checksum,appProperties,hasAugmentedPermissions"
_PERMISSIONS = (
    "nextPageToken,permissions(id,type,role,emailAddress,domain,allowFileDiscovery,deleted,view,"
    "inheritedPermissionsDisabled,permissionDetails)"
)
_MOST_PAGES = 1000
_MOST_AT_ONCE = 5 * 1024 * 1024
# Our mark on a file, so that it is known as ours whatever it is renamed to.
_MARK = "connectorFile"


@dataclass(frozen=True, slots=True)
class Place:
    """A shared drive, and the folder in it (or itself) where files go."""

    drive: str
    parent: str


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that stands in the drive now. `repeat`: it did before."""

    id: str
    repeat: bool


@dataclass(frozen=True, slots=True)
class Drive:
    """Drive as one identity sees it. `scopes` are the least that this school's settings need."""

    google: Google
    scopes: tuple[str, ...]

    @property
    def address(self) -> str:
        """The address under which the service is a member."""
        return self.google.sign_in.address

    def new_id(self) -> str:
        """An id for a file to come; only this identity can use it. Raises VendorRefused, DeliveryError."""
        found = self._ask(self._files().generateIds(count=1, space="drive", type="files"))
        ids = found.get("ids") or [""]
        if not isinstance(ids[0], str) or not ids[0]:
            raise DeliveryError("Google gave no id for a file.")
        return ids[0]

    def create(self, id_: str, name: str, place: Place, content: bytes) -> Upload:
        """Upload under that id. One that stands there already (409) is ours if our mark and its content say so.

        Raises AnotherFile where it is not, Trashed where a person took it away, VendorRefused, DeliveryError.
        """
        from googleapiclient.http import MediaIoBaseUpload

        body = {"id": id_, "name": name, "parents": [place.parent], "appProperties": {_MARK: name}}
        # In one request up to 5 MB (google.md 2.2); what is larger goes in pieces.
        media = MediaIoBaseUpload(io.BytesIO(content), mimetype=_kind(name), resumable=len(content) > _MOST_AT_ONCE)
        request = self._files().create(
            body=body, media_body=media, supportsAllDrives=True, ignoreDefaultVisibility=True, fields=_ABOUT
        )
        try:
            found = self._ask(request, _UPLOAD)
        except VendorRefused as refused:
            if refused.status != 409:
                raise
            self._require_ours(self._standing(id_), name, place, content)
            return Upload(id_, repeat=True)
        same(id_, found.get("id"))
        self._require_ours(found, name, place, content)
        return Upload(id_, repeat=False)

    def _require_ours(self, found: Mapping[str, Any], name: str, place: Place, content: bytes) -> None:
        """Returns where what stands there is this very file, in its shared drive; a person may have moved it within."""
        if found.get("trashed"):
            raise Trashed
        if found.get("driveId") != place.drive or not is_ours(found, name):
            raise AnotherFile
        there = found.get("sha256Checksum")
        if not there and int(found.get("size") or 0) != len(content):
            raise AnotherFile
        if not there:
            # Google gives it "if available"; else the bytes themselves are compared.
            there = _digest(self.content(str(found["id"]), len(content) + 1024))
        if there != _digest(content):
            raise AnotherFile

    def _standing(self, id_: str) -> dict[str, Any]:
        """What stands under an id that is used. Raises Trashed where it is not to be seen any more."""
        try:
            return self.about(id_)
        except VendorRefused as refused:
            if refused.status == 404:
                raise Trashed from None
            raise

    def about(self, id_: str, fields: str = _ABOUT) -> dict[str, Any]:
        """What Drive says of that file. Raises WrongAnswer, VendorRefused, DeliveryError."""
        found = self._ask(self._files().get(fileId=id_, supportsAllDrives=True, fields=fields))
        same(id_, found.get("id"))
        return found

    def content(self, id_: str, most_bytes: int) -> bytes:
        """The file's bytes. Raises VendorRefused, DeliveryError (permanent where it is longer)."""
        return self._bytes(self._files().get_media(fileId=id_, supportsAllDrives=True), most_bytes)

    def export(self, id_: str, kind: str, most_bytes: int) -> bytes:
        """A Google document as a file of that MIME type. Raises NotExported, VendorRefused, DeliveryError."""
        try:
            return self._bytes(self._files().export_media(fileId=id_, mimeType=kind), most_bytes)
        except VendorRefused as refused:
            if refused.status != 403 or refused.code == "ACCESS_TOKEN_SCOPE_INSUFFICIENT":
                raise
            raise NotExported from None

    def _bytes(self, request: Any, most_bytes: int) -> bytes:
        found = self.google.ask(request, self.scopes, How(timeout_seconds=120, most_bytes=most_bytes))
        return found if isinstance(found, bytes) else b""

    def find(self, drive: str, name: str) -> str:
        """The id of our file of that name in the drive, by our mark on it; nothing where none is listed."""
        said = f"appProperties has {{ key='{_MARK}' and value='{name}' }} and trashed = false"
        found = self.listed(drive, said, "files(id,name)")
        return str(found[0]["id"]) if found else ""

    def records(self, drive: str) -> list[Mapping[str, Any]]:
        """Every file of the drive that is not in the bin: its name, and whether it is shared singly."""
        return self.listed(drive, "trashed = false", "files(id,name,hasAugmentedPermissions)")

    def listed(self, drive: str, said: str, fields: str) -> list[Mapping[str, Any]]:
        """What files.list finds within one shared drive, all pages. Raises VendorRefused, DeliveryError."""
        given: dict[str, Any] = {
            "q": said, "corpora": "drive", "driveId": drive, "includeItemsFromAllDrives": True,
            "supportsAllDrives": True, "pageSize": 1000, "fields": f"nextPageToken,{fields}",
        }  # fmt: skip
        return self._pages(self._files().list, given, "files")

    def permissions(self, id_: str) -> list[Mapping[str, Any]]:
        """Everybody who can read that file, folder or shared drive, a published view included.

        Raises VendorRefused, DeliveryError.
        """
        given = {
            "fileId": id_, "supportsAllDrives": True, "pageSize": 100, "fields": _PERMISSIONS,
            "includePermissionsForView": "published",
        }  # fmt: skip
        return self._pages(self.google.api("drive").permissions().list, given, "permissions")

    def shared_drive(self, drive: str) -> dict[str, Any]:
        """Name and restrictions of a shared drive. Raises WrongAnswer, VendorRefused, DeliveryError."""
        request = self.google.api("drive").drives().get(driveId=drive, fields="id,name,restrictions")
        found = self._ask(request)
        same(drive, found.get("id"))
        return found

    def seal(self, id_: str) -> None:
        """Make its content read-only, with a word why (google.md 2.5): against slips, not against intent."""
        lock = {"contentRestrictions": [{"readOnly": True, "reason": "Filed record"}]}
        self._ask(self._files().update(fileId=id_, body=lock, supportsAllDrives=True, fields="id"))

    def replace(self, id_: str, content: bytes) -> None:
        """Other content for a file of ours that is no record: the test file of `connector check`."""
        from googleapiclient.http import MediaIoBaseUpload

        media = MediaIoBaseUpload(io.BytesIO(content), mimetype="text/plain", resumable=False)
        self._ask(self._files().update(fileId=id_, media_body=media, supportsAllDrives=True, fields="id"), _UPLOAD)

    def _pages(self, method: Any, given: dict[str, Any], what: str) -> list[Mapping[str, Any]]:
        found: list[Mapping[str, Any]] = []
        for _ in range(_MOST_PAGES):
            page = self._ask(method(**given))
            found += [one for one in page.get(what, []) if isinstance(one, Mapping)]
            if not (token := page.get("nextPageToken")):
                return found
            given = {**given, "pageToken": token}
        raise DeliveryError("Drive's pages do not end.")

    def _files(self) -> Any:
        return self.google.api("drive").files()

    def _ask(self, request: Any, how: How = _QUICK) -> dict[str, Any]:
        found = self.google.ask(request, self.scopes, how)
        return found if isinstance(found, dict) else {}


class NotExported(DeliveryError):
    """Google would not give this document as a file: it is over 10 MB, or its shared drive keeps readers from
    downloading. Save it there as a Word file, or allow downloads."""

    def __init__(self) -> None:
        super().__init__(permanent=True)


class Trashed(DeliveryError):
    """The file that stood under this id lies in the bin: it is filed again under another."""


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def is_ours(found: Mapping[str, Any], name: str) -> bool:
    """True for a file that carries our mark of that name."""
    marks = found.get("appProperties")
    return isinstance(marks, Mapping) and marks.get(_MARK) == name


_KINDS = {"pdf": "application/pdf", "json": "application/json", "txt": "text/plain"}


def _kind(name: str) -> str:
    return _KINDS.get(name.rpartition(".")[2], "application/octet-stream")
