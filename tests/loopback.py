"""A far side on loopback that keeps what was sent to it and answers as it is told."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(slots=True)
class FarSide:
    """What came, as (path with query, body), by which methods; and how it is answered."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    answer: bytes = b"{}"
    asked: list[tuple[str, bytes]] = field(default_factory=list)
    methods: list[str] = field(default_factory=list)
    port: int = 0


@contextmanager
def far_side(**changes: object) -> Iterator[FarSide]:
    """Runs it on a free port."""
    side = FarSide(**changes)  # type: ignore[arg-type]

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            side.asked.append((self.path, body))
            side.methods.append(self.command)
            self.send_response(side.status)
            for name, value in {**side.headers, "Content-Length": str(len(side.answer))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(side.answer)

        do_GET = do_POST  # noqa: N815 - http.server's name

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's name
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    side.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield side
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=5)
