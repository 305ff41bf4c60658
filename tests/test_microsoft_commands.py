"""The technician's commands on a school's tenant: check, forms, drill, keys certificate."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from connector.cli import forms as forms_command
from connector.cli.main import main
from connector.record.document import from_bytes
from connector.record.page import make_page
from connector.settings.load import load
from tests.process import free_port
from tests.service import ROOT
from tests.tenanted import DSL, FORM, MAILBOX, OFFICE, SCHOOL, Tenanted, replaced, tenanted
from tests.test_microsoft_journey import workbook_of


@pytest.fixture
def ready(school: Tenanted, monkeypatch: pytest.MonkeyPatch) -> Tenanted:
    """The school with its secrets in the environment, as a technician's shell has them, on the real clock."""
    from datetime import UTC, datetime

    for name, value in school.given.items():
        monkeypatch.setenv(name, value)
    school.clock.moment[0] = datetime.now(UTC)
    return school


def check(school: Tenanted, *options: str) -> tuple[int, str]:
    import contextlib
    import io

    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        code = main(["check", *options, "--config", str(school.config)])
    return code, out.getvalue()


def line(said: str, words: str) -> str:
    return next(line for line in said.splitlines() if words in line)


def test_a_tenant_set_up_as_the_docs_say_passes_every_line_in_order(ready: Tenanted) -> None:
    ready.taken_in()
    code, said = check(ready)
    assert code == 0, said
    wanted = [
        "certificate is good until", "sign-in to the tenant", "store: library Records is there",
        "store: a marked test file went there and back", "store: only those on the list can read it",
        "store: has every column", "staff_store: library Records", "intake_library: library Responses can be read",
        "channel mail: a test message was taken", "channel mail: cannot send as anybody else",
        "channel dsl-chat: a test message was taken", "flow of record-of-concern: last response",
    ]  # fmt: skip
    places = [said.index(words) for words in wanted]
    assert places == sorted(places)
    assert all(line(said, words).startswith("ok") for words in wanted)
    assert len(ready.fake.cards) == 2
    assert [text for text in ready.said_to(OFFICE) if "test of the safeguarding service" in text]
    assert not any(name.startswith("connector-check") for name in ready.store.files())


def test_no_send_sends_nothing(ready: Tenanted) -> None:
    check(ready, "--no-send")
    assert ready.fake.mails == []
    assert ready.fake.cards == []


def spoil_consent(school: Tenanted) -> None:
    school.fake.app.roles.clear()


def spoil_grant(school: Tenanted) -> None:
    school.fake.app.site_grants.pop(school.store.site.id)


def spoil_to_read(school: Tenanted) -> None:
    school.fake.app.site_grants[school.store.site.id] = "read"


def spoil_library(school: Tenanted) -> None:
    school.store.site.libraries.clear()


def spoil_rights(school: Tenanted) -> None:
    school.store.share("guest")


def spoil_mailbox(school: Tenanted) -> None:
    school.fake.app.mailboxes.clear()


def spoil_too_wide(school: Tenanted) -> None:
    school.fake.app.roles.add("Mail.Send")


def spoil_webhook(school: Tenanted) -> None:
    school.fake.flows.clear()


def spoil_certificate(school: Tenanted) -> None:
    school.fake.app.certificates.clear()


def spoil_flow(school: Tenanted) -> None:
    school.drop(school.response(), "1")
    next(iter(school.intake.items.values()))
    for item in school.intake.items.values():
        item.created = item.created - timedelta(hours=1)


@pytest.mark.parametrize(("spoil", "words", "mend"), [
    (spoil_consent, "store: site or library cannot be reached", "New-MgSitePermission"),
    (spoil_grant, "store: site or library cannot be reached", "grantedToIdentities"),
    (spoil_to_read, "store: a test file could not go there and back", "New-MgSitePermission"),
    (spoil_library, "The site has no library of that name", "`library`"),
    (spoil_rights, "store: NOT restricted, nothing is filed there: a guest who was invited: guest@mail.example", "take it away"),
    (spoil_mailbox, "channel mail: the test message was not taken", "New-ManagementRoleAssignment"),
    (spoil_too_wide, "it can send as ANY mailbox of the school", "New-ManagementScope"),
    (spoil_webhook, "channel dsl-chat: the test message was not taken", "Workflows"),
    (spoil_certificate, "sign-in: The sign-in to the tenant was refused (AADSTS700027)", ".cer"),
    (spoil_flow, "1 response(s) have waited over 15 minutes", "connector worker"),
], ids=lambda value: getattr(value, "__name__", ""))  # fmt: skip
def test_each_fault_of_a_tenant_is_found_with_its_mend(ready: Tenanted, spoil: Any, words: str, mend: str) -> None:
    ready.may_complain = True
    spoil(ready)
    code, said = check(ready)
    assert code == 1
    assert line(said, words).startswith("FAULT"), said
    after = said[said.index(words) :]
    assert mend in after[: after.index("\nok") if "\nok" in after else None]
    assert ready.given["HARBOUR_VIEW_TEAMS_WEBHOOK"] not in said


def test_what_cannot_be_told_is_unverified_and_never_ok(ready: Tenanted) -> None:
    ready.fake.selected_can_read_permissions = False
    code, said = check(ready)
    assert code == 0
    assert line(said, "store: Microsoft Graph shows no permissions").startswith("UNVERIFIED")


def test_missing_columns_come_with_the_lines_that_make_them(ready: Tenanted) -> None:
    del ready.store.columns["ConcernUrgent"]
    _, said = check(ready)
    assert line(said, "columns are missing: ConcernUrgent").startswith("warning")
    assert (
        'Add-PnPField -List "Records" -DisplayName "ConcernUrgent" -InternalName "ConcernUrgent" -Type Boolean' in said
    )


def test_a_flow_that_was_never_heard_of_and_one_that_went_quiet_are_warned_of(ready: Tenanted) -> None:
    _, said = check(ready)
    assert line(said, "no response has come yet").startswith("warning")
    ready.clock.pass_(days=-70)
    ready.taken_in()
    _, said = check(ready)
    assert "No response has come through the flow since" in line(said, "flow of record-of-concern")


def test_the_activity_feed_is_tried_too_and_its_mend_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    feed = '[channels.feed]\nkind = "teams_activity"\napp_id = "99999999-8888-4777-9666-555555555555"\n\n[people.dsl]'
    with tenanted(tmp_path, replaced("[people.dsl]", feed)) as school:
        for name, value in school.given.items():
            monkeypatch.setenv(name, value)
        _, said = check(school)
        assert line(said, "channel feed: the test message was not taken").startswith("FAULT")
        assert "TeamsActivity.Send.User" in said
        school.fake.app.roles.add("TeamsActivity.Send.User")
        _, said = check(school)
        assert line(said, "channel feed: a test message was taken").startswith("ok")


# -- forms


def test_forms_show_prints_the_questions_as_last_seen_with_their_ids(
    ready: Tenanted, capsys: pytest.CaptureFixture[str]
) -> None:
    ready.drop(ready.response(r99999999999999999999999999999999="a new question's answer"))
    ready.poll()
    assert main(["forms", "show", "--json", "--config", str(ready.config)]) == 0
    out = capsys.readouterr().out
    [fact] = json.loads(out)
    by_id = {question["id"]: question for question in fact["questions"]}
    assert by_id["r1a7f0c3d5e924b6889d0a1b2c3d4e5f6"]["fields"] == ["child_name"]
    assert by_id["r99999999999999999999999999999999"] == {
        "id": "r99999999999999999999999999999999",
        "title": "",
        "fields": [],
    }
    assert "answer" not in out
    assert main(["forms", "show", "--config", str(ready.config)]) == 0
    assert "(not in the map)" in capsys.readouterr().out


def test_forms_import_takes_a_workbook_in_and_says_what_it_did(
    ready: Tenanted, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "responses.xlsx"
    file.write_bytes(workbook_of(ready, "1", "2", "3"))
    command = ["forms", "import", str(file), "--config", str(ready.config), "--history-before", "2026-09-01"]
    assert main(command) == 0
    assert "3 new response(s) taken in, 0 known before" in capsys.readouterr().out
    assert main(command) == 0
    assert "0 new response(s) taken in, 3 known before" in capsys.readouterr().out
    ready.clock.pass_(minutes=1)
    ready.work()
    assert len(ready.fake.cards) == 3


@pytest.mark.parametrize("data", [b"", b"not a workbook", b"PK\x03\x04 broken"])
def test_what_is_no_workbook_is_refused_with_words_that_help(
    ready: Tenanted, tmp_path: Path, data: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "responses.xlsx"
    file.write_bytes(data)
    assert main(["forms", "import", str(file), "--config", str(ready.config)]) == 1
    assert "download" in capsys.readouterr().err
    assert main(["forms", "import", str(tmp_path / "nowhere.xlsx"), "--config", str(ready.config)]) == 1
    assert main(["forms", "import", "--config", str(ready.config)]) == 1


def test_forms_map_writes_the_map_from_a_workbook_and_one_response(
    ready: Tenanted, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    school_file = ready.config / "schools" / f"{SCHOOL}.toml"
    before = ready.house.settings.schools[SCHOOL].forms[FORM].questions
    text = school_file.read_text("utf-8")
    school_file.write_text(
        text[: text.index("questions = [")] + 'questions = [{ title = "x", fields = [] }]\n', "utf-8"
    )
    workbook, response = tmp_path / "responses.xlsx", tmp_path / "response.json"
    workbook.write_bytes(workbook_of(ready, "1"))
    response.write_text(json.dumps(ready.response()), "utf-8")
    assert (
        main(["forms", "map", str(workbook), "--response", str(response), "--yes", "--config", str(ready.config)]) == 0
    )
    after = load(ready.config, os.environ).schools[SCHOOL].forms[FORM].questions
    assert [(one.title, set(one.fields)) for one in after] == [(one.title, set(one.fields)) for one in before]
    same = [one.id == other.id for one, other in zip(after, before, strict=True)]
    assert sum(same) >= len(before) - 4, "ids stand wherever the answers leave no doubt"
    assert all(one.id in {"", other.id} for one, other in zip(after, before, strict=True))
    assert "# Harbour View Nursery School" in school_file.read_text("utf-8")
    tomllib.loads(school_file.read_text("utf-8"))
    assert "NO ID" in capsys.readouterr().out or all(same)


def test_forms_map_asks_about_the_doubtful_ones(
    ready: Tenanted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.workbooks import make_workbook

    workbook = tmp_path / "responses.xlsx"
    workbook.write_bytes(
        make_workbook(["Child's name", "Anything else the head should weigh?"], [{"Child's name": "A"}])
    )
    said = iter(["1", "y"])
    asked: list[str] = []
    monkeypatch.setattr(forms_command.sys, "stdin", type("Terminal", (), {"isatty": lambda self: True})())
    monkeypatch.setattr("builtins.input", lambda prompt="": (asked.append(prompt), next(said))[1])
    assert main(["forms", "map", str(workbook), "--config", str(ready.config)]) == 0
    assert len(asked) == 2
    [first, second] = load(ready.config, os.environ).schools[SCHOOL].forms[FORM].questions
    assert first.fields == ("child_name",)
    assert len(second.fields) == 1


def test_a_certificate_is_made_and_never_overwritten(ready: Tenanted, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["keys", "certificate", "--config", str(ready.config)]) == 0
    out = capsys.readouterr().out
    assert 'certificate = "file:keys/microsoft-' in out
    [pem] = (ready.config / "keys").glob("microsoft-*.pem")
    assert pem.stat().st_mode & 0o077 == 0
    assert "PRIVATE" not in (pem.with_suffix(".cer")).read_text("ascii")


# -- the drill, on the real service


@pytest.fixture
def served(ready: Tenanted) -> Iterator[Tenanted]:
    """`connector serve` as a process of its own on this tenant."""
    from datetime import UTC, datetime

    ready.house.close()
    ready.fake.clock = lambda: datetime.now(UTC)
    port = free_port()
    service = ready.config / "service.toml"
    service.write_text(service.read_text("utf-8").replace("127.0.0.1:8080", f"127.0.0.1:{port}"), "utf-8")
    school = ready.config / "schools" / f"{SCHOOL}.toml"
    school.write_text(school.read_text("utf-8").replace("poll_seconds = 20", "poll_seconds = 5"), "utf-8")
    log = (ready.config.parent / "serve.log").open("ab")
    process = subprocess.Popen(
        [sys.executable, "-m", "connector", "serve", "--config", str(ready.config)],
        cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)}, stdout=log, stderr=log,
    )  # fmt: skip
    try:
        yield ready
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=120) == 0
        log.close()
        said = (ready.config.parent / "serve.log").read_text("utf-8")
        assert "DRILL" not in said
        assert "harbourview" not in said


def test_a_drill_goes_through_everything_and_every_message_says_that_it_is_one(
    served: Tenanted, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["drill", "--seconds", "300", "--config", str(served.config)]) == 0
    out = capsys.readouterr().out
    for words in (
        "put into the intake library", "accepted as C-", "filed in store", "told by mail: Imogen Farrow",
        "told by dsl-chat", "receipt to the reporter", "taken out of the intake library",
    ):  # fmt: skip
        assert words in out, out
    assert len(served.filed()) == 2
    assert served.intake.files() == {}
    assert served.store.fields(served.filed()[1])["ConcernStatus"] == "drill"
    assert all("DRILL" in mail.part("plain") for mail in served.fake.mails)
    assert "DRILL" in json.dumps(served.fake.cards)
    assert {mail.mailbox for mail in served.fake.mails} == {MAILBOX}
    assert served.said_to(DSL)
    page = from_bytes(served.store.files()[served.filed()[0]])
    assert "DRILL" in make_page(page, page["reference"], 1)["banner"][0]


def test_a_drill_that_nobody_takes_in_says_why_and_fails(ready: Tenanted, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["drill", "--seconds", "1", "--config", str(ready.config)]) == 1
    assert "is `connector serve` or `connector worker` running?" in capsys.readouterr().err
