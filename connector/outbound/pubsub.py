"""Pub/Sub by pulling, for a service that nobody can reach from outside (google.md 1.5)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from connector.errors import DeliveryError
from connector.outbound.google import PUBSUB_SCOPES, Google, How
from connector.outbound.http import TimedOut

# An empty pull is answered only when something comes; a service that stops must not wait long for that.
_WAIT_SECONDS = 15.0
_MOST = 100


@dataclass(frozen=True, slots=True)
class PullSubscription:
    """One subscription, `projects/<project>/subscriptions/<name>`."""

    google: Google
    name: str

    def wait(self) -> list[Mapping[str, Any]]:
        """The messages that have come within some seconds, acknowledged. Raises VendorRefused, DeliveryError.

        Acknowledged before they are acted on: they are hints, and what they hint at is found by polling anyway.
        """
        there = self.google.api("pubsub").projects().subscriptions()
        request = there.pull(subscription=self.name, body={"maxMessages": _MOST})
        try:
            found = self.google.ask(request, PUBSUB_SCOPES, How(timeout_seconds=_WAIT_SECONDS))
        except TimedOut:
            return []
        received = [one for one in _list(found, "receivedMessages") if isinstance(one, Mapping)]
        ids = [one["ackId"] for one in received if one.get("ackId")]
        if ids:
            self.google.ask(there.acknowledge(subscription=self.name, body={"ackIds": ids}), PUBSUB_SCOPES)
        return [one["message"] for one in received if isinstance(one.get("message"), Mapping)]

    def check(self) -> Mapping[str, Any]:
        """What Pub/Sub says of the subscription. Raises VendorRefused, DeliveryError."""
        found = self.google.ask(
            self.google.api("pubsub").projects().subscriptions().get(subscription=self.name), PUBSUB_SCOPES
        )
        if not isinstance(found, Mapping):
            raise DeliveryError("Google's answer could not be read.")
        return found


def _list(found: Any, name: str) -> list[Any]:
    there = found.get(name) if isinstance(found, Mapping) else None
    return there if isinstance(there, list) else []
