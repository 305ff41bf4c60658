"""Names of documents as people write and compare them. Pure."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache


def plain(name: str) -> str:
    """A name as people compare it: Apple writes an accent as a letter of its own."""
    return unicodedata.normalize("NFC", name).casefold()


def fits(pattern: str, name: str) -> bool:
    """True where the pattern names it, `*` standing for any letters."""
    return _compiled(plain(pattern)).fullmatch(plain(name)) is not None


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> re.Pattern[str]:
    """Only `*` stands for something else: brackets are common in names."""
    return re.compile(".*".join(re.escape(part) for part in pattern.split("*")), re.DOTALL)
