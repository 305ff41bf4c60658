"""The contract: every JSON body, either way, against shared/contracts (ms365.md 6.2), and where the documentation wins.

Where it wins (ms365.md 6.3): `@odata.*` and `@microsoft.graph.*` anywhere, `deferCommit` of an upload session,
`notificationContentType` of a subscription, `Text`/`HTML` as well as `text`/`html` of a body.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker

from tests.tenant.ids import moment

_HERE = Path(__file__).resolve().parent.parent / "contracts"
_FORMATS = FormatChecker(formats=())
_ALSO_SENT = {"action:createUploadSession": {"deferCommit": bool}}
_ALSO_GIVEN = {"subscription": {"notificationContentType"}}
_ERROR_KEYS = {"code", "message", "innerError"}
_INNER_KEYS = {"date", "request-id", "client-request-id"}


@_FORMATS.checks("date-time", raises=ValueError)
def _is_moment(value: object) -> bool:
    return not isinstance(value, str) or ("T" in value and moment(value) is not None)


@cache
def _schema() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((_HERE / "graph-v1.0.schema.json").read_text(encoding="utf-8"))
    return loaded


@cache
def samples() -> tuple[dict[str, Any], ...]:
    """The request and response samples of Microsoft's API reference."""
    return tuple(json.loads((_HERE / "graph-samples.json").read_text(encoding="utf-8"))["samples"])


@cache
def _validator(name: str) -> Draft202012Validator:
    schema = {"$schema": _schema()["$schema"], "$ref": f"#/$defs/{name}", "$defs": _schema()["$defs"]}
    return Draft202012Validator(schema, format_checker=_FORMATS)


def _first_fault(name: str, body: Any) -> str:
    worst = min(_validator(name).iter_errors(body), key=lambda error: list(map(str, error.absolute_path)), default=None)
    if worst is None:
        return ""
    while worst.context:
        worst = max(worst.context, key=lambda error: len(error.absolute_path))
    place = "/".join(str(step) for step in worst.absolute_path)
    return f"{name}{':' if place else ''}{place}: {worst.message}"


def properties(name: str) -> frozenset[str] | None:
    """The properties a type has; None where it is open."""
    found = _schema()["$defs"][name]
    return None if found.get("additionalProperties") else frozenset(found["properties"])


def request_fault(name: str, body: Any) -> str:
    """Why Graph would refuse this request body, or nothing."""
    if not isinstance(body, dict):
        return f"{name}: the body is not an object"
    kept = {}
    for key, value in body.items():
        kind = _ALSO_SENT.get(name, {}).get(key)
        if kind is None:
            kept[key] = value
        elif not isinstance(value, kind):
            return f"{name}: {key} is not of type {kind.__name__}"
    return _first_fault(name, _plain_bodies(kept))


def _plain_bodies(value: Any) -> Any:
    """`contentType` in lower case, as the documentation writes `Text` where the metadata says `text`."""
    if isinstance(value, dict):
        return {
            key: each.lower() if key == "contentType" and isinstance(each, str) else _plain_bodies(each)
            for key, each in value.items()
        }
    return [_plain_bodies(each) for each in value] if isinstance(value, list) else value


def answer_fault(name: str, body: Any, many: bool = False) -> str:
    """What is wrong with an answer of ours, or nothing."""
    if many:
        if not isinstance(body, dict) or set(body) - {"value"} - {key for key in body if key.startswith("@")}:
            return f"{name}: a collection holds value and annotations only"
        return next((fault for each in body["value"] if (fault := answer_fault(name, each))), "")
    if name == "error":
        return error_fault(body)
    extra = _ALSO_GIVEN.get(name, set())
    kept = {key: value for key, value in body.items() if key not in extra}
    return _first_fault(name, kept)


def error_fault(body: Mapping[str, Any]) -> str:
    """What is wrong with an error body of ours, or nothing."""
    error = body.get("error")
    if set(body) != {"error"} or not isinstance(error, dict) or set(error) != _ERROR_KEYS:
        return "error: not of Graph's form"
    return "" if set(error["innerError"]) == _INNER_KEYS else "error: innerError is not of Graph's form"
