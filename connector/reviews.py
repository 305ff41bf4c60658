"""Reviews: a person says that a policy was reviewed, when it is next due, its minute number and who signed."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

from connector.model.moments import local, say_date, say_moment
from connector.model.policies_kept import Event, EventKind, Kept, Reviewed
from connector.model.policy_dates import PolicyDate
from connector.office_letters import say_when
from connector.office_links import OfficeLinkInvalid, OfficeLinks
from connector.office_site import OfficeSite
from connector.policy_layers import phrase_of
from connector.policy_standing import PolicyStanding
from connector.register.register import Register
from connector.review_calendar import title_of
from connector.review_given import NAMES, Given, ReviewNotNoted, checked

_YEAR = timedelta(days=365)
_SHORTLY_BEFORE, _SHORTLY_AFTER = timedelta(days=92), timedelta(days=31)
_ANOTHER = (
    "That is far from {}, the review that stands here. For another one press \u201cNote another review\u201d above."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewView:
    """What the page shows: the policy, when it is due, what is open, its history; and what was typed wrong.

    `adds_to` is the day of the review that stands in the fields, to be added to; empty where they are for a new one.
    `seen` is that one's mark. `is_over` where what was noted does not count, since something later does.
    """

    school: str
    title: str
    when: str
    notes: tuple[str, ...]
    history: tuple[str, ...]
    given: Given
    faults: Mapping[str, str] = field(default_factory=dict)
    adds_to: str = ""
    is_noted: bool = False
    seen: str = ""
    is_over: bool = False


@dataclass(frozen=True, slots=True)
class Reviews:
    """The two verbs behind a review link, and the one of the command line."""

    sites: Mapping[str, OfficeSite]
    register: Register
    links: OfficeLinks

    def look(self, token: str, now: datetime, *, is_new: bool = False) -> ReviewView:
        """What the link shows, for another review with empty fields. Raises OfficeLinkInvalid.

        Looking changes nothing: mail scanners look.
        """
        site, policy, _ = self._read(token, now)
        said = unfinished(policy, local(now).date()) if not is_new else None
        view = _view(site, policy, given_of(said) if said else Given(on=local(now).date().isoformat()), now)
        return replace(view, adds_to=say_date(said.on) if said else "", seen=mark_of(said))

    def note(self, token: str, given: Given, now: datetime, seen: str = "") -> ReviewView:
        """Note the review, or show again what was typed with what is wrong about it. Raises OfficeLinkInvalid.

        `seen` is the mark of the review that stood in the fields: then what was emptied is to be empty.
        """
        site, policy, person = self._read(token, now)
        try:
            noted = self.record(site.slug, policy.slug, given, person, now, seen=seen)
        except ReviewNotNoted as wrong:
            adds_to = say_date(policy.last_word.on) if seen and policy.last_word else ""
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
        return next(policy for policy in site.policies(self.register) if policy.slug == slug)

    def withdraw(self, school: str, slug: str, by: str, now: datetime, *, on: date | None = None) -> Event | None:
        """Take back the review of that day, or the one that was spoken of last; what was said of it last.

        None where there is none. Raises RegisterClosed.
        """
        return self.register.withdraw(school, slug, by, now, on=on)

    def _read(self, token: str, now: datetime) -> tuple[OfficeSite, PolicyStanding, str]:
        link = self.links.read(token, now)
        site = self.sites.get(link.school)
        if site is None or link.person not in site.school.people:
            raise OfficeLinkInvalid
        policies = site.policies(self.register)
        policy = _named(policies, link.slug)
        if policy is None:
            raise OfficeLinkInvalid
        return site, policy, link.person


def _named(policies: tuple[PolicyStanding, ...], slug: str) -> PolicyStanding | None:
    """The policy of that name, or the one that had it while nobody had listed it yet: links of then are still out."""
    found = [one for one in policies if slug in {one.slug, one.kept.known_as if one.kept else one.slug}]
    return next((one for one in found if one.slug == slug), found[0] if found else None)


def mark_of(said: Reviewed | None) -> str:
    """A mark of what a page showed: another word changes it. Empty for nothing."""
    return hashlib.sha256(repr(said).encode()).hexdigest()[:16] if said is not None else ""


def _settled(reviewed: Reviewed, known: Reviewed | None, *, seen: str) -> Reviewed | None:
    """What is kept of it, beside what is known of the latest review; None where that says it all.

    Who saw that puts it right: what they emptied is empty, and a day close to its own stands in its place. Who did not,
    or saw it before another spoke, only adds to it. Raises ReviewNotNoted where they saw that and mean another review.
    """
    settled = _beside(reviewed, known, seen) if known is not None else reviewed
    return settled if settled != known else None


def _beside(reviewed: Reviewed, known: Reviewed, seen: str) -> Reviewed:
    if seen == mark_of(known):
        return _put_right(reviewed, known)
    if reviewed.on != known.on:
        return reviewed
    given: dict[str, Any] = {name: getattr(reviewed, name) or getattr(known, name) for name in NAMES}
    return Reviewed(on=reviewed.on, **given)


def _put_right(reviewed: Reviewed, shown: Reviewed) -> Reviewed:
    """Another review is never noted over one that stood in the fields: it would inherit its minute and signatures."""
    if reviewed.on == shown.on:
        return reviewed
    if not _is_mistyped(shown.on, reviewed.on):
        raise ReviewNotNoted({"on": _ANOTHER.format(say_date(shown.on))})
    return replace(reviewed, replaces=shown.on)


def _is_mistyped(shown: date, on: date) -> bool:
    """True for a day close to the one that was shown, or the same of an earlier year; a year later is a new review."""
    is_of_another_year = on < shown and (on.month, on.day) == (shown.month, shown.day)
    return -_SHORTLY_BEFORE <= on - shown <= _SHORTLY_AFTER or is_of_another_year


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
    return [said for event in reversed(kept.history) if (said := say_event(event, site))] if kept else []


def say_event(event: Event, site: OfficeSite) -> str:
    """A review, or that one was taken back, with who said so and when; nothing for what became of a document."""
    if event.reviewed is not None:
        said = _say(event.reviewed)
    elif event.kind is EventKind.WITHDRAWN:
        which = f"of {say_date(event.takes_back)}" if event.takes_back else "that was spoken of last"
        said = f"The review {which} was taken back"
    else:
        return ""
    person = site.school.people.get(event.by)
    return f"{said} ({person.name if person else event.by} said so on {say_moment(event.at)})"


def _say(reviewed: Reviewed) -> str:
    parts = [f"{name} {said}" for key, name in NAMES.items() if (said := getattr(reviewed, key))]
    instead = [f"in place of {say_date(reviewed.replaces)}"] if reviewed.replaces else []
    return "; ".join([f"Reviewed on {say_date(reviewed.on)}", *instead, *parts])
