"""Reminding: on each school day, one mail at most to each person who looks after a policy, and to the office.

The register says what was told, so any number of processes, restarts and late wake-ups send each reminder once. What
could not be sent is let go of and tried again at the next tick; what a process took with it when it died is sent
again after a quarter of an hour under the same Message-ID, and says that it may be a repeat.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import partial

from connector.errors import ConnectorError, DeliveryError
from connector.model.moments import local
from connector.model.notice import Addressee
from connector.model.office_mail import OfficeMail
from connector.notify.mail import as_mail
from connector.notify.office_words import letter_of
from connector.notify.words import Words
from connector.office_letters import BLIND_AFTER, OfficeLetters
from connector.office_site import OfficeSite
from connector.policy_standing import PolicyStanding
from connector.register.notes import Shown
from connector.register.register import Register
from connector.reminders import Plan, plan_for
from connector.review_calendar import title_of
from connector.sqlite.claims import Claim, Granted, Told

log = logging.getLogger(__name__)

STALE = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Reminding:
    """`_done` holds the schools of which nothing more is to be told today; it only spares work.

    `_broken` holds those at which the last look broke: no claim in the register tells of that.
    """

    sites: Mapping[str, OfficeSite]
    register: Register
    letters: OfficeLetters
    words: Words
    _done: dict[str, date] = field(default_factory=dict)
    _broken: set[str] = field(default_factory=set)

    def remind(self, now: datetime) -> int:
        """Send whatever is due and not yet told, of every school; says how many mails went out."""
        self._broken.clear()
        return sum(self._try(site, partial(self._school, site, now)) for site in self.sites.values())

    def failing(self, school: str, now: datetime) -> int:
        """How many of the school's reminders cannot be sent at the moment. Raises RegisterClosed."""
        return self.register.failing(school, now) or int(school in self._broken)

    def _try(self, site: OfficeSite, act: Callable[[], int]) -> int:
        """One school's trouble is not another's, and one person's mail is not another's."""
        try:
            return act()
        except ConnectorError as error:
            log.error("reminders are put off", extra={"school": site.slug, "error": type(error).__name__})
        except Exception:
            log.exception("reminders broke", extra={"school": site.slug})
        self._broken.add(site.slug)
        return 0

    def _school(self, site: OfficeSite, now: datetime) -> int:
        there = local(now)
        today = there.date()
        if self._done.get(site.slug) == today or there.time() < site.school.office_at:
            return 0
        if not site.year.is_school_day(today):
            return 0
        if site.library is not None and not self._is_read(site, now):
            return 0
        policies = site.policies(self.register)
        if not policies and site.library is None:
            return 0
        if show(self.register, site, policies, now):
            policies = site.policies(self.register)
        told = self.register.told(site.slug)
        plans = {
            person: plan
            for person, readers in _mailboxes(site, policies).items()
            if (plan := _plan(site, readers, policies, told, today)) is not None
        }
        if not plans:
            self._done[site.slug] = today
            self.register.forget_told(site.slug, now)
        return sum(self._try(site, partial(self._tell, site, person, plan, now)) for person, plan in plans.items())

    def _is_read(self, site: OfficeSite, now: datetime) -> bool:
        """False until the library has been read once: "nothing is overdue" might be untrue. After a day it is told."""
        look = self.register.look(site.slug)
        return look.looked_at is not None or (look.failing_since is not None and now - look.failing_since > BLIND_AFTER)

    def _tell(self, site: OfficeSite, person: str, plan: Plan, now: datetime) -> bool:
        """True where a mail went out."""
        granted = self.register.claim(
            Claim(school=site.slug, person=person, occasions=plan.occasions, at=now, stale_before=now - STALE)
        )
        if not granted.occasions:
            # Another process has it in hand, or had and died, or it waits after a try: a later tick sees what was told.
            return False
        return self._sent(site, person, plan, granted, now)

    def _sent(self, site: OfficeSite, person: str, plan: Plan, granted: Granted, now: datetime) -> bool:
        mail = replace(self.letters.mail_of(site, person, plan, now), repeat=bool(granted.again))
        try:
            self._post(site, person, plan, mail, now)
        except DeliveryError as error:
            log.error("a reminder could not be sent", extra={"school": site.slug, "error": type(error).__name__})
            self._settle(site, person, granted.occasions, now, str(error))
            return False
        self._settle(site, person, granted.occasions, now)
        return True

    def _post(self, site: OfficeSite, person: str, plan: Plan, mail: OfficeMail, now: datetime) -> None:
        who = site.school.people[person]
        key = f"policies.{site.slug}.{person}.{plan.kind}.{plan.occasions[0].replace(' ', '.')}"
        to = Addressee(name=who.name, address=who.email, key=key, sent_at=now)
        site.post.post(as_mail(letter_of(self.words, mail), site.envelope, to), to)

    def _settle(
        self, site: OfficeSite, person: str, occasions: tuple[str, ...], now: datetime, error: str = ""
    ) -> None:
        self.register.settle(Told(school=site.slug, person=person, occasions=occasions, at=now, error=error))


def show(register: Register, site: OfficeSite, policies: tuple[PolicyStanding, ...], now: datetime) -> bool:
    """Write down what calendars show from now on; True where that is something else. Raises RegisterClosed."""
    register.add(site.slug, tuple(policy.slug for policy in policies if policy.kept is None), now)
    rows = tuple(
        Shown(slug=policy.slug, title=title_of(policy), due=policy.review.due)
        for policy in policies
        if policy.kept is None
        or (policy.kept.shown_due, policy.kept.shown_title) != (policy.review.due, title_of(policy))
    )
    if rows:
        register.show(site.slug, rows, now)
    return bool(rows)


def _plan(
    site: OfficeSite,
    readers: frozenset[str],
    policies: tuple[PolicyStanding, ...],
    told: frozenset[tuple[str, str]],
    today: date,
) -> Plan | None:
    is_office = site.office in readers
    mine = [policy for policy in policies if is_office or site.owner_of(policy) in readers]
    heard = frozenset(occasion for who, occasion in told if who in readers)
    return plan_for(mine, heard, today, is_office=is_office)


def _mailboxes(site: OfficeSite, policies: tuple[PolicyStanding, ...]) -> dict[str, frozenset[str]]:
    """Who is told, the office first, then each owner; each with everybody who reads the same mailbox.

    One in whose name it is told stands for them, always the same one: by that name processes know it is told.
    """
    told = {site.office, *(site.owner_of(policy) for policy in policies)}
    readers: dict[str, list[str]] = defaultdict(list)
    for person in (one for one in dict.fromkeys([site.office, *site.school.people]) if one in told):
        readers[site.school.people[person].email.casefold()].append(person)
    return {people[0]: frozenset(people) for people in readers.values()}
