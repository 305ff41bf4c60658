"""A Google form's questions as the form itself tells them, for `connector forms`, and `connector forms check`."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from connector.cli.finding import FAULT, OK, WARNING, Finding
from connector.cli.google_form_check import form_findings, reach
from connector.cli.google_mends import READERS
from connector.errors import ConnectorError
from connector.forms.google_source import GoogleFormReader, GoogleFormSource
from connector.furnishing import make_site
from connector.model.profile import form_gaps
from connector.model.standing import State
from connector.say import say, say_json
from connector.settings.load import Settings, load
from connector.site import Site


def questions_of(site: Site, name: str) -> list[tuple[str, str]]:
    """Id and title of each question, in the form's order. Raises DeliveryError."""
    reader = site.structures.get(name)
    return [(q.id, q.title) for q in reader.form().questions] if isinstance(reader, GoogleFormReader) else []


def reachable_questions(site: Site, name: str) -> list[tuple[str, str]]:
    """The same; where the form cannot be read, the error says how to mend that. Raises ConnectorError."""
    try:
        return questions_of(site, name)
    except ConnectorError as error:
        source = site.sources.get(name)
        mend = reach(error, source) if isinstance(source, GoogleFormSource) else ""
        raise ConnectorError(f"The form cannot be read. {error} Mend: {mend}") from None


def google_questions(site: Site, name: str) -> dict[str, Any]:
    """What `forms show` says of a Google form, asked of the form; nothing of any other, or where it cannot be asked."""
    try:
        asked = questions_of(site, name)
    except ConnectorError as error:
        return {"seen": f"the form cannot be asked now ({error}); this is the map"}
    if not asked:
        return {}
    mapped = {question.id: question for question in site.school.forms[name].questions}
    questions = [
        {"id": key, "title": title, "fields": list(mapped[key].fields) if key in mapped else []} for key, title in asked
    ]
    there = {key for key, _ in asked}
    questions += [
        {"id": key, "title": f"{question.title}  (NOT IN THE FORM ANY MORE)", "fields": list(question.fields)}
        for key, question in mapped.items()
        if key not in there
    ]
    return {"seen": f"{len(asked)} questions, as the form has them now", "questions": questions}


def check_forms(config: Path, school: str, form: str, *, as_json: bool) -> int:
    """Compares forms with the policy's record: what is not asked for, may be left empty, or can be read by others.

    1 where a form cannot be read, or its answers can be read by others; else 0.
    """
    settings = load(config, os.environ)
    found = [
        Finding(one.state, f"{slug}: {one.what}", one.mend)
        for slug, given in settings.schools.items()
        if school in {"", slug}
        for name in given.forms
        if form in {"", name}
        for one in _findings(settings, slug, name)
    ]
    if not found:
        raise ConnectorError("There is no such school or form: `connector forms show` names them.")
    if as_json:
        say_json([asdict(finding) for finding in found])
    else:
        for finding in found:
            say(f"{finding.state:8} {finding.what}" + (f"\n         mend: {finding.mend}" if finding.mend else ""))
    return 1 if any(finding.state == FAULT for finding in found) else 0


def _findings(settings: Settings, slug: str, name: str) -> Iterator[Finding]:
    site = make_site(settings, slug, settings.schools[slug])
    source, reader = site.sources.get(name), site.structures.get(name)
    if isinstance(source, GoogleFormSource) and isinstance(reader, GoogleFormReader):
        yield from form_findings(name, source, reader)
        yield from _readers(name, source)
        return
    gaps = form_gaps(site.forms[name].checker.profile, site.forms[name].checker.form)
    for gap in gaps:
        mend = f"add a question to the form and to its map (\u201c{gap.policy_words}\u201d)"
        yield Finding(WARNING, f"form {name}: nothing asks for {gap.label}, which the policy requires", mend)
    if not gaps:
        yield Finding(OK, f"form {name}: its map asks for everything that the policy requires")


def _readers(name: str, source: GoogleFormSource) -> Iterator[Finding]:
    """Who can read the answers where they lie."""
    try:
        verdict, rights = source.rights()
    except ConnectorError as error:
        yield Finding(WARNING, f"form {name}: who can read its answers could not be asked. {error}")
        return
    if verdict.state is State.GOOD:
        yield Finding(OK, f"form {name}: only those on the list can read its answers")
        return
    state = FAULT if verdict.state is State.BAD else WARNING
    named = "; ".join(dict.fromkeys(right.named for right in rights)) or verdict.said
    yield Finding(state, f"form {name}: its answers can be read by: {named}", READERS)
