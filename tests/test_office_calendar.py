"""Review dates as a calendar: held to the standard line by line, read by another library, merged as calendars merge."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid5

import pytest
from ical.calendar_stream import IcsCalendarStream

from connector.keyring import rotate_journey_key
from connector.register.register import Register
from tests.office_at_work import OfficeAtWork, listing, office_at_work

POLICIES = """
[policies.cse]
title = "Child Sexual Exploitation"
number = "1.10"
owner = "manager"
next_review = "November 2026"

[policies.e-safety]
title = "E-Safety"
next_review = "Autumn 2 2028"

[policies.attendance]
title = "Attendance"
"""
SLUG = "little-lanterns"
NAME = UUID("7d0f3b7e-3c1e-4f0a-9d55-0c8a3f1c2b11")
REVIEW = {"on": "2026-11-20", "next_review": "November 2028"}


@contextmanager
def working(folder: Path, text: str) -> Iterator[OfficeAtWork]:
    with office_at_work(folder, listing(text)) as at:
        at.remind()
        yield at


@pytest.fixture
def at(tmp_path: Path) -> Iterator[OfficeAtWork]:
    with working(tmp_path, POLICIES) as found:
        yield found


def fetched(at: OfficeAtWork) -> str:
    answer = at.client.get(at.feed())
    assert answer.status_code == 200
    return answer.data.decode()


def attached(at: OfficeAtWork) -> str:
    (calendar,) = at.mails()[-1].message.iter_attachments()
    content = calendar.get_payload(decode=True)
    assert isinstance(content, bytes)
    return content.decode()


# -- RFC 5545, line by line

_NAME = re.compile(r"([A-Z0-9-]+)((?:;[A-Z-]+=[^;:]+)*):(.*)", re.DOTALL)
_REQUIRED = {
    "VCALENDAR": {"PRODID", "VERSION"},
    "VEVENT": {"UID", "DTSTAMP", "DTSTART", "DTEND", "SUMMARY", "SEQUENCE", "LAST-MODIFIED"},
    "VALARM": {"ACTION", "TRIGGER", "DESCRIPTION"},
}
_TEXT = {"SUMMARY", "DESCRIPTION", "X-WR-CALNAME"}
Part = tuple[str, dict[str, str]]


def parts_of(text: str) -> list[Part]:
    """Every component with its properties, by a reader of our own that takes nothing which the standard refuses."""
    assert text.endswith("\r\n")
    assert "\n" not in text.replace("\r\n", "")
    assert "\r" not in text.replace("\r\n", "")
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))
    lines = re.sub(r"\r\n[ \t]", "", text).split("\r\n")[:-1]
    assert not any(ord(letter) < 32 or ord(letter) == 127 for line in lines for letter in line)
    assert (lines[0], lines[-1]) == ("BEGIN:VCALENDAR", "END:VCALENDAR")
    found: list[Part] = []
    open_: list[Part] = []
    for line in lines:
        matched = _NAME.fullmatch(line)
        assert matched, line
        name, _, value = matched.groups()
        if name == "BEGIN":
            open_.append((value, {}))
        elif name == "END":
            kind, properties = open_.pop()
            assert kind == value
            assert _REQUIRED[kind] <= set(properties)
            found.append((kind, properties))
        else:
            assert name not in open_[-1][1], f"{name} twice"
            open_[-1][1][name] = unescaped(value) if name in _TEXT else value
    assert open_ == []
    return found


def unescaped(value: str) -> str:
    """A TEXT value (3.3.11): what must be escaped is, and nothing else is."""
    assert re.fullmatch(r"(?:[^\\;,]|\\[\\;,nN])*", value), value
    return re.sub(r"\\(.)", lambda found: "\n" if found[1] in "nN" else found[1], value)


def events(text: str) -> dict[str, dict[str, str]]:
    """The events by their UID."""
    found = [properties for kind, properties in parts_of(text) if kind == "VEVENT"]
    by_uid = {one["UID"]: one for one in found}
    assert len(by_uid) == len(found)
    return by_uid


@pytest.fixture(autouse=True)
def _known_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each register has a name of its own, at random; here it is a known one."""
    monkeypatch.setattr(Register, "name", NAME)


def uid(slug: str) -> str:
    return str(uuid5(NAME, f"{SLUG}/{slug}"))


def test_the_feed_is_a_calendar_by_the_standard(at: OfficeAtWork) -> None:
    parts = parts_of(fetched(at))
    assert [kind for kind, _ in parts] == ["VALARM", "VEVENT", "VALARM", "VEVENT", "VCALENDAR"]
    calendar = parts[-1][1]
    assert (calendar["VERSION"], calendar["METHOD"], calendar["CALSCALE"]) == ("2.0", "PUBLISH", "GREGORIAN")
    assert calendar["X-WR-CALNAME"] == "Policy reviews: Little Lanterns Nursery"
    assert calendar["REFRESH-INTERVAL"] == calendar["X-PUBLISHED-TTL"] == "PT12H"


def test_a_review_is_a_whole_day_that_blocks_nothing_and_warns_a_week_before(at: OfficeAtWork) -> None:
    event = events(fetched(at))[uid("cse")]
    assert (event["DTSTART"], event["DTEND"]) == ("20261130", "20261201")
    assert "DTSTART;VALUE=DATE:20261130" in fetched(at)
    assert (event["TRANSP"], event["CLASS"], event["SUMMARY"]) == (
        "TRANSPARENT", "PUBLIC", "Review due: 1.10 Child Sexual Exploitation",
    )  # fmt: skip
    assert "Due by Monday 30 November 2026." in event["DESCRIPTION"]
    assert "November 2026" in event["DESCRIPTION"]
    alarms = [properties for kind, properties in parts_of(fetched(at)) if kind == "VALARM"]
    assert {(one["ACTION"], one["TRIGGER"]) for one in alarms} == {("DISPLAY", "-P7D")}


def test_another_library_reads_the_same(at: OfficeAtWork) -> None:
    for text in (fetched(at), attached(at)):
        calendar = IcsCalendarStream.calendar_from_ics(text)
        read = {event.uid: (event.summary, event.dtstart, event.dtend, event.sequence) for event in calendar.events}
        ours = {
            name: (one["SUMMARY"], day(one["DTSTART"]), day(one["DTEND"]), int(one["SEQUENCE"]))
            for name, one in events(text).items()
        }
        assert read == ours
        assert all(event.alarm and event.alarm[0].trigger == timedelta(days=-7) for event in calendar.events)


def day(said: str) -> date:
    return datetime.strptime(said, "%Y%m%d").date()  # noqa: DTZ007 - a day has no zone


def test_a_policy_without_a_day_is_no_event(at: OfficeAtWork) -> None:
    assert set(events(fetched(at))) == {uid("cse"), uid("e-safety")}
    assert "Attendance" not in fetched(at)


def test_a_school_whose_policies_have_no_day_still_has_a_calendar(tmp_path: Path) -> None:
    with working(tmp_path, '[policies.attendance]\ntitle = "Attendance"') as at:
        assert [kind for kind, _ in parts_of(fetched(at))] == ["VCALENDAR"]


def test_feed_and_attachment_say_the_same_of_an_event(at: OfficeAtWork) -> None:
    assert events(attached(at)) == {name: one for name, one in events(fetched(at)).items() if name == uid("cse")}


def test_the_calendar_names_titles_and_days_and_nothing_else(at: OfficeAtWork) -> None:
    """No owner, no address of a person, no link: whoever subscribes sees when, and of what."""
    for text in (fetched(at), attached(at)):
        for name in ("Lanternwood", "Brightwell", "littlelanterns.example", "/r/", "ATTENDEE", "ORGANIZER"):
            assert name not in text


# -- changes


def sequence(at: OfficeAtWork, slug: str = "cse") -> tuple[int, str]:
    one = events(fetched(at))[uid(slug)]
    return int(one["SEQUENCE"]), one["DTSTART"]


def press(at: OfficeAtWork, **given: str) -> None:
    """Of the first policy in the first mail, which is the one that is due."""
    assert at.client.post(at.page_of(number=0), data=given).status_code == 200


def test_the_number_goes_up_with_each_change_of_the_day_and_with_nothing_else(at: OfficeAtWork) -> None:
    assert sequence(at) == (0, "20261130")
    assert sequence(at) == (0, "20261130")
    press(at, on="2026-11-20", next_review="November 2028")
    assert sequence(at) == (1, "20281130")
    # A minute number changes nothing that a calendar shows by its day.
    press(at, on="2026-11-20", next_review="November 2028", minute_number="24/117")
    at.clock.pass_(days=7)
    at.remind()
    assert sequence(at) == (1, "20281130")
    # The same day in other words.
    press(at, on="2026-11-20", next_review="30 November 2028")
    assert sequence(at) == (1, "20281130")
    press(at, on="2026-11-20", next_review="Autumn 2 2028")
    assert sequence(at) == (2, "20281215")
    assert sequence(at, "e-safety")[0] == 0


@pytest.mark.parametrize("change", [
    ('title = "Child Sexual Exploitation"', 'title = "CSE"'), ('number = "1.10"', 'number = "1.11"'),
])  # fmt: skip
def test_the_number_goes_up_with_each_change_of_the_title(change: tuple[str, str], at: OfficeAtWork) -> None:
    before = events(fetched(at))[uid("cse")]
    at.restart(change)
    after = events(fetched(at))[uid("cse")]
    assert before["SUMMARY"] != after["SUMMARY"]
    assert (int(before["SEQUENCE"]), int(after["SEQUENCE"])) == (0, 1)
    assert before["UID"] == after["UID"]


def test_an_event_is_the_same_one_when_the_service_moves_to_another_address(at: OfficeAtWork) -> None:
    before = fetched(at)
    service = at.config / "service.toml"
    text = service.read_text("utf-8")
    service.write_text(text.replace("http://127.0.0.1:8080", "https://concerns.example.org"), "utf-8")
    at.restart()
    path = at.office.links.feed(SLUG, 0).removeprefix("https://concerns.example.org")
    assert at.client.get(path).data.decode() == before


def test_a_uid_tells_nothing_of_host_school_or_policy(at: OfficeAtWork) -> None:
    assert all(UUID(one).version == 5 for one in events(fetched(at)))


def test_another_owner_or_another_need_is_no_change_of_the_event(at: OfficeAtWork) -> None:
    at.restart(('owner = "manager"', 'owner = "dsl"\nneeds = ["signed_chair"]'))
    assert sequence(at) == (0, "20261130")


def test_the_stamps_are_those_of_the_change(at: OfficeAtWork) -> None:
    first = events(fetched(at))[uid("cse")]
    at.clock.pass_(days=3)
    assert events(fetched(at))[uid("cse")] == first
    press(at, **REVIEW)
    second = events(fetched(at))[uid("cse")]
    assert (first["DTSTAMP"], second["DTSTAMP"]) == ("20261123T073000Z", "20261126T073000Z")
    assert second["LAST-MODIFIED"] == second["DTSTAMP"]
    assert events(fetched(at))[uid("e-safety")]["DTSTAMP"] == "20261123T073000Z"


def test_a_calendar_that_merges_by_uid_replaces_and_never_adds(at: OfficeAtWork) -> None:
    """As RFC 5546 2.1.5 has it: the greater number wins, of two equal ones the later stamp."""
    held: dict[str, dict[str, str]] = {}
    deliveries = [attached(at), fetched(at)]
    press(at, **REVIEW)
    deliveries.append(fetched(at))
    at.clock.pass_(days=7)
    at.remind()
    deliveries += [fetched(at), deliveries[0], deliveries[1]]
    for text in deliveries:
        for name, one in events(text).items():
            mine = held.get(name)
            if mine is None or (int(one["SEQUENCE"]), one["DTSTAMP"]) >= (int(mine["SEQUENCE"]), mine["DTSTAMP"]):
                held[name] = one
    assert {name: one["DTSTART"] for name, one in held.items()} == {uid("cse"): "20281130", uid("e-safety"): "20281215"}


def test_a_day_that_is_no_more_takes_its_event_away_and_comes_back_as_the_same_one(at: OfficeAtWork) -> None:
    # Reviewed some days before it was due, and nobody said when next.
    press(at, on="2026-11-20")
    assert set(events(fetched(at))) == {uid("e-safety")}
    press(at, on="2026-11-20", next_review="November 2028")
    number, start = sequence(at)
    assert (number > 0, start) == (True, "20281130")


def test_what_is_struck_off_the_list_leaves_the_calendar(at: OfficeAtWork) -> None:
    at.restart((POLICIES.partition("[policies.e-safety]")[0].strip(), ""))
    assert set(events(fetched(at))) == {uid("e-safety")}


# -- hostile words


@pytest.mark.parametrize("title", [
    "CSE\nEND:VEVENT\nBEGIN:VEVENT\nUID:other", "CSE\r\nATTENDEE:mailto:x@example.org", "a;b,c\\d\\n:\"e\"", "x" * 10_000,
    "\U0001f469\u200d\U0001f3eb" * 60, "\u00fc" * 200, "\u0639\u0631\u0628\u064a \u202egnp", "\x00\x0b\x1f\x7f", "CSE\u2028x", "\\", " " * 300,
    "Ω" * 37 + "a" + "😀" * 37,
])  # fmt: skip
def test_a_hostile_title_breaks_no_line_and_adds_no_event(title: str, tmp_path: Path) -> None:
    written = json.dumps(title, ensure_ascii=False).replace("\x7f", "\\u007f")
    listed = f'[policies.cse]\ntitle = {written}\nnext_review = "November 2026"'
    with working(tmp_path, listed) as at:
        for text in (fetched(at), attached(at)):
            (one,) = events(text).values()
            assert one["SUMMARY"].startswith("Review due: ")
            assert len(one["SUMMARY"]) < 400
            (read,) = IcsCalendarStream.calendar_from_ics(text).events
            assert (read.uid, read.summary) == (uid("cse"), one["SUMMARY"])


def test_words_of_a_title_come_back_as_they_stand(tmp_path: Path) -> None:
    title = 'Über; "CSE", a\\b: 5/7 {{ 7 * 7 }} \U0001f600 <b>'
    listed = f'[policies.cse]\ntitle = {json.dumps(title, ensure_ascii=False)}\nnext_review = "November 2026"'
    with working(tmp_path, listed) as at:
        assert events(fetched(at))[uid("cse")]["SUMMARY"] == f"Review due: {title}"


# -- the address


def test_the_feed_is_private_and_no_file_to_download(at: OfficeAtWork) -> None:
    answer = at.client.get(at.feed())
    assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert answer.headers["Cache-Control"].startswith("private")
    assert answer.headers["Content-Disposition"].startswith("inline")
    assert answer.headers["X-Robots-Tag"] == "noindex, nofollow"
    assert "Set-Cookie" not in answer.headers


def test_what_has_not_changed_is_not_sent_again(at: OfficeAtWork) -> None:
    answer = at.client.get(at.feed())
    tag = answer.headers["ETag"]
    at.clock.pass_(days=2)
    unchanged = at.client.get(at.feed(), headers={"If-None-Match": tag})
    assert (unchanged.status_code, unchanged.data) == (304, b"")
    press(at, **REVIEW)
    changed = at.client.get(at.feed(), headers={"If-None-Match": tag})
    assert changed.status_code == 200
    assert changed.headers["ETag"] != tag
    assert at.client.head(at.feed()).status_code == 200


@pytest.mark.parametrize("token", ["x", "%FF", "\u00e9", "A" * 22, "A" * 5000, "%00", "null"])
def test_another_address_is_refused_with_what_to_do(token: str, at: OfficeAtWork) -> None:
    answer = at.client.get(f"/policies/{token}.ics")
    assert (answer.status_code, answer.mimetype) == (410, "application/problem+json")
    assert "newest mail about policies" in answer.json["detail"]
    assert "VCALENDAR" not in answer.text


@pytest.mark.parametrize("path", ["/policies/", "/policies/.ics", "/policies/x", "/policies"])
def test_what_is_no_address_of_a_feed_is_not_there(path: str, at: OfficeAtWork) -> None:
    assert at.client.get(path).status_code == 404


def test_no_method_changes_the_feed(at: OfficeAtWork) -> None:
    for method in ("post", "put", "delete", "patch"):
        assert getattr(at.client, method)(at.feed()).status_code == 405


def test_a_renewed_address_ends_the_one_before(at: OfficeAtWork) -> None:
    before = at.feed()
    serial = at.office.register.renew_feed(SLUG)
    after = at.office.links.feed(SLUG, serial).removeprefix("http://127.0.0.1:8080")
    assert after != before
    assert at.client.get(before).status_code == 410
    assert at.client.get(after).status_code == 200
    at.clock.pass_(days=7)
    at.remind()
    assert at.feed() == after


def test_each_school_has_an_address_of_its_own(tmp_path: Path) -> None:
    with office_at_work(tmp_path, lambda _: None) as at:
        nursery, infants = (
            at.client.get(at.office.links.feed(slug, 0).removeprefix("http://127.0.0.1:8080")).data.decode()
            for slug in (SLUG, "starling-infants")
        )
        assert "Starling" not in nursery
        assert "Lanterns" not in infants
        assert set(events(infants)) == {str(uuid5(NAME, "starling-infants/cse"))}


def test_the_address_outlives_the_key_it_was_made_under_for_as_long_as_that_is_kept(at: OfficeAtWork) -> None:
    feed, page = at.feed(), at.page_of()
    before = rotate_journey_key(at.config)
    assert before is not None
    old_keys(at, f'"file:keys/{before.name}"')
    assert set(events(at.client.get(feed).data.decode())) == {uid("cse"), uid("e-safety")}
    assert at.client.get(page).status_code == 200
    old_keys(at, "")
    assert at.client.get(feed).status_code == at.client.get(page).status_code == 410


def old_keys(at: OfficeAtWork, keys: str) -> None:
    file = at.config / "service.toml"
    file.write_text(re.sub(r"(?m)^old = .*$", f"old = [{keys}]", file.read_text("utf-8")), "utf-8")
    at.restart()
