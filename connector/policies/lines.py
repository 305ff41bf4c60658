"""Lines into blocks: what is wrapped is joined again, and each item, row and heading stands by itself."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise

from connector.model.policy_text import Block, BlockKind
from connector.policies.marks import Depths, Mark, could_be_heading, ends_a_sentence, mark_of, row, tidy

# How far a second line may lie to the left or right of a first one: an indented first line, or a hanging one.
_REACH = 6
# How far two lines of one paragraph may lie apart sideways, and two items of one depth: a space already goes deeper.
_SAME_EDGE, _SAME_DEPTH = 0.5, 0.2
_WORD = re.compile(r"[^\W\d_]+")
_LONGEST_WORD = 60
# `pre- and post-trial`: such a hyphen joins nothing.
_AFTER_A_PREFIX = frozenset({"and", "or", "to"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line as it stands on the page. `left` is where it begins, in units of a letter's size.

    `full`: the next line's first word would not have fitted, so the text may go on there. `apart`: more room than
    usual is before it. `strong`: it looks like a heading. `size`: of its letters. `cells`: of a row.
    """

    text: str
    place: str
    left: float = 0
    full: bool = False
    apart: bool = True
    strong: bool = False
    size: float = 0
    cells: tuple[str, ...] = ()


@dataclass(slots=True)
class Assembler:
    """Takes lines one by one and gives blocks. `words` are those of the whole text: they tell of a word cut in two."""

    words: Collection[str] = ()
    _lines: list[Line] = field(default_factory=list)
    _mark: Mark | None = None
    _marks: dict[str, Mark] = field(default_factory=dict)
    _depths: Depths = field(default_factory=lambda: Depths(_SAME_DEPTH))

    def blocks(self, lines: Iterable[Line | list[Block]]) -> Iterator[Block]:
        """The blocks of these lines; what is a list of blocks already (a table) goes through between them."""
        for line in lines:
            if isinstance(line, Line) and self._goes_on(line):
                self._lines.append(line)
                continue
            yield from self._close()
            if isinstance(line, list):
                yield from line
            else:
                self._open(line)
        yield from self._close()

    def _open(self, line: Line) -> None:
        self._lines = [line]
        self._mark = None if line.cells else mark_of(line.text)

    def _goes_on(self, line: Line) -> bool:
        """True where the line is the rest of the block that is open."""
        if not self._lines or self._lines[0].cells or line.cells or line.apart or not self._lines[-1].full:
            return False
        last = self._lines[-1]
        is_sure = not ends_a_sentence(last.text)
        if abs(line.size - last.size) > 0.6 or (
            line.strong != last.strong and not (is_sure and line.text[:1].islower())
        ):
            return False
        if last.text.rstrip().endswith(":") and re.match(r"<?(https?:|www\.)", line.text):
            return False
        return self._stands_below(line) and not self._is_item(line, is_sure)

    def _stands_below(self, line: Line) -> bool:
        reach = _REACH if len(self._lines) == 1 else _SAME_EDGE
        return abs(line.left - self._lines[-1].left) <= reach

    def _is_item(self, line: Line, in_a_sentence: bool) -> bool:
        """True for a new item. Inside a sentence a dash or a number is only taken for one where a list stands open."""
        mark = mark_of(line.text)
        if mark and mark.is_doubtful and in_a_sentence:
            known = self._mark if self._mark and self._mark.style == mark.style else self._marks.get(mark.style)
            return known is not None and mark.follows(known)
        return mark is not None

    def _close(self) -> Iterator[Block]:
        if not self._lines:
            return
        first, text = self._lines[0], self._joined()
        strong = all(line.strong for line in self._lines) and could_be_heading(text)
        mark, self._lines = self._mark, []
        if mark and not (mark.is_number and strong):
            self._marks[mark.style] = mark
            said = mark_of(text) or mark
            yield Block(kind=BlockKind.ITEM, text=said.text, place=first.place, level=self._depths.level(first.left))
            return
        self._depths.end()
        self._marks.clear()
        if first.cells:
            yield row(first.cells, first.place)
        elif text:
            yield Block(kind=BlockKind.HEADING if strong else BlockKind.PARAGRAPH, text=text, place=first.place)

    def _joined(self) -> str:
        texts = [line.text for line in self._lines]
        return tidy("".join(_before(*pair, self.words) for pair in pairwise(texts)) + texts[-1])


def _before(line: str, after: str, words: Collection[str]) -> str:
    """The line as it stands before the next of its paragraph: with a space, unless it ends within a word.

    A hyphen at its end goes only where the whole word stands elsewhere in the text: `well-being` keeps its own.
    """
    if line.endswith("\u00ad"):
        return line[:-1]
    first = _WORD.match(after.lstrip())
    if line.endswith("-") and first and first[0].islower() and first[0] not in _AFTER_A_PREFIX:
        last = _WORD.findall(line[-_LONGEST_WORD:])[-1:]
        return line[:-1] if last and (last[0] + first[0]).casefold() in words else line
    glued = line.endswith(("/", "-")) and line[-2:-1].isalnum() and after[:1].isalnum()
    return line if glued and not (first and first[0] in _AFTER_A_PREFIX) else f"{line} "


def words_of(texts: Iterable[str]) -> frozenset[str]:
    """Every word of the text, to know a word that was cut in two."""
    return frozenset(word.casefold() for text in texts for word in _WORD.findall(text))
