"""`/a/<token>`: GET shows the reference and one button, POST acknowledges."""

from __future__ import annotations

from flask import Blueprint, Response, request

from connector.web.pages import page
from connector.wiring import House


def blueprint(house: House) -> Blueprint:
    """The acknowledgement door."""
    door = Blueprint("acknowledge", __name__)

    @door.get("/a/<token>")
    def look(token: str) -> Response:
        return page("acknowledge.html", view=house.acknowledgements.look(token, house.clock.now()))

    @door.post("/a/<token>")
    def take(token: str) -> Response:
        person = request.form.get("person", "")
        return page("acknowledge.html", view=house.acknowledgements.take(token, person, house.clock.now()))

    return door
