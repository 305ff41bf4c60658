"""What Pub/Sub pushes: the envelope and its token (google.md 1.5, 1.6)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.workspace.stamps import millis

if TYPE_CHECKING:
    from tests.workspace.world import Workspace

_PUSHER = "113774264463038321964"


def envelope(
    fake: Workspace, form_id: str, watch: str, event: str = "RESPONSES", subscription: str = "forms-push"
) -> dict[str, Any]:
    """The body of a push, as Pub/Sub wraps a notification of Forms: attributes, no data."""
    number, now = str(fake.chance.randrange(10**11, 10**12)), millis(fake.now())
    message = {
        "attributes": {"eventType": event, "formId": form_id, "watchId": watch},
        "messageId": number,
        "message_id": number,
        "publishTime": now,
        "publish_time": now,
    }
    return {"message": message, "subscription": f"projects/{fake.project}/subscriptions/{subscription}"}


def token(
    fake: Workspace,
    audience: str,
    email: str,
    *,
    verified: bool = True,
    issuer: str = "https://accounts.google.com",
    expires_in: float = 3600,
    key: str = "current",
    alg: str = "RS256",
    **claims: Any,
) -> str:
    """The JWT a push carries. Bad ones: `key` foreign/impostor, `alg` none/HS256; `claims` override, None removes."""
    now = int(fake.now().timestamp())
    made = {
        "aud": audience,
        "azp": _PUSHER,
        "email": email,
        "email_verified": verified,
        "exp": int(now + expires_in),
        "iat": now if expires_in > 0 else int(now + expires_in - 3600),
        "iss": issuer,
        "sub": _PUSHER,
    }
    kept = {name: value for name, value in (made | claims).items() if value is not None}
    return fake.keys.sign(kept, key, alg)
