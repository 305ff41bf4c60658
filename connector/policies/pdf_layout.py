"""How a PDF is set: its margins, the size of its letters, what it repeats on every page, and its rows without lines."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from connector.model.policy_text import Block, BlockKind
from connector.policies.marks import is_page_number, tidy
from connector.policies.pdf_lines import PageLine, Piece
from connector.policies.pdf_tables import Cell

# A header stands in this part of a page from the top, a footer in the same from the bottom, on so many pages at least
# and on such a share of them.
_MARGIN, _PAGES, _SHARE = 0.14, 3, 0.34
# So much larger than the others is a heading's letter.
_LARGER = 1.12
# Of lines this long, a few may stick out to the right.
_LONG_LINE, _WITHIN = 40, 0.95
# In parts of a letter's size: a space, how far a centred line's middle may be off, and how much its edges differ.
_SPACE, _OFF_CENTRE, _INDENTED = 0.25, 0.3, 0.5
# Distances of lines that can be usual, and the one taken where none is.
_CLOSEST, _WIDEST, _PITCH = 0.8, 3.0, 1.2
# So many lines, of so many letters each, most of them full, are text in a column of its own.
_NARROW, _LETTERS, _FULL = 4, 25, 0.75
# Lines of a table without drawn lines may lie this far apart; a label is no longer than this.
_ROW_GAP, _LONGEST_LABEL = 2.2, 60


@dataclass(frozen=True, slots=True)
class Page:
    """A page's lines and the rows of its tables."""

    number: int
    width: float
    height: float
    lines: list[PageLine]
    rows: list[tuple[Cell, ...]]


@dataclass(frozen=True, slots=True)
class Margins:
    """What pages repeat at their top and bottom: given once, and left out of the text."""

    headers: tuple[Block, ...]
    footers: tuple[Block, ...]
    lines: frozenset[PageLine]

    def __contains__(self, line: PageLine) -> bool:
        return line in self.lines


@dataclass(frozen=True, slots=True)
class Layout:
    """The edges of the text, the ordinary distance of lines in parts of a letter's size, and that size."""

    left: float
    right: float
    pitch: float
    size: float

    def within(self, cell: Cell, lines: Sequence[PageLine]) -> Layout:
        """The same for the text of a cell, which keeps the same room on both sides."""
        room = min((line.x0 - cell.x0 for line in lines), default=0)
        room = min(max(room, 0), self.size)
        return replace(self, left=cell.x0 + room, right=cell.x1 - room)

    def overflows(self, line: PageLine, after: PageLine, right: float) -> bool:
        """True where the next line's first word would not have fitted on this one, which may go as far as `right`."""
        room = _SPACE * line.size + after.pieces[0].first
        if self.are_centred(line, after):
            return line.x1 - line.x0 + room > self.right - self.left
        return line.x1 + room > right

    def are_centred(self, line: PageLine, after: PageLine) -> bool:
        """True for two lines that begin at different places and have the middle of the page in common."""
        off = [abs(one.x0 + one.x1 - self.left - self.right) / 2 for one in (line, after)]
        return abs(line.x0 - after.x0) > _INDENTED * line.size and max(off) < _OFF_CENTRE * line.size

    def is_strong(self, line: PageLine) -> bool:
        """True for a line that looks like a heading."""
        return line.bold or line.size > _LARGER * self.size


def layout_of(pages: Sequence[Page], margins: Margins) -> dict[int, Layout]:
    """The layout of each page, by its number: pages of one width have it in common."""
    by_width: dict[float, list[PageLine]] = defaultdict(list)
    for page in pages:
        by_width[page.width] += [line for line in page.lines if line.cell is None and line not in margins]
    size = _commonest_size([line for page in pages for line in page.lines])
    pitch = _pitch([line for lines in by_width.values() for line in lines])
    layouts = {
        width: Layout(_left(lines), _right(lines), pitch, size) if lines else Layout(0, width, pitch, size)
        for width, lines in by_width.items()
    }
    return {page.number: layouts[page.width] for page in pages}


def right_edges(lines: Sequence[PageLine], apart: Sequence[bool], layout: Layout) -> list[float]:
    """How far each line may go: as far as all text, or, in a narrow column, as far as those around it do."""
    edges: list[float] = []
    starts = [at for at, is_apart in enumerate(apart) if is_apart or lines[at - 1].is_read_elsewhere(lines[at])]
    for start, end in pairwise([*starts, len(lines)]):
        edges += [_right_of(lines[start:end], layout)] * (end - start)
    return edges


def _right_of(run: Sequence[PageLine], layout: Layout) -> float:
    """Some lines that all but fill the same width are text, however narrow it is; an address has longer and shorter."""
    right = max(line.x1 for line in run)
    full = sum(layout.overflows(line, after, right) for line, after in pairwise(run))
    letters = sum(len(line.text) for line in run)
    is_text = len(run) >= _NARROW and full >= _FULL * (len(run) - 1) and letters >= _LETTERS * len(run)
    return min(right, layout.right) if is_text else layout.right


def _commonest_size(lines: Iterable[PageLine]) -> float:
    sizes: Counter[float] = Counter()
    for line in lines:
        sizes[line.size] += len(line.text)
    return sizes.most_common(1)[0][0] if sizes else 1


def _left(lines: Sequence[PageLine]) -> float:
    return Counter(round(line.x0) for line in lines).most_common(1)[0][0]


def _right(lines: Sequence[PageLine]) -> float:
    ends = sorted(line.x1 for line in lines if len(line.text) >= _LONG_LINE)
    return ends[int(_WITHIN * (len(ends) - 1))] if ends else max(line.x1 for line in lines)


def _pitch(lines: Sequence[PageLine]) -> float:
    """The least of the common distances of lines: the others are between paragraphs."""
    gaps = Counter(
        round((line.base - after.base) / after.size, 1) for line, after in pairwise(lines) if line.page == after.page
    )
    usual = {gap: count for gap, count in gaps.items() if _CLOSEST <= gap <= _WIDEST}
    return min((gap for gap, count in usual.items() if 4 * count >= max(usual.values())), default=_PITCH)


def margins_of(pages: Sequence[Page]) -> Margins:
    """The lines that stand at the same place on a third of the pages, and on three, or on both of two.

    Only their numbers may differ.
    """
    found: dict[tuple[str, int], list[PageLine]] = defaultdict(list)
    for page in pages:
        for line in page.lines:
            if not page.height * _MARGIN < line.base < page.height * (1 - _MARGIN):
                found[re.sub(r"\d+", "0", tidy(line.text)), round(line.base)].append(line)
    least = max(min(_PAGES, len(pages)), _SHARE * len(pages), 2)
    repeated = [lines for lines in found.values() if len({line.page for line in lines}) >= least]
    half = pages[0].height / 2 if pages else 0
    return Margins(
        headers=tuple(_said(lines[0], "header") for lines in repeated if lines[0].base > half and _says(lines[0])),
        footers=tuple(_said(lines[0], "footer") for lines in repeated if lines[0].base <= half and _says(lines[0])),
        lines=frozenset(line for lines in repeated for line in lines),
    )


def _says(line: PageLine) -> bool:
    return not is_page_number(tidy(line.text))


def _said(line: PageLine, place: str) -> Block:
    return Block(kind=BlockKind.PARAGRAPH, text=tidy(line.text), place=place)


def with_blanks(lines: Sequence[PageLine]) -> list[PageLine]:
    """The lines, the rows of a table without drawn lines being whole.

    A cell that runs over two lines is one, and a label beside which nothing stands (`Date accepted:`) has an empty
    cell, where the line before or after it begins at the same place and has one.
    """
    whole: list[PageLine] = []
    for line in lines:
        before = whole[-1] if whole else None
        if before and _is_rest_of_cell(before, line):
            last = before.pieces[-1]
            longer = replace(last, text=f"{last.text} {line.text}", x1=max(last.x1, line.x1))
            whole[-1] = replace(before, pieces=(*before.pieces[:-1], longer), base=line.base)
        else:
            whole.append(line)
    near = zip([None, *whole], whole, [*whole[1:], None], strict=False)
    return [_with_blank(line, [one for one in (before, after) if one]) for before, line, after in near]


def _is_rest_of_cell(before: PageLine, line: PageLine) -> bool:
    below = abs(before.pieces[-1].x0 - line.x0) < _SPACE * line.size
    return len(before.pieces) > 1 == len(line.pieces) and below and _is_near(before, line)


def _with_blank(line: PageLine, near: Iterable[PageLine]) -> PageLine:
    is_label = len(line.pieces) == 1 and line.text.rstrip().endswith(":") and len(line.text) <= _LONGEST_LABEL
    rows = [one for one in near if len(one.pieces) > 1 and abs(one.x0 - line.x0) < _SPACE * line.size]
    if not is_label or not any(_is_near(one, line) for one in rows):
        return line
    return replace(line, pieces=(*line.pieces, Piece("", line.x1, line.x1, 0)))


def _is_near(one: PageLine, other: PageLine) -> bool:
    return one.page == other.page and abs(one.base - other.base) < _ROW_GAP * other.size
