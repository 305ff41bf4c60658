"""`connector policy read` and `connector policies`: what a policy says, what is due, and what came of a review."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from connector.errors import ConnectorError
from connector.model.moments import local, say_date
from connector.model.policy_dates import PolicyDate, Precision
from connector.office import Office, build_office
from connector.office_letters import say_when
from connector.office_site import OfficeSite
from connector.policy_layers import phrase_of
from connector.policy_standing import PolicyStanding
from connector.reminders import STAGES, days_left
from connector.review_calendar import title_of
from connector.review_given import Given
from connector.reviews import counts, say_event, say_history, unfinished
from connector.say import say, say_json
from connector.settings.load import load


def list_policies(config: Path, school: str, *, as_json: bool, only_due: bool = False) -> int:
    """Prints every policy of the register, or those that need something now; 1 where a review is overdue."""
    with _office(config) as office:
        today = local(office.clock.now()).date()
        found = [
            (site, policy)
            for site in _sites(office, school)
            for policy in site.policies(office.register)
            if not only_due or _needs_something(policy, today)
        ]
        if as_json:
            say_json([_facts(site, policy, today) for site, policy in found])
        else:
            _print(found, today, many=len(office.sites) > 1)
    return 1 if any((left := days_left(policy, today)) is not None and left < 0 for _, policy in found) else 0


def reviewed(config: Path, school: str, slug: str, given: Given, by: str) -> int:
    """Notes a review in the register, with who said so, and prints how the policy stands then."""
    with _office(config) as office:
        site = _one(office, school)
        now = office.clock.now()
        today = local(now).date()
        known = {policy.slug: policy for policy in site.policies(office.register)}
        if slug not in known:
            raise ConnectorError(
                f"No policy of that name is registered. Known are: {', '.join(sorted(known)) or 'none'}."
            )
        if by not in site.school.people:
            raise ConnectorError(f"Say who says so with --by: one of {', '.join(site.school.people)}.")
        begun = unfinished(known[slug], today)
        on = given.on or (begun.on if begun else today).isoformat()
        policy = office.reviews.record(site.slug, slug, replace(given, on=on), by, now)
        does_count = counts(replace(given, on=on), policy)
        say(
            f"Noted as reviewed on {on}. {_stands(policy, today)}",
            *(
                []
                if does_count
                else ["  It does not count now: a later review, or a later version of the policy, does."]
            ),
            *_still_open(policy),
        )
    return 0


def withdraw(config: Path, school: str, slug: str, on: str, by: str) -> int:
    """Takes back the review of that day, else the one that was spoken of last, and prints how the policy stands then.

    The history keeps both.
    """
    with _office(config) as office:
        site, now, day = _one(office, school), office.clock.now(), _day(on)
        if by not in site.school.people:
            raise ConnectorError(f"Say who says so with --by: one of {', '.join(site.school.people)}.")
        taken = office.reviews.withdraw(site.slug, slug, by, now, on=day)
        if taken is None:
            which = say_date(day) if day else "a policy of that name"
            raise ConnectorError(
                f"There is no review of {which} to take back: `connector policies list` shows what was noted."
            )
        say(f"Taken back: {say_event(taken, site)}.")
        # One that was struck off the list stands nowhere; its history is still there to be put right.
        for policy in (one for one in site.policies(office.register) if one.slug == slug):
            say(_stands(policy, local(now).date()), *_still_open(policy))
    return 0


def feed(config: Path, school: str, *, renew: bool) -> int:
    """Prints the address of the school's calendar; with `renew` a new one, and the old one is worth nothing."""
    with _office(config) as office:
        site = _one(office, school)
        serial = office.register.renew_feed(site.slug) if renew else office.register.feed_serials().get(site.slug, 0)
        say(office.links.feed(site.slug, serial))
    return 0


@contextmanager
def _office(config: Path) -> Iterator[Office]:
    office = build_office(load(config, os.environ))
    try:
        yield office
    finally:
        office.close()


def _sites(office: Office, school: str) -> list[OfficeSite]:
    """All schools, or the one that was named."""
    return [_one(office, school)] if school else list(office.sites.values())


def _one(office: Office, school: str) -> OfficeSite:
    if not school and len(office.sites) == 1:
        return next(iter(office.sites.values()))
    if school not in office.sites:
        raise ConnectorError(f"Say which school with --school: one of {', '.join(office.sites)}.")
    return office.sites[school]


def _needs_something(policy: PolicyStanding, today: date) -> bool:
    left = days_left(policy, today)
    return left is None or left <= STAGES[0] or bool(policy.open)


def _day(said: str) -> date | None:
    """The day that was given; None for none. Raises ConnectorError for other words."""
    if not said:
        return None
    found = phrase_of(said)
    if not isinstance(found, PolicyDate) or found.precision is not Precision.DAY or found.doubt:
        raise ConnectorError("Give the day of the review that is to be taken back, like 23 November 2026.")
    return found.first


def _stands(policy: PolicyStanding, today: date) -> str:
    return f"{title_of(policy)}: {say_when(policy, today)}."


def _still_open(policy: PolicyStanding) -> list[str]:
    return [f"  still open: {one.said}" for one in policy.open]


def _print(found: list[tuple[OfficeSite, PolicyStanding]], today: date, *, many: bool) -> None:
    if not found:
        say("No policy is registered, or none needs anything now.")
    for site, policy in found:
        where = f"{site.slug}: " if many else ""
        say(
            f"{where}{policy.slug}: {title_of(policy)}", f"    {say_when(policy, today)}; owner {site.owner_of(policy)}"
        )
        say(*[f"    {one.said}" for one in policy.open])
        say(*[f"    {line}" for line in say_history(policy.kept, site)])


def _facts(site: OfficeSite, policy: PolicyStanding, today: date) -> dict[str, Any]:
    review, kept = policy.review, policy.kept
    return {
        "school": site.slug,
        "policy": policy.slug,
        "title": policy.title,
        "number": policy.number,
        "owner": site.owner_of(policy),
        "written": policy.written,
        "due": review.due.isoformat() if review.due else None,
        "due_words": review.words,
        "due_from": review.basis,
        "days_left": days_left(policy, today),
        "minute_number": policy.minute_number,
        "open": [{"kind": one.kind, "said": one.said} for one in policy.open],
        "document": kept.document_name if kept else "",
        "read_at": kept.read_at.isoformat() if kept and kept.read_at else None,
        "history": [
            {"at": event.at.isoformat(), "by": event.by, "kind": event.kind, "note": event.note}
            | ({"reviewed_on": event.reviewed.on.isoformat()} if event.reviewed else {})
            for event in (kept.history if kept else ())
        ],
    }
