"""Opens a Word document and clears from its parts what is not said in it: deletions, placeholders, second copies."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

from docx import Document
from docx.document import Document as Package
from docx.opc.part import Part, XmlPart
from docx.oxml.ns import nsmap
from docx.oxml.parser import parse_xml

# Elements of python-docx's library, which ships no types.
Element = Any

_SPACES = {
    **nsmap,
    "mc": "http://schemas.openxmlformats.org/markup-compatibility/2006",
    "v": "urn:schemas-microsoft-com:vml",
}


def tag(name: str) -> str:
    """A name such as `w:p` as elements carry it."""
    prefix, _, local = name.partition(":")
    return f"{{{_SPACES[prefix]}}}{local}"


def attribute(element: Element | None, name: str, missing: str = "") -> str:
    """An attribute's value; `missing` where there is no such element or attribute."""
    return missing if element is None else str(element.get(tag(name), missing))


def number(element: Element | None, name: str = "w:val") -> int | None:
    """An attribute that is a number, None where it is none."""
    said = attribute(element, name)
    return int(said) if said.isascii() and said.isdecimal() and len(said) < 9 else None


def is_on(element: Element | None) -> bool | None:
    """What a switch such as `w:b` says; None where it is not there."""
    return None if element is None else attribute(element, "w:val", "1") not in ("0", "false", "off", "none")


def open_word(content: bytes) -> Package:
    """The document. Raises whatever the library raises for a damaged one."""
    package = Document(io.BytesIO(content))
    _clear(package.element)
    return package


def body_of(package: Package) -> Element:
    return package.element.body


def margins_of(package: Package, kind: str) -> Iterator[Element]:
    """The headers (`header`) or footers (`footer`) that the sections show, each once."""
    settings = package.settings.element
    shown = {"default", "even"} if is_on(settings.find(tag("w:evenAndOddHeaders"))) else {"default"}
    seen = set()
    for section in body_of(package).iter(tag("w:sectPr")):
        first = {"first"} if is_on(section.find(tag("w:titlePg"))) else set()
        for reference in section.findall(tag(f"w:{kind}Reference")):
            name = attribute(reference, "r:id")
            if attribute(reference, "w:type", "default") in shown | first and name not in seen:
                seen.add(name)
                yield from _target(package, name)


def _target(package: Package, name: str) -> Iterator[Element]:
    relation = package.part.rels.get(name)
    if relation and not relation.is_external:
        yield _root(relation.target_part)


def notes_of(package: Package, kind: str) -> list[Element]:
    """The document's footnotes (`footnote`) or endnotes (`endnote`), without the lines that part them from the text."""
    notes = part_of(package, f"{kind}s")
    found = [] if notes is None else notes.findall(tag(f"w:{kind}"))
    return [note for note in found if attribute(note, "w:type", "normal") == "normal"]


def part_of(package: Package, kind: str) -> Element | None:
    """The root of the part with the styles, the numbering or the footnotes, None where there is none."""
    relations = (one for one in package.part.rels.values() if one.reltype.endswith(f"/{kind}") and not one.is_external)
    return next((_root(one.target_part) for one in relations), None)


def _root(part: Part) -> Element:
    root: Element = part.element if isinstance(part, XmlPart) else parse_xml(part.blob)
    _clear(root)
    return root


def _clear(root: Element) -> None:
    """Takes out of the tree what is not said: nothing here is ever saved."""
    unsaid = [row.getparent() for row in root.iter(tag("w:trPr")) if row.find(tag("w:del")) is not None]
    unsaid += root.iter(tag("w:del"), tag("w:moveFrom"))
    unsaid += [mark.getparent().getparent() for mark in root.iter(tag("w:vanish")) if is_on(mark) and _is_in_run(mark)]
    for both in root.iter(tag("mc:AlternateContent")):
        # Each is the same for another reader: the first is Word's own.
        unsaid += [*both.findall(tag("mc:Choice")), *both.findall(tag("mc:Fallback"))][1:]
    for shown in root.iter(tag("w:showingPlcHdr")):
        # `Click or tap to enter a date.` is nobody's answer: the control is empty.
        unsaid += shown.getparent().getparent().iter(tag("w:t")) if is_on(shown) else []
    for element in unsaid:
        if element.getparent() is not None:
            element.getparent().remove(element)


def _is_in_run(mark: Element) -> bool:
    return [mark.getparent().tag, mark.getparent().getparent().tag] == [tag("w:rPr"), tag("w:r")]
