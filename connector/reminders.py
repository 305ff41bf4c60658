"""When the office is reminded of what, and in which mail: the rule, without sending anything. Pure.

At 90, 30, 7 and 0 days before a review is due, each once; from then on it stands in the week's list until it is done.
One mail a person and day at most, however many policies there are. On days without school nothing goes out, and the
first day back catches up: of stages that passed meanwhile only the last is told.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from connector.model.office_mail import OfficeMailKind
from connector.policy_standing import OpenKind, PolicyStanding

STAGES = (90, 30, 7, 0)
_AHEAD = STAGES[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Groups:
    """A person's policies, each in the gravest group it belongs to. `quiet` counts those that need nothing."""

    overdue: tuple[PolicyStanding, ...] = ()
    soon: tuple[PolicyStanding, ...] = ()
    to_ask: tuple[PolicyStanding, ...] = ()
    to_mend: tuple[PolicyStanding, ...] = ()
    quiet: int = 0

    @property
    def has_any(self) -> bool:
        """True where there is something to say."""
        return bool(self.overdue or self.soon or self.to_ask or self.to_mend)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """One mail that is due to one person. An occasion is what it is about and which: told once."""

    kind: OfficeMailKind
    occasions: tuple[str, ...]
    groups: Groups


def days_left(policy: PolicyStanding, today: date) -> int | None:
    """Days until its review is due, below 0 where that has passed; None where no day is known."""
    return (policy.review.due - today).days if policy.review.due else None


def stage_of(left: int) -> int | None:
    """The last stage that has been reached with so many days left; None where the first is still to come."""
    return min((stage for stage in STAGES if left <= stage), default=None)


def plan_for(policies: Iterable[PolicyStanding], told: frozenset[str], today: date, *, is_office: bool) -> Plan | None:
    """The mail that is due to a person today: their policies and what they were told. None where nothing is.

    The day itself is an occasion, so that nobody gets a second mail on it, whatever is noted or restarted meanwhile.

    The office gets its list every week, also an empty one; others only where there is something of theirs to do.
    """
    mine, day = tuple(policies), f"day {today}"
    if day in told:
        return None
    stages = {policy.slug: name for policy in mine if (name := _stage_occasion(policy, today)) and name not in told}
    groups, week = group(mine, today), _week(today)
    if week not in told and (is_office or groups.has_any):
        return Plan(kind=OfficeMailKind.WEEK, occasions=(week, *stages.values(), day), groups=groups)
    if not stages:
        return None
    groups = group((policy for policy in mine if policy.slug in stages), today)
    return Plan(kind=OfficeMailKind.REMINDER, occasions=(*stages.values(), day), groups=groups)


def group(policies: Iterable[PolicyStanding], today: date) -> Groups:
    """Each policy in its group."""
    found: dict[str, list[PolicyStanding]] = {"overdue": [], "soon": [], "to_ask": [], "to_mend": [], "quiet": []}
    for policy in policies:
        found[_group_of(policy, today)].append(policy)
    quiet = len(found.pop("quiet"))
    return Groups(**{name: tuple(some) for name, some in found.items()}, quiet=quiet)


def _group_of(policy: PolicyStanding, today: date) -> str:
    left = days_left(policy, today)
    if left is not None and left < 0:
        return "overdue"
    if left is not None and left <= _AHEAD:
        return "soon"
    if any(one.kind is OpenKind.ASK for one in policy.open):
        return "to_ask"
    return "to_mend" if policy.open else "quiet"


def _stage_occasion(policy: PolicyStanding, today: date) -> str:
    left = days_left(policy, today)
    stage = stage_of(left) if left is not None else None
    return "" if stage is None else f"{policy.slug} {policy.review.due} {stage}"


def _week(today: date) -> str:
    year, week, _ = today.isocalendar()
    return f"week {year}-W{week:02}"
