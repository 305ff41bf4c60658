"""What may mean the beginning of a time and not its end: `early 2025`, `start of the autumn term 2026`. Pure."""

from __future__ import annotations

import re

from connector.model.policy_dates import Cycle, Phrase, PolicyDate, Precision, YearlessTerm

_WORDS = r"(?:early|mid|middle|start|beginning)"
_SMALL = r"(?:in|of|on|the|during|our|new|school|academic|calendar|year|term)"
_BEFORE = re.compile(rf"(?<![\w-]){_WORDS}(?:[ -]{{1,3}}{_SMALL}){{0,6}}[ ,-]{{1,3}}$")
_WITHIN = re.compile(rf"\b{_WORDS}\b")
_LONGEST = 60
_SOONER = "may mean sooner than its end."


def sooner_from(plain: str, after: int, start: int, phrase: Phrase) -> int:
    """Where `early` or `start of the` begins before a phrase that stands there; its own start where they do not.

    Of a day there is no beginning that matters, and of a cycle only where it names its term.
    """
    match phrase:
        case PolicyDate(precision=Precision.DAY):
            return start
        case Cycle(season=None) if not plain.startswith(("each", "every"), start):
            return start
        case PolicyDate() | Cycle() | YearlessTerm():
            begin = max(after, start - _LONGEST)
            hit = _BEFORE.search(plain[begin:start])
            return begin + hit.start() if hit else start
        case _:
            return start


def sooner_in(plain: str) -> int | None:
    """Where in these words one stands that may mean the beginning; None where none does."""
    hit = _WITHIN.search(plain)
    return hit.start() if hit else None


def without_sooner(words: str) -> str:
    """The words but for those that may mean the beginning of something."""
    return " ".join(_WITHIN.sub(" ", words).split())


def is_sooner(plain: str) -> bool:
    """True for words that begin so."""
    return _WITHIN.match(plain) is not None


def doubt_of(said: str) -> str:
    """What such words leave open."""
    return f"\u201c{said}\u201d {_SOONER}"


def is_only_sooner(doubt: str) -> bool:
    """True for that doubt and no other."""
    return doubt.endswith(_SOONER)
