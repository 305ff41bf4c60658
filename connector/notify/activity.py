"""Teams' activity feed by Graph: a line on each person's own device (ms365.md 3.3). Beside mail, never instead."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from connector.errors import DeliveryError
from connector.model.notice import Addressee, Bulletin, Notice, Receipt
from connector.notify.words import heading_of
from connector.outbound.graph import Graph, path_of


@dataclass(frozen=True, slots=True)
class ActivityChannel:
    """`app_id` is the Teams app that people have installed; the line opens it."""

    graph: Graph
    app_id: str
    timeout_seconds: float

    def send(self, message: Notice | Receipt | Bulletin, to: Addressee) -> str:
        """Put the line into that person's feed. Raises VendorRefused, DeliveryError."""
        if not isinstance(message, Notice):
            raise DeliveryError("Only a notice goes to the activity feed.", permanent=True)
        self.graph.send(
            "POST", path_of("users", to.address, "teamwork", "sendActivityNotification"), self._line(message)
        )
        return "accepted 204"

    def _line(self, notice: Notice) -> dict[str, Any]:
        """`systemDefault` is reserved, so the app's manifest need not declare it."""
        said = f"{'URGENT. ' if notice.urgent else ''}{heading_of(notice)}: {notice.reference}"
        return {
            "topic": {
                "source": "text",
                "value": notice.reference,
                "webUrl": f"https://teams.microsoft.com/l/entity/{self.app_id}/concern",
            },
            "activityType": "systemDefault",
            "previewText": {"content": "See the e-mail of the same reference."},
            "templateParameters": [{"name": "systemDefaultText", "value": said}],
        }
