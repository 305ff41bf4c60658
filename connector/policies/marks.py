"""What a line of a policy shows of itself: white space, the mark of an item and its depth, the cells of a row."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from connector.model.policy_text import Block, BlockKind

_LONGEST_HEADING, _LINES_OF_A_CELL, _WORDS_OF_A_CELL = 100, 3, 3
_UNSEEN = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\xad\u200b\u2060\ufeff\ud800-\udfff]+")
# The last are the bullets of Symbol and Wingdings, which have no letters of their own.
_BULLET = r"[-–—*•◦▪▫■□●○‣⁃·➢➤✓✔◆❖\uf000-\uf0ff]"
_MARK = re.compile(
    rf"\s*(?:(?P<bullet>{_BULLET}|o(?=\s))(?:\s+|(?<=[^-–—*\w])(?=\w))(?P<rest>\S.*)"
    r"|(?P<before>\(?)(?P<order>\d{1,2}|[a-z]|[ivx]{2,4})(?P<after>[.)])\s+(?P<own>\S.*))",
    re.DOTALL,
)
_PAGE_NUMBER = re.compile(r"\W*(?:page\W*|p\W*)?\d{1,4}(?:\s*(?:of|/)\s*\d{1,4})?\W*", re.IGNORECASE)
_CLAUSE = re.compile(r"\d{1,3}(?:\.\d{1,3})+\.?")
_ENDS_A_SENTENCE = (".", ";", ":", "!", "?")


@dataclass(frozen=True, slots=True)
class Mark:
    """The mark that an item begins with. `style` is the bullet, or the kind of number; `text` is the item.

    A bullet is no part of it, a number is: `1. Sexual exploitation includes ...`.
    """

    style: str
    text: str
    order: int = 0

    @property
    def is_number(self) -> bool:
        return self.order > 0

    @property
    def is_doubtful(self) -> bool:
        """True for a mark that prose may begin a line with by chance: a dash, or the `13.` of an age."""
        return self.is_number or self.style in "-–—"

    def follows(self, other: Mark) -> bool:
        """True where this is the next item of the list that the other stands in."""
        return self.style == other.style and (not self.is_number or self.order in (other.order + 1, 1))


def tidy(text: str) -> str:
    """The text with single spaces and without what nobody sees: soft hyphens, marks of order, control characters."""
    return " ".join(_UNSEEN.sub("", text).split())


def mark_of(text: str) -> Mark | None:
    """The mark of an item, None where the text is none."""
    found = _MARK.fullmatch(_UNSEEN.sub("", text))
    if not found:
        return None
    if found["bullet"]:
        return Mark(found["bullet"], tidy(found["rest"]))
    number = int(found["order"]) if found["order"].isdecimal() else 0
    return Mark(f"{found['before']}{'1' if number else 'a'}{found['after']}", tidy(text), number or 1)


def cells_of(text: str) -> tuple[str, ...]:
    """The cells of a line with tabs in it, () for a line without. Tabs before the first letter only indent.

    Several tabs in a row only align, as people type them; but two labels (`Signed:  Date:`) have a blank between.
    """
    parts = [tidy(part) for part in re.split(r"\t[\t ]*", text.strip(" \n").lstrip())]
    cells = parts[:1]
    for part in parts[1:]:
        cells += ["", part] if cells[-1].endswith(":") and part.endswith(":") else [part]
    return tuple(cells) if len(cells) > 1 and any(cells) else ()


def is_clause(cells: Sequence[str], *, strong: bool = False) -> bool:
    """True for the number of a clause and its words (`4.2<TAB>The governors will ...`), which are no row of a table.

    A version and its date are one, so a few words alone make a clause only where they are as strong as a heading.
    """
    if len(cells) != 2 or not _CLAUSE.fullmatch(cells[0].strip()):
        return False
    return strong or len(cells[1].split()) > _WORDS_OF_A_CELL


def row(cells: Sequence[str], place: str) -> Block:
    """A row with these cells."""
    return Block(kind=BlockKind.ROW, text="\t".join(cells), place=place, cells=tuple(cells))


def row_of_blocks(cells: Sequence[Sequence[Block]], place: str) -> list[Block]:
    """The row of a table by what stands in its cells: a row, or the blocks themselves where a cell holds a whole text.

    A row with one cell is a frame around its text. Nothing comes out of a row whose cells are all empty.
    """
    if len(cells) == 1 or any(map(_is_whole_text, cells)):
        return [block for cell in cells for block in cell]
    texts = [" ".join(one.text for one in cell) for cell in cells]
    return [row(texts, place)] if any(texts) else []


def _is_whole_text(cell: Sequence[Block]) -> bool:
    """True for a list, or for more than a name with its lines."""
    return len(cell) > _LINES_OF_A_CELL or (len(cell) > 1 and any(one.kind is not BlockKind.PARAGRAPH for one in cell))


def could_be_heading(text: str) -> bool:
    """True for a short text without a sentence's end. What ends in a colon is a label, whose answer may be blank."""
    return 0 < len(text) <= _LONGEST_HEADING and not text.endswith((".", ";", ":", ",", "!"))


def is_page_number(text: str) -> bool:
    return _PAGE_NUMBER.fullmatch(text) is not None


def ends_a_sentence(text: str) -> bool:
    return text.rstrip().endswith(_ENDS_A_SENTENCE)


@dataclass(slots=True)
class Depths:
    """How deep each item of a list lies, by where it stands: two places are one where they differ by `tolerance`."""

    tolerance: float
    _open: list[float] = field(default_factory=list)

    def level(self, left: float) -> int:
        """The depth of the next item, 0 for the outermost."""
        while self._open and left < self._open[-1] - self.tolerance:
            self._open.pop()
        if not self._open or left > self._open[-1] + self.tolerance:
            self._open.append(left)
        return len(self._open) - 1

    def end(self) -> None:
        """The list is over."""
        self._open.clear()


def counted(number: int, noun: str) -> tuple[str, ...]:
    """`2 pictures`, `1 picture`, and nothing where there is none."""
    return (f"{number} {noun}{'s' if number > 1 else ''}",) if number else ()
