"""E-mail by SMTP: text and HTML, the subject is the reference and nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from connector.errors import DeliveryError
from connector.model.notice import Addressee, Notice, Receipt
from connector.notify.words import Words
from connector.outbound.smtp import MailServer, send_mail


@dataclass(frozen=True, slots=True)
class EmailChannel:
    """One school's mail. `sender` is the address it comes from."""

    server: MailServer
    sender: str
    sender_name: str
    words: Words

    def send(self, message: Notice | Receipt, to: Addressee) -> str:
        """Hand the mail to the server and return its Message-ID. Raises DeliveryError."""
        mail = self.compose(message, to)
        send_mail(self.server, mail, self.sender, to.address)
        return str(mail["Message-ID"])

    def compose(self, message: Notice | Receipt, to: Addressee) -> EmailMessage:
        """The mail. The Message-ID is the duty's, so a mail sent again is the same mail to every mailbox.

        Raises DeliveryError, permanent, for an address that no header can carry.
        """
        mail = EmailMessage(policy=SMTP)
        mail["Subject"] = message.reference
        try:
            mail["From"] = Address(self.sender_name, addr_spec=self.sender)
            mail["To"] = Address(to.name, addr_spec=to.address)
        except ValueError:
            raise DeliveryError("The address cannot be written in a mail.", permanent=True) from None
        mail["Date"] = format_datetime(to.sent_at)
        mail["Message-ID"] = f"<{to.key}@{self.sender.rpartition('@')[2]}>"
        mail["Auto-Submitted"] = "auto-generated"
        mail["X-Auto-Response-Suppress"] = "All"
        if isinstance(message, Notice) and message.urgent:
            mail["Importance"] = "high"
            mail["X-Priority"] = "1"
        mail.set_content(self.words.text(message))
        mail.add_alternative(self.words.html(message), subtype="html")
        return mail
