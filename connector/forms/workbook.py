"""The responses workbook that Microsoft Forms lets its owner download (.xlsx), each row as the body a flow would send.

Facts: shared/reference/ms365.md 1.3. The first columns are Forms' own (ID, start, completion, email, name, in the
language of the owner), the others are questions by title. Clock times in it are the owner's local time.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time
from hashlib import sha256
from typing import Any

from connector.checking.words import plain
from connector.forms.clock_cells import edited_at, moment_in
from connector.forms.spreadsheet import Grid, NotAWorkbook, grids_of
from connector.model.profile import Question

# Forms' own columns, each at its place; those of a quiz and of an edited response follow in any order.
_PLACES = ("id", "start time", "completion time", "email", "name")
_FURTHER = ("last modified time", "total points", "quiz feedback")
_COMPLETION, _EMAIL = 2, 3
_GRADING = ("points - ", "feedback - ")
# A person may have written a line or two above the table.
_HEADER_WITHIN = 20
_UNSEEN = dict.fromkeys(map(ord, "\u200b\u200e\u200f\ufeff"))
_REPEATED = re.compile(r"(.+?) ?\d+")


@dataclass(frozen=True, slots=True)
class Row:
    """One response. `body` is what forms/microsoft.parse takes; `completed_at` is aware UTC, None if unreadable."""

    response_id: str
    body: dict[str, Any]
    completed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Workbook:
    """The questions by title, the key of each in `answers` beside it, and the responses in the workbook's order."""

    titles: tuple[str, ...]
    keys: tuple[str, ...]
    rows: tuple[Row, ...]

    def by_title(self, row: Row) -> dict[str, str]:
        """The row's answers by title, for those titles that stand once."""
        answers, once = row.body["answers"], Counter(self.titles)
        pairs = zip(self.titles, self.keys, strict=True)
        return {title: answers[key] for title, key in pairs if once[title] == 1 and key in answers}


@dataclass(frozen=True, slots=True)
class _Column:
    at: int
    title: str
    key: str
    several: bool


@dataclass(frozen=True, slots=True)
class _Table:
    """The titles of a sheet's columns and its rows with a numeric ID."""

    header: tuple[str, ...]
    rows: Grid

    def column(self, at: int) -> list[Any]:
        """What stands in that column, blank cells left out."""
        return [row[at] for row in self.rows if row[at] != ""]


def title_key(title: str, nth: int = 1) -> str:
    """How a title is looked up: spaces, case and quotes evened out; `nth` for the nth question of the same title."""
    bare = plain(title.translate(_UNSEEN))
    return bare if nth == 1 else f"{bare}\n{nth}"


def ids_of(questions: Iterable[Question]) -> dict[str, str]:
    """The platform's question ids by title_key, as `read` takes them. Questions without an id are left out."""
    seen: Counter[str] = Counter()
    ids = {}
    for question in questions:
        bare = title_key(question.title)
        seen[bare] += 1
        if question.id:
            ids[title_key(bare, seen[bare])] = question.id
    return ids


def read(data: bytes, ids: Mapping[str, str]) -> Workbook:
    """The responses of a downloaded workbook, keyed by `ids` (from ids_of). Raises NotAWorkbook.

    A title that `ids` lacks gets a key made from the title, the same each time, so that its answers are kept.
    """
    table = _responses(grids_of(data), ids)
    columns = _columns(table, ids)
    own = _own(table, [title_key(title) for title in table.header], ids)
    return Workbook(
        titles=tuple(column.title for column in columns),
        keys=tuple(column.key for column in columns),
        rows=tuple(_row(row, columns, own, _modified(table, own)) for row in table.rows),
    )


def _responses(grids: Iterable[Grid], ids: Mapping[str, str]) -> _Table:
    """The table with most of the form's questions, then with most rows: people add sheets of their own."""
    tables = [table for grid in grids if (table := _table(grid, ids))]
    if not tables:
        raise NotAWorkbook
    return max(tables, key=lambda table: (sum(title_key(t) in ids for t in table.header), len(table.rows)))


def _table(grid: Grid, ids: Mapping[str, str]) -> _Table | None:
    for at, line in enumerate(grid[:_HEADER_WITHIN]):
        header = tuple(_text(cell) for cell in line)
        rows = [row for row in grid[at + 1 :] if _id(row[0])]
        if header[0].strip() and not _id(line[0]) and _looks_right(header, rows, ids):
            return _Table(header, rows)
    return None


def _looks_right(header: Sequence[str], rows: Grid, ids: Mapping[str, str]) -> bool:
    """English headers, or the form's own questions over numbered rows, or numbered rows with two clock times."""
    names = tuple(map(title_key, header))
    if names[: len(_PLACES)] == _PLACES:
        return True
    known = any(name in ids for name in names[1:])
    clocks = all(names[1:3]) and all(_is_clock(cell) for row in rows[:_HEADER_WITHIN] for cell in row[1:3])
    return bool(rows) and (known or (clocks and len(names) >= len(_PLACES)))


def _is_clock(cell: Any) -> bool:
    return isinstance(cell, datetime)


def _columns(table: _Table, ids: Mapping[str, str]) -> list[_Column]:
    names = tuple(map(title_key, table.header))
    places = [at for at in range(_own(table, names, ids), len(names)) if not _is_grading(names[at], names, ids)]
    places = [at for at in places if names[at] or table.column(at)]
    keys = _keys(names, places, ids)
    return [
        _Column(at, table.header[at], key, _is_several(table.column(at))) for at, key in zip(places, keys, strict=True)
    ]


def _own(table: _Table, names: Sequence[str], ids: Mapping[str, str]) -> int:
    """How many columns are Forms' own. A question may be called `Name` too, so the place counts, not the word.

    In another language they are known by the two clock times after the number; a table without them, made
    by hand, has the number only.
    """
    clocks = [table.column(at) for at in (1, 2) if at < len(names)]
    if tuple(names[:2]) != _PLACES[:2] and not all(cells and all(map(_is_clock, cells)) for cells in clocks):
        return 1
    at = 1
    while at < len(names) and _is_own(at, names[at], tuple(names[:2]) == _PLACES[:2], ids, table.column(at)):
        at += 1
    return at


def _is_own(at: int, name: str, english: bool, ids: Mapping[str, str], cells: Sequence[Any]) -> bool:
    if at < len(_PLACES):
        return name == _PLACES[at] if english else name not in ids
    # In another language the further columns are known by holding nothing but clock times, which no question gives.
    clocks = not english and bool(cells) and all(map(_is_clock, cells))
    return name not in ids and (name in _FURTHER or clocks)


def _is_grading(name: str, names: Sequence[str], ids: Mapping[str, str]) -> bool:
    """`Points - <a question>` and `Feedback - <a question>` of a quiz."""
    return name not in ids and any(name.startswith(word) and name[len(word) :] in names for word in _GRADING)


def _keys(names: Sequence[str], places: Sequence[int], ids: Mapping[str, str]) -> list[str]:
    """The key of each question. Excel tables allow no title twice, so a second `Name` may stand as `Name2`."""
    seen: Counter[str] = Counter()
    keys = []
    for at in places:
        repeat = _REPEATED.fullmatch(names[at])
        stem = repeat[1] if repeat and repeat[1] in names[:at] else names[at]
        known = (bare for bare in (names[at], stem) if title_key(bare, seen[bare] + 1) in ids)
        bare = next(known, names[at])
        seen[bare] += 1
        nth = title_key(bare, seen[bare])
        keys.append(ids.get(nth) or f"r{sha256(nth.encode('utf-8', 'replace')).hexdigest()[:32]}")
    return keys


def _is_several(cells: Sequence[Any]) -> bool:
    """True for a question with several choices: every cell is `A;B;`. Prose rarely ends so, links are files."""
    texts = [cell for cell in cells if isinstance(cell, str) and cell.endswith(";") and "://" not in cell]
    return bool(texts) and len(texts) == len(cells) and 2 * sum(map(_is_neat, texts)) >= len(texts)


def _is_neat(text: str) -> bool:
    return all(part and part == " ".join(part.split()) for part in text[:-1].split(";"))


def _row(row: Sequence[Any], columns: Sequence[_Column], own: int, modified: int) -> Row:
    """One response. Only what Forms itself wrote is believed to be a time or an address: `own` columns of the row."""
    completed = moment_in(row[_COMPLETION]) if own > _COMPLETION else None
    body = {
        "schema": "concern-intake/1",
        "responseId": _id(row[0]),
        "submittedAt": completed.isoformat() if completed else "",
        "responder": _text(row[_EMAIL]) if own > _EMAIL else "",
        "version": edited_at(row[modified], completed) if modified else "",
        "answers": {column.key: _answer(row[column.at], column) for column in columns if row[column.at] != ""},
    }
    return Row(_id(row[0]), body, completed.astimezone(UTC) if completed else None)


def _modified(table: _Table, own: int) -> int:
    """The place of Forms' own `Last modified time`, or 0."""
    return next((at for at in range(own) if title_key(table.header[at]) == _FURTHER[0]), 0)


def _answer(cell: Any, column: _Column) -> str:
    """Several choices as Power Automate gives them: a JSON array in a string."""
    if not column.several:
        return _text(cell)
    return json.dumps([part for part in cell.split(";") if part], ensure_ascii=False, separators=(",", ":"))


def _text(cell: Any) -> str:
    """A cell as the flow gives the answer: typed text untouched, `4`, `2026-11-18`, `10:52`."""
    match cell:
        case str():
            return cell
        case bool():
            return str(cell).upper()
        case float() | int():
            return str(int(cell)) if abs(cell) < 1e21 and cell == int(cell) else repr(cell)
        case datetime():
            return f"{cell.date()} {_text(cell.time())}"
        case time():
            return cell.isoformat("seconds" if cell.second else "minutes")
    return str(cell)  # a date in ISO, a duration


def _id(cell: Any) -> str:
    """The response's number, or nothing where the cell holds none."""
    text = "" if isinstance(cell, bool) else _text(cell).strip()
    return str(int(text)) if re.fullmatch(r"[0-9]{1,18}", text) else ""
