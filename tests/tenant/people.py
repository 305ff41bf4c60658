"""Who and what a tenant holds beside its files: the app, its users, flows and subscriptions."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import Encoding

from tests.tenant.ids import guid


def _url64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


@dataclass(slots=True)
class App:
    """The app registration: how it signs in and what an administrator granted it.

    `site_grants` and `list_grants` are the explicit grants of Sites.Selected and Lists.SelectedOperations.Selected
    ({site or list id: read|write|owner|fullcontrol}, ms365.md 2.1); `mailboxes` the scope of its Exchange role
    "Application Mail.Send" (RBAC for Applications, 3.1), which shows in no token.
    """

    client_id: str = field(default_factory=guid)
    object_id: str = field(default_factory=guid)
    name: str = "Concern Connector"
    secret: str = ""
    roles: set[str] = field(default_factory=set)
    mailboxes: set[str] = field(default_factory=set)
    site_grants: dict[str, str] = field(default_factory=dict)
    list_grants: dict[str, str] = field(default_factory=dict)
    certificates: dict[str, RSAPublicKey] = field(default_factory=dict)

    def register(self, certificate: str | bytes) -> None:
        """Uploads a certificate, PEM, to the registration; known by both its thumbprints afterwards."""
        loaded = x509.load_pem_x509_certificate(certificate.encode() if isinstance(certificate, str) else certificate)
        key = loaded.public_key()
        if not isinstance(key, RSAPublicKey):
            raise TypeError("Entra takes RSA certificates only")
        der = loaded.public_bytes(Encoding.DER)
        self.certificates[_url64(hashlib.sha1(der).digest())] = key  # noqa: S324 - x5t is SHA-1 by RFC 7515
        self.certificates[_url64(hashlib.sha256(der).digest())] = key


@dataclass(slots=True)
class User:
    """One person of the directory; `has_app` says whether the Teams app is installed for them."""

    address: str
    has_app: bool = True
    id: str = field(default_factory=guid)


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail as Exchange took it. `raw` is the MIME, or empty where it came as JSON, kept in `body`."""

    mailbox: str
    sender: str
    recipients: tuple[str, ...]
    raw: bytes = b""
    body: dict[str, Any] = field(default_factory=dict)

    @property
    def message(self) -> EmailMessage:
        """The mail, parsed."""
        found = message_from_bytes(self.raw, policy=policy.default)
        assert isinstance(found, EmailMessage)
        return found

    def part(self, kind: str) -> str:
        """The text of its `plain` or `html` part."""
        part = self.message.get_body((kind,))
        return str(part.get_content()) if part is not None else ""


@dataclass(frozen=True, slots=True)
class Activity:
    """One activity-feed notice, as Teams took it."""

    user: str
    body: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Flow:
    """One Workflows webhook: open to whoever knows its signature, or to this tenant's tokens only."""

    id: str
    signature: str


@dataclass(slots=True)
class Subscription:
    """One live change-notification subscription."""

    id: str
    resource: str
    notification_url: str
    lifecycle_url: str
    client_state: str
    expires: datetime
    app_id: str
    reauthorized: int = 0

    def body(self, stamp: str) -> dict[str, Any]:
        """The subscription as Graph shows it; clientState comes back at creation too (documented sample)."""
        return {
            "id": self.id,
            "resource": self.resource,
            "applicationId": self.app_id,
            "changeType": "updated",
            "clientState": self.client_state or None,
            "notificationUrl": self.notification_url,
            "lifecycleNotificationUrl": self.lifecycle_url or None,
            "expirationDateTime": stamp,
            "creatorId": self.app_id,
            "includeResourceData": None,
            "notificationContentType": "application/json",
        }


@dataclass(frozen=True, slots=True)
class Delivery:
    """One notification as it was delivered."""

    subscription: str
    url: str
    body: dict[str, Any]
    status: int
    seconds: float
