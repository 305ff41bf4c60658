"""A submission: one response of a form, exactly as it arrived."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

DRILL_SAYS = "DRILL. Not a real child, not a real concern."


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One question's answer. `text` is verbatim: what was typed, or the choices one a line."""

    key: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A file that the form's platform keeps; only where it lies, never its bytes."""

    key: str
    name: str
    file_id: str
    drive_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """What a parser makes of a response. `recognised` is False for what is authentic but not understood."""

    source: str
    response_id: str
    version: str
    submitted_at: datetime | None
    respondent: str
    answers: tuple[Answer, ...]
    attachments: tuple[Attachment, ...] = ()
    recognised: bool = True

    @property
    def is_drill(self) -> bool:
        """Made by `connector drill`: by its number, and because nothing else is said in it."""
        is_numbered = self.response_id.startswith("drill-")
        return is_numbered and bool(self.answers) and all(answer.text == DRILL_SAYS for answer in self.answers)


class Way(StrEnum):
    """How a response came to us. `history` is brought in by hand too: it is filed, and told all at once."""

    PUSHED = "pushed"
    FETCHED = "fetched"
    HAND = "hand"
    HISTORY = "history"

    @property
    def is_by_hand(self) -> bool:
        """From a workbook, which writes a known response in its own manner."""
        return self in {Way.HAND, Way.HISTORY}


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """The bytes at the door and when they came: the machine-readable original of the record.

    `key` is their name at the source where they were fetched from one.
    """

    school: str
    form: str
    body: bytes
    received_at: datetime
    way: Way = Way.PUSHED
    key: str = ""
