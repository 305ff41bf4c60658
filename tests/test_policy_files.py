"""Policy files of three formats: the same words come out of each; plain text; and files that are refused."""

from __future__ import annotations

import inspect
import io
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from pypdf import PdfWriter

from connector.errors import UnreadablePolicy
from connector.model.policy_text import BlockKind
from connector.policies import read_policy
from connector.policies.refusals import (
    BY_NAME,
    DamagedFile,
    EmptyFile,
    FileTooLarge,
    NoReader,
    NoText,
    NotPlainWord,
    OldOffice,
    OpenDocument,
    OtherFormat,
    Picture,
    Protected,
    Spreadsheet,
    TooLong,
    UnknownGlyphs,
    UnknownLetters,
)
from tests.policy_files import (
    INFANT,
    NO_OFFICE,
    NURSERY,
    H,
    L,
    P,
    R,
    as_pdf,
    at,
    changed,
    flat,
    from_html,
    handbook,
    here,
    paragraphs,
    pdf,
    rows,
    said,
    sample,
    source,
    stream,
    styled,
    typed,
    word,
    words,
    zipped,
)

SIGN_OFF = [
    ("Date Policy Written / Updated:", "November 2023"),
    ("Date Policy accepted:", ""),
    ("Date of Next Review:", "November 2024"),
    ("Signed (Headteacher)", ""),
    ("Signed (Chair of Governors)", ""),
    ("Minute Number", ""),
]


@pytest.mark.parametrize("form", ["docx", "pdf"])
@pytest.mark.parametrize("how", ["typed", "styled"])
@pytest.mark.parametrize("name", [NURSERY, INFANT])
def test_the_same_policy_says_the_same_in_every_format(name: str, how: str, form: str) -> None:
    read = read_policy(sample(f"{name}-{how}.{form}"), f"{name}.{form}")
    assert flat(read) == flat(source(name))
    assert read.name == f"{name}.{form}"
    assert read.unread == ()


@pytest.mark.parametrize("make", [typed, styled])
@pytest.mark.parametrize("name", [NURSERY, INFANT])
def test_what_libreoffice_writes_now_says_the_same_too(
    name: str, make: Callable[[str, Path, str], bytes], tmp_path: Path
) -> None:
    if not shutil.which("soffice"):
        assert not os.environ.get("CI"), NO_OFFICE
        pytest.skip(NO_OFFICE)
    for form in ("docx", "pdf"):
        assert flat(here(make(name, tmp_path, form))) == flat(source(name))


def test_every_sentence_of_the_policy_is_whole() -> None:
    """Against the file itself, not against another of our readings."""
    for name in (NURSERY, INFANT):
        lines = [" ".join(line.lstrip(" -").split()) for line in sample(f"{name}.txt").decode().splitlines()]
        for kept in (f"{name}-typed.pdf", f"{name}-styled.pdf", f"{name}-styled.docx"):
            found = [text.removeprefix("- ") for _, text in flat(here(sample(kept)))]
            assert found == [line for line in lines if line]


@pytest.mark.parametrize("kept", [".txt", "-typed.docx", "-typed.pdf", "-styled.docx", "-styled.pdf"])
def test_nine_things_to_record_stand_below_the_one_that_asks_for_them(kept: str) -> None:
    items = [block for block in here(sample(NURSERY + kept)).blocks if block.kind is L]
    levels = {block.text: block.level for block in items}
    assert [block.level for block in items] == [0] * 6 + [0] + [1] * 9 + [0] * 4
    assert levels["Record immediately with the below information:"] == 0
    assert levels["Child's name"] == levels["Any discussion held with the parent(s) (where deemed appropriate)."] == 1
    assert levels["Report to Designated Safeguarding Lead (DSL) immediately."] == 0


@pytest.mark.parametrize("kept", [".txt", "-typed.docx", "-styled.docx", "-styled.pdf"])
def test_the_sign_off_has_six_rows_and_its_blanks_are_blank(kept: str) -> None:
    assert rows(here(sample(INFANT + kept))) == SIGN_OFF


def test_a_typed_pdf_keeps_what_it_shows_of_the_sign_off() -> None:
    """It draws nothing for an empty cell: a label between rows is known by its colon, the others stand as they are."""
    read = here(sample(f"{INFANT}-typed.pdf"))
    assert rows(read) == SIGN_OFF[:3]
    assert [block.text for block in read.blocks if block.text.startswith(("Signed", "Minute"))] == [
        "Signed (Headteacher)",
        "Signed (Chair of Governors)",
        "Minute Number",
    ]


def test_numbers_of_principles_are_kept_and_their_bullets_are_not() -> None:
    for kept in (".txt", "-typed.docx", "-typed.pdf", "-styled.docx", "-styled.pdf"):
        items = [block.text for block in here(sample(INFANT + kept)).blocks if block.kind is L]
        numbered = [text for text in items if text[0].isdigit()]
        assert [text[:2] for text in numbered] == ["1.", "2.", "3.", "4.", "5.", "6."]
        assert not any(text.startswith(("-", "•")) for text in items)


def test_headings_of_a_styled_policy_are_headings() -> None:
    for form in ("docx", "pdf"):
        headings = [block.text for block in here(sample(f"{INFANT}-styled.{form}")).blocks if block.kind is H]
        assert headings[:4] == [
            "Halfway Nursery Infant School",
            "Child Sexual Exploitation Policy",
            "Child Sexual Exploitation Policy",
            "Introduction",
        ]
        assert "How do we ensure that people are aware of the Policy?" in headings
        assert not any("Formal acceptance" in heading for heading in headings)


@pytest.mark.parametrize(
    ("kept", "text", "place"),
    [
        (".txt", "Introduction", "line 16"),
        ("-styled.docx", "Introduction", "paragraph 4"),
        ("-styled.pdf", "Introduction", "page 1, line 10"),
        (".txt", "Minute Number", "line 12"),
        ("-styled.docx", "Minute Number", "table 1, row 6"),
        ("-styled.pdf", "Minute Number", "page 1, line 8"),
        ("-styled.pdf", "Prevention", "page 3, line 24"),
    ],
)
def test_each_block_says_where_it_stands(kept: str, text: str, place: str) -> None:
    assert [block.place for block in here(sample(INFANT + kept)).blocks if block.text.rstrip() == text] == [place]


@pytest.mark.skipif(not shutil.which("soffice"), reason=NO_OFFICE)
@pytest.mark.parametrize(
    ("spacing", "font", "justified"),
    [
        (1.0, "Liberation Sans", True),
        (1.15, "Liberation Serif", False),
        (1.5, "DejaVu Sans", False),
        (2.0, "Liberation Serif", True),
    ],
)
def test_a_printed_policy_says_what_its_word_document_does(
    spacing: float, font: str, justified: bool, tmp_path: Path
) -> None:
    made = handbook(spacing, font, justified=justified)
    in_word, printed = (
        [(block.kind, block.level if block.kind is L else 0, block.text, block.cells) for block in here(one).blocks]
        for one in (made, as_pdf(made, tmp_path))
    )
    assert printed == in_word
    assert len(in_word) > 30


@pytest.mark.skipif(not shutil.which("soffice"), reason=NO_OFFICE)
def test_a_page_of_libreoffice_with_a_picture_and_a_merged_cell_says_so(tmp_path: Path) -> None:
    body = (
        "<table border=1 width='100%'><tr><td rowspan=2>Reviews</td><td>Autumn</td><td></td></tr><tr><td>Spring</td><td>KCSIE</td></tr>"
        "</table><p>Signed: <img width=60 height=30 src='data:image/png;base64,"
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='></p>"
    )
    for form in ("docx", "pdf"):
        read = here(from_html(body, tmp_path, form))
        assert rows(read) == [("Reviews", "Autumn", ""), ("Spring", "KCSIE")]
        assert read.unread == ("1 picture",)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Policy Statement\n\nWe keep children safe.", [(H, 0, "Policy Statement"), (P, 0, "We keep children safe.")]),
        ("We act.\nWe record.", [(P, 0, "We act."), (P, 0, "We record.")]),
        ("Date accepted:\n\nNovember 2023.", [(P, 0, "Date accepted:"), (P, 0, "November 2023.")]),
        ("Date accepted:\t", [(R, 0, "Date accepted:\t")]),
        ("Name:\t\tMrs Smith", [(R, 0, "Name:\tMrs Smith")]),
        ("\tWe act.", [(P, 0, "We act.")]),
        (
            "- one\n - two\n  - three\n - four\n- five",
            [(L, 0, "one"), (L, 1, "two"), (L, 2, "three"), (L, 1, "four"), (L, 0, "five")],
        ),
        ("- one\n - two\n\nWe act.\n\n - three", [(L, 0, "one"), (L, 1, "two"), (P, 0, "We act."), (L, 0, "three")]),
        ("• one\n\no two\n* three", [(L, 0, "one"), (L, 0, "two"), (L, 0, "three")]),
        (
            "1. one\n2) two\na) three\n(iv) four",
            [(L, 0, "1. one"), (L, 0, "2) two"), (L, 0, "a) three"), (L, 0, "(iv) four")],
        ),
        (" - 1. Sexual exploitation includes abuse.", [(L, 0, "1. Sexual exploitation includes abuse.")]),
        ("•\tone", [(L, 0, "one")]),
        ("- \ufeff\nWe act.", [(P, 0, "-"), (P, 0, "We act.")]),
        ("\uf0b7 one", [(L, 0, "one")]),
        ("1. Introduction\n\nWe act.", [(H, 0, "1. Introduction"), (P, 0, "We act.")]),
        ("1. one\n\n2. two", [(L, 0, "1. one"), (L, 0, "2. two")]),
        (
            "4.2\tThe governors review it yearly.\n4.3\tThe head reports to them.",
            [(P, 0, "4.2 The governors review it yearly."), (P, 0, "4.3 The head reports to them.")],
        ),
        ("4.2\tMay 2023", [(R, 0, "4.2\tMay 2023")]),
        ("1.10 Child Policy\n\nWe act.", [(H, 0, "1.10 Child Policy"), (P, 0, "We act.")]),
        ("self-harm\n-5 degrees\n*note", [(P, 0, "self-harm"), (P, 0, "-5 degrees"), (P, 0, "*note")]),
        (
            "We  act\u00a0now,\u2003 they\u2019re \u201csafe\u201d.",
            [(P, 0, "We act now, they\u2019re \u201csafe\u201d.")],
        ),
    ],
)
def test_a_line_of_text_is_what_it_shows_itself_to_be(text: str, expected: list[tuple[BlockKind, int, str]]) -> None:
    assert said(text) == expected


@pytest.mark.parametrize(
    ("text", "cells"),
    [
        ("Signed:\tDate:\t", [("Signed:", "", "Date:", "")]),
        ("Signed:\t\t\tDate:", [("Signed:", "", "Date:")]),
        ("Version\tDate\tBy\n1.0\t\tA Smith\n", [("Version", "Date", "By"), ("1.0", "", "A Smith")]),
        ("Signed:\t\t\nName:\t\tMrs Smith", [("Signed:", ""), ("Name:", "Mrs Smith")]),
        ("\t\t", []),
    ],
)
def test_tabs_part_cells_and_an_empty_one_is_kept(text: str, cells: list[tuple[str, ...]]) -> None:
    assert rows(here(f"Policy\n\n{text}".encode())) == cells


WRAPPED = """Safeguarding Policy

It is our duty to protect all children in our care from any type of
abuse and to report any concern at once, to the person who leads on
safeguarding. We do so whatever our age: a child under the age of
13. is never said to have agreed.

- Record the concern in the exact words of the child, on the day on
  which it was said, and sign it;
- Tell the lead.
Approved by the trustees.
Signed by the chair.
"""


DUTY = (
    "It is our duty to protect all children in our care from any type of abuse and to report any concern at once, to the "
    "person who leads on safeguarding. We do so whatever our age: a child under the age of 13. is never said to have agreed."
)


NUMBERED = """1. No child under the age of thirteen, whatever was said, or of
16. where the law says so, may agree.
2. Tell the lead.

It is our duty to keep all children in our care from harm and we
act."""


def test_a_number_that_is_not_the_next_is_a_number_of_the_sentence() -> None:
    assert [text for _, _, text in said(NUMBERED)] == [
        "1. No child under the age of thirteen, whatever was said, or of 16. where the law says so, may agree.",
        "2. Tell the lead.",
        "It is our duty to keep all children in our care from harm and we act.",
    ]


def test_short_lines_of_which_few_are_full_are_not_wrapped() -> None:
    text = "Oakfield Primary School, Long Lane, Kent\nTelephone and messages\nHead: Mrs Smith\nLead: Mr Jones"
    assert [line for _, _, line in said(text)] == text.split("\n")


def test_lines_wrapped_by_hand_are_one_paragraph_again() -> None:
    assert said(WRAPPED) == [
        (H, 0, "Safeguarding Policy"),
        (P, 0, DUTY),
        (L, 0, "Record the concern in the exact words of the child, on the day on which it was said, and sign it;"),
        (L, 0, "Tell the lead."),
        (P, 0, "Approved by the trustees."),
        (P, 0, "Signed by the chair."),
    ]


@pytest.mark.parametrize(
    ("first", "second", "joined"),
    [
        ("keep the records of safe-", "guarding apart", "safeguarding apart"),
        ("mind the emotional well-", "being of each", "well-being of each"),
        ("say, whoever it is, pre-", "and post-trial", "pre- and post-trial"),
        ("tell all parents/", "carers in writing", "parents/carers in writing"),
        ("say that the safe\u00ad", "guarding lead acts", "safeguarding lead acts"),
        ("ask for it by", "the end of term", "by the end of term"),
    ],
)
def test_a_word_cut_at_the_end_of_a_line_is_joined_only_where_it_is_certain(
    first: str, second: str, joined: str
) -> None:
    line = f"It is our duty, and that of all of us, to {first}"
    full = "We tell the safeguarding lead at once, and in person, and then we write"[: len(line)]
    assert said(f"{full}\nit down.\n\n{line}\n{second}")[-1][2].endswith(f" {joined}")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_letters_are_read_in_each_encoding_that_notepad_writes(encoding: str) -> None:
    assert words("Children’s “voice” – café".encode(encoding)) == ["Children’s “voice” – café"]


@pytest.mark.parametrize(
    "content",
    [
        b"\x80\x81\x8d of a policy",
        "Политика школы".encode("cp1251"),
        "policy".encode("utf-16-le"),
        b"policy\x00\x01",
        b"\xff\xfe\x00",
    ],
)
def test_letters_that_cannot_be_made_out_are_refused(content: bytes) -> None:
    with pytest.raises(UnknownLetters):
        read_policy(content, "policy.txt")


def encrypted(content: bytes, user: str) -> bytes:
    writer = PdfWriter(clone_from=io.BytesIO(content))
    writer.encrypt(user, "owner", algorithm="AES-256")
    data = io.BytesIO()
    writer.write(data)
    return data.getvalue()


OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600
ODT = zipped({"mimetype": b"application/vnd.oasis.opendocument.text", "content.xml": b"<x/>"})
PICTURE_OBJECT = stream(b"\0\0\0", "/Subtype /Image /Width 1 /Height 1 /BitsPerComponent 8 /ColorSpace /DeviceRGB")
XML = "http://purl.oclc.org/ooxml/officeDocument/relationships/officeDocument"


@pytest.mark.parametrize(
    ("content", "name", "kind"),
    [
        (b"", "policy.docx", EmptyFile),
        (b" \r\n\t", "policy.txt", EmptyFile),
        (b"\xef\xbb\xbf", "policy.txt", EmptyFile),
        (word(""), "policy.docx", EmptyFile),
        (b"a" * 25_000_001, "policy.txt", FileTooLarge),
        (b"a b " * 600_000, "policy.txt", TooLong),
        (OLE + "WordDocument".encode("utf-16-le"), "policy.doc", OldOffice),
        (OLE + "EncryptedPackage".encode("utf-16-le"), "policy.docx", Protected),
        (ODT, "policy.odt", OpenDocument),
        (ODT, "policy.docx", OpenDocument),
        (zipped({"[Content_Types].xml": b"<x/>", "xl/workbook.xml": b"<x/>"}), "policy.docx", Spreadsheet),
        (zipped({"photo.jpg": b"x"}), "policy.docx", OtherFormat),
        (zipped({}), "policy.docx", OtherFormat),
        (b"PK\x03\x04 and no more", "policy.docx", DamagedFile),
        (changed(word(paragraphs("x")), "[Content_Types].xml", "document.main+xml", "template.main+xml"), "a.dotx", NotPlainWord),
        (changed(word(paragraphs("x")), "_rels/.rels", "http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument", XML), "a.docx", NotPlainWord),
        (b"\x89PNG\r\n\x1a\n....", "policy.png", Picture),
        (b"\xff\xd8\xff\xe0....", "policy.pdf", Picture),
        (b"\0\0\0\x18ftypheic....", "IMG_1.HEIC", Picture),
        (b"{\\rtf1 policy}", "policy.rtf", OtherFormat),
        (b"<!DOCTYPE html><p>policy", "policy.txt", OtherFormat),
        (b'{"url": "https://docs"}', "policy.gdoc", OtherFormat),
        (b"words", "policy.docx", DamagedFile),
        (b"words", "policy.PDF", DamagedFile),
        (b"%PDF-1.7 and no more", "policy.pdf", DamagedFile),
        (encrypted(pdf(at(72, 700, "x")), "secret"), "policy.pdf", Protected),
        (pdf("/X10 Do", objects=[PICTURE_OBJECT]), "scan.pdf", NoText),
        (word("<w:p><w:r><w:drawing><a:blip/></w:drawing></w:r></w:p>"), "scan.docx", NoText),
        (pdf(*[""] * 301), "policy.pdf", TooLong),
    ],
    ids=lambda value: value.__name__ if isinstance(value, type) else None,
)  # fmt: skip
def test_a_file_that_is_not_read_is_refused_with_what_to_do(
    content: bytes, name: str, kind: type[UnreadablePolicy]
) -> None:
    with pytest.raises(UnreadablePolicy) as refused:
        read_policy(content, name)
    assert type(refused.value) is kind
    assert str(refused.value) == inspect.getdoc(kind)
    assert refused.value.__cause__ is None


def test_a_pdf_whose_letters_have_no_names_is_refused() -> None:
    system = b"/CIDSystemInfo <</Registry (Adobe) /Ordering (Identity) /Supplement 0>>"
    inner = b"<</Type /Font /Subtype /CIDFontType2 /BaseFont /X %s>>" % system
    font = b"<</Type /Font /Subtype /Type0 /BaseFont /X /Encoding /Identity-H /DescendantFonts [%s]>>" % inner
    made = pdf(at(72, 700, "policy"), objects=[font]).replace(b"/F 4 0 R", b"/F 10 0 R")
    with pytest.raises(UnknownGlyphs):
        here(made)


def test_a_pdf_that_only_forbids_copying_is_read() -> None:
    assert words(encrypted(pdf(at(72, 700, "We act.")), "")) == ["We act."]


def test_every_refusal_says_what_to_do() -> None:
    mends = ("Open", "Save", "Give", "Take", "Make", "Install", "have its text recognised")
    for kind in BY_NAME.values():
        message = str(kind())
        assert any(mend.lower() in message.lower() for mend in mends), kind
        # What is the machine's fault is tried again; a document stays what it is.
        assert kind().permanent is (kind is not NoReader)
