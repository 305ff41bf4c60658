"""`connector demo`: the walk without a person, or the page to look at."""

from __future__ import annotations

import io
from pathlib import Path

from connector.demo.stage import stage
from connector.demo.walk import Story, walk
from connector.logs import set_up
from connector.say import complain, say, say_json

# A minute of the ladder passes in a tenth of a second, or for the eye in two seconds.
_ONCE_SPEED = 600.0
_EYE_SPEED = 30.0


def demo(config: Path, *, once: bool, as_json: bool, port: int) -> int:
    """With `once`, 0 only if every step was verified; else shows the page until interrupted."""
    if not (config / "service.toml").exists():
        complain(f"There is no configuration in {config}: run the demo from the folder that holds `config`.")
        return 1
    set_up(io.StringIO())
    if once:
        with stage(config, speed=_ONCE_SPEED) as ready:
            story = walk(ready)
        return _report(story, as_json=as_json)
    from connector.demo.page import show

    with stage(config, speed=_EYE_SPEED) as ready:
        return show(ready, port)


def _report(story: Story, *, as_json: bool) -> int:
    if as_json:
        steps = [{"step": what, "verified": holds} for what, holds in story.steps]
        say_json({"verified": story.verified, "steps": steps, "facts": story.facts})
    else:
        say(*[f"{'ok  ' if holds else 'FAIL'} {what}" for what, holds in story.steps], "")
        say(*[f"{name:16} {value}" for name, value in story.facts.items()])
    return 0 if story.verified else 1
