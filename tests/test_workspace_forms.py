"""The fake's forms, watches and subscriptions do what Google's do, and refuse what Google's refuse."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests
from googleapiclient.errors import HttpError

from tests.workspace import Form, Workspace, workspace
from tests.workspace.clients import AUTH, as_service, service
from tests.workspace.makers import access_token

START = datetime(2026, 11, 20, 9, 0, 0, 123456, tzinfo=UTC)
SCOPES = ("forms.body.readonly", "forms.responses.readonly")


class Hand:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.at = START

    def __call__(self) -> datetime:
        return self.at


@pytest.fixture
def fake() -> Iterator[Workspace]:
    with workspace() as made:
        made.clock = Hand()
        yield made


@pytest.fixture
def form(fake: Workspace) -> Form:
    made = fake.form("Safeguarding concern", owner=fake.account("head@hillside.example"))
    made.share(fake.service_account().email, "writer")
    return made


@pytest.fixture
def forms(fake: Workspace, form: Form) -> Iterator[Any]:
    with service(fake, "forms.v1", as_service(fake.service_account(), *SCOPES)) as made:
        yield made.forms()


def wait(fake: Workspace, **time: float) -> None:
    assert isinstance(fake.clock, Hand)
    fake.clock.at += timedelta(**time)


def status_of(request: Any) -> int:
    with pytest.raises(HttpError) as caught:
        request.execute()
    return int(caught.value.status_code)


def words_of(request: Any) -> str:
    with pytest.raises(HttpError) as caught:
        request.execute()
    return str(caught.value.reason)


def raw(fake: Workspace, method: str, path: str, **more: Any) -> requests.Response:
    """A request that Google's client would not send."""
    account = fake.service_account()
    token = access_token(fake, account.email, account.client_id, [AUTH + each for each in SCOPES], is_service=True)
    headers = {"Authorization": f"Bearer {token.value}"}
    return requests.request(method, fake.url + path, headers=headers, timeout=60, **more)


def test_a_form_is_shown_with_every_kind_of_question(fake: Workspace, form: Form, forms: Any) -> None:
    name = form.ask("Name of child", required=True)
    kinds = ("paragraph", "scale", "rating", "date", "time", "duration")
    ids = [name] + [form.ask(kind, kind) for kind in kinds]
    ids.append(form.ask("Type", "checkbox", options=["Physical", "Emotional"], other=True))
    ids += form.ask_grid("Seen by", ["Me", "Another"], ["Yes", "No"])
    ids.append(form.ask_upload("Photo"))
    form.section("Second page")
    form.link_sheet()
    shown = forms.get(formId=form.id).execute()
    assert shown["items"][0]["questionItem"]["question"] == {"questionId": name, "required": True, "textQuestion": {}}
    assert [each["questionId"] for each in shown["items"][8]["questionGroupItem"]["questions"]] == ids[8:10]
    assert shown["settings"] == {"emailCollectionType": "VERIFIED"}
    assert shown["publishSettings"]["publishState"] == {"isPublished": True, "isAcceptingResponses": True}
    assert form.linked_sheet is not None
    assert shown["linkedSheetId"] == form.linked_sheet.id
    form.remove(ids[8])
    assert form.question_ids() == ids[:8] + ids[9:]
    assert fake.complaints == []


def test_responses_come_with_both_times_and_only_given_answers(fake: Workspace, form: Form, forms: Any) -> None:
    assert forms.responses().list(formId=form.id).execute() == {}
    name, kind, left = form.ask("Name"), form.ask("Kind", "checkbox", options=["A", "B"]), form.ask("More")
    made = form.respond({name: "S. T.", kind: ["A", "B"]}, email="t.lund@hillside.example")
    (shown,) = forms.responses().list(formId=form.id).execute()["responses"]
    assert (shown["createTime"], shown["lastSubmittedTime"]) == (
        "2026-11-20T09:00:00.123Z",
        "2026-11-20T09:00:00.123456Z",
    )
    assert "formId" not in shown
    assert left not in shown["answers"]
    assert [each["value"] for each in shown["answers"][kind]["textAnswers"]["answers"]] == ["A", "B"]
    assert forms.responses().get(formId=form.id, responseId=made.id).execute() == shown | {"formId": form.id}
    form.delete(made)
    assert status_of(forms.responses().get(formId=form.id, responseId=made.id)) == 404
    assert fake.complaints == []


def test_an_untouched_response_has_two_different_times_even_on_a_whole_second(form: Form) -> None:
    made = form.respond({}, at=START.replace(microsecond=0)).body()
    assert made["createTime"] == "2026-11-20T09:00:00.000Z"
    assert made["lastSubmittedTime"] > "2026-11-20T09:00:00.000000Z"


def test_the_filter_compares_the_last_submission_to_the_microsecond(fake: Workspace, form: Form, forms: Any) -> None:
    name = form.ask("Name")
    made = form.respond({name: "before"})

    def found(text: str) -> int:
        return len(forms.responses().list(formId=form.id, filter=text).execute().get("responses", []))

    assert found("timestamp >= 2026-11-20T09:00:00.123456Z") == 1
    assert found("timestamp > 2026-11-20T09:00:00.123456Z") == 0
    assert found("timestamp > 2026-11-20T09:00:00.123Z") == 1
    assert found("timestamp > 2026-11-20T09:00:00.123455999Z") == 1
    wait(fake, hours=1)
    form.edit(made, {name: "after"})
    assert found("timestamp > 2026-11-20T09:30:00Z") == 1
    (shown,) = forms.responses().list(formId=form.id).execute()["responses"]
    assert (shown["responseId"], shown["createTime"]) == (made.id, "2026-11-20T09:00:00.123Z")
    assert shown["answers"][name]["textAnswers"]["answers"] == [{"value": "after"}]
    assert fake.complaints == []


@pytest.mark.parametrize(
    "text",
    [
        "timestamp < 2026-11-20T09:00:00Z", "timestamp>=2026-11-20T09:00:00Z", "timestamp >= 2026-11-20T09:00:00+00:00",
        "timestamp >= yesterday", "createTime >= 2026-11-20T09:00:00Z", "timestamp >= 2026-11-20T09:00:00.1234567891Z", "",
    ],
)  # fmt: skip
def test_any_other_filter_is_refused(fake: Workspace, form: Form, forms: Any, text: str) -> None:
    assert status_of(forms.responses().list(formId=form.id, filter=text)) == 400
    assert len(fake.complaints) == 1


def test_pages_are_bound_to_form_and_filter_and_come_in_no_order(fake: Workspace, form: Form, forms: Any) -> None:
    made = [form.respond({}, at=START + timedelta(minutes=each)).id for each in range(30)]
    seen, request, fake.page_size = [], forms.responses().list(formId=form.id, pageSize=9), 7
    while request is not None:
        answer = request.execute()
        seen += [each["responseId"] for each in answer["responses"]]
        last, request = request, forms.responses().list_next(request, answer)
    assert last is not None
    assert sorted(seen) == sorted(made)
    assert seen != made
    token = forms.responses().list(formId=form.id).execute()["nextPageToken"]
    other = "timestamp >= 2026-11-20T00:00:00Z"
    assert status_of(forms.responses().list(formId=form.id, filter=other, pageToken=token)) == 400
    assert status_of(forms.responses().list(formId=form.id, pageToken="!")) == 400


def test_responses_need_an_editor_and_a_known_form(fake: Workspace, form: Form, forms: Any) -> None:
    form.share(fake.service_account().email, "reader")
    forms.get(formId=form.id).execute()
    assert status_of(forms.responses().list(formId=form.id)) == 403
    form.unshare(fake.service_account().email)
    assert status_of(forms.get(formId=form.id)) == 403
    assert status_of(forms.get(formId="1FAIpQLSsomething")) == 404
    assert fake.complaints == []


def test_partial_answers_are_exact_and_refuse_the_unknown(fake: Workspace, form: Form, forms: Any) -> None:
    name = form.ask("Name")
    form.respond({name: "x"}, email="t@hillside.example")

    def asked(fields: str) -> Any:
        return forms.responses().list(formId=form.id, fields=fields).execute()

    (shown,) = asked("responses(responseId,createTime,lastSubmittedTime),nextPageToken")["responses"]
    assert set(shown) == {"responseId", "createTime", "lastSubmittedTime"}
    assert asked("responses/respondentEmail") == {"responses": [{"respondentEmail": "t@hillside.example"}]}
    deep = asked("responses(answers/*/textAnswers(answers/value))")["responses"][0]
    assert deep == {"answers": {name: {"textAnswers": {"answers": [{"value": "x"}]}}}}
    assert set(asked("*")["responses"][0]) > {"answers"}
    for wrong in ("responses(responseID)", "responses(", "responses)", "nothing", "responses/responseId/x", ""):
        assert raw(fake, "GET", f"/v1/forms/{form.id}/responses", params={"fields": wrong}).status_code == 400
    assert len(fake.complaints) == 6


@pytest.mark.parametrize(
    ("path", "given"),
    [("responses", {"pagesize": "3"}), ("responses", {"pageSize": "three"}), ("responses", {"pageSize": "-1"}),
     ("responses", {"alt": "media"}), ("responses", {"key": "AIza"}), ("responses", {"access_token": "x"}), ("response", {})],
)  # fmt: skip
def test_what_the_document_does_not_know_is_complained_of(
    fake: Workspace, form: Form, path: str, given: dict[str, str]
) -> None:
    assert raw(fake, "GET", f"/v1/forms/{form.id}/{path}", params=given).status_code in {400, 404}
    assert len(fake.complaints) == 1


def test_a_body_where_none_fits_is_complained_of(fake: Workspace, form: Form) -> None:
    assert raw(fake, "GET", f"/v1/forms/{form.id}", json={}).status_code == 400
    assert len(fake.complaints) == 1


def test_uploaded_files_lie_in_the_owners_drive(fake: Workspace, form: Form, forms: Any) -> None:
    photo = form.ask_upload("Photo")
    made = form.upload(form.respond({}), photo, "bodymap.png", b"png")
    (shown,) = forms.responses().list(formId=form.id).execute()["responses"]
    (answer,) = shown["answers"][photo]["fileUploadAnswers"]["answers"]
    assert answer == {"fileId": made.id, "fileName": "bodymap.png", "mimeType": "image/png"}
    with service(fake, "drive.v3", as_service(fake.service_account(), "drive.readonly")) as drive:
        assert status_of(drive.files().get_media(fileId=made.id)) == 404
        fake.share_file(made.id, fake.service_account().email, "reader")
        assert drive.files().get_media(fileId=made.id).execute() == b"png"


# -- watches ---------------------------------------------------------------------------------------------------


def watch_body(fake: Workspace, **changes: Any) -> dict[str, Any]:
    topic = fake.topic("forms").name
    return {"watch": {"target": {"topic": {"topicName": topic}}, "eventType": "RESPONSES"} | changes}


def test_a_watch_lives_a_week_and_is_renewed(fake: Workspace, form: Form, forms: Any) -> None:
    made = forms.watches().create(formId=form.id, body=watch_body(fake)).execute()
    assert (made["state"], made["expireTime"]) == ("ACTIVE", "2026-11-27T09:00:00.123456Z")
    duplicate = "A watch for the given end user, project, form, and event type already exists."
    assert words_of(forms.watches().create(formId=form.id, body=watch_body(fake))) == duplicate
    wait(fake, days=6)
    again = forms.watches().renew(formId=form.id, watchId=made["id"], body={}).execute()
    assert (again["createTime"], again["expireTime"]) == (made["createTime"], "2026-12-03T09:00:00.123456Z")
    assert forms.watches().list(formId=form.id).execute()["watches"] == [again]
    wait(fake, days=7)
    assert forms.watches().list(formId=form.id).execute() == {}
    assert status_of(forms.watches().renew(formId=form.id, watchId=made["id"], body={})) == 404
    gone = forms.watches().delete(formId=form.id, watchId=made["id"])
    assert words_of(gone) == "Watch not found or permission denied."
    forms.watches().create(formId=form.id, body=watch_body(fake)).execute()
    assert fake.complaints == []


@pytest.mark.parametrize(
    "changes",
    [{"eventType": "RESPONSE"}, {"id": "mine"}, {"state": "ACTIVE"}, {"eventtype": "RESPONSES"}, {"target": "topic"}],
)
def test_a_wrong_watch_is_complained_of(fake: Workspace, form: Form, forms: Any, changes: dict[str, Any]) -> None:
    assert status_of(forms.watches().create(formId=form.id, body=watch_body(fake, **changes))) == 400
    assert len(fake.complaints) == 1
    assert status_of(forms.watches().create(formId=form.id, body={"watch": {}})) == 400
    assert status_of(forms.watches().renew(formId=form.id, watchId="x", body={"watch": {}})) == 400
    assert len(fake.complaints) == 3


def test_the_topic_must_be_ours_and_open_to_forms(fake: Workspace, form: Form, forms: Any) -> None:
    def refused(name: str) -> int:
        body = watch_body(fake, target={"topic": {"topicName": name}})
        return status_of(forms.watches().create(formId=form.id, body=body))

    assert refused("projects/another/topics/forms") == 400
    assert refused(f"projects/{fake.project}/topics/none") == 400
    assert refused(fake.topic("closed", publishers=[]).name) == 403
    assert fake.complaints == []


def test_a_suspended_watch_is_silent_until_the_cause_is_gone(fake: Workspace, form: Form, forms: Any) -> None:
    made = forms.watches().create(formId=form.id, body=watch_body(fake)).execute()
    form.share(fake.service_account().email, "reader")
    form.respond({})
    assert fake.notifications == []
    (shown,) = forms.watches().list(formId=form.id).execute()["watches"]
    assert (shown["state"], shown["errorType"]) == ("SUSPENDED", "NO_USER_ACCESS")
    assert status_of(forms.watches().renew(formId=form.id, watchId=made["id"], body={})) == 400
    form.share(fake.service_account().email, "writer")
    assert forms.watches().renew(formId=form.id, watchId=made["id"], body={}).execute()["state"] == "ACTIVE"


def test_a_notification_in_thirty_seconds_without_data(fake: Workspace, form: Form, forms: Any) -> None:
    made = forms.watches().create(formId=form.id, body=watch_body(fake)).execute()
    for _ in range(3):
        form.respond({})
    assert len(fake.notifications) == 1
    wait(fake, seconds=30)
    assert len(fake.notifications) == 2
    wait(fake, seconds=60)
    assert len(fake.notifications) == 2
    names = {"eventType": "RESPONSES", "formId": form.id, "watchId": made["id"]}
    assert fake.notifications[0].attributes == names
    pushed = fake.push_envelope(form, made["id"])
    assert pushed["message"]["attributes"] == names
    assert "data" not in pushed["message"]


# -- pull ------------------------------------------------------------------------------------------------------


def test_pulled_messages_come_again_until_acknowledged(fake: Workspace, form: Form, forms: Any) -> None:
    puller, topic = fake.service_account("puller"), fake.topic("forms")
    subscription = fake.subscription(topic, subscribers=[puller.email])
    forms.watches().create(formId=form.id, body=watch_body(fake)).execute()
    form.respond({})
    with service(fake, "pubsub.v1", as_service(puller, "pubsub")) as pubsub:
        pulls = pubsub.projects().subscriptions()

        def pull() -> list[Any]:
            found = pulls.pull(subscription=subscription.name, body={"maxMessages": 10}).execute()
            return list(found.get("receivedMessages", []))

        assert pulls.get(subscription=subscription.name).execute()["expirationPolicy"] == {}
        (first,) = pull()
        assert "data" not in first["message"]
        assert pull() == []
        wait(fake, seconds=11)
        (second,) = pull()
        assert first["message"] == second["message"]
        late = {"ackIds": [first["ackId"]]}
        pulls.acknowledge(subscription=subscription.name, body=late).execute()
        wait(fake, seconds=11)
        (third,) = pull()
        pulls.acknowledge(subscription=subscription.name, body={"ackIds": [third["ackId"]]}).execute()
        wait(fake, seconds=11)
        assert pull() == []
        assert fake.complaints == []
        assert status_of(pulls.acknowledge(subscription=subscription.name, body={"ackIds": ["none"]})) == 400
        assert status_of(pulls.pull(subscription=subscription.name, body={})) == 400
        assert status_of(pulls.pull(subscription=subscription.name + "x", body={"maxMessages": 1})) == 404
    with service(fake, "pubsub.v1", as_service(fake.service_account(), "pubsub")) as pubsub:
        body = {"maxMessages": 1}
        assert status_of(pubsub.projects().subscriptions().pull(subscription=subscription.name, body=body)) == 403
