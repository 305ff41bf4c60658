"""What stands behind hints: the watch on the form and the subscription that is pulled. With neither, polling goes on."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from connector.cli.main import main
from connector.jobs import answer_pokes, pull, watch
from connector.ledger.notebook import SourceProgress
from connector.outbound import google as google_of
from connector.outbound.http import Answered
from tests.test_google_contract import TOPIC, everything, forget_the_watch, quick
from tests.workspace import Subscription, Watch
from tests.workspaced import FORM, SCHOOL, STAFF, Workspaced

LIST, WATCHES = "forms.forms.responses.list", "forms.forms.watches"
DAY = timedelta(days=1)


@pytest.fixture
def school(tmp_path: Path) -> Iterator[Workspaced]:
    with everything(tmp_path, typesetter=quick) as found:
        found.poll()
        answer_pokes(found.house)
        yield found


def progress(school: Workspaced) -> SourceProgress:
    return school.house.ledger.notebook.progress(SCHOOL, FORM)


def only(school: Workspaced) -> Watch:
    [found] = school.fake.pubsub.live(school.form.id)
    return found


def subscription(school: Workspaced) -> Subscription:
    [found] = school.fake.pubsub.subscriptions.values()
    return found


def concerns(school: Workspaced) -> int:
    return len(school.house.ledger.unacknowledged())


def asked(school: Workspaced, method_id: str) -> int:
    return school.fake.count(f"{WATCHES}.{method_id}")


def polls(school: Workspaced) -> int:
    """How often the form is looked at when the pokes are answered."""
    before = len(school.fake.requests)
    answer_pokes(school.house)
    return sum((each.method_id, each.status) == (LIST, 200) for each in school.fake.requests[before:])


def checked(school: Workspaced, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> list[str]:
    for name, value in school.given.items():
        monkeypatch.setenv(name, value)
    main(["check", "--no-send", "--config", str(school.config)])
    return [line for line in capsys.readouterr().out.splitlines() if "watch" in line or "hints" in line]


# -- the watch


def test_one_watch_is_made_on_our_topic_and_renewed_daily_long_before_it_ends(school: Workspaced) -> None:
    school.watch()
    made = only(school)
    assert (made.topic.rpartition("/")[2], made.event) == (TOPIC, "RESPONSES")
    assert progress(school).subscription == made.id
    for _ in range(3):
        school.clock.pass_(hours=7)
        school.watch()
    assert (asked(school, "create"), asked(school, "renew")) == (1, 0)
    for day in range(1, 9):
        school.clock.pass_(hours=24)
        school.watch()
        assert only(school) is made
        assert made.expires - school.clock.now() == timedelta(days=7)
        assert asked(school, "renew") == day
    assert (asked(school, "create"), asked(school, "delete")) == (1, 0)


def test_a_response_is_hinted_at_pulled_and_taken_in_without_a_poll_of_the_clock(school: Workspaced) -> None:
    school.watch()
    school.respond()
    pull(school.house, SCHOOL)
    assert polls(school) == 1
    assert concerns(school) == 1
    assert subscription(school).held == [], "acknowledged"


def test_a_watch_that_is_there_already_is_taken_over(school: Workspaced) -> None:
    school.watch()
    made = only(school)
    forget_the_watch(school)
    school.watch()
    assert only(school) is made
    assert progress(school).subscription == made.id


def test_a_watch_that_is_taken_over_is_not_believed_to_last_longer_than_it_does(school: Workspaced) -> None:
    """The ledger was lost; Google's watch ends in an hour. Hints must not stop for most of a day."""
    school.watch()
    only(school).expires = school.clock.now() + timedelta(hours=1)
    forget_the_watch(school)
    school.watch()
    school.clock.pass_(hours=2)
    school.watch()
    assert school.fake.pubsub.live(school.form.id), "there is a watch still, or again"


@pytest.mark.parametrize("status", [403, 404])
def test_a_watch_that_google_has_forgotten_is_made_again(school: Workspaced, status: int) -> None:
    school.watch()
    first = only(school)
    school.fake.fail(f"{WATCHES}.renew", status, times=None, message="Watch not found or permission denied.")
    school.clock.pass_(days=1)
    school.watch()
    assert asked(school, "renew") > 0
    assert only(school) is not first
    assert progress(school).subscription == only(school).id


def test_a_service_that_stood_still_past_the_end_of_its_watch_makes_another(school: Workspaced) -> None:
    school.watch()
    first = only(school)
    school.clock.pass_(days=8)
    school.respond()
    school.watch()
    assert only(school) is not first
    school.clock.pass_(minutes=1)
    school.respond()
    pull(school.house, SCHOOL)
    answer_pokes(school.house)
    assert concerns(school) == 2, "what came meanwhile too"


@pytest.mark.parametrize("fault", [
    {"status": 400, "reason": "INVALID_ARGUMENT"}, {"status": 403}, {"status": 429}, {"status": 500}, {"status": 503}, {"cut": True},
], ids=str)  # fmt: skip
def test_while_no_watch_can_be_had_polling_goes_on_and_it_is_tried_again(
    school: Workspaced, fault: dict[str, Any]
) -> None:
    school.fake.fail(WATCHES, times=None, **fault)
    school.watch()
    assert school.fake.pubsub.live() == []
    assert progress(school).swept_at == school.clock.now(), "nor does it keep anything else waiting"
    assert school.taken_in()
    assert len(school.said_to(STAFF)) == 1
    school.fake.heal()
    school.clock.pass_(minutes=10)
    school.watch()
    assert progress(school).subscription == only(school).id


def test_a_renewal_that_fails_for_a_while_keeps_the_watch_and_makes_no_second(school: Workspaced) -> None:
    school.watch()
    made = only(school)
    school.fake.fail(f"{WATCHES}.renew", 503, times=5)
    school.clock.pass_(days=1)
    for _ in range(7):
        school.clock.pass_(minutes=10)
        school.watch()
    assert only(school) is made
    assert (asked(school, "create"), asked(school, "renew")) == (1, 6)


def test_a_topic_without_the_right_for_forms_makes_no_watch_and_check_says_so(
    school: Workspaced, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    topic = school.fake.topic(TOPIC)
    rights = set(topic.publishers)
    topic.publishers.clear()
    school.watch()
    assert school.fake.pubsub.live() == []
    assert school.taken_in()
    assert any(line.startswith("warning") and "no watch yet" in line for line in checked(school, monkeypatch, capsys))
    topic.publishers |= rights
    school.clock.pass_(minutes=10)
    school.watch()
    assert only(school).state == "ACTIVE"


def test_a_suspended_watch_is_named_by_check_and_mends_itself_when_its_cause_is_gone(
    school: Workspaced, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    school.watch()
    made = only(school)
    assert any(line.startswith("ok") and "its watch is active" in line for line in checked(school, monkeypatch, capsys))
    made.suspend("OTHER_ERRORS")
    school.clock.pass_(days=1)
    school.watch()
    assert made.state == "SUSPENDED"
    lines = checked(school, monkeypatch, capsys)
    assert any(line.startswith("warning") and "its watch is suspended" in line for line in lines)
    assert not any("its watch is active" in line for line in lines)
    school.respond()
    school.poll()
    assert concerns(school) == 1, "polling goes on"
    made.cause_gone = True
    school.clock.pass_(minutes=10)
    school.watch()
    assert made.state == "ACTIVE"


def test_a_suspended_watch_that_is_taken_over_is_not_called_good(school: Workspaced) -> None:
    school.watch()
    made = only(school)
    made.suspend("OTHER_ERRORS", cause_gone=True)
    forget_the_watch(school)
    school.watch()
    assert made.state == "ACTIVE", "renewed when it was taken over, or it hints at nothing until tomorrow"


def test_another_topic_in_the_settings_gets_a_watch_of_its_own(tmp_path: Path) -> None:
    """Who mends the topic in the file must not go on being hinted at by the old one."""
    with everything(tmp_path, typesetter=quick) as school:
        old = school.fake.topic("old").name
        source = school.house.sites[SCHOOL].sources[FORM]
        wanted = source.topic
        object.__setattr__(source, "topic", old)
        school.watch()
        assert only(school).topic == old
        object.__setattr__(source, "topic", wanted)
        for _ in range(3):
            school.clock.pass_(days=1)
            school.watch()
        assert wanted in {each.topic for each in school.fake.pubsub.live(school.form.id)}


@pytest.mark.parametrize("body", [b"{}", b"[]", b'{"id": null}', b'"x"', b"<html>", b'{"id": ""}'])
def test_an_answer_without_a_watch_in_it_stops_no_other_job(
    school: Workspaced, monkeypatch: pytest.MonkeyPatch, body: bytes
) -> None:
    """The same job sweeps and looks for every other school too."""
    real = google_of.exchange

    def odd(method: str, url: str, **more: Any) -> Any:
        return Answered(200, {}, body) if url.partition("?")[0].endswith("/watches") else real(method, url, **more)

    monkeypatch.setattr(google_of, "exchange", odd)
    watch(school.house)
    assert progress(school).swept_at == school.clock.now()
    found = progress(school)
    assert (found.subscription, found.subscribed_until) == ("", None), "nothing was made, so it is tried again"


@pytest.mark.parametrize("watches", ["[3]", '[{"target": 3}]', '[{"target": {"topic": []}}]', "3", "null"])
def test_odd_watches_in_googles_list_stop_no_other_job(
    school: Workspaced, monkeypatch: pytest.MonkeyPatch, watches: str
) -> None:
    real = google_of.exchange
    refused = b'{"error": {"code": 400, "status": "FAILED_PRECONDITION", "message": "exists"}}'

    def odd(method: str, url: str, **more: Any) -> Any:
        if not url.partition("?")[0].endswith("/watches"):
            return real(method, url, **more)
        return (
            Answered(400, {}, refused) if method == "POST" else Answered(200, {}, f'{{"watches": {watches}}}'.encode())
        )

    monkeypatch.setattr(google_of, "exchange", odd)
    watch(school.house)
    assert progress(school).swept_at == school.clock.now()


# -- the subscription


def test_an_empty_pull_waits_and_is_no_error(school: Workspaced, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "connector"):
        pull(school.house, SCHOOL)
    assert [record.msg for record in caplog.records if record.levelno >= logging.WARNING] == []
    assert school.fake.count("pubsub.projects.subscriptions.acknowledge") == 0
    assert polls(school) == 0


def test_a_pull_that_google_holds_longer_than_we_wait_is_no_error_either(
    school: Workspaced, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("connector.outbound.pubsub._WAIT_SECONDS", 0.05)
    school.fake.pull_block = 0.5
    with caplog.at_level(logging.INFO, "connector"):
        pull(school.house, SCHOOL)
    assert [record.msg for record in caplog.records if record.levelno >= logging.WARNING] == []


def test_a_message_that_comes_again_takes_nothing_in_twice(school: Workspaced) -> None:
    school.watch()
    school.respond()
    school.fake.fail("pubsub.projects.subscriptions.acknowledge", 503)
    pull(school.house, SCHOOL)
    assert len(subscription(school).held) == 1, "not acknowledged"
    for _ in range(3):
        school.clock.pass_(seconds=11)
        pull(school.house, SCHOOL)
        answer_pokes(school.house)
    assert subscription(school).held == []
    assert concerns(school) == 1


def test_an_acknowledgement_that_google_took_and_did_not_answer_loses_no_response(school: Workspaced) -> None:
    school.watch()
    school.respond()
    school.fake.fail("pubsub.projects.subscriptions.acknowledge", cut=True, after=True)
    pull(school.house, SCHOOL)
    answer_pokes(school.house)
    school.poll()
    assert concerns(school) == 1


def test_a_heap_of_messages_is_one_look_and_all_are_acknowledged(school: Workspaced) -> None:
    school.watch()
    for _ in range(120):
        school.clock.pass_(seconds=31)
        school.respond()
    assert len(subscription(school).held) == 120
    for _ in range(2):
        pull(school.house, SCHOOL)
    assert subscription(school).held == []
    assert polls(school) == 1
    assert concerns(school) == 120


def test_a_message_about_another_form_is_dropped_and_does_not_come_again(school: Workspaced) -> None:
    stranger = school.fake.form("Another", owner=school.form.owner)
    stranger.share(school.laid.service, "writer")
    school.watch()
    only(school).form_id = stranger.id
    stranger.respond({}, email=STAFF)
    assert len(subscription(school).held) == 1
    pull(school.house, SCHOOL)
    assert subscription(school).held == []
    assert polls(school) == 0


def test_a_subscription_that_may_not_be_pulled_leaves_polling_alone_and_check_says_so(
    school: Workspaced, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    subscription(school).subscribers.clear()
    pull(school.house, SCHOOL)
    school.respond()
    school.poll()
    assert concerns(school) == 1
    assert any(
        line.startswith("warning") and "cannot be asked" in line for line in checked(school, monkeypatch, capsys)
    )


@pytest.mark.parametrize("never", [True, False])
def test_check_warns_of_a_subscription_that_would_not_live_through_a_summer(
    school: Workspaced, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], never: bool
) -> None:
    subscription(school).never_expires = never
    lines = checked(school, monkeypatch, capsys)
    assert any("ends when it is not used" in line for line in lines) is not never
    assert any("never ends by itself" in line for line in lines) is never
