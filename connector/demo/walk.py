"""The walk: one concern through the whole service, every step verified on what came out at the far side."""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from connector.demo.samples import INCOMPLETE
from connector.demo.stage import Posted, Stage, fetch, wait_for
from connector.errors import ConnectorError
from connector.record.document import from_bytes
from connector.settings.school import FolderStore
from connector.store.age import decrypt

_LINK = re.compile(r"http://127\.0\.0\.1:\d+/a/[A-Za-z0-9_\-]+")
_DSL, _DEPUTY = "r.ashdown@littlelanterns.example", "m.tallow@littlelanterns.example"


class StepFailedError(ConnectorError):
    """A step of the walk did not hold."""


@dataclass(slots=True)
class Story:
    """What happened, step by step, and the facts."""

    steps: list[tuple[str, bool]] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)

    def step(self, what: str, holds: object) -> None:
        """Note a step. Raises StepFailedError where it does not hold: the steps after it would rest on it."""
        self.steps.append((what, bool(holds)))
        if not holds:
            raise StepFailedError

    @property
    def verified(self) -> bool:
        """True where every step held."""
        return bool(self.steps) and all(holds for _, holds in self.steps)


def walk(stage: Stage) -> Story:
    """The whole story of one incomplete concern."""
    story = Story()
    with contextlib.suppress(StepFailedError):
        _walk(stage, story)
    return story


def _walk(stage: Stage, story: Story) -> None:
    sent = stage.house.clock.now()
    posted = stage.post(INCOMPLETE, sent, "1")
    begun = time.perf_counter()
    _accepted(story, posted)
    _again(stage, story, sent, posted)
    _filed(stage, story, posted, begun)
    _told(stage, story, posted, begun)
    _climbed(stage, story, posted)
    _acknowledged(stage, story, posted)
    _forgotten(stage, story, posted)


def _accepted(story: Story, posted: Posted) -> None:
    answer = posted.answer
    story.step("the real endpoint answered 202", posted.status == 202)
    missing = [asked["field"] for asked in answer["missing"]]
    story.step("it says what the policy still asks for", missing == ["child_address", "child_dob", "reported_time"])
    story.facts |= {
        "reference": answer["reference"], "answer_ms": round(posted.milliseconds, 1), "missing": missing,
        "unclear": [asked["field"] for asked in answer["unclear"]],
    }  # fmt: skip


def _again(stage: Stage, story: Story, sent: Any, posted: Posted) -> None:
    again = stage.post(INCOMPLETE, sent, "1")
    story.step(
        "the same response again is the same concern", (again.status, again.reference) == (200, posted.reference)
    )


def _filed(stage: Stage, story: Story, posted: Posted, begun: float) -> None:
    def parts() -> list[Path]:
        return record_parts(stage, posted)

    story.step("the record is in the folder", wait_for(lambda: len(parts()) == 2))
    story.facts["filed_ms"] = round((time.perf_counter() - begun) * 1000)
    sealed = [path.read_bytes() for path in parts()]
    words = INCOMPLETE.answers["Exact words spoken by the child"]
    story.step("its files are age files", all(data.startswith(b"age-encryption.org/v1\n") for data in sealed))
    story.step("they hold no clear word", not any(text.encode() in data for text in telling_texts() for data in sealed))
    opened = {path.name: decrypt(path, stage.identity("little-lanterns", "dsl")) for path in parts()}
    original = from_bytes(next(data for name, data in opened.items() if name.endswith(".json.age")))
    story.step("the DSL's key opens it: the exact words are there, byte for byte", original["exact_words"] == [words])
    story.step("beside it stands the page as PDF", any(data.startswith(b"%PDF-") for data in opened.values()))
    story.facts["record"] = sorted(f"{path.parent.parent.name}/{path.parent.name}/{path.name}" for path in parts())


def _told(stage: Stage, story: Story, posted: Posted, begun: float) -> None:
    caught = stage.caught
    told = wait_for(lambda: caught.mails_to(_DSL) and caught.mails_to(_DEPUTY) and caught.cards)
    story.step("the DSL and the deputy have a mail, their chat has a card", told)
    story.facts["told_ms"] = round((time.perf_counter() - begun) * 1000)
    receipt = wait_for(lambda: caught.mails_to(INCOMPLETE.respondent))
    story.step("the reporter has a receipt", receipt)
    mail = caught.mails_to(_DSL)[0]
    story.step("the mail's subject is the reference and nothing else", mail.message["Subject"] == posted.reference)
    card = caught.cards[0]["attachments"][0]["content"]
    story.facts["mail"] = {
        "subject": str(mail.message["Subject"]), "message_id": str(mail.message["Message-ID"]), "bytes": len(mail.raw),
        "parts": ["text/plain", "text/html"] if mail.part("plain") and mail.part("html") else [],
    }  # fmt: skip
    story.facts["card"] = {"type": card["type"], "version": card["version"], "elements": len(card["body"])}


def _climbed(stage: Stage, story: Story, posted: Posted) -> None:
    link = ack_link(stage, _DSL)
    status, page = fetch(link)
    story.step("opening the link shows the reference and one button", status == 200 and page.count("<button") == 1)
    held = stage.house.ledger.latest(posted.reference)
    story.step("opening the link acknowledged nothing", held.acknowledged_at is None)
    climbed = wait_for(
        lambda: len(stage.caught.mails_to(_DSL)) >= 2 and len(stage.caught.mails_to(INCOMPLETE.respondent)) >= 2
    )
    story.step("nobody acknowledged: they were told again, and the reporter was told so", climbed)


def _acknowledged(stage: Stage, story: Story, posted: Posted) -> None:
    status, page = fetch(ack_link(stage, _DSL), urlencode({"person": "dsl"}).encode())
    story.step("pressing the button acknowledged it", status == 200 and "Rowan Ashdown has this" in page)
    heard = wait_for(
        lambda: (
            any("Rowan Ashdown has this" in mail.part("plain") for mail in stage.caught.mails_to(_DEPUTY))
            and any(
                "Rowan Ashdown has your concern" in mail.part("plain")
                for mail in stage.caught.mails_to(INCOMPLETE.respondent)
            )
        )
    )
    story.step("the deputy and the reporter heard who has it", heard)
    story.facts["acknowledged_by"] = stage.house.ledger.latest(posted.reference).acknowledged_by


def _forgotten(stage: Stage, story: Story, posted: Posted) -> None:
    ledger = stage.house.ledger

    story.step(
        "the service has forgotten the content", wait_for(lambda: ledger.latest(posted.reference).sealed is None)
    )
    clear = b"".join(path.read_bytes() for path in ledger.file.parent.glob(f"{ledger.file.name}*"))
    story.step("no word of it is in the ledger's files", not any(text.encode() in clear for text in telling_texts()))
    sent = b"".join(mail.raw for mail in stage.caught.mails) + repr(stage.caught.cards).encode()
    plain = "".join(mail.part("plain") + mail.part("html") for mail in stage.caught.mails)
    story.step(
        "no word of it was in any mail or card", not any(t.encode() in sent or t in plain for t in telling_texts())
    )
    story.step("the catchers had nothing to refuse", not stage.caught.faults)
    story.step("the audit chain holds", ledger.broken_audit_line() is None)


def telling_texts() -> Iterator[str]:
    """Answers that would tell something about the child or the reporter wherever they appeared."""
    for question, text in INCOMPLETE.answers.items():
        if question not in _SAFE_QUESTIONS and len(text) > 6:
            yield text


# What these answers hold (a name on the ladder, a word of the form) may stand in a notice by right.
_SAFE_QUESTIONS = frozenset({
    "Name of the person you reported this concern to", "Is this an observation or a disclosure?",
    "Exact position and type of any injuries or marks seen",
})  # fmt: skip


def record_parts(stage: Stage, posted: Posted) -> list[Path]:
    """The files of the record, sorted."""
    school = stage.house.settings.schools[posted.sample.school]
    stores = [store for store in (school.store, school.staff_store) if isinstance(store, FolderStore)]
    roots = [stage.house.settings.path(store.path) for store in stores]
    return sorted(path for root in roots for path in root.glob(f"*/{posted.reference}/*.age"))


def ack_link(stage: Stage, address: str) -> str:
    """The acknowledgement link in the first mail to that address."""
    found = _LINK.search(stage.caught.mails_to(address)[0].part("plain"))
    return found[0] if found else ""
