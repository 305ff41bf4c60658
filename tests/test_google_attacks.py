"""What reviewers playing attacker found on the Google side, held: each was once a fault of ours."""

from __future__ import annotations

import threading
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from connector.allowance import Allowance
from connector.cli.google_landing import ConsentFailed, Landing
from connector.errors import ConfigError
from connector.notify.apprise import AppriseChannel
from connector.notify.words import Words
from connector.outbound import google as google_of
from connector.settings.load import load
from connector.wiring import build
from tests.tenanted import replaced
from tests.workspaced import DSL, FORM, HEAD, OFFICE, SCHOOL, TECHNICIAN, Workspaced, workspaced

FOLDERED = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")


@pytest.fixture
def school(tmp_path: Path) -> Iterator[Workspaced]:
    with workspaced(tmp_path) as found:
        yield found


def restarted(school: Workspaced) -> None:
    school.house.close()
    school.house = build(load(school.config, school.given), school.clock)


# -- what is history


def old_ones(school: Workspaced, number: int = 5) -> None:
    for each in range(number):
        school.respond(at=school.clock.now() - timedelta(days=60, minutes=each))


def test_a_clock_hours_off_at_the_first_start_judges_nothing(
    school: Workspaced, monkeypatch: pytest.MonkeyPatch
) -> None:
    old_ones(school)
    with monkeypatch.context() as wrong:
        wrong.setattr(google_of, "clock_of", lambda _: datetime.now(UTC) + timedelta(hours=3))
        assert school.poll() == 0
    assert school.house.ledger.notebook.progress(SCHOOL, FORM).begins_at is None
    school.clock.pass_(minutes=10)
    assert school.poll() == 5
    assert school.house.ledger.unacknowledged() == [], "sixty days old: history, told all at once"


def test_a_clock_set_back_later_makes_no_history_new(tmp_path: Path) -> None:
    with workspaced(tmp_path, replaced("poll_seconds = 30", 'poll_seconds = 30\nhistory = "leave"')) as school:
        old_ones(school)
        school.poll()
        school.clock.pass_(days=-365)
        school.poll()
        school.clock.pass_(days=366)
        school.house.polling.sweep(SCHOOL, school.clock.now())
        assert school.house.ledger.unacknowledged() == []
        school.respond()
        school.poll()
        assert len(school.house.ledger.unacknowledged()) == 1


# -- who waits for whom


def test_one_form_that_is_throttled_for_ever_keeps_no_other_form_of_its_project_waiting(tmp_path: Path) -> None:
    def second(text: str) -> str:
        one = text[text.index(f"[forms.{FORM}]") :]
        other = one.replace(f"forms.{FORM}", "forms.second").replace(
            one[one.index("/d/") + 3 : one.index("/edit")], "1SecondFormSecondFormSecondForm"
        )
        return text + "\n" + other

    with workspaced(tmp_path, second) as school:
        school.may_complain = True
        for _ in range(40):
            school.fake.fail("forms.forms.responses.list", 429, times=1, headers={"Retry-After": "900"})
            school.house.polling.poll(SCHOOL, school.clock.now(), name="second")
            school.fake.heal()
            school.house.polling.poll(SCHOOL, school.clock.now(), name=FORM)
            school.clock.pass_(seconds=30)
        asked = [each for each in school.fake.requests if school.form.id in each.path and "responses" in each.path]
        assert len(asked) == 40


def test_hints_take_only_what_polls_leave_of_the_allowance(school: Workspaced) -> None:
    school.poll()
    for _ in range(400):
        school.house.polling.poll(SCHOOL, school.clock.now(), name=FORM, asked=True)
    assert school.fake.count("forms.forms.responses.list") <= 176
    before = school.fake.count("forms.forms.responses.list")
    school.house.polling.poll(SCHOOL, school.clock.now(), name=FORM)
    assert school.fake.count("forms.forms.responses.list") == before + 1, "a poll always has room"


def test_moments_a_little_out_of_order_do_not_empty_an_allowance() -> None:
    allowance, now = Allowance(2), datetime(2026, 11, 22, 10, 0, 5, tzinfo=UTC)
    assert [allowance.take(now), allowance.take(now), allowance.take(now - timedelta(seconds=1))] == [True, True, False]
    assert allowance.take(now - timedelta(days=1)), "a clock that was set back"


# -- what people hear


def test_a_restart_is_no_all_clear_for_what_a_sweep_left_waiting(school: Workspaced) -> None:
    school.respond()
    school.poll()
    school.work()
    # Shown by Google only now, and it cannot be read.
    school.respond(at=school.clock.now() - timedelta(hours=2))
    school.fake.fail("forms.forms.responses.get", 500, times=None)
    for _ in range(4):
        school.clock.pass_(hours=7)
        school.watch()
        school.clock.pass_(minutes=10)
        school.watch()
    told = [text for text in school.said_to(TECHNICIAN) if "cannot be taken in" in text]
    assert len(told) == 1
    restarted(school)
    school.poll()
    school.watch()
    school.clock.pass_(minutes=20)
    school.watch()
    assert not [text for text in school.said_to(TECHNICIAN) if "in order again" in text]
    school.fake.heal()
    school.clock.pass_(minutes=20)
    school.watch()
    school.clock.pass_(minutes=20)
    school.poll()
    school.watch()
    assert len(school.house.ledger.unacknowledged()) == 2
    assert [text for text in school.said_to(TECHNICIAN) if "in order again" in text]


def test_a_form_that_takes_no_responses_is_told_to_the_dsl_too(school: Workspaced) -> None:
    school.form.is_accepting = False
    school.watch()
    assert any("takes no responses" in text for text in school.said_to(DSL))
    assert any("takes no responses" in text for text in school.said_to(TECHNICIAN))


def test_a_form_that_differs_is_told_to_the_office_and_the_technician_and_nobody_else(school: Workspaced) -> None:
    school.form.remove(school.form.question_ids()[3])
    school.watch()
    assert school.said_to(OFFICE)
    assert school.said_to(TECHNICIAN)
    assert not [text for address in (DSL, HEAD) for text in school.said_to(address) if "question" in text]


def test_one_way_of_telling_that_is_set_up_wrongly_keeps_a_bulletin_from_nobody_else(
    school: Workspaced, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> str:
        raise ConfigError(("not installed",))

    school.store.add("anyone", "reader")
    school.fake.fail("gmail.users.messages.send", 503, times=1)
    monkeypatch.setattr(type(school.house.sites[SCHOOL].channels["dsl-space"]), "send", broken)
    school.watch()
    assert [text for text in school.said_to(TECHNICIAN) if "needs mending" in text]


# -- the drive


def test_another_identitys_id_does_not_make_a_second_copy_of_what_stands_there(
    school: Workspaced, monkeypatch: pytest.MonkeyPatch
) -> None:
    school.fake.fail("drive.files.create", 503, times=1, after=True)
    school.respond()
    school.poll()
    school.work()
    school.fake.fail("drive.files.create", 400, times=1, reason="invalid")
    for _ in range(4):
        school.clock.pass_(minutes=5)
        school.work()
    names = [each.name for each in school.store.everything() if each.name.startswith("C-")]
    assert len(names) == len(set(names)) == 2


def test_a_token_that_ends_in_the_middle_of_a_large_upload_sends_the_bytes_again(school: Workspaced) -> None:
    content = bytes(range(256)) * (6 * 4096)
    drive = school.house.sites[SCHOOL].stores["store"].drive  # type: ignore[attr-defined]
    from connector.outbound.drive import Place

    school.fake.fail("drive.files.create.chunk", 401, times=1)
    id_ = drive.new_id()
    drive.create(id_, "large.mov", Place(school.store.id, school.store.id), content)
    assert drive.content(id_, len(content)) == content


# -- ways in and out


@FOLDERED
def test_services_that_know_only_the_safe_way_are_used_and_a_plain_one_is_not() -> None:
    twilio = "twilio://AC" + "a" * 32 + ":" + "b" * 32 + "@+15551234567/+15557654321"
    AppriseChannel(twilio, 5, Words.of()).check()
    AppriseChannel("jsons://gateway.example/path", 5, Words.of()).check()
    AppriseChannel("json://127.0.0.1:9/path", 5, Words.of()).check()
    with pytest.raises(ConfigError, match="in clear"):
        AppriseChannel("json://gateway.example/path", 5, Words.of()).check()


def test_a_forged_answer_with_odd_letters_does_not_end_a_sign_in() -> None:
    with Landing(0) as landing:
        got: list[str] = []
        waiting = threading.Thread(target=lambda: got.append(landing.wait("the-state", 120)))
        waiting.start()
        for query in ("?state=%C3%A9&code=x", "?state=the-state-not&code=x", "favicon.ico", "?code=y"):
            urllib.request.urlopen(f"{landing.address}{query}", timeout=60).close()
        urllib.request.urlopen(f"{landing.address}?state=the-state&code=right", timeout=60).close()
        waiting.join(timeout=120)
    assert got == ["right"]


def test_a_refused_consent_ends_it() -> None:
    with Landing(0) as landing:
        failed: list[BaseException] = []

        def wait() -> None:
            try:
                landing.wait("s", 120)
            except ConsentFailed as error:
                failed.append(error)

        waiting = threading.Thread(target=wait)
        waiting.start()
        urllib.request.urlopen(f"{landing.address}?state=s&error=access_denied", timeout=60).close()
        waiting.join(timeout=120)
    assert len(failed) == 1


def test_an_empty_token_file_is_one_that_is_not_there_yet(tmp_path: Path) -> None:
    with workspaced(tmp_path, identity="account") as school:
        (school.config / "keys" / "google-token.json").write_text("", "utf-8")
        with pytest.raises(ConfigError, match="connector google sign-in"):
            load(school.config, school.given)
