"""Google Forms: a `FormResponse` of the Forms API, answers keyed by questionId (google.md 1.3).

An untouched response and an edited one share the responseId; `lastSubmittedTime` is the version.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connector.forms.reading import NotUnderstood, moment_of, string_of, text_of
from connector.model.submission import Answer, Attachment, Submission


def parse(body: Mapping[str, Any]) -> Submission:
    """The submission. Raises NotUnderstood for what is no response."""
    enveloped = body.get("response")
    response = enveloped if isinstance(enveloped, Mapping) else body
    found = response.get("answers", {} if _is_blank(response) else None)
    if not isinstance(found, Mapping) or not (found or _is_blank(response)):
        raise NotUnderstood
    given = {str(key): answer for key, answer in found.items() if isinstance(answer, Mapping)}
    attachments = tuple(file for key, answer in given.items() for file in _files(key, answer))
    return Submission(
        source="google",
        response_id=string_of(response.get("responseId")),
        version=string_of(response.get("lastSubmittedTime")),
        submitted_at=moment_of(response.get("lastSubmittedTime")) or moment_of(response.get("createTime")),
        respondent=string_of(response.get("respondentEmail")),
        answers=tuple(_answer(key, answer) for key, answer in given.items()),
        attachments=attachments,
    )


def _is_blank(response: Mapping[str, Any]) -> bool:
    """A response in which nothing was answered has no `answers`, and is one all the same."""
    return bool(response.get("responseId")) and bool(response.get("lastSubmittedTime")) and not response.get("answers")


def _entries(answer: Mapping[str, Any], kind: str) -> list[Mapping[str, Any]]:
    holder = answer.get(kind)
    entries = holder.get("answers") if isinstance(holder, Mapping) else None
    return [entry for entry in entries if isinstance(entry, Mapping)] if isinstance(entries, list) else []


def _answer(key: str, answer: Mapping[str, Any]) -> Answer:
    """A grid's rows are answers of their own; several choices stand one a line."""
    texts = [text_of(entry.get("value")) for entry in _entries(answer, "textAnswers")]
    texts += [text_of(entry.get("fileName")) for entry in _entries(answer, "fileUploadAnswers")]
    return Answer(key=key, text="\n".join(texts))


def _files(key: str, answer: Mapping[str, Any]) -> list[Attachment]:
    return [
        Attachment(key=key, name=text_of(entry.get("fileName")), file_id=string_of(entry.get("fileId")))
        for entry in _entries(answer, "fileUploadAnswers")
    ]
