"""`connector status`, `retry`, `open`."""

from __future__ import annotations

import json
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from connector.errors import ConnectorError, UnknownReference
from connector.filing import as_text
from connector.ledger.audit import AuditLine
from connector.ledger.ledger import Ledger
from connector.model.moments import say_moment
from connector.model.reference import Reference, parse_reference
from connector.model.standing import State
from connector.record.page import make_page
from connector.say import complain, say, say_json
from connector.settings.load import Settings, load
from connector.settings.school import FolderStore as FolderSettings
from connector.store.age import decrypt
from connector.store.folder import FolderStore


def status(config: Path, *, as_json: bool) -> int:
    """Prints what is owed, failed and unacknowledged; 1 where something has failed."""
    settings = load(config, os.environ)
    ledger = Ledger(settings.database_file)
    try:
        facts = _facts(ledger)
    finally:
        ledger.close()
    if as_json:
        say_json(facts)
    else:
        say(*[f"{name.replace('_', ' '):24} {value}" for name, value in facts["counts"].items()])
        say(*[f"waiting since {at}: {reference}" for reference, at in facts["unacknowledged"]])
        say(*[f"FAILED: {line}" for line in facts["failed"]])
        say(*[f"{one['state'].upper()}: {one['school']}: {one['place']}: {one['said']}" for one in facts["standings"]])
    is_bad = any(one["state"] == State.BAD for one in facts["standings"])
    return 1 if facts["counts"]["duties_failed"] or is_bad else 0


def _facts(ledger: Ledger) -> dict[str, Any]:
    now = datetime.now(UTC)
    return {
        "counts": ledger.counts() | {"oldest_overdue_seconds": round(ledger.oldest_owed(now))},
        "unacknowledged": [(held.reference, say_moment(held.received_at)) for held in ledger.unacknowledged()],
        "standings": [
            {"school": one.school, "place": one.place, "state": one.state, "said": one.said}
            for one in ledger.notebook.standings()
            if one.state in {State.BAD, State.UNVERIFIED}
        ],
        "failed": [f"{duty.reference} {duty.kind} by {duty.channel}: {duty.error}" for duty in ledger.failed()],
    }


def retry(config: Path, said: str) -> int:
    """Owes again what has failed or waits for that concern; a running service takes it up within a minute."""
    reference = _reference(said)
    settings = load(config, os.environ)
    ledger = Ledger(settings.database_file)
    try:
        ledger.latest(reference)
        number = ledger.retry(reference, datetime.now(UTC))
    finally:
        ledger.close()
    say(f"{number} duties of {reference} are owed again from now on.")
    return 0


def open_record(config: Path, said: str, identity: Path, out: Path | None) -> int:
    """Shows the record to a reader who holds their key, or writes its files to `out`. Noted in the audit."""
    reference = _reference(said)
    settings = load(config, os.environ)
    try:
        key = identity.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        complain("That key file cannot be read: give the path of your own age key file.")
        return 1
    parts = [(path, decrypt(path, key)) for path in _parts(settings, reference)]
    _note(settings, reference)
    for path, content in parts:
        if out is not None:
            out.mkdir(parents=True, exist_ok=True, mode=0o700)
            target = out / path.name.removesuffix(".age")
            target.write_bytes(content)
            target.chmod(0o600)
            say(str(target))
        elif path.name.endswith(".json.age"):
            document = json.loads(content)
            page = make_page(document, document["reference"], document["version"])
            sys.stdout.flush()
            say(as_text(page), "", "-" * 72, "")
    return 0


def _parts(settings: Settings, reference: Reference) -> list[Path]:
    found: list[Path] = []
    for school in settings.schools.values():
        for store in (school.store, school.staff_store):
            if not isinstance(store, FolderSettings):
                continue
            try:
                found += FolderStore(settings.path(store.path), ()).versions(reference)
            except UnknownReference:
                continue
    if not found:
        raise UnknownReference(
            "No record with this reference is filed in a folder here. One in SharePoint is opened there, by the link"
            " in its notice."
        )
    return found


def _note(settings: Settings, reference: Reference) -> None:
    try:
        ledger = Ledger(settings.database_file)
        try:
            ledger.note(AuditLine(datetime.now(UTC), "record opened", reference, {}))
        finally:
            ledger.close()
    except ConnectorError:
        complain("The opening could not be noted in the audit: the ledger cannot be written from here.")


def _reference(said: str) -> Reference:
    found = parse_reference(said)
    if found is None:
        raise UnknownReference(
            "This is not a reference. One looks like C-7QK4-M2XT, and its last character proves the others."
        )
    return found
