"""Which handler serves which method, and what Drive answers where no `fields` are asked for (google.md 2.4)."""

from __future__ import annotations

from collections.abc import Callable

from tests.workspace import (
    chat_room,
    drives_room,
    files_room,
    forms_room,
    listing_room,
    mail_room,
    permissions_room,
    pubsub_room,
    update_room,
    watches_room,
)
from tests.workspace.answers import Answer

HANDLERS: dict[str, Callable[..., Answer]] = {
    "forms.forms.get": forms_room.get,
    "forms.forms.responses.list": forms_room.list_responses,
    "forms.forms.responses.get": forms_room.get_response,
    "forms.forms.watches.create": watches_room.create,
    "forms.forms.watches.list": watches_room.list_watches,
    "forms.forms.watches.renew": watches_room.renew,
    "forms.forms.watches.delete": watches_room.delete,
    "pubsub.projects.subscriptions.get": pubsub_room.get,
    "pubsub.projects.subscriptions.pull": pubsub_room.pull,
    "pubsub.projects.subscriptions.acknowledge": pubsub_room.acknowledge,
    "drive.files.generateIds": files_room.generate_ids,
    "drive.files.create": files_room.create,
    "drive.files.copy": files_room.copy,
    "drive.files.get": files_room.get,
    "drive.files.export": files_room.export,
    "drive.files.list": listing_room.list_files,
    "drive.files.update": update_room.update,
    "drive.files.delete": update_room.delete,
    "drive.permissions.list": permissions_room.list_permissions,
    "drive.about.get": drives_room.about,
    "drive.drives.get": drives_room.get,
    "drive.drives.list": drives_room.list_drives,
    "gmail.users.messages.send": mail_room.send,
    "gmail.users.getProfile": mail_room.profile,
    "chat.spaces.messages.create": chat_room.create,
    "chat.spaces.members.list": chat_room.list_members,
}

# These take the lock themselves, since they wait.
FREE = {"pubsub.projects.subscriptions.pull"}

_FILE = "kind,id,name,mimeType"
DEFAULT_FIELDS: dict[str, str] = {
    "drive.files.create": _FILE,
    "drive.files.copy": _FILE,
    "drive.files.get": _FILE,
    "drive.files.update": _FILE,
    "drive.files.list": f"kind,nextPageToken,incompleteSearch,files({_FILE})",
    "drive.permissions.list": "kind,nextPageToken,permissions(kind,id,type,role)",
    "drive.drives.get": "kind,id,name",
    "drive.drives.list": "kind,nextPageToken,drives(kind,id,name)",
}
