"""The clock's jobs. APScheduler says when; the ledger says whether it is already done."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from apscheduler.schedulers.background import BackgroundScheduler

from connector.errors import ConnectorError
from connector.outbound import heartbeat
from connector.polling import first_polls, poll_seconds
from connector.subscribing import form_named
from connector.wiring import House

log = logging.getLogger(__name__)

_STALLED = timedelta(minutes=10)
# How often a worker looks whether a web process was told of something new.
_LOOK_FOR_POKES_SECONDS = 2
_THREADS_BESIDE = 6
_MOST_POLLING = 32
# The stores' rights and the sources are looked at first.
_BEFORE_ALL_WELL = timedelta(minutes=2)
# A pull waits by itself until something comes.
_BETWEEN_PULLS_SECONDS = 5


@contextlib.contextmanager
def jobs(house: House) -> Iterator[None]:
    """Runs the jobs while inside. No job store: every job is `what is due and not yet done`, run once at start."""
    # A thread for each source, up to a number, and threads of their own for the rest: a slow far side keeps nobody
    # else waiting.
    pulling = [slug for slug, site in house.sites.items() if site.pull is not None]
    sources = sum(len(site.sources) for site in house.sites.values())
    polls = {"type": "threadpool", "max_workers": min(max(sources, 1), _MOST_POLLING) + len(pulling)}
    scheduler = BackgroundScheduler(
        executors={"default": {"type": "threadpool", "max_workers": _THREADS_BESIDE}, "polls": polls},
        timezone="Europe/London",
        job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
    )
    scheduler.add_job(reconcile, "interval", minutes=10, args=[house])
    scheduler.add_job(watch, "interval", minutes=10, args=[house], next_run_time=datetime.now(UTC))
    _add_polls(scheduler, house)
    _add_all_well(scheduler, house)
    for slug in pulling:
        scheduler.add_job(pull, "interval", seconds=_BETWEEN_PULLS_SECONDS, args=[house, slug], executor="polls")
    reconcile(house)
    scheduler.start()
    try:
        yield
    finally:
        scheduler.shutdown(wait=True)


def _add_polls(scheduler: BackgroundScheduler, house: House) -> None:
    """One job for each source of a school, and a look for what a web process was told."""
    fetching = poll_seconds(house.sites)
    for (slug, name), wait in first_polls(fetching).items():
        first = datetime.now(UTC) + timedelta(seconds=wait)
        seconds = fetching[slug, name]
        of = [house, slug, name]
        scheduler.add_job(poll, "interval", seconds=seconds, args=of, next_run_time=first, executor="polls")
    if fetching:
        scheduler.add_job(answer_pokes, "interval", seconds=_LOOK_FOR_POKES_SECONDS, args=[house])


def _add_all_well(scheduler: BackgroundScheduler, house: House) -> None:
    """The daily message, looked for each quarter of an hour; and the heartbeat where there is one."""
    first = datetime.now(UTC) + _BEFORE_ALL_WELL
    scheduler.add_job(tell_all_well, "cron", minute="*/15", args=[house], next_run_time=first)
    if house.settings.service.heartbeat is not None:
        scheduler.add_job(beat, "interval", minutes=10, args=[house], next_run_time=first)


def poll(house: House, school: str, name: str = "") -> None:
    """Fetch what is new at that source of the school, or at all of its sources."""
    try:
        house.polling.poll(school, house.clock.now(), name=name)
    except ConnectorError:
        log.exception("a poll could not be noted", extra={"school": school})


def pull(house: House, school: str) -> None:
    """Wait for hints that this school's forms were answered, and look at each form that they name."""
    waiting = house.sites[school].pull
    try:
        messages = waiting.wait() if waiting is not None else []
        for message in messages:
            house.subscriptions.hear_of_form(school, form_named(message), house.clock.now())
    except ConnectorError as error:
        log.warning("no hints; polling goes on", extra={"school": school, "error": type(error).__name__})


def answer_pokes(house: House) -> None:
    """Look at once where somebody said so, perhaps to another process; a hint about a subscription renews it."""
    now = house.clock.now()
    try:
        for slug, site in house.sites.items():
            if site.sources and house.polling.answer(slug, now):
                house.subscriptions.keep(slug, now)
    except ConnectorError:
        log.exception("a hint could not be answered")


def watch(house: House) -> None:
    """Look how things stand, tell what people have not heard, keep subscriptions alive, sweep once a day."""
    now = house.clock.now()
    try:
        house.watching.watch(now)
        for slug in house.sites:
            house.subscriptions.keep(slug, now)
            house.polling.sweep(slug, now)
    except ConnectorError:
        log.exception("the watch is put off")


def tell_all_well(house: House) -> None:
    """Send the daily message to whoever is due it and has not been sent it."""
    try:
        house.all_well.tell(house.clock.now())
    except ConnectorError:
        log.critical("the daily message is put off", exc_info=True)


def beat(house: House) -> None:
    """Let the monitoring know that the service is able and nothing is wrong; be silent otherwise."""
    address = house.settings.service.heartbeat
    try:
        house.ledger.try_write()
        if address is not None and house.engine.alive and house.all_well.is_well(house.clock.now()):
            heartbeat.beat(address.get_secret_value())
    except ConnectorError as error:
        log.warning("no heartbeat", extra={"error": type(error).__name__})


def reconcile(house: House) -> None:
    """Give the engine again whatever is owed and not moving, purge what was left, keep the file small."""
    now = house.clock.now()
    stalled = house.ledger.overdue(now - _STALLED)
    if stalled:
        log.warning("owed and not moving", extra={"count": len(stalled)})
    house.ledger.tidy(now, timedelta(hours=house.settings.service.retention.link_hours))
    house.engine.wake()
