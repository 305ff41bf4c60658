"""Who can read a form's answers: told, and intake never stops; and what `connector check` says of all rights."""

from __future__ import annotations

import io
import logging
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from connector.cli.main import main
from connector.model.standing import State
from tests.tenanted import replaced
from tests.test_google_rights import (
    ANSWERS,
    GUEST,
    PARENT,
    STAFF_GROUP,
    Plant,
    _unhurried_chat,
    mend,
    nobody_is_named,
    of_trouble,
    school,
    stands,
)
from tests.workspaced import DSL, HEAD, OFFICE, TECHNICIAN, Workspaced, workspaced

__all__ = ["_unhurried_chat", "school"]


# -- the form and what hangs on it


def a_sheet(school: Workspaced, who: str) -> None:
    sheet = school.form.link_sheet()
    sheet.share(school.laid.service, "writer")
    sheet.share(who, "reader")


def an_upload_folder(school: Workspaced, who: str) -> None:
    school.form.ask_upload("A photograph of what was written")
    assert school.form.uploads is not None
    school.form.uploads.share(school.laid.service, "writer")
    school.form.uploads.share(who, "writer")


def sharing(who: str, role: str = "reader", **more: Any) -> Plant:
    return lambda school: school.form.file.share(who, role, **more)


OPEN_FORM: dict[str, tuple[Plant, str]] = {
    "anyone": (sharing("anyone"), "The form can be read by anybody with the link (Viewer)"),
    "anyone, found by searching": (sharing("anyone", discovery=True), "The form can be read by anybody on the internet (Viewer)"),
    "the domain": (sharing("domain:willowbank.example", "writer"), "The form can be read by everybody in willowbank.example"),
    "a group": (sharing(f"group:{STAFF_GROUP}"), f"The form can be read by the group {STAFF_GROUP} (Viewer)"),
    "a colleague": (sharing(PARENT, "writer"), "The form can be read by a person who is not on the list (Contributor or Editor)"),
    "somebody outside": (sharing(GUEST), "The form can be read by a person who is not on the list (Viewer)"),
    "a sheet, anyone": (lambda s: a_sheet(s, "anyone"), "The linked sheet can be read by anybody with the link (Viewer)"),
    "a sheet, a person": (lambda s: a_sheet(s, GUEST), "The linked sheet can be read by a person who is not on the list (Viewer)"),
    "uploads, the domain": (
        lambda s: an_upload_folder(s, "domain:willowbank.example"), "The upload folder can be read by everybody in willowbank.example"),
    "uploads, a person": (
        lambda s: an_upload_folder(s, PARENT), "The upload folder can be read by a person who is not on the list"),
}  # fmt: skip


def test_each_open_form_is_told_once_and_intake_and_filing_never_stop(school: Workspaced) -> None:
    school.watch()
    assert stands(school, ANSWERS) is State.GOOD, "whoever only answers it reads nothing"
    for case, (plant, named) in OPEN_FORM.items():
        school.fake.mails.clear()
        plant(school)
        school.clock.pass_(hours=24)
        school.watch()
        school.clock.pass_(minutes=11)
        school.watch()
        for address in (DSL, TECHNICIAN):
            [bulletin] = [text for text in of_trouble(school, address) if "can be read" in text]
            assert named in bulletin, case
        nobody_is_named(school)
        reference = school.taken_in()
        assert f"{reference}-1.pdf" in school.filed(), case
        assert any(reference in text for text in school.said_to(DSL)), case
        for file in school.fake.files_by_id.values():
            file.direct = [each for each in file.direct if each.view or each.email == school.laid.service]
        school.clock.pass_(minutes=11)
        school.watch()
        assert stands(school, ANSWERS) is State.GOOD, case
        again = [
            text for text in school.said_to(TECHNICIAN) if f"About:   {ANSWERS}" in text and "in order again" in text
        ]
        assert len(again) == 1, case


@pytest.mark.parametrize("what", ["sheet", "upload folder"])
def test_a_sheet_or_folder_that_the_service_may_not_see_is_not_taken_for_closed(school: Workspaced, what: str) -> None:
    school.form.link_sheet() if what == "sheet" else school.form.ask_upload("A photograph")
    school.watch()
    assert stands(school, ANSWERS) is State.UNVERIFIED
    assert any(f"who can read the {'linked ' * (what == 'sheet')}{what}" in text for text in school.said_to(DSL))
    school.taken_in()
    assert len(school.filed()) == 2


def test_who_is_allowed_at_the_form_is_no_fault(tmp_path: Path) -> None:
    with workspaced(tmp_path, replaced("poll_seconds = 30", f'poll_seconds = 30\nallowed = ["{OFFICE}"]')) as school:
        school.form.share(OFFICE, "writer")
        school.watch()
        assert stands(school, ANSWERS) is State.GOOD
        school.form.share(HEAD, "writer")
        school.clock.pass_(hours=24)
        school.watch()
        assert stands(school, ANSWERS) is State.BAD


# -- the technician's screen


def checked(school: Workspaced, monkeypatch: pytest.MonkeyPatch, *more: str) -> int:
    for name, value in school.given.items():
        monkeypatch.setenv(name, value)
    return main(["check", *more, "--config", str(school.config)])


@pytest.mark.parametrize("where", ["drive", "form"])
def test_the_check_names_the_person_on_the_screen_and_nowhere_else(
    school: Workspaced, where: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    school.clock.moment[0] = datetime.now(UTC)
    school.taken_in()
    log = io.StringIO()
    handler = logging.StreamHandler(log)
    logging.getLogger().addHandler(handler)
    school.store.add(GUEST) if where == "drive" else school.form.share(GUEST, "reader")
    try:
        assert checked(school, monkeypatch) == 1
    finally:
        logging.getLogger().removeHandler(handler)
    said = capsys.readouterr().out
    [line] = [line for line in said.splitlines() if "NOT restricted" in line]
    assert f"a person who is not on the list: {GUEST} (Viewer)" in line
    assert ("nothing is filed there" in line) is (where == "drive")
    assert GUEST not in log.getvalue()
    nobody_is_named(school)
    school.taken_in("S08")
    assert len(school.filed()) == (2 if where == "drive" else 4), "what the check found holds at once"
    nobody_is_named(school)


def test_what_the_check_finds_mended_is_filed_in_by_the_running_service(
    school: Workspaced, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    school.clock.moment[0] = datetime.now(UTC)
    school.store.add(GUEST)
    school.taken_in()
    mend(school)
    school.work()
    assert school.filed() == []
    checked(school, monkeypatch, "--no-send")
    school.clock.moment[0] = datetime.now(UTC)
    school.work()
    assert len(school.filed()) == 2
    assert "store: only those on the list can read it" in capsys.readouterr().out


def test_a_safer_setting_is_only_a_hint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with workspaced(tmp_path, identity="member") as school:
        for name in ("copyRequiresWriterPermission", "adminManagedRestrictions"):
            school.store.restrictions[name] = False
        checked(school, monkeypatch, "--no-send")
        said = [line for line in capsys.readouterr().out.splitlines() if " store: " in line]
        for words in (
            "can be let in, as the service account itself was",
            "download, copy and print",
            "loosen its settings",
        ):
            [line] = [line for line in said if words in line]
            assert line.startswith("warning")
        assert not [line for line in said if line.startswith("FAULT")]
        school.taken_in()
        assert len(school.filed()) == 2
