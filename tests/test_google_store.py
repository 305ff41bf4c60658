"""The shared drive as a store: each part stands there once, whatever breaks, and says nothing outside its content."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from connector.errors import AnotherFile, DeliveryError, SealError, VendorRefused
from connector.model.duty import DutyKind, DutyState
from connector.model.notice import Record
from connector.model.reference import Reference
from connector.settings.load import load
from connector.store.age import decrypt, new_identity
from connector.store.drive import DriveStore
from connector.wiring import build
from tests.tenanted import replaced
from tests.workspace import file_view
from tests.workspace.drives import FOLDER, File
from tests.workspaced import CHAIR, DSL, HEAD, SCHOOL, STAFF, Workspaced, workspaced

REFERENCE = Reference("C-7QK4-M2XT")
NAME = f"{REFERENCE}-1.json"
READ_ONLY = replaced('readers = ["dsl", "deputy"]', 'readers = ["dsl", "deputy"]\nread_only = true')
FOLDER_ID = "1FOLDERfolderFOLDERfolderFOLDERfo"
IN_A_FOLDER = replaced('readers = ["dsl", "deputy"]', f'readers = ["dsl", "deputy"]\nfolder = "{FOLDER_ID}"')
ABOUT_THE_HEAD = "Mrs Grant pulled him along by the arm and he cried."


class Crash(BaseException):
    """The process is gone."""


def crash(*_: Any, **__: Any) -> Any:
    raise Crash


@pytest.fixture(autouse=True)
def _unhurried_chat(monkeypatch: pytest.MonkeyPatch) -> None:
    """The pace of a Chat space is real time, and no matter here."""
    monkeypatch.setattr("connector.furnishing_google._CHAT_SECONDS", 0.0)


@pytest.fixture
def school(tmp_path: Path) -> Iterator[Workspaced]:
    with workspaced(tmp_path) as found:
        yield found
        found.house.close()


def record(*parts: tuple[str, bytes], not_for: frozenset[str] = frozenset()) -> Record:
    return Record(
        reference=REFERENCE, version=1, received_at=datetime(2026, 7, 1, 9, 30, tzinfo=UTC),
        parts=parts or (("json", b"{}"),), not_for=not_for,
    )  # fmt: skip


def store_of(school: Workspaced, name: str = "store") -> DriveStore:
    found = school.house.sites[SCHOOL].stores[name]
    assert isinstance(found, DriveStore)
    return found


def standing(school: Workspaced, name: str = NAME) -> list[File]:
    """Every file of that name anywhere in the Workspace, in the bin or not."""
    return [each for each in school.fake.files_by_id.values() if each.name == name]


def creates(school: Workspaced) -> list[Any]:
    return [each for each in school.fake.requests if each.method_id == "drive.files.create"]


def said_of(request: Any) -> dict[str, Any]:
    """The metadata of an upload, its content apart."""
    found: dict[str, Any] = json.loads(re.split(rb"\r?\n\r?\n", request.body, maxsplit=1)[1].split(b"\n--", 1)[0])
    return found


def filing(school: Workspaced, kind: DutyKind = DutyKind.FILE) -> Any:
    return next(duty for duty in school.duties(school.newest()) if duty.kind is kind)


def restarted(school: Workspaced) -> None:
    school.house.close()
    school.house = build(load(school.config, school.given), school.clock)


def filed_once(school: Workspaced) -> None:
    """Both parts of the newest concern, each once, with our content, and nothing else of ours."""
    reference = school.newest()
    assert school.filed() == [f"{reference}-1.json", f"{reference}-1.pdf"]
    ours = [each for each in school.fake.files_by_id.values() if each.name.startswith("C-")]
    assert len(ours) == 2
    assert school.store.files()[f"{reference}-1.pdf"].startswith(b"%PDF")
    assert b"Marsh-Test" in school.store.files()[f"{reference}-1.json"]
    assert filing(school).state is DutyState.DONE


# -- what stands under our id already


def changed(school: Workspaced, how: str) -> File:
    file = school.store.find(NAME)
    if how == "other bytes":
        file.content = b"{} "
    elif how == "emptied":
        file.content = b""
    elif how == "no mark":
        file.app_properties.clear()
    elif how == "another mark":
        file.app_properties[school.fake.project] = {"connectorFile": f"{REFERENCE}-2.json"}
    else:
        file.drive = file.parent = None  # type: ignore[assignment]
        file.drive, file.parent = school.laid.staff_records, school.laid.staff_records.root
    return file


@pytest.mark.parametrize("how", ["other bytes", "emptied", "no mark", "another mark", "another drive"])
def test_another_file_under_our_id_is_never_overwritten_and_never_taken_for_ours(school: Workspaced, how: str) -> None:
    store_of(school).file(record())
    file = changed(school, how)
    kept = file.content
    with pytest.raises(AnotherFile) as refused:
        store_of(school).file(record())
    assert refused.value.permanent
    assert file.content == kept
    assert len(standing(school)) == 1
    assert school.fake.count("drive.files.update") == 0


def test_where_google_gives_no_checksum_the_bytes_themselves_are_compared(
    school: Workspaced, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = file_view._content
    silent: Any = lambda file: {k: v for k, v in real(file).items() if k != "sha256Checksum"}  # noqa: E731
    monkeypatch.setattr(file_view, "_content", silent)
    assert not store_of(school).file(record()).repeat
    assert store_of(school).file(record()).repeat
    for other in (b"{} ", b""):
        school.store.find(NAME).content = other
        with pytest.raises(AnotherFile):
            store_of(school).file(record())
        assert school.store.find(NAME).content == other


def test_without_a_checksum_a_longer_file_is_another_and_a_longer_page_is_the_same(
    school: Workspaced, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = file_view._content
    silent: Any = lambda file: {k: v for k, v in real(file).items() if k != "sha256Checksum"}  # noqa: E731
    monkeypatch.setattr(file_view, "_content", silent)
    store_of(school).file(record(("pdf", b"p" * 5000), ("json", b"{}")))
    assert store_of(school).file(record(("pdf", b"typeset anew"), ("json", b"{}"))).repeat
    school.store.find(NAME).content = b"{}" * 5000
    with pytest.raises(AnotherFile):
        store_of(school).file(record())


@pytest.mark.parametrize("part", ["pdf", "txt"])
def test_a_page_typeset_anew_beside_the_same_original_is_no_other_record(school: Workspaced, part: str) -> None:
    store_of(school).file(record((part, b"page"), ("json", b"{}")))
    assert store_of(school).file(record((part, b"the page by a newer version"), ("json", b"{}"))).repeat
    assert school.store.files()[f"{REFERENCE}-1.{part}"] == b"page"
    with pytest.raises(AnotherFile):
        store_of(school).file(record((part, b"page"), ("json", b"{other}")))


@pytest.mark.parametrize("what", ["a page", "a sealed record"])
def test_what_was_taken_to_another_drive_does_not_count_as_filed(tmp_path: Path, what: str) -> None:
    """Where it lies now nobody judges who can read it."""
    _, public = new_identity()
    mail = 'email = "p.halloran@willowbank.example"'
    with workspaced(tmp_path, replaced(mail, f'{mail}\nreader = "{public}"')) as school:
        given = record(("pdf", b"page"), not_for=frozenset({"dsl"} if what == "a sealed record" else ()))
        store_of(school).file(given)
        [file] = school.store.everything()
        open_drive = school.fake.shared_drive("All staff")
        open_drive.add(school.laid.service, "reader")
        file.drive, file.parent = open_drive, open_drive.root
        with pytest.raises(AnotherFile):
            store_of(school).file(record(("pdf", b"page, typeset anew"), not_for=given.not_for))


@pytest.mark.parametrize("how", ["in the bin", "in a folder that is in the bin", "deleted for good"])
def test_a_record_that_somebody_threw_away_is_filed_again_under_another_id(school: Workspaced, how: str) -> None:
    store_of(school).file(record(("pdf", b"page"), ("json", b"{}")))
    before = {each.name: each.id for each in school.store.everything()}
    for file in school.store.everything():
        if how == "deleted for good":
            school.fake.ids_used.add(file.id)
            del school.fake.files_by_id[file.id]
        elif how == "in the bin":
            file.trashed = True
        else:
            file.parent = school.store.folder("Old")
    if how == "in a folder that is in the bin":
        school.store.folder("Old").trashed = True
    assert not store_of(school).file(record(("pdf", b"page"), ("json", b"{}"))).repeat
    assert school.store.files() == {f"{REFERENCE}-1.pdf": b"page", NAME: b"{}"}
    fresh = {each.name: each.id for each in school.store.everything() if not each.is_trashed}
    assert not set(fresh.values()) & set(before.values())
    assert fresh[f"{REFERENCE}-1.pdf"] in store_of(school).link(f"{REFERENCE}-1", frozenset())
    assert store_of(school).file(record(("pdf", b"page"), ("json", b"{}"))).repeat


def test_a_record_that_the_dsl_moved_and_renamed_within_the_drive_stays_fine(school: Workspaced) -> None:
    store_of(school).file(record())
    [file] = school.store.everything()
    file.parent, file.name = school.store.folder("Autumn"), "looked at.json"
    assert store_of(school).file(record()).repeat
    assert list(school.store.files()) == ["Autumn/looked at.json"]


# -- the folder


def the_folder(school: Workspaced) -> File:
    return school.store.put("Records", mime=FOLDER, id=FOLDER_ID)


def test_records_go_into_the_folder_that_is_named_and_links_lead_there(tmp_path: Path) -> None:
    with workspaced(tmp_path, IN_A_FOLDER) as school:
        the_folder(school)
        assert store_of(school).link("C-NOT-YET-1", frozenset()).endswith(f"/folders/{FOLDER_ID}")
        reference = school.taken_in()
        assert sorted(school.store.files()) == [f"Records/{reference}-1.json", f"Records/{reference}-1.pdf"]


def test_a_folder_in_the_bin_does_not_fill_with_copies_and_its_concern_waits(tmp_path: Path) -> None:
    with workspaced(tmp_path, IN_A_FOLDER) as school:
        folder = the_folder(school)
        folder.trashed = True
        school.taken_in()
        for _ in range(6):
            school.clock.pass_(minutes=31)
            school.work()
        assert filing(school).state is DutyState.OWED
        folder.trashed = False
        school.clock.pass_(minutes=31)
        school.work()
        assert filing(school).state is DutyState.DONE
        reference = school.newest()
        assert sorted(each.name for each in school.store.everything()) == [
            f"{reference}-1.json", f"{reference}-1.pdf", "Records",
        ]  # fmt: skip


def test_a_folder_that_lies_in_another_drive_never_gets_a_record(tmp_path: Path) -> None:
    with workspaced(tmp_path, IN_A_FOLDER) as school:
        elsewhere = school.fake.shared_drive("Elsewhere", school.store.restrictions)
        for who, role in school.store.members.items():
            elsewhere.add(who, role)
        elsewhere.put("Records", mime=FOLDER, id=FOLDER_ID)
        school.taken_in()
        assert elsewhere.files() == {}
        assert school.held(school.newest()).sealed is not None


# -- sealed to others' keys


def test_a_record_about_a_reader_is_sealed_to_the_other_readers_alone(tmp_path: Path) -> None:
    keys = {"m.oduya": new_identity(), "p.halloran": new_identity()}

    def keyed(text: str) -> str:
        for who, (_, public) in keys.items():
            mail = f'email = "{who}@willowbank.example"'
            text = replaced(mail, f'{mail}\nreader = "{public}"')(text)
        return text

    with workspaced(tmp_path, keyed) as school:
        about_her = record(("pdf", b"page"), ("json", b'{"words": 1}'), not_for=frozenset({"dsl"}))
        assert not store_of(school).file(about_her).repeat
        assert store_of(school).file(about_her).repeat, "what is sealed differs each time"
        found = school.store.files()
        assert sorted(found) == [f"{NAME}.age", f"{REFERENCE}-1.pdf.age"]
        (tmp_path / "sealed").write_bytes(found[f"{NAME}.age"])
        assert decrypt(tmp_path / "sealed", keys["p.halloran"][0]) == b'{"words": 1}'
        with pytest.raises(SealError):
            decrypt(tmp_path / "sealed", keys["m.oduya"][0])
        assert not any(b"words" in each.body for each in creates(school))
        assert store_of(school).link(f"{REFERENCE}-1", frozenset({"dsl"})).endswith(f"/folders/{school.store.id}")


def test_a_record_about_every_reader_is_not_filed_there_and_says_why(school: Workspaced) -> None:
    with pytest.raises(DeliveryError, match="nobody else of its readers has a key") as refused:
        store_of(school).file(record(not_for=frozenset({"dsl"})))
    assert refused.value.permanent
    assert school.store.everything() == []
    assert school.fake.count("drive.files.") == 0


def test_a_concern_about_the_head_is_sealed_to_the_chair_in_the_other_drive(tmp_path: Path) -> None:
    identity, public = new_identity()
    mail = f'email = "{CHAIR}"'
    with workspaced(tmp_path, replaced(mail, f'{mail}\nreader = "{public}"')) as school:
        reference = school.taken_in("S09", observation=ABOUT_THE_HEAD)
        names = school.filed(school.laid.staff_records)
        assert names == [f"{reference}-1.json.age", f"{reference}-1.pdf.age"]
        assert school.store.everything() == []
        (tmp_path / "sealed").write_bytes(school.laid.staff_records.files()[names[0]])
        assert b"Mrs Grant" in decrypt(tmp_path / "sealed", identity)
        assert school.said_to(HEAD) == []
        assert len(school.said_to(CHAIR)) == 1


def test_a_concern_about_staff_goes_to_the_other_drive_alone(school: Workspaced) -> None:
    reference = school.taken_in("S09")
    assert school.filed(school.laid.staff_records) == [f"{reference}-1.json", f"{reference}-1.pdf"]
    assert school.store.everything() == []
    assert school.said_to(DSL) == []
    assert school.fake.chats == []


# -- what is said outside the content


def test_nothing_outside_the_content_says_a_word_of_the_concern(tmp_path: Path) -> None:
    with workspaced(tmp_path, READ_ONLY) as school:
        school.taken_in()
        words = [word for text in school.answers().values() for word in re.findall(r"[\w'-]{5,}", text)]
        words += [STAFF.partition("@")[0], "Cause for concern"]
        assert {"Marsh-Test", "Finley", "sandals"} <= set(words)
        asked = [each for each in school.fake.requests if each.method_id.startswith("drive.")]
        for each in asked:
            said = json.dumps(said_of(each)) if each in creates(school) else each.body.decode()
            whole = f"{each.path} {dict(each.query)} {dict(each.headers)} {said}"
            assert [word for word in words if word in whole] == []
        assert any(b"Marsh-Test" in each.body for each in creates(school)), "or nothing was looked at"
        for file in school.store.everything():
            assert re.fullmatch(r"C-[0-9A-Z]{4}-[0-9A-Z]{4}-1\.(json|pdf)", file.name)
            assert file.app_properties == {school.fake.project: {"connectorFile": file.name}}
            assert (file.properties, file.description) == ({}, "")


def test_everything_filed_is_a_plain_file_compared_by_its_sha256(school: Workspaced) -> None:
    store_of(school).file(record(("txt", b"page"), ("pdf", b"%PDF"), ("json", b"{}"), ("file1.jpg", b"\xff\xd8")))
    kinds = {each.name.rpartition(".")[2]: each.mime for each in school.store.everything()}
    octets = "application/octet-stream"
    assert kinds == {"txt": "text/plain", "pdf": "application/pdf", "json": "application/json", "jpg": octets}
    for each in creates(school):
        assert "google-apps" not in each.body.decode("latin-1")
        assert "sha256Checksum" in each.query["fields"]
    assert hashlib.sha256(b"{}").hexdigest() in json.dumps(store_of(school).drive.about(school.store.find(NAME).id))


def test_every_request_knows_of_shared_drives_and_no_file_gets_a_default_visibility(tmp_path: Path) -> None:
    with workspaced(tmp_path, READ_ONLY) as school:
        school.taken_in()
        store_of(school).check()
        store_of(school).check()
        store_of(school).file(record())
        asked = [each for each in school.fake.requests if re.match(r"drive\.(files|permissions)\.", each.method_id)]
        assert {each.method_id for each in asked} == {
            "drive.files.create", "drive.files.generateIds", "drive.files.get", "drive.files.list",
            "drive.files.update", "drive.permissions.list",
        }  # fmt: skip
        for each in asked:
            if each.method_id != "drive.files.generateIds":
                assert each.query.get("supportsAllDrives") == "true", each.method_id
        assert {each.query.get("ignoreDefaultVisibility") for each in creates(school)} == {"true"}


def test_the_test_file_of_the_check_is_always_the_same_and_a_binned_one_is_made_anew(school: Workspaced) -> None:
    for _ in range(3):
        store_of(school).check()
    [file] = school.store.everything()
    file.trashed = True
    store_of(school).check()
    assert len(school.store.files()) == 1


# -- the seal against slips


def test_each_part_is_made_read_only_where_the_school_wants_it_and_not_else(tmp_path: Path, school: Workspaced) -> None:
    school.taken_in()
    assert [each.restrictions for each in school.store.everything()] == [[], []]
    with workspaced(tmp_path / "sealing", READ_ONLY) as sealing:
        sealing.taken_in()
        assert [each.read_only for each in sealing.store.everything()] == [True, True]
        filed_once(sealing)


@pytest.mark.parametrize("status", [400, 403, 404])
def test_a_seal_that_is_refused_does_not_stop_filing(tmp_path: Path, status: int) -> None:
    with workspaced(tmp_path, READ_ONLY) as school:
        school.fake.fail("drive.files.update", status, times=None)
        school.taken_in()
        filed_once(school)
        assert not any(each.read_only for each in school.store.everything())


def test_a_seal_that_cannot_be_put_on_keeps_no_part_of_the_record_out(tmp_path: Path) -> None:
    with workspaced(tmp_path, READ_ONLY) as school:
        school.fake.fail("drive.files.update", 503, times=None)
        reference = school.taken_in()
        assert school.filed() == [f"{reference}-1.json", f"{reference}-1.pdf"]
        school.fake.heal()
        school.clock.pass_(minutes=31)
        school.work()
        filed_once(school)
        assert [each.read_only for each in school.store.everything()] == [True, True]


@pytest.mark.parametrize("about_her", [False, True], ids=["plain", "sealed to others"])
def test_a_seal_that_failed_for_a_moment_is_put_on_at_the_next_try(tmp_path: Path, about_her: bool) -> None:
    mail = 'email = "p.halloran@willowbank.example"'
    keyed = replaced(mail, f'{mail}\nreader = "{new_identity()[1]}"')
    with workspaced(tmp_path, lambda text: keyed(READ_ONLY(text))) as school:
        given = record(not_for=frozenset({"dsl"} if about_her else ()))
        school.fake.fail("drive.files.update", 503)
        with pytest.raises(VendorRefused):
            store_of(school).file(given)
        assert store_of(school).file(given).repeat
        assert [each.read_only for each in school.store.everything()] == [True]
