"""What lay in a Google form before the service came: filed and told all at once, or left; never what came since."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from connector.jobs import watch
from connector.ledger.ledger import Ledger
from tests.google_at_work import (
    AMENDED,
    GET,
    LIST,
    RECEIVED,
    Crash,
    at_work,
    crash,
    everything_is_filed_once_and_told,
    of_response,
    quick_page,
    records,
    reopen,
    shift,
    taken_in_so_far,
    told,
    without_chat,
)
from tests.workspace import Response, rooms
from tests.workspace.answers import Answer
from tests.workspaced import CHAIR, DSL, FORM, HEAD, OFFICE, SCHOOL, STAFF, TECHNICIAN, Workspaced, workspaced

FILED = "Earlier responses have been filed"


def school_in(folder: Path, change: Callable[[str], str] = without_chat) -> Workspaced:
    return workspaced(folder, change, typesetter=quick_page)


def leaving(text: str) -> str:
    """What is old stays where it is."""
    return without_chat(text).replace("poll_seconds = 30", 'poll_seconds = 30\nhistory = "leave"')


def lie_there(school: Workspaced, number: int, days: float = 20) -> list[Response]:
    """So many responses from before the service, each of its own child."""
    return [
        school.respond(at=shift(school, days=days, minutes=each), child_name=f"Child {each}") for each in range(number)
    ]


def due_first(school: Workspaced) -> str:
    """The reference that is filed next."""
    now = school.clock.now()
    [number] = school.house.ledger.due(
        next(one for one in school.house.ledger.lanes(now) if one.channel == "store"), now, 1
    )
    return school.house.ledger.duty(number).reference


def test_six_hundred_old_responses_are_history_and_a_fresh_one_beside_them_goes_first(tmp_path: Path) -> None:
    with school_in(tmp_path) as school:
        school.fake.page_size = 100
        old = lie_there(school, 600)
        fresh = school.respond(child_name="Today")
        assert school.poll() == 601
        assert school.fake.count(LIST) == 7
        [today] = school.house.ledger.unacknowledged()
        assert due_first(school) == today.reference
        # What goes to people is not behind what goes to the drive; of the 600 nothing goes to people.
        now = school.clock.now()
        for lane in school.house.ledger.lanes(now):
            for number in school.house.ledger.due(lane, now, 12):
                school.house.engine._perform(number)
        assert records(school)[0]["response_id"] == fresh.id
        assert {one["response_id"] for one in records(school)[1:]} < {one.id for one in old}
        assert told(school, RECEIVED) == told(school, RECEIVED, today.reference) == 1
        assert school.house.ledger.notebook.history(SCHOOL, FORM) == 600
        school.watch()
        [said] = [text for text in school.said_to(DSL) if text.startswith(FILED)]
        assert "600 earlier response(s)" in said


def test_history_is_filed_told_by_one_notice_after_many_ticks_and_by_no_other(tmp_path: Path) -> None:
    with workspaced(tmp_path, typesetter=quick_page) as school:
        old = lie_there(school, 12)
        at_work(school, 6)
        at_work(school, 26 * 60, step=60)
        assert [len(of_response(school, one)) for one in old] == [1] * 12
        assert taken_in_so_far(school) == 12
        assert [told(school, FILED, to=who) for who in (DSL, HEAD, TECHNICIAN)] == [1, 1, 1]
        assert {who for mail in school.fake.mails for who in mail.recipients} == {DSL, HEAD, TECHNICIAN}
        assert [school.said_to(who) for who in (STAFF, OFFICE, CHAIR)] == [[], [], []]
        assert school.fake.chats == []
        assert school.house.ledger.unacknowledged() == []
        reopen(school, typesetter=quick_page)
        at_work(school, 3)
        assert told(school, FILED) == 1
        assert len(school.filed()) == 24
        school.house.close()


def test_an_edit_of_what_was_history_is_told(tmp_path: Path) -> None:
    with school_in(tmp_path) as school:
        first, second = lie_there(school, 2)
        at_work(school, 2)
        school.form.edit(first, school.answers(observation="She has said it again, today."))
        at_work(school, 2)
        assert [one["version"] for one in of_response(school, first)] == [1, 2]
        [reference] = {one["reference"] for one in of_response(school, first)}
        assert told(school, AMENDED, reference) == 1
        assert told(school, RECEIVED) == 0
        assert [one["version"] for one in of_response(school, second)] == [1]
        assert [one.reference for one in school.house.ledger.unacknowledged()] == [reference]


def test_an_edit_while_a_sweep_takes_in_an_old_response_is_told_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with school_in(tmp_path) as school:
        school.poll()
        [late] = lie_there(school, 1)
        real = rooms.HANDLERS[GET]

        def edited(*given: object) -> Answer:
            school.form.edit(late, school.answers(observation="She has said it again, today."))
            return real(*given)

        with monkeypatch.context() as meanwhile:
            meanwhile.setitem(rooms.HANDLERS, GET, edited)
            school.house.polling.sweep(SCHOOL, school.clock.now())
        assert school.fake.count(GET) == 1
        at_work(school, 3)
        assert "said it again, today" in of_response(school, late)[-1]["original"]
        assert told(school, RECEIVED) + told(school, AMENDED) == 1


@pytest.mark.parametrize("after", [0, 1, 5])
def test_a_crash_in_the_middle_of_the_first_reading_loses_and_doubles_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    with school_in(tmp_path) as school:
        old = lie_there(school, 8)
        fresh = school.respond(child_name="Today")
        real, left = Ledger.accept, [after]

        def accept(*given: object) -> object:
            left[0] -= 1
            return crash() if left[0] < 0 else real(*given)

        with monkeypatch.context() as broken:
            broken.setattr(Ledger, "accept", accept)
            with pytest.raises(Crash):
                school.poll()
        assert taken_in_so_far(school) == after
        reopen(school, typesetter=quick_page)
        watch(school.house)
        assert told(school, FILED) == 0, "its first reading is not over"
        # A machine that stands still for three weeks makes no history of what was fresh.
        school.clock.pass_(days=21)
        at_work(school, 3)
        assert [len(of_response(school, one)) for one in (*old, fresh)] == [1] * 9
        assert school.house.ledger.notebook.history(SCHOOL, FORM) == 8
        [today] = school.house.ledger.unacknowledged()
        assert told(school, RECEIVED, today.reference) == told(school, RECEIVED) == 1
        assert told(school, FILED) == 1
        school.house.close()


@pytest.mark.parametrize("is_read_before", [True, False])
def test_what_came_during_an_outage_of_three_weeks_is_told_one_by_one(tmp_path: Path, *, is_read_before: bool) -> None:
    with school_in(tmp_path) as school:
        if is_read_before:
            school.poll()
        school.fake.fail("forms.", 503, times=None)
        school.poll()
        sent = []
        for _ in range(3):
            school.clock.pass_(days=7)
            school.house.polling.poll(SCHOOL, school.clock.now())
            sent.append(school.respond(at=shift(school, days=6)))
        assert taken_in_so_far(school) == 0
        reopen(school, typesetter=quick_page)
        school.fake.heal()
        at_work(school, 2)
        everything_is_filed_once_and_told(school, *sent)
        assert len(records(school)) == 3
        assert school.house.ledger.notebook.history(SCHOOL, FORM) == 0
        assert told(school, FILED) == 0
        school.house.close()


def test_the_border_of_history_is_fourteen_days_before_the_first_look(tmp_path: Path) -> None:
    with school_in(tmp_path) as school:
        border = shift(school, days=14)
        before = school.respond(at=border - timedelta(microseconds=1), child_name="Before")
        after = school.respond(at=border + timedelta(microseconds=1), child_name="After")
        at_work(school, 2)
        assert [len(of_response(school, one)) for one in (before, after)] == [1, 1]
        [one] = school.house.ledger.unacknowledged()
        assert of_response(school, after)[0]["reference"] == one.reference
        assert told(school, RECEIVED) == told(school, FILED) == 1


def test_ten_thousand_old_responses_are_left_alone_and_so_they_are_by_the_sweep(tmp_path: Path) -> None:
    with school_in(tmp_path, leaving) as school:
        name = school.laid.ids["Name of child(ren)"]
        old = [
            school.form.respond({name: f"Child {each}"}, email=STAFF, at=shift(school, days=20, seconds=each))
            for each in range(10_000)
        ]
        fresh = school.respond(child_name="Today")
        assert school.poll() == 10_001
        assert school.fake.count(LIST) == 11
        assert taken_in_so_far(school) == 1
        school.clock.pass_(hours=21)
        school.house.polling.sweep(SCHOOL, school.clock.now())
        assert school.house.ledger.notebook.progress(SCHOOL, FORM).swept_at == school.clock.now()
        assert school.fake.count(GET) == 0, "not one of them is read"
        assert taken_in_so_far(school) == 1
        school.form.edit(old[0], school.answers(child_name="Child 0, edited"))
        school.poll()
        school.work()
        everything_is_filed_once_and_told(school, fresh, old[0])
        assert len(records(school)) == 2
        school.watch()
        assert told(school, FILED) == 0
