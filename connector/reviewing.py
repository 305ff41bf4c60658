"""The review rule: from the stated next review, else from the date written and the cycle, else it must be asked. Pure.

A month is due by its last day, a term by its last school day.
"""

from __future__ import annotations

import calendar
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum

from connector.model.policy_dates import (
    Cycle,
    NotADate,
    Phrase,
    PolicyDate,
    Precision,
    Season,
    SeveralDates,
    TermName,
    Why,
    YearlessTerm,
)
from connector.school_year import SchoolYear

_YEAR_MONTHS = 12
# A review within so short a time is seldom what a term without a year means.
_NEAR = timedelta(days=183)
# The month in which a term, or its second half, begins.
_BEGINS = {
    (Season.AUTUMN, False): 9, (Season.AUTUMN, True): 11, (Season.SPRING, False): 1, (Season.SPRING, True): 2,
    (Season.SUMMER, False): 4, (Season.SUMMER, True): 6,
}  # fmt: skip


class Basis(StrEnum):
    """Where a due day comes from."""

    STATED = "stated"
    CYCLE = "cycle"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """By when a policy is to be reviewed. `due` is None where nobody has said; `ask` then says what is missing.

    `words` are those it comes from; `is_assumed` where the term's own dates are not known; `doubt` is what a person
    must look at before they rely on it.
    """

    due: date | None = None
    basis: Basis = Basis.UNKNOWN
    words: str = ""
    is_assumed: bool = False
    doubt: str = ""
    ask: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dates:
    """What is known of a policy's dates, each as it was read; None where nothing is said."""

    written: Phrase | None = None
    next_review: Phrase | None = None
    cycle: Phrase | None = None


def review_of(dates: Dates, year: SchoolYear) -> Review:
    """By when the policy is to be reviewed."""
    stated = _stated(dates, year)
    if stated is not None and stated.due is not None:
        return stated
    found = _by_cycle(dates, year)
    if stated is not None and found is not None and found.due is not None:
        # The cycle helps out, but what is stated must be looked at all the same.
        return replace(found, doubt=stated.ask)
    return found or stated or Review(ask="No review date: when is this policy to be reviewed?")


def due_by(said: PolicyDate, year: SchoolYear) -> Review:
    """The day by which it is due: the last that the words can mean, of a term its last school day."""
    if said.term is not None:
        return _by_term(said.term, said.said, Basis.STATED, year, said.doubt)
    return Review(due=said.last, basis=Basis.STATED, words=said.said, doubt=said.doubt)


def _by_term(name: TermName, words: str, basis: Basis, year: SchoolYear, doubt: str = "") -> Review:
    end = year.ending(name)
    return Review(due=end.day, basis=basis, words=words, is_assumed=end.is_assumed, doubt=doubt)


def _stated(dates: Dates, year: SchoolYear) -> Review | None:
    match dates.next_review:
        case PolicyDate() as said:
            return due_by(said, year)
        case YearlessTerm() as said if isinstance(dates.written, PolicyDate):
            return _in_next_term(said, dates.written, dates.cycle, year)
        case YearlessTerm() as said:
            return _asked(said.said, "has no year: which one is meant?")
        case SeveralDates() as said:
            return _next_of(said, dates.written, year)
        case NotADate() as said if said.why not in {Why.BLANK, Why.NO_DATE}:
            return _asked(said.said, f"cannot be used: {said.because}")
        case _:
            # Nothing, a blank, or a cycle in the place of a date: `_by_cycle` takes that.
            return None


def _in_next_term(said: YearlessTerm, written: PolicyDate, cycle: Phrase | None, year: SchoolYear) -> Review:
    """The cycle says which year is meant; without one it is the next such term, doubtful where that is near."""
    years_on = _years_on(cycle) if isinstance(cycle, Cycle) else 0
    found = _by_term(_next_term(said.season, said.half, written, years_on), said.said, Basis.STATED, year)
    is_near = found.due is not None and found.due - written.last < _NEAR
    doubt = "it has no year, and the next one comes soon after it was written: which is meant?"
    return replace(found, doubt=doubt) if is_near and not isinstance(cycle, Cycle) else found


def _years_on(cycle: Cycle) -> int:
    return max(cycle.months // _YEAR_MONTHS - 1, 0)


def _asked(words: str, what: str) -> Review:
    return Review(words=words, ask=f"The review date \u201c{words}\u201d {what}")


def _next_of(said: SeveralDates, written: Phrase | None, year: SchoolYear) -> Review:
    """The first of several dates after the policy was written; which one is next cannot be known without that."""
    if not isinstance(written, PolicyDate):
        return _asked(said.said, "names several: which is the next?")
    ahead = [one for one in said.dates if one.first > written.last]
    found = due_by(ahead[0] if ahead else said.dates[-1], year)
    return Review(due=found.due, basis=found.basis, words=said.said, is_assumed=found.is_assumed, doubt=found.doubt)


def _by_cycle(dates: Dates, year: SchoolYear) -> Review | None:
    cycle = dates.cycle if isinstance(dates.cycle, Cycle) else dates.next_review
    if not isinstance(cycle, Cycle):
        return None
    if not isinstance(dates.written, PolicyDate):
        return Review(words=cycle.said, ask=f"It is to be reviewed \u201c{cycle.said}\u201d, but when was it last?")
    written, words = dates.written, f"{dates.written.said}, {cycle.said}"
    doubt = written.doubt or cycle.doubt
    if cycle.season is not None:
        name = _next_term(cycle.season, cycle.half, written, _years_on(cycle))
        return _by_term(name, words, Basis.CYCLE, year, doubt)
    if written.term is not None and cycle.months % _YEAR_MONTHS == 0:
        name = TermName(
            season=written.term.season, year=written.term.year + cycle.months // _YEAR_MONTHS, half=written.term.half
        )
        return _by_term(name, words, Basis.CYCLE, year, doubt)
    return Review(due=_months_on(written, cycle.months), basis=Basis.CYCLE, words=words, doubt=doubt)


def _next_term(season: Season, half: int, written: PolicyDate, years_on: int = 0) -> TermName:
    """The first such term that begins after the policy was written, or the one so many years after it."""
    begins = date(written.last.year, _BEGINS[season, half == 2], 1)
    year = written.last.year + (begins <= written.last) + years_on
    return TermName(season=season, year=year, half=half)


def _months_on(written: PolicyDate, months: int) -> date:
    """So many months after the last day it can mean; from a month's end to a month's end, from 29 to 28 February."""
    there = written.last
    count = there.year * _YEAR_MONTHS + there.month - 1 + months
    year, month = divmod(count, _YEAR_MONTHS)
    longest = calendar.monthrange(year, month + 1)[1]
    is_whole = written.precision is not Precision.DAY
    return date(year, month + 1, longest if is_whole else min(there.day, longest))
