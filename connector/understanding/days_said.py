"""Days and months as they are said: `13th September 2023`, `23/1/26`, `Nov-24`, `Sept 18`, `Sept 2022/23/24`. Pure.

Always day, month, year: a date written month first is refused with the question whether it is meant so.
"""

from __future__ import annotations

import re

from connector.model.moments import MONTHS
from connector.model.policy_dates import Phrase, Why
from connector.understanding.date_words import (
    BEGINS,
    DAY,
    ENDS,
    GAP,
    MONTH,
    NO_COUNT,
    Form,
    form,
    full_year,
    in_month,
    month_number,
    no_such_day,
    on_day,
    on_weekday,
    refused,
    yearless_day,
)
from connector.understanding.years_said import WHICH_YEAR, YEARS, several, years_of

_WEEKDAY = (
    r"(?:(?P<weekday>mon(?:day)?|tue(?:s(?:day)?)?|wed(?:s|nesday)?|thu(?:rs?(?:day)?)?|fri(?:day)?|sat(?:urday)?"
    r"|sun(?:day)?)\b[.,]{0,2} ?(?:the )?)?"
)
_YEAR = rf"'?(?P<year>\d{{4}}|\d\d){ENDS}"
# As fields of a document and cells of a spreadsheet have it.
_MIDNIGHT = r"(?:[t ]00:00(?::00(?:\.0{1,6})?)?z?)?"
_NUMBERED = rf"{_WEEKDAY}{BEGINS}(?P<day>\d\d?)(?P<gap> ?[/.-] ?| )(?P<month>\d\d?)(?P=gap)"
# No year follows, not even a mistyped one.
_NO_YEAR = rf"(?!{GAP}'?\d)"


def _named_day(found: re.Match[str], said: str) -> Phrase:
    there = on_day(said, full_year(found["year"]), month_number(found["month"]), int(found["day"]))
    return on_weekday(said, there, found["weekday"] or "")


def _numbered_day(found: re.Match[str], said: str) -> Phrase:
    there = on_day(said, full_year(found["year"]), int(found["month"]), int(found["day"]))
    return on_weekday(said, there, found["weekday"] or "")


def _yearless(found: re.Match[str], said: str) -> Phrase:
    return yearless_day(said, month_number(found["month"]), int(found["day"]))


def _bare_month(found: re.Match[str], said: str) -> Phrase:
    month = MONTHS[month_number(found["month"]) - 1]
    return refused(said, Why.NO_YEAR, f"It says {month}, but not of which year.")


def _month(found: re.Match[str], said: str) -> Phrase | None:
    if "," in found["gap"] and len(found["years"]) == 2:
        # "In September, 18 pupils".
        return None
    month, years = month_number(found["month"]), years_of(found["years"])
    if len(years.all) == 1:
        return in_month(said, years.all[0], month, _other_meaning(found, month))
    if years.is_school_year or years.is_span:
        return refused(said, Why.AMBIGUOUS, WHICH_YEAR)
    return several(said, (in_month(said, year, month) for year in years.all))


def _other_meaning(found: re.Match[str], month: int) -> str:
    """`Sept 18` may be a day of September; `Sep-25`, `Sept '18` and `Sept 31` may not."""
    number = found["years"]
    is_year = len(number) == 4 or "-" in found["gap"] or "'" in found["gap"]
    if is_year or no_such_day("", month, int(number)):
        return ""
    return f"It can also mean {int(number)} {MONTHS[month - 1]} of a year not said."


FORMS: tuple[Form, ...] = (
    form(rf"{_WEEKDAY}{BEGINS}{DAY}{GAP}(?:of )?{MONTH}{GAP}{_YEAR}", _named_day),
    form(rf"{_WEEKDAY}{MONTH}{GAP}(?:the )?{DAY}[ ,]{{1,2}}(?P<year>\d{{4}}){ENDS}", _named_day),
    # `4.2.10` numbers a paragraph and `10 11 12` classes as often as they are a day.
    form(rf"{_NUMBERED}(?:(?<![. ])|(?=\d{{4}})){_YEAR}{_MIDNIGHT}", _numbered_day),
    form(rf"{_NUMBERED}{_YEAR}", _numbered_day, alone=True),
    form(
        rf"{_WEEKDAY}{BEGINS}(?P<year>\d{{4}})(?P<gap>[/.-])(?P<month>\d\d?)(?P=gap)(?P<day>\d\d?){_MIDNIGHT}{ENDS}",
        _numbered_day,
    ),
    form(rf"{MONTH}(?P<gap>{GAP}(?:of )?'?){YEARS}", _month),
    form(rf"{_WEEKDAY}{BEGINS}{DAY}[ -]?(?:of )?{MONTH}{_NO_YEAR}", _yearless),
    form(rf"{_WEEKDAY}{MONTH}[ -](?:the )?{DAY}{ENDS}{NO_COUNT}{_NO_YEAR}", _yearless),
    form(rf"{MONTH}{_NO_YEAR}", _bare_month, alone=True),
)
