"""The list of what a record must hold: items under a line, rows of a table, or a sentence that goes on and on. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import takewhile

from connector.model.policy import RecordList
from connector.model.policy_text import Block, BlockKind
from connector.understanding.asks import fields_in
from connector.understanding.record_draft import Named, clauses_of, drafted
from connector.understanding.sentences import sentences_of

_RECORDS = re.compile(
    r"\b(?:record(?:s|ed|ing)?|log(?:s|ged)?|(?:written|concern|incident) (?:account|report|note|form|statement)s?"
    r"|cause for concern|notes?|document(?:s|ed)?)\b",
    re.IGNORECASE,
)
_LEADS_ON = re.compile(
    r"\b(?:below|following|as follows|includ(?:e|es|ing)|contains?|containing|(?:should|must) (?:hold|state))\b"
    r"|[:\u2013-]\s*$",
    re.IGNORECASE,
)
_RUN_ON = re.compile(r"\b(?:includ(?:e|es|ing)|contains?|hold|states?|record|note):? (?P<list>\S.*)", re.IGNORECASE)
_PARTS = re.compile(r"[,;] (?:and )?|(?<=\w) and (?=(?:the|who|what|any|how|when|where|your) )")
# The head of a table of fields, over its first row.
_COLUMN = re.compile(
    r"(?:fields?|items?|information|details?|what|headings?|sections?|questions?|records?)\b.{0,40}", re.IGNORECASE
)
_FEWEST, _LONGEST_LEAD, _LONGEST_LINE, _LONGEST_SENTENCE = 3, 400, 100, 1500


def record_list(blocks: Sequence[Block], named: Named) -> RecordList | None:
    """The list that asks for most, of those that are lists of a record's fields; None where the policy has none."""
    found = [one for number in range(len(blocks)) for one in _lists_at(blocks, number) if _is_of_a_record(one[1])]
    if not found:
        return None
    lead, items = max(found, key=lambda one: _asked_by(one[1]))
    return drafted(lead, items, named)


def _asked_by(items: Sequence[Block]) -> int:
    """How many fields the items ask for."""
    return len({field for item in items for clause in clauses_of(item) for field in fields_in(clause)})


def _lists_at(blocks: Sequence[Block], number: int) -> Iterator[tuple[Block, tuple[Block, ...]]]:
    """The list that the block leads to, and those that its sentences hold."""
    lead = blocks[number]
    is_short = len(lead.text) <= _LONGEST_LEAD
    if is_short and _RECORDS.search(lead.text) and (lead.kind is BlockKind.HEADING or _LEADS_ON.search(lead.text)):
        yield lead, _items_after(blocks, number)
    if lead.kind is BlockKind.ROW:
        return
    for sentence in sentences_of(lead):
        run_on = _RUN_ON.search(sentence) if len(sentence) <= _LONGEST_SENTENCE and _RECORDS.search(sentence) else None
        if run_on:
            parts = (part.strip() for part in _PARTS.split(run_on["list"].rstrip(".")))
            yield lead, tuple(Block(kind=BlockKind.ITEM, text=part, place=lead.place) for part in parts if part)


def _items_after(blocks: Sequence[Block], number: int) -> tuple[Block, ...]:
    """What stands under that line: under an item the deeper ones, else the list, table or short lines that follow."""
    lead, rest = blocks[number], blocks[number + 1 :]
    if lead.kind is BlockKind.ITEM:
        return tuple(takewhile(lambda one: one.kind is BlockKind.ITEM and one.level > lead.level, rest))
    if rest and rest[0].kind is BlockKind.ROW:
        rows = tuple(takewhile(lambda one: one.kind is BlockKind.ROW, rest))
        is_head = _COLUMN.fullmatch(rows[0].cells[0]) is not None and not fields_in(rows[0].cells[0])
        return rows[1:] if is_head else rows
    if rest and rest[0].kind is BlockKind.ITEM:
        return tuple(takewhile(lambda one: one.kind is BlockKind.ITEM, rest))
    return tuple(takewhile(_is_short_line, rest)) if lead.text.endswith(":") else ()


def _is_short_line(block: Block) -> bool:
    """True for an item of a list whose bullets were lost on the way."""
    is_line = block.kind is BlockKind.PARAGRAPH and len(block.text) <= _LONGEST_LINE
    return is_line and not block.text.endswith((".", ":"))


def _is_of_a_record(items: Sequence[Block]) -> bool:
    known = sum(any(map(fields_in, clauses_of(item))) for item in items)
    return len(items) >= _FEWEST and 2 * known >= len(items)
