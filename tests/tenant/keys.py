"""The tenant's signing keys and the access tokens made with them (ms365.md sections 3.2 and 5)."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable
from datetime import datetime
from functools import cache
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key

from tests.tenant.ids import guid

GRAPH = "https://graph.microsoft.com"
FLOW = "https://service.flow.microsoft.com/"
LOGIN = "https://login.microsoftonline.com"


def _number(value: int) -> str:
    raw = value.to_bytes((value.bit_length() + 7) // 8, "big")
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


@cache
def _private(number: int) -> RSAPrivateKey:
    """Made once in a process: the key ids tell tenants apart, and making keys is slow."""
    return generate_private_key(65537, 2048)


class Keys:
    """The published keys, newest last, and one that nobody published."""

    def __init__(self) -> None:
        self._published: list[tuple[str, RSAPrivateKey]] = []
        self._foreign = ("foreign" + guid()[:8], _private(0))
        self._made = 0
        self.rotate()

    def rotate(self, keep: int = 1) -> None:
        """A new key signs from now on; of the former ones the newest `keep` stay published, as Entra overlaps them."""
        self._made += 1
        self._published.append((guid().replace("-", "")[:27], _private(self._made)))
        del self._published[: -1 - keep]

    def published(self) -> list[dict[str, Any]]:
        """The key set as the keys endpoint gives it."""
        found = []
        for kid, key in self._published:
            public = key.public_key().public_numbers()
            found.append(
                {"kty": "RSA", "use": "sig", "kid": kid, "x5t": kid, "n": _number(public.n), "e": _number(public.e)}
            )
        return found

    def sign(self, claims: dict[str, Any], key: str = "current") -> str:
        """A JWT of these claims by the newest key, by the `previous` one, or by one that was never published."""
        kid, private = {"foreign": self._foreign, "previous": self._published[0]}.get(key, self._published[-1])
        return jwt.encode(claims, private, algorithm="RS256", headers={"kid": kid, "x5t": kid})

    def read(self, token: str) -> dict[str, Any]:
        """The claims of a token of ours, whatever its audience and age; jwt.InvalidTokenError where it is not ours."""
        kid = jwt.get_unverified_header(token).get("kid")
        for known, private in self._published:
            if known == kid:
                unchecked: Any = {"verify_exp": False, "verify_nbf": False, "verify_iat": False, "verify_aud": False}
                found: dict[str, Any] = jwt.decode(token, private.public_key(), algorithms=["RS256"], options=unchecked)
                return found
        raise jwt.InvalidTokenError("unknown key")


def access_claims(
    *,
    audience: str,
    tenant: str,
    app_id: str,
    roles: Iterable[str],
    now: Callable[[], datetime],
    seconds: float,
    version: int,
) -> dict[str, Any]:
    """The claims of an app-only access token: v1 says `appid` and sts.windows.net, v2 `azp` and login.microsoftonline.com.

    Source: learn.microsoft.com/entra/identity-platform/access-token-claims-reference.
    """
    issued = int(now().timestamp())
    claims: dict[str, Any] = {
        "aud": audience,
        "iss": f"https://sts.windows.net/{tenant}/" if version == 1 else f"{LOGIN}/{tenant}/v2.0",
        "iat": issued - 300,
        "nbf": issued - 300,
        "exp": issued + int(seconds),
        "idtyp": "app",
        "oid": app_id,
        "sub": app_id,
        "tid": tenant,
        "uti": guid().replace("-", "")[:22],
        "ver": f"{version}.0",
    }
    claims |= {"appid": app_id, "appidacr": "2"} if version == 1 else {"azp": app_id, "azpacr": "2"}
    found = sorted(roles)
    return claims | ({"roles": found} if found else {})
