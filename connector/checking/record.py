"""The record of one policy as a pydantic model, built from its profile.

Each field's validator takes the words as typed and gives an Entry: the same words, and beside them
what we understood. Reading never fails: what is missing or vague is data, not an error.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationInfo, create_model

from connector.checking import ages, dates, names, plain_answers, times
from connector.checking.words import answers_nothing, says_nobody
from connector.model.concern import BLANK, Entry, Precision, Reading
from connector.model.moments import say_date
from connector.model.profile import FieldRule, Kind, PolicyProfile

# Nobody writes a date or a name in more; a longer text is a story, and reading it costs others their turn.
_READ_AT_MOST = 2_000


@dataclass(frozen=True, slots=True)
class Moment:
    """What a reading rests on: the school's date when the form was sent, and how this person writes dates."""

    day: date
    month_first: bool = False


@dataclass(frozen=True, slots=True)
class Typed:
    """The words for one field. `shared` says that the question answers other fields too."""

    text: str
    shared: bool = False


def read(rule: FieldRule, typed: Typed, moment: Moment) -> Reading:
    """What the words say for this field. Never raises for any text; reads its beginning, the record keeps it all."""
    typed = Typed(typed.text[:_READ_AT_MOST], typed.shared)
    if not typed.text.strip():
        return BLANK
    match rule.kind:
        case Kind.DATE:
            return _date(rule, typed, moment)
        case Kind.TIME:
            return _or_unread(times.read_time(typed.text), typed, times.UNREAD)
        case Kind.AGE:
            return _or_unread(ages.read_age(typed.text), typed, ages.UNREAD)
        case Kind.YES_NO:
            return plain_answers.read_yes_no(typed.text)
        case Kind.CHOICE:
            return plain_answers.read_choice(typed.text, rule.choices)
        case Kind.WORDS:
            return plain_answers.read_words(typed.text, shared=typed.shared)
        case Kind.PEOPLE:
            return names.read_people(typed.text, none_counts=rule.none_counts)
        case Kind.TEXT:
            return plain_answers.read_text(typed.text, none_counts=rule.none_counts)
        case _:
            return _SIMPLE[rule.kind](typed.text)


_SIMPLE: dict[Kind, Callable[[str], Reading]] = {
    Kind.NAME: names.read_name,
    Kind.PERSON: names.read_reporter,
    Kind.ADDRESS: names.read_address,
    Kind.MARKS: plain_answers.read_marks,
    Kind.CONTACT: plain_answers.read_contact,
    Kind.REASON: plain_answers.read_reason,
    Kind.EMAIL: partial(plain_answers.read_text, none_counts=False),
}


def _date(rule: FieldRule, typed: Typed, moment: Moment) -> Reading:
    reading = dates.read_date(typed.text, moment.day, month_first=moment.month_first)
    if reading.blank and rule.same_day and typed.shared and not says_nobody(typed.text):
        said = f"{say_date(moment.day)} (no date was written: taken as the day the form was sent)"
        return Reading(moment.day.isoformat(), Precision.APPROXIMATE, said)
    return _or_unread(reading, typed, dates.UNREAD)


def _or_unread(reading: Reading, typed: Typed, doubt: str) -> Reading:
    """Words that could not be read are a doubt, unless they are nobody's or answer another field of the cell."""
    if not reading.blank or typed.shared or answers_nothing(typed.text):
        return reading
    return Reading(precision=Precision.UNKNOWN, doubt=doubt)


def _entry(rule: FieldRule, value: Any, info: ValidationInfo[Moment]) -> Entry:
    typed: Typed = value
    return Entry(typed.text, read(rule, typed, info.context))


def record_model(profile: PolicyProfile) -> type[BaseModel]:
    """The model of a record under this profile; every field may be absent, because a form may not ask it."""
    fields: dict[str, Any] = {
        rule.id: (Annotated[Entry | None, BeforeValidator(partial(_entry, rule))], None) for rule in profile.fields
    }
    config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)
    return create_model(profile.name, __config__=config, **fields)


def build_record(model: type[BaseModel], typed: dict[str, Typed], moment: Moment) -> tuple[tuple[str, Entry], ...]:
    """The entries of the fields that the form asked for, in the profile's order."""
    record = model.model_validate(typed, context=moment)
    return tuple((name, entry) for name in type(record).model_fields if (entry := getattr(record, name)) is not None)
