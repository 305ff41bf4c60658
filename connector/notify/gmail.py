"""E-mail by the Gmail API, from the mailbox that the service acts as: `gmail.send` and nothing else (google.md 3.1)."""

from __future__ import annotations

import base64
from dataclasses import dataclass

from connector.model.message import Message
from connector.model.notice import Addressee
from connector.notify.mail import Envelope, Mail, compose
from connector.notify.words import Words
from connector.outbound.google import GMAIL_SCOPES, Google, How


@dataclass(frozen=True, slots=True)
class GmailChannel:
    """One mailbox. Gmail knows no repeat, so the Message-ID is the duty's: a mail sent again is the same mail."""

    google: Google
    envelope: Envelope
    words: Words
    timeout_seconds: float

    def send(self, message: Message, to: Addressee) -> str:
        """Hand the mail over and return its Message-ID. Raises VendorRefused, DeliveryError."""
        return self.post(compose(self.words, self.envelope, message, to), to)

    def post(self, mail: Mail, _to: Addressee) -> str:
        """Hand a mail over that is ready, and return its Message-ID. Raises VendorRefused, DeliveryError."""
        body = {"raw": base64.urlsafe_b64encode(mail.wire).decode("ascii")}
        request = self.google.api("gmail").users().messages().send(userId="me", body=body)
        self.google.ask(request, GMAIL_SCOPES, How(timeout_seconds=self.timeout_seconds))
        return mail.message_id
