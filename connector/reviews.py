"""Reviews: a person says that a policy was reviewed, when it is next due, its minute number and who signed."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

from connector.model.moments import local, say_date, say_moment
from connector.model.policies_kept import EventKind, Kept, Reviewed
from connector.model.policy_dates import PolicyDate
from connector.office_letters import say_when
from connector.office_links import OfficeLinkInvalid, OfficeLinks
from connector.office_site import OfficeSite
from connector.policy_layers import phrase_of
from connector.policy_standing import PolicyStanding
from connector.register.register import Register
from connector.reminding import show
from connector.review_calendar import title_of
from connector.review_given import NAMES, Given, ReviewNotNoted, checked

_YEAR = timedelta(days=365)
_SHORTLY = timedelta(days=92)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewView:
    """What the page shows: the policy, when it is due, what is open, its history; and what was typed wrong.

    `adds_to` is the day of the review that stands in the fields, to be added to; None where they are for a new one.
    `seen` is that one's mark. `is_over` where what was noted does not count, since something later does.
    """

    school: str
    title: str
    when: str
    notes: tuple[str, ...]
    history: tuple[str, ...]
    given: Given
    faults: Mapping[str, str] = field(default_factory=dict)
    adds_to: date | None = None
    is_noted: bool = False
    seen: str = ""
    is_over: bool = False


@dataclass(frozen=True, slots=True)
class Reviews:
    """The two verbs behind a review link, and the one of the command line."""

    sites: Mapping[str, OfficeSite]
    register: Register
    links: OfficeLinks

    def look(self, token: str, now: datetime) -> ReviewView:
        """What the link shows. Raises OfficeLinkInvalid. Looking changes nothing: mail scanners look."""
        site, policy, _ = self._read(token, now)
        said = unfinished(policy, local(now).date())
        view = _view(site, policy, given_of(said) if said else Given(on=local(now).date().isoformat()), now)
        return replace(view, adds_to=said.on if said else None, seen=mark_of(said))

    def note(self, token: str, given: Given, now: datetime, seen: str = "") -> ReviewView:
        """Note the review, or show again what was typed with what is wrong about it. Raises OfficeLinkInvalid.

        `seen` is the mark of the review that stood in the fields: then what was emptied is to be empty.
        """
        site, policy, person = self._read(token, now)
        try:
            noted = self.record(site.slug, policy.slug, given, person, now, seen=seen)
        except ReviewNotNoted as wrong:
            adds_to = policy.last_word.on if seen and policy.last_word else None
            return replace(_view(site, policy, given, now), faults=wrong.faults, adds_to=adds_to, seen=seen)
        return replace(_view(site, noted, given, now), is_noted=True, is_over=not counts(given, noted))

    def record(self, school: str, slug: str, given: Given, by: str, now: datetime, *, seen: str = "") -> PolicyStanding:
        """Note what was said of a review and by whom; the policy as it stands then.

        `seen` is the mark of what they saw of it while they said it. Raises ReviewNotNoted with each fault, and
        RegisterClosed; then nothing was noted.
        """
        site = self.sites[school]
        reviewed = checked(given, site.year, local(now).date())
        self.register.note_reviewed(school, slug, partial(_settled, reviewed, seen=seen), by, now)
        policies = site.policies(self.register)
        show(self.register, site, policies, now)
        return next(policy for policy in policies if policy.slug == slug)

    def withdraw(self, school: str, slug: str, by: str, now: datetime) -> bool:
        """Take back the last review that was noted. False where there is none. Raises RegisterClosed."""
        return self.register.withdraw(school, slug, by, now)

    def _read(self, token: str, now: datetime) -> tuple[OfficeSite, PolicyStanding, str]:
        link = self.links.read(token, now)
        site = self.sites.get(link.school)
        if site is None or link.person not in site.school.people:
            raise OfficeLinkInvalid
        policies = site.policies(self.register)
        policy = next((one for one in policies if one.slug == link.slug), None)
        if policy is None:
            raise OfficeLinkInvalid
        return site, policy, link.person


def mark_of(said: Reviewed | None) -> str:
    """A mark of what a page showed: another word changes it. Empty for nothing."""
    return hashlib.sha256(repr(said).encode()).hexdigest()[:16] if said is not None else ""


def _settled(reviewed: Reviewed, known: Reviewed | None, *, seen: str) -> Reviewed | None:
    """What is kept of it, beside what is known of the latest review; None where that says it all.

    Who saw that puts it right: what they emptied is empty, and a day shortly before stands in its place. Who did not,
    or saw it before another spoke, only adds to it.
    """
    settled = _beside(reviewed, known, seen) if known is not None else reviewed
    return settled if settled != known else None


def _beside(reviewed: Reviewed, known: Reviewed, seen: str) -> Reviewed:
    if seen == mark_of(known):
        return replace(reviewed, replaces=known.on) if _is_mistyped(known.on, reviewed.on) else reviewed
    if reviewed.on != known.on:
        return reviewed
    given: dict[str, Any] = {name: getattr(reviewed, name) or getattr(known, name) for name in NAMES}
    return Reviewed(on=reviewed.on, **given)


def _is_mistyped(shown: date, on: date) -> bool:
    """True for a day shortly before the one that was shown, or of another year: a new review comes after it."""
    is_of_another_year = on < shown and (on.month, on.day) == (shown.month, shown.day)
    return timedelta(0) < shown - on <= _SHORTLY or is_of_another_year


def counts(given: Given, policy: PolicyStanding) -> bool:
    """True where what was given is what counts now; a later review, or a later document, may stand before it."""
    said, word = phrase_of(given.on), policy.last_word
    return word is not None and isinstance(said, PolicyDate) and word.on == said.first


def unfinished(policy: PolicyStanding, today: date) -> Reviewed | None:
    """What people said of the last review, while that is nearer than the next: what is said now adds to it."""
    said = policy.last_word
    if said is None or today - said.on >= (policy.review.due or said.on + _YEAR) - today:
        return None
    return said


def given_of(said: Reviewed) -> Given:
    """It as it is typed."""
    return Given(on=said.on.isoformat(), **{name: getattr(said, name) for name in NAMES})


def _view(site: OfficeSite, policy: PolicyStanding, given: Given, now: datetime) -> ReviewView:
    return ReviewView(
        school=site.school.name,
        title=title_of(policy),
        when=say_when(policy, local(now).date()),
        notes=tuple(one.said for one in policy.open),
        history=tuple(say_history(policy.kept, site)),
        given=given,
    )


def say_history(kept: Kept | None, site: OfficeSite) -> list[str]:
    """Each review, and each that was taken back, with who said so and when, the latest first."""
    found = []
    for event in reversed(kept.history) if kept else ():
        person = site.school.people.get(event.by)
        said_by = f"{person.name if person else event.by} said so on {say_moment(event.at)}"
        if event.reviewed is not None:
            found.append(f"{_say(event.reviewed)} ({said_by})")
        elif event.kind is EventKind.WITHDRAWN:
            found.append(f"The review noted before this was taken back ({said_by})")
    return found


def _say(reviewed: Reviewed) -> str:
    parts = [f"{name} {said}" for key, name in NAMES.items() if (said := getattr(reviewed, key))]
    instead = [f"in place of {say_date(reviewed.replaces)}"] if reviewed.replaces else []
    return "; ".join([f"Reviewed on {say_date(reviewed.on)}", *instead, *parts])
