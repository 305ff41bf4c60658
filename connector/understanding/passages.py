"""What a policy says of acting at once, of records, indicators, the stages after a referral, and contacts. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import product

from connector.model.policy import Confidence, Finding, Presence
from connector.model.policy_text import Block, BlockKind
from connector.understanding.sentences import sentences_of

_STAGES = (
    "Early Help Assessment", "Strategy Meeting", "Strategy Discussion", "Initial Child Protection Conference",
    "Core Group",
)  # fmt: skip
_ESCALATES = re.compile(
    r"\bnot being acted upon\b|\byour responsibility to\b|\blegally bound\b|\bwithout delay\b"
    r"|\breferrals?\b.{0,200}\bmust\b|\bmust\b.{0,100}\brefer(?:red|ral)\b"
    r"|\b(?:shared?|report(?:ed)?|respond|inform(?:ed)?|told|tell|refer(?:red)?)\b.{0,100}"
    r"\b(?:immediately|straight away|at once)\b"
    r"|\b(?:call|dial|ring)\b.{0,20}\b999\b|\bconsultation will take place\b",
    re.IGNORECASE,
)
_RECORDS = re.compile(
    r"\b(?:will|must|should) be (?:\w+ ){0,2}(?:recorded|documented|logged)\b|\bsecurely stored\b|\bstored securely\b"
    r"|\brecords? (?:will|must|should)\b|\bkeep (?:\w+ )?(?:written )?records?\b",
    re.IGNORECASE,
)
_INDICATORS = re.compile(
    r"\b(?:indicators?|warning signs?|signs (?:and|or) symptoms|signs of|risk factors|vulnerability factors"
    r"|more vulnerable)\b",
    re.IGNORECASE,
)
_PHONE = re.compile(
    r"(?<![\d/.+-])(?:(?:\+44 ?(?:\(0\) ?)?|0)\d{2,4}[ -]?\d{3,4}[ -]?\d{3,4}|(?<=[Cc]all )\d{3}|(?<=[Dd]ial )\d{3}"
    r"|(?<=[Rr]ing )\d{3}|(?<=on )(?:101|999|111))(?![\d/])"
)
_MAIL = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,5}")
_LONGEST_ROW = 300
_PAGE = re.compile(r"(?:https?://|www\.)[^\s<>\"')]{1,300}[^\s<>\"').,;]")


def escalation_in(blocks: Sequence[Block]) -> tuple[Finding, ...]:
    """Sentences on acting at once and on whom to turn to."""
    return _sentences(blocks, _ESCALATES)


def records_in(blocks: Sequence[Block]) -> tuple[Finding, ...]:
    """Sentences on what is recorded and how it is kept."""
    return _sentences(blocks, _RECORDS)


def indicators_in(blocks: Sequence[Block]) -> tuple[Finding, ...]:
    """The items under a line or heading that speaks of indicators or of what makes a child more vulnerable."""
    found: list[Finding] = []
    is_under = False
    for block in blocks:
        if block.kind is not BlockKind.ITEM:
            leads = block.kind is BlockKind.HEADING or block.text.endswith((":", "\u2013", "-"))
            is_under = leads and _INDICATORS.search(block.text) is not None
        elif is_under:
            value = re.sub(r"[;,.]?(?: and| or)?[.;,]?$", "", block.text)
            found.append(_finding(value, block.text, block))
    return tuple(found)


def stages_in(blocks: Sequence[Block]) -> tuple[Finding, ...]:
    """The stages after a referral that the policy names, in their order."""
    found = []
    for stage in _STAGES:
        for block in blocks:
            if hit := re.search(re.escape(stage), block.text, re.IGNORECASE):
                found.append(_finding(stage, hit[0], block))
                break
    return tuple(found)


def contacts_in(blocks: Sequence[Block]) -> tuple[Finding, ...]:
    """Numbers, mail addresses and pages, each with the sentence, or the row, that says whom it reaches."""
    found: dict[str, Finding] = {}
    for block in blocks:
        # The cell of a number says nothing of whom it reaches: the cells beside it do.
        is_short_row = bool(block.cells) and len(block.text) <= _LONGEST_ROW
        told = (block.text,) if is_short_row else tuple(sentences_of(block))
        for pattern, said in product((_PHONE, _MAIL, _PAGE), told):
            for hit in pattern.finditer(said):
                found.setdefault(hit[0], _finding(hit[0], said, block))
    return tuple(found.values())


def _sentences(blocks: Sequence[Block], pattern: re.Pattern[str]) -> tuple[Finding, ...]:
    return tuple(
        _finding(said, said, block, Confidence.LIKELY)
        for block in blocks
        for said in sentences_of(block)
        if pattern.search(said)
    )


def _finding(value: str, words: str, block: Block, confidence: Confidence = Confidence.SURE) -> Finding:
    return Finding(presence=Presence.FOUND, value=value, words=words, place=block.place, confidence=confidence)
