"""A submission: one response of a form, exactly as it arrived."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


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
        """Made by `connector drill`: no platform numbers its responses like this."""
        return self.response_id.startswith("drill-")


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """The bytes at the door and when they came. The bytes are the machine-readable original of the record."""

    school: str
    form: str
    body: bytes
    received_at: datetime
