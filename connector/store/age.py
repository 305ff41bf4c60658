"""Sealing to readers' public keys in the age format (age-encryption.org/v1)."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pyrage

from connector.errors import ConfigError, DeliveryError, SealError


def encrypt(content: bytes, recipients: Iterable[str]) -> bytes:
    """The content sealed to these public keys (`age1...`)."""
    sealed: bytes = pyrage.encrypt(content, [pyrage.x25519.Recipient.from_str(recipient) for recipient in recipients])
    return sealed


def check_recipients(recipients: Iterable[str]) -> None:
    """Raises ConfigError where one of them is no age key."""
    try:
        encrypt(b"check", recipients)
    except (pyrage.RecipientError, pyrage.EncryptError):
        raise ConfigError(("a reader's public key is not an age key: run `connector keys new`",)) from None


def decrypt(path: Path, identity: str) -> bytes:
    """The content of one part. `identity` is the text of an age key file. Raises SealError where it does not open."""
    try:
        keys = [
            pyrage.x25519.Identity.from_str(line.strip())
            for line in identity.splitlines()
            if line.strip() and not line.startswith("#")
        ]
        opened: bytes = pyrage.decrypt(path.read_bytes(), keys)
    except (pyrage.IdentityError, pyrage.DecryptError):
        raise SealError("This key does not open the record: ask whoever is named as its reader.") from None
    return opened


def new_identity() -> tuple[str, str]:
    """A fresh pair: the identity (to be kept by the reader alone) and the public key."""
    identity = pyrage.x25519.Identity.generate()
    return str(identity), str(identity.to_public())


def keys_without(readers: Iterable[tuple[str, str, str]], not_for: frozenset[str], place: str) -> list[str]:
    """The keys to seal a record to that some of a place's `readers` (slug, address, key) must not read.

    None where all of them may, so that it may lie there as it is. Raises DeliveryError, permanent, where nobody else
    of them has a key.
    """
    found = list(readers)
    if not any(slug in not_for for slug, _, _ in found):
        return []
    keys = [key for slug, _, key in found if slug not in not_for and key]
    if not keys:
        raise DeliveryError(
            f"A reader of this {place} must not read this record, and nobody else of its readers has a key to seal it "
            "to: give the others a `reader` key, or file it elsewhere.",
            permanent=True,
        )
    return keys
