"""Values held to the schemas and parameters of the discovery documents (google.md 5.1)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from tests.workspace.documents import Method, document, schemas

_ZULU = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$")
_BASE64 = re.compile(r"^[A-Za-z0-9_-]*={0,2}$")
_INT_RANGES = {"int32": (-(2**31), 2**31 - 1), "uint32": (0, 2**32 - 1)}
_READ_ONLY = ("Output only", "Deprecated: Output only")


def is_moment(value: str) -> bool:
    """Whether it is an RFC 3339 date-time."""
    if not _ZULU.match(value):
        return False
    try:
        datetime.fromisoformat(re.sub(r"\.(\d+)", lambda hit: "." + hit[1][:6].ljust(6, "0"), value))
    except ValueError:
        return False
    return True


_FORMATS: dict[str, Callable[[str], bool]] = {
    "int64": lambda text: bool(re.match(r"^-?\d{1,19}$", text)),
    "uint64": lambda text: bool(re.match(r"^\d{1,20}$", text)),
    "google-datetime": is_moment,
    "date-time": is_moment,
    "byte": lambda text: bool(_BASE64.match(text)),
    "google-duration": lambda text: bool(re.match(r"^\d+(\.\d{1,9})?s$", text)),
    "date": lambda text: bool(re.match(r"^\d{4}-\d\d-\d\d$", text)),
}


class _Check:
    """One walk over a value. `method_id` is empty where an answer is checked."""

    def __init__(self, api: str, method_id: str) -> None:
        self.schemas, self.method_id = schemas(api), method_id

    def faults(self, schema: Mapping[str, Any], value: Any, place: str) -> Iterator[str]:
        if "$ref" in schema:
            schema = self.schemas[schema["$ref"]]
        kind = schema.get("type", "any")
        if kind == "object":
            yield from self._object(schema, value, place)
        elif kind == "array":
            yield from self._array(schema, value, place)
        elif kind != "any" and (fault := _scalar_fault(kind, schema, value)):
            yield f"Invalid value at '{place}': {fault}"

    def _array(self, schema: Mapping[str, Any], value: Any, place: str) -> Iterator[str]:
        if not isinstance(value, list):
            yield f"Invalid value at '{place}': no list"
            return
        for number, each in enumerate(value):
            yield from self.faults(schema["items"], each, f"{place}[{number}]")

    def _object(self, schema: Mapping[str, Any], value: Any, place: str) -> Iterator[str]:
        if not isinstance(value, dict):
            yield f"Invalid value at '{place}': no object"
            return
        known, more = schema.get("properties", {}), schema.get("additionalProperties")
        for name, inner in value.items():
            here = f"{place}.{name}".lstrip(".")
            found = known.get(name, more)
            if found is None:
                yield f"Invalid JSON payload received. Unknown name \"{name}\" at '{place}': Cannot find field."
            elif self.method_id and name in known and is_read_only(found):
                yield f"Field '{here}' is output only."
            else:
                yield from self.faults(found, inner, here)
        yield from self._missing(known, value, place)

    def _missing(self, known: Mapping[str, Any], value: Mapping[str, Any], place: str) -> Iterator[str]:
        for name, schema in known.items() if self.method_id else ():
            marked = self.method_id in schema.get("annotations", {}).get("required", ())
            if name not in value and (marked or schema.get("description", "").startswith("Required.")):
                yield f"Field '{f'{place}.{name}'.lstrip('.')}' is required."


def is_read_only(schema: Mapping[str, Any]) -> bool:
    """Whether a request may not carry the field."""
    return bool(schema.get("readOnly")) or str(schema.get("description", "")).startswith(_READ_ONLY)


def _scalar_fault(kind: str, schema: Mapping[str, Any], value: Any) -> str:
    if kind == "boolean":
        return "" if isinstance(value, bool) else f"{value!r} is no boolean"
    if kind in {"integer", "number"}:
        whole = isinstance(value, int) and not isinstance(value, bool)
        if not whole and not (kind == "number" and isinstance(value, float)):
            return f"{value!r} is no {kind}"
        low, high = _INT_RANGES.get(schema.get("format", ""), (value, value))
        return "" if low <= value <= high else f"{value!r} is out of range"
    if not isinstance(value, str):
        return f"{value!r} is no string"
    return _string_fault(schema, value)


def _string_fault(schema: Mapping[str, Any], value: str) -> str:
    if "enum" in schema and value not in schema["enum"]:
        return f"{value!r} is none of {schema['enum']}"
    if "pattern" in schema and not re.match(schema["pattern"], value):
        return f"{value!r} does not match {schema['pattern']}"
    fits = _FORMATS.get(schema.get("format", ""))
    return "" if fits is None or fits(value) else f"{value!r} is no {schema['format']}"


def request_fault(method: Method, body: Any) -> str:
    """What is wrong with the body of a request; empty where nothing is."""
    return next(_Check(method.api, method.id).faults({"$ref": method.request}, body, ""), "")


def answer_fault(method: Method, body: Any) -> str:
    """What is wrong with an answer of the fake."""
    if not method.response:
        return "" if body is None else "an answer where the document has none"
    return next(_Check(method.api, "").faults({"$ref": method.response}, body, ""), "")


def query_fault(method: Method, pairs: list[tuple[str, str]], parts: Mapping[str, str]) -> str:
    """What is wrong with the parameters of the URL."""
    everywhere = document(method.api)["parameters"]
    seen: set[str] = set()
    for name, value in pairs:
        schema = method.parameters.get(name, everywhere.get(name))
        if schema is None or schema["location"] != "query":
            return f'Invalid JSON payload received. Unknown name "{name}": Cannot bind query parameter.'
        if name in seen and not schema.get("repeated"):
            return f"Parameter '{name}' is given twice."
        seen.add(name)
        if fault := _parameter_fault(schema, value):
            return f"Invalid value at '{name}': {fault}"
    for name, schema in method.parameters.items():
        if schema.get("required") and schema["location"] == "query" and name not in seen:
            return f"Parameter '{name}' is required."
        if name in parts and (fault := _string_fault(schema, parts[name])):
            return f"Invalid value at '{name}': {fault}"
    return ""


def _parameter_fault(schema: Mapping[str, Any], value: str) -> str:
    if schema["type"] == "boolean":
        return "" if value in {"true", "false"} else f"{value!r} is no boolean"
    if schema["type"] != "integer":
        return _string_fault(schema, value)
    if not re.match(r"^-?\d+$", value):
        return f"{value!r} is no integer"
    low, high = _INT_RANGES[schema.get("format", "int32")]
    low, high = int(schema.get("minimum", low)), int(schema.get("maximum", high))
    return "" if low <= int(value) <= high else f"{value} is not within [{low}, {high}]"
