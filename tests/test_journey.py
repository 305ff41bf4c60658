"""The journey after the durable line: outages, crashes between act and mark, the ladder, acknowledgement, purge."""

from __future__ import annotations

import os
import re
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from connector.errors import CannotAccept
from connector.model.duty import DutyKind, DutyState
from connector.retry import next_try
from tests.service import TUESDAY, Service, running

DSL, DEPUTY = "r.ashdown@littlelanterns.example", "m.tallow@littlelanterns.example"
MANAGER, OWNER = "p.lanternwood@littlelanterns.example", "a.wickford@littlelanterns.example"
REPORTER, OFFICE = "p.hartley@littlelanterns.example", "office@littlelanterns.example"
STATES = {DutyState.OWED, DutyState.SENDING}


def open_kinds(service: Service, reference: str) -> list[str]:
    return sorted(duty.kind for duty in service.duties(reference) if duty.state in STATES and duty.kind != "climb")


def until_settled(service: Service, reference: str, seconds: float = 7200) -> float:
    """Let the clock run, a second at a time, until nothing but climbs is owed; the seconds it took."""
    for passed in range(int(seconds)):
        service.work()
        if not open_kinds(service, reference):
            return passed
        service.clock.pass_(seconds=1)
    raise AssertionError(f"still owed: {open_kinds(service, reference)}")


def link_in(mail: object) -> str:
    found = re.search(r"http://127\.0\.0\.1:8080/a/[A-Za-z0-9_\-]+", mail.part("plain"))  # type: ignore[attr-defined]
    assert found
    return urlsplit(found[0]).path


# -- outages


def test_mail_down_for_a_minute_delays_the_mails_and_nothing_else(service: Service) -> None:
    service.caught.smtp_refusal = "421 4.3.0 down"
    reference = service.accept()
    service.work()
    assert service.records(reference)
    assert len(service.caught.cards) == 1
    assert open_kinds(service, reference) == ["receipt", "tell", "tell"]
    service.clock.pass_(seconds=60)
    service.work()
    service.caught.smtp_refusal = ""
    assert until_settled(service, reference) < 130
    assert {mail.recipients[0] for mail in service.caught.mails} == {DSL, DEPUTY, REPORTER}
    assert len(service.caught.mails) == 3


def test_retry_after_is_honoured_and_the_card_arrives(service: Service) -> None:
    service.caught.card_refusal = (429, {"Retry-After": "2"})
    reference = service.accept()
    service.work()
    card = next(duty for duty in service.duties(reference) if duty.channel == "dsl-chat")
    assert card.due_at - service.clock.now() >= timedelta(seconds=2)
    assert len(service.caught.mails) == 3
    for _ in range(10):
        service.clock.pass_(seconds=1)
        service.work()
    service.caught.card_refusal = None
    assert until_settled(service, reference) < 40
    assert len(service.caught.cards) == 1


def test_a_folder_that_cannot_be_written_for_half_a_minute_delays_filing_and_nothing_else(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.open

    def read_only(path: object, flags: int, *more: int) -> int:
        if flags & os.O_CREAT and "records" in str(path):
            raise OSError(30, "Read-only file system")
        return real(path, flags, *more)  # type: ignore[call-overload]

    monkeypatch.setattr(os, "open", read_only)
    reference = service.accept()
    service.work()
    assert open_kinds(service, reference) == ["file"]
    assert len(service.caught.mails) == 3
    service.clock.pass_(seconds=30)
    monkeypatch.undo()
    assert until_settled(service, reference) < 70
    assert len(service.records(reference)) == 2


def test_an_hour_of_everything_down_loses_nothing(service: Service) -> None:
    service.caught.smtp_refusal, service.caught.card_refusal = "421 down", (503, {})
    references = [service.accept("S01", f"r-{n}") for n in range(5)]
    for _ in range(60):
        service.work()
        service.clock.pass_(minutes=1)
    service.caught.smtp_refusal, service.caught.card_refusal = "", None
    for reference in references:
        until_settled(service, reference)
    told = {mail.message["Subject"] for mail in service.mails_to(DSL)}
    assert told == set(references)


def test_once_the_far_side_is_back_nobody_waits_out_their_half_hour(service: Service) -> None:
    service.caught.smtp_refusal = "421 down"
    references = {service.accept("S01", f"b-{n}") for n in range(8)}
    for _ in range(60):
        service.work()
        service.clock.pass_(minutes=1)
    service.caught.smtp_refusal = ""
    while not service.mails_to(DSL):
        service.work()
        service.clock.pass_(seconds=10)
    assert {str(mail.message["Subject"]) for mail in service.mails_to(DSL)} == references


def test_backoff_grows_from_seconds_to_half_an_hour_and_ends_after_three_days() -> None:
    def wait(
        attempts: int, jitter: float, after: float | None = None, since: timedelta = timedelta()
    ) -> timedelta | None:
        found = next_try(
            attempts, TUESDAY, owed_since=TUESDAY - since, give_up=timedelta(hours=72), retry_after=after, jitter=jitter
        )
        return found - TUESDAY if found else None

    assert wait(1, 1.0) == timedelta(seconds=2)
    assert wait(1, 0.0) == timedelta(seconds=1)
    assert wait(5, 1.0) == timedelta(seconds=32)
    assert wait(40, 1.0) == timedelta(minutes=30)
    assert wait(1, 0.0, after=90) == timedelta(seconds=90)
    assert wait(40, 1.0, since=timedelta(hours=71, minutes=45)) is None


# -- loud failure


def test_a_rung_that_cannot_be_reached_at_all_climbs_at_once(service: Service) -> None:
    service.caught.smtp_refusal, service.caught.card_refusal = "550 5.1.1 no such user", (404, {})
    reference = service.accept()
    failed = [duty.id for duty in service.duties(reference) if duty.kind is DutyKind.TELL]
    for number in failed:
        service.house.engine._perform(number)
    service.caught.smtp_refusal, service.caught.card_refusal = "", None
    service.work()
    assert [duty.state for duty in service.duties(reference) if duty.id in failed] == [DutyState.FAILED] * 3
    assert "nobody has acknowledged" in service.mails_to(DSL)[0].part("plain")
    assert any("could not be delivered" in mail.part("plain") for mail in service.mails_to(OFFICE))


def test_one_way_that_fails_does_not_hurry_the_ladder_while_another_reached_somebody(service: Service) -> None:
    service.caught.card_refusal = (404, {})
    service.accept()
    service.work()
    assert len(service.mails_to(DSL)) == 1
    assert service.mails_to(MANAGER) == []


def test_a_webhook_that_is_gone_is_told_to_the_technician_by_mail_with_the_mend(service: Service) -> None:
    service.caught.card_refusal = (404, {})
    reference = service.accept()
    service.work()
    alarm = service.mails_to(OFFICE)[0].part("plain")
    assert "could not be delivered" in alarm
    assert f"connector retry {reference}" in alarm
    assert "The far side answered 404" in alarm
    assert service.house.ledger.counts()["duties_failed"] == 1
    assert DutyKind.ALARM in {duty.kind for duty in service.duties(reference)}


def test_a_failed_duty_can_be_owed_again(service: Service) -> None:
    service.caught.card_refusal = (404, {})
    reference = service.accept()
    service.work()
    service.caught.card_refusal = None
    assert service.house.ledger.retry(reference, service.clock.now()) == 1
    service.work()
    assert len(service.caught.cards) == 1
    assert service.house.ledger.counts()["duties_failed"] == 0


def test_a_record_that_cannot_be_filed_is_told_to_the_first_rung_as_well(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    from connector.errors import DeliveryError
    from connector.store.folder import FolderStore

    def never(_store: object, _record: object) -> object:
        raise DeliveryError("No reader of this folder is left who may open the record.", permanent=True)

    monkeypatch.setattr(FolderStore, "file", never)
    reference = service.accept()
    service.work()
    alarms = {duty.person for duty in service.duties(reference) if duty.kind is DutyKind.ALARM}
    assert alarms == {"office", "dsl", "deputy"}
    assert "filing the record did not work" in service.mails_to(OFFICE)[0].part("plain")
    assert service.held(reference).sealed is not None


def test_three_days_of_outage_end_in_a_loud_failure_and_the_content_stays(service: Service) -> None:
    service.caught.card_refusal = (503, {})
    reference = service.accept()
    for _ in range(160):
        service.work()
        service.clock.pass_(minutes=30)
    service.work()
    assert {duty.state for duty in service.duties(reference) if duty.channel == "dsl-chat" and duty.rung == 0} == {
        DutyState.FAILED
    }
    assert any("could not be delivered" in mail.part("plain") for mail in service.mails_to(OFFICE))
    assert service.held(reference).sealed is not None


# -- a crash between the act and its mark


def test_an_act_that_may_have_happened_before_a_crash_says_that_it_may_be_a_repeat(service: Service) -> None:
    reference = service.accept()
    for duty in service.duties(reference):
        if duty.kind is not DutyKind.CLIMB:
            assert service.house.ledger.begin(duty)
    service.work()
    assert all("may have reached you before" in mail.part("plain") for mail in service.caught.mails)
    assert "may have been posted before" in str(service.caught.cards)
    assert len(service.records(reference)) == 2


def test_a_duty_that_is_done_is_not_done_again(service: Service) -> None:
    reference = service.accept()
    service.work()
    for duty in service.duties(reference):
        if duty.kind is not DutyKind.CLIMB:
            service.house.engine._perform(duty.id)
    assert len(service.caught.mails) == 3
    assert len(service.caught.cards) == 1


def test_a_second_copy_of_the_service_does_not_start_on_the_same_ledger(service: Service) -> None:
    from connector.wiring import build

    with pytest.raises(CannotAccept, match="Another copy"):
        build(service.house.settings)


# -- the ladder and the acknowledgement


def test_nobody_acknowledges_so_it_climbs_to_the_last_rung_and_the_reporter_hears(service: Service) -> None:
    reference = service.accept()
    service.work()
    service.clock.pass_(minutes=15)
    service.work()
    assert len(service.mails_to(DSL)) == 2
    chase = service.mails_to(REPORTER)[-1].part("plain")
    assert "NOBODY HAS PICKED THIS UP YET" in chase
    assert "It stays your responsibility" in chase
    assert service.mails_to(MANAGER) == []
    service.clock.pass_(minutes=15)
    service.work()
    assert len(service.mails_to(MANAGER)) == 1
    assert "nobody has acknowledged" in service.mails_to(MANAGER)[0].part("plain")
    service.clock.pass_(minutes=30)
    service.work()
    assert len(service.mails_to(OWNER)) == 1
    assert service.held(reference).acknowledged_at is None


def test_looking_is_not_acknowledging_however_often_a_mail_scanner_looks(service: Service) -> None:
    reference = service.accept()
    service.work()
    path = link_in(service.mails_to(DSL)[0])
    for method in ("get", "head", "options"):
        assert getattr(service.client, method)(path).status_code == 200
    page = service.client.get(path).text
    assert reference in page
    assert page.count("<button") == 1
    assert service.held(reference).acknowledged_at is None


def test_the_button_stops_the_ladder_names_who_and_when_and_tells_the_others(service: Service) -> None:
    reference = service.accept()
    service.work()
    service.clock.pass_(minutes=3)
    answer = service.client.post(link_in(service.mails_to(DSL)[0]), data={"person": "dsl"})
    assert "Rowan Ashdown has this" in answer.text
    held = service.held(reference)
    assert (held.acknowledged_by, held.acknowledged_at) == ("dsl", service.clock.now())
    service.work()
    assert "Rowan Ashdown has this" in service.mails_to(DEPUTY)[-1].part("plain")
    assert "Rowan Ashdown has this" in str(service.caught.cards[-1])
    assert "Rowan Ashdown has your concern" in service.mails_to(REPORTER)[-1].part("plain")
    service.clock.pass_(hours=2)
    service.work()
    assert service.mails_to(MANAGER) == []
    assert service.mails_to(OWNER) == []


def test_a_second_person_learns_who_has_it_and_changes_nothing(service: Service) -> None:
    reference = service.accept()
    service.work()
    service.client.post(link_in(service.mails_to(DSL)[0]), data={"person": "dsl"})
    page = service.client.post(link_in(service.mails_to(DEPUTY)[0]), data={"person": "deputy"}).text
    assert "Rowan Ashdown has this" in page
    assert service.held(reference).acknowledged_by == "dsl"


def test_nobody_can_acknowledge_as_somebody_else(service: Service) -> None:
    reference = service.accept()
    service.work()
    assert service.client.post(link_in(service.mails_to(DSL)[0]), data={"person": "deputy"}).status_code == 410
    assert service.client.post(link_in(service.mails_to(DSL)[0])).status_code == 410
    assert service.held(reference).acknowledged_at is None


def test_the_cards_link_asks_which_of_its_readers_it_is(service: Service) -> None:
    reference = service.accept()
    service.work()
    url = service.caught.cards[0]["attachments"][0]["content"]["actions"][0]["url"]
    page = service.client.get(urlsplit(url).path).text
    assert "Rowan Ashdown: I have this" in page
    assert "Morgan Tallow: I have this" in page
    service.client.post(urlsplit(url).path, data={"person": "deputy"})
    assert service.held(reference).acknowledged_by == "deputy"


def test_a_link_expires_and_an_altered_one_is_refused_with_what_to_do(service: Service) -> None:
    service.accept()
    service.work()
    path = link_in(service.mails_to(DSL)[0])
    for altered in (path[:-4] + "AAAA", "/a/nonsense", "/a/" + "A" * 200, path.replace("/a/", "/a/x")):
        answer = service.client.get(altered)
        assert answer.status_code == 410
        assert "call the Designated Safeguarding Lead" in answer.text
    service.clock.pass_(hours=169)
    assert service.client.get(path).status_code == 410


def test_a_link_says_nothing_about_whom_or_what(service: Service) -> None:
    import base64

    reference = service.accept()
    service.work()
    token = link_in(service.mails_to(DSL)[0]).rpartition("/")[2]
    decoded = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    assert b"dsl" not in decoded
    assert reference.encode() not in decoded


def test_a_late_duty_to_tell_says_who_has_it_instead_of_asking_again(service: Service) -> None:
    service.caught.card_refusal = (503, {})
    service.accept()
    service.work()
    service.client.post(link_in(service.mails_to(DSL)[0]), data={"person": "dsl"})
    service.caught.card_refusal = None
    service.clock.pass_(minutes=5)
    service.work()
    assert all("Rowan Ashdown has this" in str(card) for card in service.caught.cards)


# -- forgetting


def test_content_is_forgotten_once_filed_and_told_and_who_is_passed_over_when_links_end(service: Service) -> None:
    reference = service.accept()
    assert service.held(reference).sealed is not None
    service.work()
    held = service.held(reference)
    assert held.sealed is None
    assert held.purged_at is not None
    assert held.aside is not None
    service.client.post(link_in(service.mails_to(DSL)[0]), data={"person": "dsl"})
    service.work()
    week = timedelta(hours=service.house.settings.service.retention.link_hours)
    service.house.ledger.tidy(service.clock.now() + week - timedelta(hours=1), week)
    assert service.held(reference).aside is not None, "what the reporter adds must go past the same people"
    service.house.ledger.tidy(service.clock.now() + week + timedelta(hours=1), week)
    assert service.held(reference).aside is None


def test_content_stays_while_it_is_not_filed(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    from connector.store.folder import FolderStore

    def full(_store: object, _record: object) -> object:
        from connector.errors import DeliveryError

        raise DeliveryError

    monkeypatch.setattr(FolderStore, "file", full)
    reference = service.accept()
    service.work()
    service.client.post(link_in(service.mails_to(DSL)[0]), data={"person": "dsl"})
    service.work()
    assert service.held(reference).sealed is not None


def test_an_aside_nobody_acknowledged_is_forgotten_after_the_links_have_expired(service: Service) -> None:
    reference = service.accept()
    for _ in range(5):
        service.work()
        service.clock.pass_(hours=1)
    service.clock.pass_(hours=169)
    service.house.ledger.tidy(service.clock.now(), timedelta(hours=168))
    assert service.held(reference).aside is None


def test_a_receipt_says_what_happens_next_and_what_is_missing_in_the_policys_words(service: Service) -> None:
    reference = service.accept("S02")
    service.work()
    said = service.mails_to("j.moss@littlelanterns.example")[0].part("plain")
    for wanted in (reference, "What happens next", "date of birth", "Age of the child and date of birth", "999",
                   "Rowan Ashdown (Designated Safeguarding Lead)", "handwritten notes", "About what time"):  # fmt: skip
        assert wanted in said
    assert "Bertie" not in said
    assert "just after lunch" not in said


def test_no_receipt_is_tried_where_the_form_gives_no_address(service: Service) -> None:
    reference = service.accept("S11")
    service.work()
    assert {mail.recipients[0] for mail in service.caught.mails} == {DSL, DEPUTY}
    assert DutyKind.RECEIPT not in {duty.kind for duty in service.duties(reference)}


def test_everything_owed_is_still_owed_after_a_restart(tmp_path: Path) -> None:
    from connector.wiring import build

    with running(tmp_path) as service:
        service.caught.smtp_refusal = "421 down"
        reference = service.accept()
        service.work()
        service.house.close()
        service.caught.smtp_refusal = ""
        service.clock.pass_(seconds=10)
        house = build(service.house.settings, service.clock)
        for lane in house.ledger.lanes(service.clock.now()):
            for number in house.ledger.due(lane, service.clock.now(), 100):
                house.engine._perform(number)
        assert len(service.caught.mails) == 3
        assert house.ledger.latest(reference).sealed is None
        house.close()
