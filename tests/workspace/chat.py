"""A Chat space: its members, its webhooks, its threads (google.md 3.3)."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

if TYPE_CHECKING:
    from tests.workspace.world import Workspace

KEY = "AIzaSyDdI0hCZtE6vySjMm-WEfRq3CPzqKqqsHI"


class Space:
    """One space. `members` are addresses; that of a service account is its Chat app."""

    def __init__(self, fake: Workspace, title: str) -> None:
        self.fake, self.title = fake, title
        self.name = f"spaces/AAQA{secrets.token_urlsafe(6).replace('-', 'x').replace('_', 'y')}"
        self.members: set[str] = set()
        self.tokens: set[str] = set()
        self.threads: dict[str, str] = {}
        self.by_request: dict[tuple[str, str], dict[str, Any]] = {}
        self.message_ids: set[str] = set()
        self.last: datetime | None = None

    def webhook(self) -> str:
        """A new incoming webhook; its token is the secret, its key is common."""
        token = secrets.token_urlsafe(32)
        self.tokens.add(token)
        return f"{self.fake.url}/v1/{self.name}/messages?key={KEY}&token={quote(token)}"

    def drop_webhooks(self) -> None:
        """Somebody deletes the webhooks."""
        self.tokens.clear()

    @property
    def messages(self) -> list[Any]:
        """What was said in it."""
        return [each for each in self.fake.chats if each.space == self.name]

    def thread(self, key: str, name: str, option: str) -> str | None:
        """The name of the thread a message goes to; None where it must be there and is not."""
        if option == "" or option == "MESSAGE_REPLY_OPTION_UNSPECIFIED" or not (key or name):
            return self._fresh("")
        if name:
            known = name in self.threads.values()
            return name if known else (None if option == "REPLY_MESSAGE_OR_FAIL" else self._fresh(""))
        return self.threads.get(key) or self._fresh(key)

    def _fresh(self, key: str) -> str:
        made = f"{self.name}/threads/{secrets.token_urlsafe(8).replace('-', 'x').replace('_', 'y')}"
        self.threads[key or made] = made
        return made
