"""The process that reads one file: from its standard input to its standard output, with a limit of memory."""

from __future__ import annotations

import json
import logging
import sys
from dataclasses import asdict

from connector.errors import UnreadablePolicy
from connector.policies.formats import read_here
from connector.policies.kinds import Kind

_MEMORY = 1_500_000_000


def _limit_memory() -> None:
    # Elsewhere there is no such limit, or it is not kept.
    if sys.platform == "linux":
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))


def _told(kind: Kind, content: bytes) -> dict[str, object]:
    """The blocks, or the kind of the refusal: never its words, and never an error's."""
    try:
        blocks, unread = read_here(kind, content)
    except UnreadablePolicy as refused:
        return {"refused": type(refused).__name__}
    return {"blocks": [asdict(block) for block in blocks], "unread": unread}


if __name__ == "__main__":
    logging.disable()
    _limit_memory()
    json.dump(_told(Kind(sys.argv[1]), sys.stdin.buffer.read()), sys.stdout)
