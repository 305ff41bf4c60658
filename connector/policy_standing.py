"""How a policy stands: the school's file, its document and the office's own hand laid over each other. Pure.

The latest review counts, whoever says it; where they differ that is said, never settled in silence.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import lru_cache

from connector.model.moments import say_date
from connector.model.policies_kept import EventKind, Kept, Listed, Read, Reviewed
from connector.model.policy_dates import Cycle, Phrase, PolicyDate
from connector.reviewing import Dates, Review, due_by, review_of
from connector.school_year import SchoolYear
from connector.understanding.dates import read_phrase

_BY_HAND = "the register"
_SIGN_OFFS = {
    "accepted": "not accepted by the governing body or owner",
    "signed_head": "not signed by the headteacher or manager",
    "signed_chair": "not signed by the chair of governors or owner",
    "minute_number": "no minute number",
}


# Whoever reviews a policy so shortly before the day that was set for it has done that review.
_REVIEWED_EARLY = timedelta(days=90)

# "Spring 1 2021/24/27" is the longest that was met.
_LONGEST_CYCLE_YEARS = 6


class OpenKind(StrEnum):
    """What is open about a policy, the gravest first."""

    ASK = "ask"
    DOUBT = "doubt"
    BLANK = "blank"
    DIFFERS = "differs"
    UNREADABLE = "unreadable"
    GONE = "gone"
    SUPERSEDED = "superseded"
    FORM = "form"


@dataclass(frozen=True, slots=True)
class Open:
    """One open point, in a sentence for the office."""

    kind: OpenKind
    said: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyStanding:
    """One policy as it stands today. `owner` is a person of the school, or nobody.

    `last_word` is what people said of the review that counts; None where the document or the school's file is later.
    """

    slug: str
    title: str
    number: str
    owner: str | None
    review: Review
    written: str
    last_word: Reviewed | None
    open: tuple[Open, ...]
    kept: Kept | None = None
    profile: str | None = None

    @property
    def minute_number(self) -> str:
        """The minute number of the review that counts, where somebody said it."""
        return self.last_word.minute_number if self.last_word else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Layer:
    """What one of the three says. `on` is the day of its last review, where that can be told."""

    name: str
    dates: Dates
    on: date | None


def standing_of(slug: str, listed: Listed | None, kept: Kept | None, year: SchoolYear) -> PolicyStanding:
    """The policy as it stands."""
    listed = listed or Listed()
    read = (kept.read if kept else None) or Read()
    hand = last_word(kept)
    layers = _layers(listed, read, hand, kept.read_at.date() if kept and kept.read_at else None)
    review = _review(layers, year)
    opens = (
        *_asks(review, read, layers[0].on),
        *(Open(OpenKind.BLANK, said) for said in _blanks(listed, read, hand, layers)),
        *_differences(layers, review, year),
        *_troubles(kept),
    )
    return PolicyStanding(
        slug=slug,
        title=listed.title or read.title or (kept.document_name if kept else "") or slug,
        number=listed.number or read.number,
        owner=listed.owner,
        review=review,
        written=_words_of(layers),
        last_word=hand if layers[0].name == _BY_HAND else None,
        open=opens,
        kept=kept,
        profile=listed.profile,
    )


def last_word(kept: Kept | None) -> Reviewed | None:
    """What people said of the last review, all that was said of that one taken together; None where nobody has."""
    found: list[Reviewed] = []
    for event in kept.history if kept else ():
        if event.reviewed is not None:
            found.append(event.reviewed)
        elif event.kind is EventKind.WITHDRAWN and found:
            found.pop()
    if not found:
        return None
    latest = max(one.on for one in found)
    of_it = [one for one in found if one.on == latest]
    names = ("next_review", "accepted", "minute_number", "signed_head", "signed_chair")
    values = {name: next((v for one in reversed(of_it) if (v := getattr(one, name))), "") for name in names}
    return Reviewed(on=latest, **values)


def _layers(listed: Listed, read: Read, hand: Reviewed | None, read_on: date | None) -> list[_Layer]:
    """The latest review first; of the same day the office's word, then the school's file, then the document.

    A document that says it was written after it was read says nothing of when that was.
    """
    found = []
    if hand is not None:
        written = phrase_of(hand.on.isoformat())
        dates = Dates(written=written, next_review=phrase_of(hand.next_review))
        found.append(_Layer(name=_BY_HAND, dates=dates, on=hand.on))
    for name, layer in (("the school's file", listed), ("the document", read)):
        dates = Dates(
            written=phrase_of(layer.written), next_review=phrase_of(layer.next_review), cycle=phrase_of(layer.cycle)
        )
        on = dates.written.last if isinstance(dates.written, PolicyDate) else None
        if isinstance(dates.written, PolicyDate) and read_on is not None and dates.written.first > read_on:
            on = on if layer is listed else None
        found.append(_Layer(name=name, dates=dates, on=on))
    return sorted(found, key=lambda layer: layer.on or date.min, reverse=True)


@lru_cache(maxsize=4096)
def phrase_of(said: str) -> Phrase | None:
    """The words as read; None for none."""
    return read_phrase(said) if said.strip() else None


def _review(layers: list[_Layer], year: SchoolYear) -> Review:
    """By the latest review; what older ones said of the next counts only where it lies well after that."""
    latest = layers[0]
    cycle = next((layer.dates.cycle for layer in layers if isinstance(layer.dates.cycle, Cycle)), None)
    next_review = latest.dates.next_review
    for layer in layers[1:]:
        if next_review is None and layer.dates.next_review is not None:
            stated = review_of(layer.dates, year)
            is_ahead = latest.on is None or (stated.due is not None and stated.due > latest.on + _REVIEWED_EARLY)
            next_review = layer.dates.next_review if is_ahead else None
    return review_of(Dates(written=latest.dates.written, next_review=next_review, cycle=cycle), year)


def _words_of(layers: list[_Layer]) -> str:
    written = layers[0].dates.written
    return written.said if written is not None else ""


def is_far(due: date, written: date) -> bool:
    """True where no school waits so long with a review: more likely a year is mistyped."""
    return due.year - written.year > _LONGEST_CYCLE_YEARS


def _asks(review: Review, read: Read, written: date | None) -> Iterator[Open]:
    if review.ask:
        yield Open(OpenKind.ASK, review.ask)
    if review.due is not None and written is not None and is_far(review.due, written):
        yield Open(OpenKind.DOUBT, f"Its review lies more than six years after {say_date(written)}: look at the years")
    if review.doubt:
        yield Open(OpenKind.DOUBT, f"\u201c{review.words}\u201d is doubtful: {review.doubt}")
    if review.is_assumed and review.due is not None:
        said = f"The dates of that term are not known here; {say_date(review.due)} is assumed"
        yield Open(OpenKind.DOUBT, said)
    yield from (Open(OpenKind.DOUBT, said) for said in read.asks)


def _blanks(listed: Listed, read: Read, hand: Reviewed | None, layers: list[_Layer]) -> Iterator[str]:
    """Sign-offs that are wanted, by the school or by the document's own form, and were not given for this review."""
    document_on = next(layer.on for layer in layers if layer.name == "the document")
    is_hand_newer = hand is not None and (document_on is None or hand.on > document_on)
    is_hand_old = hand is not None and document_on is not None and hand.on < document_on
    for name, said in _SIGN_OFFS.items():
        state = getattr(read, f"{name}_is")
        is_in_document = state == "found" and not is_hand_newer
        is_by_hand = hand is not None and not is_hand_old and bool(getattr(hand, name))
        is_listed = name == "accepted" and bool(listed.accepted) and hand is None
        if (name in listed.needs or state != "absent") and not (is_in_document or is_by_hand or is_listed):
            yield said


def _differences(layers: list[_Layer], review: Review, year: SchoolYear) -> Iterator[Open]:
    """Where a layer names another day than the one that counts.

    What the school's file said before the office spoke is simply over; a document should be brought up to date.
    """
    is_over = {"the school's file"} if layers[0].name == _BY_HAND else set()
    for layer in layers:
        if layer.name in is_over:
            continue
        stated = layer.dates.next_review
        if isinstance(stated, PolicyDate) and review.due is not None and due_by(stated, year).due != review.due:
            said = f"{layer.name.capitalize()} says \u201c{stated.said}\u201d; {say_date(review.due)} counts here"
            yield Open(OpenKind.DIFFERS, said)


def _troubles(kept: Kept | None) -> Iterator[Open]:
    if kept is None:
        return
    if kept.fault:
        yield Open(OpenKind.UNREADABLE, f"The document could not be read: {kept.fault}")
    if kept.gone_at is not None:
        yield Open(OpenKind.GONE, "The document is not in the library of policies any more")
