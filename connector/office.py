"""The office's wiring: its own parts, its own database, its own keys. It knows no ledger, no store, no answers.

`wiring` and this file never see each other; the doors are handed both.
"""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass

from connector.clock import Clock
from connector.errors import ConfigError, RegisterClosed, SealError
from connector.furnishing import SignIns, make_words
from connector.furnishing_office import make_office_site
from connector.model.moments import local, say_date
from connector.office_letters import OfficeLetters
from connector.office_links import OfficeLinks
from connector.office_site import OfficeSite
from connector.policy_watching import PolicyWatching
from connector.register.register import Register
from connector.reminding import Reminding, show
from connector.review_calendar import calendar_of, title_of
from connector.reviews import Reviews
from connector.sealing import Sealer, derived
from connector.settings.load import Settings

_PURPOSE = "office"
_LONGEST_TITLE = 80


@dataclass(frozen=True, slots=True)
class Office:
    """Everything about policies, ready."""

    settings: Settings
    clock: Clock
    sites: dict[str, OfficeSite]
    register: Register
    links: OfficeLinks
    reviews: Reviews
    reminding: Reminding
    watching: PolicyWatching

    def next_review(self, school: str) -> str:
        """The school's next review in one line, for the daily message. Raises RegisterClosed."""
        site = self.sites[school]
        policies = site.policies(self.register)
        dated = [policy for policy in policies if policy.review.due is not None]
        if not dated or dated[0].review.due is None:
            return f"none of {len(policies)} policies has a review date" if policies else "no policies are registered"
        due, title = dated[0].review.due, _harmless(title_of(dated[0]))
        today = local(self.clock.now()).date()
        return f"{'overdue since ' if due < today else ''}{say_date(due)}: {title}"

    def reminders_failing(self, school: str) -> int:
        """How many of the school's reminders cannot be sent at the moment. Raises RegisterClosed."""
        return self.reminding.failing(school, self.clock.now())

    def feed(self, token: str) -> bytes:
        """The calendar behind that address. Raises OfficeLinkInvalid, RegisterClosed."""
        now = self.clock.now()
        serials = dict.fromkeys(self.sites, 0) | self.register.feed_serials()
        site = self.sites[self.links.school_of(token, {slug: serials[slug] for slug in self.sites})]
        policies = site.policies(self.register)
        if show(self.register, site, policies, now):
            policies = site.policies(self.register)
        return calendar_of(site, policies, self.register.name, now)

    def close(self) -> None:
        """Let go of the register."""
        self.register.close()


def _harmless(title: str) -> str:
    """The title as it may stand in a card: no link can be made of it, and it is no longer than a line."""
    return re.sub(r"[\[\]()*_<>`]", "", title)[:_LONGEST_TITLE]


class NoOffice:
    """Where the office could not start: what the daily message asks of it cannot be known, and it says so."""

    def next_review(self, school: str) -> str:
        """Raises RegisterClosed."""
        raise RegisterClosed

    def reminders_failing(self, school: str) -> int:
        """Raises RegisterClosed."""
        raise RegisterClosed


def build_office(settings: Settings, clock: Clock | None = None) -> Office:
    """The office. Raises ConfigError for a fault of what is said of policies, and for a broken key or database."""
    if settings.office_faults:
        raise ConfigError(settings.office_faults)
    clock = clock or Clock()
    sign_ins: SignIns = {}
    words = make_words(settings, "")
    stopping = threading.Event()
    sites = {slug: make_office_site(settings, slug, words, sign_ins, stopping) for slug in settings.schools}
    links = OfficeLinks(settings.service.public_url, _sealer(settings))
    file = settings.register_file
    register = Register(file)
    letters = OfficeLetters(register, links)
    return Office(
        settings=settings,
        clock=clock,
        sites=sites,
        register=register,
        links=links,
        reviews=Reviews(sites, register, links),
        reminding=Reminding(sites, register, letters, words),
        watching=PolicyWatching(sites, register, stopping),
    )


def _sealer(settings: Settings) -> Sealer:
    """Under keys of its own, drawn from the journey key: what is sealed for a concern does not open with them."""
    keys = settings.service.keys
    try:
        return Sealer([derived(key.get_secret_value(), _PURPOSE) for key in (keys.journey, *keys.old)])
    except SealError as broken:
        raise ConfigError((f"service.toml: keys: {broken}",)) from None
