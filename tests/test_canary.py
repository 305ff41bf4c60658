"""The canary: distinctive words in every answer, name and address, through every path and every failure.

None of them may appear in a log, a notice, an error page, a URL, a metric, an exception, a clear byte
of the ledger's files or a file name. And a planted leak must be found, or this test proves nothing.
"""

from __future__ import annotations

import io
import json
import logging
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from connector import logs
from connector.all_well import DailyMessages
from connector.cli.main import main
from connector.delivery import Delivery
from connector.errors import DeliveryError
from connector.messages import Messages
from connector.model.all_well import AllWell
from connector.model.notice import Notice, Receipt
from connector.notify.words import Words
from connector.record.typeset import TypesettingError
from connector.sealing import Sealer
from connector.store import folder as folder_store
from tests.service import Service, environment, running

NURSERY, JSON_FORM = "little-lanterns", "record-of-concern-json"
# A bird for every question; none of them is a word of ours.
BIRDS = (
    "Xaviermoorhen", "Quillshearwater", "Zebedeedunnock", "Ottolinepochard", "Wilhelminasmew", "Barnabywhimbrel",
    "Ignatiusgoosander", "Peregrinefieldfare", "Leopoldinabrambling", "Cressidawheatear", "Thaddeusptarmigan",
    "Augustinedotterel", "Evangelinecapercaillie", "Montagubittern", "Rosamundgarganey", "Valentinehoopoe",
)  # fmt: skip
ADDRESS = "theodosiakittiwake@littlelanterns.example"
SECRETS = ("a-bearer-key", "a-signing-key", "AGE-SECRET-KEY")


def submission(service: Service, number: int, **changes: str) -> dict[str, Any]:
    questions = service.house.settings.schools[NURSERY].forms[JSON_FORM].questions
    answers = {q.title: f"{BIRDS[n % len(BIRDS)]} Canarysurname{number}" for n, q in enumerate(questions)}
    answers |= {"Is this an observation or a disclosure?": "Disclosure Valentinehoopoe"}
    return {
        "response_id": f"Rosamundgarganey-{number}", "respondent": ADDRESS, "answers": answers | changes,
        "submitted_at": "2026-11-17T10:52:00Z",
    }  # fmt: skip


CANARIES = (*(bird.casefold() for bird in BIRDS), "canarysurname", "theodosiakittiwake")


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Everything that is logged, by anybody, down to DEBUG, through the service's own formatter."""
    stream, root = io.StringIO(), logging.getLogger()
    before, level = root.handlers[:], root.level
    logs.set_up(stream, logging.DEBUG)
    loud = [
        logging.getLogger(name) for name in ("urllib3", "requests", "waitress", "apscheduler", "alembic", "sqlalchemy")
    ]
    levels = [logger.level for logger in loud]
    for logger in loud:
        logger.setLevel(logging.DEBUG)
    yield stream
    for logger, before_it in zip(loud, levels, strict=True):
        logger.setLevel(before_it)
    root.handlers[:], root.level = before, level
    logging.captureWarnings(False)


@pytest.fixture
def watched(tmp_path: Path, log: io.StringIO) -> Iterator[Watched]:
    with running(tmp_path) as service:
        yield Watched(service, log)


class Watched:
    """A service of which everything that leaves it is kept."""

    def __init__(self, service: Service, log: io.StringIO) -> None:
        self.service = service
        self.log = log
        self.answers: list[str] = []
        self.said: list[str] = []

    def get(self, path: str) -> str:
        return self.keep(self.service.client.get(path))

    def keep(self, answer: Any) -> str:
        self.answers.append(f"{answer.status} {answer.headers} {answer.text}")
        text: str = answer.text
        return text

    def leaks(self) -> set[str]:
        """The places in which a canary or a secret is found."""
        places = {
            "log": self.log.getvalue(),
            "answer": "\n".join(self.answers),
            "command line": "\n".join(self.said),
            "notice": "\n".join(self._notices()),
            "ledger": "\n".join(self._ledger_bytes()),
            "file name": "\n".join(str(path) for path in self.service.config.parent.rglob("*")),
            "record in clear": "\n".join(p.read_bytes().decode("latin-1") for p in self._records()),
        }
        return {place for place, text in places.items() if has_canary(text)}

    def _notices(self) -> Iterator[str]:
        for mail in self.service.caught.mails:
            head = "\n".join(f"{name}: {value}" for name, value in mail.message.items() if name != "To")
            yield f"{head}\n{mail.part('plain')}\n{mail.part('html')}"
            if ADDRESS not in mail.recipients:
                yield str(mail.message["To"]) + mail.raw.decode("latin-1")
        yield json.dumps(self.service.caught.cards, ensure_ascii=False)

    def _ledger_bytes(self) -> Iterator[str]:
        file = self.service.house.ledger.file
        for path in file.parent.glob(f"{file.stem}*"):
            yield path.read_bytes().decode("latin-1")

    def _records(self) -> Iterator[Path]:
        return (self.service.config.parent / "var" / "records").rglob("*.age")


def has_canary(text: str) -> bool:
    folded = text.casefold()
    return any(canary in folded for canary in CANARIES) or any(secret in text for secret in SECRETS)


def acknowledge_paths(watched: Watched) -> list[str]:
    found = []
    for mail in watched.service.caught.mails:
        found += re.findall(r"http://127\.0\.0\.1:8080(/[am]/[A-Za-z0-9_\-]+)", mail.part("plain"))
    for card in watched.service.caught.cards:
        found += [urlsplit(action["url"]).path for action in card["attachments"][0]["content"]["actions"]]
    return list(dict.fromkeys(found))


def drive_everything(watched: Watched, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    service = watched.service
    _the_good_path(watched)
    _refusals(watched)
    _failures_of_the_far_side(watched)
    _faults_of_our_own(watched, monkeypatch)
    service.clock.pass_(days=1)
    service.house.all_well.tell(service.clock.now())
    for path in ("/metrics", "/readyz", "/livez", "/a/Xaviermoorhen", "/nowhere"):
        service.client.get(path)
        if "Xavier" not in path:
            watched.get(path)
    for name, value in environment("http://127.0.0.1:1/?sig=s").items():
        monkeypatch.setenv(name, value)
    for command in (["status"], ["status", "--json"], ["check"], ["retry", next(iter(_references(service)))]):
        main([*command, "--config", str(service.config)])
    out, err = capsys.readouterr()
    watched.said += [out, err]


def _references(service: Service) -> list[str]:
    return [held.reference for held in service.house.ledger.unacknowledged()] or ["C-7QK4-M2XT"]


def _the_good_path(watched: Watched) -> None:
    service = watched.service
    watched.keep(service.post(NURSERY, JSON_FORM, submission(service, 1)))
    watched.keep(service.post(NURSERY, JSON_FORM, submission(service, 1)))
    watched.keep(service.post(NURSERY, JSON_FORM, submission(service, 1, **{"Date of birth": "Montagubittern"})))
    service.work()
    for minutes in (15, 15, 30):
        service.clock.pass_(minutes=minutes)
        service.work()
    for path in acknowledge_paths(watched)[:2]:
        watched.get(path)
        watched.keep(service.client.post(path, data={"person": "dsl"}))
        watched.keep(service.client.post(path, data={"person": "Xaviermoorhen"}))
    service.work()
    service.house.all_well.tell(service.clock.now())


def _refusals(watched: Watched) -> None:
    service = watched.service
    raw = json.dumps(submission(service, 2)).encode()
    kinds = {"Content-Type": "application/json"}
    watched.keep(service.post(NURSERY, JSON_FORM, None, raw=raw, headers=kinds))
    watched.keep(service.post(NURSERY, JSON_FORM, None, raw=raw[:-1]))
    watched.keep(service.post(NURSERY, "no-form", None, raw=raw))
    watched.keep(service.post(NURSERY, JSON_FORM, None, raw=raw * 900))
    watched.keep(service.post(NURSERY, JSON_FORM, None, raw=raw, headers={"Content-Type": "text/Xaviermoorhen"}))
    watched.keep(
        service.post(NURSERY, JSON_FORM, None, raw=json.dumps(["Xaviermoorhen", {"deep": "Quillshearwater"}]).encode())
    )
    watched.keep(
        service.post(NURSERY, JSON_FORM, submission(service, 3) | {"answers": {"Xaviermoorhen?": "Zebedeedunnock"}})
    )
    service.work()


def _failures_of_the_far_side(watched: Watched) -> None:
    service = watched.service
    for number, (refusal, card) in enumerate((
        (f"550 5.1.1 <{ADDRESS}> Xaviermoorhen unknown", (404, {"X-Why": "Xaviermoorhen"})),
        ("451 4.3.0 Quillshearwater later", (429, {"Retry-After": "1"})),
        ("421 Zebedeedunnock closing", (503, {})),
    )):  # fmt: skip
        service.caught.smtp_refusal, service.caught.card_refusal = refusal, card
        watched.keep(service.post(NURSERY, JSON_FORM, submission(service, 10 + number)))
        service.work()
        service.clock.pass_(minutes=5)
        service.work()
    service.caught.smtp_refusal, service.caught.card_refusal = "", None
    service.clock.pass_(minutes=30)
    service.work()


def _faults_of_our_own(watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each raises with an answer in its text, as a careless library would."""
    service = watched.service

    def raising(error: type[Exception]) -> Any:
        def act(*_: Any, **__: Any) -> Any:
            raise error("Xaviermoorhen Canarysurname at Quillshearwater")

        return act

    for number, (owner, name, error) in enumerate((
        (Words, "text", RuntimeError), (folder_store, "encrypt", OSError), (Sealer, "open", ValueError),
        (Delivery, "_act", KeyError), (os, "fsync", OSError),
    )):  # fmt: skip
        with monkeypatch.context() as broken:
            reference = service.post(NURSERY, JSON_FORM, submission(service, 20 + number))
            broken.setattr(owner, name, raising(error))
            service.work()
        watched.keep(reference)
        service.clock.pass_(minutes=1)
        service.work()
    with monkeypatch.context() as broken:
        broken.setattr("connector.intake.route", raising(RuntimeError))
        watched.keep(service.post(NURSERY, JSON_FORM, submission(service, 30)))
    with monkeypatch.context() as broken:
        broken.setattr("connector.record.typeset._print", raising(RuntimeError))
        watched.keep(service.post(NURSERY, JSON_FORM, submission(service, 31)))
        service.work()
    with monkeypatch.context() as broken:
        broken.setattr("connector.ledger.accepting._write", raising(RuntimeError))
        watched.keep(service.post(NURSERY, JSON_FORM, submission(service, 32)))
    service.work()


def test_no_word_of_a_concern_is_found_outside_restricted_storage(
    watched: Watched, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    drive_everything(watched, monkeypatch, capsys)
    assert watched.leaks() == set()
    assert len(watched.service.caught.mails) > 20
    subjects = {str(mail.message["Subject"]) for mail in watched.service.caught.mails}
    assert subjects >= {"All well: the safeguarding service", "Look today: the safeguarding service is not well"}
    assert len(watched.log.getvalue()) > 1000
    assert "http" not in watched.log.getvalue()


# -- a planted leak must be found, each in its place


def plant_in_log(_watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    original = Delivery._send

    def careless(self: Delivery, site: Any, held: Any, duty: Any) -> Any:
        logging.getLogger("connector.careless").warning(f"sending to {self.messages.aside(held).address}")  # noqa: G004 - the leak
        return original(self, site, held, duty)

    monkeypatch.setattr(Delivery, "_send", careless)


def plant_in_notice(_watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    original = Messages._notice

    def careless(self: Messages, *given: Any, **named: Any) -> Notice:
        from dataclasses import replace

        return replace(original(self, *given, **named), missing=("Xaviermoorhen's date of birth",))

    monkeypatch.setattr(Messages, "_notice", careless)


def plant_in_daily_message(_watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    original = DailyMessages._stands

    def careless(self: DailyMessages, *given: Any, **named: Any) -> AllWell:
        from dataclasses import replace

        return replace(original(self, *given, **named), next_review="Ask about Zebedeedunnock.")

    monkeypatch.setattr(DailyMessages, "_stands", careless)


def plant_in_receipt(_watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    original = Messages._receipt

    def careless(self: Messages, *given: Any, **named: Any) -> Receipt:
        from dataclasses import replace

        return replace(original(self, *given, **named), advice=("Thank you for telling us of Quillshearwater.",))

    monkeypatch.setattr(Messages, "_receipt", careless)


def plant_in_ledger(_watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Sealer, "seal", lambda self, content, place: content)
    monkeypatch.setattr(Sealer, "open", lambda self, sealed, place: sealed)


def plant_in_error(_watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    def careless(*_: Any, **__: Any) -> str:
        raise DeliveryError("No mailbox for Theodosiakittiwake.")

    monkeypatch.setattr("connector.notify.email.EmailChannel.send", careless)


def plant_in_file_name(_watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folder_store, "name", lambda record, part: f"{record.reference} Xaviermoorhen.{part}.age")


def plant_in_record(_watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folder_store, "encrypt", lambda content, recipients: content)


@pytest.mark.parametrize(("plant", "place"), [
    (plant_in_log, "log"), (plant_in_notice, "notice"), (plant_in_receipt, "notice"),
    (plant_in_daily_message, "notice"), (plant_in_ledger, "ledger"),
    (plant_in_error, "ledger"), (plant_in_file_name, "file name"), (plant_in_record, "record in clear"),
])  # fmt: skip
def test_a_planted_leak_is_found(watched: Watched, monkeypatch: pytest.MonkeyPatch, plant: Any, place: str) -> None:
    plant(watched, monkeypatch)
    _the_good_path(watched)
    assert place in watched.leaks()


def test_the_formatter_lets_no_argument_no_exception_text_and_no_unknown_field_through(log: io.StringIO) -> None:
    careless = logging.getLogger("careless.library")
    careless.warning("request to %s failed", "http://host/?sig=Xaviermoorhen")
    careless.error("failed", extra={"child": "Quillshearwater", "reference": "C-7QK4-M2XT"})
    try:
        raise TypesettingError("Zebedeedunnock")
    except TypesettingError:
        careless.exception("it broke")
    said = log.getvalue()
    assert not has_canary(said)
    assert "C-7QK4-M2XT" in said
    assert "TypesettingError" in said
    assert "request to %s failed" in said
    assert all(json.loads(line)["level"] for line in said.splitlines())
