"""An allowance that many share: so many questions a minute, and silence for all when that was too much."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta

_MINUTE = timedelta(minutes=1)


@dataclass(slots=True)
class Allowance:
    """`most` questions in any minute, by the moments passed in. Safe to use from several threads."""

    most: int
    _asked: deque[datetime] = field(default_factory=deque)
    _silent_until: datetime | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, now: datetime) -> bool:
        """True where one more may be asked now; it is counted then."""
        with self._lock:
            # A moment ahead of now comes from a clock that was set back.
            while self._asked and not now - _MINUTE < self._asked[0] <= now:
                self._asked.popleft()
            is_silent = self._silent_until is not None and now < self._silent_until <= now + timedelta(minutes=15)
            if is_silent or len(self._asked) >= self.most:
                return False
            self._asked.append(now)
            return True

    def hush(self, until: datetime) -> None:
        """Nobody asks before then."""
        with self._lock:
            self._silent_until = max(until, self._silent_until or until)
