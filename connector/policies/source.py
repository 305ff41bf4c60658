"""Where policies lie, as the office asks it: not longer than it may take, since a share that is gone never answers."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, wait
from dataclasses import dataclass, field
from functools import partial
from time import monotonic
from typing import Any, Protocol, TypeVar

from connector.errors import DeliveryError
from connector.model.policy_text import FoundDocument

Answer = TypeVar("Answer")

_LONGEST_SECONDS = 120.0
_SLICE_SECONDS = 0.5


class PolicySource(Protocol):
    """A place where policies lie."""

    def documents(self) -> tuple[FoundDocument, ...]:
        """Every document that can be read as a policy. Raises DeliveryError."""

    def read(self, found: FoundDocument) -> bytes:
        """Its bytes. Raises DeliveryError."""


class NoAnswer(DeliveryError):
    """The library of policies does not answer: look whether the share or server it lies on can be reached."""


@dataclass(slots=True)
class PatientSource:
    """Asks that source one thing at a time. What takes too long, or a stop, is left to a thread that nobody waits for.

    While that has not ended the source is asked nothing: no more than one thread a school is ever left. A list or a
    document that came late is taken when it is asked for again, so that a slow share is slow and not out of reach.
    """

    source: PolicySource
    seconds: float = _LONGEST_SECONDS
    stopping: threading.Event = field(default_factory=threading.Event)
    _left: dict[FoundDocument | None, Future[Any]] = field(default_factory=dict, init=False)

    def documents(self) -> tuple[FoundDocument, ...]:
        """Every document that can be read as a policy. Raises NoAnswer, DeliveryError."""
        return self._ask(None, self.source.documents)

    def read(self, found: FoundDocument) -> bytes:
        """Its bytes. Raises NoAnswer, DeliveryError."""
        return self._ask(found, partial(self.source.read, found))

    def _ask(self, about: FoundDocument | None, question: Callable[[], Answer]) -> Answer:
        if self.stopping.is_set() or not all(left.done() for left in self._left.values()):
            raise NoAnswer
        asked = self._left.pop(about, None) or _begun(question)
        self._wait(asked)
        if not asked.done():
            # Of lists, and of documents, the last one that was left: bytes are kept for nobody who never asks.
            kept = {one: left for one, left in self._left.items() if (one is None) != (about is None)}
            self._left = {**kept, about: asked}
            raise NoAnswer
        answer: Answer = asked.result()
        return answer

    def _wait(self, asked: Future[Any]) -> None:
        until = monotonic() + self.seconds
        while not asked.done() and not self.stopping.is_set() and (rest := until - monotonic()) > 0:
            wait([asked], timeout=min(rest, _SLICE_SECONDS))


def _begun(question: Callable[[], Answer]) -> Future[Answer]:
    answer: Future[Answer] = Future()
    threading.Thread(target=_answer, args=(question, answer), name="library", daemon=True).start()
    return answer


def _answer(question: Callable[[], Answer], answer: Future[Answer]) -> None:
    try:
        answer.set_result(question())
    except BaseException as error:  # noqa: BLE001 - whatever it is, who asked must hear of it
        answer.set_exception(error)
