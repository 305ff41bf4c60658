"""Watching: looks whether the stores are restricted, the flows alive, the certificates good; people hear when not.

What is found stands in the ledger, so each turn is told once, whoever restarts when.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from connector.announcing import Bulletins
from connector.errors import CannotAccept, ConnectorError, NotRestricted
from connector.ledger.ledger import Ledger
from connector.model.source import SOURCE
from connector.model.standing import DORMANT_AFTER, Standing, State, Verdict, certificate_lasts, flow_alive
from connector.model.submission import Way
from connector.site import Site

log = logging.getLogger(__name__)

_DAILY = timedelta(hours=24)
# A form is changed by whoever teaches that day, and a question that goes takes its answers along.
_HOURLY = timedelta(hours=1)
_WHILE_BAD = timedelta(minutes=10)
# A record is filed on the strength of a look that is no older.
_GOOD_FOR_FILING = timedelta(hours=1)
_BLIND_AFTER = timedelta(hours=1)
_REACH = ": reaching it"


@dataclass(frozen=True, slots=True)
class Watching:
    """`wake` tells the engine that what waited may go on."""

    sites: Mapping[str, Site]
    ledger: Ledger
    wake: Callable[[], None]
    _looked: set[tuple[str, str]] = field(default_factory=set)
    _blind_since: dict[tuple[str, str], datetime] = field(default_factory=dict)
    _heard: set[tuple[str, str, str, str]] = field(default_factory=set)

    def watch(self, now: datetime) -> None:
        """Look at what is due to be looked at, then tell what people have not heard.

        Never raises for a far side: what one school's tenant does keeps no other school waiting.
        """
        for site in self.sites.values():
            for place, look in self._looks(site, now).items():
                if self._is_due(site, place, now):
                    self._try_to_look(site, place, look, now)
            # Not only at the end: many schools take a while to look at.
            self.tell(now)

    def require_restricted(self, site: Site, name: str, now: datetime) -> None:
        """Returns where that store may be filed in. Raises NotRestricted; DeliveryError where it cannot be asked."""
        if name not in site.stores or site.stores[name].seals:
            return
        before = self.ledger.notebook.standing(site.slug, name)
        is_fresh = before is not None and now - before.looked_at < _GOOD_FOR_FILING
        if self._is_due(site, name, now) or not is_fresh:
            self.note(site, name, site.stores[name].restricted(), now)
        found = self.ledger.notebook.standing(site.slug, name)
        if found is not None and found.state is State.BAD:
            raise NotRestricted(retry_after=_WHILE_BAD.total_seconds())

    def note(self, site: Site, place: str, verdict: Verdict, now: datetime) -> Standing:
        """Write a verdict down. A store that is in order again is filed in again, what was given up there too."""
        before = self.ledger.notebook.standing(site.slug, place)
        if (
            before is not None
            and before.state is State.BAD
            and verdict.state is not State.BAD
            and before.looked_at > now
        ):
            # That look began before the one that found it open.
            return before
        if before is not None and before.state is State.BAD and verdict.state is State.UNVERIFIED:
            # Not being able to tell mends nothing: what was found open stays so until it is seen closed.
            verdict = Verdict(State.BAD, before.said)
        found = self.ledger.notebook.note_verdict(site.slug, place, verdict, now)
        self._looked.add((site.slug, place))
        if before is not None and before.state is State.BAD and found.state is not State.BAD and place in site.stores:
            number = self.ledger.file_again(site.slug, place, now)
            log.warning("filing goes on", extra={"school": site.slug, "channel": place, "count": number})
            self.wake()
        return found

    def _looks(self, site: Site, now: datetime) -> dict[str, Callable[[], Verdict]]:
        """The places of a school and how each is looked at."""
        looks: dict[str, Callable[[], Verdict]] = {
            name: store.restricted for name, store in site.stores.items() if not store.seals
        }
        for name, source in site.sources.items():
            looks[f"{SOURCE} rights" if name == SOURCE else f"answers of {name}"] = source.restricted
        for name, reader in site.structures.items():
            looks[f"form {name}"] = reader.structure
            looks[f"responding to {name}"] = reader.open
        for form in site.school.polled_forms:
            looks[f"flow of {form}"] = partial(flow_alive, self._last_heard(site, form), now)
        for form in site.school.forms:
            if self._is_read(site, form) and (number := self.ledger.notebook.history(site.slug, form)):
                looks[f"history of {form}"] = partial(_history, number)
                unfiled = self.ledger.notebook.history_unfiled(site.slug, form)
                looks[f"filing the history of {form}"] = partial(_unfiled_history, unfiled)
        if site.graph is not None:
            looks["certificate"] = partial(certificate_lasts, site.graph.sign_in.expires, now)
        return looks

    def _is_read(self, site: Site, form: str) -> bool:
        """True unless its first reading is still going on: history is told of once, when all of it is here."""
        return form not in site.sources or self.ledger.notebook.progress(site.slug, form).looked_at is not None

    def _last_heard(self, site: Site, form: str) -> datetime | None:
        """When its flow last brought a response; where it never did, when it was first expected to."""
        last = self.ledger.notebook.last_received(site.slug, form, Way.FETCHED)
        first = self.ledger.notebook.standing(site.slug, f"flow of {form}")
        if last is None and first is not None and first.state is State.BAD:
            return first.since - DORMANT_AFTER
        return last or (first.since if first is not None else None)

    def _is_due(self, site: Site, place: str, now: datetime) -> bool:
        """Once at start, whatever was found before; then daily, and oftener while it is bad."""
        if place.startswith(("flow of", "history of", "filing the history of")):
            return True
        found = self.ledger.notebook.standing(site.slug, place)
        if found is None or (site.slug, place) not in self._looked or (site.slug, place) in self._blind_since:
            return True
        age = now - found.looked_at
        # A clock that was set back must not put the next look off until then.
        usual = _HOURLY if place.startswith(("form ", "responding to ")) else _DAILY
        return not timedelta(0) <= age < (_WHILE_BAD if found.state is State.BAD else usual)

    def _try_to_look(self, site: Site, place: str, look: Callable[[], Verdict], now: datetime) -> None:
        try:
            verdict = look()
        except CannotAccept:
            raise
        except Exception as error:
            log.exception("could not look", extra={"school": site.slug})
            said = str(error) if isinstance(error, ConnectorError) else type(error).__name__
            self._blind(site, place, said, now)
        else:
            self.note(site, place, verdict, now)
            self._seeing(site, place, now)

    def _blind(self, site: Site, place: str, said: str, now: datetime) -> None:
        """After an hour in which a place could not be looked at, people hear of that."""
        since = self._blind_since.setdefault((site.slug, place), now)
        if now - since >= _BLIND_AFTER:
            what = "It cannot be reached, so nothing can be filed or told of it"
            verdict = Verdict(State.BAD, f"{what}. {said}", about=what)
            self.ledger.notebook.note_verdict(site.slug, f"{place}{_REACH}", verdict, now)

    def _seeing(self, site: Site, place: str, now: datetime) -> None:
        self._blind_since.pop((site.slug, place), None)
        before = self.ledger.notebook.standing(site.slug, f"{place}{_REACH}")
        if before is not None and before.state is State.BAD:
            self.ledger.notebook.note_verdict(site.slug, f"{place}{_REACH}", Verdict(State.GOOD), now)

    def tell(self, now: datetime) -> None:
        """Tell people of every turn that they have not heard of."""
        Bulletins(self.sites, self.ledger, self._heard).tell(now)


def _unfiled_history(number: int) -> Verdict:
    if not number:
        return Verdict(State.GOOD)
    said = (
        f"{number} earlier response(s) of this form could not be filed in all their tries. They are kept, sealed. "
        "Mend the store, then run `connector retry` for each reference that `connector status` names."
    )
    return Verdict(State.BAD, said, about="earlier response(s) of this form could not be filed")


def _history(number: int) -> Verdict:
    said = (
        f"{number} earlier response(s) of this form, from before the service or brought in from a workbook, were taken "
        "in and are being filed. Nobody was told of them one by one: please look through them."
    )
    return Verdict(State.NEWS, said)
