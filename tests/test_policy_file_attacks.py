"""Policy files made to harm: nothing but a text or a refusal comes out, soon, and nothing is fetched or told."""

from __future__ import annotations

import io
import logging
import subprocess
import sys
import zipfile
import zlib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connector.errors import UnreadablePolicy
from connector.model.policy_text import Block
from connector.policies import read_policy
from connector.policies.apart import read_apart
from connector.policies.kinds import Kind, kind_of
from connector.policies.refusals import (
    DamagedFile,
    NoReader,
    TookTooLong,
    UnpacksTooLarge,
)
from tests.policy_files import (
    NURSERY,
    SPACES,
    TEMPLATE,
    at,
    box,
    changed,
    here,
    paragraphs,
    part,
    pdf,
    refer,
    sample,
    stream,
    word,
    words,
    zipped,
)


def bomb(levels: int = 8) -> str:
    names = [f'<!ENTITY e{n} "{f"&e{n - 1};" * 10 if n else "ha"}">' for n in range(levels)]
    return f"<!DOCTYPE x [{''.join(names)}]>"


@pytest.mark.parametrize(
    ("before", "body"),
    [
        ("<!DOCTYPE x [<!ENTITY secret SYSTEM 'file:///etc/hostname'>]>", paragraphs("x").replace("x<", "&secret;<")),
        (bomb(), paragraphs("x").replace("x<", "&e7;<")),
        ("<!DOCTYPE x SYSTEM 'http://127.0.0.1:9/x.dtd'>", paragraphs("x")),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_document_with_entities_of_its_own_is_refused_before_it_is_parsed(
    before: str, body: str, encoding: str
) -> None:
    made = word(body)
    with zipfile.ZipFile(io.BytesIO(made)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    text = f'<?xml version="1.0" encoding="{encoding}"?>{before}{files["word/document.xml"].decode()}'
    with pytest.raises(DamagedFile):
        kind_of(zipped(files | {"word/document.xml": text.encode(encoding)}), "policy.docx")


def test_entities_are_not_opened_even_where_they_get_through() -> None:
    """A part may have any name, so the parser itself must not open them either."""
    made = word(paragraphs("safe"), footnotes="<w:footnotes></w:footnotes>")
    with zipfile.ZipFile(io.BytesIO(made)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    note = f"<w:footnotes {SPACES}><w:footnote><w:p><w:r><w:t>&s;</w:t></w:r></w:p></w:footnote></w:footnotes>"
    files["word/footnotes.bin"] = f"<!DOCTYPE x [<!ENTITY s SYSTEM 'file://{__file__}'>]>{note}".encode()
    for name in ("[Content_Types].xml", "word/_rels/document.xml.rels"):
        files[name] = files[name].replace(b"footnotes.xml", b"footnotes.bin")
    assert words(zipped(files)) == ["safe"]


def test_an_archive_that_unpacks_to_gigabytes_is_refused_unopened(monkeypatch: pytest.MonkeyPatch) -> None:
    made = zipped({"[Content_Types].xml": b"<x/>", "word/media/a.png": b"\0" * 100_000_001})
    assert len(made) < 1_000_000
    monkeypatch.setattr(zipfile.ZipFile, "read", lambda *_: pytest.fail("it was opened"))
    with pytest.raises(UnpacksTooLarge):
        read_policy(made, "policy.docx")


@pytest.mark.parametrize("files", [{"word/document.xml": b" " * 20_000_001}, {f"{n}.xml": b"" for n in range(2_001)}])
def test_too_much_xml_and_too_many_parts_are_refused(files: dict[str, bytes]) -> None:
    with pytest.raises(UnpacksTooLarge):
        kind_of(zipped(files), "policy.docx")


@pytest.mark.parametrize(
    "wrap", ["<w:sdt><w:sdtContent>{}</w:sdtContent></w:sdt>", "<w:tbl><w:tr><w:tc>{}</w:tc></w:tr></w:tbl>"]
)
def test_nesting_that_no_person_makes_is_refused_and_that_of_a_form_is_read(wrap: str) -> None:
    before, after = wrap.split("{}")
    assert words(word(before * 20 + paragraphs("deep") + after * 20)) == ["deep"]
    for depth in (1_000, 10_000):
        with pytest.raises(DamagedFile):
            read_policy(word(before * depth + paragraphs("deep") + after * depth), "policy.docx")


def test_nothing_outside_the_file_is_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    made = word(paragraphs("Body"), section=refer("header", "header1"), header1=part("hdr", "x"))
    made = changed(
        made,
        "word/_rels/document.xml.rels",
        'Target="header1.xml"',
        'Target="http://127.0.0.1:9/h.xml" TargetMode="External"',
    )
    monkeypatch.setattr("socket.socket.connect", lambda *_: pytest.fail("it asked the network"))
    assert words(made) == ["Body"]


NESTED = [stream(f"/X{11 + n} Do ".encode() * 12, "/Subtype /Form /BBox [0 0 9 9] /Resources 3 0 R") for n in range(12)]


def test_a_pdf_that_would_be_drawn_for_years_is_stopped() -> None:
    with pytest.raises(TookTooLong):
        read_apart(Kind.PDF, pdf("/X10 Do", objects=NESTED), seconds=2)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux holds a process to a limit of memory")
def test_a_pdf_that_unpacks_to_gigabytes_is_stopped() -> None:
    packer = zlib.compressobj(9)
    start = packer.compress(b"\0" * 1_000_000) + packer.flush(zlib.Z_FULL_FLUSH)
    more = packer.compress(b"\0" * 1_000_000) + packer.flush(zlib.Z_FULL_FLUSH)
    drawn = stream(
        zlib.compress(start + more * 5_000), "/Filter [/FlateDecode /FlateDecode] /Subtype /Form /BBox [0 0 9 9]"
    )
    made = pdf("/X10 Do", objects=[drawn])
    assert len(made) < 100_000
    with pytest.raises(UnpacksTooLarge):
        read_policy(made, "policy.pdf")


@pytest.mark.parametrize(
    "made",
    [
        pdf("/X10 Do " + at(72, 700, "We act."), objects=[stream(b"/X10 Do", "/Subtype /Form /BBox [0 0 9 9] /Resources 3 0 R")]),
        pdf(at(72, 700, "We act.")).replace(b"/Kids [100 0 R]", b"/Kids [100 0 R 2 0 R]"),
        pdf(at(72, 700, "We act.")).replace(b"/Root 1 0 R", b"/Root 1 0 R /Prev 9"),
        pdf(at(72, 700, "We act.")).replace(b"/MediaBox [0 0 595 842]", b"/MediaBox [0 0 1e99 1e99]"),
        pdf(at(72, 700, "We act.", size=1e9)),
        pdf(at(72, 700, "We act.") + "".join(box(x, 10, x + 7, 600) for x in range(0, 3_000, 3))),
    ],
    ids=["a form that draws itself", "a tree with a loop", "a table before itself", "a page of light years", "huge letters", "many frames"],
)  # fmt: skip
def test_a_pdf_that_turns_in_circles_comes_to_an_end(made: bytes) -> None:
    blocks, _ = read_apart(Kind.PDF, made, seconds=120)
    assert "We act." in [block.text for block in blocks]


@pytest.mark.skipif(sys.platform == "win32", reason="a shell script stands in for the reader")
def test_the_reader_of_somebodys_file_is_handed_no_secret(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    seen, stand_in = tmp_path / "seen", tmp_path / "python"
    stand_in.write_text(f"#!/bin/sh\nenv > {seen}\nexit 1\n", "utf-8")
    stand_in.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(stand_in))
    monkeypatch.setenv("LITTLE_LANTERNS_SMTP_PASSWORD", "an-invented-password")
    with pytest.raises(NoReader):
        read_apart(Kind.PDF, b"")
    told = seen.read_text("utf-8")
    assert "PATH=" in told
    assert "an-invented-password" not in told


@pytest.mark.parametrize(("script", "kind"), [("exit 1", NoReader), ("kill -9 $$", DamagedFile)])
@pytest.mark.skipif(sys.platform == "win32", reason="a shell script stands in for the reader")
def test_a_reader_that_falls_over_is_a_refusal(
    script: str, kind: type[UnreadablePolicy], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    stand_in = tmp_path / "python"
    stand_in.write_text(f"#!/bin/sh\n{script}\n")
    stand_in.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(stand_in))
    with pytest.raises(kind):
        read_policy(sample(TEMPLATE), TEMPLATE)


def test_files_are_read_from_whatever_folder_the_service_was_started_in(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    assert read_policy(sample(TEMPLATE), TEMPLATE).blocks


def test_the_service_itself_loads_neither_library() -> None:
    asked = "import sys, connector.policies; print([m for m in ('docx', 'lxml', 'pdfminer') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_libraries_log_nothing_of_a_document(
    capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    made = (
        pdf(at(72, 700, "Kira said it."))
        .replace(b"/MediaBox [0 0 595 842]", b"")
        .replace(b"/F 11 Tf", b"/Q (Kira) Tf /F 11 Tf")
    )
    assert read_policy(made, "policy.pdf").blocks
    assert caplog.records == []
    assert capfd.readouterr() == ("", "")


SEEDS = [
    sample(f"{NURSERY}-styled.pdf"),
    sample(f"{NURSERY}-typed.docx"),
    sample(TEMPLATE),
    pdf(at(72, 700, "We act.")),
]
QUICK = settings(max_examples=60, suppress_health_check=list(HealthCheck))


def read_or_refuse(content: bytes, name: str) -> None:
    try:
        read = here(content, name)
    except UnreadablePolicy:
        return
    assert read.blocks
    assert all(isinstance(block, Block) and block.text.encode() and block.place for block in read.blocks)


@QUICK
@given(st.binary(max_size=400), st.sampled_from([b"", b"PK\x03\x04", b"%PDF-1.4\n", b"\xff\xfe", b"\xd0\xcf\x11\xe0"]))
def test_any_bytes_are_read_or_refused(content: bytes, start: bytes) -> None:
    read_or_refuse(start + content, "policy")


@QUICK
@given(st.text(st.sampled_from("\t\n -•o1.a) (ii)\u00a0Aé:/\ufeff"), max_size=200))
def test_any_text_is_read_or_refused(text: str) -> None:
    read_or_refuse(text.encode(), "policy.txt")


@QUICK
@given(st.sampled_from(SEEDS), st.data())
def test_a_sample_with_changed_or_missing_bytes_is_read_or_refused(seed: bytes, data: st.DataObject) -> None:
    content = bytearray(seed[: data.draw(st.integers(1, len(seed)))] if data.draw(st.booleans()) else seed)
    for place in data.draw(st.lists(st.integers(0, len(content) - 1), max_size=20)):
        content[place] ^= data.draw(st.integers(1, 255))
    read_or_refuse(bytes(content), "policy.pdf" if seed.startswith(b"%PDF") else "policy.docx")


@QUICK
@given(st.data())
def test_a_word_document_with_damaged_parts_is_read_or_refused(data: st.DataObject) -> None:
    with zipfile.ZipFile(io.BytesIO(sample(f"{NURSERY}-styled.docx"))) as archive:
        files = {name: bytearray(archive.read(name)) for name in archive.namelist()}
    part = files[data.draw(st.sampled_from(sorted(name for name in files if name.endswith((".xml", ".rels")))))]
    for place in data.draw(st.lists(st.integers(0, len(part) - 1), min_size=1, max_size=4)):
        part[place] = data.draw(st.sampled_from(b'<>/"w0189: a\xff'))
    read_or_refuse(zipped({name: bytes(content) for name, content in files.items()}), "policy.docx")


@QUICK
@given(
    st.lists(
        st.sampled_from(
            [
                b"BT",
                b"ET",
                b"/F 9 Tf",
                b"(a) Tj",
                b"[(a) -99 (b)] TJ",
                b"0 0 9 9 re",
                b"S",
                b"q",
                b"Q",
                b"1 0 0 1 9 9 cm",
                b"-9 9 Td",
                b"/X10 Do",
                b"BI",
                b"ID",
                b"EI",
                b"1e9",
                b"<",
            ]
        ),
        max_size=40,
    )
)
def test_any_drawing_is_read_or_refused(commands: list[bytes]) -> None:
    read_or_refuse(pdf(b"\n".join(commands).decode(), objects=NESTED[-1:]), "policy.pdf")
