"""From labels to what they say: whose a bare `Signed` is, what a bare `Date` is the date of, what a blank is. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from connector.model.policy import Confidence, Finding, Presence
from connector.model.policy_dates import Cycle, NotADate, PolicyDate, Why
from connector.model.policy_text import Block
from connector.understanding.dates import find_phrases, read_phrase
from connector.understanding.labels import Label, signer_in, without_role
from connector.understanding.not_yet import is_not_yet, is_told_as_to_come
from connector.understanding.pairs import Pair

_NUMBER = r"(?P<number>[A-Z]{0,6}[ -]?\d[\w/-]{0,20}(?:\.\d+)*)"
MINUTE = re.compile(rf"\(?\bmin(?:ute)?s?\b\.?:? ?(?:ref(?:erence)?|number|no)?\.?:? ?{_NUMBER}\)?", re.IGNORECASE)
DATES = frozenset({Label.WRITTEN, Label.ACCEPTED, Label.NEXT_REVIEW, Label.CYCLE, Label.SIGNED_ON})
SIGNATURES = frozenset({Label.SIGNED, Label.SIGNED_HEAD, Label.SIGNED_CHAIR})
_OPEN = "\u201c{said}\u201d can mean the last review or the next one"
_SAYS = "it says \u201c{said}\u201d"
_NOT_WHOSE = "whose signature this is, is not said"
_PLAIN_REVIEW = re.compile(r"\s*reviews?[\s:]*", re.IGNORECASE)
_LONGEST_NAME = 120
# How many lines below a label another one may still belong to it: `Signed`, `Name`, `Role`, `Date`.
_NEAR = 3

Said = tuple[Label, Finding]


def said_by(pairs: Sequence[Pair], blocks: Sequence[Block]) -> Iterator[Said]:
    """Each label with what it says. A bare signature whose owner is not known stays under `signed`.

    What a plain `Review` says stands under `review` as well as under the next one.
    """
    places = {id(block): number for number, block in enumerate(blocks)}
    before: Pair | None = None
    for number, pair in enumerate(pairs):
        at = places[id(pair.block)]
        if before is not None and at - places[id(before.block)] > _NEAR:
            before = None
        if pair.label in SIGNATURES:
            near = [one for one in pairs[number : number + _NEAR + 1] if places[id(one.block)] - at <= _NEAR]
            yield from _signature(pair, near, blocks[at + 1 : at + 2])
        elif pair.label is Label.APPROVED_BY:
            yield from _approval(pair)
        elif pair.label is Label.DATE:
            yield from _date(_date_of(pair, before), pair)
        elif pair.label in DATES:
            yield from _date(pair.label, pair)
        elif pair.label is not Label.OTHER:
            yield from _name(pair)
        before = before if pair.label in {Label.DATE, Label.OTHER} else pair


def _date_of(pair: Pair, before: Pair | None) -> Label:
    """`Date` by itself is the date of what was asked before it; with nothing before it, of the writing."""
    if before is not None and before.label in {Label.APPROVED_BY, Label.ACCEPTED}:
        return Label.ACCEPTED
    if before is not None and before.label in SIGNATURES:
        return Label.SIGNED_ON
    return Label.OTHER if pair.said.casefold() == "on" else Label.WRITTEN


def _date(label: Label, pair: Pair) -> Iterator[Said]:
    """A date or a cycle under its label. Under a weak one only what can be read, and a blank only beside a sign-off."""
    if label is Label.OTHER:
        return
    if label in {Label.ACCEPTED, Label.SIGNED_ON} and _is_to_come(pair.value):
        yield label, _blank(pair)
        return
    phrase, is_blank = read_phrase(pair.value), _is_blank(pair.value)
    is_unread = isinstance(phrase, NotADate) and phrase.why not in {Why.NO_DATE, Why.IMPOSSIBLE}
    is_of_a_sign_off = is_blank and pair.label is Label.DATE and label is not Label.WRITTEN
    if pair.known.is_weak and is_unread and not is_of_a_sign_off:
        return
    if label is Label.ACCEPTED and not is_blank and isinstance(phrase, NotADate) and _names_somebody(pair):
        # `Approved: Full Governing Body` says who, not when.
        return
    if label is Label.WRITTEN and isinstance(phrase, Cycle):
        label = Label.CYCLE
    finding = _finding(pair)
    if pair.known.is_open and "review date" not in pair.said.casefold() and finding.presence is Presence.FOUND:
        finding = replace(finding, confidence=Confidence.DOUBTFUL, note=_OPEN.format(said=pair.said.strip(" :")))
    yield label, finding
    if label is Label.NEXT_REVIEW and (pair.known.is_open or _PLAIN_REVIEW.fullmatch(pair.said)):
        yield Label.REVIEW, finding
    yield from _minute(pair)


def _names_somebody(pair: Pair) -> bool:
    return "date" not in pair.said.casefold() and not re.search(r"\d", pair.value)


def _approval(pair: Pair) -> Iterator[Said]:
    """`Approved by: FGB 12.3.24 (minute 24/7)` holds the date and the minute; a blank says that nobody did."""
    value = MINUTE.sub("", pair.value).strip(" ,;")
    if _is_blank(pair.value) or is_not_yet(pair.value):
        if not pair.is_bare and len(pair.said.split()) <= len("policy approved by".split()):
            yield Label.ACCEPTED, _blank(pair)
        return
    phrase = read_phrase(value)
    # A body's name is no date; a day that there is not is told.
    told = {Why.IMPOSSIBLE} if pair.is_bare else {Why.IMPOSSIBLE, Why.AMBIGUOUS}
    if not isinstance(phrase, NotADate) or (phrase.why in told and not _names_somebody(pair)):
        dates = [phrase.said for phrase in find_phrases(pair.value)] if pair.is_bare else []
        yield Label.ACCEPTED, replace(_finding(pair), value=dates[0] if len(dates) == 1 else value)
    yield from _minute(pair)


def _minute(pair: Pair) -> Iterator[Said]:
    if hit := MINUTE.search(pair.value[:_LONGEST_NAME]):
        yield Label.MINUTE_NUMBER, replace(_finding(pair), value=hit["number"].strip(), confidence=Confidence.LIKELY)


def _signature(pair: Pair, near: Sequence[Pair], below: Sequence[Block]) -> Iterator[Said]:
    """A name where one stands; a line or a cell with nothing in it, the role alone, or `to follow`, is a blank."""
    value = pair.value[:_LONGEST_NAME]
    label = pair.label if pair.label is not Label.SIGNED else signer_in(value) or _signer_near(pair, near, below)
    note = _NOT_WHOSE if label is None else ""
    dates = [phrase.said for phrase in find_phrases(value)]
    for said in dates:
        value = value.replace(said, "")
    name = without_role(re.sub(r"\b(?:on|date)[\s:,]*$", "", value.strip(" ,"), flags=re.IGNORECASE))
    if _is_to_come(pair.value) or _is_to_come(name):
        finding = _blank(pair)
        yield label or Label.SIGNED, replace(finding, note="; ".join(filter(None, (finding.note, note))))
        return
    finding = replace(_finding(pair), value=name, presence=Presence.FOUND if name else Presence.BLANK)
    yield label or Label.SIGNED, replace(finding, note=note)
    yield from ((Label.SIGNED_ON, replace(_finding(pair), value=said, presence=Presence.FOUND)) for said in dates[:1])


def _signer_near(pair: Pair, near: Sequence[Pair], below: Sequence[Block]) -> Label | None:
    """Whose it is by the other cells of its row, by the `Role` beside it, or by a line below that is a role alone."""
    if len([one for one in near if one.label in SIGNATURES and one.block is pair.block]) == 1 and pair.block.cells:
        found = next((signer for cell in pair.block.cells if cell != pair.said and (signer := signer_in(cell))), None)
        if found:
            return found
    for one in near[1:]:
        if one.label in SIGNATURES:
            break
        if one.label is Label.OTHER and (found := signer_in(one.value[:_LONGEST_NAME])):
            return found
    line = below[0].text[:_LONGEST_NAME] if below else ""
    return signer_in(line) if line and not without_role(line) else None


def _name(pair: Pair) -> Iterator[Said]:
    """A title, a number, a version, a name, a minute. `n/a` is a blank that somebody filled in."""
    if _says_none(pair.value) or (pair.label is Label.MINUTE_NUMBER and _is_to_come(pair.value)):
        yield pair.label, _blank(pair)
    elif len(pair.value) <= _LONGEST_NAME or pair.label is Label.LINKED:
        yield pair.label, _finding(pair)


def _is_blank(value: str) -> bool:
    phrase = read_phrase(value)
    return not value.strip("-\u2013 ") or (isinstance(phrase, NotADate) and phrase.why is Why.BLANK)


def _is_to_come(value: str) -> bool:
    """True for words that say that it is still to come; not for a place with nothing in it."""
    if isinstance(read_phrase(value), PolicyDate):
        return is_told_as_to_come(value)
    return is_not_yet(value) and not _is_blank(value)


def _says_none(value: str) -> bool:
    phrase = read_phrase(value)
    return isinstance(phrase, NotADate) and phrase.why is Why.NO_DATE


def _finding(pair: Pair) -> Finding:
    if _is_blank(pair.value):
        return _blank(pair)
    confidence = Confidence.LIKELY if pair.is_bare else Confidence.SURE
    return Finding(
        presence=Presence.FOUND, value=pair.value, words=pair.words, place=pair.block.place, confidence=confidence
    )


def _blank(pair: Pair) -> Finding:
    """A place with nothing in it, or with words that give nothing: they are its note."""
    note = "" if _is_blank(pair.value) else _SAYS.format(said=pair.value)
    return Finding(presence=Presence.BLANK, words=pair.words, place=pair.block.place, note=note)
