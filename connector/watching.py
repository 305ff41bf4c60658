"""Watching: looks whether the stores are restricted, the flows alive, the certificates good; people hear when not.

What is found stands in the ledger, so each turn is told once, whoever restarts when.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from connector.errors import ConnectorError, DeliveryError, NotRestricted
from connector.ladder import present, today
from connector.ledger.ledger import Ledger
from connector.model.moments import say_date
from connector.model.notice import Addressee, Bulletin, BulletinKind
from connector.model.standing import Standing, State, Verdict
from connector.settings.school import TeamsChannel
from connector.site import Site

log = logging.getLogger(__name__)

_DAILY = timedelta(hours=24)
_WHILE_BAD = timedelta(minutes=10)
# Microsoft switches a flow off that was not triggered for 90 days, 30 days after a mail (ms365.md 1.1).
DORMANT_AFTER = timedelta(days=60)
EXPIRES_SOON = timedelta(days=30)
_KINDS = {
    State.BAD: BulletinKind.TROUBLE,
    State.UNVERIFIED: BulletinKind.UNVERIFIED,
    State.GOOD: BulletinKind.MENDED,
    State.NEWS: BulletinKind.HISTORY,
}


@dataclass(frozen=True, slots=True)
class Watching:
    """`wake` tells the engine that what waited may go on."""

    sites: Mapping[str, Site]
    ledger: Ledger
    wake: Callable[[], None]
    _heard: set[tuple[str, str, str, str]] = field(default_factory=set)

    def watch(self, now: datetime) -> None:
        """Look at what is due to be looked at, then tell what people have not heard. Never raises for the far side."""
        for site in self.sites.values():
            for place, look in self._looks(site, now):
                try:
                    self._look(site, place, look, now)
                except ConnectorError as error:
                    log.warning("could not look", extra={"school": site.slug, "error": type(error).__name__})
        self.tell(now)

    def require_restricted(self, site: Site, name: str, now: datetime) -> None:
        """Returns where that store may be filed in. Raises NotRestricted; DeliveryError where it cannot be asked."""
        if name not in site.stores or site.stores[name].seals:
            return
        found = self.ledger.notebook.standing(site.slug, name)
        if found is None or _is_due(found, now):
            found = self._look(site, name, site.stores[name].restricted, now)
        if found.state is State.BAD:
            raise NotRestricted(retry_after=_WHILE_BAD.total_seconds())

    def _looks(self, site: Site, now: datetime) -> Iterator[tuple[str, Callable[[], Verdict]]]:
        """The places of a school and how each is looked at, if it is due."""
        looks: dict[str, Callable[[], Verdict]] = {
            name: store.restricted for name, store in site.stores.items() if not store.seals
        }
        if site.source is not None:
            looks["intake_library rights"] = site.source.restricted
            for form in site.school.polled_forms:
                looks[f"flow of {form}"] = partial(self._alive, site, form, now)
        if site.graph is not None:
            looks["certificate"] = partial(_certificate, site, now)
        for place, look in looks.items():
            found = self.ledger.notebook.standing(site.slug, place)
            if found is None or _is_due(found, now):
                yield place, look

    def _look(self, site: Site, place: str, look: Callable[[], Verdict], now: datetime) -> Standing:
        before = self.ledger.notebook.standing(site.slug, place)
        found = self.ledger.notebook.note_verdict(site.slug, place, look(), now)
        if before is not None and before.state is State.BAD and found.state is not State.BAD and place in site.stores:
            number = self.ledger.file_again(site.slug, place, now)
            log.warning("filing goes on", extra={"school": site.slug, "channel": place, "count": number})
            self.wake()
        return found

    def _alive(self, site: Site, form: str, now: datetime) -> Verdict:
        last = self.ledger.notebook.last_received(site.slug, form)
        if last is None or now - last < DORMANT_AFTER:
            return Verdict(State.GOOD)
        days = (now - last).days
        said = (
            f"No response has come for {days} days. Microsoft switches a flow off that is not used for 90 days. "
            f"Send one test response through the form, or run `connector drill`."
        )
        return Verdict(State.BAD, said)

    # -- telling

    def tell(self, now: datetime) -> None:
        """Tell the DSL and the technician of every turn that they have not heard of."""
        for standing in self.ledger.notebook.standings():
            site = self.sites.get(standing.school)
            if standing.told_at is None and site is not None and self._told(site, standing, now):
                self.ledger.notebook.told(standing.school, standing.place, now)

    def _told(self, site: Site, standing: Standing, now: datetime) -> bool:
        """True where everybody who must hear of it was reached."""
        bulletin = Bulletin(
            kind=_KINDS[standing.state],
            school=site.school.name,
            place=standing.place.replace("_", " "),
            said=standing.said,
            since=standing.since,
        )
        return self.announce(site, bulletin, standing.place, now)

    def announce(self, site: Site, bulletin: Bulletin, key: str, now: datetime) -> bool:
        """Send the bulletin to the DSL's rung and the technician, each once; True where all were reached."""
        reached = True
        for slug in _hearers(site, now):
            heard = (site.slug, key, f"{bulletin.kind}/{bulletin.since.isoformat()}/{bulletin.said}", slug)
            if heard not in self._heard:
                if self._sent(site, bulletin, slug, key, now):
                    self._heard.add(heard)
                else:
                    reached = False
        return reached

    def _sent(self, site: Site, bulletin: Bulletin, slug: str, key: str, now: datetime) -> bool:
        """By mail, or where that does not work by a channel that the person reads."""
        person = site.school.people[slug]
        named = f"{key.replace(' ', '-')}.{int(bulletin.since.timestamp())}.{bulletin.kind}.{slug}"
        to = Addressee(name=person.name, address=person.email, key=named, sent_at=now)
        for channel in _ways(site, slug):
            try:
                site.channels[channel].send(bulletin, to)
            except DeliveryError as error:
                said = {"school": site.slug, "channel": channel, "error": type(error).__name__}
                log.error("a bulletin could not be sent", extra=said)
            else:
                return True
        return False


def _ways(site: Site, slug: str) -> list[str]:
    shared = [
        name
        for name, channel in site.school.channels.items()
        if isinstance(channel, TeamsChannel) and slug in channel.members
    ]
    return [site.school.mail_channel, *shared]


def _hearers(site: Site, now: datetime) -> list[str]:
    """Whoever stands on the first rung today, and the technician."""
    first = present(site.school.people, site.school.ladder.rungs[0].people, frozenset(), today(now))
    return list(dict.fromkeys([*first, site.school.technician]))


def _is_due(found: Standing, now: datetime) -> bool:
    return now - found.looked_at >= (_DAILY if found.state is State.GOOD else _WHILE_BAD)


def _certificate(site: Site, now: datetime) -> Verdict:
    ends = site.graph.sign_in.expires if site.graph else None
    if ends is None or ends - now > EXPIRES_SOON:
        return Verdict(State.GOOD)
    said = (
        f"The certificate by which the service signs in to Microsoft ends on {say_date(ends.date())}. "
        "Make another with `connector keys certificate` and upload it beside the old one."
    )
    return Verdict(State.BAD, said)
