"""Not too fast: a far side that takes so many a second is given one at a time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from connector.errors import DeliveryError

# Whoever would wait longer holds up other people's duties; the ledger waits better than a thread.
_LONGEST_QUEUE_SECONDS = 30.0


class Pace:
    """One turn every so many seconds, shared by everyone who holds it. Safe to use from several threads."""

    def __init__(
        self,
        seconds: float,
        monotonic: Callable[[], float] = time.monotonic,
        wait: Callable[[float], None] = time.sleep,
    ) -> None:
        """`seconds` lie between two turns; one Pace for each space, however many webhooks lead into it."""
        self._seconds = seconds
        self._monotonic = monotonic
        self._wait = wait
        self._lock = threading.Lock()
        self._next = monotonic()

    def turn(self) -> None:
        """Return when it is this caller's turn, in the order of asking. Raises DeliveryError for a long queue."""
        # The turn is taken under the lock and waited for outside it, so nobody waits only to learn how long.
        if (ahead := self._take()) > 0:
            self._wait(ahead)

    def _take(self) -> float:
        """The seconds until the turn that was taken. Raises DeliveryError, and takes none, for a long queue."""
        with self._lock:
            now = self._monotonic()
            mine = max(now, self._next)
            if mine - now > _LONGEST_QUEUE_SECONDS:
                raise DeliveryError("Too many messages wait to go there already.", retry_after=mine - now)
            self._next = mine + self._seconds
            return mine - now
