"""The `fields` parameter: a partial response, nested as deep as asked, and nothing that the schema does not know."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from tests.workspace.documents import schemas

Mask = dict[str, "Mask | None"]
_TOKEN = re.compile(r"[A-Za-z0-9_.$-]+|\*|[(),/]")


class BadMask(ValueError):
    """The `fields` parameter is not to be understood, or names what is not there."""


class _Reader:
    def __init__(self, text: str) -> None:
        self.tokens = _TOKEN.findall(text)
        if "".join(self.tokens) != text.replace(" ", "") or not self.tokens:
            raise BadMask(f"Invalid field selection {text}")
        self.at = 0

    def peek(self) -> str:
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def take(self) -> str:
        self.at += 1
        return self.tokens[self.at - 1] if self.at <= len(self.tokens) else ""

    def many(self) -> Mask:
        found: Mask = {}
        self.one(found)
        while self.peek() == ",":
            self.take()
            self.one(found)
        return found

    def one(self, into: Mask) -> None:
        name = self.take()
        if not name or name in "(),/":
            raise BadMask(f"Invalid field selection {name}")
        inner: Mask | None = None
        if self.peek() == "/":
            self.take()
            inner = {}
            self.one(inner)
        elif self.peek() == "(":
            self.take()
            inner = self.many()
            if self.take() != ")":
                raise BadMask("Invalid field selection: a bracket is not closed")
        _merge(into, name, inner)


def _merge(into: Mask, name: str, inner: Mask | None) -> None:
    if name not in into or inner is None:
        into[name] = inner
        return
    former = into[name]
    for key, value in inner.items() if former is not None else ():
        assert former is not None
        _merge(former, key, value)


def read(text: str, api: str, schema: str) -> Mask:
    """The mask, known to fit the schema."""
    reader = _Reader(text)
    found = reader.many()
    if reader.peek():
        raise BadMask(f"Invalid field selection {reader.peek()}")
    _fits(found, api, {"$ref": schema})
    return found


def _fits(mask: Mask, api: str, schema: Mapping[str, Any]) -> None:
    while "$ref" in schema or schema.get("type") == "array":
        schema = schemas(api)[schema["$ref"]] if "$ref" in schema else schema["items"]
    known, more = schema.get("properties", {}), schema.get("additionalProperties")
    for name, inner in mask.items():
        if name == "*":
            continue
        found = known.get(name, more)
        if found is None:
            raise BadMask(f"Invalid field selection {name}")
        if inner is not None:
            _fits(inner, api, found)


def select(value: Any, mask: Mask | None) -> Any:
    """What the mask leaves of a value."""
    if mask is None:
        return value
    if isinstance(value, list):
        return [select(each, mask) for each in value]
    if not isinstance(value, dict):
        return value
    rest = mask.get("*", {}) if "*" in mask else {}
    found = {}
    for name, inner in value.items():
        if name in mask:
            found[name] = select(inner, mask[name])
        elif "*" in mask:
            found[name] = select(inner, rest)
    return found
