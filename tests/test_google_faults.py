"""What goes wrong between a school's Workspace and us: nothing is lost, nothing is crossed, people hear of it once."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from connector.demo.catchers import Caught, mail_catcher
from connector.model.duty import DutyKind, DutyState
from tests.google_at_work import (
    GET,
    LIST,
    MENDED,
    RECEIVED,
    at_work,
    everything_is_filed_once_and_told,
    of_response,
    quick_page,
    records,
    shift,
    taken_in_so_far,
    told,
    verdict_of,
    without_chat,
)
from tests.workspace import Response, rooms
from tests.workspace.answers import Answer
from tests.workspaced import (
    CHAIR,
    DEPUTY,
    DSL,
    FORM,
    HEAD,
    IDENTITIES,
    MAILBOX,
    OFFICE,
    SCHOOL,
    STAFF,
    TECHNICIAN,
    Workspaced,
    workspaced,
)

TROUBLE = "The safeguarding service needs mending"
DIFFERS = "A form and the policy do not agree"


@pytest.fixture
def school(tmp_path: Path) -> Iterator[Workspaced]:
    with workspaced(tmp_path, without_chat, typesetter=quick_page) as found:
        yield found
        found.house.close()


def nobody_but(school: Workspaced, *people: str) -> bool:
    """True where none of the others has heard anything."""
    everybody = {DSL, DEPUTY, HEAD, CHAIR, OFFICE, TECHNICIAN, STAFF}
    return not any(school.said_to(who) for who in everybody - set(people))


# -- storms and outages


@pytest.mark.parametrize("seed", range(2))
def test_storms_of_429_and_503_lose_nothing_and_file_once(school: Workspaced, seed: int) -> None:
    chance = random.Random(seed)
    school.fake.page_size = 2
    sent = [school.respond(at=shift(school, minutes=number)) for number in range(6)]
    for _ in range(30):
        method = chance.choice(
            [LIST, GET, "drive.files.create", "drive.files.generateIds", "drive.files.list", "oauth2."]
        )
        wait = chance.choice([{"Retry-After": "7"}, {}])
        status, times = chance.choice([429, 503, 500]), chance.randint(1, 3)
        school.fake.fail(method, status, times=times, headers=wait, after=chance.random() < 0.3)
    school.fake.fail("drive.files.create", cut=True, after=True, times=2)
    at_work(school, 90, step=3)
    school.fake.heal()
    at_work(school, 62, step=31)
    everything_is_filed_once_and_told(school, *sent)
    assert len(records(school)) == 6
    filing = [duty for one in school.house.ledger.unacknowledged() for duty in school.duties(one.reference)
              if duty.kind is DutyKind.FILE]  # fmt: skip
    assert [duty.state for duty in filing] == [DutyState.DONE] * 6
    assert school.house.ledger.failed() == []


@pytest.mark.parametrize("status", [429, 503])
def test_a_retry_after_is_waited_out_also_by_a_hint_and_by_the_sweep(school: Workspaced, status: int) -> None:
    school.fake.fail(LIST, status, times=1, headers={"Retry-After": "300"})
    sent = school.respond()
    assert school.poll() == 0
    asked = school.fake.count("forms.")
    for _ in range(4):
        school.clock.pass_(seconds=70)
        school.poll()
        school.house.polling.sweep(SCHOOL, school.clock.now())
    assert school.fake.count("forms.") == asked, "asked before its time"
    school.clock.pass_(seconds=21)
    assert school.poll() == 1
    school.work()
    everything_is_filed_once_and_told(school, sent)


def test_a_retry_after_of_a_day_is_not_believed_for_longer_than_a_quarter_of_an_hour(school: Workspaced) -> None:
    school.fake.fail(LIST, 503, times=1, headers={"Retry-After": "86400"})
    school.respond()
    school.poll()
    school.clock.pass_(minutes=15, seconds=1)
    assert school.poll() == 1


def test_an_hour_down_delays_loses_nothing_is_not_hammered_and_is_told_twice(school: Workspaced) -> None:
    before = school.taken_in()
    school.fake.fail("forms.", 503, times=None)
    late = school.respond()
    asked = school.fake.count("forms.")
    at_work(school, 14, step=0.5)
    assert told(school, TROUBLE) == 0, "a quarter of an hour is no trouble yet"
    at_work(school, 46, step=0.5)
    assert school.fake.count("forms.") - asked < 60
    assert [told(school, TROUBLE, to=who) for who in (DSL, TECHNICIAN)] == [1, 1]
    assert told(school, MENDED) == 0
    school.fake.heal()
    at_work(school, 12)
    assert [told(school, MENDED, to=who) for who in (DSL, TECHNICIAN)] == [1, 1]
    assert [told(school, TROUBLE, to=who) for who in (DSL, TECHNICIAN)] == [1, 1]
    assert [len(one) for one in (of_response(school, late), school.filed())] == [1, 4]
    assert told(school, RECEIVED, before) == 1
    assert nobody_but(school, DSL, DEPUTY, HEAD, STAFF, TECHNICIAN)
    assert not any(TROUBLE in text or MENDED in text for who in (DEPUTY, HEAD, STAFF) for text in school.said_to(who))


def test_all_of_google_down_is_told_when_it_is_over(school: Workspaced) -> None:
    school.fake.down = True
    sent = school.respond()
    at_work(school, 60, step=2)
    assert school.fake.mails == []
    assert len(school.fake.requests) < 400, "what is down is not hammered"
    school.fake.heal()
    at_work(school, 62, step=2)
    everything_is_filed_once_and_told(school, sent)


@pytest.mark.parametrize("identity", IDENTITIES)
def test_a_token_that_ends_early_is_asked_for_anew_and_nobody_notices(tmp_path: Path, identity: str) -> None:
    with workspaced(tmp_path, without_chat, identity=identity, typesetter=quick_page) as school:
        school.taken_in()
        school.fake.end_tokens()
        asked, tokens = school.fake.count(LIST), school.fake.count("oauth2.token")
        sent = school.respond()
        school.poll()
        assert taken_in_so_far(school) == 2
        statuses = [each.status for each in school.fake.requests if each.method_id == LIST][asked:]
        assert statuses == [401, 200]
        assert school.fake.count("oauth2.token") == tokens + 1
        school.work()
        everything_is_filed_once_and_told(school, sent)
        assert verdict_of(school) == ""


def test_a_token_that_is_never_taken_is_asked_for_once_a_look_not_for_ever(school: Workspaced) -> None:
    school.fake.fail(LIST, 401, times=20)
    school.respond()
    school.poll()
    assert school.fake.count(LIST) == 2
    assert school.fake.count("oauth2.token") == 2
    school.fake.heal()
    assert school.poll() == 1


def by_smtp(port: int) -> Callable[[str], str]:
    """Mail by the school's own server, which has nothing to do with Google; no Chat."""
    mail = f'kind = "smtp"\nhost = "127.0.0.1"\nport = {port}\nsecurity = "none"\nsender = "{MAILBOX}"'
    gmail = f'kind = "gmail"\nsender = "{MAILBOX}"'
    return lambda text: without_chat(text).replace(gmail, mail)


def of_fetching(school: Workspaced, who: str, heading: str) -> list[str]:
    return [text for text in school.said_to(who) if text.startswith(heading) and f"responses of {FORM}" in text]


def test_a_revoked_consent_is_said_after_a_quarter_of_an_hour_and_so_is_its_mend(tmp_path: Path) -> None:
    caught = Caught()
    with (
        mail_catcher(caught) as port,
        workspaced(tmp_path, by_smtp(port), identity="account", typesetter=quick_page) as school,
    ):
        school.caught = caught
        school.poll()
        [token] = school.fake.grants
        school.fake.revoke(token)
        sent = school.respond()
        at_work(school, 14)
        assert not any(school.said_to(who) for who in (DSL, TECHNICIAN))
        at_work(school, 16)
        for who in (DSL, TECHNICIAN):
            [said] = of_fetching(school, who, TROUBLE)
            assert "Responses of the form cannot be fetched" in said
            assert "invalid_grant" in said
            assert "connector google sign-in" in " ".join(said.split())
        assert taken_in_so_far(school) == 0
        school.fake.grants[token].revoked = False
        at_work(school, 40, step=2)
        assert len(of_response(school, sent)) == 1
        for who in (DSL, TECHNICIAN):
            assert [len(of_fetching(school, who, heading)) for heading in (TROUBLE, MENDED)] == [1, 1]
        assert nobody_but(school, DSL, TECHNICIAN, STAFF, DEPUTY, HEAD)


def test_a_revoked_consent_that_silences_the_mail_too_is_said_in_the_space_and_to_the_technician_when_mended(
    tmp_path: Path,
) -> None:
    with workspaced(tmp_path, identity="account", typesetter=quick_page) as school:
        school.poll()
        [token] = school.fake.grants
        school.fake.revoke(token)
        at_work(school, 14)
        assert school.fake.chats == []
        at_work(school, 16)
        said = [json.dumps([chat.text, chat.cards]) for chat in school.fake.chats]
        assert sum(TROUBLE in text and f"responses of {FORM}" in text for text in said) == 1
        assert school.fake.mails == []
        school.fake.grants[token].revoked = False
        at_work(school, 40, step=2)
        heard = [of_fetching(school, TECHNICIAN, heading) for heading in (TROUBLE, MENDED)]
        assert [len(each) for each in heard] == [1, 1]
        assert "invalid_grant" in heard[0][0]


# -- the form itself changes


def a_day_of_work(school: Workspaced) -> None:
    at_work(school, 50 * 60, step=300)


def test_a_question_nobody_mapped_is_told_once_to_technician_and_office_and_nobody_else(school: Workspaced) -> None:
    at_work(school, 2)
    assert school.fake.mails == []
    asked = school.form.ask("Which of the child's cousins is it? (secret words)")
    school.form.respond(school.answers() | {asked: "an answer to it"}, email=STAFF, at=shift(school, seconds=20))
    at_work(school, 2)
    known = {who: len(school.said_to(who)) for who in (DSL, DEPUTY, HEAD, CHAIR)}
    a_day_of_work(school)
    assert [told(school, DIFFERS, to=who) for who in (TECHNICIAN, OFFICE)] == [1, 1]
    assert len(school.said_to(OFFICE)) == 1
    [said] = school.said_to(OFFICE)
    assert "1 question(s) of the form are not in the map" in said
    assert "cousins" not in said
    assert not any(DIFFERS in text for who in known for text in school.said_to(who))
    [record] = records(school)
    assert "an answer to it" in [other["text"] for other in record["other_answers"]]


def test_a_mapped_question_that_vanished_is_told_once_to_technician_and_office_and_so_is_its_return(
    school: Workspaced,
) -> None:
    at_work(school, 2)
    items = list(school.form.items)
    school.form.remove(school.laid.ids["Where did it happen?"])
    a_day_of_work(school)
    assert [told(school, TROUBLE, to=who) for who in (TECHNICIAN, OFFICE)] == [1, 1]
    [said] = school.said_to(OFFICE)
    assert "gone from the form" in said
    sent = school.form.respond(
        {key: text for key, text in school.answers().items() if key in school.form.question_ids()}, email=STAFF
    )
    at_work(school, 2)
    assert len(of_response(school, sent)) == 1
    assert told(school, RECEIVED) == 1
    school.form.items = items
    at_work(school, 22)
    assert [told(school, MENDED, to=who) for who in (TECHNICIAN, OFFICE)] == [1, 1]
    assert not any(word in text for who in (DSL, DEPUTY, HEAD, CHAIR) for text in school.said_to(who)
                   for word in (TROUBLE, MENDED, DIFFERS))  # fmt: skip


# -- answers that crossed


def another(school: Workspaced, but: Response) -> Answer:
    other = next(one for one in school.form.responses if one is not but)
    return Answer(other.body(school.form.id))


def test_a_response_that_comes_under_another_number_is_not_taken_in_and_people_hear_of_it(
    school: Workspaced, monkeypatch: pytest.MonkeyPatch
) -> None:
    school.taken_in()
    school.watch()
    late = school.respond(at=shift(school, hours=3), child_name="Late")
    with monkeypatch.context() as crossed:
        crossed.setitem(rooms.HANDLERS, GET, lambda *_: another(school, late))
        school.clock.pass_(hours=21)
        at_work(school, 40)
        assert school.fake.count(GET) >= 1
        assert taken_in_so_far(school) == 1, "nothing of another response may stand under this one"
        assert "something else than was asked for" in verdict_of(school)
        assert [told(school, TROUBLE, to=who) for who in (DSL, TECHNICIAN)] == [1, 1]
    at_work(school, 40)
    assert len(of_response(school, late)) == 1
    assert told(school, MENDED) == 1


def test_a_form_that_comes_under_another_number_is_believed_in_nothing(
    school: Workspaced, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_work(school, 2)
    other = school.fake.form("Another form", owner=DSL)
    monkeypatch.setitem(rooms.HANDLERS, "forms.forms.get", lambda *_: Answer(other.body()))
    at_work(school, 26 * 60, step=10)
    assert not any("question(s)" in text for who in (OFFICE, TECHNICIAN) for text in school.said_to(who))
    assert any("something else than was asked for" in text for text in school.said_to(TECHNICIAN))


def test_a_file_that_comes_under_another_id_files_nothing_and_is_tried_again(
    school: Workspaced, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = school.taken_in()
    stranger = school.store.find(f"{before}-1.json").id
    sent = school.respond()
    school.poll()
    # The upload happens, its answer is lost: the next try is refused (409) and looks at what stands there.
    school.fake.fail("drive.files.create", cut=True, after=True, times=1)
    real = rooms.HANDLERS["drive.files.get"]

    def crossed(*given: object) -> Answer:
        found = real(*given)
        return Answer(found.body | {"id": stranger})

    with monkeypatch.context() as wrong:
        wrong.setitem(rooms.HANDLERS, "drive.files.get", crossed)
        school.work()
        school.clock.pass_(minutes=1)
        school.work()
        assert school.fake.count("drive.files.get") >= 1
        assert school.held(school.newest()).filed_at is None
    school.clock.pass_(minutes=31)
    school.work()
    everything_is_filed_once_and_told(school, sent)


def test_eight_threads_at_once_each_get_their_own_response_and_their_own_file(school: Workspaced) -> None:
    google = school.house.sites[SCHOOL].sources[FORM]
    drive = school.house.sites[SCHOOL].stores["store"].drive
    sent = [school.respond(child_name=f"Child {number}") for number in range(24)]
    files = {school.store.put(f"{number}.txt", mime="text/plain", content=f"{number}".encode() * number).id: number
             for number in range(1, 25)}  # fmt: skip
    name = school.laid.ids["Name of child(ren)"]
    google.there.structure()
    for method in ("forms.", "drive."):
        school.fake.delay(method, 0.004)

    def read(turn: int) -> tuple[bool, bool]:
        number = turn % 24
        found = google.there.response(sent[number].id)
        said = found["answers"][name]["textAnswers"]["answers"][0]["value"]
        id_, times = list(files.items())[number]
        content = drive.content(id_, 4096)
        about = drive.about(id_, "id,name")
        return said == f"Child {number}", (content, about["name"]) == (f"{times}".encode() * times, f"{times}.txt")

    turns = list(range(160))
    random.Random(8).shuffle(turns)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(read, turns))
    assert found == [(True, True)] * 160
    assert school.fake.count(GET) == 160


def test_two_pages_with_the_same_token_for_ever_end(school: Workspaced, monkeypatch: pytest.MonkeyPatch) -> None:
    from connector.outbound import google_forms

    monkeypatch.setattr(google_forms, "_MOST_PAGES", 20)
    sent = school.respond()
    body = {"responses": [sent.body()], "nextPageToken": "again"}
    with monkeypatch.context() as circling:
        circling.setitem(rooms.HANDLERS, LIST, lambda *_: Answer(body))
        assert school.poll() == 0
        assert school.fake.count(LIST) == 20
    assert school.poll() == 1


def test_nothing_of_a_refusal_reaches_the_log_or_people(school: Workspaced, caplog: pytest.LogCaptureFixture) -> None:
    school.fake.fail(LIST, 403, times=None, message="Ida Marlowe's form 1Secret is not yours", reason="forbidden")
    at_work(school, 30)
    said = caplog.text + "".join(str(vars(each)) for each in caplog.records) + "".join(school.said_to(DSL))
    assert "403" in verdict_of(school)
    assert not re.search(f"Ida|1Secret|{school.form.id}|{re.escape(school.fake.url)}", said)
