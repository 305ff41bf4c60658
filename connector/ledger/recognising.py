"""Is it new, another version of what is here, or here already? Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from connector.ledger.acceptance import Acceptance, Accepted, AlreadyHere, Outcome, TakeAnother
from connector.model.reference import Reference
from connector.model.submission import Way

_NUMBERS_RETURN = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Known:
    """What is kept to recognise a version of a concern by."""

    response: bytes
    version_mark: bytes
    content: bytes
    reference: Reference
    version: int
    received_at: datetime
    child: bytes | None
    way: Way


def as_known(one: Acceptance) -> Known:
    """What is kept of one that was just accepted."""
    marks = one.marks
    return Known(
        marks.response[0],
        marks.version[0],
        marks.content[0],
        one.reference,
        one.version,
        one.received_at,
        marks.child,
        one.way,
    )


def judge(one: Acceptance, known: list[Known], versions: Mapping[Reference, int]) -> Outcome:
    """What becomes of it, beside what is known and the latest version of each reference."""
    before = sorted((row for row in known if _is_before(row, one)), key=lambda row: (row.received_at, row.version))
    # Without a version of the platform's own, words that return to what they were are a change, not a repeat.
    if not one.way.is_by_hand and any(row.way == Way.HISTORY for row in before[-1:]):
        # Nobody was told of what was brought in as history: when the form itself sends it, it is told.
        return _next(one, before, versions)
    for row in before if one.marks.versioned else before[-1:]:
        if row.content in one.marks.content and row.version_mark in one.marks.version:
            return AlreadyHere(row.reference, row.version, row.received_at)
    if before and one.way.is_by_hand and not _is_edited(one, before):
        return AlreadyHere(before[-1].reference, before[-1].version, before[-1].received_at)
    return _next(one, before, versions)


def _is_edited(one: Acceptance, before: list[Known]) -> bool:
    """A workbook writes a known response in its own manner; only the platform's own word makes it another version."""
    is_known = any(row.version_mark in one.marks.version or row.content in one.marks.content for row in before)
    return one.marks.versioned and not is_known


def _next(one: Acceptance, before: list[Known], versions: Mapping[Reference, int]) -> Outcome:
    """Accepted where it carries the reference and version that are its own, else which it should carry."""
    reference = before[-1].reference if before else one.reference
    following = versions.get(reference, 0) + 1
    if (one.reference, one.version) == (reference, following):
        return Accepted()
    is_clash = not before and one.version == 1
    return TakeAnother(None, 1) if is_clash else TakeAnother(reference, following)


def _is_before(row: Known, one: Acceptance) -> bool:
    """The same response; a form copied for a new year counts its responses from 1 again, for other children."""
    is_recent = one.received_at - row.received_at < _NUMBERS_RETURN
    is_same_child = row.child == one.marks.child
    if one.way.is_by_hand:
        # Two responses that name no child are the same one only while numbers do not return.
        is_same = is_same_child and (is_recent or one.marks.child is not None)
    else:
        is_same = one.marks.lasting or is_recent or is_same_child
    return row.response in one.marks.response and is_same
