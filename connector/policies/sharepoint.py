"""Policies in a SharePoint library, with the folders in it.

The app needs nothing but to read there: `Sites.Selected` with the site's grant `read`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from connector.errors import DeliveryError, Gone
from connector.model.policy_text import FoundDocument
from connector.outbound.sharepoint import Library, id_of
from connector.policies.found import MOST_BYTES, ChangedMeanwhile, PolicyTooLarge, is_policy, moment_of

# Named, so that no answer carries addresses that open a file without a token.
_FIELDS = "id,name,size,cTag,file,folder,parentReference,lastModifiedDateTime"


class AnotherItem(DeliveryError):
    """SharePoint answered with something else than was asked for, so nothing of it was used."""


@dataclass(frozen=True, slots=True)
class SharePointSource:
    """A document's id is that of its item, which stays when it is renamed or moved within the library."""

    library: Library

    def documents(self) -> tuple[FoundDocument, ...]:
        """Every policy in the library, in no order. Raises AnotherItem, VendorRefused, DeliveryError."""
        found: dict[str, FoundDocument] = {}
        waiting = ["root"]
        seen = set(waiting)
        while waiting:
            for item in self._children(waiting.pop()):
                if "folder" in item and id_of(item) not in seen:
                    seen.add(id_of(item))
                    waiting.append(id_of(item))
                elif "file" in item and is_policy(str(item.get("name", ""))):
                    found[id_of(item)] = _document(item)
        return tuple(found.values())

    def _children(self, folder: str) -> Iterator[Mapping[str, Any]]:
        for item in self.library.graph.values(self.library.at("items", folder, "children"), select=_FIELDS):
            self._require_ours(item)
            yield item

    def _require_ours(self, item: Mapping[str, Any]) -> None:
        parent = item.get("parentReference")
        drive = parent.get("driveId") if isinstance(parent, Mapping) else None
        if str(drive).casefold() != self.library.drive.casefold():
            raise AnotherItem

    def read(self, found: FoundDocument) -> bytes:
        """Its bytes. Raises Gone, ChangedMeanwhile, PolicyTooLarge, AnotherItem, VendorRefused, DeliveryError.

        What it is now is asked first: should it change between that and its bytes, the next look says so.
        """
        item = self.library.item_by_id(found.id)
        if item is None or "file" not in item:
            raise Gone
        if id_of(item) != found.id:
            raise AnotherItem
        self._require_ours(item)
        if _version(item) != found.version:
            raise ChangedMeanwhile
        if int(item.get("size") or 0) > MOST_BYTES:
            raise PolicyTooLarge
        return self.library.read(found.id, MOST_BYTES)


def _document(item: Mapping[str, Any]) -> FoundDocument:
    return FoundDocument(
        id=id_of(item),
        name=str(item["name"]),
        version=_version(item),
        changed_at=moment_of(item.get("lastModifiedDateTime")),
    )


def _version(item: Mapping[str, Any]) -> str:
    """Both that speak of the content alone, since each has been seen to stand still.

    A cTag comes back when a former version is restored (microsoft-graph-docs issue 7827); a hash is given only "if
    available". An eTag changes with every column.
    """
    hashes = item["file"].get("hashes") or {}
    said = [str(part) for part in (item.get("cTag"), hashes.get("quickXorHash")) if part]
    if not said:
        raise AnotherItem
    return " ".join(said)
