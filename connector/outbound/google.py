"""Google's APIs by google-api-python-client: documents from the package, requests through our one door.

No httplib2.Http is ever shared, since none is used at all: a shared one gave answers of other requests
(google.md 4.5), which would put one child's record under another's name. `same` checks every read besides.
Nothing here waits or tries again by itself (but once, for a token that ended early): what was refused is owed
again by the ledger. No address, id or body reaches an error or a log.
"""

from __future__ import annotations

import json
import logging
import re
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from importlib import resources
from typing import Any

from connector.errors import DeliveryError, VendorRefused
from connector.outbound.google_sign_in import GoogleSignIn
from connector.outbound.http import Answered, clock_of, exchange, is_permanent

log = logging.getLogger(__name__)

FORM_SCOPES = (
    "https://www.googleapis.com/auth/forms.body.readonly",
    "https://www.googleapis.com/auth/forms.responses.readonly",
)
# drives.get and a folder that a person made are out of reach of the narrower drive.file (google.md 2.5).
DRIVE_SCOPES = ("https://www.googleapis.com/auth/drive",)
LOOK_SCOPES = ("https://www.googleapis.com/auth/drive.readonly",)
METADATA_SCOPES = ("https://www.googleapis.com/auth/drive.metadata.readonly",)
GMAIL_SCOPES = ("https://www.googleapis.com/auth/gmail.send",)
CHAT_SCOPES = ("https://www.googleapis.com/auth/chat.bot",)
PUBSUB_SCOPES = ("https://www.googleapis.com/auth/pubsub",)

_VERSIONS = {"forms": "v1", "drive": "v3", "gmail": "v1", "chat": "v1", "pubsub": "v1"}
_MENDABLE = frozenset({401, 403, 404})
_EXPECTED = frozenset({404, 409})
_MOST_SKEW_SECONDS = 3600
# Reasons that a technician can look up; nothing else of a body may travel.
CODES = frozenset({
    "ABORTED", "ACCESS_TOKEN_SCOPE_INSUFFICIENT", "ALREADY_EXISTS", "FAILED_PRECONDITION", "INTERNAL",
    "INVALID_ARGUMENT", "NOT_FOUND", "PERMISSION_DENIED", "RATE_LIMIT_EXCEEDED", "RESOURCE_EXHAUSTED",
    "SERVICE_DISABLED", "UNAUTHENTICATED", "UNAVAILABLE", "accessNotConfigured", "authError", "backendError",
    "cannotModifyInheritedPermission", "dailyLimitExceeded", "domainPolicy", "failedPrecondition", "fileIdInUse",
    "fileNotDownloadable", "forbidden", "insufficientFilePermissions", "insufficientPermissions", "internalError",
    "invalid", "invalidArgument", "notFound", "quotaExceeded", "rateLimitExceeded", "sharedDriveNotFound",
    "storageQuotaExceeded", "teamDriveFileLimitExceeded", "teamDriveMembershipRequired", "userRateLimitExceeded",
})  # fmt: skip
_HOME = re.compile(r"https://[a-z0-9-]+\.googleapis\.com/")
_NOT_READY = frozenset({"failedprecondition", "failed_precondition"})
# A 403 that only says: slower (google.md 4.3).
_SLOWER = frozenset({"rateLimitExceeded", "userRateLimitExceeded", "RATE_LIMIT_EXCEEDED"})


class ClockWrong(DeliveryError):
    """This machine's clock is hours off Google's, so old responses cannot be told from new ones: mend the clock."""


class WrongAnswer(DeliveryError):
    """The far side answered with something else than was asked for, so nothing of it was used."""


class _Door:
    """What google-api-python-client calls to send one request; made for each, so nothing can be shared."""

    def __init__(self, sign_in: GoogleSignIn, scopes: tuple[str, ...], how: How) -> None:
        self._sign_in, self._scopes, self._how = sign_in, scopes, how

    def request(self, uri: str, method: str = "GET", body: Any = None, headers: Any = None, **_: Any) -> Any:
        """The answer as an httplib2.Response and its bytes. A token that is not taken is asked for anew, once."""
        import httplib2

        data = body.encode() if isinstance(body, str) else body.read() if hasattr(body, "read") else body
        answer = self._once(method, uri, data, headers)
        if answer.status == 401:
            self._sign_in.forget()
            answer = self._once(method, uri, data, headers)
        said = {name.lower(): value for name, value in answer.headers.items()}
        return httplib2.Response({**said, "status": str(answer.status)}), answer.body

    def _once(self, method: str, uri: str, data: bytes | None, headers: Any) -> Answered:
        token = self._sign_in.token(self._scopes, as_app=self._how.as_app)
        sent = {**(headers or {}), "authorization": f"Bearer {token}"}
        if not self._how.is_home(uri):
            # Where an upload goes on is named by an answer; our token goes nowhere but to Google.
            raise DeliveryError("Google named a place that is not Google's.", permanent=True)
        began = time.monotonic()
        answer = exchange(
            method, uri, body=data, headers=sent,
            timeout_seconds=self._how.timeout_seconds, most_bytes=self._how.most_bytes,
        )  # fmt: skip
        is_fine = answer.status < 400
        log.log(
            logging.DEBUG if is_fine or answer.status in _EXPECTED else logging.WARNING,
            "google answered" if is_fine else "google refused",
            extra={
                "status": answer.status,
                "ms": round((time.monotonic() - began) * 1000),
                "error": "" if is_fine else _code(answer.body),
            },
        )
        return answer


@dataclass(frozen=True, slots=True)
class How:
    """How one request is made. `as_app`: by the service account itself, whomever it acts as otherwise."""

    timeout_seconds: float = 30
    most_bytes: int = 64 * 1024 * 1024
    as_app: bool = False
    root: str = ""

    def is_home(self, uri: str) -> bool:
        """True for Google's own hosts, or the one in place of them."""
        if self.root:
            return uri.startswith(f"{self.root}/")
        # Letter by letter: those who take an address apart do not agree on what is odd.
        return bool(_HOME.match(uri))


@dataclass(frozen=True, slots=True)
class Google:
    """One school's Google. Safe to use from several threads. `root` replaces all of Google's hosts, in tests only."""

    sign_in: GoogleSignIn
    root: str = ""
    _services: dict[str, Any] = field(default_factory=dict, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def api(self, name: str) -> Any:
        """The API as its document describes it: `api("forms").forms().get(formId=...)` makes a request to `ask`."""
        from googleapiclient.discovery import build_from_document

        with self._lock:
            if name not in self._services:
                found = _document(name)
                if self.root:
                    # Not client_options.api_endpoint: it leaves uploads on https and batches on Google (google.md 4.2).
                    found["rootUrl"] = f"{self.root}/"
                found.pop("mtlsRootUrl", None)
                self._services[name] = build_from_document(found, http=_Nothing())
            return self._services[name]

    def require_clock(self) -> None:
        """Returns where this machine's clock agrees with Google's, by the hour. Raises ClockWrong, DeliveryError."""
        there = clock_of(f"{self.root or 'https://www.googleapis.com'}/oauth2/v3/certs")
        if there is not None and abs((datetime.now(UTC) - there).total_seconds()) > _MOST_SKEW_SECONDS:
            raise ClockWrong

    def ask(self, request: Any, scopes: tuple[str, ...], how: How = How()) -> Any:
        """What Google answers to that request: JSON, or bytes of a file. Raises VendorRefused, DeliveryError."""
        from googleapiclient.errors import Error, HttpError

        try:
            return request.execute(http=_Door(self.sign_in, scopes, replace(how, root=self.root)), num_retries=0)
        except HttpError as error:
            raise _refused(int(error.resp.status), error.content, error.resp.get("retry-after")) from None
        except (Error, ValueError):
            raise DeliveryError("Google's answer could not be read.") from None


class _Nothing:
    """Given where the client library wants a way to the network to hold on to: it never gets one."""

    def request(self, *_: Any, **__: Any) -> Any:
        """Never called: each request brings its own door."""
        raise DeliveryError("A request was made without a door of its own.", permanent=True)


def same(asked: str, answered: Any) -> None:
    """Returns where the answer is of the thing asked for. Raises WrongAnswer."""
    if answered != asked:
        raise WrongAnswer


def _document(name: str) -> dict[str, Any]:
    place = resources.files("googleapiclient") / "discovery_cache" / "documents" / f"{name}.{_VERSIONS[name]}.json"
    found: dict[str, Any] = json.loads(place.read_text(encoding="utf-8"))
    return found


def _refused(status: int, body: Any, retry_after: str | None) -> VendorRefused:
    code = _code(body)
    # A mailbox that is not set up yet, or for a moment, is refused like a request that is wrong for ever.
    is_final = is_permanent(status) and status not in _MENDABLE and code.casefold() not in _NOT_READY
    wait = Answered(status, {"Retry-After": retry_after or ""}, b"").retry_after
    if status == 403 and code in _SLOWER:
        # Everybody who looks at the status alone treats it as what it means.
        status = 429
    return VendorRefused(status, code, permanent=is_final, retry_after=wait)


def _code(body: Any) -> str:
    """Google's own word for the error in either of its shapes, if it is one that we know."""
    try:
        error = json.loads(body)["error"]
    except (ValueError, KeyError, TypeError):
        return ""
    return next((word for word in _words(error) if word in CODES), "") if isinstance(error, Mapping) else ""


def _words(error: Mapping[str, Any]) -> list[str]:
    """The narrower word first: a reason among the details, then Drive's, then the status."""
    several = [*_maps(error.get("details")), *_maps(error.get("errors"))]
    return [str(one.get("reason", "")) for one in several] + [str(error.get("status", ""))]


def _maps(found: Any) -> list[Mapping[str, Any]]:
    return [one for one in found if isinstance(one, Mapping)] if isinstance(found, list) else []
