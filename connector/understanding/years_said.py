"""Years as they are said: `2024`, `2023/24`; and two numbers that may be a day, a month or a year: `02/21`. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from connector.model.moments import MONTHS
from connector.model.policy_dates import NotADate, Phrase, PolicyDate, SeveralDates, Why
from connector.understanding.date_words import (
    BEGINS,
    ENDS,
    NO_COUNT,
    Form,
    form,
    full_year,
    in_month,
    in_school_year,
    in_year,
    no_such_day,
    refused,
    yearless_day,
)

# The years after a month or a term: one, a school year, or a list (`2021/24/27`, `2022, 2023 and 2024`).
YEARS = rf"(?P<years>(?:\d{{4}}|\d\d)(?: ?[/-] ?(?:\d{{4}}|\d\d)|(?:, ?| ?& ?|,? and )\d{{4}}){{0,9}}){ENDS}{NO_COUNT}"
WHICH_YEAR = "It names more than one year: which is meant?"

_PAIR = rf"{BEGINS}(?P<first>\d{{4}}|\d\d?) ?[/.-] ?(?P<second>\d{{4}}|\d\d?){ENDS}"
# `years 10/11`: classes and ages, not dates.
_NO_CLASS = r"(?<!year )(?<!years )(?<!aged )(?<!ages )"
# In prose a bare year is mostly that of a text cited: `Sexual Offences Act 2003`.
_WHEN = (
    r"(?:(?<=\bin )|(?<=\bby )|(?<=during )|(?<=until )|(?<=end of )|(?<=start of )|(?<=beginning of )|(?<=\bin late )"
    r"|(?<=\bin early )|(?<=\bby early )|(?<=\bin mid )|(?<=review )|(?<=reviewed )|(?<=updated ))"
)


@dataclass(frozen=True, slots=True)
class Years:
    """The years named, in their order. `is_span`: from one to another, which names neither."""

    all: tuple[int, ...]
    is_school_year: bool
    is_span: bool


def years_of(typed: str) -> Years:
    """What the part that `YEARS` found says. Two figures after four are of the same century, or of the next."""
    first, *others = re.findall(r"\d+", typed)
    years = [full_year(first)]
    for other in others:
        there = int(other) if len(other) == 4 else years[0] - years[0] % 100 + int(other)
        years.append(there if len(other) == 4 or there >= years[0] else there + 100)
    is_pair = re.fullmatch(r"\d+ ?[/-] ?\d+", typed) is not None
    is_school_year = is_pair and years[1] == years[0] + 1
    return Years(tuple(years), is_school_year, "-" in typed and not is_school_year)


def several(said: str, dates: Iterable[PolicyDate | NotADate]) -> SeveralDates | NotADate:
    """These dates, the earliest first; the refusal of one of them is the refusal of all."""
    known = []
    for one in dates:
        if isinstance(one, NotADate):
            return one
        known.append(one)
    return SeveralDates(said=said, dates=tuple(sorted(known, key=lambda one: one.first)))


def _year(found: re.Match[str], said: str) -> Phrase:
    return in_year(said, int(found["year"]))


def _year_in_prose(found: re.Match[str], said: str) -> Phrase | None:
    return _only_sure(_year(found, said))


def _pair(found: re.Match[str], said: str) -> Phrase:
    meanings = tuple(_meanings(found["first"], found["second"], said))
    if not meanings:
        because = "It is no day and month, no month and year, and no school year."
        return refused(said, Why.IMPOSSIBLE, because)
    if len(meanings) == 1:
        return meanings[0][1]
    *others, last = (words for words, _ in meanings)
    return refused(said, Why.AMBIGUOUS, f"It can mean {', '.join(others)} or {last}.")


def _pair_in_prose(found: re.Match[str], said: str) -> Phrase | None:
    """Only what means one thing: `02/21`, `23/24` and whatever holds a whole year, never `1.10` or `11-12`."""
    first, second = found["first"], found["second"]
    is_whole = 4 in {len(first), len(second)}
    is_short = "/" in found[0] and len(first) == len(second) == 2
    return _only_sure(_pair(found, said)) if is_whole or is_short else None


def _only_sure(phrase: Phrase) -> Phrase | None:
    return phrase if isinstance(phrase, PolicyDate) else None


def _meanings(first: str, second: str, said: str) -> Iterator[tuple[str, Phrase]]:
    """All that two numbers can mean, each with its name."""
    one, other = int(first), int(second)
    if len(first) < 3 and len(second) > 1 and 1 <= one <= 12:
        yield f"{MONTHS[one - 1]} {full_year(second)}", in_month(said, full_year(second), one)
    if len(first) == 4 and len(second) < 3 and 1 <= other <= 12:
        yield f"{MONTHS[other - 1]} {one}", in_month(said, one, other)
    if len(first) >= len(second) > 1 and (years := years_of(f"{first}/{second}")).is_school_year:
        yield f"the school year {first}/{second}", in_school_year(said, years.all[0])
    if len(first) < 3 and len(second) < 3 and no_such_day(said, other, one) is None:
        yield f"{one} {MONTHS[other - 1]} of a year not said", yearless_day(said, other, one)


def _one_of_two(found: re.Match[str], said: str) -> Phrase:
    year = int(found["year"])
    because = f"It can mean the school year {year - 1}/{year % 100:02} or {year}/{(year + 1) % 100:02}."
    return refused(said, Why.AMBIGUOUS, because)


FORMS: tuple[Form, ...] = (
    form(f"{_NO_CLASS}{_PAIR}{NO_COUNT}", _pair_in_prose),
    form(_PAIR, _pair, alone=True),
    form(rf"(?:academic|school) year (?P<year>\d{{4}}){ENDS}", _one_of_two),
    form(rf"{BEGINS}(?P<year>\d{{4}}) (?:academic|school) year", _one_of_two),
    form(rf"{_WHEN}(?P<year>\d{{4}}){ENDS}", _year_in_prose),
    form(rf"{BEGINS}(?P<year>\d{{4}}){ENDS}", _year, alone=True),
)
