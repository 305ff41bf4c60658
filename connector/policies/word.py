"""A Word policy: its paragraphs, lists and tables in order, with what stands in text boxes, headers and notes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from docx.document import Document as Package

from connector.model.policy_text import Block, BlockKind
from connector.policies.marks import (
    Depths,
    cells_of,
    could_be_heading,
    counted,
    is_clause,
    is_page_number,
    mark_of,
    row,
    row_of_blocks,
    tidy,
)
from connector.policies.word_package import (
    Element,
    attribute,
    body_of,
    margins_of,
    notes_of,
    open_word,
    part_of,
    tag,
)
from connector.policies.word_styles import Listed, Styles
from connector.policies.word_words import indent_of, inside, words_in

# Items whose indents differ by fewer twentieths of a point are of one depth.
_SAME_DEPTH = 40


def read_word(content: bytes) -> tuple[tuple[Block, ...], tuple[str, ...]]:
    """The blocks of a Word document, and what of it could not be read. Raises whatever its library raises."""
    package = open_word(content)
    reader = _Reader(Styles(part_of(package, "styles"), part_of(package, "numbering")))
    blocks = (
        *_margin(reader, package, "header"),
        *reader.blocks(body_of(package)),
        *_notes(reader, package),
        *_margin(reader, package, "footer"),
    )
    return blocks, _unread(package)


def _margin(reader: _Reader, package: Package, kind: str) -> list[Block]:
    """What the headers or footers say, the same words once, and nothing of a page number alone."""
    said = [block for part in margins_of(package, kind) for block in reader.blocks(part, kind)]
    return list({block.text: block for block in said if not is_page_number(block.text)}.values())


def _notes(reader: _Reader, package: Package) -> Iterator[Block]:
    for kind in ("footnote", "endnote"):
        for at, note in enumerate(notes_of(package, kind), 1):
            yield from reader.blocks(note, f"{kind} {at}")


def _unread(package: Package) -> tuple[str, ...]:
    body = body_of(package)
    objects = list(body.iter(tag("w:object")))
    previews = sum(len(_pictures(one)) for one in objects)
    margins = sum(len(_pictures(part)) for kind in ("header", "footer") for part in margins_of(package, kind))
    return (
        *counted(len(_pictures(body)) - previews, "picture"),
        *(f"{said} in headers or footers" for said in counted(margins, "picture")),
        *counted(len(objects) + len(list(body.iter(tag("w:altChunk")))), "embedded object"),
        *counted(len(list(body.iter(tag("c:chart"), tag("dgm:relIds")))), "diagram"),
    )


def _pictures(part: Element) -> list[Element]:
    return list(part.iter(tag("a:blip"), tag("v:imagedata")))


@dataclass(slots=True)
class _Reader:
    """Gives the blocks of the document's parts and counts its paragraphs, tables and text boxes on the way."""

    _styles: Styles
    _paragraphs: int = 0
    _tables: int = 0
    _boxes: int = 0
    _depths: Depths = field(default_factory=lambda: Depths(_SAME_DEPTH))

    def blocks(self, container: Element, place: str = "") -> Iterator[Block]:
        """The blocks of a part, a cell or a text box. In the body no place is given: it is counted."""
        for child in inside(container):
            if child.tag == tag("w:p"):
                yield from self._paragraph(child, place)
            elif child.tag == tag("w:tbl"):
                self._depths.end()
                yield from self._table(child, place)

    def _paragraph(self, paragraph: Element, place: str) -> Iterator[Block]:
        words, listed = words_in(paragraph, self._styles), self._styles.listed(paragraph)
        lines = words.lines
        self._paragraphs += bool(lines and not place)
        here = place or f"paragraph {self._paragraphs}"
        rank = self._styles.heading(paragraph)
        if lines and rank:
            self._depths.end()
            yield _heading(_numbered(listed, " ".join(lines)), here, rank)
        elif lines:
            for line in lines:
                # A cell or a header may be bold without being a heading.
                yield self._line(paragraph, line, listed, here, words.are_bold and not place)
                listed = None
        for box in words.boxes:
            self._boxes += 1
            yield from self.blocks(box, f"text box {self._boxes}")

    def _line(self, paragraph: Element, line: str, listed: Listed | None, place: str, strong: bool) -> Block:
        text, mark = _numbered(listed, line), mark_of(line)
        strong = strong and could_be_heading(text)
        if listed and not (listed.number and strong):
            level = max(listed.level, self._depths.level(listed.indent))
            return Block(kind=BlockKind.ITEM, text=text, place=place, level=level)
        if mark and not listed and not (mark.is_number and strong):
            level = self._depths.level(indent_of(paragraph, line))
            return Block(kind=BlockKind.ITEM, text=mark.text, place=place, level=level)
        self._depths.end()
        cells = cells_of(line)
        if cells and not is_clause(cells, strong=strong):
            return row(cells, place)
        return _heading(text, place) if strong else Block(kind=BlockKind.PARAGRAPH, text=text, place=place)

    def _table(self, table: Element, place: str) -> Iterator[Block]:
        self._tables += not place
        rows = [one for one in inside(table) if one.tag == tag("w:tr")]
        for at, one in enumerate(rows, 1):
            here = place or f"table {self._tables}, row {at}"
            cells = [cell for cell in inside(one) if cell.tag == tag("w:tc") and not _is_merged(cell)]
            yield from row_of_blocks([list(self.blocks(cell, here)) for cell in cells], here)


def _heading(text: str, place: str, rank: int = 0) -> Block:
    return Block(kind=BlockKind.HEADING, text=text, place=place, level=rank)


def _numbered(listed: Listed | None, text: str) -> str:
    return tidy(f"{listed.number} {text}" if listed else text)


def _is_merged(cell: Element) -> bool:
    """True for the rest of a cell that is merged with one above or before it."""
    properties = cell.find(tag("w:tcPr"))
    merges = [] if properties is None else [*properties.iter(tag("w:vMerge"), tag("w:hMerge"))]
    return any(attribute(merge, "w:val", "continue") == "continue" for merge in merges)
