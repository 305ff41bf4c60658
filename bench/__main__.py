"""`make bench`: the service beside a naive baseline and this machine's own limits, in one run.

Everything is loopback: a load client, a mail and card sink and the service under test, each a process
of its own. Nothing here is a test and nothing fails on a slow machine.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

from bench import limits
from bench.figures import finished, journey, print_table
from bench.stage import KEY, make_stage

HERE = Path(__file__).resolve().parent
CLIENTS = (1, 8, 32)


def main() -> int:
    options = argparse.ArgumentParser(prog="bench", description=__doc__)
    options.add_argument("--requests", type=int, default=1500, help="requests at 32 clients; fewer at 8 and 1")
    options.add_argument("--json", action="store_true")
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="connector-bench-") as temporary:
        facts = measure(Path(temporary), chosen.requests)
    print(json.dumps(facts, indent=2)) if chosen.json else print_table(facts)
    return 0


def measure(folder: Path, most: int) -> dict[str, Any]:
    facts: dict[str, Any] = {"limits": _limits(folder)}
    with process(["-m", "bench.sinks"]) as sinks:
        ports = json.loads(_line(sinks))
        card = f"http://127.0.0.1:{ports['http']}/card?sig=bench"
        facts["naive"] = _naive(folder, ports["smtp"], card, most)
        facts["service"] = _service(folder, ports["smtp"], card, most)
        assert sinks.stdin is not None
        sinks.stdin.close()
    return facts


def _limits(folder: Path) -> dict[str, float]:
    return {
        "sqlite_commits_per_s": round(limits.sqlite_commits(folder)),
        "sqlite_rows_in_groups_of_20_per_s": round(limits.sqlite_grouped_rows(folder)),
        "append_fsyncs_per_s": round(limits.append_fsyncs(folder)),
        "flask_no_op_per_s_at_8": round(limits.flask_posts()),
    }


def _naive(folder: Path, smtp: int, card: str, most: int) -> dict[str, Any]:
    records = folder / "naive"
    records.mkdir()
    command = ["-m", "bench.naive", "--port", "0", "--smtp", str(smtp), "--card", card, "--folder", str(records)]
    found: dict[str, Any] = {}
    with process([*command, "--key", KEY]) as server:
        url = f"http://127.0.0.1:{json.loads(_line(server))['port']}"
        for name, path, share in (("whole job", "/", 3), ("durable accept", "/durable", 1)):
            for clients in CLIENTS:
                found[f"{name} at {clients}"] = load(url + path, clients, _share(most, clients) // share)
        found["rss_mb"] = rss_mb(server.pid)
    return found


def _service(folder: Path, smtp: int, card: str, most: int) -> dict[str, Any]:
    stage = make_stage(folder / "service", smtp, card)
    found: dict[str, Any] = {}
    environment = os.environ | stage.environment
    begun = time.perf_counter()
    with process(["-m", "connector", "serve", "--config", str(stage.config)], environment) as server:
        found["cold_start_to_first_202_s"] = round(_first_202(stage.url, begun), 2)
        finished(stage.database)
        found["rss_idle_mb"] = rss_mb(server.pid)
        found["one at a time"] = _one_at_a_time(stage.url, stage.database, 60)
        for clients in CLIENTS:
            number = _share(most, clients)
            start = time.time()
            found[f"accept at {clients}"] = load(stage.url, clients, number)
            last = finished(stage.database)
            found[f"finished per s after {clients}"] = round(number / (last - start), 1)
        found["rss_after_load_mb"] = rss_mb(server.pid)
        found["idle_cpu_percent"] = _idle_cpu(server.pid)
    return found


def _share(most: int, clients: int) -> int:
    return {1: most // 5, 8: most // 2}.get(clients, most)


def _first_202(url: str, begun: float) -> float:
    body = (HERE / "body.json").read_bytes().replace(b"@@ID@@", b"first")
    while time.perf_counter() - begun < 60:
        try:
            request = Request(
                url, data=body, headers={"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"}
            )
            with urlopen(request, timeout=5) as answer:
                assert answer.status == 202
            return time.perf_counter() - begun
        except OSError:
            time.sleep(0.005)
    raise TimeoutError("the service did not start")


def _one_at_a_time(url: str, database: Path, number: int) -> dict[str, float]:
    """Each concern alone: sent when the one before it was filed and told."""
    body = (HERE / "body.json").read_bytes()
    for count in range(number):
        request = Request(
            url,
            data=body.replace(b"@@ID@@", b"alone-%d" % count),
            headers={"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"},
        )
        with urlopen(request, timeout=10):
            finished(database)
    return journey(database, "alone", number)


def load(url: str, clients: int, requests: int) -> dict[str, Any]:
    command = [sys.executable, "-m", "bench.load", "--url", url, "--clients", str(clients)]
    command += ["--requests", str(max(requests, clients)), "--key", KEY, "--body", str(HERE / "body.json")]
    done = subprocess.run(command, cwd=HERE.parent, capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def rss_mb(pid: int) -> float:
    """Resident memory of the process, in MB; 0 where the system does not tell."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except OSError:
        return 0.0
    return round(pages * os.sysconf("SC_PAGE_SIZE") / 1e6, 1)


def _idle_cpu(pid: int, seconds: float = 10.0) -> float:
    """Share of one core that the process uses while nothing happens, in percent."""

    def ticks() -> int:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return int(fields[11]) + int(fields[12])

    time.sleep(2)
    before = ticks()
    time.sleep(seconds)
    return round((ticks() - before) / os.sysconf("SC_CLK_TCK") / seconds * 100, 2)


@contextmanager
def process(command: list[str], environment: dict[str, str] | None = None) -> Iterator[subprocess.Popen[str]]:
    started = subprocess.Popen(
        [sys.executable, *command],
        cwd=HERE.parent,
        env=environment,
        text=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield started
    finally:
        started.send_signal(signal.SIGTERM)
        try:
            started.wait(timeout=30)
        except subprocess.TimeoutExpired:
            started.kill()


def _line(started: subprocess.Popen[str]) -> str:
    assert started.stdout is not None
    return started.stdout.readline()


if __name__ == "__main__":
    sys.exit(main())
