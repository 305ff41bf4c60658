"""Signing in to a school's Google Workspace, by google-auth. Tokens stay in memory, one for each set of scopes.

Three identities (google.md 1.7): a service account that is a member itself; a service account that acts as one
mailbox (domain-wide delegation); one dedicated account that consented to an "Internal" app.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from urllib.parse import urlencode

from connector.errors import ConfigError, DeliveryError, SignInFailed
from connector.outbound.http import exchange

TOKEN_ADDRESS = "https://oauth2.googleapis.com/token"  # noqa: S105 - an address
_TIMEOUT_SECONDS = 20.0
_MENDS = {
    "unauthorized_client": "the scopes are not delegated to this client id, or not all of them: open the link that "
    "`connector check` prints, in the Admin console; it may take up to 24 hours to hold",
    "invalid_grant": "the key, the account or the consent is not valid any more, or this machine's clock is wrong: "
    "make a new key, or run `connector google sign-in` again",
    "invalid_client": "the OAuth client is not known: download its JSON file again",
    "deleted_client": "the OAuth client was deleted: make another one, of the kind Desktop app",
    "access_denied": "the account refused, or the admin does not trust the app: Admin console, API controls",
    "invalid_scope": "a scope is not one that this app may have: docs/google-workspace.md lists them",
    "admin_policy_enforced": "an admin's policy forbids the app: Admin console, API controls, App access control",
}


class Identity(StrEnum):
    """Who the service is in the school's Workspace."""

    MEMBER = "member"
    DELEGATE = "delegate"
    ACCOUNT = "account"


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What the school's file gives to sign in with. A repr shows no key."""

    identity: Identity
    key: Mapping[str, Any]
    acts_as: str = ""
    refresh_token: str = ""

    def __repr__(self) -> str:
        return f"Given({self.identity})"


def read_key(text: str) -> dict[str, Any]:
    """A service account's key file. Raises ConfigError with the mend."""
    found = _object(text)
    if found.get("type") != "service_account" or not all(found.get(name) for name in ("client_email", "private_key")):
        raise ConfigError(("google.key is no service account key: download it as JSON, and point `key` at that file",))
    return found


def read_client(text: str) -> dict[str, Any]:
    """An OAuth client's file of the kind Desktop app. Raises ConfigError with the mend."""
    found = _object(text).get("installed")
    if not isinstance(found, dict) or not all(found.get(name) for name in ("client_id", "client_secret")):
        raise ConfigError(("google.client is no OAuth client of the kind Desktop app: make one, download its JSON",))
    return found


def read_refresh_token(text: str) -> tuple[str, str]:
    """The refresh token and the account it is of. Raises ConfigError with the mend."""
    found = _object(text)
    if not isinstance(found.get("refresh_token"), str):
        raise ConfigError(("google.token holds no refresh token: run `connector google sign-in`",))
    return found["refresh_token"], str(found.get("account", ""))


def _object(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    return found if isinstance(found, dict) else {}


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer in the shape that google-auth reads."""

    status: int
    headers: Mapping[str, str]
    data: bytes


def token_door(url: str, method: str = "GET", body: Any = None, headers: Any = None, **_: Any) -> Reply:
    """google-auth's way to the network: ours. It would wait and try again by itself; our ledger does that."""
    sent = body.encode() if isinstance(body, str) else body
    found = exchange(method, url, body=sent, headers=dict(headers or {}), timeout_seconds=_TIMEOUT_SECONDS)
    if found.status >= 500 or found.status == 429:
        raise DeliveryError(f"Google's sign-in answered {found.status}.", retry_after=found.retry_after)
    return Reply(found.status, found.headers, found.body)


class GoogleSignIn:
    """One identity of one school. `token(scopes)` gives a bearer token, from memory while it lasts."""

    def __init__(self, given: Given, address: str = TOKEN_ADDRESS) -> None:
        """`address` is the token endpoint; only tests have another."""
        self._given, self._address = given, address
        self._lock = threading.Lock()
        self._known: dict[tuple[tuple[str, ...], bool], Any] = {}
        self._opened: list[Any] = []
        self._turns: dict[tuple[tuple[str, ...], bool], threading.Lock] = {}

    def __repr__(self) -> str:
        return "GoogleSignIn(...)"

    @property
    def identity(self) -> Identity:
        """Which of the three ways."""
        return self._given.identity

    @property
    def address(self) -> str:
        """The address under which the service is known in the Workspace; nothing where a token file does not say."""
        return self._given.acts_as or str(self._given.key.get("client_email", ""))

    @property
    def client_id(self) -> str:
        """The number under which an admin delegates scopes, or the OAuth client's id."""
        return str(self._given.key.get("client_id", ""))

    @property
    def project(self) -> str:
        """The Google Cloud project, or nothing where the file does not say."""
        return str(self._given.key.get("project_id", ""))

    def token(self, scopes: tuple[str, ...], *, as_app: bool = False) -> str:
        """A bearer token. `as_app`: of the service account itself, whomever it acts as otherwise (a Chat app).

        Raises SignInFailed with the mend, or DeliveryError where the sign-in cannot be asked.
        """
        with self._lock:
            turn = self._turns.setdefault((scopes, as_app), threading.Lock())
        # One at a time asks for a token of these scopes; who needs others does not wait for that.
        with turn:
            found = self._known.get((scopes, as_app))
            if found is None or not found.valid:
                found = self._credentials(scopes, as_app=as_app)
                _refresh(found)
                self._known[scopes, as_app] = found
            return str(found.token)

    def granted(self) -> frozenset[str]:
        """Every scope that the account's consent holds. Raises SignInFailed, DeliveryError.

        Asked by hand: google-auth tells only of the scopes that were asked for.
        """
        given = {
            "grant_type": "refresh_token", "refresh_token": self._given.refresh_token,
            "client_id": self._given.key["client_id"], "client_secret": self._given.key["client_secret"],
        }  # fmt: skip
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        found = token_door(self._address, "POST", urlencode(given), kind)
        said = found.data.decode("utf-8", "replace")
        if found.status != 200:
            raise _refused(said)
        return frozenset(str(_object(said).get("scope", "")).split())

    def forget(self) -> None:
        """Let go of tokens: the next one is asked for anew."""
        self._known.clear()

    def _credentials(self, scopes: tuple[str, ...], *, as_app: bool) -> Any:
        """Imported late: a school without Google does not pay for it."""
        from google.oauth2 import credentials, service_account

        given = self._given
        if given.identity is Identity.ACCOUNT:
            return credentials.Credentials(  # type: ignore[no-untyped-call]
                None, refresh_token=given.refresh_token, token_uri=self._address, scopes=list(scopes) or None,
                client_id=given.key["client_id"], client_secret=given.key["client_secret"],
            )  # fmt: skip
        if not self._opened:
            info = {**given.key, "token_uri": self._address}
            try:
                # Opening a private key takes longer than asking for a token: it is done once.
                made = service_account.Credentials.from_service_account_info(info)  # type: ignore[no-untyped-call]
            except ValueError:
                raise ConfigError(("google.key cannot be opened: download the key again as JSON",)) from None
            self._opened.append(made)
        scoped = self._opened[0].with_scopes(list(scopes))
        return scoped.with_subject(given.acts_as) if given.acts_as and not as_app else scoped


def _refresh(found: Any) -> None:
    """Ask Google for a token. None of google-auth's texts may travel: they hold what Google answered."""
    from google.auth.exceptions import GoogleAuthError

    try:
        found.refresh(token_door)
    except DeliveryError:
        raise
    except (GoogleAuthError, ValueError) as error:
        raise _refused(str(error)) from None


def _refused(said: str) -> SignInFailed:
    """The refusal by Google's own word for it, with its mend."""
    code = next((code for code in _MENDS if code in said), "no reason given")
    mend = _MENDS.get(code, "compare with docs/google-workspace.md")
    return SignInFailed(f"The sign-in to Google was refused ({code}): {mend}.", code=code)
