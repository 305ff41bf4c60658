"""SIGKILL at random moments while responses come to a Google form: each is filed once, told at least once."""

from __future__ import annotations

import os
import random
import re
import subprocess
import sys
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

from connector.ledger.ledger import Ledger
from connector.model.duty import DutyKind, DutyState
from tests.process import free_port
from tests.service import ROOT
from tests.workspaced import DSL, SCHOOL, Workspaced, workspaced

RESPONSES, KILLS = 20, 10


def start(school: Workspaced) -> subprocess.Popen[bytes]:
    with (school.config.parent / "serve.log").open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "connector", "serve", "--config", str(school.config)],
            cwd=ROOT, env=os.environ | school.given | {"PYTHONPATH": str(ROOT)}, stdout=log, stderr=log,
        )  # fmt: skip


def prepared(school: Workspaced) -> None:
    """The school's own process on the real clock, asking as often as it may."""
    school.house.close()
    school.fake.clock = lambda: datetime.now(UTC)
    school.clock.moment[0] = datetime.now(UTC)
    service, file = school.config / "service.toml", school.config / "schools" / f"{SCHOOL}.toml"
    service.write_text(service.read_text("utf-8").replace("127.0.0.1:8080", f"127.0.0.1:{free_port()}"), "utf-8")
    file.write_text(file.read_text("utf-8").replace("poll_seconds = 30", "poll_seconds = 15"), "utf-8")


def all_is_done(school: Workspaced) -> bool:
    if len(school.filed()) < 2 * RESPONSES:
        return False
    ledger = Ledger(school.house.ledger.file)
    try:
        return not [
            duty
            for held in ledger.unacknowledged()
            for duty in ledger.duties(held.reference)
            if duty.state in {DutyState.OWED, DutyState.SENDING} and duty.kind is not DutyKind.CLIMB
        ]
    finally:
        ledger.close()


def test_responses_in_the_form_under_many_kills(tmp_path: Path) -> None:
    chance = random.Random(4)
    with workspaced(tmp_path) as school:
        prepared(school)
        responses = [school.respond() for _ in range(RESPONSES)]
        for _ in range(KILLS):
            process = start(school)
            time.sleep(1.0 + chance.random() * 1.8)
            process.kill()
            process.wait()
        process = start(school)
        last = time.monotonic() + 120
        try:
            while not all_is_done(school):
                assert time.monotonic() < last, (school.config.parent / "serve.log").read_text("utf-8")[-3000:]
                time.sleep(0.2)
        finally:
            process.terminate()
            process.wait(timeout=60)
        everyone_is_filed_once_and_told(school, {response.id for response in responses})


def everyone_is_filed_once_and_told(school: Workspaced, numbers: set[str]) -> None:
    references = Counter(name[:11] for name in school.filed())
    assert len(references) == RESPONSES
    assert set(references.values()) == {2}
    files = school.store.files()
    found = [re.search(rb'\\"responseId\\": \\"([^\\]+)\\"', files[f"{one}-1.json"]) for one in references]
    assert {each[1].decode() for each in found if each} == numbers
    told = [mail for mail in school.fake.mails if DSL in mail.recipients]
    assert {mail.message["Subject"] for mail in told} == set(references)
    by_id: dict[str, list[str]] = {}
    for mail in told:
        by_id.setdefault(str(mail.message["Message-ID"]), []).append(mail.part("plain"))
    assert len(by_id) == RESPONSES, "a mail sent again is the same mail"
    assert all("may have reached you before" in again for texts in by_id.values() for again in texts[1:])
