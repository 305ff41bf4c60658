"""A policy as a text: its blocks in reading order, each with the place it stands at. What every format is read into."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class BlockKind(StrEnum):
    HEADING = "heading"
    PARAGRAPH = "paragraph"
    ITEM = "item"
    ROW = "row"


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One paragraph, heading, item of a list or row of a table, as it stands but for white space.

    `place` tells a person where to look: `line 12`, `page 2, line 5`, `paragraph 14`, `table 1, row 3`, `header`.
    `level` of an item is its depth (0 for the outermost), of a heading its rank (1 for the highest, 0 for not known).
    An item's bullet or dash is no part of its text. `cells` of a row, also of a line of text with tabs in it
    (`Date accepted:<TAB>`), are its cells, an empty one included; a row's text is its cells joined by a tab.
    """

    kind: BlockKind
    text: str
    place: str
    level: int = 0
    cells: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyText:
    """The whole text. `unread` names what lies in the file and could not be read (pictures, a page without text)."""

    name: str
    blocks: tuple[Block, ...]
    unread: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundDocument:
    """A policy document where it lies. `id` and `version` are the source's own; `version` changes with the content.

    `name` has its ending, by which it is read; `changed_at` is what the source says of it, where it says anything.
    `trouble` says why it is there and cannot be read now; empty for what can.
    """

    id: str
    name: str
    version: str
    changed_at: datetime | None
    trouble: str = ""
