"""Answers put into the shapes in which each platform delivers them: for drills, the demo and tests."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Protocol

from connector.model.profile import Question


class Form(Protocol):
    """What is needed of a form: its platform and its questions."""

    @property
    def source(self) -> str:
        """`generic`, `microsoft` or `google`."""

    @property
    def questions(self) -> tuple[Question, ...]:
        """The form map."""


def as_power_automate(
    form: Form, answers: Mapping[str, str], respondent: str, sent: datetime, number: str
) -> dict[str, Any]:
    """The envelope that docs/forms.md has a flow post, around the body of `Get response details`."""
    ids = {question.title: question.id for question in form.questions}
    american = f"{sent.astimezone(UTC):%m/%d/%Y %I:%M:%S %p}"
    details = {"responder": respondent, "submitDate": american} | {ids[title]: text for title, text in answers.items()}
    return {
        "schema": "concern-intake/1", "formId": "demo-form", "responseId": number, "runId": f"run-{number}",
        "submittedAt": american, "responder": respondent, "answers": details,
    }  # fmt: skip


def as_google(form: Form, answers: Mapping[str, str], respondent: str, sent: datetime, number: str) -> dict[str, Any]:
    """A FormResponse: an unanswered question has no key."""
    ids = {question.title: question.id for question in form.questions}
    stamp = sent.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    given = {
        ids[title]: {"questionId": ids[title], "textAnswers": {"answers": [{"value": text}]}}
        for title, text in answers.items()
        if text
    }
    return {
        "responseId": number, "createTime": stamp[:-4] + "Z", "lastSubmittedTime": stamp,
        "respondentEmail": respondent, "answers": given,
    }  # fmt: skip


def as_generic(form: Form, answers: Mapping[str, str], respondent: str, sent: datetime, number: str) -> dict[str, Any]:
    """Plain JSON, answers by question id where there is one, else by its text."""
    ids = {question.title: question.id or question.title for question in form.questions}
    return {
        "response_id": number, "submitted_at": sent.isoformat(), "respondent": respondent,
        "answers": {ids[title]: text for title, text in answers.items()},
    }  # fmt: skip


def shaped(form: Form, answers: Mapping[str, str], respondent: str, sent: datetime, number: str) -> dict[str, Any]:
    """The body in the shape of the form's platform."""
    make = {"google": as_google, "microsoft": as_power_automate}.get(form.source, as_generic)
    return make(form, answers, respondent, sent, number)
