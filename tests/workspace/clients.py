"""Google's own client on the fake, for the fake's own tests (google.md 4.2)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from google.oauth2.credentials import Credentials
from google.oauth2.service_account import Credentials as KeyCredentials
from google_auth_httplib2 import AuthorizedHttp  # type: ignore[import-untyped]
from googleapiclient.discovery import build_from_document
from googleapiclient.http import build_http

from tests.workspace.documents import rooted
from tests.workspace.people import ServiceAccount

if TYPE_CHECKING:
    from tests.workspace.world import Workspace

AUTH = "https://www.googleapis.com/auth/"


def scoped(names: Iterable[str]) -> list[str]:
    """Scopes by their last part."""
    return [AUTH + name for name in names]


def as_service(account: ServiceAccount, *scopes: str, subject: str | None = None) -> Any:
    """A service account's credentials, or a person's by delegation."""
    made = KeyCredentials.from_service_account_info(account.info, scopes=scoped(scopes))  # type: ignore[no-untyped-call]
    return made.with_subject(subject) if subject else made


def as_person(fake: Workspace, address: str, *scopes: str) -> Any:
    """A person's credentials by a refresh token."""
    client = fake.oauth_client()
    shown = client.info["installed"]
    token = fake.refresh_token(address, scoped(scopes), client)
    return Credentials(  # type: ignore[no-untyped-call]
        None,
        refresh_token=token,
        token_uri=shown["token_uri"],
        client_id=client.client_id,
        client_secret=client.client_secret,
        scopes=scoped(scopes),
    )


@contextmanager
def service(fake: Workspace, name: str, credentials: Any) -> Iterator[Any]:
    """The client of one API, such as `drive.v3`, every connection closed afterwards.

    A bare httplib2.Http would take the 308 of a resumable upload for a redirect: build_http knows better.
    """
    http = AuthorizedHttp(credentials, http=build_http())
    made = build_from_document(rooted(name, fake.url), http=http)
    try:
        yield made
    finally:
        made.close()
        http.close()
