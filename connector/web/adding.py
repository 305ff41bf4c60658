"""`/m/<token>`: the reporter adds what was missing; what they wrote first stays as it was."""

from __future__ import annotations

from flask import Blueprint, Response, request

from connector.web.pages import page
from connector.wiring import House


def blueprint(house: House) -> Blueprint:
    """The door for additions."""
    door = Blueprint("adding", __name__)

    @door.get("/m/<token>")
    def look(token: str) -> Response:
        return page("add.html", view=house.additions.look(token, house.clock.now()))

    @door.post("/m/<token>")
    def add(token: str) -> Response:
        return page("add.html", view=house.additions.add(token, request.form.to_dict(), house.clock.now()))

    return door
