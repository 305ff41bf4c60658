"""What counts as a policy document, wherever it lies, and why one that was found is not read."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from connector.errors import DeliveryError

MOST_BYTES = 25_000_000
# Beginnings of what is hidden, and of what Office lays beside a document that somebody has open.
_NOT_OURS = (".", "~$")
_ENDINGS = (".docx", ".pdf", ".txt")


class PolicyTooLarge(DeliveryError):
    """This policy is over 25 MB, so it was not read: save it with smaller pictures."""

    def __init__(self) -> None:
        super().__init__(permanent=True)


class ChangedMeanwhile(DeliveryError):
    """A policy changed while it was read, so nothing of it was used: it is read at the next look."""


def is_policy(name: str) -> bool:
    """True for the name of a file that can be read as a policy, and is no lock file or hidden."""
    return name.casefold().endswith(_ENDINGS) and not name.startswith(_NOT_OURS)


def moment_of(said: Any) -> datetime | None:
    """A moment as Microsoft and Google write it, or None where it is none."""
    try:
        found = datetime.fromisoformat(str(said))
    except ValueError:
        return None
    return found if found.tzinfo else None
