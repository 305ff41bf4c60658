"""Pages for people: no script, nothing from elsewhere, not stored anywhere on the way."""

from __future__ import annotations

from typing import Any

from flask import Response, render_template

from connector.model.moments import say_moment

STRICT_CSP = "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

HEADERS = {
    "Content-Security-Policy": STRICT_CSP,
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex, nofollow",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}


def page(template: str, **values: Any) -> Response:
    """The page with its headers."""
    return Response(render_template(template, say_moment=say_moment, **values), mimetype="text/html")


def protect(answer: Response) -> Response:
    """Headers for every answer; Server says nothing about versions."""
    for name, value in HEADERS.items():
        answer.headers.setdefault(name, value)
    return answer
