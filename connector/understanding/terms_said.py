"""Terms as they are said: `Autumn 2018`, `second half of the summer term 2026`, `Term 3 2025/26`, `Autumn 2`. Pure."""

from __future__ import annotations

import re
from datetime import date

from connector.model.policy_dates import (
    NotADate,
    Phrase,
    PolicyDate,
    Precision,
    Season,
    TermName,
    Why,
    YearlessTerm,
)
from connector.understanding.date_words import BEGINS, Form, form, implausible, refused
from connector.understanding.years_said import WHICH_YEAR, YEARS, Years, several, years_of

# The first and the last day on which any English school has that term, or that half of it (half-terms differ by two
# weeks, and Easter by five): for comparing only. By when a term is over, a school's own dates say.
_WIDEST = {
    (Season.AUTUMN, 0): ((9, 1), (12, 31)), (Season.AUTUMN, 1): ((9, 1), (10, 31)),
    (Season.AUTUMN, 2): ((10, 19), (12, 31)),
    (Season.SPRING, 0): ((1, 1), (4, 22)), (Season.SPRING, 1): ((1, 1), (2, 28)),
    (Season.SPRING, 2): ((2, 12), (4, 22)),
    (Season.SUMMER, 0): ((4, 1), (7, 31)), (Season.SUMMER, 1): ((4, 1), (5, 31)),
    (Season.SUMMER, 2): ((5, 25), (7, 31)),
}  # fmt: skip
# Six terms a year, as in Kent: each is half of one of the three. Where there are three, `Term 2` is the spring term.
_OF_SIX = {number: (season, half) for number, (season, half) in enumerate(
    ((season, half) for season in Season for half in (1, 2)), 1
)}  # fmt: skip
_OF_THREE = dict(enumerate(Season, 1))
_SEASON = {"aut": Season.AUTUMN, "spr": Season.SPRING, "sum": Season.SUMMER}
_HALF = {"1": 1, "first": 1, "1st": 1, "2": 2, "second": 2, "2nd": 2, "latter": 2}

SEASON = (
    r"(?:(?P<before>first|1st|second|2nd|latter) half(?: ?-?term)? (?:of|in) (?:the )?)?"
    r"(?P<season>autumn|spring|summer|(?:aut|spr|sum)(?=\.? ?(?:term|[12]|')))\.?(?: ?-?term)?(?![^\W\d])"
)
HALF = (
    r"(?:[ -]{0,2}\(?(?:half[ -]?(?:term)? ?)?(?P<after>[12])(?![\w/])\)?"
    r"|[ ,-]{1,2}\(?(?:the )?(?P<worded>first|1st|second|2nd) half(?:[ -]?term)?\)?)?"
)
_OTHER_TERMS = r"(?! ?(?:and|or|&|/) ?(?:the )?(?:autumn|spring|summer)| ?holidays?| ?break)"
_TERM = rf"{SEASON}{HALF}"
_NUMBERED = r"(?<!long )(?<!long-)(?<!short )(?<!short-)(?<!medium )(?<!medium-)term ?(?P<number>[1-6])(?![\w/])"
# "In the autumn term, 25 pupils": after a comma a year has four figures.
_GAP = r"(?:[ :-]{0,3}\(?(?:of |in )?'?|, ?(?=\d{4}))"
_YEARS_BEFORE = rf"{BEGINS}(?=\d{{4}}){YEARS}(?: (?:academic|school) year)?[ :-]{{1,3}}"
# Without its number the holiday may be meant.
_HALF_TERM = rf"(?:autumn|spring|summer) (?:term )?half[ -]?term(?! ?[12](?!\d))(?:{_GAP}{YEARS})?"
_WINTER = rf"winter(?: term)?{_GAP}{YEARS}"


def named_half(found: re.Match[str]) -> int:
    """1 or 2 where a half of the term is named, 0 for the whole."""
    return _HALF.get(found["before"] or found["after"] or found["worded"] or "", 0)


def named_season(found: re.Match[str]) -> Season:
    """The term's season."""
    return _SEASON[found["season"][:3]]


def _term(found: re.Match[str], said: str) -> Phrase:
    return _in_years(said, named_season(found), named_half(found), years_of(found["years"]))


def _numbered(found: re.Match[str], said: str) -> Phrase:
    """A school year stands beside the numbers of six terms; beside one year they may be those of three."""
    number, years = int(found["number"]), years_of(found["years"])
    doubt = "" if years.is_school_year else _of_three(number)
    return _in_years(said, *_OF_SIX[number], years, doubt)


def _of_three(number: int) -> str:
    if number not in _OF_THREE:
        return ""
    season, half = _OF_SIX[number]
    which = "first" if half == 1 else "second"
    return (
        f"Where the year has six terms, term {number} is the {which} half of the {season} term; "
        f"where it has three, the {_OF_THREE[number]} term."
    )


def _in_years(said: str, season: Season, half: int, years: Years, doubt: str = "") -> Phrase:
    if years.is_school_year:
        return _in_year(said, season, half, years.all[0 if season is Season.AUTUMN else 1], doubt)
    if years.is_span:
        return refused(said, Why.AMBIGUOUS, WHICH_YEAR)
    dates = [_in_year(said, season, half, year, doubt) for year in years.all]
    return dates[0] if len(dates) == 1 else several(said, dates)


def _in_year(said: str, season: Season, half: int, year: int, doubt: str) -> PolicyDate | NotADate:
    if refusal := implausible(said, year):
        return refusal
    first, last = _WIDEST[season, half]
    return PolicyDate(
        said=said,
        precision=Precision.HALF_TERM if half else Precision.TERM,
        first=date(year, *first),
        last=date(year, *last),
        term=TermName(season=season, year=year, half=half),
        doubt=doubt,
    )


def _yearless(found: re.Match[str], said: str) -> Phrase:
    return YearlessTerm(said=said, season=named_season(found), half=named_half(found))


def _yearless_numbered(found: re.Match[str], said: str) -> Phrase:
    number = int(found["number"])
    if because := _of_three(number):
        return refused(said, Why.AMBIGUOUS, because)
    season, half = _OF_SIX[number]
    return YearlessTerm(said=said, season=season, half=half)


def _half_term(_found: re.Match[str], said: str) -> Phrase:
    return refused(said, Why.AMBIGUOUS, "It can mean the half-term holiday, or half of the term: which half?")


def _winter(_found: re.Match[str], said: str) -> Phrase:
    return refused(said, Why.AMBIGUOUS, "There is no winter term: the autumn term or the spring term can be meant.")


FORMS: tuple[Form, ...] = (
    form(rf"{_TERM}{_GAP}{YEARS}\)?", _term),
    form(rf"{_YEARS_BEFORE}{_TERM}", _term),
    form(rf"{_NUMBERED}{_GAP}{YEARS}\)?", _numbered),
    form(rf"{_YEARS_BEFORE}{_NUMBERED}", _numbered),
    form(rf"{_TERM}{_OTHER_TERMS}", _yearless),
    form(_NUMBERED, _yearless_numbered, alone=True),
    form(_HALF_TERM, _half_term),
    form(_WINTER, _winter),
    form("winter(?: term)?", _winter, alone=True),
)
