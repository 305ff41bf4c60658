"""The document: everything of one concern as plain data, made at intake and sealed.

It holds the body as it arrived and, beside it, what was understood, with the policy's words of that
day. So what is filed is what was accepted, even if the configuration changes in between.
"""

from __future__ import annotations

import base64
import json
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from connector.checking.plain_answers import quoted
from connector.model.concern import Concern, Entry, ProblemKind
from connector.model.profile import FieldRule, Kind, PolicyProfile
from connector.model.submission import Arrival, Submission

FORMAT = "concern-connector/record/1"


@dataclass(frozen=True, slots=True)
class Origin:
    """The school and form by the names people know."""

    school: str
    form: str


def make_document(
    arrival: Arrival, origin: Origin, submission: Submission, concern: Concern, profile: PolicyProfile
) -> dict[str, Any]:
    """The document. Every word typed stands in it untouched; lone surrogates and NUL included."""
    ruled = _ruled(concern, profile)
    return {
        "format": FORMAT,
        "school": origin.school,
        "form": origin.form,
        "profile": profile.title,
        "policy": profile.source,
        "received_at": _iso(arrival.received_at),
        "submitted_at": _iso(submission.submitted_at),
        "source": submission.source,
        "response_id": submission.response_id,
        "response_version": submission.version,
        "respondent": submission.respondent,
        "urgent": concern.urgent,
        "about_staff": concern.about_staff,
        "late_days": concern.late_days,
        "recognised": concern.recognised,
        "drill": submission.is_drill,
        "children": [child.name for child in concern.children],
        "exact_words": _exact_words(ruled),
        "fields": [_field(rule, entry, concern) for rule, entry in ruled],
        "problems": [asdict(problem) | {"name": problem.name} for problem in concern.problems],
        "other_answers": [asdict(other) for other in concern.others],
        "attachments": [asdict(file) for file in concern.attachments],
        **_original(arrival.body),
    }


def to_bytes(document: dict[str, Any]) -> bytes:
    """The document as JSON in ASCII, so that any string, even half a surrogate pair, comes back as it was."""
    return json.dumps(document, ensure_ascii=True, separators=(",", ":")).encode("ascii")


def from_bytes(data: bytes) -> dict[str, Any]:
    """The document again."""
    found: dict[str, Any] = json.loads(data)
    return found


def _iso(moment: datetime | None) -> str:
    return moment.isoformat() if moment else ""


def _original(body: bytes) -> dict[str, str]:
    try:
        return {"original": body.decode("utf-8")}
    except UnicodeDecodeError:
        return {"original_base64": base64.b64encode(body).decode()}


def _ruled(concern: Concern, profile: PolicyProfile) -> list[tuple[FieldRule, Entry]]:
    entries = dict(concern.entries)
    return [(rule, entries[rule.id]) for rule in profile.fields if rule.id in entries]


def _exact_words(ruled: list[tuple[FieldRule, Entry]]) -> list[str]:
    """The child's words: the whole cell where the form asks for them, else what stands in quotation marks."""
    said: dict[str, None] = {}
    for rule, entry in ruled:
        if rule.kind is Kind.WORDS and entry.reading.value == "spoken":
            is_shared = any(other.verbatim == entry.verbatim for r, other in ruled if r.id != rule.id)
            said |= dict.fromkeys(quoted(entry.verbatim) if is_shared else (entry.verbatim,))
    return list(said)


def _field(rule: FieldRule, entry: Entry, concern: Concern) -> dict[str, Any]:
    reading = entry.reading
    return {
        "id": rule.id,
        "label": rule.label,
        "policy_words": rule.policy_words,
        "source": rule.source,
        "verbatim": entry.verbatim,
        "value": reading.value,
        "precision": reading.precision,
        "understood": reading.said,
        "problems": [
            f"{_IN_WORDS[problem.kind]}: {problem.ask}" + (f" (child {problem.child})" if problem.child else "")
            for problem in concern.problems
            if problem.field == rule.id
        ],
    }


_IN_WORDS = {
    ProblemKind.MISSING: "Missing",
    ProblemKind.UNCLEAR: "Unclear",
    ProblemKind.MISMATCH: "Does not agree",
    ProblemKind.UNMAPPED: "Not in the form's map",
}
