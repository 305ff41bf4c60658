"""Times of day as typed. A part of the day stays a part of the day: no clock time is ever invented."""

from __future__ import annotations

import re
from datetime import timedelta

from connector.checking.dates import SERIAL, without_dates
from connector.checking.words import plain
from connector.model.concern import BLANK, Precision, Reading

CLOCK = re.compile(r"(?<![\d.:])(\d{1,2}) ?[:.h] ?(\d{2})(?::\d{2})?(?![\d])\s*(a\.?m|p\.?m)?")
HOUR = re.compile(r"(?<![\d.:])(\d{1,2}) ?(a\.?m|p\.?m)\b")
MILITARY = re.compile(r"(?<!\d)([01]\d|2[0-3])([0-5]\d) ?(?:hrs|hours|h)\b")
BARE = re.compile(r"^([01]\d|2[0-3])([0-5]\d)$")
OCLOCK = re.compile(r"(?<!\d)(\d{1,2}) ?o'?clock\b")
SPOKEN = re.compile(r"\b(half|quarter) (past|to) (\d{1,2})\b")
NAMED = re.compile(r"\b(noon|midday|12 o'?clock|midnight)\b")
FRACTION = re.compile(r"^\s*0?(\.\d{3,})\s*$")
_ABOUT = re.compile(r"ish\b|\b(about|around|approx\w*|roughly|circa|near\w*)\b|~")
_BANDS = (
    ("midday", re.compile(r"\b(lunch|dinner ?time|midday|middle of the day)")),
    ("start of the day", re.compile(r"\b(drop.?off|registration|first thing|start of (the )?day|breakfast)")),
    ("end of the day", re.compile(r"\b(end of (the )?day|pick.?up|home ?time|after school|collection)")),
    ("morning", re.compile(r"\b(morning|a\.?m)\b")),
    ("afternoon", re.compile(r"\b(afternoon|p\.?m)\b")),
    ("evening or night", re.compile(r"\b(evening|night|bed ?time)\b")),
    ("part of the day", re.compile(r"\b(\w+ ?time|play|snack|nap|break|assembly|session|lesson|pe|story)\b")),
)

NOT_REAL = "This is not a time on the clock. What time was it?"
WHICH_HALF = "Was this in the morning or in the afternoon?"
ABOUT_WHEN = "About what time was this on the clock? Say so if you do not know."
UNREAD = "This could not be read as a time. What time was it? Say so if you do not know."


def read_time(text: str) -> Reading:
    """What the text says of a time of day: BLANK where nothing does, a doubt where it is vague or impossible."""
    words = plain(text)
    if found := FRACTION.match(words) or SERIAL.match(words):
        return _fraction_of_a_day(found.groups()[-1])
    words = without_dates(words)
    about = Precision.APPROXIMATE if _ABOUT.search(words) else Precision.EXACT
    return _on_the_clock(words, about) or _in_words(words, about)


def _fraction_of_a_day(fraction: str | None) -> Reading:
    if not fraction:
        return BLANK
    minutes = round(float(fraction) * timedelta(days=1) / timedelta(minutes=1)) % (24 * 60)
    clock = f"{minutes // 60:02}:{minutes % 60:02}"
    return Reading(clock, Precision.EXACT, f"{clock} (a spreadsheet's number for that time)")


def _on_the_clock(words: str, about: Precision) -> Reading | None:
    if found := CLOCK.search(words):
        return _at(found[1], int(found[2]), found[3], about)
    if found := HOUR.search(words):
        return _at(found[1], 0, found[2], about)
    if found := MILITARY.search(words) or BARE.match(words):
        return _at(found[1], int(found[2]), None, about)
    if found := OCLOCK.search(words):
        return _at(found[1], 0, None, about)
    if found := SPOKEN.search(words):
        return _spoken(found[1], found[2], int(found[3]), about)
    return None


def _spoken(part: str, way: str, hour: int, about: Precision) -> Reading:
    """`half past 9`, `quarter to 3`."""
    minute = {"half": 30, "quarter": 15}[part]
    return _at(str(hour), minute, None, about) if way == "past" else _at(str(hour - 1), 60 - minute, None, about)


def _at(typed: str, minute: int, half: str | None, about: Precision) -> Reading:
    hour = int(typed)
    if half and hour <= 12:
        hour = hour % 12 + (12 if half.startswith("p") else 0)
    if hour > 23 or minute > 59:
        return Reading(precision=Precision.UNKNOWN, doubt=NOT_REAL)
    if not half and len(typed) == 1 and 1 <= hour <= 6:
        return Reading(precision=Precision.UNKNOWN, doubt=WHICH_HALF)
    clock = f"{hour:02}:{minute:02}"
    return Reading(clock, about, f"about {clock}" if about is Precision.APPROXIMATE else clock)


def _in_words(words: str, about: Precision) -> Reading:
    if found := NAMED.search(words):
        clock = "00:00" if found[1] == "midnight" else "12:00"
        return Reading(clock, about, clock)
    for band, pattern in _BANDS:
        if pattern.search(words):
            return Reading(band, Precision.APPROXIMATE, f"{band}, no clock time written", ABOUT_WHEN)
    return BLANK
