"""Pull subscriptions (google.md 1.5)."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from tests.workspace.answers import Answer, Call, broken, refuse
from tests.workspace.documents import Method
from tests.workspace.pubsub import Held, Subscription

if TYPE_CHECKING:
    from tests.workspace.world import Workspace


def _found(fake: Workspace, call: Call) -> Subscription:
    subscription = fake.pubsub.subscriptions.get(call.parts["subscription"])
    if call.caller.identity not in (subscription.subscribers if subscription else ()):
        if subscription is None and call.parts["subscription"].startswith(f"projects/{call.caller.project}/"):
            refuse(404, f"Resource not found (resource={call.parts['subscription'].rpartition('/')[2]}).")
        refuse(403, "User not authorized to perform this action.")
    assert subscription is not None
    return subscription


def get(fake: Workspace, call: Call, method: Method) -> Answer:
    """GET v1/{subscription}."""
    return Answer(_found(fake, call).body())


def pull(fake: Workspace, call: Call, method: Method) -> Answer:
    """POST v1/{subscription}:pull: waits a while for messages; with none the answer is empty."""
    most = call.data["maxMessages"]
    if most < 1:
        broken("Invalid value of maxMessages: it must be positive.")
    end = time.monotonic() + fake.pull_block
    while not (held := _take(fake, call, most)) and time.monotonic() < end and not call.data.get("returnImmediately"):
        time.sleep(0.01)
    return Answer({"receivedMessages": [fake.pubsub.message(each) for each in held]} if held else {})


def _take(fake: Workspace, call: Call, most: int) -> list[Held]:
    with fake.lock:
        subscription = _found(fake, call)
        if subscription.push_endpoint:
            refuse(400, "This method is not supported for this subscription type.", canonical="FAILED_PRECONDITION")
        fake.pubsub.settle()
        return subscription.take(most, fake.now())


def acknowledge(fake: Workspace, call: Call, method: Method) -> Answer:
    """POST v1/{subscription}:acknowledge."""
    subscription = _found(fake, call)
    ids = call.data["ackIds"]
    if not ids:
        broken("No ack IDs specified in the request.")
    for each in ids:
        if each not in subscription.ack_ids:
            broken(f"You have passed an invalid ack ID to the service (ack_id={each}).")
    subscription.acknowledge(ids, fake.now())
    return Answer({})
