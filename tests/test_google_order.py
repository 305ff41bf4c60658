"""Responses of a Google form in any order, at any time, edited, deleted, shown late: each is filed once and told."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.google_at_work import (
    AMENDED,
    GET,
    LIST,
    RECEIVED,
    everything_is_filed_once_and_told,
    lose_cursor,
    of_response,
    quick_page,
    records,
    reopen,
    shift,
    taken_in_so_far,
    told,
    without_chat,
)  # fmt: skip
from tests.workspace import Response, rooms
from tests.workspace.answers import Answer
from tests.workspace.stamps import micros
from tests.workspaced import DSL, FORM, SCHOOL, Workspaced, workspaced


@pytest.fixture
def school(tmp_path: Path) -> Iterator[Workspaced]:
    with workspaced(tmp_path, without_chat, typesetter=quick_page) as found:
        yield found
        found.house.close()


def cursor(school: Workspaced) -> str:
    form, moment = school.house.ledger.notebook.progress(SCHOOL, FORM).cursor.split(" ")
    assert form == school.form.id
    return moment


def swept(school: Workspaced) -> None:
    """A night passes."""
    school.clock.pass_(hours=21)
    school.house.polling.sweep(SCHOOL, school.clock.now())


# -- order and time


def test_pages_in_any_order_are_all_read_and_the_cursor_is_the_latest_of_them(school: Workspaced) -> None:
    school.fake.page_size = 3
    sent = [school.respond(at=shift(school, minutes=5 * number, microseconds=7)) for number in range(11)]
    assert school.poll() == 11
    assert school.fake.count(LIST) == 4
    assert cursor(school) == max(micros(one.submitted) for one in sent)
    school.work()
    everything_is_filed_once_and_told(school, *sent)
    assert len(records(school)) == 11


def test_responses_of_the_same_microsecond_are_all_taken_in_also_across_a_page_border(school: Workspaced) -> None:
    moment = shift(school, minutes=1, microseconds=-123)
    sent = [school.respond(at=moment) for _ in range(5)]
    school.fake.page_size = 2
    assert school.poll() == 5
    # Of the very microsecond at which the cursor stands.
    sent += [school.respond(at=moment) for _ in range(2)]
    school.poll()
    school.work()
    assert {micros(one.submitted) for one in sent} == {cursor(school)}
    everything_is_filed_once_and_told(school, *sent)
    assert len(records(school)) == 7


def test_a_response_a_microsecond_after_the_cursor_is_not_missed(school: Workspaced) -> None:
    first = school.respond(at=datetime(2026, 11, 17, 10, 40, 0, 999_999, tzinfo=UTC))
    school.poll()
    assert cursor(school) == "2026-11-17T10:40:00.999999Z"
    second = school.respond(at=first.submitted + timedelta(microseconds=2))
    school.poll()
    assert cursor(school) == "2026-11-17T10:40:01.000001Z"
    school.work()
    everything_is_filed_once_and_told(school, first, second)


def test_an_untouched_response_is_not_taken_in_again_for_ever(school: Workspaced) -> None:
    sent = school.respond()
    for _ in range(5):
        school.poll()
        school.work()
        school.clock.pass_(minutes=3)
    swept(school)
    school.poll()
    school.work()
    assert taken_in_so_far(school) == 1
    assert school.fake.count(GET) == 0, "what is known is not read again"
    [asked] = {
        each.query["filter"] for each in school.fake.requests if each.method_id == LIST and "filter" in each.query
    }
    assert asked == f"timestamp >= {micros(sent.submitted - timedelta(minutes=10))}"
    assert told(school, RECEIVED) == 1


def test_an_empty_answer_is_no_news_and_what_comes_after_it_is_found(school: Workspaced) -> None:
    assert school.poll() == 0
    assert school.poll() == 0
    assert school.fake.requests[-1].status == 200
    assert cursor(school), "it was read to its end"
    sent = school.respond()
    assert school.poll() == 1
    school.work()
    everything_is_filed_once_and_told(school, sent)
    school.form.delete(sent)
    before = cursor(school)
    assert school.poll() == 0
    assert cursor(school) == before


def test_a_response_that_appears_late_is_found_by_the_overlap(school: Workspaced) -> None:
    seen = school.respond()
    school.poll()
    late = school.respond(at=seen.submitted - timedelta(minutes=9, seconds=59))
    school.poll()
    school.work()
    everything_is_filed_once_and_told(school, seen, late)


def test_a_response_that_appears_later_than_that_is_found_by_the_nightly_sweep_and_told(school: Workspaced) -> None:
    seen = school.respond()
    school.poll()
    school.watch()
    late = school.respond(at=seen.submitted - timedelta(hours=3))
    school.poll()
    assert taken_in_so_far(school) == 1, "the cursor has passed it"
    swept(school)
    assert [each.path.endswith(late.id) for each in school.fake.requests if each.method_id == GET] == [True]
    school.work()
    everything_is_filed_once_and_told(school, seen, late)
    assert len(records(school)) == 2


def test_a_sweep_asks_for_no_words(school: Workspaced) -> None:
    school.taken_in()
    before = len(school.fake.requests)
    swept(school)
    [asked] = {each.query.get("fields") for each in school.fake.requests[before:] if each.method_id == LIST}
    assert asked == "nextPageToken,responses(responseId,createTime,lastSubmittedTime)"


def test_what_a_sweep_could_not_read_is_not_put_off_to_the_next_night(school: Workspaced) -> None:
    school.taken_in()
    school.watch()
    late = school.respond(at=shift(school, hours=3))
    school.fake.fail(GET, 503, times=1)
    swept(school)
    assert taken_in_so_far(school) == 1
    for _ in range(6):
        school.clock.pass_(minutes=10)
        school.poll()
        school.watch()
    school.work()
    assert len(of_response(school, late)) == 1, "an hour later it is still not here"


def test_a_lost_cursor_costs_one_long_look_and_nothing_else(school: Workspaced) -> None:
    sent = [school.respond(at=shift(school, hours=number)) for number in range(5)]
    school.poll()
    school.work()
    lose_cursor(school, typesetter=quick_page)
    sent.append(school.respond())
    assert school.poll() == 6
    school.work()
    everything_is_filed_once_and_told(school, *sent)
    assert taken_in_so_far(school) == 6
    assert cursor(school) == max(micros(one.submitted) for one in sent)


# -- times that are none


def test_a_response_from_the_far_future_does_not_hide_those_after_it(school: Workspaced) -> None:
    first = school.respond(at=datetime(2099, 1, 1, tzinfo=UTC))
    school.poll()
    second = school.respond()
    school.poll()
    school.clock.pass_(minutes=30)
    third = school.respond()
    school.poll()
    school.work()
    everything_is_filed_once_and_told(school, first)
    assert [len(of_response(school, one)) for one in (second, third)] == [1, 1], "they wait for the nightly sweep"


@pytest.mark.parametrize(
    ("without", "instead"),
    [
        (("lastSubmittedTime",), {}),
        (("lastSubmittedTime", "createTime"), {}),
        ((), {"lastSubmittedTime": "0001-01-01T00:00:00Z"}),
        ((), {"lastSubmittedTime": "0001-01-01T00:00:00+14:00"}),
        ((), {"lastSubmittedTime": "9999-12-31T23:59:59-12:00"}),
        ((), {"lastSubmittedTime": "yesterday"}),
    ],
)
def test_a_response_whose_time_is_missing_or_absurd_is_taken_in_once_told_and_in_nobodys_way(
    school: Workspaced, monkeypatch: pytest.MonkeyPatch, without: tuple[str, ...], instead: dict[str, str]
) -> None:
    school.may_complain = True
    odd = school.respond()
    real = Response.body

    def body(self: Response, form_id: str = "") -> dict[str, Any]:
        found = real(self, form_id)
        return {k: v for k, v in (found | instead).items() if k not in without} if self is odd else found

    monkeypatch.setattr(Response, "body", body)
    before = school.respond()
    for _ in range(3):
        school.poll()
        school.clock.pass_(minutes=1)
    after = school.respond()
    school.poll()
    swept(school)
    school.poll()
    school.work()
    assert [len(of_response(school, one)) for one in (odd, before, after)] == [1, 1, 1]
    assert taken_in_so_far(school) == 3
    assert told(school, RECEIVED) == 3
    assert told(school, AMENDED) == 0


# -- edits and deletions


def test_an_edit_is_a_second_version_told_as_amended_and_the_first_record_stays(school: Workspaced) -> None:
    sent = school.respond(observation="She said her arm hurts.")
    school.poll()
    school.work()
    [first] = of_response(school, sent)
    page = school.store.files()[f"{first['reference']}-1.json"]
    school.clock.pass_(minutes=30)
    school.form.edit(sent, school.answers(observation="She said nothing at all."))
    for _ in range(3):
        school.poll()
        school.work()
    everything_is_filed_once_and_told(school, sent)
    assert [one["version"] for one in of_response(school, sent)] == [1, 2]
    assert school.store.files()[f"{first['reference']}-1.json"] == page
    assert b"her arm hurts" in page
    assert "her arm hurts" not in of_response(school, sent)[1]["original"]
    assert told(school, RECEIVED) == told(school, AMENDED) == 1


def test_an_edit_that_changes_no_word_is_still_a_version_of_its_own_once(school: Workspaced) -> None:
    sent = school.respond()
    school.poll()
    school.form.edit(sent, school.answers())
    school.poll()
    school.form.edit(sent, school.answers())
    swept(school)
    school.poll()
    school.work()
    everything_is_filed_once_and_told(school, sent)
    assert len(of_response(school, sent)) == 3


def test_an_edit_a_year_later_that_names_another_child_is_still_of_the_same_concern(school: Workspaced) -> None:
    sent = school.respond(child_name="Ida Marlowe")
    school.poll()
    school.work()
    school.clock.pass_(days=365)
    school.form.edit(sent, school.answers(child_name="Ira Marlow"))
    school.poll()
    school.work()
    everything_is_filed_once_and_told(school, sent)


def test_a_response_edited_between_two_pages_comes_in_both_versions_or_the_last(
    school: Workspaced, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = [school.respond(at=shift(school, minutes=number)) for number in range(6)]
    school.fake.page_size = 2
    real = rooms.HANDLERS[LIST]

    def listed(*given: Any) -> Answer:
        found = real(*given)
        shown = found.body["responses"][0]["responseId"]
        edited = next(one for one in sent if one.id == shown)
        school.clock.pass_(seconds=1)
        school.form.edit(edited, school.answers(observation=f"edited after {micros(edited.submitted)}"))
        return found

    with monkeypatch.context() as meanwhile:
        meanwhile.setitem(rooms.HANDLERS, LIST, listed)
        school.poll()
    school.poll()
    school.work()
    everything_is_filed_once_and_told(school, *sent)


def test_a_deleted_response_leaves_its_record_and_nobody_hears_of_it(school: Workspaced) -> None:
    sent = school.respond()
    school.poll()
    school.work()
    said = len(school.said_to(DSL))
    school.form.delete(sent)
    school.poll()
    swept(school)
    school.poll()
    assert len(of_response(school, sent)) == 1
    assert len(school.filed()) == 2
    assert school.house.ledger.notebook.progress(SCHOOL, FORM).waiting == 0
    assert len(school.said_to(DSL)) == said


def test_a_response_without_a_single_answer_is_taken_in_once_and_told_once(school: Workspaced) -> None:
    blank = school.form.respond({}, email="k.teacher@willowbank.example", at=shift(school, seconds=20))
    for _ in range(3):
        school.poll()
        swept(school)
        school.poll()
    school.work()
    assert told(school, RECEIVED) == 1
    assert told(school, AMENDED) == 0
    assert taken_in_so_far(school) == 1
    assert school.fake.count(GET) == 0, "it is known by its number and time, and not read again"
    school.form.edit(blank, school.answers())
    school.poll()
    school.work()
    assert told(school, AMENDED) == 1


@pytest.mark.parametrize("words", ["\ud83d half of a pair", "nought \x00 inside", "\u202egnihton", "x" * 200_000])
def test_words_that_no_machine_likes_are_filed_as_they_are(school: Workspaced, words: str) -> None:
    odd = school.respond(observation=words)
    plain = school.respond()
    school.poll()
    school.poll()
    school.work()
    assert [len(of_response(school, one)) for one in (odd, plain)] == [1, 1]
    assert told(school, RECEIVED) == 2
    assert taken_in_so_far(school) == 2


# -- any interleaving


class Day:
    """One school and what may happen to it."""

    def __init__(self, school: Workspaced, chance: random.Random) -> None:
        self.school, self.chance = school, chance
        self.fake, self.form, self.clock = school.fake, school.form, school.clock
        self.fake.page_size = chance.choice([1, 2, 100])
        self.edits = 0

    def respond(self) -> None:
        back = self.chance.choice([0, 1, 30, 599])
        self.school.respond(at=self.clock.now() - timedelta(seconds=back, microseconds=self.chance.choice([1, 1, 999])))

    def edit(self) -> None:
        if self.form.responses:
            self.edits += 1
            words = self.school.answers(observation=f"edit {self.edits}")
            self.form.edit(self.chance.choice(self.form.responses), words)

    def delete(self) -> None:
        if len(self.form.responses) > 3:
            self.form.delete(self.chance.choice(self.form.responses))

    def fault(self) -> None:
        method = self.chance.choice([LIST, GET, "forms.", "drive.files.", "oauth2.token"])
        status, wait = self.chance.choice([401, 429, 500, 503]), self.chance.choice([{}, {"Retry-After": "40"}])
        after = self.chance.random() < 0.3
        self.fake.fail(method, status, times=self.chance.randint(1, 4), headers=wait, after=after)

    def cut(self) -> None:
        self.fake.fail(self.chance.choice([LIST, "drive.files.create"]), cut=True, after=self.chance.random() < 0.5)

    def poll(self) -> None:
        self.school.poll()

    def work(self) -> None:
        self.school.work()

    def sweep(self) -> None:
        self.school.house.polling.sweep(SCHOOL, self.clock.now())

    def restart(self) -> None:
        reopen(self.school, typesetter=quick_page)

    def pass_(self) -> None:
        self.clock.pass_(minutes=self.chance.choice([0.1, 1, 16, 21 * 60]))

    def settle(self) -> None:
        """All is mended, and a night and a morning pass."""
        self.fake.heal()
        self.clock.pass_(hours=1)
        self.poll()
        self.clock.pass_(hours=21)
        self.sweep()
        for _ in range(4):
            self.work()
            self.clock.pass_(minutes=31)


STEPS = [
    "respond",
    "respond",
    "edit",
    "edit",
    "delete",
    "fault",
    "cut",
    "poll",
    "poll",
    "work",
    "sweep",
    "restart",
    "pass_",
]


@settings(max_examples=5, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(STEPS), min_size=8, max_size=14), st.integers(0, 2**32))
def test_whatever_happens_in_whatever_order_each_latest_response_is_filed_once_and_told(
    steps: list[str], seed: int
) -> None:
    with (
        tempfile.TemporaryDirectory() as folder,
        workspaced(Path(folder), without_chat, typesetter=quick_page) as school,
    ):
        try:
            day = Day(school, random.Random(seed))
            day.respond()
            for step in steps:
                getattr(day, step)()
            day.settle()
            everything_is_filed_once_and_told(school, *day.form.responses)
            assert school.house.ledger.notebook.progress(SCHOOL, FORM).waiting == 0
        finally:
            school.house.close()
