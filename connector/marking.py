"""The keyed marks under which a response, its words, its child and its reporter are recognised again."""

from __future__ import annotations

import hashlib

from connector.checking.names import bare_name
from connector.checking.words import plain
from connector.ledger.acceptance import Marks
from connector.model.concern import Concern
from connector.model.submission import Arrival, Submission
from connector.sealing import Sealer


def marks_of(sealer: Sealer, arrival: Arrival, submission: Submission, concern: Concern) -> Marks:
    """The keyed hashes under which this submission is recognised again."""
    mark, school = sealer.marks, arrival.school
    names = sorted(plain(bare_name(child.name)) for child in concern.children)
    reporter = plain(concern.reporter_email or submission.respondent)
    # Without a number of its own: an empty file is like every other empty file, but for where it lies.
    response = submission.response_id or _digest(arrival.key.encode() + arrival.body)
    return Marks(
        response=mark("response", school, arrival.form, response),
        version=mark("version", submission.version),
        content=(
            *mark("content", *_said(arrival, submission)),
            *mark("content", *_said_before(arrival, submission)),
        ),
        child=mark("child", school, *names)[0] if names else None,
        reporter=mark("reporter", school, reporter)[0] if reporter and reporter != "anonymous" else None,
        versioned=bool(submission.version),
        # Microsoft counts a copied form's responses from 1 again; Google's ids are random (google.md 1.3).
        lasting=submission.source == "google" and bool(submission.response_id),
    )


def _said(arrival: Arrival, submission: Submission) -> list[str]:
    """What was answered, without what differs only by the way it came."""
    given = [(answer.key, text) for answer in submission.answers if (text := bare(answer.text))]
    return _in_order(given, arrival, submission)


def _said_before(arrival: Arrival, submission: Submission) -> list[str]:
    """The same as version 0.1 marked it: what it took in is known again."""
    return _in_order([(answer.key, answer.text) for answer in submission.answers], arrival, submission)


def _in_order(given: list[tuple[str, str]], arrival: Arrival, submission: Submission) -> list[str]:
    files = [(file.key, file.file_id) for file in submission.attachments]
    pairs = sorted([*(given or [("body", _digest(arrival.body))]), *files])
    return [part for pair in pairs for part in pair]


def bare(text: str) -> str:
    """The text without what differs by the way it came: a flow, a push and a workbook end lines differently."""
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()


def _digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()
