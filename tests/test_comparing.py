"""A form that no longer agrees with its map or its policy is told, in the policy's words and never in the form's."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.comparing import AskedQuestion, Difference, DifferenceKind, compare, say
from connector.model.profile import FieldRule, FormMap, Need, PolicyProfile, Question
from connector.model.standing import LONGEST_SAID
from tests.service import ROOT

CONFIG = ROOT / "config"
MEND = "Mend: run `connector forms check`, then `connector forms map`."


def rule(name: str, need: Need = Need.REQUIRED, **more: Any) -> FieldRule:
    when = {"when": [{"field": "name", "is": ["x"]}]} if need is Need.CONDITIONAL else {}
    return FieldRule(
        id=name, label=f"the {name}", need=need, ask=f"{name}?", policy_words=f"policy on {name}", **when, **more
    )


PROFILE = PolicyProfile(
    name="small", title="Small", setting="school", source="test",
    fields=(rule("name"), rule("date"), rule("words", Need.CONDITIONAL), rule("place", Need.OPTIONAL)),
)  # fmt: skip
MAP = FormMap(questions=(
    Question(title="Name of child", id="q1", fields=("name",)),
    Question(title="Date", id="q2", fields=("date",)),
    Question(title="Their words, and where?", id="q3", fields=("place", "words")),
))  # fmt: skip
NAME = AskedQuestion("q1", "Name of child", required=True, kind="text")
DATE = AskedQuestion("q2", "Date", required=True, kind="date")
WORDS = AskedQuestion("q3", "Their words, and where?", required=False, kind="paragraph")


def found(
    *questions: AskedQuestion, form_map: FormMap = MAP, profile: PolicyProfile = PROFILE
) -> list[tuple[str, str, tuple[str, ...]]]:
    return [(one.kind, one.question_id, one.fields) for one in compare(questions, form_map, profile)]


def test_a_form_that_is_as_its_map_and_policy_want_it_has_no_difference_and_no_text() -> None:
    assert compare([NAME, DATE, WORDS], MAP, PROFILE) == ()
    assert say(()) == ""


def test_a_required_field_whose_only_question_is_gone_is_asked_for_by_nobody() -> None:
    differences = compare([NAME, WORDS], MAP, PROFILE)
    assert differences == (
        Difference(DifferenceKind.UNASKED, "", "", ("date",), ("the date",), "policy on date"),
        Difference(DifferenceKind.GONE, "q2", "Date", ("date",), ("the date",), "policy on date"),
    )
    assert say(differences) == (
        "The form does not ask for what the policy requires: the date."
        f" 1 question(s) of the map are gone from the form (the date). {MEND}"
    )


def test_a_field_that_another_question_still_asks_for_is_not_unasked() -> None:
    two = FormMap(questions=(*MAP.questions, Question(title="Day", id="q4", fields=("date",))))
    assert found(NAME, WORDS, AskedQuestion("q4", "Day", required=True), form_map=two) == [("gone", "q2", ("date",))]


def test_a_required_field_that_no_question_of_the_map_answers_is_unasked() -> None:
    less = FormMap(questions=(MAP.questions[0], MAP.questions[1].model_copy(update={"fields": ()}), MAP.questions[2]))
    assert found(NAME, DATE, WORDS, form_map=less) == [("unasked", "", ("date",))]


def test_a_question_that_may_be_left_empty_is_told_for_what_the_policy_requires_alone() -> None:
    assert found(replace(NAME, required=False), DATE, WORDS) == [("optional", "q1", ("name",))]
    mixed = FormMap(
        questions=(MAP.questions[0], MAP.questions[1].model_copy(update={"fields": ("words", "date", "place")}))
    )
    assert found(NAME, replace(DATE, required=False), form_map=mixed) == [("optional", "q2", ("date",))]


def test_what_only_a_condition_asks_for_is_not_demanded_of_the_form() -> None:
    assert not WORDS.required
    assert found(NAME, DATE, WORDS) == []
    assert found(NAME, DATE) == [("gone", "q3", ("words", "place"))]


def test_of_questions_that_answer_a_field_together_one_that_must_be_answered_is_enough() -> None:
    two = FormMap(questions=(*MAP.questions, Question(title="Or about when", id="q4", fields=("date",))))
    about = AskedQuestion("q4", "Or about when", required=False)
    assert found(NAME, DATE, WORDS, about, form_map=two) == []
    assert found(NAME, replace(DATE, required=False), WORDS, about, form_map=two) == [
        ("optional", "q2", ("date",)), ("optional", "q4", ("date",)),
    ]  # fmt: skip


def test_a_question_the_map_does_not_know_is_new_and_its_title_is_not_said() -> None:
    differences = compare([NAME, DATE, WORDS, AskedQuestion("q9", "Was Ada Sample hurt?", required=True)], MAP, PROFILE)
    assert [(one.kind, one.title, one.fields) for one in differences] == [("new", "Was Ada Sample hurt?", ())]
    assert say(differences) == f"1 question(s) of the form are not in the map. {MEND}"


def test_the_id_is_what_counts_and_a_new_title_is_a_difference_of_its_own() -> None:
    differences = compare([replace(NAME, title="Child"), DATE, WORDS], MAP, PROFILE)
    assert [(one.kind, one.question_id, one.title, one.fields) for one in differences] == [
        ("renamed", "q1", "Child", ("name",))
    ]
    assert "Child" not in say(differences)


def test_case_spaces_and_quotes_are_no_new_title() -> None:
    assert found(replace(NAME, title="  name of  CHILD "), DATE, WORDS) == []


def test_a_question_made_anew_under_the_same_title_is_another_one() -> None:
    assert found(replace(NAME, id="q7"), DATE, WORDS) == [
        ("unasked", "", ("name",)), ("gone", "q1", ("name",)), ("new", "q7", ()),
    ]  # fmt: skip


def test_a_question_without_an_id_in_the_map_is_known_by_its_title() -> None:
    bare = FormMap(questions=tuple(question.model_copy(update={"id": ""}) for question in MAP.questions))
    assert found(NAME, replace(DATE, title="DATE"), WORDS, form_map=bare) == []
    assert found(NAME, replace(DATE, title="Day"), WORDS, form_map=bare) == [
        ("unasked", "", ("date",)), ("gone", "", ("date",)), ("new", "q2", ()),
    ]  # fmt: skip


@pytest.mark.parametrize("title", ["Timestamp", "Email Address", "Username"])
def test_what_a_responses_sheet_adds_of_itself_is_not_gone_unless_the_policy_requires_it(title: str) -> None:
    of_sheet = FormMap(questions=(*MAP.questions, Question(title=title, id="00000001", fields=("place",))))
    assert found(NAME, DATE, WORDS, form_map=of_sheet) == []
    required = FormMap(
        questions=(MAP.questions[0], MAP.questions[2], Question(title=title, id="00000001", fields=("date",)))
    )
    assert found(NAME, WORDS, form_map=required) == [("unasked", "", ("date",)), ("gone", "00000001", ("date",))]


def test_a_form_with_no_questions_left_is_all_gone() -> None:
    assert {kind for kind, *_ in found()} == {"unasked", "gone"}


def test_the_school_that_is_shipped_agrees_with_a_form_that_asks_what_its_map_says() -> None:
    school = tomllib.loads((CONFIG / "schools" / "starling-infants.toml").read_text("utf-8"))
    given = school["forms"]["cause-for-concern"]
    profile = PolicyProfile(**tomllib.loads((CONFIG / "policies" / f"{given['profile']}.toml").read_text("utf-8")))
    form_map = FormMap(questions=given["questions"])
    asked = [
        AskedQuestion(question.id, question.title, required=True)
        for question in form_map.questions
        if question.title not in {"Timestamp", "Email Address"}
    ]
    # The one gap is the school's own: its form does not ask who writes, since Google collects their address.
    assert found(*asked, form_map=form_map, profile=profile) == [("unasked", "", ("reporter_name",))]


TITLES = st.text(min_size=1, max_size=30)
IDS = st.sampled_from([f"q{number}" for number in range(6)] + [""])
ASKED = st.builds(
    AskedQuestion, id=IDS, title=TITLES | st.sampled_from([one.title for one in MAP.questions]), required=st.booleans()
)
MAPPED = st.builds(
    Question,
    id=IDS,
    title=TITLES,
    fields=st.lists(st.sampled_from(["name", "date", "words", "place", "stray"]), max_size=3).map(tuple),
)


@given(st.lists(ASKED, max_size=8), st.lists(MAPPED, min_size=1, max_size=6), st.randoms(use_true_random=False))
def test_the_order_of_the_form_and_of_the_map_changes_nothing(
    asked: list[AskedQuestion], mapped: list[Question], chance: Any
) -> None:
    once = compare(asked, FormMap(questions=tuple(mapped)), PROFILE)
    chance.shuffle(asked)
    chance.shuffle(mapped)
    again = compare(asked, FormMap(questions=tuple(mapped)), PROFILE)
    assert again == once
    assert say(again) == say(once)


@given(st.lists(ASKED, max_size=30), st.lists(MAPPED, min_size=1, max_size=30), st.text(min_size=200, max_size=500))
def test_the_text_fits_a_bulletin_whole_and_holds_no_title(
    asked: list[AskedQuestion], mapped: list[Question], label: str
) -> None:
    fields = tuple(one.model_copy(update={"label": label}) if one.id == "name" else one for one in PROFILE.fields)
    titled = [replace(one, title=f"SECRET{one.title}") for one in asked]
    named = tuple(one.model_copy(update={"title": f"SECRET{one.title}"}) for one in mapped)
    differences = compare(titled, FormMap(questions=named), PROFILE.model_copy(update={"fields": fields}))
    said = say(differences)
    assert len(said) <= LONGEST_SAID
    assert bool(said) == bool(differences)
    assert said.endswith(MEND) or not said
    assert "SECRET" not in said


def test_where_not_every_field_can_be_named_the_rest_is_counted() -> None:
    many = PolicyProfile(
        name="many", title="Many", setting="school", source="test",
        fields=tuple(rule(f"field-number-{number}") for number in range(60)),
    )  # fmt: skip
    said = say(compare([NAME], FormMap(questions=(MAP.questions[0].model_copy(update={"fields": ()}),)), many))
    assert "the field-number-0, the field-number-1" in said
    assert " more. Mend:" in said
    assert len(said) <= LONGEST_SAID
