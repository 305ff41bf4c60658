"""What people write when they have nothing to write, and how words are compared."""

from __future__ import annotations

import re
import unicodedata

_PIECE = 1_000
_STRAIGHT = str.maketrans({"\u2018": "'", "\u2019": "'", "\u201c": '"', "\u201d": '"', "\u2013": "-", "\u2014": "-"})
_EMPTY = frozenset(
    "- -- --- . .. ... ? ?? ??? x tbc tba dk idk unknown unsure pass "
    "n/a na n.a. n.a none nil nothing no blank".split()
) | {
    "dont know", "don't know", "do not know", "not known", "not sure", "no idea", "not given", "not applicable",
    "im not sure", "i'm not sure", "i dont know", "i don't know", "will find out", "to follow",
}  # fmt: skip
# The whole answer says that there was nothing; whatever follows these words may say otherwise.
_NONE = re.compile(
    r"(none|no|nil|nothing|not applicable|n\.?/?a\.?|no ?one|nobody|not (seen|spoken|said|any)|said nothing"
    r"|no (visible |obvious |other )*(marks?|injur\w+|bruis\w+|words?|others?|witness\w*)( or \w+)?"
    r"|(child |he |she |they )?(did ?n'?t|did not) (say|speak)( anything)?|child (was )?(absent|silent))"
    r"( else)?( (was |were )?(seen|noticed|visible|found|observed|present|there|said|spoken))*"
    r"( (at all|today|at the time|in the (corner|room)|that i (saw|could see|know of)))*"
    r"([ ,;:(\-]+(child|he|she|they)( (is|was|were))? (absent|away|silent|asleep|not here|not in)\)?)?"
)
_TURNS = re.compile(r"\b(but|except|apart|other than|until|only|just|though|however|then)\b|\?")
_POINTS_ELSEWHERE = re.compile(r"^\(?(see|as) (above|below|before|over|attached|previous\w*)\W*$")
_NOBODY = re.compile(
    r"^(no ?one|nobody|not yet|none|no|not sure|unsure|don'?t know|n/?a|-+|\?+)(\b|$)"
    r"|^(i )?(will|going to|to tell|tried|could ?n'?t|could not|have ?n'?t|have not|not told|did ?n'?t)\b"
)
_TOLD_AFTER_ALL = re.compile(r"\b(so|then|but|and) (i )?(told|rang|phoned|called|spoke|emailed)\b|^(told|spoke) ")


def plain(text: str) -> str:
    """The words for comparing only: NFC, straight quotes, one space, no case. Never for filing."""
    if text.isascii():
        return " ".join(text.casefold().split())
    # Composing is quadratic on long runs of combining marks, so it is done a piece at a time.
    pieces = (text[start : start + _PIECE] for start in range(0, len(text), _PIECE))
    composed = "".join(unicodedata.normalize("NFC", piece) for piece in pieces)
    return " ".join(composed.translate(_STRAIGHT).casefold().split())


def answers_nothing(text: str) -> bool:
    """True for a blank, a dash, a question mark, `n/a`, `dont know` and their like."""
    bare = plain(text)
    return not bare.strip(" .,;:!-_*/\\?") or bare in _EMPTY or bare.rstrip(".!?") in _EMPTY


def says_none(text: str) -> bool:
    """True for an answer that says there was nothing: `none seen`, `n/a child absent`, `not spoken`."""
    words = plain(text).strip(" .!-")
    return bool(_NONE.fullmatch(words)) and not _TURNS.search(words)


def says_nobody(text: str) -> bool:
    """True where somebody was asked for and nobody is named: `nobody yet`, `not sure who`, `-`."""
    words = plain(text)
    return not words or (bool(_NOBODY.match(words)) and not _TOLD_AFTER_ALL.search(words))


def points_elsewhere(text: str) -> bool:
    """True for `see above` and its like: an answer that stands somewhere else."""
    return bool(_POINTS_ELSEWHERE.match(plain(text)))
