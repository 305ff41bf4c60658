"""The page behind a review link: looking changes nothing, saying notes, and nobody gets in by another way."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import pytest
from sqlalchemy import text

from connector.model.policies_kept import Kept, Reviewed, standing_reviews
from connector.office_links import GOOD_FOR, ReviewLink
from connector.sqlite import database
from connector.web.pages import HEADERS
from connector.wiring import make_sealer
from tests.office_at_work import MONDAY, OWNER, OfficeAtWork, listing, office_at_work

SLUG = "little-lanterns"
POLICY = """
[policies.cse]
title = "Child Sexual Exploitation"
owner = "manager"
next_review = "November 2026"
needs = ["accepted", "signed_head", "signed_chair", "minute_number"]
"""
REVIEW = {"on": "2026-11-20", "next_review": "November 2028"}


@pytest.fixture
def at(tmp_path: Path) -> Iterator[OfficeAtWork]:
    with office_at_work(tmp_path, listing(POLICY)) as found:
        found.remind()
        yield found


class Page(HTMLParser):
    """What stands on the page: its fields, its elements, the words between them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.fields: dict[str, dict[str, str]] = {}
        self.elements: list[str] = []
        self.words = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        if tag == "input":
            given = {name: value or "" for name, value in attrs}
            self.fields[given["name"]] = given

    def handle_data(self, data: str) -> None:
        self.words += data

    def values(self) -> dict[str, str]:
        return {name: given["value"] for name, given in self.fields.items()}

    def faulty(self) -> set[str]:
        return {name for name, given in self.fields.items() if "aria-invalid" in given}


def get(at: OfficeAtWork, path: str = "") -> Page:
    answer = at.client.get(path or at.page_of())
    assert answer.status_code == 200
    return Page(answer.text)


def press(at: OfficeAtWork, path: str = "", status: int = 200, **given: str) -> Page:
    answer = at.client.post(path or at.page_of(), data=given)
    assert answer.status_code == status, answer.text
    return Page(answer.text)


def kept(at: OfficeAtWork) -> Kept:
    (found,) = at.office.register.policies(SLUG)
    return found


def said(at: OfficeAtWork) -> list[tuple[str, Reviewed]]:
    """Who said what of the policy's reviews."""
    return [(event.by, event.reviewed) for event in kept(at).history if event.reviewed is not None]


def register_as_it_is(at: OfficeAtWork) -> list[list[tuple[object, ...]]]:
    tables = ("policy", "event", "library", "feed", "told")
    with at.office.register._reading.connect() as connection:
        return [[tuple(row) for row in connection.execute(text(f"SELECT * FROM {name}"))] for name in tables]  # noqa: S608 - named above


def path_for(at: OfficeAtWork, **other: object) -> str:
    """The page of a link that the service itself made; `other` is what is different about it."""
    values = {"school": SLUG, "slug": "cse", "person": "office", "made_at": MONDAY} | other
    link = ReviewLink(school=str(values["school"]), slug=str(values["slug"]), person=str(values["person"]))
    made_at = values["made_at"]
    assert isinstance(made_at, datetime)
    return at.office.links.reviewed(link, made_at).removeprefix("http://127.0.0.1:8080")


# -- looking and saying


@pytest.mark.parametrize("method", ["get", "head", "options"])
def test_looking_changes_nothing_however_often(method: str, at: OfficeAtWork) -> None:
    before, path = register_as_it_is(at), at.page_of()
    for _ in range(3):
        assert getattr(at.client, method)(path).status_code == 200
        assert getattr(at.client, method)(f"{path}?on=2026-11-20&next_review=November+2028").status_code == 200
    assert register_as_it_is(at) == before


@pytest.mark.parametrize("method", ["put", "patch", "delete"])
def test_no_other_method_notes_anything(method: str, at: OfficeAtWork) -> None:
    assert getattr(at.client, method)(at.page_of(), data=REVIEW).status_code == 405
    assert said(at) == []


def test_the_page_asks_for_the_day_of_today_and_shows_what_is_open(at: OfficeAtWork) -> None:
    page = get(at)
    assert page.values() == dict.fromkeys(page.fields, "") | {"on": "2026-11-23"}
    assert set(page.fields) == {"on", "next_review", "accepted", "minute_number", "signed_head", "signed_chair"}
    for words in (
        "Little Lanterns Nursery",
        "due by Monday 30 November 2026",
        "no minute number",
        "never about a child",
    ):
        assert words in page.words
    assert page.faulty() == set()
    assert "said before" not in page.words


def test_what_is_said_is_noted_with_who_said_it_and_counts_at_once(at: OfficeAtWork) -> None:
    page = press(
        at, at.page_of(OWNER), **REVIEW, minute_number="24/117", accepted="19 November 2026", signed_head="A. Head",
        signed_chair="B. Chair",
    )  # fmt: skip
    assert "it is noted" in page.words
    assert "due by Thursday 30 November 2028" in page.words
    assert "Still open" not in page.words
    assert page.fields == {}
    assert said(at) == [("manager", Reviewed(
        on=date(2026, 11, 20), next_review="November 2028", accepted="19 November 2026", minute_number="24/117",
        signed_head="A. Head", signed_chair="B. Chair",
    ))]  # fmt: skip
    assert kept(at).history[-1].at == MONDAY
    history = get(at).words
    assert "Reviewed on Friday 20 November 2026; accepted 19 November 2026; minute number 24/117" in history
    assert "(Priya Lanternwood said so on 23 November 2026, 07:30)" in history


def test_the_reminders_and_the_calendar_follow_by_themselves(at: OfficeAtWork) -> None:
    feed = at.feed()
    press(at, **REVIEW)
    assert "DTSTART;VALUE=DATE:20281130" in at.client.get(feed).text
    at.clock.pass_(days=7)
    at.remind()
    assert "Child Sexual Exploitation" in at.mails()[-1].part("plain").partition("TO PUT RIGHT")[2]
    assert "OVERDUE" not in at.mails()[-1].part("plain")


def test_a_button_pressed_twice_is_one_review(at: OfficeAtWork) -> None:
    for _ in range(2):
        assert "it is noted" in press(at, **REVIEW).words
    assert len(said(at)) == 1


def test_a_review_without_a_next_date_is_noted_and_asked_for(at: OfficeAtWork) -> None:
    page = press(at, on="2026-11-20")
    assert "No review date: when is this policy to be reviewed?" in page.words
    assert len(said(at)) == 1


# -- adding later


def test_what_was_missing_is_added_to_the_same_review_later(at: OfficeAtWork) -> None:
    press(at, **REVIEW, signed_head="A. Head")
    at.clock.pass_(days=16)
    page = get(at)
    said_then = REVIEW | {"signed_head": "A. Head", "seen": page.values()["seen"]}
    assert page.values() == dict.fromkeys(page.fields, "") | said_then
    assert "Add what was missing" in page.words
    page = press(at, **{**page.values(), "minute_number": "24/117", "accepted": "4 December 2026"})
    assert "due by Thursday 30 November 2028" in page.words
    assert "not signed by the headteacher" not in page.words
    assert "no minute number" not in page.words
    assert "not signed by the chair of governors or owner" in page.words
    assert [one.on for _, one in said(at)] == [date(2026, 11, 20)] * 2


def test_what_was_wrong_is_put_right_by_the_same_link(at: OfficeAtWork) -> None:
    press(at, **REVIEW)
    page = press(at, **REVIEW | {"next_review": "November 2029"})
    assert "due by Friday 30 November 2029" in page.words
    assert len(said(at)) == 2


def test_what_is_emptied_on_the_page_that_shows_it_is_empty(at: OfficeAtWork) -> None:
    press(at, **REVIEW, signed_chair="Wrong Person")
    page = press(at, **get(at).values() | {"signed_chair": ""})
    assert "not signed by the chair of governors or owner" in page.words
    assert get(at).values()["signed_chair"] == ""


def test_what_another_has_said_meanwhile_is_not_emptied_by_a_page_that_did_not_show_it(at: OfficeAtWork) -> None:
    blank = get(at).values()
    assert "seen" not in blank
    press(at, **REVIEW, minute_number="24/117")
    page = press(at, **blank | REVIEW | {"signed_head": "A. Head"})
    assert "no minute number" not in page.words
    assert get(at).values()["minute_number"] == "24/117"


def test_a_day_that_was_mistyped_is_put_right(at: OfficeAtWork) -> None:
    press(at, on="2026-11-22", next_review="November 2029")
    page = press(at, **get(at).values() | REVIEW)
    assert "due by Thursday 30 November 2028" in page.words
    assert "Reviewed on Friday 20 November 2026; in place of Sunday 22 November 2026" in page.words
    assert get(at).values()["on"] == "2026-11-20"


def test_an_earlier_review_that_is_noted_late_is_kept_and_said_to_count_for_nothing(at: OfficeAtWork) -> None:
    blank = get(at).values()
    press(at, **REVIEW)
    page = press(at, **blank | {"on": "2016-11-23", "next_review": "November 2018"})
    assert "It does not count now." in page.words
    assert "due by Thursday 30 November 2028" in page.words
    assert [one.on.year for _, one in said(at)] == [2026, 2016]
    assert "It does not count now." not in press(at, **get(at).values()).words


@pytest.mark.parametrize("seen", ["", "0" * 16, "never", "\x00", "9" * 5000])
def test_a_page_that_says_it_showed_what_it_did_not_puts_nothing_away(seen: str, at: OfficeAtWork) -> None:
    press(at, **REVIEW, minute_number="24/117")
    press(at, **REVIEW | {"on": "2026-11-18", "next_review": "November 2027", "seen": seen})
    assert get(at).values()["on"] == "2026-11-20"
    press(at, **REVIEW | {"signed_head": "A. Head", "seen": seen})
    assert get(at).values()["minute_number"] == "24/117"


def test_two_people_who_add_at_once_lose_nothing_of_each_other(at: OfficeAtWork) -> None:
    press(at, **REVIEW)
    one, other = get(at).values(), get(at).values()
    press(at, **one | {"minute_number": "24/117"})
    press(at, **other | {"signed_head": "P. Lanternwood"})
    both = get(at).values()
    assert (both["minute_number"], both["signed_head"]) == ("24/117", "P. Lanternwood")


OLD = {"minute_number": "24/111", "signed_head": "Wrong Person"}


@pytest.mark.parametrize(("meanwhile", "typed", "stands"), [
    # What another put right, or emptied, since the page was opened stays so.
    ({"minute_number": "24/117"}, {"signed_chair": "C. Chair"},
     {"minute_number": "24/117", "signed_head": "Wrong Person", "signed_chair": "C. Chair", "on": "2026-11-22"}),
    ({"signed_head": ""}, {"signed_chair": "C. Chair"}, {"minute_number": "24/111", "signed_head": "", "on": "2026-11-22"}),
    ({"on": "2026-11-20"}, {"signed_chair": "C. Chair"}, {"on": "2026-11-20", "signed_chair": "C. Chair"}),
    # What both put right is as it was said last; what is emptied takes nothing away that nobody saw.
    ({"minute_number": "24/117"}, {"minute_number": "24/118"}, {"minute_number": "24/118"}),
    ({"minute_number": "24/117"}, {"minute_number": ""}, {"minute_number": "24/117"}),
    ({"on": "2026-11-20"}, {"on": "2026-11-19"}, {"on": "2026-11-19", "minute_number": "24/111"}),
    ({"signed_chair": "C. Chair"}, {"minute_number": ""}, {"minute_number": "", "signed_chair": "C. Chair"}),
])  # fmt: skip
def test_an_older_page_puts_nothing_back(
    meanwhile: dict[str, str], typed: dict[str, str], stands: dict[str, str], at: OfficeAtWork
) -> None:
    press(at, **REVIEW | {"on": "2026-11-22"} | OLD)
    older = get(at).values()
    press(at, **get(at).values() | meanwhile)
    press(at, **older | typed)
    values = get(at).values()
    assert {name: values[name] for name in stands} == stands
    at.office.reviews.withdraw(SLUG, "cse", "office", at.clock.now())
    assert "seen" not in get(at).values(), "it was one review all the time"


def test_a_page_of_a_review_that_was_taken_back_says_it_anew(at: OfficeAtWork) -> None:
    press(at, **REVIEW)
    older = get(at).values()
    at.office.reviews.withdraw(SLUG, "cse", "office", at.clock.now())
    press(at, **older | {"signed_head": "A. Head"})
    assert [one.signed_head for _, one in said(at)] == ["", "A. Head"]


def test_an_older_page_with_a_fault_speaks_of_the_review_that_stands_in_it(at: OfficeAtWork) -> None:
    press(at, **REVIEW | {"on": "2026-11-22"})
    older = get(at).values()
    press(at, **older | {"on": "2026-11-20"})
    page = press(at, status=422, **older | {"minute_number": "-"})
    assert "the review of Sunday 22 November 2026" in page.words


def test_a_new_review_of_a_wrong_day_is_noted_again_on_an_empty_page(at: OfficeAtWork) -> None:
    press(at, **REVIEW, minute_number="24/117", signed_head="A. Head")
    at.clock.pass_(days=25)
    answer = at.client.post(f"{at.page_of()}?new", data={"on": "2025-12-10"})
    assert "It does not count now." in answer.text
    assert '<a href="?new">Note it again</a>' in answer.text
    assert "Add it here" not in answer.text, "that page is of the review that counts"
    press(at, f"{at.page_of()}?new", on="2026-12-10")
    by_day = {one.on: one for one in standing_reviews(kept(at).history)}
    assert (by_day[date(2026, 12, 10)].minute_number, by_day[date(2026, 11, 20)].minute_number) == ("", "24/117")


@pytest.mark.parametrize("on", ["2026-11-19", "2026-08-20", "2025-11-20", "2026-11-23"])
def test_a_day_close_to_the_one_shown_stands_in_its_place(on: str, at: OfficeAtWork) -> None:
    press(at, **REVIEW)
    page = press(at, **get(at).values() | {"on": on, "next_review": "November 2027"})
    assert "It does not count now." not in page.words
    assert get(at).values()["on"] == on
    at.office.reviews.withdraw(SLUG, "cse", "office", at.clock.now())
    assert get(at).values()["on"] == "2026-11-23", "today, in an empty page: the wrong day is no review of its own"
    assert "seen" not in get(at).values()


@pytest.mark.parametrize(
    ("days_later", "on"), [(120, "2027-03-20"), (33, "2026-12-22"), (0, "2024-11-14"), (0, "2026-08-19")]
)
def test_another_review_inherits_neither_minute_nor_signatures(days_later: int, on: str, at: OfficeAtWork) -> None:
    press(
        at,
        **REVIEW,
        minute_number="24/117",
        accepted="20 November 2026",
        signed_head="A. Head",
        signed_chair="C. Chair",
    )
    at.clock.pass_(days=days_later)
    before, values = register_as_it_is(at), get(at).values() | {"on": on}
    page = press(at, status=422, **values)
    assert "far from Friday 20 November 2026, the review that stands here" in page.words
    assert (page.faulty(), page.values()) == ({"on"}, values)
    assert register_as_it_is(at) == before
    blank = get(at, f"{at.page_of()}?new")
    assert blank.values() == dict.fromkeys(values.keys() - {"seen"}, "") | {"on": at.clock.now().date().isoformat()}
    noted = press(at, f"{at.page_of()}?new", **blank.values() | {"on": on})
    assert ("It does not count now." in noted.words) is (days_later == 0)
    latest = said(at)[-1][1]
    assert (latest.on.isoformat(), latest.minute_number, latest.accepted, latest.signed_head) == (on, "", "", "")
    if days_later:
        assert "not accepted by the governing body or owner" in noted.words.casefold()


def test_a_page_that_shows_a_review_leads_to_an_empty_one_and_back(at: OfficeAtWork) -> None:
    path = at.page_of()
    assert 'href="?new"' not in at.client.get(path).text
    press(at, **REVIEW)
    assert 'href="?new"' in at.client.get(path).text
    assert 'href="?new"' not in at.client.get(f"{path}?new").text
    assert 'href="?"' in at.client.post(f"{path}?new", data=REVIEW).text


def test_a_button_pressed_twice_notes_a_correction_once(at: OfficeAtWork) -> None:
    press(at, on="2026-11-22", next_review="November 2029")
    values = get(at).values() | REVIEW
    for _ in range(2):
        press(at, **values)
    assert [one.on.day for _, one in said(at)] == [22, 20]


def test_what_is_taken_back_is_the_whole_review_with_what_was_added_to_it(at: OfficeAtWork) -> None:
    press(at, **REVIEW)
    press(at, **get(at).values() | {"minute_number": "24/117"})
    assert at.office.reviews.withdraw(SLUG, "cse", "office", at.clock.now())
    assert "due by Monday 30 November 2026" in get(at).words
    assert not at.office.reviews.withdraw(SLUG, "cse", "office", at.clock.now())


@pytest.mark.parametrize(("day", "begins_with"), [
    # Half of the two years is on 25 November 2027.
    (date(2027, 11, 25), "2026-11-20"), (date(2027, 11, 26), "2027-11-26"), (date(2028, 11, 6), "2028-11-06"),
])  # fmt: skip
def test_once_the_next_review_is_nearer_the_page_asks_for_that(day: date, begins_with: str, at: OfficeAtWork) -> None:
    press(at, **REVIEW, minute_number="24/117")
    at.clock.moment[0] = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    page = get(at, path_for(at, made_at=at.clock.now()))
    assert page.values()["on"] == begins_with
    assert page.values()["minute_number"] == ("24/117" if begins_with == "2026-11-20" else "")


def test_a_review_early_by_some_weeks_is_the_one_that_was_due(at: OfficeAtWork) -> None:
    # The school's file says November 2026: a review on 20 November is that one, and the next is not known.
    assert "No review date" in press(at, on="2026-11-20").words


def test_a_review_long_before_the_day_that_was_set_leaves_that_day(at: OfficeAtWork) -> None:
    assert "due by Monday 30 November 2026" in press(at, on="2026-08-20").words


# -- wrong words


@pytest.mark.parametrize(("name", "words", "told"), [
    ("on", "", "Give the day"), ("on", "2026-11-31", "Give the day"), ("on", "November 2026", "Give the day"),
    ("on", "0026-11-20", "Give the day"), ("on", "20 November 2026, I think", "Give the day"), ("on", "soon", "Give the day"),
    ("on", "2026-11-24", "still to come"), ("on", "2027-11-20", "still to come"),
    ("next_review", "31 November 2028", "There is no 31 November"), ("next_review", "29 February 2027", "29 February"),
    ("next_review", "Nov 28", "doubtful"), ("next_review", "10/11/29 or so", "doubtful"),
    ("next_review", "November 2025", "lies before this one"), ("next_review", "20 November 2026", "lies before this one"),
    ("next_review", "TBC", "no date"), ("next_review", "when the governors say", "could not be read"),
    ("next_review", "November 2028 / May 2029 / Mai 30", "which is not understood"),
    ("accepted", "not yet", "leave it empty until it is"), ("accepted", "yes", "leave it empty until it is"),
    ("accepted", "4 December 2026", "still to come"), ("accepted", "Nov 20", "leave it empty until it is"),
    ("minute_number", "n/a", "Leave this empty"), ("minute_number", " TBC. ", "Leave this empty"),
    ("signed_head", "Not yet", "Leave this empty"), ("signed_chair", "-", "Leave this empty"),
    *((name, "x" * 201, "longer than 200") for name in ("on", "next_review", "accepted", "minute_number", "signed_chair")),
])  # fmt: skip
def test_words_that_cannot_be_are_shown_again_as_typed_and_nothing_is_noted(
    name: str, words: str, told: str, at: OfficeAtWork
) -> None:
    before = register_as_it_is(at)
    given = {**REVIEW, "minute_number": "24/117", "accepted": "19 November 2026", "signed_head": "A. Head"} | {
        name: words
    }
    page = press(at, status=422, **given)
    assert "Nothing was noted yet." in page.words
    assert told in page.words
    assert page.faulty() == {name}
    assert page.values() == {**given, name: words.strip(), "signed_chair": given.get("signed_chair", "").strip()}
    assert register_as_it_is(at) == before


def test_every_fault_is_told_at_once(at: OfficeAtWork) -> None:
    page = press(at, status=422, on="", next_review="31 June 2028", accepted="no", minute_number="-")
    assert page.faulty() == {"on", "next_review", "accepted", "minute_number"}


@pytest.mark.parametrize(("words", "due"), [
    ("November 2028", "30 November 2028"), ("Autumn 2 2028", "15 December 2028"), ("every two years", "20 November 2028"),
    ("annually", "20 November 2027"), ("Autumn 2", "17 December 2027"), ("30/11/2028", "30 November 2028"), ("2028", "31 December 2028"),
])  # fmt: skip
def test_the_next_review_is_taken_in_a_persons_own_words(words: str, due: str, at: OfficeAtWork) -> None:
    assert due in press(at, **REVIEW | {"next_review": words}).words


# -- hostile words


@pytest.mark.parametrize("words", [
    "<script>alert(1)</script>", '" autofocus onfocus="alert(1)', "{{ 7 * 7 }}{% raw %}", "\u202egnp.exe", "24/117\r\nBcc: x",
    "\x00\x1b[2J", "\U0001f600 \u0639\u0631\u0628\u064a",
])  # fmt: skip
def test_hostile_words_are_shown_escaped_and_break_nothing(words: str, at: OfficeAtWork) -> None:
    plain = press(at, **REVIEW)
    page = press(at, status=422, **REVIEW | {"signed_chair": words, "next_review": f"November 2028 {words}"})
    assert set(page.elements) - set(get(at).elements) <= {"strong"}
    page = press(at, **REVIEW, signed_chair=words)
    assert set(page.elements) <= set(plain.elements)
    again = get(at)
    assert set(again.fields) == {*REVIEW, "accepted", "minute_number", "signed_head", "signed_chair", "seen"}
    assert set(again.fields["signed_chair"]) == {"id", "name", "value", "maxlength"}
    at.clock.pass_(days=7)
    assert at.remind() >= 1
    assert at.caught.faults == []
    assert not set(again.words) & set("\x00\x1b\u202e")


def test_very_long_input_is_refused_and_not_noted(at: OfficeAtWork) -> None:
    for length, status in ((70_000, 422), (1_100_000, 413)):
        assert at.client.post(at.page_of(), data=REVIEW | {"signed_head": "x" * length}).status_code == status
    parts = {"data": REVIEW | {"signed_head": "x" * 70_000}, "content_type": "multipart/form-data"}
    assert at.client.post(at.page_of(), **parts).status_code == 413
    assert said(at) == []


def test_a_hostile_title_is_a_title(tmp_path: Path) -> None:
    title = '<script>alert(1)</script> " {{ 7 * 7 }} \U0001f600'
    with office_at_work(tmp_path, listing(f"[policies.cse]\ntitle = {json.dumps(title, ensure_ascii=False)}")) as at:
        at.remind()
        page = get(at)
        assert title in page.words
        assert "script" not in page.elements
        assert title in press(at, on="2026-11-20").words


# -- who gets in


def refused(at: OfficeAtWork, path: str) -> None:
    """Neither shown nor noted, and in words that name no policy."""
    before = register_as_it_is(at)
    for answer in (at.client.get(path), at.client.post(path, data=REVIEW)):
        assert answer.status_code == 410
        assert "not valid any more" in answer.text
        assert "newest mail about policies" in answer.text
        assert "Exploitation" not in answer.text
    assert register_as_it_is(at) == before


def test_an_altered_link_is_refused(at: OfficeAtWork) -> None:
    path = at.page_of()
    for place in range(len("/r/"), len(path) - 1, 7):
        other = "A" if path[place] != "A" else "B"
        refused(at, f"{path[:place]}{other}{path[place + 1 :]}")


@pytest.mark.parametrize("token", ["x", "%FF%FE", "\u00e9", "A" * 5000, "null", "%00"])
def test_what_is_no_link_of_ours_is_refused(token: str, at: OfficeAtWork) -> None:
    refused(at, f"/r/{token}")


def test_a_link_is_good_for_its_time_and_no_longer(at: OfficeAtWork) -> None:
    at.clock.moment[0] = MONDAY + GOOD_FOR
    get(at)
    path = at.page_of()
    at.clock.pass_(seconds=1)
    refused(at, path)


@pytest.mark.parametrize("other", [
    {"person": "nobody"}, {"slug": "gone"}, {"school": "starling-infants"}, {"school": ""}, {"made_at": MONDAY - GOOD_FOR - timedelta(1)},
])  # fmt: skip
def test_a_link_for_a_person_policy_or_school_that_is_not_there_is_refused(
    other: dict[str, object], at: OfficeAtWork
) -> None:
    get(at, path_for(at))
    refused(at, path_for(at, **other))


def test_a_link_of_another_purpose_or_another_key_is_refused(at: OfficeAtWork) -> None:
    values = json.dumps([SLUG, "cse", "office", 4_000_000_000])
    refused(at, f"/r/{at.office.links.sealer.token('ack', values)}")
    refused(at, f"/r/{make_sealer(at.office.settings).token('reviewed', values)}")
    get(at, f"/r/{at.office.links.sealer.token('reviewed', values)}")


def test_a_review_link_opens_no_concern_and_a_concerns_link_no_policy(at: OfficeAtWork) -> None:
    token = at.page_of().removeprefix("/r/")
    for path in (f"/a/{token}", f"/m/{token}", f"/policies/{token}.ics"):
        assert at.client.get(path).status_code == 410
    feed = at.feed().removeprefix("/policies/").removesuffix(".ics")
    refused(at, f"/r/{feed}")


def test_a_link_of_one_school_says_nothing_of_anothers_policy_of_the_same_name(tmp_path: Path) -> None:
    with office_at_work(tmp_path, lambda _: None) as at:
        at.remind()
        nursery, infants = at.page_of(), path_for(at, school="starling-infants", person="head")
        assert "Starling" not in at.client.get(nursery).text
        press(at, infants, **REVIEW)
        assert at.office.register.policies(SLUG)[0].history == ()
        assert len(at.office.register.policies("starling-infants")[0].history) == 1


def test_the_link_alone_is_the_proof_so_no_other_site_can_press_for_a_person(at: OfficeAtWork) -> None:
    """There is no sign-in that a browser sends along by itself: whoever does not hold the link has nothing to forge."""
    answer = at.client.get(at.page_of())
    assert "Set-Cookie" not in answer.headers
    assert "form-action 'self'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Referrer-Policy"] == "no-referrer"


# -- the page itself


def test_no_script_nothing_from_elsewhere_and_kept_nowhere(at: OfficeAtWork) -> None:
    path = at.page_of()
    for answer in (
        at.client.get(path), at.client.post(path, data={}), at.client.post(path, data=REVIEW), at.client.get(path),
        at.client.get("/r/x"),
    ):  # fmt: skip
        for name, value in HEADERS.items():
            assert answer.headers[name] == value
        assert "<script" not in answer.text
        assert "style=" not in answer.text
        assert set(re.findall(r'(?:src|href|action)="([^"]*)"', answer.text)) <= {"/static/page.css", "", "?", "?new"}


def test_each_field_has_its_label_and_each_fault_belongs_to_its_field(at: OfficeAtWork) -> None:
    html = at.client.post(at.page_of(), data={"on": "", "next_review": "31 June 2028"}).text
    for name, given in Page(html).fields.items():
        assert f'<label for="{name}">' in html
        assert given["id"] == name
    assert 'aria-describedby="on-fault"' in html
    assert 'id="on-fault"' in html


# -- the register does not work


def closed(at: OfficeAtWork) -> None:
    answer = at.client.post(at.page_of(), data=REVIEW)
    assert answer.status_code == 503
    assert "nothing was changed" in " ".join(unescape(answer.text).split())
    assert "Try again shortly" in answer.text


def test_a_full_disk_is_said_and_loses_nothing(at: OfficeAtWork) -> None:
    press(at, **REVIEW)
    with at.office.register._engine.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
    at.office.register._writer.do(limit_pages, pages)
    answers = {
        at.client.post(at.page_of(), data=REVIEW | {"signed_head": f"{'x' * 190} {n}"}).status_code for n in range(60)
    }
    assert answers == {200, 503}
    noted = len(said(at))
    closed_at = at.client.post(at.page_of(), data=REVIEW | {"minute_number": "y" * 199})
    assert closed_at.status_code == 503
    assert len(said(at)) == noted
    at.office.register._writer.do(limit_pages, 1_000_000)
    press(at, **REVIEW, minute_number="24/117")
    assert said(at)[0] == ("office", Reviewed(on=date(2026, 11, 20), next_review="November 2028"))


def limit_pages(connection, items):  # type: ignore[no-untyped-def] # a verb of the writer
    for pages in items:
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
    return items


def test_a_register_that_another_program_holds_is_said_and_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "_BUSY_MS", 50)
    with office_at_work(tmp_path, listing(POLICY)) as at:
        at.remind()
        with at.office.register._engine.connect() as other, other.begin():
            closed(at)
            get(at)
        press(at, **REVIEW)
        assert len(said(at)) == 1


def test_a_register_that_cannot_be_read_is_said_on_every_door(at: OfficeAtWork) -> None:
    path, feed = at.page_of(), at.feed()
    with at.office.register._engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE policy RENAME TO aside")
    for answer in (at.client.get(path), at.client.post(path, data=REVIEW), at.client.get(feed)):
        assert answer.status_code == 503
        assert "Try again shortly" in answer.text
        assert answer.mimetype == ("application/problem+json" if answer.is_json else "text/html")
    assert answer.headers["Retry-After"]
    with at.office.register._engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE aside RENAME TO policy")
    assert (at.client.get(feed).status_code, said(at)) == (200, [])
    press(at, path, **REVIEW)


def test_a_writer_that_has_stopped_notes_nothing_and_says_so(at: OfficeAtWork) -> None:
    at.office.register._writer.close()
    closed(at)
    assert said(at) == []


def test_the_page_and_the_mail_agree_on_what_is_open(at: OfficeAtWork) -> None:
    words = get(at).words
    mail = at.mails()[0].part("plain")
    found = [line.removeprefix("  - ") for line in mail.splitlines() if line.startswith("  - ")]
    assert len(found) == 4
    assert all(line in words for line in found)
