"""The fake tenant is as strict as the real one: each wrong request is refused as Graph does, each right one is served."""

from __future__ import annotations

import base64
import hashlib
import json
import socket
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

import jwt
import msal
import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from requests.adapters import HTTPAdapter

from tests.tenant import Library, Tenant, contract, tenant
from tests.tenant.ids import moment, quick_xor, stamp

ADDRESS = "https://school.sharepoint.example/sites/safeguarding"
COLUMNS = {
    "ConcernReference": "text",
    "Received": "dateTime",
    "Urgent": "boolean",
    "Problems": "number",
    "Notes": "note",
}
MAILBOX = "safe@school.example"
STEP = 327_680
CARD: dict[str, Any] = {
    "type": "message",
    "attachments": [
        {
            "contentType": "application/vnd.microsoft.card.adaptive",
            "contentUrl": None,
            "content": {"type": "AdaptiveCard", "version": "1.4", "body": [{"type": "TextBlock", "text": "A concern"}]},
        }
    ],
}
ACTIVITY: dict[str, Any] = {
    "topic": {"source": "text", "value": "Safeguarding", "webUrl": "https://teams.microsoft.com/l/entity/x"},
    "activityType": "systemDefault",
    "previewText": {"content": "A concern waits"},
    "templateParameters": [{"name": "systemDefaultText", "value": "A concern waits"}],
}


@dataclass(frozen=True)
class Credential:
    pem: str
    private: str
    key: rsa.RSAPrivateKey
    thumbprint: str


def credential() -> Credential:
    key = rsa.generate_private_key(65537, 2048)
    name, now = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "connector")]), datetime.now(UTC)
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(7)
    made = made.not_valid_before(now).not_valid_after(now + timedelta(days=9))
    signed = made.sign(key, hashes.SHA256())
    digest = hashlib.sha256(signed.public_bytes(serialization.Encoding.DER)).digest()
    plain = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    pem = signed.public_bytes(serialization.Encoding.PEM).decode()
    return Credential(
        pem, key.private_bytes(*plain).decode(), key, base64.urlsafe_b64encode(digest).decode().rstrip("=")
    )


CREDENTIAL = credential()


@dataclass
class School:
    """The fake with one site, one library and an app that may write to the site; and plain requests to it."""

    fake: Tenant
    library: Library
    bearer: str = ""
    headers: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.bearer = self.bearer or self.fake.issue_token()

    @property
    def drive(self) -> str:
        return f"/drives/{self.library.drive_id}"

    def __call__(self, method: str, path: str, **how: Any) -> requests.Response:
        """One request; `refused` in a test reads its error."""
        url = path if path.startswith("http") else f"{self.fake.url}/v1.0{path}"
        usual = {"User-Agent": "NONISV|School|ConcernConnector/1", "client-request-id": str(uuid.uuid4())}
        usual |= {"Authorization": f"Bearer {self.bearer}"} if url.startswith(f"{self.fake.url}/v1.0") else {}
        headers = usual | self.headers | how.pop("headers", {})
        return requests.request(method, url, headers=headers, allow_redirects=False, timeout=20, **how)

    def put(self, name: str, content: bytes = b"{}", how: str = "fail") -> requests.Response:
        query = f"?@microsoft.graph.conflictBehavior={how}" if how else ""
        return self("PUT", f"{self.drive}/root:/{name}:/content{query}", data=content)

    def item(self, name: str) -> str:
        return f"{self.drive}/items/{self.library.must(name).id}"

    def again(self) -> None:
        """A new token, after rights changed."""
        self.bearer = self.fake.issue_token()


@pytest.fixture
def school() -> Iterator[School]:
    with tenant() as fake:
        fake.app.register(CREDENTIAL.pem)
        fake.app.roles.add("Sites.Selected")
        site = fake.site(ADDRESS)
        fake.app.site_grants[site.id] = "write"
        yield School(fake, site.library("Records", columns=COLUMNS))
        assert not [each for each in fake.complaints if ": own " in each or each.startswith("own ")]


def refused(answer: requests.Response, status: int, code: str, words: str = "") -> None:
    """The answer is a refusal in Graph's own form."""
    assert answer.status_code == status, answer.text
    assert not contract.error_fault(answer.json())
    error = answer.json()["error"]
    assert error["code"] == code
    assert words in error["message"]
    assert error["innerError"]["request-id"] == answer.headers["request-id"]


# -- the login host --------------------------------------------------------------------------------------------------


def form(fake: Tenant, **changes: Any) -> dict[str, Any]:
    values = {
        "grant_type": "client_credentials", "client_id": fake.app.client_id, "scope": "https://graph.microsoft.com/.default",
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer", "client_assertion": assertion(fake),
    }  # fmt: skip
    return {key: value for key, value in (values | changes).items() if value is not None}


def assertion(fake: Tenant, key: Any = None, thumbprint: str = "", algorithm: str = "PS256", **changes: Any) -> str:
    now = int(time.time())
    aud = f"https://login.microsoftonline.com/{fake.tenant_id}/oauth2/v2.0/token"
    claims = {
        "iss": fake.app.client_id,
        "sub": fake.app.client_id,
        "aud": aud,
        "exp": now + 600,
        "nbf": now,
        "jti": str(uuid.uuid4()),
    }
    header = {"x5t#S256": thumbprint or CREDENTIAL.thumbprint}
    return jwt.encode(claims | changes, key or CREDENTIAL.key, algorithm=algorithm, headers=header)


def ask(fake: Tenant, tenant_id: str = "", **changes: Any) -> requests.Response:
    return requests.post(
        f"{fake.url}/{tenant_id or fake.tenant_id}/oauth2/v2.0/token", data=form(fake, **changes), timeout=10
    )


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
    told = requests.get(f"{base}/v2.0/.well-known/openid-configuration", timeout=10).json()
    assert told["token_endpoint"].startswith("https://login.microsoftonline.com/")
    keys = requests.get(f"{base}/discovery/v2.0/keys", timeout=10).json()
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
    assert requests.post(url, json=form(school.fake), timeout=10).json()["error_codes"] == [900144]


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


# -- sites and libraries ---------------------------------------------------------------------------------------------


def test_a_site_and_its_libraries_are_found_as_a_technician_would_look_for_them(school: School) -> None:
    site = school.library.site
    found = school("GET", "/sites/school.sharepoint.example:/sites/safeguarding?$select=id,webUrl").json()
    assert (found["id"], found["webUrl"], "name" in found) == (site.id, ADDRESS, False)
    assert school("GET", f"/sites/{site.id}").json()["siteCollection"]["hostname"] == "school.sharepoint.example"
    listed = school(
        "GET", "/sites/school.sharepoint.example:/sites/safeguarding:/lists?$expand=columns,drive($select=id)"
    ).json()["value"]
    assert listed[0]["drive"]["id"] == school.library.drive_id
    assert "Urgent" in [each["name"] for each in listed[0]["columns"]]
    assert school("GET", f"/sites/{site.id}/drive").json()["id"] == school.library.drive_id
    assert school("GET", f"{school.drive}/list?$select=id").json()["id"] == school.library.list_id
    assert school("GET", f"/sites/{site.id}/lists/Records/drive/root").json()["root"] == {}
    assert not school.fake.complaints


def test_the_apps_own_grants_are_shown_to_full_control_only(school: School) -> None:
    path = f"/sites/{school.library.site.id}/permissions"
    refused(school("GET", path), 403, "accessDenied")
    school.fake.app.site_grants[school.library.site.id] = "fullcontrol"
    found = school("GET", path).json()["value"]
    assert found[0]["grantedToIdentitiesV2"][0]["application"]["id"] == school.fake.app.client_id
    assert set(found[0]) == set(sample("GET", "/sites/*/permissions")["value"][0])


def sample(method: str, ending: str) -> Any:
    """The answer of Microsoft's own sample."""
    found = [each for each in contract.samples() if each["method"] == method and each["url"].endswith(f"/v1.0{ending}")]
    return found[0]["responseBody"]


def test_answers_have_what_the_samples_of_the_reference_have(school: School) -> None:
    school.put("a.json")
    lists = school("GET", f"/sites/{school.library.site.id}/lists").json()["value"][0]
    assert set(sample("GET", "/sites/*/lists")["value"][0]) <= set(lists)
    columns = {each["name"]: each for each in school("GET", f"{school.drive}/list/columns").json()["value"]}
    wanted = sample("GET", "/sites/*/lists/*/columns")["value"][0]
    assert set(wanted) <= set(columns["Title"])
    assert columns["Title"]["text"] == wanted["text"]
    assert set(sample("PUT", "/me/drive/root:*/content")) <= set(school("GET", school.item("a.json")).json())
    assert set(sample("GET", "/me/drive/root/delta?token=*")) <= set(
        school("GET", f"{school.drive}/root/delta?token=latest").json()
    )
    body = {"recipients": [{"email": "robin@school.example"}], "requireSignIn": True, "roles": ["write"]}
    given = school("POST", f"{school.item('a.json')}/invite", json=body).json()["value"][0]
    assert {"grantedTo", "grantedToV2", "id", "roles", "@deprecated.GrantedTo"} <= set(given)


# -- files -----------------------------------------------------------------------------------------------------------


def test_a_put_makes_replaces_renames_or_fails_as_asked(school: School) -> None:
    made = school.put("2026/C-1.json", b"one")
    assert (made.status_code, made.json()["name"], made.json()["parentReference"]["path"].endswith("root:/2026")) == (
        201,
        "C-1.json",
        True,
    )
    assert made.json()["file"]["hashes"] == {"quickXorHash": quick_xor(b"one")}
    refused(school.put("2026/c-1.JSON", b"two"), 409, "nameAlreadyExists")
    again = school.put("2026/C-1.json", b"two", how="")
    assert (again.status_code, again.json()["id"]) == (200, made.json()["id"])
    assert again.json()["eTag"] != made.json()["eTag"]
    assert school.put("2026/C-1.json", b"three", how="rename").json()["name"] == "C-1 1.json"
    refused(school.put("2026/C-1.json", how="overwrite"), 400, "invalidRequest")
    folder = f"{school.drive}/items/{school.library.must('2026').id}"
    assert school("PUT", f"{folder}:/C-2.json:/content", data=b"x").status_code == 201
    assert school("PUT", f"{school.item('2026/C-2.json')}/content", data=b"y").status_code == 200
    assert school.library.files() == {"2026/C-1.json": b"two", "2026/C-1 1.json": b"three", "2026/C-2.json": b"y"}
    school.fake.put_makes_folders = False
    refused(school.put("2027/C-1.json"), 404, "itemNotFound")


@pytest.mark.parametrize(
    "name",
    [
        "a%22b",
        "a*b",
        "a%3Ab",
        "a%3Cb",
        "a%3Eb",
        "a%3Fb",
        "a%7Cb",
        "a%5Cb",
        "%20a",
        "a%20",
        ".a",
        "a.",
        "CON",
        "~$a",
        "a_vti_b",
        "x" * 401,
    ],
)
def test_sharepoint_refuses_the_name(school: School, name: str) -> None:
    refused(school.put(name), 400, "invalidRequest")
    assert not school.library.files()


def test_more_than_250_megabytes_in_one_request_is_too_much(school: School) -> None:
    split = urlsplit(school.fake.url)
    with socket.create_connection((str(split.hostname), int(split.port or 0)), timeout=10) as line:
        line.sendall(
            f"PUT /v1.0{school.drive}/root:/a:/content HTTP/1.1\r\nHost: x\r\nContent-Length: 250000001\r\n\r\n".encode()
        )
        assert line.recv(4000).startswith(b"HTTP/1.1 413 ")


def test_content_comes_from_an_address_that_takes_no_token_and_lasts_an_hour(school: School) -> None:
    school.put("a.json", b"0123456789")
    answer = school("GET", f"{school.item('a.json')}/content")
    where = answer.headers["Location"]
    assert answer.status_code == 302
    assert school("GET", where).content == b"0123456789"
    part = school("GET", where, headers={"Range": "bytes=2-4"})
    assert (part.status_code, part.content, part.headers["Content-Range"]) == (206, b"234", "bytes 2-4/10")
    refused(school("GET", where, headers={"Authorization": "Bearer x"}), 401, "unauthenticated")
    school.fake.clock = lambda: datetime.now(UTC) + timedelta(minutes=61)
    refused(school("GET", where), 404, "itemNotFound")


def test_a_large_file_travels_in_ranges(school: School) -> None:
    content = bytes(range(256)) * 3000
    body = {"item": {"@microsoft.graph.conflictBehavior": "fail", "name": "big.pdf"}}
    begun = school("POST", f"{school.drive}/root:/2026/big.pdf:/createUploadSession", json=body).json()
    where = begun["uploadUrl"]

    def send(first: int, last: int, **how: str) -> requests.Response:
        headers = {"Content-Range": f"bytes {first}-{last}/{len(content)}"} | how
        return school("PUT", where, data=content[first : last + 1], headers=headers)

    refused(send(0, STEP - 1, Authorization="Bearer x"), 401, "unauthenticated")
    refused(send(0, 99), 400, "invalidRequest", "327,680")
    refused(send(0, STEP - 1, **{"Content-Range": "bytes 0-9/20"}), 400, "invalidRequest")
    refused(send(STEP, 2 * STEP - 1), 416, "invalidRange")
    first = send(0, STEP - 1)
    assert (first.status_code, first.json()["nextExpectedRanges"]) == (202, [f"{STEP}-"])
    refused(send(0, STEP - 1), 416, "invalidRange")
    assert school("GET", where).json()["nextExpectedRanges"] == [f"{STEP}-"]
    assert send(STEP, 2 * STEP - 1).status_code == 202
    last = send(2 * STEP, len(content) - 1)
    assert (last.status_code, last.json()["size"]) == (201, len(content))
    assert school.library.files()["2026/big.pdf"] == content
    refused(send(2 * STEP, len(content) - 1), 404, "itemNotFound")


def test_an_upload_session_ends_by_cancelling_by_age_and_by_a_name_taken_meanwhile(school: School) -> None:
    start = f"{school.drive}/root:/big.pdf:/createUploadSession"
    cancelled, old, late = (school("POST", start).json()["uploadUrl"] for _ in range(3))
    assert school("DELETE", cancelled).status_code == 204
    refused(school("GET", cancelled), 404, "itemNotFound")
    school.put("big.pdf", b"first")
    refused(school("PUT", late, data=b"x", headers={"Content-Range": "bytes 0-0/1"}), 409, "nameAlreadyExists")
    refused(school("POST", start), 409, "nameAlreadyExists")
    school.fake.clock = lambda: datetime.now(UTC) + timedelta(days=2)
    refused(school("GET", old), 404, "itemNotFound")
    assert school.library.files() == {"big.pdf": b"first"}


def test_items_are_renamed_moved_and_deleted_only_as_they_were_last_seen(school: School) -> None:
    etag = school.put("in/a.json").json()["eTag"]
    done = school("POST", f"{school.drive}/root/children", json={"name": "done", "folder": {}})
    assert done.status_code == 201
    refused(
        school("POST", f"{school.drive}/root/children", json={"name": "Done", "folder": {}}), 409, "nameAlreadyExists"
    )
    item, move = school.item("in/a.json"), {"parentReference": {"id": done.json()["id"]}, "name": "b.json"}
    refused(school("PATCH", item, json=move, headers={"If-Match": '"{OLD},1"'}), 412, "resourceModified")
    assert school("PATCH", item, json=move, headers={"If-Match": etag}).status_code == 200
    refused(school("PATCH", item, json={"parentReference": {"id": "01NOWHERE"}}), 404, "itemNotFound")
    school.put("done/c.json")
    refused(school("PATCH", item, json={"name": "c.json"}), 409, "nameAlreadyExists")
    assert set(school.library.files()) == {"done/b.json", "done/c.json"}
    refused(school("DELETE", item, headers={"If-Match": etag}), 412, "resourceModified")
    assert school("DELETE", item).status_code == 204
    refused(school("DELETE", item), 404, "itemNotFound")
    refused(school("GET", item), 404, "itemNotFound")


def test_children_come_in_pages(school: School) -> None:
    for number in range(5):
        school.library.drop(f"in/{number}.json", b"{}")
    answer = school("GET", f"{school.drive}/root:/in:/children?$top=2&$select=id,name").json()
    names = [each["name"] for each in answer["value"]]
    while "@odata.nextLink" in answer:
        answer = school("GET", answer["@odata.nextLink"]).json()
        names += [each["name"] for each in answer["value"]]
    assert names == [f"{number}.json" for number in range(5)]


def test_columns_are_written_and_read_back(school: School) -> None:
    school.put("a.json")
    values = {
        "ConcernReference": "C-1",
        "Received": "2026-11-21T09:00:00Z",
        "Urgent": True,
        "Problems": 2,
        "Notes": "a\nb",
    }
    assert school("PATCH", f"{school.item('a.json')}/listItem/fields", json=values).status_code == 200
    assert school.library.fields("a.json") == values
    assert school("GET", f"{school.item('a.json')}/listItem/fields").json()["ConcernReference"] == "C-1"
    assert (
        school("GET", f"{school.item('a.json')}?$expand=listItem($expand=fields)").json()["listItem"]["fields"][
            "Urgent"
        ]
        is True
    )
    row = school("GET", f"{school.item('a.json')}/listItem?$expand=fields($select=Problems)").json()
    where = f"/sites/{school.library.site.id}/lists/{school.library.list_id}/items/{row['id']}/fields"
    refused(school("PATCH", where, json={"Urgent": False}, headers={"If-Match": '"{OLD},1"'}), 412, "resourceModified")
    assert school("PATCH", where, json={"Urgent": None}).status_code == 200
    assert "Urgent" not in school.library.fields("a.json")


def test_a_retention_label_is_set_once_by_201_and_an_unknown_one_not(school: School) -> None:
    school.put("a.json")
    path = f"{school.item('a.json')}/retentionLabel"
    refused(school("PATCH", path, json={"name": "Forever"}), 404, "itemNotFound")
    assert [school("PATCH", path, json={"name": "Safeguarding record 25y"}).status_code for _ in range(2)] == [201, 200]
    assert set(school("GET", path).json()) == set(sample("PATCH", "/drives/*/items/*/retentionLabel"))
    assert school("DELETE", path).status_code == 204


def test_quick_xor_is_the_real_one() -> None:
    known = {
        b"": "AAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        b"J": "SgAAAAAAAAAAAAAAAQAAAAAAAAA=",
        b"\xb5\xb4": "taAFAAAAAAAAAAAAAgAAAAAAAAA=",
    }
    assert {content: quick_xor(content) for content in known} == known
    content, bits = bytes(range(251)) * 7, [0] * 160
    for place, byte in enumerate(content):
        for bit in range(8):
            bits[(place * 11 + bit) % 160] ^= byte >> bit & 1
    raw = bytearray(sum(each << bit for bit, each in enumerate(bits)).to_bytes(20, "little"))
    for place, byte in enumerate(len(content).to_bytes(8, "little")):
        raw[12 + place] ^= byte
    assert quick_xor(content) == base64.b64encode(raw).decode()


# -- permissions -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "facet"),
    [
        ("anonymous", lambda each: each["link"]["scope"] == "anonymous" and each["link"]["type"] == "view"),
        ("organization", lambda each: each["link"]["scope"] == "organization"),
        ("users", lambda each: each["link"]["scope"] == "users" and each["grantedToIdentitiesV2"]),
        ("everyone", lambda each: each["grantedToV2"]["siteUser"]["loginName"] == "c:0(.s|true"),
        (
            "everyone_except_external",
            lambda each: "spo-grid-all-users/" in each["grantedToV2"]["siteUser"]["loginName"],
        ),
        ("m365_group", lambda each: each["grantedToV2"]["group"]["displayName"] == "All Staff"),
        ("security_group", lambda each: "c:0t.c|tenant|" in each["grantedToV2"]["siteUser"]["loginName"]),
        ("user", lambda each: each["grantedToV2"]["user"]["id"]),
        ("guest", lambda each: each["invitation"]["email"] and "#ext#" in each["grantedToV2"]["siteUser"]["loginName"]),
        ("visitors", lambda each: each["grantedToV2"]["siteGroup"]["displayName"] == "Safeguarding Visitors"),
        ("application", lambda each: each["grantedToV2"]["application"]["id"]),
    ],
)
def test_each_kind_of_share_shows_on_the_library_and_on_what_lies_in_it(school: School, kind: str, facet: Any) -> None:
    school.put("2026/a.json")
    shared = school.library.share(kind)
    for path in (f"{school.drive}/root", school.item("2026/a.json")):
        found = school("GET", f"{path}/permissions").json()["value"]
        assert shared in found
        assert facet(next(each for each in found if each["id"] == shared["id"]))
        assert not any("inheritedFrom" in each for each in found)
    school.library.unshare_all()
    left = school("GET", f"{school.drive}/root/permissions").json()["value"]
    assert [each["grantedToV2"]["siteGroup"]["displayName"] for each in left] == ["Safeguarding Owners"]
    assert not school.fake.complaints


def test_a_share_of_one_file_is_its_own_and_can_be_taken_back(school: School) -> None:
    school.put("a.json")
    school.put("b.json")
    shared = school.library.share("guest", name="mum@mail.example", role="read", on="a.json")
    assert shared in school("GET", f"{school.item('a.json')}/permissions").json()["value"]
    assert shared not in school("GET", f"{school.item('b.json')}/permissions").json()["value"]
    assert school("GET", f"{school.item('a.json')}/permissions/{shared['id']}").json() == shared
    assert school("DELETE", f"{school.item('a.json')}/permissions/{shared['id']}").status_code == 204
    refused(school("DELETE", f"{school.item('a.json')}/permissions/{shared['id']}"), 404, "itemNotFound")


def test_inviting_people_gives_them_the_right_and_can_drop_what_was_inherited(school: School) -> None:
    school.put("a.json")
    school.fake.user("dsl@school.example")
    body = {
        "recipients": [{"email": "dsl@school.example"}],
        "requireSignIn": True,
        "sendInvitation": False,
        "roles": ["write"],
        "retainInheritedPermissions": False,
    }
    given = school("POST", f"{school.item('a.json')}/invite", json=body).json()["value"]
    assert school("GET", f"{school.item('a.json')}/permissions").json()["value"] == given
    assert "invitation" not in given[0]


# -- delta -----------------------------------------------------------------------------------------------------------


def drained(school: School, link: str) -> tuple[list[dict[str, Any]], str]:
    """All items to the deltaLink, and that."""
    items: list[dict[str, Any]] = []
    while True:
        answer = school("GET", link).json()
        items += answer["value"]
        if "@odata.deltaLink" in answer:
            return items, answer["@odata.deltaLink"]
        link = answer["@odata.nextLink"]


def test_delta_gives_all_then_changes_then_nothing(school: School) -> None:
    for number in range(7):
        school.library.drop(f"in/{number}.json", b"{}")
    items, link = drained(school, f"{school.drive}/root/delta?$top=2")
    assert sorted(each["name"] for each in items if "file" in each) == [f"{number}.json" for number in range(7)]
    assert [each for each in items if "root" in each]
    assert all(set(each["parentReference"]) <= {"driveId", "id"} for each in items)
    assert not any("cTag" in each for each in items)
    assert drained(school, link)[0] == []
    gone = school.library.must("in/3.json").id
    school.library.remove("in/3.json")
    school.library.drop("in/9.json", b"{}")
    items, link = drained(school, link)
    assert [each for each in items if "deleted" in each] == [{"id": gone, "deleted": {"state": "deleted"}}]
    assert {each["name"] for each in items if "deleted" not in each} == {"root", "in", "9.json"}
    assert gone not in [each["id"] for each in drained(school, f"{school.drive}/root/delta")[0]]


def test_delta_from_now_from_a_moment_and_without_parents(school: School) -> None:
    _, link = drained(school, f"{school.drive}/root/delta?token=latest")
    school.library.drop("in/a.json", b"{}")
    school.library.drop("in/b.json", b"{}")
    answer = school("GET", link, headers={"deltaExcludeParent": "true"}).json()
    assert [each["name"] for each in answer["value"]] == ["in", "a.json", "b.json"]
    later = stamp(datetime.now(UTC) + timedelta(minutes=1))
    assert drained(school, f"{school.drive}/root/delta?token={later}")[0] == []
    assert len(drained(school, f"{school.drive}/root/delta(token='2020-01-01T00:00:00Z')")[0]) == 4


def test_an_item_may_come_twice_and_the_last_time_counts(school: School) -> None:
    school.fake.delta_repeats = True
    made = school.library.drop("a.json", b"{}")
    items = [each for each in drained(school, f"{school.drive}/root/delta")[0] if each["id"] == made.id]
    assert [each["size"] for each in items] == [0, 2]


@pytest.mark.parametrize("code", ["resyncChangesApplyDifferences", "resyncChangesUploadDifferences"])
def test_an_expired_delta_token_is_gone_and_says_where_to_begin_anew(school: School, code: str) -> None:
    school.library.drop("a.json", b"{}")
    _, link = drained(school, f"{school.drive}/root/delta")
    school.fake.expire_delta(code)
    answer = school("GET", link)
    refused(answer, 410, code)
    items, link = drained(school, answer.headers["Location"])
    assert "a.json" in [each["name"] for each in items]
    assert drained(school, link)[0] == []
    refused(school("GET", f"{school.drive}/root/delta?token=x"), 400, "invalidRequest")


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
        ({"expirationDateTime": stamp(datetime.now(UTC) + timedelta(minutes=42_310))}, "InvalidRequest"),
        ({"expirationDateTime": stamp(datetime.now(UTC) - timedelta(minutes=1))}, "InvalidRequest"),
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
    poster.fake.fail("sendMail", slow=0.5, times=None)
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
                session.get(f"{fake.url}/{fake.tenant_id}/discovery/v2.0/keys", timeout=10)
            begun = time.monotonic()
        assert time.monotonic() - begun < 3
