"""Labels side by side with their answers beneath them, in columns without drawn lines, as where a policy is signed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from connector.policies.marks import mark_of
from connector.policies.pdf_layout import Layout
from connector.policies.pdf_lines import PageLine, Piece

# What the labels ask for. Without these words columns may hold anything: addresses, prose, stages of a procedure.
_ASKED = re.compile(r"\b(?:sign|adopt|accept|approv|ratif|agreed|review|date|minute)", re.IGNORECASE)
_LONGEST_LABEL, _MOST_LINES, _WORDS = 60, 12, 2
# In parts of a letter's size: how far the edge of a column may be off, a space, the room that a cell keeps free at its
# right, and the most between two rows. Lines of one row lie no further apart than this much of what is usual.
_OFF, _SPACE, _FREE, _ROW_GAP, _USUAL = 0.3, 0.25, 1.5, 5.0, 1.25
# What stands alone at the left may be an answer or the text that follows. These are answers,
_DATE = (
    r"\d{1,2}[./-]\d{1,2}[./-](?:\d\d){1,2}|(?:\S+ ){0,2}(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|spring"
    r"|summer|autumn)[a-z]*(?: term)?(?: \d{1,2}[a-z]{0,2},?)? (?:\d\d){1,2}"
)
_NAMED = r"(?:mr|mrs|ms|miss|dr|rev|sir)\b\.? .{2,40}|(?:[a-z]\. ?){1,3}\w.{1,40}"
_ANSWER = re.compile(rf"{_DATE}|{_NAMED}", re.IGNORECASE)
# and these may be: a name, or a short heading.
_NAME = re.compile(r"[A-Z][\w'\u2019-]*(?: [A-Z][\w'\u2019-]*){1,3}")

_Cells = tuple[Piece, ...]


def with_answers(lines: Sequence[PageLine], layout: Layout) -> list[PageLine]:
    """The lines, labels and the answers beneath them being rows with as many cells: a blank is an empty one.

    Where it cannot be told which label an answer is to, neither line is a row, so that no label is called blank.
    """
    found: list[PageLine] = []
    at = 0
    while at < len(lines):
        rows, taken = _rows_at(lines[at : at + _MOST_LINES], layout)
        found += rows
        at += taken
    return found


def _rows_at(lines: Sequence[PageLine], layout: Layout) -> tuple[list[PageLine], int]:
    """What the first of these lines and those that belong to it come out as, and how many they are."""
    if not _may_be_labels(lines[0].parts):
        return [lines[0]], 1
    wrapped = _wraps(lines, layout)
    beneath = [_with_end(lines[0], lines[1]), *lines[2:]] if wrapped else lines
    # Labels that take two lines with tabs in both stand in no columns.
    rows, taken = ([beneath[0]], 1) if wrapped and len(lines[1].parts) > 1 else _in_columns(beneath, layout)
    if not _are_labels(rows[0].parts):
        return [lines[0]], 1
    if len(rows) == 1 and taken < len(beneath) and (both := _by_order(rows[0], beneath[taken])):
        rows, taken = both, taken + 1
    taken += wrapped
    return (rows, taken) if len(rows[0].parts) > 2 or taken > 1 else ([lines[0]], 1)


def _may_be_labels(cells: _Cells) -> bool:
    """True for what may be the first line of labels: each of them begins like one."""
    return len(cells) > 1 and not any(cell.text[:1].islower() or mark_of(cell.text) for cell in cells)


def _are_labels(cells: _Cells) -> bool:
    """True for short cells without numbers, two of which ask for what a policy is signed with."""
    texts = [cell.text.strip() for cell in cells]
    # Where only some have a colon, the others are their answers and stand beside them.
    has_one_kind = len({text.endswith(":") for text in texts}) == 1
    return has_one_kind and all(map(_is_short, texts)) and sum(map(bool, map(_ASKED.search, texts))) > 1


def _is_short(text: str) -> bool:
    return len(text) <= _LONGEST_LABEL and not any(map(str.isdigit, text)) and not text.endswith((".", ";", ","))


@dataclass(frozen=True, slots=True)
class _Row:
    """A row as far as it is read: its first line, its cells, and the height of its last line."""

    line: PageLine
    cells: _Cells
    base: float
    is_head: bool = False

    @property
    def is_text(self) -> bool:
        """True for what stands alone at the left and is not surely an answer: text may follow there."""
        return not any(cell.text for cell in self.cells[1:]) and not _is_answer(self.line.text)

    @property
    def is_prose(self) -> bool:
        """True where every cell begins in the middle of a sentence, as no answer of several words does."""
        texts = [cell.text for cell in self.cells if cell.text]
        return len(texts) > 1 and all(text[:1].islower() and len(text.split()) > _WORDS for text in texts)

    def as_line(self) -> PageLine:
        return replace(self.line, pieces=self.cells, parts=self.cells, base=self.base)

    def goes_on(self, below: _Row, layout: Layout, *, is_last: bool) -> bool:
        """True where the next line holds only what had no room in the cells above it.

        A label goes on in capitals only where answers follow: what stands last under it may be the answer itself.
        """
        texts = [cell.text for cell in below.cells if cell.text]
        has_number = any(letter.isdigit() for letter in below.line.text)
        if not _is_near(self.base, below.line, layout) or (self.is_head and has_number):
            return False
        if not self._had_no_room(below, layout):
            return False
        is_mid_sentence = any(text[:1].islower() for text in texts)
        return is_mid_sentence or (len(texts) < len(self.cells) and not (self.is_head and is_last))

    def _had_no_room(self, below: _Row, layout: Layout) -> bool:
        """True where no first word below would have fitted above."""
        ends = [*(cell.x0 - _FREE * self.line.size for cell in self.cells[1:]), layout.right]
        return all(
            above.text and above.x1 + _SPACE * self.line.size + cell.first > end
            for above, cell, end in zip(self.cells, below.cells, ends, strict=True)
            if cell.text
        )

    def with_rest(self, below: _Row) -> _Row:
        cells = (_longer(*both) for both in zip(self.cells, below.cells, strict=True))
        return replace(self, cells=tuple(cells), base=below.base)


def _in_columns(lines: Sequence[PageLine], layout: Layout) -> tuple[list[PageLine], int]:
    """The row of labels, and those beneath that begin at the same places, with how many lines they are."""
    rows = [_Row(lines[0], lines[0].parts, lines[0].base, is_head=True)]
    below = _aligned(rows[0], lines)
    taken = 1
    for row, after in zip(below, [*below[1:], None], strict=False):
        if rows[-1].goes_on(row, layout, is_last=after is None):
            rows[-1] = rows[-1].with_rest(row)
        elif row.is_prose:
            return [rows[0].line], 1
        elif row.is_text:
            break
        else:
            rows.append(row)
        taken += 1
    return [row.as_line() for row in rows], taken


def _aligned(head: _Row, lines: Sequence[PageLine]) -> list[_Row]:
    """The lines beneath that stand in the columns of the first, without the text that follows them."""
    found: list[_Row] = []
    for before, line in pairwise(lines):
        cells = _in_cells_of(head.cells, line)
        if not cells or not _is_below(before, line):
            break
        found.append(_Row(line, cells, line.base))
    end = max((at for at, row in enumerate(found, 1) if not row.is_text), default=0)
    # The text begins no sentence in its middle: that is the rest of the first cell.
    return found[: end + any(row.line.text[:1].islower() for row in found[end : end + 1])]


def _in_cells_of(head: _Cells, line: PageLine) -> _Cells:
    """The line's parts, each in the column that it stands in; none where one stands in no column, or two in one."""
    cells = [Piece("", label.x0, label.x0, 0) for label in head]
    for part in line.parts:
        at = next((at for at, label in enumerate(head) if _is_under(label, part, line)), None)
        if at is None or cells[at].text:
            return ()
        cells[at] = part
    return tuple(cells)


def _is_under(label: Piece, part: Piece, line: PageLine) -> bool:
    """True where both begin at the same place, or have their middle there; text alone may do that by chance."""
    off = _OFF * line.size
    is_centred = abs(label.x0 + label.x1 - part.x0 - part.x1) / 2 < off
    is_sure = len(line.parts) > 1 or part.text[:1].islower() or _is_answer(part.text)
    return abs(label.x0 - part.x0) < off or (is_centred and is_sure)


def _by_order(head: PageLine, below: PageLine) -> list[PageLine]:
    """The labels and the line beneath where tabs part them: answers begin anywhere, the first is to the first label.

    Nothing where the line beneath is no answer, as a heading is none.
    """
    is_heading = below.bold and not head.bold
    if is_heading or not _is_below(head, below) or abs(below.x0 - head.x0) > _OFF * head.size:
        return []
    texts = [part.text.strip() for part in below.parts]
    if len(texts) == len(head.parts) and any(map(_is_answer, texts)):
        return [replace(one, pieces=one.parts) for one in (head, below)]
    if any(_is_answer(text) or _NAME.fullmatch(text) for text in texts):
        return [_in_one_piece(head), _in_one_piece(below)]
    return []


def _wraps(lines: Sequence[PageLine], layout: Layout) -> bool:
    """True where tabs part the labels, and the last one goes on at the beginning of the next line.

    It may as well be the first one that goes on, in a column of its own: a space is drawn where a line is broken.
    """
    if len(lines) < 2 or not _is_continued(lines[0], lines[1], layout):
        return False
    is_alone = len(lines[1].parts) == 1
    first, last = (lines[0].parts[at].text.endswith(" ") for at in (0, -1))
    if is_alone and first != last:
        return last
    rows, taken = _in_columns(lines, layout)
    return len(rows) == 1 and (is_alone or taken == 1)


def _is_continued(line: PageLine, below: PageLine, layout: Layout) -> bool:
    """True where the line below begins at the left with what had no room in the line."""
    has_room = line.x1 + _SPACE * line.size + below.parts[0].first <= layout.right
    is_at_left = abs(below.x0 - line.x0) < _OFF * line.size and below.text[:1].islower()
    return is_at_left and not has_room and _is_near(line.base, below, layout)


def _with_end(line: PageLine, below: PageLine) -> PageLine:
    cells = (*line.parts[:-1], _longer(line.parts[-1], below.parts[0]), *below.parts[1:])
    return replace(line, pieces=cells, parts=cells, base=below.base)


def _longer(cell: Piece, rest: Piece) -> Piece:
    return replace(cell, text=f"{cell.text} {rest.text}", x1=rest.x1) if rest.text else cell


def _in_one_piece(line: PageLine) -> PageLine:
    whole = Piece(" ".join(part.text for part in line.parts), line.x0, line.x1, line.parts[0].first)
    return replace(line, pieces=(whole,), parts=(whole,))


def _is_answer(text: str) -> bool:
    return _ANSWER.fullmatch(text.strip()) is not None


def _is_near(base: float, below: PageLine, layout: Layout) -> bool:
    """True where the line is as far below as lines of one paragraph are."""
    return 0 < base - below.base <= _USUAL * layout.pitch * below.size


def _is_below(before: PageLine, line: PageLine) -> bool:
    is_next = not before.is_read_elsewhere(line) and before.base - line.base < _ROW_GAP * line.size
    return is_next and not mark_of(line.parts[0].text)
