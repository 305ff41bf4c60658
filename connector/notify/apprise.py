"""Whatever Apprise can reach (SMS gateways, pagers, push services): a short message, one URL a channel.

Apprise is an optional extra, so it is imported only where it is used, and none of its own conveniences are:
trying again, following redirects, state on disk, pictures from the net.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from connector.errors import ConfigError, DeliveryError
from connector.model.message import Message
from connector.model.notice import Addressee, Receipt
from connector.notify.words import Words, subject_of
from connector.outbound.http import is_safe

if TYPE_CHECKING:
    from apprise import Apprise, AppriseAsset, NotifyBase

# A URL may ask for these; the ledger tries again by itself, and an "optional" service that failed would
# count as told. A message carries a link by which one acknowledges, so it goes only where it was meant to go.
_HELD = {
    "optional": False, "retry": 0, "redirects": False, "verify_certificate": True, "interpret_emojis": False,
}  # fmt: skip

_UNREADABLE = (
    "an Apprise URL cannot be read, or its service needs a library that is not installed: compare it with"
    " Apprise's page about that service"
)


@dataclass(frozen=True, slots=True)
class AppriseChannel:
    """One Apprise URL. It holds the keys of its service, so it is a secret."""

    url: str = field(repr=False)
    timeout_seconds: float
    words: Words

    def send(self, message: Message, to: Addressee) -> str:
        """Hand the message over; True of Apprise is all that is known of it. Raises DeliveryError, ConfigError."""
        if isinstance(message, Receipt):
            raise DeliveryError("A receipt goes by mail only.", permanent=True)
        service = self._service()
        try:
            is_taken = bool(service.notify(body=self.words.short(message), title=subject_of(message)))
        except Exception:  # noqa: BLE001 - any of a hundred plugins, whose errors hold URLs
            raise DeliveryError("Apprise could not hand the message over.") from None
        if not is_taken:
            raise DeliveryError("The far side did not take the message from Apprise.")
        return "handed over"

    def check(self) -> None:
        """Raises ConfigError where Apprise is not installed or cannot read the URL. Nothing is sent."""
        self._service()

    def _service(self) -> Apprise:
        """Apprise with the one service, made anew: a plugin keeps state, and threads would share it."""
        _silence()
        try:
            from apprise import Apprise
        except ImportError:
            raise ConfigError(('Apprise is not installed: run `pip install ".[apprise]"` in the checkout',)) from None
        asset = _asset(self.timeout_seconds)
        try:
            plugin = Apprise.instantiate(self.url, asset=asset)
        except Exception:  # noqa: BLE001 - any of a hundred plugins, whose errors hold what they could not read
            plugin = None
        if plugin is None:
            raise ConfigError((_UNREADABLE,))
        # Where there is a safe way the other is not taken: the message holds a link by which one acknowledges.
        has_both = getattr(plugin, "protocol", None) and getattr(plugin, "secure_protocol", None)
        if has_both and not (plugin.secure or is_safe(f"http://{plugin.host}")):
            raise ConfigError(("an Apprise URL goes over the net in clear: use the scheme of that name ending in s",))
        return Apprise(_held(plugin, self.timeout_seconds), asset=asset)


def _silence() -> None:
    """Switch Apprise's logger off: its lines hold hosts, URLs and bodies, which our formatter could not take out.

    Said before each use, because whoever sets up logging may switch a logger on again.
    """
    logging.getLogger("apprise").disabled = True


def _held(plugin: NotifyBase, timeout_seconds: float) -> NotifyBase:
    """The plugin, patient for so long, and its URL overruled.

    Set on the plugin and not in the URL: some services' own addresses would not be known again with more in them.
    """
    plugin.socket_connect_timeout = plugin.socket_read_timeout = timeout_seconds
    for name, value in _HELD.items():
        setattr(plugin, name, value)
    return plugin


def _asset(timeout_seconds: float) -> AppriseAsset:
    """Apprise's settings: nothing on disk, nothing of our words interpreted, no code but its own."""
    from apprise import AppriseAsset, NotifyFormat

    return AppriseAsset(
        plugin_paths=None,
        storage_mode="memory",
        # A connection and an answer; past that Apprise stops waiting, whatever library a plugin uses.
        service_timeout=2 * timeout_seconds,
        allow_templates=False,
        async_mode=False,
        body_format=NotifyFormat.TEXT,
        interpret_escapes=False,
        interpret_emojis=False,
        http_redirects=False,
        secure_logging=True,
        pgp_autogen=False,
        pem_autogen=False,
        app_id="Concern Connector",
        # With no place for pictures a message holds none, and nobody's phone fetches one from GitHub.
        image_url_mask="",
        image_url_logo="",
        image_path_mask="",
    )
