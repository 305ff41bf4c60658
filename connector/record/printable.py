"""Words as typed, made safe to print: nothing is lost silently, nothing reorders what was said."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from dataclasses import dataclass
from functools import cache
from pathlib import Path

HERE = Path(__file__).parent
PARAGRAPH = 20_000  # characters laid out as one paragraph, at most
UNBROKEN = re.compile(r"[^\s\u200b\u3000-\u9fff\uac00-\ud7a3]{40}")  # no place to end a line
BREAK = "\u200b"  # the template ends lines here; it leaves no trace in the PDF's text
FLAG_TAGS = re.compile("(\U0001f3f4[\U000e0020-\U000e007f]+)|[\U000e0000-\U000e007f]")
LINE_ENDS = re.compile("\r\n|[\r\x85\u2028\u2029]")


class _Marks(dict[int, int | str]):
    """What to print for each code point: itself, or a mark where it cannot or must not be shown."""

    def __init__(self) -> None:
        super().__init__({code: chr(0x2400 + code) for code in range(0x20)})
        self.update({0x09: "    ", 0x0A: "\n", 0x7F: "\u2421"})
        spans = [span.split("-") for span in (HERE / "fonts" / "coverage.txt").read_text("ascii").split()]
        self._lows, self._highs = [int(low, 16) for low, _ in spans], [int(high, 16) for _, high in spans]

    def __missing__(self, code: int) -> int | str:
        if code <= self._highs[max(bisect_right(self._lows, code) - 1, 0)]:
            self[code] = code
            return code
        unseen = unicodedata.category(chr(code)) in ("Cc", "Cf", "Cs", "Cn")
        return "\ufffd" if unseen else f"\u27e6U+{code:04X}\u27e7"


@dataclass(frozen=True, slots=True)
class Piece:
    """Lines of one writing direction, with the places where they may be broken."""

    rtl: bool
    runs: tuple[str, ...]


def clean(value: object) -> str:
    """The words as typed, with what cannot be shown made visible."""
    text = str(value)
    if text.isascii() and text.isprintable():
        return text
    text = FLAG_TAGS.sub(lambda found: found[1] or "\ufffd", LINE_ENDS.sub("\n", text))
    return text.translate(_marks())


def _rtl(text: str) -> bool | None:
    """Whether the first letter that has a direction runs right to left; None without such a letter."""
    if text.isascii() and not text.isspace() and text[:1].isalpha():
        return False
    kinds = (unicodedata.bidirectional(char) for char in text)
    return next((kind != "L" for kind in kinds if kind in ("L", "R", "AL")), None)


def pieces(value: object) -> tuple[Piece, ...]:
    """Text as typed, its lines grouped by direction; lines without one go with those before."""
    text = clean(value)
    done: list[Piece] = []
    lines: list[str] = []
    size, way = 0, bool(_rtl(text))
    for line in text.split("\n"):
        for start in range(0, len(line) or 1, PARAGRAPH):
            part = line[start : start + PARAGRAPH]
            rtl = _rtl(part)
            turned = rtl is not None and rtl != way
            if lines and (turned or size + len(part) > PARAGRAPH):
                done.append(Piece(way, runs("\n".join(lines))))
                lines, size = [], 0
            way = way if rtl is None else rtl
            lines.append(part)
            size += len(part) + 1
    return (*done, Piece(way, runs("\n".join(lines)))) if text.strip() else tuple(done)


def runs(text: str) -> tuple[str, ...]:
    """The text cut where a long unbroken run may end a line."""
    return tuple(UNBROKEN.sub(lambda found: found[0] + BREAK, text).split(BREAK))


_marks = cache(_Marks)
