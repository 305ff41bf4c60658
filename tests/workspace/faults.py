"""Faults on demand: what a client must live with."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(slots=True)
class Fault:
    """One planned fault. `left` None lasts until healed; `skip` requests pass before the first."""

    prefix: str
    status: int
    left: int | None
    reason: str
    message: str
    headers: Mapping[str, str]
    after: bool
    cut: bool
    skip: int


@dataclass(slots=True)
class Faults:
    """The planned faults, first fitting first; and the delays."""

    planned: list[Fault] = field(default_factory=list)
    delays: dict[str, float] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def plan(self, fault: Fault) -> None:
        """Plans a fault for requests whose method id begins with its prefix."""
        with self.lock:
            self.planned.append(fault)

    def take(self, method_id: str) -> Fault | None:
        """The fault that is due for this request, counted down."""
        with self.lock:
            for fault in self.planned:
                if not method_id.startswith(fault.prefix) or fault.left == 0:
                    continue
                if fault.skip:
                    fault.skip -= 1
                    continue
                fault.left = None if fault.left is None else fault.left - 1
                return fault
        return None

    def delay(self, method_id: str) -> float:
        """How many seconds the answer is late."""
        return max((seconds for prefix, seconds in self.delays.items() if method_id.startswith(prefix)), default=0.0)

    def heal(self) -> None:
        """Forgets every fault and delay."""
        with self.lock:
            self.planned.clear()
            self.delays.clear()
