"""The stage: the shipped schools with fresh keys in a temporary folder, the real service before real catchers."""

from __future__ import annotations

import contextlib
import json
import shutil
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from connector.clock import Clock
from connector.demo.catchers import Caught, card_catcher, mail_catcher
from connector.demo.samples import Sample, shaped
from connector.errors import CannotAccept
from connector.jobs import jobs
from connector.keyring import make_keys
from connector.model.reference import Reference
from connector.serving import bind, serve_until
from connector.settings.load import Settings, load
from connector.settings.school import SmtpChannel
from connector.web.app import create_app
from connector.wiring import House, build

FORM_KEY = "demo-form-key"


@dataclass(frozen=True, slots=True)
class Posted:
    """A submission as it went through the real endpoint."""

    sample: Sample
    body: bytes
    status: int
    answer: dict[str, Any]
    milliseconds: float

    @property
    def reference(self) -> Reference:
        """The reference that the service gave."""
        return Reference(self.answer["reference"])


@dataclass(frozen=True, slots=True)
class Stage:
    """The service at work."""

    folder: Path
    house: House
    caught: Caught
    address: str

    def post(self, sample: Sample, sent: datetime, number: str) -> Posted:
        """Send it as the form's platform would: with its key, which holds however fast the stage's clock goes."""
        form = self.house.settings.schools[sample.school].forms[sample.form]
        body = json.dumps(shaped(sample, form, sent, number)).encode()
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {FORM_KEY}"}
        begun = time.perf_counter()
        status, answer = fetch(f"{self.address}/forms/{sample.school}/{sample.form}", body, headers)
        return Posted(sample, body, status, json.loads(answer), (time.perf_counter() - begun) * 1000)

    def identity(self, school: str, person: str) -> str:
        """A reader's private key; on the stage we play every part."""
        return (self.folder / "keys" / "readers" / f"{school}-{person}.key").read_text(encoding="utf-8")


def fetch(address: str, body: bytes | None = None, headers: dict[str, str] | None = None) -> tuple[int, str]:
    """Status and text of a loopback answer, whatever the status."""
    request = urllib.request.Request(address, data=body, headers=headers or {})  # noqa: S310 - loopback, made here
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - as above
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, refused.read().decode()


@contextlib.contextmanager
def stage(config: Path, *, speed: float) -> Iterator[Stage]:
    """The running service, its ladder `speed` times as fast. Everything is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="connector-demo-") as temporary, contextlib.ExitStack() as stack:
        folder = Path(temporary) / "config"
        shutil.copytree(config, folder, ignore=shutil.ignore_patterns("keys"))
        make_keys(folder)
        caught = Caught()
        smtp_port = stack.enter_context(mail_catcher(caught))
        webhook = stack.enter_context(card_catcher(caught))
        door = bind("127.0.0.1:0")
        address = f"http://127.0.0.1:{door.getsockname()[1]}"
        settings = _staged(load(folder, _Environment(webhook)), smtp_port, address)
        house = build(settings, Clock(speed=speed))
        stack.callback(house.close)
        stack.enter_context(jobs(house))
        stack.enter_context(_in_background(lambda stopping: serve_until(stopping, create_app(house), door, 8)))
        house.engine.start()
        if not wait_for(lambda: _is_open(address)):
            raise CannotAccept("The demo's own door did not open.")
        yield Stage(folder, house, caught, address)


def _is_open(address: str) -> bool:
    with contextlib.suppress(urllib.error.URLError):
        return fetch(f"{address}/livez")[0] == 200
    return False


class _Environment(dict[str, str]):
    """Gives every key that the shipped schools ask for."""

    def __init__(self, webhook: str) -> None:
        super().__init__()
        self._webhook = webhook

    def get(self, name: str, default: Any = None) -> Any:
        """The value the stage uses for that name."""
        return self._webhook if name.endswith("WEBHOOK") else FORM_KEY


def _staged(settings: Settings, smtp_port: int, address: str) -> Settings:
    """The same settings with the catchers for the school's servers."""
    schools = {}
    for slug, school in settings.schools.items():
        channels = {
            name: channel.model_copy(update={"host": "127.0.0.1", "port": smtp_port, "security": "none"})
            if isinstance(channel, SmtpChannel)
            else channel
            for name, channel in school.channels.items()
        }
        schools[slug] = school.model_copy(update={"channels": channels})
    service = settings.service.model_copy(update={"public_url": address})
    return replace(settings, service=service, schools=schools)


@contextlib.contextmanager
def _in_background(serve: Callable[[threading.Event], None]) -> Iterator[None]:
    stopping = threading.Event()
    thread = threading.Thread(target=serve, args=(stopping,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        stopping.set()
        thread.join(timeout=30)


def wait_for(what: Callable[[], object], seconds: float = 120) -> bool:
    """True as soon as it holds; False where it does not within so many real seconds."""
    last = time.monotonic() + seconds
    while time.monotonic() < last:
        if what():
            return True
        time.sleep(0.02)
    return False
