"""A text beside its plain form: one space, straight quotes, short dashes, no case; each letter knows where it stood."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

_SIGNS = str.maketrans("\u2018\u2019\u02bc\u0060\u00b4\u2044\u2215\u2212\u2043", "'''''//--")


@dataclass(frozen=True, slots=True)
class AsTyped:
    """`plain` is what is searched; `places` holds, for each of its letters, where that letter stands in `text`."""

    text: str
    plain: str
    places: tuple[int, ...]

    def words(self, start: int, end: int) -> str:
        """Exactly what was typed where the plain form has these letters."""
        return self.text[self.places[start] : self.places[end - 1] + 1]


def as_typed(text: str) -> AsTyped:
    """The text with its plain form."""
    letters: list[str] = []
    places: list[int] = []
    for place, letter in enumerate(text):
        for plain in _plain(letter):
            if plain != " " or letters[-1:] != [" "]:
                letters.append(plain)
                places.append(place)
    return AsTyped(text, "".join(letters), tuple(places))


def _plain(letter: str) -> Iterator[str]:
    """The plain letters of one: two for a ligature, none for a soft hyphen, a space for a footnote's number."""
    if unicodedata.decomposition(letter).startswith(("<super>", "<sub>")):
        yield " "
        return
    for part in unicodedata.normalize("NFKC", letter.translate(_SIGNS)).translate(_SIGNS).casefold():
        category = unicodedata.category(part)
        if part.isspace() or category == "Cc":
            yield " "
        elif category != "Cf":
            yield "-" if category == "Pd" else part
