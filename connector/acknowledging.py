"""Acknowledging: a person says "I have this", the ladder stops, and those who wait for it hear of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from connector.errors import LinkInvalid, UnknownReference
from connector.ledger.audit import AuditLine
from connector.ledger.ledger import Ledger
from connector.ledger.reading import Held
from connector.ledger.working import Acknowledging
from connector.links import ACKNOWLEDGE, Link
from connector.messages import Messages
from connector.model.duty import DutyKind, NewDuty
from connector.model.reference import Reference
from connector.settings.school import members_of
from connector.site import Site


@dataclass(frozen=True, slots=True, kw_only=True)
class AcknowledgementView:
    """What the page shows: no word of the concern."""

    reference: Reference
    school: str
    received_at: datetime
    urgent: bool
    drill: bool
    candidates: tuple[tuple[str, str], ...]
    taken_by: str
    taken_at: datetime | None
    advice: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Acknowledgements:
    """The two verbs behind an acknowledgement link. Looking is not acknowledging: mail scanners look."""

    sites: Mapping[str, Site]
    ledger: Ledger
    messages: Messages
    wake: Callable[[], None]

    def look(self, token: str, now: datetime) -> AcknowledgementView:
        """What the link shows. Raises LinkInvalid. Noted in the audit as a look, nothing more."""
        link, held, site = self._read(token, now)
        self.ledger.note(AuditLine(now, "link opened", held.reference, {"holder": link.holder}))
        return self._view(link, held, site)

    def take(self, token: str, person: str, now: datetime) -> AcknowledgementView:
        """Acknowledge as `person`, one of the candidates. Raises LinkInvalid for anybody else."""
        link, held, site = self._read(token, now)
        if person not in {slug for slug, _ in self._candidates(link, site)}:
            raise LinkInvalid
        then = self._who_hears(site, held, person, now)
        self.ledger.acknowledge(
            Acknowledging(reference=held.reference, version=held.version, person=person, at=now, then=then)
        )
        self.wake()
        return self._view(link, self.ledger.held(held.reference, held.version), site)

    def _read(self, token: str, now: datetime) -> tuple[Link, Held, Site]:
        link = self.messages.links.read(ACKNOWLEDGE, token, now)
        try:
            held = self.ledger.held(link.reference, link.version)
        except UnknownReference:
            raise LinkInvalid from None
        site = self.sites.get(held.school)
        if site is None:
            raise LinkInvalid
        return link, held, site

    def _candidates(self, link: Link, site: Site) -> tuple[tuple[str, str], ...]:
        """The holder of a personal link, or the members of a shared channel: one of them says who they are."""
        slugs: tuple[str, ...] = (link.holder,)
        if link.holder.startswith("@"):
            channel = site.school.channels.get(link.holder[1:])
            slugs = members_of(channel) if channel is not None else ()
        return tuple((slug, site.school.people[slug].name) for slug in slugs if slug in site.school.people)

    def _view(self, link: Link, held: Held, site: Site) -> AcknowledgementView:
        taken_by = site.school.people.get(held.acknowledged_by)
        return AcknowledgementView(
            reference=held.reference,
            school=site.school.name,
            received_at=held.received_at,
            urgent=held.urgent,
            drill=held.drill,
            candidates=self._candidates(link, site),
            taken_by=taken_by.name if taken_by else held.acknowledged_by,
            taken_at=held.acknowledged_at,
            advice=site.school.advice,
        )

    @staticmethod
    def _readers(site: Site, channel: str) -> frozenset[str]:
        found = site.school.channels.get(channel)
        return frozenset(members_of(found)) if found is not None else frozenset()

    def _who_hears(self, site: Site, held: Held, person: str, now: datetime) -> tuple[NewDuty, ...]:
        """Everybody told of this and who may know hears who has it, and the reporter where the school wants that."""
        skip = self.messages.aside(held).skip
        told = dict.fromkeys(
            (duty.channel, duty.person)
            for duty in self.ledger.told(held.reference, held.version)
            # Those told of an ordinary first version are not told who has a later one about staff.
            if duty.version == held.version or not held.about_staff
        )
        duties = [
            NewDuty(kind=DutyKind.TAKEN, channel=channel, person=slug, due_at=now)
            for channel, slug in told
            if slug != person and slug not in skip and not skip & self._readers(site, channel)
        ]
        if site.school.reporter.told_when_acknowledged and held.aside is not None and self.messages.aside(held).address:
            duties.append(NewDuty(kind=DutyKind.REASSURE, channel=site.school.mail_channel, due_at=now))
        return tuple(duties)
