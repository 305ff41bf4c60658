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
    """Every question that the form was ever seen with, by its platform's id, and when the last of them was new."""

    at: datetime
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Questions:
    """Writes only when a question is seen that was not known."""

    notebook: Notebook
    sealer: Sealer
    _known: dict[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)

    def saw(self, arrival: Arrival, submission: Submission) -> None:
        """Note questions that were not seen before. Never in the way: a fault here is logged, the answer stands.

        Platforms leave out what was not answered, so what is known is every question ever seen.
        """
        form = (arrival.school, arrival.form)
        keys = [answer.key for answer in submission.answers]
        try:
            known = self._known_keys(*form)
            if submission.is_drill or set(keys) <= set(known):
                return
            now_known = (*known, *(key for key in dict.fromkeys(keys) if key not in known))
            sealed = self.sealer.seal(json.dumps(now_known).encode(), _place(*form))
            self.notebook.note_seen(*form, arrival.received_at, sealed)
            self._known[form] = now_known
        except ConnectorError:
            log.exception("the questions of a form could not be noted", extra={"school": form[0], "form": form[1]})

    def _known_keys(self, school: str, form: str) -> tuple[str, ...]:
        if (school, form) not in self._known:
            found = self.last(school, form)
            self._known[school, form] = found.keys if found else ()
        return self._known[school, form]

    def last(self, school: str, form: str) -> Seen | None:
        """The questions last seen, or None. Raises SealError where no key opens them."""
        found = self.notebook.seen(school, form)
        if found is None:
            return None
        at, sealed = found
        return Seen(at, tuple(json.loads(self.sealer.open(sealed, _place(school, form)))))


def _place(school: str, form: str) -> str:
    return f"questions/{school}/{form}"
