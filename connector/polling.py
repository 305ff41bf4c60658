"""Polling: fetches what a form's platform keeps for us. The cursor moves only past what is durable here.

So nothing is lost by a stop, a crash or an outage of either side: what was not taken in is found again,
and what was taken in before is recognised as the same.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from connector.errors import CannotAccept, ConnectorError, CursorLost, DeliveryError, UnknownReference
from connector.intake import Answer, Intake
from connector.ledger.ledger import Ledger
from connector.ledger.notebook import SourceProgress
from connector.ledger.reading import Held
from connector.model.reference import parse_reference
from connector.model.source import SOURCE, Batch, Found
from connector.model.standing import State, Verdict
from connector.model.submission import Arrival, Way
from connector.site import Site, Source

log = logging.getLogger(__name__)

# How long a source may fail, or a response may wait, before people hear of it.
TROUBLE_AFTER = timedelta(minutes=15)
# A file that is still empty may be on its way; after this it is taken in as it is.
_STILL_COMING = timedelta(minutes=10)
# A quiet source is written down no oftener than this.
_NOTE_EVERY = timedelta(minutes=10)
_SWEEP_EVERY = timedelta(hours=20)
_LONGEST_PAUSE = timedelta(minutes=5)
# However long the far side asks us to stay away: a concern may be waiting there.
_MOST_ASKED = 900.0


@dataclass(slots=True)
class _Pace:
    """How one source is doing in this process. One at a time reads it: poll, hint and sweep take turns."""

    progress: SourceProgress
    stands_bad: bool
    noted_at: datetime | None = None
    trouble_since: datetime | None = None
    failures: int = 0
    pause_until: datetime | None = None
    must_wait_until: datetime | None = None
    answered: datetime | None = None
    # What is durable here and could not be marked there yet: it is not taken in again, only marked.
    taken: dict[tuple[str, str], Answer] = field(default_factory=dict)
    turn: threading.Lock = field(default_factory=threading.Lock)


@dataclass(frozen=True, slots=True)
class Polling:
    """Fetches for every school that has a source."""

    sites: Mapping[str, Site]
    intake: Intake
    ledger: Ledger
    _paces: dict[str, _Pace] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def poll(self, school: str, now: datetime, *, asked: bool = False) -> int:
        """Fetch what is new for that school; how many were taken in. Never raises for the far side.

        `asked` does not wait out the pause that a failure leaves, but never comes before a Retry-After.
        """
        source = self.sites[school].source
        if source is None:
            return 0
        pace = self._pace(school)
        with pace.turn:
            waits = (pace.must_wait_until, None if asked else pace.pause_until)
            # A pause that lies further ahead than any we make comes from a clock that was set back.
            if any(until is not None and now < until <= now + timedelta(seconds=_MOST_ASKED) for until in waits):
                return 0
            return self._poll(school, source, pace, pace.progress.cursor, now) or 0

    def answer(self, school: str, now: datetime) -> bool:
        """Look at once where somebody said so since the last answer. True where somebody had."""
        poked = self.ledger.notebook.progress(school, SOURCE).poked_at
        pace = self._pace(school)
        if poked is None or (pace.answered is not None and poked <= pace.answered):
            return False
        pace.answered = poked
        self.poll(school, now, asked=True)
        return True

    def sweep(self, school: str, now: datetime) -> None:
        """Once a day: read everything without the cursor, and take away originals whose records are filed."""
        source = self.sites[school].source
        pace = self._pace(school)
        swept = self.ledger.notebook.progress(school, SOURCE).swept_at
        if source is None or (swept is not None and now - swept < _SWEEP_EVERY):
            return
        with pace.turn:
            if self._poll(school, source, pace, "", now) is None:
                return
        try:
            self._tidy(school, source, now)
        except CannotAccept:
            raise
        except Exception:
            log.exception("the sweep is put off", extra={"school": school})
        else:
            self.ledger.notebook.keep_progress(school, SOURCE, swept_at=now)

    def _poll(self, school: str, source: Source, pace: _Pace, cursor: str, now: datetime) -> int | None:
        """How many responses are dealt with; None where the source could not be read."""
        try:
            batch = _fetched(source, cursor)
            waiting = [
                why for found in batch.found if (why := self._take(school, source, pace, found, now)) is not None
            ]
        except ConnectorError as error:
            self._unreadable(school, pace, error, now)
            return None
        except Exception as error:
            log.exception("a source could not be read", extra={"school": school})
            self._unreadable(school, pace, DeliveryError(f"Reading it broke ({type(error).__name__})."), now)
            return None
        pace.failures, pace.pause_until, pace.must_wait_until = 0, None, None
        self._note(school, pace, pace.progress.cursor if waiting else batch.cursor, len(waiting), now)
        self._judge(school, pace, waiting, now)
        return len(batch.found) - len(waiting)

    def _take(self, school: str, source: Source, pace: _Pace, found: Found, now: datetime) -> DeliveryError | None:
        """None where the response is durable here and marked there; else why it waits.

        What a person took away meanwhile waits too, until the source itself says that it is gone.
        """
        if found.record and self._is_known(found.record):
            return None
        if not found.size and now - found.created_at < _STILL_COMING:
            return DeliveryError("A response is still being written.")
        try:
            answer = self._durable(school, source, pace, found, now)
            filed = self.ledger.held(answer.reference, answer.version).filed_at is not None
            source.settle(found, f"{answer.reference}-{answer.version}", filed=filed)
        except CannotAccept:
            raise
        except Exception as error:
            if not isinstance(error, DeliveryError):
                log.exception("a response could not be read", extra={"school": school})
                return DeliveryError(f"Reading it broke ({type(error).__name__}).")
            log.warning("a response waits", extra={"school": school, "error": type(error).__name__})
            return error
        pace.taken.pop((found.key, found.tag), None)
        return None

    def _durable(self, school: str, source: Source, pace: _Pace, found: Found, now: datetime) -> Answer:
        if (found.key, found.tag) not in pace.taken:
            body = source.read(found) if found.size else b""
            arrival = Arrival(
                school=school, form=found.form, body=body, received_at=now, way=Way.FETCHED, key=found.key
            )
            pace.taken[found.key, found.tag] = self.intake.receive_whatever(arrival)
        return pace.taken[found.key, found.tag]

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

    def _is_known(self, record: str) -> bool:
        return self._held(record) is not None

    def _tidy(self, school: str, source: Source, now: datetime) -> None:
        """Take away originals whose records are filed; tell of those that this ledger knows nothing of."""
        strangers = 0
        for record in source.kept_apart():
            held = self._held(record)
            strangers += held is None
            if held is not None and held.filed_at is not None:
                source.clear(record)
        place = f"{SOURCE} originals"
        if strangers:
            said = (
                f"{strangers} response(s) lie in taken-in whose records this service does not know: was its ledger "
                "lost? Move them back into the form's folder, and they are taken in."
            )
            self.ledger.notebook.note_verdict(school, place, Verdict(State.BAD, said), now)
        elif self.ledger.notebook.standing(school, place) is not None:
            self.ledger.notebook.note_verdict(school, place, Verdict(State.GOOD), now)

    def _pace(self, school: str) -> _Pace:
        with self._lock:
            if school not in self._paces:
                before = self.ledger.notebook.standing(school, SOURCE)
                is_bad = before is not None and before.state is State.BAD
                self._paces[school] = _Pace(self.ledger.notebook.progress(school, SOURCE), is_bad)
            return self._paces[school]

    def _note(self, school: str, pace: _Pace, cursor: str, waiting: int, now: datetime) -> None:
        """Write down how far it was read: always after news, else every ten minutes."""
        is_quiet = (waiting, cursor) == (pace.progress.waiting, pace.progress.cursor)
        pace.progress = SourceProgress(cursor=cursor, waiting=waiting, looked_at=now)
        if not is_quiet or pace.noted_at is None or now - pace.noted_at >= _NOTE_EVERY:
            self.ledger.notebook.keep_progress(school, SOURCE, cursor=cursor, waiting=waiting, looked_at=now)
            pace.noted_at = now

    def _judge(self, school: str, pace: _Pace, waiting: list[DeliveryError], now: datetime) -> None:
        """In order where nothing waits; trouble where something has waited too long, with its mend if there is one."""
        if not waiting:
            pace.trouble_since = None
            if pace.stands_bad:
                self.ledger.notebook.note_verdict(school, SOURCE, Verdict(State.GOOD), now)
                pace.stands_bad = False
            return
        worst = next((why for why in waiting if why.permanent), waiting[0])
        what = f"{len(waiting)} response(s) wait in the intake library and cannot be taken in"
        self._trouble(school, pace, what, worst, now)

    def _unreadable(self, school: str, pace: _Pace, error: ConnectorError, now: datetime) -> None:
        """Ask less often while it fails; after a while people hear of it."""
        pace.failures += 1
        pace.pause_until = now + min(timedelta(seconds=5) * 2 ** min(pace.failures, 8), _LONGEST_PAUSE)
        pace.must_wait_until = now + timedelta(seconds=min(getattr(error, "retry_after", None) or 0.0, _MOST_ASKED))
        log.warning("a source could not be read", extra={"school": school, "error": type(error).__name__})
        self._trouble(school, pace, "Responses of the school's forms cannot be fetched", error, now)

    def _trouble(self, school: str, pace: _Pace, what: str, why: ConnectorError, now: datetime) -> None:
        pace.trouble_since = pace.trouble_since or now
        if now - pace.trouble_since >= TROUBLE_AFTER:
            self.ledger.notebook.note_verdict(school, SOURCE, Verdict(State.BAD, f"{what}. {why}", about=what), now)
            pace.stands_bad = True


def _fetched(source: Source, cursor: str) -> Batch:
    """The batch; from the beginning where the source has forgotten how far it was read."""
    try:
        return source.fetch(cursor)
    except CursorLost:
        log.warning("the source is read from the beginning")
        return source.fetch("")
