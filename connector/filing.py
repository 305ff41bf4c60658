"""Filing: the sealed content becomes a record, and the record goes into the store."""

from __future__ import annotations

import json
import logging
from typing import Any

from connector.errors import ConfigError, DeliveryError, SealError
from connector.intake import place_of
from connector.ledger.reading import Held
from connector.model.duty import Duty
from connector.model.notice import Filed, Record, RecordFacts
from connector.record.document import from_bytes
from connector.record.page import make_page
from connector.record.typeset import Typesetter, TypesettingError
from connector.routing import Aside
from connector.sealing import Sealer
from connector.site import Site

log = logging.getLogger(__name__)


def opened(held: Held, sealer: Sealer) -> dict[str, Any]:
    """The document of a concern whose content is still held. Raises SealError where it is purged or does not open."""
    if held.sealed is None:
        raise SealError("The content of this concern was purged after it was filed; the record holds it.")
    return from_bytes(sealer.open(held.sealed, place_of(held.reference, held.version)))


def filing_of(site: Site, held: Held, duty: Duty, sealer: Sealer, typeset: Typesetter) -> Filed:
    """File the record of this duty. Raises DeliveryError, SealError or ConfigError."""
    store = site.stores.get(duty.channel)
    if store is None:
        raise ConfigError(("a store that still has duties is not configured any more: put it back",))
    document = opened(held, sealer)
    parts = (_page(document, held, typeset), ("json", _original(document, held)))
    return store.file(
        Record(
            reference=held.reference,
            version=held.version,
            received_at=held.received_at,
            parts=parts,
            not_for=not_for(held, sealer),
            facts=_facts(site, held, document),
        )
    )


def _page(document: dict[str, Any], held: Held, typeset: Typesetter) -> tuple[str, bytes]:
    """The page as PDF; where it cannot be typeset, as plain text: an ugly record is better than none."""
    page = make_page(document, held.reference, held.version)
    try:
        return "pdf", typeset(page)
    except TypesettingError:
        log.error("page could not be typeset; filed as text", extra={"reference": held.reference})
        return "txt", as_text(page).encode("utf-8", "backslashreplace")


def as_text(page: dict[str, Any]) -> str:
    """The page as plain text, every word as typed."""
    lines = [page["title"], *page["banner"], ""]
    lines += [f"{name}: {value}" for name, value in (*page["facts"], *page["history"])]
    lines += ["", f"Status: {page['status']}", ""]
    for words in page["exact_words"]:
        lines += ["EXACT WORDS OF THE CHILD", words["text"], ""]
    for field in page["fields"]:
        lines += [f"{field['label'].upper()}  [policy: {field['policy']}]", field["text"] or "(nothing written)"]
        lines += [f"  ({field['understood']})"] if field["understood"] else []
        lines += [f"  ! {problem}" for problem in field["problems"]]
        lines.append("")
    for other in page["other_answers"]:
        lines += [other["label"], other["text"], ""]
    return "\n".join([*lines, page["footer"]])


def _original(document: dict[str, Any], held: Held) -> bytes:
    """The document as JSON in ASCII, a key a line, so that a person can read it in an emergency."""
    whole = {"reference": held.reference, "version": held.version} | document
    lines = (f"{json.dumps(name)}: {json.dumps(value, ensure_ascii=True)}" for name, value in whole.items())
    return ("{\n" + ",\n".join(lines) + "\n}\n").encode("ascii")


def _facts(site: Site, held: Held, document: dict[str, Any]) -> RecordFacts:
    form = site.forms.get(held.form)
    page = make_page(document, held.reference, held.version)
    return RecordFacts(
        form=form.title if form else held.form,
        status="drill" if held.drill else page["status"],
        urgent=held.urgent,
        to_ask=len(held.missing) + len(held.unclear),
    )


def not_for(held: Held, sealer: Sealer) -> frozenset[str]:
    """The people who may not read this record. Raises DeliveryError, permanent, where that is not known any more."""
    if held.aside is None:
        raise DeliveryError("It is not known any more who may not read this record.", permanent=True)
    return Aside.from_bytes(sealer.open(held.aside, place_of(held.reference, held.version))).not_for
