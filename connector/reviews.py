"""Reviews: a person says that a policy was reviewed, when it is next due, its minute number and who signed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime, timedelta

from connector.errors import ConnectorError
from connector.model.moments import local, say_date, say_moment
from connector.model.policies_kept import EventKind, Kept, Reviewed, one_line
from connector.model.policy_dates import NotADate, PolicyDate, Precision
from connector.office_letters import say_when
from connector.office_links import OfficeLinkInvalid, OfficeLinks
from connector.office_site import OfficeSite
from connector.policy_standing import PolicyStanding, is_far, phrase_of
from connector.register.register import Register
from connector.reminding import show
from connector.review_calendar import title_of
from connector.reviewing import Dates, review_of

_LONGEST = 200
_YEAR = timedelta(days=365)
# What people write where something is still to come.
_NOT_YET = frozenset({"-", "?", "no", "none", "nil", "n/a", "not yet", "tba", "tbc", "tbd", "pending", "unknown"})
_NAMES = {
    "accepted": "accepted", "minute_number": "minute number", "signed_head": "signed by the headteacher or manager",
    "signed_chair": "signed by the chair or owner", "next_review": "next review",
}  # fmt: skip


class ReviewNotNoted(ConnectorError):
    """The review was not noted: something in it cannot be read."""

    def __init__(self, faults: Mapping[str, str]) -> None:
        """`faults`: what is wrong with each thing given, in a sentence."""
        super().__init__("\n".join(f"{name.replace('_', ' ')}: {said}" for name, said in faults.items()))
        self.faults = dict(faults)


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What a person typed of a review, as they typed it."""

    on: str = ""
    next_review: str = ""
    accepted: str = ""
    minute_number: str = ""
    signed_head: str = ""
    signed_chair: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewView:
    """What the page shows: the policy, when it is due, what is open, its history; and what was typed wrong.

    `adds_to` is the day of the review that stands in the fields, to be added to; None where they are for a new one.
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

    def note(self, token: str, given: Given, now: datetime) -> ReviewView:
        """Note the review, or show again what was typed with what is wrong about it. Raises OfficeLinkInvalid."""
        site, policy, person = self._read(token, now)
        try:
            noted = self.record(site.slug, policy.slug, given, person, now)
        except ReviewNotNoted as wrong:
            return replace(_view(site, policy, given, now), faults=wrong.faults)
        return replace(_view(site, noted, given, now), is_noted=True)

    def record(self, school: str, slug: str, given: Given, by: str, now: datetime) -> PolicyStanding:
        """Note what was said of a review and by whom; the policy as it stands then.

        Raises ReviewNotNoted with each fault, and RegisterClosed; then nothing was noted.
        """
        site = self.sites[school]
        reviewed = _checked(given, site, local(now).date())
        self.register.note_reviewed(school, slug, reviewed, by, now)
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


def unfinished(policy: PolicyStanding, today: date) -> Reviewed | None:
    """What people said of the last review, while that is nearer than the next: what is said now adds to it."""
    said = policy.last_word
    if said is None or today - said.on >= (policy.review.due or said.on + _YEAR) - today:
        return None
    return said


def given_of(said: Reviewed) -> Given:
    """It as it is typed."""
    return Given(on=said.on.isoformat(), **{name: getattr(said, name) for name in _NAMES})


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
    parts = [f"{name} {said}" for key, name in _NAMES.items() if (said := getattr(reviewed, key))]
    return "; ".join([f"Reviewed on {say_date(reviewed.on)}", *parts])


def _checked(given: Given, site: OfficeSite, today: date) -> Reviewed:
    """What was typed, as it is kept. Raises ReviewNotNoted."""
    too_long = [name for name, said in asdict(given).items() if len(said) > _LONGEST]
    given = replace(given, **dict.fromkeys(too_long, ""))
    day, said_of_day = _day_of(given.on, today)
    found = {
        "on": said_of_day,
        "next_review": _fault_of_next(given.next_review, day, site),
        "accepted": _fault_of_accepted(given.accepted, today),
        **{name: _fault_of_words(getattr(given, name)) for name in ("minute_number", "signed_head", "signed_chair")},
        **dict.fromkeys(too_long, f"That is longer than {_LONGEST} characters."),
    }
    if (faults := {name: said for name, said in found.items() if said}) or day is None:
        raise ReviewNotNoted(faults)
    return Reviewed(on=day, **{name: one_line(getattr(given, name)) for name in _NAMES})


def _day_of(said: str, today: date) -> tuple[date | None, str]:
    """The day on which it was reviewed, and what is wrong with it."""
    on = phrase_of(said)
    if not isinstance(on, PolicyDate) or on.precision is not Precision.DAY or on.doubt:
        return None, "Give the day on which it was reviewed, like 23 November 2026."
    if on.first > today:
        return on.first, "That day is still to come: note the review when it was done."
    return on.first, ""


def _fault_of_next(said: str, on: date | None, site: OfficeSite) -> str:
    """What is wrong with the date of the next review, or nothing; none at all is fine, it is then asked for."""
    phrase = phrase_of(said)
    if phrase is None:
        return ""
    if isinstance(phrase, NotADate):
        return phrase.because or f"It {phrase.why}: write it like November 2028 or Autumn 2 2028."
    written = phrase_of(on.isoformat()) if on else None
    review = review_of(Dates(written=written, next_review=phrase), site.year)
    if review.ask:
        return review.ask
    if review.due is not None and on is not None and review.due <= on:
        return "The next review lies before this one: look at the year."
    if review.due is not None and on is not None and is_far(review.due, on):
        return "That is more than six years from this one: look at the year."
    return f"It is doubtful: {review.doubt}" if review.doubt else ""


def _fault_of_accepted(said: str, today: date) -> str:
    """What is wrong with the day of acceptance, or nothing: it is a date, and not one to come."""
    phrase = phrase_of(said)
    if phrase is None:
        return ""
    if not isinstance(phrase, PolicyDate) or phrase.doubt:
        return "Give the day on which it was accepted, like 4 December 2026; leave it empty until it is."
    return "That day is still to come: leave it empty until it is accepted." if phrase.first > today else ""


def _fault_of_words(said: str) -> str:
    """`Not yet` is no name and no number: kept as one it would count as signed."""
    return "Leave this empty until it is known." if said.casefold().strip(" .") in _NOT_YET else ""
