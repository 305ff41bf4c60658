"""What is said of a policy's dates, in layers: the school's file, its document and the office's own hand. Pure.

The latest review counts, whoever says it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import lru_cache

from connector.model.moments import say_date
from connector.model.policies_kept import Kept, Listed, Read, Reviewed, latest_review
from connector.model.policy_dates import Cycle, Phrase, PolicyDate, Precision, YearlessTerm
from connector.reviewing import Dates, Review, review_of
from connector.school_year import SchoolYear
from connector.understanding.dates import read_phrase

BY_HAND, FILE, DOCUMENT = "the register", "the school's file", "the document"
# Whoever reviews a policy so shortly before the day that was set for it has done that review.
_REVIEWED_EARLY = timedelta(days=90)
# A draft may be accepted some weeks before its date is set.
_ACCEPTED_BEFORE = timedelta(days=183)
# "Spring 1 2021/24/27" is the longest that was met.
_LONGEST_CYCLE_YEARS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """What one of the three says. `on` is the day of its last review, where that can be told."""

    name: str
    dates: Dates
    on: date | None


def last_word(kept: Kept | None) -> Reviewed | None:
    """What people said of the latest review; None where nobody has."""
    return latest_review(kept.history) if kept else None


def layers_of(listed: Listed, read: Read, hand: Reviewed | None, read_on: date | None) -> list[Layer]:
    """The latest review first; of the same day the office's word, then the school's file, then the document."""
    found = _as_written(listed, read, hand, read_on)
    if all(layer.on is None for layer in found):
        # Nothing says when it was written: it was in force from its acceptance on.
        of_file = listed.model_copy(update={"written": listed.written or listed.accepted})
        of_document = replace(read, written=read.written or read.accepted)
        found = _as_written(of_file, of_document, hand, read_on)
    return sorted(found, key=lambda layer: layer.on or date.min, reverse=True)


def _as_written(listed: Listed, read: Read, hand: Reviewed | None, read_on: date | None) -> list[Layer]:
    found = []
    if hand is not None:
        dates = Dates(written=_day(hand.on), next_review=phrase_of(hand.next_review))
        found.append(Layer(name=BY_HAND, dates=dates, on=hand.on))
    for name, said in ((FILE, listed), (DOCUMENT, read)):
        dates = Dates(
            written=phrase_of(said.written), next_review=phrase_of(said.next_review), cycle=phrase_of(said.cycle)
        )
        on = _on(dates.written, [layer.on for layer in found if layer.on is not None])
        if name == DOCUMENT and _is_to_come(dates.written, read_on):
            # A document that says it was written after it was read says nothing of when that was.
            on = None
        found.append(Layer(name=name, dates=dates, on=on))
    return found


def _on(written: Phrase | None, known: list[date]) -> date | None:
    """The last day that the words can mean; where one of those is known from elsewhere, that day."""
    if not isinstance(written, PolicyDate):
        return None
    return max((day for day in known if written.first <= day <= written.last), default=written.last)


def _is_to_come(written: Phrase | None, read_on: date | None) -> bool:
    return isinstance(written, PolicyDate) and read_on is not None and written.first > read_on


def _day(on: date) -> Phrase:
    """A day that is known as such, in words for a person."""
    return PolicyDate(said=say_date(on), first=on, last=on, precision=Precision.DAY)


@lru_cache(maxsize=4096)
def phrase_of(said: str) -> Phrase | None:
    """The words as read; None for none."""
    return read_phrase(said) if said.strip() else None


def review_by(layers: list[Layer], year: SchoolYear) -> Review:
    """By the latest review; what older ones said of the next counts only where it lies well after that."""
    latest = layers[0]
    next_review = latest.dates.next_review
    cycles = (said for layer in layers for said in (layer.dates.next_review, layer.dates.cycle))
    cycle = next((said for said in cycles if isinstance(said, Cycle)), None)
    if latest.name == BY_HAND and isinstance(next_review, YearlessTerm):
        # Whoever typed it now means the next such term, whatever the document has for a cycle.
        cycle = None
    for layer in layers[1:]:
        if next_review is None and layer.dates.next_review is not None:
            stated = review_of(layer.dates, year)
            is_ahead = latest.on is None or (stated.due is not None and stated.due > latest.on + _REVIEWED_EARLY)
            next_review = layer.dates.next_review if is_ahead else None
    return review_of(Dates(written=latest.dates.written, next_review=next_review, cycle=cycle), year)


def is_before(said: PolicyDate, on: date) -> bool:
    """True where an acceptance lies so long before a review that it was of another version."""
    return said.last < on - _ACCEPTED_BEFORE


def is_far(due: date, written: date) -> bool:
    """True where no school waits so long with a review: more likely a year is mistyped."""
    return due.year - written.year > _LONGEST_CYCLE_YEARS
