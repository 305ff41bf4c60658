"""Does what a school's file says of its policies agree: people, profiles, terms, and dates that can be read?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta

from connector.model.policies_kept import Listed
from connector.model.policy_dates import Cycle, NotADate, PolicyDate, Why
from connector.model.profile import PolicyProfile
from connector.settings.policies import DrivePolicies, SharePointPolicies
from connector.settings.school import School
from connector.settings.terms import TermSets
from connector.understanding.dates import read_phrase

# A year mistyped would keep the office's mail back, and the ladder, for as long.
_LONGEST_CLOSURE = timedelta(weeks=14)

Said = tuple[tuple[str | int, ...], str]


def policy_disagreements(school: School, profiles: Mapping[str, PolicyProfile], terms: TermSets) -> Iterator[Said]:
    """Every place where the school's policies contradict the rest of the configuration, with its mend."""
    if school.calendar.terms is not None and school.calendar.terms not in terms.sets:
        yield ("calendar", "terms"), f"names no set of terms.toml: there is no {school.calendar.terms}"
    for number, closure in enumerate(school.calendar.closed):
        if not closure.first <= closure.last <= closure.first + _LONGEST_CLOSURE:
            said = "must end after it begins, and within 14 weeks: look at its years"
            yield ("calendar", "closed", number), said
    match school.policy_library:
        case SharePointPolicies() if school.microsoft is None:
            yield ("policy_library",), "needs the table [microsoft] with tenant, client_id and certificate"
        case DrivePolicies() if school.google is None:
            yield ("policy_library",), "needs the table [google] with identity and key"
    yield from _listed(school, profiles)


def _listed(school: School, profiles: Mapping[str, PolicyProfile]) -> Iterator[Said]:
    for slug, listed in school.policies.items():
        if listed.owner is not None and listed.owner not in school.people:
            yield ("policies", slug, "owner"), f"names somebody who is not under [people]: {listed.owner}"
        if listed.profile is not None and listed.profile not in profiles:
            yield ("policies", slug, "profile"), f"names no profile under policies/: there is no {listed.profile}"
        for name, said in _dates(listed):
            yield ("policies", slug, name), said


def _dates(listed: Listed) -> Iterator[tuple[str, str]]:
    for name in ("written", "accepted", "next_review", "cycle"):
        said = getattr(listed, name)
        phrase = read_phrase(said)
        if isinstance(phrase, NotADate) and phrase.why is not Why.BLANK:
            yield name, f"cannot be read as a date: {phrase.because or phrase.why}"
        elif said and name == "cycle" and not isinstance(phrase, Cycle):
            yield name, "must say how often, like `every two years` or `annually in the autumn term`"
        elif said and name in {"written", "accepted"} and not isinstance(phrase, PolicyDate):
            yield name, "must be one date, like `November 2026` or `Autumn 2 2026`"
