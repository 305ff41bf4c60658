"""A school in its own Microsoft 365 tenant: the service under test on the fake tenant, over real HTTP."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from connector.forms.shapes import as_power_automate
from connector.jobs import watch
from connector.keyring import make_certificate
from connector.model.reference import Reference
from connector.settings.load import load
from connector.web.app import create_app
from connector.wiring import build
from tests.service import BEARER, ROOT, Caught, HandClock, Service, copy_config, environment, sample_of
from tests.tenant import Library, Tenant, tenant

SCHOOL, FORM = "harbour-view", "record-of-concern"
PUSHING_APP = "bbbbbbbb-cccc-4ddd-8eee-ffffffffffff"
AUDIENCE = "api://66666666-7777-4888-9999-aaaaaaaaaaaa"
SITE = "https://harbourview.sharepoint.com/sites"
MAILBOX, DSL, OFFICE = (
    "safeguarding-alerts@harbourview.example",
    "i.farrow@harbourview.example",
    "office@harbourview.example",
)
COLUMNS = {
    "ConcernReference": "text", "ConcernReceived": "dateTime", "ConcernStatus": "text", "ConcernForm": "text",
    "ConcernUrgent": "boolean", "ConcernToAsk": "number",
}  # fmt: skip


@dataclass
class Tenanted(Service):
    """A running service and the tenant it works in."""

    fake: Tenant
    intake: Library
    store: Library
    staff_records: Library
    given: dict[str, str]
    may_complain: bool = False

    def drop(self, body: Any, number: str = "1") -> None:
        """What the school's flow does with a response."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.intake.drop(f"{FORM}/{FORM}-{number}.json", raw)

    def poll(self) -> int:
        return self.house.polling.poll(SCHOOL, self.clock.now(), asked=True)

    def watch(self) -> None:
        watch(self.house)

    def response(self, sample: str = "S01", number: str = "1", **changes: Any) -> dict[str, Any]:
        """A sample as the flow delivers it."""
        found = sample_of(sample)
        form = self.house.settings.schools[SCHOOL].forms[FORM]
        sent = self.clock.now() - timedelta(minutes=1)
        body = as_power_automate(form, found["answers"], found["respondent"], sent, number)
        body["answers"] |= changes
        return body

    def taken_in(self, sample: str = "S01", number: str = "1") -> Reference:
        """A response through the intake library, its duties done."""
        self.drop(self.response(sample, number), number)
        assert self.poll() == 1
        self.work()
        return self.newest()

    def newest(self) -> Reference:
        return self.house.ledger.unacknowledged()[-1].reference

    def filed(self) -> list[str]:
        return sorted(name for name in self.store.files() if name.startswith("C-"))

    def said_to(self, address: str) -> list[str]:
        """The plain text of every mail to that address."""
        return [mail.part("plain") for mail in self.fake.mails if address in mail.recipients]

    def ack_path(self) -> str:
        for text in self.said_to(DSL):
            if found := re.search(r"http://127\.0\.0\.1:8080(/a/[A-Za-z0-9_\-]+)", text):
                return found[1]
        raise AssertionError("no link was sent")


def replaced(old: str, new: str) -> Callable[[str], str]:
    """A change of the school's file, for `tenanted`; fails where there is nothing to change."""

    def change(text: str) -> str:
        assert old in text
        return text.replace(old, new)

    return change


def lay_out(fake: Tenant) -> tuple[Library, Library, Library]:
    """The sites, libraries, mailbox and people that docs/microsoft-365.md has a school make, with least rights."""
    intake_site, store_site, staff_site = (
        fake.site(f"{SITE}/{name}") for name in ("concern-intake", "safeguarding", "staff-concerns")
    )
    intake = intake_site.library("Responses")
    records = store_site.library("Records", columns=COLUMNS)
    staff = staff_site.library("Records", columns=COLUMNS)
    fake.app.roles = {"Sites.Selected"}
    fake.app.site_grants = {site.id: "write" for site in (intake_site, store_site, staff_site)}
    fake.mailbox(MAILBOX)
    fake.app.mailboxes = {MAILBOX}
    for address in (DSL, OFFICE, "t.lund@harbourview.example", "c.holloway@harbourview.example"):
        fake.user(address)
        fake.mailbox(address)
    return intake, records, staff


def tenant_config(folder: Path, fake: Tenant) -> tuple[Path, dict[str, str]]:
    """The example of docs/ as the only school, its ids those of the fake; and the environment."""
    config = copy_config(folder)
    for other in (config / "schools").glob("*.toml"):
        other.unlink()
    text = (ROOT / "docs" / "examples" / f"{SCHOOL}.toml").read_text("utf-8")
    text = text.replace("11111111-2222-4333-8444-555555555555", fake.tenant_id)
    text = re.sub(r'client_id = "[^"]+"', f'client_id = "{fake.app.client_id}"', text)
    (config / "schools" / f"{SCHOOL}.toml").write_text(text, "utf-8")
    pem, public = make_certificate(config)
    pem.rename(config / "keys" / "microsoft.pem")
    fake.app.register(public.read_text("ascii"))
    service = config / "service.toml"
    addresses = f'\n[microsoft]\ngraph = "{fake.url}"\nlogin = "{fake.url}"\n'
    service.write_text(service.read_text("utf-8") + addresses, "utf-8")
    given = environment("unused") | {
        "HARBOUR_VIEW_TEAMS_WEBHOOK": fake.flow(),
        "HARBOUR_VIEW_FORM_KEY": BEARER,
    }
    return config, given


@contextlib.contextmanager
def tenanted(folder: Path, change: Callable[[str], str] | None = None, **parts: Any) -> Iterator[Tenanted]:
    """The service on a fresh tenant. `change(text)` edits the school's file before it is read."""
    with tenant() as fake:
        intake, records, staff = lay_out(fake)
        config, given = tenant_config(folder, fake)
        if change is not None:
            school = config / "schools" / f"{SCHOOL}.toml"
            school.write_text(change(school.read_text("utf-8")), "utf-8")
        clock = HandClock()
        fake.clock = clock.now
        house = build(load(config, given), clock, **parts)
        client = create_app(house, works=False).test_client()
        found = Tenanted(house, client, Caught(), clock, config, fake, intake, records, staff, given)
        try:
            yield found
            # Whatever a test is about: nothing that we send may break Microsoft's own contract.
            assert found.may_complain or fake.complaints == []
        finally:
            # The one in hand: a test may have restarted it.
            found.house.close()
