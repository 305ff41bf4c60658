"""Dates as people in UK schools type them. What cannot be a date is asked about, never mended."""

from __future__ import annotations

import re
from datetime import date, timedelta

from connector.checking.words import plain
from connector.model.concern import BLANK, Precision, Reading
from connector.model.moments import MONTHS, say_date

_MONTH = {name[:3].lower(): number for number, name in enumerate(MONTHS, 1)}
_WEEKDAY = {"mon": 0, "tue": 1, "wed": 2, "thu": 3, "fri": 4, "sat": 5, "sun": 6}
_MONTH_WORD = r"(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"

ISO = re.compile(r"\b(\d{4})-(\d{1,2})-(\d{1,2})(?=$|[^\d])")
NUMERIC = re.compile(r"(?<![\d/.\-])(\d{1,2})([/.\-])(\d{1,2})\2(\d{4}|\d{2})(?![\d/])")
NAMED = re.compile(rf"\b(\d{{1,2}})(?:st|nd|rd|th)?(?: of)? {_MONTH_WORD}(?:,? ((?:19|20)\d\d|\d{{2}})\b(?![:.]\d))?")
NAMED_AMERICAN = re.compile(rf"\b{_MONTH_WORD} (\d{{1,2}})(?:st|nd|rd|th)?,? (\d{{4}})\b")
YEARLESS = re.compile(r"(?<![\d/.])(\d{1,2})/(\d{1,2})(?![\d/]| ?(?:an? )?(?:hours?|hrs?|days?|years?|minutes?)\b)")
# `17.11 10.15`: a date with dots before a time; alone `17.11` is as likely a time.
DOTTED_YEARLESS = re.compile(r"(?<![\d.])(\d{1,2})\.(\d{1,2})(?= +\d{1,2}[:.]\d\d)")
SERIAL = re.compile(r"^\s*([2-6]\d{4})(\.\d+)?\s*$")
_TODAY = re.compile(r"\b(today|just now|this (morning|afternoon|evening|lunch\w*)|now)\b")
_OTHER_WEEK = re.compile(
    r"\b(last|next|other|previous) (week|mon|tue|wed|thu|fri|sat|sun)|\b(week|fortnight|month)s? ago\b"
)
_BEFORE_YESTERDAY = re.compile(r"\bday before yesterday\b")
_YESTERDAY = re.compile(r"\b(yesterday|last night)\b")
# `sat on the carpet` is no Saturday.
_DAY_NAME = re.compile(
    r"\b(mon|tue|tues|wed|weds|thu|thur|thurs|fri|sat|sun)(day|nesday|sday|rsday|urday)?\b"
    r"(?! (on|in|at|with|down|next|by))"
)
_EXCEL_EPOCH = date(1899, 12, 30)

NOT_REAL = "This is not a date in the calendar. Which date did you mean?"
TWO_WAYS = "The day and the month could be read either way round. Which is the day and which the month?"
WHICH_WEEK = "Which date was that, as day, month and year?"
WHICH_DAY = "Two days are written here. On which date did it happen?"
UNREAD = "This could not be read as a date. Which date was it, as day, month and year?"


def without_dates(text: str) -> str:
    """The text with every full or yearless date blanked out, so that what is left can hold a time."""
    for pattern in (ISO, NUMERIC, NAMED, NAMED_AMERICAN, YEARLESS, DOTTED_YEARLESS):
        text = pattern.sub(" ", text)
    return text


def writes_month_first(text: str) -> bool:
    """True where a date in the text can only be read month first (11/19/2026)."""
    return any(int(m[3]) > 12 >= int(m[1]) for m in NUMERIC.finditer(text))


def read_date(text: str, day: date, *, month_first: bool = False) -> Reading:
    """What the text says of a date, `day` being the school's date when the form was sent.

    Returns BLANK where no date is written, and a doubt where one is that is impossible or could be
    read two ways. A date without its year, a weekday or `today` is approximate: it rests on `day`.
    """
    words = plain(text)
    for reader in (_serial, _iso, _numeric, _named, _yearless, _relative):
        reading = reader(words, day, month_first)
        if reading is not None:
            return reading
    return BLANK


def _on(year: int, month: int, day: int, precision: Precision = Precision.EXACT) -> Reading:
    try:
        found = date(year, month, day)
    except ValueError:
        return Reading(precision=Precision.UNKNOWN, doubt=NOT_REAL)
    return Reading(found.isoformat(), precision, say_date(found))


def _full_year(typed: str, day: date) -> int:
    if len(typed) == 4:
        return int(typed)
    century = day.year - day.year % 100
    return century + int(typed) - (100 if int(typed) > day.year % 100 + 1 else 0)


def _serial(words: str, _day: date, _month_first: bool) -> Reading | None:
    found = SERIAL.match(words)
    if not found:
        return None
    # Spreadsheets count days from 30 December 1899 (their 1900 has a 29 February).
    there = _EXCEL_EPOCH + timedelta(days=int(found[1]))
    return Reading(there.isoformat(), Precision.EXACT, f"{say_date(there)} (a spreadsheet's number for that day)")


def _iso(words: str, _day: date, _month_first: bool) -> Reading | None:
    found = ISO.search(words)
    return _on(int(found[1]), int(found[2]), int(found[3])) if found else None


def _numeric(words: str, day: date, month_first: bool) -> Reading | None:
    found = NUMERIC.search(words)
    if not found:
        return None
    first, second, year = int(found[1]), int(found[3]), _full_year(found[4], day)
    in_full = len(found[1]) == len(found[3]) == 2 and len(found[4]) == 4
    if second > 12 >= first and found[2] != ".":
        return _on(year, first, second)
    if month_first and not in_full and first <= 12 and first != second:
        return Reading(precision=Precision.UNKNOWN, doubt=TWO_WAYS)
    return _on(year, second, first)


def _named(words: str, day: date, _month_first: bool) -> Reading | None:
    if american := NAMED_AMERICAN.search(words):
        return _on(int(american[3]), _MONTH[american[1]], int(american[2]))
    found = NAMED.search(words)
    if not found:
        return None
    if found[3]:
        return _on(_full_year(found[3], day), _MONTH[found[2]], int(found[1]))
    return _last(day, _MONTH[found[2]], int(found[1]))


def _yearless(words: str, day: date, _month_first: bool) -> Reading | None:
    found = YEARLESS.search(words) or DOTTED_YEARLESS.search(words)
    return _last(day, int(found[2]), int(found[1])) if found else None


def _last(day: date, month: int, number: int) -> Reading:
    """The latest such day that is not after `day`; 29 February may lie some years back."""
    for year in range(day.year, day.year - 8, -1):
        try:
            there = date(year, month, number)
        except ValueError:
            continue
        if there <= day:
            return Reading(there.isoformat(), Precision.APPROXIMATE, f"{say_date(there)} (the year was not written)")
    return Reading(precision=Precision.UNKNOWN, doubt=NOT_REAL)


def _relative(words: str, day: date, _month_first: bool) -> Reading | None:
    if _OTHER_WEEK.search(words):
        return Reading(precision=Precision.UNKNOWN, doubt=WHICH_WEEK)
    if _BEFORE_YESTERDAY.search(words):
        there = day - timedelta(days=2)
    elif _YESTERDAY.search(words):
        there = day - timedelta(days=1)
    elif (found := _DAY_NAME.search(words)) and _TODAY.search(words):
        return Reading(precision=Precision.UNKNOWN, doubt=WHICH_DAY)
    elif found:
        there = day - timedelta(days=(day.weekday() - _WEEKDAY[found[1][:3]]) % 7)
    elif _TODAY.search(words):
        there = day
    else:
        return None
    said = f"{say_date(there)} (counted from the day the form was sent)"
    return Reading(there.isoformat(), Precision.APPROXIMATE, said)
