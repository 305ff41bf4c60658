"""Google Chat by an incoming webhook: a card in the space, one thread a concern (google.md 3.3)."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from connector.errors import DeliveryError
from connector.model.message import Message, Shared
from connector.model.notice import Addressee, Notice, Receipt
from connector.notify.words import CHAT_LIMIT_BYTES, Words, heading_of
from connector.outbound.http import post_json
from connector.outbound.pacing import Pace

REPLY_OPTION = "messageReplyOption"
# Without it Chat ignores the thread's key, and each message begins a thread of its own.
REPLY_OR_NEW = "REPLY_MESSAGE_FALLBACK_TO_NEW_THREAD"


@dataclass(frozen=True, slots=True)
class ChatChannel:
    """One space. Whoever knows the `webhook` can post there, so it is a secret.

    Google takes one message a second for each space from all its webhooks together: `pace` is the space's.
    """

    webhook: str = field(repr=False)
    timeout_seconds: float
    words: Words
    pace: Pace

    def send(self, message: Message, to: Addressee) -> str:
        """Post the card and say how it was answered. Raises DeliveryError. A receipt never goes to a space."""
        body = message_of(self.words, message)
        self.pace.turn()
        return f"accepted {post_json(_threading(self.webhook), body, timeout_seconds=self.timeout_seconds)}"


def message_of(words: Words, message: Message) -> dict[str, Any]:
    """Chat's Message with its card, a notice's in the thread of its concern.

    Raises DeliveryError, permanent, for a receipt, and for what is too large for Chat to take.
    """
    if isinstance(message, Receipt):
        raise DeliveryError("A receipt does not go to a shared channel.", permanent=True)
    card = {"cardId": type(message).__name__.lower(), "card": words.chat(message)}
    body: dict[str, Any] = {"text": _line(message), "cardsV2": [card]}
    if isinstance(message, Notice):
        body["thread"] = {"threadKey": message.reference}
    if len(json.dumps(body).encode()) > CHAT_LIMIT_BYTES:
        raise DeliveryError("The message is over 32,000 bytes, which Google Chat refuses.", permanent=True)
    return body


def _line(message: Shared) -> str:
    """What a phone shows on its locked screen. Chat reads mentions in it, so it holds our own words only."""
    return f"{heading_of(message)}: {message.reference}" if isinstance(message, Notice) else heading_of(message)


def _threading(webhook: str) -> str:
    """The webhook, asking for replies in threads; as it is where it says already how it wants them."""
    parts = urlsplit(webhook)
    if REPLY_OPTION in parse_qs(parts.query):
        return webhook
    # What is there stays letter by letter: parsing and writing it anew could alter the key or the token.
    query = "&".join(filter(None, (parts.query, f"{REPLY_OPTION}={REPLY_OR_NEW}")))
    return parts._replace(query=query).geturl()
