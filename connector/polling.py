"""Polling: fetches what a form's platform keeps for us. The cursor moves only past what is durable here.

So nothing is lost by a stop, a crash or an outage of either side: what was not taken in is found again,
and what was taken in before is recognised as the same.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from connector.errors import ConnectorError, CursorLost, DeliveryError, UnknownReference, VendorRefused
from connector.intake import Intake
from connector.ledger.ledger import Ledger
from connector.ledger.notebook import SourceProgress
from connector.model.reference import Reference, parse_reference
from connector.model.source import Batch, Found
from connector.model.standing import State, Verdict
from connector.model.submission import Arrival
from connector.site import Site, Source

log = logging.getLogger(__name__)

SOURCE = "intake_library"
# How long a source may fail before people hear of it.
TROUBLE_AFTER = timedelta(minutes=15)
# A file that is still empty may be on its way; after this it is taken in as it is.
_STILL_COMING = timedelta(minutes=10)
# A quiet source is written down no oftener than this.
_NOTE_EVERY = timedelta(minutes=10)
_LONGEST_PAUSE = timedelta(minutes=5)


@dataclass(slots=True)
class _Pace:
    """How one source is doing in this process."""

    reading: SourceProgress
    noted_at: datetime | None = None
    failing_since: datetime | None = None
    failures: int = 0
    not_before: datetime | None = None


@dataclass(frozen=True, slots=True)
class Polling:
    """Fetches for every school that has a source."""

    sites: Mapping[str, Site]
    intake: Intake
    ledger: Ledger
    _paces: dict[str, _Pace] = field(default_factory=dict)

    def poll(self, school: str, now: datetime, *, asked: bool = False) -> int:
        """Fetch what is new for that school; how many were taken in. Never raises for the far side.

        `asked` looks at once, whatever pause a failure has left (but not before a Retry-After has passed).
        """
        source = self.sites[school].source
        if source is None:
            return 0
        pace = self._pace(school)
        if pace.not_before and now < pace.not_before and not (asked and pace.failures < 2):
            return 0
        try:
            return self._poll(school, source, pace, now)
        except ConnectorError as error:
            self._failed(school, pace, error, now)
        except Exception as error:
            log.exception("a source could not be read", extra={"school": school})
            self._failed(school, pace, DeliveryError(f"SourceProgress it broke ({type(error).__name__})."), now)
        return 0

    def _poll(self, school: str, source: Source, pace: _Pace, now: datetime) -> int:
        batch = _fetched(source, pace.reading.cursor)
        left = [found for found in batch.found if not self._take(school, source, found, now)]
        cursor = pace.reading.cursor if left else batch.cursor
        self._note(school, pace, cursor, len(left), now)
        if left:
            raise DeliveryError("Some responses could not be taken in yet.")
        if pace.failing_since is not None or self._stands_bad(school):
            self.ledger.notebook.note_verdict(school, SOURCE, Verdict(State.GOOD), now)
        pace.failing_since, pace.failures, pace.not_before = None, 0, None
        return len(batch.found)

    def _take(self, school: str, source: Source, found: Found, now: datetime) -> bool:
        """True where the response is durable here and marked there, or gone by a person's hand."""
        if not found.size and now - found.created_at < _STILL_COMING:
            return False
        try:
            body = source.read(found) if found.size else b""
            answer = self.intake.fetched(Arrival(school=school, form=found.form, body=body, received_at=now))
            self._settle(source, found, answer.reference, answer.version)
        except VendorRefused as refused:
            if refused.status == 404:
                log.warning("a response was taken away before it was read", extra={"school": school})
                return True
            log.warning("a response waits", extra={"school": school, "status": refused.status})
            return False
        except ConnectorError as error:
            log.warning("a response waits", extra={"school": school, "error": type(error).__name__})
            return False
        return True

    def _settle(self, source: Source, found: Found, reference: Reference, version: int) -> None:
        filed = self.ledger.held(reference, version).filed_at is not None
        source.settle(found, f"{reference}-{version}", filed=filed)

    def sweep(self, school: str, now: datetime) -> None:
        """Once a night: read everything without the cursor, and take away originals whose records are filed."""
        source = self.sites[school].source
        if source is None:
            return
        pace = self._pace(school)
        pace.reading = SourceProgress()
        self.poll(school, now, asked=True)
        try:
            for record in source.kept_apart():
                if self._is_filed(record):
                    source.clear(record)
        except ConnectorError as error:
            log.warning("the sweep is put off", extra={"school": school, "error": type(error).__name__})
        else:
            self.ledger.notebook.keep_reading(school, SOURCE, swept_at=now)

    def _is_filed(self, record: str) -> bool:
        said, _, version = record.rpartition("-")
        reference = parse_reference(said)
        if reference is None or not version.isdigit():
            return False
        try:
            return self.ledger.held(reference, int(version)).filed_at is not None
        except UnknownReference:
            return False

    def looked_at(self, school: str) -> datetime:
        """When that school's source was last looked at; long ago where it never was."""
        return self._pace(school).reading.looked_at or datetime.min.replace(tzinfo=UTC)

    def _pace(self, school: str) -> _Pace:
        if school not in self._paces:
            self._paces[school] = _Pace(self.ledger.notebook.reading(school, SOURCE))
        return self._paces[school]

    def _note(self, school: str, pace: _Pace, cursor: str, waiting: int, now: datetime) -> None:
        """Write down how far it was read: always after news, else every ten minutes."""
        is_quiet = waiting == pace.reading.waiting and cursor == pace.reading.cursor
        is_old = pace.noted_at is None or now - pace.noted_at >= _NOTE_EVERY
        pace.reading = SourceProgress(cursor=cursor, waiting=waiting, looked_at=now)
        if is_old or not is_quiet:
            self.ledger.notebook.keep_reading(school, SOURCE, cursor=cursor, waiting=waiting, looked_at=now)
            pace.noted_at = now

    def _stands_bad(self, school: str) -> bool:
        found = self.ledger.notebook.standing(school, SOURCE) if self._paces[school].noted_at is None else None
        return found is not None and found.state is not State.GOOD

    def _failed(self, school: str, pace: _Pace, error: ConnectorError, now: datetime) -> None:
        """Ask less often while it fails; after a while people hear of it."""
        pace.failing_since = pace.failing_since or now
        pace.failures += 1
        pause = min(timedelta(seconds=5) * 2 ** min(pace.failures, 8), _LONGEST_PAUSE)
        asked = timedelta(seconds=getattr(error, "retry_after", None) or 0)
        pace.not_before = now + max(pause, asked)
        log.warning("a source could not be read", extra={"school": school, "error": type(error).__name__})
        if now - pace.failing_since >= TROUBLE_AFTER:
            said = f"Responses of the school's forms cannot be fetched. {error}"
            self.ledger.notebook.note_verdict(school, SOURCE, Verdict(State.BAD, said), now)


def _fetched(source: Source, cursor: str) -> Batch:
    """The batch; from the beginning where the source has forgotten how far it was read."""
    try:
        return source.fetch(cursor)
    except CursorLost:
        log.warning("the source is read from the beginning")
        return source.fetch("")
