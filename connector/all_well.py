"""All well: one message a day says how the service stands, whether anything happened or not.

Its absence means trouble, so it comes on every day of the year, in the same shape, and by another subject where
something is wrong. Each person is sent it once a day, whichever process runs and whatever is restarted.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar

from connector.announcing import first_rung, reach
from connector.errors import CannotAccept
from connector.ladder import present, today
from connector.ledger.ledger import Ledger
from connector.model.all_well import AllWell, FormStands, Hearer, SourceStands, StoreStands
from connector.model.moments import local
from connector.model.source import SOURCE
from connector.model.standing import Standing, State
from connector.settings.school import members_of
from connector.site import Site, Store
from connector.source_state import looked_lately
from connector.sqlite.claims import Claim, Told

log = logging.getLogger(__name__)

# Whoever claimed a message and has not marked it by then has died; it may have gone out.
_STALE = timedelta(minutes=10)
# A message that is not through by then is itself a thing that is wrong.
_PATIENCE = timedelta(minutes=30)
# Reading the whole audit takes a second for 30,000 lines: once a day for the message, and as seldom for the heartbeat.
_CHAIN_LASTS = timedelta(hours=24)

Found = TypeVar("Found")


def no_policies(_school: str) -> str:
    """The line about the next review where no register of policies is kept."""
    return "no policies are registered"


def no_reminders(_school: str) -> int:
    """How many reminders fail where none are sent."""
    return 0


@dataclass(frozen=True, slots=True)
class DailyMessages:
    """`started` is when this process began. The register of policies is asked by the two callables, by school."""

    sites: Mapping[str, Site]
    ledger: Ledger
    started: datetime
    next_review: Callable[[str], str] = no_policies
    reminders_failing: Callable[[str], int] = no_reminders
    _chain: list[tuple[datetime, bool]] = field(default_factory=list)

    def tell(self, now: datetime) -> None:
        """Send today's message to everybody who is due it and has not been sent it.

        Never raises for a far side: who could not be reached is tried again. Raises CannotAccept.
        """
        waiting = {slug: people for slug, site in self.sites.items() if (people := self._waiting(site, now))}
        if not waiting:
            return
        self._chain.clear()  # The message never goes out on the strength of an earlier look.
        for slug, people in waiting.items():
            site = self.sites[slug]
            failed = [person for person in people if not self._try_to_tell(site, person, now)]
            if failed and not self.ledger.daily.told(slug, today(now)):
                log.critical("nobody could be told how the service stands", extra={"school": slug})

    def is_well(self, now: datetime) -> bool:
        """True where nothing is wrong at any school, and the message has gone out where it was due."""
        return not any(
            self._waiting(site, now - _PATIENCE) or self._stands(site, Hearer(), now).wrong
            for site in self.sites.values()
        )

    def age_seconds(self, now: datetime) -> float:
        """For how long the message has reached nobody: at that school where it is longest."""
        last = [self.ledger.daily.last_told(slug) or self.started for slug in self.sites]
        return max(0.0, *((now - at).total_seconds() for at in last))

    def _waiting(self, site: Site, now: datetime) -> list[str]:
        """Who is due the message of that day and has not been sent it: who is told first, and the technician."""
        there = local(now)
        if there.time() < site.school.all_well_at:
            return []
        told = self.ledger.daily.told(site.slug, there.date())
        hearers = dict.fromkeys([*first_rung(site, [site.school.ladder], now), site.school.technician])
        return [slug for slug in hearers if slug not in told]

    def _try_to_tell(self, site: Site, person: str, now: datetime) -> bool:
        """False where no way worked. What broke stays claimed, so that the next try says that it may be a repeat."""
        try:
            return self._tell(site, person, now)
        except CannotAccept:
            raise
        except Exception:
            log.critical("the daily message broke", exc_info=True, extra={"school": site.slug})
            return False

    def _tell(self, site: Site, person: str, now: datetime) -> bool:
        occasions = (today(now).isoformat(),)
        claim = Claim(school=site.slug, person=person, occasions=occasions, at=now, stale_before=now - _STALE)
        granted = self.ledger.daily.claim(claim)
        if not granted.occasions:
            # Another process has it in hand.
            return True

        def say(channel: str) -> AllWell:
            return self._stands(site, _hearer(site, person, channel, now), now, repeat=bool(granted.again))

        is_told = reach(site, person, say, f"{site.slug}.all-well.{occasions[0]}.{person}", now)
        error = "" if is_told else "No way worked."
        self.ledger.daily.settle(Told(school=site.slug, person=person, occasions=occasions, at=now, error=error))
        return is_told

    def _stands(self, site: Site, hearer: Hearer, now: datetime, *, repeat: bool = False) -> AllWell:
        standings = {one.place: one for one in self.ledger.notebook.standings() if one.school == site.slug}
        bad = tuple(place for place, one in standings.items() if one.state is State.BAD)
        return AllWell(
            school=site.school.name,
            at=now,
            everything=hearer.knows_all,
            tally=self.ledger.daily.tally(site.slug, hearer, now),
            stores=tuple(_store(name, store, standings.get(name), bad) for name, store in site.stores.items()),
            forms=self._forms(site, hearer),
            sources=self._sources(site, now),
            bad_places=bad,
            audit_holds=self._audit_holds(now),
            yesterday=self.ledger.daily.yesterday(site.slug, today(now)),
            reminders_failing=_found(self.reminders_failing, site.slug),
            next_review=_found(self.next_review, site.slug),
            repeat=repeat,
        )

    def _forms(self, site: Site, hearer: Hearer) -> tuple[FormStands, ...]:
        last = self.ledger.daily.last_responses(site.slug, hearer)
        return tuple(FormStands(title=title, last=last.get(name)) for name, title in _titles(site).items())

    def _sources(self, site: Site, now: datetime) -> tuple[SourceStands, ...]:
        titles = {SOURCE: "the intake library", **{name: f'"{title}"' for name, title in _titles(site).items()}}
        found = []
        for name, source in site.sources.items():
            looked_at = self.ledger.notebook.progress(site.slug, name).looked_at
            # While the service was down nobody could look; from its start on that is no reason.
            since = max(looked_at or self.started, self.started)
            is_late = not looked_lately(source.seconds, since, now)
            found.append(SourceStands(title=titles[name], looked_at=looked_at, is_late=is_late))
        return tuple(found)

    def _audit_holds(self, now: datetime) -> bool:
        for looked_at, holds in self._chain[-1:]:
            if timedelta(0) <= now - looked_at < _CHAIN_LASTS:
                return holds
        holds = self.ledger.broken_audit_line() is None
        self._chain.append((now, holds))
        return holds


def _hearer(site: Site, person: str, channel: str, now: datetime) -> Hearer:
    """Who reads it there. Only a technician who is on no ladder, and covers for nobody on one, is told every number."""
    if members_of(site.school.channels[channel]):
        return Hearer(channel=channel)
    ladders = (site.school.ladder, site.school.staff_ladder)
    on_one = [slug for ladder in ladders for rung in ladder.rungs for slug in rung.people]
    may_be_kept_out = {*on_one, *present(site.school.people, on_one, frozenset(), today(now))}
    return Hearer(person=person) if person in may_be_kept_out else Hearer()


def _titles(site: Site) -> dict[str, str]:
    """Each form's title as configured; where two have the same, with the form's own name."""
    titles = {name: form.title for name, form in site.school.forms.items()}
    number = Counter(titles.values())
    return {name: f"{title} ({name})" if number[title] > 1 else title for name, title in titles.items()}


def _store(name: str, store: Store, found: Standing | None, bad: tuple[str, ...]) -> StoreStands:
    """One that seals is tried now; how another stands was seen when its rights were last looked at."""
    if store.seals:
        return StoreStands(place=name, seals=True, reachable=_can_be_written(store))
    return StoreStands(
        place=name,
        seals=False,
        reachable=not any(place.startswith(f"{name}: ") for place in bad),
        state=found.state if found else None,
        looked_at=found.looked_at if found else None,
    )


def _can_be_written(store: Store) -> bool:
    try:
        store.check()
    except Exception:
        log.exception("a store cannot be written")
        return False
    return True


def _found(ask: Callable[[str], Found], school: str) -> Found | None:
    """The answer, or None where there was none: a register that fails must not keep the message back."""
    try:
        return ask(school)
    except Exception:
        log.exception("the register of policies could not be asked", extra={"school": school})
        return None
