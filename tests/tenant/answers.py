"""What a handler is given and what it gives back; and a refusal in Graph's form (ms365.md section 4)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NoReturn

from tests.tenant import contract
from tests.tenant.ids import guid


@dataclass(frozen=True, slots=True)
class Caller:
    """The app a token names, with the roles in it."""

    app_id: str
    roles: frozenset[str]


@dataclass(frozen=True, slots=True)
class Call:
    """One request as it came. `parts` are the named pieces of its path."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    parts: Mapping[str, str] = field(default_factory=dict)
    caller: Caller = Caller("", frozenset())

    def header(self, name: str) -> str:
        """One header, in whatever case it came; empty where it did not."""
        return next((value for key, value in self.headers.items() if key.lower() == name.lower()), "")

    def json(self) -> Any:
        """The body as JSON, refused as Graph does where it is none or its type is not said."""
        if "application/json" not in self.header("Content-Type"):
            refuse(
                400, "BadRequest", "Write requests (excluding DELETE) must contain the Content-Type header declaration."
            )
        try:
            return json.loads(self.body)
        except ValueError:
            refuse(400, "BadRequest", "Unable to read JSON request payload.", contract_broken=True)

    def checked(self, name: str) -> dict[str, Any]:
        """The body, valid by the contract; else 400 and a complaint."""
        body = self.json()
        if fault := contract.request_fault(name, body):
            refuse(400, "invalidRequest", fault, contract_broken=True)
        return dict(body)


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back. `kind` names the contract's type, `many` says a collection; neither for no JSON at all."""

    status: int
    body: Any = None
    kind: str = ""
    many: bool = False
    headers: Mapping[str, str] = field(default_factory=dict)
    close: bool = False


class Refusal(Exception):
    """The request is refused."""

    def __init__(self, status: int, code: str, message: str, headers: Mapping[str, str], broken: bool) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status, self.code, self.message, self.headers, self.contract_broken = (
            status,
            code,
            message,
            headers,
            broken,
        )


def refused(
    status: int, code: str, message: str, headers: Mapping[str, str] | None = None, contract_broken: bool = False
) -> Refusal:
    """A refusal to raise; `contract_broken` is also complained of, since a right client never sends it."""
    return Refusal(status, code, message, headers or {}, contract_broken)


def refuse(
    status: int, code: str, message: str, headers: Mapping[str, str] | None = None, contract_broken: bool = False
) -> NoReturn:
    """Refuses at once."""
    raise refused(status, code, message, headers, contract_broken)


def error_answer(refusal: Refusal, request_id: str, client_request_id: str, now: datetime) -> Answer:
    """A refusal as Graph words it (errors page of the Graph documentation)."""
    inner = {
        "date": now.strftime("%Y-%m-%dT%H:%M:%S"),
        "request-id": request_id,
        "client-request-id": client_request_id or request_id,
    }
    error = {"code": refusal.code, "message": refusal.message, "innerError": inner}
    return Answer(refusal.status, {"error": error}, "error", headers=refusal.headers)


def collection(context: str, kind: str, values: list[Any], **annotations: str) -> Answer:
    """A collection, as every list of Graph's comes."""
    links = {f"@odata.{name}": link for name, link in annotations.items()}
    return Answer(200, {"@odata.context": context, **links, "value": values}, kind, many=True)


def fresh_request_id() -> str:
    """An id for the `request-id` header."""
    return guid()
