"""Google Chat by webhook, the pace it asks for, and short messages: what they say, and never say."""

from __future__ import annotations

import html
import json
import re
import threading
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from connector.errors import ConfigError, DeliveryError
from connector.links import Links
from connector.model.notice import Bulletin, BulletinKind, Notice, NoticeKind
from connector.notify.chat import ChatChannel, message_of
from connector.notify.words import Words
from connector.outbound.pacing import Pace
from connector.sealing import Sealer, new_key
from tests.loopback import FarSide, far_side
from tests.test_telling import RECEIPT, REFERENCE, TO, notice

WORDS = Words.of()
NOW = datetime(2026, 7, 1, 14, 41, tzinfo=UTC)
SCHEMAS: dict[str, Any] = json.loads(
    files("googleapiclient").joinpath("discovery_cache/documents/chat.v1.json").read_text("utf-8")
)["schemas"]


def bulletin(**changes: Any) -> Bulletin:
    values: dict[str, Any] = {
        "kind": BulletinKind.TROUBLE, "school": "Starling Infant School", "place": "store", "said": "Anybody can read it.",
        "since": NOW,
    }  # fmt: skip
    return Bulletin(**values | changes)


FULL = {
    "urgent": True, "version": 2, "late_days": 3, "recognised": False, "related": (REFERENCE,), "failed_act": "to file it",
    "taken_by": "Helen Winter-Sample", "repeat": True, "record_link": "https://records.example/x?a=1&b=2", "drill": True,
}  # fmt: skip
MESSAGES: list[Notice | Bulletin] = [
    notice(), notice(**FULL), notice(ack_link="", record_link="https://records.example/x"),
    notice(ack_link="", missing=(), unclear=0, advice=(), record_place=""),
    *(notice(kind=kind, drill=drill) for kind in NoticeKind for drill in (False, True)),
    *(bulletin(kind=kind) for kind in BulletinKind), bulletin(said=""), bulletin(place="staff_store"),
]  # fmt: skip


def quiet() -> Pace:
    return Pace(0)


def webhook(side: FarSide, query: str = "key=K%2B1&token=S3CRET%3D") -> str:
    return f"http://127.0.0.1:{side.port}/v1/spaces/AAA/messages?{query}"


def faults(value: Any, schema: dict[str, Any], at: str = "message") -> list[str]:
    """What Google's own schema does not know about the value: an unknown key, a wrong type, a wrong enum."""
    if "$ref" in schema:
        schema = SCHEMAS[schema["$ref"]]
    types = {"object": dict, "array": list, "string": str, "boolean": bool, "integer": int, "number": (int, float)}
    if not isinstance(value, types[schema["type"]]) or (isinstance(value, bool) and schema["type"] != "boolean"):
        return [f"{at}: not a {schema['type']}"]
    if "enum" in schema and value not in schema["enum"]:
        return [f"{at}: not one of the enum"]
    if isinstance(value, list):
        return [
            fault for number, item in enumerate(value) for fault in faults(item, schema["items"], f"{at}[{number}]")
        ]
    if isinstance(value, dict):
        return [fault for name, item in value.items() for fault in _part(item, name, schema, at)]
    return []


def _part(item: Any, name: str, schema: dict[str, Any], at: str) -> list[str]:
    known = schema.get("properties", {}).get(name)
    if known is None or known.get("readOnly"):
        return [f"{at}.{name}: unknown, or not for us to set"]
    return faults(item, known, f"{at}.{name}")


def texts(found: Any) -> set[str]:
    """Every text and link in a card of either kind, without marks."""
    if isinstance(found, dict):
        return {
            said
            for name, value in found.items()
            if name not in {"type", "contentType", "version", "$schema", "size", "weight", "color", "subtitle"}
            for said in texts(value)
        }
    if isinstance(found, list):
        return {said for value in found for said in texts(value)}
    return {html.unescape(re.sub(r"<[^>]+>", "", found))} if isinstance(found, str) else set()


@pytest.mark.parametrize("message", MESSAGES, ids=range(len(MESSAGES)))
def test_googles_own_schema_knows_every_part_of_what_is_sent(message: Notice | Bulletin) -> None:
    body = message_of(WORDS, message)
    assert faults(body, {"$ref": "Message"}) == []
    sections = body["cardsV2"][0]["card"]["sections"]
    assert all(section["widgets"] for section in sections)
    assert all(len(widget) == 1 for section in sections for widget in section["widgets"])
    assert len(json.dumps(body)) < 8_000


def test_the_schema_check_finds_what_is_wrong() -> None:
    body = message_of(WORDS, notice())
    for wrong in (
        {"txt": "x"}, {"text": 1}, {"text": True}, {"cardsV2": {}}, {"deleteTime": "x"}, {"markupSyntax": "X"},
        {"cardsV2": [{"card": {"sections": [{"widgets": [{"textBlock": {}}]}]}}]},
    ):  # fmt: skip
        assert faults(body | wrong, {"$ref": "Message"}), wrong


@pytest.mark.parametrize("message", [m for m in MESSAGES if getattr(m, "place", "") != "staff_store"])
def test_the_chat_card_says_what_the_teams_card_says_and_no_more(message: Notice | Bulletin) -> None:
    assert texts(WORDS.chat(message)) == texts(WORDS.card(message))


def test_the_card_goes_to_the_space_in_the_thread_of_its_concern() -> None:
    with far_side() as side:
        assert ChatChannel(webhook(side), 5, WORDS, quiet()).send(notice(), TO) == "accepted 200"
    path, raw = side.asked[0]
    assert path == (
        "/v1/spaces/AAA/messages?key=K%2B1&token=S3CRET%3D&messageReplyOption=REPLY_MESSAGE_FALLBACK_TO_NEW_THREAD"
    )
    body = json.loads(raw)
    assert body["text"] == "A concern has been received: C-7QK4-M2XT"
    assert body["thread"] == {"threadKey": "C-7QK4-M2XT"}
    assert TO.address.encode() not in raw
    assert "Róisín" not in json.dumps(body, ensure_ascii=False)
    assert "https://concerns.example/a/token" not in body["text"]


def test_a_bulletin_has_no_thread_and_names_no_place_where_chat_reads_mentions() -> None:
    body = message_of(WORDS, bulletin(place="<users/all>"))
    assert "thread" not in body
    assert body["text"] == "The safeguarding service needs mending"
    assert "<users/all>" not in json.dumps(body).replace("\\u003c", "<")


def test_a_webhook_that_says_how_it_wants_replies_is_left_as_it_is() -> None:
    with far_side() as side:
        query = "messageReplyOption=REPLY_MESSAGE_OR_FAIL&key=K&token=T"
        ChatChannel(webhook(side, query), 5, WORDS, quiet()).send(notice(), TO)
        ChatChannel(webhook(side, "")[:-1], 5, WORDS, quiet()).send(notice(), TO)
    assert side.asked[0][0] == f"/v1/spaces/AAA/messages?{query}"
    assert side.asked[1][0].endswith("/messages?messageReplyOption=REPLY_MESSAGE_FALLBACK_TO_NEW_THREAD")


EVIL = ('<a href="https://evil.example">x</a>', "a & <b>b</b>", '"}},{"textParagraph": {"text": "x', "<users/all>")
PLACES = ("school", "why", "taken_by", "failed_act", "record_place")


def said_in(card: dict[str, Any]) -> list[str]:
    """What the widgets say, as Chat gets it."""
    widgets = [widget for section in card["sections"] for widget in section["widgets"]]
    return [part["text"] for widget in widgets for part in widget.values() if "text" in part]


@pytest.mark.parametrize("evil", EVIL)
def test_nothing_in_a_value_becomes_markup_or_another_widget(evil: str) -> None:
    filled = WORDS.chat(notice(**FULL | dict.fromkeys(PLACES, evil) | {"missing": (evil,), "advice": (evil,)}))
    plain = WORDS.chat(notice(**FULL | dict.fromkeys(PLACES, "x") | {"missing": ("x",), "advice": ("x",)}))
    told, as_plain = said_in(filled), said_in(plain)
    assert len(told) == len(as_plain)
    said = [*told, *said_in(WORDS.chat(bulletin(school=evil, place=evil, said=evil)))]
    assert sum(evil in html.unescape(text) for text in said) == 10
    marks = {mark for text in said for mark in re.findall("<[^>]*>", text)}
    assert marks == {"<b>", "</b>", '<font color="#8a1c1c">', "</font>"}
    assert not any(evil in text for text in said)


def test_a_receipt_never_goes_to_a_space_and_takes_no_turn() -> None:
    waits: list[float] = []
    with far_side() as side, pytest.raises(DeliveryError) as refused:
        ChatChannel(webhook(side), 5, WORDS, Pace(60, lambda: 0.0, waits.append)).send(RECEIPT, TO)
    assert refused.value.permanent
    assert side.asked == []
    assert waits == []


def test_what_chat_would_refuse_for_its_size_is_not_sent() -> None:
    with far_side() as side, pytest.raises(DeliveryError, match="32,000 bytes") as refused:
        ChatChannel(webhook(side), 5, WORDS, quiet()).send(notice(why="x" * 32_000), TO)
    assert refused.value.permanent
    assert side.asked == []


@pytest.mark.parametrize(
    ("status", "permanent", "after"), [(429, False, 7.0), (503, False, 7.0), (404, True, 7.0), (400, True, 7.0)]
)
def test_a_refusal_says_its_number_and_nothing_of_the_webhook(status: int, permanent: bool, after: float) -> None:
    with far_side(status=status, headers={"Retry-After": "7"}, answer=b"S3CRET said again") as side:
        channel = ChatChannel(webhook(side), 5, WORDS, quiet())
        with pytest.raises(DeliveryError) as refused:
            channel.send(notice(), TO)
    assert (refused.value.permanent, refused.value.retry_after) == (permanent, after)
    assert str(refused.value) == f"The far side answered {status}."
    assert "S3CRET" not in repr(channel)


def test_a_space_that_cannot_be_reached_is_worth_another_try_and_its_key_is_in_no_error() -> None:
    with pytest.raises(DeliveryError) as refused:
        ChatChannel("http://127.0.0.1:1/v1/spaces/A/messages?key=K&token=S3CRET", 1, WORDS, quiet()).send(notice(), TO)
    assert not refused.value.permanent
    assert "S3CRET" not in str(refused.value)
    assert refused.value.__cause__ is None


# -- the pace


class Clock:
    def __init__(self) -> None:
        self.now = 100.0
        self.waits: list[float] = []

    def monotonic(self) -> float:
        return self.now

    def wait(self, seconds: float) -> None:
        self.waits.append(round(seconds, 6))


def test_turns_are_a_second_apart_and_one_after_a_pause_waits_for_nothing() -> None:
    clock = Clock()
    pace = Pace(1, clock.monotonic, clock.wait)
    for _ in range(3):
        pace.turn()
    assert clock.waits == [1, 2]
    clock.now += 60
    pace.turn()
    assert clock.waits == [1, 2]


def test_a_long_queue_is_refused_for_now_and_its_refusals_make_it_no_longer() -> None:
    clock = Clock()
    pace = Pace(10, clock.monotonic, clock.wait)
    for _ in range(4):
        pace.turn()
    for _ in range(3):
        with pytest.raises(DeliveryError) as refused:
            pace.turn()
        assert (refused.value.permanent, refused.value.retry_after) == (False, 40)
    clock.now += 10
    pace.turn()
    assert clock.waits == [10, 20, 30, 30]


def test_threads_share_the_turns_and_none_is_given_twice() -> None:
    clock = Clock()
    pace = Pace(1, clock.monotonic, clock.wait)
    ready = threading.Barrier(20)

    def ask() -> None:
        ready.wait(timeout=60)
        pace.turn()

    threads = [threading.Thread(target=ask) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert sorted(clock.waits) == list(range(1, 20))


def test_the_space_is_asked_only_when_it_is_its_turn() -> None:
    order: list[str] = []
    pace = Pace(1, lambda: 0.0, lambda seconds: order.append(f"waited {seconds:.0f}, sent {len(side.asked)}"))
    with far_side() as side:
        channel = ChatChannel(webhook(side), 5, WORDS, pace)
        channel.send(notice(), TO)
        channel.send(notice(), TO)
    assert order == ["waited 1, sent 1"]


# -- short messages


@pytest.mark.parametrize("kind", NoticeKind)
@pytest.mark.parametrize("drill", [False, True])
def test_a_short_message_is_one_line_of_300_characters_with_its_whole_link(kind: NoticeKind, drill: bool) -> None:
    links = Links("https://safeguarding.starling-infant.sch.uk", Sealer([new_key()]), timedelta(days=14))
    link = links.acknowledge(REFERENCE, 12, "designated-lead", NOW)
    said = WORDS.short(
        notice(kind=kind, drill=drill, urgent=True, school="The Very Long Name of a School " * 5, ack_link=link)
    )
    assert said.endswith(f" {link}")
    assert "C-7QK4-M2XT" in said
    assert "URGENT" in said
    assert "Open your mail" in said
    assert ("DRILL" in said) is drill
    assert "\n" not in said
    assert len(said) <= 300
    assert said.isascii()


def test_a_short_message_holds_nothing_that_the_mail_holds_for_its_reader_only() -> None:
    said = WORDS.short(notice(**FULL | {"ack_link": ""}))
    assert "Starling Infant School" in said
    for kept_back in ("date of birth", "http", "I have this", "Helen", "2026/C-", "records.example", "Designated"):
        assert kept_back not in said


@pytest.mark.parametrize("kind", BulletinKind)
def test_a_short_bulletin_says_that_it_is_about_no_child(kind: BulletinKind) -> None:
    said = WORDS.short(bulletin(kind=kind, place="a form's name, " * 10, school="A School With a Long Name " * 3))
    assert said.endswith("It is not about a child.")
    assert len(said) <= 300
    assert "Anybody can read it" not in said


# -- a school's own templates


@pytest.mark.parametrize(("name", "text", "fault"), [
    ("notice.short.txt", "{{ ack_link }}", "does not name the reference"),
    ("notice.short.txt", "{{ reference }}", "leaves out the acknowledgement link"),
    ("notice.short.txt", "{{ reference }} {{ ack_link }}" + "x" * 480, "over 480 characters: shorten it"),
    ("bulletin.short.txt", "x" * 481, "over 480 characters: shorten it"),
    ("notice.chat.json", '{"a": "{{ reference }}{{ ack_link }}",}', "does not work"),
    ("notice.chat.json", '{"a": "{{ reference }}{{ ack_link }}' + "x" * 32_000 + '"}', "over 32,000 bytes"),
    ("notice.chat.json", '{"a": "{{ reference }}"}', "leaves out the acknowledgement link"),
    ("bulletin.chat.json", "{{ child_name }}", "does not work (UndefinedError)"),
])  # fmt: skip
def test_a_template_that_does_not_work_is_found_at_start(tmp_path: Path, name: str, text: str, fault: str) -> None:
    (tmp_path / name).write_text(text, "utf-8")
    with pytest.raises(ConfigError, match=name.replace(".", r"\.")) as caught:
        Words.of(tmp_path).check()
    assert fault in str(caught.value)


def test_a_school_may_say_it_in_its_own_words(tmp_path: Path) -> None:
    (tmp_path / "notice.short.txt").write_text("Ours: {{ reference }} {{ ack_link }}\n", "utf-8")
    words = Words.of(tmp_path)
    words.check()
    assert words.short(notice()) == "Ours: C-7QK4-M2XT https://concerns.example/a/token"
