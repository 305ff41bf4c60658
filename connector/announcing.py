"""Announcing: people hear of the service itself, each turn once, by whatever way reaches them."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from connector.errors import CannotAccept, ConnectorError
from connector.ladder import present, today
from connector.ledger.ledger import Ledger
from connector.model.message import Message
from connector.model.notice import Addressee, Bulletin, BulletinKind
from connector.model.people import Ladder
from connector.model.standing import Standing, State
from connector.settings.microsoft import ActivityChannel
from connector.settings.school import members_of
from connector.site import Site

log = logging.getLogger(__name__)

_KINDS = {
    State.BAD: BulletinKind.TROUBLE,
    State.UNVERIFIED: BulletinKind.UNVERIFIED,
    State.GOOD: BulletinKind.MENDED,
    State.NEWS: BulletinKind.HISTORY,
}


@dataclass(frozen=True, slots=True)
class Bulletins:
    """`heard` is who has heard what in this process: a repeat goes only to whom it did not reach."""

    sites: Mapping[str, Site]
    ledger: Ledger
    heard: set[tuple[str, str, str, str]]

    def tell(self, now: datetime) -> None:
        """Tell the DSL and the technician of every turn that they have not heard of."""
        for standing in self.ledger.notebook.standings():
            site = self.sites.get(standing.school)
            if standing.told_at is None and site is not None and self._try_to_tell(site, standing, now):
                self.ledger.notebook.told(standing.school, standing.place, now)

    def _try_to_tell(self, site: Site, standing: Standing, now: datetime) -> bool:
        try:
            return self._told(site, standing, now)
        except CannotAccept:
            raise
        except Exception:
            log.exception("a bulletin broke", extra={"school": site.slug})
            return False

    def _told(self, site: Site, standing: Standing, now: datetime) -> bool:
        """True where everybody who must hear of it was reached."""
        is_of_form = standing.state is State.NEWS and standing.place.startswith("form ")
        bulletin = Bulletin(
            kind=BulletinKind.FORM if is_of_form else _KINDS[standing.state],
            school=site.school.name,
            place=standing.place,
            said=standing.said,
            since=standing.since,
        )
        return self.announce(site, bulletin, standing.place, now)

    def announce(self, site: Site, bulletin: Bulletin, key: str, now: datetime) -> bool:
        """Send the bulletin to the DSL's rung and the technician, each once; True where all were reached."""
        reached = True
        for slug in _hearers(site, key, now):
            heard = (site.slug, key, f"{bulletin.kind}/{bulletin.since.isoformat()}/{bulletin.said}", slug)
            if heard not in self.heard:
                if self._sent(site, bulletin, slug, key, now):
                    self.heard.add(heard)
                else:
                    reached = False
        return reached

    def _sent(self, site: Site, bulletin: Bulletin, slug: str, key: str, now: datetime) -> bool:
        named = f"{site.slug}.{_plain(key)}.{int(bulletin.since.timestamp())}.{bulletin.kind}.{slug}"
        return reach(site, slug, lambda _channel: bulletin, named, now)


def reach(site: Site, slug: str, say: Callable[[str], Message], key: str, now: datetime) -> bool:
    """Tell that person by mail, or where that does not work by a channel that they read. True where one way took it.

    `say` gives the message as that channel may carry it; `key` is the same for every try, so that a repeat is the
    same mail.
    """
    person = site.school.people[slug]
    to = Addressee(name=person.name, address=person.email, key=key, sent_at=now)
    for channel in _ways(site, slug):
        try:
            site.channels[channel].send(say(channel), to)
        except CannotAccept:
            raise
        except ConnectorError as error:
            said = {"school": site.slug, "channel": channel, "error": type(error).__name__}
            log.error("a message about the service could not be sent", extra=said)
        else:
            return True
    return False


def _ways(site: Site, slug: str) -> list[str]:
    shared = [
        name
        for name, channel in site.school.channels.items()
        if slug in members_of(channel) or isinstance(channel, ActivityChannel)
    ]
    return [site.school.mail_channel, *shared]


def first_rung(site: Site, ladders: Sequence[Ladder], now: datetime) -> tuple[str, ...]:
    """Whoever stands on the first rung of these ladders today."""
    first = [slug for ladder in ladders for slug in ladder.rungs[0].people]
    return present(site.school.people, first, frozenset(), today(now))


def _hearers(site: Site, place: str, now: datetime) -> list[str]:
    """Whoever stands on the first rung today, and the technician; the staff ladder's too for what only they read."""
    school = site.school
    ladders = [school.staff_ladder] if place == "staff_store" else [school.ladder]
    if place.startswith("form "):
        # How a form is built is the office's and the technician's to mend, nobody else's to read.
        return list(dict.fromkeys([school.office or school.technician, school.technician]))
    if "history of" in place:
        ladders.append(school.staff_ladder)
    return list(dict.fromkeys([*first_rung(site, ladders, now), school.technician]))


def _plain(key: str) -> str:
    """The key as it may stand in a Message-ID (RFC 5322 3.6.4)."""
    return key.replace(": ", ".").replace(" ", "-")
