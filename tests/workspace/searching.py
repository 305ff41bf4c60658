"""The search language of files.list, as much of it as a filer needs; anything else is refused."""

from __future__ import annotations

import re
from collections.abc import Callable

from tests.workspace.drives import File
from tests.workspace.stamps import nanoseconds, read_zulu

_TOKEN = re.compile(r"\s*(?:'((?:[^'\\]|\\.)*)'|([A-Za-z]+)|(!=|<=|>=|[=<>(){}]))")
Fits = Callable[[File], bool]
_VISIBLE = {"anyoneCanFind", "anyoneWithLink", "domainCanFind", "domainWithLink", "limited"}


class BadQuery(ValueError):
    """The query is not to be understood."""


class Search:
    """One query: `fits` says of a file whether it is meant; `folders` are those named in it."""

    def __init__(self, text: str, project: str) -> None:
        self.project, self.folders = project, set[str]()
        self._tokens = _tokens(text)
        self._at = 0
        self.fits: Fits = self._either() if self._tokens else lambda file: True
        if self._at != len(self._tokens):
            raise BadQuery(text)

    def _peek(self) -> str:
        return self._tokens[self._at][1] if self._at < len(self._tokens) else ""

    def _take(self, *wanted: str) -> str:
        if self._at >= len(self._tokens):
            raise BadQuery("the query ends early")
        kind, value = self._tokens[self._at]
        self._at += 1
        if wanted and (kind == "text" or value not in wanted):
            raise BadQuery(value)
        return value

    def _text(self) -> str:
        if self._at >= len(self._tokens) or self._tokens[self._at][0] != "text":
            raise BadQuery("a quoted value is missing")
        self._at += 1
        return self._tokens[self._at - 1][1]

    def _either(self) -> Fits:
        found = self._both()
        while self._peek() == "or":
            self._take()
            left, right = found, self._both()
            found = _joined(any, left, right)
        return found

    def _both(self) -> Fits:
        found = self._one()
        while self._peek() == "and":
            self._take()
            left, right = found, self._one()
            found = _joined(all, left, right)
        return found

    def _one(self) -> Fits:
        if self._at < len(self._tokens) and self._tokens[self._at][0] == "text":
            return self._parent()
        word = self._take()
        if word == "not":
            inner = self._one()
            return lambda file: not inner(file)
        if word == "(":
            found = self._either()
            self._take(")")
            return found
        return self._term(word)

    def _parent(self) -> Fits:
        folder = self._text()
        self._take("in")
        self._take("parents")
        self.folders.add(folder)
        return lambda file: file.parent is not None and file.parent.id == folder

    def _term(self, word: str) -> Fits:
        if word in {"name", "mimeType"}:
            return self._string("mime" if word == "mimeType" else "name")
        if word == "trashed":
            sign, value = self._take("=", "!="), self._take("true", "false") == "true"
            return lambda file: (file.is_trashed == value) == (sign == "=")
        if word in {"appProperties", "properties"}:
            return self._property(word)
        if word in {"createdTime", "modifiedTime"}:
            return self._time(word.removesuffix("Time"))
        if word == "visibility":
            return self._visibility()
        raise BadQuery(word)

    def _visibility(self) -> Fits:
        sign, value = self._take("=", "!="), self._text()
        if value not in _VISIBLE:
            raise BadQuery(value)
        return lambda file: (visibility(file) == value) == (sign == "=")

    def _string(self, attribute: str) -> Fits:
        sign, value = self._take("=", "!=", "contains"), self._text()
        if sign == "contains":  # by prefix only, as Google says of names
            return lambda file: str(getattr(file, attribute)).lower().startswith(value.lower())
        return lambda file: (getattr(file, attribute) == value) == (sign == "=")

    def _property(self, word: str) -> Fits:
        for each in ("has", "{", "key", "="):
            self._take(each)
        key = self._text()
        for each in ("and", "value", "="):
            self._take(each)
        value = self._text()
        self._take("}")
        if word == "properties":
            return lambda file: file.properties.get(key) == value
        return lambda file: file.app_properties.get(self.project, {}).get(key) == value

    def _time(self, attribute: str) -> Fits:
        sign, text = self._take("=", "!=", "<", "<=", ">", ">="), self._text()
        moment = read_zulu(text if text.endswith("Z") else text + "Z")
        if moment is None:
            raise BadQuery(text)
        tests: dict[str, Callable[[int], bool]] = {
            "=": lambda at: at == moment, "!=": lambda at: at != moment, "<": lambda at: at < moment,
            "<=": lambda at: at <= moment, ">": lambda at: at > moment, ">=": lambda at: at >= moment,
        }  # fmt: skip
        return lambda file: tests[sign](nanoseconds(getattr(file, attribute)))


def _joined(how: Callable[..., bool], left: Fits, right: Fits) -> Fits:
    return lambda file: how([left(file), right(file)])


def _tokens(text: str) -> list[tuple[str, str]]:
    found, at = [], 0
    while text[at:].strip():
        hit = _TOKEN.match(text, at)
        if hit is None:
            raise BadQuery(text)
        at = hit.end()
        quoted = hit[1] is not None
        found.append(("text" if quoted else "word", re.sub(r"\\(.)", r"\1", hit[1]) if quoted else hit[2] or hit[3]))
    return found


def visibility(file: File) -> str:
    """Who finds the file beside those it is shared with by name."""
    for each, _ in file.grants():
        if each.type in {"anyone", "domain"} and not each.view:
            return each.type + ("CanFind" if each.discovery else "WithLink")
    return "limited"
