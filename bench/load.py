"""A load client that costs little CPU: keep-alive HTTP/1.1 over raw sockets.

Run it as a process of its own, so that it shares no interpreter with the
server it measures::

    python -m bench.load --url URL --clients N --requests M --key KEY --body FILE

Each of the N clients keeps one connection and one request outstanding: it
sends, waits for the whole answer, and sends again, until M requests have been
answered between them.  Every request carries an id of its own in place of
``@@ID@@``.  The result is one line of JSON.

A latency runs from just before the request is handed to the socket to the
last byte of its answer.  The load is closed-loop: a slow server is asked less
often, so the percentiles are those of N patient clients.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import selectors
import socket
import sys
import time
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

PLACEHOLDER = b"@@ID@@"
ACCEPTED = 202
_RECV_BYTES = 65536
_RETRIES = 2


class _BadAnswerError(Exception):
    """The server sent something that is no HTTP answer."""


@dataclass(frozen=True, slots=True)
class Result:
    """What one run measured."""

    clients: int
    requests: int
    accepted: int
    refused: int
    seconds: float
    per_second: float
    p50_ms: float
    p95_ms: float
    p99_ms: float
    max_ms: float
    statuses: dict[str, int]
    reconnects: int
    cpu_seconds: float

    def as_json(self) -> str:
        return json.dumps({name: getattr(self, name) for name in self.__slots__})


class Requests:
    """The bytes of every request of a run; only the id differs between two."""

    def __init__(self, url: str, key: str, template: bytes, run: str) -> None:
        parts = urlsplit(url)
        if parts.scheme != "http" or parts.hostname is None:
            raise ValueError(f"only http:// URLs can be measured, not {url!r}")
        self.address = (parts.hostname, parts.port or 80)
        self._run = run.encode("ascii")
        pieces = template.split(PLACEHOLDER)
        length = sum(map(len, pieces)) + (len(pieces) - 1) * len(self._id(0))
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        lines = [
            f"POST {target} HTTP/1.1",
            f"Host: {parts.netloc}",
            "Content-Type: application/json",
            f"Content-Length: {length}",
        ]
        if key:
            lines.append(f"Authorization: Bearer {key}")
        head = ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
        self._pieces = [head + pieces[0], *pieces[1:]]

    def _id(self, number: int) -> bytes:
        return b"%s-%09d" % (self._run, number)

    def __call__(self, number: int) -> bytes:
        return self._id(number).join(self._pieces)


class _Client:
    """One connection with at most one request outstanding."""

    __slots__ = ("answer", "number", "request", "sent_at", "sock", "tries", "unsent")

    def __init__(self) -> None:
        self.sock: socket.socket | None = None
        self.number = -1
        self.request = b""
        self.unsent: memoryview | None = None
        self.answer = b""
        self.sent_at = 0.0
        self.tries = 0


def parse_answer(answer: bytes, closed: bool) -> tuple[int, bool] | None:
    """The status and whether the connection stays open; None while incomplete."""
    end = answer.find(b"\r\n\r\n")
    if end < 0:
        return None
    head = answer[:end].lower()
    try:
        status = int(head[9:12])
    except ValueError as error:
        raise _BadAnswerError(head[:80]) from error
    keep = head.startswith(b"http/1.1") and b"\r\nconnection: close" not in head
    if 100 <= status < 200:
        return parse_answer(answer[end + 4 :], closed)
    at = head.find(b"\r\ncontent-length:")
    if at >= 0:
        length = int(head[at + 17 :].split(b"\r\n", 1)[0])
        return (status, keep) if len(answer) - end - 4 >= length else None
    if status in (204, 304):
        return status, keep
    if b"\r\ntransfer-encoding:" in head:
        raise _BadAnswerError("chunked answers are not read")
    return (status, False) if closed else None


class _Run:
    def __init__(self, requests: Requests, clients: int, total: int, limit: float, timeout: float) -> None:
        self._requests = requests
        self._clients = [_Client() for _ in range(min(clients, total))]
        self._idle = deque(self._clients)
        self._total = total
        self._limit = limit
        self._timeout = timeout
        self._selector = selectors.DefaultSelector()
        self._started = 0
        self._outstanding = 0
        self.latencies: list[float] = []
        self.statuses: Counter[str] = Counter()
        self.reconnects = 0

    def run(self) -> float:
        """Send everything; return the seconds from first send to last answer."""
        for client in self._clients:
            self._connect(client)
        start = checked = time.perf_counter()
        self._start_idle()
        while self._outstanding:
            for key, events in self._selector.select(0.1):
                client = key.data
                if client.sock is not key.fileobj:
                    continue
                if events & selectors.EVENT_WRITE:
                    self._write(client)
                else:
                    self._read(client)
                self._start_idle()
            now = time.perf_counter()
            if now - checked > 0.1:
                checked = now
                if now - start > self._limit:
                    self._total = self._started
                for client in self._clients:
                    if client.number >= 0 and now - client.sent_at > self._timeout:
                        self._finish(client, "timeout", keep=False)
                self._start_idle()
        seconds = time.perf_counter() - start
        for client in self._clients:
            self._disconnect(client)
        self._selector.close()
        return seconds

    def _connect(self, client: _Client) -> socket.socket:
        sock = socket.create_connection(self._requests.address, timeout=self._timeout)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.setblocking(False)
        self._selector.register(sock, selectors.EVENT_READ, client)
        client.sock = sock
        return sock

    def _disconnect(self, client: _Client) -> None:
        if client.sock is not None:
            self._selector.unregister(client.sock)
            client.sock.close()
            client.sock = None

    def _start_idle(self) -> None:
        """Give every idle client its next request, while there is one."""
        while self._idle and self._started < self._total:
            client = self._idle.popleft()
            client.number = self._started
            client.request = self._requests(client.number)
            client.tries = 0
            self._started += 1
            self._outstanding += 1
            client.sent_at = time.perf_counter()
            self._send(client)

    def _send(self, client: _Client) -> None:
        """Send the client's request from its first byte."""
        client.answer = b""
        try:
            if client.sock is None:
                self.reconnects += 1
                sock = self._connect(client)
            else:
                sock = client.sock
            sent = sock.send(client.request)
        except BlockingIOError:
            sent = 0
        except OSError as error:
            self._lost(client, error)
            return
        if sent < len(client.request):
            client.unsent = memoryview(client.request)[sent:]
            self._selector.modify(sock, selectors.EVENT_WRITE, client)

    def _write(self, client: _Client) -> None:
        """Send what the socket did not take at once."""
        assert client.sock is not None and client.unsent is not None
        try:
            client.unsent = client.unsent[client.sock.send(client.unsent) :]
        except BlockingIOError:
            return
        except OSError as error:
            self._lost(client, error)
            return
        if not client.unsent:
            client.unsent = None
            self._selector.modify(client.sock, selectors.EVENT_READ, client)

    def _read(self, client: _Client) -> None:
        assert client.sock is not None
        try:
            data = client.sock.recv(_RECV_BYTES)
        except BlockingIOError:
            return
        except OSError as error:
            self._lost(client, error)
            return
        if client.number < 0:  # idle: only the server's close can arrive here
            self._disconnect(client)
            return
        client.answer += data
        try:
            parsed = parse_answer(client.answer, closed=not data)
        except (_BadAnswerError, ValueError):
            self._finish(client, "bad answer", keep=False)
            return
        if parsed is not None:
            self._finish(client, str(parsed[0]), keep=parsed[1] and bool(data))
        elif not data:
            self._lost(client, ConnectionResetError("closed in the middle"))

    def _lost(self, client: _Client, error: OSError) -> None:
        """Send the same request (the same id) again over a new connection."""
        self._disconnect(client)
        client.unsent = None
        client.tries += 1
        if client.tries > _RETRIES:
            self._finish(client, type(error).__name__, keep=False)
        else:
            self._send(client)

    def _finish(self, client: _Client, outcome: str, keep: bool) -> None:
        self.latencies.append(time.perf_counter() - client.sent_at)
        self.statuses[outcome] += 1
        client.number = -1
        client.unsent = None
        self._outstanding -= 1
        if not keep:
            self._disconnect(client)
        self._idle.append(client)


def percentile(ordered: Sequence[float], share: float) -> float:
    """The smallest value that at least this share of the values do not exceed."""
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def measure(
    url: str,
    clients: int,
    requests: int,
    key: str,
    template: bytes,
    limit: float = 120.0,
    timeout: float = 30.0,
) -> Result:
    """Run the load in this process and return what it measured.

    After ``limit`` seconds no further request is begun.
    """
    if clients < 1 or requests < 1:
        raise ValueError("at least one client and one request are needed")
    run_id = f"{os.getpid():08x}-{time.time_ns():016x}"
    run = _Run(Requests(url, key, template, run_id), clients, requests, limit, timeout)
    cpu = time.process_time()
    seconds = run.run()
    cpu = time.process_time() - cpu
    milliseconds = sorted(value * 1000.0 for value in run.latencies)
    answered = len(milliseconds)
    accepted = run.statuses[str(ACCEPTED)]
    return Result(
        clients=clients,
        requests=answered,
        accepted=accepted,
        refused=answered - accepted,
        seconds=round(seconds, 4),
        per_second=round(accepted / seconds, 1),
        p50_ms=round(percentile(milliseconds, 0.50), 3),
        p95_ms=round(percentile(milliseconds, 0.95), 3),
        p99_ms=round(percentile(milliseconds, 0.99), 3),
        max_ms=round(milliseconds[-1], 3),
        statuses=dict(run.statuses),
        reconnects=run.reconnects,
        cpu_seconds=round(cpu, 4),
    )


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.load", description=__doc__)
    parser.add_argument("--url", required=True)
    parser.add_argument("--clients", type=int, required=True)
    parser.add_argument("--requests", type=int, required=True)
    parser.add_argument("--key", default="")
    parser.add_argument("--body", type=Path, required=True)
    parser.add_argument("--limit", type=float, default=120.0, help="seconds for the run")
    parser.add_argument("--timeout", type=float, default=30.0, help="seconds for one answer")
    options = parser.parse_args(arguments)
    result = measure(
        options.url,
        options.clients,
        options.requests,
        options.key,
        options.body.read_bytes(),
        options.limit,
        options.timeout,
    )
    print(result.as_json(), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
