"""The fake's Gmail and Chat take what Google takes, and refuse what Google refuses."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any

import pytest
import requests
from googleapiclient.errors import HttpError

from tests.workspace import Space, Workspace, workspace
from tests.workspace.clients import as_person, as_service, service

BOX, DSL = "alerts@hillside.example", "i.farrow@hillside.example"
REPLY = "&messageReplyOption=REPLY_MESSAGE_FALLBACK_TO_NEW_THREAD"


@pytest.fixture
def fake() -> Iterator[Workspace]:
    with workspace() as made:
        made.account(BOX)
        yield made


@pytest.fixture
def space(fake: Workspace) -> Space:
    made = fake.space("DSL")
    made.members = {DSL, "deputy@hillside.example"}
    return made


def letter(**changes: str | None) -> bytes:
    made = EmailMessage(policy=SMTP)
    headers = {
        "From": BOX, "To": DSL, "Subject": "A concern", "Date": "Fri, 20 Nov 2026 09:00:00 +0000",
        "Message-ID": "<c-1@hillside.example>",
    }  # fmt: skip
    for name, value in (headers | {key.replace("_", "-"): value for key, value in changes.items()}).items():
        if value is not None:
            made[name] = value
    made.set_content("Plain words.\n")
    made.add_alternative("<p>Words.</p>\n", subtype="html")
    return bytes(made)


def wrapped(content: bytes) -> dict[str, str]:
    return {"raw": base64.urlsafe_b64encode(content).decode()}


def send(fake: Workspace, body: dict[str, Any], user: str = "me", credentials: Any = None) -> Any:
    with service(fake, "gmail.v1", credentials or as_person(fake, BOX, "gmail.send")) as gmail:
        return gmail.users().messages().send(userId=user, body=body).execute()


def refusal(call: Any) -> int:
    with pytest.raises(HttpError) as caught:
        call()
    return int(caught.value.status_code)


def card(url: str = "https://drive.google.com/x", **widget: Any) -> dict[str, Any]:
    button = {"text": "Open", "onClick": {"openLink": {"url": url}}}
    widgets = [{"textParagraph": {"text": "Filed."}}, widget or {"buttonList": {"buttons": [button]}}]
    return {"cardId": "c1", "card": {"header": {"title": "Record"}, "sections": [{"widgets": widgets}]}}


# -- mail ------------------------------------------------------------------------------------------------------


def test_a_mail_is_sent_as_the_mailbox_of_the_token(fake: Workspace) -> None:
    answer = send(fake, wrapped(letter()))
    assert answer["labelIds"] == ["SENT"]
    (mail,) = fake.mails
    assert (mail.mailbox, mail.sender, mail.recipients) == (BOX, BOX, (DSL,))
    assert (mail.part("plain"), mail.part("html")) == ("Plain words.\n", "<p>Words.</p>\n")
    assert mail.headers["Subject"] == "A concern"
    assert fake.complaints == []


def test_delegation_sends_as_the_mailbox_and_a_bare_service_account_cannot(fake: Workspace) -> None:
    account = fake.service_account()
    fake.delegated[account.client_id] = {"https://www.googleapis.com/auth/gmail.send"}
    send(fake, wrapped(letter()), credentials=as_service(account, "gmail.send", subject=BOX))
    with pytest.raises(HttpError, match="Precondition check failed"):
        send(fake, wrapped(letter()), credentials=as_service(account, "gmail.send"))
    assert (len(fake.mails), fake.complaints) == (1, [])


def test_another_mailbox_is_denied_and_nothing_can_be_read(fake: Workspace) -> None:
    assert refusal(lambda: send(fake, wrapped(letter()), user=DSL)) == 403
    with service(fake, "gmail.v1", as_person(fake, BOX, "gmail.send")) as gmail:
        assert refusal(gmail.users().getProfile(userId="me").execute) == 403
        assert refusal(gmail.users().messages().list(userId="me").execute) == 403
    with service(fake, "gmail.v1", as_person(fake, BOX, "gmail.readonly")) as gmail:
        assert gmail.users().getProfile(userId="me").execute()["emailAddress"] == BOX
    assert (fake.mails, fake.complaints) == ([], [])


@pytest.mark.parametrize(
    "body",
    [
        {}, {"raw": "not base64!"}, {"raw": 1}, {"Raw": "eA=="}, {"raw": "eA"}, {"raw": "a"},
        wrapped(letter().replace(b"\r\n", b"\n")),
        wrapped(letter(From=DSL)), wrapped(letter(To=None)), wrapped(letter(Subject=None)), wrapped(letter(Date=None)),
        wrapped(letter(Date="yesterday")), wrapped(letter(Message_ID=None)), wrapped(letter(Message_ID="c-1")),
        wrapped(letter() + b"x" * 999), wrapped(letter().replace(b"A concern", "Ä".encode())),
        wrapped(letter().replace(b"To: ", b"From: other@hillside.example\r\nTo: ")),
        wrapped(letter()) | {"labelIds": ["SENT"]},
    ],
)  # fmt: skip
def test_a_mail_that_is_none_is_complained_of(fake: Workspace, body: dict[str, Any]) -> None:
    assert refusal(lambda: send(fake, body)) == 400
    assert (fake.mails, len(fake.complaints)) == ([], 1)


# -- the webhook -----------------------------------------------------------------------------------------------


def test_a_webhook_posts_and_learns_two_names(fake: Workspace, space: Space) -> None:
    body = {"text": "Filed", "thread": {"threadKey": "SC-1"}, "cardsV2": [card()]}
    first = requests.post(space.webhook() + REPLY, json=body, timeout=60).json()
    second = requests.post(space.webhook() + REPLY, json=body, timeout=60).json()
    assert set(first) == {"name", "thread"}
    assert set(first["thread"]) == {"name"}
    assert first["thread"] == second["thread"]
    chat = fake.chats[0]
    assert (chat.space, chat.text, chat.thread_key, chat.cards) == (space.name, "Filed", "SC-1", [card()])
    alone = requests.post(space.webhook(), json=body, timeout=60).json()
    assert alone["thread"] != first["thread"]
    assert fake.complaints == []


def test_a_wrong_token_is_403_and_a_dropped_webhook_too(fake: Workspace, space: Space) -> None:
    url = space.webhook()
    assert requests.post(url + "x", json={"text": "a"}, timeout=60).status_code == 403
    assert requests.post(url.replace("spaces/", "spaces/B"), json={"text": "a"}, timeout=60).status_code == 403
    space.drop_webhooks()
    assert requests.post(url, json={"text": "a"}, timeout=60).status_code == 403
    assert (fake.chats, fake.complaints) == ([], [])


@pytest.mark.parametrize(
    "body",
    [
        {}, {"text": ""}, {"text": "x" * 32001}, {"text": 1}, {"txt": "a"}, {"text": "a", "sender": {"name": "users/1"}},
        {"cardsV2": [card("http://drive.example/x")]}, {"cardsV2": [card("javascript:alert(1)")]},
        {"cardsV2": [card(button={"text": "Open"})]}, {"cardsV2": [card(buttonList={"buttons": []})]},
        {"cardsV2": [card(textParagraph={"text": "a"}, divider={})]}, {"cardsV2": [{"card": {"sections": []}}]},
        {"cardsV2": [{"card": {"header": {"subtitle": "a"}, "sections": [{"widgets": [{"divider": {}}]}]}}]},
        {"cardsV2": [{"card": card()["card"]}, card()]},
        {"cardsV2": [card(buttonList={"buttons": [{"text": "a", "type": "BOLD", "onClick": {"openLink": {"url": "https://a"}}}]})]},
    ],
)  # fmt: skip
def test_a_message_that_is_none_is_complained_of(fake: Workspace, space: Space, body: dict[str, Any]) -> None:
    assert requests.post(space.webhook(), json=body, timeout=60).status_code == 400
    assert (fake.chats, len(fake.complaints)) == ([], 1)


def test_what_a_webhook_does_not_take_is_complained_of(fake: Workspace, space: Space) -> None:
    url, body = space.webhook(), {"text": "a"}
    bearer = {"Authorization": "Bearer ya29.x"}
    assert requests.post(url, json=body, headers=bearer, timeout=60).status_code == 400
    assert requests.post(url + "&requestId=1", json=body, timeout=60).status_code == 400
    assert requests.post(url + "&messageReplyOption=REPLY", json=body, timeout=60).status_code == 400
    assert requests.post(url, data=body, timeout=60).status_code == 400
    assert (fake.chats, len(fake.complaints)) == ([], 4)


def test_a_loopback_link_is_taken(fake: Workspace, space: Space) -> None:
    body = {"cardsV2": [card("http://127.0.0.1:8080/a/x")]}
    assert requests.post(space.webhook(), json=body, timeout=60).status_code == 200


def test_one_message_a_second_for_all_webhooks_of_a_space(fake: Workspace, space: Space) -> None:
    at = datetime(2026, 11, 20, 9, tzinfo=UTC)
    fake.chat_rate_limited, fake.clock = True, lambda: at
    assert requests.post(space.webhook(), json={"text": "a"}, timeout=60).status_code == 200
    answer = requests.post(space.webhook(), json={"text": "b"}, timeout=60)
    assert (answer.status_code, answer.json()["error"]["status"]) == (429, "RESOURCE_EXHAUSTED")
    fake.clock = lambda: at + timedelta(seconds=1)
    assert requests.post(space.webhook(), json={"text": "b"}, timeout=60).status_code == 200
    assert fake.complaints == []


# -- the Chat app ----------------------------------------------------------------------------------------------


@pytest.fixture
def app(fake: Workspace, space: Space) -> Iterator[Any]:
    account = fake.service_account("app")
    fake.chat_app = account
    space.members.add(account.email)
    with service(fake, "chat.v1", as_service(account, "chat.bot")) as made:
        yield made


def test_the_app_posts_once_for_a_request_id(fake: Workspace, space: Space, app: Any) -> None:
    more = {
        "parent": space.name, "body": {"text": "Filed", "cardsV2": [card()]}, "requestId": "r-1", "messageId": "client-sc-1",
        "createMessageNotificationOptions_notificationType": "NOTIFICATION_TYPE_FORCE_NOTIFY",
    }  # fmt: skip
    first = app.spaces().messages().create(**more).execute()
    assert app.spaces().messages().create(**more).execute() == first
    assert (first["clientAssignedMessageId"], first["cardsV2"]) == ("client-sc-1", [card()])
    (chat,) = fake.chats
    assert (chat.notification, chat.by_webhook) == ("NOTIFICATION_TYPE_FORCE_NOTIFY", False)
    assert refusal(app.spaces().messages().create(**more | {"requestId": "r-2"}).execute) == 409
    assert fake.complaints == []
    assert refusal(app.spaces().messages().create(**more | {"requestId": "r-3", "messageId": "sc-1"}).execute) == 400
    assert len(fake.complaints) == 1


def test_an_app_must_be_configured_and_a_member(fake: Workspace, space: Space, app: Any) -> None:
    said = app.spaces().messages().create(parent=space.name, body={"text": "a"})
    space.members.discard(fake.service_account("app").email)
    assert refusal(said.execute) == 403
    fake.chat_app = None
    assert refusal(said.execute) == 404
    assert refusal(app.spaces().messages().create(parent="spaces/none", body={"text": "a"}).execute) == 404
    with service(fake, "chat.v1", as_service(fake.service_account("app"), "drive")) as wrong:
        assert refusal(wrong.spaces().messages().create(parent=space.name, body={"text": "a"}).execute) == 403
    assert (fake.chats, fake.complaints) == ([], [])


def test_a_reply_to_no_thread_fails_where_it_must_not_begin_one(fake: Workspace, space: Space, app: Any) -> None:
    body = {"text": "a", "thread": {"name": f"{space.name}/threads/none"}}
    said = app.spaces().messages().create(parent=space.name, body=body, messageReplyOption="REPLY_MESSAGE_OR_FAIL")
    assert refusal(said.execute) == 404
    assert fake.complaints == []


def test_the_app_sees_who_is_in_the_space(fake: Workspace, space: Space, app: Any) -> None:
    first = app.spaces().members().list(parent=space.name, pageSize=1).execute()
    request = app.spaces().members().list_next(app.spaces().members().list(parent=space.name, pageSize=1), first)
    both = first["memberships"] + request.execute()["memberships"]
    assert {each["member"]["displayName"] for each in both} == {"i.farrow", "deputy"}
    assert {each["member"]["type"] for each in both} == {"HUMAN"}
    assert fake.complaints == []


def test_a_person_says_text_only(fake: Workspace, space: Space) -> None:
    with service(fake, "chat.v1", as_person(fake, DSL, "chat.messages.create")) as chat:
        chat.spaces().messages().create(parent=space.name, body={"text": "a"}).execute()
        with_card = {"parent": space.name, "body": {"text": "a", "cardsV2": [card()]}}
        assert refusal(chat.spaces().messages().create(**with_card).execute) == 400
        loud = {"createMessageNotificationOptions_notificationType": "NOTIFICATION_TYPE_FORCE_NOTIFY"}
        assert refusal(chat.spaces().messages().create(parent=space.name, body={"text": "a"}, **loud).execute) == 400
    assert (len(fake.chats), len(fake.complaints)) == (1, 2)
