"""Dates and cycles as policies say them, never read more exactly than said; what can mean two things is asked. Pure.

Dates are day, month, year. Two figures of a year are of this century. A term's first and last days are the widest
there are; a school's own term dates say more. A day or a month named with a cycle ("1 September each year") stays the
cycle of a year, with a doubt that names the day.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from connector.model.policy_dates import Cycle, NotADate, Phrase, PolicyDate, Precision, SeveralDates, Why, YearlessTerm
from connector.understanding.as_typed import AsTyped, as_typed
from connector.understanding.date_words import refused, with_doubt
from connector.understanding.phrases_found import Found, search
from connector.understanding.sooner_said import doubt_of, is_sooner, without_sooner
from connector.understanding.words_beside import is_blank, says_no_date, telling_words

# Whatever stands in a date's place and is longer is a text of its own.
_LONGEST = 300
_LIST = re.compile(r"[ ,;&/]{1,3}(?:and )?")
_FROM = re.compile(r".*\b(?:from|after|since|following)\b.*")
# Words of every kind of prose: `Year 1 may`, `each may`, `spring`.
_ORDINARY = re.compile(r"(?:each |every )?(?:\d{1,2} )?(?:may|march)(?: \d{1,2})?|(?i:autumn|spring|summer)")


def read_phrase(said: str) -> Phrase:
    """What the words say that stand where a policy has a date or a cycle: a cell, the rest of a line, a sentence.

    Words beside the date that are not understood become its doubt, or make the whole not understood. Never raises.
    """
    typed = said.strip()
    if len(typed) > _LONGEST:
        return refused(typed, Why.NOT_UNDERSTOOD, "This is too long to be a date.")
    return replace(_read(as_typed(typed)), said=typed)


def find_phrases(text: str) -> tuple[Phrase, ...]:
    """Every date and cycle that stands in the text, in its order, each `said` as typed. Never raises.

    Words that are a date in a cell of their own only ("2024", "Autumn", "10/11", "3 years") are left where they stand.
    """
    found = search(as_typed(text))
    return tuple(one.phrase for one in found if not one.alone and not _ORDINARY.fullmatch(one.phrase.said))


def _read(words: AsTyped) -> Phrase:
    every = search(words)
    # A month or two numbers without a year are nothing beside what is a date: "may be reviewed in November 2024".
    found = tuple(one for one in every if not (one.alone and isinstance(one.phrase, NotADate))) or every
    if not found:
        return _without_phrase(words)
    refusals = (one.phrase for one in found if isinstance(one.phrase, NotADate))
    return next(refusals, None) or _with_the_rest(found, words)


def _without_phrase(words: AsTyped) -> NotADate:
    if says_no_date(words.plain):
        return refused(words.text, Why.NO_DATE, "It says that there is no date.")
    if is_blank(words.plain):
        return refused(words.text, Why.BLANK, "Nothing is written here.")
    because = "This could not be read as a date. Which date is it, as day, month and year?"
    return refused(words.text, Why.NOT_UNDERSTOOD, because)


def _chosen(found: Sequence[Found], words: AsTyped) -> tuple[Phrase, Sequence[Found]]:
    """The phrase that counts, and where it stands: a date before a cycle, but for a cycle counted from a date."""
    dates = [one for one in found if isinstance(one.phrase, PolicyDate | SeveralDates)]
    cycles = [one for one in found if isinstance(one.phrase, Cycle)]
    if dates and not (cycles and _FROM.fullmatch(words.plain[cycles[0].end : dates[0].start])):
        return (dates[0].phrase if len(dates) == 1 else _of_many(dates, words)), dates
    main = (cycles or found)[0]
    return main.phrase, [main]


def _of_many(found: Sequence[Found], words: AsTyped) -> Phrase:
    """One date where all are the same, several where they are a plain list; else it must be asked which is meant."""
    dates = [one.phrase for one in found if isinstance(one.phrase, PolicyDate)]
    if len(dates) == len(found) and len({(one.first, one.last) for one in dates}) == 1:
        return dates[0]
    gaps = (words.plain[one.end : other.start] for one, other in pairwise(found))
    is_list = len(dates) == len(found) and len({one.precision for one in dates}) == 1
    if is_list and all(_LIST.fullmatch(gap) for gap in gaps):
        return SeveralDates(said=words.text, dates=tuple(sorted(dates, key=lambda one: one.first)))
    return refused(words.text, Why.AMBIGUOUS, "More than one date stands here: which is meant?")


def _with_the_rest(found: Sequence[Found], words: AsTyped) -> Phrase:
    """The phrase that counts, with a doubt where words beside it may change it; a loose phrase bears no doubt."""
    phrase, covered = _chosen(found, words)
    unknown = _beside(found, words)
    if isinstance(phrase, PolicyDate) and phrase.precision is Precision.DAY:
        # `1 September 2026 (start of term)`: of a day no beginning matters.
        unknown = without_sooner(unknown)
    rest = " \u2026 ".join(filter(None, (unknown, *(one.phrase.said for one in found if one not in covered))))
    if isinstance(phrase, YearlessTerm) and is_sooner(phrase.said.casefold()):
        return refused(words.text, Why.AMBIGUOUS, doubt_of(phrase.said))
    if not rest or isinstance(phrase, NotADate):
        return phrase
    is_loose = isinstance(phrase, PolicyDate) and phrase.precision in {Precision.YEAR, Precision.SCHOOL_YEAR}
    if isinstance(phrase, PolicyDate | Cycle) and not (is_loose and unknown):
        return with_doubt(phrase, f"It also says \u201c{rest}\u201d: see whether that changes it.")
    return refused(words.text, Why.NOT_UNDERSTOOD, f"It also says \u201c{rest}\u201d, which is not understood.")


def _beside(found: Sequence[Found], words: AsTyped) -> str:
    """The words outside all phrases that may change what these mean."""
    left = words.plain
    for one in reversed(found):
        left = f"{left[: one.start]} {left[one.end :]}"
    return telling_words(left)
