"""Microsoft Forms as Power Automate delivers it: the body of `Get response details`, bare or in our envelope.

Keys are `r` and 32 hex digits a question; several choices come as a JSON array in a string, file
answers as a JSON list in a string, `submitDate` in American style (shared figures: ms365.md 1.1).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from connector.forms.reading import NotUnderstood, moment_of, string_of, text_of
from connector.model.submission import Answer, Attachment, Submission

_QUESTION = re.compile(r"^r[0-9a-f]{32}$")


def parse(body: Mapping[str, Any]) -> Submission:
    """The submission. Raises NotUnderstood where no question key (`r…`) is found."""
    enveloped = body.get("answers")
    details = enveloped if isinstance(enveloped, Mapping) else body
    answers, attachments = [], []
    for key, value in details.items():
        if not _QUESTION.match(str(key)):
            continue
        files = _files(key, value)
        attachments += files
        text = "\n".join(file.name for file in files) if files else text_of(_choices(value))
        answers.append(Answer(key=key, text=text))
    if not answers:
        raise NotUnderstood
    return Submission(
        source="microsoft",
        response_id=string_of(body.get("responseId")) or string_of(details.get("responseId")),
        version=string_of(body.get("version")),
        submitted_at=moment_of(body.get("submittedAt")) or moment_of(details.get("submitDate")),
        respondent=string_of(body.get("responder")) or string_of(details.get("responder")),
        answers=tuple(answers),
        attachments=tuple(attachments),
    )


def _list_in(value: Any) -> list[Any]:
    """The JSON list that a string holds, or an empty one."""
    if not isinstance(value, str) or not value.startswith("["):
        return []
    try:
        found = json.loads(value)
    except (ValueError, RecursionError):
        return []
    return found if isinstance(found, list) else []


def _choices(value: Any) -> Any:
    found = _list_in(value)
    return found if found and all(isinstance(choice, str) for choice in found) else value


def _files(key: str, value: Any) -> list[Attachment]:
    return [
        Attachment(
            key=key,
            name=text_of(file.get("name")),
            file_id=string_of(file.get("id")),
            drive_id=string_of(file.get("driveId")),
        )
        for file in _list_in(value)
        if isinstance(file, Mapping) and file.get("driveId") and file.get("id")
    ]
