"""`POST /forms/<school>/<form>`: a submission comes in; `…/poke`: somebody says that one is to be fetched."""

from __future__ import annotations

from flask import Blueprint, Response, json, request

from connector.errors import TooLarge, WrongMediaType
from connector.intake import Answer
from connector.model.concern import Problem
from connector.wiring import House

MOST_BYTES = 1024 * 1024


def blueprint(house: House) -> Blueprint:
    """The intake door."""
    door = Blueprint("intake", __name__)

    @door.post("/forms/<school>/<form>")
    def submit(school: str, form: str) -> Response:
        body = _body()
        answer = house.intake.take_in(school, form, dict(request.headers), body, house.clock.now())
        return _answer(answer)

    @door.post("/forms/<school>/<form>/poke")
    def poke(school: str, form: str) -> Response:
        now = house.clock.now()
        house.intake.prove_poke(school, form, dict(request.headers), _body(), now)
        house.pokes.poke_form(school, form, now)
        return Response(json.dumps({"status": "looking"}), status=202, mimetype="application/json")

    return door


def _body() -> bytes:
    """The bytes as they came. Raises TooLarge or WrongMediaType before anything is read of them."""
    if (request.content_length or 0) > MOST_BYTES:
        raise TooLarge
    if request.mimetype not in {"application/json", "text/json"} and not request.mimetype.endswith("+json"):
        raise WrongMediaType
    body = request.get_data(cache=False)
    if len(body) > MOST_BYTES:
        raise TooLarge
    return body


def _answer(answer: Answer) -> Response:
    body = {
        "reference": answer.reference,
        "received_at": answer.received_at.isoformat(),
        "status": "accepted",
        "missing": [_asked(problem) for problem in answer.missing],
        "unclear": [_asked(problem) for problem in answer.unclear],
    }
    return Response(json.dumps(body), status=200 if answer.repeat else 202, mimetype="application/json")


def _asked(problem: Problem) -> dict[str, object]:
    asked: dict[str, object] = {"field": problem.field, "ask": problem.ask, "policy_words": problem.policy_words}
    return asked | ({"child": problem.child} if problem.child else {})
