"""The words of one Word paragraph as they stand: fields give what they show, tabs and line breaks stay."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from connector.policies.word_package import Element, attribute, tag
from connector.policies.word_styles import Styles, left_of

# What only wraps paragraphs, rows, cells or runs: a content control, an insertion, a link, a field.
_WRAPS = (
    "w:sdt w:sdtContent w:ins w:moveTo w:customXml w:smartTag w:fldSimple mc:AlternateContent mc:Choice mc:Fallback"
)
_WRAPPING = frozenset(map(tag, _WRAPS.split()))
# What is said about the paragraph and not in it.
_ABOUT = frozenset(map(tag, ("w:pPr", "w:rPr", "w:sdtPr", "w:rt")))
_SIGNS = {tag("w:tab"): "\t", tag("w:ptab"): "\t", tag("w:br"): "\n", tag("w:cr"): "\n", tag("w:noBreakHyphen"): "-"}
# A typed space in twentieths of a point, and a tab in spaces.
_SPACE, _TAB = 60, 4


@dataclass(slots=True)
class Words:
    """`bold` says it of each run that has letters. `boxes` are the text boxes that hang on the paragraph."""

    parts: list[str] = field(default_factory=list)
    bold: list[bool] = field(default_factory=list)
    boxes: list[Element] = field(default_factory=list)

    @property
    def are_bold(self) -> bool:
        """True where every letter is."""
        return bool(self.bold) and all(self.bold)

    @property
    def lines(self) -> list[str]:
        """The paragraph's lines as its author broke them; one that begins in small letters only goes on."""
        lines: list[str] = []
        for line in "".join(self.parts).split("\n"):
            if lines and line.lstrip()[:1].islower():
                lines[-1] += f" {line}"
            elif line.strip():
                lines.append(line)
        return lines


def words_in(paragraph: Element, styles: Styles) -> Words:
    """The words of the paragraph, without those of the text boxes in it."""
    words = Words()
    _take(paragraph, paragraph, styles, words)
    return words


def _take(element: Element, paragraph: Element, styles: Styles, words: Words) -> None:
    for child in element:
        if child.tag == tag("w:txbxContent"):
            words.boxes.append(child)
        elif child.tag == tag("w:t"):
            words.parts.append(child.text or "")
            words.bold += [styles.is_bold(element, paragraph)] if (child.text or "").strip() else []
        elif child.tag in _SIGNS:
            words.parts.append(_SIGNS[child.tag])
        elif child.tag == tag("w:sym"):
            words.parts.append(_sign(child))
        elif child.tag not in _ABOUT:
            _take(child, paragraph, styles, words)


def _sign(element: Element) -> str:
    """A sign of a font such as Wingdings, as the private letter that it stands under there."""
    code = attribute(element, "w:char")
    return chr(int(code, 16)) if len(code) == 4 and code.isalnum() and code.isascii() else ""


def inside(element: Element) -> Iterator[Element]:
    """The elements in it, those that only wrap others being open."""
    for child in element:
        if child.tag in _WRAPPING:
            yield from inside(child)
        else:
            yield child


def indent_of(paragraph: Element, line: str) -> float:
    """How far a line with a typed bullet is indented, in twentieths of a point."""
    properties = paragraph.find(tag("w:pPr"))
    left = None if properties is None else left_of(properties)
    spaces = line[: len(line) - len(line.lstrip())].expandtabs(_TAB)
    return (left or 0) + len(spaces) * _SPACE
