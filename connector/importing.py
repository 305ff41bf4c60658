"""Importing: responses from a downloaded workbook, by hand. Repeat-safe: what is here already stays as it is."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from connector.forms.workbook import Row, Workbook
from connector.intake import By, Intake
from connector.ledger.notebook import Notebook
from connector.model.moments import say_date
from connector.model.standing import State, Verdict
from connector.model.submission import Arrival

# A response older than this is history: the DSL hears of all of them at once, not of each as if it were new.
HISTORY_AFTER = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Imported:
    """How many responses were new, of these how many as history, and how many were here already."""

    new: int
    history: int
    known: int


def bring_in(
    intake: Intake,
    notebook: Notebook,
    place: tuple[str, str],
    workbook: Workbook,
    *,
    since: datetime,
    now: datetime,
    progress: Callable[[int], None],
) -> Imported:
    """Take in every row of the workbook into (school, form); those completed before `since` as history.

    `progress` hears how many rows are done. Raises UnknownForm, CannotAccept: then everything before that row is
    durable, and the same file can be given again.
    """
    new, history, known = 0, [], 0
    for number, row in enumerate(workbook.rows, 1):
        is_history = row.completed_at is not None and row.completed_at < since
        answer = intake.fetched(_arrival(place, row, now), By.HISTORY if is_history else By.HAND)
        known += answer.repeat
        if not answer.repeat:
            new += 1
            history += [row.completed_at] if is_history and row.completed_at else []
        progress(number)
    if history:
        notebook.note_verdict(place[0], f"history of {place[1]}", Verdict(State.NEWS, _said(history)), now)
    return Imported(new, len(history), known)


def _arrival(place: tuple[str, str], row: Row, now: datetime) -> Arrival:
    body = json.dumps(row.body, ensure_ascii=False).encode("utf-8", "surrogatepass")
    return Arrival(school=place[0], form=place[1], body=body, received_at=now)


def _said(history: list[datetime]) -> str:
    first, last = say_date(min(history).date()), say_date(max(history).date())
    return (
        f"{len(history)} earlier response(s) of the form, from {first} to {last}, were brought in from a workbook "
        "by hand and filed. Nobody was told of them one by one: please look through them."
    )
