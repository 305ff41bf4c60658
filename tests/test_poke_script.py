"""The Apps Script that a school pastes into its form: run under Node, and believed by our own proof."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connector.errors import NotAuthentic
from connector.forms.proof import FormKeys, require_poke, require_proof
from tests.service import ROOT

pytestmark = pytest.mark.skipif(shutil.which("node") is None, reason="Node runs the script")

SCRIPT = ROOT / "docs" / "apps-script" / "poke.gs"
KEY = "k€y of the form 0123456789abcdef"
URL = "https://concerns.example/forms/starling/concern/poke"
NOW = datetime(2026, 7, 1, 14, 41, 7, 900_000, tzinfo=UTC)
KEYS = FormKeys(poke=KEY.encode())

# Stubs as strict as Apps Script, and stricter: whatever the script touches beyond what it needs throws.
HARNESS = r"""
const crypto = require('crypto'), fs = require('fs'), vm = require('vm');
const given = JSON.parse(fs.readFileSync(0, 'utf8'));
const only = (what, parts) => new Proxy(parts, {get(found, name) {
  if (!(name in found)) throw new Error('touched ' + what + '.' + String(name));
  return found[name];
}});
const done = {requests: [], triggers: [], errors: [], charsets: []};
class Fixed extends Date { constructor() { super(given.now); } }
const form = only('Form', {getId: () => 'FORM-ID'});
const signed = (byte) => byte > 127 ? byte - 256 : byte;
const made = [];
const scope = {
  Date: Fixed,
  PropertiesService: only('PropertiesService', {getScriptProperties: () => ({getProperty: (n) => given.properties[n] ?? null})}),
  Utilities: only('Utilities', {
    Charset: only('Charset', {UTF_8: 'UTF_8'}),
    getUuid: () => crypto.randomUUID(),
    computeHmacSha256Signature: (text, key, charset) => {
      done.charsets.push(charset);
      const encoding = charset === 'UTF_8' ? 'utf8' : 'ascii';
      return [...crypto.createHmac('sha256', Buffer.from(key, encoding)).update(text, encoding).digest()].map(signed);
    },
  }),
  UrlFetchApp: only('UrlFetchApp', {fetch: (url, options) => {
    done.requests.push({url, options});
    if (given.status === 0) throw new Error('DNS error: ' + url);
    return only('HTTPResponse', {getResponseCode: () => given.status});
  }}),
  FormApp: only('FormApp', {getActiveForm: () => form}),
  ScriptApp: only('ScriptApp', {
    getProjectTriggers: () => made.map((handler) => ({getHandlerFunction: () => handler})),
    newTrigger: (handler) => ({forForm: (of) => ({onFormSubmit: () => ({create: () => {
      made.push(handler); done.triggers.push({handler, form: of.getId()});
    }})})}),
  }),
};
vm.createContext(scope);
vm.runInContext(fs.readFileSync(given.script, 'utf8'), scope);
const answers = given.event;
for (const call of given.calls) {
  const event = only('e', {source: form, get response() { done.errors.push('touched e.response'); return answers; }});
  try { scope[call](event); } catch (error) { done.errors.push(error.message); }
}
process.stdout.write(JSON.stringify(done));
"""
EVENT = {"respondent": "canary@school.example", "answers": ["CANARY Oscar Fenwick-Sample"], "title": "CANARY concern"}


@dataclass(frozen=True, slots=True)
class Ran:
    requests: list[dict[str, Any]]
    triggers: list[dict[str, str]]
    errors: list[str]
    charsets: list[str]

    @property
    def body(self) -> bytes:
        payload: str = self.requests[0]["options"]["payload"]
        return payload.encode()

    @property
    def headers(self) -> dict[str, str]:
        headers: dict[str, str] = self.requests[0]["options"]["headers"]
        return headers


def run(*calls: str, status: int = 202, **properties: str) -> Ran:
    given = {
        "script": str(SCRIPT), "calls": calls, "status": status, "now": int(NOW.timestamp() * 1000), "event": EVENT,
        "properties": {"POKE_URL": URL, "POKE_KEY": KEY} | properties,
    }  # fmt: skip
    done = subprocess.run(
        ["node", "-e", HARNESS],
        input=json.dumps(given),
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return Ran(**json.loads(done.stdout))


@pytest.fixture(scope="module")
def poked() -> Ran:
    return run("onSafeguardingSubmit")


def test_our_proof_believes_the_poke_for_five_minutes_and_no_longer(poked: Ran) -> None:
    assert poked.errors == []
    for apart in (timedelta(0), timedelta(seconds=299), timedelta(seconds=-299)):
        require_poke(poked.headers, poked.body, KEYS, NOW + apart)
    for apart in (timedelta(seconds=302), timedelta(seconds=-302), timedelta(days=1)):
        with pytest.raises(NotAuthentic):
            require_poke(poked.headers, poked.body, KEYS, NOW + apart)


def test_neither_another_key_nor_a_changed_byte_nor_another_time_is_believed(poked: Ran) -> None:
    changed = bytes([poked.body[0] ^ 1]) + poked.body[1:]
    later = {"X-Connector-Signature": poked.headers["X-Connector-Signature"].replace("t=17", "t=18", 1)}
    for headers, body, keys in (
        (poked.headers, poked.body, FormKeys(poke=KEY.encode() + b"x")),
        (poked.headers, poked.body, FormKeys(bearer=KEY.encode())),
        (poked.headers, changed, KEYS), (poked.headers, poked.body + b" ", KEYS), (later, poked.body, KEYS), ({}, poked.body, KEYS),
    ):  # fmt: skip
        with pytest.raises(NotAuthentic):
            require_poke(headers, body, keys, NOW)


def test_many_digests_are_written_as_lower_case_hex_though_their_bytes_are_signed() -> None:
    for number in range(8):
        ran = run("testPoke", POKE_KEY=f"key {number}")
        assert re.fullmatch(r"t=1782916867,v1=[0-9a-f]{64}", ran.headers["X-Connector-Signature"])
        require_poke(ran.headers, ran.body, FormKeys(poke=f"key {number}".encode()), NOW)
        assert ran.charsets == ["UTF_8"]


def test_the_poke_holds_the_forms_id_a_time_and_a_nonce_and_nothing_of_the_response(poked: Ran) -> None:
    body = json.loads(poked.body)
    assert set(body) == {"v", "formId", "sentAt", "nonce"}
    assert (body["v"], body["formId"], body["sentAt"]) == (1, "FORM-ID", "2026-07-01T14:41:07.900Z")
    assert re.fullmatch(r"[0-9a-f-]{36}", body["nonce"])
    whole = json.dumps(poked.requests, ensure_ascii=False)
    for kept_back in ("CANARY", "canary", "Oscar", KEY):
        assert kept_back not in whole
    assert "touched e.response" not in poked.errors


def test_it_posts_json_to_the_set_address_and_follows_nothing(poked: Ran) -> None:
    (request,) = poked.requests
    options = request["options"]
    assert request["url"] == URL
    assert options["method"] == "post"
    assert options["contentType"] == "application/json; charset=utf-8"
    assert options["muteHttpExceptions"] is True
    assert options["followRedirects"] is False


def test_two_pokes_have_two_nonces() -> None:
    first, second = run("onSafeguardingSubmit", "onSafeguardingSubmit").requests
    nonces = {json.loads(found["options"]["payload"])["nonce"] for found in (first, second)}
    assert len(nonces) == 2


@pytest.mark.parametrize("call", ["onSafeguardingSubmit", "testPoke"])
@pytest.mark.parametrize("status", [301, 401, 404, 503])
def test_a_refused_poke_fails_with_its_number_and_reads_no_answer(call: str, status: int) -> None:
    assert run(call, status=status).errors == [f"The connector refused the poke: {status}"]


def test_a_connector_that_is_away_is_told_without_its_address() -> None:
    assert run("onSafeguardingSubmit", status=0).errors == ["The connector could not be reached."]


@pytest.mark.parametrize("name", ["POKE_URL", "POKE_KEY"])
@pytest.mark.parametrize("call", ["onSafeguardingSubmit", "installPoke", "testPoke"])
def test_a_property_that_is_not_set_is_named_and_nothing_is_sent(call: str, name: str) -> None:
    ran = run(call, **{name: ""})
    assert ran.errors == [f"The script property {name} is not set."]
    assert ran.requests == []
    assert ran.triggers == []


def test_installing_it_twice_makes_one_trigger_on_this_form() -> None:
    ran = run("installPoke", "installPoke")
    assert ran.triggers == [{"handler": "onSafeguardingSubmit", "form": "FORM-ID"}]
    assert ran.errors == []
    assert ran.requests == []


def test_the_script_never_reads_the_response() -> None:
    code = re.sub(r"/\*.*?\*/|^\s*//.*$", "", SCRIPT.read_text("utf-8"), flags=re.DOTALL | re.MULTILINE)
    for reading in (
        ".response",
        "getItemResponses",
        "getRespondentEmail",
        "getTitle",
        "getResponses",
        "getContentText",
        "Logger",
        "console",
    ):
        assert reading not in code


def test_the_key_of_a_script_that_every_editor_can_read_sends_no_concern(poked: Ran) -> None:
    for keys in (KEYS, FormKeys(signing=KEY.encode(), poke=KEY.encode())):
        with pytest.raises(NotAuthentic):
            require_proof(poked.headers, poked.body, keys, NOW)
