"""Microsoft Graph v1.0: token, request, paging, Retry-After. No URL and no body ever reach an error or a log.

Nothing here waits or tries again by itself (but once, for a token that ended early): what was refused is
owed again by the ledger, which outlives this process and honours `retry_after`.
"""

from __future__ import annotations

import json
import logging
import re
import time
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from connector import __version__
from connector.errors import DeliveryError, VendorRefused
from connector.outbound.http import Answered, exchange, is_permanent, is_safe
from connector.outbound.sign_in import SignIn

log = logging.getLogger(__name__)

SCOPE = "https://graph.microsoft.com/.default"
# For flows that only the tenant may trigger; the double slash is Microsoft's (ms365.md 3.2).
FLOW_SCOPE = "https://service.flow.microsoft.com//.default"
_MOST_PAGES = 10_000
_PLAIN = re.compile(r"[0-9A-Za-z.\-]{1,64}")
# Not settled by trying tomorrow, but a technician may mend it at any moment: a grant, a consent, a licence.
_MENDABLE = frozenset({401, 403, 404})
# Answers that are part of asking: is it there, is the name taken, is the cursor still good.
_EXPECTED = frozenset({404, 409, 410})


# The codes of Graph, SharePoint and Exchange that a technician can look up.
CODES = frozenset({
    "accessDenied", "activityLimitReached", "ApplicationThrottled", "AuthenticationError", "BadRequest", "badRequest",
    "conflict", "ErrorAccessDenied", "ErrorInvalidRecipients", "ErrorInvalidUser",
    "ErrorMimeContentInvalidBase64String",
    "ErrorSendAsDenied", "ErrorSubmissionQuotaExceeded", "ExtensionError", "Forbidden", "generalException",
    "InvalidAuthenticationToken", "InvalidRequest", "invalidRange", "invalidRequest", "itemNotFound",
    "MailboxNotEnabledForRESTAPI", "malwareDetected", "nameAlreadyExists", "notAllowed", "notFound", "notSupported",
    "Request_ResourceNotFound", "resourceLocked", "resourceModified", "ResourceNotFound", "resyncApplyDifferences",
    "resyncChangesApplyDifferences", "resyncChangesUploadDifferences", "resyncRequired", "serviceNotAvailable",
    "ServiceUnavailable", "TooManyRequests", "tooManyRequests", "Unauthorized", "unauthenticated", "UnknownError",
    "quotaLimitReached", "ValidationError",
})  # fmt: skip


def path_of(*parts: str) -> str:
    """A path of these parts, each quoted: `path_of("drives", id, "root")` is `/drives/<id>/root`."""
    return "".join(f"/{quote(part, safe='!$,:')}" for part in parts)


@dataclass(frozen=True, slots=True)
class Asked:
    """What goes into one request beside method and path."""

    body: bytes | None = None
    headers: Mapping[str, str] | None = None
    timeout_seconds: float = 30


class Graph:
    """One school's Graph. Safe to use from several threads."""

    def __init__(self, base: str, sign_in: SignIn, school: str) -> None:
        """`base` is Graph's address without version; `school` decorates the traffic (ms365.md 4)."""
        self.sign_in = sign_in
        self._base = f"{base}/v1.0"
        plain = re.sub(r"[^0-9A-Za-z-]+", "-", school).strip("-") or "School"
        self._agent = f"NONISV|{plain}|ConcernConnector/{__version__}"

    def __repr__(self) -> str:
        return "Graph(...)"

    def get(self, path: str, **query: str) -> dict[str, Any]:
        """The object at that path. Raises VendorRefused or DeliveryError."""
        return object_of(self.ask("GET", path, query=query))

    def send(self, method: str, path: str, body: Any, *, timeout_seconds: float = 30) -> dict[str, Any]:
        """Send JSON; the object that comes back, empty where none does. Raises VendorRefused or DeliveryError."""
        asked = Asked(json.dumps(body).encode(), {"Content-Type": "application/json"}, timeout_seconds)
        return object_of(self.ask(method, path, asked))

    def put(self, path: str, content: bytes, **query: str) -> dict[str, Any]:
        """Upload bytes; the item that comes back."""
        asked = Asked(content, {"Content-Type": "application/octet-stream"}, timeout_seconds=120)
        return object_of(self.ask("PUT", path, asked, query=query))

    def pages(self, path: str, **query: str) -> Iterator[dict[str, Any]]:
        """The pages of a collection, following `@odata.nextLink`. `path` may be a link that Graph gave."""
        for _ in range(_MOST_PAGES):
            page = self.get(path, **query)
            yield page
            if not (path := page.get("@odata.nextLink", "")):
                return
            query = {}
        raise DeliveryError("Graph's pages do not end.")

    def values(self, path: str, **query: str) -> list[dict[str, Any]]:
        """Every entry of a collection."""
        return [entry for page in self.pages(path, **query) for entry in page.get("value", [])]

    def content(self, path: str, most_bytes: int) -> bytes:
        """A file's bytes: Graph names a pre-authenticated place, which is asked without our token."""
        answer = self.ask("GET", path, success=(200, 302))
        if answer.status == 200:
            return answer.body
        place = answer.headers.get("Location", "")
        if not is_safe(place):
            raise DeliveryError("Graph named a place to download from that is not https.", permanent=True)
        found = exchange("GET", place, timeout_seconds=120, most_bytes=most_bytes)
        if not found.is_success:
            raise _refused(found)
        return found.body

    def ask(
        self,
        method: str,
        path: str,
        asked: Asked = Asked(),
        *,
        query: Mapping[str, str] | None = None,
        success: tuple[int, ...] = (),
    ) -> Answered:
        """The answer, if it is a success (2xx, or one of `success`). Raises VendorRefused or DeliveryError.

        A token that the far side does not take is asked for anew, once.
        """
        for is_last in (False, True):
            answer = self._once(method, self._address(path, query or {}), asked)
            if answer.status == 401 and not is_last:
                self.sign_in.forget()
                continue
            if answer.is_success or answer.status in success:
                return answer
            raise _refused(answer)
        raise AssertionError("unreachable")

    def _address(self, path: str, query: Mapping[str, str]) -> str:
        """The whole URL. A link is followed only where it leads to Graph itself, since our token goes along."""
        if path.startswith("/"):
            named = {name if name.startswith("@") else f"${name}": value for name, value in query.items()}
            return self._base + path + (f"?{urlencode(named, safe='@$,()=')}" if named else "")
        if not path.startswith(f"{self._base}/"):
            raise DeliveryError("Graph named a link that does not lead to Graph.", permanent=True)
        return path

    def _once(self, method: str, url: str, asked: Asked) -> Answered:
        request_id = str(uuid.uuid4())
        headers = {
            "Authorization": f"Bearer {self.sign_in.token(SCOPE)}",
            "User-Agent": self._agent,
            "client-request-id": request_id,
            "Accept": "application/json",
            **(asked.headers or {}),
        }
        began = time.monotonic()
        answer = exchange(method, url, body=asked.body, headers=headers, timeout_seconds=asked.timeout_seconds)
        is_fine = answer.status < 400
        log.log(
            logging.DEBUG if is_fine or answer.status in _EXPECTED else logging.WARNING,
            "graph answered" if is_fine else "graph refused",
            extra={
                "status": answer.status,
                "ms": round((time.monotonic() - began) * 1000),
                "client_request_id": request_id,
                "request_id": _plain(answer.headers.get("request-id")),
                "error": "" if is_fine else _code(answer),
            },
        )
        return answer


def object_of(answer: Answered) -> dict[str, Any]:
    """The JSON object of an answer, empty where it has none. Raises DeliveryError for what is no JSON."""
    if not answer.body:
        return {}
    try:
        found = json.loads(answer.body)
    except ValueError:
        raise DeliveryError("Graph's answer could not be read.") from None
    return found if isinstance(found, dict) else {}


def _refused(answer: Answered) -> VendorRefused:
    permanent = is_permanent(answer.status) and answer.status not in _MENDABLE
    return VendorRefused(answer.status, _code(answer), permanent=permanent, retry_after=answer.retry_after)


def _code(answer: Answered) -> str:
    """Graph's own word for the error, if it is one that we know: nothing else of a body may travel."""
    try:
        found = json.loads(answer.body)["error"]["code"]
    except (ValueError, KeyError, TypeError):
        return ""
    return found if found in CODES else ""


def _plain(value: Any) -> str:
    return value if isinstance(value, str) and _PLAIN.fullmatch(value) else ""
