"""A drafted policy profile as TOML, with comments for the person who confirms it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from typing import Any

from connector.model.moments import say_date
from connector.model.policy import PolicyReading, RecordList
from connector.model.profile import FieldRule

_SKIPPED = frozenset({"id", "when", "choices"})


def profile_toml(reading: PolicyReading, read_on: date) -> str:
    """The draft; it loads back equal. Raises ValueError where the policy has no list of what a record must hold."""
    if reading.record is None:
        raise ValueError("a policy without a list has nothing to draft")
    fields = (line for rule in reading.record.profile.fields for line in _field(rule))
    return "\n".join([*_head(reading.name, reading.record, read_on), *fields, ""])


def _head(document: str, record: RecordList, read_on: date) -> Iterator[str]:
    profile = record.profile
    yield f"# DRAFT, read from {_one_line(document)} on {say_date(read_on)}."
    yield "# Hold each field to the policy, then say under confirmed_by who did. Nothing of it was decided: what stands"
    yield "# under policy_words are the policy's own words."
    for one in record.not_understood:
        why = _one_line(one.note) or "it is a plain field"
        yield f"# NOT UNDERSTOOD ({why}): {_one_line(one.value)} ({_one_line(one.place)})"
    yield f"name = {_text(profile.name)}"
    for name in ("title", "setting", "source", "drafted_from"):
        yield f"{name} = {_text(getattr(profile, name))}"
    yield 'confirmed_by = ""'
    yield "# Words that may mean a child is in danger now: the service's own, not the policy's. They make the notice"
    yield "# urgent; the service never decides the risk."
    yield f"urgent_phrases = {_list(profile.urgent_phrases)}"


def _field(rule: FieldRule) -> Iterator[str]:
    yield ""
    yield "[[fields]]"
    yield f"id = {_text(rule.id)}"
    for name, field in FieldRule.model_fields.items():
        value = getattr(rule, name)
        if name not in _SKIPPED and value != field.default:
            yield f"{name} = {_value(value)}"
    if rule.when:
        parts = (one.model_dump(by_alias=True, exclude_defaults=True) for one in rule.when)
        yield f"when = [{', '.join(_table(part) for part in parts)}]"
    if rule.choices:
        yield "choices = ["
        yield from (f"    {_table(one.model_dump())}," for one in rule.choices)
        yield "]"


def _value(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else _text(str(value))


def _table(values: dict[str, Any]) -> str:
    parts = (f"{name} = {_list(value) if isinstance(value, tuple) else _text(value)}" for name, value in values.items())
    return "{ " + ", ".join(parts) + " }"


def _list(values: tuple[str, ...]) -> str:
    return "[" + ", ".join(_text(value) for value in values) + "]"


def _text(value: str) -> str:
    """A basic string of TOML: JSON's escapes are among its own, but for the one of DEL."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _one_line(text: str) -> str:
    """As it may stand in a comment."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
