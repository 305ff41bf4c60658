"""A policy as the register keeps it: what the office has said of it, what its document says, and when."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import AfterValidator

from connector.model.profile import Slug, Strict

SignOff = Literal["accepted", "signed_head", "signed_chair", "minute_number"]

_LONGEST = 300
# Control characters, halves of letters, and marks that turn the direction of what follows.
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]+")


def one_line(said: str) -> str:
    """The words on one line of at most 300 characters: as they stand in a mail, a calendar, a page or a terminal."""
    found = " ".join(_UNSEEN.sub(" ", said).split())
    return found if len(found) <= _LONGEST else f"{found[: _LONGEST - 1].rstrip()}\u2026"


Words = Annotated[str, AfterValidator(one_line)]


class Listed(Strict):
    """What the school's own file says of a policy; dates in any words a policy has ("Autumn 2 2026").

    `needs` are the sign-offs this school wants, beside those that the document has a place for; `file` is the
    document's name in the library of policies; `profile` what was drawn from it.
    """

    title: Words = ""
    number: Words = ""
    owner: Slug | None = None
    file: Words = ""
    profile: Slug | None = None
    written: Words = ""
    accepted: Words = ""
    next_review: Words = ""
    cycle: Words = ""
    needs: tuple[SignOff, ...] = ()


class EventKind(StrEnum):
    """What happened to a policy."""

    READ = "read"
    REVIEWED = "reviewed"
    WITHDRAWN = "withdrawn"
    GONE = "gone"
    BACK = "back"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reviewed:
    """What a person said of a review, in their own words. `on` is the day it was reviewed; the rest may be empty.

    `replaces` is the day that was said before, where it was wrong.
    """

    on: date
    next_review: str = ""
    accepted: str = ""
    minute_number: str = ""
    signed_head: str = ""
    signed_chair: str = ""
    replaces: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One line of a policy's history. `by` is who said so: a person of the school, or `document`."""

    at: datetime
    by: str
    kind: EventKind
    reviewed: Reviewed | None = None
    note: str = ""

    @property
    def takes_back(self) -> date | None:
        """The day of the review that this takes back; None in an early line, which took the one spoken of last."""
        return date.fromisoformat(self.note) if self.kind is EventKind.WITHDRAWN and self.note else None


def standing_reviews(history: Iterable[Event]) -> list[Reviewed]:
    """The reviews that were noted and stand, each as it was said last; the one that was spoken of last comes last.

    What was said later of the same day stands in place of what was said before, and so does what puts a day right. What
    is taken back is the whole review, with everything that was added to it.
    """
    found: list[Reviewed] = []
    for event in history:
        if event.reviewed is not None:
            over = {event.reviewed.on, event.reviewed.replaces}
            found = [*(one for one in found if one.on not in over), replace(event.reviewed, replaces=None)]
        elif event.kind is EventKind.WITHDRAWN and found:
            on = event.takes_back or found[-1].on
            found = [one for one in found if one.on != on]
    return found


def latest_review(history: Iterable[Event]) -> Reviewed | None:
    """What people said of the latest review that stands; None where nobody has."""
    return max(standing_reviews(history), key=lambda one: one.on, default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """What was read in a policy's document, as words: what the register needs of a reading.

    A sign-off is `found`, `blank` or `absent`. `texts` are cited texts by their key and year.
    """

    title: str = ""
    number: str = ""
    written: str = ""
    accepted: str = ""
    next_review: str = ""
    cycle: str = ""
    accepted_is: str = "absent"
    signed_head_is: str = "absent"
    signed_chair_is: str = "absent"
    minute_number_is: str = "absent"
    texts: tuple[tuple[str, str, int], ...] = ()
    fields: tuple[tuple[str, str], ...] = ()
    asks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """One policy in the register. `document` is where it was found: the source's own id, its name, its version.

    `reading` tells by which reading of ours it was read.
    """

    school: str
    slug: str
    added_at: datetime
    document: str = ""
    document_name: str = ""
    version: str = ""
    reading: int = 0
    read_at: datetime | None = None
    gone_at: datetime | None = None
    fault: str = ""
    read: Read | None = None
    shown_due: date | None = None
    shown_title: str = ""
    sequence: int = 0
    changed_at: datetime | None = None
    event_name: str = ""
    history: tuple[Event, ...] = field(default=())

    @property
    def known_as(self) -> str:
        """The name that it had first: calendars and links that are out know it by that."""
        return self.event_name or self.slug


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """When a library of policies was last looked at; since when it cannot be, and why."""

    looked_at: datetime | None = None
    failing_since: datetime | None = None
    error: str = ""
