"""The files of a Google form's response: copied to stand beside the record, or named; never taken from our own drives."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from connector.model.duty import DutyKind, DutyState
from connector.store.age import new_identity
from tests.tenanted import replaced
from tests.test_google_store import _unhurried_chat, filing, said_of
from tests.workspace import Response
from tests.workspace.drives import File
from tests.workspaced import CHAIR, STAFF, Workspaced, workspaced

__all__ = ["_unhurried_chat"]
UPLOADS = replaced("poll_seconds = 30", "poll_seconds = 30\nuploads = true")
PHOTO = b"\xff\xd8\xff\xe0 a drawing \r\n--boundary\r\n\x00"
OTHER_FORM = "1OTHERformOTHERformOTHERformOTHERf"
CHILDS = "Finley Marsh-Test bruise.JPG"


def responded(school: Workspaced, *files: tuple[str, bytes], sample: str = "S04", **changes: str) -> list[File]:
    """A response with these files, everything about it done."""
    question = school.form.ask_upload("Anything that was written or drawn")
    assert school.form.uploads is not None
    school.form.uploads.share(school.laid.service, "reader")
    response = school.respond(sample, **changes)
    found = [school.form.upload(response, question, name, content) for name, content in files]
    school.poll()
    school.work()
    return found


def naming(school: Workspaced, *ids: str) -> Response:
    """A response whose answer names files of these ids, whatever they are."""
    question = school.form.ask_upload("Anything that was written or drawn")
    response = school.respond()
    given = [{"fileId": id_, "fileName": "x.txt", "mimeType": "text/plain"} for id_ in ids]
    response.answers[question] = {"questionId": question, "fileUploadAnswers": {"answers": given}}
    school.poll()
    school.work()
    return response


def beside(school: Workspaced, drive: Any = None) -> dict[str, bytes]:
    """What stands beside the record, by its own part of the name."""
    reference = school.newest()
    found = (drive or school.store).files()
    return {name.removeprefix(f"{reference}-1."): content for name, content in found.items() if reference in name}


def listed(school: Workspaced) -> list[str]:
    return beside(school)["files.txt"].decode().splitlines()


def fetched(school: Workspaced) -> list[str]:
    """The ids of all files whose bytes were asked for."""
    return [each.path.rpartition("/")[2] for each in school.fake.requests if each.query.get("alt") == "media"]


def test_files_are_copied_byte_for_byte_under_names_that_say_nothing(tmp_path: Path) -> None:
    with workspaced(tmp_path, UPLOADS) as school:
        photo, _, _ = responded(school, (CHILDS, PHOTO), ("../../etc/passwd", b"x"), ("notes", b"plain"))
        found = beside(school)
        assert set(found) == {"json", "pdf", "files.txt", "file1.jpg", "file2", "file3"}
        assert (found["file1.jpg"], found["file2"], found["file3"]) == (PHOTO, b"x", b"plain")
        assert [line.rpartition(": ")[2] for line in listed(school)] == [
            f"copied here as {school.newest()}-1.{name}" for name in ("file1.jpg", "file2", "file3")
        ]
        assert photo.id in school.fake.files_by_id, "the original stays where it is"
        for each in school.fake.requests:
            if each.method_id.startswith("drive."):
                said = str(said_of(each)) if each.method_id == "drive.files.create" else each.body.decode()
                assert "Marsh" not in f"{each.path} {each.query} {said}"


def test_without_the_setting_nothing_is_fetched_and_the_list_says_where_they_are(tmp_path: Path) -> None:
    with workspaced(tmp_path) as school:
        [photo] = responded(school, (CHILDS, PHOTO))
        assert set(beside(school)) == {"json", "pdf", "files.txt"}
        assert photo.id not in fetched(school)
        [line] = listed(school)
        assert CHILDS in line
        assert (
            f"NOT copied, the service is not set up to fetch it. It stays in the form's own storage (file {photo.id})"
            in line
        )


@pytest.mark.parametrize("place", ["records", "staff_records"])
def test_an_answer_that_names_a_file_of_our_own_drives_never_has_it_fetched(tmp_path: Path, place: str) -> None:
    with workspaced(tmp_path, UPLOADS) as school:
        secret = getattr(school.laid, place).put("C-2345-6789-1.json", content=b"SECRET ABOUT SOMEBODY ELSE")
        naming(school, secret.id)
        assert secret.id not in fetched(school)
        assert "NOT copied, refused (403)" in listed(school)[0]
        assert set(beside(school)) == {"json", "pdf", "files.txt"}


@pytest.mark.parametrize("place", ["another school's drive", "the owner's own Drive", "another form's folder"])
def test_an_answer_that_names_a_file_from_elsewhere_never_has_it_fetched(tmp_path: Path, place: str) -> None:
    """What an answer names is only text; the files of this form lie in its own folder (google.md 2.6)."""
    with workspaced(tmp_path, UPLOADS) as school:
        if place == "another school's drive":
            other = school.fake.shared_drive("Safeguarding of the school next door")
            other.add(school.laid.service, "writer")
            secret = other.put("C-2345-6789-1.json", content=b"SECRET ABOUT SOMEBODY ELSE")
        else:
            mine = school.form.drive
            above = mine.folder("Another form (File responses)") if place == "another form's folder" else mine.root
            secret = mine.put("letter.txt", above, content=b"SECRET ABOUT SOMEBODY ELSE")
            secret.share(school.laid.service, "reader")
        naming(school, secret.id)
        assert secret.id not in fetched(school)
        assert "NOT copied" in listed(school)[0]
        assert set(beside(school)) == {"json", "pdf", "files.txt"}


@pytest.mark.parametrize("id_", ["", "root", "1nothing", "../about", "a?alt=media", "x" * 300])
def test_an_id_that_is_no_file_is_named_and_holds_nothing_up(tmp_path: Path, id_: str) -> None:
    with workspaced(tmp_path, UPLOADS) as school:
        naming(school, id_, "1absent")
        school.clock.pass_(minutes=31)
        school.work()
        assert len(school.filed()) >= 2
        assert fetched(school) == []
        assert set(beside(school)) == {"json", "pdf", "files.txt"}
        assert len([line for line in listed(school) if "NOT copied" in line]) == 2
        assert filing(school, DutyKind.ATTACH).state is DutyState.DONE


def test_a_large_photograph_is_copied(tmp_path: Path) -> None:
    """Google takes 5 MB in one request; the form takes ten and more (google.md 2.2)."""
    photo = bytes(range(256)) * (6 * 1024 * 4)
    with workspaced(tmp_path, UPLOADS) as school:
        responded(school, ("photo.jpg", photo))
        assert beside(school).get("file1.jpg") == photo
        assert "copied here" in listed(school)[0]


@pytest.mark.parametrize("after", [True, False], ids=["stored", "not stored"])
@pytest.mark.parametrize("step", ["drive.files.create", "drive.files.create.chunk"])
def test_a_large_photograph_whose_upload_broke_stands_there_once(tmp_path: Path, step: str, after: bool) -> None:
    photo = bytes(range(256)) * (6 * 1024 * 4)
    with workspaced(tmp_path, UPLOADS) as school:
        # Both parts of the record, and of the photograph its session, go well before.
        skip = 0 if step.endswith("chunk") else 2
        school.fake.fail(step, 503, after=after, skip=skip)
        responded(school, ("photo.jpg", photo))
        for _ in range(3):
            school.clock.pass_(minutes=31)
            school.work()
        assert [content for name, content in beside(school).items() if name.startswith("file1")] == [photo]
        assert len(school.store.everything()) == 4
        assert any(each.method_id == step and each.status == 503 for each in school.fake.requests)


@pytest.mark.parametrize("is_said", [True, False], ids=["by its size", "only by its bytes"])
def test_a_file_that_is_too_long_stays_where_it_is_and_the_others_are_copied(
    tmp_path: Path, is_said: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connector.forms.google_source.MOST_BYTES", 1000)
    if not is_said:
        from tests.workspace import file_view

        real = file_view._content
        monkeypatch.setattr(file_view, "_content", lambda file: real(file) | {"size": "1"})
    with workspaced(tmp_path, UPLOADS) as school:
        long, _ = responded(school, ("film.mov", b"x" * 1001), ("short.txt", b"y" * 1000))
        assert (long.id in fetched(school)) is not is_said
        assert "NOT copied, it is too large to copy" in listed(school)[0]
        assert "copied here" in listed(school)[1]
        assert beside(school)["file2.txt"] == b"y" * 1000
        assert "file1.mov" not in beside(school)


def test_a_file_that_cannot_be_fetched_yet_is_fetched_later_and_the_record_never_waits(tmp_path: Path) -> None:
    with workspaced(tmp_path, UPLOADS) as school:
        school.fake.fail("drive.files.get", 503, times=2)
        responded(school, ("a.txt", b"one"), ("b.txt", b"two"))
        assert set(beside(school)) == {"json", "pdf"}
        for _ in range(4):
            school.clock.pass_(minutes=31)
            school.work()
        assert set(beside(school)) == {"json", "pdf", "files.txt", "file1.txt", "file2.txt"}
        names = [each.name for each in school.store.everything()]
        assert len(names) == len(set(names)) == 5


def test_files_are_not_copied_into_an_open_drive(tmp_path: Path) -> None:
    with workspaced(tmp_path, UPLOADS) as school:
        school.store.add(STAFF)
        responded(school, ("a.txt", b"one"))
        assert school.store.everything() == []
        assert fetched(school) == []
        del school.store.members[STAFF]
        school.watch()
        school.clock.pass_(minutes=31)
        school.work()
        assert beside(school)["file1.txt"] == b"one"


def test_files_of_a_concern_about_a_reader_are_sealed_like_the_record(tmp_path: Path) -> None:
    keyed = replaced(f'email = "{CHAIR}"', f'email = "{CHAIR}"\nreader = "{new_identity()[1]}"')
    with workspaced(tmp_path, lambda text: keyed(UPLOADS(text))) as school:
        responded(school, (CHILDS, PHOTO), sample="S09", observation="Mrs Grant pulled him along by the arm.")
        staff = beside(school, school.laid.staff_records)
        assert set(staff) == {"json.age", "pdf.age", "files.txt.age", "file1.jpg.age"}
        assert all(content.startswith(b"age-encryption.org/v1") for content in staff.values())
        assert school.store.everything() == []


def test_the_setting_of_one_form_does_not_copy_the_files_of_another(tmp_path: Path) -> None:
    def two_forms(text: str) -> str:
        form = text[text.index("[forms.cause-for-concern]") :]
        other = form.replace("forms.cause-for-concern", "forms.other")
        return text + UPLOADS(re.sub(r'form = "[^"]+"', f'form = "{OTHER_FORM}"', other))

    with workspaced(tmp_path, two_forms) as school:
        other = school.fake.form("Another form").file
        school.fake.forms[OTHER_FORM] = school.fake.forms.pop(other.id)
        school.fake.files_by_id[OTHER_FORM] = school.fake.files_by_id.pop(other.id)
        other.id = OTHER_FORM
        other.share(school.laid.service, "writer")
        [photo] = responded(school, (CHILDS, PHOTO))
        assert photo.id not in fetched(school)
        assert "NOT copied" in listed(school)[0]
