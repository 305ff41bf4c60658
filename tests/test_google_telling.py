"""Telling by Google: Gmail, a Chat space by its webhook and by the school's app, and whatever Apprise reaches."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from cryptography.hazmat.primitives import serialization

from connector import furnishing_google
from connector.errors import DeliveryError
from connector.ledger.ledger import Ledger
from connector.logs import Redacting
from connector.model.duty import Duty, DutyKind, DutyState
from connector.outbound.pacing import Pace
from connector.settings.load import load
from connector.wiring import build
from tests.loopback import far_side
from tests.service import sample_of
from tests.workspace import ChatMessage
from tests.workspaced import (
    CHAIR,
    DEPUTY,
    DSL,
    HEAD,
    IDENTITIES,
    MAILBOX,
    SCHOOL,
    STAFF,
    TECHNICIAN,
    Workspaced,
    workspaced,
)

Start = Callable[..., Workspaced]
WEBHOOK = "WILLOW_BANK_CHAT_WEBHOOK"
CHAT = "chat.spaces.messages.create"
GMAIL = "gmail.users.messages.send"


@pytest.fixture(autouse=True)
def turns(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Nobody waits: each turn that a space would have had to wait for is noted instead."""
    waited: list[float] = []
    monkeypatch.setattr(furnishing_google, "Pace", lambda seconds: Pace(seconds, lambda: 0.0, waited.append))
    monkeypatch.setattr(serialization, "load_pem_private_key", lru_cache(serialization.load_pem_private_key))
    return waited


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    with ExitStack() as stack:
        yield lambda change=None, **more: stack.enter_context(workspaced(tmp_path, change, **more))


@pytest.fixture
def school(start: Start) -> Workspaced:
    return start()


def duty(school: Workspaced, channel: str, kind: DutyKind = DutyKind.TELL) -> Duty:
    [found] = [one for one in school.duties(school.newest()) if (one.kind, one.channel, one.rung) == (kind, channel, 0)]
    return found


def later(school: Workspaced, **of: float) -> None:
    school.clock.pass_(**of)
    school.work()


def ack_in(message: ChatMessage) -> str:
    """The path behind the card's button."""
    return re.findall(r"http://127\.0\.0\.1:8080(/a/[A-Za-z0-9_\-]+)", json.dumps(message.cards))[0]


def words_of_the_concern() -> list[str]:
    return [text for text in sample_of("S04")["answers"].values() if len(text) > 5]


def everything_sent(school: Workspaced) -> str:
    mails = [each.part(part) + str(each.headers) for each in school.fake.mails for part in ("plain", "html")]
    return "\n".join([*mails, *(json.dumps(each.request, ensure_ascii=False) for each in school.fake.chats)])


# -- mail


@pytest.mark.parametrize("identity", ["delegate", "account"])
def test_a_mail_goes_from_the_one_mailbox_with_the_least_scope_and_without_a_word_of_the_concern(
    start: Start, identity: str
) -> None:
    school = start(identity=identity)
    reference = school.taken_in()
    [mail] = [mail for mail in school.fake.mails if DSL in mail.recipients]
    assert mail.mailbox == MAILBOX
    assert mail.headers["Subject"] == reference
    told = duty(school, "mail")
    assert told.state is DutyState.DONE
    assert mail.headers["Message-ID"] == f"<{reference}.1.tell.{told.id}@willowbank.example>"
    assert {mail.recipients for mail in school.fake.mails} == {(DSL,), (STAFF,)}
    asked = [each for each in school.fake.requests if each.method_id == GMAIL]
    assert {each.scopes for each in asked} == {frozenset({"https://www.googleapis.com/auth/gmail.send"})}
    assert {each.identity for each in asked} == {MAILBOX}
    sent = everything_sent(school)
    assert reference in sent
    assert not [words for words in words_of_the_concern() if words in sent]
    assert STAFF not in "".join(json.dumps(each.request) for each in school.fake.chats)


def test_a_member_has_no_mailbox_and_tells_by_the_schools_own_server(start: Start) -> None:
    school = start(identity="member")
    reference = school.taken_in()
    assert [mail.message["Subject"] for mail in school.caught.mails_to(DSL)] == [reference]
    assert school.fake.count("gmail.") == 0
    assert school.caught.faults == []


def test_a_mail_of_which_nobody_knows_whether_it_went_is_sent_again_as_the_same_mail(school: Workspaced) -> None:
    school.fake.fail(GMAIL, 503, after=True, times=2)
    school.taken_in()
    later(school, minutes=2)
    mails = [mail for mail in school.fake.mails if DSL in mail.recipients]
    assert len(mails) == 2, "Gmail knows no repeat"
    assert len({mail.headers["Message-ID"] for mail in mails}) == 1
    assert duty(school, "mail").state is DutyState.DONE


@pytest.mark.parametrize(("status", "reason", "headers", "wait"), [
    (403, "userRateLimitExceeded", {"Retry-After": "40"}, 40), (429, "rateLimitExceeded", {"Retry-After": "40"}, 40),
    (403, "insufficientPermissions", {}, 1), (503, "backendError", {}, 1), (401, "authError", {}, 1),
])  # fmt: skip
def test_a_refusal_that_can_be_mended_or_waited_for_is_owed_again(
    school: Workspaced, status: int, reason: str, headers: dict[str, str], wait: float
) -> None:
    school.fake.fail("gmail.", status, reason=reason, headers=headers, times=None)
    school.respond()
    school.poll()
    school.work()
    owed = duty(school, "mail")
    assert owed.state is DutyState.OWED
    assert str(status if reason != "userRateLimitExceeded" else 429) in owed.error
    assert owed.due_at >= school.clock.now() + timedelta(seconds=wait)
    assert len(school.fake.chats) == 1, "another way is not held up"
    assert school.fake.mails == []
    school.fake.heal()
    later(school, hours=1)
    assert len(school.said_to(DSL)) >= 1


def test_a_mailbox_that_cannot_send_for_now_is_not_given_up_at_the_first_try(school: Workspaced) -> None:
    # A licence that ran out, a mailbox that is being made: the Admin console mends both, and the DSL must hear.
    school.fake.fail("gmail.", 400, reason="failedPrecondition", times=None)
    school.taken_in()
    assert school.fake.mails == []
    school.fake.heal()
    later(school, hours=1)
    assert duty(school, "mail").state is DutyState.DONE
    assert len(school.said_to(DSL)) >= 1


# -- a space by its webhook


def test_a_space_gets_a_text_and_a_card_in_the_thread_of_its_concern(school: Workspaced) -> None:
    first, second = school.taken_in("S04"), None
    school.clock.pass_(minutes=1)
    second = school.taken_in("S05")
    assert first != second
    one, two = school.fake.chats
    for message, reference in ((one, first), (two, second)):
        assert message.text == f"A concern has been received: {reference}"
        assert message.thread_key == reference
        assert message.by_webhook
        assert reference in json.dumps(message.cards)
    assert one.thread != two.thread
    assert "http" not in one.text


def test_an_edited_response_is_told_as_amended_in_the_same_thread(school: Workspaced) -> None:
    response = school.respond()
    school.poll()
    school.work()
    reference = school.newest()
    school.clock.pass_(minutes=3)
    school.form.edit(
        response, school.answers("S04", place="Behind the bicycle shed"), at=school.clock.now() - timedelta(seconds=20)
    )
    school.poll()
    school.work()
    received, amended = school.fake.chats
    assert amended.text == f"A concern has been amended: {reference}"
    assert amended.thread == received.thread
    assert [text for text in school.said_to(DSL) if "amended" in text.lower()]
    assert "bicycle" not in everything_sent(school)
    assert school.client.post(ack_in(amended), data={"person": "deputy"}).status_code == 200
    assert school.held(reference).acknowledged_by == "deputy"


def test_a_concern_is_acknowledged_from_the_space_by_whoever_says_who_they_are(school: Workspaced) -> None:
    reference = school.taken_in()
    path = ack_in(school.fake.chats[0])
    assert school.client.get(path).status_code == 200
    assert school.held(reference).acknowledged_at is None, "looking is not taking"
    for person in ("", "office", "head", "nobody"):
        school.client.post(path, data={"person": person})
        assert school.held(reference).acknowledged_at is None, person
    assert school.client.post(path, data={"person": "deputy"}).status_code == 200
    assert school.held(reference).acknowledged_by == "deputy"
    school.work()
    assert [each.thread for each in school.fake.chats[1:]] in ([], [school.fake.chats[0].thread])


def test_a_concern_about_a_reader_of_the_space_is_not_told_there(school: Workspaced) -> None:
    school.taken_in(observation="Piers Halloran shouted at the child in the corridor")
    assert school.fake.chats == []
    assert school.said_to(DEPUTY) == []
    assert len(school.said_to(DSL)) == 1


def test_a_space_that_is_asked_too_often_is_asked_later(school: Workspaced) -> None:
    school.fake.fail(CHAT, 429, headers={"Retry-After": "30"}, times=1)
    school.taken_in()
    assert school.fake.chats == []
    assert duty(school, "dsl-space").due_at >= school.clock.now() + timedelta(seconds=30)
    later(school, seconds=20)
    assert school.fake.chats == []
    later(school, seconds=60)
    assert len(school.fake.chats) == 1


def test_a_webhook_that_somebody_deleted_raises_an_alarm_by_mail_and_its_token_is_nowhere(
    school: Workspaced, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    token = parse_qs(urlsplit(school.given[WEBHOOK]).query)["token"][0]
    school.laid.space.drop_webhooks()
    reference = school.taken_in()
    failed = duty(school, "dsl-space")
    assert failed.state is DutyState.FAILED
    assert len(school.said_to(DSL)) == 1
    [alarm] = school.said_to(TECHNICIAN)
    assert reference in alarm
    assert "dsl-space" in alarm
    assert "connector retry" in alarm
    logged = [Redacting().format(record) for record in caplog.records]
    assert any("duty failed" in one for one in logged)
    said = [
        alarm,
        failed.error,
        repr(school.house.sites[SCHOOL]),
        *logged,
    ]
    assert not [text for text in said if token in text or token[:12] in text]
    for file in (school.config.parent / "var").rglob("*"):
        assert not file.is_file() or token.encode() not in file.read_bytes()


# -- the pace of a space

APP = (
    '[channels.dsl-app]\nkind = "google_chat_app"\nspace = "{space}"\nmembers = ["dsl", "deputy"]\n{key}\n[people.dsl]'
)


def with_app(start: Start, identity: str, *, key: bool = False, joins: bool = True, more: str = "") -> Workspaced:
    """A school whose Chat app is a member of the space; it speaks by the service's own key, or by one of its own."""
    import tests.workspaced as made

    real, spaces = made.school_text, []

    def texted(fake: Any, laid: Any, *rest: Any) -> str:
        app = fake.service_account("speaker") if key else laid.account
        fake.chat_app = app
        spaces.append(laid.space)
        if joins:
            laid.space.members.add(app.email)
        return str(real(fake, laid, *rest))

    def change(text: str) -> str:
        said = 'key = "env:SPEAKER"\n' if key else ""
        return text.replace("[people.dsl]", APP.format(space=spaces[0].name, key=said)) + more

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(made, "school_text", texted)
        if key:
            real_load = made.load

            def loaded(config: Path, given: dict[str, str]) -> Any:
                given["SPEAKER"] = json.dumps(spaces[0].fake.service_account("speaker").info)
                return real_load(config, given)

            patch.setattr(made, "load", loaded)
        return start(change, identity=identity)


@pytest.mark.parametrize(
    ("identity", "key"), [("member", False), ("delegate", False), ("delegate", True), ("account", True)]
)
def test_an_app_speaks_as_itself_and_through_do_not_disturb_whoever_the_service_is(
    start: Start, identity: str, key: bool
) -> None:
    school = with_app(start, identity, key=key)
    reference = school.taken_in()
    [message] = [each for each in school.fake.chats if not each.by_webhook]
    assert message.notification == "NOTIFICATION_TYPE_FORCE_NOTIFY"
    assert message.thread_key == reference
    [asked] = [each for each in school.fake.requests if each.method_id == CHAT and "token" not in each.query]
    speaker = "speaker" if key else "filer"
    assert asked.identity == school.fake.service_account(speaker).email
    assert asked.scopes == {"https://www.googleapis.com/auth/chat.bot"}
    assert school.client.post(ack_in(message), data={"person": "dsl"}).status_code == 200
    assert school.held(reference).acknowledged_by == "dsl"


def test_a_space_is_given_a_second_between_two_messages_whoever_of_us_sends_them(
    start: Start, turns: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.workspaced.PACE", furnishing_google._CHAT_SECONDS)
    school = with_app(start, "delegate")
    school.taken_in()
    assert len(school.fake.chats) == 2
    assert len(turns) == 1
    assert 1 <= turns[0] < 1.5


def test_a_crash_between_sending_and_marking_says_it_once_by_the_app_and_as_a_repeat_by_the_webhook(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    school = with_app(start, "delegate")
    school.respond()
    school.poll()
    with monkeypatch.context() as broken:
        broken.setattr(Ledger, "finish", lambda *_: (_ for _ in ()).throw(DeliveryError("the machine went down")))
        for lane in school.house.ledger.lanes(school.clock.now()):
            for number in school.house.ledger.due(lane, school.clock.now(), 10):
                with pytest.raises(DeliveryError):
                    school.house.engine._perform(number)
    assert len(school.fake.chats) == 2, "both have been said"
    school.house.close()
    school.house = build(load(school.config, school.given), school.clock)
    try:
        school.work()
        by_app = [each for each in school.fake.chats if not each.by_webhook]
        by_webhook = [each for each in school.fake.chats if each.by_webhook]
        assert len(by_app) == 1
        assert len(by_webhook) == 2
        assert "may have been posted before" not in json.dumps(by_webhook[0].cards)
        assert "may have been posted before" in json.dumps(by_webhook[1].cards)
        assert by_webhook[0].thread == by_webhook[1].thread
        asked = [each for each in school.fake.requests if each.method_id == CHAT and "token" not in each.query]
        assert len(asked) == 2
        assert len({each.query["requestId"] for each in asked}) == 1
        assert duty(school, "dsl-app").state is DutyState.DONE
    finally:
        school.house.close()


def test_no_two_messages_share_a_request_id_not_even_in_two_spaces(start: Start) -> None:
    """Google does not say that an id counts for one space only: the second would be answered with the first."""
    school = with_app(start, "delegate")
    school.taken_in()
    app = school.house.sites[SCHOOL].channels["dsl-app"]
    other = school.fake.space("Heads")
    other.members.add(school.laid.account.email)
    from dataclasses import replace

    from connector.model.notice import Addressee, Bulletin, BulletinKind

    now = school.clock.now()
    bulletin = Bulletin(kind=BulletinKind.TEST, school="W", place="p", said="", since=now)
    to = Addressee(name="N", address="n@willowbank.example", key="check.1", sent_at=now)
    for channel in (app, replace(app, space=other.name)):  # type: ignore[type-var]
        channel.send(bulletin, to)  # type: ignore[union-attr]
    asked = [
        each.query["requestId"] for each in school.fake.requests if each.method_id == CHAT and "token" not in each.query
    ]
    assert len(asked) == 3
    assert len(set(asked)) == 3


def test_an_app_that_is_not_in_the_space_is_owed_and_speaks_once_it_was_added(start: Start) -> None:
    school = with_app(start, "delegate", joins=False)
    school.taken_in()
    owed = duty(school, "dsl-app")
    assert owed.state is DutyState.OWED
    assert "403" in owed.error
    assert len(school.said_to(DSL)) == 1
    school.laid.space.members.add(school.laid.account.email)
    later(school, minutes=5)
    assert duty(school, "dsl-app").state is DutyState.DONE
    assert len([each for each in school.fake.chats if not each.by_webhook]) == 1


# -- the last rung


@pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")
@pytest.mark.parametrize("identity", IDENTITIES)
def test_the_last_rung_is_told_by_a_short_message_too_and_only_when_it_is_reached(start: Start, identity: str) -> None:
    with far_side() as side:

        def change(text: str) -> str:
            channel = '[channels.sms]\nkind = "apprise"\nurl = "file:keys/sms"\nmembers = ["head"]\n\n[people.dsl]'
            return text.replace("[people.dsl]", channel)

        import tests.workspaced as made

        real = made.make_keys
        with pytest.MonkeyPatch.context() as patch:

            def keys(config: Path) -> Any:
                (config / "keys" / "sms").write_text(f"json://127.0.0.1:{side.port}/S3CRET", "utf-8")
                return real(config)

            patch.setattr(made, "make_keys", keys)
            school = start(change, identity=identity)
        reference = school.taken_in()
        later(school, minutes=16)
        assert len(school.said_to(DEPUTY)) == 1
        assert side.asked == []
        later(school, minutes=16)
        assert len(school.said_to(HEAD)) == 1
        [(path, body)] = side.asked
        assert path == "/S3CRET"
        sent = json.loads(body)
        assert reference in sent["title"]
        assert len(sent["message"]) <= 300
        assert not [words for words in words_of_the_concern() if words in sent["message"]]
        assert school.said_to(CHAIR) == []
        link = re.search(r"http://127\.0\.0\.1:8080(/a/\S+)", sent["message"])
        assert link is not None
        assert school.client.post(link[1], data={"person": "head"}).status_code == 200
        assert school.held(reference).acknowledged_by == "head"
