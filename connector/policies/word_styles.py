"""What a paragraph's style and numbering make of it: a heading, an item of a list and its number, bold letters."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from connector.policies.word_package import Element, attribute, is_on, number, tag

_HEADING = re.compile(r"heading\s?([1-9])", re.IGNORECASE)
_TITLES = {"title": 1, "subtitle": 2}
_DEEPEST = 9
_NUMBER_OF = re.compile(r"%([1-9])")
# No pattern of a number is longer, and beyond this letters and Roman numerals are digits.
_LONGEST_PATTERN, _MOST = 40, 300
_ROMAN = ((100, "c"), (90, "xc"), (50, "l"), (40, "xl"), (10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i"))


@dataclass(frozen=True, slots=True)
class Listed:
    """Where a paragraph stands in a list: its level and indent, and its number as it is printed, "" for a bullet."""

    level: int
    indent: int
    number: str


class Styles:
    """The styles of a document, looked up with what they are based on."""

    def __init__(self, root: Element | None, numbering: Element | None) -> None:
        styles = [] if root is None else root.findall(tag("w:style"))
        self._by_id = {attribute(style, "w:styleId"): style for style in styles}
        self._numbering = _Numbering(numbering)

    def heading(self, paragraph: Element) -> int:
        """The rank of a heading, 0 for what is none. Names of built-in styles are English in every language."""
        for properties in self._properties(paragraph):
            outline = number(properties.find(tag("w:outlineLvl")))
            if outline is not None:
                return outline + 1 if outline < _DEEPEST else 0
        for style in self._chain(_style_of(paragraph)):
            name = attribute(style.find(tag("w:name")), "w:val").casefold()
            if rank := _rank(name) or _rank(attribute(style, "w:styleId").casefold()):
                return rank
        return 0

    def listed(self, paragraph: Element) -> Listed | None:
        """Where the paragraph stands in a list, None where in none. To be asked once for each, in order: it counts."""
        found, level, indent = None, None, None
        for properties in self._properties(paragraph):
            indent = left_of(properties) if indent is None and found is None else indent
            given = properties.find(tag("w:numPr"))
            if given is not None:
                found = number(given.find(tag("w:numId"))) if found is None else found
                level = number(given.find(tag("w:ilvl"))) if level is None else level
        if not found:
            return None
        level = min(level or 0, _DEEPEST - 1)
        own = self._numbering.indent(found, level)
        return Listed(level, own if indent is None else indent, self._numbering.next(found, level))

    def is_bold(self, run: Element, paragraph: Element) -> bool:
        """True where the run's letters are bold, by itself or by a style."""
        own = run.find(tag("w:rPr"))
        named = "" if own is None else attribute(own.find(tag("w:rStyle")), "w:val")
        given = [own] if own is not None else []
        given += [style.find(tag("w:rPr")) for style in (*self._chain(named), *self._chain(_style_of(paragraph)))]
        said = (is_on(properties.find(tag("w:b"))) for properties in given if properties is not None)
        return next((bold for bold in said if bold is not None), False)

    def _properties(self, paragraph: Element) -> Iterator[Element]:
        """The paragraph's own properties, then those of its style and of what that is based on."""
        for holder in (paragraph, *self._chain(_style_of(paragraph))):
            properties = holder.find(tag("w:pPr"))
            if properties is not None:
                yield properties

    def _chain(self, name: str) -> Iterator[Element]:
        seen: set[str] = set()
        while name in self._by_id and name not in seen:
            seen.add(name)
            yield self._by_id[name]
            name = attribute(self._by_id[name].find(tag("w:basedOn")), "w:val")


def left_of(properties: Element) -> int | None:
    """How far a paragraph is indented, in twentieths of a point, None where its properties do not say."""
    indent = properties.find(tag("w:ind"))
    left = number(indent, "w:left")
    return number(indent, "w:start") if left is None else left


def _style_of(paragraph: Element) -> str:
    properties = paragraph.find(tag("w:pPr"))
    return "" if properties is None else attribute(properties.find(tag("w:pStyle")), "w:val")


def _rank(name: str) -> int:
    found = _HEADING.fullmatch(name)
    return int(found[1]) if found else _TITLES.get(name, 0)


class _Numbering:
    """Counts the numbered paragraphs as Word does: the numbers themselves stand nowhere in the file."""

    def __init__(self, root: Element | None) -> None:
        self._patterns: dict[int, dict[int, Element]] = {}
        self._lists: dict[int, int] = {}
        self._restarts: dict[int, dict[int, int]] = defaultdict(dict)
        self._counts: dict[int, dict[int, int]] = defaultdict(dict)
        if root is not None:
            self._read(root)

    def _read(self, root: Element) -> None:
        for pattern in root.findall(tag("w:abstractNum")):
            levels = {number(level, "w:ilvl") or 0: level for level in pattern.findall(tag("w:lvl"))}
            self._patterns[number(pattern, "w:abstractNumId") or 0] = levels
        for one in root.findall(tag("w:num")):
            name = number(one, "w:numId") or 0
            self._lists[name] = number(one.find(tag("w:abstractNumId"))) or 0
            for override in one.findall(tag("w:lvlOverride")):
                start = number(override.find(tag("w:startOverride")))
                if start is not None:
                    self._restarts[name][number(override, "w:ilvl") or 0] = start

    def indent(self, name: int, level: int) -> int:
        """How far the items of this level are indented."""
        found = self._patterns.get(self._lists.get(name, -1), {}).get(level)
        properties = None if found is None else found.find(tag("w:pPr"))
        return (properties is not None and left_of(properties)) or 0

    def next(self, name: int, level: int) -> str:
        """The number of the next paragraph at this level of this list, "" for a bullet."""
        pattern = self._lists.get(name, -1)
        levels, counts = self._patterns.get(pattern, {}), self._counts[pattern]
        if level not in levels:
            return ""
        restart = self._restarts[name].pop(level, None)
        counts[level] = counts[level] + 1 if restart is None and level in counts else _start(levels[level], restart)
        for deeper in [other for other in counts if other > level]:
            del counts[deeper]
        text = attribute(levels[level].find(tag("w:lvlText")), "w:val")[:_LONGEST_PATTERN]
        if _format(levels[level]) in ("bullet", "none"):
            return ""
        return _NUMBER_OF.sub(lambda found: _shown(levels, counts, int(found[1]) - 1), text)


def _start(level: Element, restart: int | None) -> int:
    start = number(level.find(tag("w:start"))) if restart is None else restart
    return 1 if start is None else start


def _format(level: Element) -> str:
    return attribute(level.find(tag("w:numFmt")), "w:val", "decimal")


def _shown(levels: dict[int, Element], counts: dict[int, int], level: int) -> str:
    if level not in levels:
        return ""
    count, form = counts.get(level, _start(levels[level], None)), _format(levels[level])
    if not 0 < count <= _MOST:
        return str(count)
    shown = {"Letter": _letters, "Roman": _roman}.get(form[5:], str)(count)
    return shown.upper() if form.startswith("upper") else shown


def _letters(count: int) -> str:
    """a to z, then aa to zz, as Word counts."""
    return chr(ord("a") + (count - 1) % 26) * ((count - 1) // 26 + 1)


def _roman(count: int) -> str:
    shown = ""
    for value, sign in _ROMAN:
        shown += sign * (count // value)
        count %= value
    return shown
