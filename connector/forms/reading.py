"""What the parsers share: times as platforms write them, and answers as text."""

from __future__ import annotations

import contextlib
import json
from datetime import UTC, datetime
from typing import Any

from connector.errors import ConnectorError
from connector.model.moments import LONDON

_AMERICAN = ("%m/%d/%Y %I:%M:%S %p", "%m/%d/%Y %H:%M:%S", "%m/%d/%Y %I:%M %p")


class NotUnderstood(ConnectorError):
    """The body is JSON but not a response of this form."""


def moment_of(value: Any) -> datetime | None:
    """A platform's time as aware UTC, or None. Microsoft's American style is UTC; ISO without a zone is UK time."""
    if not isinstance(value, str) or not value.strip():
        return None
    with contextlib.suppress(ValueError, OverflowError):
        found = datetime.fromisoformat(value.strip())
        return _plausible((found if found.tzinfo else found.replace(tzinfo=LONDON)).astimezone(UTC))
    for style in _AMERICAN:
        with contextlib.suppress(ValueError):
            return _plausible(datetime.strptime(value.strip(), style).replace(tzinfo=UTC))
    return None


def _plausible(moment: datetime) -> datetime | None:
    """An empty date of some platforms is the year 1, and a broken clock may say anything."""
    return moment if 2000 <= moment.year < 2100 else None


def text_of(value: Any) -> str:
    """An answer as text: strings untouched, lists one a line, other JSON as JSON."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, list) and all(isinstance(part, str) for part in value):
        return "\n".join(value)
    return json.dumps(value, ensure_ascii=False)


def string_of(value: Any) -> str:
    """An id or address: the string, a number as one, anything else as nothing."""
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        return ""
    return str(value).strip()
