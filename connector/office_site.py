"""One school's office made ready: its policies, its terms, its post. Nothing here has a way to a concern."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Protocol

from connector.model.document_names import fits, plain
from connector.model.guidance import Editions
from connector.model.notice import Addressee
from connector.model.policies_kept import Kept, Listed, one_line, standing_reviews
from connector.model.policy import Citation
from connector.model.profile import PolicyProfile, form_gaps
from connector.notify.mail import Envelope, Mail
from connector.policies.source import PolicySource
from connector.policy_standing import Open, OpenKind, PolicyStanding, standing_of
from connector.register.register import Register
from connector.school_year import SchoolYear
from connector.settings.school import School
from connector.understanding.editions import superseded


class Post(Protocol):
    """A way for a mail that is ready."""

    def post(self, mail: Mail, to: Addressee) -> str:
        """Hand it over and return its Message-ID. Raises DeliveryError."""


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

        A policy is what the school's file lists or a document says. What was struck off the list, or is left out of the
        library, is only history.
        """
        kept = {one.slug: one for one in register.policies(self.slug)}
        of_documents = (one for one in kept.values() if one.document)
        in_force = (one.slug for one in of_documents if not self.leaves_out(one.document, one.document_name))
        slugs = dict.fromkeys([*self.school.policies, *in_force])
        is_read = self.library is not None and register.look(self.slug).looked_at is not None
        there = [one for one in kept.values() if one.document and one.gone_at is None] if is_read else []
        found = [self._standing(slug, kept.get(slug), there, is_read=is_read) for slug in slugs]
        return tuple(sorted(_same_titles(found), key=lambda one: (one.review.due or date.max, one.slug)))

    def leaves_out(self, document: str, name: str) -> bool:
        """True for a document that the school's file says is no policy in force."""
        return self.school.policy_library is not None and self.school.policy_library.leaves_out(document, name)

    def is_anybodys(self, kept: Kept) -> bool:
        """False for a document that nobody listed and of which no review stands: a draft that lay there for a while."""
        return kept.slug in self.school.policies or bool(standing_reviews(kept.history))

    def _standing(self, slug: str, kept: Kept | None, there: Iterable[Kept], *, is_read: bool) -> PolicyStanding:
        listed = self.school.policies.get(slug)
        found = standing_of(slug, listed, kept, self.year)
        missing = (*self._missing(slug, listed, kept), *self._how_it_ends(kept, there)) if is_read else ()
        return replace(found, open=(*found.open, *missing, *self._superseded(kept), *self._of_forms(found)))

    def _missing(self, slug: str, listed: Listed | None, kept: Kept | None) -> tuple[Open, ...]:
        """Where the school's file names a document that was never in the library, or is another policy's."""
        if listed is None or not listed.file or (kept is not None and kept.document):
            return ()
        name = f"\u201c{listed.file}\u201d"
        first = next(one for one, other in self.school.policies.items() if plain(other.file) == plain(listed.file))
        if first != slug:
            return (Open(OpenKind.TWICE, f"{name} is the document of [policies.{first}]: give this one no `file`"),)
        return (Open(OpenKind.GONE, f"No document named {name} is in the library of policies"),)

    def _how_it_ends(self, kept: Kept | None, there: Iterable[Kept]) -> tuple[Open, ...]:
        """What to do where a document is gone for good, by a name that leaves out no other one."""
        if kept is None or kept.gone_at is None or not self.is_anybodys(kept):
            return ()
        others = [name for one in there for name in (one.document, one.document_name)]
        names = (kept.document_name, kept.document)
        name = next((one for one in names if not any(fits(one, other) for other in others)), "")
        out = f"take [policies.{kept.slug}] out"
        if self.leaves_out(kept.document, kept.document_name):
            return (Open(OpenKind.GONE, f"`leave_out` names its document: if the policy is no more, {out}"),)
        also = f", and {out}" if kept.slug in self.school.policies else ""
        said = f"If the policy is no more, name \u201c{name}\u201d in `leave_out` in the school's file{also}"
        return (Open(OpenKind.GONE, said),) if name else ()

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


def _same_titles(policies: list[PolicyStanding]) -> list[PolicyStanding]:
    """Two documents of one title are two policies, each with its own review: that is said of both, with their names."""
    by_title: dict[str, list[Kept]] = {}
    for one in policies:
        if one.kept is not None and one.kept.document and one.kept.gone_at is None:
            by_title.setdefault(one.title.casefold(), []).append(one.kept)
    return [replace(one, open=(*one.open, *_beside(one, by_title.get(one.title.casefold(), [])))) for one in policies]


def _beside(policy: PolicyStanding, of_title: list[Kept]) -> tuple[Open, ...]:
    if len(of_title) < 2 or policy.kept not in of_title:
        return ()
    names = [one.document_name for one in of_title]
    places = {one.slug: _place_of(one) if names.count(one.document_name) > 1 else one.document_name for one in of_title}
    told = ", ".join(f"\u201c{place}\u201d" for place in sorted(places.values()))
    return (Open(OpenKind.TWICE, f"Documents of the same title: {told}. This is {places[policy.slug]}"),)


def _place_of(kept: Kept) -> str:
    """The document's place in a folder; elsewhere its id says nothing to a person, and its name must do."""
    return one_line(kept.document) if kept.document.endswith(f"/{kept.document_name}") else kept.document_name
