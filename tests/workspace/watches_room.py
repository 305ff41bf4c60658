"""The watches of a form (google.md 1.5)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tests.workspace import access
from tests.workspace.answers import Answer, Call, broken, refuse
from tests.workspace.documents import Method
from tests.workspace.forms import Form
from tests.workspace.forms_room import found
from tests.workspace.pubsub import FORMS_PUBLISHER, WEEK, Watch

if TYPE_CHECKING:
    from tests.workspace.world import Workspace

_TOPIC = re.compile(r"^projects/([^/]+)/topics/[^/]+$")
_WATCH_ID = re.compile(r"^[a-z-]{4,63}$")
_DUPLICATE = "A watch for the given end user, project, form, and event type already exists."
_GONE = "Watch not found or permission denied."


def create(fake: Workspace, call: Call, method: Method) -> Answer:
    """POST …/watches: 7 days, one for each end user, project, form and event type."""
    event = call.data["watch"]["eventType"]
    form = _form(fake, call, method, event)
    topic = _topic(fake, call)
    watch_id = call.data.get("watchId") or fake.fresh(size=4)
    if "watchId" in call.data and not _WATCH_ID.match(call.data["watchId"]):
        broken("Invalid watch ID: 4-63 characters, a-z and dashes.")
    user, project, now = call.caller.identity, call.caller.project, fake.now()
    for each in fake.pubsub.live(form.id):
        if (each.user, each.project, each.event) == (user, project, event):
            refuse(400, _DUPLICATE, canonical="FAILED_PRECONDITION")
        if each.id == watch_id:
            refuse(409, "Requested entity already exists")
    made = Watch(watch_id, form.id, topic, event, user, project, now, now + WEEK)
    fake.pubsub.watches.append(made)
    return Answer(made.body())


def _form(fake: Workspace, call: Call, method: Method, event: str) -> Form:
    """For RESPONSES the token must reach responses, and its bearer must be an editor (1.1, 1.7)."""
    if event == "EVENT_TYPE_UNSPECIFIED":
        broken("Invalid event type.")
    if event == "SCHEMA":
        return found(fake, call, method, "reader")
    if not access.has(call.caller, "drive", "drive.file", "forms.responses.readonly"):
        access.insufficient(method)
    return found(fake, call, method, "writer")


def _topic(fake: Workspace, call: Call) -> str:
    """The topic is in the caller's project, is there, and lets Forms publish."""
    name = str(call.data["watch"]["target"].get("topic", {}).get("topicName", ""))
    hit = _TOPIC.match(name)
    if hit is None:
        broken("Invalid topic name.")
    if hit[1] != call.caller.project:
        refuse(400, "The topic must be in the project of the caller.")
    topic = fake.pubsub.topics.get(name)
    if topic is None:
        refuse(400, f"Topic {name} was not found.")
    if FORMS_PUBLISHER not in topic.publishers:
        refuse(403, f"The service account {FORMS_PUBLISHER} may not publish to {name}.")
    return name


def list_watches(fake: Workspace, call: Call, method: Method) -> Answer:
    """GET …/watches: those of the calling project."""
    form = found(fake, call, method, "reader")
    mine = [each for each in fake.pubsub.live(form.id) if each.project == call.caller.project]
    return Answer({"watches": [each.body() for each in mine]} if mine else {})


def _mine(fake: Workspace, call: Call) -> Watch | None:
    for each in fake.pubsub.live(call.parts["formId"]):
        if each.id == call.parts["watchId"] and each.project == call.caller.project:
            return each
    return None


def renew(fake: Workspace, call: Call, method: Method) -> Answer:
    """POST …:renew: seven days from now, same id and createTime; after expiry NOT_FOUND."""
    form = found(fake, call, method, "reader")
    watch = _mine(fake, call)
    if watch is None:
        refuse(404, "Requested entity was not found.")
    if watch.error and not (watch.cause_gone and form.file.rank(watch.user) >= 3):
        refuse(400, "The cause of the watch's error is still there.", canonical="FAILED_PRECONDITION")
    watch.state, watch.error, watch.expires = "ACTIVE", "", fake.now() + WEEK
    return Answer(watch.body())


def delete(fake: Workspace, call: Call, method: Method) -> Answer:
    """DELETE …: an absent one is 403, whoever asks."""
    found(fake, call, method, "reader")
    watch = _mine(fake, call)
    if watch is None:
        refuse(403, _GONE)
    fake.pubsub.watches.remove(watch)
    return Answer({})
