"""Sign-in: the token endpoint, the consent page and the published keys (google.md 1.7, 4.2; RFC 6749, 7523, 7636)."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

import jwt

from tests.workspace import makers
from tests.workspace.answers import Answer, Call, broken, refuse
from tests.workspace.documents import known_scopes
from tests.workspace.keys import url64
from tests.workspace.people import Code, OAuthClient, Token

if TYPE_CHECKING:
    from tests.workspace.world import Workspace

_AUDIENCE = "https://oauth2.googleapis.com/token"
_JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_UNAUTHORIZED = (
    "Client is unauthorized to retrieve access tokens using this method, or client not authorized for any of the "
    "scopes requested."
)
_TIMEFRAME = (
    "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check your iat and "
    "exp values in the JWT claim."
)
_FORM = "application/x-www-form-urlencoded"
_SIGN_IN_SCOPES = {"openid", "email", "profile"}


def token(fake: Workspace, call: Call) -> Answer:
    """POST /token: an access token for an assertion, a refresh token or an authorization code."""
    if _FORM not in call.header("Content-Type"):
        broken(f"Content-Type must be {_FORM}.", reason="invalid_request")
    pairs = parse_qsl(call.body.decode(), keep_blank_values=True)
    given = dict(pairs)
    if len(given) != len(pairs):
        broken("A parameter is given twice.", reason="invalid_request")
    given = _by_header(call) | given
    kind = given.get("grant_type", "")
    grants = {_JWT_BEARER: _by_assertion, "refresh_token": _by_refresh, "authorization_code": _by_code}
    if kind not in grants:
        broken(f"Invalid grant_type: {kind}", reason="unsupported_grant_type")
    return Answer(grants[kind](fake, given), plain=True)


def _by_header(call: Call) -> dict[str, str]:
    """A client may name itself by HTTP Basic instead (RFC 6749 2.3.1), which google-auth-oauthlib does."""
    scheme, _, value = call.header("Authorization").partition(" ")
    if scheme.lower() != "basic":
        return {}
    client_id, _, secret = base64.b64decode(value).decode().partition(":")
    return {"client_id": unquote(client_id), "client_secret": unquote(secret)}


def _need(given: Mapping[str, str], *names: str) -> list[str]:
    missing = [name for name in names if not given.get(name)]
    if missing:
        broken(f"Missing required parameter: {missing[0]}", reason="invalid_request")
    return [given[name] for name in names]


def _body(fake: Workspace, made: Token, **more: Any) -> dict[str, Any]:
    return {"access_token": made.value, "expires_in": fake.token_seconds, "token_type": "Bearer", **more}


def _scopes(text: str, also: set[str] | None = None) -> frozenset[str]:
    """The scopes asked for; each must be one that Google knows."""
    asked = frozenset(text.split())
    if not asked:
        broken("Missing required parameter: scope", reason="invalid_request")
    if wrong := asked - known_scopes() - (also or set()):
        broken(f"Some requested scopes were invalid. {{invalid={sorted(wrong)}}}", reason="invalid_scope")
    return asked


# -- a service account's assertion -----------------------------------------------------------------------------


def _by_assertion(fake: Workspace, given: Mapping[str, str]) -> dict[str, Any]:
    (assertion,) = _need(given, "assertion")
    claims = _claims(fake, assertion)
    account = fake.service_accounts[claims["iss"]]
    scopes = _scopes(str(claims.get("scope", "")))
    if "sub" not in claims or claims["sub"] == account.email:
        made = makers.access_token(fake, account.email, account.client_id, scopes, is_service=True)
        return _body(fake, made)
    if not scopes <= fake.delegated.get(account.client_id, set()):  # google.md 1.7: the list must match exactly
        refuse(401, _UNAUTHORIZED, reason="unauthorized_client")
    if str(claims["sub"]).lower() not in fake.accounts:
        refuse(400, "Invalid email or User ID", reason="invalid_grant")
    return _body(fake, makers.access_token(fake, str(claims["sub"]).lower(), account.client_id, scopes))


def _claims(fake: Workspace, assertion: str) -> dict[str, Any]:
    """What a signed assertion claims, proved."""
    try:
        head = jwt.get_unverified_header(assertion)
        issuer = jwt.decode(assertion, options={"verify_signature": False}).get("iss")
        account = fake.service_accounts.get(str(issuer))
        if account is None:
            refuse(400, "Invalid grant: account not found", reason="invalid_grant")
        if account.key_revoked or head.get("kid") != account.info["private_key_id"]:
            refuse(400, "Invalid JWT Signature.", reason="invalid_grant")
        options: Any = {"verify_aud": False, "verify_exp": False, "verify_iat": False, "require": ["iat", "exp"]}
        claims = jwt.decode(assertion, account.public_key, algorithms=["RS256"], options=options)
    except jwt.InvalidSignatureError:
        refuse(400, "Invalid JWT Signature.", reason="invalid_grant")
    except jwt.InvalidTokenError as fault:
        broken(f"Invalid JWT: {fault}", reason="invalid_grant")
    _check_times(fake, claims)
    return dict(claims)


def _check_times(fake: Workspace, claims: Mapping[str, Any]) -> None:
    if claims.get("aud") not in {_AUDIENCE, f"{fake.url}/token"}:
        broken("Invalid JWT: Failed audience check.", reason="invalid_grant")
    now = fake.assertion_clock().timestamp()
    if not claims["exp"] > now or claims["iat"] > now + 300 or not 0 < claims["exp"] - claims["iat"] <= 3600:
        refuse(400, _TIMEFRAME, reason="invalid_grant")


# -- a person's grant ------------------------------------------------------------------------------------------


def _client(fake: Workspace, given: Mapping[str, str]) -> OAuthClient:
    client_id, secret = _need(given, "client_id", "client_secret")
    client = fake.oauth_clients.get(client_id)
    if client is None:
        refuse(401, "The OAuth client was not found.", reason="invalid_client")
    if secret != client.client_secret:
        refuse(401, "The provided client secret is invalid.", reason="invalid_client")
    return client


def _by_refresh(fake: Workspace, given: Mapping[str, str]) -> dict[str, Any]:
    client = _client(fake, given)
    (value,) = _need(given, "refresh_token")
    grant = fake.grants.get(value)
    if grant is None or grant.revoked or grant.client_id != client.client_id:
        refuse(400, "Token has been expired or revoked.", reason="invalid_grant")
    asked = _scopes(given["scope"], _SIGN_IN_SCOPES) if given.get("scope") else grant.scopes
    if not asked <= grant.scopes:
        refuse(400, "Some requested scopes were not granted.", reason="invalid_scope")
    made = makers.access_token(fake, grant.account, client.client_id, asked)
    return _body(fake, made, scope=" ".join(sorted(asked)))


def _by_code(fake: Workspace, given: Mapping[str, str]) -> dict[str, Any]:
    client = _client(fake, given)
    value, redirect, verifier = _need(given, "code", "redirect_uri", "code_verifier")
    code = fake.codes.pop(value, None)
    if code is None or code.client_id != client.client_id or code.expires <= fake.now().timestamp():
        refuse(400, "Malformed auth code.", reason="invalid_grant")
    if redirect != code.redirect_uri:
        broken("Bad Request", reason="redirect_uri_mismatch")
    if url64(hashlib.sha256(verifier.encode()).digest()) != code.challenge:
        refuse(400, "Invalid code verifier.", reason="invalid_grant")
    made = makers.access_token(fake, code.account, client.client_id, code.scopes)
    found = _body(fake, made, scope=" ".join(sorted(code.scopes)))
    if code.refreshable:
        found["refresh_token"] = makers.refresh_token(fake, code.account, code.scopes, client)
    return found


# -- consent ---------------------------------------------------------------------------------------------------

_ASKED = {
    "client_id", "redirect_uri", "response_type", "scope", "state", "access_type", "code_challenge",
    "code_challenge_method", "prompt", "login_hint", "include_granted_scopes", "hd",
}  # fmt: skip


def consent(fake: Workspace, call: Call) -> Answer:
    """GET /o/oauth2/auth: back to the loopback address with a code, as `fake.consenting_as` who clicks Allow."""
    query = call.query
    client = _checked_asking(fake, query)
    scopes = _scopes(query["scope"], _SIGN_IN_SCOPES)
    who = fake.consenting_as
    address = who if isinstance(who, str) or who is None else who.address
    if address is None or address.lower() not in fake.accounts:
        return _back(query, {"error": "access_denied"})
    granted = scopes if fake.consented_scopes is None else scopes & fake.consented_scopes
    if not granted:
        return _back(query, {"error": "access_denied"})
    return _back(query, {"code": _code(fake, client, address.lower(), granted, query), "scope": " ".join(granted)})


def _code(fake: Workspace, client: OAuthClient, address: str, scopes: frozenset[str], query: Mapping[str, str]) -> str:
    """A code; a refresh token follows it only at the first consent or with prompt=consent, as Google does."""
    first = (address, scopes) not in client.consented
    client.consented.add((address, scopes))
    offline = query.get("access_type") == "offline"
    value = fake.fresh("4/0A", 32)
    fake.codes[value] = Code(
        address,
        client.client_id,
        scopes,
        query["redirect_uri"],
        query["code_challenge"],
        offline and (first or "consent" in query.get("prompt", "")),
        fake.now().timestamp() + 600,
    )
    return value


def _checked_asking(fake: Workspace, query: Mapping[str, str]) -> OAuthClient:
    if unknown := set(query) - _ASKED:
        broken(f"Parameter not allowed for this message type: {sorted(unknown)}", reason="invalid_request")
    _need(query, "client_id", "redirect_uri", "response_type", "scope", "state", "code_challenge")
    client = fake.oauth_clients.get(query["client_id"])
    if client is None:
        refuse(401, "The OAuth client was not found.", reason="invalid_client")
    redirect = urlsplit(query["redirect_uri"])
    if redirect.scheme != "http" or redirect.hostname not in {"127.0.0.1", "localhost", "::1"} or redirect.fragment:
        broken("Error 400: redirect_uri_mismatch", reason="redirect_uri_mismatch")
    if query["response_type"] != "code":
        broken(f"Invalid response_type: {query['response_type']}", reason="unsupported_response_type")
    if query.get("access_type") != "offline":
        broken("access_type must be offline: without it there is no refresh token.", reason="invalid_request")
    if query.get("code_challenge_method") != "S256" or not re.fullmatch(r"[\w-]{43}", query["code_challenge"]):
        broken("Invalid parameter value for code_challenge: S256 only.", reason="invalid_request")
    return client


def _back(query: Mapping[str, str], more: Mapping[str, str]) -> Answer:
    uri = query["redirect_uri"]
    sign = "&" if urlsplit(uri).query else "?"
    target = f"{uri}{sign}{urlencode({'state': query['state'], **more})}"
    return Answer(b"", 302, {"Location": target, "Cache-Control": "no-store"}, "text/html", plain=True)


def certs(fake: Workspace, call: Call) -> Answer:
    """GET /oauth2/v3/certs: the published keys, which may be kept for a while (1.6)."""
    headers = {"Cache-Control": "public, max-age=19800, must-revalidate, no-transform"}
    return Answer({"keys": fake.keys.published()}, 200, headers, plain=True)
