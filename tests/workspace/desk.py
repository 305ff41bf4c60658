"""Serves one request after another: finds the method, holds everything to the documents, plants the faults."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from tests.workspace import access, contract, login, rooms, selecting, uploads
from tests.workspace.answers import Answer, Call, Refusal, broken, error_answer, read_json, refuse
from tests.workspace.documents import Method, find
from tests.workspace.faults import Fault
from tests.workspace.people import Record

if TYPE_CHECKING:
    from tests.workspace.world import Workspace

_PLAIN = {
    ("POST", "/token"): ("oauth2.token", login.token),
    ("GET", "/o/oauth2/auth"): ("oauth2.auth", login.consent),
    ("GET", "/oauth2/v3/certs"): ("oauth2.certs", login.certs),
}
_FAULT_REASONS = {"oauth2": {503: "temporarily_unavailable", 500: "internal_failure", 429: "rate_limit_exceeded"}}


class Desk:
    """Serves requests for a Workspace, whatever brought them."""

    def __init__(self, fake: Workspace) -> None:
        self.fake = fake

    def serve(self, call: Call) -> Answer | None:
        """The answer, or None for a connection to cut."""
        method_id, api, run = self._found(call)
        seen: list[Call] = [call]
        time.sleep(self.fake.faults.delay(method_id))
        answer = self._answer(method_id, api, run, seen)
        caller = seen[-1].caller
        status = answer.status if answer else 0
        record = Record(
            method_id, call.method, call.path, call.query, dict(call.headers), call.body, status,
            caller.scopes, caller.identity, self.fake.now(),
        )  # fmt: skip
        self.fake.requests.append(record)
        return answer

    def _answer(self, method_id: str, api: str, run: Any, seen: list[Call]) -> Answer | None:
        fault = self.fake.faults.take(method_id)
        try:
            if self.fake.down:
                refuse(503, "The service is currently unavailable.")
            if fault and not fault.after:
                return self._strike(fault, api)
            answer: Answer = run(seen)
            return self._strike(fault, api) if fault else answer
        except Refusal as refusal:
            if refusal.broken:
                self.fake.complain(method_id, f"{refusal.status} {refusal.message}")
            return error_answer(refusal, api)

    @staticmethod
    def _strike(fault: Fault, api: str) -> None:
        if not fault.cut:
            reason = fault.reason or _FAULT_REASONS.get(api, {}).get(fault.status, "")
            refuse(fault.status, fault.message, reason=reason, headers=fault.headers)

    def _found(self, call: Call) -> tuple[str, str, Any]:
        if (call.method, call.path) in _PLAIN:
            method_id, handler = _PLAIN[call.method, call.path]
            return method_id, "oauth2", lambda seen: self._plain(handler, seen)
        upload = call.path.startswith("/upload/")
        if upload and call.method == "PUT" and "upload_id" in call.query:
            chunk = uploads.session_method(self.fake, call)
            return f"{chunk}.chunk", "drive.v3", lambda seen: self._plain(uploads.chunk, seen)
        hit = find(call.method, call.path.removeprefix("/upload"))
        if hit is None:
            return "unknown", "forms.v1", lambda seen: broken(f"{call.method} {call.path} was not found.", 404)
        method, parts = hit
        return method.id, method.api, lambda seen: self._run(replace(call, parts=parts), method, upload, seen)

    def _plain(self, handler: Any, seen: list[Call]) -> Answer:
        with self.fake.lock:
            found: Answer = handler(self.fake, seen[-1])
            return found

    def _run(self, call: Call, method: Method, upload: bool, seen: list[Call]) -> Answer:
        """401 first, then 400 by the document, then 403 by scope, then the handler."""
        webhook = method.id == "chat.spaces.messages.create" and "token" in call.query
        pairs = [pair for pair in call.pairs if not (webhook and pair[0] == "token")]
        if not webhook:
            with self.fake.lock:
                call = replace(call, caller=access.authenticate(self.fake, call))
            seen.append(call)
        if fault := contract.query_fault(method, pairs, call.parts):
            broken(fault, reason="invalidParameter")
        mask = self._mask(call, method, webhook)
        call = self._read(call, method, upload)
        if not webhook:
            access.need_scope(call.caller, method)
        return self._handled(call, method, mask)

    def _mask(self, call: Call, method: Method, webhook: bool) -> selecting.Mask | None:
        if call.query.get("alt", "json") != "json" and not (method.gives_media and call.query["alt"] == "media"):
            broken("Unsupported alt.", reason="invalidAltValue")
        if not webhook and {"key", "access_token", "oauth_token"} & set(call.query):
            broken("API key not valid. Please pass a valid API key.", reason="badRequest")
        text = call.query.get("fields", rooms.DEFAULT_FIELDS.get(method.id, ""))
        try:
            if not method.response and "fields" in call.query:
                raise selecting.BadMask("fields for a method without an answer")
            return selecting.read(text, method.api, method.response) if text or "fields" in call.query else None
        except selecting.BadMask as fault:
            broken(str(fault), reason="invalidParameter", location="fields")

    def _read(self, call: Call, method: Method, upload: bool) -> Call:
        """The body, valid by the document."""
        if upload or "uploadType" in call.query:
            if not (upload and method.takes_media):
                broken("This is no upload address.", 404)
            return uploads.read(call, method)
        if not method.request:
            if call.body:
                broken("Invalid JSON payload received: the request takes no body.", reason="parseError")
            return call
        if "application/json" not in call.header("Content-Type"):
            broken("Invalid content type: application/json is expected.", reason="badContent")
        data = read_json(call.body)
        if fault := contract.request_fault(method, data):
            broken(fault, reason="invalid")
        return replace(call, data=data)

    def _handled(self, call: Call, method: Method, mask: selecting.Mask | None) -> Answer:
        handler = rooms.HANDLERS.get(method.id)
        if handler is None:
            broken(f"The fake does not serve {method.id}.", 501)
        if method.id in rooms.FREE:
            return self._checked(handler(self.fake, call, method), method, mask)
        with self.fake.lock:
            return self._checked(handler(self.fake, call, method), method, mask)

    def _checked(self, answer: Answer, method: Method, mask: selecting.Mask | None) -> Answer:
        """Our own answers are held to the documents too; and copied, since the world goes on."""
        if answer.plain:
            return answer
        if fault := contract.answer_fault(method, answer.body):
            self.fake.complain(method.id, f"own answer: {fault}")
        return replace(answer, body=selecting.select(json.loads(json.dumps(answer.body)), mask))
