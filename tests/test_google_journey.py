"""A concern from a Google form to its record in a shared drive, to the people, and back, by each identity."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from connector.record.document import from_bytes
from tests.workspaced import DSL, HEAD, IDENTITIES, STAFF, Workspaced, workspaced


@pytest.fixture
def school(tmp_path: Path) -> Iterator[Workspaced]:
    with workspaced(tmp_path) as found:
        yield found


@pytest.mark.parametrize("identity", IDENTITIES)
def test_a_response_becomes_a_record_a_mail_a_card_and_an_acknowledgement(tmp_path: Path, identity: str) -> None:
    with workspaced(tmp_path, identity=identity) as school:
        reference = school.taken_in()
        assert school.filed() == [f"{reference}-1.json", f"{reference}-1.pdf"]
        assert school.store.files()[f"{reference}-1.pdf"].startswith(b"%PDF")
        [mail] = school.said_to(DSL)
        assert reference in mail
        [receipt] = school.said_to(STAFF)
        assert "Thank you" in receipt
        [card] = school.fake.chats
        assert card.thread_key == reference
        assert reference in card.text
        path = school.ack_path()
        assert reference in school.client.get(path).text
        assert school.client.post(path, data={"person": "dsl"}).status_code == 200
        held = school.held(reference)
        assert (held.acknowledged_by, held.sealed) == ("dsl", None)
        assert school.laid.staff_records.files() == {}


def test_an_edited_response_is_a_second_version_told_as_amended_in_the_same_thread(school: Workspaced) -> None:
    response = school.respond()
    school.poll()
    school.work()
    reference = school.newest()
    school.clock.pass_(minutes=3)
    school.form.edit(response, school.answers(observation="and then she said more"), at=school.clock.now())
    assert school.poll() == 1
    school.work()
    assert school.filed() == [f"{reference}-{version}.{part}" for version in (1, 2) for part in ("json", "pdf")]
    assert b"and then she said more" not in school.store.files()[f"{reference}-1.json"]
    assert b"and then she said more" in school.store.files()[f"{reference}-2.json"]
    assert "A concern has been amended" in school.said_to(DSL)[-1]
    assert {card.thread for card in school.fake.chats} == {school.fake.chats[0].thread}
    assert school.poll() == 1, "the overlap brings it again"
    assert school.work() == 0, "what is known is known for ever"


def test_every_word_stands_in_the_record_as_it_was_typed(school: Workspaced) -> None:
    words = "  “He said \u2018stop\u2019”\r\n\tand then — nothing.\u200b مرحبا  "
    reference = school.taken_in(observation=words)
    document = from_bytes(school.store.files()[f"{reference}-1.json"])
    assert next(field for field in document["fields"] if field["id"] == "observation")["verbatim"] == words
    original = json.loads(document["original"])
    assert words in [entry["textAnswers"]["answers"][0]["value"] for entry in original["answers"].values()]


def test_an_incomplete_response_is_filed_and_told_and_asked_about(school: Workspaced) -> None:
    answers = dict(list(school.answers().items())[:2])
    school.form.respond(answers, email=STAFF, at=school.clock.now())
    school.poll()
    school.work()
    reference = school.newest()
    assert f"{reference}-1.pdf" in school.filed()
    assert "the form did not give them" in school.said_to(DSL)[0]
    assert "/m/" in school.said_to(STAFF)[0]


def test_a_response_without_any_answer_is_one_concern_told_and_asked_about_once(school: Workspaced) -> None:
    school.form.respond({}, email=STAFF, at=school.clock.now())
    school.poll()
    school.work()
    assert f"{school.newest()}-1.pdf" in school.filed()
    assert "the form did not give them" in school.said_to(DSL)[0]
    school.clock.pass_(hours=21)
    school.watch()
    school.poll()
    assert school.held(school.newest()).version == 1, "neither the sweep nor the overlap makes another version of it"


def test_a_concern_about_staff_goes_to_the_other_drive_and_past_the_space(school: Workspaced) -> None:
    reference = school.taken_in(is_about_staff="Yes")
    assert school.filed() == []
    assert school.filed(school.laid.staff_records) == [f"{reference}-1.json", f"{reference}-1.pdf"]
    assert school.fake.chats == []
    assert len(school.said_to(HEAD)) == 1
    assert school.said_to(DSL) == []


def test_the_notice_links_to_the_record_where_one_must_sign_in(school: Workspaced) -> None:
    school.respond()
    school.poll()
    school.work()
    school.clock.pass_(minutes=16)
    school.work()
    reference = school.newest()
    page = school.store.find(f"{reference}-1.pdf")
    assert f"https://drive.google.com/file/d/{page.id}/view" in school.said_to(DSL)[-1]


def test_nothing_is_asked_of_a_form_twice_in_vain(school: Workspaced) -> None:
    school.taken_in()
    before = school.fake.usage()
    school.poll()
    assert school.fake.usage() - before == {"forms.forms.responses.list": 1}


def test_the_ladder_climbs_and_the_reporter_hears_when_nobody_acknowledges(school: Workspaced) -> None:
    school.taken_in()
    for _ in range(3):
        school.clock.pass_(minutes=16)
        school.work()
    assert "nobody has acknowledged" in school.said_to(HEAD)[0]
    assert any("nobody has picked it up yet" in text for text in school.said_to(STAFF))


def test_what_is_filed_and_told_is_forgotten_here(school: Workspaced) -> None:
    reference = school.taken_in()
    assert school.held(reference).sealed is None
    school.clock.pass_(days=100)
    school.house.ledger.tidy(school.clock.now(), timedelta(hours=168))
    assert school.house.ledger.notebook.promised("willow-bank", "store", f"{reference}-1.pdf") == ""
