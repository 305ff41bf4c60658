"""A PDF policy: its lines joined into blocks by where they stand, its tables by the lines drawn around their cells."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from connector.model.policy_text import Block
from connector.policies.lines import Assembler, Line, words_of
from connector.policies.marks import counted, ends_a_sentence, row_of_blocks, tidy
from connector.policies.pdf_answers import with_answers
from connector.policies.pdf_columns import in_columns
from connector.policies.pdf_layout import Layout, Margins, Page, layout_of, margins_of, right_edges, with_blanks
from connector.policies.pdf_lines import PageLine, lines_of
from connector.policies.pdf_page import Sheet, sheets
from connector.policies.pdf_tables import Cell, rows_of_cells
from connector.policies.refusals import UnknownGlyphs

# Beyond this share of letters without a name a text says nothing.
_MOST_UNKNOWN = 0.2
# Lines of one paragraph may lie a little further apart than usual; one that begins in the middle of a sentence, more.
_USUAL, _MID_SENTENCE = 1.25, 2.6


def read_pdf(content: bytes) -> tuple[tuple[Block, ...], tuple[str, ...]]:
    """The blocks of a PDF, and what of it could not be read. Raises UnreadablePolicy, and what the library raises."""
    pages, unread = _pages(content)
    margins = margins_of(pages)
    assembler = Assembler(words_of(line.text for page in pages for line in page.lines))
    blocks = assembler.blocks(_flow(pages, margins))
    return (*margins.headers, *blocks, *margins.footers), unread


def _pages(content: bytes) -> tuple[list[Page], tuple[str, ...]]:
    """The pages without their letters, of which a long document has a great many."""
    pages, unread = [], _Unread()
    for sheet in sheets(content):
        unread.take(sheet)
        rows = rows_of_cells(sheet)
        lines = in_columns(sheet) if not rows else None
        lines = lines or lines_of(sheet, [cell for row in rows for cell in row])
        pages.append(Page(sheet.number, sheet.width, sheet.height, lines, rows))
    return pages, unread.named()


class _Unread:
    """Counts what is on the pages and is no text."""

    def __init__(self) -> None:
        self._letters = self._unknown = self._fields = self._notes = 0
        self._pictures: set[int] = set()
        self._named: list[str] = []

    def take(self, sheet: Sheet) -> None:
        self._letters += len(sheet.glyphs)
        self._unknown += sheet.unknown
        self._fields += sheet.fields
        self._notes += sheet.notes
        self._pictures |= sheet.pictures
        if not sheet.glyphs and (sheet.pictures or sheet.rules):
            self._named.append(f"page {sheet.number} holds no text")
        if sheet.tilted:
            self._named.append(f"page {sheet.number} holds text at an angle")

    def named(self) -> tuple[str, ...]:
        """Raises UnknownGlyphs."""
        if self._unknown > _MOST_UNKNOWN * self._letters:
            raise UnknownGlyphs
        pictures = counted(len(self._pictures), "picture")
        laid_over = (f"{said} laid over the text" for said in counted(self._notes, "note"))
        return (*pictures, *counted(self._fields, "form field"), *laid_over, *self._named)


@dataclass(frozen=True, slots=True)
class _Row:
    """The row of a table by what stands in each of its cells."""

    page: int
    place: str
    cells: list[list[Block]]

    def goes_on_in(self, after: _Row) -> bool:
        """True where the page ended within the row: what follows has no name, and begins within a sentence."""
        if after.page != self.page + 1 or len(after.cells) != len(self.cells) or after.cells[0]:
            return False
        return any(cell and cell[0].text[:1].islower() for cell in after.cells)

    def with_rest(self, rest: _Row) -> _Row:
        cells = [[*cell, *more] for cell, more in zip(self.cells, rest.cells, strict=True)]
        return _Row(rest.page, self.place, cells)


def _flow(pages: Sequence[Page], margins: Margins) -> Iterator[Line | list[Block]]:
    """The lines and tables of all pages, one after the other."""
    layouts = layout_of(pages, margins)
    parts = _whole(part for page in pages for part in _parts(page, margins, layouts[page.number]))
    for layout, some in groupby(parts, lambda one: None if isinstance(one, _Row) else layouts[one.page]):
        if layout:
            lines = [one for one in some if isinstance(one, PageLine)]
            yield from _lines(with_answers(lines, layout), layout)
        else:
            yield from (row_of_blocks(one.cells, one.place) for one in some if isinstance(one, _Row))


def _parts(page: Page, margins: Margins, layout: Layout) -> Iterator[PageLine | _Row]:
    """The page's lines outside tables, and the rows of its tables, from the top."""
    lines = [line for line in page.lines if line not in margins]
    inside = {cell: [line for line in lines if line.cell == cell] for row in page.rows for cell in row}
    given: set[Cell] = set()
    for line in lines:
        if line.cell is None:
            yield line
        elif line.cell not in given:
            row = next(row for row in page.rows if line.cell in row)
            given.update(row)
            yield _Row(page.number, line.place, [_in_cell(cell, inside[cell], layout) for cell in row])


def _in_cell(cell: Cell, lines: Sequence[PageLine], layout: Layout) -> list[Block]:
    return list(Assembler().blocks(_lines(lines, layout.within(cell, lines))))


def _whole(parts: Iterable[PageLine | _Row]) -> list[PageLine | _Row]:
    """The same with the rows that run over the end of a page in one piece."""
    whole: list[PageLine | _Row] = []
    for part in parts:
        last = whole[-1] if whole else None
        if isinstance(part, _Row) and isinstance(last, _Row) and last.goes_on_in(part):
            whole[-1] = last.with_rest(part)
        else:
            whole.append(part)
    return whole


def _lines(lines: Sequence[PageLine], layout: Layout) -> Iterator[Line]:
    lines = with_blanks(lines)
    apart = [not at or _is_apart(lines[at - 1], line, layout) for at, line in enumerate(lines)]
    rights = right_edges(lines, apart, layout)
    left = 0.0
    for at, line in enumerate(lines):
        before, after = (lines[at - 1] if at else None), (lines[at + 1] if at + 1 < len(lines) else None)
        # A centred line begins where the one above it did, as far as the text is concerned.
        left = left if before and layout.are_centred(before, line) else line.x0 / line.size
        yield Line(
            text=line.text,
            place=line.place,
            left=left,
            full=after is not None and layout.overflows(line, after, rights[at]),
            apart=apart[at],
            strong=layout.is_strong(line),
            size=line.size,
            cells=tuple(tidy(piece.text) for piece in line.pieces) if len(line.pieces) > 1 else (),
        )


def _is_apart(before: PageLine, line: PageLine, layout: Layout) -> bool:
    """True where more room than usual is between two lines. On the next page the text may only go on mid-sentence."""
    if before.is_read_elsewhere(line):
        return ends_a_sentence(before.text)
    gap = (before.base - line.base) / line.size
    is_mid_sentence = line.text[:1].islower() and not ends_a_sentence(before.text)
    return gap > (_MID_SENTENCE if is_mid_sentence else _USUAL * layout.pitch)
