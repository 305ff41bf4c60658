"""Reviews: a person says that a policy was reviewed, when it is next due, its minute number and who signed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from connector.model.moments import local, say_date, say_moment
from connector.model.policies_kept import EventKind, Kept, Reviewed
from connector.model.policy_dates import PolicyDate
from connector.office_letters import say_when
from connector.office_links import OfficeLinkInvalid, OfficeLinks
from connector.office_site import OfficeSite
from connector.policy_layers import last_word, phrase_of
from connector.policy_standing import PolicyStanding
from connector.register.register import Register
from connector.reminding import show
from connector.review_calendar import title_of
from connector.review_given import NAMES, Given, ReviewNotNoted, checked

_YEAR = timedelta(days=365)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewView:
    """What the page shows: the policy, when it is due, what is open, its history; and what was typed wrong.

    `adds_to` is the day of the review that stands in the fields, to be added to; None where they are for a new one.
    `later` is the day of a later review, which counts in place of the one that was noted.
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
    later: date | None = None


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
        return replace(view, adds_to=said.on if said else None)

    def note(self, token: str, given: Given, now: datetime, adds_to: str = "") -> ReviewView:
        """Note the review, or show again what was typed with what is wrong about it. Raises OfficeLinkInvalid.

        `adds_to` is the day of the review that stood in the fields: then what was emptied is to be empty.
        """
        site, policy, person = self._read(token, now)
        shown = _iso(adds_to)
        try:
            noted = self.record(site.slug, policy.slug, given, person, now, shown=shown)
        except ReviewNotNoted as wrong:
            return replace(_view(site, policy, given, now), faults=wrong.faults, adds_to=shown)
        return replace(_view(site, noted, given, now), is_noted=True, later=later_than(given, noted))

    def record(
        self, school: str, slug: str, given: Given, by: str, now: datetime, *, shown: date | None = None
    ) -> PolicyStanding:
        """Note what was said of a review and by whom; the policy as it stands then.

        `shown` is the day of the review that they saw while they said it: they put it right. Else what they leave out
        stays as it was. Raises ReviewNotNoted with each fault, and RegisterClosed; then nothing was noted.
        """
        site = self.sites[school]
        reviewed = checked(given, site.year, local(now).date())
        known = next((one for one in self.register.policies(school) if one.slug == slug), None)
        self.register.note_reviewed(school, slug, _settled(reviewed, last_word(known), shown), by, now)
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


def _iso(said: str) -> date | None:
    try:
        return date.fromisoformat(said)
    except ValueError:
        return None


def _settled(reviewed: Reviewed, known: Reviewed | None, shown: date | None) -> Reviewed:
    """What is kept of it. An earlier day than the one that was shown is that one put right: a new review is later."""
    if known is None or shown not in {None, known.on}:
        return reviewed
    if shown is not None:
        return replace(reviewed, replaces=shown) if reviewed.on < shown else reviewed
    if reviewed.on != known.on:
        return reviewed
    given = {name: getattr(reviewed, name) or getattr(known, name) for name in NAMES}
    return Reviewed(on=reviewed.on, **given)


def later_than(given: Given, policy: PolicyStanding) -> date | None:
    """The day of the review that counts in place of the one that was given; None where that one counts."""
    said, counts = phrase_of(given.on), last_word(policy.kept)
    is_over = counts is not None and isinstance(said, PolicyDate) and said.first < counts.on
    return counts.on if counts is not None and is_over else None


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
