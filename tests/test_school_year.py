"""The school year: on which days the office is there, and by when a term is over."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.model.policy_dates import Season, TermName
from connector.school_year import Days, SchoolYear, Term

AUTUMN = Term(
    season=Season.AUTUMN,
    days=Days(date(2026, 9, 2), date(2026, 12, 18)),
    half_term=Days(date(2026, 10, 26), date(2026, 10, 30)),
)
SPRING = Term(
    season=Season.SPRING,
    days=Days(date(2027, 1, 4), date(2027, 3, 25)),
    half_term=Days(date(2027, 2, 15), date(2027, 2, 19)),
)
SUMMER = Term(
    season=Season.SUMMER,
    days=Days(date(2027, 4, 12), date(2027, 7, 21)),
    half_term=Days(date(2027, 5, 31), date(2027, 6, 4)),
)
MAY = Days(date(2027, 5, 3), date(2027, 5, 3))
YEAR = SchoolYear(terms=(AUTUMN, SPRING, SUMMER), closed=(MAY,))


@pytest.mark.parametrize(("day", "is_there"), [
    (date(2026, 9, 2), True), (date(2026, 9, 5), False), (date(2026, 9, 6), False), (date(2026, 9, 7), True),
    (date(2026, 10, 23), True), (date(2026, 10, 26), False), (date(2026, 10, 30), False), (date(2026, 11, 2), True),
    (date(2026, 12, 18), True), (date(2026, 12, 21), False), (date(2027, 1, 1), False), (date(2027, 1, 4), True),
    (date(2027, 2, 17), False), (date(2027, 3, 26), False), (date(2027, 4, 9), False), (date(2027, 5, 3), False),
    (date(2027, 5, 4), True), (date(2027, 6, 2), False), (date(2027, 7, 21), True), (date(2027, 7, 22), False),
])  # fmt: skip
def test_the_office_is_there_on_weekdays_in_term_and_on_no_other_day(day: date, is_there: bool) -> None:
    assert YEAR.is_school_day(day) is is_there


def test_a_forgotten_list_of_terms_silences_nobody_for_ever() -> None:
    assert not YEAR.is_school_day(date(2027, 9, 8))
    assert YEAR.is_school_day(date(2027, 9, 10))
    assert all(YEAR.is_school_day(date(2028, 1, 3) + timedelta(days=n)) for n in range(5))


@pytest.mark.parametrize(("terms", "there", "away"), [
    ((AUTUMN, SPRING, SUMMER), date(2026, 7, 23), date(2026, 7, 24)), ((SPRING, SUMMER), date(2026, 12, 22), date(2026, 12, 23)),
    ((SUMMER,), date(2027, 3, 30), date(2027, 3, 31)),
])  # fmt: skip
def test_a_holiday_goes_before_the_first_term_that_is_known_and_of_the_time_before_nothing_is_held_back(
    terms: tuple[Term, ...], there: date, away: date
) -> None:
    """Who replaces last year's terms in July gets no list in August."""
    year = SchoolYear(terms=terms)
    assert year.is_school_day(there)
    assert not any(year.is_school_day(away + timedelta(days=n)) for n in range((terms[0].days.first - away).days))
    assert year.is_school_day(terms[0].days.first)


def test_a_nursery_without_terms_is_open_all_year_but_for_weekends_and_closed_days() -> None:
    nursery = SchoolYear(closed=(Days(date(2026, 12, 25), date(2026, 12, 28)),))
    assert nursery.is_school_day(date(2026, 8, 12))
    assert not nursery.is_school_day(date(2026, 12, 25))
    assert not nursery.is_school_day(date(2026, 8, 15))


@pytest.mark.parametrize(("name", "day", "is_assumed"), [
    (TermName(season=Season.AUTUMN, year=2026), date(2026, 12, 18), False),
    (TermName(season=Season.AUTUMN, year=2026, half=1), date(2026, 10, 23), False),
    (TermName(season=Season.AUTUMN, year=2026, half=2), date(2026, 12, 18), False),
    (TermName(season=Season.SPRING, year=2027), date(2027, 3, 25), False),
    (TermName(season=Season.SPRING, year=2027, half=1), date(2027, 2, 12), False),
    (TermName(season=Season.SUMMER, year=2027, half=1), date(2027, 5, 28), False),
    (TermName(season=Season.SUMMER, year=2027, half=2), date(2027, 7, 21), False),
    (TermName(season=Season.AUTUMN, year=2028), date(2028, 12, 15), True),
    (TermName(season=Season.SPRING, year=2029, half=1), date(2029, 2, 9), True),
    (TermName(season=Season.SUMMER, year=2025), date(2025, 7, 18), True),
])  # fmt: skip
def test_a_term_is_over_on_its_last_school_day(name: TermName, day: date, is_assumed: bool) -> None:
    ending = YEAR.ending(name)
    assert (ending.day, ending.is_assumed) == (day, is_assumed)


def test_a_closed_last_day_is_no_last_school_day() -> None:
    closed = SchoolYear(terms=(AUTUMN,), closed=(Days(date(2026, 12, 17), date(2026, 12, 18)),))
    assert closed.ending(TermName(season=Season.AUTUMN, year=2026)).day == date(2026, 12, 16)


def test_a_term_without_its_half_term_has_no_known_first_half() -> None:
    bare = SchoolYear(terms=(Term(season=Season.AUTUMN, days=AUTUMN.days),))
    assert bare.ending(TermName(season=Season.AUTUMN, year=2026, half=1)).is_assumed
    assert not bare.ending(TermName(season=Season.AUTUMN, year=2026, half=2)).is_assumed


@given(st.sampled_from(list(Season)), st.integers(1990, 2100), st.integers(0, 2))
def test_every_assumed_ending_is_a_friday_within_its_year(season: Season, year: int, half: int) -> None:
    ending = SchoolYear().ending(TermName(season=season, year=year, half=half))
    assert ending.is_assumed
    assert (ending.day.isoweekday(), ending.day.year) == (5, year)


@given(st.dates(date(2026, 9, 1), date(2030, 12, 31)))
def test_no_more_than_eight_weeks_pass_without_a_school_day(day: date) -> None:
    assert any(YEAR.is_school_day(day + timedelta(days=n)) for n in range(56))
