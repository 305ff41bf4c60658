"""Several children in one submission: who they are, and which part of a shared cell is whose."""

from __future__ import annotations

import re

from connector.checking.names import bare_name, describes_only
from connector.checking.words import answers_nothing, plain

_BETWEEN = re.compile(r"\s*(?:;|&|\+|\n|/|\band\b)\s*", re.IGNORECASE)
_BETWEEN_WITH_COMMA = re.compile(r"\s*(?:;|&|,|\+|\n|\band\b)\s*", re.IGNORECASE)
# A date or a class beside a name is none.
_NOT_A_NAME = re.compile(r"\b\d{1,4}[/.\-]\d{1,2}[/.\-]\d{1,4}\b|\b(?:year|yr|class|y|n|r)\s?\d+\w*", re.IGNORECASE)
_READ_AT_MOST = 2_000
_MOST_CHILDREN = 40
_LABEL = re.compile(r"^([^\W\d_]+)\b[\s:.\-]*(.*)$", re.DOTALL)


def names_of(text: str) -> tuple[str, ...]:
    """The children's names, one each, a shared surname given to all; empty where none is named.

    `Smith, Jo` stays one child: two single words around a comma are a surname and a first name.
    """
    lines = [bare_name(_NOT_A_NAME.sub(" ", line)).strip(" ,") for line in text[:_READ_AT_MOST].splitlines()]
    name = "\n".join(line for line in lines if line)
    if answers_nothing(name) or describes_only(name):
        return ()
    parts = [piece for part in _BETWEEN.split(name) if part for piece in _at_commas(part)][:_MOST_CHILDREN]
    surname = parts[-1].split(" ", 1)[1] if parts and " " in parts[-1] else ""
    return tuple(part if " " in part or not surname else f"{part} {surname}" for part in parts)


def _at_commas(part: str) -> list[str]:
    pieces = [piece.strip() for piece in part.split(",") if piece.strip()]
    return [part] if len(pieces) == 2 and all(" " not in piece for piece in pieces) else pieces or [part]


def cells_of(names: tuple[str, ...], text: str) -> tuple[str, ...]:
    """The part of a shared cell that is each child's: by initial or name, else in order, else nothing."""
    if len(names) < 2:
        return (text,) * len(names)
    collapsed = re.sub(r"[^\S\n]+", " ", text[:_READ_AT_MOST])
    parts = [part for part in _BETWEEN_WITH_COMMA.split(collapsed) if part]
    by_label = tuple(_labelled(name, parts) for name in names)
    if any(by_label):
        return by_label
    return tuple(parts) if len(parts) == len(names) else ("",) * len(names)


def _labelled(name: str, parts: list[str]) -> str:
    first = plain(name).split(" ")[0]
    for part in parts:
        found = _LABEL.match(part.strip())
        if found and plain(found[1]) in {first, first[:1]}:
            return found[2]
    return ""
