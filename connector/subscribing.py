"""Subscribing: a platform tells us that something is new, so that we look before the next poll.

Never more than a hint: what it says is not believed but looked up, and when it stops polling goes on.
"""

from __future__ import annotations

import hmac
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from connector.errors import ConnectorError
from connector.ledger.ledger import Ledger
from connector.model.source import SOURCE
from connector.sealing import Sealer
from connector.site import Site

log = logging.getLogger(__name__)

# SharePoint allows 42,300 minutes (ms365.md 1.2); renewed long before.
_LASTS = timedelta(minutes=42_000)
_RENEW_BEFORE = timedelta(days=7)
_MOST_HINTS = 1000


@dataclass(frozen=True, slots=True)
class Pokes:
    """Somebody says: look now. Written down, since the one who looks may be another process."""

    ledger: Ledger

    def poke(self, school: str, now: datetime) -> None:
        """Ask for a look at that school's source. Raises CannotAccept."""
        self.ledger.notebook.keep_progress(school, SOURCE, poked_at=now)


@dataclass(frozen=True, slots=True)
class Subscriptions:
    """`address` is where the platform sends its hints; it must be reachable from outside."""

    sites: Mapping[str, Site]
    ledger: Ledger
    sealer: Sealer
    pokes: Pokes
    address: str

    def keep(self, school: str, now: datetime) -> None:
        """Subscribe where that is wanted and not so yet, renew in time. Never raises for the far side."""
        site = self.sites[school]
        library = site.school.intake_library
        if site.source is None or library is None or not library.notifications:
            return
        reading = self.ledger.notebook.progress(school, SOURCE)
        if reading.subscribed_until and now < reading.subscribed_until - _RENEW_BEFORE:
            return
        until = now + _LASTS
        try:
            known = reading.subscription
            if not (known and site.source.renew(known, until)):
                known = site.source.subscribe(self.address, self.secret(school), until)
        except ConnectorError as error:
            log.warning("no subscription; polling goes on", extra={"school": school, "error": type(error).__name__})
            return
        self.ledger.notebook.keep_progress(school, SOURCE, subscription=known, subscribed_until=until)
        log.info("subscribed", extra={"school": school})

    def secret(self, school: str) -> str:
        """The client state that proves a hint to come from the subscription we made; nobody else can make it."""
        return self.sealer.mark("subscription", school).hex()

    def hear(self, hints: Any, now: datetime) -> int:
        """Take hints in; how many were ours. What proves nothing is dropped. Raises CannotAccept."""
        known = self.ledger.notebook.subscriptions()
        schools: dict[str, bool] = {}
        for hint in hints[:_MOST_HINTS] if isinstance(hints, list) else []:
            school, _ = known.get(str(hint.get("subscriptionId")), ("", "")) if isinstance(hint, Mapping) else ("", "")
            if school and self._is_ours(school, str(hint.get("clientState"))):
                schools[school] = schools.get(school, False) or bool(hint.get("lifecycleEvent"))
        if hints and not schools:
            log.warning("hints that prove nothing were dropped")
        for school, is_about_itself in schools.items():
            if is_about_itself:
                self.ledger.notebook.keep_progress(school, SOURCE, subscribed_until=None)
            self.pokes.poke(school, now)
        return len(schools)

    def _is_ours(self, school: str, said: str) -> bool:
        given = said.encode("utf-8", "replace")
        marks = self.sealer.marks("subscription", school)
        return any(hmac.compare_digest(given, mark.hex().encode()) for mark in marks)
