"""Intake: a form's response in, a durable concern and its reference out.

What is authentic is never refused for being incomplete or odd: what cannot be understood is kept
as it arrived, filed as unrecognised, and told.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from connector.errors import CannotAccept, ConnectorError, NotJson, UnknownForm
from connector.forms.proof import require_poke, require_proof
from connector.forms.reading import NotUnderstood
from connector.ledger.acceptance import Acceptance, Accepted, AlreadyHere, Asking, Marks, TakeAnother
from connector.ledger.ledger import Ledger
from connector.marking import marks_of
from connector.model.concern import Concern, Problem, ProblemKind
from connector.model.duty import DutyKind, NewDuty
from connector.model.moments import utc
from connector.model.reference import Reference, new_reference
from connector.model.submission import Arrival, Submission, Way
from connector.questions import Questions
from connector.record.document import Origin, make_document, to_bytes
from connector.routing import Aside, first_duties, route
from connector.sealing import Sealer
from connector.site import FormParts, Site
from connector.traffic import Traffic

_UNCLEAR = (ProblemKind.UNCLEAR, ProblemKind.MISMATCH)
_TRIES = 8
_UNRECOGNISED = Submission(
    source="unrecognised", response_id="", version="", submitted_at=None, respondent="", answers=(), recognised=False
)

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the sender is told. `repeat` says that this very response was accepted before."""

    reference: Reference
    version: int
    received_at: datetime
    repeat: bool
    missing: tuple[Problem, ...]
    unclear: tuple[Problem, ...]


def place_of(reference: Reference, version: int) -> str:
    """The place that sealed content is bound to."""
    return f"{reference}/{version}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A checked submission with everything that must be durable, but its reference, which the ledger settles."""

    school: str
    form: str
    received_at: datetime
    concern: Concern
    content: bytes
    aside: Aside
    marks: Marks
    duties: tuple[NewDuty, ...]
    drill: bool
    way: Way = Way.PUSHED

    def sealed(self, sealer: Sealer, reference: Reference, version: int) -> Acceptance:
        """Sealed for its place."""
        place, concern = place_of(reference, version), self.concern
        return Acceptance(
            reference=reference, version=version, school=self.school, form=self.form, profile=concern.profile,
            marks=self.marks, received_at=self.received_at, urgent=concern.urgent, about_staff=concern.about_staff,
            recognised=concern.recognised, late_days=concern.late_days, drill=self.drill,
            missing=_asking(concern.of_kind(ProblemKind.MISSING)), unclear=_asking(concern.of_kind(*_UNCLEAR)),
            sealed=sealer.seal(self.content, place), aside=sealer.seal(self.aside.to_bytes(), place),
            duties=tuple(_of_history(self.duties)) if self.way is Way.HISTORY else self.duties, way=self.way,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Intake:
    """The verbs by which submissions come in. `wake` tells the engine that something is owed."""

    sites: Mapping[str, Site]
    ledger: Ledger
    sealer: Sealer
    wake: Callable[[], None]
    traffic: Traffic
    questions: Questions

    def take_in(self, school: str, form: str, headers: Mapping[str, str], body: bytes, now: datetime) -> Answer:
        """Prove, then receive. Raises UnknownForm, NotAuthentic, NotJson or CannotAccept; else it is durable."""
        parts = self._parts(school, form)
        require_proof(headers, body, parts.keys, now)
        return self.receive(Arrival(school=school, form=form, body=body, received_at=utc(now)))

    def prove_poke(self, school: str, form: str, headers: Mapping[str, str], body: bytes, now: datetime) -> None:
        """Returns where it comes from that form. Raises UnknownForm, NotAuthentic, CannotAccept."""
        require_poke(headers, body, self._parts(school, form).keys, now)

    def receive(self, arrival: Arrival) -> Answer:
        """Check, seal and make durable. Raises NotJson, UnknownForm or CannotAccept."""
        with self.traffic:
            return self._receive(arrival, understand(self._parts(arrival.school, arrival.form), arrival.body))

    def receive_whatever(self, arrival: Arrival) -> Answer:
        """The same for what comes from where only the form can put it: what is not even JSON is kept raw.

        Raises UnknownForm or CannotAccept.
        """
        with self.traffic:
            try:
                submission = understand(self._parts(arrival.school, arrival.form), arrival.body)
            except NotJson:
                submission = _UNRECOGNISED
            return self._receive(arrival, submission)

    def knows(self, school: str, form: str, response: str, version: str) -> bool:
        """True where that very version of the response, by the platform's own words, is here already."""
        marks = self.sealer.marks
        return self.ledger.notebook.knows(marks("response", school, form, response), marks("version", version))

    def _receive(self, arrival: Arrival, submission: Submission) -> Answer:
        parts = self._parts(arrival.school, arrival.form)
        try:
            prepared = self._prepare(arrival, parts, submission)
        except ConnectorError:
            raise
        except Exception:
            # A fault of our reading must not cost a concern: it is kept as it arrived, and told.
            log.exception("a submission could not be read", extra={"school": arrival.school, "form": arrival.form})
            prepared = self._prepare(arrival, parts, _unread(submission.response_id, submission.version))
        answer = self.keep(prepared, new_reference(), 1)
        self.questions.saw(arrival, submission)
        return answer

    def _parts(self, school: str, form: str) -> FormParts:
        site = self.sites.get(school)
        if site is None or form not in site.forms:
            raise UnknownForm
        return site.forms[form]

    def _prepare(self, arrival: Arrival, parts: FormParts, submission: Submission) -> Prepared:
        site = self.sites[arrival.school]
        concern = parts.checker.check(submission, arrival.received_at)
        origin = Origin(site.school.name, parts.title)
        way = route(site, concern, submission, arrival.received_at)
        return Prepared(
            school=arrival.school,
            form=arrival.form,
            received_at=arrival.received_at,
            concern=concern,
            content=to_bytes(make_document(arrival, origin, submission, concern, parts.checker.profile)),
            aside=way.aside,
            marks=marks_of(self.sealer, arrival, submission, concern),
            duties=first_duties(site, way, concern, arrival.received_at),
            drill=submission.is_drill,
            way=arrival.way,
        )

    def keep(self, prepared: Prepared, reference: Reference, version: int) -> Answer:
        """Make it durable under that reference and version, or as what the ledger says it is.

        Raises CannotAccept where it cannot be made durable; then nothing of it is kept.
        """
        for _ in range(_TRIES):
            match self.ledger.accept(prepared.sealed(self.sealer, reference, version)):
                case Accepted():
                    self.wake()
                    return _answer((reference, version), prepared.received_at, prepared.concern, repeat=False)
                case AlreadyHere(known, number, received_at):
                    return _answer((known, number), received_at, prepared.concern, repeat=True)
                case TakeAnother(known, version):
                    reference = known or new_reference()
        raise CannotAccept


def understand(parts: FormParts, body: bytes) -> Submission:
    """The submission; an unrecognised one for JSON that is no response of this form. Raises NotJson."""
    try:
        found: Any = json.loads(body.decode("utf-8-sig"))
    except (json.JSONDecodeError, UnicodeDecodeError):
        raise NotJson from None
    except (RecursionError, ValueError):
        # Valid JSON that is nested too deep, or with a number too long, for this machine: kept raw.
        return _UNRECOGNISED
    try:
        return parts.parse(found) if isinstance(found, Mapping) else _UNRECOGNISED
    except NotUnderstood:
        known = found if isinstance(found, Mapping) else {}
        number = known.get("response_id") or known.get("responseId") or ""
        return _unread(str(number), str(known.get("version") or known.get("lastSubmittedTime") or ""))


def _unread(number: str, version: str) -> Submission:
    """What could not be read, by the number and version under which it is known again."""
    return replace(_UNRECOGNISED, response_id=number, version=version)


def _of_history(duties: tuple[NewDuty, ...]) -> Iterator[NewDuty]:
    """Of what is owed, that which is owed for a response of long ago: to file it, after today's."""
    return (replace(duty, later=True) for duty in duties if duty.kind in {DutyKind.FILE, DutyKind.ATTACH})


def _asking(problems: tuple[Problem, ...]) -> tuple[Asking, ...]:
    return tuple(Asking(problem.field, problem.child) for problem in problems)


def _answer(named: tuple[Reference, int], received_at: datetime, concern: Concern, *, repeat: bool) -> Answer:
    return Answer(
        reference=named[0],
        version=named[1],
        received_at=received_at,
        repeat=repeat,
        missing=concern.of_kind(ProblemKind.MISSING),
        unclear=concern.of_kind(*_UNCLEAR),
    )
