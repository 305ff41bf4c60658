"""`connector check` of the office's side: each thing that a technician can mend is said, with how, and stops nobody."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from connector.cli.finding import FAULT, OK, WARNING, Finding
from connector.cli.office_check import office_findings
from connector.review_given import Given
from connector.settings.load import load
from tests.office_at_work import MONDAY, OfficeAtWork, edit, listing, office_at_work
from tests.service import environment

CSE = '[policies.cse]\ntitle = "CSE Policy"\nnext_review = "November 2030"\n'
SLUG = "little-lanterns"


def said(config: Path, days: int = 0) -> list[Finding]:
    settings = load(config, environment("http://127.0.0.1:1/?sig=s"))
    return list(office_findings(settings, MONDAY + timedelta(days=days)))


def troubles(found: list[Finding]) -> list[Finding]:
    return [one for one in found if one.state != OK]


def confirmed(config: Path) -> None:
    listing(CSE, terms=True)(config)


def test_an_office_that_is_in_order_has_only_good_news(tmp_path: Path) -> None:
    with office_at_work(tmp_path, confirmed) as at:
        (at.library / "Behaviour.txt").write_text("Behaviour Policy\n", "utf-8")
        found = said(at.config)
    assert troubles(found) == []
    lines = [one.what for one in found]
    assert f"{SLUG}: register of policies: 1 registered" in lines
    assert f"{SLUG}: library of policies: 1 documents" in lines
    assert any(line.startswith("guidance.toml: ") for line in lines)
    assert any(line.startswith(f"{SLUG}: term dates are known until ") for line in lines)


def test_a_check_finds_no_review_that_was_noted_lost(tmp_path: Path) -> None:
    with office_at_work(tmp_path, confirmed) as at:
        reviewed(at)
        assert troubles(said(at.config)) == []


def reviewed(at: OfficeAtWork) -> None:
    at.remind()
    given = Given(on="2026-11-20", next_review="November 2028")
    at.office.reviews.record(SLUG, "cse", given, "office", at.clock.now())


def test_a_policys_table_that_was_renamed_is_missed_with_the_name_to_give_back(tmp_path: Path) -> None:
    with office_at_work(tmp_path, confirmed) as at:
        reviewed(at)
        edit(at.config, ("[policies.cse]", "[policies.exploitation]"))
        (trouble,) = troubles(said(at.config))
    assert (trouble.state, trouble.what) == (WARNING, f"{SLUG}: policy cse was reviewed and is listed no more")
    assert "name it [policies.cse] again" in trouble.mend


def test_a_schools_file_that_was_renamed_is_missed_with_the_name_to_give_back(tmp_path: Path) -> None:
    with office_at_work(tmp_path, confirmed) as at:
        reviewed(at)
        schools = at.config / "schools"
        (schools / f"{SLUG}.toml").rename(schools / "lanterns.toml")
        found = troubles(said(at.config))
    assert [one.what for one in found] == [
        f"register of policies: it holds reviews of a school {SLUG}, which has no file"
    ]
    assert f"schools/{SLUG}.toml" in found[0].mend


def test_a_reviewed_policy_that_the_office_left_out_is_missed_no_more(tmp_path: Path) -> None:
    with office_at_work(tmp_path, confirmed) as at:
        document = at.library / "Old Policy.txt"
        document.write_text("Old Policy\n\nDate written: November 2024\nReview date: November 2026\n", "utf-8")
        at.look()
        given = Given(on="2026-11-20", next_review="November 2028")
        at.office.reviews.record(SLUG, "old-policy", given, "office", at.clock.now())
        document.unlink()
        at.look()
        edit(
            at.config, ('[policy_library]\nkind = "folder"', '[policy_library]\nkind = "folder"\nleave_out = ["Old *"]')
        )
        assert troubles(said(at.config)) == []


def test_a_policy_that_nobody_reviewed_is_missed_by_nobody(tmp_path: Path) -> None:
    with office_at_work(tmp_path, confirmed) as at:
        at.remind()
        edit(at.config, ("[policies.cse]", "[policies.exploitation]"))
        assert troubles(said(at.config)) == []


def old_guidance(at: OfficeAtWork) -> int:
    return 3_000


def no_guidance(at: OfficeAtWork) -> int:
    (at.config / "guidance.toml").unlink()
    return 0


def library_away(at: OfficeAtWork) -> int:
    at.library.rmdir()
    return 0


def register_harmed(at: OfficeAtWork) -> int:
    at.close()
    file = at.office.register.file
    for path in file.parent.glob("register.db*"):
        path.unlink()
    connection = sqlite3.connect(file)
    connection.execute("CREATE TABLE policy (x)")
    connection.close()
    return 0


def drafted(at: OfficeAtWork) -> int:
    profile = at.config / "policies" / "nursery-record.toml"
    text = profile.read_text("utf-8")
    head, mark, rest = text.partition("\n[")
    profile.write_text(f'{head}\ndrafted_from = "cse-policy.docx"{mark}{rest}', "utf-8")
    return 0


@pytest.mark.parametrize(("harm", "state", "what", "mend"), [
    (old_guidance, WARNING, "guidance.toml was last checked on ", "newer editions"),
    (old_guidance, WARNING, "term dates are known until ", "add the next terms"),
    (no_guidance, WARNING, "guidance.toml: no text is known", "copy guidance.toml"),
    (library_away, FAULT, "library of policies", "compare `path`"),
    (register_harmed, FAULT, "register of policies", "policies_database: register.db"),
    (drafted, WARNING, "drafted from cse-policy.docx, confirmed by nobody", "confirmed_by"),
])  # fmt: skip
def test_each_thing_to_mend_is_said_with_how(
    harm: Callable[[OfficeAtWork], int], state: str, what: str, mend: str, tmp_path: Path
) -> None:
    with office_at_work(tmp_path, confirmed) as at:
        found = said(at.config, harm(at))
    assert any(one.state == state and what in one.what and mend in one.mend for one in found), found
