"""What a source of responses gives: which were found, and where to go on from."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

# A school's intake library among its sources; a form that is fetched by itself is a source of its own name.
SOURCE = "intake_library"
# The folder in which it keeps apart what has been taken in.
TAKEN_IN = "taken-in"


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One response at its source. `key` is the source's own name for it, `tag` that of its words; `size` in bytes."""

    form: str
    key: str
    tag: str
    size: int
    created_at: datetime
    # Named like a record that we keep apart ourselves: a person may have moved it back.
    record: str = ""
    # The platform's own number and version of it, where it says them before it is read.
    response: str = ""
    version: str = ""
    # The response itself, where the platform gave it with its list.
    body: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Batch:
    """What has come, the oldest first, and the cursor after it."""

    found: tuple[Found, ...]
    cursor: str


@dataclass(frozen=True, slots=True)
class HistoryRule:
    """What becomes of responses that are older than `older_than` when a source is first read."""

    older_than: timedelta
    is_filed: bool


@dataclass(frozen=True, slots=True)
class HintTerms:
    """For how long a platform hints at what is new, and how long before that ends it is asked again."""

    lasts: timedelta
    renew_before: timedelta
