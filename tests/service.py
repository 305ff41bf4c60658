"""The service under test: real parts on a temporary folder, strict catchers at the network's edge, a clock in hand."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from connector.clock import Clock
from connector.demo.catchers import Caught, card_catcher, mail_catcher
from connector.forms.proof import sign
from connector.forms.shapes import as_google, as_power_automate
from connector.keyring import make_keys
from connector.ledger.reading import Held
from connector.model.duty import Duty
from connector.model.reference import Reference
from connector.settings.load import Settings, load
from connector.settings.school import SmtpChannel
from connector.store.age import decrypt
from connector.web.app import create_app
from connector.wiring import House, build

ROOT = Path(__file__).parent.parent
SAMPLES = json.loads((Path(__file__).parent / "samples" / "concerns.json").read_text("utf-8"))["samples"]
BEARER, SIGNING = "a-bearer-key", "a-signing-key"
FORMS = {
    "nursery-record-of-concern": ("little-lanterns", "record-of-concern"),
    "infant-cause-for-concern": ("starling-infants", "cause-for-concern"),
}
# A Tuesday in term, 10:52 in London.
TUESDAY = datetime(2026, 11, 17, 10, 52, tzinfo=UTC)


@dataclass(frozen=True)
class HandClock(Clock):
    """A clock that moves only by hand."""

    moment: list[datetime] = field(default_factory=lambda: [TUESDAY])

    def now(self) -> datetime:
        return self.moment[0]

    def pass_(self, **of: float) -> None:
        self.moment[0] += timedelta(**of)


@dataclass
class Service:
    """What a test holds in its hands."""

    house: House
    client: FlaskClient
    caught: Caught
    clock: HandClock
    config: Path

    def post(
        self, school: str, form: str, body: Any, *, headers: Mapping[str, str] | None = None, raw: bytes | None = None
    ) -> TestResponse:
        data = raw if raw is not None else json.dumps(body).encode()
        sent = {"Content-Type": "application/json", "Authorization": f"Bearer {BEARER}"}
        return self.client.post(f"/forms/{school}/{form}", data=data, headers=sent if headers is None else headers)

    def signed(self, raw: bytes, key: str = SIGNING, at: datetime | None = None) -> dict[str, str]:
        stamp = sign(raw, key.encode(), at or self.clock.now())
        return {"Content-Type": "application/json", "X-Connector-Signature": stamp}

    def post_sample(self, number: str, response: str = "") -> TestResponse:
        """A sample in the shape of its platform, at its own moment."""
        sample = sample_of(number)
        self.clock.moment[0] = datetime.fromisoformat(sample["submitted_at"])
        school, form = FORMS[sample["form"]]
        body = platform_body(self.house.settings, sample, response or number)
        return self.post(school, form, body)

    def accept(self, number: str = "S01", response: str = "") -> Reference:
        answer = self.post_sample(number, response)
        assert answer.status_code == 202, answer.text
        return Reference(answer.json["reference"])

    def work(self) -> int:
        """Perform every duty that is due now, and what follows from it."""
        performed = 0
        ledger = self.house.ledger
        while due := [n for lane in ledger.lanes(self.clock.now()) for n in ledger.due(lane, self.clock.now(), 1000)]:
            for number in due:
                self.house.engine._perform(number)
                performed += 1
        return performed

    def held(self, reference: Reference) -> Held:
        return self.house.ledger.latest(reference)

    def duties(self, reference: Reference) -> list[Duty]:
        return self.house.ledger.duties(reference)

    def records(self, reference: Reference) -> list[Path]:
        return sorted((self.config.parent / "var" / "records").glob(f"*/*/{reference}/*.age"))

    def identity(self, school: str, person: str) -> str:
        return (self.config / "keys" / "readers" / f"{school}-{person}.key").read_text("utf-8")

    def opened(self, reference: Reference, school: str, person: str, part: str = "json", version: int = 1) -> bytes:
        path = next(p for p in self.records(reference) if p.name == f"{reference}-{version}.{part}.age")
        return decrypt(path, self.identity(school, person))

    def mails_to(self, address: str) -> list[Any]:
        return self.caught.mails_to(address)


def sample_of(number: str) -> dict[str, Any]:
    found: dict[str, Any] = next(sample for sample in SAMPLES if sample["id"] == number)
    return found


def platform_body(settings: Settings, sample: Mapping[str, Any], response: str) -> dict[str, Any]:
    """The sample as Power Automate or the Google Forms API delivers it."""
    school, form = FORMS[sample["form"]]
    make = as_google if sample["platform"] == "google_forms" else as_power_automate
    sent = datetime.fromisoformat(sample["submitted_at"])
    return make(settings.schools[school].forms[form], sample["answers"], sample["respondent"], sent, response)


def copy_config(folder: Path) -> Path:
    """The shipped configuration with fresh keys, in a folder of its own."""
    import shutil

    config = folder / "config"
    shutil.copytree(ROOT / "config", config, ignore=shutil.ignore_patterns("keys"))
    make_keys(config)
    return config


def environment(webhook: str) -> dict[str, str]:
    return {
        "LITTLE_LANTERNS_TEAMS_WEBHOOK": webhook,
        "STARLING_TEAMS_WEBHOOK": webhook,
        "LITTLE_LANTERNS_FORM_KEY": BEARER,
        "STARLING_FORM_KEY": BEARER,
        "LITTLE_LANTERNS_SIGNING_KEY": SIGNING,
        "STARLING_SIGNING_KEY": SIGNING,
    }


def aim_mail(settings: Settings, port: int, **changes: Any) -> Settings:
    """The same settings with every school's mail going to that loopback port."""
    schools = {}
    for slug, school in settings.schools.items():
        channels = {
            name: channel.model_copy(update={"port": port, **changes}) if isinstance(channel, SmtpChannel) else channel
            for name, channel in school.channels.items()
        }
        schools[slug] = school.model_copy(update={"channels": channels})
    return replace(settings, schools=schools)


@contextlib.contextmanager
def running(folder: Path, **parts: Any) -> Iterator[Service]:
    """The service without its threads: `work` performs what is due."""
    config = copy_config(folder)
    caught, clock = Caught(), HandClock()
    with mail_catcher(caught) as port, card_catcher(caught) as webhook:
        settings = aim_mail(load(config, environment(webhook)), port)
        house = build(settings, clock, **parts)
        found = Service(house, create_app(house, works=False).test_client(), caught, clock, config)
        try:
            yield found
        finally:
            # The one in hand: a test may have restarted it.
            found.house.close()
