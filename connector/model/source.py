"""What a source of responses gives: which were found, and where to go on from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

# The one source a school has so far, as the ledger, duties and people know it.
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


@dataclass(frozen=True, slots=True)
class Batch:
    """What has come, the oldest first, and the cursor after it."""

    found: tuple[Found, ...]
    cursor: str
