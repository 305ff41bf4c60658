"""What people write when they have nothing to write, and how words are compared."""

from __future__ import annotations

import re
import unicodedata

_STRAIGHT = str.maketrans({"\u2018": "'", "\u2019": "'", "\u201c": '"', "\u201d": '"', "\u2013": "-", "\u2014": "-"})
_EMPTY = frozenset(
    "- -- --- . .. ... ? ?? ??? x tbc tba dk idk unknown unsure pass "
    "n/a na n.a. n.a none nil nothing no blank".split()
) | {
    "dont know", "don't know", "do not know", "not known", "not sure", "no idea", "not given", "not applicable",
    "im not sure", "i'm not sure", "i dont know", "i don't know", "will find out", "to follow",
}  # fmt: skip
_NONE = re.compile(
    r"^(none|no|nil|nothing|n/?a|not applicable|no ?one|nobody|not (seen|spoken|said|any)|did ?n[o']?t (say|speak)"
    r"|child (was )?(absent|silent)|said nothing|no (marks?|injur\w+|words?|others?))\b"
)
_POINTS_ELSEWHERE = re.compile(r"^\(?(see|as) (above|below|before|over|attached|previous\w*)\W*$")
_NOBODY = re.compile(r"^(no ?one|nobody|not yet|none|no|not sure|unsure|don'?t know|n/?a|-+|\?+)\b")


def plain(text: str) -> str:
    """The words for comparing only: NFC, straight quotes, one space, no case. Never for filing."""
    if text.isascii():
        return " ".join(text.casefold().split())
    return " ".join(unicodedata.normalize("NFC", text).translate(_STRAIGHT).casefold().split())


def answers_nothing(text: str) -> bool:
    """True for a blank, a dash, a question mark, `n/a`, `dont know` and their like."""
    bare = plain(text)
    return not bare.strip(" .,;:!-_*/\\?") or bare in _EMPTY or bare.rstrip(".!?") in _EMPTY


def says_none(text: str) -> bool:
    """True for an answer that says there was nothing: `none seen`, `n/a child absent`, `not spoken`."""
    return bool(_NONE.match(plain(text)))


def says_nobody(text: str) -> bool:
    """True where somebody was asked for and nobody is named: `nobody yet`, `not sure who`, `-`."""
    return not text.strip() or bool(_NOBODY.match(plain(text)))


def points_elsewhere(text: str) -> bool:
    """True for `see above` and its like: an answer that stands somewhere else."""
    return bool(_POINTS_ELSEWHERE.match(plain(text)))
