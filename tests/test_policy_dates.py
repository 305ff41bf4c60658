"""Dates and cycles as policies say them: each read as it was said, never more exactly, and refused where it is none."""

from __future__ import annotations

import calendar
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from connector.model.policy_dates import (
    Cycle,
    NotADate,
    Phrase,
    PolicyDate,
    Precision,
    Season,
    SeveralDates,
    TermName,
    Why,
    YearlessTerm,
)
from connector.understanding.dates import find_phrases, read_phrase
from tests.service import ROOT

POLICIES = ROOT / "tests" / "samples" / "policies"
AUTUMN, SPRING, SUMMER = Season.AUTUMN, Season.SPRING, Season.SUMMER
# Written out once more, so that a slip in the parser's own table is seen.
TERM_DAYS = {
    (AUTUMN, 0): ("09-01", "12-31"), (AUTUMN, 1): ("09-01", "10-31"), (AUTUMN, 2): ("10-19", "12-31"),
    (SPRING, 0): ("01-01", "04-22"), (SPRING, 1): ("01-01", "02-28"), (SPRING, 2): ("02-12", "04-22"),
    (SUMMER, 0): ("04-01", "07-31"), (SUMMER, 1): ("04-01", "05-31"), (SUMMER, 2): ("05-25", "07-31"),
}  # fmt: skip


def day(iso: str) -> PolicyDate:
    there = date.fromisoformat(iso)
    return PolicyDate(said="", precision=Precision.DAY, first=there, last=there)


def month(year: int, number: int, doubt: str = "") -> PolicyDate:
    last = date(year + number // 12, number % 12 + 1, 1) - timedelta(days=1)
    return PolicyDate(said="", precision=Precision.MONTH, first=last.replace(day=1), last=last, doubt=doubt)


def term(season: Season, year: int, half: int = 0, doubt: str = "") -> PolicyDate:
    first, last = (date.fromisoformat(f"{year}-{there}") for there in TERM_DAYS[season, half])
    precision = Precision.HALF_TERM if half else Precision.TERM
    name = TermName(season=season, year=year, half=half)
    return PolicyDate(said="", precision=precision, first=first, last=last, term=name, doubt=doubt)


def school_year(begins: int) -> PolicyDate:
    first, last = date(begins, 9, 1), date(begins + 1, 8, 31)
    return PolicyDate(said="", precision=Precision.SCHOOL_YEAR, first=first, last=last)


def year(number: int) -> PolicyDate:
    return PolicyDate(said="", precision=Precision.YEAR, first=date(number, 1, 1), last=date(number, 12, 31))


def every(months: int, season: Season | None = None, half: int = 0, doubt: str = "") -> Cycle:
    return Cycle(said="", months=months, season=season, half=half, doubt=doubt)


def yearless(season: Season, half: int = 0) -> YearlessTerm:
    return YearlessTerm(said="", season=season, half=half)


def also(words: str) -> str:
    return f"It also says \u201c{words}\u201d: see whether that changes it."


def or_day(said: str) -> str:
    return f"It can also mean {said} of a year not said."


def falls(said: str) -> str:
    return f"It also names {said}: see that the review falls there."


def sooner(said: str) -> str:
    return f"\u201c{said}\u201d may mean sooner than its end."


OF_THREE = (
    "Where the year has six terms, term 3 is the first half of the spring term; where it has three, the summer term."
)

READINGS: list[tuple[str, Phrase]] = [
    # Days, always day, month, year.
    ("13th September 2023", day("2023-09-13")), ("23/1/26", day("2026-01-23")), ("23.01.2026", day("2026-01-23")),
    ("23.1.26", day("2026-01-23")), ("2023-09-13", day("2023-09-13")), ("2023/09/13", day("2023-09-13")),
    ("13-Sep-23", day("2023-09-13")), ("Wednesday 13 September 2023", day("2023-09-13")),
    ("Wed, 13/09/2023", day("2023-09-13")), ("1st Sept. 2023", day("2023-09-01")),
    ("September 13, 2023", day("2023-09-13")), ("Sept 13th 2023", day("2023-09-13")),
    ("13th of September, 2023", day("2023-09-13")), ("the 3rd of March 2025", day("2025-03-03")),
    ("13 \u2013 Sep \u2013 2023", day("2023-09-13")), ("13\u00a0September\u00a02023", day("2023-09-13")),
    ("13\u201109\u20112023", day("2023-09-13")), ("\uff11\uff13/\uff10\uff19/2023", day("2023-09-13")),
    ("13\u1d57\u02b0 Septem\u00adber 2023", day("2023-09-13")), ("13 SEPTEMBER 2023.", day("2023-09-13")),
    ("13 09 2023", day("2023-09-13")), ("13.Sept.2023", day("2023-09-13")), ("13Sept2023", day("2023-09-13")),
    ("2023-09-13T00:00:00Z", day("2023-09-13")), ("2023-09-13 00:00:00", day("2023-09-13")),
    ("13/09/2023 00:00", day("2023-09-13")), ("05/06/2020", day("2020-06-05")), ("29 February 2024", day("2024-02-29")),
    ("Reviewed: 13/09/2023.", day("2023-09-13")), ("due by 13/09/2023", day("2023-09-13")),
    ("on or before 1 April 2026", day("2026-04-01")), ("No later than 30 June 2025", day("2025-06-30")),
    ("Friday 1 March 2024 (01/03/2024)", day("2024-03-01")),
    # Months.
    ("November 2023", month(2023, 11)), ("November 2024", month(2024, 11)), ("Nov 2023", month(2023, 11)),
    ("Nov-24", month(2024, 11)), ("Nov. 24", month(2024, 11, or_day("24 November"))), ("11/2023", month(2023, 11)), ("12/2013", month(2013, 12)),
    ("02/21", month(2021, 2)), ("02/20", month(2020, 2)), ("07/19", month(2019, 7)), ("9/24", month(2024, 9)),
    ("2023/11", month(2023, 11)), ("2023-11", month(2023, 11)), ("11.2023", month(2023, 11)),
    ("end Mar 2023", month(2023, 3)), ("expires end Mar 2023", month(2023, 3)), ("end of March 2023", month(2023, 3)),
    ("by the end of March 2023", month(2023, 3)), ("late March 2023", month(2023, 3)), ("August 2024", month(2024, 8)), ("May 2012", month(2012, 5)),
    ("Febuary 2024", month(2024, 2)), ("december, 2024", month(2024, 12)), ("November 2024\u00b9", month(2024, 11)),
    ("Sept 18", month(2018, 9, or_day("18 September"))), ("September 18", month(2018, 9, or_day("18 September"))),
    ("July 19", month(2019, 7, or_day("19 July"))), ("Feb 29", month(2029, 2, or_day("29 February"))),
    ("Sept 31", month(2031, 9)), ("Feb 30", month(2030, 2)), ("Sep-25", month(2025, 9)), ("Sept '18", month(2018, 9)),
    ("Sept \u201918", month(2018, 9)),
    # School years and years.
    ("20/21", school_year(2020)), ("2023/24", school_year(2023)), ("2023-24", school_year(2023)),
    ("2023-2024", school_year(2023)), ("2023\u201324", school_year(2023)), ("1999/00", school_year(1999)),
    ("2023/2024 academic year", school_year(2023)), ("academic year 2023/24", school_year(2023)),
    ("2024", year(2024)), ("by the end of 2024", year(2024)),
    # Terms.
    ("Autumn 2018", term(AUTUMN, 2018)), ("Autumn term 2025", term(AUTUMN, 2025)),
    ("Spring term 2017", term(SPRING, 2017)), ("Summer '26", term(SUMMER, 2026)), ("Aut term 24", term(AUTUMN, 2024)),
    ("Spring 1 2027", term(SPRING, 2027, 1)), ("Autumn Term 2 2026", term(AUTUMN, 2026, 2)),
    ("Summer 2 2026", term(SUMMER, 2026, 2)), ("Summer 2 (2026)", term(SUMMER, 2026, 2)),
    ("second half of the autumn term 2026", term(AUTUMN, 2026, 2)),
    ("latter half of the spring term 2027", term(SPRING, 2027, 2)),
    ("Spring term, first half, 2027", term(SPRING, 2027, 1)), ("end of the summer term 2026", term(SUMMER, 2026)),
    ("Spring term 2025/26", term(SPRING, 2026)), ("Autumn 2025/26", term(AUTUMN, 2025)),
    ("Summer 2 2025-26", term(SUMMER, 2026, 2)), ("2025/26 Autumn 2", term(AUTUMN, 2025, 2)),
    ("2026 autumn term", term(AUTUMN, 2026)), ("Term 3 2025/26", term(SPRING, 2026, 1)),
    ("Term 1 2025/26", term(AUTUMN, 2025, 1)), ("Term 6 2026", term(SUMMER, 2026, 2)),
    ("Term 3 2026", term(SPRING, 2026, 1, OF_THREE)),
    # Terms of no year.
    ("Autumn 2", yearless(AUTUMN, 2)), ("Summer 2", yearless(SUMMER, 2)), ("in the autumn term", yearless(AUTUMN)),
    ("Spring", yearless(SPRING)), ("Term 4", yearless(SPRING, 2)),
    # How often.
    ("every two years", every(24)), ("every 2 years", every(24)), ("Every 3 years", every(36)),
    ("two-yearly", every(24)), ("3 yearly", every(36)), ("every other year", every(24)), ("biennially", every(24)),
    ("annually", every(12)), ("Annually", every(12)), ("Annual", every(12)), ("yearly", every(12)),
    ("once a year", every(12)), ("at least annually", every(12)), ("every 18 months", every(18)),
    ("12 monthly", every(12)), ("termly", every(4)), ("once a term", every(4)), ("half-termly", every(2)),
    ("twice a year", every(6)), ("3 years", every(36)), ("a three year cycle", every(36)),
    ("every three years or sooner if legislation changes", every(36)), ("annually or as required", every(12)),
    ("two years from acceptance", every(24)), ("every academic year", every(12)),
    ("as a minimum once a year during the autumn term", every(12, AUTUMN)),
    ("fully reviewed as a minimum once a year during the autumn term", every(12, AUTUMN)),
    ("This policy will be reviewed annually in the autumn term", every(12, AUTUMN)),
    ("every two years in the second half of the summer term", every(24, SUMMER, 2)),
    ("Autumn 2 (annually)", every(12, AUTUMN, 2)), ("each spring", every(12, SPRING)),
    ("annually, every autumn term", every(12, AUTUMN)),
    ("1 September each year", every(12, doubt=falls("1 September"))),
    ("annually in September", every(12, doubt=falls("September"))),
    ("every 1st September", every(12, doubt=falls("1 September"))),
    # Several.
    ("Spring 1 2021/24/27", SeveralDates(said="", dates=(
        replace(term(SPRING, 2021, 1), said="Spring 1 2021/24/27"),
        replace(term(SPRING, 2024, 1), said="Spring 1 2021/24/27"),
        replace(term(SPRING, 2027, 1), said="Spring 1 2021/24/27"),
    ))),
    ("Sept 2024, Sept 2022 and Sept 2023", SeveralDates(said="", dates=(
        replace(month(2022, 9), said="Sept 2022"), replace(month(2023, 9), said="Sept 2023"),
        replace(month(2024, 9), said="Sept 2024"),
    ))),
    ("May 2024, 2022", SeveralDates(said="", dates=(
        replace(month(2022, 5), said="May 2024, 2022"), replace(month(2024, 5), said="May 2024, 2022"),
    ))),
    # What may mean its beginning is its doubt; its end is what it is due by anyway.
    ("start of the autumn term 2026", term(AUTUMN, 2026, doubt=sooner("start of the autumn term 2026"))),
    ("by the start of Term 2 2025/26", term(AUTUMN, 2025, 2, doubt=sooner("start of Term 2 2025/26"))),
    ("beginning of September 2026", month(2026, 9, sooner("beginning of September 2026"))),
    ("early spring 2027", term(SPRING, 2027, doubt=sooner("early spring 2027"))),
    ("mid-March 2023", month(2023, 3, sooner("mid-March 2023"))),
    ("early 2025", replace(year(2025), doubt=sooner("early 2025"))),
    ("Middle of 2025", replace(year(2025), doubt=sooner("Middle of 2025"))),
    ("at the beginning of the school year 2026/27",
     replace(school_year(2026), doubt=sooner("beginning of the school year 2026/27"))),
    ("annually at the start of the autumn term", every(12, AUTUMN, doubt=sooner("start of the autumn term"))),
    ("at the start of every autumn term", every(12, AUTUMN, doubt=sooner("start of every autumn term"))),
    ("autumn term 2026 (beginning)", term(AUTUMN, 2026, doubt=also("beginning"))),
    ("at the end of the autumn term 2026", term(AUTUMN, 2026)), ("end of 2025", year(2025)), ("late 2025", year(2025)),
    ("Early Years Committee, September 2026", month(2026, 9)),
    # Words beside it that may change it are its doubt.
    ("before November 2024", month(2024, 11, also("before"))), ("November 2024?", month(2024, 11, also("?"))),
    ("Annually \u2013 September 2025", month(2025, 9, also("Annually"))),
    ("annually, every two years", every(12, doubt=also("every two years"))),
    ("two years from November 2023", every(24, doubt=also("from \u2026 November 2023"))),
    ("adopted by X Preschool on 23/1/26", replace(day("2026-01-23"), doubt=also("x"))),
    ("This policy may be reviewed in March 2027", month(2027, 3, also("may"))),
    ("1/9/98", replace(day("2098-09-01"), doubt="The year can also be 1998.")),
]  # fmt: skip

REFUSALS = [
    ("", Why.BLANK), ("  ", Why.BLANK), ("____", Why.BLANK), ("\u2026\u2026", Why.BLANK), ("dd/mm/yyyy", Why.BLANK),
    ("/    /", Why.BLANK), ("[insert date]", Why.BLANK), ("Click or tap to enter a date.", Why.BLANK),
    ("N/a", Why.NO_DATE), ("n.a.", Why.NO_DATE), ("Varies", Why.NO_DATE), ("TBC", Why.NO_DATE), ("TBA", Why.NO_DATE),
    ("Review date: TBC", Why.NO_DATE), ("To be confirmed by governors", Why.NO_DATE), ("as required", Why.NO_DATE),
    ("as and when", Why.NO_DATE), ("As and when required", Why.NO_DATE), ("ongoing", Why.NO_DATE),
    ("none", Why.NO_DATE), ("-", Why.NO_DATE), ("\u2013", Why.NO_DATE),
    ("12th November", Why.NO_YEAR), ("November 12th", Why.NO_YEAR), ("November", Why.NO_YEAR), ("25/12", Why.NO_YEAR),
    ("31 November 2024", Why.IMPOSSIBLE), ("31st November", Why.IMPOSSIBLE), ("every 31st November", Why.IMPOSSIBLE), ("29 February 2023", Why.IMPOSSIBLE),
    ("30/02/2025", Why.IMPOSSIBLE), ("13/13/2024", Why.IMPOSSIBLE), ("32nd March 2024", Why.IMPOSSIBLE),
    ("2023-13-09", Why.IMPOSSIBLE), ("00/00/0000", Why.IMPOSSIBLE), ("Nov 0224", Why.IMPOSSIBLE),
    ("May 1989", Why.IMPOSSIBLE), ("Autumn 2101", Why.IMPOSSIBLE), ("1066", Why.IMPOSSIBLE), ("13/21", Why.IMPOSSIBLE),
    ("Monday 26 October 2025", Why.IMPOSSIBLE), ("Tue 13/09/2023", Why.IMPOSSIBLE),
    ("Half Term: Monday 26 October 2025 to Friday 30 October 2026", Why.IMPOSSIBLE), ("09/13/2023", Why.IMPOSSIBLE),
    ("12/13", Why.AMBIGUOUS), ("10/11", Why.AMBIGUOUS), ("02/03", Why.AMBIGUOUS), ("2010/11", Why.AMBIGUOUS),
    ("bi-annually", Why.AMBIGUOUS), ("biannual", Why.AMBIGUOUS), ("Winter 2025", Why.AMBIGUOUS),
    ("Autumn half term 2026", Why.AMBIGUOUS), ("Term 3", Why.AMBIGUOUS), ("academic year 2024", Why.AMBIGUOUS),
    ("November 2023/24", Why.AMBIGUOUS), ("Autumn 2021-24", Why.AMBIGUOUS), ("every two to three years", Why.AMBIGUOUS),
    ("September 2023 to September 2024", Why.AMBIGUOUS), ("November 2024 or May 2025", Why.AMBIGUOUS),
    ("Issued: 02/20 Review: 02/21", Why.AMBIGUOUS), ("1 Sept 2022, 2023", Why.AMBIGUOUS),
    ("next week", Why.NOT_UNDERSTOOD), ("soon", Why.NOT_UNDERSTOOD), ("Michaelmas 2024", Why.NOT_UNDERSTOOD),
    ("Tachwedd 2024", Why.NOT_UNDERSTOOD), ("Gwanwyn 2023/24", Why.NOT_UNDERSTOOD), ("blorp", Why.NOT_UNDERSTOOD),
    ("Summer holidays", Why.NOT_UNDERSTOOD), ("Autumn 1/2 2026", Why.NOT_UNDERSTOOD),
    ("13/09/20233", Why.NOT_UNDERSTOOD), ("12 November 20245", Why.NOT_UNDERSTOOD), ("45182", Why.NOT_UNDERSTOOD),
    ("every 0 years", Why.NOT_UNDERSTOOD), ("bi-termly", Why.NOT_UNDERSTOOD),
    ("three times a half-term", Why.NOT_UNDERSTOOD), ("not Autumn 2", Why.NOT_UNDERSTOOD),
]  # fmt: skip

BECAUSE = [
    ("09/13/2023", "There is no month 13; is it September 13?"),
    ("start of the autumn term", sooner("start of the autumn term")),
    ("2025 (early)", "It also says \u201cearly\u201d, which is not understood."),
    ("13/13/2024", "There is no month 13."),
    ("31 November 2024", "There is no 31 November."),
    ("29 February 2023", "There is no 29 February 2023."),
    ("Nov 0224", "The year 0224 lies outside 1990 to 2100."),
    ("Monday 26 October 2025", "It names another day of the week: that day is Sunday 26 October 2025."),
    ("12th November", "It says 12 November, but not of which year."),
    ("10/11", "It can mean October 2011, the school year 10/11 or 10 November of a year not said."),
    ("12/13", "It can mean December 2013 or the school year 12/13."),
    ("academic year 2024", "It can mean the school year 2023/24 or 2024/25."),
    ("biannual", "It can mean twice a year or every two years."),
    ("Winter 2025", "There is no winter term: the autumn term or the spring term can be meant."),
    ("Michaelmas 2024", "It also says \u201cmichaelmas\u201d, which is not understood."),
    ("blorp", "This could not be read as a date. Which date is it, as day, month and year?"),
]  # fmt: skip


@pytest.mark.parametrize(("said", "expected"), READINGS)
def test_a_phrase_is_read_as_it_was_said(said: str, expected: Phrase) -> None:
    assert read_phrase(said) == replace(expected, said=said)


@pytest.mark.parametrize(("said", "why"), REFUSALS)
def test_what_is_no_date_says_why_and_holds_none(said: str, why: Why) -> None:
    found = read_phrase(said)
    assert isinstance(found, NotADate)
    assert (found.said, found.why) == (said.strip(), why)
    assert found.because.endswith((".", "?"))


@pytest.mark.parametrize(("said", "because"), BECAUSE)
def test_a_refusal_says_what_a_secretary_must_look_at_and_decides_nothing(said: str, because: str) -> None:
    found = read_phrase(said)
    assert isinstance(found, NotADate)
    assert found.because == because


# --- whatever is written ---------------------------------------------------------------------------------------------

DAYS = st.dates(date(1990, 1, 1), date(2100, 12, 31))
ORDINAL = {1: "st", 2: "nd", 3: "rd", 21: "st", 22: "nd", 23: "rd", 31: "st"}


def ordinal(there: date) -> str:
    return f"{there.day}{ORDINAL.get(there.day, 'th')}"


WRITTEN: list[Callable[[date], str]] = [
    lambda one: f"{one.day} {calendar.month_name[one.month]} {one.year}",
    lambda one: f"{ordinal(one)} {calendar.month_name[one.month]} {one.year}",
    lambda one: f"{ordinal(one)} of {calendar.month_name[one.month]}, {one.year}",
    lambda one: f"{calendar.day_name[one.weekday()]} {one.day} {calendar.month_name[one.month]} {one.year}",
    lambda one: f"{calendar.day_abbr[one.weekday()]} the {ordinal(one)} {calendar.month_abbr[one.month]}. {one.year}",
    lambda one: f"{calendar.day_name[one.weekday()].upper()}, {one.day:02}/{one.month:02}/{one.year}",
    lambda one: f"{calendar.month_name[one.month]} {one.day}, {one.year}",
    lambda one: f"{calendar.month_abbr[one.month]} {ordinal(one)} {one.year}",
    lambda one: f"{one.day}-{calendar.month_abbr[one.month]}-{one.year}",
    lambda one: f"{one.day:02}/{one.month:02}/{one.year}",
    lambda one: f"{one.day}.{one.month}.{one.year}",
    lambda one: f"{one.day:02} - {one.month:02} - {one.year}",
    lambda one: one.isoformat(),
    lambda one: f"Next review:\u00a0{one.day} {calendar.month_name[one.month].lower()} {one.year}.",
]
SHORT: list[Callable[[date], str]] = [
    lambda one: f"{one.day}/{one.month}/{one:%y}", lambda one: f"{one.day:02}.{one.month:02}.{one:%y}",
    lambda one: f"{one.day}-{calendar.month_abbr[one.month]}-{one:%y}",
    lambda one: f"{ordinal(one)} {calendar.month_name[one.month]} '{one:%y}",
]  # fmt: skip


@given(DAYS, st.sampled_from(WRITTEN))
def test_every_real_day_reads_back_exactly_however_it_is_written(there: date, write: Callable[[date], str]) -> None:
    said = write(there)
    assert read_phrase(said) == replace(day(there.isoformat()), said=said)


@given(st.dates(date(2000, 1, 1), date(2099, 12, 31)), st.sampled_from(SHORT))
def test_two_figures_are_a_year_of_this_century_with_a_doubt_only_for_the_nineties(
    there: date, write: Callable[[date], str]
) -> None:
    found = read_phrase(write(there))
    assert isinstance(found, PolicyDate)
    assert (found.first, found.last, found.precision) == (there, there, Precision.DAY)
    assert bool(found.doubt) == (there.year >= 2090)


@given(DAYS, st.integers(1, 6))
def test_a_day_that_names_another_weekday_is_refused(there: date, ahead: int) -> None:
    wrong = calendar.day_name[(there + timedelta(days=ahead)).weekday()]
    found = read_phrase(f"{wrong} {there.day}/{there.month}/{there.year}")
    assert isinstance(found, NotADate)
    assert found.why is Why.IMPOSSIBLE
    assert calendar.day_name[there.weekday()] in found.because


@given(st.integers(1990, 2100), st.integers(1, 12), st.sampled_from(["{name} {year}", "{short}. {year}", "{short}-{year}",
       "{number:02}/{year}", "{year}-{number:02}", "by the end of {name} {year}", "late {short} {year}"]))  # fmt: skip
def test_every_month_reads_back_from_its_first_day_to_its_last(number_of_year: int, number: int, written: str) -> None:
    names = {"name": calendar.month_name[number], "short": calendar.month_abbr[number], "number": number}
    said = written.format(year=number_of_year, **names)
    found = read_phrase(said)
    if isinstance(found, NotADate):
        # `2009-10`: October, or the school year.
        assert found.why is Why.AMBIGUOUS
        assert (number_of_year + 1) % 100 == number
        assert said[:4].isdigit()
    else:
        assert found == replace(month(number_of_year, number), said=said)


@given(st.sampled_from(Season), st.integers(0, 2), st.integers(1990, 2099))
def test_every_term_and_half_reads_back_in_its_calendar_year(season: Season, half: int, number: int) -> None:
    named = f"{season.title()} {half or 'term'}"
    assert read_phrase(f"{named} {number}") == replace(term(season, number, half), said=f"{named} {number}")
    lies_in = number if season is AUTUMN else number + 1
    for written in (f"{number}/{(number + 1) % 100:02}", f"{number}-{number + 1}"):
        said = f"{named} {written}"
        assert read_phrase(said) == replace(term(season, lies_in, half), said=said)


@given(st.integers(1990, 2099))
def test_every_school_year_reads_back_from_september_to_august(begins: int) -> None:
    long, short = f"{begins}/{begins + 1}", f"{begins}/{(begins + 1) % 100:02}"
    assert read_phrase(long) == replace(school_year(begins), said=long)
    found = read_phrase(short)
    if isinstance(found, NotADate):
        assert (found.why, 1 <= (begins + 1) % 100 <= 12) == (Why.AMBIGUOUS, True)
    else:
        assert found == replace(school_year(begins), said=short)


@given(st.integers(1, 99), st.sampled_from([("year", 12), ("month", 1), ("term", 4)]))
def test_every_number_of_years_months_or_terms_is_a_cycle(number: int, unit: tuple[str, int]) -> None:
    name, months = unit
    for said in (f"every {number} {name}s", f"{number}-{name}ly", f"Reviewed every {number} {name}s."):
        assert read_phrase(said) == Cycle(said=said, months=number * months)


def is_a_day(year_number: int, month_number: int, day_number: int) -> bool:
    try:
        date(year_number, month_number, day_number)
    except ValueError:
        return False
    return True


@given(st.integers(1990, 2100), st.integers(0, 99), st.integers(0, 99), st.sampled_from(["{0}/{1}/{2}", "{0:02}.{1:02}.{2}",
       "{0}-{1}-{2}", "{2}-{1:02}-{0:02}", "Reviewed on {0} / {1} / {2}."]))  # fmt: skip
@example(2023, 2, 29, "{0}/{1}/{2}")
@example(2024, 13, 9, "{0}/{1}/{2}")
def test_a_day_that_is_in_no_calendar_is_refused_and_never_mended(
    number: int, month_number: int, day_number: int, written: str
) -> None:
    found = read_phrase(written.format(day_number, month_number, number))
    if is_a_day(number, month_number, day_number):
        assert isinstance(found, PolicyDate)
        assert found.first == found.last == date(number, month_number, day_number)
    else:
        assert isinstance(found, NotADate)
        assert found.why is Why.IMPOSSIBLE


@given(st.integers(1990, 2100), st.integers(1, 12), st.integers(0, 99))
def test_a_day_that_a_named_month_lacks_is_refused(number: int, month_number: int, day_number: int) -> None:
    for said in (f"{day_number} {calendar.month_name[month_number]} {number}",
                 f"{calendar.month_abbr[month_number]} {day_number}, {number}"):  # fmt: skip
        found = read_phrase(said)
        assert isinstance(found, PolicyDate) == is_a_day(number, month_number, day_number)
        assert isinstance(found, PolicyDate) or (isinstance(found, NotADate) and found.why is Why.IMPOSSIBLE)


PIECES = (
    "13 13th 31 2 09 23 24 2023 2024 1989 99 / - . , ' ( ) & and or to of the in every each once a year years months term "
    "terms half first second autumn Spring SUMMER winter September Sept. may March Nov monday Sun annually biannual two 3 "
    "yearly termly TBC N/a ? _ \u2013 \u00a0 \u2026 \u2019 \u00ad \u00b2 \ufb01 \u0130 \u017f \u0663 from by end mid start of early academic"
).split(" ")
MUDDLE = st.lists(st.tuples(st.sampled_from(PIECES), st.sampled_from(["", " ", " ", "\t\n"])), max_size=12).map(
    lambda pieces: "".join(word + gap for word, gap in pieces)
)


def dates_in(found: Phrase) -> tuple[PolicyDate, ...]:
    match found:
        case PolicyDate():
            return (found,)
        case SeveralDates():
            return found.dates
        case _:
            return ()


def holds_together(found: Phrase) -> None:
    """What every phrase keeps, whatever was written."""
    for one in dates_in(found):
        assert date(1990, 1, 1) <= one.first <= one.last <= date(2101, 8, 31)
        assert (one.precision is Precision.DAY) == (one.first == one.last)
        assert (one.term is not None) == (one.precision in {Precision.TERM, Precision.HALF_TERM})
        assert one.said
    if isinstance(found, SeveralDates):
        assert len(found.dates) > 1
        assert [one.first for one in found.dates] == sorted(one.first for one in found.dates)
    if isinstance(found, Cycle):
        assert found.months >= 1
    if isinstance(found, NotADate):
        assert found.because


@given(st.one_of(st.text(), MUDDLE))
@example("\u00bd")
@example("Apr\u0130l 2024")
@example("7\u00b9/\u0663")
@example("x" * 301)
def test_whatever_is_written_is_read_without_fault_and_kept_as_typed(text: str) -> None:
    found = read_phrase(text)
    assert found.said == text.strip()
    holds_together(found)


@given(st.one_of(st.text(), MUDDLE))
def test_whatever_is_searched_gives_phrases_that_stand_there_in_their_order(text: str) -> None:
    place = 0
    for one in find_phrases(text):
        place = text.index(one.said, place) + len(one.said)
        assert one.said.strip() == one.said != ""
        holds_together(one)


# --- in prose --------------------------------------------------------------------------------------------------------

PLAIN_PROSE = [
    "Call 101 or 01634 123456, or 020 7946 0958, at any time (24/7).",
    "Children under 18, those under the age of 16, and pupils aged 11-12 in years 10/11.",
    "A pupil in Year 1 may need help, and each may be asked; section 2 may apply, and staff may march on.",
    "In September, 18 joined, and in the month of May a few more.",
    "In the summer holidays we spring into action.",
    "Working Together to Safeguard Children (2018); Sexual Offences Act 2003; Reducing the Risk 2006.",
    "See https://school.example/2023/11/policy.pdf, policy 1.10, paragraph 4.2.10 and minute FGB 24/117.",
    "In May 25% of children, and 19/20 pupils, and 2 years of age, took part in the annual sports day.",
    "Each year group and every year 6 pupil takes part; in 10 11 12 and 5-11 classes.",
    "Refer to the Designated Safeguarding Lead immediately, or within 24 hours, or within three days.",
]
PLANTED = [
    "13th September 2023", "23/1/26", "2023-09-13", "Monday 2 March 2026", "November 2024", "Sept 18", "02/21", "2023/24",
    "Autumn term 2025", "Spring 1 2021/24/27", "Term 3 2025/26", "second half of the summer term", "Autumn 2",
    "every two years", "annually in the autumn term", "once a year during the autumn term", "termly", "bi-annually",
    "31 November 2024", "12th November", "30 September each year", "early spring 2027", "two years from acceptance", "Winter 2025",
]  # fmt: skip


@pytest.mark.parametrize("text", PLAIN_PROSE)
def test_prose_without_a_date_gives_none(text: str) -> None:
    assert find_phrases(text) == ()


@given(st.sampled_from(PLAIN_PROSE), st.sampled_from(PLANTED), st.sampled_from(PLAIN_PROSE))
def test_a_phrase_planted_in_prose_is_found_alone_and_exactly_as_typed(before: str, said: str, after: str) -> None:
    (found,) = find_phrases(f"{before} This policy is reviewed: {said}. {after}")
    assert found == next(iter(find_phrases(said)))
    assert found.said == said


@pytest.mark.parametrize(
    ("name", "said"),
    [("infant-school-cse-policy.txt", ["November 2023", "November 2024"]), ("nursery-cse-policy.txt", ["Sept 2023"])],
)
def test_in_a_whole_policy_only_its_dates_are_found(name: str, said: list[str]) -> None:
    text = (POLICIES / name).read_text("utf-8")
    assert [one.said for one in find_phrases(text)] == said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("adopted by X Preschool on 23/1/26. This policy will be reviewed annually in the autumn term.",
         ["23/1/26", "annually in the autumn term"]),
        ("Issued: 02/20 Review: 02/21", ["02/20", "02/21"]),
        ("Half Term: Monday 26 October 2025 to Friday 30 October 2026",
         ["Monday 26 October 2025", "Friday 30 October 2026"]),
        ("Sept 2022, Sept 2023\u00a0and Sept\u00a02024.", ["Sept 2022", "Sept 2023", "Sept\u00a02024"]),
        ("1. September 2023 written. 2. September 2024 reviewed.", ["September 2023", "September 2024"]),
        ("In September. 18 pupils joined in the autumn term, 25 of them new.", ["autumn term"]),
        ("It is to be reviewed in 2027, and cites the Act 1989.", ["2027"]),
        ("Annual training. An annual review, and every term a check.", ["annual", "every term"]),
        ("The 13\u1d57\u02b0 Septem\u00adber 2023\u00b2 text.", ["13\u1d57\u02b0 Septem\u00adber 2023"]),
        ("annually in the autumn and spring terms", ["annually"]),
        ("It is due in early 2027, or at the start of the spring term 2028. The early years, in 2029, begin.",
         ["early 2027", "start of the spring term 2028", "2029"]),
    ],
)  # fmt: skip
def test_prose_gives_its_phrases_in_their_order(text: str, said: list[str]) -> None:
    assert [one.said for one in find_phrases(text)] == said


# --- hostile length --------------------------------------------------------------------------------------------------

HOSTILE = [
    "1/", "2023, ", "every ", "autumn ", "1 ", "-", "\u2026", "\u00ad", "sept ", "half of the ", "annually, ", "term 1 ",
    "2021/24", "monday ", "a", "once in ", "\ufdfa", "or if ", "31st ", "'", "in the ", "1 May ", "start of the ", "early 2025 ",
]  # fmt: skip


@pytest.mark.parametrize("piece", HOSTILE)
def test_a_long_text_is_no_date_and_does_not_hide_one(piece: str) -> None:
    text = (piece * 10_000)[:10_000]
    assert read_phrase(text) == NotADate(
        said=text.strip(), why=Why.NOT_UNDERSTOOD, because="This is too long to be a date."
    )
    assert find_phrases(f"{text} . Next review: 13 March 2027.")[-1] == replace(day("2027-03-13"), said="13 March 2027")
