"""What a school's Google Workspace costs, on the fake one: `python -m tools.workspace_cost`.

Requests of one form a day, idle and busy; the share of one project's quota with 1, 100 and 2,000 forms and how long
a response then waits; and the memory and cold start of `connector serve` with a Workspace beside the same without.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from connector.demo.catchers import Caught, mail_catcher
from connector.forms.proof import sign
from connector.keyring import make_keys
from connector.polling import first_polls, poll_seconds
from connector.settings.load import load
from connector.web.app import create_app
from connector.wiring import build
from tests.process import free_port
from tests.service import ROOT, SIGNING, HandClock
from tests.workspace import workspace
from tests.workspaced import FORM, SCHOOL, SCOPES, Workspaced, workspace_config, workspaced
from tools.tenant_cost import answer, resident

POLL_SECONDS = 60
# Lists a minute that Google allows one account in one project, and the whole project (google.md 1.4).
ACCOUNT_A_MINUTE, PROJECT_A_MINUTE = 180, 450


def main() -> None:
    """Print the figures."""
    with tempfile.TemporaryDirectory() as folder, workspaced(Path(folder)) as school:
        school.taken_in()
        for responses in (0, 10, 100):
            used = a_day(school, responses)
            said = ", ".join(f"{name.partition('.')[2]} {count}" for name, count in used.most_common(8))
            print(f"{responses:4} responses a day: {sum(used.values())} requests ({said})")
    for forms in (1, 100, 2000):
        print(many(forms))
    for name, with_google in (("without Google", False), ("with Google", True)):
        found = [process(with_google) for _ in range(2)]
        resident_mb = [(round(idle, 1), round(busy, 1)) for _, idle, busy in found]
        print(f"{name}: resident MB idle and after 20 responses {resident_mb}, cold start s "
              f"{[round(start, 2) for start, _, _ in found]}")  # fmt: skip


def a_day(school: Workspaced, responses: int) -> Counter[str]:
    """Requests of one simulated day by method: polls, a watch every ten minutes, the sweep, and the responses."""
    before, done = school.fake.usage(), 0
    ticks = 86_400 // POLL_SECONDS
    for tick in range(ticks):
        if done < responses and tick >= done * ticks // responses:
            done += 1
            school.respond()
        school.poll()
        if school.house.ledger.lanes(school.clock.now()):
            school.work()
        if tick % (600 // POLL_SECONDS) == 0:
            school.watch()
        school.clock.pass_(seconds=POLL_SECONDS)
    return school.fake.usage() - before


@contextlib.contextmanager
def with_forms(folder: Path, number: int) -> Iterator[Workspaced]:
    """One school with so many forms in one Google Cloud project."""
    caught = Caught()
    with workspace() as fake, mail_catcher(caught) as port:
        clock = HandClock()
        fake.clock = clock.now
        config, given, laid = workspace_config(folder, fake, "delegate", port)
        fake.delegated[laid.account.client_id] = set(SCOPES)
        path = config / "schools" / f"{SCHOOL}.toml"
        text = path.read_text("utf-8")
        one = text[text.index(f"[forms.{FORM}]") :]
        for count in range(2, number + 1):
            form = fake.form(f"Form {count}", owner=laid.form.owner)
            form.share(laid.service, "writer")
            text += "\n" + one.replace(f"forms.{FORM}", f"forms.form-{count}").replace(laid.form.id, form.id)
        path.write_text(re.sub(r"poll_seconds = \d+", f"poll_seconds = {POLL_SECONDS}", text), "utf-8")
        house = build(load(config, given), clock)
        try:
            client = create_app(house, works=False).test_client()
            yield Workspaced(house, client, caught, clock, config, fake, laid, given)
        finally:
            house.close()


def many(forms: int) -> str:
    """Twenty minutes of so many forms, each asked at its own pace; a response arrives at the beginning."""
    minutes = 20
    with tempfile.TemporaryDirectory() as folder, with_forms(Path(folder), forms) as school:
        paces = poll_seconds(school.house.sites)
        start = school.clock.now()
        due = {key: start + timedelta(seconds=wait) for key, wait in first_polls(paces).items()}
        asked: Counter[int] = Counter()
        waited = None
        school.house.polling.poll(SCHOOL, start, name=FORM)
        due[SCHOOL, FORM] += timedelta(seconds=paces[SCHOOL, FORM])
        school.clock.pass_(seconds=1)
        # Just after its form was asked: nobody waits longer.
        school.respond(at=school.clock.now())
        for second in range(1, minutes * 60):
            now = school.clock.now()
            for key in [key for key, at in due.items() if at <= now]:
                before = school.fake.count("forms.forms.responses.list")
                taken = school.house.polling.poll(key[0], now, name=key[1])
                asked[second // 60] += school.fake.count("forms.forms.responses.list") - before
                waited = waited if waited is not None or not taken else (now - start).total_seconds()
                due[key] += timedelta(seconds=paces[key])
            school.clock.pass_(seconds=1)
        busiest, seconds = max(asked.values()), max(paces.values())
        shares = [100 * busiest / most for most in (ACCOUNT_A_MINUTE, PROJECT_A_MINUTE)]
        return (
            f"{forms:5} forms in one project: each asked every {seconds} s, {busiest} lists in the busiest minute, "
            f"{shares[0]:.1f} % of one account's and {shares[1]:.1f} % of the project's quota; "
            f"the longest wait was {waited} s"
        )


FOLDERS = """
[store]
kind = "folder"
path = "../var/store"
readers = ["dsl"]

[staff_store]
kind = "folder"
path = "../var/staff"
readers = ["head"]

[channels.mail]
kind = "smtp"
host = "127.0.0.1"
port = 9
security = "none"
sender = "safe@willowbank.example"
"""


def without_google(text: str) -> str:
    """The same school with folders and a mail server instead."""
    for table in ("google", "store", "staff_store", r"channels\.mail", r"forms\.cause-for-concern\.google"):
        text = re.sub(rf"^\[{table}\]$.*?(?=^\[|\Z)", "", text, flags=re.DOTALL | re.MULTILINE)
    return re.sub("poke_key = .*", 'signing_key = "env:WILLOW_BANK_SIGNING_KEY"', text) + FOLDERS


def process(with_google: bool) -> tuple[float, float, float]:
    """Cold start in seconds, resident MB when idle, and after 20 responses have come to the form."""
    with tempfile.TemporaryDirectory() as folder, workspaced(Path(folder)) as school:
        school.may_complain = True
        school.house.close()
        school.fake.clock = lambda: datetime.now(UTC)
        port = free_port()
        service, file = school.config / "service.toml", school.config / "schools" / f"{SCHOOL}.toml"
        service.write_text(service.read_text().replace("127.0.0.1:8080", f"127.0.0.1:{port}"))
        text = re.sub(r"poll_seconds = \d+", "poll_seconds = 15", file.read_text())
        file.write_text(text if with_google else without_google(text))
        if not with_google:
            give_readers_keys(school, file)
        began = time.monotonic()
        command = [sys.executable, "-m", "connector", "serve", "--config", str(school.config)]
        serving = subprocess.Popen(command, cwd=ROOT, env=os.environ | school.given, stderr=subprocess.DEVNULL)
        try:
            return _figures(school, serving.pid, port, began, fetched=with_google)
        finally:
            serving.send_signal(signal.SIGTERM)
            serving.wait(timeout=60)


def give_readers_keys(school: Workspaced, file: Path) -> None:
    """Folders are sealed to their readers, who need keys then."""
    text = file.read_text()
    for who in ("dsl", "head"):
        text = text.replace(f"[people.{who}]", f'[people.{who}]\nreader = "file:keys/{SCHOOL}-{who}.pub"')
    file.write_text(text)
    make_keys(school.config)


def _figures(school: Workspaced, pid: int, port: int, began: float, *, fetched: bool) -> tuple[float, float, float]:
    start = answer(port, began)
    time.sleep(20)
    idle = resident(pid)
    for number in range(20):
        if fetched:
            school.respond(at=datetime.now(UTC))
        else:
            push(school, port, number)
    time.sleep(40)
    return start, idle, resident(pid)


def push(school: Workspaced, port: int, number: int) -> None:
    """The same response, sent to the service's own door."""
    body = json.dumps(school.respond(at=datetime.now(UTC)).body() | {"responseId": f"pushed-{number}"}).encode()
    headers = {"Content-Type": "application/json"}
    headers["X-Connector-Signature"] = sign(body, SIGNING.encode(), datetime.now(UTC))
    address = f"http://127.0.0.1:{port}/forms/{SCHOOL}/{FORM}"
    urllib.request.urlopen(urllib.request.Request(address, body, headers), timeout=10).close()


if __name__ == "__main__":
    main()
