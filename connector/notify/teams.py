"""Teams by a Workflows webhook: an Adaptive Card 1.4. Any 2xx means accepted, not yet posted (ms365.md 3.2)."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from connector.errors import DeliveryError
from connector.model.notice import Addressee, Notice, Receipt
from connector.notify.words import CARD_LIMIT_BYTES, Words
from connector.outbound.http import post_json


@dataclass(frozen=True, slots=True)
class TeamsChannel:
    """One channel or chat. Whoever knows `webhook` can post there, so it is a secret."""

    webhook: str = field(repr=False)
    timeout_seconds: float
    words: Words

    def send(self, message: Notice | Receipt, to: Addressee) -> str:
        """Post the card and say how it was answered. Raises DeliveryError. A receipt never goes to a channel."""
        if not isinstance(message, Notice):
            raise DeliveryError("A receipt does not go to a shared channel.", permanent=True)
        card = self.words.card(message)
        if len(json.dumps(card).encode()) > CARD_LIMIT_BYTES:
            raise DeliveryError("The card is over 28 KB, which Teams refuses.", permanent=True)
        return f"accepted {post_json(self.webhook, card, timeout_seconds=self.timeout_seconds)}"
