"""Suggests which policy fields a form's question answers, and pairs question ids with titles. Pure.

A title and a rule's own words are both reduced to ideas (`date`, `told`, `birth`; an unknown word is an idea of its
own). A suggestion is sure only where the fields found explain every idea of the title, so a word nobody foresaw
always leads to a question to a person. Wrong and sure is the one thing it may not be.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from connector.checking.words import plain
from connector.ideas import OPEN_QUESTION, Ideas, ideas_of
from connector.model.profile import FieldRule, Kind, PolicyProfile

# Ideas that need no explaining, and those too general to settle anything alone.
_FREE = frozenset({"yesno", "concern", "child"})
_GENERAL = frozenset({"name", "who", "date", "time", "type", "position", "role", "child", "concern", "event", "yesno"})
_FACETS = {
    Kind.NAME: "name", Kind.PERSON: "name", Kind.DATE: "date", Kind.TIME: "time", Kind.AGE: "age",
    Kind.ADDRESS: "address", Kind.EMAIL: "email", Kind.MARKS: "mark", Kind.WORDS: "words", Kind.YES_NO: "yesno",
}  # fmt: skip
_JOINED = re.compile(r"\band\b|\bincluding\b|[,/&(]|\?.")


@dataclass(frozen=True, slots=True)
class Suggestion:
    """The fields one question seems to answer. `sure`: may be written unasked. `rivals`: what else it might be."""

    title: str
    fields: tuple[str, ...]
    confidence: float
    rivals: tuple[str, ...]
    sure: bool


@dataclass(frozen=True, slots=True)
class _Rule:
    """A field's rule as ideas: each reading says the whole of it in other words, `all` is every idea it mentions."""

    rule: FieldRule
    readings: tuple[Ideas, ...]
    all: Ideas


def suggest(titles: Sequence[str], profile: PolicyProfile) -> tuple[Suggestion, ...]:
    """One suggestion a title, in order. Of several titles that claim one field none is sure."""
    rules = tuple(map(_rule, profile.fields))
    found = [_suggest(title, rules) for title in titles]
    claims = Counter(field for one in found if one.sure for field in one.fields)
    return tuple(_doubted(one) if any(claims[field] > 1 for field in one.fields) else one for one in found)


def pair(response: Mapping[str, str], row: Mapping[str, str]) -> dict[str, str]:
    """Question id to title, wherever an answer stands just once in the response and in the row; no other question."""
    ids, titles = _once(response), _once(row)
    return {ids[answer]: titles[answer] for answer in ids if answer in titles}


def _once(answers: Mapping[str, str]) -> dict[str, str]:
    bare = {key: plain(text) for key, text in answers.items()}
    seen = Counter(bare.values())
    return {text: key for key, text in bare.items() if text and seen[text] == 1}


def _doubted(one: Suggestion) -> Suggestion:
    return replace(one, sure=False, confidence=min(one.confidence, 0.5))


def _rule(rule: FieldRule) -> _Rule:
    said = [ideas_of(rule.label), ideas_of(re.split(r"[.?]", rule.ask)[0]), ideas_of(rule.policy_words)]
    every: Ideas = frozenset().union(*said)
    facet = {_FACETS[rule.kind]} if rule.kind in _FACETS else set()
    if rule.kind is Kind.EMAIL:
        said = [frozenset(facet)]
    elif rule.kind is Kind.CHOICE:
        said = said[:1]  # its other words speak of what is chosen between, which has fields of its own
    elif rule.kind is Kind.YES_NO:
        said = [reading | facet for reading in said]
    people = {"name", "who"} if rule.kind in (Kind.PEOPLE, Kind.PERSON, Kind.NAME) else set()
    plainer = [reading - {"yesno"} | (reading & facet) for reading in said]
    # Most fields speak of the concern; only where nothing else would be left does the word tell them apart.
    plainer = [reading if reading - {"concern"} <= _GENERAL else reading - {"concern"} for reading in plainer]
    readings = tuple(dict.fromkeys(filter(None, plainer)))
    return _Rule(rule, readings, every | facet | people)


def _suggest(title: str, rules: Sequence[_Rule]) -> Suggestion:
    ideas = ideas_of(title)
    matched = [(one, reading) for one in rules if (reading := _matching(one, ideas))]
    chosen = [one for one, reading in matched if not _outdone(one, reading, matched, title)]
    fields = tuple(one.rule.id for one in chosen)
    rivals = tuple(field for field in _nearest(ideas, rules) if field not in fields)
    if (
        chosen
        and _explained(ideas, chosen)
        and _together(chosen, {one.rule.id: reading for one, reading in matched}, title)
    ):
        return Suggestion(title, fields, 0.95, rivals, sure=True)
    if chosen:
        return Suggestion(title, fields, 0.6, rivals, sure=False)
    return Suggestion(title, rivals[:1], 0.3 if rivals else 0.0, rivals[1:], sure=False)


def _matching(one: _Rule, ideas: Ideas) -> Ideas | None:
    """The ideas that title and rule share where one says all of the other, or None."""
    for reading in one.readings:
        if reading <= ideas and not reading <= _FREE:
            return reading
    for reading in one.readings:
        if reading - {"child"} <= ideas and not reading - {"child"} <= _GENERAL:
            return reading - {"child"}
    core = ideas - _FREE
    facet = _FACETS.get(one.rule.kind)
    whole = any(core < reading for reading in one.readings)
    return core if whole and len(core) > 1 and facet in core and not core <= _GENERAL else None


def _outdone(one: _Rule, reading: Ideas, matched: Sequence[tuple[_Rule, Ideas]], title: str) -> bool:
    """True where another field fits the same and more, unless the title openly asks for both it and its detail."""
    better = [other for other, more in matched if reading < more]
    if not better:
        return False
    details = all(any(when.field == one.rule.id for when in other.rule.when) for other in better)
    return not (details and OPEN_QUESTION.search(plain(title)))


def _explained(ideas: Ideas, chosen: Sequence[_Rule]) -> bool:
    known: Ideas = frozenset().union(*(one.all for one in chosen))
    return ideas - {"yesno", "concern"} <= known


def _together(chosen: Sequence[_Rule], readings: Mapping[str, Ideas], title: str) -> bool:
    """One field; or several that the title joins or that share what they are about, each adding something."""
    if len(chosen) == 1:
        return True
    said = [readings[one.rule.id] for one in chosen]
    # Two dates in one answer cannot be told apart, nor two fields that the same words name.
    when = [one.rule.kind for one in chosen if one.rule.kind in (Kind.DATE, Kind.TIME)]
    apart = len(set(said)) == len(said) and len(set(when)) == len(when)
    linked = any(when.field in readings for one in chosen for when in one.rule.when)
    return apart and (
        linked or bool(_JOINED.search(plain(title))) or bool(frozenset.intersection(*said) - (_GENERAL - {"event"}))
    )


def _nearest(ideas: Ideas, rules: Sequence[_Rule]) -> tuple[str, ...]:
    """Up to three fields that share an idea with the title, the nearest first, in the profile's order."""
    core = ideas - {"yesno", "concern", "child"}
    near = [(max(len(core & r) / len(core | r) for r in one.readings or (one.all,)), one.rule.id) for one in rules]
    ranked = sorted((entry for entry in near if entry[0] >= 0.2), key=lambda entry: -entry[0])
    return tuple(field for _, field in ranked[:3])
