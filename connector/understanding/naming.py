"""What a policy is called, which number it has and whose it is, by the lines at its beginning and its end. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice

from connector.model.policy import ABSENT, Confidence, Finding, Presence
from connector.model.policy_text import Block, BlockKind
from connector.understanding.setting_said import SETTING, is_setting, setting_said

_FIRST, _LAST, _LONGEST = 12, 4, 140
_KIND = r"(?:policy|policies|procedures?|statement|guidelines|code of conduct)"
_YEARS = r"(?:19|20)\d\d(?:\s*[-\u2013/]\s*(?:(?:19|20)?\d\d))?"
_DAY = r"\d{1,2}[./]\d{1,2}[./]\d{2,4}"
_AT_THE_END = rf"version [\d.]+|v[\d.]+|(?:[A-Za-z]{{3,9}}\.?\s+)?{_YEARS}|{_DAY}"
_WHEN = rf"(?:\s*[-\u2013,:|(]?\s*(?:{_AT_THE_END})\)?)?"
_BRACKETED = r"(?:\s\([\w &]{1,30}\))?"
_CALLED = rf"\S(?:.{{0,100}}\s)?{_KIND}(?:\s(?:and|&)\s{_KIND})?{_BRACKETED}|policy (?:for|on|of)\s.{{3,80}}?"
_TITLE = re.compile(rf"(?P<number>\d+(?:\.\d+)*[a-z]?\.?)?\s*(?P<title>{_CALLED}){_WHEN}", re.IGNORECASE)
# `1.4 Uncollected children`: in a numbered set of policies a title may do without the word.
_NUMBERED = re.compile(r"(?P<number>\d{1,2}\.\d{1,2}[a-z]?\.?)\s+(?P<title>[A-Z][^.:;]{3,80})")
_FIRST_LINES = 3
# A header, a logo's line and the setting's name may stand before the title.
_TOP = 5
# Headings within a policy, and sentences, which end in the same words.
_NO_TITLE = re.compile(
    r"(?:our |general |the )?(?:policy(?: statement| aims?)?|statement|procedures?|guidelines|policies)"
    r"|.*\b(?:this|these|following|related|linked|other|relevant)\b.*"
    r"|(?:aims?|purpose|scope|introduction|review|monitoring|objectives|see|read|status|approval)\b.*"
    r"|(?:equality |mission |vision |privacy )?statement\b.*",
    re.IGNORECASE,
)


def title_in(blocks: Sequence[Block]) -> tuple[Finding, Finding]:
    """The title and the number before it: the first line that is called a policy, a procedure or a statement.

    A heading at the top of the text counts before a running header.
    """
    titles = _titles(blocks)
    if (first := next(titles, None)) is not None:
        is_running = _is_running(first[0], first[1])
        at_the_top = next((one for one in titles if _is_at_the_top(one[0], blocks)), None) if is_running else None
        block, line, title = at_the_top or first
        number = _found(title["number"].rstrip("."), line, block) if title["number"] else ABSENT
        return _found(title["title"].strip(" :\u2013-"), line, block), number
    for block, line in islice(_lines(blocks), _FIRST_LINES):
        if (hit := _NUMBERED.fullmatch(line)) and not _NO_TITLE.fullmatch(hit["title"]):
            likely = replace(_found(hit["title"], line, block), confidence=Confidence.LIKELY)
            return likely, _found(hit["number"].rstrip("."), line, block)
    return ABSENT, ABSENT


def _titles(blocks: Sequence[Block]) -> Iterator[tuple[Block, str, re.Match[str]]]:
    for block, line in _lines(blocks):
        hit = _TITLE.fullmatch(line)
        if hit is not None and not _NO_TITLE.fullmatch(hit["title"]):
            yield block, line, hit


def _is_running(block: Block, line: str) -> bool:
    """True for a header or footer, and for a part of a line, as a header that a format ran into the text."""
    return block.place.startswith(("header", "footer")) or (line != block.text and block.kind is BlockKind.PARAGRAPH)


def _is_at_the_top(block: Block, blocks: Sequence[Block]) -> bool:
    is_first_rank = block.kind is BlockKind.HEADING and block.level <= 1
    return is_first_rank and any(block is one for one in blocks[:_TOP])


def setting_in(blocks: Sequence[Block], title: Finding) -> Finding:
    """The school's or nursery's name: a line of its own, the beginning of the title, or a sentence."""
    for block, line in _lines(blocks):
        hit = SETTING.fullmatch(line)
        if hit and is_setting(hit["name"]):
            return _found(hit["name"], line, block)
    return _in_title(title) or setting_said(blocks) or ABSENT


def _lines(blocks: Sequence[Block]) -> Iterator[tuple[Block, str]]:
    """The short lines at both ends, and those of headers and footers, each in its parts."""
    for number, block in enumerate(blocks):
        is_edge = number < _FIRST or number >= len(blocks) - _LAST or block.place.startswith(("header", "footer"))
        if is_edge and block.kind is not BlockKind.ITEM and len(block.text) <= _LONGEST:
            parts = block.cells or re.split(r"\s+[|\u2022\u2013\u2014]\s+|\s-\s", block.text)
            yield from ((block, part.strip()) for part in (block.text, *parts) if part.strip())


def _in_title(title: Finding) -> Finding | None:
    hit = SETTING.match(title.value)
    if hit is None or not is_setting(hit["name"]):
        return None
    return Finding(
        presence=Presence.FOUND, value=hit["name"], words=hit["name"], place=title.place, confidence=Confidence.LIKELY
    )


def _found(value: str, words: str, block: Block) -> Finding:
    return Finding(presence=Presence.FOUND, value=value, words=words, place=block.place)
