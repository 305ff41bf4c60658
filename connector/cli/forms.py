"""`connector forms show|map|import`."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from connector.cli.drill import chosen
from connector.cli.google_forms import google_questions, reachable_questions
from connector.errors import ConnectorError
from connector.forms import microsoft
from connector.forms.reading import NotUnderstood
from connector.forms.workbook import Workbook, ids_of, read
from connector.furnishing import make_site
from connector.importing import HISTORY_AFTER, Importing
from connector.ledger.notebook import Notebook
from connector.mapping import Suggestion, pair, suggest
from connector.maptoml import with_questions
from connector.model.moments import say_moment
from connector.model.profile import PolicyProfile, Question
from connector.questions import Questions
from connector.say import complain, progress, say, say_json
from connector.settings.load import Settings, load
from connector.wiring import build


class CannotRead(ConnectorError):
    """That file cannot be read: give the path of the workbook (.xlsx) or response (.json) itself."""


def show(config: Path, school: str, form: str, *, as_json: bool) -> int:
    """Prints the questions of the forms as last seen, each with its id and what it is mapped to."""
    settings = load(config, os.environ)
    house = build(settings, works=False)
    try:
        wanted = [(slug, name) for slug, found in settings.schools.items() for name in found.forms]
        wanted = [pair for pair in wanted if school in {"", pair[0]} and form in {"", pair[1]}]
        facts = [
            _form(settings, house.intake.questions, house.ledger.notebook, *pair)
            | google_questions(house.sites[pair[0]], pair[1])
            for pair in wanted
        ]
    finally:
        house.close()
    if as_json:
        say_json(facts)
        return 0
    for fact in facts:
        say(f"{fact['school']}/{fact['form']}: {fact['seen']}; last response: {fact['last_response']}")
        for question in fact["questions"]:
            say(f"  {question['id']:34} {question['title'] or '(not in the map)'}  ->  {', '.join(question['fields'])}")
    return 0


def _form(settings: Settings, questions: Questions, notebook: Notebook, school: str, form: str) -> dict[str, Any]:
    mapped = {question.id or question.title: question for question in settings.schools[school].forms[form].questions}
    seen = questions.last(school, form)
    last = notebook.last_received(school, form)
    keys = seen.keys if seen else tuple(mapped)
    listed = [*keys, *(key for key in mapped if key not in keys)]
    return {
        "school": school,
        "form": form,
        "seen": f"seen so far, the newest {say_moment(seen.at)}" if seen else "no response seen yet; this is the map",
        "last_response": say_moment(last) if last else "none",
        "questions": [_question(key, mapped.get(key), is_seen=not seen or key in keys) for key in listed],
    }


def _question(key: str, question: Question | None, *, is_seen: bool) -> dict[str, Any]:
    gone = "" if is_seen else "  (NEVER SEEN IN A RESPONSE)"
    fields = question.fields if question else ()
    return {"id": key, "title": f"{question.title}{gone}" if question else "", "fields": list(fields)}


def bring(config: Path, school: str, form: str, file: Path, history_before: datetime | None) -> int:
    """Takes in a downloaded workbook's responses; those that are here already stay as they are."""
    settings = load(config, os.environ)
    slug, name = chosen(settings, school, form)
    workbook = read(_bytes(file), ids_of(settings.schools[slug].forms[name].questions))
    now = datetime.now(UTC)
    house = build(settings, works=False)
    try:
        # What waits in the intake library is told as new; the workbook would bring it as history.
        house.polling.poll(slug, now, asked=True)
        importing = Importing(house.intake, slug, name, history_before or now - HISTORY_AFTER)
        found = importing.bring_in(workbook, now, lambda done: progress(done, len(workbook.rows), "responses"))
    finally:
        house.close()
    say(
        f"{found.new} new response(s) taken in, {found.known} known before.",
        *([f"{found.history} of the new ones as history: filed, and told all at once."] if found.history else []),
        "A running service files and tells within a minute.",
    )
    return 0


def map_form(config: Path, school: str, form: str, workbook: Path | None, response: Path | None, *, yes: bool) -> int:
    """Suggests a map from the form's questions to the policy's fields, asks about the doubtful, writes the TOML.

    The questions are those of the workbook, or of the Google form itself.
    """
    settings = load(config, os.environ)
    slug, name = chosen(settings, school, form)
    given = settings.schools[slug].forms[name]
    profile = settings.profiles[given.profile]
    asks = not yes and sys.stdin.isatty()
    titles = _titles(settings, slug, name, workbook, response)
    if not titles:
        raise CannotRead("The form shows no questions, so the map stays as it was: look at the form.")
    questions = [
        Question(title=one.title, id=key, fields=_fields(one, profile, asks=asks))
        for (key, _), one in zip(titles, suggest([title for _, title in titles], profile), strict=True)
    ]
    _report(questions, profile)
    path = settings.folder / "schools" / f"{slug}.toml"
    text = with_questions(path.read_text(encoding="utf-8"), name, questions)
    if asks and input(f"Write this to {path.name}? [y/N] ").strip().lower() not in {"y", "yes"}:
        say("Nothing was written.")
        return 0
    path.write_text(text, encoding="utf-8")
    say(f"Wrote {len(questions)} questions to {path.name}. Now run `connector check`.")
    return 0


def _titles(
    settings: Settings, slug: str, name: str, file: Path | None, response: Path | None
) -> list[tuple[str, str]]:
    """Each question's id (or nothing, where it is not known) and title."""
    given = settings.schools[slug].forms[name]
    if given.google is not None:
        return reachable_questions(make_site(settings, slug, settings.schools[slug]), name)
    if file is None:
        raise ConnectorError("Name the FILE: the responses workbook, downloaded from the form.")
    found = read(_bytes(file), ids_of(given.questions))
    ids = {question.title: question.id for question in given.questions if question.id}
    ids |= {title: key for key, title in _pairs(found, response).items()}
    return [(ids.get(title, ""), title) for title in found.titles]


def _pairs(found: Workbook, response: Path | None) -> dict[str, str]:
    """Question id to title, from one response that stands in both files."""
    if response is None:
        return {}
    try:
        body = json.loads(_bytes(response))
        submission = microsoft.parse(body)
    except (ValueError, NotUnderstood, AttributeError):
        raise CannotRead("That response file is not one that the flow wrote: take a .json from its folder.") from None
    row = next((row for row in found.rows if row.response_id == submission.response_id), None)
    if row is None:
        raise CannotRead("The workbook does not hold the response of that file: download it again.")
    return pair({answer.key: answer.text for answer in submission.answers}, found.by_title(row))


def _fields(one: Suggestion, profile: PolicyProfile, *, asks: bool) -> tuple[str, ...]:
    """What the question answers: as suggested where that is sure, else as the person at the keyboard says."""
    if one.sure or not asks:
        return one.fields if one.sure else ()
    choices = list(dict.fromkeys([*one.fields, *one.rivals])) or [rule.id for rule in profile.fields]
    say("", f"“{one.title}” - which of these does it answer?")
    for number, field in enumerate(choices, 1):
        rule = profile.rule(field)
        say(f"  {number}  {field}: {rule.label if rule else field}")
    while True:
        said = input("numbers or field names with commas, or Enter for none of them: ").replace(",", " ").split()
        picked = [choices[int(word) - 1] if word.isdigit() and 0 < int(word) <= len(choices) else word for word in said]
        if all(profile.rule(field) for field in picked):
            return tuple(picked)
        say("Not one of them. The fields are: " + ", ".join(rule.id for rule in profile.fields))


def _report(questions: Iterable[Question], profile: PolicyProfile) -> None:
    for question in questions:
        lack = (
            "" if question.id else "   (NO ID: answer it differently in a test response, and give that with --response)"
        )
        say(f"  {question.title}  ->  {', '.join(question.fields) or 'no field: filed as it is'}{lack}")
    asked = {field for question in questions for field in question.fields}
    for rule in profile.fields:
        if rule.id not in asked and rule.need == "required":
            complain(f"  nothing asks for: {rule.label} (the policy requires it)")


def _bytes(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError:
        raise CannotRead from None
