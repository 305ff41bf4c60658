"""Typesets a record as an accessible PDF in any script, with Typst and the fonts shipped beside it.

All text goes in as JSON and is only ever set as words, so nothing that a person types is read as
markup. Typst keeps the layouts of its last ten compiles; blank ones push them out, so a page's words
do not stay in memory and memory does not grow.
"""

from __future__ import annotations

import ctypes
import json
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

import typst

from connector.apart import bare_environment
from connector.errors import ConnectorError
from connector.record.printable import Piece, clean, pieces

Typesetter = Callable[[Mapping[str, Any]], bytes]

HERE = Path(__file__).parent
# One render for each of two cores; Typst lets go of the interpreter's lock while it works.
PRESSES = 2
# Compiles after which Typst has forgotten a layout, and one.
BLANKS = 11
# Characters of data that one render in this process may hold; more would leave its memory behind.
HEAVY = 50_000
HEAVY_SECONDS = 120
# Characters beyond which an answer gets the full width, and that fit on two lines beside a label.
LONG = 700
BESIDE = 60


class TypesettingError(ConnectorError):
    """The page could not be typeset."""


@dataclass(frozen=True, slots=True)
class _Field:
    label: str
    policy: str
    text: tuple[Piece, ...]
    understood: str
    problems: tuple[str, ...]
    shape: str


def typeset(page: Mapping[str, Any]) -> bytes:
    """The page as PDF bytes. Safe for any text. Raises TypesettingError where even that fails."""
    data = _data(page)
    try:
        if len(data) <= HEAVY:
            return _press().submit(_print, data).result()
        return _print_apart(data)
    except BaseException:  # noqa: BLE001 - whatever a compiled library raises, the record is filed as text
        raise TypesettingError from None


def draw(page: Mapping[str, Any]) -> list[bytes]:
    """The pages as PNG pictures, for a screen. Raises TypesettingError."""
    try:
        return _press().submit(_draw, _data(page)).result()
    except RuntimeError:
        raise TypesettingError from None


def _draw(data: str) -> list[bytes]:
    made = _own.record.compile(format="png", ppi=110, sys_inputs={"page": data})
    return [made] if isinstance(made, bytes) else list(made or ())


def _print_apart(data: str) -> bytes:
    """A monstrous page gets a process of its own, which takes its memory with it when it ends."""
    command = [sys.executable, "-m", "connector.record.typeset"]
    with _heavy:
        done = subprocess.run(  # noqa: S603 - our own module on our own interpreter, the data goes by stdin
            command,
            input=data.encode(),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            check=True,
            timeout=HEAVY_SECONDS,
            env=bare_environment(),
        )
    return done.stdout


def _data(page: Mapping[str, Any]) -> str:
    data: dict[str, Any] = {name: clean(page[name]) for name in ("title", "reference", "school", "status", "footer")}
    data |= {"version": clean(page["version"]), "urgent": bool(page["urgent"])}
    data["banner"] = [clean(line) for line in page["banner"]]
    for name in ("facts", "history"):
        data[name] = [(clean(label), clean(value)) for label, value in page[name]]
    data["exact_words"] = [[asdict(piece) for piece in pieces(words["text"])] for words in page["exact_words"]]
    for name in ("fields", "other_answers"):
        data[name] = [asdict(_field(given)) for given in page[name]]
    return json.dumps(data, ensure_ascii=False)


def _field(given: Mapping[str, Any]) -> _Field:
    text, policy = str(given["text"]), clean(given.get("policy", ""))
    understood = clean(given.get("understood", ""))
    problems = tuple(clean(problem) for problem in given.get("problems", ()))
    small = len(text) <= BESIDE and text.isascii() and text.isprintable()
    beside = bool(policy) and small and not understood and not problems
    shape = "beside" if beside else "long" if len(text) > LONG or text.count("\n") > 12 else "grid"
    return _Field(clean(given["label"]), policy, pieces(text), understood, problems, shape)


@cache
def _press() -> ThreadPoolExecutor:
    """Few threads, so that few heaps grow, each with its own compilers, which no two threads may share."""
    fonts = typst.Fonts(False, False, [str(HERE / "fonts")])
    return ThreadPoolExecutor(PRESSES, "typeset", initializer=_ready, initargs=(fonts,))


def _ready(fonts: typst.Fonts) -> None:
    _own.record, _own.blank = (
        typst.Compiler(str(HERE / name), str(HERE), fonts, True) for name in ("record.typ", "blank.typ")
    )


def _compile(data: str, standards: list[Any]) -> bytes:
    made = _own.record.compile(format="pdf", sys_inputs={"page": data}, pdf_standards=standards)
    return made if isinstance(made, bytes) else b"".join(made or ())


def _print(data: str) -> bytes:
    try:
        return _compile(data, ["ua-1"])
    except typst.TypstError:
        # PDF/UA-1 refuses a glyph that no font has: better printed than perfectly tagged.
        return _compile(data, [])
    finally:
        for _ in range(BLANKS):
            _own.blank.compile(format="svg")
        if _trim is not None and next(_printed) % 20 == 0:
            _trim(0)


_trim = getattr(ctypes.CDLL(None), "malloc_trim", None) if sys.platform == "linux" else None
_printed = count()
_own = threading.local()
_heavy = threading.Lock()


if __name__ == "__main__":
    sys.stdout.buffer.write(_press().submit(_print, sys.stdin.buffer.read().decode()).result())
