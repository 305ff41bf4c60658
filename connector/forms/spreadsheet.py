"""An .xlsx as sheets of cells, read by a library that is given nothing it could choke on: sizes are counted first."""

from __future__ import annotations

import io
import re
import zipfile
from typing import Any

from python_calamine import CalamineWorkbook

from connector.errors import ConnectorError

_MOST_BYTES, _MOST_UNPACKED, _MOST_CELLS = 50_000_000, 500_000_000, 5_000_000
_TAG = re.compile(rb"""<(?:\w+:)?(row|c)((?:\s(?:[^>"']++|"[^"]*+"|'[^']*+')*+|/)?)>""")
_PLACE = re.compile(rb"""\sr\s*=\s*["']([A-Za-z]{0,9})([0-9]{1,18})["']""")

Grid = list[list[Any]]


class NotAWorkbook(ConnectorError):
    """This file is not a responses workbook that can be read. In Microsoft Forms open the form's Responses, download
    the workbook again, and give that .xlsx file as it is: no password, no other format, its first row untouched."""


class WorkbookTooLarge(NotAWorkbook):
    """This workbook is larger than 50 MB, or its sheets are far larger than responses need. Download it again from
    the form; if it is still too large, delete rows that were imported before and save it as .xlsx."""


def grids_of(data: bytes) -> list[Grid]:
    """Every sheet's cells from its first used one on, blank cells as "". Raises NotAWorkbook."""
    try:
        with CalamineWorkbook.from_filelike(_repacked(data)) as book:
            sheets = (book.get_sheet_by_name(name) for name in book.sheet_names)
            return [grid for sheet in sheets if (grid := sheet.to_python())]
    except ConnectorError:
        raise
    except BaseException as error:
        # Damage shows in a dozen kinds, and a panic in the library's Rust is no Exception. Their words may hold a
        # cell's, so they go no further.
        if isinstance(error, Exception) or type(error).__name__ == "PanicException":
            raise NotAWorkbook from None
        raise


def _repacked(data: bytes) -> io.BytesIO:
    """The workbook's XML in a new archive: sizes are counted, not believed. Raises WorkbookTooLarge and zipfile's."""
    _require(len(data) <= _MOST_BYTES)
    copy = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(copy, "w") as target:
        parts = {part.filename: part for part in source.infolist()}
        _require(sum(part.file_size for part in parts.values()) <= _MOST_UNPACKED)
        for part in (part for part in parts.values() if part.filename.endswith((".xml", ".rels"))):
            text = source.read(part)  # zipfile gives no more than the size declared
            _require(_cells(text) <= _MOST_CELLS)
            target.writestr(part.filename, text, zipfile.ZIP_DEFLATED, 1)
    copy.seek(0)
    return copy


def _require(small_enough: bool) -> None:
    if not small_enough:
        raise WorkbookTooLarge


def _cells(xml: bytes) -> int:
    """How many cells the sheet spans. The library makes room for all of them: 5 KB may ask for gigabytes."""
    row = column = rows = columns = 0
    for tag in _TAG.finditer(xml):
        place = _PLACE.search(tag[2])
        if tag[1] == b"row":
            row, column = int(place[2]) if place else row + 1, 0
        else:
            row, column = (int(place[2]), _column_number(place[1])) if place else (row, column + 1)
        rows, columns = max(rows, row), max(columns, column)
    return rows * columns


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number
