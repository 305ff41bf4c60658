"""How many submissions are being taken in just now. Deliveries let them pass: a sender waits for its answer."""

from __future__ import annotations

import threading
import time
from types import TracebackType


class Traffic:
    """A counter to be inside of, and a wait for it to be quiet."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._gap = threading.Lock()
        self._inside = 0
        self._last = 0.0

    def __enter__(self) -> None:
        with self._lock:
            self._inside += 1

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._lock:
            self._inside -= 1
            self._last = time.monotonic()

    def let_pass(self, *, quiet_seconds: float, at_most_seconds: float) -> None:
        """Returns when nobody has been inside for so long, or after the longest wait: nothing is put off for ever."""
        until = time.monotonic() + at_most_seconds
        # One looks for the gap; the others wait behind it without waking up.
        with self._gap:
            while (now := time.monotonic()) < until and (self._inside or now - self._last < quiet_seconds):
                time.sleep(quiet_seconds)
