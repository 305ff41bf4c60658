"""PDF policies: lines joined by where they stand, cells by the lines around them, and what is no text named."""

from __future__ import annotations

import io
import os
import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest
from pypdf import PdfReader

from tests.policy_files import (
    INFANT,
    NO_OFFICE,
    H,
    L,
    P,
    R,
    as_pdf,
    at,
    box,
    footer,
    here,
    made_by_typst,
    pdf,
    rows,
    source,
    stream,
    words,
)


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


ASKED = ("This policy was adopted on", "Signed on behalf of the nursery", "Date for review")
SIGNED = ("23/1/26", "A. Wickford", "January 2027")
PROSE = "At the nursery we take first aid seriously, and each of us knows what to do after an accident here."
# Where the columns of a narrow footer begin, and the first label's two lines and the second's.
EDGES = (72, 190, 310)
BROKEN = (("This policy was ", "Signed on behalf of ", "Date for review"), ("adopted on", "the nursery", ""))


def in_columns(y: float, texts: Sequence[str], edges: Sequence[float] = EDGES) -> str:
    """The commands that set these texts beside each other, each at the edge of its column."""
    return "".join(at(x, y, text) for x, text in zip(edges, texts, strict=True) if text)


def below_prose(*lines: str) -> bytes:
    """A page with two full lines of prose, then these."""
    return pdf(at(72, 774, PROSE) + at(72, 760, PROSE) + "".join(lines))


@pytest.mark.parametrize(
    "answers",
    [
        SIGNED,
        ("23/1/26", "", "January 2027"),
        ("", "Margaret Wickford", ""),
        ("23/1/26", "", ""),
        ("", "", "January 2027"),
    ],
)
@pytest.mark.parametrize("y", [686, 672])
def test_answers_stand_under_their_labels_whichever_of_them_are_blank(answers: Sequence[str], y: float) -> None:
    footer_lines = (in_columns(714, BROKEN[0]), in_columns(700, BROKEN[1]), in_columns(y, answers))
    assert rows(here(below_prose(*footer_lines))) == [ASKED, tuple(answers)]


def test_an_unsigned_footer_is_a_row_of_labels_and_takes_no_text_for_an_answer() -> None:
    labels = in_columns(714, BROKEN[0]) + in_columns(700, BROKEN[1])
    for after in (PROSE, "a. See below", "as the board agreed"):
        assert rows(here(below_prose(labels, at(72, 670, after)))) == [ASKED]
    assert rows(here(below_prose(labels, at(72, 670, "First Aid Boxes", "B")))) == [ASKED]
    assert rows(here(below_prose(labels))) == [ASKED]


def test_labels_parted_by_a_narrow_gap_and_answers_by_wide_ones_are_two_rows() -> None:
    edges = (72, 212, 376)
    page = below_prose(in_columns(700, ASKED, edges), in_columns(680, SIGNED, edges))
    assert rows(here(page)) == [ASKED, SIGNED]


def test_a_label_that_goes_on_in_capitals_is_whole_where_answers_follow() -> None:
    labels = ("Date accepted", "Signed by the Chair of", "Next review"), ("", "Governors", "")
    page = (in_columns(714, labels[0]), in_columns(700, labels[1]))
    signed = rows(here(below_prose(*page, in_columns(686, SIGNED))))
    assert signed == [("Date accepted", "Signed by the Chair of Governors", "Next review"), SIGNED]


@pytest.mark.parametrize(
    "answers",
    [[("", "Margaret Wickford", "")], [("", "", "n/a")], [("23/1/26", "", ""), ("24/1/26", "A. Wickford", "")]],
)
def test_an_answer_close_under_its_label_is_no_part_of_it(answers: list[Sequence[str]]) -> None:
    labels = ("Date accepted", "Signed by the Chair", "Next review")
    page = (in_columns(700 - 14 * number, texts) for number, texts in enumerate([labels, *answers]))
    assert rows(here(below_prose(*page))) == [labels, *answers]


def test_where_one_label_has_a_colon_the_other_is_its_answer() -> None:
    page = at(72, 700, "Reviewed by:") + at(252, 700, "The board that signs it") + at(252, 686, "Mrs Smith")
    assert rows(here(below_prose(page))) == [("Reviewed by:", "The board that signs it Mrs Smith")]


def test_columns_may_be_centred() -> None:
    labels = at(72, 700, "Date accepted") + at(205, 700, "Signed by the chair") + at(345, 700, "Next review")
    answers = at(88.4, 680, "23/1/26") + at(224.2, 680, "A. Wickford") + at(340.4, 680, "January 2027")
    assert rows(here(below_prose(labels, answers)))[1:] == [SIGNED]
    # A heading in the middle of the page is under the middle label by chance.
    assert rows(here(below_prose(labels, at(229, 680, "Our Aims")))) == [
        ("Date accepted", "Signed by the chair", "Next review")
    ]


def test_tabs_part_labels_and_answers_that_do_not_stand_below_each_other() -> None:
    labels = at(72, 700, ASKED[0]) + at(252, 700, ASKED[1]) + at(450, 700, "Date of the next")
    page = labels + at(72, 686, "review") + at(72, 666, SIGNED[0]) + at(144, 666, SIGNED[1]) + at(216, 666, SIGNED[2])
    assert rows(here(below_prose(page))) == [(*ASKED[:2], "Date of the next review"), SIGNED]
    # Where answers do stand below the labels, the space at the end of the line tells which label goes on.
    labels = at(72, 700, ASKED[0]) + at(252, 700, ASKED[1]) + at(470, 700, "Date of the ") + at(72, 686, "review")
    page = labels + in_columns(666, SIGNED, (72, 252, 470))
    assert rows(here(below_prose(page))) == [(*ASKED[:2], "Date of the review"), SIGNED]


def test_labels_with_tabs_that_take_two_lines_stand_in_no_columns() -> None:
    labels = (
        at(72, 700, ASKED[0])
        + at(446, 700, "Signed on behalf of")
        + at(72, 686, "the nursery")
        + at(252, 686, ASKED[2])
    )
    answers = in_columns(666, SIGNED, (72, 252, 446))
    assert rows(here(below_prose(labels, answers))) == [ASKED, SIGNED]
    blank = in_columns(666, ("23/1/26", "", "January 2027"), (72, 252, 446))
    assert rows(here(below_prose(labels, blank))) == []


@pytest.mark.parametrize("beneath", [[(72, "23/1/26"), (156, "January 2027")], [(72, "Margaret Wickford")]])
def test_no_label_is_blank_where_it_cannot_be_told_which_one_is_answered(beneath: list[tuple[float, str]]) -> None:
    page = in_columns(700, ASKED, (72, 252, 432)) + "".join(at(x, 680, text) for x, text in beneath)
    read = here(below_prose(page))
    assert rows(read) == []
    assert " ".join(block.text for block in read.blocks).endswith(" ".join([*ASKED, *(text for _, text in beneath)]))


@pytest.mark.parametrize(
    "columns",
    [
        # Prose in two narrow columns, addresses, stages, contents, a header: none is asked with what signs a policy.
        [("We all review our policy", "Staff sign to say that"), ("on the date we adopt", "they read it and keep"), ("it, in the autumn.", "it in mind.")],
        [("Oakfield School office", "Nursery of Long Lane"), ("12 Long Lane", "4 High Street"), ("Little Town", "Great Town")],
        [("Stage one of our review", "We all listen to them"), ("Stage two", "We act"), ("Stage three", "We tell")],
        [("Contents of the policy", "Page of our document"), ("Signs of harm", "3"), ("Review", "14")],
        [("Little Lanterns Nursery", "Accident Policy review"), ("Long Lane", "January 2026")],
        [("Reviewed by us in 2025", "Signed by the office"), ("23/1/26", "")],
        [("We all review our policy", "Staff sign to say that")],
    ],
    ids=["prose", "addresses", "stages", "contents", "header", "numbers", "one line"],
)  # fmt: skip
def test_columns_that_ask_for_nothing_are_not_made_into_a_table(columns: list[tuple[str, str]]) -> None:
    page = "".join(in_columns(700 - 14 * at_line, texts, (72, 196)) for at_line, texts in enumerate(columns))
    first = " ".join(columns[0])
    assert words(below_prose(page))[1].startswith(first)
    assert not any("" in cells for cells in rows(here(below_prose(page))))


def test_a_footer_on_every_page_stays_a_footer() -> None:
    pages = [in_columns(60, ASKED, (72, 252, 432)) + in_columns(46, SIGNED, (72, 252, 432)) for _ in range(3)]
    read = here(pdf(*pages))
    assert rows(read) == []
    assert [block.place for block in read.blocks] == ["footer", "footer"]


@pytest.mark.parametrize("widths", [None, (3.2, 3.6, 3.0)])
@pytest.mark.parametrize("answers", [SIGNED, ("23/1/26", "", "January 2027"), ("", "", "")])
def test_a_footer_reads_the_same_from_the_printed_document(
    answers: Sequence[str], widths: Sequence[float] | None, tmp_path: Path
) -> None:
    if not shutil.which("soffice"):
        assert not os.environ.get("CI"), NO_OFFICE
        pytest.skip(NO_OFFICE)
    written = footer(ASKED, answers, widths=widths)
    expected = rows(here(written, "policy.docx"))
    assert ASKED in expected
    assert rows(here(as_pdf(written, tmp_path))) == expected
