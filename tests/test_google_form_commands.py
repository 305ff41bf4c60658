"""`connector forms show|map|check` and `connector drill` on a school's Workspace."""

from __future__ import annotations

import json
import os
import re
import tomllib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from connector.cli import drill as drill_command
from connector.errors import ConnectorError
from connector.settings.load import load
from tests.google_shell import Change, line, run, secrets_in, shell
from tests.service import SIGNING
from tests.workspaced import FORM, MAILBOX, SCHOOL, STAFF, Workspaced


@pytest.fixture
def ready(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspaced]:
    with shell(tmp_path, monkeypatch) as found:
        yield found


# -- forms


def test_forms_show_asks_the_form_itself_grid_rows_and_strangers_too(ready: Workspaced) -> None:
    rows = ready.form.ask_grid("Seen by", ["Me", "Another adult"], ["Yes", "No"])
    ready.form.remove(ready.laid.ids["Your name"])
    code, said = run(ready, "forms", "show", "--json")
    assert code == 0
    [fact] = json.loads(said)
    by_id = {one["id"]: one for one in fact["questions"]}
    assert [by_id[row]["title"] for row in rows] == ["Seen by: Me", "Seen by: Another adult"]
    assert [by_id[row]["fields"] for row in rows] == [[], []]
    assert by_id[ready.laid.ids["Name of child(ren)"]]["fields"] == ["child_name"]
    assert "NOT IN THE FORM ANY MORE" in by_id[ready.laid.ids["Your name"]]["title"]
    assert fact["seen"] == "17 questions, as the form has them now"
    ready.form.unshare(MAILBOX)
    code, said = run(ready, "forms", "show")
    assert code == 0
    assert "cannot be asked now" in said
    assert "child_name" in said


def school_file(school: Workspaced) -> Path:
    return school.config / "schools" / f"{SCHOOL}.toml"


def mapped(school: Workspaced) -> dict[str, tuple[str, tuple[str, ...]]]:
    questions = load(school.config, os.environ).schools[SCHOOL].forms[FORM].questions
    return {one.id: (one.title, one.fields) for one in questions}


def test_forms_map_writes_the_forms_own_ids_and_keeps_what_people_wrote(ready: Workspaced) -> None:
    before = mapped(ready)
    rows = ready.form.ask_grid("Seen by", ["Me", "Another adult"], ["Yes", "No"])
    ready.form.retitle(ready.laid.ids["Your name"], 'Your name: "in full"\\ it\tis\nyours')
    text = school_file(ready).read_text("utf-8")
    emptied = re.sub(
        r"questions = \[\n.*?\n\]\n", 'questions = [{ title = "x", fields = [] }]\n', text, flags=re.DOTALL
    )
    school_file(ready).write_text(emptied, "utf-8")
    code, said = run(ready, "forms", "map", "--yes")
    assert code == 0, said
    after = mapped(ready)
    assert list(after) == ready.form.question_ids()
    assert [after[row] for row in rows] == [("Seen by: Me", ()), ("Seen by: Another adult", ())]
    assert after[ready.laid.ids["Your name"]][0] == 'Your name: "in full"\\ it\tis\nyours'
    assert after[ready.laid.ids["Name of child(ren)"]] == before[ready.laid.ids["Name of child(ren)"]]
    assert {field for _, fields in after.values() for field in fields} >= {"child_name", "observation", "place"}
    written = school_file(ready).read_text("utf-8")
    assert [each for each in text.splitlines() if each.startswith("#") and each not in written.splitlines()] == []
    tomllib.loads(written)


def wrong_id(school: Workspaced) -> None:
    text = school_file(school).read_text("utf-8")
    school_file(school).write_text(text.replace(school.form.id, "1WrongWrongWrongWrongWrongWrong"), "utf-8")


def blank(school: Workspaced) -> None:
    school.form.items.clear()


def untold(school: Workspaced) -> None:
    school.fake.fail("forms.forms.get", 503, times=None)


@pytest.mark.parametrize("spoil", [wrong_id, blank, untold])
def test_a_form_that_tells_no_questions_leaves_the_map_as_it_was(
    ready: Workspaced, spoil: Callable[[Workspaced], None]
) -> None:
    spoil(ready)
    before = school_file(ready).read_bytes()
    code, said = run(ready, "forms", "map", "--yes")
    assert school_file(ready).read_bytes() == before
    assert code == 1, said
    assert said


def test_forms_check_says_that_a_wrong_id_is_one(ready: Workspaced) -> None:
    wrong_id(ready)
    code, said = run(ready, "forms", "check")
    assert code == 1
    assert line(said, "the form cannot be read").startswith("FAULT")
    assert "compare `form` with the address under which it is edited" in said


def test_forms_check_finds_who_can_read_the_answers_and_names_them_to_the_technician(ready: Workspaced) -> None:
    ready.form.share(STAFF, "writer")
    code, said = run(ready, "forms", "check")
    assert code == 1
    assert line(said, f"its answers can be read by: a person who is not on the list: {STAFF}").startswith("FAULT")


@pytest.mark.parametrize("words", [("--form", "cause-for-concem"), ("--school", "wilow-bank")])
def test_a_check_of_a_form_that_there_is_not_is_never_green(ready: Workspaced, words: tuple[str, ...]) -> None:
    code, said = run(ready, "forms", "check", *words)
    assert code == 1, "nothing was checked"
    assert "there is" in said.lower()


# -- the drill


def keyed(folder: Path, has_key: bool) -> Change:
    """The form with a key of its own by which the service's door can be used, or without."""

    def change(text: str) -> str:
        text = re.sub(r"signing_key = .*\n", "", text)
        (folder / "config" / "keys" / "drill").write_text(SIGNING, "utf-8")
        key = 'signing_key = "file:keys/drill"\n'
        return text.replace('profile = "default-record"\n', f'profile = "default-record"\n{key}') if has_key else text

    return change


@pytest.mark.parametrize("has_key", [True, False])
def test_a_drill_goes_through_everything_and_every_message_says_that_it_is_one(
    tmp_path: Path, has_key: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    with shell(tmp_path, monkeypatch, change=keyed(tmp_path, has_key)) as school:
        # The door and the worker are the running service's; here the pause is its turn.
        monkeypatch.setattr(drill_command, "_until", lambda _: turn_of(school))
        monkeypatch.setattr("connector.drilling.exchange", door_of(school))
        school.poll()
        code, said = run(school, "drill")
        assert code == 0, said
        way = "sent to the service, as the form does" if has_key else "taken in here, as if it had been fetched"
        for words in (way, "accepted as C-", "filed in", "told by mail: ", "receipt to the reporter"):
            assert words in said, said
        assert len(school.filed(school.store)) + len(school.filed(school.laid.staff_records)) == 2
        assert school.form.responses == [], "nobody but a person can answer a Google form"
        assert {mail.mailbox for mail in school.fake.mails} == {MAILBOX}
        assert all("DRILL" in mail.part("plain") for mail in school.fake.mails)
        assert all("DRILL" in each.text + json.dumps(each.cards) for each in school.fake.chats)
        assert secrets_in(school, said) == []


def test_a_drill_goes_the_way_that_concerns_about_children_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with shell(tmp_path, monkeypatch, change=keyed(tmp_path, False)) as school:
        monkeypatch.setattr(drill_command, "_until", lambda _: turn_of(school))
        school.poll()
        code, said = run(school, "drill")
        assert code == 0, said
        for words in ("filed in store", "told by mail: Maren Oduya", "told by dsl-space"):
            assert words in said, said


def turn_of(school: Workspaced) -> Callable[[], bool]:
    """The running service performs what is due, some few times."""
    turns = iter([True] * 5)

    def turn() -> bool:
        school.clock.moment[0] = datetime.now(UTC)
        school.work()
        return next(turns, False)

    return turn


def door_of(school: Workspaced) -> Callable[..., Any]:
    """What `exchange` does, into the test's own service."""
    from connector.outbound.http import Answered

    def post(method: str, url: str, *, body: bytes, headers: dict[str, str]) -> Answered:
        assert (method, urlsplit(url).netloc) == ("POST", "127.0.0.1:8080")
        answer = school.client.post(urlsplit(url).path, data=body, headers=headers)
        return Answered(answer.status_code, dict(answer.headers), answer.data)

    return post


def test_a_drill_without_ids_in_the_map_says_how_to_get_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with shell(tmp_path, monkeypatch, change=lambda text: re.sub(r' id = "[0-9a-f]+",', "", text, count=1)) as school:
        school.poll()
        code, said = run(school, "drill")
        assert code == 1
        assert "connector forms map" in said
        with pytest.raises((ConnectorError, IndexError)):
            school.newest()
