"""Tokens both ways: ours for Microsoft, and those by which the school's own flow proves itself to us."""

from __future__ import annotations

import base64
import json
import uuid
from datetime import timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    load_pem_private_key,
    pkcs12,
)

from connector.errors import ConfigError, SignInFailed
from connector.keyring import make_certificate
from connector.outbound.graph import SCOPE
from connector.outbound.sign_in import SignIn, read_certificate
from connector.outbound.signing_keys import SigningKeys
from tests.tenanted import AUDIENCE, FORM, PUSHING_APP, SCHOOL, Tenanted

STRANGER = "00000000-1111-4222-8333-444444444444"


def push(school: Tenanted, token: str, number: str = "1") -> int:
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
    return school.post(SCHOOL, FORM, school.response(number=number), headers=headers).status_code


def token(school: Tenanted, **changes: Any) -> str:
    return school.fake.issue_token(**({"audience": AUDIENCE, "app_id": PUSHING_APP} | changes))


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("audience", [AUDIENCE, AUDIENCE.removeprefix("api://")])
def test_a_token_of_the_flows_app_is_taken(school: Tenanted, version: int, audience: str) -> None:
    assert push(school, token(school, version=version, audience=audience)) == 202


@pytest.mark.parametrize("changes", [
    {"audience": "https://graph.microsoft.com"}, {"app_id": STRANGER}, {"tenant": STRANGER},
    {"expires_in": -120}, {"key": "foreign"}, {"exp": None}, {"tid": None}, {"iss": "https://evil.example/"},
    {"nbf": 9_999_999_999}, {"exp": "soon"}, {"aud": [AUDIENCE]}, {"iss": None},
    {"version": 1, "appid": None, "azp": PUSHING_APP}, {"version": 2, "azp": None, "appid": PUSHING_APP},
], ids=str)  # fmt: skip
def test_every_other_token_is_refused_alike(school: Tenanted, changes: dict[str, Any]) -> None:
    assert push(school, token(school, **changes)) == 401


def test_tokens_that_were_forged_by_the_book_are_refused(school: Tenanted) -> None:
    good = token(school)
    head, body, signature = good.split(".")
    claims = json.loads(base64.urlsafe_b64decode(body + "=="))
    none = jwt.encode(claims, None, algorithm="none")
    public = school.fake.keys.published()[0]["n"]
    confused = jwt.encode(claims, public, algorithm="HS256", headers={"kid": school.fake.keys.published()[0]["kid"]})
    for forged in (
        none,
        confused,
        f"{head}.{body}.",
        f"{head}.{body}.{signature[::-1]}",
        "..",
        "a.b.c",
        "x" * 9000,
        good + "x",
    ):
        assert push(school, forged) == 401


def test_a_token_is_good_until_it_ends_and_no_longer_by_the_services_own_clock(school: Tenanted) -> None:
    found = token(school, expires_in=600)
    assert push(school, found) == 202
    school.clock.pass_(minutes=10, seconds=30)
    assert push(school, found, "2") == 202, "a minute's leeway"
    school.clock.pass_(minutes=1)
    assert push(school, found, "3") == 401


def test_microsofts_keys_are_fetched_once_and_again_when_they_turn(school: Tenanted) -> None:
    def asked() -> int:
        return len([each for each in school.fake.requests if each.path.endswith("/discovery/v2.0/keys")])

    assert push(school, token(school)) == 202
    assert push(school, token(school), "2") == 202
    assert asked() == 1
    school.fake.rotate_keys(keep=0)
    school.clock.pass_(minutes=2)
    assert push(school, token(school), "3") == 202
    assert asked() == 2
    for _ in range(20):
        push(school, token(school, key="foreign"))
    assert asked() <= 3, "a stranger cannot make us ask for ever"


def test_while_the_keys_cannot_be_had_the_flow_is_told_to_try_again_not_that_it_is_false(school: Tenanted) -> None:
    school.fake.fail(match="discovery", status=503, times=None)
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token(school)}"}
    answer = school.post(SCHOOL, FORM, school.response(), headers=headers)
    assert answer.status_code == 503
    assert answer.headers["Retry-After"]
    school.fake.heal()
    school.clock.pass_(seconds=6)
    assert push(school, token(school)) == 202


def test_keys_that_are_known_outlive_an_outage(school: Tenanted) -> None:
    assert push(school, token(school)) == 202
    school.fake.fail(match="discovery", cut=True, times=None)
    school.clock.pass_(days=2)
    assert push(school, token(school), "2") == 202


@pytest.mark.parametrize("body", [b"", b"[]", b'{"keys": [{"kty": "RSA"}]}', b'{"keys": 3}', b"<html>"])
def test_keys_that_make_no_sense_prove_nothing(body: bytes, monkeypatch: pytest.MonkeyPatch, school: Tenanted) -> None:
    from connector.errors import DeliveryError
    from connector.outbound import signing_keys
    from connector.outbound.http import Answered

    monkeypatch.setattr(signing_keys, "exchange", lambda *_, **__: Answered(200, {}, body))
    with pytest.raises(DeliveryError):
        SigningKeys("https://login.example/t/discovery/v2.0/keys").find("x", school.clock.now())


# -- ours


def test_one_sign_in_serves_everything_until_it_ends(school: Tenanted) -> None:
    school.taken_in()
    school.taken_in(number="2")
    asked = [each for each in school.fake.requests if each.path.endswith("/oauth2/v2.0/token")]
    assert len(asked) == 1
    assert b"client_secret" not in asked[0].body
    assert b"client_assertion" in asked[0].body


def test_every_request_says_who_asks_and_has_an_id_of_its_own(school: Tenanted) -> None:
    school.taken_in()
    graph = [each for each in school.fake.requests if each.path.startswith("/v1.0/")]
    assert {each.headers["User-Agent"].split("/")[0] for each in graph} == {
        "NONISV|Harbour-View-Nursery-School|ConcernConnector"
    }
    assert len({each.headers["client-request-id"] for each in graph}) == len(graph) > 8


def test_no_token_is_ever_sent_to_a_pre_authenticated_place_or_followed_elsewhere(school: Tenanted) -> None:
    from connector.errors import DeliveryError

    school.taken_in()
    downloads = [each for each in school.fake.requests if each.path.startswith("/_")]
    assert downloads
    assert not any("Authorization" in each.headers for each in downloads)
    graph = school.house.sites[SCHOOL].graph
    assert graph is not None
    with pytest.raises(DeliveryError):
        graph.get("https://evil.example/v1.0/drives")
    with pytest.raises(DeliveryError):
        graph.get(f"{school.fake.url}.evil.example/v1.0/drives")


@pytest.mark.parametrize(("spoil", "code", "mend"), [
    (lambda fake: fake.app.certificates.clear(), "AADSTS700027", "upload its .cer"),
    (lambda fake: setattr(fake.app, "client_id", str(uuid.uuid4())), "AADSTS700016", "client_id"),
])  # fmt: skip
def test_a_sign_in_that_is_refused_says_the_mend_and_no_secret(
    school: Tenanted, spoil: Any, code: str, mend: str
) -> None:
    school.may_complain = True
    spoil(school.fake)
    graph = school.house.sites[SCHOOL].graph
    assert graph is not None
    with pytest.raises(SignInFailed) as refused:
        graph.sign_in.token(SCOPE)
    assert code in str(refused.value)
    assert mend in str(refused.value)
    assert "eyJ" not in str(refused.value)


def test_a_login_host_that_is_down_or_answers_nonsense_is_worth_another_try(school: Tenanted) -> None:
    sign_in = SignIn(school.fake.url, school.fake.tenant_id, school.fake.app.client_id, "no-such-secret")
    for fault in ({"status": 503}, {"cut": True}, {"status": 429, "headers": {"Retry-After": "5"}}):
        school.fake.fail(match="oauth2|openid", times=1, **fault)
        with pytest.raises(Exception, match=r"login host|far side") as refused:
            sign_in.token(SCOPE)
        assert not refused.value.permanent
    school.may_complain = True


def test_a_secret_works_as_the_lesser_way(school: Tenanted) -> None:
    school.fake.app.secret = "a-client-secret"
    sign_in = SignIn(school.fake.url, school.fake.tenant_id, school.fake.app.client_id, "a-client-secret")
    assert sign_in.token(SCOPE).count(".") == 2
    assert sign_in.expires is None


def test_a_certificate_may_be_pem_or_pfx_and_shows_no_key(tmp_path: Path) -> None:
    pem, _ = make_certificate(tmp_path)
    data = pem.read_bytes()
    from_pem = read_certificate(data, "")
    key = load_pem_private_key(data, None)
    pfx = pkcs12.serialize_key_and_certificates(
        b"x", key, x509.load_pem_x509_certificate(data), None, BestAvailableEncryption(b"secret words")  # type: ignore[arg-type]
    )  # fmt: skip
    assert read_certificate(pfx, "secret words") == from_pem
    assert "PRIVATE" not in repr(from_pem)
    assert pem.stat().st_mode & 0o077 == 0
    for broken, passphrase in (
        (pfx, "wrong"),
        (b"", ""),
        (data[:300], ""),
        (b"-----BEGIN nonsense", ""),
        (pfx[:100], "x"),
    ):
        with pytest.raises(ConfigError, match="cannot be opened"):
            read_certificate(broken, passphrase)


def test_a_certificate_is_good_for_two_years(tmp_path: Path, school: Tenanted) -> None:
    pem, _ = make_certificate(tmp_path)
    found = read_certificate(pem.read_bytes(), "")
    assert found.not_after - x509.load_pem_x509_certificate(pem.read_bytes()).not_valid_before_utc > timedelta(days=729)
