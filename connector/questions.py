"""The questions a form was last seen with, for `connector forms show`. Sealed: a question's text is not ours."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass, field
from datetime import datetime

from connector.errors import ConnectorError
from connector.ledger.notebook import Notebook
from connector.model.submission import Arrival, Submission
from connector.sealing import Sealer

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Seen:
    """The questions, by their platform's ids in the form's order, and since when they are those."""

    at: datetime
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Questions:
    """Writes only when a form's questions change."""

    notebook: Notebook
    sealer: Sealer
    _known: dict[tuple[str, str], bytes] = field(default_factory=dict)

    def saw(self, arrival: Arrival, submission: Submission) -> None:
        """Note the questions of this response. Never in the way: a fault here is logged and the answer stands."""
        keys = [answer.key for answer in submission.answers]
        form = (arrival.school, arrival.form)
        mark = self.sealer.mark("questions", *sorted(keys))
        if not keys or submission.is_drill or self._known.get(form) == mark:
            return
        try:
            before = self.notebook.seen(*form)
            if before is None or before[1] != mark:
                sealed = self.sealer.seal(json.dumps(keys).encode(), _place(*form))
                self.notebook.note_seen(*form, arrival.received_at, mark, sealed)
        except ConnectorError:
            log.exception("the questions of a form could not be noted", extra={"school": form[0], "form": form[1]})
        else:
            self._known[form] = mark

    def last(self, school: str, form: str) -> Seen | None:
        """The questions last seen, or None. Raises SealError where no key opens them."""
        found = self.notebook.seen(school, form)
        if found is None:
            return None
        at, _, sealed = found
        return Seen(at, tuple(json.loads(self.sealer.open(sealed, _place(school, form)))))


def _place(school: str, form: str) -> str:
    return f"questions/{school}/{form}"
