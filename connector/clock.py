"""The clock at the roof. Everything below is handed `now`."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Clock:
    """Aware UTC. `speed` makes the demo's minutes pass in seconds; the service runs at 1."""

    speed: float = 1.0
    started: datetime = field(default_factory=_utc_now)

    def now(self) -> datetime:
        """This moment."""
        real = _utc_now()
        return real if self.speed == 1.0 else self.started + (real - self.started) * self.speed

    def seconds_until(self, moment: datetime) -> float:
        """Real seconds until that moment; 0 for one that has passed."""
        return max(0.0, (moment - self.now()).total_seconds() / self.speed)
