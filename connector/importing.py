"""Importing: responses from a downloaded workbook, by hand. Repeat-safe: what is here already stays as it is."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from connector.forms.workbook import Row, Workbook
from connector.intake import Intake
from connector.model.submission import Arrival, Way

# A response older than this is history: the DSL hears of all of them at once, not of each as if it were new.
HISTORY_AFTER = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Imported:
    """How many responses were new, of these how many as history, and how many were here already."""

    new: int
    history: int
    known: int


@dataclass(frozen=True, slots=True)
class Importing:
    """Takes a workbook's rows into one form of one school; those completed before `since` as history."""

    intake: Intake
    school: str
    form: str
    since: datetime

    def bring_in(self, workbook: Workbook, now: datetime, progress: Callable[[int], None]) -> Imported:
        """Every row in turn; `progress` hears how many are done.

        Raises UnknownForm, CannotAccept: then every row before is durable, and the same file can be given again.
        """
        new = history = 0
        for number, row in enumerate(workbook.rows, 1):
            arrival = self._arrival(row, now)
            if not self.intake.receive_whatever(arrival).repeat:
                new += 1
                history += arrival.way is Way.HISTORY
            progress(number)
        return Imported(new, history, len(workbook.rows) - new)

    def _arrival(self, row: Row, now: datetime) -> Arrival:
        is_old = row.completed_at is not None and row.completed_at < self.since
        body = json.dumps(row.body, ensure_ascii=False).encode("utf-8", "surrogatepass")
        way = Way.HISTORY if is_old else Way.HAND
        return Arrival(school=self.school, form=self.form, body=body, received_at=now, way=way)
