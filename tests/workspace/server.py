"""The HTTP server on loopback: reads whole requests, has them served, closes every socket."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.workspace.answers import Answer, Call
from tests.workspace.desk import Desk
from tests.workspace.world import Workspace

_LIMIT = 64 * 1024 * 1024


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    server: _Server

    def _serve(self) -> None:
        body = self._body()
        if body is None:
            self.close_connection = True
            return
        split = urlsplit(self.path)
        pairs = tuple(parse_qsl(split.query, keep_blank_values=True))
        call = Call(self.command, split.path, dict(pairs), dict(self.headers.items()), body, pairs)
        try:
            answer = self.server.desk.serve(call)
        except Exception as broken:  # noqa: BLE001 - a fault of the fake's own must fail the test, not hang it
            self.server.desk.fake.complain(f"{call.method} {call.path}", f"own fault: {broken!r}")
            answer = Answer({"error": {"code": 500, "message": repr(broken), "status": "INTERNAL"}}, 500)
        if answer is None:
            self.close_connection = True
            return
        self._write(answer)

    def _body(self) -> bytes | None:
        """The whole body; None where it is not to be had."""
        length = self.headers.get("Content-Length")
        if self.headers.get("Transfer-Encoding") or int(length or 0) > _LIMIT:
            fake = self.server.desk.fake
            fake.complain(f"{self.command} {self.path}", "a body without Content-Length, or one too long")
            self._write(Answer({"error": {"code": 411, "message": "Length Required"}}, 411))
            return None
        body = self.rfile.read(int(length or 0))
        return body if len(body) == int(length or 0) else None

    def _write(self, answer: Answer) -> None:
        body = answer.body if isinstance(answer.body, bytes) else b""
        if answer.body is not None and not isinstance(answer.body, bytes):
            body = json.dumps(answer.body).encode()
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if answer.body is not None:
            self.send_header("Content-Type", answer.kind)
        if answer.status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = _serve  # noqa: N815

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - http.server's name
        """Say nothing."""


class _Server(ThreadingHTTPServer):
    daemon_threads = False
    request_queue_size = 64

    def __init__(self, domain: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self._open: set[socket.socket] = set()
        self._open_lock = threading.Lock()
        self.desk = Desk(Workspace(f"http://127.0.0.1:{self.server_port}", domain))

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._open_lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._open_lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hung up is its own affair."""

    def hang_up(self) -> None:
        """Ends the connections that clients keep open."""
        with self._open_lock:
            for each in self._open:
                try:
                    each.shutdown(socket.SHUT_RDWR)
                except OSError:
                    continue


@contextmanager
def workspace(domain: str = "hillside.example") -> Iterator[Workspace]:
    """A Google Workspace on a loopback port."""
    server = _Server(domain)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield server.desk.fake
    finally:
        server.shutdown()
        server.hang_up()
        server.server_close()
        thread.join(timeout=5)
