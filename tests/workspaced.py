"""A school in its own Google Workspace: the service under test on the fake Workspace, over real HTTP."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from unittest import mock

from werkzeug.test import TestResponse

from connector.demo.catchers import Caught, mail_catcher
from connector.forms.proof import sign
from connector.jobs import watch
from connector.keyring import make_keys
from connector.model.reference import Reference
from connector.settings.load import load
from connector.web.app import create_app
from connector.wiring import build
from tests.service import ROOT, SIGNING, HandClock, Service, copy_config, environment, sample_of
from tests.workspace import Form, Response, ServiceAccount, SharedDrive, Space, Workspace, workspace

SCHOOL, FORM = "willow-bank", "cause-for-concern"
MAILBOX = "safeguarding-alerts@willowbank.example"
DSL, DEPUTY, HEAD, CHAIR = (f"{who}@willowbank.example" for who in ("m.oduya", "p.halloran", "s.grant", "i.cole"))
OFFICE, TECHNICIAN, STAFF = (f"{who}@willowbank.example" for who in ("office", "it", "k.teacher"))
RESTRICTIONS = {
    "domainUsersOnly": True, "driveMembersOnly": True, "copyRequiresWriterPermission": True,
    "sharingFoldersRequiresOrganizerPermission": True, "adminManagedRestrictions": True,
}  # fmt: skip
# Seconds between two messages in a space of Chat.
PACE = 0.0
POKING = "a-poking-key"
IDENTITIES = ("member", "delegate", "account")
_OPTIONAL = re.compile(r"else was there|marks or injuries|Type of concern|spoken to\?")


@dataclass
class Laid:
    """What docs/google-workspace.md has a school make."""

    form: Form
    records: SharedDrive
    staff_records: SharedDrive
    space: Space
    service: str
    account: ServiceAccount
    ids: dict[str, str] = field(default_factory=dict)


@dataclass
class Workspaced(Service):
    """A running service and the Workspace it works in."""

    fake: Workspace
    laid: Laid
    given: dict[str, str]
    may_complain: bool = False

    @property
    def form(self) -> Form:
        return self.laid.form

    @property
    def store(self) -> SharedDrive:
        return self.laid.records

    def poll(self) -> int:
        return self.house.polling.poll(SCHOOL, self.clock.now(), asked=True)

    def watch(self) -> None:
        watch(self.house)

    def answers(self, sample: str = "S04", **changes: str) -> dict[str, str]:
        """A sample's answers by question id; `changes` by the field that a question answers."""
        said = sample_of(sample)["answers"]
        found = {self.laid.ids[title]: text for title, text in said.items() if title in self.laid.ids and text}
        by_field = {
            field: q.id for q in self.house.settings.schools[SCHOOL].forms[FORM].questions for field in q.fields
        }
        return found | {by_field[name]: text for name, text in changes.items()}

    def respond(self, sample: str = "S04", at: datetime | None = None, email: str = STAFF, **changes: str) -> Response:
        """A member of staff submits the form."""
        return self.form.respond(
            self.answers(sample, **changes), email=email, at=at or self.clock.now() - timedelta(seconds=20)
        )

    def taken_in(self, sample: str = "S04", **changes: str) -> Reference:
        """A response through the form, its duties done."""
        self.respond(sample, **changes)
        self.poll()
        self.work()
        return self.newest()

    def newest(self) -> Reference:
        return self.house.ledger.unacknowledged()[-1].reference

    def poke(self, raw: bytes = b"{}", key: str = POKING, form: str = FORM) -> TestResponse:
        """What the form's script does: "look now"."""
        stamp = sign(b"poke." + raw, key.encode(), self.clock.now())
        headers = {"Content-Type": "application/json", "X-Connector-Signature": stamp}
        return self.client.post(f"/forms/{SCHOOL}/{form}/poke", data=raw, headers=headers)

    def filed(self, drive: SharedDrive | None = None) -> list[str]:
        return sorted(name for name in (drive or self.store).files() if name.startswith("C-"))

    def said_to(self, address: str) -> list[str]:
        """The plain text of every mail to that address, by Gmail or by SMTP."""
        mails = [mail.part("plain") for mail in self.fake.mails if address in mail.recipients]
        return mails + [mail.part("plain") for mail in self.caught.mails_to(address)]

    def ack_path(self) -> str:
        for text in self.said_to(DSL):
            if found := re.search(r"http://127\.0\.0\.1:8080(/a/[A-Za-z0-9_\-]+)", text):
                return found[1]
        raise AssertionError("no link was sent")


def lay_out(fake: Workspace, questions: list[tuple[str, str]]) -> Laid:
    """The form, drives, space and people, with least rights."""
    fake.domain = "willowbank.example"
    for address in (MAILBOX, DSL, DEPUTY, HEAD, CHAIR, OFFICE, TECHNICIAN, STAFF):
        fake.account(address)
    account = fake.service_account("filer")
    form = fake.form("Cause for concern", owner=DSL)
    ids = {title: form.ask(title, kind="paragraph", required=not _OPTIONAL.search(title)) for title, _ in questions}
    records = fake.shared_drive("Safeguarding (restricted)", RESTRICTIONS)
    staff = fake.shared_drive("Staff concerns (restricted)", RESTRICTIONS)
    for drive, people in ((records, (DSL, DEPUTY)), (staff, (HEAD, CHAIR))):
        for number, address in enumerate(people):
            drive.add(address, "reader" if number else "organizer")
    return Laid(form, records, staff, fake.space("DSL"), MAILBOX, account, ids)


def let_in(fake: Workspace, laid: Laid, identity: str, config: Path) -> dict[str, str]:
    """What a school does by hand for that identity; what the school's file says of it."""
    keys = config / "keys"
    if identity == "account":
        client = fake.oauth_client()
        token = fake.refresh_token(MAILBOX, SCOPES, client)
        (keys / "google-client.json").write_text(json.dumps(client.info), "utf-8")
        (keys / "google-token.json").write_text(json.dumps({"refresh_token": token, "account": MAILBOX}), "utf-8")
        said = 'identity = "account"\nclient = "file:keys/google-client.json"\ntoken = "file:keys/google-token.json"'
    else:
        (keys / "google.json").write_text(json.dumps(laid.account.info), "utf-8")
        said = f'identity = "{identity}"\nkey = "file:keys/google.json"'
        said += f'\nacts_as = "{MAILBOX}"' if identity == "delegate" else ""
    if identity == "delegate":
        fake.delegated[laid.account.client_id] = set(SCOPES)
    laid.service = laid.account.email if identity == "member" else MAILBOX
    laid.form.share(laid.service, "writer")
    for drive in (laid.records, laid.staff_records):
        if identity == "member":
            # A service account is outside the organisation: a drive for its people alone would keep it out.
            drive.restrictions["domainUsersOnly"] = False
        drive.add(laid.service, "writer")
    return {"google": said}


SCOPES = {
    f"https://www.googleapis.com/auth/{name}"
    for name in ("forms.body.readonly", "forms.responses.readonly", "drive", "gmail.send")
}


def school_text(fake: Workspace, laid: Laid, said: dict[str, str], identity: str, port: int) -> str:
    """The example of docs/, its ids those of the fake."""
    text = (ROOT / "docs" / "examples" / f"{SCHOOL}.toml").read_text("utf-8")
    text = re.sub(r"\[google\]\n(?:[^\[\n][^\n]*\n)+", f"[google]\n{said['google']}\n", text)
    text = text.replace("0AEXAMPLErecordsPVA", laid.records.id).replace("0AEXAMPLEstaffPVA", laid.staff_records.id)
    text = text.replace("1EXAMPLEformEXAMPLEformEXAMPLEform", laid.form.id)
    for title, old in _questions(text):
        text = text.replace(f'id = "{old}"', f'id = "{laid.ids[title]}"')
    if identity == "member":
        mail = f'kind = "smtp"\nhost = "127.0.0.1"\nport = {port}\nsecurity = "none"\nsender = "{MAILBOX}"'
        text = text.replace(f'kind = "gmail"\nsender = "{MAILBOX}"', mail)
    return text


def _questions(text: str) -> list[tuple[str, str]]:
    return re.findall(r'\{ title = "([^"]+)", id = "([^"]+)"', text)


def workspace_config(folder: Path, fake: Workspace, identity: str, port: int) -> tuple[Path, dict[str, str], Laid]:
    """The example of docs/ as the only school, and the environment."""
    config = copy_config(folder)
    for other in (config / "schools").glob("*.toml"):
        other.unlink()
    example = (ROOT / "docs" / "examples" / f"{SCHOOL}.toml").read_text("utf-8")
    laid = lay_out(fake, _questions(example))
    said = let_in(fake, laid, identity, config)
    (config / "schools" / f"{SCHOOL}.toml").write_text(school_text(fake, laid, said, identity, port), "utf-8")
    make_keys(config)
    service = config / "service.toml"
    service.write_text(service.read_text("utf-8") + f'\n[google]\nroot = "{fake.url}"\n', "utf-8")
    given = environment("unused") | {
        "WILLOW_BANK_CHAT_WEBHOOK": laid.space.webhook(),
        "WILLOW_BANK_POKE_KEY": POKING,
        "WILLOW_BANK_SIGNING_KEY": SIGNING,
    }
    return config, given, laid


@contextlib.contextmanager
def workspaced(
    folder: Path, change: Callable[[str], str] | None = None, identity: str = "delegate", **parts: Any
) -> Iterator[Workspaced]:
    """The service on a fresh Workspace. `change(text)` edits the school's file before it is read."""
    caught = Caught()
    # A space takes one message a second; no test waits for that.
    unpaced = mock.patch("connector.furnishing_google._CHAT_SECONDS", PACE)
    with unpaced, workspace() as fake, mail_catcher(caught) as port:
        clock = HandClock()
        fake.clock = clock.now
        config, given, laid = workspace_config(folder, fake, identity, port)
        if change is not None:
            school = config / "schools" / f"{SCHOOL}.toml"
            school.write_text(change(school.read_text("utf-8")), "utf-8")
        house = build(load(config, given), clock, **parts)
        client = create_app(house, works=False).test_client()
        found = Workspaced(house, client, caught, clock, config, fake, laid, given)
        try:
            yield found
            # Whatever a test is about: nothing that we send may break Google's own documents.
            assert found.may_complain or fake.complaints == []
        finally:
            # The one in hand: a test may have restarted it.
            found.house.close()
