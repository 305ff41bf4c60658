"""The public keys by which Microsoft or Google signs the tokens that are sent to us."""

from __future__ import annotations

import json
import threading
from datetime import datetime
from typing import Any

from connector.errors import DeliveryError
from connector.outbound.http import exchange

_TIMEOUT_SECONDS = 8.0
_LAST_SECONDS = 24 * 3600.0
# A stranger can send as many unknown key ids as they like; the issuer is asked no oftener than this.
_SOONEST_SECONDS = 60.0
_SOONEST_WITHOUT_ANY_SECONDS = 5.0


class SigningKeys:
    """Kept a day; an unknown key id looks again, because issuers change keys at any time."""

    def __init__(self, url: str) -> None:
        """`url` answers a JSON Web Key Set."""
        self._url = url
        self._lock = threading.Lock()
        self._keys: dict[str, dict[str, Any]] = {}
        self._tried: datetime | None = None

    def find(self, key_id: str, now: datetime) -> dict[str, Any] | None:
        """The key as a JWK, or None where the issuer has none of that id.

        Raises DeliveryError where no keys are known and they cannot be fetched: then nothing can be proved.
        """
        with self._lock:
            if self._is_time_to_ask(key_id, now):
                self._tried = now
                self._keys = _fetched(self._url) or self._keys
            if not self._keys:
                raise DeliveryError("The issuer's keys could not be fetched.")
            return self._keys.get(key_id)

    def _is_time_to_ask(self, key_id: str, now: datetime) -> bool:
        if self._tried is None:
            return True
        age = (now - self._tried).total_seconds()
        if not self._keys:
            return age >= _SOONEST_WITHOUT_ANY_SECONDS
        return age >= (_LAST_SECONDS if key_id in self._keys else _SOONEST_SECONDS)


def _fetched(url: str) -> dict[str, dict[str, Any]]:
    try:
        answer = exchange("GET", url, timeout_seconds=_TIMEOUT_SECONDS, most_bytes=1024 * 1024)
        return {str(key["kid"]): key for key in json.loads(answer.body)["keys"]} if answer.is_success else {}
    except (DeliveryError, ValueError, KeyError, TypeError):
        return {}
