"""What an app of a tenant may do, as its own token says: for a check that warns of a permission too many."""

from __future__ import annotations

import base64
import json

# Each of these reaches further than the one site or mailbox that the service needs.
_TOO_WIDE = (
    "Sites.FullControl.All", "Sites.Manage.All", "Sites.ReadWrite.All", "Sites.Read.All", "Files.ReadWrite.All",
    "Files.Read.All", "Mail.Send", "Mail.ReadWrite", "Mail.Read", "Directory.ReadWrite.All",
)  # fmt: skip


def too_wide(token: str) -> list[str]:
    """The permissions that reach further than the service needs, sorted."""
    return sorted(set(_roles(token)) & set(_TOO_WIDE))


def _roles(token: str) -> list[str]:
    """The app's permissions as its own token names them; nothing where it cannot be read."""
    try:
        part = token.split(".")[1]
        found = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))).get("roles", [])
    except (IndexError, ValueError):
        return []
    return [str(role) for role in found]
