"""Word policies: what their reader sees is what comes out, with its headings, lists, tables and places."""

from __future__ import annotations

import pytest

from connector.model.policy_text import BlockKind
from connector.policies import read_policy
from tests.policy_files import (
    TEMPLATE,
    H,
    L,
    P,
    R,
    here,
    paragraphs,
    part,
    refer,
    sample,
    template,
    text_box,
    word,
    words,
)


def test_a_template_says_what_was_filled_in_and_nothing_of_what_was_not() -> None:
    read = read_policy(sample(TEMPLATE), TEMPLATE)
    assert [(block.kind, block.text, block.place) for block in read.blocks] == [
        (P, "Little Lanterns Nursery", "header"),
        (H, "Safeguarding Policy", "paragraph 1"),
        (P, "Date adopted: 13 September 2023", "paragraph 2"),
        (P, "Next review:", "paragraph 3"),
        (P, "Reviewed annually by governors.", "paragraph 4"),
        (P, "In an emergency call 999.", "text box 1"),
        (R, "Approved by:\tTrustees", "table 1, row 1"),
        (R, "Minute number:\t", "table 1, row 2"),
    ]
    assert here(template()).blocks == read.blocks


def run(text: str, properties: str = "") -> str:
    return f"<w:r><w:rPr>{properties}</w:rPr><w:t xml:space='preserve'>{text}</w:t></w:r>"


def par(content: str, properties: str = "") -> str:
    return f"<w:p><w:pPr>{properties}</w:pPr>{content}</w:p>"


NOT_HIDDEN = "<w:vanish w:val='0'/>"


def cell(*texts: str, properties: str = "") -> str:
    return f"<w:tc><w:tcPr>{properties}</w:tcPr>{paragraphs(*texts)}</w:tc>"


def table(*lines: str) -> str:
    return f"<w:tbl>{''.join(f'<w:tr>{line}</w:tr>' for line in lines)}</w:tbl>"


@pytest.mark.parametrize(
    ("xml", "expected"),
    [
        (par(f"<w:moveFrom>{run('old')}</w:moveFrom><w:moveTo>{run('new')}</w:moveTo>"), ["new"]),
        (par(f"<w:hyperlink>{run('our website')}</w:hyperlink>"), ["our website"]),
        (par(f"<w:smartTag><w:customXml>{run('Kent')}</w:customXml></w:smartTag>"), ["Kent"]),
        (par(f"{run('shown')}{run(' hidden', '<w:vanish/>')}{run(' not', NOT_HIDDEN)}"), ["shown not"]),
        (par("<w:r><w:fldChar w:fldCharType='begin'/><w:instrText>DATE</w:instrText><w:fldChar w:fldCharType='separate'/></w:r>" + run("5 May 2023")), ["5 May 2023"]),
        (par(f"<w:fldSimple w:instr='DATE'>{run('5 May 2023')}</w:fldSimple>"), ["5 May 2023"]),
        (par(f"{run('Signed:')}<w:r><w:tab/></w:r>"), ["Signed:\t"]),
        (par(f"{run('well')}<w:r><w:noBreakHyphen/><w:t>being</w:t><w:softHyphen/></w:r>"), ["well-being"]),
        (par(f"{run('Review date:')}<w:r><w:br/></w:r>{run('Approved by:')}"), ["Review date:", "Approved by:"]),
        (par(f"{run('We keep')}<w:r><w:br/></w:r>{run('children safe.')}"), ["We keep children safe."]),
        (f"<w:sdt><w:sdtContent>{paragraphs('inside')}</w:sdtContent></w:sdt>", ["inside"]),
        (f"<w:ins>{paragraphs('inserted')}</w:ins><w:del>{paragraphs('deleted')}</w:del>", ["inserted"]),
        (par(f"{run('beside')}<w:r>{text_box(paragraphs('in the box'))}</w:r>"), ["beside", "in the box"]),
        (table(f"<w:trPr><w:del/></w:trPr>{cell('gone')}{cell('1')}", cell("Owner") + cell("Head")), ["Owner\tHead"]),
        (table(cell("Owner") + f"<w:sdt><w:sdtPr><w:showingPlcHdr/></w:sdtPr><w:sdtContent>{cell('Tap here')}</w:sdtContent></w:sdt>"), ["Owner\t"]),
        (table(cell("Owner", properties="<w:vMerge w:val='restart'/>") + cell("A"), cell("", properties="<w:vMerge/>") + cell("B") + cell("C")), ["Owner\tA", "B\tC"]),
        (table(cell("Wide", properties="<w:gridSpan w:val='2'/>"), cell("a") + cell("b")), ["Wide", "a\tb"]),
        (table(cell("Owner") + cell("Mrs Smith", "Headteacher")), ["Owner\tMrs Smith Headteacher"]),
        (table(cell("Signs") + cell("- fear", "- hunger")), ["Signs", "fear", "hunger"]),
        (table(cell("framed", "twice")), ["framed", "twice"]),
        (table(cell("Owner") + f"<w:tc>{table(cell('a') + cell('b'))}{paragraphs('below')}</w:tc>"), ["Owner", "a\tb", "below"]),
        (table(cell("") + cell(""), cell("a") + cell("")), ["a\t"]),
    ],
)  # fmt: skip
def test_a_word_document_says_what_its_reader_sees(xml: str, expected: list[str]) -> None:
    assert words(word(xml)) == expected


STYLES = """<w:styles>
<w:style w:styleId="berschrift2"><w:name w:val="heading 2"/></w:style>
<w:style w:styleId="Ours"><w:name w:val="School heading"/><w:basedOn w:val="berschrift2"/></w:style>
<w:style w:styleId="Loop"><w:name w:val="Loop"/><w:basedOn w:val="Loop2"/></w:style>
<w:style w:styleId="Loop2"><w:name w:val="Loop 2"/><w:basedOn w:val="Loop"/></w:style>
<w:style w:styleId="Outline"><w:name w:val="Outline"/><w:pPr><w:outlineLvl w:val="3"/></w:pPr></w:style>
<w:style w:styleId="Strong"><w:name w:val="Strong"/><w:rPr><w:b/></w:rPr></w:style>
<w:style w:styleId="Listed"><w:name w:val="Listed"/><w:pPr><w:numPr><w:numId w:val="2"/></w:numPr></w:pPr></w:style>
</w:styles>"""
LEVELS = "".join(
    f'<w:lvl w:ilvl="{level}"><w:start w:val="1"/><w:numFmt w:val="{form}"/><w:lvlText w:val="{text}"/>'
    f'<w:pPr><w:ind w:left="{360 * (level + 1)}"/></w:pPr></w:lvl>'
    for level, (form, text) in enumerate([("decimal", "%1."), ("lowerLetter", "%1%2)"), ("lowerRoman", "(%3)")])
)
NUMBERING = f"""<w:numbering><w:abstractNum w:abstractNumId="7">{LEVELS}</w:abstractNum>
<w:abstractNum w:abstractNumId="8"><w:lvl w:ilvl="0"><w:numFmt w:val="bullet"/><w:lvlText w:val="•"/></w:lvl></w:abstractNum>
<w:num w:numId="1"><w:abstractNumId w:val="7"/></w:num><w:num w:numId="2"><w:abstractNumId w:val="8"/></w:num>
<w:num w:numId="3"><w:abstractNumId w:val="7"/><w:lvlOverride w:ilvl="0"><w:startOverride w:val="4"/></w:lvlOverride></w:num>
</w:numbering>"""


def listed(text: str, number: int, level: int = 0) -> str:
    return par(run(text), f"<w:numPr><w:ilvl w:val='{level}'/><w:numId w:val='{number}'/></w:numPr>")


@pytest.mark.parametrize(
    ("xml", "expected"),
    [
        (par(run("Scope"), "<w:pStyle w:val='berschrift2'/>"), [(H, 2, "Scope")]),
        (par(run("Scope"), "<w:pStyle w:val='Ours'/>"), [(H, 2, "Scope")]),
        (par(run("Scope"), "<w:pStyle w:val='Outline'/>"), [(H, 4, "Scope")]),
        (par(run("Scope"), "<w:pStyle w:val='Heading1'/>"), [(P, 0, "Scope")]),
        (par(run("Scope"), "<w:pStyle w:val='Loop'/>"), [(P, 0, "Scope")]),
        (par(run("Scope", "<w:b/>")), [(H, 0, "Scope")]),
        (par(run("Scope", "<w:rStyle w:val='Strong'/>")), [(H, 0, "Scope")]),
        (par(run("Scope", "<w:b/>") + run(" of it")), [(P, 0, "Scope of it")]),
        (par(run("Scope", "<w:b w:val='false'/>")), [(P, 0, "Scope")]),
        (par(run("Date accepted:", "<w:b/>")), [(P, 0, "Date accepted:")]),
        (par(run("1. Scope", "<w:b/>")), [(H, 0, "1. Scope")]),
        (par(run("- Scope", "<w:b/>")), [(L, 0, "Scope")]),
        (par(run("2.1", "<w:b/>") + "<w:r><w:tab/></w:r>" + run("Scope", "<w:b/>")), [(H, 0, "2.1 Scope")]),
        (par("<w:r><w:sym w:font='Wingdings' w:char='F0FE'/></w:r>"), [(P, 0, "\uf0fe")]),
        (par("<w:r><w:sym w:font='Wingdings' w:char='F0A7'/></w:r>" + run(" Scope")), [(L, 0, "Scope")]),
        (table(f"<w:tc>{par(run('Owner', '<w:b/>'))}</w:tc>"), [(P, 0, "Owner")]),
        (listed("one", 1) + listed("a", 1, 1) + listed("b", 1, 1) + listed("two", 1), [(L, 0, "1. one"), (L, 1, "1a) a"), (L, 1, "1b) b"), (L, 0, "2. two")]),
        (listed("one", 1) + listed("a", 1, 2) + listed("two", 1) + listed("b", 1, 2), [(L, 0, "1. one"), (L, 2, "(i) a"), (L, 0, "2. two"), (L, 2, "(i) b")]),
        (listed("one", 1) + paragraphs("between") + listed("two", 1), [(L, 0, "1. one"), (P, 0, "between"), (L, 0, "2. two")]),
        (listed("one", 1) + listed("four", 3) + listed("five", 3), [(L, 0, "1. one"), (L, 0, "4. four"), (L, 0, "5. five")]),
        (par(run("one"), "<w:pStyle w:val='Listed'/>"), [(L, 0, "one")]),
        (par(run("one"), "<w:pStyle w:val='Listed'/><w:numPr><w:numId w:val='0'/></w:numPr>"), [(P, 0, "one")]),
        (listed("lost", 9), [(L, 0, "lost")]),
        (par(run("1. Scope", "<w:b/>"), "<w:numPr><w:numId w:val='1'/></w:numPr>"), [(H, 0, "1. 1. Scope")]),
    ],
)  # fmt: skip
def test_styles_and_numbering_make_headings_and_items(xml: str, expected: list[tuple[BlockKind, int, str]]) -> None:
    read = here(word(xml, styles=STYLES, numbering=NUMBERING))
    assert [(block.kind, block.level, block.text) for block in read.blocks] == expected


def test_headers_and_footers_are_given_once_and_only_where_they_show() -> None:
    made = word(
        par("", f"<w:sectPr>{refer('header', 'header1')}{refer('footer', 'footer1')}</w:sectPr>") + paragraphs("Body"),
        section=refer("header", "header1") + refer("header", "header2", "first") + refer("header", "header3", "even"),
        header1=part("hdr", "Oakfield School"),
        header2=part("hdr", "An old first page"),
        header3=part("hdr", "An even page"),
        footer1=part("ftr", "Approved November 2023", "Page 2 of 9"),
    )
    assert [(block.text, block.place) for block in here(made).blocks] == [
        ("Oakfield School", "header"),
        ("Body", "paragraph 1"),
        ("Approved November 2023", "footer"),
    ]


def test_the_first_pages_header_shows_where_the_section_has_a_first_page() -> None:
    section = refer("header", "header1", "first") + "<w:titlePg/>"
    assert words(word(paragraphs("Body"), section=section, header1=part("hdr", "First"))) == ["First", "Body"]


def test_footnotes_stand_at_the_end_and_the_lines_above_them_do_not() -> None:
    notes = (
        f"<w:footnotes><w:footnote w:id='0' w:type='separator'>{paragraphs('---')}</w:footnote>"
        f"<w:footnote w:id='2'>{paragraphs('KCSIE 2023.')}</w:footnote></w:footnotes>"
    )
    read = here(word(paragraphs("Body"), footnotes=notes))
    assert [(block.text, block.place) for block in read.blocks] == [
        ("Body", "paragraph 1"),
        ("KCSIE 2023.", "footnote 1"),
    ]


def test_pictures_and_objects_are_named_because_one_may_be_a_signature() -> None:
    picture = "<w:p><w:r><w:drawing><wp:inline><a:graphic><a:blip r:embed='x'/></a:graphic></wp:inline></w:drawing></w:r></w:p>"
    object_ = "<w:p><w:r><w:object><v:shape><v:imagedata r:id='x'/></v:shape></w:object></w:r></w:p>"
    made = word(
        paragraphs("Signed:") + picture * 2 + object_ + par("", f"<w:sectPr>{refer('header', 'header1')}</w:sectPr>"),
        section=refer("header", "header1"),
        header1=f"<w:hdr>{picture}</w:hdr>",
    )
    assert here(made).unread == ("2 pictures", "1 picture in headers or footers", "1 embedded object")
    assert here(word(paragraphs("Signed:"))).unread == ()
