"""The service as a process of its own, as a technician runs it: started, killed, stopped."""

from __future__ import annotations

import contextlib
import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.service import BEARER, ROOT, copy_config, environment

_kept: list[socket.socket] = []


@dataclass
class Process:
    """One service process after another on the same configuration."""

    config: Path
    port: int
    environment: dict[str, str]
    log: Path
    running: subprocess.Popen[bytes] | None = None
    kills: int = field(default=0)

    def start(self, role: str = "serve") -> None:
        with self.log.open("ab") as log:
            self.running = subprocess.Popen(
                [sys.executable, "-m", "connector", role, "--config", str(self.config)],
                cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)} | self.environment, stdout=log, stderr=log,
                start_new_session=True,
            )  # fmt: skip

    def kill(self) -> None:
        assert self.running is not None
        os.killpg(self.running.pid, signal.SIGKILL)
        self.running.wait()
        self.kills += 1

    def stop(self) -> int:
        assert self.running is not None
        self.running.send_signal(signal.SIGTERM)
        return self.running.wait(timeout=120)

    def get(self, path: str) -> tuple[int, bytes]:
        return self.request("GET", path)

    def post(self, school: str, form: str, body: bytes) -> tuple[int, bytes]:
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {BEARER}"}
        return self.request("POST", f"/forms/{school}/{form}", body, headers)

    def request(
        self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> tuple[int, bytes]:
        """Status 0 where there was no answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            return answer.status, answer.read()
        except (OSError, http.client.HTTPException):
            return 0, b""
        finally:
            connection.close()

    def wait_until_ready(self, seconds: float = 120) -> None:
        last = time.monotonic() + seconds
        while self.get("/livez")[0] != 200:
            assert time.monotonic() < last, self.log.read_text()
            time.sleep(0.01)


def free_port() -> int:
    """A port on which nobody listens, and which the system gives to nobody else while the tests run.

    The service takes it all the same, since both sockets say SO_REUSEADDR and this one never listens.
    """
    probe = socket.socket()
    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    probe.bind(("127.0.0.1", 0))
    _kept.append(probe)
    port: int = probe.getsockname()[1]
    return port


@contextlib.contextmanager
def process(folder: Path, smtp_port: int, webhook: str) -> Iterator[Process]:
    """A configuration whose mail and cards go to those catchers, and the process on it. Ended afterwards."""
    config = copy_config(folder)
    port = free_port()
    service = config / "service.toml"
    service.write_text(service.read_text("utf-8").replace("127.0.0.1:8080", f"127.0.0.1:{port}"), "utf-8")
    for school in (config / "schools").glob("*.toml"):
        # Without policies: on a school day their reminders would arrive among the mails that are counted.
        text = re.sub(r"^\[policies\.\w+\]\n(?:[^\[\n].*\n)*", "", school.read_text("utf-8"), flags=re.MULTILINE)
        school.write_text(text.replace("port = 2525", f"port = {smtp_port}"), "utf-8")
    found = Process(config, port, environment(webhook), folder / "service.log")
    try:
        yield found
    finally:
        if found.running is not None and found.running.poll() is None:
            os.killpg(found.running.pid, signal.SIGKILL)
            found.running.wait()
