"""`connector serve`, `web`, `worker`."""

from __future__ import annotations

import ctypes
import os
import sys
from pathlib import Path

from connector.jobs import jobs
from connector.logs import leave_last_words, set_up
from connector.say import complain
from connector.serving import bind, run, serve_until, told_to_stop, work
from connector.settings.load import load
from connector.web.app import create_app
from connector.wiring import build

_WORKER_LOOKS_EVERY_SECONDS = 1.0


# glibc's malloc.h. Each thread would else get a heap of its own that keeps what a large submission left
# behind: 60 rounds of 1 MB bodies settled at 147 MB resident instead of 182.
_M_ARENA_MAX = -8
_ARENAS = 2


def _share_heaps() -> None:
    if sys.platform == "linux" and hasattr(libc := ctypes.CDLL(None), "mallopt"):
        libc.mallopt(_M_ARENA_MAX, _ARENAS)


def serve(config: Path, role: str) -> int:
    """Run in that role until told to stop."""
    _share_heaps()
    settings = load(config, os.environ)
    set_up()
    leave_last_words()
    try:
        if role == "worker":
            work(build(settings, poll_seconds=_WORKER_LOOKS_EVERY_SECONDS), jobs)
        elif role == "web":
            house = build(settings, works=False)
            with told_to_stop() as stopping:
                serve_until(
                    stopping, create_app(house, works=False), bind(settings.service.listen), settings.service.threads
                )
            house.close()
        else:
            house = build(settings)
            run(house, create_app(house), jobs)
    except OSError:
        complain(f"The address {settings.service.listen} cannot be listened on: stop what uses it, or change `listen`.")
        return 1
    return 0
