"""The heartbeat: a monitoring service hears that all is well, and nothing when it is not."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from apscheduler.schedulers.background import BackgroundScheduler
from pydantic import SecretStr

from connector import jobs
from connector.errors import CannotAccept, ConfigError, DeliveryError
from connector.model.standing import State, Verdict
from connector.outbound import heartbeat
from connector.settings.load import load
from connector.wiring import House
from tests.daily import INFANTS, SEVEN, day_after, tell
from tests.loopback import far_side
from tests.service import Service, copy_config, environment
from tests.test_attacks import SEEN, STAFF, STARLING, infant
from tests.test_canary import log

__all__ = ["log"]


PING = "/ping/5ecre7-key"


def with_heartbeat(service: Service, port: int) -> House:
    address = SecretStr(f"http://127.0.0.1:{port}{PING}")
    settings = service.house.settings
    return replace(
        service.house, settings=replace(settings, service=settings.service.model_copy(update={"heartbeat": address}))
    )


@pytest.fixture
def alive(service: Service) -> Service:
    """The service with its engine at work, and today's message sent."""
    service.house.engine.start()
    tell(service)
    return service


def beats(service: Service, **side: Any) -> list[str]:
    """What the monitoring hears of one heartbeat."""
    with far_side(**side) as monitoring:
        jobs.beat(with_heartbeat(service, monitoring.port))
        return [
            f"{method} {path}{body.decode()}"
            for method, (path, body) in zip(monitoring.methods, monitoring.asked, strict=True)
        ]


def test_it_is_looked_for_each_quarter_of_an_hour_and_the_heartbeat_each_ten_minutes_where_there_is_one(
    service: Service,
) -> None:
    def planned(house: House) -> dict[str, str]:
        scheduler = BackgroundScheduler(timezone="Europe/London")
        jobs._add_all_well(scheduler, house)
        return {job.name: str(job.trigger) for job in scheduler.get_jobs()}

    assert planned(service.house) == {"tell_all_well": "cron[minute='*/15']"}
    assert planned(with_heartbeat(service, 1))["beat"] == "interval[0:10:00]"


def test_the_monitoring_hears_a_heartbeat_while_all_is_well(alive: Service) -> None:
    assert beats(alive) == [f"GET {PING}"]


def test_it_hears_nothing_while_something_is_wrong(alive: Service) -> None:
    notebook = alive.house.ledger.notebook
    notebook.note_verdict(INFANTS, "certificate", Verdict(State.BAD, "ends"), SEVEN)
    assert beats(alive) == []
    notebook.note_verdict(INFANTS, "certificate", Verdict(State.GOOD), SEVEN)
    assert beats(alive) == [f"GET {PING}"]


def test_it_hears_nothing_of_a_concern_but_its_silence_includes_those_about_staff(alive: Service) -> None:
    alive.house.engine.stop()
    alive.post(*STARLING, infant(alive, "s", **{SEEN: "Mrs Winter-Sample slapped Jo", STAFF: "Yes"}))
    alive.clock.pass_(minutes=16)
    assert not alive.house.all_well.is_well(alive.clock.now())


def test_it_hears_nothing_while_nobody_performs_duties_or_nothing_can_be_written(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    tell(service)
    assert beats(service) == [], "the engine does not run"
    service.house.engine.start()

    def fail(_self: Any) -> None:
        raise CannotAccept

    with monkeypatch.context() as full:
        full.setattr("connector.ledger.ledger.Ledger.try_write", fail)
        assert beats(service) == []
    assert beats(service) == [f"GET {PING}"]


def test_it_hears_nothing_once_todays_message_has_not_gone_out_for_half_an_hour(alive: Service) -> None:
    alive.caught.smtp_refusal, alive.caught.card_refusal = "451 4.3.0 later", (503, {})
    tell(alive, day_after(alive))
    assert beats(alive) == [f"GET {PING}"]
    alive.clock.pass_(minutes=30)
    assert beats(alive) == []


@pytest.mark.parametrize("side", [
    {"status": 500}, {"status": 404}, {"status": 200, "answer": b"x" * 70_000}, {"status": 302, "headers": {"Location": "/elsewhere"}},
])  # fmt: skip
def test_a_monitoring_that_fails_disturbs_nothing_is_not_followed_and_its_address_is_in_no_log(
    alive: Service, log: io.StringIO, side: dict[str, Any]
) -> None:
    assert beats(alive, **side) == [f"GET {PING}"]
    assert "no heartbeat" in log.getvalue()
    assert "5ecre7" not in log.getvalue()


def test_a_monitoring_that_cannot_be_reached_disturbs_nothing(alive: Service, log: io.StringIO) -> None:
    jobs.beat(with_heartbeat(alive, 1))
    assert "no heartbeat" in log.getvalue()
    assert "5ecre7" not in log.getvalue()
    with pytest.raises(DeliveryError) as refused:
        heartbeat.beat(f"http://127.0.0.1:1{PING}")
    assert "5ecre7" not in str(refused.value)
    assert refused.value.__cause__ is None


@pytest.mark.parametrize(
    "address", ["http://ping.example/5ecre7", "https://[5ecre7]/x", "ftp://127.0.0.1/5ecre7", "5ecre7"]
)
def test_an_address_of_the_heartbeat_that_is_not_safe_is_refused_without_repeating_it(
    tmp_path: Path, address: str
) -> None:
    config = with_line(tmp_path, 'heartbeat = "env:CONNECTOR_BEAT"')
    with pytest.raises(ConfigError) as refused:
        load(config, environment("https://hooks.example/?sig=x") | {"CONNECTOR_BEAT": address})
    assert "heartbeat must be an address that begins with https://" in str(refused.value)
    assert "5ecre7" not in str(refused.value)


def test_the_heartbeats_address_is_a_secret_by_reference(tmp_path: Path) -> None:
    config = with_line(tmp_path, 'heartbeat = "env:CONNECTOR_BEAT"')
    given = environment("https://hooks.example/?sig=x") | {"CONNECTOR_BEAT": "https://ping.example/5ecre7/"}
    service = load(config, given).service
    assert service.heartbeat is not None
    assert service.heartbeat.get_secret_value() == "https://ping.example/5ecre7/"
    assert "5ecre7" not in repr(service)
    (config / "service.toml").write_text(
        (config / "service.toml").read_text("utf-8").replace("env:CONNECTOR_BEAT", "https://ping.example/5ecre7"),
        "utf-8",
    )
    with pytest.raises(ConfigError, match="heartbeat a secret must not stand here"):
        load(config, given)


def with_line(folder: Path, line: str) -> Path:
    config = copy_config(folder)
    service = config / "service.toml"
    service.write_text(f"{line}\n{service.read_text('utf-8')}", "utf-8")
    return config


def test_the_audit_is_read_whole_once_a_day_for_the_heartbeat_and_anew_for_the_message(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[datetime] = []
    ledger = type(service.house.ledger)
    real = ledger.broken_audit_line

    def counting(self: Any) -> int | None:
        looks.append(service.clock.now())
        return real(self)

    monkeypatch.setattr(ledger, "broken_audit_line", counting)
    for quarter in range(1, 5):
        tell(service, SEVEN - timedelta(hours=1) + quarter * timedelta(minutes=15))
        service.house.all_well.is_well(service.clock.now())
    assert looks == [SEVEN - timedelta(minutes=45), SEVEN]
    service.clock.moment[0] = day_after(service)
    service.house.all_well.is_well(service.clock.now())
    assert looks[2:] == [day_after(service)]
