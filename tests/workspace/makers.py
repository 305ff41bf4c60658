"""Makes the identities of a Workspace, with the files that Google's console would give for them."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from typing import TYPE_CHECKING

from tests.workspace.keys import pem, private_key
from tests.workspace.people import Account, Grant, OAuthClient, ServiceAccount, Token

if TYPE_CHECKING:
    from tests.workspace.world import Workspace


def digits(size: int) -> str:
    """A number as Google gives them, never beginning with 0."""
    return "1" + "".join(secrets.choice("0123456789") for _ in range(size - 1))


def service_account(fake: Workspace, name: str) -> ServiceAccount:
    """The service account of that name in the fake's project."""
    email = f"{name}@{fake.project}.iam.gserviceaccount.com"
    if email not in fake.service_accounts:
        key = private_key(50 + len(fake.service_accounts))
        client_id = digits(21)
        info = {
            "type": "service_account",
            "project_id": fake.project,
            "private_key_id": secrets.token_hex(20),
            "private_key": pem(key),
            "client_email": email,
            "client_id": client_id,
            "auth_uri": f"{fake.url}/o/oauth2/auth",
            "token_uri": f"{fake.url}/token",
            "auth_provider_x509_cert_url": f"{fake.url}/oauth2/v1/certs",
            "universe_domain": "googleapis.com",
        }
        fake.service_accounts[email] = ServiceAccount(email, client_id, fake.project, info, key.public_key())
    return fake.service_accounts[email]


def oauth_client(fake: Workspace) -> OAuthClient:
    """A client of the kind "installed" (desktop app)."""
    client_id = f"{digits(12)}-{secrets.token_hex(16)}.apps.googleusercontent.com"
    secret = f"GOCSPX-{secrets.token_urlsafe(21)}"
    info = {
        "installed": {
            "client_id": client_id,
            "project_id": fake.project,
            "auth_uri": f"{fake.url}/o/oauth2/auth",
            "token_uri": f"{fake.url}/token",
            "auth_provider_x509_cert_url": f"{fake.url}/oauth2/v1/certs",
            "client_secret": secret,
            "redirect_uris": ["http://localhost"],
        }
    }
    made = OAuthClient(client_id, secret, fake.project, info)
    fake.oauth_clients[client_id] = made
    return made


def refresh_token(fake: Workspace, account: Account | str, scopes: Iterable[str], client: OAuthClient | None) -> str:
    """A grant of those scopes; without a client of the newest one."""
    chosen = client or next(reversed(list(fake.oauth_clients.values())), None) or oauth_client(fake)
    address = fake.account(account if isinstance(account, str) else account.address).address
    made = f"1//0{secrets.token_urlsafe(48)}"
    fake.grants[made] = Grant(address, chosen.client_id, frozenset(scopes))
    return made


def access_token(
    fake: Workspace, identity: str, client_id: str, scopes: Iterable[str], is_service: bool = False
) -> Token:
    """An opaque access token."""
    value = f"ya29.{secrets.token_urlsafe(80)}"
    expires = fake.now().timestamp() + fake.token_seconds
    made = Token(value, identity, client_id, fake.project, frozenset(scopes), expires, is_service)
    fake.tokens[value] = made
    return made
