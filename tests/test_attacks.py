"""What a fresh pair of eyes found as an attacker and as a child's advocate; each stays mended."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest

from connector.checking.children import cells_of, names_of
from connector.checking.dates import read_date
from connector.checking.names import read_address, read_people
from connector.checking.plain_answers import quoted, read_contact, read_marks, read_words, read_yes_no
from connector.checking.times import read_time
from connector.cli.main import main
from connector.errors import SealError
from connector.keyring import rotate_journey_key
from connector.model.duty import DutyKind
from tests.service import Service, environment

JSON = ("little-lanterns", "record-of-concern-json")
STARLING = ("starling-infants", "cause-for-concern")
DSL, DEPUTY = "r.ashdown@littlelanterns.example", "m.tallow@littlelanterns.example"
HEAD, CHAIR, WINTER = "head@starling.example", "chair@starling.example", "h.winter-sample@starling.example"
SEEN = "What did you see or hear? (facts, use the child's own words)"
STAFF = "Is this concern about an adult who works or volunteers here?"
TOLD = "Who have you told, and when?"


def nursery(number: str, **answers: str) -> dict[str, Any]:
    return {"response_id": number, "respondent": "someone@littlelanterns.example", "answers": answers}


def infant(
    service: Service,
    number: str,
    version: str = "2026-11-17T10:52:00.000001Z",
    by: str = "a@starling.example",
    **answers: str,
) -> dict[str, Any]:
    form = service.house.settings.schools["starling-infants"].forms["cause-for-concern"]
    ids = {question.title: question.id for question in form.questions}
    given = {ids[title]: {"textAnswers": {"answers": [{"value": text}]}} for title, text in answers.items()}
    return {"responseId": number, "lastSubmittedTime": version, "respondentEmail": by, "answers": given}


def told(service: Service) -> set[str]:
    return {mail.recipients[0] for mail in service.caught.mails if "I HAVE THIS" in mail.part("plain")}


def link(service: Service, address: str, number: int = 0) -> str:
    mails = [mail for mail in service.mails_to(address) if "I HAVE THIS" in mail.part("plain")]
    found = re.search(r"http://127\.0\.0\.1:8080/a/[\w\-]+", mails[number].part("plain"))
    assert found
    return urlsplit(found[0]).path


def test_an_amended_concern_can_be_acknowledged(service: Service) -> None:
    reference = service.post(*JSON, nursery("a", **{"Child's name": "A Sample"})).json["reference"]
    service.post(*JSON, nursery("a", **{"Child's name": "A Sample", "Age of the child": "4"}))
    service.work()
    answer = service.client.post(link(service, DSL, -1), data={"person": "dsl"})
    assert answer.status_code == 200
    assert [held.acknowledged_by for held in service.house.ledger.versions(reference)] == ["dsl", "dsl"]


def test_the_ladder_wakes_after_a_closure_longer_than_links_work(service: Service) -> None:
    service.clock.moment[0] = datetime(2026, 12, 18, 18, 30, tzinfo=UTC)
    service.post(*STARLING, infant(service, "xmas", **{SEEN: "something", STAFF: "No"}))
    for _ in range(18):
        service.work()
        service.house.ledger.tidy(service.clock.now(), timedelta(hours=168))
        service.clock.pass_(days=1)
    assert HEAD in told(service)


@pytest.mark.parametrize(
    "answer", ["No idea, maybe a volunteer", "Not certain", "Never been sure but yes the TA", "Yes", "not sure"]
)
def test_a_doubtful_answer_about_staff_goes_the_careful_way(service: Service, answer: str) -> None:
    service.post(*STARLING, infant(service, "s", **{SEEN: "x", STAFF: answer}))
    service.work()
    assert told(service) == {HEAD}


def test_whoever_is_named_in_what_happened_is_neither_told_nor_able_to_read_it(service: Service) -> None:
    seen = {"Exact observation of the incident, including any other witnesses": "Rowan Ashdown slapped Jo."}
    reference = service.post(*JSON, nursery("n", **seen)).json["reference"]
    service.work()
    assert told(service) == {DEPUTY}
    assert service.caught.cards == []
    assert service.opened(reference, "little-lanterns", "deputy")
    with pytest.raises(SealError):
        service.opened(reference, "little-lanterns", "dsl")


def test_having_told_the_head_does_not_make_the_head_its_subject(service: Service) -> None:
    answers = {SEEN: "A volunteer shouted and Jo fell on the head.", STAFF: "Yes", TOLD: "Mrs Larkspur at 10:30"}
    reference = service.post(*STARLING, infant(service, "t", **answers)).json["reference"]
    service.work()
    assert told(service) == {HEAD}
    assert service.opened(reference, "starling-infants", "head")


def test_a_first_name_is_enough_where_the_concern_is_about_staff(service: Service) -> None:
    service.post(*STARLING, infant(service, "f", **{SEEN: "Ines slapped Jo", STAFF: "Yes"}))
    service.work()
    assert told(service) == {CHAIR}


def test_the_subject_is_passed_over_even_where_the_other_person_wrote_it(service: Service) -> None:
    service.post(*STARLING, infant(service, "w", by=CHAIR, **{SEEN: "Mrs Larkspur shouted", STAFF: "Yes"}))
    service.work()
    assert told(service) == {CHAIR}


def test_two_subjects_leave_the_last_rung_to_know_and_the_record_is_filed(service: Service) -> None:
    answers = {SEEN: "Mrs Larkspur shouted; she rang Dev Marchbanks", STAFF: "Yes"}
    reference = service.post(*STARLING, infant(service, "two", **answers)).json["reference"]
    service.work()
    assert told(service) == {CHAIR}
    assert service.opened(reference, "starling-infants", "chair")


def test_the_link_of_a_first_version_says_nothing_of_a_second_about_its_holder(service: Service) -> None:
    first = infant(service, "v", **{SEEN: "A graze", STAFF: "No"})
    reference = service.post(*STARLING, first).json["reference"]
    service.work()
    second = infant(
        service, "v", version="2026-11-17T11:00:00.000001Z", **{SEEN: "Helen Winter-Sample did it", STAFF: "Yes"}
    )
    service.post(*STARLING, second)
    service.client.post(link(service, WINTER), data={"person": "dsl"})
    service.work()
    assert [held.acknowledged_by for held in service.house.ledger.versions(reference)] == ["dsl", ""]
    before = len(service.mails_to(WINTER))
    service.client.post(link(service, HEAD), data={"person": "head"})
    service.work()
    assert len(service.mails_to(WINTER)) == before
    assert "Ines Larkspur" not in str(service.caught.cards)


def test_an_amendment_is_told_as_one_though_the_first_version_was_just_taken(service: Service) -> None:
    service.post(*JSON, nursery("am", **{"Child's name": "A Sample"}))
    service.work()
    service.post(*JSON, nursery("am", **{"Child's name": "A Sample", "Exact words spoken by the child": "knife"}))
    service.client.post(link(service, DSL), data={"person": "dsl"})
    service.work()
    assert any("A concern has been amended" in mail.part("plain") for mail in service.mails_to(DSL))
    assert any("A concern has been amended" in mail.part("plain") for mail in service.mails_to(DEPUTY))


def test_words_that_return_to_what_they_were_are_the_newest_version(service: Service) -> None:
    for eye in ("left eye", "right eye", "left eye"):
        answer = service.post(*JSON, nursery("eye", **{"Exact words spoken by the child": eye}))
        assert answer.status_code == 202
    assert service.held(answer.json["reference"]).version == 3


def test_that_there_is_a_concern_about_staff_is_not_told_with_an_ordinary_one(service: Service) -> None:
    child = {"Name of child(ren)": "Kit Sample"}
    service.post(*STARLING, infant(service, "1", **child, **{SEEN: "x", STAFF: "Yes"}))
    second = service.post(*STARLING, infant(service, "2", **child, **{SEEN: "y", STAFF: "No"})).json["reference"]
    assert service.held(second).related == ()


def test_an_alarm_goes_past_the_technician_it_is_about_and_does_not_say_which_store(service: Service) -> None:
    service.caught.smtp_refusal = "550 no"
    answers = {SEEN: "Sam Cables touched Jo", STAFF: "Yes"}
    reference = service.post(*STARLING, infant(service, "tech", **answers)).json["reference"]
    service.work()
    alarms = [duty for duty in service.duties(reference) if duty.kind is DutyKind.ALARM]
    assert alarms
    assert "technician" not in {duty.person for duty in alarms}
    assert "staff_store" not in "".join(mail.part("plain") for mail in service.caught.mails)


@pytest.mark.parametrize(("question", "answer"), [
    ("Child's name", "and"), ("Child's name", "and and"), ("Date of birth", "yesterday"), ("Child's name", ","),
    ("Child's name", "(" * 500), ("Date of birth", "9" * 400),
])  # fmt: skip
@pytest.mark.parametrize(
    "sent", ["0001-01-01T00:00:00Z", "0001-01-01T00:00:00", "9999-12-31T23:59:59Z", "2026-11-17T10:52:00Z"]
)
def test_no_odd_answer_and_no_odd_clock_is_refused(service: Service, question: str, answer: str, sent: str) -> None:
    body = nursery(f"{question}{answer}{sent}", **{question: answer}) | {"submitted_at": sent}
    assert service.post(*JSON, body).status_code == 202


def test_a_fault_of_our_reading_files_it_as_it_arrived(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    from connector.checking import check

    def broken(*_: Any) -> Any:
        raise IndexError

    monkeypatch.setattr(check, "find_problems", broken)
    answer = service.post(*JSON, nursery("broken", **{"Child's name": "Jo Sample"}))
    assert answer.status_code == 202
    service.work()
    assert b"Jo Sample" in service.opened(answer.json["reference"], "little-lanterns", "dsl")


def test_a_panic_in_a_compiled_library_holds_up_nothing(service: Service) -> None:
    class Panic(BaseException):
        """As pyo3 raises it."""

    def panic(_page: Any) -> bytes:
        raise Panic

    object.__setattr__(service.house.engine._perform.__self__, "typeset", panic)  # type: ignore[attr-defined]
    reference = service.accept()
    service.work()
    duty = next(duty for duty in service.duties(reference) if duty.kind is DutyKind.FILE)
    assert (duty.state, duty.attempts) == ("owed", 1)


HOSTILE = [
    "a" + "\u0301\u0316" * 80_000, "in " + "1" * 100_000, "a" + "(" * 100_000, "“" * 100_000, "‘abc" * 50_000,
    "a" + " " * 200_000 + "b", "a and " * 50_000, "1/1 " * 100_000, "12:34 " * 50_000, "A" * 400_000, "no " * 100_000,
    "none " * 100_000, "Jo Sample, " * 30_000, "\"" * 100_001, "not " * 100_000, "1." * 200_000,
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: f"{text[:6]!r}x{len(text)}")
def test_no_answer_however_long_or_crafted_holds_up_the_others(service: Service, text: str) -> None:
    questions = service.house.settings.schools["little-lanterns"].forms[JSON[1]].questions
    for field in {question.title for question in questions}:
        # The time of our own work, in all threads: what else the machine does meanwhile counts for nothing.
        begun = time.process_time()
        answer = service.post(*JSON, nursery(f"{field}", **{field: text}))
        assert answer.status_code == 202
        assert time.process_time() - begun < 6, field


def test_many_children_and_many_cells_are_read_in_a_moment() -> None:
    names = names_of(" and ".join(f"Child{n} Sample" for n in range(4000)))
    assert len(names) <= 40
    begun = time.thread_time()
    cells_of(names, ", ".join(f"x{n} 1/1/2020" for n in range(4000)))
    assert time.thread_time() - begun < 1


@pytest.mark.parametrize("text", [
    "none on face, bruise on arm", "No marks on face but red line on neck", "No, just a small bruise left cheek",
    "No injuries other than a burn on hand", "didn't look", "not checked", "couldn't see", "Nobody looked",
])  # fmt: skip
def test_marks_are_none_only_where_the_whole_answer_says_so(text: str) -> None:
    assert read_marks(text).value != "none"


@pytest.mark.parametrize(
    "text", ["Nothing, he hit me", "No daddy don't", "No, I don't want to go home", "Nobody likes me"]
)
def test_words_that_begin_with_no_are_still_the_childs_words(text: str) -> None:
    assert read_words(text, shared=False).value == "spoken"


@pytest.mark.parametrize(("text", "value"), [
    ("Parents not informed", "not_made"), ("Mum not told", "not_made"), ("I haven't spoken to them", "not_made"),
    ("No problem, mum was told at 3", "made"), ("Rang, no answer, then she rang back and we spoke", "made"), ("DSL will ring", None),
    ("TBC", None),
])  # fmt: skip
def test_contact_with_parents_is_not_invented(text: str, value: str | None) -> None:
    assert read_contact(text).value == value


@pytest.mark.parametrize("text", ["Yes but not at home", "OK for now, scared of home", "yes?"])
def test_a_yes_that_takes_itself_back_is_asked_about(text: str) -> None:
    assert read_yes_no(text).doubt


def test_dates_and_times_are_not_invented() -> None:
    day = datetime(2026, 11, 20, tzinfo=UTC).date()
    assert read_date("the day before yesterday", day).value == "2026-11-18"
    for text in ("Tuesday last week", "next Monday", "disclosed today, happened on Monday"):
        assert read_date(text, day).doubt
    for text in ("sat on the carpet", "1/2 an hour ago"):
        assert read_date(text, day).blank
    assert read_date("16 Nov 1030", day).value == "2026-11-16"
    assert read_time("17.11 10.15").value == "10:15"
    for text, clock in (
        ("half past 9", "09:30"),
        ("0915", "09:15"),
        ("11 o'clock", "11:00"),
        ("quarter to 10", "09:45"),
    ):
        assert read_time(text).value == clock


def test_somebody_told_is_somebody() -> None:
    for text in ("will tell later", "tried DSL, not in", "couldn't find anyone"):
        assert read_people(text, none_counts=False).blank
    assert not read_people("No, DSL away so told Sam", none_counts=False).blank
    assert read_people("No one else but Miss Finch saw", none_counts=True).value != "none"


def test_names_and_addresses_are_what_they_are() -> None:
    assert names_of("Jo Smith 03/04/2020") == ("Jo Smith",)
    assert names_of("Jo Smith, Y2") == ("Jo Smith",)
    assert names_of("Finley Marsh\nIsla Marsh") == ("Finley Marsh", "Isla Marsh")
    for text in ("Arbor", "CPOMS", "on Famly"):
        assert read_address(text).blank
    for text in ("On The Green, Ash", "With nan at 4 Mill Rd"):
        assert not read_address(text).blank
    assert quoted("“one” “two”") == ("one", "two")


def test_an_outage_of_our_own_longer_than_the_patience_still_leaves_the_far_side_some_tries(service: Service) -> None:
    reference = service.accept()
    service.clock.pass_(hours=73)
    service.caught.smtp_refusal = "421 later"
    service.work()
    assert not service.house.ledger.failed()
    service.caught.smtp_refusal = ""
    service.clock.pass_(minutes=1)
    service.work()
    assert reference in {str(mail.message["Subject"]) for mail in service.mails_to(DSL)}


def test_what_was_purged_does_not_stay_in_the_log_of_the_ledger(service: Service) -> None:
    reference = service.accept()
    sealed = service.held(reference).sealed
    assert sealed is not None
    service.work()
    service.house.ledger.tidy(service.clock.now(), timedelta(hours=168))
    file = service.house.ledger.file
    kept = b"".join(path.read_bytes() for path in file.parent.glob(f"{file.name}*"))
    assert sealed[100:200] not in kept


def test_being_told_who_has_it_is_not_worded_as_ones_own_concern(service: Service) -> None:
    service.accept()
    service.work()
    service.client.post(link(service, DSL), data={"person": "dsl"})
    service.work()
    assert service.mails_to(DEPUTY)[-1].part("plain").startswith("A concern has been picked up")


def test_a_number_that_returns_next_year_for_another_child_is_another_concern(service: Service) -> None:
    first = service.post(*JSON, nursery("1", **{"Child's name": "Ana Sample"})).json["reference"]
    service.clock.pass_(days=200)
    answer = service.post(*JSON, nursery("1", **{"Child's name": "Ben Other"}))
    assert answer.status_code == 202
    assert answer.json["reference"] != first
    again = service.post(*JSON, nursery("1", **{"Child's name": "Ben Other"}))
    assert (again.status_code, again.json["reference"]) == (200, answer.json["reference"])


def test_check_finds_that_a_key_was_rotated_away_while_something_is_held(
    service: Service, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    service.accept()
    for name, value in environment("http://127.0.0.1:1/?sig=s").items():
        monkeypatch.setenv(name, value)
    assert main(["check", "--config", str(service.config)]) == 0
    rotate_journey_key(service.config)
    assert main(["check", "--config", str(service.config)]) == 1
    assert "1 concern(s) cannot be opened" in capsys.readouterr().out
