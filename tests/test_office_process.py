"""Whatever is wrong with policies, the service takes concerns in; and it is loud about what is wrong."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from connector.demo.catchers import Caught, card_catcher, mail_catcher
from connector.office import NoOffice
from connector.register.register import Register
from connector.settings.load import load
from connector.wiring import build
from tests.process import Process, process
from tests.service import HandClock, aim_mail, copy_config, environment

SCHOOL, FORM = "little-lanterns", "record-of-concern-json"
CONCERN = json.dumps({"response_id": "p-1", "answers": {"Child's name": "Invented Child"}}).encode()


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Process]:
    caught = Caught()
    with mail_catcher(caught) as smtp, card_catcher(caught) as webhook, process(tmp_path, smtp, webhook) as found:
        yield found


def corrupt_register(config: Path) -> None:
    (config.parent / "var").mkdir(exist_ok=True)
    (config.parent / "var" / "register.db").write_bytes(b"this is no database" * 400)


def misspelt_date(config: Path) -> None:
    school = config / "schools" / f"{SCHOOL}.toml"
    school.write_text(school.read_text("utf-8") + '\n[policies.cse]\nnext_review = "Novembr 2026"\n', "utf-8")


def owner_who_left(config: Path) -> None:
    school = config / "schools" / f"{SCHOOL}.toml"
    school.write_text(school.read_text("utf-8") + '\n[policies.cse]\nowner = "somebody"\n', "utf-8")


def newer_register(config: Path) -> None:
    file = config.parent / "var" / "register.db"
    Register(file).close()
    with contextlib.closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")


def register_in_the_ledgers_file(config: Path) -> None:
    service = config / "service.toml"
    one = 'policies_database = "sqlite:///../var/connector.db"\n'
    service.write_text(f"{one}{service.read_text('utf-8')}", "utf-8")


def number_without_quotes(config: Path) -> None:
    add(config, "[policies.cse]\nnumber = 1.10\n")


def day_without_quotes(config: Path) -> None:
    add(config, "[policies.cse]\nwritten = 2023-11-01\n")


def unknown_key(config: Path) -> None:
    add(config, '[policies.cse]\nnextreview = "November 2027"\n')


def unknown_library(config: Path) -> None:
    add(config, '[policy_library]\nkind = "dropbox"\n')


def time_that_is_none(config: Path) -> None:
    school = config / "schools" / f"{SCHOOL}.toml"
    school.write_text(f'office_at = "7.30"\n{school.read_text("utf-8")}', "utf-8")


def draft_that_nobody_uses(config: Path) -> None:
    (config / "policies" / "draft.toml").write_text('name = "draft"\nconfirmed_by = A. Head\n', "utf-8")


def add(config: Path, table: str) -> None:
    school = config / "schools" / f"{SCHOOL}.toml"
    school.write_text(f"{school.read_text('utf-8')}\n{table}", "utf-8")


def broken_terms(config: Path) -> None:
    (config / "terms.toml").write_text("[sets.county\n", "utf-8")


@pytest.mark.parametrize("broken", [
    corrupt_register, misspelt_date, owner_who_left, broken_terms, newer_register, register_in_the_ledgers_file,
    number_without_quotes, day_without_quotes, unknown_key, unknown_library, time_that_is_none, draft_that_nobody_uses,
])  # fmt: skip
def test_a_fault_of_policies_keeps_no_concern_out(broken: Callable[[Path], None], served: Process) -> None:
    broken(served.config)
    served.start()
    served.wait_until_ready()
    assert served.post(SCHOOL, FORM, CONCERN)[0] == 202
    for door in ("/r/nothing", "/policies/nothing.ics"):
        status, said = served.get(door)
        assert status == 503
        assert "Concerns are taken in as ever." in " ".join(said.decode().split())
    assert served.stop() == 0
    assert "the office cannot start" in served.log.read_text()


def test_the_office_starts_beside_and_says_nothing_of_itself(served: Process) -> None:
    served.start()
    served.wait_until_ready()
    assert served.get("/r/nothing")[0] == 410
    assert served.stop() == 0
    assert "the office cannot start" not in served.log.read_text()
    assert (served.config.parent / "var" / "register.db").exists()


def test_without_the_office_the_daily_message_says_that_it_does_not_know(tmp_path: Path) -> None:
    config, caught = copy_config(tmp_path), Caught()
    with mail_catcher(caught) as port, card_catcher(caught) as webhook:
        settings = aim_mail(load(config, environment(webhook)), port)
        absent, clock = NoOffice(), HandClock()
        house = build(settings, clock, next_review=absent.next_review, reminders_failing=absent.reminders_failing)
        house.all_well.tell(clock.now())
        house.close()
    assert caught.mails
    assert {str(mail.message["Subject"]) for mail in caught.mails} == {
        "Look today: the safeguarding service is not well"
    }
