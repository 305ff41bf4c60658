"""The responses workbook of Microsoft Forms: each row as the body that the form's flow would have sent."""

from __future__ import annotations

import io
import tomllib
import traceback
import tracemalloc
import zipfile
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from typing import Any

import pytest
import xlsxwriter
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from connector.forms import microsoft
from connector.forms.shapes import as_power_automate
from connector.forms.spreadsheet import NotAWorkbook, WorkbookTooLarge
from connector.forms.workbook import Workbook, ids_of, read, title_key
from connector.model.profile import Question
from connector.settings.school import Form
from tests.service import ROOT, SAMPLES
from tests.workbooks import COMPLETED, OWN, make_workbook

SCHOOL = tomllib.loads((ROOT / "config" / "schools" / "little-lanterns.toml").read_text("utf-8"))
FORM = Form(
    title="Record of concern",
    source="microsoft",
    profile="nursery-record",
    questions=tuple(Question(**question) for question in SCHOOL["forms"]["record-of-concern"]["questions"]),
)
NURSERY = [sample for sample in SAMPLES if sample["platform"] == "microsoft_forms"]
SAID, SEEN, KINDS = "What was said?", "What was seen?", "Kinds of concern"
IDS = {title_key(title): f"r{number:032x}" for number, title in enumerate((SAID, SEEN, KINDS), 1)}


def one(cell: Any, others: list[Any] | None = None) -> str | None:
    """What the first row answers to SAID with that cell."""
    book = read(make_workbook([SAID], [{SAID: cell}, *({SAID: other} for other in others or [])]), IDS)
    return book.rows[0].body["answers"].get(IDS[title_key(SAID)])


def parsed(body: Mapping[str, Any]) -> set[tuple[str, str]]:
    return {(answer.key, answer.text) for answer in microsoft.parse(body).answers if answer.text}


def as_forms_types(text: str) -> Any:
    """A date question's answer is a date in the workbook and a number question's a number."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return int(text) if text.isdecimal() else text


def sheet(lines: list[list[Any]], *more: list[list[Any]]) -> bytes:
    """A workbook with these cells, one sheet each."""
    data = io.BytesIO()
    book = xlsxwriter.Workbook(data, {"in_memory": True, "default_date_format": "m/d/yy h:mm:ss"})
    for lines_of in (lines, *more):
        made = book.add_worksheet()
        for number, line in enumerate(lines_of):
            made.write_row(number, 0, line)
    book.close()
    return data.getvalue()


@pytest.mark.parametrize("sample", NURSERY, ids=lambda sample: str(sample["id"]))
@pytest.mark.parametrize("typed", [str, as_forms_types])
def test_a_response_is_the_same_by_flow_and_by_workbook(sample: dict[str, Any], typed: Any) -> None:
    sent = datetime.fromisoformat(sample["submitted_at"])
    cells = {title: typed(text) for title, text in sample["answers"].items()}
    own = {"ID": 42, "Email": sample["respondent"], "Completion time": sent.replace(tzinfo=None)}
    data = make_workbook([question.title for question in FORM.questions], [own | cells])
    row = read(data, ids_of(FORM.questions)).rows[0]
    flow = as_power_automate(FORM, sample["answers"], sample["respondent"], sent, "42")
    assert parsed(row.body) == parsed(flow)
    by_book, by_flow = microsoft.parse(row.body), microsoft.parse(flow)
    assert (by_book.response_id, by_book.respondent) == (by_flow.response_id, by_flow.respondent)
    assert by_book.submitted_at == by_flow.submitted_at == row.completed_at == sent


def test_the_completion_time_is_the_owners_clock_in_summer_and_in_winter() -> None:
    stamps = [datetime.fromisoformat(text) for text in ("2026-07-01T09:00:00.600", "2026-12-01T09:00:01")]
    book = read(make_workbook([SAID], [{"Completion time": stamp, SAID: "a"} for stamp in stamps]), IDS)
    assert [row.body["submittedAt"] for row in book.rows] == ["2026-07-01T09:00:01+01:00", "2026-12-01T09:00:01+00:00"]
    assert book.rows[0].completed_at == datetime(2026, 7, 1, 8, 0, 1, tzinfo=UTC)


@pytest.mark.parametrize(("cell", "moment"), [
    ("2026-11-17T10:52:14", "2026-11-17T10:52:14+00:00"),
    ("11/17/2026 10:52:14 AM", "2026-11-17T10:52:14+00:00"),
    ("17/11/2026 10:52", "2026-11-17T10:52:00+00:00"),
    ("7/27/26 19:06:23", "2026-07-27T19:06:23+01:00"),
    ("4/5/2026 10:52:14", ""),
    ("4/4/2026 10:52:14", "2026-04-04T10:52:14+01:00"),
    ("half past two", ""),
    (46343.4529398148, "2026-11-17T10:52:14+00:00"),
    (date(2026, 11, 17), "2026-11-17T00:00:00+00:00"),
    (-1, ""),
    (None, ""),
])  # fmt: skip
def test_a_completion_time_of_another_kind_is_read_where_it_has_one_meaning(cell: Any, moment: str) -> None:
    row = read(make_workbook([SAID], [{"Completion time": cell, SAID: "a"}]), IDS).rows[0]
    assert row.body["submittedAt"] == moment
    assert (row.completed_at is None) == (moment == "")


@pytest.mark.parametrize(("cell", "text"), [
    (date(2026, 11, 18), "2026-11-18"), ("18/11/2026", "18/11/2026"), ("2026-11-18", "2026-11-18"),
    (4, "4"), (4.5, "4.5"), (0.371527777777778, "0.371527777777778"), (12_345_678_901, "12345678901"),
    ("10:20", "10:20"), (time(10, 20), "10:20"), (COMPLETED, "2026-11-17 10:52:14"), (True, "TRUE"),
    ("=cmd|' /C calc'!A0", "=cmd|' /C calc'!A0"), ("@SUM(1)", "@SUM(1)"), ("-", "-"), ("0044", "0044"),
    ("line one\nline two", "line one\nline two"), ("one\r\ntwo", "one\r\ntwo"), ("  spaces  ", "  spaces  "),
    ("typed _x000D_ by hand", "typed _x000D_ by hand"), ("😕 مريم Łucja", "😕 مريم Łucja"),
    ("he said; she said;", "he said; she said;"),
    ("https://x-my.sharepoint.com/a.jpg;https://x-my.sharepoint.com/b.jpg;",
     "https://x-my.sharepoint.com/a.jpg;https://x-my.sharepoint.com/b.jpg;"),
    ("", None), (None, None),
])  # fmt: skip
def test_a_cell_is_the_text_the_flow_gives(cell: Any, text: str | None) -> None:
    assert one(cell) == text


def test_an_escaped_line_end_is_decoded_once() -> None:
    data = make_workbook([SAID], [{SAID: "one\ntwo"}])
    assert one("x") == "x"
    escaped = rewritten(data, "xl/sharedStrings.xml", b"one\ntwo", b"one_x000D_\ntwo")
    assert read(escaped, IDS).rows[0].body["answers"][IDS[title_key(SAID)]] == "one\r\ntwo"


def test_several_choices_come_as_the_flow_gives_them() -> None:
    assert one(["Neglect", "Physical"]) == '["Neglect","Physical"]'
    assert one(["Bruise “yellow”"]) == '["Bruise “yellow”"]'
    # One person's own words under `Other` do not change what the question is.
    assert one(["Neglect"], [["Physical"], ["Other: worried; very"]]) == '["Neglect"]'
    assert one("told Rowan;", ["and nothing more"]) == "told Rowan;"


def test_an_unknown_title_keeps_its_answers_under_a_key_of_its_own() -> None:
    book = read(make_workbook(["New question", SAID], [{"New question": "kept", SAID: "x"}]), IDS)
    again = read(make_workbook([SAID, " new\u00a0Question "], [{" new\u00a0Question ": "kept"}]), IDS)
    assert book.titles == ("New question", SAID)
    assert "kept" in dict(parsed(book.rows[0].body)).values()
    assert book.keys[0] == again.keys[1]
    assert book.by_title(book.rows[0]) == {"New question": "kept", SAID: "x"}
    assert "question" not in book.keys[0].lower()


def test_titles_are_matched_whatever_their_spaces_case_and_quotes() -> None:
    ids = ids_of([Question(title="Child\u2019s name ", id="r" + "a" * 32)])
    book = read(make_workbook(["\u200bChild's\u00a0\nName"], [{"\u200bChild's\u00a0\nName": "x"}]), ids)
    assert book.rows[0].body["answers"] == {"r" + "a" * 32: "x"}
    assert book.titles == ("\u200bChild's\u00a0\nName",)


def test_a_title_that_repeats_is_the_question_of_that_number() -> None:
    ids = ids_of([Question(title="Any more?", id=f"r{n:032x}") for n in (1, 2, 3)])
    data = make_workbook(
        ["Any more?", "Any more?", "Any more?2"], [{"_repeats": {"Any more?": ["a", "b"]}, "Any more?2": "c"}]
    )
    assert read(data, ids).rows[0].body["answers"] == {f"r{1:032x}": "a", f"r{2:032x}": "b", f"r{3:032x}": "c"}


def test_a_question_called_name_is_not_the_column_name() -> None:
    ids = ids_of([Question(title="Name", id="r" + "a" * 32), Question(title="Email", id="r" + "b" * 32)])
    data = make_workbook(["Name2", "Email2"], [{"Name": "The reporter", "Name2": "The child", "Email2": "x@y.example"}])
    book = read(data, ids)
    assert book.rows[0].body["answers"] == {"r" + "a" * 32: "The child", "r" + "b" * 32: "x@y.example"}


def test_columns_of_a_quiz_and_of_edits_are_no_answers() -> None:
    titles = [SAID, f"Points - {SAID}", f"Feedback - {SAID}", "Points - of view"]
    own = [*OWN, "Last modified time", "Total points", "Quiz feedback"]
    row = dict.fromkeys(titles, "5") | {
        SAID: "x",
        "Last modified time": COMPLETED,
        "Total points": 4,
        "Quiz feedback": "ok",
    }
    book = read(make_workbook(titles, [row], own=own), IDS)
    assert book.titles == (SAID, "Points - of view")


def test_the_headers_may_be_in_the_language_of_the_owner() -> None:
    own = ["Rhif", "Amser cychwyn", "Amser cwblhau", "E-bost", "Enw", "Amser a addaswyd ddiwethaf"]
    row = {"Email": "p@school.example", "Name": "Pippa", own[5]: COMPLETED, SAID: "x"}
    book = read(make_workbook([SAID], [row], own=own), IDS)
    assert book.titles == (SAID,)
    assert book.rows[0].body["responder"] == "p@school.example"
    assert read(make_workbook(["Anhysbys"], [row | {"Anhysbys": "y"}], own=own), {}).titles == ("Anhysbys",)


def test_only_rows_with_a_numeric_id_are_responses() -> None:
    ids = [7, "8", "Total", None, True, 9.5, -1]
    book = read(make_workbook([SAID], [{"ID": number, SAID: "x"} for number in ids], table=False), IDS)
    assert [row.response_id for row in book.rows] == ["7", "8"]


def test_a_form_without_responses_has_titles_and_no_rows() -> None:
    assert read(make_workbook([SAID, SEEN], []), IDS) == Workbook((SAID, SEEN), tuple(IDS.values())[:2], ())


def test_the_sheet_that_looks_like_responses_is_taken_wherever_it_stands() -> None:
    head = [*OWN, SAID]
    summary = [["Row labels", "Count"], ["Neglect", 4], [3, 4]]
    full = [["Our concerns"], [], head, *([n, COMPLETED, COMPLETED, "a", "b", "x"] for n in (1, 2, 3))]
    assert len(read(sheet(summary, full[2:4], full), IDS).rows) == 3


@pytest.mark.parametrize("data", [
    b"", b"hello", b"PK\x03\x04" + bytes(60), bytes.fromhex("d0cf11e0a1b11ae1") + bytes(2048),
    make_workbook([SAID], [{SAID: "x"}])[:-200], sheet([[]]), sheet([["Name", "Age"], ["Child A", 4]]),
    sheet([["1", "2"], [1, 2]]), sheet([["Week", "Children"], [1, 20], [2, 21]]),
])  # fmt: skip
def test_what_is_no_responses_workbook_is_refused_with_what_to_do(data: bytes) -> None:
    with pytest.raises(NotAWorkbook, match="download"):
        read(data, IDS)


def test_an_archive_with_a_password_is_refused() -> None:
    data = bytearray(make_workbook([SAID], [{SAID: "x"}]))
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = data.find(mark)
        while place >= 0:
            data[place + at] |= 1
            place = data.find(mark, place + 4)
    with pytest.raises(NotAWorkbook):
        read(bytes(data), IDS)


def test_a_bomb_is_refused_before_it_is_unpacked() -> None:
    data = make_workbook([SAID], [{SAID: "x"}])
    with pytest.raises(WorkbookTooLarge):
        read(bytes(50_000_001), IDS)
    with pytest.raises(WorkbookTooLarge):
        read(rewritten(data, "xl/sharedStrings.xml", b"<si>", b"<si>" + b" " * 501_000_000), IDS)


@pytest.mark.parametrize("cell", [
    b'<c r="XFD1048576"><v>1</v></c>', b"<c s='>'\n r = 'ZZZ99999'/>", b'<x:c r="ABC99999" />',
    b"<c/>" * 3000 + b"</row><row>" * 3000, b'</row><row r="99999999">' + b"<c t='n'><v>1</v></c>" * 60,
])  # fmt: skip
def test_a_sheet_that_spans_more_cells_than_responses_need_is_refused(cell: bytes) -> None:
    data = make_workbook([SAID], [{SAID: "x"}])
    with pytest.raises(WorkbookTooLarge):
        read(rewritten(data, "xl/worksheets/sheet1.xml", b"</row>", cell + b"</row>"), IDS)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_damage_is_refused_or_read_and_nothing_else(data: st.DataObject) -> None:
    whole = make_workbook([SAID], [{SAID: "SECRET words"}])
    parts = zipfile.ZipFile(io.BytesIO(whole)).namelist()
    part = data.draw(st.sampled_from(sorted(parts)))
    text = zipfile.ZipFile(io.BytesIO(whole)).read(part)
    at = data.draw(st.integers(0, len(text) - 1))
    broken = text[:at] + data.draw(st.binary(max_size=6)) + text[at + data.draw(st.integers(0, 40)) :]
    said = ""
    try:
        read(rewritten(whole, part, text, broken), IDS)
    except NotAWorkbook as error:
        said = "".join(traceback.format_exception(error))
    assert "SECRET" not in said


LETTERS = st.characters(exclude_categories=["Cs"], exclude_characters="\ufffe\uffff")


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.text(LETTERS, max_size=60), min_size=1, max_size=5))
def test_any_text_comes_back_byte_for_byte(texts: list[str]) -> None:
    # xlsxwriter does not escape an escape that overlaps another.
    assume(not any("_x" in text for text in texts))
    book = read(make_workbook([SAID], [{SAID: text} for text in [*texts, "prose"]]), IDS)
    assert [row.body["answers"].get(IDS[title_key(SAID)], "") for row in book.rows[:-1]] == texts


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(LETTERS, min_size=1, max_size=40).filter(str.strip), min_size=1, max_size=6))
def test_any_titles_keep_every_answer_under_a_key_the_parser_takes(titles: list[str]) -> None:
    assume(not any("_x" in title for title in titles))
    cells = {title: [f"{title} answer {n}" for n in range(len(titles))] for title in titles}
    book = read(make_workbook(titles, [{"_repeats": cells}], table=False), {})
    assert len(microsoft.parse(book.rows[0].body).answers) == len(titles) == len(set(book.keys))


def test_five_thousand_responses_are_read_in_moderate_memory() -> None:
    titles = [f"Question {number}" for number in range(15)]
    data = make_workbook(titles, [{title: f"{title} {n} " + "word " * 20 for title in titles} for n in range(5_000)])
    tracemalloc.start()
    book = read(data, {})
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(book.rows) == 5_000
    assert peak < 150_000_000


def rewritten(data: bytes, part: str, old: bytes, new: bytes) -> bytes:
    """The same archive with the first `old` of that part replaced."""
    copy = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(copy, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            text = source.read(name)
            assert name != part or old in text
            target.writestr(name, text.replace(old, new, 1) if name == part else text)
    return copy.getvalue()
