"""The RSA keys: those that Google publishes for its ID tokens, and those of the service accounts."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
from functools import cache
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat


@cache
def private_key(number: int) -> RSAPrivateKey:
    """Made once in a process: key ids tell keys apart, and making them is slow."""
    return generate_private_key(65537, 2048)


def pem(key: RSAPrivateKey) -> str:
    """The private key as a JSON key file holds it."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def url64(raw: bytes) -> str:
    """base64url without padding."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _number(value: int) -> str:
    return url64(value.to_bytes((value.bit_length() + 7) // 8, "big"))


class Keys:
    """The published keys, newest last, and one that nobody published."""

    def __init__(self) -> None:
        self._published: list[tuple[str, RSAPrivateKey]] = []
        self._foreign = (secrets.token_hex(20), private_key(0))
        self._made = 0
        self.rotate()

    def rotate(self, keep: int = 1) -> None:
        """A new key signs from now on; of the former ones the newest `keep` stay published."""
        self._made += 1
        self._published.append((secrets.token_hex(20), private_key(self._made)))
        del self._published[: -1 - keep]

    def published(self) -> list[dict[str, Any]]:
        """The key set as Google's certs address gives it."""
        found = []
        for kid, key in self._published:
            public = key.public_key().public_numbers()
            found.append(
                {"kty": "RSA", "alg": "RS256", "use": "sig", "kid": kid, "n": _number(public.n), "e": _number(public.e)}
            )
        return found

    def sign(self, claims: dict[str, Any], key: str = "current", alg: str = "RS256") -> str:
        """A JWT by the `current` key, the `previous` one or a `foreign` one; `alg` `none` and `HS256` are forgeries."""
        kid, private = {"foreign": self._foreign, "previous": self._published[0]}.get(key, self._published[-1])
        if key == "impostor":  # a published key id over a foreign signature
            private = self._foreign[1]
        if alg == "RS256":
            return jwt.encode(claims, private, algorithm="RS256", headers={"kid": kid})
        head = url64(json.dumps({"alg": alg, "kid": kid, "typ": "JWT"}).encode())
        signed = f"{head}.{url64(json.dumps(claims).encode())}"
        if alg == "none":
            return f"{signed}."
        public = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        return f"{signed}.{url64(hmac.new(public, signed.encode(), hashlib.sha256).digest())}"
