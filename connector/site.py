"""A site: one school with everything made ready for its concerns. Declares what a store and a channel are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from connector.calendar import OpenHours
from connector.checking.check import Checker
from connector.forms import Parser
from connector.forms.proof import FormKeys
from connector.model.notice import Addressee, Bulletin, Filed, Notice, Receipt, Record
from connector.model.profile import PolicyProfile
from connector.model.source import Batch, Found
from connector.model.standing import Verdict
from connector.outbound.graph import Graph
from connector.settings.school import School


class Store(Protocol):
    """Restricted storage. `seals`: what lies there is sealed to its readers, whoever can see the place."""

    @property
    def seals(self) -> bool:
        """True where who can see the place does not matter."""

    def file(self, record: Record) -> Filed:
        """File the record, the same one again without harm. Raises DeliveryError."""

    def check(self) -> None:
        """Prove that it can file. Raises DeliveryError or ConfigError with the mend."""

    def restricted(self) -> Verdict:
        """Can nobody read it who must not? Raises DeliveryError where that cannot be asked now."""

    def link(self, record: str, not_for: frozenset[str]) -> str:
        """Where a person opens that record, or nothing where the store has no such place."""


class Channel(Protocol):
    """A way of telling somebody."""

    def send(self, message: Notice | Receipt | Bulletin, to: Addressee) -> str:
        """Hand the message over and return how it was taken. Raises DeliveryError."""


class Source(Protocol):
    """A place from which responses are fetched."""

    def fetch(self, cursor: str) -> Batch:
        """What has come since that cursor; everything without one. Raises CursorLost, DeliveryError."""

    def read(self, found: Found) -> bytes:
        """The response as it lies there. Raises DeliveryError."""

    def settle(self, found: Found, record: str, *, filed: bool) -> None:
        """It is durable with us: keep it apart under the record's name, or where it is filed take it away."""

    def clear(self, record: str) -> None:
        """The record is filed: take the original away. Raises DeliveryError."""

    def kept_apart(self) -> tuple[str, ...]:
        """The records whose originals are still kept apart."""

    def put(self, form: str, name: str, content: bytes) -> None:
        """Put a response there as the form does, for a drill. Raises DeliveryError."""

    def restricted(self) -> Verdict:
        """Can nobody read it who must not? Raises DeliveryError where that cannot be asked now."""

    def subscribe(self, address: str, secret: str, until: datetime) -> str:
        """Have hints sent to that address until then; the subscription's id. Raises VendorRefused, DeliveryError."""

    def renew(self, subscription: str, until: datetime) -> bool:
        """Have them go on; False where the platform has forgotten it. Raises VendorRefused, DeliveryError."""


class FileShelf(Protocol):
    """Where a form's platform keeps the files of its answers."""

    def fetch(self, drive: str, item: str) -> bytes:
        """The file's bytes. Raises VendorRefused, DeliveryError."""


@dataclass(frozen=True, slots=True)
class FormParts:
    """One form made ready."""

    title: str
    parse: Parser
    checker: Checker
    keys: FormKeys


@dataclass(frozen=True, slots=True)
class Site:
    """One school made ready."""

    slug: str
    school: School
    forms: Mapping[str, FormParts]
    stores: Mapping[str, Store]
    channels: Mapping[str, Channel]
    hours: OpenHours | None
    source: Source | None = None
    files: FileShelf | None = None
    graph: Graph | None = None

    def profile(self, name: str) -> PolicyProfile | None:
        """The profile of that name, or None where no form uses it any more."""
        return next((form.checker.profile for form in self.forms.values() if form.checker.profile.name == name), None)
