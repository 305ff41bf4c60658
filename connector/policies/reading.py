"""The one verb of this room's readers: a policy file of any format that is read, as its text with places."""

from __future__ import annotations

from pathlib import PurePath

from connector.model.policy_text import PolicyText
from connector.policies.apart import read_apart
from connector.policies.formats import read_here
from connector.policies.kinds import Kind, kind_of


def read_policy(content: bytes, name: str) -> PolicyText:
    """The text of the file with its places. Raises UnreadablePolicy, its message being what to do.

    What the file is goes by its content; its name is asked only where that does not tell.
    """
    kind = kind_of(content, name)
    blocks, unread = read_here(kind, content) if kind is Kind.TEXT else read_apart(kind, content)
    return PolicyText(name=PurePath(name).name, blocks=blocks, unread=unread)
