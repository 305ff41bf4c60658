"""What a source of responses gives: which were found, and where to go on from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One response at its source. `key` is the source's own name for it; `size` in bytes."""

    form: str
    key: str
    size: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Batch:
    """What has come, the oldest first, and the cursor after it."""

    found: tuple[Found, ...]
    cursor: str
