"""The fake tenant refuses what Microsoft refuses: who asks, what they may, and the form of a request."""

from __future__ import annotations

import time
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import jwt
import msal
import pytest
import requests
from requests.adapters import HTTPAdapter

from tests.tenant_asking import (
    CREDENTIAL,
    School,
    ask,
    asked_school,
    assertion,
    credential,
    form,
    refused,
)

__all__ = ["asked_school"]


# -- the login host --------------------------------------------------------------------------------------------------


class _Loopback(HTTPAdapter):
    def __init__(self, base: str) -> None:
        super().__init__()
        self._base = base

    def send(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        split = urlsplit(request.url)
        request.url = f"{self._base}{split.path}{'?' if split.query else ''}{split.query}"
        return super().send(request, *args, **kwargs)


def test_msal_signs_in_with_a_certificate_and_the_token_opens_graph(school: School) -> None:
    with requests.Session() as session:
        session.mount("https://", _Loopback(school.fake.url))
        app = msal.ConfidentialClientApplication(
            school.fake.app.client_id,
            authority=f"https://login.microsoftonline.com/{school.fake.tenant_id}",
            client_credential={"private_key": CREDENTIAL.private, "public_certificate": CREDENTIAL.pem},
            http_client=session,
            instance_discovery=False,
        )
        found = app.acquire_token_for_client(["https://graph.microsoft.com/.default"])
    assert found["expires_in"] == 3599
    school.bearer = found["access_token"]
    assert school("GET", school.drive).status_code == 200
    assert not school.fake.complaints


def test_a_token_says_what_entra_would_say_and_is_signed_by_a_published_key(school: School) -> None:
    base = f"{school.fake.url}/{school.fake.tenant_id}"
    told = requests.get(f"{base}/v2.0/.well-known/openid-configuration", timeout=60).json()
    assert told["token_endpoint"].startswith("https://login.microsoftonline.com/")
    keys = requests.get(f"{base}/discovery/v2.0/keys", timeout=60).json()
    token = ask(school.fake).json()["access_token"]
    kid = jwt.get_unverified_header(token)["kid"]
    key = next(jwt.PyJWK(each) for each in keys["keys"] if each["kid"] == kid)
    claims = jwt.decode(token, key.key, algorithms=["RS256"], audience="https://graph.microsoft.com")
    assert claims["roles"] == ["Sites.Selected"]
    assert (claims["tid"], claims["appid"], claims["ver"]) == (school.fake.tenant_id, school.fake.app.client_id, "1.0")


def test_a_secret_signs_in_where_the_app_has_one(school: School) -> None:
    by_secret = {"client_assertion": None, "client_assertion_type": None, "client_secret": "s3cret"}
    assert ask(school.fake, **by_secret).json()["error_codes"] == [7000215]
    school.fake.app.secret = "s3cret"
    assert ask(school.fake, **by_secret).status_code == 200
    assert ask(school.fake, **(by_secret | {"client_secret": None})).json()["error_codes"] == [7000218]


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"grant_type": "password"}, 400, 70003),
        ({"grant_type": None}, 400, 900144),
        ({"client_id": str(uuid.uuid4())}, 400, 700016),
        ({"scope": "https://graph.microsoft.com/Mail.Send"}, 400, 1002012),
        ({"scope": "https://service.flow.microsoft.com/.default"}, 400, 500011),
        ({"client_assertion_type": None}, 400, 900144),
    ],
)
def test_the_token_endpoint_refuses_a_wrong_form(
    school: School, changes: dict[str, Any], status: int, code: int
) -> None:
    answer = ask(school.fake, **changes)
    assert (answer.status_code, answer.json()["error_codes"]) == (status, [code])
    assert answer.json()["error_description"].startswith(f"AADSTS{code}: ")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"exp": int(time.time()) - 5}, 700024),
        ({"iss": "somebody"}, 700021),
        ({"sub": "somebody"}, 700021),
        ({"aud": "https://login.microsoftonline.com/common/oauth2/v2.0/token"}, 700212),
        ({"thumbprint": "unknown"}, 700027),
        ({"key": credential().key}, 700027),
        ({"jti": ""}, 700027),
    ],
)
def test_the_token_endpoint_refuses_a_wrong_assertion(school: School, changes: dict[str, Any], code: int) -> None:
    answer = ask(school.fake, client_assertion=assertion(school.fake, **changes))
    assert (answer.status_code, answer.json()["error"], answer.json()["error_codes"]) == (401, "invalid_client", [code])


def test_an_assertion_lasts_as_msal_needs_it_and_json_and_a_foreign_tenant_are_refused(school: School) -> None:
    same = assertion(school.fake, algorithm="RS256")
    assert ask(school.fake, client_assertion=same).status_code == 200
    assert ask(school.fake, client_assertion=same).status_code == 200
    assert ask(school.fake, tenant_id=str(uuid.uuid4())).json()["error_codes"] == [90002]
    url = f"{school.fake.url}/{school.fake.tenant_id}/oauth2/v2.0/token"
    assert requests.post(url, json=form(school.fake), timeout=60).json()["error_codes"] == [900144]


@pytest.mark.parametrize(
    "how",
    [
        {"expires_in": -1},
        {"key": "foreign"},
        {"audience": "https://graph.microsoft.com/"},
        {"tenant": str(uuid.uuid4())},
    ],
)
def test_graph_refuses_a_token_that_is_old_or_foreign(school: School, how: dict[str, Any]) -> None:
    school.bearer = school.fake.issue_token(**how)
    refused(school("GET", school.drive), 401, "InvalidAuthenticationToken")


def test_graph_refuses_a_request_without_a_token(school: School) -> None:
    refused(school("GET", school.drive, headers={"Authorization": ""}), 401, "InvalidAuthenticationToken", "empty")
    refused(school("GET", "/nothing", headers={"Authorization": "Bearer x"}), 401, "InvalidAuthenticationToken")


def test_a_token_ends_by_the_tenants_clock(school: School) -> None:
    school.fake.clock = lambda: datetime.now(UTC) + timedelta(seconds=3600)
    refused(school("GET", school.drive), 401, "InvalidAuthenticationToken", "expired")


def test_tokens_for_flows_are_of_both_versions_and_keys_rotate(school: School) -> None:
    def claims(token: str) -> dict[str, Any]:
        return dict(jwt.decode(token, options={"verify_signature": False}))

    first = claims(school.fake.issue_token(audience="api://x", app_id="a", version=1))
    second = claims(school.fake.issue_token(audience="api://x", app_id="a", version=2, oid=None))
    assert (first["iss"], first["appid"]) == (f"https://sts.windows.net/{school.fake.tenant_id}/", "a")
    assert (second["iss"], second["azp"]) == (f"https://login.microsoftonline.com/{school.fake.tenant_id}/v2.0", "a")
    assert "oid" not in second
    school.fake.rotate_keys()
    assert school("GET", school.drive).status_code == 200
    school.fake.rotate_keys()
    refused(school("GET", school.drive), 401, "InvalidAuthenticationToken")


# -- rights ----------------------------------------------------------------------------------------------------------


def test_a_selected_right_needs_role_and_grant_and_level(school: School) -> None:
    site = school.library.site
    assert school.put("a.json").status_code == 201
    school.fake.app.site_grants[site.id] = "read"
    assert school("GET", school.item("a.json")).status_code == 200
    refused(school.put("b.json"), 403, "accessDenied")
    school.fake.app.site_grants.clear()
    refused(school("GET", school.item("a.json")), 403, "accessDenied")
    school.fake.app.site_grants[site.id] = "write"
    school.fake.app.roles.clear()
    school.again()
    refused(school("GET", school.item("a.json")), 403, "accessDenied")


def test_a_list_grant_opens_that_library_only(school: School) -> None:
    other = school.library.site.library("Other")
    school.fake.app.site_grants.clear()
    school.fake.app.roles = {"Lists.SelectedOperations.Selected"}
    school.fake.app.list_grants[school.library.list_id] = "write"
    school.again()
    assert school.put("a.json").status_code == 201
    refused(school("GET", f"/drives/{other.drive_id}"), 403, "accessDenied")
    drives = school("GET", f"/sites/{school.library.site.id}/drives").json()["value"]
    assert [each["name"] for each in drives] == ["Records"]


@pytest.mark.parametrize(
    ("switch", "method", "path"),
    [
        ("selected_can_resolve_sites", "GET", "/sites/school.sharepoint.example:/sites/safeguarding"),
        ("selected_can_read_permissions", "GET", "{drive}/root/permissions"),
        ("selected_can_delta", "GET", "{drive}/root/delta"),
    ],
)
def test_what_nobody_confirmed_of_selected_rights_can_be_switched_off(
    school: School, switch: str, method: str, path: str
) -> None:
    path = path.format(drive=school.drive)
    assert school(method, path).status_code == 200
    setattr(school.fake, switch, False)
    refused(school(method, path), 403, "accessDenied")
    school.fake.app.roles.add("Sites.FullControl.All")
    school.again()
    assert school(method, path).status_code == 200


def test_reading_all_is_not_writing_and_columns_need_more_than_writing(school: School) -> None:
    school.fake.app.roles = {"Sites.Read.All"}
    school.again()
    assert school("GET", school.drive).status_code == 200
    refused(school.put("a.json"), 403, "accessDenied")
    columns = f"{school.drive}/list/columns"
    school.fake.app.roles = {"Sites.ReadWrite.All"}
    school.again()
    refused(school("POST", columns, json={"name": "Form", "text": {}}), 403, "accessDenied")
    school.fake.app.roles = {"Sites.Manage.All"}
    school.again()
    assert school("POST", columns, json={"name": "Form", "text": {}}).status_code == 201
    refused(school("POST", columns, json={"name": "Form", "text": {}}), 409, "nameAlreadyExists")
    refused(school("POST", columns, json={"name": "X", "txt": {}}), 400, "invalidRequest")
    assert "Form" in [each["name"] for each in school("GET", columns).json()["value"]]


# -- the form of a request -------------------------------------------------------------------------------------------


def test_unknown_paths_methods_and_query_options_are_refused_and_complained_of(school: School) -> None:
    refused(school("GET", "/drivess/x"), 400, "BadRequest", "segment 'x'")
    refused(school("PUT", f"{school.drive}/root/delta"), 405, "notAllowed")
    refused(school("GET", f"{school.drive}?conflict=fail"), 400, "BadRequest", "conflict")
    refused(school("GET", f"{school.drive}?$select=nam"), 400, "BadRequest", "property named 'nam'")
    refused(school("GET", f"{school.drive}/root?$expand=permissions"), 400, "BadRequest", "permissions")
    refused(school("GET", f"{school.drive}/root/children?$top=0"), 400, "BadRequest")
    assert len(school.fake.complaints) == 6
    refused(school("GET", "/drives/nonsense"), 400, "invalidRequest")
    refused(school("GET", "/drives/b!nonsense"), 404, "itemNotFound")
    refused(school("GET", "/sites/school.sharepoint.example:/sites/other"), 404, "itemNotFound")


def test_an_undecorated_or_repeated_request_is_served_and_complained_of(school: School) -> None:
    school("GET", school.drive, headers={"User-Agent": "python"})
    school("GET", school.drive, headers={"client-request-id": "7"})
    school("GET", school.drive, headers={"client-request-id": "0" * 8 + "-0000-0000-0000-" + "0" * 12})
    assert len(school.fake.complaints) == 2
    answer = school("GET", school.drive, headers={"client-request-id": "0" * 8 + "-0000-0000-0000-" + "0" * 12})
    assert answer.headers["client-request-id"].startswith("00000000-")
    assert "used before" in school.fake.complaints[-1]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "{drive}/root/children", {"name": "x", "folder": {}, "nmae": "y"}),
        ("POST", "{drive}/root/children", {"name": 7, "folder": {}}),
        ("PATCH", "{item}", {"naem": "b.json"}),
        ("PATCH", "{item}", {"size": 3}),
        ("POST", "{drive}/root:/big:/createUploadSession", {"item": {"nmae": "big"}}),
        ("POST", "{drive}/root:/big:/createUploadSession", {"item": {"name": "other"}}),
        (
            "POST",
            "{drive}/root:/big:/createUploadSession",
            {"item": {"@microsoft.graph.conflictBehavior": "overwrite"}},
        ),
        ("POST", "{drive}/root:/big:/createUploadSession", {"deferCommit": "yes"}),
        ("POST", "{item}/invite", {"recipients": [{"mail": "a@b.example"}], "roles": ["read"]}),
        ("POST", "{item}/invite", {"recipients": [{"email": "a@b.example"}], "roles": ["admin"]}),
        ("PATCH", "{item}/listItem/fields", {"Concern": "C-1"}),
        ("PATCH", "{item}/listItem/fields", {"Urgent": "yes"}),
        ("PATCH", "{item}/listItem/fields", {"Received": "yesterday"}),
        ("PATCH", "{item}/listItem/fields", {"Problems": True}),
        ("PATCH", "{item}/listItem/fields", {"ConcernReference": "x" * 256}),
        ("PATCH", "{item}/retentionLabel", {"label": "x"}),
    ],
)
def test_a_body_against_the_contract_is_refused_and_complained_of(
    school: School, method: str, path: str, body: Any
) -> None:
    school.put("a.json")
    answer = school(method, path.format(drive=school.drive, item=school.item("a.json")), json=body)
    refused(answer, 400, "invalidRequest")
    assert len(school.fake.complaints) == 1


def test_a_body_that_is_no_json_or_does_not_say_so_is_refused(school: School) -> None:
    refused(
        school("POST", f"{school.drive}/root/children", data=b"{", headers={"Content-Type": "application/json"}),
        400,
        "BadRequest",
    )
    refused(school("POST", f"{school.drive}/root/children", data=b"{}"), 400, "BadRequest", "Content-Type")
