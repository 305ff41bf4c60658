"""The messages of duties: which notice or receipt, for whom, with which link."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from connector.errors import DeliveryError
from connector.filing import opened
from connector.intake import place_of
from connector.ledger.acceptance import Asking
from connector.ledger.ledger import Ledger
from connector.ledger.reading import Held
from connector.links import Links
from connector.model.duty import Duty, DutyKind
from connector.model.moments import local
from connector.model.notice import Addressee, Asked, Notice, NoticeKind, Receipt
from connector.routing import Aside
from connector.sealing import Sealer
from connector.site import Site, Store

_WHAT = {
    DutyKind.FILE: "filing the record",
    DutyKind.ATTACH: "copying the files of the response to the record",
    DutyKind.CLEAR: "taking the filed response out of the intake library",
    DutyKind.TELL: "telling somebody on the ladder",
    DutyKind.RECEIPT: "the receipt to the reporter",
    DutyKind.CHASE: "telling the reporter that nobody has picked it up",
    DutyKind.TAKEN: "telling the others who has it",
    DutyKind.REASSURE: "telling the reporter who has it",
    DutyKind.CLIMB: "climbing the ladder",
}


@dataclass(frozen=True, slots=True)
class Messages:
    """Makes messages from what the ledger holds in clear; receipts also from the sealed content."""

    ledger: Ledger
    sealer: Sealer
    links: Links

    def aside(self, held: Held) -> Aside:
        """Who is passed over, and the reporter's address; nobody and none where the ladder is over."""
        if held.aside is None:
            return Aside("", frozenset(), frozenset())
        return Aside.from_bytes(self.sealer.open(held.aside, place_of(held.reference, held.version)))

    def of(
        self, site: Site, held: Held, duty: Duty, now: datetime, *, repeat: bool
    ) -> tuple[Notice | Receipt, Addressee]:
        """The message of this duty and where it goes. Raises DeliveryError or SealError."""
        if duty.kind in {DutyKind.RECEIPT, DutyKind.CHASE, DutyKind.REASSURE}:
            message: Notice | Receipt = self._receipt(site, held, duty, now, repeat=repeat)
            if not self.aside(held).address:
                raise DeliveryError("The reporter's address is not held any more.", permanent=True)
            to = Addressee(name="", address=self.aside(held).address, key=_key(duty), sent_at=now)
            return message, to
        person = site.school.people.get(duty.person)
        if duty.person and person is None:
            raise DeliveryError("The person of this duty is not configured any more.", permanent=True)
        name, address = (person.name, person.email) if person else ("", "")
        to = Addressee(name=name, address=address, key=_key(duty), sent_at=now)
        return self._notice(site, held, duty, now, repeat=repeat), to

    def _notice(self, site: Site, held: Held, duty: Duty, now: datetime, *, repeat: bool) -> Notice:
        kind = _kind(held, duty)
        asks = kind in {NoticeKind.RECEIVED, NoticeKind.AMENDED, NoticeKind.WAITING}
        taken_by = site.school.people.get(held.acknowledged_by)
        return Notice(
            kind=kind,
            reference=held.reference,
            version=held.version,
            school=site.school.name,
            received_at=held.received_at,
            urgent=held.urgent,
            late_days=held.late_days,
            rung=duty.rung,
            why=_why(site, duty, kind),
            missing=tuple(name_of(site, held, asking) for asking in held.missing) if asks else (),
            unclear=len(held.unclear) if asks else 0,
            related=held.related if asks else (),
            advice=site.school.advice if asks else (),
            ack_link=self.links.acknowledge(held.reference, held.version, duty.person or f"@{duty.channel}", now)
            if asks
            else "",
            record_place=self._record_place(site, held) if asks else "",
            taken_by=taken_by.name if taken_by and kind is NoticeKind.TAKEN else "",
            failed_act=self._failed(duty) if kind is NoticeKind.ALARM else "",
            record_link=self._record_link(site, held) if asks else "",
            recognised=held.recognised,
            repeat=repeat,
            drill=held.drill,
        )

    def _store(self, site: Site, held: Held) -> Store | None:
        """The store in which this version is filed or owed."""
        if all(store.seals for store in site.stores.values()):
            return site.stores.get("store")
        filing = (d for d in self.ledger.duties(held.reference) if d.kind is DutyKind.FILE)
        channel = next((d.channel for d in filing if d.version == held.version), "store")
        return site.stores.get(channel)

    def _record_place(self, site: Site, held: Held) -> str:
        store = self._store(site, held)
        is_folder = store is None or store.seals
        return f"{local(held.received_at).year}/{held.reference}" if is_folder else f"{held.reference}-{held.version}"

    def _record_link(self, site: Site, held: Held) -> str:
        """Where a person signs in and opens the record, for a store that has such a place."""
        store = self._store(site, held)
        return store.link(f"{held.reference}-{held.version}", self.aside(held).not_for) if store else ""

    def _failed(self, alarm: Duty) -> str:
        """An alarm's rung holds the number of the duty that failed."""
        failed = self.ledger.duty(alarm.rung)
        # Which store a record goes to would tell that the concern is about staff.
        by = "" if failed.kind in {DutyKind.FILE, DutyKind.ATTACH} else f" by {failed.channel}"
        return (
            f"{_WHAT[failed.kind]}{by} did not work in {failed.attempts} tries: {failed.error} "
            f"Mend it, then run: connector retry {failed.reference}"
        )

    def _receipt(self, site: Site, held: Held, duty: Duty, now: datetime, *, repeat: bool) -> Receipt:
        kind = {DutyKind.RECEIPT: "receipt", DutyKind.CHASE: "chase", DutyKind.REASSURE: "taken"}[duty.kind]
        missing, unclear = self._asked(held) if kind == "receipt" else ((), ())
        told = [_person(site, slug) for slug in self._told(held)] if kind == "receipt" else []
        taken_by = site.school.people.get(held.acknowledged_by)
        return Receipt(
            kind=kind,
            reference=held.reference,
            school=site.school.name,
            received_at=held.received_at,
            missing=missing,
            unclear=unclear,
            advice=site.school.advice if kind != "taken" else (),
            people=tuple(told) or ("the Designated Safeguarding Lead",),
            add_link=self.links.add(held.reference, now) if missing or unclear else "",
            taken_by=taken_by.name if taken_by else "",
            repeat=repeat,
            drill=held.drill,
        )

    def _asked(self, held: Held) -> tuple[tuple[Asked, ...], tuple[Asked, ...]]:
        """What is asked of the reporter, in the words of the day of intake."""
        found = {"missing": [], "unclear": [], "mismatch": [], "unmapped": []}  # type: dict[str, list[Asked]]
        for problem in opened(held, self.sealer)["problems"]:
            asked = Asked(name=problem["name"], ask=problem["ask"], policy_words=problem["policy_words"])
            found[problem["kind"]].append(asked)
        if not held.recognised:
            return (), ()
        return tuple(found["missing"]), (*found["unclear"], *found["mismatch"])

    def _told(self, held: Held) -> list[str]:
        """The people of the first rung, each once."""
        first = [d for d in self.ledger.duties(held.reference) if d.kind is DutyKind.TELL and d.person and not d.rung]
        return list(dict.fromkeys(d.person for d in first if d.version == held.version))


def _person(site: Site, slug: str) -> str:
    """A person of the school as staff know them: name and role."""
    person = site.school.people.get(slug)
    return f"{person.name} ({person.role})" if person else slug


def name_of(site: Site, held: Held, asking: Asking) -> str:
    """A missing field by its name in the profile, never by an answer."""
    profile = site.profile(held.profile)
    rule = profile.rule(asking.field) if profile else None
    label = rule.label if rule else asking.field
    return f"{label} (child {asking.child})" if asking.child else label


def _kind(held: Held, duty: Duty) -> NoticeKind:
    if duty.kind is DutyKind.ALARM:
        return NoticeKind.ALARM
    if duty.kind is DutyKind.TAKEN or held.acknowledged_at is not None:
        return NoticeKind.TAKEN
    if duty.rung:
        return NoticeKind.WAITING
    return NoticeKind.AMENDED if held.version > 1 else NoticeKind.RECEIVED


def _why(site: Site, duty: Duty, kind: NoticeKind) -> str:
    person = site.school.people.get(duty.person)
    role = person.role if person else "this channel"
    if kind is NoticeKind.ALARM:
        return f"you are the {role}"
    if kind is NoticeKind.TAKEN:
        return "you were told of it before"
    step = f"step {duty.rung + 1} of the ladder"
    return f"{step}: you are the {role}" if person else f"{step}: this channel's members are on it"


def _key(duty: Duty) -> str:
    """Names the duty in a Message-ID: the same for every try of it."""
    return f"{duty.reference}.{duty.version}.{duty.kind}.{duty.id}"
