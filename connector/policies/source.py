"""Where policies lie, as the office asks it: not longer than it may take, since a share that is gone never answers."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, wait
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Protocol, TypeVar

from connector.errors import DeliveryError
from connector.model.policy_text import FoundDocument

Answer = TypeVar("Answer")

_LONGEST_SECONDS = 120.0


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
    """Asks that source one thing at a time, and leaves what takes too long to a thread that no stop waits for.

    While that has not ended the source is asked nothing: no more than one thread a school is ever left. A list that
    came late is taken when it is asked for again, so that a slow share is slow and not out of reach.
    """

    source: PolicySource
    seconds: float = _LONGEST_SECONDS
    _left: tuple[FoundDocument | None, Future[Any]] | None = field(default=None, init=False)

    def documents(self) -> tuple[FoundDocument, ...]:
        """Every document that can be read as a policy. Raises NoAnswer, DeliveryError."""
        return self._ask(None, self.source.documents)

    def read(self, found: FoundDocument) -> bytes:
        """Its bytes. Raises NoAnswer, DeliveryError."""
        return self._ask(found, partial(self.source.read, found))

    def _ask(self, about: FoundDocument | None, question: Callable[[], Answer]) -> Answer:
        if self._left is not None and not self._left[1].done():
            raise NoAnswer
        asked, self._left = self._left, None
        if asked is None or asked[0] != about:
            asked = about, _begun(question)
            wait([asked[1]], timeout=self.seconds)
        if not asked[1].done():
            self._left = asked
            raise NoAnswer
        answer: Answer = asked[1].result()
        return answer


def _begun(question: Callable[[], Answer]) -> Future[Answer]:
    answer: Future[Answer] = Future()
    threading.Thread(target=_answer, args=(question, answer), name="library", daemon=True).start()
    return answer


def _answer(question: Callable[[], Answer], answer: Future[Answer]) -> None:
    try:
        answer.set_result(question())
    except BaseException as error:  # noqa: BLE001 - whatever it is, who asked must hear of it
        answer.set_exception(error)
