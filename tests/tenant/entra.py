"""The login host: metadata, keys and the token endpoint (ms365.md section 5).

The documents name https://login.microsoftonline.com as the real ones do; only the connection comes to loopback.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

import jwt

from tests.tenant.answers import Answer, Call, Refusal
from tests.tenant.ids import guid
from tests.tenant.keys import FLOW, GRAPH, LOGIN, access_claims

if TYPE_CHECKING:
    from tests.tenant.world import Tenant

_SCOPES = {"https://graph.microsoft.com/.default": GRAPH, "https://service.flow.microsoft.com//.default": FLOW}
_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_ASSERTION_SECONDS = 24 * 3600


class _Denied(Exception):
    def __init__(self, status: int, error: str, code: int, words: str) -> None:
        super().__init__(words)
        self.status, self.error, self.code, self.words = status, error, code, words


def configuration(fake: Tenant, call: Call) -> Answer:
    """The OpenID configuration of the tenant."""
    tenant = call.parts["tenant"]
    if tenant != fake.tenant_id:
        return _denied(fake, _no_tenant(tenant))
    base = f"{LOGIN}/{tenant}"
    return Answer(
        200,
        {
            "token_endpoint": f"{base}/oauth2/v2.0/token",
            "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt", "client_secret_basic"],
            "jwks_uri": f"{base}/discovery/v2.0/keys",
            "response_types_supported": ["code", "id_token", "code id_token", "id_token token"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "issuer": f"{base}/v2.0",
            "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
            "device_authorization_endpoint": f"{base}/oauth2/v2.0/devicecode",
            "tenant_region_scope": "EU",
            "cloud_instance_name": "microsoftonline.com",
            "msgraph_host": "graph.microsoft.com",
        },
    )


def keys(fake: Tenant, call: Call) -> Answer:
    """The published signing keys."""
    if call.parts["tenant"] != fake.tenant_id:
        return _denied(fake, _no_tenant(call.parts["tenant"]))
    issuer = f"{LOGIN}/{fake.tenant_id}/v2.0"
    return Answer(200, {"keys": [{**each, "issuer": issuer} for each in fake.keys.published()]})


def token(fake: Tenant, call: Call) -> Answer:
    """An access token for the app itself (client credentials), or Entra's AADSTS refusal."""
    try:
        form = _form(fake, call)
        audience = _audience(form)
        _authenticate(fake, form)
    except _Denied as denied:
        fake.complain(call, f"token refused: AADSTS{denied.code}")
        return _denied(fake, denied)
    seconds = fake.token_seconds
    roles = fake.app.roles if audience == GRAPH else ()
    claims = access_claims(
        audience=audience,
        tenant=fake.tenant_id,
        app_id=fake.app.client_id,
        roles=roles,
        now=fake.now,
        seconds=seconds,
        version=1,
    )
    body = {
        "token_type": "Bearer",
        "expires_in": seconds,
        "ext_expires_in": seconds,
        "access_token": fake.keys.sign(claims),
    }
    return Answer(200, body, headers={"Cache-Control": "no-store, no-cache"})


def _form(fake: Tenant, call: Call) -> dict[str, str]:
    if call.parts["tenant"] != fake.tenant_id:
        raise _no_tenant(call.parts["tenant"])
    if "application/x-www-form-urlencoded" not in call.header("Content-Type"):
        raise _Denied(
            400, "invalid_request", 900144, "The request body must contain the following parameter: 'grant_type'."
        )
    form = dict(parse_qsl(call.body.decode("utf-8", "replace"), keep_blank_values=True))
    for name in ("grant_type", "client_id", "scope"):
        if not form.get(name):
            words = f"The request body must contain the following parameter: '{name}'."
            raise _Denied(400, "invalid_request", 900144, words)
    if form["grant_type"] != "client_credentials":
        raise _Denied(
            400, "unsupported_grant_type", 70003, f"The app requested an unsupported grant type '{form['grant_type']}'."
        )
    if form["client_id"] != fake.app.client_id:
        words = f"Application with identifier '{form['client_id']}' was not found in the directory."
        raise _Denied(400, "unauthorized_client", 700016, words)
    return form


def _audience(form: dict[str, str]) -> str:
    scope = form["scope"]
    if not scope.endswith("/.default"):
        words = f"The provided value for scope {scope} is not valid. Client credential flows must have /.default."
        raise _Denied(400, "invalid_scope", 1002012, words)
    if scope not in _SCOPES:
        words = f"The resource principal named {scope.removesuffix('/.default')} was not found in the tenant."
        raise _Denied(400, "invalid_resource", 500011, words)
    return _SCOPES[scope]


def _authenticate(fake: Tenant, form: dict[str, str]) -> None:
    if "client_assertion" in form:
        if form.get("client_assertion_type") != _BEARER:
            raise _Denied(400, "invalid_request", 900144, "The request body must contain: 'client_assertion_type'.")
        _check_assertion(fake, form["client_assertion"])
    elif "client_secret" in form:
        if not fake.app.secret or form["client_secret"] != fake.app.secret:
            raise _Denied(401, "invalid_client", 7000215, "Invalid client secret provided.")
    else:
        words = "The request body must contain the following parameter: 'client_assertion' or 'client_secret'."
        raise _Denied(401, "invalid_client", 7000218, words)


def _check_assertion(fake: Tenant, assertion: str) -> None:
    """Certificate credentials page: x5t or x5t#S256, PS256 or RS256, aud the token endpoint, iss and sub the app."""
    try:
        header = jwt.get_unverified_header(assertion)
        thumbprint = str(header.get("x5t#S256") or header.get("x5t") or "").rstrip("=")
        key = fake.app.certificates.get(thumbprint)
        if key is None:
            raise _Denied(
                401, "invalid_client", 700027, "The certificate with this thumbprint was not found on the app."
            )
        unchecked: Any = {"verify_aud": False, "verify_exp": False, "verify_nbf": False, "verify_iat": False}
        claims = jwt.decode(assertion, key, algorithms=["RS256", "PS256"], options=unchecked)
    except jwt.InvalidTokenError as broken:
        raise _Denied(401, "invalid_client", 700027, "Client assertion failed signature validation.") from broken
    if claims.get("iss") != fake.app.client_id or claims.get("sub") != fake.app.client_id:
        raise _Denied(
            401, "invalid_client", 700021, "Client assertion application identifier doesn't match 'client_id'."
        )
    if claims.get("aud") != f"{LOGIN}/{fake.tenant_id}/oauth2/v2.0/token":
        raise _Denied(401, "invalid_client", 700212, "The audience of the client assertion is not this token endpoint.")
    _check_age(fake, claims)


def _check_age(fake: Tenant, claims: dict[str, Any]) -> None:
    now = fake.assertion_clock().timestamp()
    expires, begins = claims.get("exp"), claims.get("nbf", claims.get("iat", now))
    if (
        not isinstance(expires, (int, float))
        or expires <= now
        or begins > now + 300
        or expires - now > _ASSERTION_SECONDS
    ):
        raise _Denied(401, "invalid_client", 700024, "Client assertion is not within its valid time range.")
    # Not refused when used before: msal itself sends one assertion for ten minutes (its AutoRefresher).
    if not claims.get("jti"):
        raise _Denied(401, "invalid_client", 700027, "The 'jti' of the client assertion is missing.")


def fault_answer(fake: Tenant, refusal: Refusal) -> Answer:
    """A planned fault as the login host would word it."""
    found = _denied(fake, _Denied(refusal.status, "temporarily_unavailable", 90033, "A transient error has occurred."))
    return Answer(found.status, found.body, headers=refusal.headers)


def _no_tenant(tenant: str) -> _Denied:
    return _Denied(400, "invalid_request", 90002, f"Tenant '{tenant}' not found.")


def _denied(fake: Tenant, denied: _Denied) -> Answer:
    trace, correlation, at = guid(), guid(), fake.now().strftime("%Y-%m-%d %H:%M:%SZ")
    words = f"AADSTS{denied.code}: {denied.words} Trace ID: {trace} Correlation ID: {correlation} Timestamp: {at}"
    body = {
        "error": denied.error,
        "error_description": words,
        "error_codes": [denied.code],
        "timestamp": at,
        "trace_id": trace,
        "correlation_id": correlation,
        "error_uri": f"{LOGIN}/error?code={denied.code}",
    }
    return Answer(denied.status, body)
