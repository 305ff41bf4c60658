"""Google's own discovery documents, as the installed client library ships them: every method, its path and schemas."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import unquote

NAMES = ("forms.v1", "drive.v3", "gmail.v1", "chat.v1", "pubsub.v1")
_PIECE = re.compile(r"\{(\+?)([^}]+)\}")


@dataclass(frozen=True)
class Method:
    """One method of one API."""

    id: str
    http: str
    path: str
    parameters: Mapping[str, Any]
    request: str
    response: str
    scopes: frozenset[str]
    api: str
    takes_media: bool
    gives_media: bool
    pattern: re.Pattern[str] = field(compare=False)
    weight: int = 0

    @property
    def schemas(self) -> Mapping[str, Any]:
        """The schemas of its document."""
        return schemas(self.api)

    def required_scopes(self) -> list[str]:
        """Its scopes, sorted."""
        return sorted(self.scopes)


@cache
def _folder() -> Path:
    found = find_spec("googleapiclient")
    if found is None or not found.submodule_search_locations:
        raise RuntimeError("google-api-python-client is not installed")
    return Path(next(iter(found.submodule_search_locations))) / "discovery_cache" / "documents"


@cache
def document(name: str) -> dict[str, Any]:
    """One document, such as `forms.v1`."""
    loaded: dict[str, Any] = json.loads((_folder() / f"{name}.json").read_text(encoding="utf-8"))
    return loaded


def rooted(name: str, url: str) -> dict[str, Any]:
    """A copy of the document with its root on the fake, for `build_from_document` (google.md 4.2)."""
    changed = json.loads(json.dumps(document(name)))
    changed["rootUrl"] = url.rstrip("/") + "/"
    changed.pop("mtlsRootUrl", None)
    assert isinstance(changed, dict)
    return changed


def schemas(api: str) -> Mapping[str, Any]:
    """The schemas of one API."""
    found: Mapping[str, Any] = document(api)["schemas"]
    return found


_AUTH = "https://www.googleapis.com/auth/"
_OTHER_APIS = frozenset(
    f"{_AUTH}{name}"
    for name in (
        "spreadsheets",
        "calendar",
        "contacts",
        "admin.directory.user",
        "admin.directory.group",
        "classroom.rosters",
    )
)


@cache
def known_scopes() -> frozenset[str]:
    """Every scope that any method of the five documents names, and some of Google's other APIs: real, not ours."""
    return frozenset(scope for method in methods() for scope in method.scopes) | _OTHER_APIS


@cache
def methods() -> tuple[Method, ...]:
    """Every method of the five APIs, the most literal path first."""
    found = [_method(name, raw) for name in NAMES for raw in _walk(document(name))]
    return tuple(sorted(found, key=lambda each: -each.weight))


def by_id(method_id: str) -> Method:
    """The method with that id."""
    return next(each for each in methods() if each.id == method_id)


def _walk(resource: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield from resource.get("methods", {}).values()
    for inner in resource.get("resources", {}).values():
        yield from _walk(inner)


def _method(name: str, raw: Mapping[str, Any]) -> Method:
    doc = document(name)
    path = "/" + doc["servicePath"] + raw["path"]
    return Method(
        raw["id"],
        raw["httpMethod"],
        path,
        raw.get("parameters", {}),
        raw.get("request", {}).get("$ref", ""),
        raw.get("response", {}).get("$ref", ""),
        frozenset(raw.get("scopes", ())),
        name,
        "mediaUpload" in raw,
        bool(raw.get("supportsMediaDownload")),
        re.compile(_pattern(path, raw.get("parameters", {}))),
        len(_PIECE.sub("", path)) + 5 * path.count(":"),
    )


def _pattern(path: str, parameters: Mapping[str, Any]) -> str:
    """A pattern for the path; what stands in `{+name}` keeps its slashes, as the parameter's own pattern says."""
    found, end = "^", 0
    for piece in _PIECE.finditer(path):
        found += re.escape(path[end : piece.start()])
        inner = "[^/:]+"
        if piece[1]:
            inner = parameters[piece[2]].get("pattern", "^.+$").strip("^$").replace("[^/]+", "[^/:]+")
        found += f"(?P<{piece[2]}>{inner})"
        end = piece.end()
    return found + re.escape(path[end:]) + "$"


def find(http: str, path: str) -> tuple[Method, dict[str, str]] | None:
    """The method for a path without `/upload`, and the named pieces of the path."""
    for method in methods():
        if method.http == http and (hit := method.pattern.match(path)):
            return method, {name: unquote(value) for name, value in hit.groupdict().items()}
    return None
