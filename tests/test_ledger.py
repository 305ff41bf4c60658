"""The ledger: durable together, one bad item alone, a chain that shows tampering, tables as migrated."""

from __future__ import annotations

import json
import shutil
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection

from connector.demo.stage import wait_for
from connector.errors import CannotAccept, SealError
from connector.ledger.audit import AuditLine
from connector.ledger.ledger import Ledger
from connector.ledger.schema import HEAD, MIGRATIONS, metadata
from connector.sealing import Sealer, new_key
from connector.settings.load import load
from connector.sqlite import database
from connector.sqlite.writer import Writer
from connector.web.app import create_app
from connector.wiring import build
from tests.service import BEARER, ROOT, Service, environment, running

NOW = datetime(2026, 11, 21, tzinfo=UTC)


def test_the_migrations_make_exactly_the_tables_of_the_schema(tmp_path: Path) -> None:
    engine = database.open_database(tmp_path / "a.db", MIGRATIONS, HEAD)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    engine.dispose()
    scripts = ScriptDirectory(str(MIGRATIONS))
    assert scripts.get_current_head() == HEAD


def test_it_opens_again_without_migrating_and_keeps_what_it_holds(tmp_path: Path) -> None:
    first = Ledger(tmp_path / "a.db")
    first.note(AuditLine(NOW, "test", "", {}))
    first.close()
    again = Ledger(tmp_path / "a.db")
    assert again.broken_audit_line() is None
    assert again.counts()["concerns"] == 0
    again.close()


def test_the_file_is_wal_and_fully_synchronous_and_nobody_elses(tmp_path: Path) -> None:
    engine = database.open_database(tmp_path / "a.db", MIGRATIONS, HEAD)
    with engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2
        assert connection.exec_driver_sql("PRAGMA secure_delete").scalar() == 1
    engine.dispose()
    assert (tmp_path / "a.db").stat().st_mode & 0o077 == 0


@contextmanager
def held_up(writer: Writer, number: int) -> Iterator[None]:
    """The writer is kept busy until so many others, who are started inside, wait for it."""
    begun, gate = threading.Event(), threading.Event()

    def hold(_connection: Connection, items: list[int]) -> list[int]:
        begun.set()
        gate.wait(60)
        return items

    first = threading.Thread(target=lambda: writer.do(hold, 0))
    first.start()
    assert begun.wait(60)
    yield
    assert wait_for(lambda: writer._jobs.qsize() == number, seconds=60)
    gate.set()
    first.join()


def test_those_who_wait_are_committed_together_and_each_gets_their_own_answer(tmp_path: Path) -> None:
    engine = database.open_database(tmp_path / "a.db", MIGRATIONS, HEAD)
    writer, sizes = Writer(engine), []

    def double(_connection: Connection, items: list[int]) -> list[int]:
        sizes.append(len(items))
        return [item * 2 for item in items]

    answers: dict[int, int] = {}
    threads = [threading.Thread(target=lambda n=n: answers.__setitem__(n, writer.do(double, n))) for n in range(20)]
    with held_up(writer, 20):
        for thread in threads:
            thread.start()
    for thread in threads:
        thread.join()
    assert answers == {n: n * 2 for n in range(20)}
    assert sizes == [20]
    writer.close()
    engine.dispose()


def test_one_bad_item_does_not_take_the_others_with_it(tmp_path: Path) -> None:
    engine = database.open_database(tmp_path / "a.db", MIGRATIONS, HEAD)
    writer = Writer(engine)

    def pick(connection: Connection, items: list[int]) -> list[int]:
        for item in items:
            connection.exec_driver_sql("INSERT INTO no_such_table VALUES (1)" if item == 3 else "SELECT 1")
        return items

    answers: dict[int, object] = {}

    def ask(number: int) -> None:
        try:
            answers[number] = writer.do(pick, number)
        except CannotAccept as refused:
            answers[number] = refused

    threads = [threading.Thread(target=ask, args=(n,)) for n in range(6)]
    with held_up(writer, 6):
        for thread in threads:
            thread.start()
    for thread in threads:
        thread.join()
    assert isinstance(answers[3], CannotAccept)
    assert "no_such_table" not in str(answers[3])
    assert [answers[n] for n in (0, 1, 2, 4, 5)] == [0, 1, 2, 4, 5]
    writer.close()
    engine.dispose()


def tamper(file: Path, statement: str) -> None:
    connection = sqlite3.connect(file)
    connection.execute(statement)
    connection.commit()
    connection.close()


@pytest.mark.parametrize(("statement", "line"), [
    ("UPDATE audit SET act = 'accepted' WHERE seq = 3", 3), ("DELETE FROM audit WHERE seq = 2", 2),
    ("UPDATE audit SET at = '2026-01-01T00:00:00.000000Z' WHERE seq = 1", 1),
    ("UPDATE audit SET detail = '{\"person\": \"head\"}' WHERE seq = 4", 4),
])  # fmt: skip
def test_a_line_of_the_audit_changed_by_hand_is_found(tmp_path: Path, statement: str, line: int) -> None:
    ledger = Ledger(tmp_path / "a.db")
    for number in range(5):
        ledger.note(AuditLine(NOW, "test", f"C-{number}", {"number": number}))
    assert ledger.broken_audit_line() is None
    tamper(tmp_path / "a.db", statement)
    assert ledger.broken_audit_line() == line
    ledger.close()


def test_the_audit_says_who_was_told_what_was_filed_and_who_has_it(service: Service) -> None:
    reference = service.accept()
    service.work()
    engine = service.house.ledger._engine
    with engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT act, reference, detail FROM audit ORDER BY seq").all()
    said = [(row.act, row.detail) for row in rows if row.reference == reference]
    assert said[0][0] == "accepted"
    assert any('"kind": "file"' in detail for act, detail in said if act == "done")
    assert any('"person": "dsl"' in detail for act, detail in said if act == "done")


def test_two_ledgers_on_one_file_keep_one_chain(tmp_path: Path) -> None:
    """As `web` and `worker` do."""
    one, two = Ledger(tmp_path / "a.db"), Ledger(tmp_path / "a.db")
    # Both write at the same moment, and again when both have: on a slow disk neither keeps the other waiting for long.
    both = threading.Barrier(2)

    def note(which: Ledger) -> None:
        for _ in range(40):
            both.wait(60)
            which.note(AuditLine(NOW, "t", "", {}))

    threads = [threading.Thread(target=note, args=(which,)) for which in (one, two)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert one.broken_audit_line() is None
    one.close()
    two.close()


# -- sealing


def test_sealed_content_opens_at_its_own_place_and_nowhere_else() -> None:
    sealer = Sealer([new_key()])
    sealed = sealer.seal(b"Oscar", "C-7QK4-M2XT/1")
    assert b"Oscar" not in sealed
    assert sealer.open(sealed, "C-7QK4-M2XT/1") == b"Oscar"
    for elsewhere in ("C-7QK4-M2XT/2", "C-AAAA-AAAA/1"):
        with pytest.raises(SealError):
            sealer.open(sealed, elsewhere)


def test_old_keys_open_and_only_the_new_one_seals() -> None:
    old, new = new_key(), new_key()
    sealed = Sealer([old]).seal(b"x", "p")
    assert Sealer([new, old]).open(sealed, "p") == b"x"
    with pytest.raises(SealError):
        Sealer([old]).open(Sealer([new, old]).seal(b"y", "p"), "p")
    assert Sealer([old]).mark("a", "b") in Sealer([new, old]).marks("a", "b")


@given(st.binary(max_size=60), st.integers(0, 60), st.integers(1, 255))
def test_any_altered_byte_is_noticed(content: bytes, place: int, change: int) -> None:
    sealer = Sealer([new_key()])
    sealed = bytearray(sealer.seal(content, "p"))
    sealed[place % len(sealed)] ^= change
    with pytest.raises(SealError):
        sealer.open(bytes(sealed), "p")


@given(st.lists(st.text(max_size=8), min_size=1, max_size=4), st.lists(st.text(max_size=8), min_size=1, max_size=4))
def test_marks_agree_exactly_where_their_parts_do(one: list[str], two: list[str]) -> None:
    sealer = Sealer([new_key()])
    assert (sealer.mark(*one) == sealer.mark(*two)) == (one == two)


@pytest.mark.parametrize("key", ["", "not base64!", "c2hvcnQ="])
def test_a_broken_key_is_refused_without_being_shown(key: str) -> None:
    with pytest.raises(SealError) as caught:
        Sealer([key])
    assert "connector keys new" in str(caught.value)
    assert not key or key not in str(caught.value)


# -- a ledger of the first version


def test_a_ledger_of_the_first_version_is_brought_up_to_date_and_knows_what_it_took_in(tmp_path: Path) -> None:
    """Made by version 0.1 with one response whose words had blanks, spaces and line ends that are now passed over."""
    sample = ROOT / "tests" / "samples" / "ledger-0001"
    with running(tmp_path) as service:
        body = json.loads((sample / "response.json").read_text("utf-8"))
        folder = service.house.ledger.file.parent
        service.house.close()
        shutil.copy(sample / "connector.db", folder / "connector.db")
        shutil.copy(sample / "journey.key", service.config / "keys" / "journey.key")
        for stale in folder.glob("connector.db-*"):
            stale.unlink()
        settings = load(service.config, environment("http://127.0.0.1:9/?sig=x"))
        house = build(settings, service.clock)
        try:
            client = create_app(house, works=False).test_client()
            headers = {"Content-Type": "application/json", "Authorization": f"Bearer {BEARER}"}
            answer = client.post("/forms/little-lanterns/record-of-concern-json", json=body, headers=headers)
            assert answer.status_code == 200, "the same response is the same concern"
            assert len(house.ledger.unacknowledged()) == 1
        finally:
            house.close()
