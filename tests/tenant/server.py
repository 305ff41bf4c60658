"""The HTTP server on loopback: reads whole requests, has them served, checks the answers, closes every socket."""

from __future__ import annotations

import json
import re
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from tests.tenant import addresses, contract, entra, odata, rights, routes
from tests.tenant.answers import Answer, Call, Refusal, error_answer, fresh_request_id, refuse, refused
from tests.tenant.content_room import PUT_LIMIT
from tests.tenant.faults import Fault
from tests.tenant.routes import Route
from tests.tenant.world import Record, Tenant

_GUID = re.compile(r"^[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}$")
_AT_ONCE = 4


class _Desk:
    """Serves one request after another for a tenant, whatever brought them."""

    def __init__(self, fake: Tenant) -> None:
        self.fake = fake
        self._mail_lock, self._mails = threading.Lock(), 0

    def serve(self, call: Call, query: str) -> Answer | None:
        """The answer, or None for a connection to cut."""
        request_id = fresh_request_id()
        fault = self.fake.faults.take(f"{call.method} {call.path}{'?' if query else ''}{query}")
        graph = call.path.startswith("/v1.0/")
        if graph:
            self._check_headers(call)
        with self._mail_turn(call) as turn:
            if fault and fault.slow:
                time.sleep(fault.slow)
            if fault and fault.meet:
                fault.meet.wait(timeout=60)
            answer, units = self._answer(call, fault, request_id, graph, turn)
        status = answer.status if answer else 0
        record = Record(call.method, call.path, query, status, dict(call.headers), call.body, units, self.fake.now())
        self.fake.requests.append(record)
        if answer is None:
            return None
        self._check_answer(call, answer)
        found = {
            **answer.headers,
            "request-id": request_id,
            "client-request-id": call.header("client-request-id") or request_id,
        }
        return Answer(answer.status, answer.body, answer.kind, answer.many, found, answer.close)

    def _answer(
        self, call: Call, fault: Fault | None, request_id: str, graph: bool, turn: bool
    ) -> tuple[Answer | None, int]:
        found = self._find(call, graph)
        units = 0 if isinstance(found, Refusal) else routes.units(*found)
        try:
            if fault and not fault.after and not fault.passes:
                self._strike(fault)
                return None, units
            if not turn:
                words = "Application is over its MailboxConcurrency limit."
                refuse(429, "ApplicationThrottled", words, {"Retry-After": "1"})
            answer = self._run(call, graph, found)
            if fault and fault.after and not fault.passes:
                self._strike(fault)
                return None, units
            return answer, units
        except Refusal as refusal:
            if refusal.contract_broken:
                self.fake.complain(call, f"{refusal.status} {refusal.code}: {refusal.message}")
            if call.path.endswith("/oauth2/v2.0/token"):
                return entra.fault_answer(self.fake, refusal), units
            return error_answer(refusal, request_id, call.header("client-request-id"), self.fake.now()), units

    @staticmethod
    def _strike(fault: Fault) -> None:
        if not fault.cut:
            refuse(fault.status, fault.code, "A fault was planned by the test.", fault.headers)

    @contextmanager
    def _mail_turn(self, call: Call) -> Iterator[bool]:
        """Outlook takes four requests of one app at once (ms365.md 3.1)."""
        if not call.path.endswith("/sendMail"):
            yield True
            return
        with self._mail_lock:
            self._mails += 1
            turn = self._mails <= _AT_ONCE
        try:
            yield turn
        finally:
            with self._mail_lock:
                self._mails -= 1

    def _find(self, call: Call, graph: bool) -> tuple[Route, Call] | Refusal:
        try:
            with self.fake.lock:
                path = addresses.straighten(self.fake, call.path.removeprefix("/v1.0")) if graph else call.path
            route, parts = routes.find(routes.GRAPH if graph else routes.ELSEWHERE, call.method, path)
        except Refusal as refusal:
            return refusal
        return route, replace(call, parts=parts)

    def _run(self, call: Call, graph: bool, found: tuple[Route, Call] | Refusal) -> Answer:
        """Who asks comes before what is asked, as in Graph: 401, then 400 and 405, then the handler."""
        caller = rights.authenticate(self.fake, call) if graph else call.caller
        if isinstance(found, Refusal):
            raise found
        route, made = found
        query = odata.checked(dict(call.query), route.query) if graph else call.query
        with nullcontext() if route.free else self.fake.lock:
            return route.handler(self.fake, replace(made, query=query, caller=caller))

    def _check_headers(self, call: Call) -> None:
        """What Microsoft asks for and does not refuse: the decoration and a fresh client-request-id (S97, S94)."""
        if not call.header("User-Agent").startswith("NONISV|"):
            self.fake.complain(call, "the User-Agent does not begin with NONISV|")
        found = call.header("client-request-id")
        if not _GUID.match(found):
            self.fake.complain(call, "client-request-id is missing or no GUID")
        elif found in self.fake.client_request_ids:
            self.fake.complain(call, "client-request-id was used before")
        self.fake.client_request_ids.add(found)

    def _check_answer(self, call: Call, answer: Answer) -> None:
        """Our own answers are held to the contract too."""
        if answer.kind and (fault := contract.answer_fault(answer.kind, answer.body, answer.many)):
            self.fake.complain(call, f"own answer: {fault}")


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    server: _Server

    def _serve(self) -> None:
        length = self.headers.get("Content-Length")
        split = urlsplit(self.path)
        query = dict(parse_qsl(split.query, keep_blank_values=True))
        fault = self._length_fault(length)
        body = b"" if fault else self.rfile.read(int(length or 0))
        if not fault and len(body) < int(length or 0):
            self.close_connection = True
            return
        call = Call(self.command, split.path, query, dict(self.headers.items()), body)
        try:
            answer = fault or self.server.desk.serve(call, unquote(split.query))
        except Exception as broken:  # noqa: BLE001 - a fault of the fake's own must fail the test, not hang it
            self.server.desk.fake.complain(call, f"own fault: {broken!r}")
            answer = Answer(500, {"error": {"code": "generalException", "message": repr(broken)}}, close=True)
        if answer is None:
            self.close_connection = True
            return
        self._write(answer)

    def _length_fault(self, length: str | None) -> Answer | None:
        """411 and 413, given before the body is read; the connection ends, since the body is still on its way."""
        if length is None and self.headers.get("Transfer-Encoding"):
            return self._unread(refused(411, "lengthRequired", "A Content-Length is required."))
        if length and int(length) > PUT_LIMIT:
            return self._unread(refused(413, "maxFileSizeExceeded", "The request size exceeds the maximum limit."))
        return None

    def _unread(self, refusal: Refusal) -> Answer:
        request_id = fresh_request_id()
        found = error_answer(
            refusal, request_id, self.headers.get("client-request-id", ""), self.server.desk.fake.now()
        )
        return Answer(found.status, found.body, "error", headers={"request-id": request_id}, close=True)

    def _write(self, answer: Answer) -> None:
        body = answer.body if isinstance(answer.body, bytes) else b""
        kind = "application/octet-stream"
        if answer.body is not None and not isinstance(answer.body, bytes):
            body, kind = json.dumps(answer.body).encode(), "application/json; odata.metadata=minimal; charset=utf-8"
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if body:
            self.send_header("Content-Type", kind)
        if answer.status != 204:
            self.send_header("Content-Length", str(len(body)))
        if answer.close:
            self.close_connection = True
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(b"" if self.command == "HEAD" else body)
        self.wfile.flush()

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = _serve  # noqa: N815

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - http.server's name
        """Say nothing."""


class _Server(ThreadingHTTPServer):
    daemon_threads = False
    request_queue_size = 64

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self._open: set[socket.socket] = set()
        self._open_lock = threading.Lock()
        self.desk = _Desk(Tenant(f"http://127.0.0.1:{self.server_port}"))

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
def tenant() -> Iterator[Tenant]:
    """A Microsoft tenant on a loopback port."""
    server = _Server()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield server.desk.fake
    finally:
        server.shutdown()
        server.hang_up()
        server.server_close()
        thread.join(timeout=5)
