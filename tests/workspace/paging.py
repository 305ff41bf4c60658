"""Pages: a token stands for a place in one list with one set of parameters, and for no other."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from tests.workspace.answers import broken

_Each = TypeVar("_Each")


def _mark(asked: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()[:16]


def page(
    everything: Sequence[_Each], token: str | None, size: int, asked: Mapping[str, Any]
) -> tuple[Sequence[_Each], str]:
    """One page and the token of the next, which is empty after the last."""
    start = 0 if token is None else _start(token, asked)
    end = start + size
    following = base64.urlsafe_b64encode(f"{end}|{_mark(asked)}".encode()).decode()
    return everything[start:end], following if end < len(everything) else ""


def _start(token: str, asked: Mapping[str, Any]) -> int:
    try:
        place, _, mark = base64.urlsafe_b64decode(token.encode()).decode().partition("|")
    except (binascii.Error, ValueError):
        broken("Invalid page token.", reason="invalid", location="pageToken")
    if mark != _mark(asked) or not place.isdigit():
        broken("Invalid page token: the other parameters have changed.", reason="invalid", location="pageToken")
    return int(place)
