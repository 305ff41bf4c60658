"""The twelve samples, in the shapes in which their platforms deliver them: filed and told, none refused."""

from __future__ import annotations

import json
import unicodedata

import pytest

from tests.service import FORMS, SAMPLES, Service, sample_of

# Which reading each query of a sample's `expect` is found under.
QUERIES = {
    "S03": {("mismatch", "child_age")},
    "S07": {("unclear", "child_dob")},
    "S12": {("unclear", "child_dob"), ("mismatch", "occurred_date"), ("unclear", "occurred_time")},
}
# What is there but vague, and is asked about beyond the queries that the samples list.
VAGUE = {
    "S02": {"occurred_time", "reporter_name"},
    "S05": {"occurred_time", "parent_not_told_reason", "child_safe_now"},
    "S06": {"reporter_name"},
    "S09": {"occurred_time"},
    "S11": {"marks_position", "observation"},
}
READERS = {"little-lanterns": "dsl", "starling-infants": "dsl"}


def expected_missing(number: str) -> set[str]:
    return {name.split(" ")[0] for name in sample_of(number)["expect"].get("missing", [])}


@pytest.mark.parametrize("number", [sample["id"] for sample in SAMPLES])
def test_it_is_accepted_filed_and_told_with_the_problems_expected(service: Service, number: str) -> None:
    answer = service.post_sample(number)
    assert answer.status_code == 202
    reference = answer.json["reference"]
    assert {asked["field"] for asked in answer.json["missing"]} == expected_missing(number)
    unclear = {asked["field"] for asked in answer.json["unclear"]}
    assert unclear == {field for _, field in QUERIES.get(number, set())} | VAGUE.get(number, set())
    service.work()
    assert len(service.records(reference)) == 2
    assert any(mail.message["Subject"] == reference for mail in service.caught.mails)
    assert not service.caught.faults


@pytest.mark.parametrize("number", [sample["id"] for sample in SAMPLES])
def test_every_answer_is_in_the_record_byte_for_byte(service: Service, number: str) -> None:
    sample = sample_of(number)
    school, _ = FORMS[sample["form"]]
    reference = service.accept(number)
    service.work()
    reader = "head" if number == "S09" else READERS[school]
    document = json.loads(service.opened(reference, school, reader))
    filed = {field["verbatim"] for field in document["fields"]} | {other["text"] for other in document["other_answers"]}
    for text in sample["answers"].values():
        assert text in filed or (text == "" and "" in filed)
    assert json.loads(document["original"])


def test_the_queries_are_of_the_kind_expected(service: Service) -> None:
    for number, queries in QUERIES.items():
        school, _ = FORMS[sample_of(number)["form"]]
        reference = service.accept(number)
        service.work()
        document = json.loads(service.opened(reference, school, "dsl"))
        assert queries <= {(problem["kind"], problem["field"]) for problem in document["problems"]}


def test_the_exact_words_stand_apart_untouched_grammar_and_quotation_marks_and_all(service: Service) -> None:
    reference = service.accept("S03")
    service.work()
    document = json.loads(service.opened(reference, "little-lanterns", "dsl"))
    assert document["exact_words"] == [sample_of("S03")["answers"]["Exact words spoken by the child"]]
    assert "the plate goed smash" in document["exact_words"][0]


def test_words_in_quotation_marks_are_set_apart_where_the_form_has_no_field_for_them(service: Service) -> None:
    reference = service.accept("S04")
    service.work()
    document = json.loads(service.opened(reference, "starling-infants", "dsl"))
    assert document["exact_words"] == ["we did have crisps for breakfast"]


def test_two_children_are_two_and_the_missing_birthday_is_the_second_ones(service: Service) -> None:
    answer = service.post_sample("S04")
    assert answer.json["missing"][0]["child"] == 2
    service.work()
    document = json.loads(service.opened(answer.json["reference"], "starling-infants", "dsl"))
    assert document["children"] == ["Finley Marsh-Test", "Isla Marsh-Test"]
    told = service.mails_to("h.winter-sample@starling.example")[0].part("plain")
    assert "date of birth (child 2)" in told
    assert "Isla" not in told


def test_a_vague_time_stays_vague_and_no_clock_time_is_invented(service: Service) -> None:
    reference = service.accept("S02")
    service.work()
    document = json.loads(service.opened(reference, "little-lanterns", "dsl"))
    time = next(field for field in document["fields"] if field["id"] == "occurred_time")
    assert (time["verbatim"], time["value"], time["precision"]) == ("just after lunch", "midday", "approximate")
    age = next(field for field in document["fields"] if field["id"] == "child_age")
    assert (age["verbatim"], age["value"], age["precision"]) == ("3ish yrs", "3y", "approximate")
    told = next(field for field in document["fields"] if field["id"] == "reported_date")
    assert (told["verbatim"], told["value"], told["precision"]) == ("today", "2026-11-18", "approximate")


def test_a_weekday_is_resolved_and_the_late_entry_is_seen(service: Service) -> None:
    reference = service.accept("S05")
    service.work()
    document = json.loads(service.opened(reference, "starling-infants", "dsl"))
    seen = next(field for field in document["fields"] if field["id"] == "occurred_date")
    assert (seen["verbatim"], seen["value"]) == ("Weds", "2026-11-18")
    assert document["late_days"] == 2
    assert "sent 2 day(s) after" in service.mails_to("h.winter-sample@starling.example")[0].part("plain")


def test_spreadsheet_numbers_are_read_as_the_day_and_time_they_stand_for(service: Service) -> None:
    reference = service.accept("S11")
    service.work()
    document = json.loads(service.opened(reference, "little-lanterns", "dsl"))
    values = {field["id"]: field["value"] for field in document["fields"]}
    assert (values["occurred_date"], values["occurred_time"]) == ("2026-11-18", "08:55")


def test_a_correction_by_the_same_person_is_filed_beside_told_and_linked_never_merged(service: Service) -> None:
    first = service.accept("S07")
    second = service.accept("S08")
    service.work()
    assert first != second
    assert service.held(second).related == (first,)
    notice = next(m for m in service.mails_to("h.winter-sample@starling.example") if m.message["Subject"] == second)
    assert f"The same person sent {first}" in notice.part("plain")
    assert service.records(first)
    assert service.records(second)


def test_a_concern_about_an_adult_goes_to_the_head_alone_and_into_the_other_folder(service: Service) -> None:
    reference = service.accept("S09")
    service.work()
    assert {mail.recipients[0] for mail in service.caught.mails} == {"head@starling.example", "a.new@starling.example"}
    assert service.caught.cards == []
    assert {path.parent.parent.parent.name for path in service.records(reference)} == {"starling-infants-staff"}


def test_a_concern_that_the_dsl_wrote_goes_past_the_dsl_and_past_the_chat_they_read(service: Service) -> None:
    reference = service.accept("S10")
    assert service.held(reference).urgent
    service.work()
    notices = [mail for mail in service.caught.mails if "I HAVE THIS" in mail.part("plain")]
    assert {mail.recipients[0] for mail in notices} == {"m.tallow@littlelanterns.example"}
    assert service.caught.cards == []
    assert "999" in notices[0].part("plain")


def test_nfd_and_stray_spaces_stay_as_typed_and_are_matched_all_the_same(service: Service) -> None:
    typed = sample_of("S12")["answers"]["Name of child(ren)"]
    assert typed != unicodedata.normalize("NFC", typed)
    reference = service.accept("S12")
    service.work()
    document = json.loads(service.opened(reference, "starling-infants", "dsl"))
    assert next(f for f in document["fields"] if f["id"] == "child_name")["verbatim"] == typed


def test_a_receipt_goes_to_the_address_whatever_its_case_and_spaces(service: Service) -> None:
    service.accept("S12")
    service.work()
    assert service.mails_to("K.Dunmore@Starling.example")
