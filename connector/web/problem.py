"""Refusals as problem+json (RFC 9457): a status, and what to do. Never a word of what was sent."""

from __future__ import annotations

from flask import Flask, Response, json, request
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge, UnsupportedMediaType

from connector.errors import (
    CannotAccept,
    ConnectorError,
    OfficeShut,
    Refused,
    RegisterClosed,
    TooLarge,
    UnknownForm,
    UnknownReference,
    WrongMediaType,
)
from connector.web.pages import page

RETRY_AFTER_SECONDS = 5

_MENDS = {
    404: "There is nothing at this address. Check it against the recipe in docs/forms.md.",
    405: "This address does not take that method. Send the submission by POST.",
    408: "The request did not arrive in time. Send it again.",
}


def problem(status: int, title: str, detail: str) -> Response:
    """One refusal."""
    body = {"type": "about:blank", "title": title, "status": status, "detail": " ".join(detail.split())}
    answer = Response(json.dumps(body), status=status, mimetype="application/problem+json")
    if status == 503:
        answer.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
    if status == 401:
        answer.headers["WWW-Authenticate"] = 'Bearer realm="form"'
    return answer


def register(app: Flask) -> None:
    """Every error of the application becomes a problem, or for a person a page."""
    app.register_error_handler(Refused, lambda error: _said(error.status, error.title, str(error)))
    app.register_error_handler(CannotAccept, lambda error: _said(503, "Not accepted", str(error)))
    app.register_error_handler(OfficeShut, lambda error: _said(503, "Not open just now", str(error)))
    app.register_error_handler(RegisterClosed, lambda error: _said(503, "Not noted", str(error)))
    app.register_error_handler(ConnectorError, _ours)
    app.register_error_handler(HTTPException, _from_werkzeug)
    app.register_error_handler(Exception, _unforeseen)


def _said(status: int, title: str, detail: str) -> Response:
    if request.path.startswith(("/a/", "/m/", "/r/")):
        answer = page("refused.html", title=title, detail=detail)
        answer.status_code = status
        return answer
    return problem(status, title, detail)


def _ours(error: ConnectorError) -> Response:
    if isinstance(error, UnknownReference):
        return _said(404, "Unknown reference", str(error))
    return _unforeseen(error)


def _from_werkzeug(error: HTTPException) -> Response:
    known = {RequestEntityTooLarge: TooLarge, UnsupportedMediaType: WrongMediaType}.get(type(error))
    if known is not None:
        return _said(known.status, known.title, str(known()))
    if error.code == 404 and request.path.startswith("/forms/"):
        return _said(404, UnknownForm.title, str(UnknownForm()))
    status = error.code or 500
    return _said(status, error.name, _MENDS.get(status, "The request could not be answered."))


def _unforeseen(error: Exception) -> Response:
    """A fault of ours. The sender is told not to rely on it; the log gets type and place, never the text."""
    import logging

    logging.getLogger(__name__).error("a request broke", exc_info=error)
    return _said(
        503,
        "Not accepted",
        "The service stumbled, so nothing was accepted. "
        "Send it again, and tell the Designated Safeguarding Lead in person.",
    )
