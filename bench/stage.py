"""A configuration for the benchmark: the shipped nursery, its mail and cards going to the sinks."""

from __future__ import annotations

import shutil
import socket
from dataclasses import dataclass
from pathlib import Path

from connector.keyring import make_keys

KEY = "bench-key"
ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True)
class Stage:
    """Where it is and how it is reached."""

    config: Path
    database: Path
    url: str
    environment: dict[str, str]


def make_stage(folder: Path, smtp: int, card: str, *, whole: bool = False) -> Stage:
    """Copies the shipped configuration, makes keys, points it at the sinks."""
    config = folder / "config"
    shutil.copytree(ROOT / "config", config, ignore=shutil.ignore_patterns("keys"))
    make_keys(config)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    service = config / "service.toml"
    service.write_text(service.read_text("utf-8").replace("127.0.0.1:8080", f"127.0.0.1:{port}"), "utf-8")
    for school in (config / "schools").glob("*.toml"):
        text = school.read_text("utf-8").replace("port = 2525", f"port = {smtp}")
        # One mail and one card a concern, as the baseline sends; `whole` leaves deputy and receipt in.
        if not whole:
            text = text.replace(
                '{ after_minutes = 0, people = ["dsl", "deputy"] }', '{ after_minutes = 0, people = ["dsl"] }'
            )
            text = text.replace("receipt = true", "receipt = false")
        school.write_text(text, "utf-8")
    names = ("LITTLE_LANTERNS_FORM_KEY", "LITTLE_LANTERNS_SIGNING_KEY", "STARLING_FORM_KEY", "STARLING_SIGNING_KEY")
    environment = dict.fromkeys(names, KEY) | {"LITTLE_LANTERNS_TEAMS_WEBHOOK": card, "STARLING_TEAMS_WEBHOOK": card}
    return Stage(
        config,
        folder / "var" / "connector.db",
        f"http://127.0.0.1:{port}/forms/little-lanterns/record-of-concern-json",
        environment,
    )
