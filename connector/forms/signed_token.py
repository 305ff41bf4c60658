"""A token that somebody signed with a key that is published: its claims, if the signature and the time hold."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Protocol

from connector.errors import CannotAccept, DeliveryError

_LEEWAY = timedelta(seconds=60)
# Longer than any that Microsoft or Google signs: what is junk is not even decoded.
_LONGEST = 16 * 1024
# All of these are compared by us: time by the service's own clock, the rest by what is trusted.
_UNCHECKED: Any = {"verify_aud": False, "verify_exp": False, "verify_nbf": False, "verify_iat": False}


class Keys(Protocol):
    """The issuer's public keys."""

    def find(self, key_id: str, now: datetime) -> dict[str, Any] | None:
        """The key of that id as a JWK, or None. Raises DeliveryError where none are known and none can be had."""


def claims_of(token: str, keys: Keys, now: datetime) -> Mapping[str, Any] | None:
    """What the token says, or None where it does not hold now. Raises CannotAccept where the keys cannot be had."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        import jwt
    if len(token) > _LONGEST:
        return None
    try:
        head = jwt.get_unverified_header(token)
        key = _key(keys, str(head.get("kid", "")), now) if head.get("alg") == "RS256" else None
        if key is None:
            return None
        claims = jwt.decode(token, jwt.PyJWK(key, "RS256").key, algorithms=["RS256"], options=_UNCHECKED)
    except (jwt.PyJWTError, ValueError, TypeError):
        return None
    return claims if _is_time(claims, now) else None


def _key(keys: Keys, key_id: str, now: datetime) -> dict[str, Any] | None:
    try:
        return keys.find(key_id, now)
    except DeliveryError:
        raise CannotAccept from None


def _is_time(claims: Mapping[str, Any], now: datetime) -> bool:
    begins, ends = claims.get("nbf", 0), claims.get("exp")
    if not isinstance(begins, int | float) or not isinstance(ends, int | float):
        return False
    return begins - _LEEWAY.seconds <= now.timestamp() <= ends + _LEEWAY.seconds
