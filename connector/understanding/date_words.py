"""What every way of writing a date shares: months, years, the calendar's own refusals. Pure."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from typing import TypeVar

from connector.model.moments import MONTHS, say_date
from connector.model.policy_dates import Cycle, NotADate, Phrase, PolicyDate, Precision, Why

Dated = TypeVar("Dated", bound=PolicyDate | Cycle)

# No policy in use is older, and no school plans further.
_FIRST_YEAR, _LAST_YEAR = 1990, 2100
# A leap year, so that 29 February of no year is a day.
_ANY_YEAR = 2000
_MONTH_NUMBER = {name[:3].casefold(): number for number, name in enumerate(MONTHS, 1)}

# Only a short name has a full stop; after a long one it ends the sentence.
MONTH = (
    r"(?P<month>january|febr?u?r?ary|march|april|may|june?|july?|august|september|october|november|december"
    r"|(?:jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)\.?)(?![^\W\d])"
)
DAY = r"(?P<day>\d{1,2})(?: ?(?:st|nd|rd|th))?"
# What goes between a day, a month and a year.
GAP = r"(?: ?[/-] ?|[ ,]{0,2}|\.(?=\w)|\. (?=\d{4}))"
# Where a number begins and ends that is no part of a longer one, of a path or of a version.
BEGINS, ENDS = r"(?<![\w/.\-])", r"(?!\w|[/.\-]\d)"
# `19/20 pupils`, `in the autumn term 25 children`: a count, not a year.
NO_COUNT = r"(?! ?%| ?(?:of|years?|pupils?|children|cases|staff|hours|days|weeks|people|members)\b)"


@dataclass(frozen=True, slots=True)
class Form:
    """One way of writing. `read` returns None where the words are something else after all.

    `alone`: in a cell of its own these words are a date ("2024", "Autumn", "3 years"); in prose they are anything.
    """

    pattern: re.Pattern[str]
    read: Callable[[re.Match[str], str], Phrase | None]
    alone: bool = False


def form(pattern: str, read: Callable[[re.Match[str], str], Phrase | None], *, alone: bool = False) -> Form:
    """A way of writing that begins and ends with whole words."""
    return Form(re.compile(rf"(?<!\w)(?:{pattern})(?!\w)"), read, alone)


def month_number(word: str) -> int:
    """9 for `sept`."""
    return _MONTH_NUMBER[word[:3]]


def full_year(typed: str) -> int:
    """Two figures are a year of this century."""
    return int(typed) + (2000 if len(typed) == 2 else 0)


def refused(said: str, why: Why, because: str) -> NotADate:
    """Words that are no date, with the sentence that says so."""
    return NotADate(said=said, why=why, because=because)


def with_doubt(phrase: Dated, doubt: str) -> Dated:
    """The same with one doubt more."""
    return replace(phrase, doubt=" ".join(filter(None, (phrase.doubt, doubt))))


def implausible(said: str, year: int) -> NotADate | None:
    """The refusal of a year in which no policy can have been written or be due; None for any other."""
    if _FIRST_YEAR <= year <= _LAST_YEAR:
        return None
    return refused(said, Why.IMPOSSIBLE, f"The year {year:04} lies outside {_FIRST_YEAR} to {_LAST_YEAR}.")


def on_day(said: str, year: int, month: int, day: int) -> PolicyDate | NotADate:
    """That day, or why there is none."""
    if refusal := implausible(said, year) or no_such_day(said, month, day, year):
        return refusal
    there = date(year, month, day)
    return PolicyDate(said=said, precision=Precision.DAY, first=there, last=there)


def on_weekday(said: str, there: PolicyDate | NotADate, weekday: str) -> PolicyDate | NotADate:
    """The same day where it falls on that day of the week, or where none is named."""
    if isinstance(there, NotADate) or say_date(there.first).casefold().startswith(weekday[:3]):
        return there
    return refused(said, Why.IMPOSSIBLE, f"It names another day of the week: that day is {say_date(there.first)}.")


def no_such_day(said: str, month: int, day: int, year: int = _ANY_YEAR) -> NotADate | None:
    """Why the calendar has no such day; None where it has."""
    if not 1 <= month <= 12:
        # A date written month first is asked about, never turned round.
        is_turned = 1 <= day <= 12 and 1 <= month <= monthrange(year, day)[1]
        ask = f"; is it {MONTHS[day - 1]} {month}?" if is_turned else "."
        return refused(said, Why.IMPOSSIBLE, f"There is no month {month}{ask}")
    if 1 <= day <= monthrange(year, month)[1]:
        return None
    of_year = f" {year}" if (month, day) == (2, 29) else ""
    return refused(said, Why.IMPOSSIBLE, f"There is no {day} {MONTHS[month - 1]}{of_year}.")


def yearless_day(said: str, month: int, day: int) -> NotADate:
    """A day whose year is not said, or why there is no such day in any year."""
    if refusal := no_such_day(said, month, day):
        return refusal
    return refused(said, Why.NO_YEAR, f"It says {day} {MONTHS[month - 1]}, but not of which year.")


def in_month(said: str, year: int, month: int, doubt: str = "") -> PolicyDate | NotADate:
    """That month, from its first day to its last."""
    if refusal := implausible(said, year):
        return refusal
    first, last = date(year, month, 1), date(year, month, monthrange(year, month)[1])
    return PolicyDate(said=said, precision=Precision.MONTH, first=first, last=last, doubt=doubt)


def in_year(said: str, year: int) -> PolicyDate | NotADate:
    """That year, from 1 January to 31 December."""
    if refusal := implausible(said, year):
        return refusal
    return PolicyDate(said=said, precision=Precision.YEAR, first=date(year, 1, 1), last=date(year, 12, 31))


def in_school_year(said: str, begins: int) -> PolicyDate | NotADate:
    """The school year that begins in that year, from 1 September to 31 August."""
    if refusal := implausible(said, begins):
        return refusal
    first, last = date(begins, 9, 1), date(begins + 1, 8, 31)
    return PolicyDate(said=said, precision=Precision.SCHOOL_YEAR, first=first, last=last)
