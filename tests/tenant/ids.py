"""Ids, stamps and hashes as SharePoint and Graph give them (ms365.md section 2; shapes of graph-samples.json)."""

from __future__ import annotations

import base64
import secrets
import uuid
from datetime import UTC, datetime

_BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_WIDTH = 160
_SHIFT = 11


def guid() -> str:
    """A fresh GUID in lower case."""
    return str(uuid.uuid4())


def item_id() -> str:
    """A driveItem id: `01` and 32 letters of base 32, 34 characters in all."""
    return "01" + "".join(secrets.choice(_BASE32) for _ in range(32))


def drive_id() -> str:
    """A drive id: `b!` and 48 random bytes (the real one packs site, web and list GUIDs) in base64url."""
    return "b!" + base64.urlsafe_b64encode(secrets.token_bytes(48)).decode()


def stamp(moment: datetime) -> str:
    """A moment as Graph writes it: UTC, whole seconds, `Z`."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def moment(text: str) -> datetime:
    """A DateTimeOffset as Graph takes it, of up to seven decimal places."""
    head, dot, tail = text.replace("Z", "+00:00").partition(".")
    if dot:
        digits = tail[: len(tail) - 6] if tail[-6:-5] in {"+", "-"} else tail
        head += "." + digits[:6].ljust(6, "0") + tail[len(digits) :]
    found = datetime.fromisoformat(head)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def quick_xor(content: bytes) -> str:
    """QuickXorHash, the only hash SharePoint gives: each byte xored in, rotated by 11 bits more, then the length.

    Source: learn.microsoft.com/onedrive/developer/code-snippets/quickxorhash (160 bits, shift 11).
    """
    folded = 0
    for start in range(0, len(content), _WIDTH):
        folded ^= int.from_bytes(content[start : start + _WIDTH], "little")
    hashed = 0
    for column, byte in enumerate(folded.to_bytes(_WIDTH, "little")):
        turn = (column * _SHIFT) % _WIDTH
        hashed ^= ((byte << turn) | (byte >> (_WIDTH - turn))) & ((1 << _WIDTH) - 1)
    raw = bytearray(hashed.to_bytes(20, "little"))
    for place, byte in enumerate(len(content).to_bytes(8, "little")):
        raw[12 + place] ^= byte
    return base64.b64encode(bytes(raw)).decode()
