"""One school's office made ready: its policies, its terms, its post. Nothing here has a way to a concern."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Protocol

from connector.model.guidance import Editions
from connector.model.notice import Addressee
from connector.model.policies_kept import Kept, Listed
from connector.model.policy import Citation
from connector.model.policy_text import FoundDocument
from connector.model.profile import PolicyProfile, form_gaps
from connector.notify.mail import Envelope, Mail
from connector.policy_standing import Open, OpenKind, PolicyStanding, standing_of
from connector.register.register import Register
from connector.school_year import SchoolYear
from connector.settings.school import School
from connector.understanding.editions import superseded


class Post(Protocol):
    """A way for a mail that is ready."""

    def post(self, mail: Mail, to: Addressee) -> str:
        """Hand it over and return its Message-ID. Raises DeliveryError."""


class PolicySource(Protocol):
    """A place where policies lie."""

    def documents(self) -> tuple[FoundDocument, ...]:
        """Every document that can be read as a policy. Raises DeliveryError."""

    def read(self, found: FoundDocument) -> bytes:
        """Its bytes. Raises DeliveryError."""


@dataclass(frozen=True, slots=True)
class OfficeSite:
    """One school's office. `envelope` is from whom its mail comes."""

    slug: str
    school: School
    year: SchoolYear
    post: Post
    envelope: Envelope
    profiles: Mapping[str, PolicyProfile]
    editions: Editions
    library: PolicySource | None = None

    @property
    def office(self) -> str:
        """The person of the school who hears of every policy."""
        return self.school.office or self.school.technician

    def owner_of(self, policy: PolicyStanding) -> str:
        """Who looks after that policy: its owner, else the office."""
        return policy.owner or self.office

    def policies(self, register: Register) -> tuple[PolicyStanding, ...]:
        """Every policy of the school as it stands, by due day; those without one come last. Raises RegisterClosed.

        A policy is what the school's file lists or a document says. What was struck off the list is only history.
        """
        kept = {one.slug: one for one in register.policies(self.slug)}
        slugs = dict.fromkeys([*self.school.policies, *(slug for slug, one in kept.items() if one.document)])
        is_read = self.library is not None and register.look(self.slug).looked_at is not None
        found = _same_titles([self._standing(slug, kept.get(slug), is_read=is_read) for slug in slugs])
        return tuple(sorted(found, key=lambda one: (one.review.due or date.max, one.slug)))

    def _standing(self, slug: str, kept: Kept | None, *, is_read: bool) -> PolicyStanding:
        listed = self.school.policies.get(slug)
        found = standing_of(slug, listed, kept, self.year)
        missing = _missing(listed, kept) if is_read else ()
        return replace(found, open=(*found.open, *missing, *self._superseded(kept), *self._of_forms(found)))

    def _superseded(self, kept: Kept | None) -> tuple[Open, ...]:
        texts = kept.read.texts if kept and kept.read else ()
        cited = [Citation(title=title, edition=str(year), year=year, key=key) for title, key, year in texts]
        return tuple(Open(OpenKind.SUPERSEDED, said) for said in superseded(cited, self.editions))

    def _of_forms(self, policy: PolicyStanding) -> tuple[Open, ...]:
        """Where policy, profile and form do not ask for the same."""
        profile = self.profiles.get(policy.profile or "")
        if profile is None:
            return ()
        found = []
        if profile.drafted_from and not profile.confirmed_by:
            found.append(f"The profile {profile.name} was drafted from it and nobody has confirmed that yet")
        wanted = policy.kept.read.fields if policy.kept and policy.kept.read else ()
        found += [
            f"It asks a record to hold \u201c{words}\u201d; the profile {profile.name} has no such field"
            for field, words in wanted
            if profile.rule(field) is None
        ]
        for form in self.school.forms.values():
            if form.profile == profile.name and (gaps := form_gaps(profile, form.map)):
                asked = ", ".join(rule.label for rule in gaps)
                found.append(f"The form \u201c{form.title}\u201d has no question for: {asked}")
        return tuple(Open(OpenKind.FORM, said) for said in dict.fromkeys(found))


def _missing(listed: Listed | None, kept: Kept | None) -> tuple[Open, ...]:
    """Where the school's file names a document that was never in the library."""
    if listed is None or not listed.file or (kept is not None and kept.document):
        return ()
    return (Open(OpenKind.GONE, f"No document named \u201c{listed.file}\u201d is in the library of policies"),)


def _same_titles(policies: list[PolicyStanding]) -> list[PolicyStanding]:
    """Two documents of one title are two policies, each with its own review: that is said of both, with their names."""
    by_title: dict[str, list[str]] = {}
    for one in policies:
        if one.kept is not None and one.kept.document and one.kept.gone_at is None:
            by_title.setdefault(one.title.casefold(), []).append(one.kept.document_name)
    return [replace(one, open=(*one.open, *_beside(one, by_title.get(one.title.casefold(), [])))) for one in policies]


def _beside(policy: PolicyStanding, names: list[str]) -> tuple[Open, ...]:
    if len(names) < 2 or policy.kept is None or policy.kept.document_name not in names:
        return ()
    told = ", ".join(f"\u201c{name}\u201d" for name in sorted(names))
    return (Open(OpenKind.TWICE, f"Documents of the same title: {told}. This is {policy.kept.document_name}"),)
