"""Delivery: `perform(duty)` does the one outside act of a duty and writes down that it is done.

Idempotent: what is settled is not done again. Before the act its row says `sending`, so after a crash
the act is known as one that may have happened: a record's name is looked at, a mail keeps its
Message-ID, and whatever cannot be asked says of itself that it may be a repeat.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from connector.attaching import attach
from connector.errors import ConfigError, ConnectorError, DeliveryError
from connector.filing import filing_of
from connector.ledger.ledger import Ledger
from connector.ledger.reading import Held
from connector.ledger.working import Done, PutOff
from connector.messages import Messages
from connector.model.duty import Duty, DutyKind, DutyState, NewDuty
from connector.model.source import SOURCE
from connector.record.typeset import Typesetter
from connector.retry import next_try
from connector.routing import climb_after, other_channel, steps_again, telling, who_hears_of_failures
from connector.site import Channel, Site

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Delivery:
    """The acts. `clock` gives aware UTC; `give_up` is how long a duty is tried before it fails loudly.

    `require_restricted` raises where a store may not be filed in.
    """

    sites: Mapping[str, Site]
    ledger: Ledger
    messages: Messages
    typeset: Typesetter
    clock: Callable[[], datetime]
    give_up: timedelta
    require_restricted: Callable[[Site, str, datetime], None]

    def perform(self, number: int) -> None:
        """Do what is owed, once. Never raises for the far side: what did not work is owed again, or fails loudly.

        Raises CannotAccept where the ledger cannot be written; then the duty stays owed.
        """
        duty = self.ledger.duty(number)
        if duty.state not in {DutyState.OWED, DutyState.SENDING} or not self.ledger.begin(duty):
            return
        try:
            done = self._act(duty, self.ledger.held(duty.reference, duty.version))
        except ConnectorError as error:
            self._put_off(duty, error)
        except BaseException as error:
            log.exception("act broke", extra=_said(duty))
            self._put_off(duty, DeliveryError(f"The act broke ({type(error).__name__})."))
        else:
            self.ledger.finish(done)
            log.info("duty done", extra=_said(duty))

    def _act(self, duty: Duty, held: Held) -> Done:
        site = self.sites.get(duty.school)
        if site is None:
            raise ConfigError(("a school that still has duties is not configured any more: put its file back",))
        match duty.kind:
            case DutyKind.FILE:
                return self._file(site, held, duty)
            case DutyKind.ATTACH:
                self.require_restricted(site, duty.channel, self.clock())
                copied = attach(site, held, duty, self.messages.sealer)
                return Done(duty=duty, at=self.clock(), evidence=f"copied {copied.done} of {copied.all}")
            case DutyKind.CLEAR:
                if site.library is not None:
                    site.library.clear(f"{held.reference}-{held.version}")
                return Done(duty=duty, at=self.clock(), evidence="cleared")
            case DutyKind.CLIMB:
                return self._climb(site, held, duty)
            case _:
                return self._send(site, held, duty)

    def _file(self, site: Site, held: Held, duty: Duty) -> Done:
        """The record into its store; then its original need not lie in the intake library any more."""
        self.require_restricted(site, duty.channel, self.clock())
        filed = filing_of(site, held, duty, self.messages.sealer, self.typeset)
        now = self.clock()
        clear = NewDuty(kind=DutyKind.CLEAR, channel=SOURCE, due_at=now)
        then = (clear,) if site.library is not None and held.form in site.school.polled_forms else ()
        return Done(duty=duty, at=now, evidence=f"filed {filed.place}", record_place=filed.place, then=then)

    def _send(self, site: Site, held: Held, duty: Duty) -> Done:
        repeat = duty.state is DutyState.SENDING
        message, to = self.messages.of(site, held, duty, self.clock(), repeat=repeat)
        return Done(duty=duty, at=self.clock(), evidence=_channel(site, duty).send(message, to))

    def _climb(self, site: Site, held: Held, duty: Duty) -> Done:
        """The next rung: unless somebody has it, its people are told, and where the rung says so the reporter."""
        now = self.clock()
        if held.acknowledged_at is not None:
            return Done(duty=duty, at=now, evidence="acknowledged")
        aside = self.messages.aside(held)
        ladder = steps_again(site, held.received_at, aside, urgent=held.urgent, about_staff=held.about_staff)
        if duty.rung >= len(ladder):
            return Done(duty=duty, at=now, evidence="no such rung any more")
        step = ladder[duty.rung]
        then = telling(site, step, aside.skip, now, about_staff=held.about_staff)
        if step.tell_reporter and aside.address:
            then.append(NewDuty(kind=DutyKind.CHASE, channel=site.school.mail_channel, rung=duty.rung, due_at=now))
        then += climb_after(step, ladder)
        log.warning("nobody has acknowledged: climbing", extra=_said(duty))
        return Done(duty=duty, at=now, evidence=f"{len(then)} duties follow", then=tuple(then))

    def _put_off(self, duty: Duty, error: ConnectorError) -> None:
        now = self.clock()
        until = None
        if not error.permanent or not isinstance(error, DeliveryError):
            until = next_try(
                duty.attempts + 1, now, owed_since=duty.owed_since, give_up=self.give_up,
                retry_after=getattr(error, "retry_after", None), jitter=random.random(),  # noqa: S311 - no secret
            )  # fmt: skip
        then = self._alarm(duty, now) if until is None else ()
        said = str(error) if isinstance(error, DeliveryError) else type(error).__name__
        self.ledger.put_off(PutOff(duty=duty, at=now, error=said, until=until, then=then))
        level = logging.WARNING if until else logging.CRITICAL
        log.log(level, "duty put off" if until else "duty failed", extra=_said(duty) | {"error": type(error).__name__})

    def _alarm(self, duty: Duty, now: datetime) -> tuple[NewDuty, ...]:
        """Who may know hears of a failure by another channel; a failed alarm is left to log and status.

        The technician does; and where it is the record that could not be filed, those of the first rung too.
        """
        site = self.sites.get(duty.school)
        if site is None or duty.kind is DutyKind.ALARM or duty.later:
            # Of history people hear all at once (`watching`): ten thousand alarms would drown today's concern.
            return ()
        held = self.ledger.held(duty.reference, duty.version)
        aside = self.messages.aside(held)
        hearers = [who_hears_of_failures(site, aside.skip)]
        if duty.kind is DutyKind.FILE:
            ladder = steps_again(site, held.received_at, aside, urgent=held.urgent, about_staff=held.about_staff)
            hearers += ladder[0].people
        return tuple(
            NewDuty(
                kind=DutyKind.ALARM,
                channel=other_channel(site.school, duty.channel, person, aside.skip),
                person=person,
                rung=duty.id,
                due_at=now,
            )
            for person in dict.fromkeys(hearers)
        )


def _channel(site: Site, duty: Duty) -> Channel:
    found = site.channels.get(duty.channel)
    if found is None:
        raise ConfigError(("a channel that still has duties is not configured any more: put it back",))
    return found


def _said(duty: Duty) -> dict[str, object]:
    return {
        "reference": duty.reference, "version": duty.version, "school": duty.school, "duty": duty.kind,
        "channel": duty.channel, "rung": duty.rung, "attempt": duty.attempts + 1,
    }  # fmt: skip
