"""The letters of a PDF's pages with where each stands, and the lines drawn between them."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from pdfminer.converter import PDFPageAggregator
from pdfminer.layout import LTChar, LTContainer, LTCurve, LTImage, LTItem, LTPage, LTRect
from pdfminer.pdfdocument import PDFDocument, PDFEncryptionError
from pdfminer.pdffont import PDFFont
from pdfminer.pdfinterp import PDFPageInterpreter, PDFResourceManager
from pdfminer.pdfpage import PDFPage
from pdfminer.pdfparser import PDFParser
from pdfminer.pdftypes import dict_value, list_value, resolve1
from pdfminer.psparser import PSLiteral

from connector.policies.refusals import Protected, TooLong

_MOST_PAGES = 300
# A drawn line is no thicker, and no shorter.
_THICKEST, _SHORTEST = 2, 4
# No letter that a person reads is smaller, and no line climbs more than this share of the way it goes to the right.
_SMALLEST, _SLANT = 1, 0.2
_SYMBOLS = ("symbol", "dingbat")
_UNKNOWN = "\ufffd"
_LIGATURES = {0xFB00: "ff", 0xFB01: "fi", 0xFB02: "fl", 0xFB03: "ffi", 0xFB04: "ffl", 0xFB05: "st", 0xFB06: "st"}


@dataclass(frozen=True, slots=True)
class Glyph:
    """One letter. `base` is the height of its line, `symbol` says that its font holds signs instead of letters."""

    text: str
    x0: float
    x1: float
    base: float
    size: float
    bold: bool
    symbol: bool


@dataclass(frozen=True, slots=True)
class Rule:
    """A drawn line, upright or level, from the lower left to the upper right."""

    x0: float
    y0: float
    x1: float
    y1: float

    @property
    def is_upright(self) -> bool:
        return self.x1 - self.x0 < self.y1 - self.y0


@dataclass(slots=True)
class Sheet:
    """One page. `pictures` are known by what they are made of, so that a letterhead on each page is one."""

    number: int
    width: float
    height: float
    glyphs: list[Glyph] = field(default_factory=list)
    rules: list[Rule] = field(default_factory=list)
    pictures: set[int] = field(default_factory=set)
    tilted: bool = False
    fields: int = 0
    notes: int = 0

    @property
    def unknown(self) -> int:
        """How many letters the file does not name."""
        return sum(glyph.text == _UNKNOWN for glyph in self.glyphs)


def sheets(content: bytes) -> Iterator[Sheet]:
    """Every page. Raises Protected, TooLong, and whatever the library raises for a damaged file."""
    resources = PDFResourceManager()
    device = _Device(resources)
    interpreter = PDFPageInterpreter(resources, device)
    for number, page in enumerate(PDFPage.create_pages(_document(content)), 1):
        if number > _MOST_PAGES:
            raise TooLong
        interpreter.process_page(page)
        yield _sheet(number, page, device.get_result())


def _document(content: bytes) -> PDFDocument:
    try:
        return PDFDocument(PDFParser(io.BytesIO(content)))
    except PDFEncryptionError:
        raise Protected from None


class _Device(PDFPageAggregator):
    """Keeps the letters and lines of a page as they are drawn."""

    def handle_undefined_char(self, font: PDFFont, cid: int) -> str:
        return _UNKNOWN


def _sheet(number: int, page: PDFPage, drawn: LTPage) -> Sheet:
    sheet = Sheet(number, round(drawn.width), round(drawn.height))
    for item in _items(drawn):
        if isinstance(item, LTChar):
            _take_letter(sheet, item)
        elif isinstance(item, LTCurve):
            sheet.rules += _rules(item)
        elif isinstance(item, LTImage):
            sheet.pictures.add(item.stream.objid or 0)
    for annotation in list_value(page.annots or []):
        _take_annotation(sheet, dict_value(annotation))
    return sheet


def _items(container: LTContainer[Any]) -> Iterator[LTItem]:
    for item in container:
        if isinstance(item, LTContainer):
            yield from _items(item)
        else:
            yield item


def _take_letter(sheet: Sheet, letter: LTChar) -> None:
    across, up = letter.matrix[:2]
    if abs(up) > _SLANT * across or letter.size < _SMALLEST:
        sheet.tilted = True
        return
    font = letter.fontname.lower()
    symbol = any(word in font for word in _SYMBOLS) or "wingding" in font
    text = letter.get_text().translate(_LIGATURES)
    sheet.glyphs.append(
        Glyph(text, letter.x0, letter.x1, letter.matrix[5], round(letter.size, 1), _is_bold(font), symbol)
    )


def _is_bold(font: str) -> bool:
    return any(word in font for word in ("bold", "black", "heavy"))


def _rules(drawn: LTCurve) -> list[Rule]:
    """A thin shape is a line; a drawn frame is four. A filled area alone is only a colour behind words."""
    x0, y0, x1, y1 = drawn.bbox
    wide, high = x1 - x0 > _SHORTEST, y1 - y0 > _SHORTEST
    if (wide and y1 - y0 <= _THICKEST) or (high and x1 - x0 <= _THICKEST):
        return [Rule(x0, y0, x1, y1)]
    if not (wide and high and drawn.stroke and isinstance(drawn, LTRect)):
        return []
    return [Rule(x0, y0, x1, y0), Rule(x0, y1, x1, y1), Rule(x0, y0, x0, y1), Rule(x1, y0, x1, y1)]


def _take_annotation(sheet: Sheet, annotation: dict[str, Any]) -> None:
    """A link or a note's window says nothing; a form's field or something laid over the page may be a signature."""
    subtype = resolve1(annotation.get("Subtype"))
    name = subtype.name if isinstance(subtype, PSLiteral) else ""
    sheet.fields += name == "Widget"
    sheet.notes += name not in ("Widget", "Link", "Popup")
