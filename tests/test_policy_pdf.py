"""PDF policies: lines joined by where they stand, cells by the lines around them, and what is no text named."""

from __future__ import annotations

import io

import pytest
from pypdf import PdfReader

from tests.policy_files import INFANT, H, L, P, R, at, box, here, made_by_typst, pdf, rows, source, stream, words


def test_a_pdf_with_drawn_cells_keeps_the_empty_ones_and_the_merged_ones_once() -> None:
    drawn = (
        box(72, 700, 200, 720) + box(200, 700, 400, 720) + box(72, 680, 200, 700) + box(200, 680, 400, 700)
        + box(72, 660, 400, 680)
        + at(75, 706, "Approved by:") + at(203, 706, "Governors") + at(75, 686, "Signed:") + at(75, 666, "Kept by the office")
    )  # fmt: skip
    read = here(pdf(drawn))
    assert rows(read) == [("Approved by:", "Governors"), ("Signed:", "")]
    assert read.blocks[-1].text == "Kept by the office"


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([(72, "Owner:"), (300, "Mrs Smith")], [("Owner:", "Mrs Smith")]),
        ([(72, "Owner:")], []),
        ([(72, "We"), (90, "act now.")], []),
    ],
)
def test_pieces_far_apart_on_one_line_are_a_row(
    lines: list[tuple[float, str]], expected: list[tuple[str, ...]]
) -> None:
    assert rows(here(pdf("".join(at(x, 700, text) for x, text in lines)))) == expected


def test_a_label_with_nothing_beside_it_has_a_blank_where_its_neighbours_have_an_answer() -> None:
    page = at(72, 700, "Approved:") + at(300, 700, "May 2023") + at(72, 685, "Next review:") + at(72, 500, "Signed:")
    page += at(72, 660, "Owner:") + at(300, 660, "The headteacher and the") + at(300, 646, "governors")
    assert rows(here(pdf(page))) == [
        ("Approved:", "May 2023"),
        ("Next review:", ""),
        ("Owner:", "The headteacher and the governors"),
    ]
    assert words(pdf(page))[-1] == "Signed:"


@pytest.mark.parametrize(("bullet", "font"), [("•", "F"), ("\xb7", "S"), ("o", "F"), ("-", "F"), ("§", "S")])
def test_a_bullet_is_one_whatever_sign_it_is_drawn_with(bullet: str, font: str) -> None:
    page = at(72, 700, "We record:") + "".join(
        at(x, y, bullet.replace("•", "\x95"), font) + at(x + 18, y, text)
        for x, y, text in ((90, 680, "names"), (110, 660, "ages"), (90, 640, "dates"))
    )
    assert [(block.kind, block.level, block.text) for block in here(pdf(page)).blocks] == [
        (P, 0, "We record:"),
        (L, 0, "names"),
        (L, 1, "ages"),
        (L, 0, "dates"),
    ]


def test_bold_and_large_lines_are_headings_and_a_bold_label_is_none() -> None:
    page = at(72, 740, "Safeguarding", size=18) + at(72, 700, "Scope", "B") + at(72, 680, "Date accepted:", "B")
    page += "".join(at(72, y, "It covers every child in our care.") for y in (640, 600, 560))
    assert [block.kind for block in here(pdf(page)).blocks] == [H, H, P, P, P, P]


def test_the_number_of_a_clause_is_no_cell_of_a_table() -> None:
    page = at(72, 740, "4", "B") + at(72, 720, "4.1", "B") + at(120, 720, "Scope", "B")
    page += at(72, 700, "4.2") + at(120, 700, "The governors of the school review this policy in the autumn of every")
    page += at(120, 686, "year.") + at(72, 660, "1.2") + at(120, 660, "May 2023")
    assert [(block.kind, block.text) for block in here(pdf(page)).blocks][1:] == [
        (H, "4.1 Scope"),
        (P, "4.2 The governors of the school review this policy in the autumn of every year."),
        (R, "1.2\tMay 2023"),
    ]


def test_borders_drawn_as_thin_areas_are_borders_and_a_coloured_area_is_none() -> None:
    """So Word draws them: a strip for each side of a cell, and a square in each corner."""
    strips = [f"{x} {y} 0.48 19 re f {x} {y + 19} 0.48 0.48 re f\n" for x in (72, 200, 400) for y in (680, 699.5)]
    strips += [f"{x + 0.5} {y} {w} 0.48 re f\n" for y in (680, 699.5, 718.5) for x, w in ((72, 127), (200, 199))]
    colour = "0.9 g 60 500 300 40 re f 0 g\n" + at(72, 520, "Kept by") + at(118, 520, "the office.")
    page = "".join(strips) + at(75, 706, "Approved by:") + at(75, 686, "Signed:") + at(203, 706, "Governors") + colour
    read = here(pdf(page))
    assert rows(read) == [("Approved by:", "Governors"), ("Signed:", "")]
    assert read.blocks[-1].text == "Kept by the office."


def test_a_page_that_lies_on_its_side_is_read_as_it_is_turned() -> None:
    turned = pdf("BT /F 11 Tf 0 1 -1 0 300 72 Tm (Signed:) Tj ET").replace(
        b"/Type /Page /Parent", b"/Type /Page /Rotate 90 /Parent"
    )
    assert words(turned) == ["Signed:"]


def test_raised_letters_stay_in_their_word_and_letters_drawn_twice_are_one() -> None:
    page = at(72, 700, "13") + at(84.3, 704, "th", size=7) + at(92, 700, "May") + at(92.3, 700, "May")
    assert words(pdf(page)) == ["13th May"]


def test_what_every_page_repeats_is_said_once_and_page_numbers_are_not() -> None:
    pages = [
        at(72, 800, "Oakfield School") + at(72, 30, f"Reviewed 2023 | Page {number}") + at(500, 30, str(number))
        + at(72, 700 - 20 * number, f"Part {number} of the policy.")
        for number in range(1, 5)
    ]  # fmt: skip
    read = here(pdf(*pages))
    assert [(block.text, block.place) for block in read.blocks] == [
        ("Oakfield School", "header"),
        *((f"Part {number} of the policy.", f"page {number}, line 2") for number in range(1, 5)),
        ("Reviewed 2023 | Page 1 1", "footer"),
    ]


def test_a_sentence_goes_on_over_the_end_of_a_page() -> None:
    first = "".join(at(72, 800 - 14 * line, FULL) for line in range(40))
    assert words(pdf(first, at(72, 800, "thirteenth of May.")))[-1].endswith("on the thirteenth of May.")
    assert words(pdf(first.replace(" on the)", " on it.)"), at(72, 800, "Then we act.")))[-1] == "Then we act."


FULL = "This policy was adopted by the governors of the school on the"


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        (at(72, 686, "date below."), [f"{FULL} date below."]),
        (at(84, 686, "date below."), [f"{FULL} date below."]),
        (at(250, 686, "date below."), [FULL, "date below."]),
        (at(72, 688, "date below.", size=8), [FULL, "date below."]),
        (at(72, 660, "Date below."), [FULL, "Date below."]),
    ],
)
def test_a_line_goes_on_in_the_one_below_it_of_the_same_letters(after: str, expected: list[str]) -> None:
    assert words(pdf(at(72, 700, FULL) + after)) == expected


def test_ligatures_are_letters_and_hyphens_that_nobody_sees_are_gone() -> None:
    names = b"begincmap 3 beginbfchar <41> <FB01> <42> <00AD> <43> <006E> endbfchar endcmap"
    font = b"<</Type /Font /Subtype /Type1 /BaseFont /Helvetica /ToUnicode 11 0 R>>"
    made = pdf(at(72, 700, "ABC"), objects=[font, stream(names)]).replace(b"/F 4 0 R", b"/F 10 0 R")
    assert words(made) == ["fin"]


def test_two_columns_are_read_one_after_the_other() -> None:
    lines = [block.text for block in source(INFANT).blocks if block.kind is P][:8]
    body = "\n\n".join(line.replace("'", "’").replace('"', "”") for line in lines)
    found = words(made_by_typst(f"#set page(columns: 2)\n#set par(justify: true)\n#set text(hyphenate: false)\n{body}"))
    assert found == body.split("\n\n")


def test_a_word_that_a_typesetter_cut_is_whole_again() -> None:
    line = "The information on manipulation, exploitation and communication is among our responsibilities."
    made = made_by_typst(
        f"#set page(width: 12cm)\n#set par(justify: true)\n#set text(hyphenate: true)\n{' '.join([line] * 9)}"
    )
    assert words(made) == [" ".join([line] * 9)]
    assert "\u00ad\n" in PdfReader(io.BytesIO(made)).pages[0].extract_text(), "nothing was cut"


def test_a_narrow_quotation_is_one_paragraph_and_an_address_is_not() -> None:
    markup = (
        "#set par(justify: false)\n" + "We keep every child safe and record what we see on the day we see it. " * 6
        + "\n\n#pad(x: 4cm)[" + "Child sexual exploitation is a form of child sexual abuse. " * 5 + "]\n\n"
        "Oakfield School \\ 12 Long Lane \\ Little Town in the Valley \\ Kent \\ AB1 2CD"
    )  # fmt: skip
    assert words(made_by_typst(markup))[1:] == [
        ("Child sexual exploitation is a form of child sexual abuse. " * 5).strip(),
        "Oakfield School",
        "12 Long Lane",
        "Little Town in the Valley",
        "Kent",
        "AB1 2CD",
    ]


def test_what_a_pdf_holds_beside_text_is_named() -> None:
    picture = stream(
        b"\0" * 12, "/Type /XObject /Subtype /Image /Width 2 /Height 2 /BitsPerComponent 8 /ColorSpace /DeviceRGB"
    )
    notes = "<</Type /Annot /Subtype /Widget>> <</Subtype /Ink>> <</Subtype /Link>> <</Subtype /Popup>>"
    tilted = "BT /F 11 Tf 0.7 0.7 -0.7 0.7 72 300 Tm (DRAFT) Tj ET\n"
    made = pdf(at(72, 700, "Signed:") + "/X10 Do\n" + tilted, "/X10 Do", annotations=notes, objects=[picture])
    assert here(made).unread == (
        "1 picture",
        "2 form fields",
        "2 notes laid over the text",
        "page 1 holds text at an angle",
        "page 2 holds no text",
    )
    assert words(made) == ["Signed:"]
