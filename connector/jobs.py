"""The clock's jobs. APScheduler says when; the ledger says whether it is already done."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator
from datetime import timedelta

from apscheduler.schedulers.background import BackgroundScheduler

from connector.wiring import House

log = logging.getLogger(__name__)

_STALLED = timedelta(minutes=10)


@contextlib.contextmanager
def jobs(house: House) -> Iterator[None]:
    """Runs the jobs while inside. No job store: every job is `what is due and not yet done`, run once at start."""
    scheduler = BackgroundScheduler(
        timezone="Europe/London", job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
    )
    scheduler.add_job(reconcile, "interval", minutes=10, args=[house])
    reconcile(house)
    scheduler.start()
    try:
        yield
    finally:
        scheduler.shutdown(wait=True)


def reconcile(house: House) -> None:
    """Give the engine again whatever is owed and not moving, purge what was left, keep the file small."""
    now = house.clock.now()
    stalled = house.ledger.overdue(now - _STALLED)
    if stalled:
        log.warning("owed and not moving", extra={"count": len(stalled)})
    house.ledger.tidy(now, timedelta(hours=house.settings.service.retention.link_hours))
    house.engine.wake()
