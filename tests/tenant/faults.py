"""Faults on demand: what a client must live with (ms365.md section 4; issue 3, Must show 3)."""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field

_CODES = {
    401: "InvalidAuthenticationToken", 403: "accessDenied", 404: "itemNotFound", 409: "nameAlreadyExists",
    410: "resyncRequired", 412: "resourceModified", 423: "resourceLocked", 429: "activityLimitReached",
    500: "generalException", 502: "badGateway", 503: "serviceNotAvailable", 504: "gatewayTimeout", 507: "quotaLimitReached",
}  # fmt: skip


@dataclass(slots=True)
class Fault:
    """One planned fault. `left` None lasts until healed."""

    match: str
    status: int
    headers: Mapping[str, str]
    left: int | None
    code: str
    cut: bool
    after: bool
    slow: float
    meet: threading.Barrier | None

    @property
    def passes(self) -> bool:
        """Whether the request is served all the same, only late."""
        return not self.status and not self.cut


@dataclass(slots=True)
class Faults:
    """The planned faults, first fitting first."""

    planned: list[Fault] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def plan(
        self,
        match: str = ".*",
        *,
        status: int = 0,
        headers: Mapping[str, str] | None = None,
        times: int | None = 1,
        code: str = "",
        cut: bool = False,
        after: bool = False,
        slow: float = 0.0,
        meet: threading.Barrier | None = None,
    ) -> None:
        """Plans a fault for requests whose `METHOD /path?query` holds a match of the pattern.

        With `meet` a request waits until as many of them have come as the barrier says.
        """
        with self.lock:
            code = code or _CODES.get(status, "generalException")
            self.planned.append(Fault(match, status, headers or {}, times, code, cut, after, slow, meet))

    def take(self, line: str) -> Fault | None:
        """The fault that is due for this request, counted down."""
        with self.lock:
            for fault in self.planned:
                if re.search(fault.match, line) and fault.left != 0:
                    fault.left = None if fault.left is None else fault.left - 1
                    return fault
        return None

    def heal(self) -> None:
        """Forgets every fault."""
        with self.lock:
            self.planned.clear()
