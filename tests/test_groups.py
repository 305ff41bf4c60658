"""What is written together: each verb takes several items in one transaction."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from connector.ledger import accepting, working
from connector.ledger.acceptance import Acceptance, Accepted, Marks
from connector.ledger.ledger import Ledger
from connector.ledger.schema import HEAD, MIGRATIONS
from connector.model.duty import Duty, DutyKind, NewDuty
from connector.model.reference import Reference, new_reference
from connector.sqlite.database import open_database

NOW = datetime(2026, 11, 21, 15, 41, tzinfo=UTC)


def _acceptance(reference: Reference) -> Acceptance:
    mark = (reference.encode(),)
    file, tell = (
        NewDuty(kind=kind, channel="there", due_at=NOW) for kind in (DutyKind.FILE, DutyKind.TELL)
    )  # fmt: skip
    return Acceptance(
        reference=reference, version=1, school="school", form="form", profile="profile",
        marks=Marks(response=mark, version=mark, content=mark, child=None, reporter=None, versioned=False), received_at=NOW,
        urgent=False, about_staff=False, recognised=True, late_days=0, drill=False, missing=(), unclear=(),
        sealed=b"sealed", aside=b"aside", duties=(file, tell),
    )  # fmt: skip


@pytest.fixture
def owed(tmp_path: Path) -> tuple[Path, list[Duty]]:
    """A ledger with four concerns accepted together, and their eight duties."""
    file = tmp_path / "ledger.db"
    references = [new_reference() for _ in range(4)]
    engine = open_database(file, MIGRATIONS, HEAD)
    with engine.begin() as connection:
        outcomes = accepting.accept(connection, [_acceptance(reference) for reference in references])
    engine.dispose()
    assert outcomes == [Accepted()] * 4
    ledger = Ledger(file)
    duties = [duty for reference in references for duty in ledger.duties(reference)]
    ledger.close()
    return file, duties


def test_duties_begun_finished_and_purged_together(owed: tuple[Path, list[Duty]]) -> None:
    file, duties = owed
    engine = open_database(file, MIGRATIONS, HEAD)
    with engine.begin() as connection:
        assert working.begin(connection, [working.Begun(duty=duty) for duty in duties]) == [True] * 8
        done = [working.Done(duty=duty, at=NOW, evidence="done", record_place="2026/there") for duty in duties]
        working.finish(connection, done)
        assert working.begin(connection, [working.Begun(duty=duty) for duty in duties]) == [False] * 8
    engine.dispose()
    ledger = Ledger(file)
    found = ledger.latest(duties[0].reference)
    assert (found.filed_at, found.sealed, found.purged_at) == (NOW, None, NOW)
    assert ledger.counts()["duties_done"] == 8
    assert ledger.broken_audit_line() is None
    ledger.close()


def test_duties_put_off_together(owed: tuple[Path, list[Duty]]) -> None:
    file, duties = owed
    engine = open_database(file, MIGRATIONS, HEAD)
    with engine.begin() as connection:
        until = [NOW, None] * 4
        put_off = [
            working.PutOff(duty=duty, at=NOW, error="no", until=when) for duty, when in zip(duties, until, strict=True)
        ]
        working.put_off(connection, put_off)
    engine.dispose()
    ledger = Ledger(file)
    assert {name: ledger.counts()[name] for name in ("duties_owed", "duties_failed")} == {
        "duties_owed": 4,
        "duties_failed": 4,
    }
    ledger.close()
