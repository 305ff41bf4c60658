"""Gmail: sending, and nothing else (google.md 3.1)."""

from __future__ import annotations

import base64
import binascii
import re
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import getaddresses, parsedate_to_datetime
from typing import TYPE_CHECKING

from tests.workspace.answers import Answer, Call, broken, refuse
from tests.workspace.documents import Method
from tests.workspace.people import Mail

if TYPE_CHECKING:
    from tests.workspace.world import Workspace

_LIMIT = 36700160
_MESSAGE_ID = re.compile(r"^<[^<>\s@]+@[^<>\s@]+>$")


def _mailbox(fake: Workspace, call: Call) -> str:
    """The mailbox of the token; a service account has none, with `sub` it acts as somebody who has."""
    if call.caller.is_service or call.caller.identity not in fake.accounts:
        words = "Precondition check failed."
        refuse(400, words, reason="failedPrecondition", canonical="FAILED_PRECONDITION")
    if call.parts["userId"].lower() not in {"me", call.caller.identity}:
        refuse(403, f"Delegation denied for {call.caller.identity}", reason="forbidden")
    return call.caller.identity


def send(fake: Workspace, call: Call, method: Method) -> Answer:
    """POST gmail/v1/users/{userId}/messages/send."""
    mailbox = _mailbox(fake, call)
    if extra := set(call.data) - {"raw", "threadId"}:
        broken(f"Only raw and threadId count when sending: {sorted(extra)}", reason="invalidArgument")
    text = call.data["raw"]
    try:
        raw = base64.urlsafe_b64decode(text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4))
    except binascii.Error:
        broken("Invalid value for ByteString", reason="invalidArgument")
    if len(raw) > _LIMIT:
        broken("Message is too large.", 413, reason="uploadTooLarge")
    recipients = _strict(raw, mailbox)
    fake.mails.append(Mail(mailbox, mailbox, recipients, raw))
    made = fake.fresh(size=8)
    return Answer({"id": made, "threadId": call.data.get("threadId", made), "labelIds": ["SENT"]})


def profile(fake: Workspace, call: Call, method: Method) -> Answer:
    """GET gmail/v1/users/{userId}/profile: gmail.send does not reach it."""
    mailbox = _mailbox(fake, call)
    sent = sum(each.mailbox == mailbox for each in fake.mails)
    return Answer({"emailAddress": mailbox, "messagesTotal": sent, "threadsTotal": sent, "historyId": "1"})


def _strict(raw: bytes, mailbox: str) -> tuple[str, ...]:
    """RFC 5322: CRLF, no line over 998 bytes, one From which is the mailbox, To, Subject, Date, Message-ID."""
    if re.search(rb"(?<!\r)\n|\r(?!\n)", raw):
        _bad("a line does not end in CRLF")
    if any(len(line) > 998 for line in raw.split(b"\r\n")):
        _bad("a line is longer than 998 bytes")
    head = raw.partition(b"\r\n\r\n")[0]
    if not head.isascii():
        _bad("a header is not ASCII")
    message = message_from_bytes(raw, policy=policy.default)
    assert isinstance(message, EmailMessage)
    _check_headers(message)
    senders = [address.lower() for _, address in getaddresses(message.get_all("From", []))]
    if senders != [mailbox]:
        _bad(f"From is {senders}, not the mailbox {mailbox}")
    named = [str(each) for name in ("To", "Cc", "Bcc") for each in message.get_all(name, [])]
    recipients = tuple(address for _, address in getaddresses(named))
    if not recipients or not all(re.fullmatch(r"[^@\s]+@[^@\s]+", each) for each in recipients):
        refuse(400, "Invalid To header", reason="invalidArgument")
    return recipients


def _check_headers(message: EmailMessage) -> None:
    for name in ("From", "To", "Subject", "Date", "Message-ID"):
        if len(message.get_all(name, [])) != 1:
            _bad(f"there is not one {name} header")
    if not _MESSAGE_ID.match(str(message["Message-ID"]).strip()):
        _bad("the Message-ID is none")
    try:
        parsedate_to_datetime(str(message["Date"]))
    except ValueError:
        _bad("the Date is none")
    defects = [each for part in message.walk() for each in part.defects]
    defects += [each for value in message.values() for each in getattr(value, "defects", ())]
    if defects:
        _bad(f"{defects[0]!r}")


def _bad(words: str) -> None:
    broken(f"Invalid message: {words}", reason="invalidArgument")
