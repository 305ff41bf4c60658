"""What the check finds: missing, unclear and what does not agree. Never a word of an answer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from connector.checking.ages import MISMATCH, agrees
from connector.model.concern import Child, Entry, Precision, Problem, ProblemKind, Reading
from connector.model.profile import Condition, FieldRule, FormMap, Kind, Need, PolicyProfile

YEAR_BEFORE = "This is more than ten months before the form was sent. Is the year right?"
IN_THE_FUTURE = "This lies after the day on which the form was sent. Which date did you mean?"
NOT_A_CHILDS = "By this date of birth the person is not a child. Is the year right?"
_LONG_AGO_DAYS = 300
_GROWN_UP_YEARS = 20


@dataclass(frozen=True, slots=True)
class Checked:
    """A record as far as it is read, with what is needed to judge it."""

    profile: PolicyProfile
    form: FormMap
    entries: dict[str, Entry]
    children: tuple[Child, ...]
    day: date


def find_problems(checked: Checked) -> tuple[Problem, ...]:
    """The problems in the profile's order, then what does not agree.

    A field that the form does not ask for is a gap of the form (`form_gaps`), never a reporter's fault.
    """
    found = [problem for rule in checked.profile.fields for problem in _of_field(checked, rule)]
    return (*found, *_disagreements(checked))


def applies(rule: FieldRule, entries: dict[str, Entry]) -> bool:
    """True where every condition of the rule is met."""
    return all(_met(condition, entries) for condition in rule.when)


def _met(condition: Condition, entries: dict[str, Entry]) -> bool:
    value = entries[condition.field].reading.value if condition.field in entries else None
    return value in condition.is_ if condition.is_ else value not in condition.is_not


def _of_field(checked: Checked, rule: FieldRule) -> Iterator[Problem]:
    entry = checked.entries.get(rule.id)
    if entry is None or not applies(rule, checked.entries):
        return
    if rule.per_child and len(checked.children) > 1:
        for number, child in enumerate(checked.children, 1):
            yield from _of_reading(rule, child.born, number)
    else:
        yield from _of_reading(rule, entry.reading, 0)


def _of_reading(rule: FieldRule, reading: Reading, child: int) -> Iterator[Problem]:
    if reading.doubt:
        yield _problem(ProblemKind.UNCLEAR, rule, reading.doubt, child)
    elif reading.blank and rule.need is not Need.OPTIONAL and not (rule.judged_by_reporter and not rule.when):
        yield _problem(ProblemKind.MISSING, rule, rule.ask, child)


def _problem(kind: ProblemKind, rule: FieldRule, ask: str, child: int = 0) -> Problem:
    return Problem(kind=kind, field=rule.id, label=rule.label, ask=ask, policy_words=rule.policy_words, child=child)


def _disagreements(checked: Checked) -> Iterator[Problem]:
    for rule in checked.profile.fields:
        entry = checked.entries.get(rule.id)
        if entry is None or rule.kind is not Kind.DATE or not entry.reading.value:
            continue
        if ask := _wrong_date(rule, date.fromisoformat(entry.reading.value), checked.day):
            yield _problem(ProblemKind.MISMATCH, rule, ask)
    yield from _age_against_birth(checked)


def _wrong_date(rule: FieldRule, there: date, day: date) -> str:
    if there > day:
        return IN_THE_FUTURE
    if rule.id == "child_dob":
        return NOT_A_CHILDS if day.year - there.year > _GROWN_UP_YEARS else ""
    return YEAR_BEFORE if (day - there).days > _LONG_AGO_DAYS else ""


def _age_against_birth(checked: Checked) -> Iterator[Problem]:
    age, born = checked.entries.get("child_age"), checked.entries.get("child_dob")
    rule = checked.profile.rule("child_age")
    if rule is None or age is None or born is None or not born.reading.value:
        return
    if born.reading.precision is Precision.EXACT and not agrees(
        age.reading, date.fromisoformat(born.reading.value), checked.day
    ):
        yield _problem(ProblemKind.MISMATCH, rule, MISMATCH)
