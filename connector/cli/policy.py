"""`connector policy read FILE`: everything a policy says that the service can use, with its words and places."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from pydantic import TypeAdapter

from connector.cli.command import DEFAULT_FOLDER
from connector.errors import ConnectorError
from connector.model.moments import local, say_date
from connector.model.policy import Confidence, DateFinding, Finding, PolicyReading, Presence
from connector.model.policy_dates import NotADate, PolicyDate
from connector.policies import read_policy
from connector.say import complain, say, say_json
from connector.settings.load import load_editions
from connector.understanding.draft import profile_toml
from connector.understanding.editions import superseded
from connector.understanding.policy import understand
from connector.understanding.record_list import NOT_UNDERSTOOD

_READING = TypeAdapter(PolicyReading)
_INSTEAD = "Use a profile like default-record.toml, and add what the policy says besides."
_NOT_COMPARED = "no guidance.toml was found in {}, or it lists no text, so editions were not compared"


def read(config: Path, file: Path, *, as_json: bool, write: bool) -> int:
    """Prints what was found in that policy; with `write` the record it asks for goes into a new profile as a draft.

    It needs no configuration; a folder that was named must be there.
    """
    if config != DEFAULT_FOLDER and not config.is_dir():
        raise ConnectorError(f"There is no configuration folder {config}: mend --config or CONNECTOR_CONFIG.")
    editions = load_editions(config)
    try:
        content = file.read_bytes()
    except OSError:
        raise ConnectorError("That file cannot be read: give the path of a .docx, .pdf or .txt file.") from None
    reading = understand(read_policy(content, file.name), editions)
    found = superseded(reading.guidance, editions) if editions.texts else None
    if as_json:
        say_json(_READING.dump_python(reading, mode="json") | {"editions": found})
    else:
        say(*_lines(reading, found if found is not None else (_NOT_COMPARED.format(config),)))
    if write:
        name = _write(config, reading)
        complain("", f"A draft was written to policies/{name}. Read it against the policy before a form uses it.")
    return 0


def _write(config: Path, reading: PolicyReading) -> str:
    """The draft, under policies/ of the configuration; its name. Never over a profile that is there."""
    if reading.record is None:
        raise ConnectorError(f"{_list_there(reading).capitalize()}, so there is nothing to draft. {_INSTEAD}")
    target = config / "policies" / f"{reading.record.profile.name}.toml"
    try:
        with target.open("x", encoding="utf-8") as out:
            out.write(profile_toml(reading, local(datetime.now(UTC)).date()))
    except FileExistsError:
        raise ConnectorError(
            f"{target.name} is there already; a draft never overwrites one. Move it away first."
        ) from None
    except OSError:
        raise ConnectorError(f"{target.name} cannot be written: give the configuration folder with --config.") from None
    return target.name


def _lines(reading: PolicyReading, editions: Sequence[str]) -> Iterator[str]:
    for name, finding in (
        ("title", reading.title), ("number", reading.number), ("setting", reading.setting),
        ("version", reading.version), ("owner", reading.owner),
    ):  # fmt: skip
        yield _line(name, finding)
    for name, found in (
        ("written", reading.written), ("accepted", reading.accepted), ("next review", reading.next_review),
        ("cycle", reading.cycle),
    ):  # fmt: skip
        yield from _date_lines(name, found)
    for name, finding in (
        ("signed by head", reading.signed_head), ("signed by chair", reading.signed_chair),
        ("minute number", reading.minute_number),
    ):  # fmt: skip
        yield _line(name, finding)
    yield from _lists(reading)
    yield from (f"guidance: {said}" for said in editions)
    yield from _record(reading)


def _line(name: str, finding: Finding) -> str:
    if finding.presence is not Presence.FOUND:
        return f"{name:16} {finding.presence}{f' ({finding.place})' if finding.place else ''}{_doubt(finding)}"
    return _found(name, finding.value, finding)


def _found(name: str, said: str, finding: Finding) -> str:
    return f"{name:16} {said}  ({finding.place}){_doubt(finding)}"


def _doubt(finding: Finding) -> str:
    """How sure it is, where it is not, and what a person should know of it."""
    sure = f"  [{finding.confidence}]" if finding.confidence is not Confidence.SURE else ""
    return f"{sure}  {finding.note}" if finding.note else sure


def _date_lines(name: str, found: DateFinding) -> Iterator[str]:
    yield _line(name, found.finding)
    match found.phrase:
        case PolicyDate() as phrase:
            span = say_date(phrase.last) if phrase.first == phrase.last else f"until {say_date(phrase.last)}"
            yield f"{'':16}   a {phrase.precision}: {span}{f'; {phrase.doubt}' if phrase.doubt else ''}"
        case NotADate() as phrase if phrase.because:
            yield f"{'':16}   {phrase.because}"


def _lists(reading: PolicyReading) -> Iterator[str]:
    for name, findings in (
        ("linked policy", reading.linked), ("stage", reading.stages), ("escalation", reading.escalation),
        ("contact", reading.contacts), ("indicator", reading.indicators), ("records", reading.records_said),
        ("NOT UNDERSTOOD", reading.not_understood),
    ):  # fmt: skip
        yield from (_line(name, finding) for finding in findings)
    for role in reading.roles:
        yield _found("role", f"{role.role}{f': {role.person}' if role.person else ''}", role.finding)
    for text in reading.guidance:
        yield f"{'cites':16} {text.title}{f' ({text.edition})' if text.edition else ''}  ({text.finding.place})"


def _list_there(reading: PolicyReading) -> str:
    """Whether a policy of which no list is known was seen to have one."""
    is_seen = any(one.note == NOT_UNDERSTOOD for one in reading.not_understood)
    return "this policy has a list that was not understood" if is_seen else "this policy has no list"


def _record(reading: PolicyReading) -> Iterator[str]:
    if reading.record is None:
        yield f"A record must hold: {_list_there(reading)}."
        return
    rules = reading.record.profile.fields
    yield f"A record must hold ({len(reading.record.items)} items, {len(rules)} fields; a draft for you to confirm):"
    if reading.record.lead.note:
        yield _found("  list", reading.record.lead.value, reading.record.lead)
    for rule in rules:
        words = re.sub(r"\s+", " ", rule.policy_words)
        yield f"  {rule.id:24} {rule.need:12} \u201c{words}\u201d"
    for one in reading.record.not_understood:
        yield f"  not understood: \u201c{one.words}\u201d ({one.place}){f'  {one.note}' if one.note else ''}"
