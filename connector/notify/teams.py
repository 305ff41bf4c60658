"""Teams by a Workflows webhook: an Adaptive Card 1.4. Any 2xx means accepted, not yet posted (ms365.md 3.2)."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from connector.errors import DeliveryError
from connector.model.message import Message
from connector.model.notice import Addressee, Receipt
from connector.notify.words import CARD_LIMIT_BYTES, Words
from connector.outbound.graph import FLOW_SCOPE
from connector.outbound.http import post_json
from connector.outbound.sign_in import SignIn


@dataclass(frozen=True, slots=True)
class TeamsChannel:
    """One channel or chat. Whoever knows a signed `webhook` can post there, so it is a secret.

    With `sign_in` the flow is one that only the tenant may trigger, and our token goes along.
    """

    webhook: str = field(repr=False)
    timeout_seconds: float
    words: Words
    sign_in: SignIn | None = None

    def send(self, message: Message, to: Addressee) -> str:
        """Post the card and say how it was answered. Raises DeliveryError. A receipt never goes to a channel."""
        if isinstance(message, Receipt):
            raise DeliveryError("A receipt does not go to a shared channel.", permanent=True)
        card = self.words.card(message)
        if len(json.dumps(card).encode()) > CARD_LIMIT_BYTES:
            raise DeliveryError("The card is over 28 KB, which Teams refuses.", permanent=True)
        token = {"Authorization": f"Bearer {self.sign_in.token(FLOW_SCOPE)}"} if self.sign_in else {}
        status = post_json(self.webhook, card, timeout_seconds=self.timeout_seconds, headers=token)
        return f"accepted {status}"
