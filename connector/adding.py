"""Adding: the reporter answers what was missing. What they wrote first stays as it is; this stands beside it.

An addition is the next version of the same concern. It starts no ladder of its own: the concern's
ladder goes on, or whoever has it is told.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from connector.checking.check import Checker
from connector.errors import LinkInvalid, UnknownReference
from connector.intake import Intake, Prepared
from connector.ladder import Step
from connector.ledger.acceptance import Asking
from connector.ledger.reading import Held
from connector.links import ADD
from connector.marking import marks_of
from connector.messages import Messages
from connector.model.concern import Concern
from connector.model.duty import DutyKind, NewDuty
from connector.model.profile import FieldRule, FormMap, Question
from connector.model.reference import Reference
from connector.model.submission import Answer, Arrival, Submission
from connector.record.document import Origin, make_document, to_bytes
from connector.routing import Aside, left_on, route, somebody_left, steps_again, store_for, telling
from connector.site import Site

_TITLE = "Added by the reporter"


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedField:
    """One thing to add: the key of its box, and the question in the policy's words."""

    key: str
    label: str
    ask: str
    policy_words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AdditionView:
    """What the page shows: questions, never what was answered."""

    reference: Reference
    school: str
    asked: tuple[AskedField, ...]
    advice: tuple[str, ...]
    added: bool = False


@dataclass(frozen=True, slots=True)
class Additions:
    """The two verbs behind the link of a receipt."""

    intake: Intake
    messages: Messages

    def look(self, token: str, now: datetime) -> AdditionView:
        """The questions still open. Raises LinkInvalid."""
        held, site = self._read(token, now)
        return self._view(held, site)

    def add(self, token: str, answers: Mapping[str, str], now: datetime) -> AdditionView:
        """Keep the answers given as the next version. Raises LinkInvalid or CannotAccept; else it is durable."""
        held, site = self._read(token, now)
        asked = {field.key: rule for field, rule in self._asked(held, site)}
        given = {key: answers[key] for key in asked if answers.get(key, "").strip()}
        if given:
            prepared = self._prepare(held, site, asked, given, now)
            self.intake.keep(prepared, held.reference, held.version + 1)
        return self._view(self.intake.ledger.latest(held.reference), site, added=bool(given))

    def _read(self, token: str, now: datetime) -> tuple[Held, Site]:
        link = self.messages.links.read(ADD, token, now)
        try:
            held = self.intake.ledger.latest(link.reference)
        except UnknownReference:
            raise LinkInvalid from None
        site = self.intake.sites.get(held.school)
        if site is None or (held.about_staff and self._aside(held) is None):
            raise LinkInvalid
        return held, site

    def _view(self, held: Held, site: Site, *, added: bool = False) -> AdditionView:
        return AdditionView(
            reference=held.reference,
            school=site.school.name,
            asked=tuple(field for field, _ in self._asked(held, site)),
            advice=site.school.advice,
            added=added,
        )

    @staticmethod
    def _asked(held: Held, site: Site) -> list[tuple[AskedField, FieldRule]]:
        profile = site.profile(held.profile)
        found = []
        for asking in dict.fromkeys((*held.missing, *held.unclear)):
            rule = profile.rule(asking.field) if profile else None
            if rule is not None:
                found.append((_field(asking, rule), rule))
        return found

    def _prepare(
        self, held: Held, site: Site, asked: Mapping[str, FieldRule], given: Mapping[str, str], now: datetime
    ) -> Prepared:
        profile = site.profile(held.profile)
        if profile is None:
            raise LinkInvalid
        form = FormMap(questions=tuple(Question(title=key, id=key, fields=(asked[key].id,)) for key in given))
        submission = Submission(
            source="addition",
            response_id=f"addition/{held.reference}/{_digest(given)}",
            version="",
            submitted_at=now,
            respondent="",
            answers=tuple(Answer(key=key, text=text) for key, text in given.items()),
        )
        arrival = Arrival(school=held.school, form=held.form, body=_body(held, given), received_at=now)
        checked = Checker.of(profile, form).check(submission, now)
        concern = replace(checked, about_staff=held.about_staff, late_days=0)
        aside = self._with_subjects(site, concern, submission, now, self._aside(held))
        # Where the addition leaves nobody of the usual ladder, it is for those who hear of concerns about staff.
        concern = replace(concern, about_staff=held.about_staff or not left_on(site.school.ladder, aside.skip))
        origin = Origin(site.school.name, _TITLE)
        return Prepared(
            school=held.school,
            form=held.form,
            received_at=now,
            concern=concern,
            content=to_bytes(make_document(arrival, origin, submission, concern, profile)),
            aside=aside,
            marks=marks_of(self.intake.sealer, arrival, submission, concern),
            duties=self._duties(held, site, concern, aside, now),
            drill=held.drill,
        )

    @staticmethod
    def _with_subjects(
        site: Site, concern: Concern, submission: Submission, now: datetime, before: Aside | None
    ) -> Aside:
        """Who is passed over: as before, and whoever the addition itself turns out to be about."""
        before = before or Aside("", frozenset(), frozenset())
        found = route(site, concern, submission, now).aside
        both = before.skip | found.skip
        school = site.school
        ladder = school.ladder if left_on(school.ladder, both) and not concern.about_staff else school.staff_ladder
        skip = somebody_left(ladder, (both, found.skip, frozenset()))
        return Aside(before.address, skip, before.not_for | found.not_for)

    def _aside(self, held: Held) -> Aside | None:
        """Who is passed over, by all versions that still hold it."""
        versions = [version for version in self.intake.ledger.versions(held.reference) if version.aside is not None]
        found = [self.messages.aside(version) for version in versions]
        if not found:
            return None
        skip = frozenset[str]().union(*(aside.skip for aside in found))
        return Aside(found[0].address, skip, frozenset[str]().union(*(aside.not_for for aside in found)))

    def _duties(self, held: Held, site: Site, concern: Concern, aside: Aside, now: datetime) -> tuple[NewDuty, ...]:
        usual = next(d.channel for d in self.intake.ledger.duties(held.reference) if d.kind is DutyKind.FILE)
        store = store_for(site.school, aside.not_for, usual)
        if held.acknowledged_by and held.acknowledged_by not in aside.skip:
            step = Step(0, now, (held.acknowledged_by,), tell_reporter=False)
            told = [
                duty for duty in telling(site, step, aside.skip, now, about_staff=concern.about_staff) if duty.person
            ]
        else:
            ladder = steps_again(site, now, aside, urgent=concern.urgent, about_staff=concern.about_staff)
            told = telling(site, ladder[0], aside.skip, now, about_staff=concern.about_staff)
        return (NewDuty(kind=DutyKind.FILE, channel=store, due_at=now), *told)


def _field(asking: Asking, rule: FieldRule) -> AskedField:
    name = f"{rule.label} (child {asking.child})" if asking.child else rule.label
    return AskedField(key=f"{rule.id}-{asking.child}", label=name, ask=rule.ask, policy_words=rule.policy_words)


def _body(held: Held, given: Mapping[str, str]) -> bytes:
    return json.dumps({"addition_to": held.reference, "answers": dict(given)}, ensure_ascii=False).encode(
        "utf-8", "surrogatepass"
    )


def _digest(given: Mapping[str, str]) -> str:
    return hashlib.sha256(json.dumps(dict(given), sort_keys=True).encode()).hexdigest()
