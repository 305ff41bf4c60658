"""Writes a form's questions into a school's TOML, and leaves everything else of the file as its people wrote it."""

from __future__ import annotations

from collections.abc import MutableMapping, Sequence
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import Table

from connector.errors import ConnectorError
from connector.model.profile import Question


class NoSuchForm(ConnectorError):
    """The school's file is not TOML or has no table `[forms.<form>]` of this name. Add the table with its title, source
    and profile as docs/settings.md shows, then map its questions."""


def with_questions(text: str, form: str, questions: Sequence[Question]) -> str:
    """The file's text with the `questions` of that form replaced or added, one a line. Raises NoSuchForm."""
    try:
        document = tomlkit.parse(text)
        forms: Any = document["forms"]
        table = forms[form]
    except (TOMLKitError, KeyError, TypeError):
        raise NoSuchForm from None
    if not isinstance(table, MutableMapping):
        raise NoSuchForm
    _put(table, _array(questions, "\r\n" if "\r\n" in text else "\n"))
    return tomlkit.dumps(document)


def _array(questions: Sequence[Question], newline: str) -> Any:
    """The questions as an array laid out as in the shipped schools."""
    lines = "".join(f"    {_line(question)},{newline}" for question in questions)
    return tomlkit.parse(f"questions = [{newline}{lines}]{newline}")["questions"]


def _line(question: Question) -> str:
    fields = ", ".join(_quoted(field) for field in question.fields)
    platform = f"id = {_quoted(question.id)}, " if question.id else ""
    return f"{{ title = {_quoted(question.title)}, {platform}fields = [{fields}] }}"


def _quoted(text: str) -> str:
    return tomlkit.string(text).as_string()


def _put(table: Any, questions: Any) -> None:
    """A new array goes below the table's last entry, above the comment that speaks of the next table."""
    if "questions" in table or not isinstance(table, Table):
        table["questions"] = questions
        return
    body = table.value.body
    last = max((at for at, (key, _) in enumerate(body) if key is not None), default=-1)
    after = body[last + 1 :]
    del body[last + 1 :]
    table.add("questions", questions)
    body.extend(after)
