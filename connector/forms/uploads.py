"""Where Microsoft Forms keeps uploaded files: the form owner's OneDrive, or the group's site (ms365.md 1.1)."""

from __future__ import annotations

from dataclasses import dataclass

from connector.errors import VendorRefused
from connector.outbound.graph import Graph, path_of
from connector.outbound.sharepoint import Library

# Held in memory while it is sealed and filed, so not without a bound; a longer film stays where it is.
MOST_BYTES = 100 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class OneDriveShelf:
    """Fetches a file by the drive and item that the answer names."""

    graph: Graph
    not_from: tuple[Library, ...] = ()

    def fetch(self, drive: str, item: str) -> bytes:
        """The file. Raises VendorRefused where it may not be had, DeliveryError (permanent) over 100 MiB.

        What an answer names is only text: never is a file fetched from where records and responses lie.
        """
        if any(drive == library.drive for library in self.not_from):
            raise VendorRefused(403, "", permanent=True)
        return self.graph.content(path_of("drives", drive, "items", item, "content"), MOST_BYTES)
