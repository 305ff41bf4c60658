"""Plain text: a line is a block, unless its lines are wrapped by hand; then they are joined again."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator, Sequence
from itertools import groupby, pairwise

from connector.model.policy_text import Block
from connector.policies.lines import Assembler, Line, words_of
from connector.policies.marks import cells_of, could_be_heading, is_clause, mark_of, tidy
from connector.policies.refusals import UnknownLetters

# A text that somebody wrapped is this wide, and half of the lines that may go on are full.
_WRAPPED = range(40, 121)
_TAB = 4
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")
# Of an English text in Windows-1252 far fewer letters than these lie above ASCII.
_MOST_FOREIGN = 0.3


def read_text(content: bytes) -> tuple[Block, ...]:
    """The blocks of a text file. Raises UnknownLetters."""
    lines = _decoded(content).replace("\r\n", "\n").replace("\r", "\n").split("\n")
    assembler = Assembler(words_of(lines))
    return tuple(assembler.blocks(_lines(lines, _width(lines))))


def _decoded(content: bytes) -> str:
    """The text, by its mark of order, as UTF-8, or as Windows-1252. Raises UnknownLetters."""
    for encoding in _encodings(content):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if not _CONTROL.search(text) and (encoding != "cp1252" or _share_of_foreign(text) <= _MOST_FOREIGN):
            return text
    raise UnknownLetters


def _encodings(content: bytes) -> tuple[str, ...]:
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return ("utf-16",)
    return ("utf-8-sig",) if content.startswith(codecs.BOM_UTF8) else ("utf-8", "cp1252")


def _share_of_foreign(text: str) -> float:
    return sum(not letter.isascii() for letter in text) / len(text)


def _lines(lines: Sequence[str], width: int) -> Iterator[Line]:
    """The lines that are not blank, each with what its neighbours make of it."""
    rows = _rows(lines)
    numbers = [number for number, line in enumerate(lines) if line.strip()]
    for before, number, after in zip([-2, *numbers], numbers, [*numbers[1:], len(lines) + 1], strict=False):
        line = lines[number]
        near = [lines[one] for one in (before, after) if 0 <= one < len(lines)]
        expanded = line.expandtabs(_TAB)
        yield Line(
            text=line.strip(),
            place=f"line {number + 1}",
            left=len(expanded) - len(expanded.lstrip()),
            full=bool(width) and after == number + 1 and _overflows(line, lines[after], width),
            apart=before != number - 1,
            strong=before != number - 1 and after != number + 1 and _is_heading(line, near),
            cells=rows[number],
        )


def _width(lines: Sequence[str]) -> int:
    """How wide the text was wrapped; 0 where it was not, so that every line stands by itself."""
    width = max(len(line.rstrip()) for line in lines)
    pairs = [
        (line, after) for line, after in pairwise(lines) if _is_prose(line) and _is_prose(after) and not mark_of(after)
    ]
    full = sum(_overflows(line, after, width) for line, after in pairs)
    return width if width in _WRAPPED and 2 * full > len(pairs) else 0


def _is_prose(line: str) -> bool:
    return bool(line.strip()) and "\t" not in line.strip()


def _overflows(line: str, after: str, width: int) -> bool:
    """True where the next line's first word would not have fitted on this one."""
    first = after.split(maxsplit=1)[0] if after.strip() else ""
    return len(line.rstrip()) + 1 + len(first) > width


def _is_heading(line: str, near: Sequence[str]) -> bool:
    """With a number it is one only where its neighbours are no further items of a list."""
    mark = mark_of(line)
    return could_be_heading(tidy(line)) and (not mark or (mark.is_number and not any(map(mark_of, near))))


def _rows(lines: Sequence[str]) -> list[tuple[str, ...]]:
    """The cells of each line. Lines one below the other with as many tabs are a table, where every tab counts."""
    found: list[tuple[str, ...]] = []
    for tabs, group in groupby(lines, lambda line: 0 if mark_of(line) else line.lstrip().count("\t")):
        some = [line.lstrip() for line in group]
        found += _table(some) if tabs and len(some) > 1 else [cells_of(line) if tabs else () for line in some]
    return [() if is_clause(cells) else cells for cells in found]


def _table(lines: Sequence[str]) -> list[tuple[str, ...]]:
    """A column in which nothing stands only aligns, but for the last: that one waits for its entries."""
    rows = [tuple(map(tidy, line.split("\t"))) for line in lines]
    kept = [at for at in range(len(rows[0])) if at == len(rows[0]) - 1 or any(row[at] for row in rows)]
    return [tuple(row[at] for at in kept) for row in rows]
