"""An Entra access token as proof: the sender is one of the apps that this form trusts, in the school's tenant."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from connector.forms.signed_token import Keys, claims_of


@dataclass(frozen=True, slots=True)
class Trust:
    """What a token must say: issued by this tenant (its first or second version), for us, to one of these apps."""

    tenant: str
    audience: str
    app_ids: tuple[str, ...]
    keys: Keys

    def proves(self, token: str, now: datetime) -> bool:
        """True where the token holds. Raises CannotAccept where the tenant's keys cannot be had just now."""
        claims = claims_of(token, self.keys, now)
        return claims is not None and self._holds(claims)

    def _holds(self, claims: Mapping[str, Any]) -> bool:
        issuers = {
            f"https://sts.windows.net/{self.tenant}/": claims.get("appid"),
            f"https://login.microsoftonline.com/{self.tenant}/v2.0": claims.get("azp"),
        }
        app = issuers.get(str(claims.get("iss")))
        return (
            str(claims.get("tid")) == self.tenant
            and str(claims.get("aud")) in {self.audience, self.audience.removeprefix("api://")}
            and app in self.app_ids
        )
