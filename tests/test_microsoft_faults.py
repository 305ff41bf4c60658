"""What goes wrong between a school's tenant and us: nothing is lost, each record is filed once."""

from __future__ import annotations

import json
import random
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from connector.errors import DeliveryError
from connector.forms import intake_library as library_source
from connector.jobs import answer_pokes
from connector.ledger.ledger import Ledger
from connector.model.duty import DutyKind, DutyState
from connector.model.source import SOURCE
from connector.settings.load import load
from connector.wiring import build
from tests.tenanted import DSL, FORM, MAILBOX, OFFICE, SCHOOL, Tenanted, replaced, tenanted


def drive(school: Tenanted, minutes: float, step: float = 1) -> None:
    """The service at work for so long: polls, watches and performs as its jobs would."""
    for _ in range(round(minutes / step)):
        school.poll()
        school.watch()
        school.work()
        school.clock.pass_(minutes=step)


def everything_is_filed_once(school: Tenanted, number: int) -> None:
    held = school.house.ledger.unacknowledged()
    assert len(held) == number
    assert len({one.reference for one in held}) == number
    assert school.filed() == sorted(f"{one.reference}-1.{part}" for one in held for part in ("json", "pdf"))
    assert all(one.sealed is None for one in held)
    assert school.intake.files() == {}


@pytest.mark.parametrize("seed", range(3))
def test_storms_of_429_and_503_lose_nothing_and_file_once(school: Tenanted, seed: int) -> None:
    chance = random.Random(seed)
    for number in range(1, 13):
        school.drop(school.response(number=str(number)), str(number))
    for _ in range(40):
        school.fake.fail(
            match=chance.choice(["GET .*delta", "PUT .*content", "PATCH", "sendMail", "triggers", "GET .*content", "DELETE"]),
            status=chance.choice([429, 503, 504]), headers=chance.choice([{"Retry-After": "7"}, {}]),
            times=chance.randint(1, 4), after=chance.random() < 0.3, cut=chance.random() < 0.2,
        )  # fmt: skip
    drive(school, 180)
    everything_is_filed_once(school, 12)
    assert all(duty.state is DutyState.DONE for one in school.house.ledger.unacknowledged()
               for duty in school.duties(one.reference) if duty.kind is DutyKind.FILE)  # fmt: skip


def test_an_hour_of_graph_down_delays_and_loses_nothing(school: Tenanted) -> None:
    school.taken_in()
    school.fake.down(headers={"Retry-After": "30"})
    school.intake.drop(f"{FORM}/late-1.json", json.dumps(school.response(number="7")).encode())
    drive(school, 60)
    assert len(school.filed()) == 2
    asked = len(school.fake.requests)
    assert asked < 1000, "what is down is not hammered"
    school.fake.heal()
    drive(school, 35)
    everything_is_filed_once(school, 2)


def test_while_graph_is_down_a_push_is_told_by_the_card_and_filed_later(school: Tenanted) -> None:
    school.fake.fail(match="/v1.0/", status=503, times=None)
    answer = school.post(SCHOOL, FORM, school.response())
    assert answer.status_code == 202
    school.work()
    assert len(school.fake.cards) == 1
    school.fake.heal()
    drive(school, 35)
    assert len(school.filed()) == 2
    assert len(school.said_to(DSL)) >= 1


def test_people_hear_that_responses_cannot_be_fetched_and_that_they_can_again(school: Tenanted) -> None:
    school.poll()
    school.fake.fail(match="GET .*delta", status=403, code="accessDenied", times=None)
    drive(school, 30)
    [said] = [text for text in school.said_to(OFFICE) if "cannot be fetched" in text]
    assert "403" in said
    school.fake.heal()
    drive(school, 10)
    assert any("in order again" in text for text in school.said_to(DSL))


def test_a_token_that_ends_early_is_asked_for_anew_and_nobody_notices(school: Tenanted) -> None:
    school.taken_in()
    # The tenant's clock runs on, ours of the token does not: as when a token is revoked.
    school.clock.pass_(minutes=90)
    school.taken_in(number="2")
    assert len(school.filed()) == 4
    refused = [each for each in school.fake.requests if each.status == 401]
    assert len(refused) == 1


def test_a_change_feed_that_forgot_its_cursor_is_read_from_the_beginning(school: Tenanted) -> None:
    school.taken_in()
    for number, code in (("2", "resyncChangesApplyDifferences"), ("3", "resyncChangesUploadDifferences")):
        school.fake.expire_delta(code=code)
        school.drop(school.response(number=number), number)
        assert school.poll() == 1
    school.work()
    everything_is_filed_once(school, 3)


def test_items_seen_twice_deleted_items_and_many_pages_are_taken_in_once(
    school: Tenanted, monkeypatch: pytest.MonkeyPatch
) -> None:
    school.fake.delta_repeats = True
    for number in range(1, 31):
        school.drop(school.response(number=str(number)), str(number))
    school.drop(b"{}", "gone")
    school.intake.remove(f"{FORM}/{FORM}-gone.json")
    real = library_source.IntakeLibrary.fetch
    link = f"{school.fake.url}/v1.0/drives/{school.intake.drive_id}/root/delta?$top=4"
    monkeypatch.setattr(
        library_source.IntakeLibrary, "fetch", lambda self, cursor, now: real(self, cursor or link, now)
    )
    assert school.poll() == 30
    assert len([each for each in school.fake.requests if "delta" in each.path]) > 5
    school.work()
    everything_is_filed_once(school, 30)


def test_a_response_that_is_still_being_written_waits_and_one_that_stays_empty_is_taken_in(school: Tenanted) -> None:
    school.drop(b"", "1")
    school.drop(school.response(number="2"), "2")
    school.poll()
    assert len(school.house.ledger.unacknowledged()) == 1
    school.clock.pass_(minutes=11)
    school.poll()
    assert [one.recognised for one in school.house.ledger.unacknowledged()] == [True, False]


def test_a_response_that_is_too_large_stays_where_it_is_and_people_hear_of_it(school: Tenanted) -> None:
    school.drop(b"{" + b" " * (5 * 1024 * 1024) + b"}", "1")
    drive(school, 30)
    assert len(school.intake.files()) == 1
    assert any("over 4 MiB: look at it" in text for text in school.said_to(OFFICE))


def test_a_response_that_somebody_deleted_before_it_was_read_holds_nothing_up(
    school: Tenanted, monkeypatch: pytest.MonkeyPatch
) -> None:
    school.drop(school.response(), "1")
    school.drop(school.response(number="2"), "2")
    real = library_source.IntakeLibrary.fetch

    def fetch(self: Any, cursor: str, now: datetime) -> Any:
        batch = real(self, cursor, now)
        school.intake.remove(f"{FORM}/{FORM}-1.json")
        return batch

    with monkeypatch.context() as slow:
        slow.setattr(library_source.IntakeLibrary, "fetch", fetch)
        school.poll()
    assert len(school.house.ledger.unacknowledged()) == 1
    school.poll()
    assert school.house.ledger.notebook.progress(SCHOOL, SOURCE).waiting == 0


def test_a_404_for_a_response_that_is_there_passes_nothing_over(school: Tenanted) -> None:
    school.drop(school.response(), "1")
    school.fake.fail(match="GET .*/content", status=404, code="itemNotFound", times=1)
    assert school.poll() == 0
    assert school.poll() == 1


def test_a_response_that_is_edited_while_it_is_taken_in_is_read_again(
    school: Tenanted, monkeypatch: pytest.MonkeyPatch
) -> None:
    school.drop(school.response())
    real = library_source.IntakeLibrary.read

    def read(self: Any, found: Any) -> bytes:
        body = real(self, found)
        question = school.house.settings.schools[SCHOOL].forms[FORM].questions[9]
        school.drop(school.response(**{question.id: "and then she said more"}))
        return body

    with monkeypatch.context() as slow:
        slow.setattr(library_source.IntakeLibrary, "read", read)
        school.poll()
    school.poll()
    school.work()
    assert any(b"and then she said more" in content for content in school.store.files().values())
    assert school.intake.files() == {}


# -- crashes


def reopened(school: Tenanted) -> Any:
    """The service after a crash: nothing of its memory is left."""
    school.house.close()
    school.house = build(load(school.config, school.given), school.clock)
    return school


@pytest.mark.parametrize("at", ["before it is read", "before it is kept apart", "after it was kept apart"])
def test_a_crash_while_a_response_is_taken_in_loses_and_doubles_nothing(
    school: Tenanted, at: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Crash(BaseException):
        """The process is gone."""

    def crash(*_: Any, **__: Any) -> Any:
        raise Crash

    source = library_source.IntakeLibrary
    for number in ("1", "2"):
        school.drop(school.response(number=number), number)
    with monkeypatch.context() as broken:
        if at == "before it is read":
            broken.setattr(source, "read", crash)
        elif at == "before it is kept apart":
            broken.setattr(source, "settle", crash)
        else:
            real = source.settle
            broken.setattr(source, "settle", lambda *given, **named: (real(*given, **named), crash()))
        with pytest.raises(Crash):
            school.poll()
    reopened(school)
    school.poll()
    school.work()
    everything_is_filed_once(school, 2)
    school.house.close()


def test_a_crash_between_upload_and_marking_files_once(school: Tenanted, monkeypatch: pytest.MonkeyPatch) -> None:
    school.drop(school.response())
    school.poll()
    with monkeypatch.context() as broken:
        broken.setattr(Ledger, "finish", lambda *_: (_ for _ in ()).throw(DeliveryError("the machine went down")))
        for lane in school.house.ledger.lanes(school.clock.now()):
            for number in school.house.ledger.due(lane, school.clock.now(), 10):
                _swallow(school, number)
    assert len(school.filed()) == 2, "the upload has happened"
    reopened(school)
    school.work()
    everything_is_filed_once(school, 1)
    puts = [each for each in school.fake.requests if each.method == "PUT" and "/C-" in each.path]
    assert [each.status for each in puts] == [201, 201, 409, 409]
    school.house.close()


def _swallow(school: Tenanted, number: int) -> None:
    try:
        school.house.engine._perform(number)
    except DeliveryError:
        return


def test_a_different_file_under_the_records_name_is_never_overwritten_and_is_loud(school: Tenanted) -> None:
    school.drop(school.response())
    school.poll()
    reference = school.newest()
    school.store.drop(f"{reference}-1.json", b"put there by somebody")
    school.work()
    assert school.store.files()[f"{reference}-1.json"] == b"put there by somebody"
    filing = next(duty for duty in school.duties(reference) if duty.kind is DutyKind.FILE)
    assert filing.state is DutyState.FAILED
    assert school.held(reference).sealed is not None
    assert any("filing the record" in text for text in school.said_to(OFFICE))
    school.store.remove(f"{reference}-1.json")
    school.house.ledger.retry(reference, school.clock.now())
    school.work()
    everything_is_filed_once(school, 1)


def test_the_nightly_sweep_finds_what_the_feed_has_missed_and_tidies_what_is_filed(school: Tenanted) -> None:
    school.taken_in()
    reference = school.newest()
    school.poll()
    school.intake.drop(f"taken-in/{reference}-1.json", b"left behind by a crash")
    school.drop(school.response(number="2"), "2")
    cursor = school.house.polling._state(SCHOOL, SOURCE)
    cursor.progress = type(cursor.progress)(
        cursor=school.house.sites[SCHOOL].sources[SOURCE].fetch("", school.clock.now()).cursor
    )
    assert school.poll() == 0, "the feed has passed it"
    school.house.polling.sweep(SCHOOL, school.clock.now())
    school.work()
    everything_is_filed_once(school, 2)


def test_what_is_kept_apart_for_a_record_not_filed_yet_is_left_by_the_sweep(school: Tenanted) -> None:
    school.drop(school.response())
    school.poll()
    school.house.polling.sweep(SCHOOL, school.clock.now())
    assert len(school.intake.files()) == 1


# -- mail


def test_a_mailbox_out_of_scope_is_tried_again_until_the_grant_has_arrived(school: Tenanted) -> None:
    school.fake.app.mailboxes.clear()
    school.drop(school.response())
    school.poll()
    school.work()
    assert school.said_to(DSL) == []
    assert len(school.fake.cards) == 1
    school.fake.app.mailboxes.add(MAILBOX)
    drive(school, 35)
    assert len([text for text in school.said_to(DSL) if "A concern has been received" in text]) == 1


def test_no_more_than_four_mails_go_at_once(school: Tenanted) -> None:
    from concurrent.futures import ThreadPoolExecutor

    from connector.model.notice import Addressee, Bulletin, BulletinKind

    channel = school.house.sites[SCHOOL].channels["mail"]
    now = school.clock.now()
    bulletin = Bulletin(kind=BulletinKind.TEST, school="x", place="y", said="z", since=now)
    school.fake.fail(match="sendMail", slow=0.05, times=None)
    with ThreadPoolExecutor(12) as pool:
        sent = [pool.submit(channel.send, bulletin, Addressee(name="x", address=DSL, key=f"k{n}", sent_at=now))
                for n in range(24)]  # fmt: skip
        assert all(one.result() for one in sent)
    assert all(each.status == 202 for each in school.fake.requests if each.path.endswith("sendMail"))


# -- flows and certificates


def test_a_flow_that_has_gone_quiet_is_told_before_microsoft_switches_it_off(school: Tenanted) -> None:
    school.taken_in()
    school.clock.pass_(days=59)
    school.watch()
    assert not any("No response has come through the flow" in text for text in school.said_to(DSL))
    school.clock.pass_(days=2)
    school.watch()
    assert len([text for text in school.said_to(OFFICE) if "No response has come through the flow since" in text]) == 1
    school.taken_in(number="2")
    school.clock.pass_(minutes=11)
    school.watch()
    assert any("in order again" in text for text in school.said_to(OFFICE))


def test_a_certificate_that_ends_is_told_thirty_days_before(school: Tenanted) -> None:
    school.watch()
    assert school.said_to(OFFICE) == []
    ends = school.house.sites[SCHOOL].graph.sign_in.expires
    school.clock.moment[0] = ends - timedelta(days=29)
    school.watch()
    assert any("certificate" in text for text in school.said_to(OFFICE))


# -- change notifications


@pytest.fixture
def hinted(tmp_path: Path) -> Any:
    change = replaced("poll_seconds = 20", "poll_seconds = 300\nnotifications = true")
    with tenanted(tmp_path, change) as school, _door(school):
        yield school


def _door(school: Tenanted) -> Any:
    """The service's own address over real HTTP, which Microsoft calls back."""
    import contextlib
    import threading

    from werkzeug.serving import make_server

    from connector.subscribing import Subscriptions

    @contextlib.contextmanager
    def serving() -> Any:
        server = make_server("127.0.0.1", 0, school.client.application, threaded=True)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        before = school.house.subscriptions
        moved = Subscriptions(
            before.sites,
            before.ledger,
            before.sealer,
            before.pokes,
            f"http://127.0.0.1:{server.server_port}/hooks/graph",
        )
        object.__setattr__(school.house, "subscriptions", moved)
        try:
            yield
        finally:
            server.shutdown()
            server.server_close()
            thread.join(timeout=5)

    return serving()


def test_a_subscription_is_made_validated_and_each_hint_only_makes_us_look(hinted: Any) -> None:
    hinted.watch()
    assert len(hinted.fake.subscriptions) == 1
    hinted.drop(hinted.response())
    asked = len(hinted.fake.requests)
    [delivery] = hinted.fake.notify()
    assert delivery.status == 202
    assert len(hinted.fake.requests) == asked, "Microsoft waits for no look of ours"
    answer_pokes(hinted.house)
    assert len(hinted.house.ledger.unacknowledged()) == 1


def test_hints_that_are_doubled_out_of_order_or_forged_change_nothing(hinted: Any) -> None:
    hinted.watch()
    hinted.drop(hinted.response())
    for _ in range(3):
        hinted.fake.notify()
    hinted.poll()
    hinted.fake.notify()
    hinted.poll()
    hinted.work()
    everything_is_filed_once(hinted, 1)
    before = hinted.house.ledger.notebook.progress(SCHOOL, SOURCE).poked_at
    hinted.clock.pass_(minutes=1)
    [subscription] = hinted.fake.subscriptions
    forged: list[Any] = [
        {"value": [{"subscriptionId": subscription, "clientState": "guess"}]},
        {"value": [{"subscriptionId": "another", "clientState": "guess"}]},
        {"value": "no list"}, {"value": [None, 3]}, [], "x", {},
    ]  # fmt: skip
    for body in forged:
        answer = hinted.client.post("/hooks/graph", data=json.dumps(body), headers={"Content-Type": "application/json"})
        assert answer.status_code == 202
    assert hinted.client.post("/hooks/graph", data=b"\xff{", headers={"Content-Type": "text/plain"}).status_code == 202
    assert hinted.house.ledger.notebook.progress(SCHOOL, SOURCE).poked_at == before


def test_the_validation_token_comes_back_as_plain_text_and_nothing_else(hinted: Any) -> None:
    answer = hinted.client.post("/hooks/graph?validationToken=%3Cscript%3Ealert(1)%3C%2Fscript%3E", data=b"")
    assert answer.status_code == 200
    assert answer.mimetype == "text/plain"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.text == "<script>alert(1)</script>"


def test_a_subscription_is_renewed_in_time_reauthorized_when_asked_and_made_anew_when_it_lapsed(hinted: Any) -> None:
    hinted.watch()
    [first] = hinted.fake.subscriptions
    hinted.clock.pass_(days=23)
    hinted.watch()
    assert list(hinted.fake.live_subscriptions()) == [first]
    assert hinted.fake.subscriptions[first].expires - hinted.clock.now() > timedelta(days=29)
    before = hinted.fake.subscriptions[first].expires
    hinted.clock.pass_(days=3)
    hinted.fake.lifecycle("reauthorizationRequired")
    hinted.watch()
    assert hinted.fake.subscriptions[first].expires > before
    hinted.clock.pass_(days=40)
    hinted.watch()
    [second] = hinted.fake.live_subscriptions()
    assert second != first
    hinted.drop(hinted.response())
    hinted.fake.notify()
    answer_pokes(hinted.house)
    assert len(hinted.house.ledger.unacknowledged()) == 1


def test_without_a_right_to_subscribe_polling_goes_on(hinted: Any) -> None:
    hinted.fake.selected_can_subscribe = False
    hinted.watch()
    assert hinted.fake.subscriptions == {}
    hinted.taken_in()
    assert len(hinted.filed()) == 2


def test_a_web_process_writes_down_what_it_heard_for_the_worker(hinted: Any) -> None:
    hinted.watch()
    hinted.poll()
    hinted.clock.pass_(seconds=5)
    hinted.drop(hinted.response())
    hinted.fake.notify()
    answer_pokes(hinted.house)
    assert len(hinted.house.ledger.unacknowledged()) == 1
