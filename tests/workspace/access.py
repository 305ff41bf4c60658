"""Who asks, and whether the scopes of the token reach the method."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NoReturn

from tests.workspace.answers import Call, broken, refuse
from tests.workspace.documents import Method, document
from tests.workspace.people import Token

if TYPE_CHECKING:
    from tests.workspace.world import Workspace

AUTH = "https://www.googleapis.com/auth/"
_MISSING = (
    "Request is missing required authentication credential. Expected OAuth 2 access token, login cookie or other "
    "valid authentication credential."
)
_INVALID = (
    "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid "
    "authentication credential."
)
_SCOPES = "Request had insufficient authentication scopes."
_METADATA_ONLY = (
    "drive.metadata",
    "drive.metadata.readonly",
    "drive.photos.readonly",
    "drive.appdata",
    "drive.scripts",
)


def authenticate(fake: Workspace, call: Call) -> Token:
    """The token of the Authorization header; 401 where it is over, so that the client must refresh."""
    header = call.header("Authorization")
    if not header:
        broken(
            _MISSING,
            401,
            reason="required",
            headers={"WWW-Authenticate": 'Bearer realm="https://accounts.google.com/"'},
        )
    found = re.match(r"^Bearer (\S+)$", header)
    if not found or not found[1].startswith("ya29."):
        broken(_INVALID, 401, reason="authError")
    token = fake.tokens.get(found[1])
    if token is None or token.expires <= fake.now().timestamp():
        challenge = 'Bearer realm="https://accounts.google.com/", error="invalid_token"'
        refuse(401, _INVALID, reason="authError", headers={"WWW-Authenticate": challenge})
    return token


def need_scope(token: Token, method: Method) -> None:
    """403 where none of the token's scopes is among the method's."""
    if not token.scopes & method.scopes:
        insufficient(method)


def insufficient(method: Method) -> NoReturn:
    """403: ACCESS_TOKEN_SCOPE_INSUFFICIENT."""
    service = document(method.api)["rootUrl"].removeprefix("https://").strip("/")
    info = {
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        "reason": "ACCESS_TOKEN_SCOPE_INSUFFICIENT",
        "domain": "googleapis.com",
        "metadata": {"service": service, "method": method.id},
    }
    refuse(403, _SCOPES, reason="insufficientPermissions", details=[info])


def has(token: Token, *names: str) -> bool:
    """Whether the token carries one of these scopes, named without their common beginning."""
    return any(AUTH + name in token.scopes for name in names)


def only_own_files(token: Token, method: Method) -> bool:
    """Whether drive.file is all that lets the token in: it reaches only what the app itself made (google.md 2.5)."""
    return token.scopes & method.scopes <= {AUTH + "drive.file"}


def may_read_content(token: Token, method: Method) -> bool:
    """Whether more than metadata is open to the token."""
    return bool(token.scopes & method.scopes - {AUTH + name for name in _METADATA_ONLY})
