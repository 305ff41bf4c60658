"""The command line: each command as a person calls it, its exit code, and never a traceback for their mistake."""

from __future__ import annotations

import argparse
import json
import os
import re
from pathlib import Path

import pytest

from connector.cli.main import main, make_parser
from connector.errors import DeliveryError
from tests.service import ROOT, Service, copy_config, environment, running, sample_of


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, value in environment("http://127.0.0.1:1/?sig=s").items():
        monkeypatch.setenv(name, value)
    return copy_config(tmp_path)


@pytest.fixture
def stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Service, str]:
    """A service that took in S01, filed and told it, and was stopped."""
    for name, value in environment("http://127.0.0.1:1/?sig=s").items():
        monkeypatch.setenv(name, value)
    with running(tmp_path) as service:
        reference = service.accept("S01")
        service.work()
    return service, reference


def test_check_says_of_a_sound_setup_that_it_is(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--config", str(config)]) == 0
    said = capsys.readouterr().out
    assert "FAULT" not in said
    assert "ledger: a write is durable" in said
    assert "does not ask for: your name and role" in said
    assert "form record-of-concern does not ask whether it is about an adult" in said


def test_check_tells_programs_too(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--config", str(config), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert {"state", "what", "mend"} == set(found[0])


def test_check_finds_a_wrong_key_a_dead_folder_and_a_changed_audit(
    stopped: tuple[Service, str], capsys: pytest.CaptureFixture[str]
) -> None:
    import sqlite3

    service, _ = stopped
    connection = sqlite3.connect(service.house.ledger.file)
    connection.execute("UPDATE audit SET act = 'x' WHERE seq = 1")
    connection.commit()
    connection.close()
    (service.config / "keys" / "journey.key").write_text("bm90IGxvbmc=")
    records = service.config.parent / "var" / "records"
    (records / "starling-infants").write_text("a file where a folder should be")
    assert main(["check", "--config", str(service.config)]) == 1
    said = capsys.readouterr().out
    assert "FAULT    journey key" in said
    assert "the chain breaks at line 1" in said
    assert "FAULT    starling-infants: store" in said


def test_check_tells_faults_of_the_configuration_and_exits_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", "--config", str(tmp_path)]) == 1
    assert "service.toml" in capsys.readouterr().out


def test_serve_with_faults_says_them_and_exits_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["serve", "--config", str(tmp_path)]) == 1
    said = capsys.readouterr().err
    assert "service.toml" in said
    assert "Traceback" not in said


def test_status_shows_what_is_owed_and_nothing_of_the_concern(
    stopped: tuple[Service, str], capsys: pytest.CaptureFixture[str]
) -> None:
    service, reference = stopped
    assert main(["status", "--config", str(service.config)]) == 0
    said = capsys.readouterr().out
    assert reference in said
    assert "unacknowledged" in said
    assert main(["status", "--config", str(service.config), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["counts"]["unacknowledged"] == 1
    assert not any(answer in said for answer in sample_of("S01")["answers"].values() if len(answer) > 3)


def test_status_exits_1_where_something_has_failed_and_retry_owes_it_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in environment("http://127.0.0.1:1/?sig=s").items():
        monkeypatch.setenv(name, value)
    with running(tmp_path) as service:
        service.caught.card_refusal = (404, {})
        reference = service.accept("S01")
        service.work()
    config = ["--config", str(service.config)]
    assert main(["status", *config]) == 1
    assert f"FAILED: {reference} tell by dsl-chat: The far side answered 404." in capsys.readouterr().out
    assert main(["retry", reference.lower(), *config]) == 0
    assert "1 duties" in capsys.readouterr().out
    assert main(["status", *config]) == 0


@pytest.mark.parametrize("said", ["nonsense", "C-7QK4-M2XA"])
def test_a_reference_that_is_none_is_said_to_be_so(config: Path, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["retry", said, "--config", str(config)]) == 1
    assert "Traceback" not in capsys.readouterr().err


def test_open_shows_the_record_to_its_reader(stopped: tuple[Service, str], capsys: pytest.CaptureFixture[str]) -> None:
    service, reference = stopped
    key = service.config / "keys" / "readers" / "little-lanterns-dsl.key"
    assert main(["open", reference, "--identity", str(key), "--config", str(service.config)]) == 0
    said = capsys.readouterr().out
    for answer in sample_of("S01")["answers"].values():
        assert answer in said


def test_open_writes_the_files_for_their_owner_only(stopped: tuple[Service, str], tmp_path: Path) -> None:
    service, reference = stopped
    key = service.config / "keys" / "readers" / "little-lanterns-dsl.key"
    out = tmp_path / "opened"
    assert main(["open", reference, "--identity", str(key), "--out", str(out), "--config", str(service.config)]) == 0
    found = sorted(out.iterdir())
    assert [path.name for path in found] == [f"{reference}-1.json", f"{reference}-1.pdf"]
    assert all(path.stat().st_mode & 0o077 == 0 for path in found)


def test_open_with_another_readers_key_shows_nothing(
    stopped: tuple[Service, str], capsys: pytest.CaptureFixture[str]
) -> None:
    service, reference = stopped
    key = service.config / "keys" / "readers" / "starling-infants-dsl.key"
    assert main(["open", reference, "--identity", str(key), "--config", str(service.config)]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert "ask whoever is named as its reader" in err


def test_keys_are_made_once_and_never_overwritten(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = {path: path.read_bytes() for path in (config / "keys").rglob("*") if path.is_file()}
    assert main(["keys", "new", "--config", str(config)]) == 0
    assert "Every key is there already" in capsys.readouterr().out
    assert before == {path: path.read_bytes() for path in (config / "keys").rglob("*") if path.is_file()}
    assert all(os.stat(path).st_mode & 0o077 == 0 for path in before)


def test_a_rotated_key_stays_and_the_next_step_is_said(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = (config / "keys" / "journey.key").read_text()
    assert main(["keys", "rotate", "--config", str(config)]) == 0
    said = capsys.readouterr().out
    name = (
        next(line for line in said.splitlines() if "file:keys/journey-" in line)
        .strip()
        .strip('"')
        .removeprefix("file:keys/")
    )
    assert (config / "keys" / name).read_text() == before
    assert (config / "keys" / "journey.key").read_text() != before


def test_the_demo_runs_through_and_prints_the_facts(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", "--once", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["verified"] is True
    assert all(step["verified"] for step in found["steps"])
    assert {"reference", "record", "mail", "card"} <= set(found["facts"])


def test_the_demo_fails_where_a_step_does_not_hold(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from connector.demo import walk
    from connector.demo.stage import wait_for
    from connector.notify.teams import TeamsChannel

    def refuse(*_: object) -> str:
        raise DeliveryError

    monkeypatch.setattr(TeamsChannel, "send", refuse)
    # The record comes, however busy the machine is; the card, which is awaited next, never does.
    seconds = iter((60, 2))
    monkeypatch.setattr(walk, "wait_for", lambda what: wait_for(what, seconds=next(seconds)))
    assert main(["demo", "--once"]) == 1
    said = capsys.readouterr().out
    assert "ok   the record is in the folder" in said
    assert "FAIL the DSL and the deputy have a mail, their chat has a card" in said


def test_every_command_explains_itself_with_an_example(capsys: pytest.CaptureFixture[str]) -> None:
    parser = make_parser()
    for name in ("serve", "web", "worker", "check", "status", "retry", "open", "keys", "demo"):
        with pytest.raises(SystemExit) as ended:
            parser.parse_args([name, "--help"])
        assert ended.value.code == 0
        assert "example: connector" in capsys.readouterr().out


def test_the_docs_name_every_command_that_has_json() -> None:
    said = (ROOT / "docs" / "operating.md").read_text("utf-8")
    (sentence,) = re.findall(r"has `--help` with an example\. ([^.]+) have `--json`\.", said)
    (commands,) = (one.choices for one in make_parser()._actions if isinstance(one, argparse._SubParsersAction))
    with_json = {name for name, parser in commands.items() if "--json" in parser._option_string_actions}
    assert {name.split()[0] for name in re.findall(r"`([a-z ]+)`", sentence)} == with_json


def test_words_that_are_off_exit_2(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["fly"])
    assert ended.value.code == 2
    assert "usage" in capsys.readouterr().err
