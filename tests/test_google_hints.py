"""Hints that a Google form was answered: a signed poke, a push of Pub/Sub, a pull. Each only makes us look.

Whatever is not proved is refused, whatever is proved and makes no sense is dropped, and with all of it gone polling
goes on. The watch behind them is made, taken over, renewed daily, made again.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest
from werkzeug.serving import make_server

from connector.forms.proof import sign
from connector.jobs import answer_pokes
from tests.service import ROOT
from tests.test_google_contract import PUSHER, everything, poke_headers, quick
from tests.test_poke_script import HARNESS
from tests.workspaced import FORM, SCHOOL, Workspaced

AUDIENCE = "http://127.0.0.1:8080/hooks/google"
LIST = "forms.forms.responses.list"
POKE = f"/forms/{SCHOOL}/{FORM}/poke"
OTHER = """
[forms.pushed]
title = "Pushed"
source = "google"
profile = "default-record"
signing_key = "env:OTHER_SIGNING_KEY"
questions = [{ title = "Name of child(ren)", id = "77777701", fields = ["child_name"] }]

[forms.cause-for-concern]"""


_AT_START: dict[int, int] = {}


def with_another_form(text: str) -> str:
    assert text.count("\n[forms.cause-for-concern]\n") == 1
    return text.replace("\n[forms.cause-for-concern]", OTHER, 1)


@pytest.fixture
def pulling(tmp_path: Path) -> Iterator[Workspaced]:
    with everything(tmp_path, typesetter=quick) as school:
        school.poll()
        _AT_START[id(school)] = school.fake.count("oauth2.certs")
        yield school


@pytest.fixture
def pushed(tmp_path: Path) -> Iterator[Workspaced]:
    with everything(tmp_path, push=True, typesetter=quick) as school:
        school.poll()
        _AT_START[id(school)] = school.fake.count("oauth2.certs")
        yield school


def polls(school: Workspaced) -> int:
    """How often the form is looked at when the pokes are answered."""
    before = school.fake.count(LIST)
    answer_pokes(school.house)
    return school.fake.count(LIST) - before


def concerns(school: Workspaced) -> int:
    return len(school.house.ledger.unacknowledged())


# -- a poke


def poke(school: Workspaced, raw: bytes = b'{"v": 1}', path: str = POKE, **signing: Any) -> int:
    school.clock.pass_(seconds=1)
    headers = poke_headers(school, raw, **signing)
    return school.client.post(path, data=raw, headers=headers).status_code


def test_a_signed_poke_causes_exactly_one_poll_and_the_response_is_here(pulling: Workspaced) -> None:
    answer_pokes(pulling.house)
    pulling.respond()
    assert poke(pulling) == 202
    assert concerns(pulling) == 0, "the door itself asks nobody: it may be another process"
    assert polls(pulling) == 1
    assert concerns(pulling) == 1
    assert polls(pulling) == 0


def test_a_poke_that_is_replayed_or_doubled_takes_nothing_in_twice(pulling: Workspaced) -> None:
    pulling.respond()
    raw = b'{"v": 1, "nonce": "n"}'
    headers = poke_headers(pulling, raw)
    for _ in range(5):
        assert pulling.client.post(POKE, data=raw, headers=headers).status_code == 202
    assert polls(pulling) == 1, "five in one moment are one look"
    for _ in range(3):
        pulling.clock.pass_(seconds=90)
        assert pulling.client.post(POKE, data=raw, headers=headers).status_code == 202
        assert polls(pulling) == 1
    pulling.clock.pass_(minutes=1)
    assert pulling.client.post(POKE, data=raw, headers=headers).status_code == 401, "and after five minutes it is over"
    pulling.work()
    assert concerns(pulling) == 1


def test_a_poke_that_proves_nothing_is_refused_alike_and_nobody_looks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.workspaced.environment", lambda _: {"OTHER_SIGNING_KEY": "of-another-form"})
    with everything(tmp_path, change=with_another_form) as school:
        answer_pokes(school.house)
        raw, now = b'{"v": 1}', school.clock.now()
        good = poke_headers(school, raw)["X-Connector-Signature"]
        key = school.given["WILLOW_BANK_POKE_KEY"]
        unmarked = sign(raw, key.encode(), now)
        assert {
            poke(school, raw, key="of-another-form"),
            poke(school, raw, at=now - timedelta(seconds=310)),
            poke(school, raw, at=now + timedelta(seconds=310)),
        } == {401}
        for sent, headers in (
            (raw, {}), (raw, {"X-Connector-Signature": ""}), (raw, {"X-Connector-Signature": good[:-1] + "g"}),
            (raw + b" ", {"X-Connector-Signature": good}), (raw, {"X-Connector-Signature": good.upper()}),
            (raw, {"X-Connector-Signature": good.replace("t=", "t=0")}), (raw, {"X-Connector-Signature": f"{good},{good}"}),
            (raw, {"X-Connector-Signature": unmarked}), (raw, {"Authorization": f"Bearer {key}"}), (raw, {"Authorization": "Bearer "}),
        ):  # fmt: skip
            answer = school.client.post(POKE, data=sent, headers={"Content-Type": "application/json"} | headers)
            assert answer.status_code == 401
        assert polls(school) == 0
        assert poke(school) == 202, "and the right one is believed"


def test_a_form_that_is_not_fetched_cannot_be_poked_by_its_own_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.workspaced.environment", lambda _: {"OTHER_SIGNING_KEY": "of-another-form"})
    with everything(tmp_path, change=with_another_form) as school:
        raw = b'{"v": 1}'
        proved = school.signed(raw, key="of-another-form")
        assert school.client.post(f"/forms/{SCHOOL}/pushed/poke", data=raw, headers=proved).status_code == 404
        assert poke(school, path=f"/forms/{SCHOOL}/nowhere/poke") == 404
        assert poke(school, path=f"/forms/nowhere/{FORM}/poke") == 404
        answer_pokes(school.house)
        assert school.fake.count(LIST) == 0


def test_the_key_of_a_poke_sends_no_concern_since_whoever_edits_the_form_can_read_it(pulling: Workspaced) -> None:
    form = f"/forms/{SCHOOL}/{FORM}"
    raw = json.dumps({"responseId": "R", "answers": {"q": {"textAnswers": {"answers": [{"value": "x"}]}}}}).encode()
    key, now = pulling.given["WILLOW_BANK_POKE_KEY"], pulling.clock.now()
    for body, signature in (
        (raw, sign(raw, key.encode(), now)), (raw, sign(b"poke." + raw, key.encode(), now)),
        (b"poke." + raw, sign(b"poke." + raw, key.encode(), now)),
    ):  # fmt: skip
        headers = {"Content-Type": "application/json", "X-Connector-Signature": signature}
        assert pulling.client.post(form, data=body, headers=headers).status_code == 401
    for scheme in ("Bearer", "bearer"):
        headers = {"Content-Type": "application/json", "Authorization": f"{scheme} {key}"}
        assert pulling.client.post(form, data=raw, headers=headers).status_code == 401
    assert concerns(pulling) == 0


def test_answers_in_a_poke_are_ignored_however_they_are_shaped(pulling: Workspaced) -> None:
    body = {"responseId": "R", "lastSubmittedTime": "2026-11-17T10:00:00Z", "respondentEmail": "x@willowbank.example"}
    answers = {key: {"textAnswers": {"answers": [{"value": text}]}} for key, text in pulling.answers().items()}
    for raw in (json.dumps(body | {"answers": answers}).encode(), b"no json", b"[" * 100_000, b"", b"\xff\xfe"):
        assert poke(pulling, raw) == 202
        assert polls(pulling) == 1
    pulling.work()
    assert concerns(pulling) == 0
    assert pulling.filed() == []
    assert pulling.fake.mails == []


def test_a_poke_does_not_ask_google_before_it_said_to_come_back(pulling: Workspaced) -> None:
    pulling.fake.fail(LIST, 429, headers={"Retry-After": "120"})
    pulling.poll()
    assert poke(pulling) == 202
    assert polls(pulling) == 0
    pulling.respond()
    pulling.clock.pass_(minutes=3)
    pulling.poll()
    assert concerns(pulling) == 1


@pytest.mark.skipif(shutil.which("node") is None, reason="Node runs the script")
def test_the_script_of_the_docs_pokes_the_real_door_over_the_net(pulling: Workspaced) -> None:
    answer_pokes(pulling.house)
    pulling.respond()
    key = pulling.given["WILLOW_BANK_POKE_KEY"]
    with serving(pulling) as port:
        done = run_script(port, POKE, key, pulling.clock.now())
        assert done == {"status": 202, "errors": []}
        assert polls(pulling) == 1
        assert concerns(pulling) == 1
        refused = run_script(port, POKE, key + "x", pulling.clock.now())
        assert refused == {"status": 401, "errors": ["The connector refused the poke: 401"]}
        late = run_script(port, POKE, key, pulling.clock.now() - timedelta(minutes=6))
        assert late["status"] == 401
    assert polls(pulling) == 0


class serving:  # noqa: N801 - used like a function
    """The service's own door on a port of this machine."""

    def __init__(self, school: Workspaced) -> None:
        self.server = make_server("127.0.0.1", 0, school.client.application, threaded=True)
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    def __enter__(self) -> int:
        self.thread.start()
        return self.server.server_port

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join(timeout=5)


# The stub of the poke's own tests, its fetch replaced by curl's: a real request, waited for as Apps Script does.
FETCH = """
    const sent = require('child_process').spawnSync('curl', ['-s', '-o', '/dev/null', '-w', '%{http_code}', '-X', 'POST',
      '--data-binary', '@-', '-H', 'Content-Type: ' + options.contentType,
      ...Object.entries(options.headers).flatMap(([n, v]) => ['-H', n + ': ' + v]), url], {input: options.payload});
    given.status = Number(sent.stdout);
"""


def run_script(port: int, path: str, key: str, now: datetime) -> dict[str, Any]:
    harness = HARNESS.replace("    done.requests.push({url, options});\n", f"{FETCH}    done.status = given.status;\n")
    assert "spawnSync" in harness
    given = {
        "script": str(ROOT / "docs" / "apps-script" / "poke.gs"), "calls": ["onSafeguardingSubmit"], "status": -1,
        "now": int(now.timestamp() * 1000), "event": {}, "properties": {"POKE_URL": f"http://127.0.0.1:{port}{path}", "POKE_KEY": key},
    }  # fmt: skip
    ran = subprocess.run(
        ["node", "-e", harness], input=json.dumps(given), capture_output=True, text=True, check=False, timeout=60
    )
    assert ran.returncode == 0, ran.stderr
    found = json.loads(ran.stdout)
    return {"status": found.get("status"), "errors": found["errors"]}


# -- a push


def push(school: Workspaced, token: str | None, envelope: Any = None, form: str = "") -> int:
    school.clock.pass_(seconds=1)
    body = envelope if isinstance(envelope, bytes) else json.dumps(
        school.fake.push_envelope(form or school.form) if envelope is None else envelope
    ).encode()  # fmt: skip
    headers = {"Content-Type": "application/json"} | ({} if token is None else {"Authorization": f"Bearer {token}"})
    return school.client.post("/hooks/google", data=body, headers=headers).status_code


def token(school: Workspaced, audience: str = AUDIENCE, email: str = PUSHER, **more: Any) -> str:
    return school.fake.push_token(audience, email, **more)


def certs(school: Workspaced) -> int:
    """How often Google's keys were asked for since the service stands there; their address tells the time as well."""
    return school.fake.count("oauth2.certs") - _AT_START.get(id(school), 0)


def test_a_push_with_a_good_token_has_the_form_looked_at_once(pushed: Workspaced) -> None:
    answer_pokes(pushed.house)
    pushed.respond()
    assert push(pushed, token(pushed)) == 204
    assert concerns(pushed) == 0
    assert polls(pushed) == 1
    assert concerns(pushed) == 1
    for _ in range(3):
        assert push(pushed, token(pushed)) == 204
    assert polls(pushed) == 1
    pushed.work()
    assert concerns(pushed) == 1


@pytest.mark.parametrize("issuer", ["https://accounts.google.com", "accounts.google.com"])
def test_both_spellings_of_the_issuer_and_any_case_of_the_sender_are_googles(pushed: Workspaced, issuer: str) -> None:
    assert push(pushed, token(pushed, issuer=issuer, email=PUSHER.upper())) == 204


@pytest.mark.parametrize("changes", [
    {"audience": "https://evil.example/hooks/google"}, {"audience": f"{AUDIENCE}/"}, {"audience": ""}, {"aud": None},
    {"aud": [AUDIENCE]}, {"issuer": "https://evil.example"}, {"issuer": "https://accounts.google.com.evil.example"},
    {"iss": None}, {"email": f"x{PUSHER}"}, {"email": "m.oduya@willowbank.example"}, {"email": ""}, {"email": None}, {"verified": False},
    {"verified": "true"}, {"email_verified": None}, {"expires_in": -120}, {"exp": None}, {"exp": "soon"},
    {"nbf": 9_999_999_999}, {"alg": "none"}, {"alg": "HS256"}, {"key": "foreign"}, {"key": "impostor"},
], ids=str)  # fmt: skip
def test_every_other_token_is_refused_alike_and_nobody_looks(pushed: Workspaced, changes: dict[str, Any]) -> None:
    answer_pokes(pushed.house)
    assert push(pushed, token(pushed, **changes)) == 401
    assert polls(pushed) == 0


def test_junk_in_place_of_a_token_is_refused_and_google_is_not_asked_for_each(pushed: Workspaced) -> None:
    answer_pokes(pushed.house)
    good = token(pushed)
    head, body, signature = good.split(".")
    deep = jwt.utils.base64url_encode(b'{"alg":"RS256","kid":' + b"[" * 4000 + b"]" * 4000 + b"}").decode()
    junk = [
        "", ".", "..", "...", "a.b.c", "x" * 20_000, f"{head}.{body}.", f"{head}.{body}.{signature[::-1]}", good + "x",
        f"{head}..{signature}", f"{deep}.{body}.{signature}", "é" * 50, f"{good}, {good}", good.swapcase(), "null", "%00",
    ]  # fmt: skip
    answers = {each: push(pushed, each) for each in junk}
    assert {each[:30]: status for each, status in answers.items() if status != 401} == {}
    assert push(pushed, None) == 401
    for scheme in ("Basic", "bearerx", "", "Token"):
        headers = {"Authorization": f"{scheme} {good}", "Content-Type": "application/json"}
        assert pushed.client.post("/hooks/google", data=b"{}", headers=headers).status_code == 401
    assert certs(pushed) <= 1
    assert polls(pushed) == 0
    assert pushed.client.get("/hooks/google").status_code == 405


@pytest.mark.parametrize("envelope", [
    {}, [], 3, None, "x", {"message": None}, {"message": []}, {"message": {"attributes": None}}, b"", b"\xff{", b"[" * 9000,
    {"message": {"attributes": {"formId": None}}}, {"message": {"attributes": {"formId": ["x"]}}},
    {"message": {"attributes": {"formId": "1FAIpQLunknownunknownunknown", "eventType": "RESPONSES"}}},
], ids=lambda each: str(each)[:60])  # fmt: skip
def test_a_proved_push_that_names_no_form_of_ours_is_taken_and_dropped(pushed: Workspaced, envelope: Any) -> None:
    answer_pokes(pushed.house)
    sent = b"null" if envelope is None else envelope
    assert push(pushed, token(pushed), sent) == 204, "else Pub/Sub sends it again for a week"
    assert polls(pushed) == 0


def test_a_proved_push_that_is_too_large_is_refused_unread(pushed: Workspaced) -> None:
    assert push(pushed, token(pushed), b" " * 300_000) == 401
    assert polls(pushed) == 0


def test_googles_keys_are_fetched_once_and_again_when_they_turn(pushed: Workspaced) -> None:
    for _ in range(5):
        assert push(pushed, token(pushed)) == 204
    assert certs(pushed) == 1
    old = token(pushed)
    pushed.fake.keys.rotate(keep=0)
    pushed.clock.pass_(seconds=61)
    assert push(pushed, token(pushed)) == 204
    assert push(pushed, old) == 401, "a key that Google took back proves nothing any more"
    assert certs(pushed) == 2
    for _ in range(20):
        assert push(pushed, token(pushed, key="foreign")) == 401
    assert certs(pushed) <= 3, "a stranger cannot make us ask for ever"
    before = certs(pushed)
    pushed.clock.pass_(hours=25)
    assert push(pushed, token(pushed)) == 204
    assert certs(pushed) == before + 1, "and once a day in any case"


def test_while_googles_keys_cannot_be_had_pubsub_is_told_to_come_again_and_polling_goes_on(pushed: Workspaced) -> None:
    pushed.fake.fail("oauth2.certs", 503, times=None)
    good = token(pushed)
    assert push(pushed, good) == 503
    for bad in (token(pushed, alg="none"), "junk"):
        assert push(pushed, bad) == 401, "what no key could prove is false already"
    pushed.respond()
    pushed.poll()
    assert concerns(pushed) == 1
    pushed.fake.heal()
    pushed.clock.pass_(seconds=6)
    assert push(pushed, good) == 204


def test_a_push_for_one_school_moves_no_other(tmp_path: Path) -> None:
    """Two schools in one service; both trust pushes to the same address, each by another sender."""
    with everything(tmp_path, push=True) as school:
        from dataclasses import replace

        here = school.house.sites[SCHOOL]
        other_push = replace(here.push, sender="other@elsewhere.iam.gserviceaccount.com")
        other_school = here.school.model_copy(update={"name": "Other"})
        school.house.sites["other"] = replace(here, slug="other", push=other_push, school=other_school)
        notebook = school.house.ledger.notebook
        before = notebook.progress(SCHOOL, FORM).poked_at
        assert push(school, token(school, email="other@elsewhere.iam.gserviceaccount.com")) == 204
        assert notebook.progress(SCHOOL, FORM).poked_at == before
        assert notebook.progress("other", FORM).poked_at is not None
        assert push(school, token(school)) == 204
        assert notebook.progress(SCHOOL, FORM).poked_at == school.clock.now()
        del school.house.sites["other"]


def test_a_school_that_pulls_believes_no_push(pulling: Workspaced) -> None:
    answer_pokes(pulling.house)
    assert push(pulling, token(pulling)) == 401
    assert certs(pulling) == 0
    assert polls(pulling) == 0


def test_a_good_push_token_opens_no_other_door(pushed: Workspaced) -> None:
    headers = {"Authorization": f"Bearer {token(pushed)}", "Content-Type": "application/json"}
    for path in (f"/forms/{SCHOOL}/{FORM}", POKE):
        assert pushed.client.post(path, data=b"{}", headers=headers).status_code == 401
