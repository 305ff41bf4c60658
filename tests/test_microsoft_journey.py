"""From a response in the school's tenant to an acknowledged record, by each of the three ways in, over real HTTP."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from connector.demo.catchers import card_fault
from connector.forms.workbook import ids_of, read
from connector.importing import Importing
from connector.model.duty import DutyKind, DutyState
from connector.model.reference import PATTERN
from connector.notify.activity import ActivityChannel
from connector.record.document import from_bytes
from tests.service import BEARER, sample_of
from tests.tenanted import AUDIENCE, DSL, FORM, MAILBOX, OFFICE, PUSHING_APP, SCHOOL, Tenanted, replaced, tenanted
from tests.workbooks import make_workbook

REPORTER = sample_of("S01")["respondent"]


def push(school: Tenanted, body: Any, authorization: str = f"Bearer {BEARER}") -> Any:
    headers = {"Content-Type": "application/json", "Authorization": authorization}
    return school.post(SCHOOL, FORM, body, headers=headers)


def entra(school: Tenanted, **changes: Any) -> str:
    return f"Bearer {school.fake.issue_token(**({'audience': AUDIENCE, 'app_id': PUSHING_APP} | changes))}"


def workbook_of(school: Tenanted, *numbers: str) -> bytes:
    questions = [question.title for question in school.house.settings.schools[SCHOOL].forms[FORM].questions]
    found = sample_of("S01")
    rows = [
        {"ID": int(number), "Email": found["respondent"], "Completion time": datetime(2026, 11, 17, 10, 51)}  # noqa: DTZ001
        | found["answers"]
        for number in numbers
    ]  # fmt: skip
    return make_workbook(questions, rows)


def bring(school: Tenanted, data: bytes, since: datetime | None = None) -> Any:
    form = school.house.settings.schools[SCHOOL].forms[FORM]
    now = school.clock.now()
    importing = Importing(school.house.intake, SCHOOL, FORM, since or now.replace(year=2025))
    return importing.bring_in(read(data, ids_of(form.questions)), now, lambda done: None)


def test_a_response_file_becomes_a_record_with_its_columns_a_mail_a_card_and_an_acknowledgement(
    school: Tenanted,
) -> None:
    reference = school.taken_in()
    assert school.filed() == [f"{reference}-1.json", f"{reference}-1.pdf"]
    assert school.store.fields(f"{reference}-1.pdf") == {
        "ConcernReference": reference, "ConcernReceived": "2026-11-17T10:52:00Z", "ConcernStatus": "complete",
        "ConcernForm": "Record of concern", "ConcernUrgent": False, "ConcernToAsk": 0,
    }  # fmt: skip
    assert school.store.files()[f"{reference}-1.pdf"].startswith(b"%PDF")
    assert [mail.message["Subject"] for mail in school.fake.mails] == [reference, reference]
    assert {mail.recipients[0] for mail in school.fake.mails} == {DSL, REPORTER}
    assert {mail.mailbox for mail in school.fake.mails} == {MAILBOX}
    [card] = school.fake.cards
    assert card_fault(json.dumps(card).encode(), "application/json") == (202, "")
    assert reference in json.dumps(card)
    path = school.ack_path()
    assert reference in school.client.get(path).text
    assert school.client.post(path, data={"person": "dsl"}).status_code == 200
    held = school.held(reference)
    assert held.acknowledged_by == "dsl"
    assert held.sealed is None


def test_every_word_stands_in_the_record_as_it_was_typed(school: Tenanted) -> None:
    words = "  “He said \u2018stop\u2019”\r\n\tand then — nothing.\u200b مرحبا  "
    question = school.house.settings.schools[SCHOOL].forms[FORM].questions[7]
    school.drop(school.response(**{question.id: words}))
    school.poll()
    school.work()
    reference = school.newest()
    document = from_bytes(school.store.files()[f"{reference}-1.json"])
    assert next(field for field in document["fields"] if field["id"] == "exact_words")["verbatim"] == words
    assert json.loads(document["original"])["answers"][question.id] == words


def test_what_is_durable_leaves_the_forms_folder_and_what_is_filed_leaves_the_library(school: Tenanted) -> None:
    school.drop(school.response())
    school.poll()
    reference = school.newest()
    assert set(school.intake.files()) == {f"taken-in/{reference}-1.json"}
    school.work()
    assert school.intake.files() == {}


@pytest.mark.parametrize("version", [1, 2])
def test_a_push_with_an_entra_token_or_a_shared_key_does_the_same(school: Tenanted, version: int) -> None:
    answer = push(school, school.response(), entra(school, version=version))
    assert answer.status_code == 202
    assert push(school, school.response(), f"Bearer {BEARER}").status_code == 200
    school.work()
    assert school.filed() == [f"{answer.json['reference']}-1.json", f"{answer.json['reference']}-1.pdf"]
    assert len(school.fake.cards) == 1


def test_a_downloaded_workbook_does_the_same(school: Tenanted) -> None:
    assert bring(school, workbook_of(school, "1", "2")).new == 2
    school.work()
    assert len(school.filed()) == 4
    assert len(school.fake.cards) == 2


@pytest.mark.parametrize("order", ["library push workbook", "workbook push library", "push workbook library"])
def test_the_same_response_by_all_three_ways_is_one_concern(school: Tenanted, order: str) -> None:
    for way in order.split():
        if way == "library":
            school.drop(school.response())
            school.poll()
        elif way == "push":
            assert push(school, school.response(), entra(school)).status_code in {200, 202}
        else:
            bring(school, workbook_of(school, "1"))
        school.work()
    [held] = school.house.ledger.unacknowledged()
    assert held.version == 1
    assert len(school.filed()) == 2
    assert len(school.fake.cards) == 1
    assert school.intake.files() == {}


def test_an_edited_response_is_a_second_version_beside_the_first_and_told_as_amended(school: Tenanted) -> None:
    reference = school.taken_in()
    question = school.house.settings.schools[SCHOOL].forms[FORM].questions[9]
    school.clock.pass_(minutes=5)
    school.drop(school.response(**{question.id: "Seen again at lunch."}), "1-again")
    school.poll()
    school.work()
    assert school.filed() == [f"{reference}-{version}.{part}" for version in (1, 2) for part in ("json", "pdf")]
    assert any("amended" in text for text in school.said_to(DSL))


def test_what_is_not_even_json_is_kept_filed_and_told(school: Tenanted) -> None:
    school.drop(b'{"answers": , broken by a template')
    school.poll()
    school.work()
    reference = school.newest()
    assert not school.held(reference).recognised
    assert b"broken by a template" in school.store.files()[f"{reference}-1.json"]
    assert any("could not be understood" in text for text in school.said_to(DSL))


def test_whatever_lies_in_the_library_is_taken_in_however_it_is_named(school: Tenanted) -> None:
    school.intake.drop("somewhere/else.json", json.dumps(school.response()).encode())
    school.intake.drop(f"{FORM}/record-of-concern-2", json.dumps(school.response(number="2")).encode())
    school.intake.drop("a note by the office.docx", b"not a response")
    assert school.poll() == 3
    school.work()
    assert len(school.filed()) == 6
    assert school.intake.files() == {}
    assert sorted(held.recognised for held in school.house.ledger.unacknowledged()) == [False, True, True]


def test_files_that_are_empty_are_each_a_concern_of_their_own(school: Tenanted) -> None:
    for number in ("1", "2", "3"):
        school.drop(b"{}", number)
    school.poll()
    assert len(school.house.ledger.unacknowledged()) == 3


def test_a_concern_about_staff_goes_to_the_other_library_past_its_subject(school: Tenanted) -> None:
    question = school.house.settings.schools[SCHOOL].forms[FORM].questions[9]
    school.drop(school.response(**{question.id: "Imogen Farrow shouted at him and pulled his arm."}))
    school.poll()
    school.work()
    assert school.filed() == []
    [page, original] = sorted(school.staff_records.files(), reverse=True)
    assert PATTERN.match(page)
    assert original.endswith(".json")
    assert school.said_to(DSL) == []
    assert school.said_to("t.lund@harbourview.example") != []


def test_a_reader_of_every_library_is_kept_from_their_record_by_sealing_it_to_the_others(tmp_path: Path) -> None:
    from connector.store.age import decrypt, new_identity

    identity, public = new_identity()

    to_staff = replaced('readers = ["head", "chair"]', 'readers = ["dsl", "chair"]')
    change = replaced(
        'email = "t.lund@harbourview.example"', f'email = "t.lund@harbourview.example"\nreader = "{public}"'
    )
    with tenanted(tmp_path, lambda text: to_staff(change(text))) as school:
        question = school.house.settings.schools[SCHOOL].forms[FORM].questions[9]
        school.drop(school.response(**{question.id: "Imogen Farrow shouted at him."}))
        school.poll()
        school.work()
        [name] = [name for name in school.filed() if name.endswith(".json.age")]
        assert b"shouted" not in b"".join(school.store.files().values())
        sealed = tmp_path / name
        sealed.write_bytes(school.store.files()[name])
        assert b"shouted" in decrypt(sealed, identity)


def test_the_notice_links_to_the_record_in_sharepoint_and_to_nothing_personal(school: Tenanted) -> None:
    school.taken_in()
    school.fake.mails.clear()
    reference = school.taken_in("S06", "2")
    link = f"https://harbourview.sharepoint.com/sites/safeguarding/Records/{reference}-1.pdf"
    [notice] = school.said_to(DSL)
    assert link in notice
    assert link in json.dumps(school.fake.cards[-1])


def test_urgent_mail_travels_as_urgent_with_both_parts_and_our_own_message_id(school: Tenanted) -> None:
    question = school.house.settings.schools[SCHOOL].forms[FORM].questions[9]
    school.drop(school.response(**{question.id: "He is at risk right now and we have called 999."}))
    school.poll()
    school.work()
    mail = next(mail for mail in school.fake.mails if DSL in mail.recipients)
    reference = school.newest()
    assert mail.message["Message-ID"].startswith(f"<{reference}.1.tell.")
    assert mail.part("plain")
    assert "<html" in mail.part("html")
    assert school.held(reference).urgent
    assert mail.message["Importance"] == "high"


def test_an_activity_feed_line_is_one_more_way_and_says_the_reference_only(tmp_path: Path) -> None:
    feed = '[channels.feed]\nkind = "teams_activity"\napp_id = "99999999-8888-4777-9666-555555555555"\n\n[people.dsl]'
    with tenanted(tmp_path, replaced("[people.dsl]", feed)) as school:
        school.fake.app.roles.add("TeamsActivity.Send.User")
        reference = school.taken_in()
        [line] = school.fake.activities
        assert line.user == DSL
        assert line.body["templateParameters"][0]["value"].endswith(reference)
        assert isinstance(school.house.sites[SCHOOL].channels["feed"], ActivityChannel)
        assert len(school.said_to(DSL)) == 1


def test_a_flow_that_only_the_tenant_may_trigger_is_reached_with_a_token(tmp_path: Path) -> None:
    with tenanted(tmp_path, replaced('kind = "teams"', 'kind = "teams"\nsign_in = "entra"')) as school:
        parts = school.house.sites[SCHOOL].channels["dsl-chat"]
        object.__setattr__(parts, "webhook", school.fake.flow(tenant_only=True))
        school.taken_in()
        assert len(school.fake.cards) == 1


# -- files of answers


def uploaded(school: Tenanted, content: bytes, name: str = "photo_J Smith.JPG") -> str:
    drive = school.fake.onedrive("form.owner@harbourview.example")
    item = drive.drop(f"Apps/Microsoft Forms/{name}", content)
    entry = {
        "name": name, "link": "https://harbourview-my.sharepoint.com/x", "id": item.id, "type": None,
        "size": len(content), "referenceId": "01DEF", "driveId": drive.drive_id, "status": 1, "uploadSessionUrl": None,
    }  # fmt: skip
    return json.dumps([entry])


def test_an_uploaded_file_is_copied_beside_the_record_under_a_name_that_says_nothing(school: Tenanted) -> None:
    photo = b"\xff\xd8" + bytes(range(256)) * 50_000
    answer = uploaded(school, photo)
    school.fake.app.site_grants[school.fake.onedrive("form.owner@harbourview.example").site.id] = "read"
    school.drop(school.response(r00000000000000000000000000000001=answer))
    school.poll()
    school.work()
    reference = school.newest()
    files = school.store.files()
    assert files[f"{reference}-1.file1.jpg"] == photo
    assert "copied here" in files[f"{reference}-1.files.txt"].decode()
    assert not any("Smith" in name for name in files)
    assert all("Smith" not in text for text in school.said_to(DSL))


def test_a_file_without_a_right_to_it_stays_and_the_record_says_so(school: Tenanted) -> None:
    school.drop(school.response(r00000000000000000000000000000001=uploaded(school, b"photo")))
    school.poll()
    school.work()
    reference = school.newest()
    files = school.store.files()
    assert "NOT copied" in files[f"{reference}-1.files.txt"].decode()
    assert f"{reference}-1.pdf" in files
    assert f"{reference}-1.file1.jpg" not in files
    assert all(duty.state is DutyState.DONE for duty in school.duties(reference) if duty.kind is not DutyKind.CLIMB)
    assert school.held(reference).sealed is None


def test_a_photograph_never_holds_up_the_words_or_the_telling(school: Tenanted) -> None:
    school.fake.fail(match=r"GET .*/content", status=503, headers={"Retry-After": "60"}, times=None)
    answer = push(school, school.response(r00000000000000000000000000000001=uploaded(school, b"photo")))
    school.work()
    reference = answer.json["reference"]
    assert f"{reference}-1.pdf" in school.store.files()
    assert len(school.said_to(DSL)) == 1
    school.fake.heal()
    school.clock.pass_(minutes=2)
    school.work()
    assert f"{reference}-1.files.txt" in school.store.files()


# -- by hand


def test_old_responses_are_history_filed_quietly_and_told_all_at_once(school: Tenanted) -> None:
    found = bring(school, workbook_of(school, *map(str, range(1, 41))), school.clock.now())
    assert (found.new, found.history, found.known) == (40, 40, 0)
    school.work()
    school.clock.pass_(minutes=90)
    school.work()
    assert len(school.filed()) == 80
    assert school.fake.cards == []
    school.watch()
    [said] = [text for text in school.said_to(DSL) if "earlier response" in text]
    assert "40 earlier response(s)" in said
    school.watch()
    assert len([text for text in school.said_to(DSL) if "earlier response" in text]) == 1
    assert len([text for text in school.said_to(OFFICE) if "earlier response" in text]) == 1


def test_a_workbook_given_again_changes_nothing(school: Tenanted) -> None:
    bring(school, workbook_of(school, "1", "2"))
    found = bring(school, workbook_of(school, "1", "2", "3"))
    assert (found.new, found.known) == (1, 2)


def test_a_response_that_was_edited_in_the_form_is_a_second_version_and_told_once(school: Tenanted) -> None:
    bring(school, workbook_of(school, "1"))
    questions = [question.title for question in school.house.settings.schools[SCHOOL].forms[FORM].questions]
    own = ("ID", "Start time", "Completion time", "Email", "Name", "Last modified time")
    completed, modified = (datetime.fromisoformat(f"2026-11-17T{clock}") for clock in ("10:51", "11:05"))
    row = {"ID": 1, "Completion time": completed, "Last modified time": modified}
    edited = sample_of("S01")["answers"] | {questions[9]: "She has said more since."}
    data = make_workbook(questions, [row | edited], own=own)
    assert bring(school, data).new == 1
    assert bring(school, data).new == 0
    [*_, held] = school.house.ledger.unacknowledged()
    assert held.version == 2
