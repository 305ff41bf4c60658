"""Teams' activity feed by Graph: a line on each person's own device (ms365.md 3.3). Beside mail, never instead."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from connector.errors import DeliveryError
from connector.model.message import Message, Shared
from connector.model.notice import Addressee, Bulletin, Notice, Receipt
from connector.model.standing import say_place
from connector.notify.words import heading_of
from connector.outbound.graph import Graph, path_of


@dataclass(frozen=True, slots=True)
class ActivityChannel:
    """`app_id` is the Teams app that people have installed; the line opens it."""

    graph: Graph
    app_id: str
    timeout_seconds: float

    def send(self, message: Message, to: Addressee) -> str:
        """Put the line into that person's feed. Raises VendorRefused, DeliveryError; a receipt goes by mail only."""
        if isinstance(message, Receipt):
            raise DeliveryError("A receipt does not go to the activity feed.", permanent=True)
        path = path_of("users", to.address, "teamwork", "sendActivityNotification")
        self.graph.send("POST", path, self._line(message), timeout_seconds=self.timeout_seconds)
        return "accepted 204"

    def _line(self, message: Shared) -> dict[str, Any]:
        """`systemDefault` is reserved, so the app's manifest need not declare it."""
        about = _about(message)
        urgent = "URGENT. " if isinstance(message, Notice) and message.urgent else ""
        return {
            "topic": {
                "source": "text",
                "value": about,
                "webUrl": f"https://teams.microsoft.com/l/entity/{self.app_id}/concern",
            },
            "activityType": "systemDefault",
            "previewText": {"content": "See the e-mail about the same."},
            "templateParameters": [{"name": "systemDefaultText", "value": f"{urgent}{heading_of(message)}: {about}"}],
        }


def _about(message: Shared) -> str:
    """A concern by its reference, a bulletin by its place, the daily message by its school."""
    match message:
        case Notice():
            return message.reference
        case Bulletin():
            return say_place(message.place)
        case _:
            return message.school
