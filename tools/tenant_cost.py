"""What a school's tenant costs, on the fake one: `python -m tools.tenant_cost`.

Requests and SharePoint's resource units for each form a day, idle and busy; and the memory and cold start of
`connector serve` with a tenant beside the same school without one.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from tests.process import free_port
from tests.service import ROOT
from tests.tenanted import SCHOOL, Tenanted, tenanted

POLL_SECONDS = 20
# SharePoint's least allowance for one app in one tenant, a day (ms365.md 4).
ALLOWED_UNITS = 1_200_000


def main() -> None:
    """Print the figures."""
    with tempfile.TemporaryDirectory() as folder, tenanted(Path(folder)) as school:
        school.taken_in()
        for responses in (0, 10, 100):
            requests, units = a_day(school, responses)
            share = 100 * units / ALLOWED_UNITS
            print(f"{responses:4} responses a day: {requests} requests, {units} units, {share:.2f} % of the allowance")
    for name, with_tenant in (("without a tenant", False), ("with a tenant", True)):
        found = [process(with_tenant) for _ in range(2)]
        resident_mb = [(round(idle, 1), round(busy, 1)) for _, idle, busy in found]
        starts = [round(start, 2) for start, _, _ in found]
        print(f"{name}: resident MB idle and after 20 responses {resident_mb}, cold start s {starts}")


def a_day(school: Tenanted, responses: int) -> tuple[int, int]:
    """Requests and units of one simulated day: polls, watches every ten minutes, the sweep, and the responses."""
    requests, units, done = len(school.fake.requests), school.fake.resource_units(), 0
    ticks = 86_400 // POLL_SECONDS
    for tick in range(ticks):
        if done < responses and tick >= done * ticks // responses:
            done += 1
            school.drop(school.response(number=str(1000 + done)), str(1000 + done))
        school.poll()
        if school.house.ledger.lanes(school.clock.now()):
            school.work()
        if tick % 30 == 0:
            school.watch()
        school.clock.pass_(seconds=POLL_SECONDS)
    school.house.polling.sweep(SCHOOL, school.clock.now())
    return len(school.fake.requests) - requests, school.fake.resource_units() - units


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
sender = "safe@harbourview.example"
"""


def without_tenant(text: str) -> str:
    """The same school with folders and a mail server instead."""
    for table in ("microsoft", "intake_library", "store", "staff_store", r"channels\.mail"):
        text = re.sub(rf"^\[{table}\]$.*?(?=^\[|\Z)", "", text, flags=re.DOTALL | re.MULTILINE)
    return re.sub(r"^entra = .*$", "", text, flags=re.MULTILINE) + FOLDERS


def process(with_tenant: bool) -> tuple[float, float, float]:
    """Cold start in seconds, resident MB when idle, and after 20 responses have been taken in."""
    with tempfile.TemporaryDirectory() as folder, tenanted(Path(folder)) as school:
        school.may_complain = True
        school.house.close()
        school.fake.clock = lambda: datetime.now(UTC)
        port = free_port()
        service, file = school.config / "service.toml", school.config / "schools" / f"{SCHOOL}.toml"
        service.write_text(service.read_text().replace("127.0.0.1:8080", f"127.0.0.1:{port}"))
        if not with_tenant:
            file.write_text(without_tenant(file.read_text()))
            give_readers_keys(school, file)
        began = time.monotonic()
        served = subprocess.Popen(
            [sys.executable, "-m", "connector", "serve", "--config", str(school.config)],
            cwd=ROOT, env=os.environ | school.given, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            start = answer(port, began)
            time.sleep(6)
            idle = resident(served.pid)
            for number in range(20):
                send(port, school, number)
            time.sleep(8)
            return start, idle, resident(served.pid)
        finally:
            served.send_signal(signal.SIGTERM)
            served.wait(timeout=60)


def give_readers_keys(school: Tenanted, file: Path) -> None:
    """Readers' keys, which a folder needs."""
    from connector.keyring import make_keys

    text = file.read_text()
    for person in ("dsl", "head"):
        text = text.replace(f"[people.{person}]\n", f'[people.{person}]\nreader = "file:keys/{SCHOOL}-{person}.pub"\n')
    file.write_text(text)
    make_keys(school.config)


def answer(port: int, began: float) -> float:
    """Seconds until the service is alive."""
    import urllib.request

    while time.monotonic() - began < 30:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/livez", timeout=1).close()
        except OSError:
            time.sleep(0.01)
        else:
            return time.monotonic() - began
    raise TimeoutError


def send(port: int, school: Tenanted, number: int) -> None:
    """One response by push."""
    import json
    import urllib.request

    body = json.dumps(school.response(number=str(number))).encode()
    headers = {"Content-Type": "application/json", "Authorization": "Bearer a-bearer-key"}
    request = urllib.request.Request(f"http://127.0.0.1:{port}/forms/{SCHOOL}/record-of-concern", body, headers)
    urllib.request.urlopen(request, timeout=10).close()


def resident(pid: int) -> float:
    """Resident megabytes of that process."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * 4096 / 1e6


if __name__ == "__main__":
    main()
