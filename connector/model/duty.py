"""A duty: one thing owed for a concern. Owed until done; done is written after it is done."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from connector.model.reference import Reference


class DutyKind(StrEnum):
    FILE = "file"
    ATTACH = "attach"
    CLEAR = "clear"
    TELL = "tell"
    RECEIPT = "receipt"
    CLIMB = "climb"
    CHASE = "chase"
    TAKEN = "taken"
    REASSURE = "reassure"
    ALARM = "alarm"


class DutyState(StrEnum):
    OWED = "owed"
    SENDING = "sending"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDuty:
    """A duty to be written. `person` is a slug of the school's people, `channel` one of its channels or the store."""

    kind: DutyKind
    channel: str
    due_at: datetime
    person: str = ""
    rung: int = 0
    # After everything else that goes the same way.
    later: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """A duty as the ledger holds it."""

    id: int
    reference: Reference
    version: int
    school: str
    kind: DutyKind
    channel: str
    person: str
    rung: int
    state: DutyState
    attempts: int
    owed_since: datetime
    due_at: datetime
    error: str = ""
    evidence: str = ""
    later: bool = False
