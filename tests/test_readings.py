"""Readings: what people type, and what we take it to say. Tables of the field's own untidiness, then anything at all."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.checking import ages, dates, times
from connector.checking.children import cells_of, names_of
from connector.checking.names import read_address, read_name, read_people, read_reporter
from connector.checking.plain_answers import quoted, read_contact, read_marks, read_reason, read_words, read_yes_no
from connector.checking.record import Moment, Typed, read
from connector.checking.words import plain
from connector.model.concern import Precision
from connector.model.profile import Choice, FieldRule, Kind, Need

FRIDAY = date(2026, 11, 20)

DATES = [
    ("2026-11-17", "2026-11-17", "exact"), ("2026-11-17 10:35", "2026-11-17", "exact"),
    ("17/11/2026", "2026-11-17", "exact"), ("17/11/26", "2026-11-17", "exact"), ("17.11.26", "2026-11-17", "exact"),
    ("17-11-2026", "2026-11-17", "exact"), ("7/1/2026", "2026-01-07", "exact"), ("05/06/2020", "2020-06-05", "exact"),
    ("29/02/2024", "2024-02-29", "exact"), ("14 October 2022", "2022-10-14", "exact"),
    ("14th Oct 22", "2022-10-14", "exact"), ("the 3rd of March 2025", "2025-03-03", "exact"),
    ("October 14, 2022", "2022-10-14", "exact"), ("11/19/2026", "2026-11-19", "exact"),
    ("46344", "2026-11-18", "exact"), ("46344.37", "2026-11-18", "exact"), ("1/1/99", "1999-01-01", "exact"),
    ("16/11 9.30", "2026-11-16", "approximate"), ("2/11", "2026-11-02", "approximate"),
    ("25/12", "2025-12-25", "approximate"), ("29/2", "2024-02-29", "approximate"),
    ("14 Oct", "2026-10-14", "approximate"), ("today", "2026-11-20", "approximate"),
    ("this morning", "2026-11-20", "approximate"), ("yesterday", "2026-11-19", "approximate"),
    ("Weds", "2026-11-18", "approximate"), ("on Friday", "2026-11-20", "approximate"),
    ("Mrs Winter Friday", "2026-11-20", "approximate"), ("Mon", "2026-11-16", "approximate"),
]  # fmt: skip


@pytest.mark.parametrize(("typed", "value", "precision"), DATES)
def test_a_date_is_read(typed: str, value: str, precision: str) -> None:
    reading = dates.read_date(typed, FRIDAY)
    assert (reading.value, reading.precision, reading.doubt) == (value, precision, "")


@pytest.mark.parametrize("typed", ["31/11/2020", "30/02/2025", "2026-13-01", "45/10/2025", "0/0/2020", "29 Feb 2023"])
def test_an_impossible_date_is_asked_about_and_never_mended(typed: str) -> None:
    reading = dates.read_date(typed, FRIDAY)
    assert (reading.value, reading.doubt) == (None, dates.NOT_REAL)


def test_a_two_sided_date_is_asked_about_only_where_the_writer_shows_the_american_habit() -> None:
    assert dates.read_date("5/6/20", FRIDAY).value == "2020-06-05"
    assert dates.read_date("5/6/20", FRIDAY, month_first=True).doubt == dates.TWO_WAYS
    assert dates.read_date("05/06/2020", FRIDAY, month_first=True).value == "2020-06-05"
    assert dates.writes_month_first("11/19/2026")
    assert not dates.writes_month_first("19/11/2026")


@pytest.mark.parametrize("typed", ["", "dunno", "at the gate", "9.20", "3.15pm", "Room 5", "last wk"])
def test_what_holds_no_date_is_blank(typed: str) -> None:
    assert dates.read_date(typed, FRIDAY).blank


TIMES = [
    ("10:20", "10:20", "exact"), ("09:05", "09:05", "exact"), ("3.15pm", "15:15", "exact"), ("3pm", "15:00", "exact"),
    ("3 p.m.", "15:00", "exact"), ("12.15 in person", "12:15", "exact"), ("12am", "00:00", "exact"),
    ("17:30 (pick-up)", "17:30", "exact"), ("0930hrs", "09:30", "exact"), ("noon", "12:00", "exact"),
    ("17/11/2026 10:35", "10:35", "exact"), ("19/11/26 15:25", "15:25", "exact"), ("16/11 9.30", "09:30", "exact"),
    ("19.11.26 15.25", "15:25", "exact"), ("0.371527777777778", "08:55", "exact"), ("46344.5", "12:00", "exact"),
    ("11.40-ish", "11:40", "approximate"), ("about 10", None, ""), ("around 10.15", "10:15", "approximate"),
    ("Mrs Winter DSL 9.20", "09:20", "exact"), ("2026-11-17 14:05", "14:05", "exact"),
]  # fmt: skip


@pytest.mark.parametrize(("typed", "value", "precision"), TIMES)
def test_a_time_is_read(typed: str, value: str | None, precision: str) -> None:
    reading = times.read_time(typed)
    assert reading.value == value
    assert value is None or reading.precision == precision


@pytest.mark.parametrize(("typed", "band"), [
    ("just after lunch", "midday"), ("end of day", "end of the day"), ("story time", "part of the day"),
    ("at pick up", "end of the day"), ("morning", "morning"), ("playtime", "part of the day"),
])  # fmt: skip
def test_a_part_of_the_day_stays_one_and_is_asked_about(typed: str, band: str) -> None:
    reading = times.read_time(typed)
    assert (reading.value, reading.precision, reading.doubt) == (band, Precision.APPROXIMATE, times.ABOUT_WHEN)


@pytest.mark.parametrize(("typed", "doubt"), [
    ("25:10", times.NOT_REAL), ("9:75", times.NOT_REAL), ("3.15", times.WHICH_HALF), ("2:30", times.WHICH_HALF),
])  # fmt: skip
def test_an_impossible_or_two_sided_time_is_asked_about(typed: str, doubt: str) -> None:
    assert times.read_time(typed).doubt == doubt


@pytest.mark.parametrize(("typed", "value", "precision"), [
    ("4", "4y", "exact"), ("3ish yrs", "3y", "approximate"), ("2 yrs 11 months", "35m", "exact"),
    ("2y 11m", "35m", "exact"), ("18 months", "18m", "exact"), ("4 (just)", "4y", "exact"), ("four", "4y", "exact"),
    ("about 5", "5y", "approximate"), ("5?", "5y", "approximate"), ("6 weeks", "1m", "exact"), ("5 days", "0m", "exact"), ("9 mnths", "9m", "exact"), ("in year 6, aged 10", "10y", "exact"),
    ("3 and a half", "3y", "approximate"),
])  # fmt: skip
def test_an_age_is_read(typed: str, value: str, precision: str) -> None:
    reading = ages.read_age(typed)
    assert (reading.value, reading.precision) == (value, precision)


@pytest.mark.parametrize(("typed", "born", "agrees"), [
    ("4", date(2022, 10, 9), True), ("2 yrs 11 months", date(2024, 2, 29), False), ("2 yrs 8 months", date(2024, 2, 29), True),
    ("3", date(2022, 10, 9), False), ("3ish", date(2022, 10, 9), True), ("18 months", date(2025, 5, 1), True),
])  # fmt: skip
def test_age_and_date_of_birth_are_held_against_each_other(typed: str, born: date, agrees: bool) -> None:
    assert ages.agrees(ages.read_age(typed), born, date(2026, 11, 19)) is agrees


@pytest.mark.parametrize(("typed", "value", "doubted"), [
    ("Yes", "yes", False), ("y", "yes", False), ("yes for today", "yes", False), ("No", "no", False),
    ("I think so", "yes", True), ("not sure", "unsure", True), ("maybe", "unsure", True), ("?", "unsure", True),
    ("no - he is at home", "no", False), ("ask the DSL", "unsure", True), ("", None, False), ("n/a", None, False),
])  # fmt: skip
def test_yes_and_no_are_read_and_a_hedge_stays_a_hedge(typed: str, value: str | None, doubted: bool) -> None:
    reading = read_yes_no(typed)
    assert (reading.value, bool(reading.doubt)) == (value, doubted)


@pytest.mark.parametrize(
    "typed", ["none", "None seen", "n/a", "no", "nil", "n/a child absent", "no marks", "nothing seen"]
)
def test_none_seen_answers_marks(typed: str) -> None:
    assert read_marks(typed).value == "none"


@pytest.mark.parametrize("typed", ["-", "?", "", "  ", "dont know", "not sure"])
def test_a_dash_answers_neither_marks_nor_a_name(typed: str) -> None:
    assert read_marks(typed).blank
    assert read_name(typed).blank


@pytest.mark.parametrize(
    "typed",
    ["boy in Ladybirds w/ the red boots", "several", "a girl in Y2", "Unknown", "the twins' little brother, boy"],
)
def test_a_description_is_no_name(typed: str) -> None:
    assert read_name(typed).blank


@pytest.mark.parametrize(
    "typed",
    [
        "Jack Child",
        "Łucja Przykładowa",
        "Maryam Example (مريم)",
        "مريم",
        "王小明",
        "=Kit O'Sample-Jones",
        "finley marsh",
    ],
)
def test_a_name_is_a_name_in_any_script(typed: str) -> None:
    assert not read_name(typed).blank


@pytest.mark.parametrize(("typed", "blank", "doubted"), [
    ("Pippa Hartley, room leader", False, False), ("Jem", False, True), ("Gail, office", False, True),
    ("bank staff, first day", True, False), ("TA", True, False), ("", True, False),
])  # fmt: skip
def test_a_reporter_is_a_full_name(typed: str, blank: bool, doubted: bool) -> None:
    reading = read_reporter(typed)
    assert (reading.blank, bool(reading.doubt)) == (blank, doubted)


@pytest.mark.parametrize("typed", ["on Famly", "see SIMS", "as before", "same as brother", "?", "with mum", "n/a"])
def test_an_address_that_only_points_somewhere_is_none(typed: str) -> None:
    assert read_address(typed).blank


@pytest.mark.parametrize(
    "typed", ["Flat 2, 7 Pretend Row", "The Old Vicarage, Church Lane", "14 Invented Lane, ZZ1 1ZZ"]
)
def test_an_address_is_an_address(typed: str) -> None:
    assert not read_address(typed).blank


def test_nobody_told_is_nobody_and_no_other_witness_is_an_answer() -> None:
    assert read_people("nobody yet", none_counts=False).blank
    assert read_people("not sure who", none_counts=False).blank
    assert read_people("no one else in the corner", none_counts=True).value == "none"
    assert not read_people("told Rowan", none_counts=False).blank


def test_contact_with_parents_and_the_reason_for_none() -> None:
    assert read_contact("Tried x2, voicemail left (no details)").value == "tried"
    assert read_contact("Not yet - DSL will speak to Mum").value == "not_made"
    assert read_contact("Gran dropped off, she said Mum is poorly").value == "made"
    assert not read_reason("No - might make it worse").doubt
    assert read_reason("no").doubt


def test_exact_words_are_quoted_untouched() -> None:
    assert quoted('Kit said "dad\'s mate" and “i hided”') == ("dad's mate", "i hided")
    assert read_words("n/a", shared=False).value == "not spoken"
    assert read_words("he said ow", shared=False).value == "spoken"
    assert read_words("he said nothing in quotes", shared=True).blank


@pytest.mark.parametrize(("typed", "names"), [
    ("Finley and Isla Marsh-Test", ("Finley Marsh-Test", "Isla Marsh-Test")), ("Smith, Jo", ("Smith, Jo",)),
    ("Ana Test & Ben Other", ("Ana Test", "Ben Other")), ("Zoë Ó Briain-Nowak (known as 'Zozo')", ("Zoë Ó Briain-Nowak",)),
    ("several", ()), ("", ()), ("Andy Sandford", ("Andy Sandford",)),
])  # fmt: skip
def test_children_are_told_apart(typed: str, names: tuple[str, ...]) -> None:
    assert names_of(typed) == names


def test_a_shared_cell_is_given_to_each_child_by_initial_or_in_order() -> None:
    names = ("Finley Marsh", "Isla Marsh")
    assert cells_of(names, "F 02/09/2020, I not sure") == ("02/09/2020", "not sure")
    assert cells_of(names, "02/09/2020 and 03/04/2022") == ("02/09/2020", "03/04/2022")
    assert cells_of(names, "02/09/2020") == ("", "")


RULES = [
    FieldRule(
        id="field", label="l", kind=kind, need=Need.REQUIRED, ask="a", policy_words="p",
        choices=(Choice(value="observation", words=("observation",)),) if kind is Kind.CHOICE else (),
    )
    for kind in Kind
]  # fmt: skip


@given(st.text(st.characters(), max_size=200), st.sampled_from(RULES), st.booleans())
def test_any_text_is_read_without_a_stumble_and_no_doubt_repeats_it(text: str, rule: FieldRule, shared: bool) -> None:
    reading = read(rule, Typed(text, shared), Moment(FRIDAY))
    if len(text.strip()) > 12:
        assert text not in reading.doubt
    assert not (reading.blank and reading.doubt)


@given(
    st.dates(date(1990, 1, 1), FRIDAY),
    st.sampled_from(["%d/%m/%Y", "%d.%m.%Y", "%d-%m-%Y", "%Y-%m-%d", "%d %B %Y", "%-d %b %Y"]),
)
def test_every_real_date_written_in_full_comes_back(day: date, style: str) -> None:
    typed = day.strftime(style.replace("%-d", str(day.day)))
    assert dates.read_date(typed, FRIDAY).value == day.isoformat()


@given(st.times(), st.sampled_from(["%H:%M", "%H.%M", "%I:%M %p", "%I.%M%p"]))
def test_every_real_time_written_in_full_comes_back(moment: time, style: str) -> None:
    assert times.read_time(moment.strftime(style)).value == f"{moment:%H:%M}"


@given(st.dates(FRIDAY - timedelta(days=350), FRIDAY))
def test_a_date_without_its_year_is_the_latest_one_that_is_not_in_the_future(day: date) -> None:
    reading = dates.read_date(f"{day.day}/{day.month}", FRIDAY)
    assert reading.value == day.isoformat()
    assert reading.precision is Precision.APPROXIMATE


@given(st.text(st.characters(max_codepoint=127), max_size=60))
def test_comparing_twice_is_comparing_once(text: str) -> None:
    assert plain(plain(text)) == plain(text)
    assert plain(text.upper()) == plain(text)


def test_a_naive_moment_is_refused() -> None:
    from connector.model.moments import local

    with pytest.raises(ValueError, match="without a zone"):
        local(datetime(2026, 1, 1))  # noqa: DTZ001 - that is the point
    assert local(datetime(2026, 7, 1, 12, tzinfo=UTC)).hour == 13
