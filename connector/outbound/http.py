"""HTTP to the outside. No URL, header or body ever reaches a message or a log: a webhook's URL is a secret."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import requests

from connector import __version__
from connector.errors import DeliveryError

_CONNECT_SECONDS = 10.0
# Worth another try: the far side is busy, starting, or lost us on the way.
_TEMPORARY = frozenset({408, 409, 421, 423, 425, 429})
_own = threading.local()
# One for each of the engine's few threads; closed together when the service stops.
_sessions: list[requests.Session] = []


def _session() -> requests.Session:
    """One session a thread: `requests` does not promise that one may be shared."""
    if not hasattr(_own, "session"):
        _own.session = requests.Session()
        _own.session.trust_env = False
        _own.session.headers["User-Agent"] = f"ConcernConnector/{__version__}"
        _sessions.append(_own.session)
    session: requests.Session = _own.session
    return session


def close_sessions() -> None:
    """Close what every thread has kept open."""
    while _sessions:
        _sessions.pop().close()


def post_json(url: str, body: dict[str, Any], *, timeout_seconds: float) -> int:
    """The status of the answer, always 2xx. Raises DeliveryError, permanent for what trying again cannot help."""
    try:
        answer = _session().post(
            url, json=body, timeout=(_CONNECT_SECONDS, timeout_seconds), allow_redirects=False, stream=True
        )
        answer.close()
    except requests.Timeout:
        raise DeliveryError("The far side did not answer in time.") from None
    except requests.exceptions.SSLError:
        raise DeliveryError("The far side's certificate is not in order.") from None
    except requests.RequestException:
        raise DeliveryError("The far side could not be reached.") from None
    if 200 <= answer.status_code < 300:
        return answer.status_code
    raise refusal(answer.status_code, answer.headers.get("Retry-After"))


def refusal(status: int, retry_after: str | None) -> DeliveryError:
    """The error for an answer that is no success. Only 4xx that will not change by waiting are permanent."""
    permanent = 300 <= status < 500 and status not in _TEMPORARY
    return DeliveryError(
        f"The far side answered {status}.", permanent=permanent, retry_after=seconds_to_wait(retry_after)
    )


def seconds_to_wait(retry_after: str | None, now: datetime | None = None) -> float | None:
    """Seconds that a Retry-After asks for (RFC 9110 10.2.3: seconds or a date), or None where it says nothing."""
    if not retry_after:
        return None
    if retry_after.strip().isdigit():
        return float(retry_after)
    try:
        until = parsedate_to_datetime(retry_after)
    except ValueError:
        return None
    aware = until if until.tzinfo else until.replace(tzinfo=UTC)
    return max(0.0, (aware - (now or datetime.now(UTC))).total_seconds())
