"""The second attack on a school's tenant: what a first round of mends had left open, or opened."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from connector.cli.tenant import Walk
from connector.forms.intake_library import IntakeLibrary
from connector.model.duty import Duty, DutyKind
from connector.outbound.graph import Graph
from connector.store.age import new_identity
from tests.service import sample_of
from tests.tenanted import DSL, FORM, SCHOOL, Tenanted, tenanted
from tests.test_microsoft_attacks import ABOUT_THE_DSL, OBSERVATION, brought, told
from tests.test_microsoft_faults import drive, everything_is_filed_once
from tests.test_microsoft_journey import REPORTER, push, uploaded

CHILD = "r1a7f0c3d5e924b6889d0a1b2c3d4e5f6"


def add_link(school: Tenanted) -> str:
    [link] = {found for text in school.said_to(REPORTER) for found in re.findall(r"/m/[A-Za-z0-9_\-]+", text)}
    return link


def second_version(school: Tenanted) -> list[Duty]:
    return [duty for duty in school.duties(school.newest()) if duty.version == 2]


def open_library_with_a_concern_waiting(school: Tenanted) -> None:
    school.store.share("anonymous")
    school.watch()
    push(school, school.response())
    school.work()
    assert school.filed() == []


@pytest.mark.parametrize("status", [423, 403])
def test_two_responses_of_one_number_that_cannot_be_marked_are_no_storm(school: Tenanted, status: int) -> None:
    school.drop(school.response("S01", "1"), "1")
    school.clock.pass_(seconds=5)
    school.drop(school.response("S02", "1"), "2")
    school.fake.fail(match="PATCH .*/items/", status=status, code="accessDenied", times=None)
    for _ in range(45):
        school.house.polling.poll(SCHOOL, school.clock.now())
        school.work()
        school.clock.pass_(seconds=20)
    assert len(school.house.ledger.unacknowledged()) == 2
    school.fake.heal()
    drive(school, minutes=40)
    assert school.intake.files() == {}


@pytest.mark.parametrize("status", [403, 400])
def test_an_open_library_stays_shut_while_its_rights_cannot_be_read(school: Tenanted, status: int) -> None:
    open_library_with_a_concern_waiting(school)
    school.clock.pass_(minutes=11)
    school.fake.fail(match="GET .*/permissions", status=status, code="accessDenied", times=None)
    school.watch()
    school.work()
    assert school.filed() == []


def test_a_check_that_could_not_ask_opens_no_open_library(school: Tenanted) -> None:
    open_library_with_a_concern_waiting(school)
    site = school.house.sites[SCHOOL]
    assert site.graph is not None
    school.fake.fail(match="GET .*/permissions", status=503, times=None)
    list(Walk(site, school.house.ledger, school.clock.now(), False, site.graph).findings())
    school.clock.pass_(minutes=1)
    school.fake.heal()
    school.work()
    assert school.filed() == []


def test_an_open_library_that_nobody_could_be_told_of_is_told_when_it_cannot_be_read_any_more(school: Tenanted) -> None:
    school.watch()
    school.store.share("anonymous")
    school.clock.pass_(hours=25)
    school.fake.fail(match="sendMail|triggers", status=503, times=None)
    school.watch()
    school.fake.heal()
    school.fake.fail(match="GET .*/permissions", status=403, times=None)
    school.clock.pass_(minutes=11)
    school.watch()
    assert told(school, "a link that anybody can use") >= 1


def test_a_flow_that_never_brought_anything_is_not_told_to_be_in_order(school: Tenanted) -> None:
    school.watch()
    school.clock.pass_(days=61)
    for _ in range(4):
        school.watch()
        school.clock.pass_(minutes=10)
    assert told(school, "No response has come") == 1
    assert told(school, "in order again") == 0


def test_a_short_404_of_everything_about_a_response_delays_it_by_minutes(school: Tenanted) -> None:
    school.poll()
    school.drop(school.response())
    school.fake.fail(match="GET .*/items/", status=404, code="itemNotFound", times=2)
    drive(school, minutes=10)
    everything_is_filed_once(school, 1)


@pytest.mark.parametrize("status", [403, 423])
def test_a_test_file_that_may_not_be_deleted_stops_no_filing(school: Tenanted, status: int) -> None:
    school.fake.fail(match="DELETE .*/items/", status=status, code="accessDenied", times=None)
    push(school, school.response())
    school.work()
    assert len(school.filed()) == 2


def test_a_store_that_cannot_be_reached_is_told_of_within_hours(school: Tenanted) -> None:
    school.watch()
    school.clock.pass_(hours=25)
    school.fake.fail(match="PUT .*connector-check", status=403, times=None)
    drive(school, minutes=180, step=10)
    assert told(school, "It cannot be reached") >= 1
    school.fake.heal()
    drive(school, minutes=20, step=10)
    assert told(school, "in order again") >= 1


def test_a_cursor_is_known_however_graph_spells_the_drive(school: Tenanted, monkeypatch: pytest.MonkeyPatch) -> None:
    real = Graph.get

    def encoded(self: Graph, path: str, **query: str) -> dict[str, object]:
        page = real(self, path, **query)
        return {name: value.replace("b!", "b%21") if "Link" in name else value for name, value in page.items()}

    monkeypatch.setattr(Graph, "get", encoded)
    for _ in range(4):
        school.poll()
        school.clock.pass_(minutes=1)
    asked = [each for each in school.fake.requests if each.path.endswith("/delta")]
    assert len([each for each in asked if "token" not in each.query]) == 1


def test_originals_of_a_ledger_that_was_lost_are_told_and_taken_in_when_moved_back(school: Tenanted) -> None:
    original = b'{"responseId": "7", "answers": {"r1a7f0c3d5e924b6889d0a1b2c3d4e5f6": "A name"}}'
    school.intake.drop("taken-in/C-A2H1-YYJD-1.json", original)
    drive(school, minutes=30, step=10)
    assert told(school, "was its ledger lost?") >= 1
    school.intake.remove("taken-in/C-A2H1-YYJD-1.json")
    school.intake.drop(f"{FORM}/C-A2H1-YYJD-1.json", original)
    school.poll()
    assert len(school.house.ledger.unacknowledged()) == 1


def test_a_nameless_response_under_a_number_that_returned_is_not_lost(school: Tenanted) -> None:
    body = school.response()
    body["answers"].pop(CHILD)
    push(school, body)
    school.clock.pass_(days=200)
    questions = school.house.settings.schools[SCHOOL].forms[FORM].questions
    other = dict(sample_of("S02")["answers"])
    other.pop(next(question.title for question in questions if "child_name" in question.fields))
    assert brought(school, other | {"Completion time": school.clock.now().replace(tzinfo=None)}).new == 1


def test_files_beyond_the_limit_are_counted_in_the_record(school: Tenanted) -> None:
    drive_id = school.fake.onedrive("form.owner@harbourview.example").drive_id
    files = {
        f"r{part:032x}": json.dumps([{"name": f"{part}-{n}.jpg", "id": "x", "driveId": drive_id} for n in range(10)])
        for part in range(6)
    }
    push(school, school.response(**files))
    school.work()
    assert "10 more: NOT copied" in school.store.files()[f"{school.newest()}-1.files.txt"].decode()


def test_a_file_given_up_is_not_owed_again_once_the_content_is_gone(school: Tenanted) -> None:
    push(school, school.response(r00000000000000000000000000000001=uploaded(school, b"photo")))
    school.fake.fail(match="GET .*/content", status=503, times=None)
    drive(school, minutes=80 * 60, step=60)
    school.fake.heal()
    school.store.share("anonymous")
    drive(school, minutes=25 * 60, step=60)
    reference = school.newest()
    before = len([duty for duty in school.duties(reference) if duty.kind is DutyKind.ALARM])
    school.store.unshare_all()
    drive(school, minutes=80 * 60, step=60)
    assert len([duty for duty in school.duties(reference) if duty.kind is DutyKind.ALARM]) == before


def test_a_sweep_that_breaks_ends_no_watch(school: Tenanted, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_self: IntakeLibrary) -> tuple[str, ...]:
        raise KeyError("x")

    monkeypatch.setattr(IntakeLibrary, "kept_apart", broken)
    school.watch()
    assert school.house.ledger.notebook.standing(SCHOOL, "store") is not None


# -- what a reporter adds


def test_an_addition_about_the_person_who_has_it_goes_past_her_to_somebody_else(school: Tenanted) -> None:
    body = school.response()
    del body["answers"][OBSERVATION]
    push(school, body)
    school.work()
    link = add_link(school)
    assert school.client.post(school.ack_path(), data={"person": "dsl"}).status_code == 200
    school.work()
    school.fake.mails.clear()
    assert school.client.post(link, data={"observation-0": ABOUT_THE_DSL}).status_code == 200
    school.work()
    assert school.said_to(DSL) == []
    assert [duty.person for duty in second_version(school) if duty.kind is DutyKind.TELL]


def test_an_addition_about_the_rest_of_the_ladder_still_tells_somebody(school: Tenanted) -> None:
    words = next(
        question.id
        for question in school.house.settings.schools[SCHOOL].forms[FORM].questions
        if "exact_words" in question.fields
    )
    body = school.response(**{words: ABOUT_THE_DSL})
    del body["answers"][OBSERVATION]
    push(school, body)
    school.work()
    link = add_link(school)
    said = "Tobias Lund held him too and Catrin Holloway laughed."
    assert school.client.post(link, data={"observation-0": said}).status_code == 200
    school.work()
    told_now = {duty.person for duty in second_version(school) if duty.kind is DutyKind.TELL}
    assert told_now == {"chair"}


def test_an_addition_to_a_sealed_record_is_sealed_too_however_late(tmp_path: Path) -> None:
    key = new_identity()[1]

    def change(text: str) -> str:
        text = text.replace('"t.lund@harbourview.example"', f'"t.lund@harbourview.example"\nreader = "{key}"')
        return text.replace('readers = ["head", "chair"]', 'readers = ["dsl", "deputy"]')

    with tenanted(tmp_path, change) as school:
        body = school.response(**{OBSERVATION: ABOUT_THE_DSL})
        body["answers"].pop(CHILD)
        push(school, body)
        school.work()
        link = add_link(school)
        text = "\n".join(school.said_to("t.lund@harbourview.example"))
        path = re.search(r"http://127\.0\.0\.1:8080(/a/[A-Za-z0-9_\-]+)", text)
        assert path is not None
        assert school.client.post(path[1], data={"person": "deputy"}).status_code == 200
        school.work()
        [box, *_] = re.findall(r'name="([a-z_]+-\d)"', school.client.get(link).text)
        assert school.client.post(link, data={box: "She did it again at lunch."}).status_code == 200
        school.work()
        found = [name for name in (*school.store.files(), *school.staff_records.files()) if name.startswith("C-")]
        assert len(found) == 4
        assert all(name.endswith(".age") for name in found)
