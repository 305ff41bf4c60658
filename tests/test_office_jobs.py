"""The office's clock: at once when it starts, then each quarter of an hour of a school's own day."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import pytest
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.cron import CronTrigger

from connector import office_jobs as jobs
from connector.errors import RegisterClosed
from connector.model.moments import LONDON


class Told:
    """Counts its calls and lets a test wait for the first."""

    def __init__(self, act: Callable[[], object] = lambda: None) -> None:
        self.act = act
        self.moments: list[datetime] = []
        self.called = threading.Event()
        self.stopping = threading.Event()

    def remind(self, now: datetime) -> None:
        self.moments.append(now)
        self.called.set()
        self.act()

    watch = remind


def office(reminding: Told, watching: Told) -> Any:
    clock = SimpleNamespace(now=lambda: datetime(2026, 11, 23, 7, 30, tzinfo=UTC))
    return SimpleNamespace(reminding=reminding, watching=watching, clock=clock)


@pytest.fixture
def schedulers(monkeypatch: pytest.MonkeyPatch) -> list[BackgroundScheduler]:
    made: list[BackgroundScheduler] = []

    class Kept(BackgroundScheduler):  # type: ignore[misc] # it ships no types
        def __init__(self, *given: Any, **named: Any) -> None:
            super().__init__(*given, **named)
            made.append(self)

    monkeypatch.setattr(jobs, "BackgroundScheduler", Kept)
    return made


def test_both_jobs_run_at_once_when_the_service_starts(
    schedulers: list[BackgroundScheduler], monkeypatch: pytest.MonkeyPatch
) -> None:
    # No quarter of an hour ends while this test runs.
    monkeypatch.setattr(jobs, "CronTrigger", lambda **given: CronTrigger(year=9999, timezone=given["timezone"]))
    reminding, watching = Told(), Told()
    with jobs.office_jobs(office(reminding, watching)):
        assert reminding.called.wait(timeout=60)
        assert watching.called.wait(timeout=60)
    assert reminding.moments == [datetime(2026, 11, 23, 7, 30, tzinfo=UTC)]
    assert not schedulers[0].running


@pytest.mark.parametrize("breaks", [False, True])
def test_at_start_nobody_is_told_before_the_libraries_were_looked_at(
    breaks: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "CronTrigger", lambda **given: CronTrigger(year=9999, timezone=given["timezone"]))
    order: list[str] = []
    went = threading.Event()

    def look() -> None:
        # A reminder that waits for nothing comes in the meantime.
        went.wait(timeout=0.5)
        order.append("looked")
        if breaks:
            raise RegisterClosed

    def tell() -> None:
        order.append("told")
        went.set()

    with jobs.office_jobs(office(Told(tell), Told(look))):
        assert went.wait(timeout=60)
    assert order == ["looked", "told"]


def test_a_stop_during_the_first_look_sends_no_list_of_old_documents(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "CronTrigger", lambda **given: CronTrigger(year=9999, timezone=given["timezone"]))
    reminding = Told()
    watching = Told(lambda: watching.stopping.wait(timeout=60))
    with jobs.office_jobs(office(reminding, watching)):
        assert watching.called.wait(timeout=60)
    assert reminding.moments == []


def test_a_late_tick_is_never_skipped_never_doubled_and_never_beside_itself(
    schedulers: list[BackgroundScheduler],
) -> None:
    with jobs.office_jobs(office(Told(), Told())):
        found = schedulers[0].get_jobs()
        assert {job.func for job in found} == {jobs.remind, jobs.look}
        assert all((job.misfire_grace_time, job.coalesce, job.max_instances) == (None, True, 1) for job in found)
        assert all(isinstance(job.trigger, CronTrigger) and job.trigger.timezone == LONDON for job in found)


@pytest.mark.parametrize(("from_", "hour"), [
    (datetime(2026, 10, 24, 7, 20, tzinfo=LONDON), 6), (datetime(2026, 10, 25, 7, 20, tzinfo=LONDON), 7),
    (datetime(2027, 3, 27, 7, 20, tzinfo=LONDON), 7), (datetime(2027, 3, 28, 7, 20, tzinfo=LONDON), 6),
])  # fmt: skip
def test_half_past_seven_is_a_tick_on_both_sides_of_a_clock_change(
    schedulers: list[BackgroundScheduler], from_: datetime, hour: int
) -> None:
    with jobs.office_jobs(office(Told(), Told())):
        trigger = schedulers[0].get_jobs()[0].trigger
    tick = trigger.get_next_fire_time(None, from_)
    assert (tick.hour, tick.minute) == (7, 30)
    assert tick.astimezone(UTC).hour == hour


def test_the_hour_that_comes_twice_and_the_one_that_never_comes_stop_nothing(
    schedulers: list[BackgroundScheduler],
) -> None:
    with jobs.office_jobs(office(Told(), Told())):
        trigger = schedulers[0].get_jobs()[0].trigger
    for begin in (datetime(2026, 10, 25, 0, 0, tzinfo=UTC), datetime(2027, 3, 28, 0, 0, tzinfo=UTC)):
        tick, ticks = None, []
        now = begin
        while now < begin + timedelta(hours=4):
            tick = trigger.get_next_fire_time(tick, now)
            ticks.append(tick.astimezone(UTC))
            now = ticks[-1] + timedelta(seconds=1)
        gaps = {(after - before) for before, after in pairwise(ticks)}
        assert gaps == {timedelta(minutes=15)}
