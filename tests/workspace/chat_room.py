"""Google Chat: incoming webhooks and the Chat app (google.md 3.3)."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from tests.workspace import access, cards
from tests.workspace.answers import Answer, Call, broken, refuse
from tests.workspace.chat import KEY, Space
from tests.workspace.documents import Method
from tests.workspace.paging import page
from tests.workspace.people import ChatMessage
from tests.workspace.stamps import micros

if TYPE_CHECKING:
    from tests.workspace.world import Workspace

_NO_APP = (
    "Google Chat app not found. To create a Chat app, you must turn on the Chat API and configure the app in the "
    "Google Cloud console."
)
_NOTIFICATION = "createMessageNotificationOptions.notificationType"
_MESSAGE_ID = re.compile(r"^client-[a-z0-9-]{1,56}$")
_SECOND = timedelta(seconds=1)


def create(fake: Workspace, call: Call, method: Method) -> Answer:
    """POST v1/{parent=spaces/*}/messages, by webhook or by the Chat app."""
    if "token" in call.query:
        return _by_webhook(fake, call)
    space = _space(fake, call)
    if call.caller.is_service:
        _check_app(fake, call, space)
    else:
        _check_person(call, space)
    key = (call.caller.identity, call.query.get("requestId", ""))
    if key[1] and key in space.by_request:
        return Answer(space.by_request[key])
    _check_message_id(space, call)
    made = _said(fake, call, space, by_webhook=False)
    if key[1]:
        space.by_request[key] = made
    return Answer(made)


def _space(fake: Workspace, call: Call) -> Space:
    found = next((each for each in fake.spaces.values() if each.name == call.parts["parent"]), None)
    if found is None:
        refuse(404, "Space not found.")
    return found


def _by_webhook(fake: Workspace, call: Call) -> Answer:
    """No bearer, no requestId; the answer holds no more than two names."""
    if call.header("Authorization"):
        broken("A webhook takes no bearer token: its address is the credential.")
    if odd := set(call.query) - {"key", "token", "messageReplyOption", "prettyPrint", "fields"}:
        broken(f"A webhook does not know {sorted(odd)}.")
    if call.query.get("key") != KEY:
        refuse(400, "API key not valid. Please pass a valid API key.")
    space = next((each for each in fake.spaces.values() if each.name == call.parts["parent"]), None)
    if space is None or call.query["token"] not in space.tokens:
        refuse(403, "The caller does not have permission")
    made = _said(fake, call, space, by_webhook=True)
    return Answer({"name": made["name"], "thread": {"name": made["thread"]["name"]}})


def _check_app(fake: Workspace, call: Call, space: Space) -> None:
    """App authentication: chat.bot, configured, and a member of the space."""
    if not access.has(call.caller, "chat.bot"):
        refuse(403, "The caller does not have permission")
    if fake.chat_app is None or fake.chat_app.email != call.caller.identity:
        refuse(404, _NO_APP)
    if call.caller.identity not in space.members:
        refuse(403, "This Chat app is not a member of the space.")


def _check_person(call: Call, space: Space) -> None:
    if not access.has(call.caller, "chat.messages.create", "chat.messages"):
        refuse(403, "The caller does not have permission")
    if call.caller.identity not in {each.lower() for each in space.members}:
        refuse(403, "The caller is not a member of the space.")
    if set(call.data) & {"cardsV2", "accessoryWidgets"}:
        broken("Messages with user authentication can only contain text.")
    if call.query.get(_NOTIFICATION, "NOTIFICATION_TYPE_NONE") != "NOTIFICATION_TYPE_NONE":
        broken("notificationType requires app authentication.")


def _check_message_id(space: Space, call: Call) -> None:
    asked = call.query.get("messageId")
    if asked is None:
        return
    if not _MESSAGE_ID.match(asked):
        broken("messageId must begin with client- and be at most 63 of a-z, 0-9 and -.")
    if asked in space.message_ids:
        refuse(409, "A message with this ID already exists in the space.")


def _said(fake: Workspace, call: Call, space: Space, by_webhook: bool) -> dict[str, Any]:
    """One message more in the space."""
    if fault := cards.fault(call.data):
        broken(fault)
    if "threadKey" in call.query:
        broken("threadKey as a parameter is deprecated: use thread.threadKey.")
    now = fake.now()
    if fake.chat_rate_limited and space.last is not None and now - space.last < _SECOND:
        refuse(429, "Resource has been exhausted (e.g. check quota).")
    thread, option = call.data.get("thread", {}), call.query.get("messageReplyOption", "")
    in_thread = space.thread(thread.get("threadKey", ""), thread.get("name", ""), option)
    if in_thread is None:
        refuse(404, "The thread was not found.")
    space.last = now
    name = f"{space.name}/messages/{fake.fresh(size=6)}.{fake.fresh(size=6)}"
    notification = call.query.get(_NOTIFICATION, "")
    message = ChatMessage(
        space.name, name, call.data.get("text", ""), call.data.get("cardsV2", []), in_thread,
        thread.get("threadKey", ""), notification, dict(call.data), by_webhook, call.query.get("messageId", ""), now,
    )  # fmt: skip
    space.message_ids.add(message.message_id)
    fake.chats.append(message)
    return _body(message, call)


def _body(message: ChatMessage, call: Call) -> dict[str, Any]:
    kind = "BOT" if call.caller.is_service else "HUMAN"
    found: dict[str, Any] = {
        "name": message.name,
        "sender": {"name": f"users/{abs(hash(call.caller.identity))}", "type": kind},
        "createTime": micros(message.at),
        "thread": {"name": message.thread} | ({"threadKey": message.thread_key} if message.thread_key else {}),
        "space": {"name": message.space},
    }
    if message.text:
        found |= {"text": message.text, "argumentText": message.text, "formattedText": message.text}
    if message.message_id:
        found["clientAssignedMessageId"] = message.message_id
    return found | ({"cardsV2": message.cards} if message.cards else {})


def list_members(fake: Workspace, call: Call, method: Method) -> Answer:
    """GET v1/{parent}/members: by the app, without apps (the document)."""
    if odd := set(call.query) & {"filter", "useAdminAccess", "showInvited"}:
        broken(f"The fake does not know {sorted(odd)}.", 501)
    space = _space(fake, call)
    if call.caller.is_service:
        _check_app(fake, call, space)
    elif call.caller.identity not in space.members:
        refuse(403, "The caller is not a member of the space.")
    people = sorted(each for each in space.members if not each.endswith(".gserviceaccount.com"))
    size = min(call.number("pageSize", 100), 1000)
    shown, following = page(people, call.query.get("pageToken"), size, {"space": space.name})
    body = {"memberships": [_membership(fake, space, each) for each in shown]} if shown else {}
    return Answer(body | ({"nextPageToken": following} if following else {}))


def _membership(fake: Workspace, space: Space, address: str) -> dict[str, Any]:
    number = fake.account(address).id
    return {
        "name": f"{space.name}/members/{number}",
        "member": {"name": f"users/{number}", "type": "HUMAN", "displayName": address.partition("@")[0]},
        "role": "ROLE_MEMBER",
        "state": "JOINED",
    }
