"""A library of a dedicated SharePoint site: `<reference>-<version>.<part>`, columns to sort and filter by.

Never overwrites: the name is the record's, so the same record filed again is found there, byte for byte.
"""

from __future__ import annotations

import logging
import secrets
from dataclasses import dataclass, field
from typing import ClassVar

from connector.errors import AnotherFile, DeliveryError, VendorRefused
from connector.model.notice import Filed, Record
from connector.model.standing import Verdict
from connector.outbound.rights import Right, judge, worst
from connector.outbound.sharepoint import Library
from connector.store.age import encrypt, keys_without

log = logging.getLogger(__name__)

# The columns that the DSL may sort and filter by, by their internal names, and what kind each is.
COLUMNS = {
    "ConcernReference": "text",
    "ConcernReceived": "dateTime",
    "ConcernStatus": "text",
    "ConcernForm": "text",
    "ConcernUrgent": "boolean",
    "ConcernToAsk": "number",
}


@dataclass(frozen=True, slots=True)
class SharePointStore:
    """`readers` are slugs of people with their addresses and age keys (or none); `allowed` the groups that may read."""

    library: Library
    readers: tuple[tuple[str, str, str], ...]
    allowed: tuple[str, ...]
    app: str
    retention_label: str = ""
    seals: ClassVar[bool] = False
    _known: dict[str, frozenset[str]] = field(default_factory=dict, repr=False, compare=False)

    def file(self, record: Record) -> Filed:
        """File every part; a part that lies there already with the same bytes is filed.

        A reader who must not read this record cannot be kept from a library, so the parts are then sealed
        to the other readers' keys. Raises DeliveryError (permanent where nobody else has a key),
        AnotherFile where somebody put a different file there, VendorRefused.
        """
        keys = keys_without(self.readers, record.not_for, "library")
        repeats = []
        for part, content in sorted(record.parts, key=lambda part: part[0] != "json"):
            repeats.append(self._file_part(record, part, content, keys))
        return Filed(place=f"{record.reference}-{record.version}", repeat=all(repeats))

    def _file_part(self, record: Record, part: str, content: bytes, keys: list[str]) -> bool:
        name = f"{record.reference}-{record.version}.{part}"
        if keys:
            # What is sealed differs each time, so only its name can tell that it lies there already.
            name = f"{name}.age"
            if (there := self.library.item(name)) is not None and there.get("size"):
                return True
            content = encrypt(content, keys)
        try:
            upload = self.library.file(name, content)
        except AnotherFile:
            # The original stands first and was compared: the page beside it may have been typeset by a
            # newer version of us, and says the same.
            if part not in {"pdf", "txt"}:
                raise
            return True
        self._describe(upload.item, record)
        return upload.repeat

    def _describe(self, item: str, record: Record) -> None:
        """Columns and label: a help to the DSL, never a reason not to file."""
        try:
            if values := self._values(record):
                self.library.set_fields(item, values)
            if self.retention_label:
                self.library.label(item, self.retention_label)
        except VendorRefused as refused:
            if refused.status not in {400, 403, 404, 422}:
                raise
            log.warning("filed, but its columns could not be written", extra={"reference": record.reference})

    def _values(self, record: Record) -> dict[str, object]:
        facts = record.facts
        if facts is None:
            return {}
        values = {
            "ConcernReference": record.reference,
            "ConcernReceived": record.received_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "ConcernStatus": facts.status,
            "ConcernForm": facts.form,
            "ConcernUrgent": facts.urgent,
            "ConcernToAsk": facts.to_ask,
        }
        known = self.known_columns()
        return {name: value for name, value in values.items() if name in known}

    def known_columns(self) -> frozenset[str]:
        """Those of our columns that the library has; asked until all of them are there."""
        if self._known.get("columns") != frozenset(COLUMNS):
            self._known["columns"] = frozenset(self.library.columns()) & frozenset(COLUMNS)
        return self._known["columns"]

    def check(self) -> None:
        """Prove that a marked test file can be written, found, read back and taken away. Raises DeliveryError."""
        name, content = f"connector-check-{secrets.token_hex(4)}.txt", b"Written by connector check. Safe to delete."
        upload = self.library.file(name, content)
        try:
            if self.library.read(upload.item) != content:
                raise DeliveryError("The test file did not come back as it was written.")
        finally:
            self.library.delete(self.library.at("items", upload.item))

    def restricted(self) -> Verdict:
        """The verdict on the library and on a fresh file in it. Raises DeliveryError, VendorRefused."""
        return self.rights()[0]

    def rights(self) -> tuple[Verdict, list[Right]]:
        """The same with every right found, named for whoever mends it."""
        welcome = (*self.allowed, *(address for _, address, _ in self.readers))
        name = f"connector-check-{secrets.token_hex(4)}.txt"
        upload = self.library.file(name, b"Written to look at its permissions. Safe to delete.")
        try:
            looks = [
                judge(found, welcome, self.app)
                for found in (self.library.known_permissions(upload.item), self.library.known_permissions())
            ]
        finally:
            self._take_away(upload.item)
        return worst(looks)

    def _take_away(self, item: str) -> None:
        """A test file that may not be deleted stays; that is no reason to know nothing."""
        try:
            self.library.delete(self.library.at("items", item))
        except VendorRefused:
            log.warning("a test file could not be taken away")

    def link(self, record: str, not_for: frozenset[str]) -> str:
        """Where a person signs in and opens the record's page; the library itself for one that is sealed."""
        if not self.library.web_url:
            return ""
        is_sealed = any(slug in not_for for slug, _, _ in self.readers)
        return self.library.web_url if is_sealed else f"{self.library.web_url}/{record}.pdf"
