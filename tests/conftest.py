"""Fixtures; and nothing of the machine's own environment reaches a test."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.service import Service, running
from tests.tenanted import Tenanted, tenanted

# No deadline: a busy machine is no fault. CI tries the same examples every time; at the desk they differ.
settings.register_profile("desk", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", settings.get_profile("desk"), derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "desk")


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith(("CONNECTOR_", "HARBOUR_VIEW_", "LITTLE_LANTERNS_", "STARLING_")):
            monkeypatch.delenv(name)


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    with running(tmp_path) as found:
        yield found


@pytest.fixture
def school(tmp_path: Path) -> Iterator[Tenanted]:
    """A school in its own Microsoft 365 tenant."""
    with tenanted(tmp_path) as found:
        yield found
