"""What a file is, by its first bytes; its name is asked only where they do not tell."""

from __future__ import annotations

import io
import re
import zipfile
from enum import StrEnum
from pathlib import PurePosixPath

from connector.errors import UnreadablePolicy
from connector.policies.refusals import (
    DamagedFile,
    EmptyFile,
    FileTooLarge,
    NotPlainWord,
    OldOffice,
    OpenDocument,
    OtherFormat,
    Picture,
    Protected,
    Spreadsheet,
    UnpacksTooLarge,
)

_MOST_BYTES = 25_000_000
_MOST_UNPACKED, _MOST_XML, _MOST_PARTS = 100_000_000, 20_000_000, 2_000
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_PICTURES = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"II*\0", b"MM\0*", b"RIFF")
_MARKUP = re.compile(rb"\s*(?:\{\\rtf|<!doctype|<html|<\?xml)", re.IGNORECASE)
_WORD = b"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
_STRICT = b"http://purl.oclc.org/ooxml"
# A file of such a name is no text, whatever its bytes are.
_NAMED = {
    ".docx": DamagedFile,
    ".pdf": DamagedFile,
    ".doc": OldOffice,
    ".odt": OpenDocument,
    ".xlsx": Spreadsheet,
    ".pptx": Spreadsheet,
    ".gdoc": OtherFormat,
    ".pages": OtherFormat,
    ".bmp": Picture,
}


class Kind(StrEnum):
    """The three formats that are read."""

    TEXT = "text"
    WORD = "word"
    PDF = "pdf"


def kind_of(content: bytes, name: str) -> Kind:
    """The format of the file. Raises UnreadablePolicy, of the kind that says what it is and what to do."""
    if len(content) > _MOST_BYTES:
        raise FileTooLarge
    if not content.strip(b"\0\t\n\r "):
        raise EmptyFile
    # Some writers put a few bytes before the mark of a PDF.
    if content.lstrip().startswith(b"%PDF-") or (name.lower().endswith(".pdf") and b"%PDF-" in content[:1024]):
        return Kind.PDF
    if content.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _zipped(content)
    refused = _foreign(content) or _NAMED.get(PurePosixPath(name).suffix.lower())
    if refused:
        raise refused
    return Kind.TEXT


def _foreign(content: bytes) -> type[UnreadablePolicy] | None:
    if content.startswith(_OLE):
        return Protected if "EncryptedPackage".encode("utf-16-le") in content else OldOffice
    if content.startswith(_PICTURES) or content[4:8] == b"ftyp":
        return Picture
    return OtherFormat if _MARKUP.match(content) else None


def _zipped(content: bytes) -> Kind:
    """WORD, once its parts are known to unpack to a policy's size. Sizes are those zipfile itself will hold to."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = archive.infolist()
            _require_small(parts)
            return _package(archive, {part.filename for part in parts})
    except UnreadablePolicy:
        raise
    except Exception:  # noqa: BLE001 - damage shows in many kinds, and their words may hold a part's name
        raise DamagedFile from None


def _require_small(parts: list[zipfile.ZipInfo]) -> None:
    xml = sum(part.file_size for part in parts if _is_xml(part.filename))
    unpacked = sum(part.file_size for part in parts)
    if unpacked > _MOST_UNPACKED or xml > _MOST_XML or len(parts) > _MOST_PARTS:
        raise UnpacksTooLarge
    if any(part.flag_bits & 1 for part in parts):
        raise Protected


def _package(archive: zipfile.ZipFile, names: set[str]) -> Kind:
    if any(name.startswith(("xl/", "ppt/")) for name in names):
        raise Spreadsheet
    if "mimetype" in names and archive.read("mimetype").startswith(b"application/vnd.oasis.opendocument"):
        raise OpenDocument
    if "[Content_Types].xml" not in names:
        raise OtherFormat
    for name in names:
        _require_harmless(archive, name)
    if _WORD not in archive.read("[Content_Types].xml") or _STRICT in archive.read("_rels/.rels"):
        raise NotPlainWord
    return Kind.WORD


def _require_harmless(archive: zipfile.ZipFile, name: str) -> None:
    """No part of a Word document declares a document type, and so none has entities of its own."""
    if _is_xml(name) and b"<!DOCTYPE" in archive.read(name).replace(b"\0", b""):
        raise DamagedFile


def _is_xml(name: str) -> bool:
    return name.lower().endswith((".xml", ".rels"))
