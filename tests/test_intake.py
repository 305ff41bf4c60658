"""Intake over HTTP: the contract, the proofs, the repeats, and everything that can be wrong with a submission."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from tests.service import SIGNING, Service, platform_body, running, sample_of

SCHOOL, FORM = "little-lanterns", "record-of-concern-json"
BODY = {
    "response_id": "r-1",
    "submitted_at": "2026-11-17T10:52:00Z",
    "answers": {"Child's name": "Oscar Fenwick-Sample"},
}


def test_the_answer_is_the_contract(service: Service) -> None:
    answer = service.post(SCHOOL, FORM, BODY)
    assert answer.status_code == 202
    assert set(answer.json) == {"reference", "received_at", "status", "missing", "unclear"}
    assert answer.json["status"] == "accepted"
    asked = {item["field"]: item for item in answer.json["missing"]}["child_dob"]
    assert asked["policy_words"] == "Age of the child and date of birth"
    assert asked["ask"].endswith("?")
    assert "Oscar" not in answer.text


def test_the_same_response_again_is_200_and_the_same_reference_however_often(service: Service) -> None:
    first = service.post(SCHOOL, FORM, BODY)
    for _ in range(3):
        again = service.post(SCHOOL, FORM, BODY)
        assert again.status_code == 200
        assert (again.json["reference"], again.json["received_at"]) == (
            first.json["reference"],
            first.json["received_at"],
        )
    service.work()
    assert len(service.records(first.json["reference"])) == 2


def test_the_same_response_is_recognised_after_the_key_was_rotated(tmp_path: Path) -> None:
    from connector.keyring import rotate_journey_key
    from connector.settings.load import load
    from connector.web.app import create_app
    from connector.wiring import build
    from tests.service import environment

    with running(tmp_path) as before:
        first = before.post(SCHOOL, FORM, BODY).json["reference"]
        config, clock = before.config, before.clock
    old = rotate_journey_key(config)
    assert old is not None
    service_file = config / "service.toml"
    service_file.write_text(
        service_file.read_text("utf-8").replace("old = []", f'old = ["file:keys/{old.name}"]'), "utf-8"
    )
    house = build(load(config, environment("http://127.0.0.1:1/?sig=s")), clock)
    headers = {"Content-Type": "application/json", "Authorization": "Bearer a-bearer-key"}
    again = create_app(house).test_client().post(f"/forms/{SCHOOL}/{FORM}", data=json.dumps(BODY), headers=headers)
    house.close()
    assert (again.status_code, again.json["reference"]) == (200, first)


def test_an_edited_response_is_a_new_version_beside_the_first_and_told_as_amended(service: Service) -> None:
    sample = sample_of("S04")
    body = platform_body(service.house.settings, sample, "edited")
    first = service.post("starling-infants", "cause-for-concern", body)
    service.work()
    body["lastSubmittedTime"] = "2026-11-16T14:00:00.000001Z"
    body["answers"]["1a2b3c03"]["textAnswers"]["answers"][0]["value"] = "F 02/09/2020, I 03/04/2022"
    second = service.post("starling-infants", "cause-for-concern", body)
    assert second.status_code == 202
    assert second.json["reference"] == first.json["reference"]
    assert second.json["missing"] == []
    service.work()
    names = [path.name for path in service.records(first.json["reference"])]
    assert {name.rpartition("-")[2].split(".")[0] for name in names} == {"1", "2"}
    told = [mail.part("plain") for mail in service.mails_to("h.winter-sample@starling.example")]
    assert "A concern has been amended" in told[-1]
    assert "(version 2)" in told[-1]


def test_another_content_under_the_same_id_is_never_taken_for_a_repeat(service: Service) -> None:
    first = service.post(SCHOOL, FORM, BODY)
    other = service.post(SCHOOL, FORM, BODY | {"answers": {"Child's name": "Somebody Else-Sample"}})
    assert other.status_code == 202
    assert other.json["reference"] == first.json["reference"]
    assert service.held(other.json["reference"]).version == 2


def test_two_responses_are_two_concerns_and_the_same_id_at_two_forms_too(service: Service) -> None:
    one = service.post(SCHOOL, FORM, BODY).json["reference"]
    two = service.post(SCHOOL, FORM, BODY | {"response_id": "r-2"}).json["reference"]
    three = service.post("starling-infants", "cause-for-concern", {"responseId": "r-1", "answers": {"1a2b3c01": {}}})
    assert len({one, two, three.json["reference"]}) == 3


# -- proofs


def test_a_signature_is_taken_within_five_minutes_and_not_after(service: Service) -> None:
    raw = json.dumps(BODY).encode()
    assert service.post(SCHOOL, FORM, None, raw=raw, headers=service.signed(raw)).status_code == 202
    old = service.signed(raw, at=service.clock.now() - timedelta(seconds=301))
    assert service.post(SCHOOL, FORM, None, raw=raw, headers=old).status_code == 401
    early = service.signed(raw, at=service.clock.now() + timedelta(seconds=301))
    assert service.post(SCHOOL, FORM, None, raw=raw, headers=early).status_code == 401


def test_a_replayed_signed_request_is_the_same_concern_never_a_second(service: Service) -> None:
    raw = json.dumps(BODY).encode()
    headers = service.signed(raw)
    first = service.post(SCHOOL, FORM, None, raw=raw, headers=headers)
    service.clock.pass_(minutes=4)
    again = service.post(SCHOOL, FORM, None, raw=raw, headers=headers)
    assert (again.status_code, again.json["reference"]) == (200, first.json["reference"])


@pytest.mark.parametrize("headers", [
    {}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic a-bearer-key"}, {"Authorization": "Bearer "},
    {"X-Connector-Signature": "t=1,v1=00"}, {"X-Connector-Signature": f"t=1795000000,v1={'0' * 64}"},
    {"Authorization": "Bearer a-bearer-kéy"},
])  # fmt: skip
def test_what_proves_nothing_is_refused_with_401_and_the_mend(service: Service, headers: dict[str, str]) -> None:
    answer = service.post(SCHOOL, FORM, BODY, headers={"Content-Type": "application/json", **headers})
    assert answer.status_code == 401
    assert answer.mimetype == "application/problem+json"
    assert "X-Connector-Signature" in answer.json["detail"]
    assert service.house.ledger.counts()["concerns"] == 0


def test_a_signature_made_for_another_body_or_by_another_key_proves_nothing(service: Service) -> None:
    raw = json.dumps(BODY).encode()
    assert service.post(SCHOOL, FORM, None, raw=raw + b" ", headers=service.signed(raw)).status_code == 401
    assert service.post(SCHOOL, FORM, None, raw=raw, headers=service.signed(raw, key=SIGNING + "x")).status_code == 401


# -- bad input: each its status, and what to do


def refused(service: Service, status: int, raw: bytes, kind: str = "application/json", **at: str) -> str:
    headers = {"Content-Type": kind, "Authorization": "Bearer a-bearer-key"}
    answer = service.post(at.get("school", SCHOOL), at.get("form", FORM), None, raw=raw, headers=headers)
    assert answer.status_code == status, answer.text
    assert answer.mimetype == "application/problem+json"
    assert answer.json["status"] == status
    detail: str = answer.json["detail"]
    assert len(detail) > 20
    return detail


def test_an_unknown_form_is_404(service: Service) -> None:
    assert "connector check" in refused(service, 404, b"{}", form="no-such-form")
    assert "connector check" in refused(service, 404, b"{}", school="no-such-school")


def test_over_one_mebibyte_is_413_declared_or_not(service: Service) -> None:
    assert "1 MiB" in refused(service, 413, b'{"a":"' + b"x" * 2_000_000 + b'"}')
    assert service.post(SCHOOL, FORM, BODY).status_code == 202


def test_not_json_is_400_and_another_media_type_415(service: Service) -> None:
    refused(service, 400, b"Child's name: Oscar")
    refused(service, 400, b"")
    refused(service, 400, b"\xff\xfe\x00")
    assert "application/json" in refused(service, 415, b"a=b", kind="application/x-www-form-urlencoded")


def test_another_method_is_405(service: Service) -> None:
    assert service.client.get(f"/forms/{SCHOOL}/{FORM}").status_code == 405


UNDERSTOOD_OR_NOT = {
    "deep": b'{"response_id":"deep","answers":' + b'{"a":' * 20_000 + b"1" + b"}" * 20_000 + b"}",
    "a list": b'["what", "is", "this"]',
    "a number": b"42",
    "no answers": b'{"response_id":"x","hello":"world"}',
    "a huge number": b'{"response_id":"n","answers":{"Age of the child":' + b"9" * 5_000 + b"}}",
    "NUL bytes": json.dumps({"response_id": "nul", "answers": {"Child's name": "Os\0car\0"}}).encode(),
    "lone surrogates": b'{"response_id":"sur","answers":{"Child\'s name":"Os\\ud800car","\\udfff":"x"}}',
    "10,000 keys": json.dumps({"response_id": "keys", "answers": {f"q{n}": "x" for n in range(10_000)}}).encode(),
    "odd types": b'{"response_id":{"a":1},"answers":{"Child\'s name":[1,null,{"b":true}],"Date of birth":false}}',
    "duplicate keys": b'{"response_id":"dup","answers":{"Child\'s name":"A","Child\'s name":"B"}}',
    "byte order mark": b'\xef\xbb\xbf{"response_id":"bom","answers":{"Child\'s name":"Oscar"}}',
    "not a number": b'{"response_id":"nan","answers":{"Age of the child":NaN}}',
}


@pytest.mark.parametrize("what", UNDERSTOOD_OR_NOT)
def test_authentic_json_is_kept_filed_and_told_however_odd_it_is(service: Service, what: str) -> None:
    raw = UNDERSTOOD_OR_NOT[what]
    answer = service.post(SCHOOL, FORM, None, raw=raw)
    assert answer.status_code == 202, answer.text
    service.work()
    reference = answer.json["reference"]
    document = json.loads(service.opened(reference, SCHOOL, "dsl"))
    assert document["original"].encode("utf-8") == raw
    assert service.opened(reference, SCHOOL, "dsl", part="pdf").startswith(b"%PDF-")
    assert any(mail.message["Subject"] == reference for mail in service.mails_to("r.ashdown@littlelanterns.example"))


def test_what_is_not_understood_is_told_as_such(service: Service) -> None:
    service.post(SCHOOL, FORM, None, raw=b'["what"]')
    service.work()
    assert "could not be understood" in service.mails_to("r.ashdown@littlelanterns.example")[0].part("plain")


# -- never yes to what is not durable


def test_a_ledger_that_cannot_be_written_is_a_503_and_never_a_yes(service: Service) -> None:
    engine = service.house.ledger._engine
    with engine.begin() as connection:
        connection.execute(
            text("CREATE TRIGGER full BEFORE INSERT ON audit BEGIN SELECT RAISE(FAIL, 'disk is full'); END")
        )
    answer = service.post(SCHOOL, FORM, BODY)
    assert answer.status_code == 503
    assert answer.headers["Retry-After"]
    assert "NOT accepted" in answer.json["detail"]
    assert service.client.get("/readyz").status_code == 200
    with engine.begin() as connection:
        connection.execute(text("DROP TRIGGER full"))
    assert service.post(SCHOOL, FORM, BODY).status_code == 202


def test_a_truly_full_disk_is_a_503_and_what_was_accepted_before_stays(service: Service) -> None:
    first = service.accept("S01")
    with service.house.ledger._engine.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
    service.house.ledger._writer.do(_limit_pages, pages)
    answers = {service.post(SCHOOL, FORM, BODY | {"response_id": f"full-{n}"}).status_code for n in range(20)}
    assert 503 in answers
    assert answers <= {202, 503}
    service.house.ledger._writer.do(_limit_pages, 1_000_000)
    assert service.post(SCHOOL, FORM, BODY | {"response_id": "room-again"}).status_code == 202
    assert service.held(first).reference == first


def _limit_pages(connection, items):  # type: ignore[no-untyped-def]
    for pages in items:
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
    return items


def test_a_stopped_writer_is_a_503(service: Service) -> None:
    service.house.ledger._writer.close()
    assert service.post(SCHOOL, FORM, BODY).status_code == 503
    assert service.client.get("/readyz").status_code == 503


def test_alive_ready_and_metrics_say_nothing_of_a_concern(service: Service) -> None:
    reference = service.accept("S01")
    assert service.client.get("/livez").status_code == 200
    metrics = service.client.get("/metrics").text
    assert "connector_unacknowledged 1.0" in metrics
    assert reference not in metrics


def test_every_answer_carries_the_protecting_headers(service: Service) -> None:
    for answer in (service.client.get("/livez"), service.client.get("/nowhere"), service.post(SCHOOL, FORM, BODY)):
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
