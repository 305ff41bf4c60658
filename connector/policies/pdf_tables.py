"""The cells of the tables on a page, from the lines drawn around them: an empty cell is one too."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

from connector.policies.pdf_page import Glyph, Rule, Sheet

# Two lines nearer than this are one. This share of a side must be drawn.
_NEAR, _DRAWN = 2.5, 0.8
# A page with more lines than these, or more places between them, is a drawing, no table.
_MOST_PLACES, _MOST_RULES = 20_000, 3_000
# A cell of this share of the page is a frame around all of it.
_FRAME = 0.7

_Place = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell, a merged one being one."""

    x0: float
    y0: float
    x1: float
    y1: float

    def holds(self, glyph: Glyph) -> bool:
        """True where the letter's middle lies in the cell."""
        return self.x0 <= (glyph.x0 + glyph.x1) / 2 <= self.x1 and self.y0 <= glyph.base + glyph.size / 4 <= self.y1


def rows_of_cells(sheet: Sheet) -> list[tuple[Cell, ...]]:
    """The rows of the page's tables from the top, the cells of each from the left."""
    upright = [rule for rule in sheet.rules if rule.is_upright]
    level = [rule for rule in sheet.rules if not rule.is_upright]
    xs, ys = _edges([rule.x0 for rule in upright]), _edges([rule.y0 for rule in level])
    if len(xs) < 2 or len(ys) < 2 or len(xs) * len(ys) > _MOST_PLACES or len(sheet.rules) > _MOST_RULES:
        return []
    cells = [
        cell for cell in _Grid(xs, ys, upright, level).cells() if _area(cell) < _FRAME * sheet.width * sheet.height
    ]
    cells.sort(key=lambda cell: (-cell.y1, cell.x0))
    return [tuple(row) for _, row in groupby(cells, lambda cell: cell.y1)]


def _edges(values: Sequence[float]) -> list[float]:
    """The places that lines stand at, those next to each other being one."""
    edges: list[float] = []
    for value in sorted(values):
        if not edges or value - edges[-1] > _NEAR:
            edges.append(value)
    return edges


def _area(cell: Cell) -> float:
    return (cell.x1 - cell.x0) * (cell.y1 - cell.y0)


class _Grid:
    """All places between the edges of a page. Those with no line between them are one cell."""

    def __init__(self, xs: list[float], ys: list[float], upright: Sequence[Rule], level: Sequence[Rule]) -> None:
        self._xs, self._ys = xs, ys
        self._upright = [_drawn([(r.y0, r.y1) for r in upright if _is_at(r.x0, x)], ys) for x in xs]
        self._level = [_drawn([(r.x0, r.x1) for r in level if _is_at(r.y0, y)], xs) for y in ys]

    def cells(self) -> list[Cell]:
        """Every rectangle with a line all around it."""
        left = {(column, line) for column in range(len(self._xs) - 1) for line in range(len(self._ys) - 1)}
        found = []
        while left:
            region = self._region(left.pop(), left)
            if region and (cell := self._as_rectangle(region)):
                found.append(cell)
        return found

    def _region(self, start: _Place, left: set[_Place]) -> set[_Place]:
        """The places that hang together with this one, taken out of `left`; none where the region is open outside."""
        region, waiting, is_open = {start}, [start], False
        while waiting:
            for place in self._open_neighbours(waiting.pop()):
                is_open = is_open or not self._is_inside(place)
                if place in left:
                    left.remove(place)
                    region.add(place)
                    waiting.append(place)
        return set() if is_open else region

    def _open_neighbours(self, place: _Place) -> list[_Place]:
        column, line = place
        sides = (
            ((column - 1, line), self._upright[column][line]),
            ((column + 1, line), self._upright[column + 1][line]),
            ((column, line - 1), self._level[line][column]),
            ((column, line + 1), self._level[line + 1][column]),
        )
        return [neighbour for neighbour, is_drawn in sides if not is_drawn]

    def _is_inside(self, place: _Place) -> bool:
        return 0 <= place[0] < len(self._xs) - 1 and 0 <= place[1] < len(self._ys) - 1

    def _as_rectangle(self, region: set[_Place]) -> Cell | None:
        columns, lines = {column for column, _ in region}, {line for _, line in region}
        if len(region) != len(columns) * len(lines):
            return None
        return Cell(self._xs[min(columns)], self._ys[min(lines)], self._xs[max(columns) + 1], self._ys[max(lines) + 1])


def _is_at(value: float, edge: float) -> bool:
    return 0 <= value - edge <= _NEAR


def _drawn(spans: Sequence[tuple[float, float]], edges: Sequence[float]) -> list[bool]:
    """For each stretch between two edges, whether these spans draw it."""
    return [
        sum(max(0, min(high, end) - max(low, start)) for start, end in spans) >= _DRAWN * (high - low)
        for low, high in pairwise(edges)
    ]
