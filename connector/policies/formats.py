"""The three formats that are read, and what holds for all of them: no error of a library, no endless text."""

from __future__ import annotations

from collections.abc import Callable

from connector.errors import UnreadablePolicy
from connector.model.policy_text import Block
from connector.policies.kinds import Kind
from connector.policies.refusals import DamagedFile, EmptyFile, NoText, TooLong, UnpacksTooLarge
from connector.policies.text import read_text

# What a reader gives: the blocks, and what could not be read.
Read = tuple[tuple[Block, ...], tuple[str, ...]]

# Letters of 300 full pages, and again as many.
_MOST_LETTERS = 2_000_000


def read_here(kind: Kind, content: bytes) -> Read:
    """What the file holds, read in this process. Raises UnreadablePolicy and nothing else."""
    read = _reader_of(kind)
    try:
        blocks, unread = read(content)
    except UnreadablePolicy:
        raise
    except MemoryError:
        raise UnpacksTooLarge from None
    except Exception:  # noqa: BLE001 - damage shows in many kinds, and their words may hold the document's
        raise DamagedFile from None
    if sum(len(block.text) for block in blocks) > _MOST_LETTERS:
        raise TooLong
    if not blocks:
        raise NoText if unread else EmptyFile
    return blocks, unread


def _reader_of(kind: Kind) -> Callable[[bytes], Read]:
    """Each library is loaded only where a file of its kind is read, so the service itself loads neither."""
    if kind is Kind.WORD:
        from connector.policies.word import read_word

        return read_word
    if kind is Kind.PDF:
        from connector.policies.pdf import read_pdf

        return read_pdf
    return lambda text: (read_text(text), ())
