"""Review dates as a calendar: for the feed, and to go along with a reminder.

An event keeps its UID for as long as its policy is known, and its SEQUENCE goes up with each change, so that a
calendar replaces what it holds instead of adding to it (RFC 5545 3.8.4.7, 3.8.7.4).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID, uuid5

from connector.model.moments import say_date
from connector.office_site import OfficeSite
from connector.policy_standing import PolicyStanding

if TYPE_CHECKING:
    from icalendar.cal import Component

_REFRESH = timedelta(hours=12)
_NOTICE = timedelta(days=7)


def calendar_of(site: OfficeSite, policies: Iterable[PolicyStanding], name: UUID, now: datetime) -> bytes:
    """The calendar of those policies that have a day. The UIDs are drawn from `name`, the register's own.

    So they stay when the service moves to another address, and name no host and no school (RFC 7986 5.3).
    """
    # It takes a tenth of a second to import, and most processes never need it.
    from icalendar import Calendar

    found = Calendar()
    found.add("prodid", "-//Concern Connector//Policy reviews//EN")
    found.add("version", "2.0")
    found.add("calscale", "GREGORIAN")
    found.add("method", "PUBLISH")
    found.add("x-wr-calname", f"Policy reviews: {site.school.name}")
    found.add("x-wr-timezone", "Europe/London")
    found.add("refresh-interval", _REFRESH, parameters={"VALUE": "DURATION"})
    # The same for Outlook, which has its own name for it and takes it as text.
    found.add("x-published-ttl", "PT12H")
    for policy in policies:
        if (due := policy.review.due) is not None:
            found.add_component(_event(policy, due, str(uuid5(name, f"{site.slug}/{policy.known_as}")), now))
    text: bytes = found.to_ical()
    return text


def _event(policy: PolicyStanding, due: date, uid: str, now: datetime) -> Component:
    from icalendar import Alarm, Event

    kept = policy.kept
    changed = (kept.changed_at if kept else None) or now
    event = Event()
    event.add("uid", uid)
    event.add("sequence", kept.sequence if kept else 0)
    event.add("dtstamp", changed.replace(microsecond=0))
    event.add("last-modified", changed.replace(microsecond=0))
    event.add("dtstart", due)
    event.add("dtend", due + timedelta(days=1))
    event.add("summary", f"Review due: {title_of(policy)}")
    # Nothing that may change while the day stays: a calendar would keep what was true once.
    event.add("description", f"Due by {say_date(due)}. Reviewed? Say so by the link in the newest mail about policies.")
    event.add("transp", "TRANSPARENT")
    event.add("class", "PUBLIC")
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", f"Review due: {title_of(policy)}")
    alarm.add("trigger", -_NOTICE)
    event.add_component(alarm)
    return event


def title_of(policy: PolicyStanding) -> str:
    """`1.10 Child Sexual Exploitation (CSE) Policy`."""
    return f"{policy.number} {policy.title}".strip()
