"""One finding out of several places: the one there is, the latest, or a doubt that names every place. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from connector.model.policy import ABSENT, Confidence, DateFinding, Finding, Presence
from connector.model.policy_dates import Cycle, NotADate, Phrase, PolicyDate, Why
from connector.understanding.dates import read_phrase


@dataclass(frozen=True, slots=True)
class _Read:
    """A finding and how its value reads."""

    finding: Finding
    phrase: Phrase


def one_of(found: Sequence[Finding]) -> Finding:
    """The one there is, a value before a blank; where values differ the first, as a doubt that names the others."""
    given = [one for one in found if one.presence is Presence.FOUND]
    if not given:
        return found[0] if found else ABSENT
    others = [one for one in given[1:] if _plain(one.value) != _plain(given[0].value)]
    return _doubted(given[0], others) if others else given[0]


def date_of(found: Sequence[Finding]) -> DateFinding:
    """The date there is. Two places agree where one only says it more exactly; else the first is taken, as a doubt."""
    read = _read(found)
    if not read:
        return DateFinding(finding=one_of(found))
    chosen = next((one for one in read if not isinstance(one.phrase, NotADate)), read[0])
    for one in read:
        is_more_exact = _is_within(one.phrase, chosen.phrase) and not _is_within(chosen.phrase, one.phrase)
        chosen = one if is_more_exact else chosen
    others = [one.finding for one in read if not _agree(one, chosen)]
    finding = _doubted(chosen.finding, others) if others else chosen.finding
    return DateFinding(finding=finding, phrase=chosen.phrase)


def latest_of(found: Sequence[Finding]) -> DateFinding:
    """The latest date: a policy is issued, then updated, and says both. The same words with two dates are a doubt."""
    read = [one for one in _read(found) if isinstance(one.phrase, PolicyDate)]
    if not read:
        return date_of(found)
    latest = max(
        read, key=lambda one: (one.phrase.last, one.phrase.first) if isinstance(one.phrase, PolicyDate) else ()
    )
    same = [one for one in read if _label(one.finding) == _label(latest.finding)]
    others = [one.finding for one in same if not _agree(one, latest)]
    finding = _doubted(latest.finding, others) if others else latest.finding
    return DateFinding(finding=finding, phrase=latest.phrase)


def review_of(reviews: Sequence[Finding], cycles: Sequence[Finding]) -> tuple[DateFinding, DateFinding]:
    """The next review, and how often. `Review date: annually` is a cycle, and the next review where no date is said."""
    often = [one for one in reviews if isinstance(read_phrase(one.value), Cycle)]
    when = [one for one in reviews if one not in often]
    has_date = any(one.presence is Presence.FOUND for one in when)
    return date_of(when if has_date else reviews), date_of([*cycles, *often])


def past_among(reviews: Sequence[Finding], told: Sequence[Finding]) -> list[Finding]:
    """Those of the reviews that lie before the one which is told to be the next: they were."""
    next_review = date_of(told).phrase
    if not isinstance(next_review, PolicyDate):
        return []
    return [
        one.finding
        for one in _read(reviews)
        if isinstance(one.phrase, PolicyDate) and one.phrase.last < next_review.first
    ]


def unread_in(found: Sequence[Finding]) -> tuple[Finding, ...]:
    """Those in a date's place that could not be read as one."""
    return tuple(one.finding for one in _read(found) if _is_unread(one.phrase))


def _read(found: Sequence[Finding]) -> list[_Read]:
    return [_Read(one, read_phrase(one.value)) for one in found if one.presence is Presence.FOUND]


def _is_unread(phrase: Phrase) -> bool:
    return isinstance(phrase, NotADate) and phrase.why not in {Why.BLANK, Why.NO_DATE}


def _agree(one: _Read, other: _Read) -> bool:
    if _plain(one.finding.value) == _plain(other.finding.value):
        return True
    return _is_within(one.phrase, other.phrase) or _is_within(other.phrase, one.phrase)


def _is_within(phrase: Phrase, other: Phrase) -> bool:
    """True where the one says the same as the other, at least as exactly."""
    if isinstance(phrase, Cycle) and isinstance(other, Cycle):
        return phrase.months == other.months and other.season in {None, phrase.season}
    if isinstance(phrase, PolicyDate) and isinstance(other, PolicyDate):
        return other.first <= phrase.first and phrase.last <= other.last
    return False


def _label(finding: Finding) -> str:
    """The words before the value, without case and signs."""
    words, value = _plain(finding.words), _plain(finding.value)
    return words.partition(value)[0].strip(" :\u2013-|.") if value else words


def _doubted(chosen: Finding, others: Sequence[Finding]) -> Finding:
    said = dict.fromkeys(f"\u201c{one.value}\u201d ({one.place})" for one in others)
    note = f"it says \u201c{chosen.value}\u201d ({chosen.place}), but also {'; '.join(said)}"
    return replace(chosen, confidence=Confidence.DOUBTFUL, note=note)


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())
