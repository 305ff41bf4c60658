"""The fake tenant refuses what Microsoft refuses: change notifications, mail, cards, the activity feed; faults and costs."""

from __future__ import annotations

import base64
import json
import threading
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from tests.tenant import contract, tenant
from tests.tenant.ids import moment, stamp
from tests.tenant_asking import (
    ACTIVITY,
    CARD,
    MAILBOX,
    School,
    ask,
    asked_school,
    drained,
    refused,
)

__all__ = ["asked_school"]


# -- change notifications --------------------------------------------------------------------------------------------


@dataclass
class Listener:
    """Our side of the handshake, right or wrong."""

    url: str = ""
    how: str = "right"
    seen: list[dict[str, Any]] = field(default_factory=list)


@pytest.fixture
def listener() -> Iterator[Listener]:
    found = Listener()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            token = parse_qs(urlsplit(self.path).query).get("validationToken", [""])[0]
            if found.how == "slow":
                time.sleep(1)
            if not token:
                found.seen.append(json.loads(body))
            text = urlsplit(self.path).query.partition("=")[2] if found.how == "encoded" else token
            self.send_response(202 if found.how == "status" or not token else 200)
            self.send_header("Content-Type", "text/html" if found.how == "html" else "text/plain; charset=utf-8")
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = False
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    found.url = f"http://127.0.0.1:{server.server_port}/graph/notify"
    yield found
    server.shutdown()
    server.server_close()
    thread.join()


def wish(school: School, listener: Listener, **changes: Any) -> dict[str, Any]:
    values = {
        "changeType": "updated", "notificationUrl": listener.url, "lifecycleNotificationUrl": listener.url,
        "resource": f"drives/{school.library.drive_id}/root", "clientState": "secret",
        "expirationDateTime": stamp(school.fake.now() + timedelta(minutes=42_000)),
    }  # fmt: skip
    return {key: value for key, value in (values | changes).items() if value is not None}


def test_a_subscription_lives_is_renewed_and_ends(school: School, listener: Listener) -> None:
    made = school("POST", "/subscriptions", json=wish(school, listener))
    assert made.status_code == 201, made.text
    assert (made.json()["clientState"], made.json()["applicationId"]) == ("secret", school.fake.app.client_id)
    path = f"/subscriptions/{made.json()['id']}"
    assert len(school("GET", "/subscriptions").json()["value"]) == 1
    [delivery] = school.fake.notify()
    assert (delivery.status, delivery.body["value"][0]["clientState"]) == (202, "secret")
    school.fake.lifecycle("reauthorizationRequired")
    assert [each["value"][0].get("lifecycleEvent") for each in listener.seen] == [None, "reauthorizationRequired"]
    assert school("POST", f"{path}/reauthorize").status_code == 204
    short = school("PATCH", path, json={"expirationDateTime": stamp(school.fake.now() + timedelta(minutes=5))})
    assert moment(short.json()["expirationDateTime"]) >= school.fake.now() + timedelta(minutes=44)
    refused(
        school(
            "PATCH", path, json={"clientState": "x", "expirationDateTime": stamp(school.fake.now() + timedelta(days=1))}
        ),
        400,
        "InvalidRequest",
    )
    school.fake.clock = lambda: datetime.now(UTC) + timedelta(minutes=46)
    refused(school("GET", path), 404, "ResourceNotFound")
    assert school.fake.notify() == []


def test_a_list_can_be_watched_and_a_subscription_deleted(school: School, listener: Listener) -> None:
    resource = f"sites/{school.library.site.id}/lists/{school.library.list_id}"
    made = school(
        "POST", "/subscriptions", json=wish(school, listener, resource=resource, lifecycleNotificationUrl=None)
    )
    assert school.fake.lifecycle() == []
    assert school("DELETE", f"/subscriptions/{made.json()['id']}").status_code == 204
    refused(school("DELETE", f"/subscriptions/{made.json()['id']}"), 404, "ResourceNotFound")


@pytest.mark.parametrize("how", ["slow", "encoded", "status", "html"])
def test_a_subscription_needs_the_handshake(school: School, listener: Listener, how: str) -> None:
    listener.how, school.fake.hook_patience = how, 0.3
    refused(school("POST", "/subscriptions", json=wish(school, listener)), 400, "ValidationError")
    assert not school.fake.subscriptions


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"changeType": "created"}, "InvalidRequest"),
        ({"changeType": None}, "InvalidRequest"),
        ({"resource": "me/messages"}, "InvalidRequest"),
        ({"notificationUrl": "http://intake.school.example/graph"}, "InvalidRequest"),
        ({"expirationDateTime": "tomorrow"}, "invalidRequest"),
        ({"clientState": "x" * 129}, "InvalidRequest"),
        ({"clientstate": "x"}, "invalidRequest"),
        ({"notificationUrl": "http://127.0.0.1:9/nobody"}, "ValidationError"),
    ],
)
def test_a_wrong_subscription_is_refused(
    school: School, listener: Listener, changes: dict[str, Any], code: str
) -> None:
    refused(school("POST", "/subscriptions", json=wish(school, listener, **changes)), 400, code)


@pytest.mark.parametrize("minutes", [42_310, -1])
def test_a_subscription_ends_neither_too_late_nor_in_the_past(school: School, listener: Listener, minutes: int) -> None:
    ends = stamp(school.fake.now() + timedelta(minutes=minutes))
    refused(
        school("POST", "/subscriptions", json=wish(school, listener, expirationDateTime=ends)), 400, "InvalidRequest"
    )


def test_a_selected_app_may_not_be_let_to_subscribe(school: School, listener: Listener) -> None:
    school.fake.selected_can_subscribe = False
    refused(school("POST", "/subscriptions", json=wish(school, listener)), 403, "accessDenied")


# -- mail, activity feed, cards --------------------------------------------------------------------------------------


def mime(sender: str = MAILBOX, to: str = "dsl@school.example") -> bytes:
    mail = EmailMessage()
    mail["From"], mail["Subject"], mail["Message-ID"] = sender, "Geprüft: a concern", "<c-1@school.example>"
    if to:
        mail["To"] = to
    mail.set_content("plain")
    mail.add_alternative("<p>html</p>", subtype="html")
    return base64.b64encode(mail.as_bytes())


@pytest.fixture
def poster(school: School) -> School:
    school.fake.mailbox(MAILBOX)
    school.fake.app.mailboxes.add(MAILBOX)
    return school


def send(school: School, body: bytes, mailbox: str = MAILBOX) -> requests.Response:
    return school("POST", f"/users/{mailbox}/sendMail", data=body, headers={"Content-Type": "text/plain"})


def test_mail_goes_as_mime_from_the_one_mailbox_in_scope(poster: School) -> None:
    answer = send(poster, mime())
    assert (answer.status_code, answer.content) == (202, b"")
    [mail] = poster.fake.mails
    assert (mail.mailbox, mail.recipients, mail.message["Message-ID"]) == (
        MAILBOX,
        ("dsl@school.example",),
        "<c-1@school.example>",
    )
    assert (mail.part("plain").strip(), mail.part("html").strip()) == ("plain", "<p>html</p>")
    assert poster.fake.resource_units() == 0


def test_mail_out_of_scope_unknown_or_in_another_name_is_refused(poster: School) -> None:
    poster.fake.mailbox("head@school.example")
    refused(send(poster, mime("head@school.example"), "head@school.example"), 403, "ErrorAccessDenied")
    refused(send(poster, mime(), "nobody@school.example"), 404, "ErrorInvalidUser")
    refused(send(poster, mime("head@school.example")), 403, "ErrorSendAsDenied")
    refused(send(poster, b"no base64!"), 400, "ErrorMimeContentInvalidBase64String")
    refused(send(poster, mime(to="")), 400, "ErrorInvalidRecipients")
    poster.fake.app.mailboxes.clear()
    refused(send(poster, mime()), 403, "ErrorAccessDenied")
    poster.fake.app.roles.add("Mail.Send")
    poster.again()
    assert send(poster, mime("head@school.example"), "head@school.example").status_code == 202


def test_mail_as_json_is_held_to_the_contract(poster: School) -> None:
    message = {
        "subject": "x",
        "importance": "high",
        "body": {"contentType": "Text", "content": "x"},
        "toRecipients": [{"emailAddress": {"address": "dsl@school.example"}}],
    }

    def post(**changes: Any) -> requests.Response:
        return poster(
            "POST", f"/users/{MAILBOX}/sendMail", json={"message": message | changes, "saveToSentItems": False}
        )

    assert post().status_code == 202
    assert poster.fake.mails[0].recipients == ("dsl@school.example",)
    refused(post(importance="urgent"), 400, "invalidRequest")
    refused(post(subjekt="x"), 400, "invalidRequest")
    refused(post(toRecipients=[]), 400, "ErrorInvalidRecipients")
    refused(post(internetMessageHeaders=[{"name": "Reference", "value": "x"}]), 400, "InvalidInternetMessageHeader")
    assert len(poster.fake.complaints) == 4


def test_a_fifth_mail_at_once_is_too_many(poster: School) -> None:
    # None of them is answered before all five have come.
    poster.fake.fail("sendMail", meet=threading.Barrier(5), times=None)
    statuses: list[int] = []
    threads = [threading.Thread(target=lambda: statuses.append(send(poster, mime()).status_code)) for _ in range(5)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(statuses) == [202, 202, 202, 202, 429]


def test_the_activity_feed_takes_the_one_form_that_works_without_a_manifest(school: School) -> None:
    path = "/users/dsl@school.example/teamwork/sendActivityNotification"
    school.fake.user("dsl@school.example")
    refused(school("POST", path, json=ACTIVITY), 403, "Forbidden")
    school.fake.app.roles.add("TeamsActivity.Send.User")
    school.again()
    assert school("POST", path, json=ACTIVITY).status_code == 204
    assert [each.user for each in school.fake.activities] == ["dsl@school.example"]
    topic = {"source": "text", "value": "x", "webUrl": "https://records.example/"}
    refused(school("POST", path, json=ACTIVITY | {"topic": topic}), 400, "BadRequest", "webUrl")
    refused(
        school("POST", path, json=ACTIVITY | {"templateParameters": [{"name": "text", "value": "x"}]}),
        400,
        "BadRequest",
    )
    refused(school("POST", path, json=ACTIVITY | {"activityType": "concern"}), 400, "BadRequest")
    refused(school("POST", path, json=ACTIVITY | {"preview": "x"}), 400, "invalidRequest")
    refused(school("POST", path.replace("dsl", "nobody"), json=ACTIVITY), 404, "NotFound")
    school.fake.user("dsl@school.example", has_app=False)
    refused(school("POST", path, json=ACTIVITY), 403, "Forbidden", "installed")


def test_a_card_goes_to_a_flow_that_knows_its_signature(school: School) -> None:
    url = school.fake.flow()
    answer = school("POST", url, json=CARD)
    assert (answer.status_code, answer.content, school.fake.cards) == (202, b"", [CARD])
    refused(school("POST", url[:-3] + "xyz", json=CARD), 401, "DirectApiAuthorizationRequired")
    refused(school("POST", url.partition("&")[0], json=CARD), 401, "DirectApiAuthorizationRequired")
    refused(school("POST", url.replace("api-version=1&", ""), json=CARD), 400, "MissingApiVersionParameter")
    refused(school("POST", url, json={"text": "x"}), 400, "TriggerInputSchemaMismatch", "foreach")
    refused(school("POST", url, json=CARD | {"padding": "x" * 29_000}), 413, "RequestEntityTooLarge")


@pytest.mark.parametrize(
    ("how", "status"),
    [
        ({}, 202),
        ({"audience": "https://service.flow.microsoft.com"}, 401),
        ({"tenant": str(uuid.uuid4())}, 401),
        ({"expires_in": -1}, 401),
        ({"key": "foreign"}, 401),
        ({"oid": None}, 401),
    ],
)
def test_a_card_goes_to_a_tenant_only_flow_with_the_right_token_only(
    school: School, how: dict[str, Any], status: int
) -> None:
    url = school.fake.flow(tenant_only=True)
    assert "sig=" not in url
    token = school.fake.issue_token(**({"audience": "https://service.flow.microsoft.com/"} | how))
    assert school("POST", url, json=CARD, headers={"Authorization": f"Bearer {token}"}).status_code == status
    refused(school("POST", url, json=CARD), 401, "MisMatchingOAuthClaims")


def test_the_scope_with_two_slashes_gives_the_token_a_flow_wants(school: School) -> None:
    token = ask(school.fake, scope="https://service.flow.microsoft.com//.default").json()["access_token"]
    answer = school("POST", school.fake.flow(tenant_only=True), json=CARD, headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 202


# -- faults, costs, records ------------------------------------------------------------------------------------------


def test_faults_come_as_planned_and_pass(school: School) -> None:
    school.fake.fail("PUT .*content", status=429, headers={"Retry-After": "3"}, times=2)
    for _ in range(2):
        answer = school.put("a.json")
        refused(answer, 429, "activityLimitReached")
        assert answer.headers["Retry-After"] == "3"
    assert school.put("a.json").status_code == 201
    school.fake.fail("content", status=504, after=True)
    refused(school.put("b.json"), 504, "gatewayTimeout")
    assert "b.json" in school.library.files()
    school.fake.fail("content", cut=True)
    with pytest.raises(requests.ConnectionError):
        school.put("c.json")
    school.fake.fail("content", cut=True, after=True)
    with pytest.raises(requests.ConnectionError):
        school.put("d.json")
    assert set(school.library.files()) == {"a.json", "b.json", "d.json"}
    assert [each.status for each in school.fake.requests][-2:] == [0, 0]


def test_the_whole_tenant_goes_down_and_comes_back(school: School) -> None:
    school.fake.down()
    refused(school("GET", school.drive), 503, "serviceNotAvailable")
    assert ask(school.fake).status_code == 503
    school.fake.heal()
    assert school("GET", school.drive).status_code == 200


def test_requests_are_kept_with_their_cost(school: School) -> None:
    _, link = drained(school, f"{school.drive}/root/delta")
    drained(school, link)
    school.put("a.json")
    school("GET", school.item("a.json"))
    school("GET", f"{school.item('a.json')}/permissions")
    assert [each.units for each in school.fake.requests] == [2, 1, 2, 1, 5]
    assert school.fake.resource_units() == 11
    last = school.fake.requests[-1]
    assert (last.method, last.status, last.headers["User-Agent"].split("|")[0]) == ("GET", 200, "NONISV")


def test_an_uploaded_file_waits_in_the_owners_onedrive(school: School) -> None:
    drive = school.fake.onedrive("forms@school.example")
    made = drive.drop("Apps/Microsoft Forms/Concern/photo.jpg", b"\xff\xd8")
    path = f"/drives/{drive.drive_id}/items/{made.id}"
    refused(school("GET", path), 403, "accessDenied")
    school.fake.app.roles.add("Files.Read.All")
    school.again()
    assert school("GET", f"/drives/{drive.drive_id}").json()["driveType"] == "business"
    assert school("GET", school("GET", f"{path}/content").headers["Location"]).content == b"\xff\xd8"


def test_our_own_answers_are_held_to_the_contract() -> None:
    assert contract.answer_fault("driveItem", {"id": "1", "sizes": 3})
    assert contract.answer_fault("driveItem", {"value": [{"id": "1", "size": "3"}]}, many=True)
    assert contract.answer_fault("subscription", {"id": "1", "notificationContentType": "application/json"}) == ""
    assert contract.answer_fault("error", {"error": {"code": "x", "message": "y"}})


def test_connections_kept_open_do_not_keep_the_tenant_alive() -> None:
    with requests.Session() as session:
        with tenant() as fake:
            for _ in range(3):
                session.get(f"{fake.url}/{fake.tenant_id}/discovery/v2.0/keys", timeout=60)
            begun = time.monotonic()
        assert time.monotonic() - begun < 60
