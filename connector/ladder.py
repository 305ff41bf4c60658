"""Who is told, and when. Pure: people, rungs, calendar and `now` are passed in.

A concern about somebody on the ladder, or written by them, is routed around that person: their
mailbox is not used, and a shared channel that they can read is not used either.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from connector.calendar import OpenHours, next_open
from connector.model.moments import local
from connector.model.people import Ladder, Person, Rung


@dataclass(frozen=True, slots=True)
class Step:
    """One rung made ready: when, whom (slugs), and whether the reporter hears that nobody has picked it up."""

    number: int
    due_at: datetime
    people: tuple[str, ...]
    tell_reporter: bool


def steps(
    ladder: Ladder, skip: frozenset[str], received_at: datetime, hours: OpenHours | None, urgent: bool
) -> tuple[Step, ...]:
    """The rungs with their moments. A rung with nobody left on it is taken by the next that has somebody.

    `hours` is None where the ladder climbs at any time. An urgent concern always climbs, and the
    first rung is always told at once.
    """
    found = []
    for number, rung in enumerate(ladder.rungs):
        due = received_at + timedelta(minutes=rung.after_minutes)
        if number and hours is not None and not urgent:
            due = _within(hours, received_at, rung.after_minutes)
        people = tuple(slug for slug in rung.people if slug not in skip)
        found.append(Step(number, due, people or _next_people(ladder.rungs[number + 1 :], skip), rung.tell_reporter))
    return tuple(found)


def _next_people(later: Sequence[Rung], skip: frozenset[str]) -> tuple[str, ...]:
    for rung in later:
        if left := tuple(slug for slug in rung.people if slug not in skip):
            return left
    return ()


def _within(hours: OpenHours, received_at: datetime, minutes: int) -> datetime:
    """So many minutes after the school is next open from the moment of receipt."""
    return next_open(hours, next_open(hours, received_at) + timedelta(minutes=minutes))


def present(people: Mapping[str, Person], slugs: Sequence[str], skip: frozenset[str], day: date) -> tuple[str, ...]:
    """The same people with cover for those who are away that day; each once, and nobody of `skip`.

    Whoever is away without a cover that may be told is told all the same: better twice than nobody.
    """
    found: dict[str, None] = {}
    for slug in slugs:
        cover = _cover(people, slug, day)
        found[cover if cover not in skip else slug] = None
    return tuple(slug for slug in found if slug not in skip)


def _cover(people: Mapping[str, Person], slug: str, day: date) -> str:
    seen = {slug}
    while slug in people:
        away = next((a for a in people[slug].away if a.first <= day <= a.last), None)
        if away is None or away.cover in seen:
            return slug
        slug = away.cover
        seen.add(slug)
    return slug


def may_carry(members: Sequence[str], told: Sequence[str], skip: frozenset[str], *, about_staff: bool) -> bool:
    """True where a shared channel may carry the notice: no reader of it is to be passed over.

    For a concern about staff every reader must be one of those told: the usual DSL group must not see it.
    """
    if skip & set(members) or not set(members) & set(told):
        return False
    return set(members) <= set(told) if about_staff else True


def today(now: datetime) -> date:
    """The school's date."""
    return local(now).date()
