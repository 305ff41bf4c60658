"""An SMTP sink and an HTTP sink in one process, noting what arrived when.

``python -m bench.sinks`` prints one line of JSON with the two ports,
``{"smtp": 40001, "http": 40002}``, and serves on loopback until its standard
input closes.

The SMTP sink takes every mail; the HTTP sink answers ``POST /card`` with an
empty 202.  ``GET /seen`` returns, for each kind, the time (seconds since the
epoch) of the first arrival by reference, and how many arrived in all::

    {"mail": {"C-0000-0001": 1790000000.25}, "card": {...},
     "arrivals": {"mail": 1, "card": 0}}

``POST /forget`` empties both.  A mail's reference is looked for in its
Subject, a card's anywhere in its body.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
import threading
import time
from email.errors import HeaderParseError
from email.header import decode_header, make_header

REFERENCE = re.compile(rb"C-[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}")
_SUBJECT = re.compile(rb"^subject:([^\r\n]*(?:\r\n[ \t][^\r\n]*)*)", re.IGNORECASE | re.MULTILINE)
_CONTENT_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d+)", re.IGNORECASE)
_MAX_LINE = 4096


class Seen:
    """First arrivals by reference, and the number of all arrivals."""

    def __init__(self) -> None:
        self.first: dict[str, dict[str, float]] = {"mail": {}, "card": {}}
        self.arrivals = {"mail": 0, "card": 0}

    def note(self, kind: str, text: bytes) -> None:
        self.arrivals[kind] += 1
        found = REFERENCE.search(text)
        if found is not None:
            self.first[kind].setdefault(found[0].decode("ascii"), time.time())

    def forget(self) -> None:
        for kind in self.first:
            self.first[kind].clear()
            self.arrivals[kind] = 0

    def as_json(self) -> bytes:
        return json.dumps({**self.first, "arrivals": self.arrivals}).encode("ascii")


def subject(mail: bytes) -> bytes:
    """A mail's Subject, unfolded and decoded."""
    head = mail.partition(b"\r\n\r\n")[0]
    found = _SUBJECT.search(head)
    if found is None:
        return b""
    text = found[1].replace(b"\r\n", b"")
    if b"=?" not in text:
        return text
    try:
        return str(make_header(decode_header(text.decode("latin-1")))).encode("utf-8")
    except (HeaderParseError, LookupError, UnicodeError):
        return text


class _Sink(asyncio.Protocol):
    """What both sinks share: the transport and the bytes not yet used."""

    def __init__(self, seen: Seen) -> None:
        self._seen = seen
        self._buffer = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None

    def _reply(self, data: bytes, close: bool = False) -> None:
        if self._transport is not None:
            self._transport.write(data)
            if close:
                self._transport.close()
                self._transport = None


class SmtpSink(_Sink):
    """Enough of RFC 5321 to take mails one after the other."""

    def __init__(self, seen: Seen) -> None:
        super().__init__(seen)
        self._sender = False
        self._recipients = 0
        self._in_data = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._reply(b"220 localhost sink\r\n")

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while self._transport is not None and self._step():
            pass

    def _step(self) -> bool:
        """Use one command or one mail of the buffer; False if none is complete."""
        if self._in_data:
            # The line end of the DATA command was left in front, so that an
            # empty mail ends like any other.
            end = self._buffer.find(b"\r\n.\r\n")
            if end < 0:
                return False
            mail, self._buffer = self._buffer[2 : end + 2], self._buffer[end + 5 :]
            self._in_data = False
            self._reset()
            self._seen.note("mail", subject(mail))
            self._reply(b"250 2.0.0 taken\r\n")
            return True
        end = self._buffer.find(b"\r\n")
        if end < 0:
            if len(self._buffer) > _MAX_LINE:
                self._reply(b"500 5.5.2 line too long\r\n", close=True)
            return False
        line, self._buffer = self._buffer[:end], self._buffer[end + 2 :]
        self._command(line.upper())
        return True

    def _reset(self) -> None:
        self._sender = False
        self._recipients = 0

    def _command(self, line: bytes) -> None:
        verb = line[:4]
        if line.startswith(b"MAIL FROM:"):
            if self._sender:
                self._reply(b"503 5.5.1 nested MAIL\r\n")
            else:
                self._sender = True
                self._reply(b"250 2.1.0 ok\r\n")
        elif line.startswith(b"RCPT TO:"):
            if self._sender:
                self._recipients += 1
                self._reply(b"250 2.1.5 ok\r\n")
            else:
                self._reply(b"503 5.5.1 MAIL first\r\n")
        elif line == b"DATA":
            if self._recipients:
                self._in_data = True
                self._buffer = b"\r\n" + self._buffer
                self._reply(b"354 end with a dot\r\n")
            else:
                self._reply(b"503 5.5.1 RCPT first\r\n")
        elif verb == b"EHLO":
            self._reset()
            self._reply(b"250-localhost\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 SIZE 33554432\r\n")
        elif verb == b"HELO":
            self._reset()
            self._reply(b"250 localhost\r\n")
        elif verb == b"RSET":
            self._reset()
            self._reply(b"250 2.0.0 ok\r\n")
        elif verb == b"NOOP":
            self._reply(b"250 2.0.0 ok\r\n")
        elif verb == b"QUIT":
            self._reply(b"221 2.0.0 bye\r\n", close=True)
        else:
            self._reply(b"500 5.5.2 not known\r\n")


class HttpSink(_Sink):
    """``POST /card``, ``GET /seen`` and ``POST /forget`` over keep-alive HTTP/1.1."""

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while self._transport is not None and self._step():
            pass

    def _step(self) -> bool:
        """Answer one request of the buffer; False if none is complete."""
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            return False
        head = self._buffer[:end]
        length = _CONTENT_LENGTH.search(head)
        stop = end + 4 + (int(length[1]) if length is not None else 0)
        if len(self._buffer) < stop:
            return False
        body, self._buffer = self._buffer[end + 4 : stop], self._buffer[stop:]
        close = b"\r\nconnection: close" in head.lower()
        method, _, rest = head.partition(b" ")
        target = rest.partition(b" ")[0].partition(b"?")[0]
        if (method, target) == (b"POST", b"/card"):
            if length is None:
                self._answer(b"411 Length Required", b"", True)
            else:
                self._seen.note("card", body)
                self._answer(b"202 Accepted", b"", close)
        elif (method, target) == (b"GET", b"/seen"):
            self._answer(b"200 OK", self._seen.as_json(), close)
        elif (method, target) == (b"POST", b"/forget"):
            self._seen.forget()
            self._answer(b"200 OK", b"", close)
        else:
            self._answer(b"404 Not Found", b"", close)
        return True

    def _answer(self, status: bytes, body: bytes, close: bool) -> None:
        self._reply(
            b"HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n%s\r\n%s"
            % (status, len(body), b"Connection: close\r\n" if close else b"", body),
            close,
        )


async def serve() -> None:
    """Serve both sinks until standard input closes."""
    loop = asyncio.get_running_loop()
    seen = Seen()
    smtp = await loop.create_server(lambda: SmtpSink(seen), "127.0.0.1", 0, backlog=1024)
    http = await loop.create_server(lambda: HttpSink(seen), "127.0.0.1", 0, backlog=1024)
    ended = asyncio.Event()

    def wait_for_end() -> None:
        sys.stdin.buffer.read()
        loop.call_soon_threadsafe(ended.set)

    # A thread, since not every event loop can read a console or a file.
    threading.Thread(target=wait_for_end, daemon=True).start()
    ports = {
        "smtp": smtp.sockets[0].getsockname()[1],
        "http": http.sockets[0].getsockname()[1],
    }
    print(json.dumps(ports), flush=True)
    await ended.wait()
    smtp.close()
    http.close()


def main() -> int:
    asyncio.run(serve())
    return 0


if __name__ == "__main__":
    sys.exit(main())
