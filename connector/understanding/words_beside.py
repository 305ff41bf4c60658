"""The words that stand beside a date or in its place: which change nothing, which say that there is none. Pure."""

from __future__ import annotations

import re

_SMALL = frozenset(
    "a an the of on in by for at and is are be it its this that our will shall must should has have been with within "
    "end late during until till once least".split()
)
_POLICY = frozenset(
    "policy policies procedure procedures document statement date dated review reviews reviewed reviewing updated "
    "update revised revision next due expires expiry valid issue issued version written adopted adoption approved "
    "approval accepted acceptance agreed ratified ratification signed published effective cycle frequency minimum "
    "fgb governing body governors governor trustees trust board committee meeting headteacher head chair school "
    "nursery preschool setting academy staff dsl manager owner leader leadership team slt full academic year years "
    "month months term terms fully formally usually normally regularly basis".split()
)
_PLAIN_WORDS = _SMALL | _POLICY
# What is said beside a date or a cycle and changes nothing of it: "or sooner if legislation changes".
_IF = r"(?:required|necessary|needed|appropriate)"
_MORE = r"(?:sooner|earlier|before|more (?:often|frequently|regularly)|when|as|if|there)"
_ASIDES = re.compile(
    r"\b(?:no|not) later than\b|\bon or before\b|\bas (?:a|an absolute) minimum\b|\bto be\b|\bdue to\b"
    rf"|\bearly (?:years|help)\b|\b(?:as|when|where|if)(?: and when)? {_IF}\b|\b(?:or|and|unless) {_MORE}\b.*"
)
# A dash and a question mark stand for `none` and `not known`.
_NONE = re.compile(
    r"(?:-+|\?+|n ?[./\\]? ?a\.?|none|nil|no (?:review )?date|not (?:applicable|known|stated|set|yet)|unknown|various"
    r"|varies|variable|tb[acd]|to be (?:confirmed|agreed|announced|decided|determined|arranged|set|advised)|pending"
    rf"|ad[ -]hoc|as and when|(?:as|when|where|if) {_IF}|on-?going|continuous(?:ly)?)(?:[ ,;:.(-].*)?"
)
_PLACEHOLDERS = frozenset(
    "dd mm yy yyyy xx xxxx d m y day month year date term insert enter add select choose click tap here or to a an the "
    "your item text".split()
)
_LABEL = re.compile(r"[a-z /]{1,60}:(?= )")
_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)?|[?~<>=+%]")


def says_no_date(plain: str) -> bool:
    """True for `n/a`, `Review date: TBC`, `as and when required` and their like, where nothing else is said."""
    return _NONE.fullmatch(_bare(plain)) is not None


def is_blank(plain: str) -> bool:
    """True for nothing, a line to write on, and what a form shows before it is filled in: `dd/mm/yyyy`."""
    return _PLACEHOLDERS.issuperset(re.findall(r"[^\W_]+", _bare(plain)))


def telling_words(plain: str) -> str:
    """What is left of the words beside a date without those that change nothing of it; "" where nothing is."""
    return " ".join(word for word in _WORD.findall(_ASIDES.sub(" ", plain)) if word not in _PLAIN_WORDS)


def _bare(plain: str) -> str:
    return _LABEL.sub("", plain, count=1).strip(" .,;:()[]*")
