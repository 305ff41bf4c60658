"""The service as a process: bad input leaves it up and its memory flat; it starts and stops without a false yes."""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from connector.demo.catchers import Caught, card_catcher, mail_catcher
from connector.demo.stage import wait_for
from tests.process import Process, process
from tests.service import BEARER, ROOT
from tests.test_intake import UNDERSTOOD_OR_NOT

SCHOOL, FORM = "little-lanterns", "record-of-concern-json"


@pytest.fixture
def caught() -> Caught:
    return Caught()


@pytest.fixture
def served(tmp_path: Path, caught: Caught) -> Iterator[Process]:
    with mail_catcher(caught) as smtp, card_catcher(caught) as webhook, process(tmp_path, smtp, webhook) as found:
        yield found


def resident_mb(pid: int) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def good(number: int) -> bytes:
    return json.dumps({"response_id": f"p-{number}", "answers": {"Child's name": f"Invented Child{number}"}}).encode()


def test_bad_input_of_every_kind_leaves_it_up_and_its_memory_flat(served: Process) -> None:
    served.start()
    served.wait_until_ready()
    assert served.running is not None
    bad = [
        b"",
        b"{",
        b"\x00" * 1000,
        b"x" * 2_000_000,
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'"' + b"\\u0000" * 150_000 + b'"',
    ]
    for body in [*bad, *UNDERSTOOD_OR_NOT.values()]:
        served.post(SCHOOL, FORM, body)
    assert wait_for(lambda: b"connector_unpurged 0.0" in served.get("/metrics")[1], seconds=120)
    cycles(served, bad, 15)
    before = resident_mb(served.running.pid)
    cycles(served, bad, 15)
    raw_garbage(served.port)
    assert resident_mb(served.running.pid) - before < 25
    assert served.post(SCHOOL, FORM, good(1))[0] == 202
    assert served.get("/readyz")[0] == 200
    assert served.stop() == 0


def cycles(served: Process, bad: list[bytes], number: int) -> None:
    for _ in range(number):
        for body in bad:
            assert served.post(SCHOOL, FORM, body)[0] in {200, 202, 400, 413}


def raw_garbage(port: int) -> None:
    """What is not even HTTP, a body that never comes, and a chunked body without end."""
    for data in (
        b"\x16\x03\x01\x02\x00", b"GET\r\n\r\n", b"POST /forms/a/b HTTP/1.1\r\nContent-Length: -5\r\n\r\n",
        b"POST /forms/a/b HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\nabc",
        b"POST /forms/a/b HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFF\r\n" + b"x" * 5000,
        b"POST /forms/a/b HTTP/1.1\r\n" + b"X-A: " + b"b" * 300_000 + b"\r\n\r\n",
    ):  # fmt: skip
        with socket.create_connection(("127.0.0.1", port), timeout=60) as connection, contextlib.suppress(OSError):
            connection.sendall(data)
            connection.settimeout(0.3)
            connection.recv(1000)


def test_it_never_answers_yes_while_it_starts_and_stops_and_what_got_a_yes_is_there(
    served: Process, caught: Caught
) -> None:
    statuses: list[tuple[int, str]] = []
    stop = threading.Event()

    def post() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            status, answer = served.post(SCHOOL, FORM, good(number))
            statuses.append((status, json.loads(answer)["reference"] if status == 202 else ""))

    def yeses() -> int:
        return [status for status, _ in statuses].count(202)

    thread = threading.Thread(target=post)
    thread.start()
    for _ in range(2):
        served.start()
        served.wait_until_ready()
        enough = yeses() + 20
        assert wait_for(lambda enough=enough: yeses() >= enough, seconds=120)
        assert served.stop() == 0
    stop.set()
    thread.join()
    accepted = {reference for status, reference in statuses if status == 202}
    assert accepted
    assert {status for status, _ in statuses} <= {0, 200, 202, 503}
    served.start()
    dsl = "r.ashdown@littlelanterns.example"
    assert wait_for(lambda: {str(m.message["Subject"]) for m in caught.mails_to(dsl)} >= accepted, seconds=240)
    assert served.stop() == 0


def test_web_and_worker_apart_do_the_same_job(served: Process, caught: Caught) -> None:
    served.start("web")
    served.wait_until_ready()
    status, answer = served.post(SCHOOL, FORM, good(1))
    assert status == 202
    web = served.running
    served.start("worker")
    dsl = "r.ashdown@littlelanterns.example"
    assert wait_for(lambda: caught.mails_to(dsl) and caught.cards, seconds=120)
    assert str(caught.mails_to(dsl)[0].message["Subject"]) == json.loads(answer)["reference"]
    assert served.stop() == 0
    served.running = web
    assert served.stop() == 0


@pytest.mark.parametrize("role", ["serve", "web", "worker"])
def test_a_stop_is_heard_whichever_thread_the_system_gives_it_to(served: Process, role: str) -> None:
    """A signal that does not interrupt the main thread: a worker that waited long slept through it, for up to an hour."""
    served.start(role)
    open_for_work = "at work" if role == "worker" else "the door is open"
    assert wait_for(lambda: open_for_work in served.log.read_text(), seconds=120)
    assert served.running is not None
    own = served.running.pid
    other = next(int(task.name) for task in Path(f"/proc/{own}/task").iterdir() if int(task.name) != own)
    assert ctypes.CDLL(None).tgkill(own, other, signal.SIGTERM) == 0
    assert served.running.wait(timeout=120) == 0


def test_the_log_is_json_lines_with_references_only(served: Process) -> None:
    served.start()
    served.wait_until_ready()
    reference = json.loads(served.post(SCHOOL, FORM, good(7))[1])["reference"]
    assert wait_for(lambda: reference in served.log.read_text(), seconds=120)
    assert served.stop() == 0
    lines = [json.loads(line) for line in served.log.read_text().splitlines()]
    assert {"at", "level", "where", "what"} <= set(lines[0])
    assert "Invented" not in served.log.read_text()
    assert BEARER not in served.log.read_text()


def test_the_package_holds_everything_it_needs(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    names = set(zipfile.ZipFile(next(tmp_path.glob("*.whl"))).namelist())
    for wanted in (
        "connector/record/record.typ", "connector/record/fonts/NotoSans-Regular.ttf", "connector/record/fonts/coverage.txt",
        "connector/record/fonts/LICENCES.txt", "connector/notify/templates/notice.html", "connector/web/static/page.css",
        "connector/web/templates/acknowledge.html", "connector/ledger/migrations/versions/0001_first.py",
        "connector/demo/page.html",
    ):  # fmt: skip
        assert wanted in names
