"""What a notice and a receipt say: templates that a school may override, filled with checked values only."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from jinja2 import BytecodeCache, ChoiceLoader, FileSystemLoader, StrictUndefined, TemplateError
from jinja2.bccache import Bucket
from jinja2.sandbox import ImmutableSandboxedEnvironment

from connector.errors import ConfigError
from connector.model.all_well import AllWell, FormStands, SourceStands, StoreStands, Tally, Yesterday
from connector.model.message import Message, Shared
from connector.model.moments import say_moment
from connector.model.notice import Asked, Bulletin, BulletinKind, Notice, NoticeKind, Receipt
from connector.model.reference import Reference
from connector.model.standing import State, say_place

CARD_LIMIT_BYTES = 28 * 1024
CHAT_LIMIT_BYTES = 32_000
# Three parts of a text message; links of a long address go over our own 300 characters, and stay whole.
_SHORT_LIMIT = 480
TEMPLATES = (
    "notice.txt", "notice.html", "notice.card.json", "notice.chat.json", "notice.short.txt",
    "receipt.txt", "receipt.html",
    "bulletin.txt", "bulletin.html", "bulletin.card.json", "bulletin.chat.json", "bulletin.short.txt",
    "allwell.txt", "allwell.html", "allwell.card.json", "allwell.chat.json", "allwell.short.txt",
)  # fmt: skip

_NOTICE_HEADINGS = {
    NoticeKind.RECEIVED: "A concern has been received",
    NoticeKind.AMENDED: "A concern has been amended",
    NoticeKind.WAITING: "A concern is waiting: nobody has acknowledged it",
    NoticeKind.TAKEN: "A concern has been picked up",
    NoticeKind.ALARM: "Something could not be delivered",
}
_RECEIPT_HEADINGS = {
    "receipt": "Thank you: your concern has been received",
    "chase": "Your concern: nobody has picked it up yet",
    "taken": "Your concern has been picked up",
}
_BULLETIN_HEADINGS = {
    BulletinKind.TROUBLE: "The safeguarding service needs mending",
    BulletinKind.UNVERIFIED: "The safeguarding service cannot tell who can read its records",
    BulletinKind.MENDED: "The safeguarding service is in order again",
    BulletinKind.HISTORY: "Earlier responses have been filed",
    BulletinKind.FORM: "A form and the policy do not agree",
    BulletinKind.TEST: "A test of the safeguarding service",
}

_ALL_WELL_HEADINGS = {
    True: "All well: the safeguarding service",
    False: "Look today: the safeguarding service is not well",
}


def heading_of(message: Message) -> str:
    """The first line of a message."""
    match message:
        case Bulletin():
            return _BULLETIN_HEADINGS[message.kind]
        case AllWell():
            return _ALL_WELL_HEADINGS[not message.wrong]
        case Receipt():
            heading = _RECEIPT_HEADINGS[message.kind]
        case Notice():
            heading = _NOTICE_HEADINGS[message.kind]
    return f"DRILL, not a real concern. {heading}" if message.drill else heading


def subject_of(message: Message) -> str:
    """A mail's subject: of a concern its reference and nothing else, of the service itself always the same words."""
    match message:
        case Bulletin():
            return "The safeguarding service itself"
        case AllWell():
            return heading_of(message)
        case _:
            return message.reference


class _Compiled(BytecodeCache):
    """Each template as it was compiled, kept by its file and its text: schools that share one compile it once."""

    def __init__(self) -> None:
        self._kept: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Fill in what was kept of it, where its text is the same."""
        if bucket.key in self._kept:
            bucket.bytecode_from_string(self._kept[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep it."""
        self._kept[bucket.key] = bucket.bytecode_to_string()


_COMPILED = _Compiled()


@dataclass(frozen=True, slots=True)
class Words:
    """The templates of one school."""

    environment: ImmutableSandboxedEnvironment

    @classmethod
    def of(cls, *overrides: Path) -> Words:
        """Templates from the first of these folders that has them, else our own."""
        loaders = [FileSystemLoader(folder) for folder in (*overrides, Path(__file__).parent / "templates")]
        return cls(
            ImmutableSandboxedEnvironment(
                loader=ChoiceLoader(loaders),
                undefined=StrictUndefined,
                autoescape=lambda name: bool(name and name.endswith(".html")),
                keep_trailing_newline=True,
                auto_reload=False,
                bytecode_cache=_COMPILED,
            )
        )

    def text(self, message: Message) -> str:
        """The plain text of a mail."""
        return self._render("txt", message)

    def html(self, message: Message) -> str:
        """The HTML of the same mail."""
        return self._render("html", message)

    def card(self, message: Shared) -> dict[str, Any]:
        """The Workflows message with its Adaptive Card 1.4 (at most 28 KB)."""
        card: dict[str, Any] = json.loads(self._render("card.json", message))
        return card

    def chat(self, message: Shared) -> dict[str, Any]:
        """The same as a card of Google Chat, without the message around it."""
        card: dict[str, Any] = json.loads(self._render("chat.json", message))
        return card

    def short(self, message: Shared) -> str:
        """One line for a text message or a pager: at most 300 characters with a link of up to 150, which is whole."""
        return self._render("short.txt", message).strip()

    def _render(self, kind: str, message: Message) -> str:
        what = type(message).__name__.lower()
        return self.environment.get_template(f"{what}.{kind}").render(_values(message))

    def faults(self) -> Iterator[str]:
        """What is wrong with the templates, tried on samples of every kind; nothing where all is well."""
        for name, rendered in self._tried():
            if isinstance(rendered, Exception):
                yield f"template {name} does not work ({type(rendered).__name__}): mend it or remove it"
            elif name.startswith(("notice", "receipt")) and _SAMPLE_REFERENCE not in rendered:
                yield f"template {name} does not name the reference: put {{{{ reference }}}} into it"
            elif name.startswith("notice") and _SAMPLE_LINK not in rendered:
                yield f"template {name} leaves out the acknowledgement link: put {{{{ ack_link }}}} into it"
            elif fault := _too_long(name, rendered):
                yield f"template {name} {fault}: shorten it"

    def _tried(self) -> Iterator[tuple[str, str | Exception]]:
        for name in TEMPLATES:
            message = _SAMPLES[name.partition(".")[0]]
            try:
                rendered = self.environment.get_template(name).render(_values(message))
                if name.endswith(".json"):
                    json.loads(rendered)
            except (TemplateError, ValueError, TypeError) as broken:
                yield name, broken
            else:
                yield name, rendered

    def check(self) -> None:
        """Raises ConfigError naming every template that does not work."""
        if faults := tuple(self.faults()):
            raise ConfigError(faults)


def _too_long(name: str, rendered: str) -> str:
    """What is too long about it, or nothing."""
    if name.endswith(".card.json") and len(rendered.encode()) > CARD_LIMIT_BYTES:
        return "makes a card over 28 KB, which Teams refuses"
    if name.endswith(".chat.json") and len(rendered.encode()) > CHAT_LIMIT_BYTES:
        return "makes a card over 32,000 bytes, which Google Chat refuses"
    if name.endswith(".short.txt") and len(rendered.strip()) > _SHORT_LIMIT:
        return f"makes a short message over {_SHORT_LIMIT} characters"
    return ""


def _values(message: Message) -> dict[str, Any]:
    values = {part.name: getattr(message, part.name) for part in fields(message)}
    match message:
        case Bulletin():
            at = message.since
            values["about"] = say_place(message.place)
        case AllWell():
            at = message.at
            values |= {"lines": message.lines, "wrong": message.wrong}
        case _:
            at = message.received_at
    return values | {"heading": heading_of(message), "received": say_moment(at)}


_SAMPLE_REFERENCE = Reference("C-7QK4-M2XT")
_SAMPLE_LINK = "https://concerns.example/a/sample"
_SAMPLE_NOTICE = Notice(
    kind=NoticeKind.RECEIVED, reference=_SAMPLE_REFERENCE, version=2, school="Sample School",
    received_at=datetime(2026, 11, 21, 15, 41, tzinfo=UTC), urgent=True, late_days=2, rung=0, why="you are the DSL",
    missing=("date of birth",), unclear=1, related=(_SAMPLE_REFERENCE,), advice=("Call 999.",), ack_link=_SAMPLE_LINK,
    record_place="2026/C-7QK4-M2XT", taken_by="A. Person", failed_act="sample",
    record_link="https://records.example/sample", recognised=False, repeat=True, drill=True,
)  # fmt: skip
_SAMPLE_RECEIPT = Receipt(
    kind="receipt", reference=_SAMPLE_REFERENCE, school="Sample School",
    received_at=datetime(2026, 11, 21, 15, 41, tzinfo=UTC),
    missing=(Asked(name="date of birth", ask="What is it?", policy_words="date of birth"),),
    unclear=(Asked(name="time", ask="What time?", policy_words="time"),), advice=("Call 999.",),
    people=("A. Person",), add_link="https://concerns.example/m/sample", taken_by="A. Person", repeat=True,
)  # fmt: skip
_SAMPLE_BULLETIN = Bulletin(
    kind=BulletinKind.TROUBLE, school="Sample School", place="store", said="A link that anybody can use.",
    since=datetime(2026, 11, 21, 15, 41, tzinfo=UTC),
)  # fmt: skip
_SAMPLE_ALL_WELL = AllWell(
    school="Sample School", at=datetime(2026, 11, 21, 7, tzinfo=UTC), everything=False, tally=Tally(failed=1),
    stores=(StoreStands(place="store", seals=False, reachable=True, state=State.GOOD),),
    forms=(FormStands(title="Record of concern", last=None),),
    sources=(SourceStands(title="the intake library", looked_at=None, is_late=True),), bad_places=("store",),
    audit_holds=False, yesterday=Yesterday.SILENT, reminders_failing=1, next_review=None, repeat=True,
)  # fmt: skip
_SAMPLES: dict[str, Message] = {
    "allwell": _SAMPLE_ALL_WELL,
    "notice": _SAMPLE_NOTICE,
    "receipt": _SAMPLE_RECEIPT,
    "bulletin": _SAMPLE_BULLETIN,
}
