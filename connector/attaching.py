"""Attaching: the files of a response are copied from the form's own storage to stand beside the record.

What cannot be copied is named in a list beside the record, with the reason and where it lies. The words
of the concern never wait for a photograph.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from connector.errors import AnotherFile, DeliveryError, VendorRefused
from connector.filing import not_for, opened
from connector.ledger.reading import Held
from connector.model.duty import Duty
from connector.model.notice import Record
from connector.sealing import Sealer
from connector.site import FileShelf, Site

# Microsoft Forms takes ten files a question.
_MOST_FILES = 50
_EXTENSION = re.compile(r"\.(jpe?g|png|gif|heic|webp|pdf|docx?|xlsx?|txt|mp3|m4a|wav|mp4|mov)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Copied:
    """How many of the response's files stand beside the record now."""

    done: int
    all: int


def attach(site: Site, held: Held, duty: Duty, sealer: Sealer) -> Copied:
    """Copy every file that may be copied, then write the list. Raises DeliveryError for what is worth another try."""
    document = opened(held, sealer)
    aside = not_for(held, sealer)
    lines, done = [], 0
    for number, file in enumerate(document["attachments"][:_MOST_FILES], 1):
        name = f"file{number}{_extension(str(file['name']))}"
        refused = _copy(site, held, duty, file, name, aside)
        lines.append(_line(held, file, name, refused))
        done += not refused
    if more := len(document["attachments"]) - _MOST_FILES:
        lines += [f"{more} more: NOT copied, they stay in the form's own storage."] if more > 0 else []
    _file(site, held, duty, ("files.txt", "\n".join([*lines, ""]).encode("utf-8", "backslashreplace")), aside)
    return Copied(done, len(document["attachments"]))


def _copy(site: Site, held: Held, duty: Duty, file: Mapping[str, Any], name: str, aside: frozenset[str]) -> str:
    """Nothing where the file was copied, or why it never will be."""
    shelf = site.shelves.get(held.form)
    if shelf is None or not file["file_id"]:
        return "the service is not set up to fetch it"
    try:
        content = _fetched(shelf, file)
    except VendorRefused as refused:
        return f"refused ({refused.status}): the service has no right to it, or it is gone"
    except DeliveryError as error:
        if not error.permanent:
            raise
        return "it is too large to copy"
    _file(site, held, duty, (name, content), aside)
    return ""


def _fetched(shelf: FileShelf, file: Mapping[str, Any]) -> bytes:
    """The bytes. A refusal that trying again may cure is raised as such."""
    try:
        return shelf.fetch(file["drive_id"], file["file_id"])
    except VendorRefused as refused:
        if refused.status in {400, 401, 403, 404, 410}:
            raise
        raise DeliveryError("A file could not be fetched yet.", retry_after=refused.retry_after) from None


def _file(site: Site, held: Held, duty: Duty, part: tuple[str, bytes], aside: frozenset[str]) -> None:
    record = Record(
        reference=held.reference, version=held.version, received_at=held.received_at, parts=(part,), not_for=aside
    )
    try:
        site.stores[duty.channel].file(record)
    except AnotherFile:
        # The list of an earlier try said it otherwise; the files themselves are compared byte for byte.
        if part[0] != "files.txt":
            raise


def _line(held: Held, file: Mapping[str, Any], name: str, refused: str) -> str:
    said = f"“{file['name']}”"
    if not refused:
        return f"{said}: copied here as {held.reference}-{held.version}.{name}"
    place = f"drive {file['drive_id']}, item {file['file_id']}" if file["drive_id"] else f"file {file['file_id']}"
    return f"{said}: NOT copied, {refused}. It stays in the form's own storage ({place})."


def _extension(name: str) -> str:
    found = _EXTENSION.search(name)
    return found[0].lower() if found else ""
