"""The school year: on which days the office is there, and by which day a term is over. Pure.

Term dates differ from school to school by several days, so they are configured, never computed (domain.md 5).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from connector.model.policy_dates import Season, TermName

_DAY = timedelta(days=1)
_WEEKEND = 6
# How long a holiday can last after a term when the next one is not known yet. After that the dates have run out, and
# the office is taken to be there: a forgotten list of terms must never silence a reminder for ever.
_LONGEST_HOLIDAY = {Season.AUTUMN: 21, Season.SPRING: 21, Season.SUMMER: 50}
# How long the holiday before the first known term surely is: of the time before that nothing is known.
_SHORTEST_HOLIDAY = {Season.AUTUMN: 40, Season.SPRING: 12, Season.SUMMER: 12}
# By when a term, or its first half, is over where its dates are not known: the Friday on or before, on the early side.
_USUAL_END = {
    (Season.AUTUMN, 1): (10, 24), (Season.AUTUMN, 0): (12, 20),
    (Season.SPRING, 1): (2, 14), (Season.SPRING, 0): (3, 28),
    (Season.SUMMER, 1): (5, 26), (Season.SUMMER, 0): (7, 20),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Days:
    """A run of days, both ends included."""

    first: date
    last: date

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= self.last


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """One term of one year, with its half-term where that is known."""

    season: Season
    days: Days
    half_term: Days | None = None

    def is_named(self, name: TermName) -> bool:
        """True for the term of that season and year."""
        return self.season is name.season and self.days.last.year == name.year


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """The last school day of a term. `is_assumed` where the term's dates are not known."""

    day: date
    is_assumed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SchoolYear:
    """The terms that are known, in order, and days on which a school is closed within them. Without terms: all year."""

    terms: tuple[Term, ...] = ()
    closed: tuple[Days, ...] = ()

    def is_school_day(self, day: date) -> bool:
        """True where somebody is in the office: a weekday, in term, not closed."""
        if day.isoweekday() >= _WEEKEND or any(day in closure for closure in self.closed):
            return False
        return not self._in_holiday(day)

    def _in_holiday(self, day: date) -> bool:
        if any(day in term.days for term in self.terms):
            return any(term.half_term is not None and day in term.half_term for term in self.terms)
        before = [term for term in self.terms if term.days.last < day]
        if not before:
            first = self.terms[0] if self.terms else None
            return first is not None and day >= first.days.first - timedelta(days=_SHORTEST_HOLIDAY[first.season])
        is_between = len(before) < len(self.terms)
        last = before[-1]
        return is_between or day <= last.days.last + timedelta(days=_LONGEST_HOLIDAY[last.season])

    def known_until(self) -> date | None:
        """The last day of the last term that is known; None where no terms are."""
        return self.terms[-1].days.last if self.terms else None

    def ending(self, name: TermName) -> Ending:
        """The last school day of that term, or of that half of it."""
        for term in self.terms:
            if term.is_named(name) and (name.half != 1 or term.half_term is not None):
                end = term.half_term.first - _DAY if name.half == 1 and term.half_term else term.days.last
                return Ending(day=self._school_day_until(end, term))
        month, day = _USUAL_END[name.season, 1 if name.half == 1 else 0]
        return Ending(day=_friday_until(date(name.year, month, day)), is_assumed=True)

    def _school_day_until(self, day: date, term: Term) -> date:
        """The last school day up to that one; where the whole term is closed, that day itself."""
        found = day
        while found > term.days.first and not self.is_school_day(found):
            found -= _DAY
        return found if self.is_school_day(found) else day


def _friday_until(day: date) -> date:
    return day - timedelta(days=(day.weekday() - 4) % 7)
