"""E-mail by SMTP: the school's own server or relay."""

from __future__ import annotations

from dataclasses import dataclass

from connector.model.notice import Addressee, Bulletin, Notice, Receipt
from connector.notify.mail import Envelope, compose
from connector.notify.words import Words
from connector.outbound.smtp import MailServer, send_mail


@dataclass(frozen=True, slots=True)
class EmailChannel:
    """One school's mail by SMTP."""

    server: MailServer
    envelope: Envelope
    words: Words

    def send(self, message: Notice | Receipt | Bulletin, to: Addressee) -> str:
        """Hand the mail to the server and return its Message-ID. Raises DeliveryError."""
        mail = compose(self.words, self.envelope, message, to)
        send_mail(self.server, mail.wire, self.envelope.sender, to.address)
        return mail.message_id
