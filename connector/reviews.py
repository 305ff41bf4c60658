"""Reviews: a person says that a policy was reviewed, when it is next due, its minute number and who signed."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

from connector.model.moments import local, say_date, say_moment
from connector.model.policies_kept import Event, EventKind, Kept, Reviewed, standing_reviews
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
            shown = shown_by(seen, policy.kept.history if policy.kept else ())
            adds_to = say_date(shown.on) if shown is not None else ""
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
        policy = next((one for one in policies if one.known_as == link.slug), None)
        if policy is None:
            raise OfficeLinkInvalid
        return site, policy, link.person


def mark_of(said: Reviewed | None) -> str:
    """A mark of what a page showed: another word changes it. Empty for nothing."""
    return hashlib.sha256(repr(said).encode()).hexdigest()[:16] if said is not None else ""


def _settled(reviewed: Reviewed, history: Sequence[Event], *, seen: str) -> Reviewed | None:
    """What is kept of it, beside what was said before; None where that says it all.

    Who saw a review puts that right: what they emptied is empty, and a day close to its own stands in its place. What
    another put right since they saw it stays so, where they left it as they saw it. Who saw none only adds to one.
    Raises ReviewNotNoted where they saw one and mean another.
    """
    shown, standing = shown_by(seen, history), standing_reviews(history)
    since = _became(shown, history) if shown is not None else None
    known = next((one for one in standing if one.on == reviewed.on), None)
    if shown is not None and since is not None:
        settled = _put_right(_merged(reviewed, shown, since), since)
    elif known is not None:
        given: dict[str, Any] = {name: getattr(reviewed, name) or getattr(known, name) for name in NAMES}
        settled = Reviewed(on=reviewed.on, **given)
    else:
        settled = reviewed
    return settled if settled not in standing else None


def shown_by(seen: str, history: Sequence[Event]) -> Reviewed | None:
    """The review that stood in the fields of a page with that mark; None where none did."""
    said = (replace(event.reviewed, replaces=None) for event in history if event.reviewed is not None)
    return next((one for one in said if mark_of(one) == seen), None)


def _became(shown: Reviewed, history: Sequence[Event]) -> Reviewed | None:
    """That review as it stands now, also where its day was put right; None where it was taken back."""
    standing = {one.on: one for one in standing_reviews(history)}
    moved = [event.reviewed.on for event in history if event.reviewed and event.reviewed.replaces == shown.on]
    return standing.get(shown.on) or (standing.get(moved[-1]) if moved else None)


def _merged(given: Reviewed, shown: Reviewed, since: Reviewed) -> Reviewed:
    """What was left as it was shown stays as it is since; what was emptied is emptied only of what was shown."""
    words: dict[str, Any] = {}
    for name in ("on", *NAMES):
        said, before, now = (getattr(one, name) for one in (given, shown, since))
        words[name] = now if said == before or (not said and now != before) else said
    return Reviewed(**words)


def _put_right(reviewed: Reviewed, since: Reviewed) -> Reviewed:
    """Another review is never noted over one that stood in the fields: it would inherit its minute and signatures."""
    if reviewed.on == since.on:
        return reviewed
    if not _is_mistyped(since.on, reviewed.on):
        raise ReviewNotNoted({"on": _ANOTHER.format(say_date(since.on))})
    return replace(reviewed, replaces=since.on)


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
