"""How a policy stands: the school's file, its document and the office's own hand laid over each other. Pure.

The latest review counts, whoever says it; where they differ that is said, never settled in silence.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from connector.model.moments import say_date
from connector.model.policies_kept import Kept, Listed, Read, Reviewed
from connector.model.policy_dates import PolicyDate
from connector.policy_layers import (
    BY_HAND,
    DOCUMENT,
    FILE,
    Layer,
    is_before,
    is_far,
    last_word,
    layers_of,
    phrase_of,
    review_by,
)
from connector.reviewing import Review, due_by
from connector.school_year import SchoolYear

_SIGN_OFFS = {
    "accepted": "not accepted by the governing body or owner",
    "signed_head": "not signed by the headteacher or manager",
    "signed_chair": "not signed by the chair of governors or owner",
    "minute_number": "no minute number",
}


class OpenKind(StrEnum):
    """What is open about a policy, the gravest first."""

    ASK = "ask"
    DOUBT = "doubt"
    BLANK = "blank"
    DIFFERS = "differs"
    UNREADABLE = "unreadable"
    GONE = "gone"
    TWICE = "twice"
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
    def known_as(self) -> str:
        """The name that calendars and links know it by."""
        return self.kept.known_as if self.kept else self.slug

    @property
    def minute_number(self) -> str:
        """The minute number of the review that counts, where somebody said it."""
        return self.last_word.minute_number if self.last_word else ""


def standing_of(slug: str, listed: Listed | None, kept: Kept | None, year: SchoolYear) -> PolicyStanding:
    """The policy as it stands."""
    listed = listed or Listed()
    read = (kept.read if kept else None) or Read()
    hand = last_word(kept)
    layers = layers_of(listed, read, hand, kept.read_at.date() if kept and kept.read_at else None)
    review = review_by(layers, year)
    opens = (
        *_asks(review, layers[0]),
        *_doubts_of(read, layers[0]),
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
        last_word=hand if layers[0].name == BY_HAND else None,
        open=opens,
        kept=kept,
        profile=listed.profile,
    )


def _words_of(layers: list[Layer]) -> str:
    written = layers[0].dates.written
    return written.said if written is not None else ""


def _asks(review: Review, counts: Layer) -> Iterator[Open]:
    if review.ask:
        yield Open(OpenKind.ASK, review.ask)
    if review.due is not None and counts.on is not None and is_far(review.due, counts.on):
        said = f"Its review lies more than six years after {say_date(counts.on)}: look at the years"
        yield Open(OpenKind.DOUBT, said)
    written = counts.dates.written
    if review.due is not None and isinstance(written, PolicyDate) and review.due < written.first:
        yield Open(
            OpenKind.DOUBT, f"Its review lies before it was written (\u201c{written.said}\u201d): look at the years"
        )
    if review.doubt:
        yield Open(OpenKind.DOUBT, f"\u201c{review.words}\u201d is doubtful: {review.doubt}")
    if review.is_assumed and review.due is not None:
        said = f"The dates of that term are not known here; {say_date(review.due)} is assumed"
        yield Open(OpenKind.DOUBT, said)


def _doubts_of(read: Read, counts: Layer) -> Iterator[Open]:
    """What a person must look at in the document."""
    accepted, written = phrase_of(read.accepted), counts.dates.written
    if (
        counts.name == DOCUMENT
        and isinstance(accepted, PolicyDate)
        and isinstance(written, PolicyDate)
        and is_before(accepted, written.first)
    ):
        said = f"It was accepted (\u201c{accepted.said}\u201d) long before it was written (\u201c{written.said}\u201d)"
        yield Open(OpenKind.DOUBT, f"{said}: was this version accepted?")
    yield from (Open(OpenKind.DOUBT, said) for said in read.asks)


def _blanks(listed: Listed, read: Read, hand: Reviewed | None, layers: list[Layer]) -> Iterator[str]:
    """Sign-offs that are wanted, by the school or by the document's own form, and were not given for this review."""
    counts, on = layers[0], {layer.name: layer.on for layer in layers}
    # A document that says nothing of its day speaks for itself as long as nobody else does.
    is_document_of_it = on[DOCUMENT] == counts.on if on[DOCUMENT] is not None else hand is None
    is_hand_of_it = hand is not None and (counts.on is None or hand.on >= counts.on)
    in_document, accepted = phrase_of(read.accepted), phrase_of(listed.accepted)
    is_accepted_since = isinstance(in_document, PolicyDate) and counts.on is not None and in_document.last >= counts.on
    is_old = isinstance(accepted, PolicyDate) and counts.on is not None and is_before(accepted, counts.on)
    for name, said in _SIGN_OFFS.items():
        state = getattr(read, f"{name}_is")
        is_in_document = state == "found" and (is_document_of_it or (name == "accepted" and is_accepted_since))
        is_by_hand = hand is not None and is_hand_of_it and bool(getattr(hand, name))
        is_listed = name == "accepted" and bool(listed.accepted) and not is_old
        if (name in listed.needs or state != "absent") and not (is_in_document or is_by_hand or is_listed):
            yield said


def _differences(layers: list[Layer], review: Review, year: SchoolYear) -> Iterator[Open]:
    """Where a layer names another day than the one that counts.

    What the school's file said before the office spoke is simply over, and so is what the office said before a later
    version of the policy was written: the review that it promised is done. A document should be brought up to date.
    """
    is_over = {FILE} if layers[0].name == BY_HAND else {BY_HAND}
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
