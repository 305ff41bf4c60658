"""An Entra access token as proof: the sender is one of the apps that this form trusts, in the school's tenant."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from connector.errors import CannotAccept, DeliveryError

_LEEWAY = timedelta(seconds=60)
# All of these are compared here: time by the service's own clock, the rest by what the form trusts.
_UNCHECKED: Any = {"verify_aud": False, "verify_exp": False, "verify_nbf": False, "verify_iat": False}


class Keys(Protocol):
    """The tenant's public keys."""

    def find(self, key_id: str, now: datetime) -> dict[str, Any] | None:
        """The key of that id as a JWK, or None. Raises DeliveryError where none are known and none can be had."""


@dataclass(frozen=True, slots=True)
class Trust:
    """What a token must say: issued by this tenant (its first or second version), for us, to one of these apps."""

    tenant: str
    audience: str
    app_ids: tuple[str, ...]
    keys: Keys

    def proves(self, token: str, now: datetime) -> bool:
        """True where the token holds. Raises CannotAccept where the tenant's keys cannot be had just now."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            import jwt
        try:
            head = jwt.get_unverified_header(token)
            key = self._key(str(head.get("kid", "")), now) if head.get("alg") == "RS256" else None
            if key is None:
                return False
            claims = jwt.decode(token, jwt.PyJWK(key, "RS256").key, algorithms=["RS256"], options=_UNCHECKED)
        except (jwt.PyJWTError, ValueError, TypeError):
            return False
        return self._holds(claims, now)

    def _key(self, key_id: str, now: datetime) -> dict[str, Any] | None:
        try:
            return self.keys.find(key_id, now)
        except DeliveryError:
            raise CannotAccept from None

    def _holds(self, claims: Mapping[str, Any], now: datetime) -> bool:
        issuers = {
            f"https://sts.windows.net/{self.tenant}/": claims.get("appid"),
            f"https://login.microsoftonline.com/{self.tenant}/v2.0": claims.get("azp"),
        }
        app = issuers.get(str(claims.get("iss")))
        return (
            str(claims.get("tid")) == self.tenant
            and str(claims.get("aud")) in {self.audience, self.audience.removeprefix("api://")}
            and app in self.app_ids
            and _is_time(claims, now)
        )


def _is_time(claims: Mapping[str, Any], now: datetime) -> bool:
    begins, ends = claims.get("nbf", 0), claims.get("exp")
    if not isinstance(begins, int | float) or not isinstance(ends, int | float):
        return False
    return begins - _LEEWAY.seconds <= now.timestamp() <= ends + _LEEWAY.seconds
