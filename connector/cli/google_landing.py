"""Where the browser comes back to after a consent: loopback, for one answer, deaf to everything else."""

from __future__ import annotations

import hmac
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from types import TracebackType
from typing import Any
from urllib.parse import parse_qs, urlsplit

from connector.errors import ConnectorError

_PAGE = b"<!doctype html><title>Concern Connector</title><p>You may close this page and go back to the terminal."
_LOOK_SECONDS = 1.0


class ConsentFailed(ConnectorError):
    """The sign-in did not come through: run `connector google sign-in` again, and tick every box."""


class Landing:
    """A loopback address. The library's own takes the first request for the answer, be it a favicon or a forgery."""

    def __init__(self, port: int) -> None:
        """`port` 0 takes any that is free. Raises ConnectorError where it is taken."""
        self._queries: list[dict[str, list[str]]] = []
        try:
            self._server = HTTPServer(("127.0.0.1", port), self._handler())
        except OSError:
            raise ConnectorError("That port is taken: leave --port out, or give another.") from None
        self._server.timeout = _LOOK_SECONDS

    @property
    def address(self) -> str:
        """What Google is told to send the browser back to."""
        return f"http://127.0.0.1:{self._server.server_port}/"

    def __enter__(self) -> Landing:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _at: TracebackType | None
    ) -> None:
        self._server.server_close()

    def wait(self, state: str, seconds: float) -> str:
        """The code of the answer that carries our `state`. Raises ConsentFailed where none comes, or a refusal."""
        last = time.monotonic() + seconds
        while time.monotonic() < last:
            self._server.handle_request()
            for query in self._queries:
                if hmac.compare_digest(_one(query, "state").encode("utf-8", "replace"), state.encode()):
                    if code := _one(query, "code"):
                        return code
                    raise ConsentFailed
            self._queries.clear()
        raise ConsentFailed("Nobody consented in ten minutes: run `connector google sign-in` again.")

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        queries = self._queries

        class Handler(BaseHTTPRequestHandler):
            timeout = 10

            def do_GET(self) -> None:
                queries.append(parse_qs(urlsplit(self.path).query))
                self.send_response(200)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.send_header("Content-Length", str(len(_PAGE)))
                self.send_header("Connection", "close")
                self.end_headers()
                self.wfile.write(_PAGE)

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - http.server's name
                """Say nothing: the address holds the code."""

        return Handler


def _one(query: dict[str, list[str]], name: str) -> str:
    return query.get(name, [""])[0]
