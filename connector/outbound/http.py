"""HTTP to the outside. No URL, header or body ever reaches a message or a log: a webhook's URL is a secret."""

from __future__ import annotations

import json
import threading
import weakref
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import requests

from connector import __version__
from connector.errors import DeliveryError

_CONNECT_SECONDS = 10.0
# Worth another try: the far side is busy, starting, or lost us on the way.
_TEMPORARY = frozenset({408, 409, 421, 423, 425, 429})
# Whatever a far side asks for, nobody waits longer than a day on its word.
_MOST_SECONDS = 86_400.0
_MOST_BYTES = 64 * 1024 * 1024
_own = threading.local()
_door = threading.Lock()
# One for each of the engine's few threads; closed together when the service stops.
_sessions: weakref.WeakSet[requests.Session] = weakref.WeakSet()


class TimedOut(DeliveryError):
    """The far side did not answer in time."""


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer, whatever its status. A repr shows nothing of its content."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def __repr__(self) -> str:
        return f"Answered({self.status})"

    @property
    def is_success(self) -> bool:
        """2xx."""
        return 200 <= self.status < 300

    @property
    def retry_after(self) -> float | None:
        """Seconds that the far side asks to wait, or None."""
        return seconds_to_wait(self.headers.get("Retry-After"))


def _session() -> requests.Session:
    """One session a thread: `requests` does not promise that one may be shared."""
    if not hasattr(_own, "session"):
        _own.session = requests.Session()
        _own.session.trust_env = False
        _own.session.headers["User-Agent"] = f"ConcernConnector/{__version__}"
        with _door:
            _sessions.add(_own.session)
    session: requests.Session = _own.session
    return session


def close_sessions() -> None:
    """Close what every thread has kept open; whoever asks again opens it again."""
    with _door:
        opened = list(_sessions)
    for session in opened:
        session.close()


def exchange(
    method: str,
    url: str,
    *,
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
    timeout_seconds: float = 20,
    most_bytes: int = _MOST_BYTES,
) -> Answered:
    """One request and its answer, redirects not followed. Raises DeliveryError where no whole answer came."""
    try:
        with _session().request(
            method, url, data=body, headers=dict(headers or {}), timeout=(_CONNECT_SECONDS, timeout_seconds),
            allow_redirects=False, stream=True,
        ) as answer:  # fmt: skip
            return Answered(answer.status_code, answer.headers, _content(answer, most_bytes))
    except requests.Timeout:
        raise TimedOut from None
    except requests.exceptions.SSLError:
        raise DeliveryError("The far side's certificate is not in order.") from None
    except requests.RequestException:
        raise DeliveryError("The far side could not be reached.") from None


def _content(answer: requests.Response, most: int) -> bytes:
    """The whole body. Raises DeliveryError, permanent, where it is longer than `most`."""
    found = bytearray()
    for piece in answer.iter_content(1024 * 1024):
        found += piece
        if len(found) > most:
            raise DeliveryError("The far side's answer is too large to take in.", permanent=True)
    return bytes(found)


def clock_of(url: str) -> datetime | None:
    """What time the far side says it is, or None where it does not say. Raises DeliveryError."""
    said = exchange("GET", url, timeout_seconds=_CONNECT_SECONDS).headers.get("Date", "")
    try:
        found = parsedate_to_datetime(said)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def post_json(url: str, body: Any, *, timeout_seconds: float, headers: Mapping[str, str] | None = None) -> int:
    """The status of the answer, always 2xx. Raises DeliveryError, permanent for what trying again cannot help."""
    sent = {"Content-Type": "application/json", **(headers or {})}
    answer = exchange("POST", url, body=json.dumps(body).encode(), headers=sent, timeout_seconds=timeout_seconds)
    if answer.is_success:
        return answer.status
    raise refusal(answer)


def refusal(answer: Answered) -> DeliveryError:
    """The error for an answer that is no success. Only 4xx that will not change by waiting are permanent."""
    return DeliveryError(
        f"The far side answered {answer.status}.",
        permanent=is_permanent(answer.status),
        retry_after=answer.retry_after,
    )


def is_permanent(status: int) -> bool:
    """True for refusals that will be the same tomorrow."""
    return 300 <= status < 500 and status not in _TEMPORARY


def is_safe(url: str) -> bool:
    """True for https, and for plain http to this machine itself."""
    parts = urlsplit(url)
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in {"127.0.0.1", "::1", "localhost"})


def seconds_to_wait(retry_after: str | None, now: datetime | None = None) -> float | None:
    """Seconds that a Retry-After asks for (RFC 9110 10.2.3: seconds or a date), or None where it says nothing."""
    if not retry_after:
        return None
    said = retry_after.strip()
    if said.isascii() and said.isdigit():
        return min(float(said), _MOST_SECONDS)
    try:
        until = parsedate_to_datetime(retry_after)
    except (ValueError, OverflowError):
        return None
    aware = until if until.tzinfo else until.replace(tzinfo=UTC)
    return min(max(0.0, (aware - (now or datetime.now(UTC))).total_seconds()), _MOST_SECONDS)
