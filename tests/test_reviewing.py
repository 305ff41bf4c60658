"""The review rule: by which day a policy is to be reviewed, and when that must be asked."""

from __future__ import annotations

from datetime import date

import pytest

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
from connector.reviewing import Basis, Dates, review_of
from connector.school_year import SchoolYear
from tests.test_school_year import YEAR


def day(year: int, month: int, number: int) -> PolicyDate:
    there = date(year, month, number)
    return PolicyDate(said=there.isoformat(), precision=Precision.DAY, first=there, last=there)


def month(year: int, number: int, last: int) -> PolicyDate:
    return PolicyDate(
        said="a month", precision=Precision.MONTH, first=date(year, number, 1), last=date(year, number, last)
    )


def term(season: Season, year: int, half: int = 0) -> PolicyDate:
    name = TermName(season=season, year=year, half=half)
    first, last = {
        Season.AUTUMN: (date(year, 9, 1), date(year, 12, 31)), Season.SPRING: (date(year, 1, 1), date(year, 4, 14)),
        Season.SUMMER: (date(year, 4, 1), date(year, 7, 31)),
    }[season]  # fmt: skip
    return PolicyDate(said="a term", precision=Precision.TERM, first=first, last=last, term=name)


def cycle(months: int, season: Season | None = None, half: int = 0) -> Cycle:
    return Cycle(said="a cycle", months=months, season=season, half=half)


@pytest.mark.parametrize(("stated", "due"), [
    (day(2026, 11, 23), date(2026, 11, 23)),
    (month(2024, 11, 30), date(2024, 11, 30)),
    (month(2028, 2, 29), date(2028, 2, 29)),
    (term(Season.AUTUMN, 2026), date(2026, 12, 18)),
    (term(Season.AUTUMN, 2026, 1), date(2026, 10, 23)),
    (term(Season.SPRING, 2027), date(2027, 3, 25)),
])  # fmt: skip
def test_a_month_is_due_by_its_last_day_and_a_term_by_its_last_school_day(stated: PolicyDate, due: date) -> None:
    review = review_of(Dates(next_review=stated), YEAR)
    assert (review.due, review.basis, review.ask, review.is_assumed) == (due, Basis.STATED, "", False)


def test_a_term_whose_dates_are_not_known_is_assumed_and_says_so() -> None:
    review = review_of(Dates(next_review=term(Season.AUTUMN, 2030)), SchoolYear())
    assert review.is_assumed
    assert review.due == date(2030, 12, 20)


@pytest.mark.parametrize(("written", "how_often", "due"), [
    (day(2024, 2, 29), cycle(12), date(2025, 2, 28)),
    (day(2024, 2, 29), cycle(48), date(2028, 2, 29)),
    (day(2023, 8, 31), cycle(18), date(2025, 2, 28)),
    (day(2023, 12, 5), cycle(1), date(2024, 1, 5)),
    (month(2023, 11, 30), cycle(24), date(2025, 11, 30)),
    (month(2023, 2, 28), cycle(12), date(2024, 2, 29)),
    (month(2023, 8, 31), cycle(6), date(2024, 2, 29)),
    (term(Season.AUTUMN, 2025), cycle(12), date(2026, 12, 18)),
    (term(Season.SPRING, 2025), cycle(24), date(2027, 3, 25)),
    (day(2026, 3, 2), cycle(12, Season.AUTUMN), date(2026, 12, 18)),
    (day(2025, 10, 2), cycle(12, Season.AUTUMN), date(2026, 12, 18)),
    (day(2024, 10, 2), cycle(24, Season.AUTUMN), date(2026, 12, 18)),
    (day(2026, 11, 20), cycle(12, Season.SPRING, 1), date(2027, 2, 12)),
])  # fmt: skip
def test_without_a_stated_review_the_cycle_counts_from_the_date_written(
    written: PolicyDate, how_often: Cycle, due: date
) -> None:
    review = review_of(Dates(written=written, cycle=how_often), YEAR)
    assert (review.due, review.basis) == (due, Basis.CYCLE)


def test_a_stated_review_counts_before_the_cycle() -> None:
    dates = Dates(written=month(2023, 11, 30), next_review=month(2024, 11, 30), cycle=cycle(24))
    assert review_of(dates, YEAR).due == date(2024, 11, 30)


def test_a_cycle_in_the_place_of_the_review_date_is_a_cycle() -> None:
    assert review_of(Dates(written=month(2023, 11, 30), next_review=cycle(24)), YEAR).due == date(2025, 11, 30)


def test_a_term_without_a_year_is_the_next_one_after_the_policy_was_written() -> None:
    autumn_2 = YearlessTerm(said="Autumn 2", season=Season.AUTUMN, half=2)
    assert review_of(Dates(written=day(2026, 9, 20), next_review=autumn_2), YEAR).due == date(2026, 12, 18)
    assert review_of(Dates(written=day(2025, 11, 20), next_review=autumn_2), YEAR).due == date(2026, 12, 18)


def test_a_term_without_a_year_goes_by_the_cycle_where_there_is_one() -> None:
    autumn = YearlessTerm(said="Autumn Term", season=Season.AUTUMN)
    review = review_of(Dates(written=day(2024, 10, 14), next_review=autumn, cycle=cycle(24)), YEAR)
    assert (review.due, review.doubt) == (date(2026, 12, 18), "")


def test_a_term_without_a_year_that_comes_soon_is_doubted() -> None:
    autumn_2 = YearlessTerm(said="Autumn 2", season=Season.AUTUMN, half=2)
    assert "which is meant?" in review_of(Dates(written=day(2025, 10, 29), next_review=autumn_2), YEAR).doubt
    assert review_of(Dates(written=day(2025, 11, 20), next_review=autumn_2), YEAR).doubt == ""
    assert review_of(Dates(written=day(2025, 10, 29), next_review=autumn_2, cycle=cycle(12)), YEAR).doubt == ""


def test_of_several_dates_the_first_after_the_policy_was_written_counts() -> None:
    several = SeveralDates(said="2021/24/27", dates=(day(2021, 1, 9), day(2024, 1, 9), day(2027, 1, 9)))
    assert review_of(Dates(written=day(2024, 1, 20), next_review=several), YEAR).due == date(2027, 1, 9)
    assert review_of(Dates(written=day(2030, 1, 20), next_review=several), YEAR).due == date(2027, 1, 9)


@pytest.mark.parametrize(("dates", "asked"), [
    (Dates(), "No review date"),
    (Dates(written=month(2023, 11, 30)), "No review date"),
    (Dates(next_review=NotADate(said="", why=Why.BLANK)), "No review date"),
    (Dates(next_review=NotADate(said="Varies", why=Why.NO_DATE)), "No review date"),
    (Dates(cycle=cycle(12)), "when was it last"),
    (Dates(written=NotADate(said="soon", why=Why.NOT_UNDERSTOOD), cycle=cycle(12)), "when was it last"),
    (Dates(next_review=YearlessTerm(said="Autumn 2", season=Season.AUTUMN, half=2)), "has no year"),
    (Dates(next_review=SeveralDates(said="2024/27", dates=(day(2024, 1, 9), day(2027, 1, 9)))), "which is the next"),
    (Dates(next_review=NotADate(said="31 June", why=Why.IMPOSSIBLE, because="There is no such day.")), "There is no such day."),
])  # fmt: skip
def test_what_cannot_be_known_is_asked_and_never_decided(dates: Dates, asked: str) -> None:
    review = review_of(dates, YEAR)
    assert review.due is None
    assert asked in review.ask


def test_a_review_date_that_cannot_be_read_gives_way_to_the_cycle_and_is_doubted() -> None:
    impossible: Phrase = NotADate(said="31 June", why=Why.IMPOSSIBLE, because="There is no such day.")
    review = review_of(Dates(written=day(2025, 6, 30), next_review=impossible, cycle=cycle(12)), YEAR)
    assert review.due == date(2026, 6, 30)
    assert "There is no such day." in review.doubt


def test_a_doubt_about_the_words_goes_along_with_the_day() -> None:
    doubtful = PolicyDate(
        said="Sept 27",
        precision=Precision.MONTH,
        first=date(2027, 9, 1),
        last=date(2027, 9, 30),
        doubt="or 27 September",
    )
    assert review_of(Dates(next_review=doubtful), YEAR).doubt == "or 27 September"
    assert review_of(Dates(written=doubtful, cycle=cycle(12)), YEAR).doubt == "or 27 September"
