"""What the office's mails say: which policies in which words, with their links and calendar."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from connector.model.moments import local, say_date
from connector.model.office_mail import Line, OfficeMail, Section
from connector.model.policies_kept import Look
from connector.office_links import OfficeLinks, ReviewLink
from connector.office_site import OfficeSite
from connector.policy_standing import PolicyStanding
from connector.register.register import Register
from connector.reminders import Plan, days_left
from connector.review_calendar import calendar_of, title_of

RUNS_OUT = timedelta(days=42)
BLIND_AFTER = timedelta(days=1)
EDITIONS_OLD = timedelta(days=180)
_YEAR_DAYS, _MANY_DAYS = 365, 90


@dataclass(frozen=True, slots=True)
class OfficeLetters:
    """Makes mails from what is due."""

    register: Register
    links: OfficeLinks

    def mail_of(self, site: OfficeSite, person: str, plan: Plan, now: datetime) -> OfficeMail:
        """The mail of that plan to that person. Raises RegisterClosed."""
        today, groups = local(now).date(), plan.groups
        is_office = person == site.office
        sections = tuple(
            Section(heading=heading, lines=tuple(self._line(site, person, policy, now) for policy in policies))
            for heading, policies in (
                ("Overdue", groups.overdue),
                ("Due in the next three months", groups.soon),
                ("When are these to be reviewed?", groups.to_ask),
                ("To put right", groups.to_mend),
            )
            if policies
        )
        dated = (*groups.overdue, *groups.soon)
        serial = self.register.feed_serials().get(site.slug, 0)
        return OfficeMail(
            kind=plan.kind,
            school=site.school.name,
            day=today,
            sections=sections,
            quiet=groups.quiet,
            notes=tuple(self._notes(site, now)) if is_office else (),
            feed=self.links.feed(site.slug, serial) if is_office else "",
            calendar=calendar_of(site, dated, self.register.name, now) if dated else b"",
        )

    def _line(self, site: OfficeSite, person: str, policy: PolicyStanding, now: datetime) -> Line:
        link = ReviewLink(school=site.slug, slug=policy.known_as, person=person)
        return Line(
            title=title_of(policy),
            when=say_when(policy, local(now).date()),
            notes=tuple(one.said for one in policy.open),
            link=self.links.reviewed(link, now),
        )

    def _notes(self, site: OfficeSite, now: datetime) -> Iterable[str]:
        """What is about no policy, for the office alone."""
        today = local(now).date()
        until = site.year.known_until()
        if until is not None and until - today < RUNS_OUT:
            yield (
                f"The term dates that the service knows end on {say_date(until)}: ask the technician to add the next "
                "ones to terms.toml."
            )
        if site.library is not None:
            yield from _blind(self.register.look(site.slug), now)
        checked = min((text.checked_on for text in site.editions.texts), default=today)
        if today - checked > EDITIONS_OLD:
            yield (
                f"The list of guidance was last checked on {say_date(checked)}: newer editions may be out. "
                "Ask the technician to check guidance.toml."
            )


def _blind(look: Look, now: datetime) -> Iterable[str]:
    """That new versions are missed for a day or longer: the library cannot be read in full, or nobody looks at it."""
    if look.failing_since is not None and now - look.failing_since > BLIND_AFTER:
        since = say_date(local(look.failing_since).date())
        yield f"The library of policies cannot be read in full since {since}: new versions are missed. {look.error}"
    elif look.looked_at is not None and now - look.looked_at > BLIND_AFTER:
        last = say_date(local(look.looked_at).date())
        yield (
            f"The library of policies was last looked at on {last}: newer versions are missed. If this stands here "
            "again, ask the technician to look at the service's log."
        )


def say_when(policy: PolicyStanding, today: date) -> str:
    """`due by Monday 30 November 2026, in 8 days (\u201cNovember 2026\u201d)`."""
    left, due = days_left(policy, today), policy.review.due
    if left is None or due is None:
        return "no review date"
    words = f" (\u201c{policy.review.words}\u201d)" if policy.review.words else ""
    if left < 0:
        return f"was due by {say_date(due)}, {_long(-left)} ago{words}"
    return f"due by {say_date(due)}, {'today' if left == 0 else f'in {_long(left)}'}{words}"


def _long(days: int) -> str:
    """`1 day`, `8 days`, `23 months`, `2 years`: no more exact than a person needs."""
    if days >= 2 * _YEAR_DAYS:
        return _many(days // _YEAR_DAYS, "year")
    return _many(round(days * 12 / _YEAR_DAYS), "month") if days > _MANY_DAYS else _many(days, "day")


def _many(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
