"""A leak planted in each place to which Google's parts carry anything: the canary finds every one of them."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import Any

import pytest

from connector.announcing import Bulletins
from connector.errors import DeliveryError
from connector.forms.google_source import GoogleFormSource
from connector.model.notice import Bulletin
from connector.notify.gmail import GmailChannel
from connector.notify.words import Words
from connector.outbound import google as google_of
from connector.outbound.drive import Drive
from connector.sealing import Sealer
from connector.web import health
from tests.test_canary import BIRDS, log
from tests.test_google_canary import Watched, answer, watched
from tests.test_google_contract import SCOPES
from tests.workspaced import DSL, MAILBOX

__all__ = ["log", "watched"]
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")


def plant_in_query(watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    real = Drive.find
    monkeypatch.setattr(Drive, "find", lambda self, drive, name: (real(self, drive, "Xaviermoorhen"), "")[1])


def plant_in_header(watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    real = google_of.exchange
    monkeypatch.setattr(
        google_of,
        "exchange",
        lambda *a, headers, **more: real(*a, headers={**headers, "X-Goog-Api-Client": "Zebedeedunnock"}, **more),
    )


def plant_in_file_name(watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    real = Drive.create
    monkeypatch.setattr(
        Drive, "create", lambda self, id_, name, *more: real(self, id_, f"Ottolinepochard-{name}", *more)
    )


def plant_in_mark(watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connector.outbound.drive._MARK", "Quillshearwater")


def plant_in_card(watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connector.notify.chat._line", lambda message: "A concern about Leopoldinabrambling")


def plant_in_text_message(watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Words, "short", lambda self, message: "Barnabywhimbrel is not safe")


def plant_in_subject(watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    from connector.notify import gmail

    real = gmail.compose

    def careless(*given: Any) -> Any:
        mail = real(*given)
        return replace(mail, wire=mail.wire.replace(b"Subject: ", b"Subject: Wilhelminasmew: "))

    monkeypatch.setattr(gmail, "compose", careless)


def plant_in_bulletin(watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    watched.school.store.add("anyone", "reader")
    real = Bulletins.announce

    def careless(self: Bulletins, site: Any, bulletin: Bulletin, key: str, now: Any) -> bool:
        return real(self, site, replace(bulletin, said="Cressidawheatear's record waits"), key, now)

    monkeypatch.setattr(Bulletins, "announce", careless)


def plant_a_title(watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connector.forms.google_source.say", lambda found: f"{found[0].title} {found[-1].title}")


def plant_in_log(watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    real = GoogleFormSource.read

    def careless(self: GoogleFormSource, found: Any) -> bytes:
        body = real(self, found)
        logging.getLogger("connector.careless").debug("took in " + body.decode())  # noqa: G003 - the leak
        return body

    monkeypatch.setattr(GoogleFormSource, "read", careless)


def plant_in_ledger(watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Sealer, "seal", lambda self, content, place: content)
    monkeypatch.setattr(Sealer, "open", lambda self, sealed, place: sealed)


def plant_in_error(watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    def careless(*_: Any, **__: Any) -> str:
        raise DeliveryError("No mailbox for Theodosiakittiwake.")

    monkeypatch.setattr(GmailChannel, "send", careless)


def plant_in_metric(watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    real = health._metrics
    monkeypatch.setattr(
        health, "_metrics", lambda house: real(house) + 'connector_forms{title="Lysandercrossbill"} 1\n'
    )


def plant_in_answer(watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connector.web.health._unready", lambda house, **_: [f"{BIRDS[3]} waits"])


@pytest.mark.parametrize(("plant", "places"), [
    (plant_in_query, {"path or query"}), (plant_in_header, {"header"}), (plant_in_file_name, {"file", "body"}),
    (plant_in_mark, {"file", "body", "path or query"}), (plant_in_card, {"card", "body"}),
    (plant_in_text_message, {"short message"}), (plant_in_subject, {"mail"}), (plant_in_bulletin, {"mail"}),
    (plant_a_title, {"mail", "ledger"}), (plant_in_log, {"log"}), (plant_in_ledger, {"ledger"}),
    (plant_in_error, {"ledger"}), (plant_in_metric, {"answer"}), (plant_in_answer, {"answer"}),
], ids=lambda given: getattr(given, "__name__", ""))  # fmt: skip
def test_a_planted_leak_is_found(
    watched: Watched, monkeypatch: pytest.MonkeyPatch, plant: Any, places: set[str]
) -> None:
    plant(watched, monkeypatch)
    school = watched.school
    school.may_complain = True
    answer(school, 1)
    school.poll()
    found = watched.leaks()
    for _ in range(2):
        school.watch()
        school.work()
        found |= watched.leaks()
    watched.get("/metrics")
    watched.get("/readyz")
    assert found | watched.leaks() >= places


def test_without_a_planted_leak_nothing_is_found_on_the_same_way(watched: Watched) -> None:
    school = watched.school
    answer(school, 1)
    school.poll()
    for _ in range(2):
        school.watch()
        school.work()
    watched.get("/metrics")
    watched.get("/readyz")
    assert watched.leaks() == set()
    assert school.said_to(DSL) or school.fake.mails
    assert {each.mailbox for each in school.fake.mails} == {MAILBOX}
    assert set(SCOPES) - {"pubsub"} <= {each.method_id.partition(".")[0] for each in school.fake.requests}
