"""`connector drill`: one marked test concern through everything."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from connector.drilling import Drill
from connector.errors import ConnectorError
from connector.say import complain, say
from connector.settings.load import Settings, load
from connector.settings.school import School
from connector.wiring import build

_PAUSE_SECONDS = 0.5


def drill(config: Path, school: str, form: str, *, wait_minutes: float, seconds: float) -> int:
    """0 when the drill was filed and told (and, with a wait, acknowledged); 1 with the reason otherwise."""
    settings = load(config, os.environ)
    slug, name = chosen(settings, school, form)
    house = build(settings, works=False)
    site, ledger = house.sites[slug], house.ledger
    try:
        found = Drill(site, name, ledger, house.intake.sealer, _until(seconds), house.intake.receive)
        say(f"A drill for {site.school.name}, form {name}. Every message of it says DRILL.")
        reference = None
        for step in found.run(_door(settings), _reporter(site.school), datetime.now(UTC)):
            reference = reference or step.reference
            say(f"  done  {step.what}")
        if not wait_minutes or reference is None:
            say("Now press the button in the mail or card. If nobody does, the ladder climbs, as it would.")
            return 0
        say(f"Waiting up to {wait_minutes:g} minutes for somebody to press the button ...")
        waiting = replace(found, pause=_until(wait_minutes * 60))
        say(f"  done  acknowledged by {waiting.acknowledged(reference)}")
    except KeyboardInterrupt:
        complain("Stopped looking; the drill itself goes on.")
        return 1
    finally:
        house.close()
    return 0


def chosen(settings: Settings, school: str, form: str) -> tuple[str, str]:
    """The school and form meant; the only ones need not be named. Raises ConnectorError naming what there is."""
    slug = _one("school", school, list(settings.schools))
    return slug, _one("form", form, list(settings.schools[slug].forms))


def _one(what: str, said: str, there: list[str]) -> str:
    if said in there:
        return said
    if not said and len(there) == 1:
        return there[0]
    raise ConnectorError(f"Name the {what} with --{what}: there is {', '.join(there)}.")


def _until(seconds: float) -> Callable[[], bool]:
    last = time.monotonic() + seconds

    def pause() -> bool:
        time.sleep(_PAUSE_SECONDS)
        return time.monotonic() < last

    return pause


def _door(settings: Settings) -> str:
    host, _, port = settings.service.listen.rpartition(":")
    return f"http://{'127.0.0.1' if host in {'0.0.0.0', '[::]'} else host}:{port}"  # noqa: S104 - compared, not bound


def _reporter(school: School) -> str:
    """The technician gets the receipt, unless they stand on a ladder: whoever writes is passed over there."""
    on_ladders = {
        slug for ladder in (school.ladder, school.staff_ladder) for rung in ladder.rungs for slug in rung.people
    }
    return "" if school.technician in on_ladders else school.people[school.technician].email
