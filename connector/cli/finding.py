"""What `connector check` says of one part."""

from __future__ import annotations

from dataclasses import dataclass

OK, WARNING, UNVERIFIED, FAULT = "ok", "warning", "UNVERIFIED", "FAULT"


@dataclass(frozen=True, slots=True)
class Finding:
    """One part: what it is, how it is, what to do."""

    state: str
    what: str
    mend: str = ""
