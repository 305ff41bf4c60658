"""Adding what was missing: beside the first words, never over them, and told to whoever should know."""

from __future__ import annotations

import json
import re
from urllib.parse import urlsplit

from tests.service import Service, sample_of

DSL, DEPUTY = "r.ashdown@littlelanterns.example", "m.tallow@littlelanterns.example"
JEM = "j.moss@littlelanterns.example"


def add_path(service: Service, address: str = JEM) -> str:
    found = re.search(r"http://127\.0\.0\.1:8080/m/[A-Za-z0-9_\-]+", service.mails_to(address)[0].part("plain"))
    assert found
    return urlsplit(found[0]).path


def test_the_page_asks_for_exactly_what_is_missing_and_shows_no_answer(service: Service) -> None:
    service.accept("S02")
    service.work()
    page = service.client.get(add_path(service)).text
    for key in ("child_dob-0", "child_address-0", "reported_time-0", "occurred_time-0", "reporter_name-0"):
        assert f'name="{key}"' in page
    assert page.count("<textarea") == 5
    assert "Bertie" not in page
    assert "just after lunch" not in page


def test_what_is_added_stands_beside_the_first_words_and_is_told_as_amended(service: Service) -> None:
    reference = service.accept("S02")
    service.work()
    before = {path.name: path.read_bytes() for path in service.records(reference)}
    answer = service.client.post(add_path(service), data={"child_dob-0": "12/03/2023", "reported_time-0": "10 past 1"})
    assert "it stands beside what you wrote" in answer.text
    service.work()
    after = {path.name: path.read_bytes() for path in service.records(reference)}
    assert {name: after[name] for name in before} == before
    added = json.loads(service.opened(reference, "little-lanterns", "dsl", version=2))
    values = {field["id"]: (field["verbatim"], field["value"]) for field in added["fields"]}
    assert values["child_dob"] == ("12/03/2023", "2023-03-12")
    assert values["reported_time"][0] == "10 past 1"
    assert "A concern has been amended" in service.mails_to(DSL)[-1].part("plain")
    assert service.held(reference).version == 2
    assert service.held(reference).sealed is None


def test_the_same_addition_sent_twice_is_one(service: Service) -> None:
    reference = service.accept("S02")
    service.work()
    for _ in range(2):
        service.client.post(add_path(service), data={"child_dob-0": "12/03/2023"})
    assert service.held(reference).version == 2


def test_nothing_written_adds_nothing_and_unknown_boxes_are_not_taken(service: Service) -> None:
    reference = service.accept("S02")
    service.work()
    service.client.post(add_path(service), data={"child_dob-0": "  ", "is_about_staff-0": "Yes", "x": "y"})
    assert service.held(reference).version == 1


def test_once_somebody_has_it_only_they_are_told_of_an_addition(service: Service) -> None:
    service.accept("S02")
    service.work()
    ack = re.search(r"/a/[A-Za-z0-9_\-]+", service.mails_to(DSL)[0].part("plain"))
    assert ack
    service.client.post(ack[0], data={"person": "dsl"})
    service.work()
    deputy = len(service.mails_to(DEPUTY))
    service.client.post(add_path(service), data={"child_dob-0": "12/03/2023"})
    service.work()
    assert "A concern has been amended" in service.mails_to(DSL)[-1].part("plain")
    assert len(service.mails_to(DEPUTY)) == deputy


def test_an_addition_to_a_concern_about_staff_goes_the_same_other_way(service: Service) -> None:
    reference = service.accept("S09")
    service.work()
    service.client.post(add_path(service, "a.new@starling.example"), data={"occurred_time-0": "10:15"})
    service.work()
    assert all(path.parent.parent.parent.name == "starling-infants-staff" for path in service.records(reference))
    assert len(service.records(reference)) == 4
    assert service.mails_to("h.winter-sample@starling.example") == []


def test_an_edited_response_after_an_addition_is_the_version_after_it(service: Service) -> None:
    from tests.service import platform_body

    reference = service.accept("S02", "edit-me")
    service.work()
    service.client.post(add_path(service), data={"child_dob-0": "12/03/2023"})
    body = platform_body(service.house.settings, sample_of("S02"), "edit-me")
    body["answers"]["r2b8e1d4c6fa35c7990e1b2c3d4e5f607"] = "3 Pretend Row"
    answer = service.post("little-lanterns", "record-of-concern", body)
    assert (answer.status_code, answer.json["reference"]) == (202, reference)
    assert service.held(reference).version == 3


def test_a_link_to_acknowledge_cannot_add_and_the_other_way_round(service: Service) -> None:
    service.accept("S02")
    service.work()
    token = add_path(service).rpartition("/")[2]
    assert service.client.get(f"/a/{token}").status_code == 410
    service.clock.pass_(hours=169)
    assert service.client.get(f"/m/{token}").status_code == 410
