"""Pub/Sub as far as Forms needs it, and the watches that publish there (google.md 1.5)."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from tests.workspace.stamps import micros, millis

if TYPE_CHECKING:
    from tests.workspace.forms import Form
    from tests.workspace.world import Workspace

FORMS_PUBLISHER = "forms-notifications@system.gserviceaccount.com"
WEEK = timedelta(days=7)
_THROTTLE = timedelta(seconds=30)


@dataclass(slots=True, eq=False)
class Watch:
    """One watch. Tests may set `state` to SUSPENDED with an `error`, and `cause_gone` False so that renewal fails."""

    id: str
    form_id: str
    topic: str
    event: str
    user: str
    project: str
    created: datetime
    expires: datetime
    state: str = "ACTIVE"
    error: str = ""
    cause_gone: bool = True
    last: datetime | None = None
    pending: bool = False

    def suspend(self, error: str = "NO_USER_ACCESS", cause_gone: bool = False) -> None:
        """Puts it out of work."""
        self.state, self.error, self.cause_gone = "SUSPENDED", error, cause_gone

    def body(self) -> dict[str, Any]:
        """As the API gives it."""
        found = {
            "id": self.id,
            "target": {"topic": {"topicName": self.topic}},
            "eventType": self.event,
            "createTime": micros(self.created),
            "expireTime": micros(self.expires),
            "state": self.state,
        }
        return found | ({"errorType": self.error} if self.error else {})


@dataclass(slots=True)
class Topic:
    """A topic and who may publish there."""

    name: str
    publishers: set[str]


@dataclass(frozen=True, slots=True)
class Notification:
    """One message of a watch: attributes only."""

    topic: str
    attributes: dict[str, str]
    message_id: str
    at: datetime


@dataclass(slots=True)
class Held:
    """One message in a subscription, and until when it is out for delivery."""

    message: Notification
    ack_id: str = ""
    until: datetime | None = None


@dataclass(slots=True, eq=False)
class Subscription:
    """One subscription; `subscribers` may use it."""

    name: str
    topic: str
    subscribers: set[str]
    ack_seconds: int = 10
    push_endpoint: str = ""
    push_account: str = ""
    audience: str = ""
    never_expires: bool = True
    held: list[Held] = field(default_factory=list)
    ack_ids: set[str] = field(default_factory=set)

    def take(self, most: int, now: datetime) -> list[Held]:
        """Hands out what is not out already; unacknowledged ones come again after the deadline."""
        due = [each for each in self.held if each.until is None or each.until <= now][:most]
        for each in due:
            each.ack_id, each.until = secrets.token_urlsafe(40), now + timedelta(seconds=self.ack_seconds)
            self.ack_ids.add(each.ack_id)
        return due

    def acknowledge(self, ack_ids: Iterable[str], now: datetime) -> None:
        """Forgets what is acknowledged in time; too late counts for nothing."""
        gone = set(ack_ids)
        self.held = [each for each in self.held if each.ack_id not in gone or (each.until or now) <= now]

    def body(self) -> dict[str, Any]:
        """As subscriptions.get gives it."""
        push: dict[str, Any] = {}
        if self.push_endpoint:
            token = {"serviceAccountEmail": self.push_account} | ({"audience": self.audience} if self.audience else {})
            push = {"pushEndpoint": self.push_endpoint} | ({"oidcToken": token} if self.push_account else {})
        return {
            "name": self.name,
            "topic": self.topic,
            "pushConfig": push,
            "ackDeadlineSeconds": self.ack_seconds,
            "messageRetentionDuration": "604800s",
            "expirationPolicy": {} if self.never_expires else {"ttl": "2678400s"},
            "state": "ACTIVE",
        }


class PubSub:
    """Topics, subscriptions and watches."""

    def __init__(self, fake: Workspace) -> None:
        self.fake = fake
        self.topics: dict[str, Topic] = {}
        self.subscriptions: dict[str, Subscription] = {}
        self.watches: list[Watch] = []
        self.notifications: list[Notification] = []

    def topic(self, name: str, publishers: Iterable[str] | None) -> Topic:
        """The topic, made where missing."""
        full = name if name.startswith("projects/") else f"projects/{self.fake.project}/topics/{name}"
        known = {FORMS_PUBLISHER} if publishers is None else set(publishers)
        return self.topics.setdefault(full, Topic(full, known))

    def subscription(self, topic: Topic, name: str, subscribers: Iterable[str] = (), **more: Any) -> Subscription:
        """The subscription, made where missing."""
        full = f"projects/{self.fake.project}/subscriptions/{name}"
        return self.subscriptions.setdefault(full, Subscription(full, topic.name, set(subscribers), **more))

    def live(self, form_id: str = "") -> list[Watch]:
        """The watches that have not expired."""
        now = self.fake.now()
        self.watches = [each for each in self.watches if each.expires > now]
        return [each for each in self.watches if form_id in {"", each.form_id}]

    def event(self, form: Form, kind: str) -> None:
        """Something happened to a form: each watch of the kind has a notification to publish."""
        for watch in self.live(form.id):
            if watch.event == kind and watch.state == "ACTIVE":
                watch.pending = True
        self.settle()

    def settle(self) -> None:
        """Publishes what is due: one notification in thirty seconds for each watch, standing for several events."""
        now = self.fake.now()
        for watch in self.live():
            if watch.pending and (watch.last is None or now - watch.last >= _THROTTLE):
                self._publish(watch, now)

    def _publish(self, watch: Watch, now: datetime) -> None:
        form = self.fake.forms[watch.form_id]
        watch.pending = False
        if form.file.rank(watch.user) < 3:  # google.md 1.7: the user lost edit access
            watch.suspend("NO_USER_ACCESS", cause_gone=True)
            return
        watch.last = now
        names = {"eventType": watch.event, "formId": watch.form_id, "watchId": watch.id}
        made = Notification(watch.topic, names, str(self.fake.chance.randrange(10**11, 10**12)), now)
        self.notifications.append(made)
        for each in self.subscriptions.values():
            if each.topic == watch.topic:
                each.held.append(Held(made))

    def message(self, held: Held) -> dict[str, Any]:
        """A message as a pull gives it."""
        return {
            "ackId": held.ack_id,
            "message": {
                "attributes": held.message.attributes,
                "messageId": held.message.message_id,
                "publishTime": millis(held.message.at),
            },
        }
