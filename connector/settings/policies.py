"""Where a school's policy documents lie: a folder, a SharePoint library or a shared drive. They are only read there."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from connector.model.document_names import fits
from connector.model.profile import Strict
from connector.settings.google import PlaceId
from connector.settings.microsoft import LibraryName, SiteUrl

# No file system takes a control character.
FolderPath = Annotated[str, Field(min_length=1, pattern=r"^[^\x00-\x1f]+$")]


class _Library(Strict):
    """`leave_out` names what lies there and is no policy in force: `Minutes of *`, in a folder also `Archive/*`."""

    leave_out: tuple[Annotated[str, Field(min_length=1, max_length=200)], ...] = ()

    def leaves_out(self, document: str, name: str) -> bool:
        """True for what is no policy in force, by its name or by its place in a folder."""
        return any(fits(pattern, one) for pattern in self.leave_out for one in (document, name))


class FolderLibrary(_Library):
    """A folder that the service can read, with the folders in it."""

    kind: Literal["folder"]
    path: FolderPath


class SharePointPolicies(_Library):
    """A library of a site. `drive` is for an app that may not look the site up."""

    kind: Literal["sharepoint"]
    site: SiteUrl
    library: LibraryName
    drive: str = ""


class DrivePolicies(_Library):
    """A shared drive, or a `folder` in it."""

    kind: Literal["drive"]
    drive: PlaceId
    folder: PlaceId | None = None


PolicyLibrary = Annotated[FolderLibrary | SharePointPolicies | DrivePolicies, Field(discriminator="kind")]
