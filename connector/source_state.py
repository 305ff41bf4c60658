"""How one source is doing: how far it was read, when it is asked again, whether people must hear of it."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from connector.errors import ConnectorError, DeliveryError, VendorRefused
from connector.intake import Answer
from connector.ledger.notebook import Notebook, SourceProgress
from connector.model.source import SOURCE, Found, HistoryRule
from connector.model.standing import State, Verdict

log = logging.getLogger(__name__)

# How long a source may fail, or a response may wait, before people hear of it.
TROUBLE_AFTER = timedelta(minutes=15)
SWEEP_EVERY = timedelta(hours=20)
# A quiet source is written down no oftener than this; twice as long without a line is too long.
_NOTE_EVERY = timedelta(minutes=10)
_LONGEST_PAUSE = timedelta(minutes=5)
# However long the far side asks us to stay away: a concern may be waiting there.
_MOST_ASKED = timedelta(seconds=900)
# No form is older than this: a date before it is one that could not be read.
_FIRST_YEAR = 2000


def is_too_much(why: ConnectorError) -> bool:
    """True where the far side says that it is asked too much: then the rest of a look waits for the next."""
    return isinstance(why, VendorRefused) and why.status in {429, 503}


def looked_lately(seconds: int, looked_at: datetime | None, now: datetime) -> bool:
    """True where a source that is asked every so many seconds was looked at not long ago."""
    longest = max(2 * _NOTE_EVERY, 3 * timedelta(seconds=seconds))
    return looked_at is not None and now - looked_at <= longest


def standing_of(name: str) -> str:
    """The place under which people hear how fetching from that source stands."""
    return SOURCE if name == SOURCE else f"responses of {name}"


@dataclass(slots=True)
class SourceState:
    """One source in this process. One at a time reads it: poll, hint and sweep take turns."""

    school: str
    name: str
    notebook: Notebook
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
    # Why responses wait that only a sweep has found.
    behind: list[DeliveryError] = field(default_factory=list)
    has_swept: bool = False
    turn: threading.Lock = field(default_factory=threading.Lock)

    @classmethod
    def of(cls, notebook: Notebook, school: str, name: str) -> SourceState:
        """As the ledger knows it."""
        before = notebook.standing(school, standing_of(name))
        is_bad = before is not None and before.state is State.BAD
        # The intake library's sweep is its change feed from the beginning, and leaves nothing behind.
        return cls(school, name, notebook, notebook.progress(school, name), is_bad, has_swept=name == SOURCE)

    def may_ask(self, now: datetime, *, asked: bool) -> bool:
        """True unless it is to be left alone: after a failure unless `asked`, and in a Retry-After."""
        waits = (self.must_wait_until, None if asked else self.pause_until)
        # A pause that lies further ahead than any we make comes from a clock that was set back.
        return not any(until is not None and now < until <= now + _MOST_ASKED for until in waits)

    def begin(self, history: HistoryRule | None, now: datetime) -> None:
        """When the far side has first answered: write down, once, what counts as history ever after.

        Never before: by a clock that was not compared with the far side's anything could be history.
        Raises CannotAccept.
        """
        if history is None or self.progress.begins_at is not None:
            return
        begins = now - history.older_than
        self.notebook.keep_progress(self.school, self.name, begins_at=begins)
        self.progress = replace(self.progress, begins_at=begins)

    def is_history(self, found: Found) -> bool:
        """True for what was there, and old, before this source was read for the first time.

        Never for what does not say when it was: somebody must hear of it.
        """
        begins = self.progress.begins_at
        return begins is not None and found.created_at.year >= _FIRST_YEAR and found.created_at < begins

    def read(self, cursor: str, waiting: list[DeliveryError], now: datetime) -> None:
        """It could be read up to that cursor; `waiting` says why some responses could not be taken in."""
        self._ease(waiting, now)
        self._note(self.progress.cursor if waiting else cursor, len(waiting), now)
        if not waiting and self._may_be_behind(now):
            return
        self._judge([*waiting, *self.behind], now)

    def _may_be_behind(self, now: datetime) -> bool:
        """After a restart it is not known what an earlier sweep left waiting, until the next one has looked."""
        swept = self.progress.swept_at
        return self.stands_bad and not self.has_swept and (swept is None or now - swept >= SWEEP_EVERY)

    def swept(self, waiting: list[DeliveryError], now: datetime) -> None:
        """All of it could be listed; what could not be taken in then is trouble until a later sweep takes it in."""
        self._ease(waiting, now)
        self.has_swept, self.behind = True, waiting
        self._judge(waiting, now)

    def _ease(self, waiting: list[DeliveryError], now: datetime) -> None:
        self.failures, self.pause_until, self.must_wait_until = 0, None, None
        for why in waiting:
            self.hold_off(why, now)

    def _note(self, cursor: str, waiting: int, now: datetime) -> None:
        """Write down how far it was read: always after news, else every ten minutes."""
        before = self.progress
        is_quiet = (waiting, cursor) == (before.waiting, before.cursor)
        self.progress = replace(before, cursor=cursor, waiting=waiting, looked_at=now)
        if not is_quiet or self.noted_at is None or now - self.noted_at >= _NOTE_EVERY:
            self.notebook.keep_progress(self.school, self.name, cursor=cursor, waiting=waiting, looked_at=now)
            self.noted_at = now

    def _judge(self, waiting: list[DeliveryError], now: datetime) -> None:
        """In order where nothing waits; trouble where something has waited too long, with its mend if there is one."""
        if not waiting:
            self.trouble_since = None
            if self.stands_bad:
                self.notebook.note_verdict(self.school, standing_of(self.name), Verdict(State.GOOD), now)
                self.stands_bad = False
            return
        worst = next((why for why in waiting if why.permanent), waiting[0])
        where = "in the intake library" if self.name == SOURCE else "at the form"
        self._trouble(f"{len(waiting)} response(s) wait {where} and cannot be taken in", worst, now)

    def unreadable(self, error: ConnectorError, now: datetime) -> None:
        """Ask less often while it fails; after a while people hear of it."""
        self.failures += 1
        self.pause_until = now + min(timedelta(seconds=5) * 2 ** min(self.failures, 8), _LONGEST_PAUSE)
        self.hold_off(error, now)
        log.warning("a source could not be read", extra={"school": self.school, "error": type(error).__name__})
        what = "Responses of the school's forms cannot be fetched"
        self._trouble(what if self.name == SOURCE else "Responses of the form cannot be fetched", error, now)

    def hold_off(self, error: ConnectorError, now: datetime) -> None:
        """Not before the far side's Retry-After, the longest where it gave several."""
        asked = min(timedelta(seconds=getattr(error, "retry_after", None) or 0.0), _MOST_ASKED)
        self.must_wait_until = max(now + asked, self.must_wait_until or now)

    def _trouble(self, what: str, why: ConnectorError, now: datetime) -> None:
        self.trouble_since = self.trouble_since or now
        if now - self.trouble_since >= TROUBLE_AFTER:
            verdict = Verdict(State.BAD, f"{what}. {why}", about=what)
            self.notebook.note_verdict(self.school, standing_of(self.name), verdict, now)
            self.stands_bad = True
