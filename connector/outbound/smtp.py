"""SMTP to the school's mail server. The connection is kept for the next mail; a mail is one transaction."""

from __future__ import annotations

import contextlib
import selectors
import smtplib
import ssl
import threading
import time
from dataclasses import dataclass

from connector.errors import DeliveryError

_own = threading.local()
# One for each of the engine's few threads; closed together when the service stops.
_connections: set[smtplib.SMTP] = set()
# A kept connection is used again for so long; servers close idle ones, most after five minutes.
_KEEP_SECONDS = 20.0
# One that was used just now, and that nobody has closed, is taken without asking the server whether it is still there.
_TRUST_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where and how. `password` never appears in a repr."""

    host: str
    port: int
    security: str
    username: str
    password: str
    timeout_seconds: float

    def __repr__(self) -> str:
        return f"MailServer({self.host}:{self.port})"


def close_connections() -> None:
    """Close what every thread has kept open."""
    while _connections:
        _connections.pop().close()


def send_mail(server: MailServer, message: bytes, sender: str, recipient: str) -> None:
    """Hand the message over. Returns when the server has accepted it; raises DeliveryError otherwise.

    A refusal with 5xx is permanent. A message is never half sent: SMTP accepts it whole or not.
    """
    try:
        connection = _connection(server)
        connection.sendmail(sender, [recipient], message)
        _own.used = time.monotonic()
    except smtplib.SMTPRecipientsRefused as refused:
        _forget()
        code = next(iter(refused.recipients.values()))[0]
        raise _refusal(code, "recipient") from None
    except smtplib.SMTPSenderRefused as refused:
        _forget()
        raise _refusal(refused.smtp_code, "sender") from None
    except smtplib.SMTPAuthenticationError as refused:
        _forget()
        # A password is mended by a person, without our restarting: so this stays worth a try.
        raise DeliveryError(f"The mail server refused the sign-in ({refused.smtp_code}).") from None
    except smtplib.SMTPResponseException as refused:
        _forget()
        raise _refusal(refused.smtp_code, "message") from None
    except ssl.SSLError:
        _forget()
        raise DeliveryError("The mail server's certificate is not in order.") from None
    except (smtplib.SMTPException, OSError):
        _forget()
        raise DeliveryError("The mail server could not be reached.") from None


def _refusal(code: int, what: str) -> DeliveryError:
    return DeliveryError(f"The mail server refused the {what} ({code}).", permanent=500 <= code < 600)


def _connection(server: MailServer) -> smtplib.SMTP:
    kept: smtplib.SMTP | None = getattr(_own, "connection", None)
    idle = time.monotonic() - _own.used if kept is not None else _KEEP_SECONDS
    if kept is not None and _own.server == server and idle < _KEEP_SECONDS:
        if idle < _TRUST_SECONDS and _is_quiet(kept):
            return kept
        with contextlib.suppress(smtplib.SMTPException, OSError):
            if kept.noop()[0] == 250:
                return kept
    _forget()
    fresh = _open(server)
    _own.connection, _own.server, _own.used = fresh, server, time.monotonic()
    _connections.add(fresh)
    return fresh


def _is_quiet(connection: smtplib.SMTP) -> bool:
    """Still open on our side, and the server has neither hung up nor said anything unasked (421, before it does)."""
    if connection.sock is None:
        return False
    with selectors.DefaultSelector() as selector:
        selector.register(connection.sock, selectors.EVENT_READ)
        return not selector.select(timeout=0)


def _open(server: MailServer) -> smtplib.SMTP:
    if server.security == "tls":
        connection: smtplib.SMTP = smtplib.SMTP_SSL(
            server.host, server.port, timeout=server.timeout_seconds, context=ssl.create_default_context()
        )
    else:
        connection = smtplib.SMTP(server.host, server.port, timeout=server.timeout_seconds)
    try:
        if server.security == "starttls":
            connection.starttls(context=ssl.create_default_context())
        if server.username:
            connection.login(server.username, server.password)
    except BaseException:
        connection.close()
        raise
    return connection


def _forget() -> None:
    """Drop this thread's connection, whatever state it is in."""
    kept: smtplib.SMTP | None = getattr(_own, "connection", None)
    _own.connection = None
    if kept is not None:
        _connections.discard(kept)
        with contextlib.suppress(smtplib.SMTPException, OSError):
            kept.close()
