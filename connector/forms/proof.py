"""Is it really the school's form that sends? Constant-time, and nothing about why it was not.

Three proofs: a signature (Apps Script, scripts), a shared key (Power Automate cannot sign), and an Entra
access token.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from connector.errors import NotAuthentic
from connector.forms.entra_token import Trust

_WINDOW_SECONDS = 300
_SIGNATURE = re.compile(r"^t=(\d{1,12}),v1=([0-9a-f]{64})$")


@dataclass(frozen=True, slots=True, kw_only=True)
class FormKeys:
    """The keys of one form; an empty one proves nothing. A repr shows none."""

    signing: bytes = b""
    bearer: bytes = b""
    poke: bytes = b""
    trust: Trust | None = None

    def __repr__(self) -> str:
        return "FormKeys(...)"


Proof = Callable[[Mapping[str, str], bytes, FormKeys, datetime], bool]


def sign(body: bytes, key: bytes, now: datetime) -> str:
    """The value of X-Connector-Signature for this body: `t=<unix>,v1=<hex hmac-sha256 of "t.body">`."""
    stamp = str(int(now.timestamp()))
    return f"t={stamp},v1={hmac.new(key, stamp.encode() + b'.' + body, 'sha256').hexdigest()}"


def _signed(headers: Mapping[str, str], body: bytes, keys: FormKeys, now: datetime) -> bool:
    found = _SIGNATURE.match(headers.get("X-Connector-Signature", ""))
    if not found or not keys.signing or abs(now.timestamp() - int(found[1])) > _WINDOW_SECONDS:
        return False
    expected = hmac.new(keys.signing, found[1].encode() + b"." + body, "sha256").hexdigest()
    return hmac.compare_digest(expected, found[2])


def _bears_key(headers: Mapping[str, str], _body: bytes, keys: FormKeys, _now: datetime) -> bool:
    scheme, _, key = headers.get("Authorization", "").partition(" ")
    given = key.strip().encode("utf-8", "replace")
    return bool(keys.bearer) and scheme.lower() == "bearer" and hmac.compare_digest(given, keys.bearer)


PROOFS: tuple[Proof, ...] = (_signed, _bears_key)


def _bears_token(headers: Mapping[str, str], keys: FormKeys, now: datetime) -> bool:
    scheme, _, token = headers.get("Authorization", "").partition(" ")
    return keys.trust is not None and scheme.lower() == "bearer" and keys.trust.proves(token.strip(), now)


def require_poke(headers: Mapping[str, str], body: bytes, keys: FormKeys, now: datetime) -> None:
    """Returns where it is signed with the key for pokes alone, or proved as a submission is.

    Whoever edits a form can read the key of its script; that one must not let them send a concern of their own
    making. Raises NotAuthentic, CannotAccept.
    """
    if not _signed(headers, b"poke." + body, FormKeys(signing=keys.poke), now):
        require_proof(headers, body, keys, now)


def require_proof(headers: Mapping[str, str], body: bytes, keys: FormKeys, now: datetime) -> None:
    """Returns where one proof holds. Raises NotAuthentic otherwise, always with the same words.

    Raises CannotAccept where a token cannot be judged now, because its tenant cannot be asked.
    """
    # Each proof is tried, so that the time taken does not say which of them is set up.
    held = [proof(headers, body, keys, now) for proof in PROOFS]
    if not any(held) and not _bears_token(headers, keys, now):
        raise NotAuthentic
