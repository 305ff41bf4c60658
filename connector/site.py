"""A site: one school with everything made ready for its concerns. Declares what a store and a channel are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from connector.calendar import OpenHours
from connector.checking.check import Checker
from connector.forms import Parser
from connector.forms.proof import FormKeys
from connector.forms.push_token import PushTrust
from connector.model.message import Message
from connector.model.notice import Addressee, Filed, Record
from connector.model.profile import PolicyProfile
from connector.model.source import Batch, Found, HintTerms, HistoryRule
from connector.model.standing import Verdict
from connector.outbound.google import Google
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

    def send(self, message: Message, to: Addressee) -> str:
        """Hand the message over and return how it was taken. Raises DeliveryError."""


class Source(Protocol):
    """A place from which responses are fetched. `asked_of` names whose allowance its questions use up."""

    @property
    def seconds(self) -> int:
        """How often it is asked."""

    @property
    def asked_of(self) -> str:
        """Whose allowance it uses up, or nothing where there is none to share."""

    @property
    def history(self) -> HistoryRule | None:
        """What becomes of what was there before us; None where all of it is new."""

    @property
    def hints(self) -> HintTerms | None:
        """On what terms it hints at what is new; None where it is not to."""

    def fetch(self, cursor: str, now: datetime) -> Batch:
        """What has come since that cursor; everything without one. Raises CursorLost, DeliveryError."""

    def everything(self) -> Batch:
        """Whatever is there, without a cursor and without reading it. Raises DeliveryError."""

    def read(self, found: Found) -> bytes:
        """The response as it lies there. Raises DeliveryError."""

    def settle(self, found: Found, record: str, *, filed: bool) -> None:
        """It is durable with us: keep it apart under the record's name, or where it is filed take it away."""

    def restricted(self) -> Verdict:
        """Can nobody read it who must not? Raises DeliveryError where that cannot be asked now."""

    def subscribe(self, address: str, secret: str, until: datetime) -> str:
        """Have hints sent to that address until then; the subscription's id. Raises VendorRefused, DeliveryError."""

    def renew(self, subscription: str, until: datetime) -> bool:
        """Have them go on; False where the platform has forgotten it. Raises VendorRefused, DeliveryError."""


class Library(Source, Protocol):
    """A source that holds the originals until they are taken away."""

    def clear(self, record: str) -> None:
        """The record is filed: take the original away. Raises DeliveryError."""

    def kept_apart(self) -> tuple[str, ...]:
        """The records whose originals are still kept apart."""

    def put(self, form: str, name: str, content: bytes) -> None:
        """Put a response there as the form does, for a drill. Raises DeliveryError."""


class FormReader(Protocol):
    """A form's structure as its platform tells it."""

    def structure(self) -> Verdict:
        """Does the form still ask what its map and its policy want? Raises DeliveryError."""

    def open(self) -> Verdict:
        """Does the form take responses? Raises DeliveryError."""


class Pull(Protocol):
    """Hints that wait for us to fetch them."""

    def wait(self) -> list[Mapping[str, Any]]:
        """The messages that have come, each once acknowledged; none after a while. Raises DeliveryError."""


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
    sources: Mapping[str, Source] = field(default_factory=dict)
    library: Library | None = None
    structures: Mapping[str, FormReader] = field(default_factory=dict)
    # Where the files of a form's answers lie.
    shelves: Mapping[str, FileShelf] = field(default_factory=dict)
    graph: Graph | None = None
    google: Google | None = None
    push: PushTrust | None = None
    pull: Pull | None = None

    def profile(self, name: str) -> PolicyProfile | None:
        """The profile of that name, or None where no form uses it any more."""
        return next((form.checker.profile for form in self.forms.values() if form.checker.profile.name == name), None)
