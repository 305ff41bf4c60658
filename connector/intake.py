"""Intake: a form's response in, a durable concern and its reference out.

What is authentic is never refused for being incomplete or odd: what cannot be understood is kept
as it arrived, filed as unrecognised, and told.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum, auto
from typing import Any

from connector.checking.names import bare_name
from connector.checking.words import plain
from connector.errors import CannotAccept, ConnectorError, NotJson, UnknownForm
from connector.forms.proof import require_proof
from connector.forms.reading import NotUnderstood
from connector.ledger.accepting import Acceptance, Accepted, AlreadyHere, Asking, Marks, TakeAnother
from connector.ledger.ledger import Ledger
from connector.model.concern import Concern, Problem, ProblemKind
from connector.model.duty import DutyKind, NewDuty
from connector.model.moments import utc
from connector.model.reference import Reference, new_reference
from connector.model.submission import Arrival, Submission
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


class By(Enum):
    """How a response comes: by its form; by hand from a workbook; or by hand as history, which is told all at once."""

    FORM = auto()
    HAND = auto()
    HISTORY = auto()


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
    by: By = By.FORM

    def sealed(self, sealer: Sealer, reference: Reference, version: int) -> Acceptance:
        """Sealed for its place."""
        place, concern = place_of(reference, version), self.concern
        return Acceptance(
            reference=reference, version=version, school=self.school, form=self.form, profile=concern.profile,
            marks=self.marks, received_at=self.received_at, urgent=concern.urgent, about_staff=concern.about_staff,
            recognised=concern.recognised, late_days=concern.late_days, drill=self.drill,
            missing=_asking(concern.of_kind(ProblemKind.MISSING)), unclear=_asking(concern.of_kind(*_UNCLEAR)),
            sealed=sealer.seal(self.content, place), aside=sealer.seal(self.aside.to_bytes(), place),
            duties=tuple(_of_history(self.duties)) if self.by is By.HISTORY else self.duties,
            only_new=self.by is not By.FORM, history=self.by is By.HISTORY,
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

    def receive(self, arrival: Arrival) -> Answer:
        """Check, seal and make durable. Raises NotJson, UnknownForm or CannotAccept."""
        with self.traffic:
            submission = understand(self._parts(arrival.school, arrival.form), arrival.body)
            return self._receive(arrival, submission, By.FORM)

    def fetched(self, arrival: Arrival, by: By = By.FORM) -> Answer:
        """The same for what was fetched from where only the form can put it: what is not even JSON is kept raw.

        Raises UnknownForm or CannotAccept.
        """
        try:
            submission = understand(self._parts(arrival.school, arrival.form), arrival.body)
        except NotJson:
            submission = _UNRECOGNISED
        with self.traffic:
            return self._receive(arrival, submission, by)

    def _receive(self, arrival: Arrival, submission: Submission, by: By) -> Answer:
        parts = self._parts(arrival.school, arrival.form)
        try:
            prepared = self._prepare(arrival, parts, submission)
        except ConnectorError:
            raise
        except Exception:
            # A fault of our reading must not cost a concern: it is kept as it arrived, and told.
            log.exception("a submission could not be read", extra={"school": arrival.school, "form": arrival.form})
            prepared = self._prepare(arrival, parts, replace(_UNRECOGNISED, response_id=submission.response_id))
        answer = self.keep(replace(prepared, by=by), new_reference(), 1)
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
            marks=self.marks_of(arrival, submission, concern),
            duties=first_duties(site, way, concern, arrival.received_at),
            drill=submission.is_drill,
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

    def marks_of(self, arrival: Arrival, submission: Submission, concern: Concern) -> Marks:
        """The keyed hashes under which this submission is recognised again."""
        mark, school = self.sealer.marks, arrival.school
        said = [(answer.key, text) for answer in submission.answers if (text := bare(answer.text))] or [
            ("body", _digest(arrival.body))
        ]
        said += [(file.key, file.file_id) for file in submission.attachments]
        names = sorted(plain(bare_name(child.name)) for child in concern.children)
        reporter = plain(concern.reporter_email or submission.respondent)
        response = submission.response_id or _digest(arrival.body)
        return Marks(
            response=mark("response", school, arrival.form, response),
            version=mark("version", submission.version),
            content=mark("content", *(part for pair in sorted(said) for part in pair)),
            child=mark("child", school, *names)[0] if names else None,
            reporter=mark("reporter", school, reporter)[0] if reporter and reporter != "anonymous" else None,
            versioned=bool(submission.version),
        )


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
        return replace(_UNRECOGNISED, response_id=str(known.get("response_id") or known.get("responseId") or ""))


def _of_history(duties: tuple[NewDuty, ...]) -> Iterator[NewDuty]:
    """Of what is owed, that which is owed for a response of long ago: to file it."""
    return (duty for duty in duties if duty.kind in {DutyKind.FILE, DutyKind.ATTACH})


def bare(text: str) -> str:
    """The text without what differs by the way it came: a flow, a push and a workbook end lines differently."""
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()


def _digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


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
