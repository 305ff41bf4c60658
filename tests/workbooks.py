"""Responses workbooks as Microsoft Forms lays them out, written by xlsxwriter: a writer independent of our reader."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from typing import Any

import xlsxwriter

OWN = ("ID", "Start time", "Completion time", "Email", "Name")
STAMP = "m/d/yy h:mm:ss"
COMPLETED = datetime(2026, 11, 17, 10, 52, 14)  # noqa: DTZ001 - Excel knows no zones


def make_workbook(
    questions: Sequence[str], rows: Sequence[Mapping[str, Any]], *, own: Sequence[str] = OWN, table: bool = True
) -> bytes:
    """A workbook with one row a response: its cells by question title, or by `ID`, `Completion time`, `Email` and so on.

    A list is a question with several choices (`A;B;`), a date a date question, a number a number; None and what is
    not given stay blank. Titles that repeat are given as a list of cells under that title in a row's `_repeats`.
    """
    data = io.BytesIO()
    book = xlsxwriter.Workbook(data, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    sheet = book.add_worksheet("Sheet1")
    formats = {kind: book.add_format({"num_format": style}) for kind, style in _STYLES.items()}
    header = [*own, *questions]
    for column, title in enumerate(header):
        sheet.write_string(0, column, title)
    for number, row in enumerate(rows, 1):
        for column, cell in enumerate(_cells(questions, row, number, own)):
            _write(sheet, number, column, cell, formats)
    if table and rows and len(set(map(str.casefold, header))) == len(header) and all(header):
        columns = [{"header": title} for title in header]
        sheet.add_table(0, 0, len(rows), len(header) - 1, {"name": "Table1", "columns": columns})
    book.close()
    return data.getvalue()


_STYLES = {datetime: STAMP, date: "yyyy-mm-dd", time: "h:mm"}


def _cells(questions: Sequence[str], row: Mapping[str, Any], number: int, own: Sequence[str]) -> list[Any]:
    given = {"ID": number, "Start time": COMPLETED, "Completion time": COMPLETED, "Email": "anonymous"} | dict(row)
    repeats = {title: iter(cells) for title, cells in row.get("_repeats", {}).items()}
    names = [*OWN, *own[len(OWN) :]][: len(own)]  # headers in another language stand over the same cells
    return [given.get(name) for name in names] + [
        next(repeats[title], None) if title in repeats else row.get(title) for title in questions
    ]


def _write(sheet: Any, row: int, column: int, cell: Any, formats: Mapping[type, Any]) -> None:
    if isinstance(cell, list):
        cell = "".join(f"{choice};" for choice in cell)
    if isinstance(cell, str) and cell:
        sheet.write_string(row, column, cell)
    elif isinstance(cell, bool):
        sheet.write_boolean(row, column, cell)
    elif isinstance(cell, (int, float)):
        sheet.write_number(row, column, cell)
    elif cell:
        sheet.write_datetime(row, column, cell, formats[type(cell)])
