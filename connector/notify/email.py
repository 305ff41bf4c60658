"""E-mail by SMTP: the school's own server or relay."""

from __future__ import annotations

from dataclasses import dataclass

from connector.model.message import Message
from connector.model.notice import Addressee
from connector.notify.mail import Envelope, Mail, compose
from connector.notify.words import Words
from connector.outbound.smtp import MailServer, send_mail


@dataclass(frozen=True, slots=True)
class EmailChannel:
    """One school's mail by SMTP."""

    server: MailServer
    envelope: Envelope
    words: Words

    def send(self, message: Message, to: Addressee) -> str:
        """Hand the mail to the server and return its Message-ID. Raises DeliveryError."""
        return self.post(compose(self.words, self.envelope, message, to), to)

    def post(self, mail: Mail, to: Addressee) -> str:
        """Hand a mail over that is ready, and return its Message-ID. Raises DeliveryError."""
        send_mail(self.server, mail.wire, self.envelope.sender, to.address)
        return mail.message_id
