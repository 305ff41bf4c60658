"""The fake Workspace signs in whom Google would, and refuses whom Google would."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
import requests
from google.auth.exceptions import RefreshError
from google.auth.transport.requests import Request
from googleapiclient.errors import HttpError

from tests.workspace import Workspace, workspace
from tests.workspace.clients import AUTH, as_person, as_service, scoped, service

REDIRECT = "http://127.0.0.1:8765/back"
VERIFIER = "v" * 50
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()


@pytest.fixture
def fake() -> Iterator[Workspace]:
    with workspace() as made:
        yield made


def assertion(fake: Workspace, **changes: Any) -> str:
    info = fake.service_account().info
    now = int(datetime.now(UTC).timestamp())
    claims = {
        "iss": info["client_email"],
        "scope": AUTH + "drive",
        "aud": f"{fake.url}/token",
        "iat": now,
        "exp": now + 3600,
    }
    return jwt.encode(claims | changes, info["private_key"], algorithm="RS256", headers={"kid": info["private_key_id"]})


def exchange(fake: Workspace, **given: str) -> requests.Response:
    return requests.post(f"{fake.url}/token", data=given, timeout=60)


def by_assertion(fake: Workspace, made: str) -> requests.Response:
    return exchange(fake, grant_type="urn:ietf:params:oauth:grant-type:jwt-bearer", assertion=made)


def ask_consent(fake: Workspace, client_id: str, **changes: Any) -> requests.Response:
    asked = {
        "client_id": client_id, "redirect_uri": REDIRECT, "response_type": "code", "scope": " ".join(scoped(["drive"])),
        "state": "s1", "access_type": "offline", "code_challenge": CHALLENGE, "code_challenge_method": "S256",
    }  # fmt: skip
    given = {name: value for name, value in (asked | changes).items() if value is not None}
    return requests.get(f"{fake.url}/o/oauth2/auth", params=given, allow_redirects=False, timeout=60)


def test_a_service_account_gets_a_token_and_asks_with_it(fake: Workspace) -> None:
    with service(fake, "drive.v3", as_service(fake.service_account(), "drive")) as drive:
        assert len(drive.files().generateIds(count=3).execute()["ids"]) == 3
    record = fake.requests[-1]
    assert record.method_id == "drive.files.generateIds"
    assert record.scopes == {AUTH + "drive"}
    assert record.identity == fake.service_account().email
    assert record.query == {"count": "3", "alt": "json"}
    assert fake.count("drive.") == 1
    assert fake.usage() == {"oauth2.token": 1, "drive.files.generateIds": 1}
    assert fake.complaints == []


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"aud": "https://evil.example/token"}, "invalid_grant"),
        ({"iss": "nobody@x.iam.gserviceaccount.com"}, "invalid_grant"),
        ({"exp": 1}, "invalid_grant"),
        ({"exp": 9_999_999_999}, "invalid_grant"),
        ({"scope": ""}, "invalid_request"),
        ({"scope": AUTH + "drives"}, "invalid_scope"),
    ],
)
def test_a_bad_assertion_is_refused(fake: Workspace, changes: dict[str, Any], error: str) -> None:
    answer = by_assertion(fake, assertion(fake, **changes))
    assert (answer.status_code, answer.json()["error"]) == (400, error)


def test_a_foreign_signature_and_a_revoked_key_are_refused(fake: Workspace) -> None:
    other = fake.service_account("other").info["private_key"]
    forged = jwt.encode({"iss": fake.service_account().email, "iat": 1, "exp": 2}, other, algorithm="RS256")
    assert by_assertion(fake, forged).json()["error_description"] == "Invalid JWT Signature."
    fake.service_account().key_revoked = True
    assert by_assertion(fake, assertion(fake)).json()["error_description"] == "Invalid JWT Signature."


def test_delegation_needs_the_admin_and_every_scope(fake: Workspace) -> None:
    account = fake.service_account()
    fake.account("filer@hillside.example")
    asked = as_service(account, "drive", "gmail.send", subject="filer@hillside.example")
    with pytest.raises(RefreshError, match="unauthorized_client: Client is unauthorized to retrieve access tokens"):
        asked.refresh(Request())
    fake.delegated[account.client_id] = set(scoped(["drive"]))
    with pytest.raises(RefreshError, match="unauthorized_client"):
        asked.refresh(Request())
    fake.delegated[account.client_id] = set(scoped(["drive", "gmail.send"]))
    asked.refresh(Request())
    assert fake.tokens[asked.token].identity == "filer@hillside.example"
    with pytest.raises(RefreshError, match="Invalid email or User ID"):
        as_service(account, "drive", subject="gone@hillside.example").refresh(Request())


def test_a_refresh_token_works_until_revoked(fake: Workspace) -> None:
    person = as_person(fake, "filer@hillside.example", "drive")
    with service(fake, "drive.v3", person) as drive:
        drive.files().generateIds(count=1).execute()
        fake.revoke(person.refresh_token)
        with pytest.raises(RefreshError, match="invalid_grant"):
            drive.files().generateIds(count=1).execute()
    assert fake.complaints == []


def test_a_refresh_is_narrowed_only(fake: Workspace) -> None:
    client = fake.oauth_client()
    token = fake.refresh_token("a@hillside.example", scoped(["drive", "gmail.send"]), client)
    more = {"grant_type": "refresh_token", "client_id": client.client_id, "refresh_token": token}
    right = {**more, "client_secret": client.client_secret}
    assert exchange(fake, **right).json()["scope"] == f"{AUTH}drive {AUTH}gmail.send"
    assert exchange(fake, **right, scope=AUTH + "gmail.send").json()["scope"] == AUTH + "gmail.send"
    assert exchange(fake, **right, scope=AUTH + "chat.bot").json()["error"] == "invalid_scope"
    assert exchange(fake, **more, client_secret="wrong").status_code == 401


def test_consent_gives_a_code_that_works_once_with_its_verifier(fake: Workspace) -> None:
    client, fake.consenting_as = fake.oauth_client(), fake.account("filer@hillside.example")
    back = parse_qs(urlsplit(ask_consent(fake, client.client_id).headers["Location"]).query)
    assert back["state"] == ["s1"]
    right = {
        "grant_type": "authorization_code", "client_id": client.client_id, "client_secret": client.client_secret,
        "code": back["code"][0], "redirect_uri": REDIRECT, "code_verifier": VERIFIER,
    }  # fmt: skip
    given = exchange(fake, **right).json()
    assert given["scope"] == AUTH + "drive"
    assert given["refresh_token"] in fake.grants
    assert exchange(fake, **right).json()["error"] == "invalid_grant"
    again = parse_qs(urlsplit(ask_consent(fake, client.client_id).headers["Location"]).query)
    assert exchange(fake, **right | {"code": again["code"][0], "code_verifier": "w" * 50}).status_code == 400
    assert fake.complaints == []


def test_a_second_consent_gives_no_refresh_token_unless_asked(fake: Workspace) -> None:
    client, fake.consenting_as = fake.oauth_client(), fake.account("filer@hillside.example")
    kept = []
    for prompt in (None, None, "consent"):
        back = parse_qs(urlsplit(ask_consent(fake, client.client_id, prompt=prompt).headers["Location"]).query)
        given = exchange(
            fake, grant_type="authorization_code", client_id=client.client_id, client_secret=client.client_secret,
            code=back["code"][0], redirect_uri=REDIRECT, code_verifier=VERIFIER,
        )  # fmt: skip
        kept.append("refresh_token" in given.json())
    assert kept == [True, False, True]


@pytest.mark.parametrize(
    "changes",
    [
        {"redirect_uri": "https://connector.example/back"}, {"response_type": "token"}, {"scope": "drive"},
        {"state": None}, {"access_type": None}, {"code_challenge_method": "plain"}, {"code_challenge": "short"},
        {"misspelt": "1"},
    ],
)  # fmt: skip
def test_a_wrong_asking_for_consent_is_complained_of(fake: Workspace, changes: dict[str, Any]) -> None:
    client, fake.consenting_as = fake.oauth_client(), fake.account("filer@hillside.example")
    assert ask_consent(fake, client.client_id, **changes).status_code == 400
    assert len(fake.complaints) == 1


def test_who_does_not_consent_is_sent_back_with_access_denied(fake: Workspace) -> None:
    client = fake.oauth_client()
    assert "error=access_denied" in ask_consent(fake, client.client_id).headers["Location"]


def test_an_ended_token_is_refreshed_by_itself(fake: Workspace) -> None:
    with service(fake, "drive.v3", as_service(fake.service_account(), "drive")) as drive:
        drive.files().generateIds(count=1).execute()
        fake.end_tokens()
        drive.files().generateIds(count=1).execute()
        later = datetime.now(UTC) + timedelta(seconds=3601)
        fake.clock = lambda: later
        drive.files().generateIds(count=1).execute()
    assert [each.status for each in fake.requests if each.method_id.startswith("drive")] == [200, 401, 200, 401, 200]
    assert fake.complaints == []


def test_a_missing_scope_is_403_and_no_complaint(fake: Workspace) -> None:
    form = fake.form("Concern")
    form.share(fake.service_account().email, "writer")
    with service(fake, "forms.v1", as_service(fake.service_account(), "forms.body.readonly")) as forms:
        forms.forms().get(formId=form.id).execute()
        with pytest.raises(HttpError) as caught:
            forms.forms().responses().list(formId=form.id).execute()
    assert caught.value.status_code == 403
    assert caught.value.error_details[0]["reason"] == "ACCESS_TOKEN_SCOPE_INSUFFICIENT"
    assert fake.complaints == []


def test_a_request_without_a_token_is_complained_of(fake: Workspace) -> None:
    answer = requests.get(f"{fake.url}/v1/forms/x", timeout=60)
    assert (answer.status_code, answer.json()["error"]["status"]) == (401, "UNAUTHENTICATED")
    assert len(fake.complaints) == 1


def test_push_tokens_are_proved_by_the_published_keys(fake: Workspace) -> None:
    answer = requests.get(fake.certs_url, timeout=60)
    assert "max-age" in answer.headers["Cache-Control"]
    keys = {each["kid"]: jwt.PyJWK(each).key for each in answer.json()["keys"]}

    def read(token: str) -> dict[str, Any]:
        key = keys[jwt.get_unverified_header(token)["kid"]]
        return dict(jwt.decode(token, key, algorithms=["RS256"], audience="https://c.example/push"))

    claims = read(fake.push_token("https://c.example/push", "push@p.iam.gserviceaccount.com"))
    assert (claims["iss"], claims["email_verified"]) == ("https://accounts.google.com", True)
    for bad in ({"key": "impostor"}, {"alg": "none"}, {"alg": "HS256"}, {"expires_in": -10}):
        with pytest.raises(jwt.InvalidTokenError):
            read(fake.push_token("https://c.example/push", "push@p.iam.gserviceaccount.com", **bad))  # type: ignore[arg-type]
    with pytest.raises(KeyError):
        read(fake.push_token("https://c.example/push", "push@p.iam.gserviceaccount.com", key="foreign"))


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_planned_fault_comes_before_or_after_the_deed(fake: Workspace, status: int) -> None:
    fake.fail("drive.files.generateIds", status, headers={"Retry-After": "7"})
    fake.fail("drive.files.generateIds", status, after=True)
    with service(fake, "drive.v3", as_service(fake.service_account(), "drive")) as drive:
        with pytest.raises(HttpError) as caught:
            drive.files().generateIds(count=1).execute()
        assert (caught.value.status_code, caught.value.resp["retry-after"]) == (status, "7")
        assert fake.ids_given == {}
        with pytest.raises(HttpError):
            drive.files().generateIds(count=1).execute()
        assert len(fake.ids_given) == 1
        drive.files().generateIds(count=1).execute()
    assert fake.complaints == []


def test_the_connection_is_cut_before_or_after(fake: Workspace) -> None:
    token = by_assertion(fake, assertion(fake)).json()["access_token"]
    fake.fail("drive.files.generateIds", cut=True, skip=1)
    fake.fail("drive.files.generateIds", cut=True, after=True, skip=1)
    head, url = {"Authorization": f"Bearer {token}"}, f"{fake.url}/drive/v3/files/generateIds?count=1"
    assert requests.get(url, headers=head, timeout=60).status_code == 200
    for known in (1, 2):
        with pytest.raises(requests.ConnectionError):
            requests.get(url, headers=head, timeout=60)
        assert len(fake.ids_given) == known
    fake.down = True
    assert requests.get(url, headers=head, timeout=60).status_code == 503
    fake.heal()
    assert requests.get(url, headers=head, timeout=60).status_code == 200
    assert [each.status for each in fake.requests][-5:] == [200, 0, 0, 503, 200]
