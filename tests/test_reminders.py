"""The rule of reminders: when who is due which mail, and what stands in it."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.model.office_mail import OfficeMailKind
from connector.model.policies_kept import Listed
from connector.policy_standing import PolicyStanding, standing_of
from connector.reminders import STAGES, Plan, group, plan_for, stage_of
from tests.test_school_year import YEAR

# A Monday.
TODAY = date(2026, 11, 23)
WEEK = "week 2026-W48"


def policy(slug: str = "cse", left: int | None = None, **listed: object) -> PolicyStanding:
    """One that is due in so many days; without them nobody has said when."""
    due = "" if left is None else (TODAY + timedelta(days=left)).isoformat()
    return standing_of(slug, Listed(next_review=due, **listed), None, YEAR)  # type: ignore[arg-type] # a table of named values


def plan(*policies: PolicyStanding, told: tuple[str, ...] = (), today: date = TODAY, office: bool = True) -> Plan:
    found = plan_for(policies, frozenset(told), today, is_office=office)
    assert found is not None
    return found


def no_plan(*policies: PolicyStanding, told: tuple[str, ...] = (), today: date = TODAY, office: bool = True) -> bool:
    return plan_for(policies, frozenset(told), today, is_office=office) is None


def stage(left: int, slug: str = "cse") -> str:
    """What is told of a policy with so many days left."""
    return f"{slug} {TODAY + timedelta(days=left)} {stage_of(left)}"


@pytest.mark.parametrize(("left", "reached"), [
    (91, None), (90, 90), (31, 90), (30, 30), (8, 30), (7, 7), (1, 7), (0, 0), (-1, 0), (-730, 0),
])  # fmt: skip
def test_of_stages_that_have_passed_the_last_counts(left: int, reached: int | None) -> None:
    assert stage_of(left) == reached


@pytest.mark.parametrize(("left", "name"), [
    (-1, "overdue"), (-730, "overdue"), (0, "soon"), (90, "soon"), (91, "quiet"), (None, "to_ask"),
])  # fmt: skip
def test_a_policy_stands_in_one_group_by_its_days(left: int | None, name: str) -> None:
    found = group([policy(left=left)], TODAY)
    counts = {part: len(getattr(found, part)) for part in ("overdue", "soon", "to_ask", "to_mend")}
    assert counts | {"quiet": found.quiet} == dict.fromkeys((*counts, "quiet"), 0) | {name: 1}


def test_the_gravest_group_takes_a_policy_that_belongs_to_several() -> None:
    unsigned = policy(left=-1, needs=("signed_chair",)), policy("later", left=400, needs=("signed_chair",))
    found = group(unsigned, TODAY)
    assert [one.slug for one in found.overdue] == ["cse"]
    assert [one.slug for one in found.to_mend] == ["later"]


@pytest.mark.parametrize("left", [90, 30, 7, 0])
def test_a_stage_is_told_once(left: int) -> None:
    found = plan(policy(left=left), told=(WEEK,))
    assert (found.kind, found.occasions) == (OfficeMailKind.REMINDER, (stage(left), f"day {TODAY}"))
    assert no_plan(policy(left=left), told=(WEEK, stage(left)))


def test_a_reminder_names_only_what_has_reached_a_stage_and_the_list_names_all() -> None:
    due, told_before, asked = policy("a", left=7), policy("b", left=29), policy("c")
    found = plan(due, told_before, asked, told=(WEEK, stage(29, "b")))
    assert [one.slug for one in found.groups.soon] == ["a"]
    assert (found.groups.to_ask, found.groups.quiet) == ((), 0)
    found = plan(due, told_before, asked, told=(stage(29, "b"),))
    assert [one.slug for one in (*found.groups.soon, *found.groups.to_ask)] == ["a", "b", "c"]


def test_the_weeks_list_tells_the_stages_of_its_day_besides() -> None:
    found = plan(policy(left=7))
    assert (found.kind, found.occasions) == (OfficeMailKind.WEEK, (WEEK, stage(7), f"day {TODAY}"))


def test_the_office_gets_an_empty_list_and_an_owner_gets_none() -> None:
    assert plan(policy(left=400)).groups.quiet == 1
    assert not plan().groups.has_any
    assert no_plan(policy(left=400), office=False)
    assert no_plan(office=False)


@pytest.mark.parametrize("mine", [policy(left=-1), policy(left=90), policy(), policy(left=400, needs=("signed_head",))])
def test_an_owner_gets_the_list_where_something_is_theirs_to_do(mine: PolicyStanding) -> None:
    assert plan(mine, office=False).kind is OfficeMailKind.WEEK


def test_nobody_gets_a_second_mail_on_a_day_and_the_next_day_brings_what_came_meanwhile() -> None:
    first = plan(policy("a", left=400))
    assert no_plan(policy("a", left=7), told=first.occasions)
    tomorrow = TODAY + timedelta(days=1)
    found = plan(policy("a", left=7), told=first.occasions, today=tomorrow)
    assert found.kind is OfficeMailKind.REMINDER
    assert no_plan(policy("a", left=7), told=(*first.occasions, *found.occasions), today=tomorrow)


def test_after_a_holiday_only_the_last_stage_is_told() -> None:
    found = plan(policy(left=6), told=(WEEK, f"cse {TODAY + timedelta(days=6)} 90"))
    assert found.occasions[:-1] == (stage(6),)


def test_another_due_day_begins_its_stages_anew() -> None:
    assert plan(policy(left=7), told=(WEEK, f"cse {TODAY + timedelta(days=8)} 7")).occasions[0] == stage(7)


def test_a_week_belongs_to_the_year_of_its_thursday() -> None:
    assert plan(today=date(2027, 1, 1)).occasions[0] == "week 2026-W53"
    assert plan(today=date(2027, 1, 4)).occasions[0] == "week 2027-W01"


@given(st.lists(st.one_of(st.none(), st.integers(-800, 800)), max_size=12), st.booleans())
def test_every_policy_is_in_exactly_one_place_and_no_occasion_comes_twice(
    lefts: list[int | None], office: bool
) -> None:
    policies = [policy(f"p{number}", left=left) for number, left in enumerate(lefts)]
    groups = group(policies, TODAY)
    placed = [*groups.overdue, *groups.soon, *groups.to_ask, *groups.to_mend]
    assert len({one.slug for one in placed}) + groups.quiet == len(policies)
    found = plan_for(policies, frozenset(), TODAY, is_office=office)
    reached = [left for left in lefts if left is not None and left <= STAGES[0]]
    if found is None:
        assert not office
        assert not placed
    else:
        assert len(set(found.occasions)) == len(found.occasions) == len(reached) + 2
