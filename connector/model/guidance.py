"""The texts that policies cite, and which editions of them are known: `guidance.toml`."""

from __future__ import annotations

from datetime import date

from pydantic import Field

from connector.model.profile import Slug, Strict


class Guidance(Strict):
    """One text. `editions` are the years of its known editions, the earliest first; the last one is the newest known.

    `look_for` says what may have come since `checked_on`; `source` is where the editions were checked.
    """

    key: Slug
    title: str
    also_known_as: tuple[str, ...] = ()
    editions: tuple[int, ...] = Field(min_length=1)
    checked_on: date
    look_for: str = ""
    source: str = ""


class Editions(Strict):
    """All the texts that are known."""

    texts: tuple[Guidance, ...] = ()

    def of(self, key: str) -> Guidance | None:
        """The text of that key, or None."""
        return next((text for text in self.texts if text.key == key), None)
