"""Signing in to a school's tenant as an app, by msal.

One long-lived client for each app; tokens stay in its memory and are never written down or logged.
"""

from __future__ import annotations

import re
import threading
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from cryptography import x509
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
    pkcs12,
)

from connector.errors import ConfigError, DeliveryError, SignInFailed
from connector.outbound.http import exchange

# Microsoft's own name of its login host; msal insists on https, tests answer on loopback (ms365.md 5).
_LOGIN = "https://login.microsoftonline.com"
_TIMEOUT_SECONDS = 20.0
_MAILS_AT_ONCE = 4
_CODE = re.compile(r"AADSTS\d{4,8}")
_MENDS = {
    "AADSTS700027": "the certificate is not registered for the app: upload its .cer under Certificates & secrets",
    "AADSTS7000215": "the client secret is wrong: make another under Certificates & secrets",
    "AADSTS7000222": "the client secret has expired: make another, or better use a certificate",
    "AADSTS700016": "the tenant knows no app with this client_id: compare both with the app's Overview page",
    "AADSTS90002": "there is no such tenant: compare with the app's Overview page",
    "AADSTS700024": "the certificate or this machine's clock is not valid now",
    "AADSTS1002012": "the scope is not one of this app's: grant the permissions of docs/microsoft-365.md",
}


@dataclass(frozen=True, slots=True)
class AppCertificate:
    """The app's certificate with its key, as PEM. A repr shows no key."""

    key_pem: str
    certificate_pem: str
    not_after: datetime

    def __repr__(self) -> str:
        return "AppCertificate(...)"


def read_certificate(data: bytes, passphrase: str) -> AppCertificate:
    """From PEM (key and certificate in one file) or PFX. Raises ConfigError with the mend."""
    password = passphrase.encode() if passphrase else None
    try:
        if b"-----BEGIN" in data:
            key: Any = load_pem_private_key(data, password)
            certificate = x509.load_pem_x509_certificate(data)
        else:
            key, found, _ = pkcs12.load_key_and_certificates(data, password)
            if key is None or found is None:
                raise ValueError
            certificate = found
    except (ValueError, TypeError):
        mend = "give one PEM file with key and certificate, or a PFX with its passphrase (`connector keys certificate`)"
        raise ConfigError((f"microsoft.certificate cannot be opened: {mend}",)) from None
    return AppCertificate(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode("ascii"),
        certificate.public_bytes(Encoding.PEM).decode("ascii"),
        certificate.not_valid_after_utc,
    )


class _Reply:
    """An answer in the shape that msal reads."""

    def __init__(self, status: int, headers: Mapping[str, str], text: str) -> None:
        self.status_code, self.headers, self.text = status, headers, text

    def raise_for_status(self) -> None:
        """Msal calls it for what it cannot go on without."""
        if self.status_code >= 400:
            raise SignInFailed


class _Door:
    """msal's way to the network: ours. `login` is where the login host answers."""

    def __init__(self, login: str) -> None:
        self._login = login

    def get(self, url: str, params: Mapping[str, str] | None = None, **_: Any) -> _Reply:
        return self._send("GET", url, params, None, {})

    def post(self, url: str, data: Any = None, headers: Mapping[str, str] | None = None, **given: Any) -> _Reply:
        return self._send("POST", url, given.get("params"), data, headers or {})

    def close(self) -> None:
        """Nothing is kept open here."""

    def _send(
        self, method: str, url: str, params: Mapping[str, str] | None, data: Any, headers: Mapping[str, str]
    ) -> _Reply:
        body = urlencode(data).encode() if isinstance(data, Mapping) else data
        kind = {"Content-Type": "application/x-www-form-urlencoded"} if body else {}
        there = self._login + url.removeprefix(_LOGIN) + (f"?{urlencode(params)}" if params else "")
        found = exchange(method, there, body=body, headers=kind | dict(headers), timeout_seconds=_TIMEOUT_SECONDS)
        text = found.body.decode("utf-8", "replace")
        if found.status >= 500 or found.status == 429:
            said = f"The login host answered {found.status}."
            raise DeliveryError(said, retry_after=found.retry_after)
        if method == "GET" and found.status >= 400:
            # msal would say no more than that the authority is not valid.
            raise _refused(text)
        return _Reply(found.status, found.headers, text)


def _refused(said: str) -> SignInFailed:
    """The refusal by Microsoft's own code, with its mend; nothing else of what it said."""
    code = _CODE.search(said)
    name = code[0] if code else "no reason given"
    mend = _MENDS.get(name, "compare tenant and client_id with the app's Overview page")
    return SignInFailed(f"The sign-in to the tenant was refused ({name}): {mend}.")


class SignIn:
    """One app of one tenant. `token(scope)` gives a bearer token, from memory while it lasts."""

    def __init__(self, login: str, tenant: str, client_id: str, credential: AppCertificate | str) -> None:
        self._login, self._tenant, self._client_id = login, tenant, client_id
        self._credential = credential
        self._lock = threading.Lock()
        self._app: Any = None
        # Outlook takes four mails at once of one app, whichever school they are of (ms365.md 3.1).
        self.mail_gate = threading.BoundedSemaphore(_MAILS_AT_ONCE)

    def __repr__(self) -> str:
        return "SignIn(...)"

    @property
    def expires(self) -> datetime | None:
        """When the certificate ends; None for a secret, which does not say."""
        return self._credential.not_after if isinstance(self._credential, AppCertificate) else None

    def token(self, scope: str) -> str:
        """A bearer token. Raises SignInFailed with the mend, or DeliveryError where the login host cannot be asked."""
        with self._lock:
            try:
                found = self._client().acquire_token_for_client([scope])
            except DeliveryError:
                raise
            except Exception as error:  # noqa: BLE001 - msal raises many kinds; none of their texts may travel
                raise SignInFailed(f"The sign-in to the tenant broke ({type(error).__name__}).") from None
        if token := found.get("access_token"):
            return str(token)
        code = _CODE.search(str(found.get("error_description", "")))
        said = code[0] if code else "no reason given"
        raise SignInFailed(
            f"The sign-in to the tenant was refused ({said}): {_MENDS.get(said, 'run connector check')}."
        )

    def forget(self) -> None:
        """Let go of tokens: the next one is asked for anew."""
        with self._lock:
            if self._app is not None:
                self._app.remove_tokens_for_client()

    def _client(self) -> Any:
        """Imported late: a school without a tenant does not pay for msal."""
        if self._app is None:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", DeprecationWarning)
                import msal
            given = self._credential
            self._app = msal.ConfidentialClientApplication(
                self._client_id,
                authority=f"{_LOGIN}/{self._tenant}",
                client_credential={"private_key": given.key_pem, "public_certificate": given.certificate_pem}
                if isinstance(given, AppCertificate)
                else given,
                http_client=_Door(self._login),
                instance_discovery=False,
            )
        return self._app
