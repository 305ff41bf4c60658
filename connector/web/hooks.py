"""`POST /hooks/graph`, `/hooks/google`: a platform says that something changed. It only makes us look.

ms365.md 1.2, google.md 1.5 and 1.6.
"""

from __future__ import annotations

import json
from typing import Any

from flask import Blueprint, Response, request

from connector.errors import NotAuthentic
from connector.wiring import House

_MOST_BYTES = 256 * 1024
_LONGEST_TOKEN = 1024


def blueprint(house: House) -> Blueprint:
    """The door for change notifications."""
    door = Blueprint("hooks", __name__)

    @door.post("/hooks/graph")
    def graph() -> Response:
        token = request.args.get("validationToken")
        if token is not None:
            # Microsoft wants its own token back, as plain text, within ten seconds.
            return Response(token[:_LONGEST_TOKEN], mimetype="text/plain")
        if (request.content_length or 0) <= _MOST_BYTES:
            house.subscriptions.hear(_hints(request.get_data(cache=False)), house.clock.now())
        # The same answer to everybody: a stranger learns nothing, and Microsoft does not try again.
        return Response(status=202)

    @door.post("/hooks/google")
    def google() -> Response:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or (request.content_length or 0) > _MOST_BYTES:
            raise NotAuthentic
        house.subscriptions.hear_push(token.strip(), _message(request.get_data(cache=False)), house.clock.now())
        # Anything else than success is sent again for a week.
        return Response(status=204)

    return door


def _message(body: bytes) -> Any:
    """The message of a push, or None for whatever is none."""
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return said.get("message") if isinstance(said, dict) else None


def _hints(body: bytes) -> Any:
    """The list of notifications, or None for whatever is not one."""
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return said.get("value") if isinstance(said, dict) else None
