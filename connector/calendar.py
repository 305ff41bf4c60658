"""The school's own hours: term days, closures, opening times. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from connector.model.moments import LONDON, local, utc

# Longer than any summer break; a calendar that never opens must not hold a concern for ever.
_LOOK_AHEAD_DAYS = 120


@dataclass(frozen=True, slots=True)
class OpenHours:
    """When the school is open. `weekdays` are ISO numbers (Monday 1), `closed` holds first and last days."""

    opens: time
    closes: time
    weekdays: tuple[int, ...]
    closed: tuple[tuple[date, date], ...] = ()

    def open_on(self, day: date) -> bool:
        """True for a day on which the school opens at all."""
        return day.isoweekday() in self.weekdays and not any(first <= day <= last for first, last in self.closed)


def next_open(hours: OpenHours, moment: datetime) -> datetime:
    """The moment itself where the school is open then, else the next opening (UTC).

    Where no opening is found in four months the moment itself comes back: climbing wins over waiting.
    """
    there = local(moment)
    for ahead in range(_LOOK_AHEAD_DAYS):
        day = there.date() + timedelta(days=ahead)
        if not hours.open_on(day):
            continue
        opening = datetime.combine(day, hours.opens, LONDON)
        closing = datetime.combine(day, hours.closes, LONDON)
        if there < opening:
            return utc(opening)
        if there < closing:
            return utc(there) if ahead == 0 else utc(opening)
    return utc(moment)
