"""The list of what a record must hold: items under a line, rows of a table, or a sentence that goes on and on. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile

from connector.model.policy import Confidence, Finding, Presence, RecordList
from connector.model.policy_text import Block, BlockKind
from connector.understanding.asks import fields_in, left_in
from connector.understanding.record_draft import Named, clauses_of, drafted
from connector.understanding.sentences import sentences_of

_RECORDS = re.compile(
    r"\b(?:record(?:s|ed|ing)?|log(?:s|ged)?|cause for concern|notes?|document(?:s|ed)?|writ(?:e|ten) down"
    r"|(?:written|concern|incident|accident) (?:account|report|note|form|statement)s?)\b",
    re.IGNORECASE,
)
_LEADS_ON = re.compile(
    r"\b(?:below|following|as follows|includ(?:e|es|ing)|contains?|containing|(?:should|must) (?:hold|state))\b"
    r"|[:\u2013-]\s*$|^what (?:\w+ ){1,3}record(?:ed)?$",
    re.IGNORECASE,
)
# What says that a list of what to record follows, whatever the items are; a record that is kept is none.
_WRITTEN = r"(?:record(?:ed)?|log(?:ged)?|documented|writ(?:e|ten) down)"
_ASKS_FOR_RECORD = re.compile(
    rf"\b(?:must|should|will|shall|please|to)\b.{{0,80}}\b{_WRITTEN}\b|^\W*(?:record|log|write down)\b(?! keeping)"
    r"|\b(?:records?|forms?|reports?|logs?|accounts?)\b.{0,80}"
    r"\b(?:includ|contain|hold|stat(?:e|ing)\b|giving\b|completed with\b)"
    r"|^what (?:\w+ ){1,3}record(?:ed)?$",
    re.IGNORECASE,
)
# Lists beside records: of registers, of who reads them, of what else staff do.
_OF_SOMETHING_ELSE = re.compile(
    r"\b(?:single central|registers?|attendance|complaints?|shared|returned|reviewed|stored|stages|responsible|retained"
    r"|know how|must also|cpoms)\b|^\d+\.? ",
    re.IGNORECASE,
)
_RUN_ON = re.compile(
    r"\b(?:includ(?:e|es|ing)|contains?|hold|states?|record|note):? (?:(?:all )?(?:the )?following[^:]{0,40}: )?"
    r"(?P<list>\S.*)",
    re.IGNORECASE,
)
# `a) who told you b) when`, and bullets that a format ran together.
_PARTS = re.compile(
    r"[,;] (?:and )?|(?<=\w) and (?=(?:the|who|what|any|how|when|where|your) )"
    r"|(?: and)? (?=\(?(?:[a-z]|[ivx]{1,4}|\d{1,2})\) )| ?[\u2022\u00b7\u25aa\u25cf\u25e6] ?"
)
_ENDS_AS_LEAD = re.compile(
    r"(?:[:\u2013-]|\b(?:following|below|as follows|includ(?:e|es|ing)|contains?))\W{0,3}$", re.IGNORECASE
)
_OF_A_FORM = re.compile(r":|_{2,}|\.{4,}")
# The head of a table of fields, over its first row.
_COLUMN = re.compile(
    r"(?:fields?|items?|information|details?|what|headings?|sections?|questions?|records?)\b.{0,40}", re.IGNORECASE
)
_FEWEST, _LONGEST_LEAD, _LONGEST_LINE, _LONGEST_SENTENCE = 3, 400, 100, 1500
_MOST_ITEMS = 200
# A list that is told is not drafted, so two items make one.
_FEWEST_TOLD = 2
NOT_UNDERSTOOD = "a list of what to record was seen here and not understood"
_ITEM = "an item of the list under \u201c{lead}\u201d ({place})"


@dataclass(frozen=True, slots=True)
class _List:
    """A list and what leads to it. `is_flat`: its bullets or their levels are lost, so its end is a guess."""

    lead: Block
    items: Sequence[Block]
    is_flat: bool = False


def record_list(blocks: Sequence[Block], named: Named) -> RecordList | None:
    """The list that asks for most, of those that are lists of a record's fields; None where the policy has none."""
    found = [one for number in range(len(blocks)) for one in _lists_at(blocks, number) if _is_of_a_record(one.items)]
    if not found:
        return None
    most = max(found, key=lambda one: _asked_by(one.items))
    return drafted(most.lead, most.items, named, has_end=not most.is_flat)


def lists_not_understood(blocks: Sequence[Block], record: RecordList | None) -> Iterator[Finding]:
    """Each line that asks for a record, with the items under it, where too few are known fields to draft one."""
    taken = {one.place for one in record.items} if record else set[str]()
    for number, lead in enumerate(blocks):
        if not _asks_for_record(lead):
            continue
        items = _list_after(lead, blocks[number + 1 : number + 1 + _MOST_ITEMS]).items
        is_known = _is_of_a_record(items) or any(one.place in taken for one in items)
        if len(items) >= _FEWEST_TOLD and not is_known:
            taken.update(one.place for one in items)
            yield _told(lead, NOT_UNDERSTOOD)
            # Rows, and lines without bullets, may be of anything: the line before them is told alone.
            listed = takewhile(lambda one: one.kind is BlockKind.ITEM, items)
            yield from (_told(one, _ITEM.format(lead=lead.text, place=lead.place)) for one in listed)


def _asks_for_record(lead: Block) -> bool:
    is_line = lead.kind is not BlockKind.ROW and len(lead.text) <= _LONGEST_LEAD
    is_asked = is_line and bool(_ASKS_FOR_RECORD.search(lead.text) and _LEADS_ON.search(lead.text))
    return is_asked and not _OF_SOMETHING_ELSE.search(lead.text)


def _told(block: Block, note: str) -> Finding:
    return Finding(
        presence=Presence.FOUND, value=block.text, words=block.text, place=block.place,
        confidence=Confidence.DOUBTFUL, note=note,
    )  # fmt: skip


def _asked_by(items: Sequence[Block]) -> int:
    """How many fields the items ask for."""
    return len({field for item in items for clause in clauses_of(item) for field in fields_in(clause)})


def _lists_at(blocks: Sequence[Block], number: int) -> Iterator[_List]:
    """The list that the block leads to, and those that its sentences hold."""
    lead = blocks[number]
    is_short = len(lead.text) <= _LONGEST_LEAD
    if is_short and _RECORDS.search(lead.text) and (lead.kind is BlockKind.HEADING or _LEADS_ON.search(lead.text)):
        yield _list_after(lead, blocks[number + 1 : number + 1 + _MOST_ITEMS])
    if lead.kind is BlockKind.ROW:
        return
    for sentence in sentences_of(lead):
        run_on = _RUN_ON.search(sentence) if len(sentence) <= _LONGEST_SENTENCE and _RECORDS.search(sentence) else None
        if run_on:
            parts = [part.strip() for part in _PARTS.split(run_on["list"].rstrip("."))]
            said = (part for number, part in enumerate(parts) if part and (number or not part.endswith(":")))
            yield _List(lead, tuple(Block(kind=BlockKind.ITEM, text=part, place=lead.place) for part in said))


def _list_after(lead: Block, rest: Sequence[Block]) -> _List:
    """What stands under that line: under an item the deeper ones, else the list, table or short lines that follow."""
    if lead.kind is BlockKind.ITEM:
        deeper = tuple(takewhile(lambda one: one.kind is BlockKind.ITEM and one.level > lead.level, rest))
        if deeper or not _leads_on(lead):
            return _List(lead, deeper)
        beside = takewhile(lambda one: one.kind is BlockKind.ITEM and not _leads_on(one), rest)
        return _List(lead, _understood(tuple(beside)), is_flat=True)
    if rest and rest[0].kind is BlockKind.ROW:
        rows = tuple(takewhile(lambda one: one.kind is BlockKind.ROW, rest))
        is_head = _COLUMN.fullmatch(rows[0].cells[0]) is not None and not fields_in(rows[0].cells[0])
        return _List(lead, rows[1:] if is_head else rows)
    if rest and rest[0].kind is BlockKind.ITEM:
        return _List(lead, tuple(takewhile(lambda one: one.kind is BlockKind.ITEM or _is_lost_item(one), rest)))
    if not _leads_on(lead):
        return _List(lead, ())
    lines = tuple(takewhile(lambda one: _is_short_line(one) and not _leads_on(one), rest))
    # Lone lines of a text file are headings, and so is the line after the last of them that is none of the list.
    return _List(lead, _understood(lines) if lines and lines[-1].kind is BlockKind.HEADING else lines, is_flat=True)


def _leads_on(block: Block) -> bool:
    """True for a line that ends as one does before a list of what a record holds."""
    is_short = len(block.text) <= _LONGEST_LEAD
    return is_short and bool(_ENDS_AS_LEAD.search(block.text) and _RECORDS.search(block.text))


def _understood(items: Sequence[Block]) -> Sequence[Block]:
    """The items up to the last that asks for a field: nothing but its words says that an item is of the list."""
    return items[: max((at + 1 for at, one in enumerate(items) if _asked_by((one,))), default=0)]


def _is_short_line(block: Block) -> bool:
    """True for an item of a list whose bullets were lost on the way."""
    if block.kind is BlockKind.HEADING:
        return block.level == 0 and len(block.text) <= _LONGEST_LINE and not _OF_A_FORM.search(block.text)
    is_line = block.kind is BlockKind.PARAGRAPH and len(block.text) <= _LONGEST_LINE
    return is_line and (not block.text.endswith((".", ":")) or _is_lost_item(block))


def _is_lost_item(block: Block) -> bool:
    """True for a short line that asks for a field and says no more; not for a line to write on, or a sentence."""
    is_line = block.kind is BlockKind.PARAGRAPH and len(block.text) <= _LONGEST_LINE
    if not is_line or _OF_A_FORM.search(block.text):
        return False
    return bool(fields_in(block.text)) and not left_in(block.text)


def _is_of_a_record(items: Sequence[Block]) -> bool:
    known = sum(any(map(fields_in, clauses_of(item))) for item in items)
    return len(items) >= _FEWEST and 2 * known >= len(items)
