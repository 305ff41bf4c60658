"""A school's own process on the real clock, to be killed: what its tests on either platform share."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from connector.ledger.ledger import Ledger
from connector.model.duty import DutyKind, DutyState
from tests.process import free_port
from tests.service import ROOT


def start(school: Any) -> subprocess.Popen[bytes]:
    """`connector serve` on the school's configuration, its log beside it."""
    with (school.config.parent / "serve.log").open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "connector", "serve", "--config", str(school.config)],
            cwd=ROOT, env=os.environ | school.given | {"PYTHONPATH": str(ROOT)}, stdout=log, stderr=log,
        )  # fmt: skip


def prepare(school: Any, slug: str, often: tuple[str, str]) -> None:
    """The school without the house of the test, asking as often as it may."""
    school.house.close()
    school.fake.clock = lambda: datetime.now(UTC)
    school.clock.moment[0] = datetime.now(UTC)
    service, file = school.config / "service.toml", school.config / "schools" / f"{slug}.toml"
    service.write_text(service.read_text("utf-8").replace("127.0.0.1:8080", f"127.0.0.1:{free_port()}"), "utf-8")
    file.write_text(file.read_text("utf-8").replace(*often), "utf-8")


def kill_often(school: Any, kills: int, seconds: tuple[float, float], chance: random.Random) -> None:
    """Start it and kill it, so many times, each after a while between those seconds."""
    for _ in range(kills):
        process = start(school)
        time.sleep(chance.uniform(*seconds))
        process.kill()
        process.wait()


def run_until(school: Any, is_done: Callable[[], bool], seconds: float) -> None:
    """Let it run in peace until then; fails with the end of its log where that takes too long."""
    process = start(school)
    last = time.monotonic() + seconds
    try:
        while not is_done():
            assert time.monotonic() < last, (school.config.parent / "serve.log").read_text("utf-8")[-3000:]
            time.sleep(0.2)
    finally:
        process.terminate()
        process.wait(timeout=120)


def owes_nothing(school: Any) -> bool:
    """True where every duty but the climb to come is settled."""
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


def filed_once_and_told(school: Any, dsl: str, number: int) -> list[str]:
    """The references, each filed in two parts once and told by one mail, which says of itself when it is repeated."""
    references = Counter(name[:11] for name in school.filed())
    assert len(references) == number
    assert set(references.values()) == {2}
    told = [mail for mail in school.fake.mails if dsl in mail.recipients]
    assert {mail.message["Subject"] for mail in told} == set(references)
    by_id: dict[str, list[str]] = {}
    for mail in told:
        by_id.setdefault(str(mail.message["Message-ID"]), []).append(mail.part("plain"))
    assert len(by_id) == number, "a mail sent again is the same mail"
    assert all("may have reached you before" in again for texts in by_id.values() for again in texts[1:])
    return list(references)
