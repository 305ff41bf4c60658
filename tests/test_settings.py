"""The configuration: every fault at once, with its file, line and mend, and never a secret."""

from __future__ import annotations

from pathlib import Path

import pytest

from connector.errors import ConfigError
from connector.settings.load import load
from tests.service import copy_config, environment

WEBHOOK = "http://127.0.0.1:1/workflows?sig=s"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return copy_config(tmp_path)


def faults(config: Path, **changes: str) -> str:
    with pytest.raises(ConfigError) as caught:
        load(config, environment(WEBHOOK) | changes)
    return str(caught.value)


def edit(config: Path, name: str, before: str, after: str) -> None:
    path = config / name
    text = path.read_text("utf-8")
    assert before in text
    path.write_text(text.replace(before, after, 1), "utf-8")


def test_the_shipped_configuration_is_in_order(config: Path) -> None:
    settings = load(config, environment(WEBHOOK))
    assert set(settings.schools) == {"little-lanterns", "starling-infants"}
    assert len(settings.profiles["nursery-record"].fields) == 17 + 2


def test_the_nurserys_seventeen_fields_are_the_policys(config: Path) -> None:
    profile = load(config, environment(WEBHOOK)).profiles["nursery-record"]
    assert [rule.id for rule in profile.fields][:17] == [
        "child_name", "child_address", "child_age", "child_dob", "occurred_date", "occurred_time", "kind", "exact_words",
        "marks_position", "marks_type", "observation", "witnesses", "reported_to", "reported_date", "reported_time",
        "others_present", "parent_discussion",
    ]  # fmt: skip
    assert "Exact position and type of injuries or marks seen" in {rule.policy_words for rule in profile.fields}


def test_all_faults_are_told_at_once_each_with_file_line_and_mend(config: Path) -> None:
    edit(config, "service.toml", 'public_url = "http://127.0.0.1:8080"', 'public_url = "http://school.example"')
    edit(
        config,
        "schools/little-lanterns.toml",
        'after_minutes = 15, people = ["dsl", "deputy"]',
        'after_minutes = 15, people = ["dsl2"]',
    )
    edit(
        config, "schools/starling-infants.toml", "weekdays = [1, 2, 3, 4, 5]", "weekdays = [1, 9]\nopen_sundays = true"
    )
    edit(config, "policies/nursery-record.toml", 'kind = "age"', 'kind = "aeg"')
    said = faults(config)
    for wanted in ("service.toml:5: public_url must begin with https", "ladder.rungs.2 names people", "dsl2",
                   "calendar.open_sundays is not known here", "calendar.weekdays.2", "nursery-record.toml:"):  # fmt: skip
        assert wanted in said
    lines = [line for line in said.splitlines() if line.startswith("starling-infants.toml:")]
    text = (config / "schools" / "starling-infants.toml").read_text("utf-8").splitlines()
    named = int(next(line for line in lines if "open_sundays" in line).split(":")[1])
    assert text[named - 1].startswith("open_sundays")


def test_a_secret_must_be_a_reference_and_a_pasted_one_is_never_repeated(config: Path) -> None:
    edit(config, "schools/little-lanterns.toml", '"env:LITTLE_LANTERNS_FORM_KEY"', '"hunter2-pasted"')
    said = faults(config)
    assert "env:NAME or file:PATH" in said
    assert "hunter2" not in said


def test_a_missing_secret_is_named_and_no_other_one_is_shown(config: Path) -> None:
    said = faults(config, STARLING_FORM_KEY="", LITTLE_LANTERNS_FORM_KEY="top-secret")
    assert "STARLING_FORM_KEY" in said
    assert "top-secret" not in said


def test_a_missing_key_file_says_how_to_make_it(config: Path) -> None:
    (config / "keys" / "journey.key").unlink()
    assert "connector keys new" in faults(config)


def test_broken_toml_is_told_with_its_line_and_without_its_text(config: Path) -> None:
    (config / "schools" / "starling-infants.toml").write_text('name = "Starling\npassword = "hunter2"\n', "utf-8")
    said = faults(config)
    assert "starling-infants.toml: is not TOML" in said
    assert "line 1" in said
    assert "hunter2" not in said


def test_it_refuses_to_run_with_nobody_to_tell(config: Path) -> None:
    edit(
        config,
        "schools/little-lanterns.toml",
        '{ after_minutes = 0, people = ["dsl", "deputy"] }',
        "{ after_minutes = 0, people = [] }",
    )
    assert "ladder.rungs.1.people" in faults(config)


def test_it_refuses_to_run_with_no_mail_channel(config: Path) -> None:
    edit(config, "schools/little-lanterns.toml", 'kind = "smtp"', 'kind = "pigeon"')
    assert "channels.mail" in faults(config)


def test_it_refuses_a_first_rung_that_waits_and_a_person_away_uncovered(config: Path) -> None:
    edit(config, "schools/little-lanterns.toml", "after_minutes = 0, people", "after_minutes = 5, people")
    edit(config, "schools/little-lanterns.toml", 'cover = "manager"', 'cover = "nobody"')
    said = faults(config)
    assert "told at once" in said or "later than the one before" in said
    edit(config, "schools/little-lanterns.toml", "after_minutes = 5, people", "after_minutes = 0, people")
    assert "nobody may be away uncovered" in faults(config)


@pytest.mark.parametrize(("url", "words"), [
    ("https://school.webhook.office.com/webhookb2/abc", "ended those on 22 May 2026"),
    ("https://prod-01.uksouth.logic.azure.com:443/workflows/abc?sig=x", "ended on 30 November 2025"),
    ("http://flows.example/x?sig=y", "must begin with https"),
])  # fmt: skip
def test_dead_and_unsafe_webhooks_are_refused_with_the_reason(config: Path, url: str, words: str) -> None:
    said = faults(config, LITTLE_LANTERNS_TEAMS_WEBHOOK=url)
    assert words in said
    assert "sig=" not in said


def test_mail_without_tls_is_refused_outside_loopback(config: Path) -> None:
    edit(config, "schools/little-lanterns.toml", 'host = "127.0.0.1"', 'host = "mail.school.example"')
    assert "`none` is for loopback only" in faults(config)


def test_a_staff_concern_needs_a_folder_and_readers_of_its_own(config: Path) -> None:
    edit(
        config,
        "schools/little-lanterns.toml",
        '"../var/records/little-lanterns-staff"',
        '"../var/records/little-lanterns"',
    )
    edit(config, "schools/little-lanterns.toml", 'readers = ["manager", "owner"]', 'readers = ["manager", "office"]')
    said = faults(config)
    assert "must be another place" in said
    assert "office, who has no `reader` key" in said


def test_a_form_map_must_fit_its_profile(config: Path) -> None:
    edit(config, "schools/little-lanterns.toml", 'fields = ["child_name"]', 'fields = ["child_nmae"]')
    assert "child_nmae" in faults(config)


def test_a_third_school_needs_a_file_and_no_code(config: Path) -> None:
    text = (config / "schools" / "starling-infants.toml").read_text("utf-8")
    (config / "schools" / "wren-academy.toml").write_text(
        text.replace("Starling Infant School", "Wren Academy"), "utf-8"
    )
    settings = load(config, environment(WEBHOOK))
    assert settings.schools["wren-academy"].name == "Wren Academy"
