"""The list of what a record must hold, drafted as a profile: it loads back equal and works in the service's intake."""

from __future__ import annotations

import contextlib
import re
import tomllib
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from connector.model.policy import PolicyReading, RecordList
from connector.model.policy_text import Block, BlockKind, PolicyText
from connector.model.profile import Kind, Need, PolicyProfile
from connector.understanding.draft import profile_toml
from connector.understanding.policy import understand
from tests.service import ROOT, SAMPLES, Service, copy_config, running
from tests.test_policy_reading import editions, read, read_word, sample

READ_ON = date(2026, 11, 21)
HAND_MADE = PolicyProfile.model_validate(
    tomllib.loads((ROOT / "config" / "policies" / "nursery-record.toml").read_text("utf-8"))
)


def record_of(reading: PolicyReading) -> RecordList:
    assert reading.record is not None
    return reading.record


def asked(record: RecordList) -> dict[str, Need]:
    """The fields that the policy asks for, without who wrote the record."""
    return {rule.id: rule.need for rule in record.profile.fields if rule.policy_words in _words(record)}


def _words(record: RecordList) -> str:
    return "\n".join(item.words for item in record.items)


def loaded(toml: str) -> PolicyProfile:
    return PolicyProfile.model_validate(tomllib.loads(toml))


def test_the_draft_of_the_nurserys_policy_is_the_hand_made_profile_but_for_words_and_places() -> None:
    drafted = record_of(sample("nursery-cse-policy.txt")).profile
    said = {"policy_words", "source"}
    assert {rule.id: rule.model_dump(exclude=said) for rule in drafted.fields} == {
        rule.id: rule.model_dump(exclude=said) for rule in HAND_MADE.fields
    }
    assert drafted.urgent_phrases == HAND_MADE.urgent_phrases
    assert (drafted.drafted_from, drafted.confirmed_by) == ("nursery-cse-policy.txt", "")


def test_each_field_has_the_policys_own_words_from_its_own_line() -> None:
    text = (ROOT / "tests" / "samples" / "policies" / "nursery-cse-policy.txt").read_text("utf-8").splitlines()
    for rule in record_of(sample("nursery-cse-policy.txt")).profile.fields[:-1]:
        assert rule.policy_words in text[int(rule.source.removeprefix("line ")) - 1]


def test_who_wrote_the_record_is_asked_by_the_service_and_says_so() -> None:
    last = record_of(sample("nursery-cse-policy.txt")).profile.fields[-1]
    assert last.id == "reporter_name"
    assert last.source == last.policy_words == "asked by the service: a record must say who wrote it"


def test_the_draft_as_toml_says_that_it_is_one_and_loads_back_equal() -> None:
    reading = sample("nursery-cse-policy.txt")
    toml = profile_toml(reading, READ_ON)
    assert toml.startswith("# DRAFT, read from nursery-cse-policy.txt on Saturday 21 November 2026.\n")
    assert "the service never decides the risk" in toml
    assert loaded(toml) == record_of(reading).profile


def test_what_was_not_understood_stands_in_the_draft_as_a_plain_field_and_as_a_comment() -> None:
    reading = read_word(
        "Concern Policy",
        "The record must contain the following:",
        [("Field", "Notes"), ("Full name of child", ""), ("D.O.B.", ""), ("Favourite toy", ""), ("What happened", "")],
    )
    record = record_of(reading)
    assert [one.value for one in record.not_understood] == ["Favourite toy"]
    toy = record.profile.rule("favourite_toy")
    assert toy is not None
    assert (toy.kind, toy.need, toy.policy_words) == (Kind.TEXT, Need.REQUIRED, "Favourite toy")
    toml = profile_toml(reading, READ_ON)
    assert "# NOT UNDERSTOOD (it is a plain field): Favourite toy (table 1, row 4)\n" in toml
    assert loaded(toml) == record.profile


def test_an_item_of_which_only_a_part_is_known_is_told() -> None:
    record = record_of(read("Concern Policy", "Records should include:", "- Child's name", "- Date and time",
        "- What happened and the shoe size, favourite colour and hobbies")).not_understood  # fmt: skip
    assert [(one.value, one.note) for one in record] == [
        ("What happened and the shoe size, favourite colour and hobbies", "only a part of it was understood")
    ]


def test_a_policy_without_a_list_has_nothing_to_draft() -> None:
    reading = sample("infant-school-cse-policy.txt")
    assert reading.record is None
    with pytest.raises(ValueError, match="without a list"):
        profile_toml(reading, READ_ON)


R, C, LATER = Need.REQUIRED, Need.CONDITIONAL, Need.OPTIONAL


@pytest.mark.parametrize(("lines", "expected"), [
    (["Records should include:", "- a clear and comprehensive summary of the concern",
      "- details of how the concern was followed up and resolved",
      "- a note of any action taken, decisions reached and the outcome"],
     {"observation": R, "follow_up": LATER, "outcome": LATER}),
    (["The following information must be recorded:", "1. Name of the child", "2. Home address (if known)",
      "3. When it happened", "4. What the child said", "5. Names of any witnesses",
      "6. Who the concern was reported to and when", "7. Any contact with parents or carers", "8. Your name and role"],
     {"child_name": R, "child_address": C, "occurred_date": R, "occurred_time": R, "exact_words": C, "witnesses": C,
      "reported_to": R, "reported_date": R, "reported_time": R, "parent_discussion": C, "parent_not_told_reason": C,
      "reporter_name": R}),
    (["Records must include the child's name, date of birth, the date and time of the incident, what was seen, the child's exact words and who was told."],
     {"child_name": R, "child_dob": R, "occurred_date": R, "occurred_time": R, "observation": R, "exact_words": C,
      "reported_to": R}),
    (["Staff make a written record of:", "- Name, class and DOB", "- Date of the incident", "- Any bruises or marks",
      "- Any action taken", "- Signature of the person making the record"],
     {"child_name": R, "child_class": R, "child_dob": R, "occurred_date": R, "marks_position": R, "marks_type": C,
      "immediate_action": R, "reporter_name": R}),
])  # fmt: skip
def test_lists_in_every_manner_become_the_fields_they_ask_for(lines: list[str], expected: dict[str, Need]) -> None:
    record = record_of(read("Concern Policy", *lines))
    assert asked(record) == expected
    assert record.not_understood == ()


@pytest.mark.parametrize("lines", [
    ["Records are kept for six years.", "- in a locked room", "- by the office", "- never at home"],
    ["The single central record must include:", "- identity", "- qualifications", "- right to work"],
    ["The following policies are linked:", "- Behaviour", "- Attendance", "- Uniform"],
    ["Records will be kept securely, shared on a need to know basis, and passed to the next school."],
])  # fmt: skip
def test_other_lists_are_no_list_of_a_record(lines: list[str]) -> None:
    assert read("Concern Policy", *lines).record is None


def test_a_condition_on_what_the_policy_does_not_ask_for_is_the_reporters_to_judge() -> None:
    rule = record_of(read("P Policy", "Record:", "- Child's name", "- Exact words", "- Date")).profile.rule(
        "exact_words"
    )
    assert rule is not None
    assert (rule.when, rule.judged_by_reporter, rule.need) == ((), True, C)


_ITEM = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=80)


@settings(max_examples=150, deadline=None)
@given(st.lists(_ITEM, max_size=5), _ITEM)
@example(['Shoe\x7fsize "in" \\ cm'], "a\nname = 1.txt")
def test_a_draft_of_any_items_loads_back_equal(items: list[str], name: str) -> None:
    words = ["Child's name", "Date of birth", "Date and time", "What happened", "Witnesses", *items]
    lead = Block(kind=BlockKind.PARAGRAPH, text="Records must include:", place="line 1")
    listed = (Block(kind=BlockKind.ITEM, text=text, place=f"line {at}") for at, text in enumerate(words, 2))
    reading = understand(PolicyText(name=name, blocks=(lead, *listed)), editions())
    assert loaded(profile_toml(reading, READ_ON)) == record_of(reading).profile


# In the service.


def place(config: Path, reading: PolicyReading, name: str) -> None:
    """The drafted profile under that name, as somebody would have copied it there."""
    toml = re.sub(r'(?m)^name = ".*"$', f'name = "{name}"', profile_toml(reading, READ_ON), count=1)
    (config / "policies" / f"{name}.toml").write_text(toml, "utf-8")


@contextlib.contextmanager
def changed(folder: Path, monkeypatch: pytest.MonkeyPatch, change: Callable[[Path], None]) -> Iterator[Service]:
    """The service on a configuration that was changed before it started."""
    folder.mkdir()

    def copied(to: Path) -> Path:
        config = copy_config(to)
        change(config)
        return config

    with monkeypatch.context() as patched:
        patched.setattr("tests.service.copy_config", copied)
        with running(folder) as found:
            yield found


NURSERY_SAMPLES = [one["id"] for one in SAMPLES if one["form"] == "nursery-record-of-concern"]


def test_the_draft_finds_missing_and_unclear_what_the_hand_made_profile_finds(
    service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nursery = sample("nursery-cse-policy.txt")
    with changed(tmp_path / "drafted", monkeypatch, lambda to: place(to, nursery, "nursery-record")) as drafted:
        assert drafted.house.settings.profiles["nursery-record"].drafted_from == "nursery-cse-policy.txt"
        assert len(NURSERY_SAMPLES) > 3
        for number in NURSERY_SAMPLES:
            answers = [one.post_sample(number).json for one in (drafted, service)]
            for kind in ("missing", "unclear"):
                told = [[(one["field"], one.get("child")) for one in answer[kind]] for answer in answers]
                assert told[0] == told[1], (number, kind)


_FORM = """
[forms.invented]
title = "Concern"
source = "generic"
profile = "invented"
bearer_key = "env:LITTLE_LANTERNS_FORM_KEY"
signing_key = "env:LITTLE_LANTERNS_SIGNING_KEY"
questions = [
    { title = "Name", fields = ["child_name"] }, { title = "When", fields = ["occurred_date", "occurred_time"] },
    { title = "What", fields = ["observation"] }, { title = "Shoes", fields = ["shoe_size"] },
    { title = "You", fields = ["reporter_name"] },
]
"""


def test_a_draft_of_an_invented_policy_works_in_the_intake_with_a_form(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    invented = read("Concern Policy", "Records must include:", "- Child's name", "- Date and time of the incident",
        "- What happened", "- Shoe size")  # fmt: skip

    def add(config: Path) -> None:
        place(config, invented, "invented")
        school = config / "schools" / "little-lanterns.toml"
        school.write_text(school.read_text("utf-8") + _FORM, "utf-8")

    answers = {
        "Name": "Robin Vale",
        "When": "17/11/2026 09:10",
        "What": "A graze on the knee.",
        "Shoes": "",
        "You": "Jo Lee",
    }
    body = {
        "response_id": "1",
        "submitted_at": "2026-11-17T10:52:00+00:00",
        "respondent": "jo@little.example",
        "answers": answers,
    }
    with changed(tmp_path / "invented", monkeypatch, add) as service:
        answer = service.post("little-lanterns", "invented", body)
    assert answer.status_code == 202, answer.text
    assert [one["field"] for one in answer.json["missing"]] == ["shoe_size"]
