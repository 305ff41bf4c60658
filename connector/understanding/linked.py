"""The other policies that a policy names to be read beside it. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import takewhile

from connector.model.policy import Confidence, Finding, Presence
from connector.model.policy_text import Block, BlockKind

_WORD = r"[A-Z][\w\u2019'&/-]{0,30}"
# `our Safeguarding and Child Protection Policies`, `a robust E-Safety policy`.
_NAMED = re.compile(
    rf"(?<![\w\u2019'-])(?P<names>{_WORD}(?:(?:,| and| &|, and| of)? {_WORD}){{0,8}})"
    r" [Pp]olic(?:y|ies)\b(?: and Procedures)?"
)
_LEAD = re.compile(
    r"\b(?:linked|related|associated|other relevant) (?:\w+ )?(?:policies|documents)\b"
    r"|\bread (?:and followed )?(?:alongside|in conjunction with|together with|with)\b"
    r"|\blinks? (?:to|with) other policies\b",
    re.IGNORECASE,
)
_ENDS = re.compile(r"\s+(?:polic(?:y|ies)|procedures?)(?: and procedures?)?$", re.IGNORECASE)
_OPENING = frozenset("the this our all each these as at in see a an see any other their and for under".split())
_NO_POLICY = frozenset(
    "policy policies school nursery setting statement governors headteacher document review date approved related "
    "linked associated government local authority trust model previous current".split()
)
_LONGEST = 80


def linked_in(
    blocks: Sequence[Block], under_label: Sequence[Finding], own_title: str, setting: str
) -> tuple[Finding, ...]:
    """Each policy that is named beside this one, once."""
    found: dict[str, Finding] = {}
    own = set(_key(own_title).split())
    for name, finding in (*_labelled(under_label), *_listed(blocks), *_named(blocks, setting)):
        key = _key(name)
        if key and not own.issuperset(key.split()) and not _NO_POLICY.issuperset(key.split()):
            found.setdefault(key, finding)
    return tuple(found.values())


def _labelled(under_label: Sequence[Finding]) -> Iterator[tuple[str, Finding]]:
    for one in under_label:
        for name in _split(one.value, r"[,;\u2022]\s*"):
            yield name, Finding(presence=Presence.FOUND, value=name, words=one.words, place=one.place)


def _listed(blocks: Sequence[Block]) -> Iterator[tuple[str, Finding]]:
    """The short items under a line that says that they are linked policies."""
    for number, block in enumerate(blocks):
        if len(block.text) <= 3 * _LONGEST and _LEAD.search(block.text):
            items = takewhile(lambda one: one.kind is BlockKind.ITEM, blocks[number + 1 :])
            for item in items:
                if len(item.text) <= _LONGEST:
                    name = _ENDS.sub("", item.text.rstrip(".;, "))
                    yield name, _finding(name, item.text, item, Confidence.SURE)


def _named(blocks: Sequence[Block], setting: str) -> Iterator[tuple[str, Finding]]:
    """Names with capital letters before `Policy`."""
    for block in blocks:
        for hit in _NAMED.finditer(block.text) if block.kind is not BlockKind.ROW else ():
            names = hit["names"].replace(setting, " ") if setting else hit["names"]
            for name in _split(names, r"(?:,| and| &)\s"):
                yield name, _finding(name, hit[0], block, Confidence.LIKELY)


def _split(names: str, by: str) -> Iterator[str]:
    for part in re.split(by, names):
        words = _ENDS.sub("", part.strip(" .;,")).split()
        while words and words[0].casefold() in _OPENING:
            words = words[1:]
        if words:
            yield " ".join(words)


def _key(name: str) -> str:
    return " ".join(re.sub(r"[^\w'\u2019-]+", " ", name.casefold().replace("&", " and ")).split())


def _finding(value: str, words: str, block: Block, confidence: Confidence) -> Finding:
    return Finding(presence=Presence.FOUND, value=value, words=words, place=block.place, confidence=confidence)
