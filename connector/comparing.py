"""Compares a form as it is asked with its map and with what the policy requires. Pure.

A form is changed by whoever may edit it, and nobody tells the service: a question that went takes its answers with
it, one that came is in no field, and one that may be left empty will be.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from connector.checking.words import plain
from connector.model.profile import FieldRule, FormMap, Need, PolicyProfile, Question, form_gaps
from connector.model.standing import LONGEST_SAID

# Columns that a responses sheet has of itself: a map may name them, no form asks them.
_OF_THE_SHEET = frozenset({"timestamp", "email address", "username"})
_SENTENCES = {
    "unasked": "The form does not ask for what the policy requires: {named}.",
    "optional": "The form lets people leave empty what the policy requires: {named}.",
    "gone": "{number} question(s) of the map are gone from the form ({named}).",
    "new": "{number} question(s) of the form are not in the map.",
    "renamed": "{number} question(s) have another title now.",
}
_MEND = "Mend: run `connector forms check`, then `connector forms map`."


class DifferenceKind(StrEnum):
    """The gravest first."""

    UNASKED = "unasked"
    OPTIONAL = "optional"
    GONE = "gone"
    NEW = "new"
    RENAMED = "renamed"


@dataclass(frozen=True, slots=True)
class AskedQuestion:
    """One question as the form asks it now."""

    id: str
    title: str
    required: bool
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that does not agree. `title` is the form's own, for the screen only; `labels` are the policy's.

    `fields` are the ids of the fields it is about: of OPTIONAL those the policy requires, of GONE and RENAMED all that
    the question answers, of UNASKED the one, of NEW none.
    """

    kind: DifferenceKind
    question_id: str
    title: str
    fields: tuple[str, ...]
    labels: tuple[str, ...]
    policy_words: str


@dataclass(frozen=True, slots=True)
class _Pairs:
    """The form's questions with what the map knows them as, and what the map knows that the form has no more."""

    known: tuple[tuple[AskedQuestion, Question], ...]
    new: tuple[AskedQuestion, ...]
    gone: tuple[Question, ...]


def compare(questions: Sequence[AskedQuestion], form_map: FormMap, profile: PolicyProfile) -> tuple[Difference, ...]:
    """Every difference, the gravest first, then in the policy's order: the same however the form orders its questions.

    A question is the map's by its id where the map has one, else by its title. What a field's condition asks for is
    not demanded of the form, and a field that several questions answer is asked for where one of them must be.
    """
    pairs = _paired(questions, form_map)
    gone = [question for question in pairs.gone if not _is_the_sheets(question, profile)]
    found = [
        *_unasked(pairs, profile),
        *_optional(pairs, profile),
        *(_difference(DifferenceKind.GONE, one.id, one.title, one.fields, profile) for one in gone),
        *(_difference(DifferenceKind.NEW, one.id, one.title, (), profile) for one in pairs.new),
        *_renamed(pairs, profile),
    ]
    return tuple(sorted(dict.fromkeys(found), key=lambda one: _rank(one, profile)))


def say(differences: Sequence[Difference]) -> str:
    """One text for a bulletin, of at most 400 characters with its mend whole; "" where all agrees.

    Counts and the policy's own names of fields: a question's title comes from outside and may hold anything.
    """
    if not differences:
        return ""
    labels = {label for one in differences for label in one.labels}
    for shown in range(len(labels), -1, -1):
        said = " ".join([*_sentences(differences, shown), _MEND])
        if len(said) <= LONGEST_SAID:
            return said
    return _MEND


def _paired(questions: Sequence[AskedQuestion], form_map: FormMap) -> _Pairs:
    known: list[tuple[AskedQuestion, Question]] = []
    new = []
    for asked in questions:
        keys = {("id", asked.id), ("title", plain(asked.title))}
        mapped = [(asked, question) for question in form_map.questions if _key(question) in keys]
        known += mapped
        new += [] if mapped else [asked]
    there = {_key(question) for _, question in known}
    return _Pairs(tuple(known), tuple(new), tuple(one for one in form_map.questions if _key(one) not in there))


def _key(question: Question) -> tuple[str, str]:
    return ("id", question.id) if question.id else ("title", plain(question.title))


def _is_the_sheets(question: Question, profile: PolicyProfile) -> bool:
    """True for the sheet's own columns, unless the policy requires what such a title is mapped to."""
    return plain(question.title) in _OF_THE_SHEET and not _required(question.fields, profile)


def _unasked(pairs: _Pairs, profile: PolicyProfile) -> Iterator[Difference]:
    """What a question that is gone answered is asked for by nobody."""
    silent = [question.model_copy(update={"fields": ()}) for question in pairs.gone]
    there = FormMap(questions=(*(question for _, question in pairs.known), *silent))
    for rule in form_gaps(profile, there):
        yield _difference(DifferenceKind.UNASKED, "", "", (rule.id,), profile)


def _optional(pairs: _Pairs, profile: PolicyProfile) -> Iterator[Difference]:
    sure = {field for asked, question in pairs.known if asked.required for field in question.fields}
    for asked, question in pairs.known:
        if open_to := tuple(rule.id for rule in _required(question.fields, profile) if rule.id not in sure):
            yield _difference(DifferenceKind.OPTIONAL, asked.id, asked.title, open_to, profile)


def _renamed(pairs: _Pairs, profile: PolicyProfile) -> Iterator[Difference]:
    for asked, question in pairs.known:
        if question.title and plain(asked.title) != plain(question.title):
            yield _difference(DifferenceKind.RENAMED, asked.id, asked.title, question.fields, profile)


def _required(fields: Iterable[str], profile: PolicyProfile) -> list[FieldRule]:
    return [rule for rule in profile.fields if rule.need is Need.REQUIRED and rule.id in fields]


def _difference(
    kind: DifferenceKind, question_id: str, title: str, fields: Iterable[str], profile: PolicyProfile
) -> Difference:
    """The fields in the policy's order, those it does not know at the end."""
    given = frozenset(fields)
    rules = [rule for rule in profile.fields if rule.id in given]
    strays = sorted(given - {rule.id for rule in rules})
    return Difference(
        kind=kind,
        question_id=question_id,
        title=title,
        fields=(*(rule.id for rule in rules), *strays),
        labels=tuple(rule.label for rule in rules),
        policy_words="; ".join(dict.fromkeys(rule.policy_words for rule in rules)),
    )


def _rank(one: Difference, profile: PolicyProfile) -> tuple[int, list[int], str, str]:
    places = {rule.id: number for number, rule in enumerate(profile.fields)}
    where = [places.get(field, len(places)) for field in one.fields]
    return list(DifferenceKind).index(one.kind), where, one.question_id, one.title


def _sentences(differences: Sequence[Difference], shown: int) -> Iterator[str]:
    """One sentence for each kind that was found, with at most `shown` names of fields."""
    for kind in DifferenceKind:
        if some := [one for one in differences if one.kind is kind]:
            yield _SENTENCES[kind].format(number=len(some), named=_named(some, shown) or "no field")


def _named(some: Sequence[Difference], shown: int) -> str:
    labels = list(dict.fromkeys(label for one in some for label in one.labels))
    if labels and not shown:
        return f"{len(labels)} field(s)"
    more = f" and {len(labels) - shown} more" if len(labels) > shown else ""
    return ", ".join(labels[:shown]) + more
