"""How often, as it is said: `every two years`, `3 yearly`, `once a term`, `annually`, `every autumn term`. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable

from connector.model.moments import MONTHS
from connector.model.policy_dates import Cycle, Phrase, Why
from connector.understanding.date_words import DAY, MONTH, Form, form, month_number, no_such_day, refused
from connector.understanding.terms_said import HALF, SEASON, named_half, named_season

_YEAR = 12
# A year has three terms and six half-terms.
_UNITS = {"y": _YEAR, "m": 1, "t": 4, "h": 2}
_WORDS = {
    "annually": _YEAR, "yearly": _YEAR, "per annum": _YEAR, "biennially": 24, "triennially": 36, "half-yearly": 6,
    "half yearly": 6, "twice yearly": 6, "termly": 4, "quarterly": 3, "half-termly": 2, "half termly": 2, "monthly": 1,
}  # fmt: skip
_ADJECTIVES = {"annual": _YEAR, "biennial": 24, "triennial": 36}
_NUMBERS = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
    "twelve": 12, "eighteen": 18, "twenty-four": 24, "thirty-six": 36,
}  # fmt: skip
_ORDINALS = {"other": 2, "second": 2, "alternate": 2, "third": 3, "fourth": 4, "fifth": 5}
_TIMES = {"once": 1, "twice": 2, "three times": 3, "four times": 4}


def _any(words: Iterable[str]) -> str:
    """One of these, the longer before those that begin it."""
    return "|".join(sorted(words, key=len, reverse=True))


_N = rf"(?P<number>[1-9]\d?|{_any(_NUMBERS)})"
_UNIT = r"(?:(?:academic|school|calendar|full) )?(?P<unit>years?|yrs?|months?|mths?|terms?|half[ -]terms?)"
# `each year group`, `every year 6 pupil`.
_NO_CLASS = r"(?! ?(?:groups?|class|\d))"
_SINCE = (
    r"(?:from|after|of|since) (?:(?:its|the|last) ){0,2}(?:date of )?(?:(?:its|the|last) ){0,2}"
    r"(?:acceptance|adoption|approval|issue|publication|ratification|review)"
)
_PREFIXED = r"(?<!bi-)(?<!bi )(?<!semi-)(?<!tri-)(?<!non-)"
_SPAN = rf"(?:\d\d?|{_any(_NUMBERS)}) ?(?:to|or|-|/) ?{_N}[ -]?(?:{_UNIT}|yearly|monthly)"


def _cycle(said: str, months: int, doubt: str = "") -> Cycle:
    return Cycle(said=said, months=months, doubt=doubt)


def _unit(found: re.Match[str]) -> int:
    return _UNITS[found["unit"][0]]


def _counted(found: re.Match[str], said: str) -> Phrase:
    number = found["number"]
    return _cycle(said, (_NUMBERS.get(number) or int(number)) * _unit(found))


def _each(found: re.Match[str], said: str) -> Phrase:
    return _cycle(said, _unit(found))


def _ordinal(found: re.Match[str], said: str) -> Phrase:
    return _cycle(said, _ORDINALS[found["ordinal"]] * _unit(found))


def _times(found: re.Match[str], said: str) -> Phrase | None:
    """Nothing where it does not come out in whole months: `three times a half-term`."""
    months, rest = divmod(_unit(found), _TIMES[found["times"]])
    return None if rest else _cycle(said, months)


def _word(found: re.Match[str], said: str) -> Phrase:
    return _cycle(said, (_WORDS | _ADJECTIVES)[found["word"]])


def _each_season(found: re.Match[str], said: str) -> Phrase:
    return Cycle(said=said, months=_YEAR, season=named_season(found), half=named_half(found))


def _each_month(found: re.Match[str], said: str) -> Phrase:
    month, day = month_number(found["month"]), found["day"]
    if day and (refusal := no_such_day(said, month, int(day))):
        return refusal
    return _cycle(said, _YEAR, names_day(f"{int(day)} {MONTHS[month - 1]}" if day else MONTHS[month - 1]))


def _two_meanings(_found: re.Match[str], said: str) -> Phrase:
    return refused(said, Why.AMBIGUOUS, "It can mean twice a year or every two years.")


def _two_lengths(_found: re.Match[str], said: str) -> Phrase:
    return refused(said, Why.AMBIGUOUS, "It names two lengths of time: which is meant?")


def names_day(day: str) -> str:
    """The doubt of a cycle that names the day or the month of the year: a cycle cannot hold that."""
    return f"It also names {day}: see that the review falls there."


FORMS: tuple[Form, ...] = (
    form(rf"(?<!twice )(?<!times )(?:every|each) {_N}[ -]?{_UNIT}", _counted),
    form(rf"(?:every|each) {_UNIT}{_NO_CLASS}", _each),
    form(rf"every (?P<ordinal>{_any(_ORDINALS)}) {_UNIT}{_NO_CLASS}", _ordinal),
    form(rf"(?P<ordinal>alternate) {_UNIT}", _ordinal),
    form(rf"(?P<times>{_any(_TIMES)}) (?:in )?(?:a|per|each|every) {_UNIT}{_NO_CLASS}", _times),
    form(rf"{_PREFIXED}{_N}[ -]?(?P<unit>yearly|yrly|monthly|termly)", _counted),
    form(rf"{_N}[ -](?P<unit>year|month|term)[ -](?:rolling )?(?:review )?(?:cycle|programme|basis|rota)", _counted),
    form(rf"{_N} {_UNIT} {_SINCE}", _counted),
    form(rf"{_N} {_UNIT}(?= (?:from|after|since) (?:the )?(?:\d|{MONTH}|{SEASON}))", _counted),
    form(rf"{_N}[ -]?{_UNIT}", _counted, alone=True),
    form(rf"{_PREFIXED}(?P<word>{_any(_WORDS)})", _word),
    form(rf"(?P<word>{_any(_ADJECTIVES)})(?= (?:policy )?(?:reviews?|basis|cycle|update|approval)\b)", _word),
    form(rf"{_PREFIXED}(?P<word>{_any(_ADJECTIVES)})", _word, alone=True),
    form(rf"(?:every|each) (?:the )?{SEASON}{HALF}(?! ?'?\d)", _each_season),
    form(rf"(?:every|each) (?:{DAY} (?:of )?)?{MONTH}(?! ?'?\d)", _each_month),
    form(r"bi[ -]?(?:annual(?:ly)?|yearly)", _two_meanings),
    form(rf"(?:every|each) {_SPAN}", _two_lengths),
    form(_SPAN, _two_lengths, alone=True),
)
