"""Polling: fetches what a form's platform keeps for us. The cursor moves only past what is durable here.

So nothing is lost by a stop, a crash or an outage of either side: what was not taken in is found again,
and what was taken in before is recognised as the same.
"""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from connector.allowance import Allowance
from connector.errors import CannotAccept, ConnectorError, CursorLost, DeliveryError, UnknownReference, VendorRefused
from connector.intake import Answer, Intake
from connector.ledger.ledger import Ledger
from connector.ledger.reading import Held
from connector.model.reference import parse_reference
from connector.model.source import SOURCE, Batch, Found
from connector.model.standing import State, Verdict
from connector.model.submission import Arrival, Way
from connector.site import Library, Site, Source
from connector.source_state import SWEEP_EVERY, SourceState, is_too_much

log = logging.getLogger(__name__)

# A file that is still empty may be on its way; after this it is taken in as it is.
_STILL_COMING = timedelta(minutes=10)
# Google counts 180 lists a minute for one account of a project (google.md 1.4); hints and sweeps take what polls leave.
_POLLS_A_MINUTE, _MOST_A_MINUTE = 150, 175


def poll_seconds(sites: Mapping[str, Site]) -> dict[tuple[str, str], int]:
    """How often each source of each school is asked: slower where many share one allowance, never past it."""
    sources = {(slug, name): source for slug, site in sites.items() for name, source in site.sources.items()}
    sharing = Counter(source.asked_of for source in sources.values() if source.asked_of)
    return {
        key: max(source.seconds, -(-sharing[source.asked_of] * 60 // _POLLS_A_MINUTE))
        for key, source in sources.items()
    }


def first_polls(paces: Mapping[tuple[str, str], int]) -> dict[tuple[str, str], float]:
    """Seconds until each source is asked for the first time: evenly over its interval, never all at once."""
    return {key: number * seconds / len(paces) for number, (key, seconds) in enumerate(paces.items())}


@dataclass(frozen=True, slots=True)
class Polling:
    """Fetches for every school that has a source."""

    sites: Mapping[str, Site]
    intake: Intake
    ledger: Ledger
    _states: dict[tuple[str, str], SourceState] = field(default_factory=dict)
    _allowances: dict[str, Allowance] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def poll(self, school: str, now: datetime, *, name: str = "", asked: bool = False) -> int:
        """Fetch what is new for that school, or at that source of it; how many were dealt with.

        Never raises for the far side. `asked` does not wait out the pause that a failure leaves, but never comes
        before a Retry-After.
        """
        done = 0
        for source, state in self._sources(school, name):
            with state.turn:
                # A poll is paced so that it always has room; whatever else asks takes what is left.
                has_room = self._may_use(source, now) or not asked
                if state.may_ask(now, asked=asked) and has_room:
                    done += self._poll(source, state, state.progress.cursor, now) or 0
        return done

    def answer(self, school: str, now: datetime) -> bool:
        """Look at once where somebody said so since the last answer. True where somebody had."""
        poked = False
        for _, state in self._sources(school):
            said = self.ledger.notebook.progress(school, state.name).poked_at
            if said is not None and (state.answered is None or said > state.answered):
                state.answered, poked = said, True
                self.poll(school, now, name=state.name, asked=True)
        return poked

    def sweep(self, school: str, now: datetime) -> None:
        """Once a day: read everything without the cursor, and take away originals whose records are filed."""
        for source, state in self._sources(school):
            swept = self.ledger.notebook.progress(school, state.name).swept_at
            if swept is None or now - swept >= SWEEP_EVERY:
                self._sweep(source, state, now)

    def _sources(self, school: str, name: str = "") -> Iterator[tuple[Source, SourceState]]:
        for found, source in self.sites[school].sources.items():
            if name in {"", found}:
                yield source, self._state(school, found)

    def _state(self, school: str, name: str) -> SourceState:
        with self._lock:
            if (school, name) not in self._states:
                self._states[school, name] = SourceState.of(self.ledger.notebook, school, name)
            return self._states[school, name]

    def _sweep(self, source: Source, state: SourceState, now: datetime) -> None:
        if source.history is not None and not state.progress.cursor:
            # Its first reading is not over: that one is the sweep.
            return
        with state.turn:
            if not (state.may_ask(now, asked=True) and self._may_use(source, now)):
                return
            if self._poll(source, state, None, now) is None:
                return
        library = self.sites[state.school].library
        try:
            if library is not None and state.name == SOURCE:
                self._tidy(state.school, library, now)
        except CannotAccept:
            raise
        except Exception:
            log.exception("the sweep is put off", extra={"school": state.school})
        else:
            if not state.behind:
                self.ledger.notebook.keep_progress(state.school, state.name, swept_at=now)

    def _may_use(self, source: Source, now: datetime) -> bool:
        """True where the allowance that it shares leaves one more question; a minute later it does again."""
        if not source.asked_of:
            return True
        with self._lock:
            allowance = self._allowances.setdefault(source.asked_of, Allowance(_MOST_A_MINUTE))
        return allowance.take(now)

    def _poll(self, source: Source, state: SourceState, cursor: str | None, now: datetime) -> int | None:
        """How many responses are dealt with; None where the source could not be read. No cursor: a sweep."""
        try:
            batch = source.everything() if cursor is None else _fetched(source, cursor, now)
            state.begin(source.history, now)
            waiting = self._take_all(source, state, batch, now)
        except ConnectorError as error:
            self._unreadable(source, state, error, now)
            return None
        except Exception as error:
            log.exception("a source could not be read", extra={"school": state.school})
            state.unreadable(DeliveryError(f"Reading it broke ({type(error).__name__})."), now)
            return None
        if cursor is None and not batch.cursor:
            state.swept(waiting, now)
        else:
            state.read(batch.cursor, waiting, now)
        return len(batch.found) - len(waiting)

    @staticmethod
    def _unreadable(source: Source, state: SourceState, error: ConnectorError, now: datetime) -> None:
        if isinstance(error, VendorRefused):
            # It did answer: however long it goes on refusing, what comes from now on is no history.
            state.begin(source.history, now)
        state.unreadable(error, now)

    def _take_all(self, source: Source, state: SourceState, batch: Batch, now: datetime) -> list[DeliveryError]:
        """Why each of those that wait does. History comes last: today's concern waits for nothing."""
        waiting: list[DeliveryError] = []
        too_much: DeliveryError | None = None
        for found in sorted(batch.found, key=state.is_history):
            why = too_much or self._take(source, state, found, now)
            if why is not None:
                too_much = too_much or (why if is_too_much(why) else None)
                waiting.append(why)
        return waiting

    def _take(self, source: Source, state: SourceState, found: Found, now: datetime) -> DeliveryError | None:
        """None where the response is durable here and marked there; else why it waits.

        What a person took away meanwhile waits too, until the source itself says that it is gone.
        """
        if self._is_known(state.school, found) or self._is_left(source, state, found):
            return None
        if not found.size and now - found.created_at < _STILL_COMING:
            return DeliveryError("A response is still being written.")
        try:
            answer = self._durable(source, state, found, now)
            filed = self.ledger.held(answer.reference, answer.version).filed_at is not None
            source.settle(found, f"{answer.reference}-{answer.version}", filed=filed)
        except CannotAccept:
            raise
        except Exception as error:
            if not isinstance(error, DeliveryError):
                log.exception("a response could not be read", extra={"school": state.school})
                return DeliveryError(f"Reading it broke ({type(error).__name__}).")
            log.warning("a response waits", extra={"school": state.school, "error": type(error).__name__})
            return error
        state.taken.pop((found.key, found.tag), None)
        return None

    def _is_known(self, school: str, found: Found) -> bool:
        """Ours already, by the record it is named after or by its own number and version."""
        if found.record and self._held(found.record) is not None:
            return True
        return bool(found.response) and self.intake.knows(school, found.form, found.response, found.version)

    @staticmethod
    def _is_left(source: Source, state: SourceState, found: Found) -> bool:
        """From before our time, and the school wants it left alone."""
        return source.history is not None and not source.history.is_filed and state.is_history(found)

    def _durable(self, source: Source, state: SourceState, found: Found, now: datetime) -> Answer:
        if (found.key, found.tag) not in state.taken:
            body = source.read(found) if found.size else b""
            way = Way.HISTORY if state.is_history(found) else Way.FETCHED
            arrival = Arrival(school=state.school, form=found.form, body=body, received_at=now, way=way, key=found.key)
            state.taken[found.key, found.tag] = self.intake.receive_whatever(arrival)
        return state.taken[found.key, found.tag]

    def _held(self, record: str) -> Held | None:
        """The concern of a record's name, or None where this ledger does not know it."""
        said, _, version = record.partition(".")[0].rpartition("-")
        reference = parse_reference(said)
        if reference is None or not version.isdigit():
            return None
        try:
            return self.ledger.held(reference, int(version))
        except UnknownReference:
            return None

    def _tidy(self, school: str, library: Library, now: datetime) -> None:
        """Take away originals whose records are filed; tell of those that this ledger knows nothing of."""
        strangers = 0
        for record in library.kept_apart():
            held = self._held(record)
            strangers += held is None
            if held is not None and held.filed_at is not None:
                library.clear(record)
        place = f"{SOURCE} originals"
        if strangers:
            said = (
                f"{strangers} response(s) lie in taken-in whose records this service does not know: was its ledger "
                "lost? Move them back into the form's folder, and they are taken in."
            )
            self.ledger.notebook.note_verdict(school, place, Verdict(State.BAD, said), now)
        elif self.ledger.notebook.standing(school, place) is not None:
            self.ledger.notebook.note_verdict(school, place, Verdict(State.GOOD), now)


def _fetched(source: Source, cursor: str, now: datetime) -> Batch:
    """The batch; from the beginning where the source has forgotten how far it was read."""
    try:
        return source.fetch(cursor, now)
    except CursorLost:
        log.warning("the source is read from the beginning")
        return source.fetch("", now)
