"""`terms.toml`: sets of term dates, each used by every school that names it."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

from pydantic import Field, model_validator

from connector.model.policy_dates import Season
from connector.model.profile import Slug, Strict
from connector.school_year import Days, SchoolYear, Term
from connector.settings.school import Closure

_BEGINS = {Season.AUTUMN: (8, 9, 10), Season.SPRING: (12, 1, 2), Season.SUMMER: (3, 4, 5)}
_LONGEST_TERM, _LONGEST_HALF_TERM = timedelta(weeks=20), timedelta(weeks=3)
# Summer holidays last nine weeks at most; whoever leaves a term out would silence the office for all of it.
_LONGEST_HOLIDAY = timedelta(weeks=10)


class HalfTerm(Strict):
    """The days of a half-term holiday, both ends included."""

    first: date
    last: date


class TermEntry(Strict):
    """One term: its first and its last day with children in school, and its half-term."""

    term: Season
    first: date
    last: date
    half_term: HalfTerm | None = None

    @model_validator(mode="after")
    def _can_be(self) -> TermEntry:
        if self.last < self.first:
            raise ValueError("`last` lies before `first`")
        if self.first.month not in _BEGINS[self.term]:
            raise ValueError(f"the {self.term} term cannot begin in that month")
        if self.last - self.first > _LONGEST_TERM:
            raise ValueError("is longer than 20 weeks: look at its years")
        half = self.half_term
        if half is not None and not self.first < half.first <= half.last < self.last:
            raise ValueError("`half_term` must lie within its term, its first day before its last")
        if half is not None and half.last - half.first > _LONGEST_HALF_TERM:
            raise ValueError("`half_term` is longer than three weeks: look at its years")
        return self


class ClosedInTerm(Closure):
    """Days within a term on which schools are closed."""

    @model_validator(mode="after")
    def _can_be(self) -> ClosedInTerm:
        if not self.first <= self.last <= self.first + _LONGEST_HALF_TERM:
            raise ValueError("`last` must lie after `first`, and no more than three weeks: look at its years")
        return self


class TermSet(Strict):
    """Terms in order, and days on which schools are closed within them (bank holidays, staff days)."""

    terms: tuple[TermEntry, ...] = Field(min_length=1)
    closed: tuple[ClosedInTerm, ...] = ()

    @model_validator(mode="after")
    def _in_order(self) -> TermSet:
        for before, after in pairwise(self.terms):
            if after.first <= before.last:
                raise ValueError(f"the {after.term} term of {after.first.year} begins before the one above it is over")
            if after.first - before.last > _LONGEST_HOLIDAY:
                raise ValueError(f"a term is missing before the {after.term} term of {after.first.year}")
        return self

    def school_year(self, closed: tuple[Closure, ...] = ()) -> SchoolYear:
        """The school year of these terms, with a school's own closed days besides."""
        return SchoolYear(
            terms=tuple(
                Term(
                    season=entry.term,
                    days=Days(entry.first, entry.last),
                    half_term=Days(entry.half_term.first, entry.half_term.last) if entry.half_term else None,
                )
                for entry in self.terms
            ),
            closed=tuple(Days(one.first, one.last) for one in (*self.closed, *closed)),
        )


class TermSets(Strict):
    """All sets, by name."""

    sets: dict[Slug, TermSet] = Field(default_factory=dict)
