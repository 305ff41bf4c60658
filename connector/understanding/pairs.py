"""A label and what stands beside it: in a table, behind a colon, after the label, or on the next line. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from connector.model.policy_dates import NotADate, PolicyDate, SeveralDates
from connector.model.policy_text import Block, BlockKind
from connector.understanding.dates import read_phrase
from connector.understanding.labels import Known, Label, label_of, signature_of, signer_in
from connector.understanding.sooner_said import is_only_sooner

# A line of a form is short; in a longer one only a label at its beginning counts.
_SHORT, _LONGEST_LABEL, _MOST_WORDS = 300, 90, 10
_MARK = re.compile(r":(?!//)|_{3,}|\.{4,}|\u2026+")
_CONTENTS = re.compile(r"(?:\.{4}|\u2026)\s{0,3}\d{1,3}$")
_BOUNDARY = "|,;\u2013-(\u2022._\u2026"
_ENDS_VALUE = re.compile(r"\.\s+(?=[A-Z][a-z]+ [a-z])")
_SEGMENTS = re.compile(r"\s+[|\u2022\u2013-]\s+|;\s+|\t")
_TO_WRITE_ON = re.compile(r"[_\u2026]{2,}|\.{4,}|^\s*:")
_A_LINE = re.compile(r":?\s*[_.\u2026]{3}")
_OF_A_FORM = re.compile(r"\b(?:dated?|sign(?:ed|ature)|minute|next)\b", re.IGNORECASE)
_WORD_START = re.compile(r"(?<![\w'\u2019])\w")
# More than any sign-off block has side by side.
_MOST_LABELS = 8
_DAYS = frozenset({Label.NEXT_REVIEW, Label.ACCEPTED, Label.WRITTEN, Label.DATE, Label.REVIEW, Label.SIGNED_ON})
_SIGNED = frozenset({Label.SIGNED, Label.SIGNED_HEAD, Label.SIGNED_CHAIR, Label.APPROVED_BY})
_BARE = frozenset({Label.NEXT_REVIEW, Label.ACCEPTED, Label.WRITTEN, Label.MINUTE_NUMBER, Label.VERSION})


# A row as it stands, and its cells as they stand under the labels.
Row = tuple[Block, tuple[str, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A label as known and as said, what stands beside it (nothing for a blank), and where.

    `words` are those of the block that say it. `is_bare`: no colon, cell or line to write on sets the value apart.
    """

    known: Known
    said: str
    value: str
    words: str
    block: Block
    is_bare: bool = False

    @property
    def label(self) -> Label:
        """What the label asks for."""
        return self.known.label


def pairs_in(blocks: Sequence[Block]) -> Iterator[Pair]:
    """Every label of these blocks with its value, in their order."""
    number = 0
    while number < len(blocks):
        block = blocks[number]
        below = blocks[number + 1] if number + 1 < len(blocks) else None
        if block.cells and (rows := _rows_under(blocks, number)):
            yield from _under_labels(block, rows)
            number += len(rows)
        elif block.cells:
            yield from _of_row(block)
        elif not _CONTENTS.search(block.text[-_LONGEST_LABEL:]):
            yield from _of_line(block, below)
        number += 1


def _rows_under(blocks: Sequence[Block], number: int) -> tuple[Row, ...]:
    """The rows of values under a row in which every cell is a label; none where it is no such row."""
    head = blocks[number]
    if len(head.cells) < 2 or not all(map(label_of, head.cells)):
        return ()
    rows: list[Row] = []
    for row in blocks[number + 1 :]:
        cells = _spread(head, row.cells)
        known = label_of(cells[0]) if cells else None
        if not cells or (known and not known.is_weak) or _is_head(row.cells):
            break
        rows.append((row, cells))
    return tuple(rows)


def _is_head(cells: Sequence[str]) -> bool:
    """True for the labels of the next table."""
    return all(cell.strip() for cell in cells) and sum(label_of(cell) is not None for cell in cells) > 1


def _spread(head: Block, cells: tuple[str, ...]) -> tuple[str, ...]:
    """The cells as they stand under the labels; () where that cannot be told.

    Where somebody tabbed past an answer there are fewer of them: a day belongs under a label that asks for one, a name
    under another, and both keep their order.
    """
    if not cells or len(cells) == len(head.cells):
        return cells
    asked = [known.label for known in map(label_of, head.cells) if known is not None]
    if len(cells) > len(head.cells) or len(asked) > _MOST_LABELS or any(map(label_of, cells)):
        return ()
    if not _SIGNED.intersection(asked):
        return ()
    asks_day = [label in _DAYS for label in asked]
    is_day = [isinstance(read_phrase(cell), PolicyDate) for cell in cells]
    ways = [at for at in combinations(range(len(asks_day)), len(cells)) if [asks_day[one] for one in at] == is_day]
    if len(ways) != 1:
        return ()
    under = dict(zip(ways[0], cells, strict=True))
    return tuple(under.get(at, "") for at in range(len(asks_day)))


def _under_labels(head: Block, rows: Sequence[Row]) -> Iterator[Pair]:
    """The pairs of a table: of each row where people sign, else of the latest row, as of a history of versions."""
    labels = [known for known in map(label_of, head.cells) if known]
    is_signed = any(known.label is Label.SIGNED for known in labels)
    dated = [(dates[-1], row) for row in rows if (dates := _dates(row[1]))]
    latest = [max(dated, key=lambda one: one[0])[1]] if dated else rows[:1]
    if len(dated) > 1 and not any(known.label in {Label.WRITTEN, Label.ACCEPTED, Label.DATE} for known in labels):
        # Several reviews, one under the other, are those that were.
        labels = [Known(Label.WRITTEN) if known.is_open else known for known in labels]
    for row, cells in rows if is_signed else latest:
        for known, said, value in zip(labels, head.cells, cells, strict=True):
            yield Pair(known=known, said=said, value=value.strip(), words=row.text, block=row)


def _dates(cells: Sequence[str]) -> list[tuple[int, int, int]]:
    """The last days of the dates in its cells, the earliest first. A date to come is one of them as well."""
    read = (read_phrase(cell) for cell in cells)
    return sorted((day.year, day.month, day.day) for one in read if (day := getattr(one, "last", None)))


def _of_row(row: Block) -> Iterator[Pair]:
    """A label's cell with the cell after it; `Date: 12 March` within one cell."""
    at = 0
    while at < len(row.cells):
        cell = row.cells[at].strip()
        known = label_of(cell)
        if known is None:
            yield from _within(cell, row)
        else:
            after = row.cells[at + 1].strip() if at + 1 < len(row.cells) else ""
            is_value = bool(after) and (known.label is Label.OTHER or label_of(after) is None)
            yield Pair(known=known, said=cell, value=after if is_value else "", words=row.text, block=row)
            at += is_value
        at += 1


def _of_line(block: Block, below: Block | None) -> Iterator[Pair]:
    whole = label_of(block.text)
    if whole is not None and block.kind is not BlockKind.ITEM:
        yield from _alone(whole, block, below)
        return
    found = list(_within(block.text, block))
    if block.kind is BlockKind.ITEM:
        # A list may be of anything: only a label with a date beside it counts.
        yield from (one for one in found if one.label in _BARE and not isinstance(read_phrase(one.value), NotADate))
    else:
        yield from found or _bare(block)


def _alone(known: Known, block: Block, below: Block | None) -> Iterator[Pair]:
    """A label that is a line of its own: its value is a date on the next line, or a blank where it is of a form."""
    if known.label in _BARE and below is not None and _is_date(below):
        yield Pair(known=known, said=block.text, value=below.text, words=below.text, block=below)
    elif _MARK.search(block.text) or _OF_A_FORM.search(block.text):
        yield Pair(known=known, said=block.text, value="", words=block.text, block=block)


def _is_date(block: Block) -> bool:
    """True for a line that is a date and nothing else."""
    is_value = not block.cells and len(block.text) < _LONGEST_LABEL and not block.text.endswith(".")
    return is_value and label_of(block.text) is None and isinstance(read_phrase(block.text), PolicyDate)


def _within(text: str, block: Block) -> Iterator[Pair]:
    """Labels with a colon or a line to write on within a text; each value reaches to the next label."""
    hits = list(_hits(text))
    for number, (start, end, known) in enumerate(hits):
        stop = hits[number + 1][0] if number + 1 < len(hits) else len(text)
        if sentence := _ENDS_VALUE.search(text, end, stop):
            stop = sentence.start()
        value = _TO_WRITE_ON.sub("", text[end:stop]).strip(" \t,;|(\u2013-")
        yield Pair(known=known, said=text[start:end], value=value, words=text[start:stop].strip(), block=block)


def _hits(text: str) -> Iterator[tuple[int, int, Known]]:
    """Where labels stand: at the beginning, behind a sign that parts, or with a capital letter behind another one."""
    last = 0
    for mark in _MARK.finditer(text):
        for start in _word_starts(text, max(last, mark.start() - _LONGEST_LABEL), mark.start()):
            said = text[start : mark.start()] if _may_begin(text, start, has_label=last > 0) else ""
            known = label_of(said) or (signature_of(said) if _A_LINE.match(text, mark.start()) else None)
            if known is not None:
                yield start, mark.start(), known
                last = mark.end()
                break
        if not last and mark.start() > _LONGEST_LABEL and len(text) > _SHORT:
            return


def _word_starts(text: str, begin: int, end: int) -> list[int]:
    """Where the last words before a mark begin, the first of them first."""
    return [word.start() for word in _WORD_START.finditer(text, begin, end)][-_MOST_WORDS:]


def _may_begin(text: str, start: int, *, has_label: bool) -> bool:
    before = text[:start].rstrip()[-1:]
    return not before or (len(text) <= _SHORT and (before in _BOUNDARY or (has_label and text[start].isupper())))


def _bare(block: Block) -> Iterator[Pair]:
    """`Next review September 2025`, `Approved by FGB 12.3.24`: a short line, or a part of one, that begins so."""
    if len(block.text) > _SHORT:
        return
    for segment in _SEGMENTS.split(block.text):
        words = segment.strip().rstrip(".")
        starts = [gap.start() for gap in re.finditer(r"\s", words)][:_MOST_WORDS]
        for end in reversed(starts):
            known, value = label_of(words[:end]), words[end:].strip()
            if known is not None and _fits(known, value):
                yield Pair(known=known, said=words[:end], value=value, words=segment.strip(), block=block, is_bare=True)
                break


def _fits(known: Known, value: str) -> bool:
    """True for a value that needs no colon to be seen as one."""
    if known.label in {Label.SIGNED, Label.APPROVED_BY}:
        return len(value.split()) <= _MOST_WORDS and (known.label is Label.APPROVED_BY or signer_in(value) is not None)
    if known.label in {Label.MINUTE_NUMBER, Label.VERSION}:
        return len(value) < 20 and any(letter.isdigit() for letter in value)
    phrase = read_phrase(value)
    doubt = getattr(phrase, "doubt", "")
    is_sure = not doubt or is_only_sooner(doubt)
    return known.label in _BARE and isinstance(phrase, PolicyDate | SeveralDates) and is_sure
