"""Google Chat by the school's own app: known repeats, and a notification that mutes do not stop (google.md 3.3)."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from connector.model.message import Message
from connector.model.notice import Addressee
from connector.notify.chat import REPLY_OR_NEW, message_of
from connector.notify.words import Words
from connector.outbound.google import CHAT_SCOPES, Google, How
from connector.outbound.pacing import Pace

# Ours alone: a request id is the same for every try of one duty, and no other service makes the same.
_NAMES = uuid.UUID("0b8c8f0e-3c0e-4b57-9a37-6d1c5f0d7a11")


@dataclass(frozen=True, slots=True)
class ChatAppChannel:
    """One space that the app is a member of. It speaks as the app itself, whomever the service acts as otherwise."""

    google: Google
    space: str
    timeout_seconds: float
    words: Words
    pace: Pace

    def send(self, message: Message, to: Addressee) -> str:
        """Post the card; the same try again is the same message. Raises VendorRefused, DeliveryError."""
        body = message_of(self.words, message)
        self.pace.turn()
        request = (
            self.google.api("chat")
            .spaces()
            .messages()
            .create(
                parent=self.space,
                body=body,
                requestId=str(uuid.uuid5(_NAMES, f"{self.space}/{to.key}")),
                messageReplyOption=REPLY_OR_NEW,
                createMessageNotificationOptions_notificationType="NOTIFICATION_TYPE_FORCE_NOTIFY",
            )
        )
        self.google.ask(request, CHAT_SCOPES, How(timeout_seconds=self.timeout_seconds, as_app=True))
        return "accepted"
