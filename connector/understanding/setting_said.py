"""A school's or nursery's name where only a sentence says it: `At Little Acorns Pre-school we listen`. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from connector.model.policy import Confidence, Finding, Presence
from connector.model.policy_text import Block
from connector.understanding.settling import one_of

_SORT = (
    r"(?:school|nursery|academy|pre-?school|playgroup|college|kindergarten|federation|day ?care|childcare"
    r"|children's centre)"
)
_NAME = r"[A-Z0-9][\w'\u2019.&-]{0,30}"
_PART = rf"(?:{_NAME}|of|and|the|for|&|\(\w{{1,6}}\))"
# A name that ends with the sort of setting that it is.
SETTING = re.compile(
    rf"(?P<name>(?:[Tt]he )?{_NAME}(?: {_PART}){{0,9}}? (?i:{_SORT})(?: (?i:{_SORT}|ltd|trust)){{0,3}})(?!\w)"
)
_NO_SETTING = re.compile(
    r"(?:the|our|this|all|each|every|a|your) \w{0,12}|(?:[a-z]+ )?(?:early years|key stage).*", re.IGNORECASE
)
_WE = r",? (?:we|it is|our)\b"
_BODY = (
    r"(?:govern(?:ors|ing (?:body|board))|trustees|directors|management(?: (?:committee|team))?|managers?|committee"
    r"|owners?|proprietors?)"
)
_HOLDS = (
    r"(?:(?:fully|strongly|firmly|is|therefore) ){0,2}(?:recogni[sz]es?|believes?|committed to|dedicated to"
    r"|aims? to|acknowledges?|understands?|takes? (?:its|our|very)|has (?:a duty|a responsibility|adopted|a zero))\b"
)
_SAID = tuple(
    re.compile(pattern)
    for pattern in (
        rf"\badopted by (?:the )?{SETTING.pattern}",
        rf"\b(?i:{_BODY}) (?:of|at) (?:the )?{SETTING.pattern}",
        rf"\b(?:[Aa]t|[Ww]ithin) (?:the )?{SETTING.pattern}{_WE}",
        rf"\b[Aa]ll (?:the )?staff (?:at|of|in) (?:the )?{SETTING.pattern}",
        rf"(?:^|(?<=[.!?]\s)){SETTING.pattern} (?:{_HOLDS}|\([\"'\u201c\u2018]?(?:the|we)\b)",
    )
)
# Without its sort a name is one only where the setting speaks: `At The Rocking Horse we`.
_SPEAKS = re.compile(rf"\b[Aa]t (?:[Tt]he )?(?P<name>{_NAME}(?: (?:of |and |the )?{_NAME}){{1,5}}){_WE}")
_NO_PLACE = re.compile(r".* (?:time|club|day|week|term|break|lunch|play|hours|assembly|meetings?)", re.IGNORECASE)
# Words that with a sort of setting make a sort again, and no name: `the local primary school`.
_NOT_ITS_OWN = frozenset(
    "the our this all each every a an any your no some other another previous new next primary infant junior secondary "
    "early years year reception key stage group local whole special state maintained independent first middle high "
    "forest sunday boarding church village community trust of and for governors governor governing body "
    "board trustees staff parents children pupils head heads headteacher headteachers manager chair owner leadership "
    "management foundation within at".split()
)
_BODY_FIRST = re.compile(
    r"(?:the )?(?:governors|governing (?:body|board)|board|trustees|staff|parents|children|pupils|head(?:teacher)?"
    r"|manager|chair|owner|leadership|management)\b.* of\b",
    re.IGNORECASE,
)
_SORTS = re.compile(rf"\b(?:{_SORT}|ltd)\b", re.IGNORECASE)
_ENDS_WITHIN = re.compile(r"(?<!\bSt)(?<!\b[A-Z])\.\s")


def is_setting(name: str) -> bool:
    """False for `The Nursery`, `Our School` and `Early Years Setting`, which are nobody's name."""
    return _NO_SETTING.fullmatch(name) is None


def setting_said(blocks: Sequence[Block]) -> Finding | None:
    """The name as likely, from the first sentence that has one; where another has another, as a doubt that says so."""
    found = list(_names_in(blocks))
    if not found:
        return None
    first = _key(found[0])
    return one_of([found[0], *(one for one in found[1:] if first not in _key(one) and _key(one) not in first)])


def _names_in(blocks: Sequence[Block]) -> Iterator[Finding]:
    """Every name with its sort; of those without, which may be of anything, the first."""
    has_spoken = False
    for block in blocks:
        yield from _with_sort(block)
        spoken = None if has_spoken else next(_that_speaks(block), None)
        if spoken is not None:
            has_spoken = True
            yield spoken


def _with_sort(block: Block) -> Iterator[Finding]:
    hits = [hit for pattern in _SAID for hit in pattern.finditer(block.text) if _is_own(hit["name"])]
    yield from (_likely(hit, block) for hit in sorted(hits, key=lambda one: one.start()))


def _that_speaks(block: Block) -> Iterator[Finding]:
    for hit in _SPEAKS.finditer(block.text):
        if _is_own(hit["name"]) and not _NO_PLACE.fullmatch(hit["name"]):
            yield _likely(hit, block)


def _is_own(name: str) -> bool:
    """True where more than the sort of setting is said, within one sentence."""
    words = re.findall(r"[\w'\u2019-]+", _SORTS.sub(" ", name.casefold()))
    is_body = _BODY_FIRST.match(name) is not None
    return is_setting(name) and not is_body and not _NOT_ITS_OWN.issuperset(words) and not _ENDS_WITHIN.search(name)


def _likely(hit: re.Match[str], block: Block) -> Finding:
    name = f"The {hit['name']}" if f"The {hit['name']}" in hit[0] else hit["name"]
    return Finding(presence=Presence.FOUND, value=name, words=hit[0], place=block.place, confidence=Confidence.LIKELY)


def _key(found: Finding) -> str:
    return " ".join(found.value.casefold().replace("\u2019", "'").split()).removeprefix("the ")
