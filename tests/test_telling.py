"""Telling: what a mail, a card and a receipt say and never say, and how every refusal of the far side is met."""

from __future__ import annotations

import json
import ssl
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import trustme

from connector.demo.catchers import Caught, card_catcher, card_fault, mail_catcher
from connector.errors import ConfigError, DeliveryError
from connector.model.notice import Addressee, Asked, Notice, NoticeKind, Receipt
from connector.model.reference import Reference
from connector.notify.email import EmailChannel
from connector.notify.mail import Envelope, compose
from connector.notify.teams import TeamsChannel
from connector.notify.words import Words
from connector.outbound import http, smtp
from connector.outbound.smtp import MailServer

REFERENCE = Reference("C-7QK4-M2XT")
TO = Addressee(
    name="Róisín Ashdown",
    address="dsl@school.example",
    key="C-7QK4-M2XT.1.tell.7",
    sent_at=datetime(2026, 11, 21, tzinfo=UTC),
)


def notice(**changes: Any) -> Notice:
    values: dict[str, Any] = {
        "kind": NoticeKind.RECEIVED, "reference": REFERENCE, "version": 1, "school": "Starling Infant School",
        "received_at": datetime(2026, 7, 1, 14, 41, tzinfo=UTC), "urgent": False, "late_days": 0, "rung": 0,
        "why": "step 1 of the ladder: you are the Designated Safeguarding Lead", "missing": ("date of birth",), "unclear": 1,
        "related": (), "advice": ("If a child is in immediate danger, call 999 now.",),
        "ack_link": "https://concerns.example/a/token", "record_place": "2026/C-7QK4-M2XT",
    }  # fmt: skip
    return Notice(**values | changes)


RECEIPT = Receipt(
    kind="receipt", reference=REFERENCE, school="Starling Infant School", received_at=datetime(2026, 7, 1, 14, 41, tzinfo=UTC),
    missing=(Asked(name="date of birth", ask="What is it?", policy_words="DOB"),), unclear=(), advice=("Call 999.",),
    people=("Helen Winter-Sample (DSL)",),
)  # fmt: skip


def channel(port: int, **changes: Any) -> EmailChannel:
    values = {"security": "none", "username": "", "password": "", "timeout_seconds": 5.0} | changes
    return EmailChannel(
        MailServer("127.0.0.1", port, **values), Envelope("safe@school.example", "Starling"), Words.of()
    )


@pytest.fixture(autouse=True)
def _fresh_connection() -> Any:
    smtp._forget()
    yield
    smtp._forget()


def test_the_mail_holds_what_a_notice_may_say_in_text_and_in_html() -> None:
    caught = Caught()
    with mail_catcher(caught) as port:
        channel(port).send(notice(urgent=True), TO)
    mail = caught.mails[0]
    assert mail.recipients == ("dsl@school.example",)
    for part in ("plain", "html"):
        said = mail.part(part)
        for wanted in ("C-7QK4-M2XT", "1 July 2026, 15:41", "date of birth", "https://concerns.example/a/token", "999",
                       "Do not open on a shared screen", "urgent", "2026/C-7QK4-M2XT", "you are the Designated"):  # fmt: skip
            assert wanted in said
    assert mail.message["Subject"] == "C-7QK4-M2XT"
    assert mail.message["Importance"] == "high"
    assert "Róisín" in str(mail.message["To"])
    assert caught.faults == []


def test_a_mail_sent_again_is_the_same_mail_to_every_mailbox() -> None:
    caught = Caught()
    with mail_catcher(caught) as port:
        for _ in range(2):
            channel(port).send(notice(), TO)
    first, second = (mail.message["Message-ID"] for mail in caught.mails)
    assert first == second == "<C-7QK4-M2XT.1.tell.7@school.example>"


def test_a_repeat_says_that_it_may_be_one() -> None:
    words = Words.of()
    assert "may have reached you before" in words.text(notice(repeat=True))
    assert "may have reached you before" not in words.text(notice())
    assert "may have been posted before" in json.dumps(words.card(notice(repeat=True)))


@pytest.mark.parametrize(
    "evil", ["a@b.example\r\nBcc: all@evil.example", "a@b.example\nX: y", "ä@b.example", "a@b.example\x00"]
)
def test_no_address_can_begin_another_header(evil: str) -> None:
    to = Addressee(name="N", address=evil, key="k", sent_at=TO.sent_at)
    with pytest.raises(DeliveryError) as caught:
        compose(Words.of(), Envelope("safe@school.example", "Starling"), RECEIPT, to)
    assert caught.value.permanent
    assert "evil" not in str(caught.value)


def test_no_name_can_begin_another_header() -> None:
    to = Addressee(name="N\r\nBcc: all@evil.example", address="a@b.example", key="k", sent_at=TO.sent_at)
    with pytest.raises(DeliveryError) as caught:
        compose(Words.of(), Envelope("safe@school.example", "Starling"), RECEIPT, to)
    assert caught.value.permanent


def test_a_long_line_is_encoded_because_servers_refuse_it() -> None:
    caught = Caught()
    with mail_catcher(caught) as port:
        channel(port).send(notice(missing=tuple(f"field {number}" for number in range(200)), why="x" * 1500), TO)
    assert "x" * 1500 in caught.mails[0].part("plain")
    assert caught.faults == []


def test_html_in_a_schools_own_words_is_shown_and_not_run() -> None:
    html = Words.of().html(notice(school="<script>alert(1)</script>"))
    assert "<script>" not in html
    assert "&lt;script&gt;" in html


def test_a_notice_has_no_field_that_could_hold_an_answer() -> None:
    assert set(Notice.__dataclass_fields__) == {
        "kind", "reference", "version", "school", "received_at", "urgent", "late_days", "rung", "why", "missing", "unclear",
        "related", "advice", "ack_link", "record_place", "taken_by", "failed_act", "recognised", "repeat",
        "record_link", "drill",
    }  # fmt: skip
    with pytest.raises(ValueError, match="checked references only"):
        notice(reference="Oscar Fenwick-Sample")


# -- SMTP as it is in the world


@pytest.fixture
def authority(monkeypatch: pytest.MonkeyPatch) -> trustme.CA:
    found = trustme.CA()
    real = ssl.create_default_context

    def trusting(*arguments: Any, **named: Any) -> ssl.SSLContext:
        context = real(*arguments, **named)
        found.configure_trust(context)
        return context

    monkeypatch.setattr(ssl, "create_default_context", trusting)
    return found


def server_context(authority: trustme.CA, host: str = "127.0.0.1") -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(host).configure_cert(context)
    return context


class OnlyThisPassword:
    def __call__(self, _server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> Any:
        from aiosmtpd.smtp import AuthResult

        return AuthResult(success=(data.login, data.password) == (b"school", b"s3cret"))


def test_starttls_and_sign_in_work_and_nothing_goes_before_them(authority: trustme.CA) -> None:
    caught = Caught()
    options = {
        "tls_context": server_context(authority), "require_starttls": True, "authenticator": OnlyThisPassword(),
        "auth_required": True,
    }  # fmt: skip
    with mail_catcher(caught, **options) as port:
        channel(port, security="starttls", username="school", password="s3cret").send(notice(), TO)
        assert len(caught.mails) == 1
        smtp._forget()
        with pytest.raises(DeliveryError) as refused:
            channel(port, security="starttls", username="school", password="wr0ng").send(notice(), TO)
    assert not refused.value.permanent
    assert "wr0ng" not in str(refused.value)


def test_a_certificate_of_somebody_else_stops_the_mail(authority: trustme.CA) -> None:
    caught = Caught()
    options = {"tls_context": server_context(authority, "other.example"), "require_starttls": True}
    with mail_catcher(caught, **options) as port, pytest.raises(DeliveryError, match="certificate"):
        channel(port, security="starttls").send(notice(), TO)
    assert caught.mails == []


def test_a_server_without_starttls_gets_no_mail_in_clear() -> None:
    caught = Caught()
    with mail_catcher(caught) as port, pytest.raises(DeliveryError) as refused:
        channel(port, security="starttls").send(notice(), TO)
    assert caught.mails == []
    assert not refused.value.permanent


def test_a_server_that_is_away_is_worth_another_try() -> None:
    with pytest.raises(DeliveryError) as refused:
        channel(1).send(notice(), TO)
    assert not refused.value.permanent
    assert "dsl@school.example" not in str(refused.value)


@pytest.mark.parametrize(
    ("answer", "permanent"), [("550 5.1.1 no such user", True), ("451 4.3.0 try later", False), ("421 closing", False)]
)
def test_a_refusal_is_permanent_only_where_waiting_cannot_help(answer: str, permanent: bool) -> None:
    caught = Caught(smtp_refusal=answer)
    with mail_catcher(caught) as port, pytest.raises(DeliveryError) as refused:
        channel(port).send(notice(), TO)
    assert refused.value.permanent is permanent
    assert "no such user" not in str(refused.value)


@pytest.mark.parametrize("seconds_ago", [0, 10])
def test_a_kept_connection_that_died_is_opened_again(seconds_ago: int) -> None:
    caught = Caught()
    with mail_catcher(caught) as port:
        channel(port).send(notice(), TO)
    smtp._own.used -= seconds_ago
    with mail_catcher(caught, port) as again:
        channel(again).send(notice(), TO)
    assert len(caught.mails) == 2


def test_a_connection_that_another_thread_closed_is_opened_again() -> None:
    caught = Caught()
    with mail_catcher(caught) as port:
        channel(port).send(notice(), TO)
        smtp.close_connections()
        channel(port).send(notice(), TO)
    assert len(caught.mails) == 2


def test_two_mails_at_once_need_one_connection() -> None:
    caught = Caught()
    with mail_catcher(caught) as port:
        channel(port).send(notice(), TO)
        kept = smtp._own.connection
        channel(port).send(notice(), TO)
        assert smtp._own.connection is kept
    assert len(caught.mails) == 2


# -- Teams


def test_the_card_is_one_that_teams_takes_and_holds_what_a_notice_may_say() -> None:
    caught = Caught()
    with card_catcher(caught) as webhook:
        TeamsChannel(webhook, 5, Words.of()).send(notice(urgent=True, version=2), TO)
    assert caught.faults == []
    card = json.dumps(caught.cards[0])
    for wanted in (
        "C-7QK4-M2XT",
        "https://concerns.example/a/token",
        "Marked urgent",
        "date of birth",
        "shared screen",
    ):
        assert wanted in card
    assert len(card.encode()) < 28 * 1024


@pytest.mark.parametrize(("status", "headers", "permanent", "after"), [
    (429, {"Retry-After": "2"}, False, 2.0), (503, {}, False, None), (504, {}, False, None), (408, {}, False, None),
    (404, {}, True, None), (401, {}, True, None), (400, {}, True, None), (302, {"Location": "http://evil.example"}, True, None),
    (500, {}, False, None),
])  # fmt: skip
def test_each_answer_of_the_webhook_is_met_as_it_should_be(
    status: int, headers: dict[str, str], permanent: bool, after: float | None
) -> None:
    caught = Caught(card_refusal=(status, headers))
    with card_catcher(caught) as webhook, pytest.raises(DeliveryError) as refused:
        TeamsChannel(webhook, 5, Words.of()).send(notice(), TO)
    assert (refused.value.permanent, refused.value.retry_after) == (permanent, after)
    assert str(refused.value) == f"The far side answered {status}."


def test_what_is_opened_after_everything_was_closed_is_closed_the_next_time() -> None:
    caught = Caught()
    http.close_sessions()
    with card_catcher(caught) as webhook:
        for cards in (1, 2):
            TeamsChannel(webhook, 5, Words.of()).send(notice(), TO)
            assert len(caught.cards) == cards
            kept = http._own.session.get_adapter("http://").poolmanager.pools
            assert len(kept) == 1
            http.close_sessions()
            assert len(kept) == 0


def test_the_webhooks_address_is_in_no_error_and_no_repr() -> None:
    secret = "http://127.0.0.1:1/workflows/abc/triggers/manual/paths/invoke?sig=TOPSECRET"
    found = TeamsChannel(secret, 1, Words.of())
    with pytest.raises(DeliveryError) as refused:
        found.send(notice(), TO)
    assert "TOPSECRET" not in str(refused.value)
    assert refused.value.__cause__ is None
    assert "TOPSECRET" not in repr(found)
    assert "s3cret" not in repr(channel(1, password="s3cret"))


def test_retry_after_is_read_as_seconds_or_as_a_date() -> None:
    now = datetime(2026, 11, 21, 12, tzinfo=UTC)
    assert http.seconds_to_wait("7") == 7
    assert http.seconds_to_wait("Sat, 21 Nov 2026 12:01:00 GMT", now) == 60
    assert http.seconds_to_wait("Sat, 21 Nov 2020 12:01:00 GMT", now) == 0
    assert http.seconds_to_wait("soon") is None
    assert http.seconds_to_wait("9" * 400) == 86_400
    assert http.seconds_to_wait("\u00b2") is None
    assert http.seconds_to_wait("1 Jan 2020 99999999999999999999:00:00") is None
    assert http.seconds_to_wait(None) is None


def test_a_receipt_never_goes_to_a_shared_channel() -> None:
    with pytest.raises(DeliveryError) as refused:
        TeamsChannel("http://127.0.0.1:1/?sig=x", 1, Words.of()).send(RECEIPT, TO)
    assert refused.value.permanent


@pytest.mark.parametrize(("body", "kind", "status"), [
    ({"attachments": None}, "application/json", 400), ({}, "application/json", 400), ([], "application/json", 400),
    ({"attachments": [{"contentType": "x"}]}, "application/json", 400), ("{", "application/json", 400),
    ({"attachments": [{"contentType": "application/vnd.microsoft.card.adaptive", "content": {"type": "Card"}}]}, "application/json", 400),
    ({"x": "y" * 30_000}, "application/json", 413), ({}, "text/plain", 415),
])  # fmt: skip
def test_the_card_catcher_refuses_what_workflows_refuses(body: Any, kind: str, status: int) -> None:
    raw = body.encode() if isinstance(body, str) else json.dumps(body).encode()
    assert card_fault(raw, kind)[0] == status


# -- templates


def test_a_school_may_use_its_own_words(tmp_path: Path) -> None:
    (tmp_path / "notice.txt").write_text("Our words: {{ reference }} {{ ack_link }}", "utf-8")
    words = Words.of(tmp_path)
    words.check()
    assert words.text(notice()) == "Our words: C-7QK4-M2XT https://concerns.example/a/token"
    assert "Do not open" in words.html(notice())


@pytest.mark.parametrize(("name", "text", "fault"), [
    ("notice.txt", "{{ child_name }} {{ reference }} {{ ack_link }}", "does not work (UndefinedError)"),
    ("notice.txt", "{{ reference }", "does not work (TemplateSyntaxError)"),
    ("notice.txt", "no reference {{ ack_link }}", "does not name the reference"),
    ("notice.html", "{{ reference }}", "leaves out the acknowledgement link"),
    ("notice.card.json", '{"reference": "{{ reference }}", "l": "{{ ack_link }}",}', "does not work"),
    ("notice.card.json", '{"a": "{{ reference }}{{ ack_link }}' + "x" * 29_000 + '"}', "over 28 KB"),
    ("receipt.txt", "{{ ''.__class__.__mro__ }} {{ reference }}", "does not work (SecurityError)"),
])  # fmt: skip
def test_a_template_that_does_not_work_is_found_at_start(tmp_path: Path, name: str, text: str, fault: str) -> None:
    (tmp_path / name).write_text(text, "utf-8")
    with pytest.raises(ConfigError, match=name.replace(".", r"\.")) as caught:
        Words.of(tmp_path).check()
    assert fault in str(caught.value)


def test_the_times_in_a_notice_are_the_schools_in_winter_and_summer() -> None:
    words = Words.of()
    assert "15:41" in words.text(notice())
    winter = notice(received_at=datetime(2026, 12, 1, 14, 41, tzinfo=UTC))
    assert "14:41" in words.text(winter)
