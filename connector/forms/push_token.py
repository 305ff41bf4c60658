"""The token of a Pub/Sub push: Google signed it, for our address, for the one account that the school named."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import datetime

from connector.forms.signed_token import Keys, claims_of

_ISSUERS = frozenset({"https://accounts.google.com", "accounts.google.com"})


@dataclass(frozen=True, slots=True)
class PushTrust:
    """Audience and sender of one school (google.md 1.6). Without both compared, anybody's Pub/Sub could push here."""

    audience: str
    sender: str
    keys: Keys

    def proves(self, token: str, now: datetime) -> bool:
        """True where the token holds. Raises CannotAccept where Google's keys cannot be had just now."""
        claims = claims_of(token, self.keys, now)
        return (
            claims is not None
            and claims.get("iss") in _ISSUERS
            and claims.get("aud") == self.audience
            and claims.get("email_verified") is True
            and _equal(str(claims.get("email", "")), self.sender)
        )


def _equal(said: str, wanted: str) -> bool:
    return hmac.compare_digest(said.casefold().encode("utf-8", "replace"), wanted.casefold().encode())
