"""The ladder: who is told and when, past whom, through nights, holidays and clock changes. Pure, so by tables."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.calendar import OpenHours, next_open
from connector.ladder import may_carry, present, steps
from connector.model.moments import local
from connector.model.people import Away, Ladder, Person, Rung

LADDER = Ladder(
    rungs=(
        Rung(after_minutes=0, people=("dsl", "deputy")),
        Rung(after_minutes=15, people=("dsl", "deputy"), tell_reporter=True),
        Rung(after_minutes=30, people=("head",)),
        Rung(after_minutes=60, people=("chair",)),
    )
)
HOURS = OpenHours(time(7, 30), time(18), (1, 2, 3, 4, 5), ((date(2026, 12, 19), date(2027, 1, 3)),))
NOBODY: frozenset[str] = frozenset()


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_the_rungs_come_at_their_minutes() -> None:
    start = at("2026-11-17T10:00")
    found = steps(LADDER, NOBODY, start, None, urgent=False)
    assert [(step.due_at - start).seconds // 60 for step in found] == [0, 15, 30, 60]
    assert [step.tell_reporter for step in found] == [False, True, False, False]


def test_whoever_wrote_it_or_is_its_subject_is_passed_over() -> None:
    found = steps(LADDER, frozenset({"dsl"}), at("2026-11-17T10:00"), None, urgent=False)
    assert [step.people for step in found] == [("deputy",), ("deputy",), ("head",), ("chair",)]


def test_a_rung_with_nobody_left_goes_to_the_next_that_has_somebody_at_once() -> None:
    found = steps(LADDER, frozenset({"dsl", "deputy"}), at("2026-11-17T10:00"), None, urgent=False)
    assert [step.people for step in found] == [("head",), ("head",), ("head",), ("chair",)]


CLIMBS = [
    # in hours; over the evening; over a weekend; into the holidays
    ("2026-11-17T10:00", "2026-11-17T10:15"), ("2026-11-17T17:55", "2026-11-18T07:30"),
    ("2026-11-17T17:40", "2026-11-17T17:55"), ("2026-11-17T21:00", "2026-11-18T07:45"),
    ("2026-11-20T20:00", "2026-11-23T07:45"), ("2026-12-18T17:58", "2027-01-04T07:30"),
    # summer time: 07:30 in London is 06:30 UTC; the night the clocks go forward and back
    ("2026-07-01T21:00", "2026-07-02T06:45"), ("2027-03-26T20:00", "2027-03-29T06:45"),
    ("2026-10-23T20:00", "2026-10-26T07:45"),
]  # fmt: skip


@pytest.mark.parametrize(("received", "second_rung"), CLIMBS)
def test_the_rungs_after_the_first_wait_for_opening_time_where_the_school_wants_that(
    received: str, second_rung: str
) -> None:
    found = steps(LADDER, NOBODY, at(received), HOURS, urgent=False)
    assert found[0].due_at == at(received)
    assert found[1].due_at == at(second_rung)


@pytest.mark.parametrize(("received", "_"), CLIMBS)
def test_an_urgent_concern_always_climbs(received: str, _: str) -> None:
    found = steps(LADDER, NOBODY, at(received), HOURS, urgent=True)
    assert found[1].due_at == at(received) + timedelta(minutes=15)


def test_a_calendar_that_never_opens_holds_nothing_for_ever() -> None:
    closed = OpenHours(time(7, 30), time(18), (1, 2, 3, 4, 5), ((date(2020, 1, 1), date(2040, 1, 1)),))
    moment = at("2026-11-17T10:00")
    assert next_open(closed, moment) == moment


@given(st.datetimes(datetime(2026, 1, 1), datetime(2028, 12, 31)))  # noqa: DTZ001 - made aware below
def test_the_next_opening_is_open_and_never_earlier(naive: datetime) -> None:
    moment = naive.replace(tzinfo=UTC)
    found = next_open(HOURS, moment)
    assert found >= moment
    assert HOURS.opens <= local(found).time() < HOURS.closes
    assert HOURS.open_on(local(found).date())


@given(
    st.frozensets(st.sampled_from(["dsl", "deputy", "head", "chair"]), max_size=3),
    st.datetimes(datetime(2026, 1, 1), datetime(2028, 12, 31)),  # noqa: DTZ001 - made aware below
    st.booleans(),
    st.booleans(),
)
def test_there_is_always_somebody_and_never_anybody_passed_over(
    skip: frozenset[str], naive: datetime, urgent: bool, by_hours: bool
) -> None:
    received = naive.replace(tzinfo=UTC)
    found = steps(LADDER, skip, received, HOURS if by_hours else None, urgent=urgent)
    assert found[0].people
    assert found[0].due_at == received
    assert all(not skip & set(step.people) for step in found)
    assert [step.due_at for step in found] == sorted(step.due_at for step in found)


def person(*away: Away) -> Person:
    return Person(name="A B", role="r", email="a@b.example", away=away)


def test_cover_stands_in_for_whoever_is_away() -> None:
    gone = Away(first=date(2027, 2, 15), last=date(2027, 2, 19), cover="head")
    people = {"dsl": person(gone), "deputy": person(), "head": person()}
    assert present(people, ("dsl", "deputy"), NOBODY, date(2027, 2, 16)) == ("head", "deputy")
    assert present(people, ("dsl", "deputy"), NOBODY, date(2027, 2, 20)) == ("dsl", "deputy")


def test_a_cover_that_must_not_know_is_not_told_and_the_one_away_is() -> None:
    gone = Away(first=date(2027, 2, 15), last=date(2027, 2, 19), cover="head")
    people = {"dsl": person(gone), "head": person()}
    assert present(people, ("dsl",), frozenset({"head"}), date(2027, 2, 16)) == ("dsl",)


def test_two_who_cover_each_other_while_both_are_away_are_still_told() -> None:
    days = {"first": date(2027, 2, 15), "last": date(2027, 2, 19)}
    people = {"a": person(Away(cover="b", **days)), "b": person(Away(cover="a", **days))}
    assert set(present(people, ("a", "b"), NOBODY, date(2027, 2, 16))) == {"a", "b"}


@pytest.mark.parametrize(("members", "told", "skip", "about_staff", "may"), [
    (("dsl", "deputy"), ("dsl", "deputy"), (), False, True), (("dsl", "deputy"), ("deputy",), ("dsl",), False, False),
    (("dsl", "deputy"), ("head",), (), False, False), (("dsl", "deputy"), ("dsl",), (), False, True),
    (("head", "dsl"), ("head",), (), True, False), (("head",), ("head", "chair"), (), True, True),
])  # fmt: skip
def test_a_shared_channel_is_used_only_where_everybody_who_reads_it_may_know(
    members: tuple[str, ...], told: tuple[str, ...], skip: tuple[str, ...], about_staff: bool, may: bool
) -> None:
    assert may_carry(members, told, frozenset(skip), about_staff=about_staff) is may


def test_a_far_side_that_asks_for_an_eternity_is_asked_again_today() -> None:
    now = datetime(2026, 11, 21, 12, tzinfo=UTC)
    from connector.retry import next_try

    for asked in (1e300, float("inf"), 86_400.0):
        found = next_try(1, now, owed_since=now, give_up=timedelta(hours=72), retry_after=asked, jitter=0.5)
        assert found is not None
        assert found - now <= timedelta(hours=6)
