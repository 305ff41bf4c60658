"""A drill: one marked test concern through the whole path, as the school's own form would send it."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from connector.errors import ConnectorError, DeliveryError
from connector.forms.proof import sign
from connector.forms.shapes import shaped
from connector.ledger.ledger import Ledger
from connector.model.duty import Duty, DutyKind, DutyState
from connector.model.reference import Reference
from connector.model.submission import DRILL_SAYS, Arrival
from connector.outbound.http import exchange
from connector.sealing import Sealer
from connector.site import Site
from connector.source_state import looked_lately

_DECIDES = frozenset({"is_about_staff", "child_safe_now"})


class DrillFailed(ConnectorError):
    """The drill did not come through."""


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that has happened to the drill's concern."""

    what: str
    reference: Reference | None = None


@dataclass(frozen=True, slots=True)
class Drill:
    """Sends, then looks into the ledger for what becomes of it. `pause` waits a moment and says whether to go on."""

    site: Site
    form: str
    ledger: Ledger
    sealer: Sealer
    pause: Callable[[], bool]
    receive: Callable[[Arrival], object]

    def run(self, address: str, reporter: str, now: datetime) -> Iterator[Step]:
        """Every step as it happens. `address` is where the service listens. Raises DrillFailed with the mend."""
        number = f"drill-{secrets.token_hex(6)}"
        form = self.site.school.forms[self.form]
        if form.source != "generic" and not all(question.id for question in form.questions):
            raise DrillFailed(
                "This form's map has no question ids, so no answer would find its field: `connector forms map`."
            )
        self._require_fetching(now)
        # What decides the way of a concern is not answered, so that the drill goes the usual one.
        asked = (question for question in form.questions if not _DECIDES & set(question.fields))
        answers = {question.title: DRILL_SAYS for question in asked}
        body = json.dumps(shaped(form, answers, reporter, now, number)).encode()
        yield Step(self._send(address, body, number, now))
        reference = self._accepted(number)
        yield Step(f"accepted as {reference}: sealed and on disk", reference)
        yield from self._duties(reference)

    def _require_fetching(self, now: datetime) -> None:
        """A Google form that nobody fetches would pass a drill all the same."""
        if self.form not in self.site.school.google_forms:
            return
        looked = self.ledger.notebook.progress(self.site.slug, self.form).looked_at
        if not looked_lately(self.site.sources[self.form].seconds, looked, now):
            raise DrillFailed("The form's responses are not fetched: start `connector serve`, run `connector check`.")

    def _send(self, address: str, body: bytes, number: str, now: datetime) -> str:
        """Into the intake library where the form is fetched from one, else to the service's own door.

        Nobody but a person can answer a Google form; one without a key of its own is taken in by this process.
        """
        if self.site.library is not None and self.form in self.site.school.polled_forms:
            self.site.library.put(self.form, f"{number}.json", body)
            return "put into the intake library, as the flow does"
        keys = self.site.forms[self.form].keys
        if self.form in self.site.school.google_forms and not (keys.bearer or keys.signing):
            self.receive(Arrival(school=self.site.slug, form=self.form, body=body, received_at=now))
            return "taken in here, as if it had been fetched; answer the form itself once by hand"
        headers = {"Content-Type": "application/json", **self._proof(body, now)}
        try:
            answer = exchange("POST", f"{address}/forms/{self.site.slug}/{self.form}", body=body, headers=headers)
        except DeliveryError as error:
            raise DrillFailed(f"The service does not answer: start `connector serve`. {error}") from None
        if answer.status != 202:
            raise DrillFailed(f"The service answered {answer.status} to the drill: run `connector check`.")
        return "sent to the service, as the form does"

    def _proof(self, body: bytes, now: datetime) -> dict[str, str]:
        keys = self.site.forms[self.form].keys
        if keys.bearer:
            return {"Authorization": f"Bearer {keys.bearer.decode()}"}
        if keys.signing:
            return {"X-Connector-Signature": sign(body, keys.signing, now)}
        raise DrillFailed("This form has no key of its own to send a drill with: send a test response by the form.")

    def _accepted(self, number: str) -> Reference:
        mark = self.sealer.mark("response", self.site.slug, self.form, number)
        while (found := self.ledger.notebook.reference_of(mark)) is None:
            if not self.pause():
                raise DrillFailed(
                    "Nobody took the drill in: is `connector serve` or `connector worker` running? "
                    "It stays where it was put, and is taken in, as a drill, when one of them runs."
                )
        return found

    def _duties(self, reference: Reference) -> Iterator[Step]:
        """Each duty when it is done, until all that is owed at once is."""
        said: set[int] = set()
        while True:
            duties = [duty for duty in self.ledger.duties(reference) if duty.kind is not DutyKind.CLIMB]
            for duty in duties:
                if duty.id not in said and duty.state is DutyState.DONE:
                    said.add(duty.id)
                    yield Step(self._done(duty))
            open_ = [duty for duty in duties if duty.state in {DutyState.OWED, DutyState.SENDING}]
            if failed := next((duty for duty in duties if duty.state is DutyState.FAILED), None):
                raise DrillFailed(f"{self._done(failed)}: FAILED. {failed.error} Run `connector check`.")
            if not open_:
                return
            if not self.pause():
                waiting = "; ".join(f"{self._done(duty)} ({duty.error or 'waiting'})" for duty in open_)
                raise DrillFailed(f"Not done in time: {waiting}. Run `connector check`.")

    def _done(self, duty: Duty) -> str:
        person = self.site.school.people.get(duty.person)
        who = f"{person.name}, {person.role}" if person else "its members"
        return {
            DutyKind.FILE: f"filed in {duty.channel}",
            DutyKind.ATTACH: f"files copied to {duty.channel}",
            DutyKind.CLEAR: "taken out of the intake library",
            DutyKind.TELL: f"told by {duty.channel}: {who}",
            DutyKind.RECEIPT: f"receipt to the reporter by {duty.channel}",
        }.get(duty.kind, f"{duty.kind} by {duty.channel}")

    def acknowledged(self, reference: Reference) -> str:
        """The name of who pressed the button, when they have. Raises DrillFailed where nobody does in time."""
        while not (held := self.ledger.latest(reference)).acknowledged_by:
            if not self.pause():
                raise DrillFailed("Nobody pressed the button in time; the ladder goes on climbing, as it would.")
        person = self.site.school.people.get(held.acknowledged_by)
        return person.name if person else held.acknowledged_by
