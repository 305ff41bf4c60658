"""E-mail by Microsoft Graph from the school's own mailbox, as MIME, so that Message-ID and both parts travel.

202 means accepted, not delivered (ms365.md 3.1): the ladder stays the truth.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass

from connector.model.message import Message
from connector.model.notice import Addressee
from connector.notify.mail import Envelope, Mail, compose
from connector.notify.words import Words
from connector.outbound.graph import Asked, Graph, path_of


@dataclass(frozen=True, slots=True)
class GraphMailChannel:
    """One school's mailbox. At most four mails at once for the whole app, which is Outlook's limit."""

    graph: Graph
    envelope: Envelope
    words: Words
    timeout_seconds: float

    def send(self, message: Message, to: Addressee) -> str:
        """Hand the mail over and return its Message-ID. Raises VendorRefused, DeliveryError."""
        return self.post(compose(self.words, self.envelope, message, to), to)

    def post(self, mail: Mail, _to: Addressee) -> str:
        """Hand a mail over that is ready, and return its Message-ID. Raises VendorRefused, DeliveryError."""
        asked = Asked(base64.b64encode(mail.wire), {"Content-Type": "text/plain"}, self.timeout_seconds)
        with self.graph.sign_in.mail_gate:
            self.graph.ask("POST", path_of("users", self.envelope.sender, "sendMail"), asked)
        return mail.message_id
