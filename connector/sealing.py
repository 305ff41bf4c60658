"""Sealing for the journey: content, links and look-up marks under the service's own keys.

AES-256-GCM from `cryptography`. A sealed blob is: format byte, 4 bytes of key id, 12 of nonce,
ciphertext. The place it belongs to (reference and version) is bound in as associated data, so a
blob moved to another row does not open. Old keys open and recognise; only the first one seals.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from connector.errors import SealError

_FORMAT = b"\x01"
_KEY_BYTES = 32


@dataclass(frozen=True, slots=True)
class _Key:
    id: bytes
    cipher: AESGCM
    marks: bytes


def new_key() -> str:
    """A fresh key as it stands in a key file: base64 of 32 random bytes."""
    return base64.b64encode(secrets.token_bytes(_KEY_BYTES)).decode()


def derived(text: str, purpose: str) -> str:
    """Another key drawn from this one for that purpose (HKDF): neither opens what the other sealed.

    Raises SealError for a broken key.
    """
    drawn = HKDF(algorithm=SHA256(), length=_KEY_BYTES, salt=None, info=purpose.encode())
    return base64.b64encode(drawn.derive(_raw(text))).decode()


def _raw(text: str) -> bytes:
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise SealError("A journey key is not base64: make one with `connector keys new`.") from None
    if len(raw) != _KEY_BYTES:
        raise SealError("A journey key must hold 32 bytes: make one with `connector keys new`.")
    return raw


def _key(text: str) -> _Key:
    raw = _raw(text)
    return _Key(hashlib.sha256(b"id" + raw).digest()[:4], AESGCM(raw), hashlib.sha256(b"marks" + raw).digest())


class Sealer:
    """Seals and opens. Thread-safe: its parts hold no state between calls."""

    def __init__(self, keys: Sequence[str]) -> None:
        """`keys`: the current key first, then the old ones. Raises SealError for a broken key."""
        if not keys:
            raise SealError("There is no journey key: make one with `connector keys new`.")
        self._keys = [_key(text) for text in keys]

    def seal(self, content: bytes, place: str) -> bytes:
        """The content sealed for that place only."""
        current, nonce = self._keys[0], secrets.token_bytes(12)
        return _FORMAT + current.id + nonce + current.cipher.encrypt(nonce, content, place.encode())

    def open(self, sealed: bytes, place: str) -> bytes:
        """The content again. Raises SealError where no key opens it at that place."""
        for key in self._keys:
            if sealed[:1] == _FORMAT and sealed[1:5] == key.id:
                try:
                    return key.cipher.decrypt(sealed[5:17], sealed[17:], place.encode())
                except InvalidTag:
                    raise SealError from None
        raise SealError

    def mark(self, *parts: str) -> bytes:
        """A keyed mark by which the same parts are recognised again; it tells nothing without the key."""
        return self._mark(self._keys[0], parts)

    def marks(self, *parts: str) -> tuple[bytes, ...]:
        """The marks of the same parts under the current and every old key."""
        return tuple(self._mark(key, parts) for key in self._keys)

    @staticmethod
    def _mark(key: _Key, parts: tuple[str, ...]) -> bytes:
        # Each part's length stands before it, so ("ab", "c") and ("a", "bc") differ.
        raw = b"".join(len(data := part.encode("utf-8", "surrogatepass")).to_bytes(8, "big") + data for part in parts)
        return hmac.digest(key.marks, raw, "sha256")[:16]

    def token(self, purpose: str, text: str) -> str:
        """A link's token: sealed, so it can be neither read nor made by others. Safe in a URL."""
        return base64.urlsafe_b64encode(self.seal(text.encode(), f"link/{purpose}")).rstrip(b"=").decode()

    def read_token(self, purpose: str, token: str) -> str:
        """What the token says. Raises SealError for one that we did not make for this purpose."""
        try:
            sealed = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
        except (binascii.Error, ValueError):
            raise SealError from None
        return self.open(sealed, f"link/{purpose}").decode()
