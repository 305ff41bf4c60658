"""`connector serve`, `web`, `worker`."""

from __future__ import annotations

import contextlib
import ctypes
import logging
import os
import sys
from pathlib import Path

from connector.jobs import jobs
from connector.logs import leave_last_words, set_up
from connector.office import NoOffice, Office, build_office
from connector.office_jobs import office_jobs
from connector.say import complain
from connector.serving import bind, run, serve_until, told_to_stop, work
from connector.settings.load import Settings, load
from connector.web.app import create_app
from connector.wiring import build

log = logging.getLogger(__name__)

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
    office = _office(settings)
    try:
        _serve(settings, office, role)
    except OSError:
        complain(f"The address {settings.service.listen} cannot be listened on: stop what uses it, or change `listen`.")
        return 1
    finally:
        if office is not None:
            office.close()
    return 0


def _office(settings: Settings) -> Office | None:
    """The office, or nothing: a fault of policies never keeps a concern out. It is loud, in the log and every day."""
    try:
        return build_office(settings)
    except Exception:
        log.critical("the office cannot start: no reminders go out. `connector check` says why", exc_info=True)
        return None


def _serve(settings: Settings, office: Office | None, role: str) -> None:
    """House and office beside each other: of the office the house hears a line and a number, for the daily message."""
    if role == "web":
        house = build(settings, works=False)
        app = create_app(house, office, works=False)
        with told_to_stop() as stopping:
            serve_until(stopping, app, bind(settings.service.listen), settings.service.threads)
        house.close()
        return
    rest = _WORKER_LOOKS_EVERY_SECONDS if role == "worker" else 0
    heard = office or NoOffice()
    house = build(settings, poll_seconds=rest, next_review=heard.next_review, reminders_failing=heard.reminders_failing)
    with office_jobs(office) if office is not None else contextlib.nullcontext():
        if role == "worker":
            work(house, jobs)
        else:
            run(house, create_app(house, office), jobs)
