"""The texts that a policy cites, with their editions. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from connector.model.guidance import Editions, Guidance
from connector.model.policy import Citation, Confidence, Finding, Presence
from connector.model.policy_text import Block

Span = tuple[int, int]

_YEAR = r"(?:19|20)\d\d"
_EDITION = rf"(?P<edition>(?:[A-Z][a-z]{{2,8}}\.? )?{_YEAR})(?!\d)"
# Between a title and its edition there may be a subtitle, and who published it.
_SUBTITLE, _PUBLISHER = r"(?:: [^()\u2018\u2019'\".;]{3,60})?", r"(?:[\s,:(\u2013-]*(?:DfE|HM Government|KCSi?E)\)?)?"
_BEHIND = rf"[\u2019'\u201d\"]?{_SUBTITLE}{_PUBLISHER}[\s,:(\u2013-]*{_EDITION}"
_WORD = r"[A-Z][\w'\u2019-]{0,30}"
_LINK = r"(?:of|and|the|for|in|to|on|with)"
_QUOTED = re.compile(
    r"[\u2018'\u201c\"](?P<title>[A-Z][^\u2018\u201c\"]{5,140}?)\s*\(" + _EDITION + r"\)\s*[\u2019'\u201d\"]"
)
_ACT = re.compile(
    rf"\b(?P<title>(?:{_WORD}(?: {_LINK})? ){{1,7}}Act)s? (?P<edition>{_YEAR})(?: and (?P<more>{_YEAR}))?\b"
)
_REPORT = re.compile(rf"\((?P<title>[^():]{{3,60}}: [^():]{{3,80}}) (?P<edition>{_YEAR})\)")
_TITLED = re.compile(rf"\b(?P<title>{_WORD}(?: (?:{_LINK} ){{0,2}}{_WORD}){{2,10}}) \((?:DfE,? )?{_EDITION}\)")
# `Prevent duty guidance: England and Wales (2023)`
_GUIDANCE = re.compile(
    rf"\b(?P<title>{_WORD}(?: (?:{_LINK}|duty|statutory|{_WORD})){{1,6}} [Gg]uidance"
    r"(?:(?:: | for )England(?: and Wales)?)?)"
    rf"[\s,(]{{1,3}}{_EDITION}"
)
_DEFINES = re.compile(r"\bThe (?P<title>(?:National|NWG)[\w ]{3,80}?) defines\b")
_OPENERS = frozenset({"the", "under", "see", "in", "by", "with", "and", "from", "our", "this", "section"})
# A shorter name is of ordinary words ("working together"): it counts with its year only.
_TELLING = 4


def citations_in(blocks: Sequence[Block], editions: Editions) -> tuple[Citation, ...]:
    """Each cited text once for each edition, in its first place; without an edition only where none is given at all."""
    known = [(text, pattern) for text in editions.texts for pattern in _patterns(text)]
    found: dict[tuple[str, int], Citation] = {}
    for block in blocks:
        for citation in _in_block(block, known):
            found.setdefault((citation.key or citation.title.casefold(), citation.year), citation)
    dated = {name for name, year in found if year}
    return tuple(citation for (name, year), citation in found.items() if year or name not in dated)


def _patterns(text: Guidance) -> Iterator[re.Pattern[str]]:
    """Its title in any case, its other names as they are written; a short one of ordinary words with its year only."""
    for name in sorted((text.title, *text.also_known_as), key=len, reverse=True):
        words = name.split()
        plain = r"\s+".join(re.escape(word).replace("'", "['\u2019]").replace(":", ":?") for word in words)
        needs_year = 1 < len(words) < _TELLING
        is_any_case = len(words) >= _TELLING
        yield re.compile(rf"(?<!\w){plain}(?!\w)(?:{_BEHIND}){'' if needs_year else '?'}", re.IGNORECASE * is_any_case)


def _in_block(block: Block, known: Sequence[tuple[Guidance, re.Pattern[str]]]) -> Iterator[Citation]:
    taken: list[Span] = []
    for text, pattern in known:
        for hit in _free(pattern, block.text, taken):
            yield _citation(text.title, hit["edition"] or "", hit[0], block, text.key)
    for hit in _DEFINES.finditer(block.text):
        yield _citation(f"{hit['title']}: its definition", "", hit[0], block)
    for pattern in (_QUOTED, _ACT, _REPORT, _TITLED, _GUIDANCE):
        for hit in _free(pattern, block.text, taken):
            title = _without_opening(hit["title"].strip(" ,"))
            years = (hit["edition"], hit.groupdict().get("more"))
            yield from (_citation(title, year, hit[0], block) for year in years if year)


def _free(pattern: re.Pattern[str], text: str, taken: list[Span]) -> Iterator[re.Match[str]]:
    """The hits that lie over no earlier one."""
    for hit in pattern.finditer(text):
        if not any(start < hit.end() and hit.start() < end for start, end in taken):
            taken.append(hit.span())
            yield hit


def _without_opening(title: str) -> str:
    words = title.split()
    while len(words) > 2 and words[0].casefold() in _OPENERS:
        words = words[1:]
    return " ".join(words)


def _citation(title: str, edition: str, words: str, block: Block, key: str = "") -> Citation:
    year = re.search(_YEAR, edition)
    finding = Finding(
        presence=Presence.FOUND, value=f"{title} {edition}".strip(), words=words, place=block.place,
        confidence=Confidence.SURE if edition else Confidence.LIKELY,
    )  # fmt: skip
    return Citation(title=title, edition=edition, year=int(year[0]) if year else 0, key=key, finding=finding)
