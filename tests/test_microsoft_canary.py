"""The canary in a school's tenant: what reaches Microsoft outside the record itself holds no word of a concern.

Names of files, columns, paths, queries, headers, mails, cards, the activity feed; and on our side logs, the
ledger's bytes, the command line. And a planted leak must be found in each place, or this proves nothing.
"""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from connector.announcing import Bulletins
from connector.cli.main import main
from connector.forms.intake_library import IntakeLibrary
from connector.model.notice import Bulletin
from connector.outbound.graph import Graph
from connector.outbound.sharepoint import Library
from connector.store.sharepoint import SharePointStore
from tests.tenanted import FORM, SCHOOL, Tenanted, replaced, tenanted
from tests.test_canary import ADDRESS, BIRDS, has_canary, log
from tests.test_microsoft_journey import bring, uploaded
from tests.workbooks import make_workbook

__all__ = ["log"]
FEED = '[channels.feed]\nkind = "teams_activity"\napp_id = "99999999-8888-4777-9666-555555555555"\n\n[people.dsl]'


class Watched:
    """A school in its tenant, of which everything that leaves the record is kept."""

    def __init__(self, school: Tenanted, log: io.StringIO) -> None:
        self.school, self.log = school, log
        self.said: list[str] = []

    def leaks(self) -> set[str]:
        places = {
            "log": self.log.getvalue(),
            "command line": "\n".join(self.said),
            "ledger": "\n".join(path.read_bytes().decode("latin-1") for path in self._ledger_files()),
            "file name": "\n".join(
                [*self.school.store.files(), *self.school.staff_records.files(), *self._kept_apart()]
            ),
            "column": "\n".join(json.dumps(self.school.store.fields(name)) for name in self.school.store.files()),
            "path or query": "\n".join(f"{each.path}?{each.query}" for each in self._ours()),
            "header": "\n".join(json.dumps(each.headers) for each in self._ours()),
            "body": "\n".join(each.body.decode("latin-1") for each in self._ours() if not _is_content(each)),
            "mail": "\n".join(self._mails()),
            "card": json.dumps(self.school.fake.cards, ensure_ascii=False),
            "activity feed": json.dumps([each.body for each in self.school.fake.activities], ensure_ascii=False),
        }
        return {place for place, text in places.items() if has_canary(text)}

    def _ledger_files(self) -> Iterator[Path]:
        file = self.school.house.ledger.file
        return file.parent.glob(f"{file.stem}*")

    def _kept_apart(self) -> Iterator[str]:
        return (name for name in self.school.intake.files() if name.startswith("taken-in"))

    def _ours(self) -> Iterator[Any]:
        return (each for each in list(self.school.fake.requests))

    def _mails(self) -> Iterator[str]:
        for mail in self.school.fake.mails:
            yield "\n".join(f"{name}: {value}" for name, value in mail.message.items() if name != "To")
            yield mail.part("plain") + mail.part("html")
            if ADDRESS not in mail.recipients:
                yield str(mail.message["To"])


def _is_content(each: Any) -> bool:
    """What is put into the record itself, and mail, which is read in plain elsewhere."""
    is_record = each.method == "PUT" and ("/content" in each.path or each.path.startswith("/_upload"))
    return is_record or each.path.endswith("/sendMail")


@pytest.fixture
def watched(tmp_path: Path, log: io.StringIO) -> Iterator[Watched]:
    with tenanted(tmp_path, replaced("[people.dsl]", FEED)) as school:
        school.fake.app.roles.add("TeamsActivity.Send")
        yield Watched(school, log)


def response(school: Tenanted, number: int, **changes: Any) -> dict[str, Any]:
    questions = school.house.settings.schools[SCHOOL].forms[FORM].questions
    answers = {q.id: f"{BIRDS[n % len(BIRDS)]} Canarysurname{number}" for n, q in enumerate(questions)}
    return {
        "schema": "concern-intake/1", "responseId": str(number), "submittedAt": "2026-11-17T10:50:00Z",
        "responder": ADDRESS, "answers": answers | changes,
    }  # fmt: skip


def everything(watched: Watched, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    school = watched.school
    the_good_path(watched)
    the_workbook(watched)
    failures_of_microsoft(watched)
    faults_of_our_own(watched, monkeypatch)
    for name, value in school.given.items():
        monkeypatch.setenv(name, value)
    for command in (
        ["check"],
        ["check", "--json", "--no-send"],
        ["status", "--json"],
        ["forms", "show"],
        ["forms", "show", "--json"],
    ):
        main([*command, "--config", str(school.config)])
    out, err = capsys.readouterr()
    watched.said += [out, err]


def the_good_path(watched: Watched) -> None:
    school = watched.school
    photo = uploaded(school, b"\xff\xd8 a photo", "Rosamundgarganey at swimming.jpg")
    school.drop(response(school, 1, r00000000000000000000000000000001=photo), "1")
    school.drop(
        response(school, 2, Zebedeedunnock="an unknown key", rffffffffffffffffffffffffffffffff="Montagubittern"), "2"
    )
    school.drop(b'{"answers": Xaviermoorhen', "3")
    for _ in range(2):
        school.poll()
        school.work()
    for minutes in (15, 15, 30):
        school.clock.pass_(minutes=minutes)
        school.watch()
        school.work()
    school.drop(response(school, 1, r1a7f0c3d5e924b6889d0a1b2c3d4e5f6="Ottolinepochard edited"), "1-again")
    school.poll()
    headers = {
        "Content-Type": "application/json",
        "Authorization": f"Bearer {school.fake.issue_token('api://x', 'y', 1)}",
    }
    school.post(SCHOOL, FORM, response(school, 4), headers=headers)
    school.post(SCHOOL, FORM, response(school, 5))
    school.house.polling.sweep(SCHOOL, school.clock.now())
    school.work()


def the_workbook(watched: Watched) -> None:
    school = watched.school
    titles = [question.title for question in school.house.settings.schools[SCHOOL].forms[FORM].questions]
    rows = [{"ID": number, "Email": ADDRESS} | dict.fromkeys(titles, "Wilhelminasmew") for number in (50, 51)]
    bring(school, make_workbook([*titles, "Barnabywhimbrel?"], rows))
    school.work()


def failures_of_microsoft(watched: Watched) -> None:
    school = watched.school
    for number, fault in enumerate((
        {"match": "PUT", "status": 403, "code": "Xaviermoorhen"}, {"match": "sendMail", "status": 429},
        {"match": "delta", "status": 503}, {"match": "GET .*content", "cut": True}, {"match": "PATCH", "status": 400},
    ), 60):  # fmt: skip
        school.fake.fail(times=3, **fault)
        school.drop(response(school, number), str(number))
        for _ in range(4):
            school.poll()
            school.work()
            school.clock.pass_(minutes=20)
            school.watch()
    school.store.share("user", name="Evangelinecapercaillie")
    school.clock.pass_(days=2)
    school.drop(response(school, 70), "70")
    for _ in range(3):
        school.poll()
        school.watch()
        school.work()
        school.clock.pass_(minutes=11)
    school.store.unshare_all()
    school.watch()
    school.work()


def faults_of_our_own(watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each raises with an answer in its text, as a careless library would."""
    school = watched.school

    def act(*_: Any, **__: Any) -> Any:
        raise RuntimeError("Xaviermoorhen Canarysurname at Quillshearwater")

    for number, (owner, name) in enumerate((
        (Graph, "_once"), (Library, "file"), (IntakeLibrary, "settle"), (SharePointStore, "_values"), (Bulletins, "_sent"),
    ), 80):  # fmt: skip
        school.drop(response(school, number), str(number))
        with monkeypatch.context() as broken:
            broken.setattr(owner, name, act)
            school.poll()
            school.work()
        school.clock.pass_(minutes=6)
        school.poll()
        school.work()


def test_no_word_of_a_concern_reaches_microsoft_outside_the_record_itself(
    watched: Watched, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    everything(watched, monkeypatch, capsys)
    watched.school.may_complain = True
    assert watched.leaks() == set()
    assert len(watched.school.fake.mails) > 20
    assert len(watched.school.fake.activities) > 5
    assert len(watched.school.filed()) > 20
    content = b"".join(watched.school.store.files().values())
    assert b"Rosamundgarganey" in content, "and the record does hold them"
    assert "http" not in watched.log.getvalue()
    assert "harbourview.example" not in watched.log.getvalue()


# -- a planted leak must be found, each in its place


def plant_in_path(watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    real = Library.item
    monkeypatch.setattr(Library, "item", lambda self, *names: (real(self, "Xaviermoorhen"), real(self, *names))[1])


def plant_in_header(watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    watched.school.house.sites[SCHOOL].graph._agent = "NONISV|Quillshearwater|x"


def plant_in_column(watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    real = SharePointStore._values
    monkeypatch.setattr(
        SharePointStore, "_values", lambda self, rec: real(self, rec) | {"ConcernStatus": "Zebedeedunnock"}
    )


def plant_in_name(watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    real = Library.move

    def careless(self: Library, item: str, folder: str, name: str, tag: str) -> None:
        real(self, item, folder, f"Ottolinepochard-{name}", tag)

    monkeypatch.setattr(Library, "move", careless)


def plant_in_activity(watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connector.notify.activity.heading_of", lambda message: "A concern about Leopoldinabrambling")


def plant_in_bulletin(watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    watched.school.store.share("organization")
    real = Bulletins.announce

    def careless(self: Bulletins, site: Any, bulletin: Bulletin, key: str, now: Any) -> bool:
        from dataclasses import replace

        return real(self, site, replace(bulletin, said="Cressidawheatear's record waits"), key, now)

    monkeypatch.setattr(Bulletins, "announce", careless)


def plant_in_log(watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    real = IntakeLibrary.read

    def careless(self: IntakeLibrary, found: Any) -> bytes:
        body = real(self, found)
        logging.getLogger("connector.careless").warning("took in " + body.decode())  # noqa: G003 - the leak
        return body

    monkeypatch.setattr(IntakeLibrary, "read", careless)


@pytest.mark.parametrize(("plant", "places"), [
    (plant_in_path, {"path or query"}), (plant_in_header, {"header"}), (plant_in_column, {"column", "body"}),
    (plant_in_name, {"body", "file name"}), (plant_in_activity, {"activity feed", "body"}), (plant_in_bulletin, {"mail"}),
    (plant_in_log, {"log"}),
])  # fmt: skip
def test_a_planted_leak_is_found(
    watched: Watched, monkeypatch: pytest.MonkeyPatch, plant: Any, places: set[str]
) -> None:
    plant(watched, monkeypatch)
    school = watched.school
    school.may_complain = True
    school.drop(response(school, 1), "1")
    school.poll()
    found = watched.leaks()
    for _ in range(2):
        school.watch()
        school.work()
        found |= watched.leaks()
    assert found >= places


def test_a_request_id_is_logged_only_where_it_looks_like_one() -> None:
    from connector.outbound.graph import _plain

    assert _plain("0f1a2b3c-0000-4444-8888-abcdefabcdef")
    assert _plain("Xavier Moorhen") == ""
    assert _plain("x" * 65) == ""
