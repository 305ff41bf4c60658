"""A policy profile: what one school's policy asks a record to hold. Data (TOML), never code."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

Slug = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,39}$")]


class Strict(BaseModel):
    """Frozen, refuses unknown keys, and never repeats an input in an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class Kind(StrEnum):
    """How an answer is read. The words typed are kept whatever the kind."""

    TEXT = "text"
    NAME = "name"
    PERSON = "person"
    PEOPLE = "people"
    ADDRESS = "address"
    DATE = "date"
    TIME = "time"
    AGE = "age"
    YES_NO = "yes_no"
    CHOICE = "choice"
    WORDS = "words"
    MARKS = "marks"
    CONTACT = "contact"
    REASON = "reason"
    EMAIL = "email"


class Need(StrEnum):
    REQUIRED = "required"
    CONDITIONAL = "conditional"
    OPTIONAL = "optional"


class Condition(Strict):
    """`field` read as one of `is`, or as none of `is_not`. A field that could not be read meets no `is`."""

    field: Slug
    is_: tuple[str, ...] = Field(default=(), alias="is")
    is_not: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _says_one_thing(self) -> Condition:
        if bool(self.is_) == bool(self.is_not):
            raise ValueError("give either `is` or `is_not`")
        return self


class Choice(Strict):
    """One value of a choice and the words by which a form may offer it."""

    value: Slug
    words: tuple[str, ...]


class FieldRule(Strict):
    """One field of the record, with the policy's own words as its source."""

    id: Slug
    label: str
    kind: Kind = Kind.TEXT
    need: Need
    ask: str
    policy_words: str
    source: str = ""
    when: tuple[Condition, ...] = ()
    judged_by_reporter: bool = False
    none_counts: bool = False
    per_child: bool = False
    same_day: bool = False
    choices: tuple[Choice, ...] = ()

    @model_validator(mode="after")
    def _condition_is_said(self) -> FieldRule:
        if self.need is Need.CONDITIONAL and not (self.when or self.judged_by_reporter):
            raise ValueError("a conditional field needs `when`, or `judged_by_reporter = true`")
        if self.kind is Kind.CHOICE and not self.choices:
            raise ValueError("a choice field needs `choices`")
        return self


class PolicyProfile(Strict):
    """The fields one policy asks for, in the order of the record.

    `drafted_from` names the document a draft was read from, `confirmed_by` the person who held it to the policy.
    """

    name: Slug
    title: str
    setting: str
    source: str
    drafted_from: str = ""
    confirmed_by: str = ""
    urgent_phrases: tuple[str, ...] = ()
    fields: tuple[FieldRule, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _fields_agree(self) -> PolicyProfile:
        ids = [rule.id for rule in self.fields]
        if twice := sorted({i for i in ids if ids.count(i) > 1}):
            raise ValueError(f"these fields stand twice: {', '.join(twice)}")
        if strays := sorted({c.field for rule in self.fields for c in rule.when} - set(ids)):
            raise ValueError(f"conditions name fields that are not in the profile: {', '.join(strays)}")
        return self

    def rule(self, field_id: str) -> FieldRule | None:
        """The rule of that field, or None where the profile has none."""
        return next((rule for rule in self.fields if rule.id == field_id), None)


class Question(Strict):
    """One question of a form and the policy fields it answers. `id` where the platform has one."""

    title: str
    id: str = ""
    fields: tuple[Slug, ...] = ()


class FormMap(Strict):
    """Which question of a form answers which field of the profile."""

    questions: tuple[Question, ...] = Field(min_length=1)

    @property
    def asked(self) -> frozenset[str]:
        """The fields that the form asks for at all."""
        return frozenset(field for question in self.questions for field in question.fields)


def form_gaps(profile: PolicyProfile, form: FormMap) -> tuple[FieldRule, ...]:
    """The required fields for which the form has no question: to be told once to the office, not to a reporter."""
    return tuple(rule for rule in profile.fields if rule.need is Need.REQUIRED and rule.id not in form.asked)
