"""Any sender of plain JSON: answers keyed by question text or id."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from connector.forms.reading import NotUnderstood, moment_of, string_of, text_of
from connector.model.submission import Answer, Submission


def parse(body: Mapping[str, Any]) -> Submission:
    """`{"response_id", "version", "submitted_at", "respondent", "answers": {question: answer}}`.

    `answers` may also be a list of `{"question" or "id", "answer"}`. Raises NotUnderstood without answers.
    """
    answers = tuple(_answers(body.get("answers")))
    if not answers:
        raise NotUnderstood
    return Submission(
        source="generic",
        response_id=string_of(body.get("response_id")),
        version=string_of(body.get("version")),
        submitted_at=moment_of(body.get("submitted_at")),
        respondent=string_of(body.get("respondent")),
        answers=answers,
    )


def _answers(found: Any) -> Iterator[Answer]:
    if isinstance(found, Mapping):
        for key, value in found.items():
            yield Answer(key=str(key), text=text_of(value))
    elif isinstance(found, list):
        for item in found:
            if isinstance(item, Mapping):
                key = string_of(item.get("id")) or string_of(item.get("question"))
                yield Answer(key=key, text=text_of(item.get("answer")))
