"""A whole school year of reminders by two processes that are killed and restarted, held to an account of our own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from connector.model.moments import LONDON, local
from tools.office_year import FIRST, LAST, POLICIES, TERMS, Arrived, run

# By hand: from which day on (the mails of that day are sent before the office speaks) each policy is due when.
NEVER = date.max
DUE: dict[str, list[tuple[date, date | None]]] = {
    "child-protection": [(FIRST, date(2027, 10, 22)), (date(2027, 10, 21), date(2028, 10, 20))],
    "cse": [(FIRST, date(2024, 11, 30)), (date(2027, 12, 2), date(2029, 11, 30))],
    "e-safety": [(FIRST, date(2028, 2, 29))],
    "clocks-back": [(FIRST, date(2027, 11, 1))],
    "clocks-forward": [(FIRST, date(2028, 3, 27))],
    "holiday": [(FIRST, date(2027, 12, 31))],
    "summer": [(FIRST, date(2028, 8, 31))],
    "spring": [(FIRST, date(2028, 3, 31))],
    "undated": [(FIRST, None), (date(2028, 3, 2), date(2028, 6, 30))],
    "signed": [(FIRST, date(2029, 5, 31))],
    "quiet": [(FIRST, date(2030, 6, 30))],
}
# Always open, however far their review is: not signed; and that the day of a coming term is only assumed.
OPEN = {"signed": FIRST, "child-protection": date(2027, 10, 21)}


def due_on(slug: str, day: date) -> date | None:
    return [due for since, due in DUE[slug] if since <= day][-1]


def is_school_day(day: date) -> bool:
    """Counted out apart from the code: weekdays of three terms without their half-terms and one bank holiday."""
    inside = any(entry.first <= day <= entry.last for entry in TERMS.terms)
    half = any(entry.half_term and entry.half_term.first <= day <= entry.half_term.last for entry in TERMS.terms)
    return inside and not half and day.weekday() < 5 and day != date(2028, 5, 1)


def days() -> Iterator[date]:
    # The service starts on 1 September, the last day of the holiday before the first term that it knows of.
    day = FIRST
    while day <= LAST:
        if is_school_day(day) or (day > date(2028, 7, 21) + timedelta(days=50) and day.weekday() < 5):
            yield day
        day += timedelta(days=1)


def expected() -> set[tuple[date, str, str, frozenset[str]]]:
    """Who hears of what on which day, by the rules read literally."""
    found, told, last_week = set(), set(), None
    for day in days():
        week = day.isocalendar()[:2]
        for person in ("office", "head", "deputy", "dsl"):
            mine = [slug for slug, listed in POLICIES.items() if person in {"office", listed.owner}]
            stages = set()
            for slug in mine:
                due = due_on(slug, day)
                reached = [stage for stage in (90, 30, 7, 0) if due and day >= due - timedelta(days=stage)]
                if reached and (person, slug, due, reached[-1]) not in told:
                    stages.add(slug)
                    told.add((person, slug, due, reached[-1]))
            listed_now = {
                slug
                for slug in mine
                if (due := due_on(slug, day)) is None or due - timedelta(days=90) <= day or OPEN.get(slug, NEVER) <= day
            }
            if week != last_week and (listed_now or person == "office"):
                found.add((day, person, "this week's list", titles(listed_now)))
            elif stages:
                found.add((day, person, "a review is due", titles(stages)))
        last_week = week
    return found


def titles(slugs: set[str]) -> frozenset[str]:
    return frozenset(POLICIES[slug].title for slug in slugs)


def seen(mail: Arrived) -> tuple[date, str, str, frozenset[str]]:
    named = frozenset(line[2:] for line in mail.text.splitlines() if line.startswith("* "))
    return mail.day, mail.person, mail.subject.removeprefix("Policies: "), named


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_each_reminder_comes_once_on_its_day_through_a_whole_year(seed: int, tmp_path: Path) -> None:
    box = run(seed, tmp_path)
    assert {seen(mail) for mail in box.arrived} == expected()
    by_id = Counter(mail.message_id for mail in box.arrived)
    assert len(by_id) == len(expected())
    # What arrived twice went out just before its process was killed; the second one says so.
    assert box.killed_before > 5
    assert box.killed_after > 5
    assert sum(by_id.values()) - len(by_id) == box.killed_after
    first: set[str] = set()
    for mail in box.arrived:
        if mail.message_id in first:
            assert "You may have had this mail already" in mail.text
        first.add(mail.message_id)


def test_nothing_comes_in_holidays_at_weekends_or_before_half_past_seven(tmp_path: Path) -> None:
    box = run(4, tmp_path)
    assert {mail.day for mail in box.arrived if not is_school_day(mail.day)} == set()
    assert min(local(mail.at).time() for mail in box.arrived) == datetime(2027, 9, 1, 7, 30).time()  # noqa: DTZ001 - a time of the wall


def test_half_past_seven_stays_half_past_seven_through_both_clock_changes(tmp_path: Path) -> None:
    box = run(5, tmp_path)
    for monday, hour in (
        (date(2027, 10, 18), 6),
        (date(2027, 11, 1), 7),
        (date(2028, 3, 20), 7),
        (date(2028, 3, 27), 6),
    ):
        first = min(mail.at for mail in box.arrived if mail.day == monday)
        assert first.hour == hour
        assert first.astimezone(LONDON).hour == 7
