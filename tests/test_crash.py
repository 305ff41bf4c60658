"""SIGKILL at random moments: nothing that was accepted is lost, nothing is filed twice, every repeat says so."""

from __future__ import annotations

import json
import random
import threading
import time
from collections import Counter
from pathlib import Path

from connector.demo.catchers import Caught, card_catcher, mail_catcher
from connector.demo.stage import wait_for
from connector.ledger.ledger import Ledger
from connector.model.duty import DutyKind, DutyState
from tests.process import Process, process

SUBMISSIONS, KILLS = 200, 40
SCHOOL, FORM = "little-lanterns", "record-of-concern-json"
DSL, DEPUTY = "r.ashdown@littlelanterns.example", "m.tallow@littlelanterns.example"


def body(number: int) -> bytes:
    answers = {"Child's name": f"Invented Child{number}", "Exact words spoken by the child": f"“words number {number}”"}
    found = {
        "response_id": f"crash-{number}",
        "respondent": f"staff{number}@littlelanterns.example",
        "answers": answers,
    }
    return json.dumps(found).encode()


class Posting:
    """Four senders that send each submission until they have a yes, as a form's platform would."""

    def __init__(self, served: Process) -> None:
        self.served = served
        self.accepted: dict[int, str] = {}
        self.waiting = list(range(SUBMISSIONS))
        self.lock = threading.Lock()
        self.threads = [threading.Thread(target=self._run) for _ in range(4)]

    def _run(self) -> None:
        while True:
            with self.lock:
                if not self.waiting:
                    return
                number = self.waiting.pop()
            while True:
                status, answer = self.served.post(SCHOOL, FORM, body(number))
                if status in {200, 202}:
                    self.accepted[number] = json.loads(answer)["reference"]
                    break
                assert status in {0, 503}, (status, answer)
                time.sleep(0.02)
            time.sleep(random.random() * 0.5)


def test_two_hundred_submissions_under_forty_kills(tmp_path: Path) -> None:
    caught = Caught()
    with mail_catcher(caught) as smtp, card_catcher(caught) as webhook, process(tmp_path, smtp, webhook) as served:
        posting = Posting(served)
        served.start()
        for thread in posting.threads:
            thread.start()
        while served.kills < KILLS or any(thread.is_alive() for thread in posting.threads):
            if random.random() < 0.8:
                served.wait_until_ready()
            time.sleep(random.random() * (0.6 if served.kills < KILLS else 3))
            served.kill()
            served.start()
        served.wait_until_ready()
        file = tmp_path / "var" / "connector.db"
        ledger = Ledger(file)
        assert wait_for(lambda: not still_owed(ledger), seconds=240), ledger.counts()
        assert ledger.broken_audit_line() is None
        assert served.stop() == 0
        assert_nothing_lost_or_doubled(tmp_path, posting, caught, ledger)
        assert_repeats_say_so(caught, served.kills)
        ledger.close()


def still_owed(ledger: Ledger) -> int:
    counts = ledger.counts()
    climbs = 0
    for held in ledger.unacknowledged():
        climbs += sum(d.kind is DutyKind.CLIMB and d.state is DutyState.OWED for d in ledger.duties(held.reference))
    return counts["duties_owed"] + counts["duties_sending"] - climbs + counts["unpurged"]


def assert_nothing_lost_or_doubled(folder: Path, posting: Posting, caught: Caught, ledger: Ledger) -> None:
    references = list(posting.accepted.values())
    assert len(references) == SUBMISSIONS
    assert len(set(references)) == SUBMISSIONS
    assert ledger.counts()["concerns"] == SUBMISSIONS
    assert [f"{duty.kind} {duty.error}" for duty in ledger.failed()] == []
    filed = Counter(path.parent.name for path in folder.glob("var/records/*/*/*/*.age"))
    assert filed == dict.fromkeys(references, 2)
    for address in (DSL, DEPUTY):
        assert {str(mail.message["Subject"]) for mail in caught.mails_to(address)} == set(references)
    for number, reference in posting.accepted.items():
        receipts = caught.mails_to(f"staff{number}@littlelanterns.example")
        assert {str(mail.message["Subject"]) for mail in receipts} == {reference}, ledger.duties(reference)
    carded = {reference for reference in references for card in caught.cards if reference in json.dumps(card)}
    assert carded == set(references)


def assert_repeats_say_so(caught: Caught, kills: int) -> None:
    """A repeat is possible only where the kill fell between sending and marking; then it says so and bears the same id."""
    by_id: dict[str, list[str]] = {}
    for mail in caught.mails:
        by_id.setdefault(str(mail.message["Message-ID"]), []).append(mail.part("plain"))
    repeats = [text for texts in by_id.values() for text in texts[1:]]
    by_card: dict[str, list[str]] = {}
    for card in caught.cards:
        body = card["attachments"][0]["content"]["body"]
        facts = json.dumps(next(element for element in body if element["type"] == "FactSet"))
        by_card.setdefault(facts, []).append(json.dumps(body))
    cards = [text for texts in by_card.values() for text in texts[1:]]
    assert all("may have reached you before" in text for text in repeats)
    assert all("may have been posted before" in text for text in cards)
    print(f"{kills} kills: {len(repeats)} mails and {len(cards)} cards repeated, each says so")  # noqa: T201 - the count
    assert len(repeats) + len(cards) <= kills * 6
