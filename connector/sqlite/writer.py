"""One writer a process. Whoever waits to be written is committed together: one fsync for all of them.

16 connections that write for themselves wait for each other up to 600 ms; one writer in groups does
not (shared figures: DESIGN 7.3). Nobody is told yes before the commit that holds their line is on disk.
"""

from __future__ import annotations

import logging
import queue
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from connector.errors import CannotAccept, ConnectorError

Item = TypeVar("Item")
Result = TypeVar("Result")
Verb = Callable[[Connection, list[Item]], list[Result]]

log = logging.getLogger(__name__)
_MOST_TOGETHER = 256


@dataclass(frozen=True, slots=True)
class _Job:
    verb: Verb[Any, Any]
    item: Any
    answer: Future[Any]


class Writer:
    """The only hand of this process that writes to its database."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._open = True
        self._door = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="writer", daemon=True)
        self._thread.start()

    def do(self, verb: Verb[Item, Result], item: Item) -> Result:
        """The verb's result for this item, after the commit that holds it was fsynced.

        Raises CannotAccept where it could not be made durable; then nothing of it was written.
        """
        answer: Future[Result] = Future()
        with self._door:
            if not self._open:
                raise CannotAccept
            self._jobs.put(_Job(verb, item, answer))
        return answer.result()

    def close(self) -> None:
        """Write what waits, then stop."""
        with self._door:
            self._open = False
            self._jobs.put(None)
        self._thread.join(timeout=30)

    def _run(self) -> None:
        try:
            with self._engine.connect() as connection:
                last = False
                while not last:
                    jobs, last = self._take()
                    if jobs:
                        self._commit_together(connection, jobs)
        finally:
            self._refuse_the_rest()

    def _refuse_the_rest(self) -> None:
        """Whatever ends the writer, nobody waits for it for ever."""
        with self._door:
            self._open = False
            while not self._jobs.empty():
                if (job := self._jobs.get()) is not None:
                    job.answer.set_exception(CannotAccept())

    def _take(self) -> tuple[list[_Job], bool]:
        """Everybody who waits now, and whether the writer is to stop after them."""
        jobs: list[_Job] = []
        job = self._jobs.get()
        while job is not None:
            jobs.append(job)
            if len(jobs) >= _MOST_TOGETHER or self._jobs.empty():
                return jobs, False
            job = self._jobs.get()
        return jobs, True

    def _commit_together(self, connection: Connection, jobs: list[_Job]) -> None:
        try:
            results = self._commit(connection, jobs)
        except BaseException as error:  # noqa: BLE001 - whatever it is, each waiting caller must hear of it
            self._commit_apart(connection, jobs, error)
        else:
            for job, result in zip(jobs, results, strict=True):
                job.answer.set_result(result)

    def _commit_apart(self, connection: Connection, jobs: list[_Job], error: BaseException) -> None:
        """One bad item must not take the others down with it: each tries alone."""
        if len(jobs) == 1:
            jobs[0].answer.set_exception(_in_our_words(error))
            return
        log.warning("a group is written one by one", extra={"error": type(error).__name__, "count": len(jobs)})
        for job in jobs:
            self._commit_together(connection, [job])

    def _commit(self, connection: Connection, jobs: list[_Job]) -> list[Any]:
        by_verb: dict[Verb[Any, Any], list[int]] = {}
        for number, job in enumerate(jobs):
            by_verb.setdefault(job.verb, []).append(number)
        results: list[Any] = [None] * len(jobs)
        with connection.begin():
            for verb, numbers in by_verb.items():
                found = verb(connection, [jobs[number].item for number in numbers])
                for number, result in zip(numbers, found, strict=True):
                    results[number] = result
        return results


def _in_our_words(error: BaseException) -> BaseException:
    """Our own errors pass; a database's message may quote what was written, so it never leaves this file."""
    if isinstance(error, ConnectorError):
        return error
    if isinstance(error, (SQLAlchemyError, sqlite3.Error)):
        log.error("a database write failed", extra={"error": type(error).__name__})
        return CannotAccept()
    return error
