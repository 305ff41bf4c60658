"""`service.toml`: what belongs to the whole service."""

from __future__ import annotations

import ipaddress
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr

from connector.model.profile import Strict
from connector.settings.secrets import Secret


def is_loopback(host: str) -> bool:
    """True for this machine's own addresses, the only ones to which plain http is allowed."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def safe_address(url: str) -> str:
    """The address as it is; raises ValueError unless it is https, or http to loopback."""
    parts = urlsplit(url)
    if parts.scheme == "https" and parts.hostname:
        return url.rstrip("/")
    if parts.scheme == "http" and is_loopback(parts.hostname or ""):
        return url.rstrip("/")
    raise ValueError("must begin with https:// (plain http is for loopback only)")


def _listen(value: str) -> str:
    host, _, port = value.rpartition(":")
    if not host or not port.isdigit() or not 0 <= int(port) < 65536:
        raise ValueError("must be HOST:PORT, like 127.0.0.1:8080")
    return value


def _safe_secret(url: SecretStr) -> SecretStr:
    try:
        safe_address(url.get_secret_value())
    except ValueError:
        # Its own words may hold a part of the address.
        raise ValueError("must be an address that begins with https:// (plain http is for loopback only)") from None
    return url


SafeUrl = Annotated[str, AfterValidator(safe_address)]


class Keys(Strict):
    """The journey key and the old ones that can still open what was sealed under them."""

    journey: Secret
    old: tuple[Secret, ...] = ()


class Retention(Strict):
    """How long links work, and for how long a delivery is tried before it fails loudly."""

    link_hours: int = Field(default=168, ge=1, le=24 * 90)
    give_up_hours: int = Field(default=72, ge=1, le=24 * 30)


class MicrosoftAddresses(Strict):
    """Where Microsoft answers. Only tests ever change this."""

    graph: SafeUrl = "https://graph.microsoft.com"
    login: SafeUrl = "https://login.microsoftonline.com"

    @property
    def is_microsofts_own(self) -> bool:
        """False in tests, where the tenant is on loopback."""
        return self.graph == "https://graph.microsoft.com"


class GoogleAddresses(Strict):
    """Where Google answers: one address in place of all of its hosts. Only tests ever give one."""

    root: SafeUrl | None = None


class Service(Strict):
    """The whole service: where it listens, where its ledger is, how it may be reached."""

    public_url: SafeUrl
    listen: Annotated[str, AfterValidator(_listen)] = "127.0.0.1:8080"
    database: str = Field(default="sqlite:///../var/connector.db", pattern=r"^sqlite:///.+")
    policies_database: str = Field(default="sqlite:///../var/register.db", pattern=r"^sqlite:///.+")
    threads: int = Field(default=8, ge=2, le=64)
    keys: Keys
    retention: Retention = Retention()
    heartbeat: Annotated[Secret, AfterValidator(_safe_secret)] | None = None
    microsoft: MicrosoftAddresses = MicrosoftAddresses()
    google: GoogleAddresses = GoogleAddresses()
