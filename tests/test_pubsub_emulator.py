"""The pull of hints against Google's own Pub/Sub emulator: the same code, not our fake."""

from __future__ import annotations

import contextlib
import json
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from connector.errors import VendorRefused
from connector.jobs import answer_pokes, pull
from connector.outbound import google as google_of
from connector.outbound.google import Google
from connector.outbound.http import exchange
from connector.outbound.pubsub import PullSubscription
from connector.subscribing import form_named
from tests.test_google_contract import everything, quick
from tests.workspaced import SCHOOL, Workspaced

JARS = sorted(Path("/usr/lib/google-cloud-sdk/platform/pubsub-emulator/lib").glob("cloud-pubsub-emulator-*-all.jar"))
_MISSING = [name for name, there in (("its jar", JARS), ("java", shutil.which("java"))) if not there]
pytestmark = pytest.mark.skipif(
    bool(_MISSING),
    reason=f"Google's Pub/Sub emulator is not installed ({' and '.join(_MISSING)} missing): "
    "apt install google-cloud-cli-pubsub-emulator default-jre-headless",
)
PROJECT = "projects/emulated"
TOPIC, SUBSCRIPTION = f"{PROJECT}/topics/forms", f"{PROJECT}/subscriptions/forms-pull"


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Its address; it runs while the tests of this module do."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    data = tmp_path_factory.mktemp("emulator")
    command = ["java", "-Xmx256m", "-jar", str(JARS[-1]), "--host=127.0.0.1", f"--port={port}", f"--data-dir={data}"]
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        assert process.stdout is not None
        said: list[str] = []
        for line in process.stdout:
            said.append(line)
            if "Server started" in line:
                break
        drain = threading.Thread(target=process.stdout.read, daemon=True)
        drain.start()
        try:
            assert process.poll() is None, "".join(said)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.kill()
            process.wait(timeout=10)
            drain.join(timeout=5)


def call(root: str, method: str, path: str, body: Any = None, *, fine: bool = True) -> Any:
    """One request to the emulator, as somebody sets it up."""
    answer = exchange(
        method, f"{root}/v1/{path}", body=json.dumps(body or {}).encode(), headers={"Content-Type": "application/json"}
    )
    assert answer.is_success is fine, answer.body
    return json.loads(answer.body)


@pytest.fixture
def school(tmp_path: Path, emulator: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspaced]:
    """A school whose hints wait in the emulator; sign-in and form are the fake's."""
    monkeypatch.setattr("connector.outbound.pubsub._WAIT_SECONDS", 30.0)
    with everything(tmp_path, typesetter=quick) as found, made(emulator):
        site = found.house.sites[SCHOOL]
        google = Google(site.google.sign_in, emulator)
        found.house.sites[SCHOOL] = replace(site, pull=PullSubscription(google, SUBSCRIPTION))
        found.poll()
        answer_pokes(found.house)
        yield found


@contextlib.contextmanager
def made(root: str) -> Iterator[None]:
    """The topic and its subscription."""
    call(root, "PUT", TOPIC)
    call(root, "PUT", SUBSCRIPTION, {"topic": TOPIC, "expirationPolicy": {}, "ackDeadlineSeconds": 600})
    try:
        yield
    finally:
        call(root, "DELETE", SUBSCRIPTION)
        call(root, "DELETE", TOPIC)


def publish(root: str, form_id: str) -> None:
    """A message as Forms publishes it: attributes only (google.md 1.5)."""
    attributes = {"eventType": "RESPONSES", "formId": form_id, "watchId": "5d7ec0de"}
    call(root, "POST", f"{TOPIC}:publish", {"messages": [{"attributes": attributes}]})


def waiting(school: Workspaced) -> PullSubscription:
    found = school.house.sites[SCHOOL].pull
    assert isinstance(found, PullSubscription)
    return found


def test_a_hint_is_pulled_acknowledged_and_the_form_looked_at_once(
    school: Workspaced, emulator: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    acknowledged: list[str] = []
    real = google_of.exchange

    def noted(method: str, url: str, *, body: bytes | None = None, **more: Any) -> Any:
        if ":acknowledge" in url:
            acknowledged.extend(json.loads(body or b"{}")["ackIds"])
        return real(method, url, body=body, **more)

    monkeypatch.setattr(google_of, "exchange", noted)
    school.respond()
    publish(emulator, school.form.id)
    pull(school.house, SCHOOL)
    before = school.fake.count("forms.forms.responses.list")
    answer_pokes(school.house)
    assert school.fake.count("forms.forms.responses.list") == before + 1
    assert len(school.house.ledger.unacknowledged()) == 1
    assert len(acknowledged) == 1
    # Given back at once, one that was not acknowledged would come again; this one does not.
    call(emulator, "POST", f"{SUBSCRIPTION}:modifyAckDeadline", {"ackIds": acknowledged, "ackDeadlineSeconds": 0})
    assert _now(emulator) == []


def _now(root: str) -> list[dict[str, Any]]:
    found = call(root, "POST", f"{SUBSCRIPTION}:pull", {"maxMessages": 10, "returnImmediately": True})
    received: list[dict[str, Any]] = found.get("receivedMessages", [])
    return received


def test_a_message_that_was_not_acknowledged_does_come_again(school: Workspaced, emulator: str) -> None:
    """Else the test above would prove nothing."""
    publish(emulator, school.form.id)
    [first] = call(emulator, "POST", f"{SUBSCRIPTION}:pull", {"maxMessages": 10})["receivedMessages"]
    given_back = {"ackIds": [first["ackId"]], "ackDeadlineSeconds": 0}
    call(emulator, "POST", f"{SUBSCRIPTION}:modifyAckDeadline", given_back)
    [message] = waiting(school).wait()
    assert form_named(message) == school.form.id


def test_several_messages_come_together_in_the_shape_that_forms_gives_them(school: Workspaced, emulator: str) -> None:
    for form_id in (school.form.id, "another", school.form.id):
        publish(emulator, form_id)
    found: list[Any] = []
    while len(found) < 3 and (more := waiting(school).wait()):
        found += more
    assert sorted(map(form_named, found)) == sorted([school.form.id, "another", school.form.id])
    assert all(each["messageId"] and not each.get("data") for each in found)


def test_an_empty_pull_waits_and_gives_nothing(school: Workspaced, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connector.outbound.pubsub._WAIT_SECONDS", 0.3)
    assert waiting(school).wait() == []
    pull(school.house, SCHOOL)
    assert school.house.ledger.unacknowledged() == []


def test_a_message_that_comes_while_we_wait_is_had_at_once(school: Workspaced, emulator: str) -> None:
    late = threading.Timer(0.2, publish, (emulator, school.form.id))
    late.start()
    found: list[Any] = []
    for _ in range(3):
        found += waiting(school).wait()
        if found:
            break
    late.join()
    assert [form_named(each) for each in found] == [school.form.id]


def test_check_reads_how_long_the_subscription_lives(school: Workspaced, emulator: str) -> None:
    found = waiting(school).check()
    assert (found["name"], found["topic"]) == (SUBSCRIPTION, TOPIC)
    assert not found.get("expirationPolicy", {}).get("ttl")
    brief = f"{PROJECT}/subscriptions/brief"
    call(emulator, "PUT", brief, {"topic": TOPIC, "expirationPolicy": {"ttl": "2678400s"}})
    assert PullSubscription(waiting(school).google, brief).check()["expirationPolicy"]["ttl"] == "2678400s"
    call(emulator, "DELETE", brief)


def test_a_subscription_that_is_not_there_is_refused_and_polling_goes_on(school: Workspaced, emulator: str) -> None:
    absent = PullSubscription(waiting(school).google, f"{PROJECT}/subscriptions/absent")
    for ask in (absent.check, absent.wait):
        with pytest.raises(VendorRefused) as refused:
            ask()
        assert (refused.value.status, refused.value.code) == (404, "NOT_FOUND")
    school.house.sites[SCHOOL] = replace(school.house.sites[SCHOOL], pull=absent)
    pull(school.house, SCHOOL)
    school.respond()
    school.poll()
    assert len(school.house.ledger.unacknowledged()) == 1
