"""`/r/<token>`: a policy was reviewed, GET shows and POST notes it. `/policies/<token>.ics`: the calendar feed.

It is handed the office alone: nothing of a concern can be reached from here.
"""

from __future__ import annotations

import hashlib

from flask import Blueprint, Response, request

from connector.errors import OfficeShut
from connector.office import Office
from connector.review_given import NAMES, Given
from connector.web.pages import page

_FIELDS = ("on", *NAMES)


def shut() -> Blueprint:
    """The same doors where the office could not start: whoever comes by a link is told so."""
    door = Blueprint("policies", __name__)

    @door.route("/r/<token>", methods=["GET", "POST"])
    @door.get("/policies/<token>.ics")
    def closed(token: str) -> Response:
        raise OfficeShut

    return door


def blueprint(office: Office) -> Blueprint:
    """The office's doors."""
    door = Blueprint("policies", __name__)

    @door.get("/r/<token>")
    def look(token: str) -> Response:
        return page("reviewed.html", view=office.reviews.look(token, office.clock.now(), is_new="new" in request.args))

    @door.post("/r/<token>")
    def note(token: str) -> Response:
        given = Given(**{name: request.form.get(name, "").strip() for name in _FIELDS})
        view = office.reviews.note(token, given, office.clock.now(), request.form.get("seen", ""))
        answer = page("reviewed.html", view=view)
        answer.status_code = 200 if view.is_noted else 422
        return answer

    @door.get("/policies/<token>.ics")
    def feed(token: str) -> Response:
        text = office.feed(token)
        answer = Response(text, content_type="text/calendar; charset=utf-8")
        answer.headers["Cache-Control"] = "private, max-age=3600"
        answer.headers["Content-Disposition"] = 'inline; filename="policy-reviews.ics"'
        answer.set_etag(hashlib.sha256(text).hexdigest()[:32])
        answer.make_conditional(request)
        return answer

    return door
