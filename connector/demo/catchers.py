"""Loopback catchers for mail and cards. Strict: they refuse what a mail server or a Workflows webhook would.

The demo shows what they caught; the tests also make them fail on demand.
"""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

_CARD_LIMIT_BYTES = 28 * 1024
# Seconds for the server to begin; a busy machine is no fault.
_PATIENCE = 60
_ELEMENTS = frozenset({"TextBlock", "FactSet", "ColumnSet", "Container", "Image", "ActionSet"})
_ACTIONS = frozenset({"Action.OpenUrl", "Action.ShowCard", "Action.ToggleVisibility"})


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail as a server took it."""

    sender: str
    recipients: tuple[str, ...]
    raw: bytes

    @property
    def message(self) -> EmailMessage:
        """The mail, parsed."""
        found = message_from_bytes(self.raw, policy=policy.default)
        assert isinstance(found, EmailMessage)  # noqa: S101 - policy.default makes no other
        return found

    def part(self, kind: str) -> str:
        """The text of its `plain` or `html` part."""
        body = self.message.get_body((kind,))
        return str(body.get_content()) if body is not None else ""


@dataclass(slots=True)
class Caught:
    """What arrived, and how the catcher is to behave. `refusals` are answers given before it behaves again."""

    mails: list[Mail] = field(default_factory=list)
    cards: list[dict[str, Any]] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    smtp_refusal: str = ""
    card_refusal: tuple[int, dict[str, str]] | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)

    def mails_to(self, address: str) -> list[Mail]:
        """The mails whose envelope names that address."""
        return [mail for mail in list(self.mails) if address in mail.recipients]


class _MailHandler:
    def __init__(self, caught: Caught) -> None:
        self._caught = caught

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        if self._caught.smtp_refusal:
            return self._caught.smtp_refusal
        mail = Mail(envelope.mail_from, tuple(envelope.rcpt_tos), bytes(envelope.content))
        if fault := _mail_fault(mail):
            self._caught.faults.append(fault)
            return f"550 5.6.0 {fault}"
        with self._caught.lock:
            self._caught.mails.append(mail)
        return "250 2.0.0 taken"


def _mail_fault(mail: Mail) -> str:
    """What a strict server would refuse (RFC 5322: one From, Date, Message-ID; lines up to 998 bytes)."""
    message = mail.message
    for name in ("From", "To", "Date", "Message-ID", "Subject"):
        if len(message.get_all(name, [])) != 1:
            return f"exactly one {name} header is needed"
    if any(len(line) > 998 for line in mail.raw.split(b"\r\n")):
        return "a line is longer than 998 bytes"
    return "" if b"\n" not in mail.raw.replace(b"\r\n", b"") else "a bare line feed"


@contextmanager
def mail_catcher(caught: Caught, port: int = 0, **options: Any) -> Iterator[int]:
    """Runs a mail server on loopback; gives its port. `options` go to aiosmtpd (TLS, sign-in)."""
    from aiosmtpd.controller import Controller

    # The socket itself is handed over: a port found free and let go could be somebody else's a moment later.
    bound = socket.create_server(("127.0.0.1", port))

    class Catcher(Controller):
        def _create_server(self) -> Any:
            return self.loop.create_server(self._factory_invoker, sock=bound)

    with bound:
        port = bound.getsockname()[1]
        controller = Catcher(_MailHandler(caught), hostname="127.0.0.1", port=port, ready_timeout=_PATIENCE, **options)
        controller.start()
        try:
            yield port
        finally:
            controller.stop()


def card_fault(body: bytes, content_type: str) -> tuple[int, str]:
    """The status and the fault with which Workflows would meet this body; 202 and nothing where it is in order."""
    if len(body) > _CARD_LIMIT_BYTES:
        return 413, "Request Entity too large"
    if "application/json" not in content_type:
        return 415, "not JSON"
    try:
        message = json.loads(body)
    except ValueError:
        return 400, "not JSON"
    attachments = message.get("attachments") if isinstance(message, dict) else None
    if not isinstance(attachments, list) or not attachments:
        return 400, "The 'foreach' attachments is of type 'Null'"
    for attachment in attachments:
        if attachment.get("contentType") != "application/vnd.microsoft.card.adaptive":
            return 400, "unknown contentType"
        if fault := _content_fault(attachment.get("content") or {}):
            return 400, fault
    return 202, ""


def _content_fault(card: dict[str, Any]) -> str:
    if card.get("type") != "AdaptiveCard":
        return "Property 'type' must be 'AdaptiveCard'"
    if card.get("version") not in {"1.0", "1.1", "1.2", "1.3", "1.4"}:
        return "this version is not shown by every client"
    if set(card) - {"$schema", "type", "version", "body", "actions", "msteams", "lang", "fallbackText"}:
        return "unknown property of the card"
    for element in card.get("body", []):
        if element.get("type") not in _ELEMENTS:
            return "unknown element"
        if element["type"] == "TextBlock" and not isinstance(element.get("text"), str):
            return "a TextBlock needs text"
        if element["type"] == "FactSet" and not all(set(fact) == {"title", "value"} for fact in element["facts"]):
            return "a fact needs title and value"
    if any(action.get("type") not in _ACTIONS or not action.get("url") for action in card.get("actions", [])):
        return "a webhook card takes OpenUrl, ShowCard and ToggleVisibility only"
    return ""


@contextmanager
def card_catcher(caught: Caught) -> Iterator[str]:
    """Runs a Workflows webhook on loopback; gives its address, which holds a signature as the real one does."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            headers: dict[str, str] = {}
            status, fault = 202, ""
            if caught.card_refusal is not None:
                status, headers = caught.card_refusal
            elif "sig=" not in self.path:
                status, fault = 401, "no signature"
            else:
                status, fault = card_fault(body, self.headers.get("Content-Type", ""))
            with caught.lock:
                caught.faults += [fault] if fault else []
                caught.cards += [json.loads(body)] if status == 202 else []
            self.send_response(status)
            for name, value in {**headers, "Content-Length": "0"}.items():
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - http.server's name
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/workflows/0a1b/triggers/manual/paths/invoke?api-version=1&sig=demo"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=5)
