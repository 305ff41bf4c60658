"""The job as one would do it in an afternoon: the baseline to measure against.

``POST /`` checks the form's fields, writes an HTML page into a folder, sends a
mail, posts an Adaptive Card and answers 202 with the reference, all inside the
request.  Nothing is durable: the page is not synced, and when the mail server
is away the form is lost to a 500.

``POST /durable`` is the naive durable accept: one SQLite row, one commit.

    python -m bench.naive --port P --smtp PORT --card URL --folder DIR [--key KEY]

Prints ``{"port": P}`` when it listens (P may be 0) and serves until ended.
"""

from __future__ import annotations

import argparse
import hmac
import html
import json
import logging
import secrets
import smtplib
import socket
import sqlite3
import sys
import threading
from collections.abc import Sequence
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import requests
import waitress
from flask import Flask, Response, jsonify, request

THREADS = 8
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
REQUIRED = (
    "Child's name",
    "Date of the observation or disclosure",
    "Is this an observation or a disclosure?",
    "Your name and role",
)
_TIMEOUT = 10.0


def new_reference() -> str:
    letters = "".join(secrets.choice(ALPHABET) for _ in range(8))
    return f"C-{letters[:4]}-{letters[4:]}"


def read_form(form: Any) -> dict[str, str] | None:
    """The answers of a complete form, or None."""
    if not isinstance(form, dict) or not form.get("response_id"):
        return None
    answers = form.get("answers")
    if not isinstance(answers, dict) or not all(answers.get(name) for name in REQUIRED):
        return None
    return {str(name): str(answer) for name, answer in answers.items()}


def write_page(folder: Path, reference: str, answers: dict[str, str]) -> None:
    rows = "\n".join(
        f"<tr><th>{html.escape(name)}</th><td>{html.escape(answer)}</td></tr>" for name, answer in answers.items()
    )
    page = (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f"<title>{reference}</title></head>\n"
        f"<body><h1>{reference}</h1>\n<table>\n{rows}\n</table></body></html>\n"
    )
    (folder / f"{reference}.html").write_text(page, encoding="utf-8")


def send_mail(port: int, reference: str) -> None:
    mail = EmailMessage()
    mail["Subject"] = f"New concern {reference}"
    mail["From"] = "concerns@littlelanterns.example"
    mail["To"] = "safeguarding@littlelanterns.example"
    mail.set_content(f"A concern has been filed as {reference}.\n")
    with smtplib.SMTP("127.0.0.1", port, local_hostname="localhost", timeout=_TIMEOUT) as server:
        server.send_message(mail)


def post_card(url: str, reference: str) -> None:
    card: dict[str, Any] = {
        "type": "message",
        "attachments": [
            {
                "contentType": "application/vnd.microsoft.card.adaptive",
                "content": {
                    "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
                    "type": "AdaptiveCard",
                    "version": "1.4",
                    "body": [{"type": "TextBlock", "text": f"New concern {reference}"}],
                },
            }
        ],
    }
    requests.post(url, json=card, timeout=_TIMEOUT).raise_for_status()


class Store:
    """One SQLite file, one connection a thread, one commit a row."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._local = threading.local()
        self._connection().execute(
            "CREATE TABLE IF NOT EXISTS forms"
            " (response_id TEXT PRIMARY KEY, reference TEXT NOT NULL, body BLOB NOT NULL)"
        )

    def _connection(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = sqlite3.connect(self._path, timeout=_TIMEOUT, isolation_level=None)
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=FULL")
            self._local.connection = connection
        return connection

    def add(self, response_id: str, reference: str, body: bytes) -> str:
        """Keep the form; the reference is the first one given for its id."""
        connection = self._connection()
        added = connection.execute(
            "INSERT INTO forms VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
            (response_id, reference, body),
        )
        if added.rowcount == 1:
            return reference
        row = connection.execute("SELECT reference FROM forms WHERE response_id = ?", (response_id,)).fetchone()
        return str(row[0])


def create_app(smtp_port: int, card_url: str, folder: Path, key: str) -> Flask:
    app = Flask("bench.naive")
    store = Store(folder / "naive.sqlite3")

    @app.before_request
    def check_key() -> tuple[Response, int] | None:
        given = request.headers.get("Authorization", "")
        if key and not hmac.compare_digest(given.encode(), f"Bearer {key}".encode()):
            return jsonify(error="unauthorized"), 401
        return None

    @app.post("/")
    def accept() -> tuple[Response, int]:
        answers = read_form(request.get_json(silent=True))
        if answers is None:
            return jsonify(error="incomplete"), 400
        reference = new_reference()
        write_page(folder, reference, answers)
        send_mail(smtp_port, reference)
        post_card(card_url, reference)
        return jsonify(reference=reference), 202

    @app.post("/durable")
    def accept_durably() -> tuple[Response, int]:
        form: Any = request.get_json(silent=True)
        if read_form(form) is None:
            return jsonify(error="incomplete"), 400
        reference = store.add(str(form["response_id"]), new_reference(), request.get_data())
        return jsonify(reference=reference), 202

    return app


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.naive", description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--smtp", type=int, required=True)
    parser.add_argument("--card", required=True)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--key", default="")
    options = parser.parse_args(arguments)
    options.folder.mkdir(parents=True, exist_ok=True)
    # Waitress writes a line whenever a request waits for a thread.
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    app = create_app(options.smtp, options.card, options.folder, options.key)
    listener = socket.create_server(("127.0.0.1", options.port))
    print(json.dumps({"port": listener.getsockname()[1]}), flush=True)
    waitress.serve(app, sockets=[listener], threads=THREADS, connection_limit=400, _quiet=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
