"""Where in a text dates and cycles stand: the longest reading from each place, and neighbours that belong together."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from connector.model.policy_dates import Cycle, NotADate, Phrase, PolicyDate, Why, YearlessTerm
from connector.understanding import cycles_said, days_said, terms_said, years_said
from connector.understanding.as_typed import AsTyped
from connector.understanding.date_words import Form, with_doubt
from connector.understanding.sooner_said import doubt_of, sooner_from, sooner_in

_FORMS: tuple[Form, ...] = (*days_said.FORMS, *terms_said.FORMS, *cycles_said.FORMS, *years_said.FORMS)
# "annually in the autumn term", "annually, at the end of Summer 2"; and the other way round, "Autumn 2 (annually)".
_IN = re.compile(
    r"[ ,;:(-]{0,3}(?:(?:in|during|at|by|on|of|for|the|end|start|beginning|early|late|month|usually) ){0,7}"
)
_BESIDE = re.compile(r"[ ,;:(-]{0,3}(?:of )?")
# A year of two figures that may as well be of the last century, of which policies are still about.
_TWO_CENTURIES = 2090


@dataclass(frozen=True, slots=True)
class Found:
    """A phrase and where it stands in the plain form. `alone`: a date in a cell of its own only."""

    start: int
    end: int
    phrase: Phrase
    alone: bool


def search(words: AsTyped) -> tuple[Found, ...]:
    """All phrases in their order, none over another; of two that overlap the earlier, then the longer."""
    kept: list[Found] = []
    for one in sorted(_readings(words), key=lambda one: (one.start, -one.end, one.alone)):
        if not kept or one.start >= kept[-1].end:
            kept.append(one)
    return tuple(_with_what_leads(_joined(kept, words), words))


def _readings(words: AsTyped) -> Iterator[Found]:
    for form in _FORMS:
        for match in form.pattern.finditer(words.plain):
            phrase = form.read(match, words.words(*match.span()))
            if phrase is not None:
                yield Found(match.start(), match.end(), _with_its_century(phrase, match[0]), form.alone)


def _with_its_century(phrase: Phrase, plain: str) -> Phrase:
    if not isinstance(phrase, PolicyDate) or phrase.first.year < _TWO_CENTURIES or re.search(r"\d{4}", plain):
        return phrase
    return with_doubt(phrase, f"The year can also be {phrase.first.year - 100}.")


def _joined(found: list[Found], words: AsTyped) -> Iterator[Found]:
    """The same, a cycle made one with the term, the month or the day that it names beside it."""
    last: Found | None = None
    for one in found:
        together = _together(last, one, words) if last else None
        if last and not together:
            yield last
        last = together or one
    if last:
        yield last


def _with_what_leads(found: Iterable[Found], words: AsTyped) -> Iterator[Found]:
    """The same, each with the `early` or `start of the` before it; what these leave open is its doubt."""
    after = 0
    for one in found:
        start = sooner_from(words.plain, after, one.start, one.phrase)
        after = one.end
        if start == one.start:
            yield one
            continue
        phrase = replace(one.phrase, said=words.words(start, one.end))
        if isinstance(phrase, PolicyDate | Cycle):
            phrase = with_doubt(phrase, doubt_of(phrase.said))
        yield replace(one, start=start, phrase=phrase)


def _together(one: Found, other: Found, words: AsTyped) -> Found | None:
    gap = words.plain[one.end : other.start]
    said = words.words(one.start, other.end)
    phrase: Cycle | None = None
    if isinstance(one.phrase, Cycle) and _IN.fullmatch(gap):
        phrase = _narrowed(one.phrase, other.phrase, said)
        if phrase and (at := sooner_in(gap)) is not None:
            phrase = with_doubt(phrase, doubt_of(words.words(one.end + at, other.end)))
    elif isinstance(other.phrase, Cycle) and _BESIDE.fullmatch(gap):
        phrase = _narrowed(other.phrase, one.phrase, said)
    return Found(one.start, other.end, phrase, alone=False) if phrase else None


def _narrowed(cycle: Cycle, beside: Phrase, said: str) -> Cycle | None:
    """The cycle with what is said beside it; None where that is no part of it."""
    match beside:
        case YearlessTerm() if cycle.season is None:
            return replace(cycle, said=said, season=beside.season, half=beside.half)
        case Cycle(months=cycle.months) if cycle.season is None:
            return with_doubt(replace(beside, said=said), cycle.doubt)
        case NotADate(why=Why.NO_YEAR):
            return replace(cycle, said=said, doubt=cycles_said.names_day(beside.said))
        case _:
            return None
