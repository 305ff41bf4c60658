"""Query options: which are known to a path, `$select` and `$expand` (query-parameters page of the Graph documentation)."""

from __future__ import annotations

import re
from typing import Any

from tests.tenant import contract
from tests.tenant.answers import Call, refuse

_ODATA = frozenset({"select", "expand", "top", "filter", "orderby", "count", "search", "skip", "skiptoken", "format"})
_PARSE = "Parsing OData Select and Expand failed: "


def checked(query: dict[str, str], allowed: frozenset[str]) -> dict[str, str]:
    """The query with OData's own names spelled with `$`; 400 for an option the path does not know."""
    found = {}
    for name, value in query.items():
        full = f"${name}" if name in _ODATA else name
        if full not in allowed:
            refuse(400, "BadRequest", f"Query option '{name}' is not allowed or unknown here.", contract_broken=True)
        found[full] = value
    return found


def top(call: Call, usual: int) -> int:
    """The page size asked for."""
    asked = call.query.get("$top", str(usual))
    if not asked.isdigit() or not 1 <= int(asked) <= 5000:
        refuse(400, "BadRequest", f"Invalid value '{asked}' for $top query option.", contract_broken=True)
    return int(asked)


def select(call: Call, kind: str, body: dict[str, Any]) -> dict[str, Any]:
    """The body with the properties asked for only; 400 for one the type does not have."""
    return _select(call.query.get("$select", ""), kind, body)


def _select(asked: str, kind: str, body: dict[str, Any]) -> dict[str, Any]:
    names = [name.strip() for name in asked.split(",") if name.strip()]
    if not names:
        return body
    known = contract.properties(kind)
    for name in names:
        if known is not None and name not in known and not name.startswith("@microsoft.graph."):
            words = f"{_PARSE}Could not find a property named '{name}' on type 'microsoft.graph.{kind}'."
            refuse(400, "BadRequest", words, contract_broken=True)
    return {key: value for key, value in body.items() if key in names or key.startswith("@odata.")}


def expansions(call: Call, known: frozenset[str]) -> dict[str, str]:
    """The relationships to expand with the options in their brackets; 400 for one that cannot be."""
    return parse_expand(call.query.get("$expand", ""), known)


def parse_expand(asked: str, known: frozenset[str]) -> dict[str, str]:
    """`a,b($select=c,d)` as {a: "", b: "$select=c,d"}."""
    found = {}
    for name, _, inner in re.findall(r"(\w+)(\(((?:[^()]|\([^()]*\))*)\))?", asked):
        if name not in known:
            refuse(400, "BadRequest", f"{_PARSE}'{name}' cannot be expanded here.", contract_broken=True)
        found[name] = inner
    return found


def inner_options(text: str) -> dict[str, str]:
    """The options in an expansion's brackets."""
    pairs = (part.partition("=") for part in text.split(";") if part)
    return {name if name.startswith("$") else f"${name}": value for name, _, value in pairs}


def inner_select(options: str, kind: str, body: dict[str, Any]) -> dict[str, Any]:
    """`select` for what is expanded."""
    return _select(inner_options(options).get("$select", ""), kind, body)
