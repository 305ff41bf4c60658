"""A site: one school with everything made ready for its concerns. Declares what a store and a channel are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from connector.calendar import OpenHours
from connector.checking.check import Checker
from connector.forms import Parser
from connector.forms.proof import FormKeys
from connector.model.notice import Addressee, Filed, Notice, Receipt, Record
from connector.model.profile import PolicyProfile
from connector.settings.school import School


class Store(Protocol):
    """Restricted storage."""

    def file(self, record: Record) -> Filed:
        """File the record, the same one again without harm. Raises DeliveryError."""

    def check(self) -> None:
        """Prove that it can file. Raises DeliveryError or ConfigError with the mend."""


class Channel(Protocol):
    """A way of telling somebody."""

    def send(self, message: Notice | Receipt, to: Addressee) -> str:
        """Hand the message over and return how it was taken. Raises DeliveryError."""


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

    def profile(self, name: str) -> PolicyProfile | None:
        """The profile of that name, or None where no form uses it any more."""
        return next((form.checker.profile for form in self.forms.values() if form.checker.profile.name == name), None)
