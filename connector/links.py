"""The links that messages carry: sealed, expiring, for one purpose and one person. Nothing can be read in them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from connector.errors import LinkInvalid, SealError
from connector.model.reference import Reference
from connector.sealing import Sealer

ACKNOWLEDGE = "acknowledge"
ADD = "add"


@dataclass(frozen=True, slots=True)
class Link:
    """What a link stands for. `holder` is a person, a shared channel, or nobody in particular.

    A link to acknowledge is for one version and those before it: whoever was told of the first version
    may be whom the second one is about.
    """

    reference: Reference
    version: int
    holder: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Links:
    """Makes and reads links under the service's own address."""

    public_url: str
    sealer: Sealer
    good_for: timedelta

    def acknowledge(self, reference: Reference, version: int, holder: str, now: datetime) -> str:
        """The link by which `holder` says: I have this, up to that version."""
        return f"{self.public_url}/a/{self._token(ACKNOWLEDGE, reference, version, holder, now)}"

    def add(self, reference: Reference, now: datetime) -> str:
        """The link by which the reporter adds what was missing."""
        return f"{self.public_url}/m/{self._token(ADD, reference, 1, '', now)}"

    def _token(self, purpose: str, reference: Reference, version: int, holder: str, now: datetime) -> str:
        until = int((now + self.good_for).timestamp())
        return self.sealer.token(purpose, f"{reference}|{version}|{holder}|{until}")

    def read(self, purpose: str, token: str, now: datetime) -> Link:
        """What the link stands for. Raises LinkInvalid for one that is not ours, altered or expired."""
        try:
            reference, version, holder, until = self.sealer.read_token(purpose, token).split("|")
        except SealError:
            raise LinkInvalid from None
        expires = datetime.fromtimestamp(int(until), UTC)
        if now > expires:
            raise LinkInvalid
        return Link(Reference(reference), int(version), holder, expires)
