"""Serving: waitress in front of the application, the engine and the clock's jobs beside it.

Everything is ready before the door is opened, so nothing is ever answered that could not be made
durable. On SIGTERM the door closes first, then what is in hand is finished.
"""

from __future__ import annotations

import contextlib
import logging
import signal
import socket
import threading
import time
import types
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import waitress.server
from flask import Flask
from waitress import wasyncore

from connector.wiring import House

log = logging.getLogger(__name__)

# A body over this is refused by the server itself; between 1 MiB and this the application says what to do.
_MOST_IN_MEMORY = 8 * 1024 * 1024
# How often the loop looks whether it is to stop, and how long it then finishes what is in hand.
_LOOK_SECONDS = 0.5
_FINISH_SECONDS = 10.0


def bind(listen: str) -> socket.socket:
    """The listening socket of HOST:PORT. Raises OSError where the port is taken."""
    host, _, port = listen.rpartition(":")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    door = socket.socket(family, socket.SOCK_STREAM)
    door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        door.bind((host.strip("[]"), int(port)))
    except OSError:
        door.close()
        raise
    return door


def make_server(app: Flask, door: socket.socket, threads: int, channels: dict[int, Any]) -> Any:
    """The server on that socket.

    `inbuf_overflow` lies above the largest body: waitress would else write a submission, in clear, into
    a temporary file. `send_bytes` lets its main thread send whole answers at once: measured 1.3 to 2
    times the answers a second. `connection_limit` stays below what select() can watch.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        return waitress.server.create_server(
            app,
            map=channels,
            sockets=[door],
            threads=threads,
            send_bytes=18000,
            connection_limit=400,
            channel_timeout=30,
            max_request_body_size=_MOST_IN_MEMORY,
            inbuf_overflow=_MOST_IN_MEMORY + 1,
            ident="",
            backlog=1024,
        )


def run(house: House, app: Flask, jobs: Callable[[House], contextlib.AbstractContextManager[None]]) -> None:
    """Serve until SIGTERM or SIGINT, then stop in order."""
    with told_to_stop() as stopping, jobs(house):
        door = bind(house.settings.service.listen)
        house.engine.start()
        serve_until(stopping, app, door, house.settings.service.threads)
    house.close()
    log.info("stopped")


def serve_until(stopping: threading.Event, app: Flask, door: socket.socket, threads: int) -> None:
    """Answer until the event is set; then close the door and finish what is in hand."""
    channels: dict[int, Any] = {}
    server = make_server(app, door, threads, channels)
    log.info("the door is open", extra={"port": door.getsockname()[1]})
    while not stopping.is_set():
        wasyncore.loop(timeout=_LOOK_SECONDS, map=channels, count=1)
    wasyncore.dispatcher.close(server)
    last = time.monotonic() + _FINISH_SECONDS
    while time.monotonic() < last and any(
        channel.requests or channel.total_outbufs_len for channel in list(server.active_channels.values())
    ):
        wasyncore.loop(timeout=0.05, map=channels, count=1)
    server.task_dispatcher.shutdown()
    wasyncore.close_all(channels, ignore_all=True)
    log.info("the door is closed")


def work(house: House, jobs: Callable[[House], contextlib.AbstractContextManager[None]]) -> None:
    """Perform duties until told to stop; another process takes submissions in."""
    with told_to_stop() as stopping, jobs(house):
        house.engine.start()
        log.info("at work")
        # Never one long wait: a signal that comes just before it, or that another thread is given, does not end it.
        while not stopping.is_set():
            time.sleep(_LOOK_SECONDS)
    house.close()
    log.info("stopped")


@contextlib.contextmanager
def told_to_stop() -> Iterator[threading.Event]:
    stopping = threading.Event()

    def stop(_number: int, _frame: types.FrameType | None) -> None:
        stopping.set()

    before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield stopping
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
