"""What a person types of a review, and what is wrong with it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any

from connector.errors import ConnectorError
from connector.model.policies_kept import Reviewed, one_line
from connector.model.policy_dates import NotADate, PolicyDate, Precision
from connector.policy_layers import is_before, is_far, phrase_of
from connector.reviewing import Dates, review_of
from connector.school_year import SchoolYear
from connector.understanding.not_yet import is_not_yet

_LONGEST = 200
NAMES = {
    "accepted": "accepted", "minute_number": "minute number", "signed_head": "signed by the headteacher or manager",
    "signed_chair": "signed by the chair or owner", "next_review": "next review",
}  # fmt: skip


class ReviewNotNoted(ConnectorError):
    """The review was not noted: something in it cannot be read."""

    def __init__(self, faults: Mapping[str, str]) -> None:
        """`faults`: what is wrong with each thing given, in a sentence."""
        super().__init__("\n".join(f"{name.replace('_', ' ')}: {said}" for name, said in faults.items()))
        self.faults = dict(faults)


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What a person typed of a review, as they typed it."""

    on: str = ""
    next_review: str = ""
    accepted: str = ""
    minute_number: str = ""
    signed_head: str = ""
    signed_chair: str = ""


def checked(given: Given, year: SchoolYear, today: date) -> Reviewed:
    """What was typed, as it is kept. Raises ReviewNotNoted."""
    too_long = [name for name, said in asdict(given).items() if len(said) > _LONGEST]
    given = replace(given, **dict.fromkeys(too_long, ""))
    day, said_of_day = _day_of(given.on, today)
    found = {
        "on": said_of_day,
        "next_review": _fault_of_next(given.next_review, day, year),
        "accepted": _fault_of_accepted(given.accepted, None if said_of_day else day, today),
        **{name: _fault_of_words(getattr(given, name)) for name in ("minute_number", "signed_head", "signed_chair")},
        **dict.fromkeys(too_long, f"That is longer than {_LONGEST} characters."),
    }
    if (faults := {name: said for name, said in found.items() if said}) or day is None:
        raise ReviewNotNoted(faults)
    words: dict[str, Any] = {name: one_line(getattr(given, name)) for name in NAMES}
    return Reviewed(on=day, **words)


def _day_of(said: str, today: date) -> tuple[date | None, str]:
    """The day on which it was reviewed, and what is wrong with it."""
    on = phrase_of(said)
    if not isinstance(on, PolicyDate) or on.precision is not Precision.DAY or on.doubt:
        return None, "Give the day on which it was reviewed, like 23 November 2026."
    if on.first > today:
        return on.first, "That day is still to come: note the review when it was done."
    return on.first, ""


def _fault_of_next(said: str, on: date | None, year: SchoolYear) -> str:
    """What is wrong with the date of the next review, or nothing; none at all is fine, it is then asked for."""
    phrase = phrase_of(said)
    if phrase is None:
        return ""
    if isinstance(phrase, NotADate):
        return phrase.because or f"It {phrase.why}: write it like November 2028 or Autumn 2 2028."
    written = phrase_of(on.isoformat()) if on else None
    review = review_of(Dates(written=written, next_review=phrase), year)
    if review.ask:
        return review.ask
    if review.due is not None and on is not None and review.due <= on:
        return "The next review lies before this one: look at the year."
    if review.due is not None and on is not None and is_far(review.due, on):
        return "That is more than six years from this one: look at the year."
    return f"It is doubtful: {review.doubt}" if review.doubt else ""


def _fault_of_accepted(said: str, on: date | None, today: date) -> str:
    """What is wrong with the day of acceptance, or nothing: it is a date, of this review, and not one to come."""
    phrase = phrase_of(said)
    if phrase is None:
        return ""
    if not isinstance(phrase, PolicyDate) or phrase.doubt:
        return "Give the day on which it was accepted, like 4 December 2026; leave it empty until it is."
    if phrase.first > today:
        return "That day is still to come: leave it empty until it is accepted."
    if on is not None and is_before(phrase, on):
        return "That lies long before this review: look at the year, or leave it empty until this version is accepted."
    return ""


def _fault_of_words(said: str) -> str:
    """`To follow` is no name and no number: kept as one it would count as signed."""
    return "Leave this empty until it is known." if said and is_not_yet(said) else ""
