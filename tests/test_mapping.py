"""Suggested maps are right or unsure, and a map is written without touching the rest of a school's file."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connector.mapping import Suggestion, pair, suggest
from connector.maptoml import NoSuchForm, with_questions
from connector.model.profile import PolicyProfile, Question
from tests.service import ROOT, SAMPLES

CONFIG = ROOT / "config"


def toml(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text("utf-8"))


NURSERY = PolicyProfile(**toml(CONFIG / "policies" / "nursery-record.toml"))
DEFAULT = PolicyProfile(**toml(CONFIG / "policies" / "default-record.toml"))
FORMS = [("little-lanterns", "record-of-concern", NURSERY), ("starling-infants", "cause-for-concern", DEFAULT)]
LANTERNS = (CONFIG / "schools" / "little-lanterns.toml").read_text("utf-8")

# Titles as schools word them; after each the fields of the nursery's profile, then of the default one. "" is none.
WORDED = {
    "Name of pupil": ("child_name", "child_name"),
    "D.O.B.": ("child_dob", "child_dob"),
    "Student's D.O.B": ("child_dob", "child_dob"),
    "Full name of young person": ("child_name", "child_name"),
    "Child's name, date of birth and address": ("child_name child_dob child_address",) * 2,
    "How old is the child?": ("child_age", "child_age"),
    "Home address": ("child_address", "child_address"),
    "Year group/class": ("", "child_class"),
    "What did the child say (use their own words)?": ("exact_words", "exact_words"),
    "What did the child tell you?": ("exact_words", "exact_words"),
    "Who have you passed this on to?": ("reported_to", "reported_to"),
    "Who did you report it to?": ("reported_to", "reported_to"),
    "Reported to": ("reported_to", "reported_to"),
    "Date reported to DSL": ("reported_date", "reported_date"),
    "When did you tell the DSL?": ("reported_date reported_time", "reported_date reported_time"),
    "Who did you tell and when?": ("reported_to reported_date reported_time",) * 2,
    "Body map": ("marks_position", "marks_position"),
    "Any marks or bruises?": ("marks_position", "marks_seen"),
    "Where on the body, and what type of mark?": ("marks_position marks_type", "marks_position"),
    "Any previous concerns?": ("", ""),
    "Did you inform parents/carers? If not, why not": ("parent_discussion parent_not_told_reason",) * 2,
    "Have you spoken to the parents?": ("parent_discussion", "parent_discussion"),
    "Why have parents not been informed?": ("parent_not_told_reason", "parent_not_told_reason"),
    "Date/time of incident": ("occurred_date occurred_time", "occurred_date occurred_time"),
    "When did it happen?": ("occurred_date occurred_time", "occurred_date occurred_time"),
    "Location of incident": ("", "place"),
    "What happened?": ("observation", "observation"),
    "Details of concern": ("observation", "observation"),
    "Please describe your concern": ("observation", "observation"),
    "Names of witnesses": ("witnesses", "witnesses"),
    "Who else was present?": ("others_present", "witnesses"),
    "Immediate action taken": ("", "immediate_action"),
    "Name of staff member completing this form": ("reporter_name", "reporter_name"),
    "Reported by": ("reporter_name", "reporter_name"),
    "Your name": ("reporter_name", "reporter_name"),
    "Is this about a member of staff?": ("", "is_about_staff"),
    "Is the child safe?": ("", "child_safe_now"),
    "Observation or disclosure?": ("kind", "kind"),
    "Your email": ("", "reporter_email"),
    "Date form completed": ("", "written_at"),
}
# Near a field in their words, and none of it: writing one of these unasked would be the mistake.
NEAR = """Name|Date|Time|Date and time|Names|Who?|When?|Role|Position|Signature|Staff name|Staff member|Name of adult|DSL name
Name of parent/carer|Parent contact|Parent contact number|Parent's address|Parent's email|Date parents informed|Who informed parents?
Parent informed by|What did the parents say?|Words used by the parent|Was the concern reported to the parent?
Name of the other child|Other child's name|Names of other children involved|Siblings' names|Age of sibling|Are other children safe?
Who told you?|Name of person who told you|Who did the child tell?|Did the child tell anyone else?|What did you say to the child?
Have you told the DSL?|Action taken by DSL|Immediate action taken by DSL|Immediate action required|Action taken|What happened next?
Was a member of staff present?|Is the member of staff aware?|Is it about an adult in the family?|Class teacher|Your class|Your address
Mother's date of birth|Place of birth|Year of birth|Year of incident|Date of next review|Time incident was reported|Date and time incident reported
Is the child safe at home?|Was the child safe?|Does the child feel safe at home?|Where were you?|Where is the child now?|Address of incident
Observation by|Observed by|Kind of concern|Nature of concern|Type of incident|Was the injury treated?|Who caused the injury?|Previous injuries
Why did you not report it?|Name of child and who reported it|Name of child harmed|Name of child's school|School email address|Date of report"""
NONSENSE = [
    "",
    "???",
    "1",
    "Question 1",
    "asdf qwer",
    "Favourite colour",
    "How would you rate lunch?",
    "Please tick",
    "😕",
    "x" * 5_000,
]


def shipped(school: str, form: str) -> list[Question]:
    return [
        Question(**question) for question in toml(CONFIG / "schools" / f"{school}.toml")["forms"][form]["questions"]
    ]


def alone(title: str, profile: PolicyProfile) -> Suggestion:
    return suggest([title], profile)[0]


@pytest.mark.parametrize(("school", "form", "profile"), FORMS, ids=lambda value: str(value)[:20])
def test_a_shipped_form_is_suggested_as_it_was_mapped_by_hand(school: str, form: str, profile: PolicyProfile) -> None:
    questions = shipped(school, form)
    found = suggest([question.title for question in questions], profile)
    assert [one.title for one in found] == [question.title for question in questions]
    sure = [(one, question) for one, question in zip(found, questions, strict=True) if one.sure]
    assert all(set(one.fields) == set(question.fields) for one, question in sure)
    assert len(sure) == len(questions)


@pytest.mark.parametrize("profile", [NURSERY, DEFAULT], ids=lambda profile: profile.name)
def test_reworded_titles_are_right_or_unsure(profile: PolicyProfile) -> None:
    wanted = {title: set(fields[profile is DEFAULT].split()) for title, fields in WORDED.items()}
    found = {title: alone(title, profile) for title in wanted}
    assert {title: one.fields for title, one in found.items() if one.sure and set(one.fields) != wanted[title]} == {}
    answerable = [title for title, fields in wanted.items() if fields]
    assert sum(found[title].sure for title in answerable) >= 0.8 * len(answerable)


@pytest.mark.parametrize("profile", [NURSERY, DEFAULT], ids=lambda profile: profile.name)
def test_titles_that_only_sound_like_a_field_are_never_sure(profile: PolicyProfile) -> None:
    assert [title for title in NEAR.replace("\n", "|").split("|") if alone(title, profile).sure] == []


@pytest.mark.parametrize("title", NONSENSE)
def test_nonsense_is_never_sure(title: str) -> None:
    for profile in (NURSERY, DEFAULT):
        assert not alone(title, profile).sure
        assert 0 <= alone(title, profile).confidence < 0.5


@settings(max_examples=200, deadline=None)
@given(st.lists(st.text(max_size=80), max_size=6))
def test_any_titles_are_answered_in_order_and_the_same_each_time(titles: list[str]) -> None:
    found = suggest(titles, DEFAULT)
    assert [one.title for one in found] == titles
    assert found == suggest(titles, DEFAULT)


@given(st.sampled_from(sorted(WORDED)), st.from_regex(r"[b-df-hj-np-tv-z]{6,12}", fullmatch=True))
def test_a_word_that_no_rule_explains_takes_the_certainty_away(title: str, word: str) -> None:
    assert not alone(f"{title} {word}", DEFAULT).sure
    assert not alone(f"{word} {title}", NURSERY).sure


def test_two_questions_for_one_field_are_both_asked_about() -> None:
    first, second, third = suggest(["Child's name", "Name of pupil", "Date of birth"], NURSERY)
    assert (first.fields, second.fields) == (("child_name",), ("child_name",))
    assert (first.sure, second.sure, third.sure) == (False, False, True)


def test_an_unsure_question_names_what_else_it_may_be() -> None:
    found = alone("Date of concern", NURSERY)
    assert not found.sure
    assert {*found.fields, *found.rivals} >= {"occurred_date", "reported_date"}


def test_answers_that_stand_once_pair_ids_with_titles() -> None:
    response = {"r1": "Oscar", "r2": "4", "r3": "no", "r4": "no", "r5": "", "r6": "only in the flow"}
    row = {"Name": " oscar ", "Age": "4", "Safe?": "no", "Staff?": "no", "Blank": "", "More": "only in the workbook"}
    assert pair(response, row) == {"r1": "Name", "r2": "Age"}
    assert pair({"r1": "yes", "r2": "yes"}, {"Safe?": "yes"}) == {}
    assert pair({}, row) == {}


@pytest.mark.parametrize(
    "sample", [s for s in SAMPLES if s["platform"] == "microsoft_forms"], ids=lambda s: str(s["id"])
)
def test_a_sample_pairs_no_question_wrongly(sample: dict[str, Any]) -> None:
    ids = {question.id: question.title for question in shipped("little-lanterns", "record-of-concern")}
    found = pair({key: sample["answers"][title] for key, title in ids.items()}, sample["answers"])
    assert len(found) >= 8
    assert found.items() <= ids.items()


def mapped(text: str, form: str, questions: Sequence[Question]) -> list[Any]:
    """The questions read back by the standard library, everything else being as it was."""
    after, before = tomllib.loads(with_questions(text, form, questions)), tomllib.loads(text)
    found: list[Any] = after["forms"][form].pop("questions")
    before["forms"][form].pop("questions", None)
    assert after == before
    return found


QUESTIONS = st.lists(
    st.builds(
        Question,
        title=st.text(st.characters(exclude_categories=["Cs"])),
        id=st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
        fields=st.lists(st.from_regex(r"[a-z][a-z0-9_-]{0,39}", fullmatch=True), max_size=3).map(tuple),
    ),
    max_size=5,
)
FILES = [
    LANTERNS,
    LANTERNS.replace("\n", "\r\n"),
    '[forms.record-of-concern]\ntitle = "x" # kept\n\n# about b\n[forms.b]\n',
    "[forms.record-of-concern]\n# kept\n[b]\n",
    "[forms.record-of-concern]\nx = 1",
    '[forms."record-of-concern"]\nquestions=[]\n[people.x]\n[forms.b]\n',
    '[forms]\nrecord-of-concern = { title = "x" } # kept\n[z]\n',
    'forms.record-of-concern.title = "x"\n# kept\n[z]\n',
    "[forms.record-of-concern.sub]\nx = 1\n# kept\n",
]


@pytest.mark.parametrize("text", FILES, ids=range(len(FILES)))
@settings(max_examples=25, deadline=None)
@given(questions=QUESTIONS)
def test_whatever_is_written_is_read_back_and_nothing_else_changes(text: str, questions: list[Question]) -> None:
    found = mapped(text, "record-of-concern", questions)
    assert tuple(Question(**question) for question in found) == tuple(questions)
    after = with_questions(text, "record-of-concern", questions)
    assert ("# kept" in after) == ("# kept" in text)


def test_writing_the_shipped_map_again_changes_not_a_byte() -> None:
    assert with_questions(LANTERNS, "record-of-concern", shipped("little-lanterns", "record-of-concern")) == LANTERNS


def test_only_the_array_changes_and_each_question_has_a_line() -> None:
    questions = [
        Question(title='Say "why" \\ or\nnot 😕', id="r1", fields=("child_name", "child_dob")),
        Question(title="b"),
    ]
    start = LANTERNS.index("questions = [")
    end = LANTERNS.index("\n]\n", start)
    assert with_questions(LANTERNS, "record-of-concern", questions) == (
        LANTERNS[:start]
        + 'questions = [\n    { title = "Say \\"why\\" \\\\ or\\nnot 😕", id = "r1", fields = ["child_name", "child_dob"] },\n'
        + '    { title = "b", fields = [] },'
        + LANTERNS[end:]
    )


def test_a_new_map_stands_in_its_own_table_above_the_next_ones_comment() -> None:
    text = '[forms.a]\ntitle = "x"\n\n# about b\n[forms.b]\n'
    after = with_questions(text, "a", [Question(title="t", fields=("child_name",))])
    assert (
        after
        == '[forms.a]\ntitle = "x"\nquestions = [\n    { title = "t", fields = ["child_name"] },\n]\n\n# about b\n[forms.b]\n'
    )


@pytest.mark.parametrize(
    "text",
    ["", "x", "[forms]", "forms = 1", "forms = [1]", "[forms]\na = 1", "[[forms.a]]", "=[", "a=1\na=2", "[forms.b]"],
)
def test_a_form_that_is_not_there_is_said_so(text: str) -> None:
    with pytest.raises(NoSuchForm, match="forms"):
        with_questions(text, "a", [])
