"""How something stands that no concern is bound to: a store's rights, a source, a sign-in, a flow."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class State(StrEnum):
    """`unverified` is never good enough to be shown as in order, and never bad enough to stop.

    `news` is told once and stands for nothing.
    """

    GOOD = "good"
    UNVERIFIED = "unverified"
    BAD = "bad"
    NEWS = "news"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a look found. `said` names the right or fault found and how to mend it; never a person, never a URL."""

    state: State
    said: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A verdict with its history. `told_at` is None while people have still to hear of the last turn."""

    school: str
    place: str
    state: State
    said: str
    since: datetime
    looked_at: datetime
    told_at: datetime | None
