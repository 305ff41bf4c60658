"""A mail: text and HTML, the subject is the reference and nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.policy import SMTP
from email.utils import format_datetime, formataddr

from connector.errors import DeliveryError
from connector.model.notice import Addressee, Bulletin, Notice, Receipt
from connector.notify.words import Words


@dataclass(frozen=True, slots=True)
class Envelope:
    """From whom a school's mail comes."""

    sender: str
    name: str


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail ready to be sent."""

    wire: bytes
    message_id: str


def compose(words: Words, envelope: Envelope, message: Notice | Receipt | Bulletin, to: Addressee) -> Mail:
    """The mail. The Message-ID is the duty's, so a mail sent again is the same mail to every mailbox.

    Raises DeliveryError, permanent, for an address or name that no header can carry.
    """
    mail = MIMEMultipart("alternative", _subparts=[_part(words.text(message), "plain")])
    mail.attach(_part(words.html(message), "html"))
    headers = {
        "Subject": _subject(message),
        "From": _mailbox(envelope.name, envelope.sender),
        "To": _mailbox(to.name, to.address),
        "Date": format_datetime(to.sent_at),
        "Message-ID": f"<{to.key}@{envelope.sender.rpartition('@')[2]}>",
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "All",
    }
    if isinstance(message, Notice) and message.urgent:
        headers |= {"Importance": "high", "X-Priority": "1"}
    for name, value in headers.items():
        mail[name] = _one_line(value)
    return Mail(mail.as_bytes(policy=_WIRE), str(mail["Message-ID"]))


# RFC 5322 2.1.1.
_LONGEST_LINE = 998
# Headers are made here and checked to be one line, so the old header classes are enough: parsing and
# refolding each took longer than sending the mail.
_WIRE = SMTP.clone(header_factory=lambda _name, value: value, refold_source="none", mangle_from_=False)


def _subject(message: Notice | Receipt | Bulletin) -> str:
    return "The safeguarding service itself" if isinstance(message, Bulletin) else message.reference


def _part(text: str, kind: str) -> MIMEText:
    """One part; as it is where it is ASCII in short lines, else encoded: a server may refuse a line over 998 bytes."""
    is_plain = text.isascii() and max(map(len, text.splitlines()), default=0) <= _LONGEST_LINE
    return MIMEText(text, kind, "us-ascii" if is_plain else "utf-8")


def _mailbox(name: str, address: str) -> str:
    """`Name <address>`; a name with other letters is encoded (RFC 2047)."""
    try:
        return formataddr((name, address))
    except UnicodeError:
        raise DeliveryError("The address cannot be written in a mail.", permanent=True) from None


def _one_line(value: str) -> str:
    """The value, if it is one line of ASCII. Whatever could begin another header is refused."""
    if not value.isascii() or not value.isprintable():
        raise DeliveryError("A mail's header would not be one line.", permanent=True)
    return value
