"""What a handler is given and what it gives back; and a refusal in Google's two forms."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn

from tests.workspace.people import Token

_CANONICAL = {
    400: "INVALID_ARGUMENT", 401: "UNAUTHENTICATED", 403: "PERMISSION_DENIED", 404: "NOT_FOUND", 409: "ALREADY_EXISTS",
    416: "OUT_OF_RANGE", 429: "RESOURCE_EXHAUSTED", 500: "INTERNAL", 501: "UNIMPLEMENTED", 503: "UNAVAILABLE",
}  # fmt: skip
_REASONS = {
    400: "badRequest", 401: "authError", 403: "forbidden", 404: "notFound", 409: "duplicate", 429: "rateLimitExceeded",
    500: "internalError", 501: "notImplemented", 503: "backendError",
}  # fmt: skip
_NOBODY = Token("", "", "", "", frozenset(), 0.0)


@dataclass(frozen=True, slots=True)
class Call:
    """One request as it came. `parts` are the named pieces of its path."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    pairs: tuple[tuple[str, str], ...] = ()
    parts: Mapping[str, str] = field(default_factory=dict)
    caller: Token = _NOBODY
    data: Mapping[str, Any] = field(default_factory=dict)
    media: bytes | None = None
    media_type: str = ""
    checked: bool = False

    def header(self, name: str) -> str:
        """One header, in whatever case it came; empty where it did not."""
        return next((value for key, value in self.headers.items() if key.lower() == name.lower()), "")

    def says(self, name: str) -> bool:
        """A boolean parameter."""
        return self.query.get(name) == "true"

    def number(self, name: str, otherwise: int) -> int:
        """An integer parameter; unset and 0 are `otherwise`."""
        return int(self.query.get(name) or 0) or otherwise


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back: JSON, or bytes of some type. None is no body at all."""

    body: Any = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    kind: str = "application/json; charset=UTF-8"
    plain: bool = False


class Refusal(Exception):
    """The request is refused. `broken` is also complained of, since a right client never sends it."""

    def __init__(self, status: int, message: str, **more: Any) -> None:
        super().__init__(f"{status}: {message}")
        self.status, self.message = status, message
        self.canonical: str = more.get("canonical") or _CANONICAL.get(status, "UNKNOWN")
        self.reason: str = more.get("reason") or _REASONS.get(status, "unknown")
        self.domain: str = more.get("domain", "global")
        self.details: list[dict[str, Any]] = more.get("details") or []
        self.headers: Mapping[str, str] = more.get("headers") or {}
        self.broken: bool = more.get("broken", False)
        self.location: str = more.get("location", "")


def refuse(status: int, message: str, **more: Any) -> NoReturn:
    """Refuses: `reason` is Drive's word, `canonical` that of the newer APIs."""
    raise Refusal(status, message, **more)


def broken(message: str, status: int = 400, **more: Any) -> NoReturn:
    """Refuses what a right client would never have sent, and has it complained of."""
    raise Refusal(status, message, broken=True, **more)


def error_body(refusal: Refusal, api: str) -> dict[str, Any]:
    """A refusal as that API words it: Drive with `errors`, Gmail with both, the others with `status`."""
    error: dict[str, Any] = {"code": refusal.status, "message": refusal.message}
    if api in {"drive.v3", "gmail.v1"}:
        error["errors"] = [{"message": refusal.message, "domain": refusal.domain, "reason": refusal.reason}]
        if refusal.location:
            error["errors"][0] |= {"locationType": "parameter", "location": refusal.location}
    if api != "drive.v3" or refusal.details:
        error["status"] = refusal.canonical
    if refusal.details:
        error["details"] = refusal.details
    return {"error": error}


def error_answer(refusal: Refusal, api: str) -> Answer:
    """A refusal as an answer; that of the token endpoint has OAuth's own form."""
    if api == "oauth2":
        words = {"error": refusal.reason, "error_description": refusal.message}
        return Answer(words, refusal.status, refusal.headers, plain=True)
    return Answer(error_body(refusal, api), refusal.status, refusal.headers, plain=True)


def read_json(raw: bytes, what: str = "payload") -> Any:
    """JSON as it came."""
    try:
        return json.loads(raw)
    except ValueError:
        broken(f"Invalid JSON {what} received.", reason="parseError")
