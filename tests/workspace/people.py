"""Who acts in a Workspace, what they hold, and what came in from them."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any


@dataclass(frozen=True, slots=True)
class Token:
    """One access token: whom it acts as (`identity`), by which client of which Cloud project."""

    value: str
    identity: str
    client_id: str
    project: str
    scopes: frozenset[str]
    expires: float
    is_service: bool = False


@dataclass(slots=True)
class ServiceAccount:
    """A service account with one JSON key. It belongs to no Workspace domain and owns no storage (google.md 2.1)."""

    email: str
    client_id: str
    project: str
    info: dict[str, Any]
    public_key: Any = None
    key_revoked: bool = False


@dataclass(slots=True)
class Account:
    """A person of the Workspace, with a mailbox and a My Drive."""

    address: str
    id: str = field(default_factory=lambda: "1" + "".join(secrets.choice("0123456789") for _ in range(20)))


@dataclass(slots=True)
class OAuthClient:
    """An OAuth client of the kind "installed"."""

    client_id: str
    client_secret: str
    project: str
    info: dict[str, Any]
    consented: set[tuple[str, frozenset[str]]] = field(default_factory=set)


@dataclass(slots=True)
class Grant:
    """A refresh token."""

    account: str
    client_id: str
    scopes: frozenset[str]
    revoked: bool = False


@dataclass(slots=True)
class Code:
    """An authorization code on its way: once only, for one redirect address and one PKCE challenge."""

    account: str
    client_id: str
    scopes: frozenset[str]
    redirect_uri: str
    challenge: str
    refreshable: bool
    expires: float


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail as Gmail took it."""

    mailbox: str
    sender: str
    recipients: tuple[str, ...]
    raw: bytes = b""

    @property
    def message(self) -> EmailMessage:
        """The mail, parsed."""
        found = message_from_bytes(self.raw, policy=policy.default)
        assert isinstance(found, EmailMessage)
        return found

    @property
    def headers(self) -> dict[str, str]:
        """Its headers; of several of one name the last."""
        return {name: str(value) for name, value in self.message.items()}

    def part(self, kind: str) -> str:
        """The text of its `plain` or `html` part."""
        part = self.message.get_body((kind,))
        return str(part.get_content()).replace("\r\n", "\n") if part is not None else ""


@dataclass(frozen=True, slots=True)
class ChatMessage:
    """One message in a Chat space. `request` is the body as it came."""

    space: str
    name: str
    text: str
    cards: list[dict[str, Any]]
    thread: str
    thread_key: str
    notification: str
    request: dict[str, Any]
    by_webhook: bool
    message_id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Record:
    """One request as it came and how it was answered. `status` 0 is a connection cut."""

    method_id: str
    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    status: int
    scopes: frozenset[str]
    identity: str
    at: datetime

    @property
    def app_authenticated(self) -> bool:
        """Whether a service account acted as itself."""
        return self.identity.endswith(".gserviceaccount.com")
