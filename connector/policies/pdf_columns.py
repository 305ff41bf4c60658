"""A page set in two columns: its lines are taken apart and put into the order in which they are read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from connector.policies.pdf_lines import PageLine, Piece, by_height, lines_of
from connector.policies.pdf_page import Glyph, Sheet
from connector.policies.pdf_tables import Cell

# Fewer lines, or shorter ones, are no columns but a table: there the left side is not filled to its edge, which is
# where a line ends so near to it, in parts of a letter's size.
_LINES, _LETTERS, _FILLED, _NEAR = 8, 25, 0.5, 6
# The room between columns lies in this part of the page's width, and is looked for in steps of so many points.
_FIRST, _LAST, _STEP = 0.35, 0.65, 4
# No page of paper is wider.
_WIDEST = 3_000


def in_columns(sheet: Sheet) -> list[PageLine] | None:
    """The lines of a page without tables, those of its left column before those of its right; None where it has none.

    The right column's lines stand as if they were below the left one's.
    """
    if sheet.width > _WIDEST:
        return None
    lines = list(by_height(sheet.glyphs))
    gutter, start, end = max(_gutters(lines, sheet.width), key=lambda one: one[2] - one[1], default=(0, 0, 0))
    if end - start < _LINES:
        return None
    areas = _areas(lines[start:end], gutter * _STEP, sheet)
    found = lines_of(sheet, areas)
    left, right = ([line for line in found if line.cell is area] for area in areas)
    if not (_is_prose(left) and _is_prose(right) and _is_filled(left)):
        return None
    before = [line for line in found if line.cell is None and line.number <= start]
    after = [line for line in found if line.cell is None and line.number > start]
    shift = min(line.x0 for line in left) - min(line.x0 for line in right)
    return [*before, *(_moved(line, 0) for line in left), *(_moved(line, shift) for line in right), *after]


def _gutters(lines: Sequence[Sequence[Glyph]], width: float) -> list[tuple[int, int, int]]:
    """Each place that no letter stands at, with the first line of the longest run it parts, and the line after."""
    free = [_free(line, width) for line in lines]
    found = []
    for step in range(int(_FIRST * width / _STEP), int(_LAST * width / _STEP)):
        start = 0
        for end in range(len(lines) + 1):
            if end == len(lines) or step not in free[end]:
                found.append((step, start, end))
                start = end + 1
    return found


def _free(line: Sequence[Glyph], width: float) -> set[int]:
    """The steps at which no letter of the line stands, nor next to them."""
    free = set(range(int(width / _STEP) + 1))
    for one in line:
        if one.text.strip():
            free.difference_update(range(int(max(one.x0, 0) / _STEP) - 1, int(min(one.x1, width) / _STEP) + 2))
    return free


def _areas(lines: Sequence[Sequence[Glyph]], gutter: float, sheet: Sheet) -> tuple[Cell, Cell]:
    top = lines[0][0].base + lines[0][0].size
    bottom = lines[-1][-1].base - lines[-1][-1].size / 2
    return Cell(0, bottom, gutter, top), Cell(gutter, bottom, sheet.width, top)


def _is_prose(lines: Sequence[PageLine]) -> bool:
    return len(lines) >= _LINES and sum(len(line.text) for line in lines) >= _LETTERS * len(lines)


def _is_filled(lines: Sequence[PageLine]) -> bool:
    full = sum(line.cell is not None and line.cell.x1 - line.x1 < _NEAR * line.size for line in lines)
    return full >= _FILLED * len(lines)


def _moved(line: PageLine, shift: float) -> PageLine:
    pieces, parts = (tuple(_piece_moved(one, shift) for one in some) for some in (line.pieces, line.parts))
    return replace(line, pieces=pieces, parts=parts, cell=None)


def _piece_moved(piece: Piece, shift: float) -> Piece:
    return replace(piece, x0=piece.x0 + shift, x1=piece.x1 + shift)
