"""Change notifications: subscriptions and their delivery (ms365.md 1.2; subscription pages of the Graph reference)."""

from __future__ import annotations

import re
import time
from datetime import datetime, timedelta
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote, urlsplit

import requests

from tests.tenant import bodies, contract, rights
from tests.tenant.answers import Answer, Call, collection, refuse
from tests.tenant.ids import guid, moment, stamp
from tests.tenant.people import Delivery, Subscription
from tests.tenant.store import Library

if TYPE_CHECKING:
    from tests.tenant.world import Tenant

_LONGEST, _SHORTEST = timedelta(minutes=42_300), timedelta(minutes=45)
_PATIENCE = 60.0
_CONTEXT = "subscriptions"
_DRIVE, _LIST = re.compile(r"^/?drives/([^/]+)/root$"), re.compile(r"^/?sites/([^/]+)/lists/([^/]+)$")
_NEEDED = ("changeType", "notificationUrl", "resource", "expirationDateTime")


def subscribe(fake: Tenant, call: Call) -> Answer:
    """POST /subscriptions. Both addresses are called before it is answered; drive roots and lists know `updated` only."""
    body = call.checked("subscription")
    for name in _NEEDED:
        if not body.get(name):
            refuse(400, "InvalidRequest", f"Property '{name}' is required.", contract_broken=True)
    if body["changeType"] != "updated":
        refuse(400, "InvalidRequest", "Supported change types for this resource: 'updated'.", contract_broken=True)
    if len(body.get("clientState") or "") > 128:
        refuse(400, "InvalidRequest", "clientState is longer than 128 characters.", contract_broken=True)
    _need_resource(fake, call, body["resource"])
    expires = _expiry(fake, body["expirationDateTime"])
    addresses = [body["notificationUrl"], body.get("lifecycleNotificationUrl") or ""]
    for each in filter(None, dict.fromkeys(addresses)):
        _validate(fake, each)
    made = Subscription(
        guid(), body["resource"], addresses[0], addresses[1], body.get("clientState") or "", expires, call.caller.app_id
    )
    fake.subscriptions[made.id] = made
    shown = {"@odata.context": bodies.context(fake, "subscriptions/$entity"), **made.body(stamp(expires))}
    return Answer(201, shown, "subscription")


def _need_resource(fake: Tenant, call: Call, resource: str) -> None:
    library = _library(fake, resource)
    if library is None:
        refuse(
            400, "InvalidRequest", f"Resource '{resource}' is not one that can be subscribed to.", contract_broken=True
        )
    rights.need_library(fake, call, library, "write", selected=fake.selected_can_subscribe)


def _library(fake: Tenant, resource: str) -> Library | None:
    if found := _DRIVE.match(resource):
        return fake.drive(unquote(found[1]))
    if found := _LIST.match(resource):
        site = fake.site_by_id(unquote(found[1]))
        return next((each for each in site.libraries.values() if each.list_id == found[2]), None) if site else None
    return None


def _expiry(fake: Tenant, text: str) -> datetime:
    """At most 42,300 minutes ahead; less than 45 is raised in silence (subscription resource)."""
    wanted, now = moment(text), fake.now()
    if wanted <= now:
        refuse(400, "InvalidRequest", "Subscription expiration is in the past.")
    if wanted - now > _LONGEST:
        refuse(
            400,
            "InvalidRequest",
            "Subscription expiration can only be 42300 minutes in the future.",
            contract_broken=True,
        )
    return max(wanted, now + _SHORTEST)


def _validate(fake: Tenant, url: str) -> None:
    """The handshake: POST ?validationToken=..., answered in time by 200, text/plain and the decoded token."""
    split = urlsplit(url)
    if split.scheme != "https" and not (split.scheme == "http" and _is_loopback(split.hostname or "")):
        refuse(400, "InvalidRequest", "notificationUrl must be an HTTPS address.", contract_broken=True)
    token = f"Validation: Testing client application reachability for subscription Request-Id: {guid()} + %/&"
    address = f"{url}{'&' if split.query else '?'}validationToken={quote(token, safe='')}"
    words = "Subscription validation request failed. "
    try:
        with requests.post(
            address, data=b"", headers={"Content-Type": "text/plain; charset=utf-8"}, timeout=fake.hook_patience
        ) as got:
            status, kind, text = got.status_code, got.headers.get("Content-Type", ""), got.text
    except requests.RequestException:
        refuse(400, "ValidationError", f"{words}The request timed out or could not connect.")
    if status != 200:
        refuse(400, "ValidationError", f"{words}Notification endpoint must respond with 200 OK to validation request.")
    if not kind.startswith("text/plain") or text != token:
        refuse(400, "ValidationError", f"{words}Must respond with the decoded token in plain text.")


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _live(fake: Tenant, call: Call) -> Subscription:
    found = fake.live_subscriptions().get(call.parts["subscription"])
    if found is None or found.app_id != call.caller.app_id:
        refuse(404, "ResourceNotFound", "The object was not found.")
    return found


def get_subscriptions(fake: Tenant, call: Call) -> Answer:
    """GET /subscriptions: those of this app that are alive."""
    mine = [
        each.body(stamp(each.expires))
        for each in fake.live_subscriptions().values()
        if each.app_id == call.caller.app_id
    ]
    return collection(bodies.context(fake, _CONTEXT), "subscription", mine)


def get_subscription(fake: Tenant, call: Call) -> Answer:
    """GET /subscriptions/{id}: 404 once it has expired."""
    found = _live(fake, call)
    return Answer(200, found.body(stamp(found.expires)), "subscription")


def renew(fake: Tenant, call: Call) -> Answer:
    """PATCH /subscriptions/{id} with a new expirationDateTime; that reauthorizes as well (lifecycle events page)."""
    found = _live(fake, call)
    body = call.checked("subscription")
    if set(body) - {"expirationDateTime", "notificationUrl"} or "expirationDateTime" not in body:
        refuse(
            400, "InvalidRequest", "Only expirationDateTime and notificationUrl can be updated.", contract_broken=True
        )
    _need_resource(fake, call, found.resource)
    found.expires = _expiry(fake, body["expirationDateTime"])
    if body.get("notificationUrl", found.notification_url) != found.notification_url:
        _validate(fake, body["notificationUrl"])
        found.notification_url = body["notificationUrl"]
    found.reauthorized += 1
    return Answer(200, found.body(stamp(found.expires)), "subscription")


def unsubscribe(fake: Tenant, call: Call) -> Answer:
    """DELETE /subscriptions/{id}: 204."""
    del fake.subscriptions[_live(fake, call).id]
    return Answer(204)


def reauthorize(fake: Tenant, call: Call) -> Answer:
    """POST /subscriptions/{id}/reauthorize: 204, no body asked for (subscription: reauthorize)."""
    found = _live(fake, call)
    if call.body:
        call.checked("action:reauthorize")
    found.reauthorized += 1
    return Answer(204)


def notices(fake: Tenant, lifecycle: str, only: str = "") -> list[Delivery]:
    """Delivers one notification (or lifecycle event) to each live subscription.

    Microsoft expects an answer within 10 s (S29); a busy machine is given more.
    """
    sent = []
    for each in list(fake.live_subscriptions().values()):
        url = each.lifecycle_url if lifecycle else each.notification_url
        if not url or (only and each.id != only):
            continue
        about: dict[str, Any] = {
            "subscriptionId": each.id,
            "subscriptionExpirationDateTime": stamp(each.expires),
            "tenantId": fake.tenant_id,
            "clientState": each.client_state or None,
        }
        about |= {"lifecycleEvent": lifecycle} if lifecycle else {"changeType": "updated", "resource": each.resource}
        if not lifecycle:
            about["resourceData"] = {"@odata.type": "#Microsoft.Graph.ListItem"}
        sent.append(deliver(fake, each.id, url, {"value": [about]}))
    return sent


def deliver(fake: Tenant, subscription: str, url: str, body: dict[str, Any]) -> Delivery:
    """Posts one collection of notifications, valid by the contract, and keeps status and latency (0 for no answer)."""
    if fault := contract.answer_fault("changeNotificationCollection", body):
        fake.complaints.append(f"own notification: {fault}")
    begun, status = time.monotonic(), 0
    try:
        with requests.post(url, json=body, timeout=_PATIENCE) as got:
            status = got.status_code
    except requests.RequestException:
        status = 0
    delivery = Delivery(subscription, url, body, status, time.monotonic() - begun)
    fake.deliveries.append(delivery)
    return delivery
