"""The embedded engine: hands due duties to `perform`, a few at a time. The ledger is the truth.

Duties that go to the same far side share a lane, and a lane has at most two acts in flight: so a dead
mail server holds up its own mails and nothing else, and a crash can repeat at most two acts a lane.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from connector.clock import Clock
from connector.errors import ConnectorError
from connector.ledger.ledger import Ledger
from connector.ledger.reading import Lane
from connector.traffic import Traffic

log = logging.getLogger(__name__)

LANE_AT_ONCE = 2
MOST_AT_ONCE = 24
_AHEAD = 32
# Acts, and the look for what is due, wait for a gap in the submissions coming in, but never longer than this:
# a look for each of them took a quarter of the machine (300 to 500 answers a second at one client).
_QUIET_SECONDS = 0.005
_LONGEST_COURTESY_SECONDS = 0.5
_LONGEST_REST_SECONDS = 60.0
_AFTER_TROUBLE_SECONDS = 1.0


class Engine:
    """One dispatcher thread and a small pool. Knows nothing of a duty but its number and its lane."""

    def __init__(
        self,
        ledger: Ledger,
        perform: Callable[[int], None],
        clock: Clock,
        traffic: Traffic,
        *,
        poll_seconds: float = 0,
    ) -> None:
        """`poll_seconds`: how often to look unasked, where another process takes the submissions in; 0 for never."""
        self._ledger = ledger
        self._perform = perform
        self._clock = clock
        self._traffic = traffic
        self._rest = poll_seconds or _LONGEST_REST_SECONDS
        self._change = threading.Condition()
        self._woken = True
        self._stopping = False
        self._trouble = False
        self._waiting: dict[Lane, deque[int]] = {}
        self._flying: dict[Lane, set[int]] = {}
        self._pool = ThreadPoolExecutor(max_workers=MOST_AT_ONCE, thread_name_prefix="act")
        self._thread = threading.Thread(target=self._run, name="engine", daemon=True)

    def start(self) -> None:
        """Begin: whatever is due is taken up at once."""
        self._thread.start()

    def wake(self) -> None:
        """Something may be due."""
        with self._change:
            self._woken = True
            self._change.notify()

    def stop(self) -> None:
        """Let the acts in flight finish, begin no more."""
        with self._change:
            self._stopping = True
            self._change.notify()
        self._thread.join(timeout=60)
        self._pool.shutdown(wait=True, cancel_futures=True)

    @property
    def alive(self) -> bool:
        """True while the dispatcher runs."""
        return self._thread.is_alive()

    def _run(self) -> None:
        while not self._stopping:
            try:
                rest = self._hand_out()
            except ConnectorError:
                log.exception("the ledger could not be read")
                rest = _AFTER_TROUBLE_SECONDS
            except Exception:
                log.critical("the dispatcher stumbled", exc_info=True)
                rest = _AFTER_TROUBLE_SECONDS
            with self._change:
                if not self._woken and not self._stopping:
                    self._change.wait(timeout=rest)

    def _hand_out(self) -> float:
        """Give the pool what it may take; say for how many seconds there is nothing to do."""
        with self._change:
            self._woken = False
            if self._trouble:
                self._trouble = False
                return _AFTER_TROUBLE_SECONDS
        self._traffic.let_pass(quiet_seconds=_QUIET_SECONDS, at_most_seconds=_LONGEST_COURTESY_SECONDS)
        now = self._clock.now()
        for lane in self._ledger.lanes(now):
            queue = self._waiting.setdefault(lane, deque())
            flying = self._flying.setdefault(lane, set())
            if not queue:
                known = self._ledger.due(lane, now, _AHEAD + LANE_AT_ONCE)
                with self._change:
                    queue.extend(number for number in known if number not in flying)
            self._fill(lane)
        due = self._ledger.next_due(now)
        return min(self._rest, self._clock.seconds_until(due)) if due else self._rest

    def _fill(self, lane: Lane) -> None:
        with self._change:
            queue, flying = self._waiting[lane], self._flying[lane]
            while queue and len(flying) < LANE_AT_ONCE and not self._stopping:
                number = queue.popleft()
                flying.add(number)
                self._pool.submit(self._act, lane, number)

    def _act(self, lane: Lane, number: int) -> None:
        try:
            self._traffic.let_pass(quiet_seconds=_QUIET_SECONDS, at_most_seconds=_LONGEST_COURTESY_SECONDS)
            self._perform(number)
        except ConnectorError:
            log.exception("a duty stays owed")
            self._trouble = True
        except BaseException:
            log.critical("a duty stays owed", exc_info=True)
            self._trouble = True
        finally:
            self._landed(lane, number)

    def _landed(self, lane: Lane, number: int) -> None:
        with self._change:
            self._flying[lane].discard(number)
            has_more = bool(self._waiting[lane])
            if not has_more:
                self._woken = True
                self._change.notify()
        if has_more:
            self._fill(lane)
