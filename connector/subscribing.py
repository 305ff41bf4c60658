"""Subscribing: a platform tells us that something is new, so that we look before the next poll.

Never more than a hint: what it says is not believed but looked up, and when it stops polling goes on.
"""

from __future__ import annotations

import hmac
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from connector.errors import ConnectorError, NotAuthentic, UnknownForm
from connector.ledger.ledger import Ledger
from connector.model.source import SOURCE, HintTerms
from connector.sealing import Sealer
from connector.site import Site, Source

log = logging.getLogger(__name__)

_MOST_HINTS = 1000


@dataclass(frozen=True, slots=True)
class Pokes:
    """Somebody says: look now. Written down, since the one who looks may be another process."""

    sites: Mapping[str, Site]
    ledger: Ledger

    def poke_form(self, school: str, form: str, now: datetime) -> None:
        """Ask for a look at where that form's responses are fetched. Raises UnknownForm where they are not."""
        site = self.sites[school]
        name = form if form in site.sources else SOURCE
        if name not in site.sources or (name == SOURCE and form not in site.school.polled_forms):
            raise UnknownForm
        self.poke(school, now, name)

    def poke(self, school: str, now: datetime, name: str = SOURCE) -> None:
        """Ask for a look at that source of the school. Raises CannotAccept."""
        self.ledger.notebook.keep_progress(school, name, poked_at=now)


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
        for name, source in self.sites[school].sources.items():
            if source.hints is not None:
                self._keep(school, name, source, source.hints, now)

    def _keep(self, school: str, name: str, source: Source, terms: HintTerms, now: datetime) -> None:
        reading = self.ledger.notebook.progress(school, name)
        if reading.subscribed_until and now < reading.subscribed_until - terms.renew_before:
            return
        until = now + terms.lasts
        try:
            known = reading.subscription
            if not (known and source.renew(known, until)):
                known = source.subscribe(self.address, self.secret(school), until)
        except ConnectorError as error:
            log.warning("no subscription; polling goes on", extra={"school": school, "error": type(error).__name__})
            return
        self.ledger.notebook.keep_progress(school, name, subscription=known, subscribed_until=until)
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

    def hear_push(self, token: str, message: Any, now: datetime) -> None:
        """Take in a push of Pub/Sub. Raises NotAuthentic for a token that holds for no school, CannotAccept.

        What is proved and names no form of that school is dropped: else it would come again for a week.
        """
        trusting = [slug for slug, site in self.sites.items() if site.push is not None and site.push.proves(token, now)]
        if not trusting:
            raise NotAuthentic
        for school in trusting:
            self.hear_of_form(school, form_named(message), now)

    def hear_of_form(self, school: str, form_id: str, now: datetime) -> bool:
        """Take in a proved hint that a Google form of the school was answered; False for one that is not its own."""
        names = [name for name, form in self.sites[school].school.google_forms.items() if form.form == form_id]
        for name in names:
            self.pokes.poke(school, now, name)
        return bool(names)

    def _is_ours(self, school: str, said: str) -> bool:
        given = said.encode("utf-8", "replace")
        marks = self.sealer.marks("subscription", school)
        return any(hmac.compare_digest(given, mark.hex().encode()) for mark in marks)


def form_named(message: Any) -> str:
    """The form's id among the attributes of a Pub/Sub message (google.md 1.5), or nothing."""
    attributes = message.get("attributes") if isinstance(message, Mapping) else None
    return str(attributes.get("formId", "")) if isinstance(attributes, Mapping) else ""
