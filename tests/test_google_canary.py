"""The canary in a school's Workspace: what reaches Google outside the record itself holds no word of a concern.

File names and marks, paths, queries, headers, mails, cards, short messages; on our side logs, the ledger's bytes, the
answers over HTTP, the command line. Titles of a form are canaries too: they stand on the screen of the technician who
checks the form, and nowhere else. And a planted leak must be found in each place, or this proves nothing.
"""

from __future__ import annotations

import contextlib
import io
import json
import logging
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import jwt
import pytest

from connector.announcing import Bulletins
from connector.cli.main import main
from connector.forms.google_source import GoogleFormSource, UploadShelf
from connector.jobs import answer_pokes, pull, watch
from connector.notify.chat import ChatChannel
from connector.notify.gmail import GmailChannel
from connector.outbound import google as google_of
from connector.outbound.drive import Drive
from connector.outbound.google import Google
from connector.outbound.http import Answered
from connector.store.drive import DriveStore
from tests.test_canary import ADDRESS, BIRDS, has_canary, log
from tests.test_google_contract import PHOTO, everything, poke_headers, quick
from tests.workspace import Notification, Response
from tests.workspace.pubsub import Held
from tests.workspaced import FORM, OFFICE, SCHOOL, TECHNICIAN, Workspaced

__all__ = ["log"]
# Apprise's own import of a module of the standard library.
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")
SPEAKERS = (
    "googleapiclient", "googleapiclient.http", "googleapiclient.discovery", "google.auth", "google.oauth2", "httplib2",
    "google_auth_httplib2", "apprise", "urllib3", "requests", "oauthlib", "requests_oauthlib", "jwt", "smtplib",
)  # fmt: skip
# Words of the form itself; no answer, but a canary wherever nobody checks the form.
TITLES = ("hortensiawaxwing", "lysandercrossbill", "clementinesiskin")
ABOUT_STAFF = "Is this concern about an adult who works or volunteers here?"
SAID_BY_GOOGLE = "Xaviermoorhen told Quillshearwater about Canarysurname7 at Zebedeedunnock"


class Watched:
    """A school in its Workspace, of which everything that leaves the record is kept."""

    def __init__(self, school: Workspaced, log: io.StringIO, texts: list[str]) -> None:
        self.school, self.log, self.texts = school, log, texts
        self.said: list[str] = []
        self.screen: list[str] = []
        self.answers: list[str] = []

    def leaks(self) -> set[str]:
        found = {place for place, text in self._places().items() if has_canary(text) or has_title(text)}
        # Whoever checks the form sees its questions there, but no answer.
        return found | ({"screen"} if has_canary("\n".join(self.screen)) else set())

    def _places(self) -> dict[str, str]:
        requests = list(self.school.fake.requests)
        return {
            "log": self.log.getvalue(),
            "command line": "\n".join(self.said),
            "answer": "\n".join(self.answers),
            "ledger": "\n".join(path.read_bytes().decode("latin-1") for path in self._ledger_files()),
            "file": "\n".join(self._files()),
            "path or query": "\n".join(f"{each.path}?{dict(each.query)}" for each in requests),
            "header": "\n".join(json.dumps(dict(each.headers)) for each in requests),
            "body": "\n".join(_in_clear(each) for each in requests),
            "mail": "\n".join(self._mails()),
            "card": json.dumps([each.request for each in self.school.fake.chats], ensure_ascii=False),
            "short message": "\n".join(self.texts),
        }

    def get(self, path: str) -> None:
        answer = self.school.client.get(path)
        self.answers.append(f"{answer.status} {answer.headers} {answer.text}")

    def post(self, path: str, **given: Any) -> int:
        answer = self.school.client.post(path, **given)
        self.answers.append(f"{answer.status} {answer.headers} {answer.text}")
        return answer.status_code

    def _ledger_files(self) -> Iterator[Path]:
        file = self.school.house.ledger.file
        return file.parent.glob(f"{file.stem}*")

    def _files(self) -> Iterator[str]:
        """What stands beside the bytes of each file that we made, the bin included."""
        for drive in (self.school.laid.records, self.school.laid.staff_records):
            for each in drive.everything():
                if each.app:
                    marks = {**each.app_properties, "properties": each.properties}
                    yield f"{each.name} {each.description} {each.mime} {each.restrictions} {json.dumps(marks)}"

    def _mails(self) -> Iterator[str]:
        for mail in self.school.fake.mails:
            yield "\n".join(f"{name}: {value}" for name, value in mail.message.items() if name != "To")
            yield mail.part("plain") + mail.part("html")
            if ADDRESS not in mail.recipients:
                yield str(mail.message["To"]) + mail.raw.decode("latin-1")


def has_title(text: str) -> bool:
    return any(title in text.casefold() for title in TITLES)


def _in_clear(each: Any) -> str:
    """What a request says outside the record's own bytes and the mail, which is read in plain elsewhere."""
    body: bytes = each.body
    if each.method_id == "gmail.users.messages.send":
        return ""
    if each.method_id == "drive.files.create":
        content_type = next(value for name, value in each.headers.items() if name.lower() == "content-type")
        boundary = re.search(r'boundary="?([^";]+)', content_type)
        assert boundary, "metadata and bytes come in parts"
        _, metadata, *_ = body.split(b"--" + boundary[1].encode())
        assert b'"appProperties"' in metadata
        return metadata.decode("latin-1")
    if each.method_id == "oauth2.token":
        assertion = parse_qs(body.decode()).get("assertion", [""])[0]
        return body.decode() + str(jwt.decode(assertion, options={"verify_signature": False}) if assertion else "")
    return body.decode("latin-1")


@contextlib.contextmanager
def texting(texts: list[str]) -> Iterator[int]:
    """Where a text message by Apprise arrives."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            texts.append(f"{self.path} {self.headers} {body.decode()}")
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=5)


@pytest.fixture
def watched(tmp_path: Path, log: io.StringIO) -> Iterator[Watched]:
    before = {name: logging.getLogger(name).level for name in (*SPEAKERS, "sqlalchemy")}
    for name in SPEAKERS:
        logging.getLogger(name).setLevel(logging.DEBUG)
    # Its thousands of rows are watched in tests/test_canary.py.
    logging.getLogger("sqlalchemy").setLevel(logging.INFO)
    texts: list[str] = []
    with texting(texts) as port:
        (tmp_path / "sms").write_text(f"json://127.0.0.1:{port}/x", "utf-8")
        sms = f'[channels.sms]\nkind = "apprise"\nurl = "file:{tmp_path}/sms"\nmembers = ["dsl"]\n\n[people.dsl]'
        change = lambda text: text.replace("[people.dsl]", sms)  # noqa: E731 - one line of many
        with everything(tmp_path, change=change, typesetter=quick) as school:
            named_after_birds(school)
            yield Watched(school, log, texts)
    for name, level in before.items():
        logging.getLogger(name).setLevel(level)


def named_after_birds(school: Workspaced) -> None:
    """Whatever people of a school may give a name to in their Workspace, and we are told by Google."""
    form = school.form
    form.title, form.description = "Lysandercrossbill", "About Lysandercrossbill"
    form.file.name = "Lysandercrossbill (staff)"
    form.retitle(school.laid.ids["Who else was there?"], "Who else was there? Hortensiawaxwing")
    school.laid.ids["new"] = form.ask("Clementinesiskin?", kind="choice", options=["Clementinesiskin A", "B"])
    form.section("Hortensiawaxwing")
    school.store.name = "Montagubittern"
    school.store.put("Montagubittern.docx", content=b"a member's own note")


def answer(school: Workspaced, number: int, **more: str) -> Response:
    questions = school.house.settings.schools[SCHOOL].forms[FORM].questions
    said = {q.id: f"{BIRDS[n % len(BIRDS)]} Canarysurname{number}" for n, q in enumerate(questions) if q.title != PHOTO}
    said[school.laid.ids["new"]] = "Evangelinecapercaillie"
    # Whatever is no plain answer to this goes the way of a concern about staff, past the DSL.
    said[school.laid.ids[ABOUT_STAFF]] = "Quillshearwater" if number % 5 == 3 else "No"
    return school.form.respond(said | more, email=ADDRESS, at=school.clock.now())


def the_good_path(watched: Watched) -> None:
    school = watched.school
    school.poll()
    school.watch()
    first = answer(school, 1)
    school.form.upload(first, school.laid.ids[PHOTO], "Rosamundgarganey at swimming.jpg", b"\xff\xd8 Rosamundgarganey")
    school.form.upload(first, school.laid.ids[PHOTO], "Augustinedotterel.heic.exe", b"MZ Augustinedotterel")
    for _ in range(2):
        school.poll()
        school.work()
    for minutes in (15, 15, 30):
        school.clock.pass_(minutes=minutes)
        school.watch()
        school.work()
    school.form.edit(
        first, {key: "Ottolinepochard, edited" for key in first.answers if "text" in str(first.answers[key])}
    )
    pull(school.house, SCHOOL)
    answer_pokes(school.house)
    school.work()
    answer(school, 2)
    school.house.polling.sweep(SCHOOL, school.clock.now())
    school.work()
    path = school.ack_path()
    watched.get(path)
    assert watched.post(path, data={"person": "dsl"}) == 200
    school.work()


def hints_with_words_in_them(watched: Watched) -> None:
    """No hint that is believed holds any; but what is sent to us is anybody's choice."""
    school = watched.school
    body = json.dumps({"answers": {"q": "Xaviermoorhen"}, "formId": "Quillshearwater"}).encode()
    assert watched.post(f"/forms/{SCHOOL}/{FORM}/poke", data=body, headers=poke_headers(school, body)) == 202
    kinds = {"Content-Type": "application/json"}
    assert watched.post(f"/forms/{SCHOOL}/{FORM}/poke", data=body, headers=kinds) == 401
    assert watched.post(f"/forms/{SCHOOL}/no-form/poke", data=body, headers=poke_headers(school, body)) == 404
    for token in ("Xaviermoorhen", "Xaviermoorhen.Quillshearwater.Zebedeedunnock", ""):
        assert watched.post("/hooks/google", data=body, headers=kinds | {"Authorization": f"Bearer {token}"}) == 401
    [subscription] = school.fake.pubsub.subscriptions.values()
    attributes = {"formId": "Xaviermoorhen", "eventType": "Quillshearwater", "watchId": "Zebedeedunnock"}
    subscription.held.append(Held(Notification(subscription.topic, attributes, "1", school.clock.now())))
    pull(school.house, SCHOOL)
    answer_pokes(school.house)


def failures_of_google(watched: Watched) -> None:
    """Refusals whose every part repeats the words of a concern, as an error about a value does."""
    school = watched.school
    words = {"message": SAID_BY_GOOGLE, "reason": "Xaviermoorhen", "headers": {"X-Why": "Quillshearwater"}}
    rounds: list[list[dict[str, Any]]] = [
        [{"method_id": "forms.forms.responses", "status": 400}],
        [{"method_id": "drive.files.create", "status": 400}, {"method_id": "gmail", "status": 400},
         {"method_id": "chat", "status": 403}, {"method_id": "pubsub", "status": 404}],
        [{"method_id": "drive.files", "status": 404}, {"method_id": "gmail", "status": 429},
         {"method_id": "chat", "cut": True}, {"method_id": "forms.forms.watches", "status": 400}],
        [{"method_id": "drive.files.create", "status": 503, "after": True}, {"method_id": "drive.permissions", "status": 403}],
        [{"method_id": "forms", "status": 403}, {"method_id": "drive", "status": 500}],
        [{"method_id": "", "status": 503}], [{"method_id": "", "cut": True}], [{"method_id": "oauth2.token", "status": 400}],
    ]  # fmt: skip
    for number, faults in enumerate(rounds, 60):
        answer(school, number)
        for fault in faults:
            if "forms" not in fault["method_id"] and fault["method_id"]:
                school.poll()
            school.fake.fail(times=None, **({} if "cut" in fault else words) | fault)
        if "oauth2" in faults[0]["method_id"]:
            school.house.sites[SCHOOL].google.sign_in.forget()
        for _ in range(2):
            school.poll()
            school.work()
            school.clock.pass_(minutes=16)
        school.watch()
        pull(school.house, SCHOOL)
        school.fake.heal()
        school.poll()
        school.work()


def people_in_the_drive(watched: Watched) -> None:
    """Strangers and places that bear the names of a family."""
    school = watched.school
    school.store.add("evangelinecapercaillie@example.com", "reader")
    school.store.find("Montagubittern.docx").share("xaviermoorhen@example.com", "reader")
    school.form.share("thaddeusptarmigan@example.com", "reader")
    school.clock.pass_(days=2)
    answer(school, 90)
    for _ in range(3):
        school.poll()
        school.watch()
        school.work()
        school.clock.pass_(minutes=11)
    del school.store.members["evangelinecapercaillie@example.com"]
    school.store.find("Montagubittern.docx").unshare("xaviermoorhen@example.com")
    school.form.unshare("thaddeusptarmigan@example.com")
    school.watch()
    school.work()


def faults_of_our_own(watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each raises with an answer in its text, as a careless library would; or an answer is broken, or another's."""
    school = watched.school
    said = SAID_BY_GOOGLE.encode()
    other = json.dumps({"formId": "Xaviermoorhen", "responseId": "Quillshearwater", "id": "Zebedeedunnock"}).encode()

    def act(*_: Any, **__: Any) -> Any:
        raise RuntimeError(SAID_BY_GOOGLE)

    def answered(status: int, body: bytes) -> Any:
        return lambda *_, **__: Answered(status, {"Content-Type": "application/json", "X-Why": "Xaviermoorhen"}, body)

    rounds: list[list[tuple[Any, str, Any]]] = [
        [(Drive, "create", act), (GmailChannel, "send", act), (ChatChannel, "send", act), (Bulletins, "_sent", act)],
        [(DriveStore, "_file_part", act), (UploadShelf, "fetch", act), (google_of, "_code", act)],
        [(GoogleFormSource, "fetch", act)], [(Google, "api", act)], [(google_of, "exchange", act)],
        [(google_of, "exchange", answered(200, said))], [(google_of, "exchange", answered(403, said))],
        [(google_of, "exchange", answered(200, other))], [(google_of, "exchange", answered(500, other))],
        [(google_of, "exchange", answered(200, b'["Xaviermoorhen"]'))], [(google_of, "exchange", answered(302, said))],
    ]  # fmt: skip
    for number, places in enumerate(rounds, 100):
        answer(school, number)
        with monkeypatch.context() as broken:
            for owner, name, instead in places:
                broken.setattr(owner, name, instead)
            school.poll()
            school.work()
            for job in (watch, pull):
                # The clock's own thread logs what a job raises.
                try:
                    job(*(school.house, SCHOOL)[: 1 if job is watch else 2])
                except (RuntimeError, AttributeError, KeyError, TypeError) as error:
                    logging.getLogger("apscheduler.executors.default").error("Job raised an exception", exc_info=error)
        school.clock.pass_(minutes=21)
        school.poll()
        school.work()
    broken_for_hours(school, monkeypatch, act)


def broken_for_hours(school: Workspaced, monkeypatch: pytest.MonkeyPatch, act: Any) -> None:
    """So long that people are told of it, with the reason."""
    with monkeypatch.context() as broken:
        for owner in (GoogleFormSource, DriveStore):
            broken.setattr(owner, "restricted", act)
        broken.setattr(GoogleFormSource, "fetch", act)
        for _ in range(5):
            school.clock.pass_(hours=13)
            school.poll()
            watch(school.house)
    school.poll()
    school.watch()
    school.work()


def the_command_line(
    watched: Watched, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *commands: str
) -> list[str]:
    for name, value in watched.school.given.items():
        monkeypatch.setenv(name, value)
    for command in commands:
        main([*command.split(), "--config", str(watched.school.config)])
    return list(capsys.readouterr())


def everything_happens(watched: Watched, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    the_good_path(watched)
    hints_with_words_in_them(watched)
    failures_of_google(watched)
    people_in_the_drive(watched)
    faults_of_our_own(watched, monkeypatch)
    for path in ("/metrics", "/readyz", "/livez"):
        watched.get(path)
    reference = watched.school.newest()
    given = (monkeypatch, capsys)
    watched.said += the_command_line(watched, *given, "status", "status --json", f"retry {reference}")
    watched.screen += the_command_line(
        watched, *given, "check", "check --json --no-send", "forms show", "forms show --json", "forms check"
    )


def test_no_word_of_a_concern_reaches_google_outside_the_record_itself(
    watched: Watched, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    everything_happens(watched, monkeypatch, capsys)
    school = watched.school
    assert watched.leaks() == set()
    # And all of that did happen.
    held = school.house.ledger.unacknowledged()
    assert len(held) > 20
    assert all(each.filed_at is not None for each in held), "whatever failed was filed in the end"
    content = b"".join(
        each.content or b"" for each in school.laid.staff_records.everything() + school.store.everything()
    )
    for bird in (b"Rosamundgarganey", b"Canarysurname1", b"Canarysurname60", b"Canarysurname110", b"Ottolinepochard"):
        assert bird in content, "the record does hold them"
    assert [mail for mail in school.fake.mails if ADDRESS in mail.recipients], "the reporter had a receipt"
    assert len(school.fake.chats) > 30
    assert len(watched.texts) > 10
    for trouble in ("cannot be reached", "cannot be fetched"):
        assert any(trouble in text for text in school.said_to(TECHNICIAN)), "and people heard of what lasted"
    assert has_title("\n".join(watched.screen)), "the screen of a check names the questions"
    assert any("not in the map" in text for text in school.said_to(OFFICE)), "the office heard of the question"
    assert {"google refused", "a source could not be read", "could not look"} - set(_whats(watched.log)) == set()


def test_no_address_id_or_token_of_google_is_logged_by_anybody_at_any_level(watched: Watched) -> None:
    """Other people's loggers put whole addresses into the text itself, where no argument can be left out."""
    school = watched.school
    the_good_path(watched)
    assert "googleapiclient.discovery" in watched.log.getvalue(), "they do speak"
    kept_back = (school.fake.url, "googleapis.com", "ya29.", "willowbank.example", school.form.id, school.store.id)
    assert [each for each in kept_back if each in watched.log.getvalue()] == []


def _whats(log: io.StringIO) -> list[str]:
    return [json.loads(line)["what"] for line in log.getvalue().splitlines()]


def test_no_key_token_or_webhook_is_found_anywhere_outside_the_headers_that_carry_it(
    watched: Watched, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    the_good_path(watched)
    watched.screen += the_command_line(watched, monkeypatch, capsys, "check", "check --json", "status --json")
    fake = watched.school.fake
    sent = [(name.lower(), value) for each in fake.requests for name, value in each.headers.items()]
    tokens = {value.removeprefix("Bearer ") for name, value in sent if name == "authorization"}
    assert tokens
    keys = {watched.school.laid.account.info["private_key"].splitlines()[3], *watched.school.laid.space.tokens}
    places = {**watched._places(), "screen": "\n".join(watched.screen)}
    for place in set(places) - {"header", "path or query"}:
        assert not [secret for secret in tokens | keys if secret in places[place]], place
    assert not [token for token in tokens if token in places["path or query"]]
    assert not [key for key in keys if key in places["header"]]
