"""Filing in a shared drive while it breaks: each part stands there once, and what cannot be filed waits and goes by itself."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from connector.errors import DeliveryError
from connector.ledger.ledger import Ledger
from connector.model.duty import DutyState
from connector.outbound.drive import Drive
from tests.test_google_store import (
    REFERENCE,
    _unhurried_chat,
    creates,
    filed_once,
    filing,
    record,
    restarted,
    said_of,
    school,
    standing,
    store_of,
)
from tests.workspaced import DSL, MAILBOX, TECHNICIAN, Workspaced, workspaced

__all__ = ["_unhurried_chat", "school"]


class Crash(BaseException):
    """The process is gone."""


def crash(*_: Any, **__: Any) -> Any:
    raise Crash


# -- one file, whatever breaks


def test_the_id_is_on_disk_before_a_byte_of_the_record_goes_out(
    school: Workspaced, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Drive.create
    kept: list[Any] = []

    def create(self: Drive, id_: str, name: str, *more: Any) -> Any:
        with contextlib.closing(sqlite3.connect(f"file:{school.house.ledger.file}?mode=ro", uri=True)) as disk:
            kept.extend(disk.execute("SELECT name FROM promise WHERE name = ? AND id = ?", (name, id_)).fetchall())
        return real(self, id_, name, *more)

    monkeypatch.setattr(Drive, "create", create)
    school.taken_in()
    filed_once(school)
    assert [name for (name,) in kept] == school.filed()
    assert [said_of(each)["id"] for each in creates(school)] == [
        each.id for each in map(school.store.find, school.filed())
    ]


@pytest.mark.parametrize("at", ["between promise and upload", "after the upload", "before it is marked done"])
def test_a_crash_files_once_under_the_id_that_was_promised(
    school: Workspaced, at: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    school.respond()
    school.poll()
    real = Drive.create
    with monkeypatch.context() as broken:
        broken.setattr(Ledger, "put_off", crash)
        if at == "between promise and upload":
            broken.setattr(Drive, "create", crash)
        elif at == "after the upload":
            broken.setattr(Drive, "create", lambda *given: (real(*given), crash()))
        else:
            broken.setattr(Ledger, "finish", crash)
        with pytest.raises(Crash):
            school.house.engine._perform(filing(school).id)
    before = {said_of(each)["name"]: said_of(each)["id"] for each in creates(school)}
    assert len(before) == {"between promise and upload": 0, "after the upload": 1, "before it is marked done": 2}[at]
    restarted(school)
    school.work()
    filed_once(school)
    assert school.fake.count("drive.files.generateIds") == 2
    assert all(school.store.find(name).id == id_ for name, id_ in before.items())


FAULTS: list[dict[str, Any]] = [
    {"cut": True},
    {"status": 500},
    {"status": 503},
    {"status": 429},
    {"status": 403, "reason": "userRateLimitExceeded"},
    {"status": 403, "reason": "storageQuotaExceeded"},
]


@pytest.mark.parametrize("after", [True, False], ids=["stored", "not stored"])
def test_an_upload_that_was_not_answered_well_is_repeated_into_the_same_file(school: Workspaced, after: bool) -> None:
    for number, fault in enumerate(FAULTS):
        name, given = f"{REFERENCE}-{number}.json", replace(record(("json", b'{"n": %d}' % number)), version=number)
        school.fake.fail("drive.files.create", after=after, times=2, **fault)
        with pytest.raises(DeliveryError) as refused:
            store_of(school).file(given)
        assert not refused.value.permanent, fault
        school.fake.heal()
        assert store_of(school).file(given).repeat is after, fault
        [file] = standing(school, name)
        assert file.content == b'{"n": %d}' % number
        assert len({said_of(each)["id"] for each in creates(school) if said_of(each)["name"] == name}) == 1


def test_a_token_that_ends_while_the_file_is_stored_makes_no_second_one(school: Workspaced) -> None:
    school.fake.fail("drive.files.create", 401, after=True)
    assert store_of(school).file(record()).repeat
    assert [each.status for each in creates(school)] == [401, 409]
    assert len(standing(school)) == 1


def test_a_response_whose_upload_was_stored_and_refused_is_filed_once_by_itself(school: Workspaced) -> None:
    school.fake.fail("drive.files.create", 503, after=True, times=3)
    school.taken_in()
    assert filing(school).state is DutyState.OWED
    for _ in range(4):
        school.clock.pass_(minutes=1)
        school.work()
    filed_once(school)


def test_a_ledger_restored_from_before_the_promise_knows_our_files_by_their_mark(
    school: Workspaced, tmp_path: Path
) -> None:
    school.respond()
    school.poll()
    file = school.house.ledger.file
    school.house.close()
    shutil.copy(file, tmp_path / "before.db")
    restarted(school)
    school.work()
    filed_once(school)
    ids = {name: school.store.find(name).id for name in school.filed()}
    school.house.close()
    for each in file.parent.glob(f"{file.name}*"):
        each.unlink()
    shutil.copy(tmp_path / "before.db", file)
    restarted(school)
    assert filing(school).state is DutyState.OWED, "or nothing was restored"
    school.work()
    filed_once(school)
    assert {name: school.store.find(name).id for name in school.filed()} == ids
    assert [each.status for each in creates(school)] == [200, 200, 409, 409]


def test_an_id_that_was_promised_to_another_identity_is_no_dead_end(school: Workspaced) -> None:
    """A school that mends its sign-in by becoming a delegate: the ids of before are of no use (google.md 2.3)."""
    school.may_complain = True
    school.fake.fail("drive.files.create", 403, reason="storageQuotaExceeded", times=None)
    school.taken_in()
    school.fake.heal()
    for each in school.fake.ids_given:
        school.fake.ids_given[each] = "filer@concern-connector-417.iam.gserviceaccount.com"
    school.clock.pass_(minutes=31)
    school.work()
    filed_once(school)


# -- a service that may not file there


@pytest.mark.parametrize("identity", ["member", "delegate"])
def test_without_membership_a_concern_waits_is_told_of_and_is_filed_by_itself(tmp_path: Path, identity: str) -> None:
    with workspaced(tmp_path, identity=identity) as school:
        role = school.store.members.pop(school.laid.service)
        school.taken_in()
        assert filing(school).state is DutyState.OWED
        assert any(school.newest() in text for text in school.said_to(DSL)), "telling does not wait for filing"
        for _ in range(3):
            school.watch()
            school.work()
            school.clock.pass_(minutes=31)
        school.watch()
        for address in (DSL, TECHNICIAN):
            [bulletin] = [text for text in school.said_to(address) if "needs mending" in text]
            assert "cannot be reached" in bulletin
        assert school.store.everything() == []
        school.store.add(school.laid.service, role)
        school.clock.pass_(minutes=31)
        school.watch()
        school.work()
        filed_once(school)
        assert any("in order again" in text for text in school.said_to(TECHNICIAN))


def test_a_drive_without_room_for_us_keeps_the_concern_and_says_googles_own_word(school: Workspaced) -> None:
    school.fake.fail("drive.files.create", 403, reason="storageQuotaExceeded", message="Maren has no room", times=None)
    school.taken_in()
    school.clock.pass_(hours=5)
    school.work()
    assert filing(school).state is DutyState.OWED
    assert "storageQuotaExceeded" in filing(school).error
    assert "Maren" not in filing(school).error
    assert school.held(school.newest()).sealed is not None
    school.fake.heal()
    school.clock.pass_(minutes=31)
    school.work()
    filed_once(school)
    assert MAILBOX in {each.identity for each in creates(school)}
