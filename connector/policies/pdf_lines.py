"""A page's letters into its lines, and each line into the pieces that stand on it with wide gaps between."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median

from connector.policies.marks import is_clause, mark_of
from connector.policies.pdf_page import Glyph, Sheet
from connector.policies.pdf_tables import Cell

# In parts of a letter's size: letters this far above or below stand on one line (13th), further apart are two words,
# and two pieces; a letter drawn twice, to look bold, is nearer.
_RAISED, _WORD_GAP, _WIDE, _TWICE = 0.5, 0.15, 2.0, 0.1
# A gap this wide may be one between columns, and a narrower one where no space is drawn in it and others have one.
_COLUMN_GAP, _UNDRAWN = 1.0, 0.25
# Of the letters of a page whose spaces are drawn, at least this share are spaces.
_SPACES = 0.05
# So much wider than its other gaps is a gap that is no justified line's.
_STRETCHED = 2.5


@dataclass(frozen=True, slots=True)
class Piece:
    """What stands on a line without a wide gap. `first` is how wide its first word is.

    `spaced`: a space is drawn before it.
    """

    text: str
    x0: float
    x1: float
    first: float
    spaced: bool = True


@dataclass(frozen=True, slots=True)
class PageLine:
    """One line of a page, or that part of it which stands in one cell. Lines are numbered from the top of the page.

    `parts` are the pieces as they would be if every gap that may lie between two columns were wide. Each ends in a
    space where one is drawn after it.
    """

    page: int
    number: int
    pieces: tuple[Piece, ...]
    parts: tuple[Piece, ...]
    base: float
    size: float
    bold: bool
    cell: Cell | None

    @property
    def text(self) -> str:
        return "\t".join(piece.text for piece in self.pieces)

    @property
    def x0(self) -> float:
        return self.pieces[0].x0

    @property
    def x1(self) -> float:
        return self.pieces[-1].x1

    @property
    def place(self) -> str:
        return f"page {self.page}, line {self.number}"

    def is_read_elsewhere(self, after: PageLine) -> bool:
        """True where the line that is read after this one is not below it: on the next page, or in the next column."""
        return after.page != self.page or after.base >= self.base


def lines_of(sheet: Sheet, cells: Iterable[Cell]) -> list[PageLine]:
    """The page's lines from the top, those in a cell apart from those around it."""
    cells = tuple(cells)
    has_spaces = sum(glyph.text.isspace() for glyph in sheet.glyphs) >= _SPACES * len(sheet.glyphs)
    return [
        _line(sheet.number, number, glyphs, cell, has_spaces=has_spaces)
        for number, line in enumerate(by_height(sheet.glyphs), 1)
        for cell, glyphs in _by_cell(line, cells).items()
    ]


def by_height(glyphs: Sequence[Glyph]) -> Iterator[list[Glyph]]:
    line: list[Glyph] = []
    for glyph in sorted((glyph for glyph in glyphs if glyph.text), key=lambda glyph: -glyph.base):
        if line and line[0].base - glyph.base > _RAISED * _height(line[0], glyph):
            if any(one.text.strip() for one in line):
                yield line
            line = []
        line.append(glyph)
    if any(one.text.strip() for one in line):
        yield line


def _height(one: Glyph, other: Glyph) -> float:
    """The larger size, yet no more than a small letter raised beside a large one."""
    return min(max(one.size, other.size), 1.5 * min(one.size, other.size))


def _by_cell(line: Sequence[Glyph], cells: Sequence[Cell]) -> dict[Cell | None, list[Glyph]]:
    found: dict[Cell | None, list[Glyph]] = {}
    cells = [cell for cell in cells if cell.y0 <= line[-1].base + line[-1].size and line[0].base <= cell.y1]
    for glyph in sorted(line, key=lambda glyph: glyph.x0):
        found.setdefault(next((cell for cell in cells if cell.holds(glyph)), None), []).append(glyph)
    return {cell: glyphs for cell, glyphs in found.items() if any(glyph.text.strip() for glyph in glyphs)}


def _line(page: int, number: int, glyphs: Sequence[Glyph], cell: Cell | None, *, has_spaces: bool) -> PageLine:
    seen = [glyph for glyph in glyphs if glyph.text.strip()]
    size = Counter(glyph.size for glyph in seen).most_common(1)[0][0]
    base = next(glyph.base for glyph in seen if glyph.size == size)
    bold = all(glyph.bold or glyph.symbol for glyph in seen) and not all(glyph.symbol for glyph in seen)
    words = _words(glyphs, size)
    pieces = _pieces(words, size)
    parts = _parts(words, size, has_spaces=has_spaces)
    if glyphs[-1].text.isspace():
        pieces[-1], parts[-1] = _with_space(pieces[-1]), _with_space(parts[-1])
    pieces, parts = (_joined_clause(some, strong=bold) for some in (pieces, parts))
    return PageLine(page, number, tuple(pieces), tuple(parts), base, size, bold, cell)


def _joined_clause(pieces: list[Piece], *, strong: bool) -> list[Piece]:
    return [_joined(*pieces)] if is_clause([piece.text for piece in pieces], strong=strong) else pieces


def _parts(words: Sequence[Piece], size: float, *, has_spaces: bool) -> list[Piece]:
    parts = list(words[:1])
    for before, word in pairwise(words):
        gap = word.x0 - before.x1
        if gap > _COLUMN_GAP * size or (has_spaces and not word.spaced and gap > _UNDRAWN * size):
            parts[-1] = _with_space(parts[-1]) if word.spaced else parts[-1]
            parts.append(word)
        else:
            parts[-1] = _joined(parts[-1], word)
    return parts


def _pieces(words: Sequence[Piece], size: float) -> list[Piece]:
    gaps = [after.x0 - before.x1 for before, after in pairwise(words)]
    wide = max(_WIDE * size, _STRETCHED * median(gaps) if len(gaps) > 2 else 0)
    pieces = list(words[:1])
    for word, gap in zip(words[1:], gaps, strict=True):
        last = pieces[-1]
        if gap > wide and not (len(pieces) == 1 and mark_of(f"{last.text} x")):
            pieces.append(word)
        else:
            pieces[-1] = _joined(last, word)
    return pieces


def _joined(piece: Piece, after: Piece) -> Piece:
    return replace(piece, text=f"{piece.text} {after.text}", x1=after.x1)


def _words(glyphs: Sequence[Glyph], size: float) -> list[Piece]:
    words: list[Piece] = []
    is_new, last, start = True, "", 0.0
    for glyph in glyphs:
        if glyph.text.isspace():
            is_new = True
            continue
        text = "•" if glyph.symbol and not words else glyph.text
        if words and text == last and glyph.x0 - start < _TWICE * size:
            continue
        if not words or is_new or glyph.x0 - words[-1].x1 > _WORD_GAP * size:
            words.append(Piece(text, glyph.x0, glyph.x1, glyph.x1 - glyph.x0, is_new))
        else:
            words[-1] = _longer(words[-1], text, glyph.x1)
        is_new, last, start = False, text, glyph.x0
    return words


def _with_space(piece: Piece) -> Piece:
    return replace(piece, text=f"{piece.text} ")


def _longer(word: Piece, text: str, x1: float) -> Piece:
    end = max(word.x1, x1)
    return replace(word, text=word.text + text, x1=end, first=end - word.x0)
