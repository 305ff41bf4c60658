"""The office's clock: it says when to look; the register says what is already done.

A quarter-hourly cron on a school's own clock, so that a reminder meant for half past seven comes at half past seven on
both sides of a clock change; every tick is `what is due today and not yet told`, also the one at start. That one waits
for the first look at the libraries: after a weekend switched off, Monday's list is of Monday's documents.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from datetime import UTC, datetime

from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.cron import CronTrigger

from connector.model.moments import LONDON
from connector.office import Office

_THREADS = 2
# A library that never answers is left after two minutes; nobody waits for a thousand schools' first reading.
_FIRST_LOOK_SECONDS = 150


@contextlib.contextmanager
def office_jobs(office: Office) -> Iterator[None]:
    """Runs them while inside."""
    looked = threading.Event()
    scheduler = BackgroundScheduler(
        executors={"default": {"type": "threadpool", "max_workers": _THREADS}},
        timezone=LONDON,
        job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
    )
    for job in (remind, look):
        every = CronTrigger(minute="*/15", timezone=LONDON)
        scheduler.add_job(job, every, args=[office, looked], next_run_time=datetime.now(UTC))
    scheduler.start()
    try:
        yield
    finally:
        office.watching.stopping.set()
        looked.set()
        scheduler.shutdown(wait=True)


def remind(office: Office, looked: threading.Event) -> None:
    """Send what is due today and was not told yet."""
    looked.wait(_FIRST_LOOK_SECONDS)
    if office.watching.stopping.is_set():
        return
    office.reminding.remind(office.clock.now())


def look(office: Office, looked: threading.Event) -> None:
    """Look for new versions of policies where it is time to."""
    try:
        office.watching.watch(office.clock.now())
    finally:
        looked.set()
