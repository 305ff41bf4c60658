"""The exact steps by which a technician mends a school's Google Workspace: least privilege, to be clicked or pasted."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlencode

CLOCK = "set this machine's clock by the network (timedatectl set-ntp true; on Windows: w32tm /resync)"
KEY = "Google Cloud console, IAM & Admin, Service accounts, the account, Keys, Add key, JSON; put it where `key` points"
SIGN_IN = "run `connector google sign-in`, as the one dedicated account"
SIGN_IN_FIRST = "mend the sign-in first: `connector check` names the scope and the link"
LATER = "Google's sign-in cannot be asked just now: try again in a while"
ACTS_AS = "see that the mailbox of `acts_as` is there and is spelt as in the Admin console"
DRIVE = "compare `drive` and `folder` with the address in the browser"
SHARE_FORM = "in the form, Share (More, Add collaborators): the service's address as Editor"
SHARING = "in Google Drive open the shared drive and look at Manage members and Shared drive settings"
ALLOWED = "take that away where it lies; or name them under `allowed`, if they may read every record"
ACCEPT = "open the form for editing, press Publish, and see that it accepts responses"
VERIFIED = "in the form, Settings, Responses, Collect email addresses: Verified"
MAP = "run `connector forms map`; `connector forms check` shows each question"
WEBHOOK = (
    "in the space: Apps & integrations, Webhooks, Add; copy the whole address. An admin must allow incoming webhooks:"
    " Admin console, Apps, Google Workspace, Google Chat, Chat apps"
)
CHAT_APP = "configure the Chat app in the Cloud project (Google Chat API, Configuration) and add it to the space"
GMAIL = "enable the Gmail API in the project, and see that the mailbox is licensed and can send"
HINTS = "polling goes on without; compare the topic and its rights with docs/google-workspace.md"
READERS = (
    "open it, Share, and take away whoever is not of the safeguarding team; or name them under the form's `allowed`;"
    " a linked sheet can be unlinked (Responses, Unlink form)"
)


def delegate(client_id: str, scopes: Iterable[str]) -> str:
    """The admin page on which the scopes are delegated, filled in (google.md 7.2)."""
    query = urlencode(
        {"clientScopeToAdd": ",".join(scopes), "clientIdToAdd": client_id, "overwriteClientId": "true"}, safe=":/,"
    )
    return (
        "a super admin opens this, already filled in, and presses Authorise; it may take up to 24 hours to hold:\n"
        f"           https://admin.google.com/ac/owl/domainwidedelegation?{query}"
    )


def enable(api: str, project: str) -> str:
    """The page on which an API is switched on."""
    at = f"?project={project}" if project else ""
    return f"switch it on: https://console.cloud.google.com/apis/library/{api}.googleapis.com{at}"


def member(address: str, place: str) -> str:
    """The service as a member of a shared drive."""
    return f"in Google Drive open {place}, Manage members, add {address} as Contributor"
