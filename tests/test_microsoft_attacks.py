"""What reviewers have tried against a school's tenant, its library, its rights and its workbooks, and what must hold."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from connector.errors import ConfigError, DeliveryError
from connector.forms import intake_library as library_source
from connector.forms.workbook import ids_of, read
from connector.importing import Importing
from connector.intake import Answer, Intake
from connector.jobs import answer_pokes
from connector.model.standing import State
from connector.model.submission import Arrival
from connector.outbound.rights import judge
from connector.outbound.sharepoint import send_pieces
from connector.settings.load import load
from connector.store.age import new_identity
from connector.store.sharepoint import SharePointStore
from tests.service import sample_of
from tests.tenanted import DSL, FORM, OFFICE, SCHOOL, Tenanted, replaced, tenanted
from tests.test_microsoft_faults import drive, everything_is_filed_once, reopened
from tests.test_microsoft_journey import REPORTER, bring, push, uploaded, workbook_of
from tests.workbooks import make_workbook

APP = "66666666-7777-4888-9999-aaaaaaaaaaaa"
HEAD = "c.holloway@harbourview.example"
OTHERS_PRESENT, OBSERVATION = "rd637c8f11a5e07244b926374859001b2", "ra30495cee72bd4f118693041526d7e8f"
ABOUT_THE_DSL = "Imogen Farrow held the child by the arm and shouted."
SECOND_FORM = """
[forms.zz-second]
title = "Second"
source = "microsoft"
profile = "nursery-record"
questions = [{ title = "Child's name", id = "r1a7f0c3d5e924b6889d0a1b2c3d4e5f6", fields = ["child_name"] }]
"""


def told(school: Tenanted, words: str, address: str = OFFICE) -> int:
    """How many mails to that address hold these words."""
    return len([text for text in school.said_to(address) if words in text])


def brought(school: Tenanted, row: Mapping[str, Any], *titles: str) -> Any:
    """One response from a workbook; with titles, from one that somebody made by hand: no columns of Forms' own."""
    questions = [question.title for question in school.house.settings.schools[SCHOOL].forms[FORM].questions]
    sheet = make_workbook(titles, [row], own=("ID",)) if titles else make_workbook(questions, [row])
    return bring(school, sheet, school.clock.now() - timedelta(days=14))


def test_an_answer_of_a_hand_made_workbook_never_gets_a_receipt(school: Tenanted) -> None:
    row = {"ID": 1, "Child's name": "Winter-Sample", "Age of the child": 4, "Parent's email": "mum@family.example"}
    brought(school, row, *list(row)[1:])
    school.work()
    assert school.said_to("mum@family.example") == []
    assert len(school.said_to(DSL)) == 1


def test_a_date_of_birth_never_makes_a_response_history(school: Tenanted) -> None:
    titles = ("Child's name", "Date of birth", "Age of the child", "Exact words spoken by the child")
    found = brought(school, {**sample_of("S01")["answers"], "Date of birth": date(2022, 5, 1)}, *titles)
    assert (found.new, found.history) == (1, 0)


@pytest.mark.parametrize("way", ["waits in the library", "is pushed later"])
def test_a_response_that_was_history_is_told_when_it_comes_by_itself(school: Tenanted, way: str) -> None:
    if way == "waits in the library":
        school.drop(school.response())
    assert bring(school, workbook_of(school, "1"), school.clock.now()).history == 1
    school.poll()
    if way == "is pushed later":
        push(school, school.response())
    school.work()
    [held] = school.house.ledger.unacknowledged()
    assert told(school, held.reference, DSL) == 1


@pytest.mark.parametrize("before", ["interrupted", "imported", "imported and told"])
def test_history_is_told_of_in_full_however_often_it_is_imported(school: Tenanted, before: str) -> None:
    def stop(done: int) -> None:
        if done == 2 and before == "interrupted":
            raise KeyboardInterrupt

    form, now = school.house.settings.schools[SCHOOL].forms[FORM], school.clock.now()
    half, all_of_it = workbook_of(school, "1", "2"), workbook_of(school, "1", "2", "3", "4")
    first = read(all_of_it if before == "interrupted" else half, ids_of(form.questions))
    with contextlib.suppress(KeyboardInterrupt):
        Importing(school.house.intake, SCHOOL, FORM, now).bring_in(first, now, stop)
    if before != "imported":
        school.watch()
        assert told(school, "2 earlier response(s)") == 1
    bring(school, all_of_it, now)
    school.watch()
    assert told(school, "4 earlier response(s)") == 1


def test_history_about_the_dsl_is_told_to_the_staff_ladder_too(school: Tenanted) -> None:
    title = "Exact observation of the incident, including any other witnesses"
    school.clock.pass_(days=20)
    assert brought(school, {**sample_of("S01")["answers"], title: ABOUT_THE_DSL}).history == 1
    school.work()
    school.watch()
    assert len(school.staff_records.files()) == 2
    assert told(school, "1 earlier response(s)", HEAD) == 1


def test_another_childs_response_under_a_number_that_returned_is_no_repeat(school: Tenanted) -> None:
    school.taken_in("S01", "1")
    assert brought(school, sample_of("S02")["answers"]).new == 1


AS_THE_STORE = replaced('concern-intake"\nlibrary = "Responses"', 'safeguarding"\nlibrary = "Records"')
REFUSED = {
    "the intake library is a store": (AS_THE_STORE, "must be another library than"),
    "a form is called taken-in": (lambda text: text + SECOND_FORM.replace("zz-second", "taken-in"), "another name"),
    "two stores, one drive": (lambda text: text.replace("\nreaders", '\ndrive = "b!same"\nreaders'), "another place"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_libraries_in_each_others_way_are_refused_at_load(tmp_path: Path, case: str) -> None:
    change, words = REFUSED[case]
    with pytest.raises(ConfigError, match=words), tenanted(tmp_path, change):
        """Not reached."""


def test_two_schools_on_one_library_are_refused_at_load(school: Tenanted) -> None:
    schools = school.config / "schools"
    (schools / "aa-other.toml").write_text((schools / f"{SCHOOL}.toml").read_text("utf-8"), "utf-8")
    with pytest.raises(ConfigError, match="give each its own"):
        load(school.config, school.given)


def test_another_library_in_the_configuration_is_read_from_its_beginning(school: Tenanted) -> None:
    other = school.intake.site.library("Responses 2027")
    school.taken_in()
    path = school.config / "schools" / f"{SCHOOL}.toml"
    path.write_text(path.read_text("utf-8").replace('"Responses"', '"Responses 2027"'), "utf-8")
    reopened(school)
    other.drop(f"{FORM}/{FORM}-2.json", json.dumps(school.response(number="2")).encode())
    assert school.poll() == 1
    school.house.close()


def person(name: str, login: str = "stranger@mail.example", **more: str) -> dict[str, Any]:
    user = {"id": "1", "displayName": name, **more}
    return {"user": user, "siteUser": {"displayName": name, "loginName": f"i:0#.f|membership|{login}"}}


HOLDERS: dict[str, dict[str, Any]] = {
    "only our own app": {"application": {"id": APP}},
    "a person called as an allowed group": person("Safeguarding Owners"),
    "a person called as an allowed address": person(DSL),
    "a directory group called as an allowed group": {"group": {"displayName": "safeguarding owners", "id": "9"}},
    "an address like that of the system": person("x", email="app@sharepoint.evil.example"),
    "a person called as the system": person("SHAREPOINT\\system of mine"),
    "our app and a person": {"application": {"id": APP}, "user": {"displayName": "Stranger", "id": "7"}},
    "an allowed group and another": {"siteGroup": {"displayName": "Safeguarding Owners"}, "group": {"id": "8"}},
    "a guest of an allowed address": person("I", f"{DSL.replace('@', '_')}#ext#@x.onmicrosoft.com", email=DSL),
}
RIGHTS: dict[str, dict[str, Any]] = {
    **{name: {"grantedToV2": holder} for name, holder in HOLDERS.items()},
    "an invitation without a sign-in": {"invitation": {"email": DSL, "signInRequired": False}},
    "a link for a name": {"link": {"scope": "users"}, "grantedToIdentitiesV2": [{}, {"user": {"displayName": DSL}}]},
}


@pytest.mark.parametrize("case", RIGHTS)
def test_a_right_that_only_looks_welcome_is_never_good(case: str) -> None:
    verdict, _ = judge([{"roles": ["read"], **RIGHTS[case]}], ["Safeguarding Owners", DSL], APP)
    assert verdict.state is not State.GOOD


def test_a_library_whose_files_show_no_permissions_is_never_good(school: Tenanted) -> None:
    school.fake.fail(match="GET .*/items/.*/permissions", status=403, times=None)
    school.watch()
    [found] = [standing for standing in school.house.ledger.notebook.standings() if standing.place == "store"]
    assert found.state is State.UNVERIFIED


@pytest.mark.parametrize("after", ["over an hour", "a restart", "a clock set back"])
def test_a_library_that_was_opened_is_noticed_before_the_next_record_is_filed(school: Tenanted, after: str) -> None:
    ahead = 300 if after == "a clock set back" else 0
    school.clock.pass_(days=ahead)
    school.watch()
    school.clock.pass_(days=-ahead)
    school.store.share("anonymous")
    school.clock.pass_(minutes=61 if after == "over an hour" else 30)
    if after == "a restart":
        reopened(school)
    school.drop(school.response())
    school.poll()
    school.work()
    assert school.filed() == []
    school.house.close()


def test_an_open_library_that_was_closed_before_anybody_could_be_told_is_told_of(school: Tenanted) -> None:
    school.watch()
    school.store.share("anonymous")
    school.clock.pass_(hours=25)
    school.fake.fail(match="sendMail|triggers", status=503, times=None)
    school.watch()
    school.store.unshare_all()
    for _ in range(2):
        school.clock.pass_(minutes=11)
        school.watch()
        school.fake.heal()
    assert told(school, "a link that anybody can use", DSL) == 1


def test_a_library_that_cannot_be_judged_is_not_written_to_every_ten_minutes(school: Tenanted) -> None:
    school.fake.selected_can_read_permissions = False
    drive(school, minutes=24 * 60, step=10)
    written = [each for each in school.fake.requests if each.method == "PUT" and "connector-check" in each.path]
    assert len(written) == 2, "one a day in each store"


@pytest.mark.parametrize("look", ["breaks", "is answered without an id"])
def test_a_look_that_breaks_keeps_nothing_waiting(school: Tenanted, look: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if look == "breaks":
        monkeypatch.setattr(SharePointStore, "restricted", lambda self: {}["id"])
    else:
        school.fake.fail(match="PUT .*connector-check", status=200, times=None)
    school.intake.share("anonymous")
    school.house.watching.watch(school.clock.now())
    assert told(school, "a link that anybody can use") == 1


def test_a_second_outage_after_a_restart_is_told(school: Tenanted) -> None:
    school.poll()
    for outage in (1, 2):
        school.fake.fail(match="GET .*delta", status=403, code="accessDenied", times=None)
        drive(school, 20)
        assert told(school, "cannot be fetched. ") == outage
        school.fake.heal()
        reopened(school)
        drive(school, 20)
        assert told(school, "in order again") == outage
        school.clock.pass_(days=20)
    school.house.close()


@pytest.mark.parametrize(("wait", "days"), [("86400", 0), ("9" * 300, 0), ("5", -2)], ids=["day", "1e300", "set back"])
def test_no_pause_keeps_a_concern_waiting_for_more_than_minutes(school: Tenanted, wait: str, days: int) -> None:
    school.fake.fail(match="GET .*delta", status=503, headers={"Retry-After": wait})
    assert school.poll() == 0
    school.clock.pass_(days=days)
    school.drop(school.response())
    for _ in range(17):
        school.house.polling.poll(SCHOOL, school.clock.now())
        school.clock.pass_(minutes=1)
    assert len(school.house.ledger.unacknowledged()) == 1


def test_a_look_that_somebody_asked_for_never_comes_before_a_retry_after(school: Tenanted) -> None:
    school.fake.fail(match="GET .*delta", status=429, headers={"Retry-After": "600"})
    school.poll()
    asked = len(school.fake.requests)
    school.clock.pass_(seconds=599)
    school.poll()
    assert len(school.fake.requests) == asked


def test_hints_while_graph_is_down_do_not_hammer_it(tmp_path: Path) -> None:
    with tenanted(tmp_path, replaced("poll_seconds = 20", "poll_seconds = 20\nnotifications = true")) as school:
        school.poll()
        school.fake.down()
        school.clock.pass_(minutes=1)
        school.house.pokes.poke(SCHOOL, school.clock.now())
        before = len(school.fake.requests)
        for _ in range(300):
            answer_pokes(school.house)
            school.clock.pass_(seconds=2)
        assert len(school.fake.requests) - before < 10


def test_files_are_copied_after_a_stop_of_more_than_three_days(school: Tenanted) -> None:
    school.store.share("organization")
    push(school, school.response(r00000000000000000000000000000001=uploaded(school, b"photo")))
    drive(school, minutes=80 * 60, step=60)
    school.store.unshare_all()
    drive(school, 1)
    assert f"{school.newest()}-1.files.txt" in school.store.files()


@pytest.mark.parametrize("path", ["ZZ-Second/x-1.json", "zz-second/x-1", "zz-second/x-1.txt", "zz-second/x-1.json.txt"])
def test_a_slip_in_the_name_of_a_file_or_a_folder_costs_no_response(tmp_path: Path, path: str) -> None:
    with tenanted(tmp_path, lambda text: text + SECOND_FORM) as school:
        school.intake.drop(path, json.dumps(school.response()).encode())
        drive(school, 1)
        assert [held.form for held in school.house.ledger.unacknowledged()] == ["zz-second"]
        everything_is_filed_once(school, 1)


@pytest.mark.parametrize("body", [b"", b"{}", b"null"], ids=["empty", "an empty object", "null"])
def test_empty_and_unreadable_responses_are_each_told(school: Tenanted, body: bytes) -> None:
    for number in ("1", "2"):
        school.drop(body, number)
        school.clock.pass_(minutes=11)
        school.poll()
        school.work()
    everything_is_filed_once(school, 2)
    assert told(school, "could not be understood", DSL) == 2


@pytest.mark.parametrize(("request_to", "status"), [("GET .*/content", 404), ("PATCH .*/items/", 409)])
def test_a_false_404_or_409_loses_no_response(school: Tenanted, request_to: str, status: int) -> None:
    school.store.share("anonymous")
    school.drop(school.response())
    school.fake.fail(match=request_to, status=status, code="generalException")
    drive(school, 5)
    assert (len(school.filed()), len(school.intake.files())) == (0, 1)
    school.store.unshare_all()
    drive(school, minutes=25 * 60, step=20)
    everything_is_filed_once(school, 1)


def test_an_edit_between_reading_and_moving_is_read_too(school: Tenanted, monkeypatch: pytest.MonkeyPatch) -> None:
    real = library_source.IntakeLibrary.read

    def read_slowly(self: Any, found: Any) -> bytes:
        body = real(self, found)
        monkeypatch.undo()
        school.drop(school.response("S02", "2"))
        return body

    monkeypatch.setattr(library_source.IntakeLibrary, "read", read_slowly)
    school.drop(school.response())
    drive(school, 2)
    everything_is_filed_once(school, 2)


@pytest.mark.parametrize("first", [b"POISON", b"{" + b" " * 5_000_000 + b"}"], ids=["breaks us", "is too large"])
def test_one_bad_response_holds_nobody_up(school: Tenanted, first: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    real = Intake.receive_whatever

    def receive(self: Intake, arrival: Arrival) -> Answer:
        if arrival.body == b"POISON":
            raise RuntimeError("a fault of ours")
        return real(self, arrival)

    monkeypatch.setattr(Intake, "receive_whatever", receive)
    school.drop(first, "0")
    drive(school, 20)
    school.drop(school.response())
    assert school.house.polling.poll(SCHOOL, school.clock.now()) == 1
    assert told(school, "1 response(s) wait in the intake library") == 1


def test_what_lies_apart_is_not_taken_in_again_when_somebody_renames_its_folder(tmp_path: Path) -> None:
    with tenanted(tmp_path, lambda text: text + SECOND_FORM) as school:
        school.store.share("anonymous")
        school.intake.drop("zz-second/x-1.json", json.dumps(school.response()).encode())
        school.poll()
        apart = school.intake.must("taken-in")
        apart.name = "taken-in (old)"
        school.intake.edited(apart)
        reopened(school)
        school.house.polling.sweep(SCHOOL, school.clock.now())
        assert len(school.house.ledger.unacknowledged()) == 1
        school.house.close()


@pytest.mark.parametrize("library", ["staff_records", "intake", "store"])
def test_a_typed_answer_never_copies_from_our_own_libraries(school: Tenanted, library: str) -> None:
    ours = getattr(school, library)
    item = ours.drop("taken-in/C-AAAA-AAAA-1.json", b"SECRET ABOUT SOMEBODY ELSE")
    typed = json.dumps([{"name": "x.txt", "id": item.id, "driveId": ours.drive_id}])
    push(school, school.response(**{OTHERS_PRESENT: typed}))
    school.work()
    reference = school.newest()
    assert "NOT copied" in school.store.files()[f"{reference}-1.files.txt"].decode()
    assert f"{reference}-1.file1.txt" not in school.store.files()


def test_an_addition_that_names_the_dsl_is_kept_from_her(school: Tenanted) -> None:
    body = school.response()
    del body["answers"][OBSERVATION]
    push(school, body)
    school.work()
    [link] = {found for text in school.said_to(REPORTER) for found in re.findall(r"/m/[A-Za-z0-9_\-]+", text)}
    school.client.post(link, data={"observation-0": ABOUT_THE_DSL})
    school.fake.mails.clear()
    school.work()
    reference = school.newest()
    assert school.filed() == [f"{reference}-1.json", f"{reference}-1.pdf"]
    assert f"{reference}-2.json" in school.staff_records.files()
    assert school.said_to(DSL) == []


def test_a_record_about_a_reader_goes_to_the_other_store_rather_than_sealed_into_hers(tmp_path: Path) -> None:
    mail = 'email = "t.lund@harbourview.example"'
    with tenanted(tmp_path, replaced(mail, f'{mail}\nreader = "{new_identity()[1]}"')) as school:
        push(school, school.response(**{OBSERVATION: ABOUT_THE_DSL}))
        school.work()
        assert school.filed() == []
        assert len(school.staff_records.files()) == 2


def test_the_number_of_a_drill_alone_marks_nothing_as_a_drill(school: Tenanted) -> None:
    push(school, school.response(number="drill-0"))
    school.work()
    assert not school.held(school.newest()).drill
    assert not any("DRILL" in text.upper() for text in school.said_to(DSL))


def test_brackets_without_end_at_the_hook_are_answered_like_anything(school: Tenanted) -> None:
    answer = school.client.post("/hooks/graph", data=b"[" * 100_000, content_type="application/json")
    assert answer.status_code == 202


@pytest.mark.parametrize("place", ["http://evil.example/up", "http://127.0.0.1@evil.example/up", ""])
def test_content_is_neither_sent_to_nor_taken_from_a_place_without_tls(school: Tenanted, place: str) -> None:
    with pytest.raises(DeliveryError, match="not https"):
        send_pieces(place, b"words of a child")
    school.fake.fail(match="GET .*/content", status=302, headers={"Location": place})
    with pytest.raises(DeliveryError, match="not https"):
        school.house.sites[SCHOOL].graph.content(f"/drives/{school.intake.drive_id}/items/x/content", 10)


def test_a_certificate_is_told_of_again_as_its_end_comes_near(school: Tenanted) -> None:
    school.clock.moment[0] = school.house.sites[SCHOOL].graph.sign_in.expires - timedelta(days=29)
    school.watch()
    assert told(school, "certificate") == 1
    drive(school, minutes=29 * 24 * 60, step=24 * 60)
    assert 3 <= told(school, "certificate") <= 6


@pytest.mark.parametrize("flow", ["went quiet", "never delivered", "went quiet but for a workbook"])
def test_a_flow_that_brings_nothing_for_sixty_days_is_told_once(school: Tenanted, flow: str) -> None:
    school.watch()
    if flow != "never delivered":
        school.taken_in()
    school.clock.pass_(days=50)
    school.watch()
    assert told(school, "No response has come") == 0
    if flow == "went quiet but for a workbook":
        bring(school, workbook_of(school, "2"))
    drive(school, minutes=20 * 24 * 60, step=24 * 60)
    assert told(school, "No response has come") == 1
