"""What is found in a policy: each finding with the words and the place it came from, and how sure it is.

Nothing here is a decision: a person confirms. A blank cell is a blank, absence is absence.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from connector.model.policy_dates import Phrase
from connector.model.profile import PolicyProfile


class Confidence(StrEnum):
    """`sure`: the policy says it under its own label. `likely`: its prose does. `doubtful`: a person must look."""

    SURE = "sure"
    LIKELY = "likely"
    DOUBTFUL = "doubtful"


class Presence(StrEnum):
    """`blank`: the policy has a place for it with nothing in it. `absent`: it has no place for it at all."""

    FOUND = "found"
    BLANK = "blank"
    ABSENT = "absent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing found. `words` are the policy's own, `place` where they stand, `note` what a person should know."""

    presence: Presence = Presence.ABSENT
    value: str = ""
    words: str = ""
    place: str = ""
    confidence: Confidence = Confidence.SURE
    note: str = ""


ABSENT = Finding()


@dataclass(frozen=True, slots=True, kw_only=True)
class DateFinding:
    """A date, or a cycle, as found; `phrase` is how it was read, None where there is nothing to read."""

    finding: Finding = ABSENT
    phrase: Phrase | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleFinding:
    """A role in the policy's words, the person named with it (or nothing), and the role as the service knows it."""

    role: str
    person: str
    known_as: str
    finding: Finding


@dataclass(frozen=True, slots=True, kw_only=True)
class Citation:
    """A text that the policy cites. `edition` as said (`Sept 2023`), `year` of it or 0; `key` in guidance.toml."""

    title: str
    edition: str
    year: int
    key: str
    finding: Finding = ABSENT


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordList:
    """The list of what a record must hold. `profile` is a draft for a person to confirm.

    `lead` are the words that begin the list; `not_understood` are the items for which no field was known: they stand
    in the profile as plain text fields under their own words.
    """

    lead: Finding
    items: tuple[Finding, ...]
    profile: PolicyProfile
    not_understood: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyReading:
    """Everything found in one policy."""

    name: str
    title: Finding = ABSENT
    number: Finding = ABSENT
    setting: Finding = ABSENT
    version: Finding = ABSENT
    owner: Finding = ABSENT
    written: DateFinding = field(default_factory=DateFinding)
    accepted: DateFinding = field(default_factory=DateFinding)
    next_review: DateFinding = field(default_factory=DateFinding)
    cycle: DateFinding = field(default_factory=DateFinding)
    signed_head: Finding = ABSENT
    signed_chair: Finding = ABSENT
    minute_number: Finding = ABSENT
    linked: tuple[Finding, ...] = ()
    roles: tuple[RoleFinding, ...] = ()
    guidance: tuple[Citation, ...] = ()
    record: RecordList | None = None
    # Other sentences on what is recorded, where the policy has no list, or beside it.
    records_said: tuple[Finding, ...] = ()
    indicators: tuple[Finding, ...] = ()
    escalation: tuple[Finding, ...] = ()
    stages: tuple[Finding, ...] = ()
    contacts: tuple[Finding, ...] = ()
    not_understood: tuple[Finding, ...] = ()
