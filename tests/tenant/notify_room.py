"""Mail, the activity feed and the Workflows webhook (ms365.md section 3)."""

from __future__ import annotations

import base64
import binascii
import hmac
import json
import re
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import getaddresses
from typing import TYPE_CHECKING, Any

import jwt

from connector.demo.catchers import card_fault
from tests.tenant import rights
from tests.tenant.answers import Answer, Call, refuse
from tests.tenant.keys import FLOW
from tests.tenant.people import Activity, Mail

if TYPE_CHECKING:
    from tests.tenant.world import Tenant

_CARD_CODES = {413: "RequestEntityTooLarge", 415: "UnsupportedMediaType"}
_TOPIC = "https://teams.microsoft.com/l/"
_RECIPIENTS = ("toRecipients", "ccRecipients", "bccRecipients")


def send_mail(fake: Tenant, call: Call) -> Answer:
    """POST /users/{mailbox}/sendMail (user: sendMail): 202, empty. Mail.Send in the token or Exchange RBAC, a union."""
    mailbox = call.parts["user"].lower()
    if mailbox not in fake.mailboxes:
        if "Mail.Send" not in call.caller.roles and not fake.app.mailboxes:
            refuse(403, "ErrorAccessDenied", "Access is denied. Check credentials and try again.")
        refuse(404, "ErrorInvalidUser", f"The requested user '{call.parts['user']}' is invalid.")
    if "Mail.Send" not in call.caller.roles and mailbox not in {each.lower() for each in fake.app.mailboxes}:
        refuse(403, "ErrorAccessDenied", "Access is denied. Check credentials and try again.")
    kind = call.header("Content-Type").partition(";")[0].strip().lower()
    if kind == "text/plain":
        fake.mails.append(_mime(mailbox, call.body))
        return Answer(202)
    fake.mails.append(_json(mailbox, call))
    return Answer(202)


def _mime(mailbox: str, body: bytes) -> Mail:
    """MIME in base64 (user: sendMail, example of MIME format)."""
    try:
        raw = base64.b64decode(b"".join(body.split()), validate=True)
    except (binascii.Error, ValueError):
        refuse(
            400, "ErrorMimeContentInvalidBase64String", "Invalid base64 string for MIME content.", contract_broken=True
        )
    message = message_from_bytes(raw, policy=policy.default)
    assert isinstance(message, EmailMessage)
    senders = [address.lower() for _, address in getaddresses(message.get_all("From", []))]
    if senders != [mailbox]:
        words = "The user account which was used to submit this request does not have the right to send mail on behalf of the specified sending account."
        refuse(403, "ErrorSendAsDenied", words)
    named = [str(each) for name in ("To", "Cc", "Bcc") for each in message.get_all(name, [])]
    recipients = tuple(address for _, address in getaddresses(named) if address)
    if not message.get_all("To") or not recipients:
        refuse(400, "ErrorInvalidRecipients", "At least one recipient isn't valid.", contract_broken=True)
    if message.defects:
        refuse(400, "ErrorMimeContentInvalid", f"The MIME is broken: {message.defects[0]!r}", contract_broken=True)
    return Mail(mailbox, senders[0], recipients, raw)


def _json(mailbox: str, call: Call) -> Mail:
    body = call.checked("action:sendMail")
    message = body.get("message")
    if not isinstance(message, dict):
        refuse(400, "ErrorInvalidRequest", "The message is missing.", contract_broken=True)
    found = [each for name in _RECIPIENTS for each in message.get(name) or []]
    recipients = tuple((each.get("emailAddress") or {}).get("address") or "" for each in found)
    if not recipients or not all("@" in each for each in recipients):
        refuse(400, "ErrorInvalidRecipients", "At least one recipient isn't valid.", contract_broken=True)
    _check_headers(message)
    sender = ((message.get("from") or {}).get("emailAddress") or {}).get("address") or mailbox
    if sender.lower() != mailbox:
        refuse(
            403, "ErrorSendAsDenied", "The user account does not have the right to send mail on behalf of that account."
        )
    return Mail(mailbox, sender, recipients, body=body)


def _check_headers(message: dict[str, Any]) -> None:
    for each in message.get("internetMessageHeaders") or []:
        if not str(each.get("name", "")).lower().startswith("x-"):
            words = f"The internet message header name '{each.get('name')}' should start with 'x-' or 'X-'."
            refuse(400, "InvalidInternetMessageHeader", words, contract_broken=True)


def send_activity(fake: Tenant, call: Call) -> Answer:
    """POST /users/{id}/teamwork/sendActivityNotification: 204 (S90). Without the app for that user 403."""
    rights.need_role(call, "TeamsActivity.Send", "TeamsActivity.Send.User")
    body = call.checked("action:sendActivityNotification")
    topic, parameters = body.get("topic") or {}, body.get("templateParameters") or []
    if not topic.get("value") or topic.get("source") not in {"text", "entityUrl"} or not body.get("activityType"):
        refuse(400, "BadRequest", "topic (source, value) and activityType are needed.", contract_broken=True)
    if topic["source"] == "text" and not str(topic.get("webUrl") or "").startswith(_TOPIC):
        refuse(400, "BadRequest", f"topic.webUrl must begin with {_TOPIC}", contract_broken=True)
    if body["activityType"] != "systemDefault":
        refuse(
            400,
            "BadRequest",
            f"Activity type '{body['activityType']}' is not declared in the manifest.",
            contract_broken=True,
        )
    if [each.get("name") for each in parameters] != ["systemDefaultText"] or not parameters[0].get("value"):
        refuse(400, "BadRequest", "systemDefault takes one parameter, systemDefaultText.", contract_broken=True)
    asked = call.parts["user"].lower()
    user = next((each for each in fake.users.values() if asked in {each.id, each.address}), None)
    if user is None:
        refuse(404, "NotFound", "User was not found.")
    if not user.has_app:
        words = f"Application with AAD App Id '{fake.app.client_id}' is not authorized to generate custom text notifications to the recipient. Ensure that the expected Teams app is installed in the target scope."
        refuse(403, "Forbidden", words)
    fake.activities.append(Activity(user.address, body))
    return Answer(204)


def webhook(fake: Tenant, call: Call) -> Answer:
    """POST to a flow's trigger: 202, empty, which is "accepted" and no more (ms365.md 3.2)."""
    flow = fake.flows.get(call.parts["flow"])
    if flow is None:
        refuse(404, "WorkflowNotFound", "The workflow could not be found.")
    if call.query.get("api-version") != "1":
        refuse(400, "MissingApiVersionParameter", "The api-version query parameter (?api-version=) is required.")
    if flow.signature:
        right = call.query.get("sp") == "/triggers/manual/run" and call.query.get("sv") == "1.0"
        if not right or not hmac.compare_digest(call.query.get("sig", ""), flow.signature):
            refuse(401, "DirectApiAuthorizationRequired", "The request must be authenticated by Shared Access scheme.")
    elif not _tenant_token(fake, call):
        words = (
            "One or more claims either missing or does not match with the open authentication access control policy."
        )
        refuse(401, "MisMatchingOAuthClaims", words)
    status, fault = card_fault(call.body, call.header("Content-Type"))
    if fault:
        refuse(status, _CARD_CODES.get(status, "TriggerInputSchemaMismatch"), fault, contract_broken=True)
    fake.cards.append(json.loads(call.body))
    return Answer(202)


def _tenant_token(fake: Tenant, call: Call) -> bool:
    """ "Any user in my tenant": aud exactly https://service.flow.microsoft.com/, slash and all, tid and oid (S74)."""
    found = re.match(r"^Bearer (\S+)$", call.header("Authorization"))
    if not found:
        return False
    try:
        claims = fake.keys.read(found[1])
    except jwt.InvalidTokenError:
        return False
    right = claims.get("aud") == FLOW and claims.get("tid") == fake.tenant_id and claims.get("oid")
    return bool(right) and claims["exp"] > fake.now().timestamp()
