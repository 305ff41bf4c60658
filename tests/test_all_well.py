"""All well: one message a day to the DSL and the technician, the same shape every day, whatever happened."""

from __future__ import annotations

import io
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from connector import jobs
from connector.errors import CannotAccept, ConfigError, RegisterClosed
from connector.ledger.daily import Daily
from connector.model.all_well import AllWell, FormStands, SourceStands, StoreStands, Tally
from connector.model.standing import State, Verdict
from connector.model.submission import DRILL_SAYS, Arrival, Way
from connector.notify.words import Words
from connector.settings.load import load
from connector.wiring import House, build
from tests.daily import (
    DEPUTY,
    DSL,
    EVERYBODY,
    HAPPENED,
    INFANTS,
    LOOK,
    MANAGER,
    NURSERY,
    OFFICE,
    OKAFOR,
    SEVEN,
    TECHNICIAN,
    WELL,
    WINTER,
    day_after,
    lines,
    mail_to,
    settle,
    shape,
    tell,
    text_of,
    wrong,
)
from tests.service import Service, copy_config, environment, running
from tests.tenanted import SCHOOL as HARBOUR
from tests.tenanted import Tenanted
from tests.test_attacks import JSON, SEEN, STAFF, STARLING, infant, nursery
from tests.test_canary import log

__all__ = ["log"]


# -- who, when, how often


def test_it_is_sent_whether_or_not_anything_came_to_the_first_rung_and_the_technician(service: Service) -> None:
    mails = tell(service)
    assert sorted(mail.recipients[0] for mail in mails) == sorted(EVERYBODY)
    assert {str(mail.message["Subject"]) for mail in mails} == {WELL}
    assert service.caught.cards == []
    assert service.caught.faults == []


def test_each_is_sent_it_once_a_day_and_by_another_name_the_next_day(service: Service) -> None:
    first = tell(service)
    assert tell(service, SEVEN + timedelta(minutes=15)) == []
    assert tell(service, SEVEN + timedelta(hours=16, minutes=59)) == []
    second = tell(service, day_after(service))
    assert len(first) == len(second) == len(EVERYBODY)
    names = [str(mail.message["Message-ID"]) for mail in (*first, *second)]
    assert len(set(names)) == 2 * len(EVERYBODY)
    assert "<little-lanterns.all-well.2026-11-18.dsl@littlelanterns.example>" in names


def test_it_comes_at_weekends_and_in_the_holidays_too(service: Service) -> None:
    for day in (datetime(2026, 11, 21, 7, tzinfo=UTC), datetime(2026, 12, 25, 7, tzinfo=UTC)):
        assert len(tell(service, day)) == len(EVERYBODY)


def test_who_covers_is_told_in_place_of_who_is_away(service: Service) -> None:
    mails = tell(service, datetime(2027, 2, 16, 7, tzinfo=UTC))
    found = {mail.recipients[0] for mail in mails}
    assert MANAGER in found
    assert DEPUTY not in found


def test_a_service_that_was_down_at_seven_tells_as_soon_as_it_is_up(service: Service) -> None:
    assert len(tell(service, SEVEN + timedelta(hours=8))) == len(EVERYBODY)
    assert tell(service, SEVEN + timedelta(hours=9)) == []


def at_time(house: House, at: time) -> None:
    for slug, site in house.all_well.sites.items():
        house.sites[slug] = replace(site, school=site.school.model_copy(update={"all_well_at": at}))


# When it is due in UTC: winter and summer; the nights on which the clocks change, 01:30 not there and there twice;
# the minutes around a midnight that is another day in UTC.
DUE = [
    ("07:00", "2026-11-18T06:59:59", ""), ("07:00", "2026-11-18T07:00", "2026-11-18"),
    ("07:00", "2026-07-01T05:59:59", ""), ("07:00", "2026-07-01T06:00", "2026-07-01"),
    ("01:30", "2026-03-29T00:59", ""), ("01:30", "2026-03-29T01:00", "2026-03-29"),
    ("01:30", "2026-10-25T00:29", ""), ("01:30", "2026-10-25T00:30", "2026-10-25"),
    ("00:00", "2026-06-30T22:59", "2026-06-30"), ("00:00", "2026-06-30T23:00", "2026-07-01"),
    ("22:00", "2026-06-30T21:15", "2026-06-30"), ("22:00", "2026-06-30T23:15", ""),
]  # fmt: skip


@pytest.mark.parametrize(("at", "moment", "day"), DUE)
def test_it_is_due_by_the_schools_own_clock(service: Service, at: str, moment: str, day: str) -> None:
    at_time(service.house, time.fromisoformat(at))
    mails = tell(service, datetime.fromisoformat(moment).replace(tzinfo=UTC))
    assert len(mails) == (len(EVERYBODY) if day else 0)
    assert all(f".all-well.{day}." in str(mail.message["Message-ID"]) for mail in mails)


def test_the_hour_that_comes_twice_brings_one_message(service: Service) -> None:
    at_time(service.house, time(1, 30))
    first = tell(service, datetime(2026, 10, 25, 0, 30, tzinfo=UTC))
    assert (len(first), tell(service, datetime(2026, 10, 25, 1, 30, tzinfo=UTC))) == (len(EVERYBODY), [])


def test_days_are_the_schools_days_also_in_the_hour_in_which_utc_has_yesterday(service: Service) -> None:
    at_time(service.house, time(0))
    for day in (29, 30):
        assert len(tell(service, datetime(2026, 6, day, 23, tzinfo=UTC))) == len(EVERYBODY)
        assert tell(service, datetime(2026, 6, day, 23, 45, tzinfo=UTC)) == []


# -- once, whoever runs


def test_two_processes_on_one_ledger_send_it_once(service: Service) -> None:
    service.clock.moment[0] = SEVEN
    other = build(service.house.settings, service.clock, works=False)
    gate = threading.Barrier(2)

    def run(house: House) -> None:
        gate.wait()
        house.all_well.tell(SEVEN)

    try:
        threads = [threading.Thread(target=run, args=(house,)) for house in (service.house, other)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        other.all_well.tell(SEVEN + timedelta(minutes=15))
    finally:
        other.close()
    assert sorted(mail.recipients[0] for mail in service.caught.mails) == sorted(EVERYBODY)
    assert not any("may have reached you before" in mail.part("plain") for mail in service.caught.mails)


def test_a_crash_between_sending_and_marking_sends_the_same_mail_again_and_says_so(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(_self: Daily, _told: Any) -> None:
        raise CannotAccept

    with monkeypatch.context() as dying:
        dying.setattr(Daily, "settle", die)
        with pytest.raises(CannotAccept):
            tell(service)
    (first,) = service.caught.mails
    mails = tell(service, SEVEN + timedelta(minutes=9))
    assert first.recipients[0] not in {mail.recipients[0] for mail in mails}, "another process may still be sending it"
    (again,) = tell(service, SEVEN + timedelta(minutes=15))
    assert again.recipients == first.recipients
    assert again.message["Message-ID"] == first.message["Message-ID"]
    for part in ("plain", "html"):
        assert "may have reached you before" in again.part(part)
        assert "may have reached you before" not in first.part(part)
    assert tell(service, SEVEN + timedelta(minutes=30)) == []


def test_one_that_breaks_keeps_nobody_elses_back(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    real = Words.text

    def breaking(self: Words, message: Any) -> str:
        if message.school == "Little Lanterns Nursery":
            raise RuntimeError
        return real(self, message)

    monkeypatch.setattr(Words, "text", breaking)
    assert {mail.recipients[0] for mail in tell(service)} == {WINTER, OKAFOR, TECHNICIAN}
    said = service.client.get("/metrics").text
    assert "connector_all_well_age_seconds 72480.0" in said, "of the school where it is longest: since the start"


# -- the same shape, whatever happened


def busy(service: Service) -> None:
    """A day with concerns, a drill and an edit, all of it done and acknowledged."""
    service.post(*JSON, nursery("drill-1", **{"Child's name": DRILL_SAYS}))
    service.post(*JSON, nursery("a", **{"Child's name": "A Sample"}))
    service.post(*JSON, nursery("a", **{"Child's name": "A Sample", "Age of the child": "4"}))
    service.work()
    settle(service)


def test_the_message_has_the_same_lines_on_an_empty_a_busy_and_a_bad_day(service: Service) -> None:
    empty = mail_to(tell(service), DSL)
    service.clock.moment[0] = SEVEN + timedelta(hours=3)
    busy(service)
    full = mail_to(tell(service, day_after(service)), DSL)
    service.house.ledger.notebook.note_verdict(NURSERY, "store", Verdict(State.BAD, "Anybody can read it."), SEVEN)
    service.caught.smtp_refusal = "550 5.1.1 nobody"
    service.post(*JSON, nursery("b", **{"Child's name": "B Sample"}))
    service.work()
    service.caught.smtp_refusal = ""
    bad = mail_to(tell(service, day_after(service, 2)), DSL)
    assert shape(empty) == shape(full) == shape(bad)
    assert list(lines(empty)) == list(lines(full)) == list(lines(bad))
    assert [str(mail.message["Subject"]) for mail in (empty, full, bad)] == [WELL, WELL, LOOK]
    assert (wrong(empty), wrong(full)) == ([], [])
    assert len(wrong(bad)) == 3
    assert len(text_of(bad).splitlines()) == len(text_of(full).splitlines()) + 3


def test_an_empty_day_says_so_on_every_line(service: Service) -> None:
    mail = mail_to(tell(service), DSL)
    assert lines(mail) == {
        "School": "Little Lanterns Nursery",
        "Counted": "18 November 2026, 07:00 (UK time)",
        "Concerns received in the last 24 hours": "0, and 0 drill(s)",
        "Concerns not acknowledged": "0, and 0 drill(s)",
        "Filing and telling": "0 failed, 0 being tried again",
        "Oldest still owed": "nothing is owed",
        "Where records are filed": "sealed, nothing to verify; reachable",
        "Where records about staff are filed": "sealed, nothing to verify; reachable",
        'Form "Record of concern (record-of-concern)"': "no response yet",
        'Form "Record of concern (record-of-concern-json)"': "no response yet",
        "Reminders to the office that fail": "0",
        "Next policy review": "no policies are registered",
    }
    html = unescape(mail.part("html"))
    assert all(name in html and value in html for name, value in lines(mail).items())
    assert "Wrong:" not in html


def test_a_busy_day_is_counted_in_the_24_hours_before_the_message_with_drills_apart(service: Service) -> None:
    service.accept("S01")
    service.work()
    settle(service)
    service.clock.moment[0] = SEVEN
    busy(service)
    service.clock.moment[0] = datetime(2026, 11, 18, 11, tzinfo=UTC)
    service.post(*JSON, nursery("late", **{"Child's name": "C Sample"}))
    service.work()
    said = lines(mail_to(tell(service, service.clock.now()), DSL))
    assert said["Concerns received in the last 24 hours"] == "2, and 1 drill(s)", "yesterday's is over a day old"
    assert said["Concerns not acknowledged"] == "1, and 0 drill(s)"
    assert said["Oldest still owed"] == "nothing is owed", "a rung to come is not owed yet"
    assert said['Form "Record of concern (record-of-concern)"'] == "last response 17 November 2026, 10:52"
    assert said['Form "Record of concern (record-of-concern-json)"'] == "last response 18 November 2026, 11:00"


def test_what_is_tried_again_and_for_how_long_it_is_owed_is_counted(service: Service) -> None:
    service.clock.moment[0] = SEVEN - timedelta(minutes=5)
    service.caught.smtp_refusal = "451 4.3.0 later"
    service.post(*JSON, nursery("a", **{"Child's name": "A Sample"}))
    service.work()
    service.caught.smtp_refusal = ""
    mail = mail_to(tell(service), DSL)
    assert lines(mail)["Filing and telling"] == "0 failed, 3 being tried again"
    assert lines(mail)["Oldest still owed"] == "for 5 minutes"
    assert str(mail.message["Subject"]) == WELL, "five minutes are no trouble yet"


# -- what is wrong


@dataclass
class Register:
    """The register of policies as the daily message asks it; an error is raised."""

    reminders: int | Exception = 0
    review: str | Exception = "Child protection: 30 November 2026"

    def failing(self, _school: str) -> int:
        if isinstance(self.reminders, Exception):
            raise self.reminders
        return self.reminders

    def next_review(self, school: str) -> str:
        if isinstance(self.review, Exception):
            raise self.review
        return f"{self.review}, {school}"


@pytest.fixture
def register() -> Register:
    return Register()


@pytest.fixture
def asked(tmp_path: Path, register: Register) -> Iterator[Service]:
    """The service with a register to ask."""
    with running(tmp_path, next_review=register.next_review, reminders_failing=register.failing) as found:
        yield found


def given_up(service: Service, _register: Register) -> None:
    service.caught.smtp_refusal = "550 5.1.1 nobody"
    service.post(*JSON, nursery("a", **{"Child's name": "A Sample"}))
    service.work()
    service.caught.smtp_refusal = ""
    settle(service)


def overdue(service: Service, _register: Register) -> None:
    service.clock.moment[0] = SEVEN - timedelta(minutes=16)
    service.post(*JSON, nursery("a", **{"Child's name": "A Sample"}))


def past_the_ladder(service: Service, _register: Register) -> None:
    service.post(*JSON, nursery("a", **{"Child's name": "A Sample"}))
    for _ in range(5):
        service.work()
        service.clock.pass_(minutes=15)


def open_library(service: Service, _register: Register) -> None:
    verdict = Verdict(State.BAD, "Zed Sample can read it.")
    service.house.ledger.notebook.note_verdict(NURSERY, "intake_library rights", verdict, SEVEN)


def broken_chain(service: Service, _register: Register) -> None:
    service.accept("S01")
    service.work()
    settle(service)
    with service.house.ledger._engine.begin() as connection:
        connection.execute(text("UPDATE audit SET act = 'nothing' WHERE seq = 1"))


def lost_store(service: Service, _register: Register) -> None:
    root = service.house.sites[NURSERY].stores["store"].root
    root.parent.mkdir(parents=True, exist_ok=True)
    root.write_bytes(b"a file where the folder was")


def failing_reminders(_service: Service, register: Register) -> None:
    register.reminders = 2


def unknown_reminders(_service: Service, register: Register) -> None:
    register.reminders = RegisterClosed()


def unknown_review(_service: Service, register: Register) -> None:
    register.review = RuntimeError("Zed Sample")


def untold(service: Service, _register: Register) -> None:
    service.caught.smtp_refusal, service.caught.card_refusal = "451 4.3.0 later", (503, {})
    tell(service, SEVEN - timedelta(days=1))
    service.caught.smtp_refusal, service.caught.card_refusal = "", None


def told_in_part(service: Service, _register: Register) -> None:
    """The DSL and the deputy by their chat, the technician not at all."""
    service.caught.smtp_refusal = "451 4.3.0 later"
    tell(service, SEVEN - timedelta(days=1))
    service.caught.smtp_refusal = ""


def silent(service: Service, _register: Register) -> None:
    tell(service, SEVEN - timedelta(days=2))


WRONG = [
    (given_up, "Given up: 6."), (overdue, "Something has been owed for 16 minutes."),
    (past_the_ladder, "Acknowledged by nobody, though the whole ladder has been told: 1 concern(s)."),
    (open_library, "Stands wrong: who can read the intake library."), (broken_chain, "The audit chain is broken"),
    (lost_store, "Nothing can be written where records are filed."),
    (failing_reminders, "Reminders to the office that do not go out: 2."),
    (unknown_reminders, "It could not be found out whether the office's reminders go out."),
    (unknown_review, "The register of policies could not be read."),
    (told_in_part, "Yesterday's message did not reach everybody whom it was for."),
    (untold, "Yesterday's message did not reach everybody whom it was for."),
    (silent, "No message was sent yesterday: the service did not run."),
]  # fmt: skip


@pytest.mark.parametrize(("happen", "said"), WRONG)
def test_whatever_is_wrong_is_said_on_top_under_another_subject(
    asked: Service, register: Register, happen: Any, said: str
) -> None:
    happen(asked, register)
    mail = mail_to(tell(asked), DSL)
    assert str(mail.message["Subject"]) == LOOK
    assert len(wrong(mail)) == 1
    assert wrong(mail)[0].startswith(said)
    assert wrong(mail)[0].replace("'", "&#39;") in mail.part("html")
    assert text_of(mail).startswith(f"{LOOK}\n\nWRONG: ")
    assert "Zed" not in mail.raw.decode()


def test_what_the_register_says_stands_in_its_line_and_a_register_that_fails_stops_nothing(
    asked: Service, register: Register
) -> None:
    said = lines(mail_to(tell(asked), WINTER))
    assert said["Next policy review"] == "Child protection: 30 November 2026, starling-infants"
    register.review, register.reminders = RegisterClosed(), OSError()
    mails = tell(asked, day_after(asked))
    assert len(mails) == len(EVERYBODY)
    said = lines(mail_to(mails, WINTER))
    assert (said["Next policy review"], said["Reminders to the office that fail"]) == ("not known", "not known")


def test_what_is_wrong_at_one_school_is_not_told_at_another(asked: Service, register: Register) -> None:
    past_the_ladder(asked, register)
    open_library(asked, register)
    mails = tell(asked)
    assert {str(mail_to(mails, address).message["Subject"]) for address in (DSL, DEPUTY, OFFICE)} == {LOOK}
    assert {str(mail_to(mails, address).message["Subject"]) for address in (WINTER, OKAFOR, TECHNICIAN)} == {WELL}


def test_what_is_mended_is_well_again_the_next_day(asked: Service, register: Register) -> None:
    past_the_ladder(asked, register)
    tell(asked)
    settle(asked)
    assert str(mail_to(tell(asked, day_after(asked)), DSL).message["Subject"]) == WELL


def test_a_drill_that_nobody_acknowledged_is_nothing_wrong(service: Service) -> None:
    service.post(*JSON, nursery("drill-1", **{"Child's name": DRILL_SAYS}))
    for _ in range(5):
        service.work()
        service.clock.pass_(minutes=15)
    mail = mail_to(tell(service), DSL)
    assert lines(mail)["Concerns not acknowledged"] == "0, and 1 drill(s)"
    assert lines(mail)['Form "Record of concern (record-of-concern-json)"'] == "no response yet"
    assert str(mail.message["Subject"]) == WELL


def test_history_is_in_no_number_and_may_take_its_time(service: Service) -> None:
    body = json.dumps(nursery("old", **{"Child's name": "A Sample"})).encode()
    at = SEVEN - timedelta(hours=2)
    arrival = Arrival(school=JSON[0], form=JSON[1], body=body, received_at=at, way=Way.HISTORY, key="old")
    service.house.intake.receive_whatever(arrival)
    mail = mail_to(tell(service), OFFICE)
    assert lines(mail) == lines(mail_to(tell(service, day_after(service)), OFFICE)) | {
        "Counted": "18 November 2026, 07:00 (UK time)"
    }
    assert lines(mail)["Concerns received in the last 24 hours"] == "0, and 0 drill(s)"
    assert lines(mail)["Oldest still owed"] == "nothing is owed"
    assert lines(mail)['Form "Record of concern (record-of-concern-json)"'] == "no response yet"
    assert str(mail.message["Subject"]) == WELL


# -- what is kept from a person is not told by a number


def numbers(mail: Any) -> list[str]:
    return [value for name, value in lines(mail).items() if name.startswith(("Concerns", "Filing", "Oldest", "Form"))]


def test_a_concern_about_staff_is_in_no_number_of_those_who_are_not_told_of_it(service: Service) -> None:
    before = tell(service)
    service.post(*STARLING, infant(service, "s", **{SEEN: "Mrs Winter-Sample slapped Jo", STAFF: "Yes"}))
    service.caught.smtp_refusal = "550 5.1.1 nobody"
    service.work()
    service.caught.smtp_refusal = ""
    after = tell(service, day_after(service))
    for address in (WINTER, OKAFOR):
        assert numbers(mail_to(after, address)) == numbers(mail_to(before, address))
        assert str(mail_to(after, address).message["Subject"]) == WELL
    full = mail_to(after, TECHNICIAN)
    assert lines(full)["Concerns not acknowledged"] == "1, and 0 drill(s)"
    assert str(full.message["Subject"]) == LOOK
    assert "are of all concerns" in full.part("plain")
    assert "are of the concerns that you were told of" in mail_to(after, WINTER).part("plain")


def test_a_concern_that_names_somebody_of_the_first_rung_is_in_no_number_of_theirs(service: Service) -> None:
    before = mail_to(tell(service), DSL)
    service.post(*JSON, nursery("n", **{HAPPENED: "Rowan Ashdown slapped Jo."}))
    service.work()
    after = tell(service, SEVEN + timedelta(hours=24))
    assert numbers(mail_to(after, DSL)) == numbers(before)
    assert lines(mail_to(after, DEPUTY))["Concerns not acknowledged"] == "1, and 0 drill(s)"


def test_a_later_version_that_names_them_is_not_told_by_when_it_came(service: Service) -> None:
    service.clock.moment[0] = SEVEN - timedelta(hours=2)
    service.post(*JSON, nursery("n", **{HAPPENED: "Jo was quiet all day."}))
    service.clock.pass_(hours=1)
    service.post(*JSON, nursery("n", **{HAPPENED: "Rowan Ashdown slapped Jo."}))
    mails = tell(service)
    form = 'Form "Record of concern (record-of-concern-json)"'
    assert lines(mail_to(mails, DSL))[form] == "last response 18 November 2026, 05:00"
    assert lines(mail_to(mails, DEPUTY))[form] == "last response 18 November 2026, 06:00"


def test_nor_is_it_in_a_number_on_a_channel_that_they_read(service: Service) -> None:
    service.clock.moment[0] = SEVEN - timedelta(hours=1)
    service.post(*JSON, nursery("n", **{HAPPENED: "Rowan Ashdown slapped Jo."}))
    service.post(*JSON, nursery("o", **{HAPPENED: "Jo was quiet all day."}))
    service.work()
    service.caught.cards.clear()
    service.caught.smtp_refusal = "451 4.3.0 later"
    tell(service)
    assert len(service.caught.cards) >= 2
    for card in service.caught.cards:
        (facts,) = (part["facts"] for part in card["attachments"][0]["content"]["body"] if part["type"] == "FactSet")
        said = {fact["title"]: fact["value"] for fact in facts}
        expected = "1, and 0 drill(s)" if said["School"] == "Little Lanterns Nursery" else "0, and 0 drill(s)"
        assert said["Concerns received in the last 24 hours"] == expected


def test_by_type_it_has_no_field_that_could_hold_an_answer() -> None:
    held = {kind: set(kind.__dataclass_fields__) for kind in (AllWell, Tally, StoreStands, FormStands, SourceStands)}
    assert held == {
        AllWell: {
            "school", "at", "everything", "tally", "stores", "forms", "sources", "bad_places", "audit_holds",
            "yesterday", "reminders_failing", "next_review", "repeat",
        },
        Tally: {
            "received", "received_drills", "unacknowledged", "unacknowledged_drills", "past_ladder", "failed",
            "tried_again", "oldest_owed",
        },
        StoreStands: {"place", "seals", "reachable", "state", "looked_at"},
        FormStands: {"title", "last"},
        SourceStands: {"title", "looked_at", "is_late"},
    }  # fmt: skip


# -- where mail does not work


def test_whoever_mail_does_not_reach_is_told_by_their_channel_and_not_again(service: Service, log: io.StringIO) -> None:
    service.caught.smtp_refusal = "451 4.3.0 later"
    assert tell(service) == []
    said = [json.dumps(card) for card in service.caught.cards]
    assert sum("Little Lanterns Nursery" in card for card in said) == 2, "the DSL and the deputy read the nursery's"
    assert all(WELL in card for card in said)
    assert service.caught.faults == []
    assert "nobody could be told" not in log.getvalue()
    cards = len(service.caught.cards)
    service.caught.smtp_refusal = ""
    late = tell(service, SEVEN + timedelta(minutes=15))
    assert {mail.recipients[0] for mail in late} == {OFFICE, TECHNICIAN}
    assert len(service.caught.cards) == cards
    assert wrong(mail_to(tell(service, day_after(service)), DSL)) == []


def test_where_nobody_can_be_reached_it_is_logged_shown_and_tried_each_quarter_of_an_hour(
    service: Service, log: io.StringIO
) -> None:
    service.clock.moment[0] = SEVEN
    tell(service, SEVEN - timedelta(days=1))
    service.caught.smtp_refusal, service.caught.card_refusal = "451 4.3.0 later", (503, {})
    for quarter in range(3):
        assert tell(service, SEVEN + quarter * timedelta(minutes=15)) == []
    critical = [line for line in map(json.loads, log.getvalue().splitlines()) if line["level"] == "critical"]
    assert [line["what"] for line in critical] == ["nobody could be told how the service stands"] * 6
    assert {line["school"] for line in critical} == {NURSERY, INFANTS}
    metrics = service.client.get("/metrics").text
    assert "connector_all_well_age_seconds 88200.0" in metrics, "a day and half an hour"
    service.caught.smtp_refusal, service.caught.card_refusal = "", None
    assert len(tell(service, SEVEN + timedelta(minutes=45))) == len(EVERYBODY)
    assert "connector_all_well_age_seconds 0.0" in service.client.get("/metrics").text


def test_before_the_first_message_its_age_is_that_of_the_process(service: Service) -> None:
    service.clock.pass_(hours=2)
    assert "connector_all_well_age_seconds 7200.0" in service.client.get("/metrics").text


# -- in a tenant: rights, sources


def test_stores_and_sources_in_a_tenant_say_when_they_were_last_looked_at(school: Tenanted) -> None:
    school.clock.moment[0] = SEVEN - timedelta(minutes=10)
    school.watch()
    school.poll()
    (mail, *_) = tell_in_tenant(school, SEVEN)
    said = lines(mail)
    assert said["Where records are filed"] == "verified 18 November 2026, 06:50; reachable"
    assert said["Fetching from the intake library"] == "last looked at 18 November 2026, 06:50"
    assert str(mail.message["Subject"]) == WELL
    (mail, *_) = tell_in_tenant(school, day_after(school, 2))
    assert str(mail.message["Subject"]) == LOOK
    said = "\n".join(wrong(mail))
    assert "For over a day nobody has looked who can read it: where records are filed." in said
    assert "For long nothing has been fetched from the intake library." in said


def tell_in_tenant(school: Tenanted, moment: datetime) -> list[Any]:
    before = len(school.fake.mails)
    school.clock.moment[0] = moment
    school.house.all_well.tell(moment)
    return list(school.fake.mails[before:])


def test_a_source_that_could_not_be_looked_at_while_the_service_was_down_is_not_late_at_once(school: Tenanted) -> None:
    school.clock.moment[0] = SEVEN - timedelta(hours=20)
    school.watch()
    school.poll()
    school.clock.moment[0] = SEVEN
    other = build(school.house.settings, school.clock, works=False)
    try:
        other.all_well.tell(SEVEN + timedelta(minutes=2))
    finally:
        other.close()
    assert str(school.fake.mails[-1].message["Subject"]) == WELL


def test_a_store_that_is_open_or_out_of_reach_is_shown_as_it_is(school: Tenanted) -> None:
    notebook = school.house.ledger.notebook
    notebook.note_verdict(HARBOUR, "store", Verdict(State.BAD, "A link."), SEVEN)
    notebook.note_verdict(HARBOUR, "staff_store", Verdict(State.UNVERIFIED, "Not known."), SEVEN)
    notebook.note_verdict(HARBOUR, "staff_store: reaching it", Verdict(State.BAD, "No answer."), SEVEN)
    mail = tell_in_tenant(school, SEVEN)[0]
    said = lines(mail)
    at = "looked at 18 November 2026, 07:00"
    assert said["Where records are filed"] == f"OPEN to people who must not read it, {at}; reachable"
    assert said["Where records about staff are filed"] == f"could not be verified, {at}; NOT reachable"
    assert "A link." not in mail.raw.decode()


# -- settings and jobs


@pytest.mark.parametrize(("line", "fault"), [
    ('all_well_at = "22:01"', "must be 22:00 or earlier"), ('all_well_at = "07:00Z"', "the school's own clock"),
    ('all_well_at = "seven"', "all_well_at"),
])  # fmt: skip
def test_a_time_at_which_it_could_not_be_sent_is_refused(tmp_path: Path, line: str, fault: str) -> None:
    config = copy_config(tmp_path)
    school = config / "schools" / "little-lanterns.toml"
    school.write_text(school.read_text("utf-8").replace("technician =", f"{line}\ntechnician =", 1), "utf-8")
    with pytest.raises(ConfigError) as refused:
        load(config, environment("https://hooks.example/?sig=x"))
    assert fault in str(refused.value)


def test_a_ledger_that_cannot_be_written_ends_no_job(
    service: Service, monkeypatch: pytest.MonkeyPatch, log: io.StringIO
) -> None:
    def fail(*_: Any) -> None:
        raise CannotAccept

    monkeypatch.setattr(Daily, "claim", fail)
    service.clock.moment[0] = SEVEN
    jobs.tell_all_well(service.house)
    assert service.caught.mails == []
    assert "the daily message is put off" in log.getvalue()
