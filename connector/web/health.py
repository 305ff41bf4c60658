"""`/livez`, `/readyz`, `/metrics`: alive; able to accept; numbers for Prometheus. No concern's data."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

from flask import Blueprint, Response, json

from connector.errors import ConnectorError
from connector.model.standing import State
from connector.wiring import House

_LEAST_FREE_BYTES = 64 * 1024 * 1024


def blueprint(house: House, *, works: bool) -> Blueprint:
    """The health doors."""
    door = Blueprint("health", __name__)

    @door.get("/livez")
    def alive() -> Response:
        return Response("alive\n", mimetype="text/plain")

    @door.get("/readyz")
    def ready() -> Response:
        faults = list(_unready(house, works=works))
        body = {"ready": not faults, "faults": faults}
        return Response(json.dumps(body), status=503 if faults else 200, mimetype="application/json")

    @door.get("/metrics")
    def metrics() -> Response:
        return Response(_metrics(house), mimetype="text/plain; version=0.0.4")

    return door


def _unready(house: House, *, works: bool) -> Iterator[str]:
    """Why it could not accept now, each with its mend."""
    try:
        house.intake.sealer.open(house.intake.sealer.seal(b"ready", "ready"), "ready")
        house.ledger.try_write()
    except ConnectorError:
        yield "a sealed write does not work: run `connector check`"
    if shutil.disk_usage(house.ledger.file.parent).free < _LEAST_FREE_BYTES:
        yield "the disk of the ledger is nearly full: make room"
    if works and not house.engine.alive:
        yield "nobody performs duties: restart the service"


def _metrics(house: House) -> str:
    from prometheus_client import CollectorRegistry, Gauge, generate_latest

    registry = CollectorRegistry()
    now = house.clock.now()
    for name, number in house.ledger.counts().items():
        Gauge(f"connector_{name}", f"Number of {name.replace('_', ' ')}", registry=registry).set(number)
    Gauge("connector_oldest_overdue_seconds", "How long the oldest overdue duty has been owed", registry=registry).set(
        house.ledger.oldest_owed(now)
    )
    bad = [standing for standing in house.ledger.notebook.standings() if standing.state is State.BAD]
    Gauge("connector_standing_bad", "Places that stand wrong: `connector status` names them", registry=registry).set(
        len(bad)
    )
    Gauge(
        "connector_all_well_age_seconds", "How long ago the daily message last reached anybody", registry=registry
    ).set(house.all_well.age_seconds(now))
    text: str = generate_latest(registry).decode()
    return text
