"""A mail: text and HTML, and for the office a calendar. Of a concern the subject is the reference and nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.policy import SMTP
from email.utils import format_datetime, formataddr

from connector.errors import DeliveryError
from connector.model.message import Message
from connector.model.notice import Addressee, Notice
from connector.notify.words import Words, subject_of


@dataclass(frozen=True, slots=True)
class Envelope:
    """From whom a school's mail comes."""

    sender: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """What a mail says. `calendar` goes along as an attachment that calendars open."""

    subject: str
    text: str
    html: str
    urgent: bool = False
    calendar: bytes = b""


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail ready to be sent."""

    wire: bytes
    message_id: str


def compose(words: Words, envelope: Envelope, message: Message, to: Addressee) -> Mail:
    """The mail. The Message-ID is the duty's, so a mail sent again is the same mail to every mailbox.

    Raises DeliveryError, permanent, for an address or name that no header can carry.
    """
    urgent = isinstance(message, Notice) and message.urgent
    letter = Letter(subject=subject_of(message), text=words.text(message), html=words.html(message), urgent=urgent)
    return as_mail(letter, envelope, to)


def as_mail(letter: Letter, envelope: Envelope, to: Addressee) -> Mail:
    """The letter as it goes over the wire. Raises DeliveryError, permanent, for what no header can carry."""
    mail = _body(letter)
    headers = {
        "Subject": letter.subject,
        "From": _mailbox(envelope.name, envelope.sender),
        "To": _mailbox(to.name, to.address),
        "Date": format_datetime(to.sent_at),
        "Message-ID": f"<{to.key}@{envelope.sender.rpartition('@')[2]}>",
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "All",
    }
    if letter.urgent:
        headers |= {"Importance": "high", "X-Priority": "1"}
    for name, value in headers.items():
        mail[name] = _one_line(value)
    return Mail(mail.as_bytes(policy=_WIRE), str(mail["Message-ID"]))


# RFC 5322 2.1.1.
_LONGEST_LINE = 998
# Headers are made here and checked to be one line, so the old header classes are enough: parsing and
# refolding each took longer than sending the mail.
_WIRE = SMTP.clone(header_factory=lambda _name, value: value, refold_source="none", mangle_from_=False)


def _body(letter: Letter) -> MIMEMultipart:
    """Both texts as alternatives; a calendar beside them, so that every mail program shows it as a file."""
    texts = MIMEMultipart("alternative", _subparts=[_part(letter.text, "plain"), _part(letter.html, "html")])
    if not letter.calendar:
        return texts
    calendar = MIMEText(letter.calendar.decode(), "calendar", "utf-8")
    calendar.set_param("method", "PUBLISH")
    calendar.add_header("Content-Disposition", "attachment", filename="review-dates.ics")
    return MIMEMultipart("mixed", _subparts=[texts, calendar])


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
