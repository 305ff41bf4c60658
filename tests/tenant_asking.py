"""What the tests of the fake tenant share: a tenant laid out, and plain requests to it."""

from __future__ import annotations

import base64
import hashlib
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from tests.tenant import Library, Tenant, contract, tenant

ADDRESS = "https://school.sharepoint.example/sites/safeguarding"
COLUMNS = {
    "ConcernReference": "text",
    "Received": "dateTime",
    "Urgent": "boolean",
    "Problems": "number",
    "Notes": "note",
}
MAILBOX = "safe@school.example"
STEP = 327_680
CARD: dict[str, Any] = {
    "type": "message",
    "attachments": [
        {
            "contentType": "application/vnd.microsoft.card.adaptive",
            "contentUrl": None,
            "content": {"type": "AdaptiveCard", "version": "1.4", "body": [{"type": "TextBlock", "text": "A concern"}]},
        }
    ],
}
ACTIVITY: dict[str, Any] = {
    "topic": {"source": "text", "value": "Safeguarding", "webUrl": "https://teams.microsoft.com/l/entity/x"},
    "activityType": "systemDefault",
    "previewText": {"content": "A concern waits"},
    "templateParameters": [{"name": "systemDefaultText", "value": "A concern waits"}],
}


@dataclass(frozen=True)
class Credential:
    pem: str
    private: str
    key: rsa.RSAPrivateKey
    thumbprint: str


def credential() -> Credential:
    key = rsa.generate_private_key(65537, 2048)
    name, now = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "connector")]), datetime.now(UTC)
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(7)
    made = made.not_valid_before(now).not_valid_after(now + timedelta(days=9))
    signed = made.sign(key, hashes.SHA256())
    digest = hashlib.sha256(signed.public_bytes(serialization.Encoding.DER)).digest()
    plain = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    pem = signed.public_bytes(serialization.Encoding.PEM).decode()
    return Credential(
        pem, key.private_bytes(*plain).decode(), key, base64.urlsafe_b64encode(digest).decode().rstrip("=")
    )


CREDENTIAL = credential()


@dataclass
class School:
    """The fake with one site, one library and an app that may write to the site; and plain requests to it."""

    fake: Tenant
    library: Library
    bearer: str = ""
    headers: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.bearer = self.bearer or self.fake.issue_token()

    @property
    def drive(self) -> str:
        return f"/drives/{self.library.drive_id}"

    def __call__(self, method: str, path: str, **how: Any) -> requests.Response:
        """One request; `refused` in a test reads its error."""
        url = path if path.startswith("http") else f"{self.fake.url}/v1.0{path}"
        usual = {"User-Agent": "NONISV|School|ConcernConnector/1", "client-request-id": str(uuid.uuid4())}
        usual |= {"Authorization": f"Bearer {self.bearer}"} if url.startswith(f"{self.fake.url}/v1.0") else {}
        headers = usual | self.headers | how.pop("headers", {})
        return requests.request(method, url, headers=headers, allow_redirects=False, timeout=60, **how)

    def put(self, name: str, content: bytes = b"{}", how: str = "fail") -> requests.Response:
        query = f"?@microsoft.graph.conflictBehavior={how}" if how else ""
        return self("PUT", f"{self.drive}/root:/{name}:/content{query}", data=content)

    def item(self, name: str) -> str:
        return f"{self.drive}/items/{self.library.must(name).id}"

    def again(self) -> None:
        """A new token, after rights changed."""
        self.bearer = self.fake.issue_token()


@pytest.fixture(name="school")
def asked_school() -> Iterator[School]:
    with tenant() as fake:
        fake.app.register(CREDENTIAL.pem)
        fake.app.roles.add("Sites.Selected")
        site = fake.site(ADDRESS)
        fake.app.site_grants[site.id] = "write"
        yield School(fake, site.library("Records", columns=COLUMNS))
        assert not [each for each in fake.complaints if ": own " in each or each.startswith("own ")]


def refused(answer: requests.Response, status: int, code: str, words: str = "") -> None:
    """The answer is a refusal in Graph's own form."""
    assert answer.status_code == status, answer.text
    assert not contract.error_fault(answer.json())
    error = answer.json()["error"]
    assert error["code"] == code
    assert words in error["message"]
    assert error["innerError"]["request-id"] == answer.headers["request-id"]


def form(fake: Tenant, **changes: Any) -> dict[str, Any]:
    values = {
        "grant_type": "client_credentials", "client_id": fake.app.client_id, "scope": "https://graph.microsoft.com/.default",
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer", "client_assertion": assertion(fake),
    }  # fmt: skip
    return {key: value for key, value in (values | changes).items() if value is not None}


def assertion(fake: Tenant, key: Any = None, thumbprint: str = "", algorithm: str = "PS256", **changes: Any) -> str:
    now = int(time.time())
    aud = f"https://login.microsoftonline.com/{fake.tenant_id}/oauth2/v2.0/token"
    claims = {
        "iss": fake.app.client_id,
        "sub": fake.app.client_id,
        "aud": aud,
        "exp": now + 600,
        "nbf": now,
        "jti": str(uuid.uuid4()),
    }
    header = {"x5t#S256": thumbprint or CREDENTIAL.thumbprint}
    return jwt.encode(claims | changes, key or CREDENTIAL.key, algorithm=algorithm, headers=header)


def ask(fake: Tenant, tenant_id: str = "", **changes: Any) -> requests.Response:
    return requests.post(
        f"{fake.url}/{tenant_id or fake.tenant_id}/oauth2/v2.0/token", data=form(fake, **changes), timeout=60
    )


def drained(school: School, link: str) -> tuple[list[dict[str, Any]], str]:
    """All items to the deltaLink, and that."""
    items: list[dict[str, Any]] = []
    while True:
        answer = school("GET", link).json()
        items += answer["value"]
        if "@odata.deltaLink" in answer:
            return items, answer["@odata.deltaLink"]
        link = answer["@odata.nextLink"]
