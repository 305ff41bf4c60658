"""A concern: a submission checked against its policy profile. Always produced, whatever is missing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from connector.model.submission import Attachment


class Precision(StrEnum):
    EXACT = "exact"
    APPROXIMATE = "approximate"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Reading:
    """What we understood of an answer. `value` is plain data (2026-11-18, 08:55, yes), `said` is for people.

    `doubt` asks in plain words about what is there but vague, impossible or two-sided. It never
    repeats the answer, because it travels to places where the answer must not go.
    """

    value: str | None = None
    precision: Precision = Precision.EXACT
    said: str = ""
    doubt: str = ""
    blank: bool = False


BLANK = Reading(precision=Precision.UNKNOWN, blank=True)


@dataclass(frozen=True, slots=True)
class Entry:
    """One field of the record: the words as typed and, beside them, what we understood."""

    verbatim: str
    reading: Reading


class ProblemKind(StrEnum):
    MISSING = "missing"
    UNCLEAR = "unclear"
    MISMATCH = "mismatch"
    UNMAPPED = "unmapped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """What the check found, in words a teacher understands, with the policy's line. No answer's text in it."""

    kind: ProblemKind
    field: str
    label: str
    ask: str
    policy_words: str = ""
    child: int = 0

    @property
    def name(self) -> str:
        """The field by name, as a notice may carry it: `date of birth (child 2)`."""
        return f"{self.label} (child {self.child})" if self.child else self.label


@dataclass(frozen=True, slots=True, kw_only=True)
class Child:
    """One child of the submission: the name as read, and what the shared cells say of this child."""

    name: str
    born: Reading = BLANK


@dataclass(frozen=True, slots=True)
class OtherAnswer:
    """An answer that no field takes; filed all the same, under its question."""

    question: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Concern:
    """The checked submission. Entries are in the profile's order."""

    profile: str
    entries: tuple[tuple[str, Entry], ...]
    children: tuple[Child, ...]
    problems: tuple[Problem, ...]
    others: tuple[OtherAnswer, ...]
    attachments: tuple[Attachment, ...]
    urgent: bool
    about_staff: bool
    late_days: int
    reporter: str
    reporter_email: str
    submitted_at: datetime | None
    recognised: bool = True

    def of_kind(self, *kinds: ProblemKind) -> tuple[Problem, ...]:
        """The problems of these kinds, in the profile's order."""
        return tuple(problem for problem in self.problems if problem.kind in kinds)
