"""A Google Workspace on loopback, for tests only: sign-in, Forms, Drive, Gmail, Chat, Pub/Sub, strict as the real one.

`with workspace() as fake:` starts it; `fake.url` serves all of it, driven by Google's own discovery documents. What
came in is in `fake.requests`, `fake.mails`, `fake.chats`; what a right client would not have sent, and any answer of
the fake that breaks the documents, in `fake.complaints`: a test of the service ends by asserting that this is empty.
"""

from __future__ import annotations

from tests.workspace.chat import Space
from tests.workspace.documents import rooted
from tests.workspace.drives import Drive, File, MyDrive, Permission, SharedDrive
from tests.workspace.forms import Form, Response
from tests.workspace.people import Account, ChatMessage, Mail, OAuthClient, Record, ServiceAccount, Token
from tests.workspace.pubsub import Notification, Subscription, Topic, Watch
from tests.workspace.server import workspace
from tests.workspace.world import Workspace

__all__ = [
    "Account",
    "ChatMessage",
    "Drive",
    "File",
    "Form",
    "Mail",
    "MyDrive",
    "Notification",
    "OAuthClient",
    "Permission",
    "Record",
    "Response",
    "ServiceAccount",
    "SharedDrive",
    "Space",
    "Subscription",
    "Token",
    "Topic",
    "Watch",
    "Workspace",
    "rooted",
    "workspace",
]
