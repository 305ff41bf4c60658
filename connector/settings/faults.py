"""A fault of the configuration in plain words: which file, which line, what is wrong, how to mend it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

_TABLE = re.compile(r"^\s*\[\[?\s*([^\]]+?)\s*\]?\]\s*(#.*)?$")
_KEY = re.compile(r"^\s*([A-Za-z0-9_\-\"]+)\s*=")

_IN_WORDS = {
    "missing": "is missing: add it",
    "extra_forbidden": "is not known here: remove it, or mend its spelling",
    "string_type": "must be text in quotes",
    "int_type": "must be a whole number",
    "bool_type": "must be true or false",
    "string_pattern_mismatch": "is not of the right form (names: small letters, digits, - and _)",
    "union_tag_not_found": "needs `kind`",
    "union_tag_invalid": "has a `kind` that is not known here: see docs/settings.md",
    "too_short": "must not be empty",
    "date_from_datetime_parsing": "must be a date, like 2026-11-21",
}


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault. `text` names keys and files, never a value."""

    file: str
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.text}" if self.line else f"{self.file}: {self.text}"


def faults_of(error: ValidationError, path: Path) -> tuple[Fault, ...]:
    """Every fault that pydantic found in this file, without any value of it."""
    lines = path.read_text(encoding="utf-8").splitlines()
    found = error.errors(include_input=False, include_url=False, include_context=False)
    return tuple(_fault(item["loc"], item["type"], item["msg"], path, lines) for item in found)


def fault_at(path: Path, where: tuple[str | int, ...], text: str) -> Fault:
    """A fault of our own at that place of the file."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return Fault(path.name, _line_of(where, lines), f"{_name(where)} {text}".strip())


def _fault(where: tuple[str | int, ...], kind: str, message: str, path: Path, lines: list[str]) -> Fault:
    words = _IN_WORDS.get(kind, message.removeprefix("Value error, "))
    return Fault(path.name, _line_of(where, lines), f"{_name(where)} {words}".strip())


def _name(where: tuple[str | int, ...]) -> str:
    return ".".join(str(part + 1) if isinstance(part, int) else part for part in where)


def _line_of(where: tuple[str | int, ...], lines: list[str]) -> int:
    """The line of the deepest table or key on the way to `where`; 0 where none is found."""
    wanted = [part for part in where if isinstance(part, str)]
    place = next((part for part in where if isinstance(part, int)), 0)
    best, depth, table, seen = 0, -1, [""], 0
    for number, line in enumerate(lines, 1):
        if header := _TABLE.match(line):
            name = [part.strip('" ') for part in header[1].split(".")]
            seen = seen + 1 if name == table else 0
            table = name
            score = _shared(table, wanted) * 2 - (seen != place)
            if table == wanted[: len(table)] and score > depth:
                best, depth = number, score
        elif key := _KEY.match(line):
            here = [part for part in table if part] + [key[1].strip('"')]
            score = len(here) * 2 + 1 - (seen != place)
            if here == wanted[: len(here)] and score > depth:
                best, depth = number, score
    return best


def _shared(table: list[str], wanted: list[str]) -> int:
    return len(table) if table == wanted[: len(table)] else 0
