"""Ages as typed, and what a date of birth says about them."""

from __future__ import annotations

import re
from datetime import date

from connector.checking.words import plain
from connector.model.concern import BLANK, Precision, Reading

_NUMBER_WORDS = {
    word: str(number)
    for number, word in enumerate(
        "one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
        "fifteen sixteen seventeen eighteen".split(),
        1,
    )
}
_YEARS = re.compile(
    r"(?<![\d/.])(\d{1,2})(?!\d|[/.]\d| ?m(?:o?n?th|o)?s?\b| ?w| ?d(?:ays?)?\b)(?: ?(?:½|1/2|and a half))?"
)
_HALF = re.compile(r"½|1/2|and a half|\.5\b")
_MONTHS = re.compile(r"(?<![\d/.])(\d{1,2}) ?m(?:o?n?ths?|os?)?\b")
_WEEKS = re.compile(r"(?<![\d/.])(\d{1,3}) ?(?:w(?:eeks?|ks?)?|d(?:ays?)?)\b")
_SCHOOL_YEAR = re.compile(r"\b(?:year|yr|y)[ -]?\d{1,2}\b")
_ABOUT = re.compile(r"ish\b|\b(about|around|approx\w*|roughly|nearly|almost|maybe|think|probably)\b|~|\?")

UNREAD = "This could not be read as an age. How old is the child, in years and months?"
NOT_A_CHILD = "This is not a child's age. How old is the child, in years and months?"
MISMATCH = "The age and the date of birth do not agree. Which of the two is right?"


def read_age(text: str) -> Reading:
    """The age in months as the value, `36m`, or whole years, `3y`. BLANK where none is written."""
    words = " ".join(_NUMBER_WORDS.get(word, word) for word in _SCHOOL_YEAR.sub(" ", plain(text)).split())
    years, months, weeks = _YEARS.search(words), _MONTHS.search(words), _WEEKS.search(words)
    if not (years or months or weeks):
        return BLANK
    about = Precision.APPROXIMATE if _ABOUT.search(words) or _HALF.search(words) else Precision.EXACT
    if re.search(r"\b(not|n't)\b", words):
        return Reading(precision=Precision.UNKNOWN, doubt=UNREAD)
    if years and int(years[1]) > 19:
        return Reading(precision=Precision.UNKNOWN, doubt=NOT_A_CHILD)
    if weeks and not months and not years:
        days = int(weeks[1]) * (1 if "d" in weeks[0] else 7)
        return _say(None, days // 30, about)
    return _say(int(years[1]) if years else None, int(months[1]) if months else None, about)


def _say(years: int | None, months: int | None, precision: Precision) -> Reading:
    about = "about " if precision is Precision.APPROXIMATE else ""
    if years is not None and months is not None:
        return Reading(f"{years * 12 + months}m", precision, f"{about}{years} years {months} months")
    if years is not None:
        return Reading(f"{years}y", precision, f"{about}{years} years")
    return Reading(f"{months or 0}m", precision, f"{about}{months} months" if months else "under a month")


def months_old(born: date, day: date) -> int:
    """Whole months from birth to `day`."""
    return (day.year - born.year) * 12 + day.month - born.month - (day.day < born.day)


def agrees(age: Reading, born: date, day: date) -> bool:
    """True where the age typed fits the date of birth: the same year, or within a month when months were typed.

    An age marked as rough (`3ish`) may be a year out.
    """
    if not age.value:
        return True
    months = months_old(born, day)
    rough = age.precision is Precision.APPROXIMATE
    if age.value.endswith("y"):
        return abs(int(age.value[:-1]) - months // 12) <= rough
    return abs(int(age.value[:-1]) - months) <= (6 if rough else 1)
