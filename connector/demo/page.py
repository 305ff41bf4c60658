"""The demo's page: the whole story side by side, on a port of its own. No script; it looks again by itself."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

from flask import Flask, Response, abort, redirect, render_template, request

from connector.demo.samples import SAMPLES
from connector.demo.stage import Posted, Stage
from connector.demo.walk import record_parts
from connector.model.duty import DutyKind, DutyState
from connector.model.moments import say_moment
from connector.record.document import from_bytes
from connector.record.page import make_page
from connector.record.typeset import draw
from connector.say import complain, say
from connector.serving import bind, serve_until, told_to_stop
from connector.store.age import decrypt

_READERS = {"store": "dsl", "staff_store": "head"}


def show(stage: Stage, port: int) -> int:
    """Serve the page until interrupted."""
    try:
        door = bind(f"127.0.0.1:{port}")
    except OSError:
        complain(f"Port {port} is taken: stop what uses it, or give another with --port.")
        return 1
    with told_to_stop() as stopping:
        say(
            f"The demo is at http://127.0.0.1:{door.getsockname()[1]}/ (its ladder is 30 times as fast; Ctrl-C ends it)"
        )
        serve_until(stopping, create_page(stage), door, threads=4)
    return 0


def create_page(stage: Stage) -> Flask:
    """The page's application. It holds what was posted; everything else is read from where the service put it."""
    app = Flask("connector.demo", template_folder=str(Path(__file__).parent))
    stories: list[Posted] = [stage.post(SAMPLES[0], stage.house.clock.now(), "1")]
    drawn: dict[str, list[str]] = {}

    @app.get("/")
    def story() -> str:
        number = min(max(request.args.get("n", len(stories) - 1, type=int), 0), len(stories) - 1)
        return render_template("page.html", **_story(stage, stories, number, drawn), samples=SAMPLES)

    @app.post("/send/<int:sample>")
    def send(sample: int) -> Any:
        if sample >= len(SAMPLES):
            abort(404)
        stories.append(stage.post(SAMPLES[sample], stage.house.clock.now(), str(len(stories) + 1)))
        return redirect(f"/?n={len(stories) - 1}")

    @app.after_request
    def protect(answer: Response) -> Response:
        answer.headers["Content-Security-Policy"] = (
            "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-src data:; form-action 'self'"
        )
        answer.headers["Cache-Control"] = "no-store"
        return answer

    return app


def _story(stage: Stage, stories: list[Posted], number: int, drawn: dict[str, list[str]]) -> dict[str, Any]:
    posted = stories[number]
    ledger = stage.house.ledger
    held = ledger.latest(posted.reference)
    people = stage.house.settings.schools[posted.sample.school].people
    mails = [mail for mail in list(stage.caught.mails) if mail.message["Subject"] == posted.reference]
    cards = [card for card in list(stage.caught.cards) if posted.reference in json.dumps(card)]
    acknowledger = people.get(held.acknowledged_by)
    return {
        "posted": posted,
        "number": number,
        "count": len(stories),
        "body": json.dumps(json.loads(posted.body), indent=2, ensure_ascii=False),
        "held": held,
        "taken_by": acknowledger.name if acknowledger else "",
        "received": say_moment(held.received_at),
        "sealed": _sealed(stage, posted),
        "record": _record(stage, posted, drawn),
        "notices": [mail for mail in mails if mail.recipients[0] != posted.sample.respondent],
        "receipts": [mail for mail in mails if mail.recipients[0] == posted.sample.respondent],
        "cards": [card["attachments"][0]["content"] for card in cards],
        "ladder": _ladder(stage, posted),
        "frame": _frame,
    }


def _frame(html: str) -> str:
    """A mail's HTML as a frame of its own: its links open in a new tab."""
    linked = html.replace("<head>", '<head><base target="_blank">', 1)
    return "data:text/html;charset=utf-8;base64," + base64.b64encode(linked.encode()).decode()


def _sealed(stage: Stage, posted: Posted) -> list[tuple[str, int, str]]:
    """The filed parts as anybody else sees them: name, size, and the beginning."""
    return [
        (path.name, path.stat().st_size, path.read_bytes()[:220].decode("ascii", "replace"))
        for path in record_parts(stage, posted)
    ]


def _record(stage: Stage, posted: Posted, drawn: dict[str, list[str]]) -> list[str]:
    """The pages as their reader sees them, opened with the reader's own key."""
    parts = [path for path in record_parts(stage, posted) if path.name.endswith(".json.age")]
    if parts and posted.reference not in drawn:
        reader = _READERS["staff_store" if "staff" in str(parts[0].parent) else "store"]
        document = from_bytes(decrypt(parts[0], stage.identity(posted.sample.school, reader)))
        pages = draw(make_page(document, posted.reference, document["version"]))
        drawn[posted.reference] = ["data:image/png;base64," + base64.b64encode(png).decode() for png in pages]
    return drawn.get(posted.reference, [])


def _ladder(stage: Stage, posted: Posted) -> list[dict[str, Any]]:
    """Every duty in the words of the page, with the real seconds until it is due."""
    people = stage.house.settings.schools[posted.sample.school].people
    clock = stage.house.clock
    return [
        {
            "what": _WORDS[duty.kind],
            "rung": duty.rung,
            "who": people[duty.person].name if duty.person in people else duty.channel,
            "how": duty.channel,
            "state": duty.state,
            "due": round(clock.seconds_until(duty.due_at)) if duty.state is DutyState.OWED else None,
            "attempts": duty.attempts,
        }
        for duty in stage.house.ledger.duties(posted.reference)
    ]


_WORDS = {
    DutyKind.FILE: "file the record",
    DutyKind.TELL: "tell",
    DutyKind.RECEIPT: "receipt to the reporter",
    DutyKind.CLIMB: "climb, if nobody has it",
    DutyKind.CHASE: "tell the reporter nobody has it yet",
    DutyKind.TAKEN: "tell who has it",
    DutyKind.REASSURE: "tell the reporter who has it",
    DutyKind.ALARM: "tell the technician what failed",
}
