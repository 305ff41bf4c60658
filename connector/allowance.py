"""An allowance that many share: so many questions a minute."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta

_MINUTE = timedelta(minutes=1)


@dataclass(slots=True)
class Allowance:
    """`most` questions in any minute, by the moments passed in, which may come a little out of order."""

    most: int
    _asked: deque[datetime] = field(default_factory=deque)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, now: datetime) -> bool:
        """True where one more may be asked now. It is counted either way: whoever asks on paces themselves."""
        with self._lock:
            # A moment over a minute ahead comes from a clock that was set back.
            while self._asked and abs(now - self._asked[0]) >= _MINUTE:
                self._asked.popleft()
            has_room = len(self._asked) < self.most
            self._asked.append(now)
            if len(self._asked) > 2 * self.most:
                self._asked.popleft()
            return has_room
