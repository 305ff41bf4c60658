"""Filing: named by reference only, sealed to its readers, never overwritten, every word as typed."""

from __future__ import annotations

import io
import json
import os
import shutil
import stat
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from connector.errors import DeliveryError, SealError
from connector.model.notice import Record
from connector.model.reference import Reference
from connector.record.typeset import TypesettingError, typeset
from connector.store.age import decrypt, new_identity
from connector.store.folder import FolderStore
from tests.service import SAMPLES, Service, running, sample_of

REFERENCE = Reference("C-7QK4-M2XT")


def record(version: int = 1, **parts: bytes) -> Record:
    return Record(
        reference=REFERENCE,
        version=version,
        received_at=datetime(2026, 12, 31, 23, 59, tzinfo=UTC),
        parts=tuple((parts or {"pdf": b"%PDF-page", "json": b"{}"}).items()),
    )


@pytest.fixture
def pair() -> tuple[str, str]:
    return new_identity()


def test_the_record_lies_under_its_year_and_reference_and_nobody_else_may_read_it(tmp_path: Path, pair: Any) -> None:
    identity, recipient = pair
    filed = FolderStore(tmp_path / "records", (("dsl", recipient),)).file(record())
    assert filed.place == "2026/C-7QK4-M2XT"
    found = sorted((tmp_path / "records").rglob("*.age"))
    assert [path.name for path in found] == ["C-7QK4-M2XT-1.json.age", "C-7QK4-M2XT-1.pdf.age"]
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in found)
    assert stat.S_IMODE(found[0].parent.stat().st_mode) == 0o700
    assert decrypt(found[1], identity) == b"%PDF-page"


def with_python_age(path: Path, identity: str, _folder: Path) -> bytes:
    import age

    found: bytes = age.decrypt_bytes(path.read_bytes(), [age.parse_identity(identity)])
    return found


def with_the_standard_tool(path: Path, identity: str, folder: Path) -> bytes:
    key = folder / "dsl.key"
    key.write_text(identity + "\n")
    done = subprocess.run(["age", "--decrypt", "--identity", str(key), str(path)], capture_output=True, check=True)
    return done.stdout


# python-age comes with the tests. CI installs Debian's age (in Go) as well.
OPENERS = [with_python_age, *([with_the_standard_tool] if shutil.which("age") else [])]


@pytest.mark.parametrize("open_it", OPENERS)
def test_it_opens_with_independent_implementations_of_age(tmp_path: Path, pair: Any, open_it: Any) -> None:
    identity, recipient = pair
    FolderStore(tmp_path / "r", (("dsl", recipient), ("deputy", new_identity()[1]))).file(record())
    assert open_it(next((tmp_path / "r").rglob("*.pdf.age")), identity, tmp_path) == b"%PDF-page"


def test_another_key_does_not_open_it_and_the_error_holds_nothing_of_it(tmp_path: Path, pair: Any) -> None:
    FolderStore(tmp_path, (("dsl", pair[1]),)).file(record())
    with pytest.raises(SealError) as caught:
        decrypt(next(tmp_path.rglob("*.pdf.age")), new_identity()[0])
    assert "%PDF" not in str(caught.value)


def test_filing_again_changes_nothing_and_says_so(tmp_path: Path, pair: Any) -> None:
    store = FolderStore(tmp_path, (("dsl", pair[1]),))
    assert not store.file(record()).repeat
    before = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in tmp_path.rglob("*.age")}
    assert store.file(record(pdf=b"another", json=b"another")).repeat
    assert before == {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in tmp_path.rglob("*.age")}


def test_a_second_version_stands_beside_the_first(tmp_path: Path, pair: Any) -> None:
    store = FolderStore(tmp_path, (("dsl", pair[1]),))
    store.file(record())
    store.file(record(version=2))
    assert len(list(tmp_path.rglob("*.age"))) == 4


def test_a_crash_while_writing_leaves_no_record_by_its_name(
    tmp_path: Path, pair: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = FolderStore(tmp_path, (("dsl", pair[1]),))

    def power_cut(_handle: int) -> None:
        raise OSError

    monkeypatch.setattr(os, "fsync", power_cut)
    with pytest.raises(DeliveryError) as caught:
        store.file(record())
    assert not caught.value.permanent
    assert list(tmp_path.rglob("C-*.age")) == []
    monkeypatch.undo()
    assert not store.file(record()).repeat


def test_nobody_left_to_read_is_a_loud_failure_not_a_record_for_nobody(tmp_path: Path, pair: Any) -> None:
    about_the_only_reader = Record(
        reference=REFERENCE,
        version=1,
        received_at=datetime.now(UTC),
        parts=(("json", b"{}"),),
        not_for=frozenset({"head"}),
    )
    with pytest.raises(DeliveryError) as caught:
        FolderStore(tmp_path, (("head", pair[1]),)).file(about_the_only_reader)
    assert caught.value.permanent


def test_a_record_about_a_reader_is_not_sealed_to_them(service: Service) -> None:
    sample = sample_of("S09")
    answers = sample["answers"] | {
        "What did you see or hear? (facts, use the child's own words)": "The headteacher shouted at a child in the hall."
    }
    body = {"responseId": "about-the-head", "lastSubmittedTime": "2026-11-17T16:05:00Z", "answers": {}}
    form = service.house.settings.schools["starling-infants"].forms["cause-for-concern"]
    for question in form.questions:
        if text := answers.get(question.title):
            body["answers"][question.id] = {"textAnswers": {"answers": [{"value": text}]}}
    reference = service.post("starling-infants", "cause-for-concern", body).json["reference"]
    service.work()
    assert service.opened(reference, "starling-infants", "chair")
    with pytest.raises(SealError):
        service.opened(reference, "starling-infants", "head")
    assert service.mails_to("head@starling.example") == []
    assert service.mails_to("chair@starling.example")


def pdf_text(data: bytes) -> str:
    return "".join(page.extract_text() for page in PdfReader(io.BytesIO(data)).pages)


def squeezed(text: str) -> str:
    return "".join(text.split())


def test_the_page_shows_every_field_the_policys_words_the_problems_and_where_it_came_from(service: Service) -> None:
    reference = service.accept("S02")
    service.work()
    text = squeezed(pdf_text(service.opened(reference, "little-lanterns", "dsl", part="pdf")))
    for wanted in (
        reference, "Record of concern", "child's address", "Age of the child and date of birth", "just after lunch",
        "What is the child's address?", "Missing", "Received", "Record of concern (nursery)", "Jem", "3ish yrs",
        "third day this week in the same clothes and v hungry - asked for seconds and thirds",
    ):  # fmt: skip
        assert squeezed(wanted).casefold() in text.casefold()


@pytest.mark.parametrize("number", ["S03", "S10", "S05", "S07"])
def test_the_page_shows_names_in_any_script_and_words_as_they_were_typed(service: Service, number: str) -> None:
    sample = sample_of(number)
    reference = service.accept(number)
    service.work()
    school = "little-lanterns" if number in {"S03", "S10"} else "starling-infants"
    reader = "deputy" if number == "S10" else "dsl"
    data = service.opened(reference, school, reader, part="pdf")
    text = squeezed(pdf_text(data))
    for answer in sample["answers"].values():
        if answer.isascii():
            assert squeezed(answer) in text
    assert "Łucja" in text or number != "S05"
    assert "<b>notsureifimisheard</b>" in text or number != "S07"


def test_the_page_is_tagged_and_its_metadata_holds_the_reference_only(service: Service) -> None:
    reference = service.accept("S01")
    service.work()
    reader = PdfReader(io.BytesIO(service.opened(reference, "little-lanterns", "dsl", part="pdf")))
    assert reader.metadata is not None
    assert reader.metadata.title == reference
    assert reader.metadata.author in (None, "")
    assert "/StructTreeRoot" in reader.trailer["/Root"]


def test_every_letter_of_the_samples_is_drawn_by_a_shipped_font() -> None:
    from connector.record.printable import clean

    for sample in SAMPLES:
        for text in sample["answers"].values():
            assert clean(text) == text


@pytest.mark.parametrize(
    "text", ["مريم", "王小明", "ਪੰਜਾਬੀ", "বাংলা", "தமிழ்", "አማርኛ", "한국어", "ひらがな", "Ελλάδα", "Україна", "שרה", "😕"]
)
def test_every_script_a_school_meets_has_a_font(text: str) -> None:
    from connector.record.printable import clean

    assert clean(text) == text


def test_markup_in_an_answer_is_never_read_as_markup() -> None:
    page = {
        "title": "Record of concern", "reference": "C-7QK4-M2XT", "version": 1, "school": "S", "banner": [], "status": "complete",
        "urgent": False, "facts": [], "exact_words": [{"text": '#panic() *bold* $x$ #eval("1") \\ "quoted" @ref <label>'}],
        "fields": [], "other_answers": [], "history": [], "footer": "f",
    }  # fmt: skip
    assert '#panic()*bold*$x$#eval("1")\\"quoted"@ref<label>' in squeezed(pdf_text(typeset(page)))


def test_a_page_that_cannot_be_typeset_is_filed_as_text_with_every_word(tmp_path: Path) -> None:
    def broken(_page: Any) -> bytes:
        raise TypesettingError

    with running(tmp_path, typesetter=broken) as service:
        reference = service.accept("S03")
        service.work()
        text = service.opened(reference, "little-lanterns", "dsl", part="txt").decode("utf-8")
        assert sample_of("S03")["answers"]["Exact words spoken by the child"] in text
        assert json.loads(service.opened(reference, "little-lanterns", "dsl"))["reference"] == reference
