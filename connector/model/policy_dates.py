"""A date as a policy says it: with its precision, never more exact than the words were."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class Precision(StrEnum):
    """How exact the words are."""

    DAY = "day"
    MONTH = "month"
    HALF_TERM = "half term"
    TERM = "term"
    SCHOOL_YEAR = "school year"
    YEAR = "year"


class Season(StrEnum):
    """A school term."""

    AUTUMN = "autumn"
    SPRING = "spring"
    SUMMER = "summer"


@dataclass(frozen=True, slots=True, kw_only=True)
class TermName:
    """A term, or one half of it (`half` 1 or 2; 0 for the whole), in the calendar year in which it lies."""

    season: Season
    year: int
    half: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyDate:
    """A date in a policy's own words. `first` and `last` are the first and the last day that the words can mean.

    Of a term they are the widest days in which any English school has it; the school's own term dates say more.
    `doubt` says why a person must look at it ("18 September of an unsaid year, or September 2018"); nothing where
    the words can mean one thing only.
    """

    said: str
    precision: Precision
    first: date
    last: date
    term: TermName | None = None
    doubt: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cycle:
    """How often: `every two years` is 24 months. `season` and `half`: "annually in the autumn term"."""

    said: str
    months: int
    season: Season | None = None
    half: int = 0
    doubt: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class YearlessTerm:
    """`Autumn 2`: a term of no year. Which year it is must come from elsewhere, or be asked."""

    said: str
    season: Season
    half: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SeveralDates:
    """`Spring 1 2021/24/27`: one place, several dates, the earliest first."""

    said: str
    dates: tuple[PolicyDate, ...]


class Why(StrEnum):
    """Why words in a date's place are no date."""

    BLANK = "blank"
    NO_DATE = "says that there is none"
    NO_YEAR = "has no year"
    IMPOSSIBLE = "is no day there is"
    AMBIGUOUS = "can mean two things"
    NOT_UNDERSTOOD = "is not understood"


@dataclass(frozen=True, slots=True, kw_only=True)
class NotADate:
    """Words that could not be read as a date; `because` says it to a person, in a sentence."""

    said: str
    why: Why
    because: str = ""


Phrase = PolicyDate | Cycle | YearlessTerm | SeveralDates | NotADate
