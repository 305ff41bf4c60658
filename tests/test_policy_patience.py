"""A library of policies that does not answer is not waited for; one that is slow is read all the same."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import pytest

from connector.errors import DeliveryError
from connector.model.policy_text import FoundDocument
from connector.policies.source import NoAnswer, PatientSource

CSE = FoundDocument(id="CSE.txt", name="CSE.txt", version="1", changed_at=None)


@dataclass
class Slow:
    """Answers when it is let, and counts what it is asked."""

    answers: threading.Event = field(default_factory=threading.Event)
    begun: threading.Event = field(default_factory=threading.Event)
    asked: list[str] = field(default_factory=list)
    threads: list[threading.Thread] = field(default_factory=list)
    breaks: Exception | None = None

    def documents(self) -> tuple[FoundDocument, ...]:
        self._wait("documents")
        return (CSE,)

    def read(self, found: FoundDocument) -> bytes:
        self._wait(found.id)
        return b"the policy"

    def _wait(self, asked: str) -> None:
        self.asked.append(asked)
        self.threads.append(threading.current_thread())
        self.begun.set()
        assert self.answers.wait(timeout=60)
        if self.breaks is not None:
            raise self.breaks

    def let(self) -> None:
        """Whoever was left with a question comes to its end."""
        self.answers.set()
        assert self.begun.wait(timeout=60)
        for thread in self.threads:
            thread.join(timeout=60)


@pytest.fixture
def slow() -> Iterator[Slow]:
    found = Slow()
    yield found
    found.let()


def test_what_answers_is_asked_as_ever(slow: Slow) -> None:
    slow.answers.set()
    patient = PatientSource(slow)
    assert [patient.documents(), patient.documents()] == [(CSE,), (CSE,)]
    assert patient.read(CSE) == b"the policy"
    assert slow.asked == ["documents", "documents", "CSE.txt"]


@pytest.mark.parametrize("fault", [DeliveryError("The far side answered 503."), TimeoutError(), ZeroDivisionError()])
def test_what_it_raises_is_raised(fault: Exception, slow: Slow) -> None:
    slow.answers.set()
    slow.breaks = fault
    patient = PatientSource(slow)
    for ask in (patient.documents, lambda: patient.read(CSE)):
        with pytest.raises(type(fault)) as raised:
            ask()
        assert raised.value is fault


def test_while_it_does_not_answer_it_is_asked_nothing_more_and_no_stop_waits_for_it(slow: Slow) -> None:
    patient = PatientSource(slow, seconds=0)
    for ask in (patient.documents, patient.documents, lambda: patient.read(CSE)):
        with pytest.raises(NoAnswer):
            ask()
    slow.let()
    assert slow.asked == ["documents"]
    assert [thread.daemon for thread in slow.threads] == [True]


def test_a_list_that_came_late_is_taken_once(slow: Slow) -> None:
    patient = PatientSource(slow, seconds=0)
    with pytest.raises(NoAnswer):
        patient.documents()
    slow.let()
    assert patient.documents() == (CSE,)
    assert slow.asked == ["documents"]
    patient.seconds = 60
    assert patient.documents() == (CSE,)
    assert slow.asked == ["documents", "documents"]


def test_a_document_that_came_late_is_no_answer_to_another_question_and_waits_for_its_own(slow: Slow) -> None:
    patient = PatientSource(slow, seconds=0)
    with pytest.raises(NoAnswer):
        patient.read(CSE)
    slow.let()
    patient.seconds = 60
    assert patient.documents() == (CSE,)
    assert patient.read(replace(CSE, id="Other.txt")) == b"the policy"
    assert patient.read(CSE) == b"the policy"
    assert slow.asked == ["CSE.txt", "documents", "Other.txt"]


def test_a_list_that_is_late_as_well_takes_no_document_away(slow: Slow) -> None:
    patient = PatientSource(slow, seconds=0)
    for ask in (lambda: patient.read(CSE), patient.documents):
        slow.answers.clear()
        slow.begun.clear()
        with pytest.raises(NoAnswer):
            ask()
        slow.let()
    assert (patient.documents(), patient.read(CSE)) == ((CSE,), b"the policy")
    assert slow.asked == ["CSE.txt", "documents"]


def test_of_documents_that_came_late_only_the_last_is_kept(slow: Slow) -> None:
    patient, other = PatientSource(slow, seconds=0), replace(CSE, id="Other.txt")
    for one in (CSE, other):
        slow.answers.clear()
        slow.begun.clear()
        with pytest.raises(NoAnswer):
            patient.read(one)
        slow.let()
    patient.seconds = 60
    for one in (other, CSE):
        assert patient.read(one) == b"the policy"
    assert slow.asked == ["CSE.txt", "Other.txt", "CSE.txt"]


def test_a_stop_ends_the_wait_and_begins_nothing(slow: Slow) -> None:
    patient = PatientSource(slow, seconds=3600)
    raised: list[BaseException] = []

    def ask() -> None:
        with pytest.raises(NoAnswer) as refused:
            patient.documents()
        raised.append(refused.value)

    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    assert slow.begun.wait(timeout=60)
    patient.stopping.set()
    asking.join(timeout=60)
    assert len(raised) == 1
    slow.let()
    with pytest.raises(NoAnswer):
        patient.read(CSE)
    assert slow.asked == ["documents"]
