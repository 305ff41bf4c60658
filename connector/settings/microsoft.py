"""A school's own Microsoft 365 tenant: how the service signs in, where responses arrive, where records lie."""

from __future__ import annotations

from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, StringConstraints

from connector.model.profile import Slug, Strict
from connector.settings.secrets import Secret, SecretFile

Guid = Annotated[str, StringConstraints(to_lower=True, pattern=r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$")]


def _site(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme != "https" or not parts.hostname or parts.query or len(parts.path.strip("/").split("/")) < 2:
        raise ValueError("must be the site's address, like https://school.sharepoint.com/sites/safeguarding")
    return url.rstrip("/")


SiteUrl = Annotated[str, AfterValidator(_site)]
LibraryName = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=255)]


class Tenant(Strict):
    """The app registration. A certificate is the better way; a secret travels with each sign-in and expires unseen."""

    tenant: Guid
    client_id: Guid
    certificate: SecretFile | None = None
    passphrase: Secret | None = None
    secret: Secret | None = None


class IntakeLibrary(Strict):
    """Where the school's flow drops one JSON file a response. `allowed` may read it beside the service.

    `drive` is for an app that is granted the one library and may not look its site up.
    """

    site: SiteUrl
    library: LibraryName
    drive: str = ""
    poll_seconds: int = Field(default=20, ge=5, le=3600)
    notifications: bool = False
    allowed: tuple[str, ...] = ()


class SharePointStore(Strict):
    """A library of a dedicated private site.

    `readers` are people of the school who can read it; `allowed` are the groups, by the name SharePoint
    shows, by which they can. Anybody else who can read it stops filing there.
    """

    kind: Literal["sharepoint"]
    site: SiteUrl
    library: LibraryName
    drive: str = ""
    readers: tuple[Slug, ...] = Field(min_length=1)
    allowed: tuple[str, ...] = ()
    retention_label: str = ""


class GraphMailChannel(Strict):
    """E-mail from the school's own mailbox by Microsoft Graph."""

    kind: Literal["graph_mail"]
    sender: Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^[^\s@<>/\r\n]+@[^\s@<>/\r\n]+$")]
    timeout_seconds: float = Field(default=20, gt=0, le=120)


class ActivityChannel(Strict):
    """Teams' activity feed of each person who is told. `app_id` is the Teams app that they have installed."""

    kind: Literal["teams_activity"]
    app_id: Guid
    timeout_seconds: float = Field(default=20, gt=0, le=120)


class EntraProof(Strict):
    """A form's responses may prove themselves by an Entra access token of these apps."""

    audience: str = Field(min_length=1)
    app_ids: tuple[Guid, ...] = Field(min_length=1)
