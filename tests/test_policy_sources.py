"""Where policies lie: a folder, a SharePoint library, a shared drive. What holds for all three, and for folders."""

from __future__ import annotations

import hashlib
import os
import stat
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from connector.errors import Gone
from connector.model.policy_text import FoundDocument
from connector.policies import folder as folder_of
from connector.policies.folder import FolderOutOfReach, FolderSource, NotOpened, UnfitName
from connector.policies.found import MOST_BYTES, ChangedMeanwhile, PolicyTooLarge
from connector.settings.policies import DrivePolicies, FolderLibrary, PolicyLibrary, SharePointPolicies
from tests.policy_places import (
    PLACES,
    POLICY,
    SITE,
    OnDisk,
    OnDrive,
    OnSharePoint,
    Place,
    names,
    on_disk,
    only,
)

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="such a file cannot be made on Windows")


@pytest.fixture(params=PLACES)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    with PLACES[request.param](tmp_path) as found:
        yield found
        fake = getattr(found, "fake", None)
        assert fake is None or fake.complaints == []


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[OnDisk]:
    with on_disk(tmp_path) as found:
        yield found


# -- in every place


def test_a_new_document_is_found_and_read(place: Place) -> None:
    assert place.source.documents() == ()
    place.put(POLICY, b"accepted")
    found = only(place)
    assert found.name == "Child protection.docx"
    assert found.changed_at is not None
    assert abs(datetime.now(UTC) - found.changed_at) < timedelta(minutes=5)
    assert place.source.read(found) == b"accepted"


def test_a_second_look_says_the_same_of_what_stayed(place: Place) -> None:
    place.put(POLICY, b"accepted")
    assert place.source.documents() == place.source.documents()


def test_a_new_version_keeps_the_id_and_changes_the_version(place: Place) -> None:
    place.put(POLICY, b"accepted 2024")
    first = only(place)
    place.save(POLICY, b"accepted 2025")
    second = only(place)
    assert (second.id, second.name) == (first.id, first.name)
    assert second.version != first.version
    assert place.source.read(second) == b"accepted 2025"


def test_a_version_that_is_there_no_more_is_not_read_as_another(place: Place) -> None:
    place.put(POLICY, b"accepted 2024")
    first = only(place)
    place.save(POLICY, b"accepted 2025")
    with pytest.raises(ChangedMeanwhile) as caught:
        place.source.read(first)
    assert not caught.value.permanent


def test_a_renamed_document_keeps_its_id_where_the_place_has_ids(place: Place) -> None:
    place.put(POLICY, b"accepted")
    before = only(place)
    place.rename(POLICY, "Safeguarding and child protection.docx")
    after = only(place)
    assert after.name == "Safeguarding and child protection.docx"
    assert (after.id == before.id) is place.keeps_ids
    assert place.source.read(after) == b"accepted"


def test_a_moved_document_keeps_its_id_where_the_place_has_ids(place: Place) -> None:
    place.put(POLICY, b"accepted")
    before = only(place)
    place.folder("Statutory/2025")
    place.move(POLICY, "Statutory/2025")
    after = only(place)
    assert (after.id == before.id) is place.keeps_ids
    assert place.source.read(after) == b"accepted"


def test_a_document_that_was_taken_away_is_gone(place: Place) -> None:
    place.put(POLICY, b"accepted")
    place.put("Uniform.pdf", b"%PDF")
    before = {found.name: found for found in place.source.documents()}
    place.remove(POLICY)
    assert names(place) == ["Uniform.pdf"]
    with pytest.raises(Gone):
        place.source.read(before["Child protection.docx"])


def test_only_word_pdf_and_text_files_are_policies(place: Place) -> None:
    for name in ("A.docx", "B.DOCX", "C.pdf", "D.txt", "E 1.2\u00a0final.Pdf"):
        place.put(name, b"policy")
    for name in ("a.doc", "b.xlsx", "c.png", "d.docx.tmp", "e", "f.txt.bak", "docx", "g.docm", "h.pdf.part"):
        place.put(name, b"none")
    assert names(place) == ["A.docx", "B.DOCX", "C.pdf", "D.txt", "E 1.2\u00a0final.Pdf"]


def test_folders_in_folders_are_looked_through(place: Place) -> None:
    places = ["A.txt", "One/B.txt", "One/Two/C.txt", "One/Two/Three/D.txt", "Other/E.txt", "One/Empty.docx/F.txt"]
    for path in places:
        place.put(path, path.encode())
    place.folder("Nothing")
    found = place.source.documents()
    assert sorted(place.source.read(each).decode() for each in found) == sorted(places)


def test_two_documents_of_one_name_are_two(place: Place) -> None:
    place.put("2024/Uniform.docx", b"old")
    place.put("2025/Uniform.docx", b"new")
    found = place.source.documents()
    assert [each.name for each in found] == ["Uniform.docx"] * 2
    assert len({each.id for each in found}) == 2
    assert sorted(place.source.read(each) for each in found) == [b"new", b"old"]


def test_two_hundred_and_fifty_documents_are_all_found(place: Place) -> None:
    if isinstance(place, OnDrive):
        place.fake.page_size = 100
    wanted = [f"Policy {number:03}.txt" for number in range(250)]
    for name in wanted:
        place.put(f"All of them/{name}", name.encode())
    assert names(place) == wanted


def test_a_document_of_25_mb_is_read_and_a_larger_one_refused_for_good(place: Place) -> None:
    place.put("A.pdf", b"%" * MOST_BYTES)
    place.put("B.pdf", b"%" * (MOST_BYTES + 1))
    found = {each.name: each for each in place.source.documents()}
    assert len(place.source.read(found["A.pdf"])) == 25_000_000
    with pytest.raises(PolicyTooLarge) as caught:
        place.source.read(found["B.pdf"])
    assert caught.value.permanent
    if isinstance(place, OnSharePoint):
        assert sum("_download" in each.path for each in place.fake.requests) == 1, "a larger one is not fetched at all"


def test_an_empty_document_is_found_too(place: Place) -> None:
    place.put("Empty.txt", b"")
    assert place.source.read(only(place)) == b""


# -- a folder


def test_what_is_hidden_locked_or_not_whole_is_no_policy(disk: OnDisk) -> None:
    for path in (
        "~$Uniform.docx", ".Uniform.docx", "._Uniform.docx", ".trash/A.docx", ".git/x/B.txt",
        "Coming.pdf.download/Coming.pdf", "Half.docx.crdownload", "There.pdf",
    ):  # fmt: skip
        disk.put(path, b"none")
    disk.put("Later.pdf", b"")
    disk.put("LATER.pdf.part", b"half of it")
    assert names(disk) == ["There.pdf"]
    (disk.root / "LATER.pdf.part").replace(disk.root / "Later.pdf")
    assert names(disk) == ["Later.pdf", "There.pdf"]


def test_a_file_that_windows_hides_is_no_policy(disk: OnDisk, monkeypatch: pytest.MonkeyPatch) -> None:
    disk.put("Uniform.docx", b"policy")
    disk.put("Hidden.docx", b"none")
    real = Path.lstat

    def lstat(path: Path) -> Any:
        flags = stat.FILE_ATTRIBUTE_HIDDEN if path.name == "Hidden.docx" else stat.FILE_ATTRIBUTE_ARCHIVE
        return SimpleNamespace(st_mode=real(path).st_mode, st_file_attributes=flags)

    monkeypatch.setattr(Path, "lstat", lstat)
    assert names(disk) == ["Uniform.docx"]


@POSIX
def test_no_link_leads_out_of_the_folder(disk: OnDisk, tmp_path: Path) -> None:
    secret = tmp_path / "concerns"
    secret.mkdir()
    (secret / "a.txt").write_text("not a policy")
    disk.put("Uniform.txt", b"policy")
    (disk.root / "linked").symlink_to(secret, target_is_directory=True)
    (disk.root / "linked.txt").symlink_to(secret / "a.txt")
    (disk.root / "round").symlink_to(disk.root, target_is_directory=True)
    (disk.root / "lost.txt").symlink_to(tmp_path / "nothing")
    found = only(disk)
    assert found.name == "Uniform.txt"
    version = hashlib.sha256(b"not a policy").hexdigest()
    for id_ in ("linked/a.txt", "linked.txt", "lost.txt", "../concerns/a.txt", str(secret / "a.txt"), "", "."):
        with pytest.raises(Gone):
            disk.source.read(replace(found, id=id_, version=version))


@POSIX
def test_the_folder_itself_may_be_reached_by_a_link(disk: OnDisk, tmp_path: Path) -> None:
    disk.put(POLICY, b"accepted")
    (tmp_path / "share").symlink_to(disk.root, target_is_directory=True)
    source = FolderSource(tmp_path / "share")
    assert source.documents() == disk.source.documents()
    assert source.read(source.documents()[0]) == b"accepted"


@POSIX
def test_a_pipe_that_is_named_like_a_policy_stops_nobody(disk: OnDisk) -> None:
    os.mkfifo(disk.root / "Uniform.txt")
    assert disk.source.documents() == ()
    with pytest.raises(Gone):
        disk.source.read(FoundDocument(id="Uniform.txt", name="Uniform.txt", version="", changed_at=None))


@POSIX
def test_a_name_that_is_no_text_is_said_and_not_passed_over(disk: OnDisk) -> None:
    path = os.path.join(os.fsencode(disk.root), b"Uniform \xff.txt")
    try:
        with open(path, "wb"):
            pass
    except OSError:
        pytest.skip("this file system takes no such name")
    disk.put(POLICY, b"accepted")
    fit, unfit = sorted(disk.source.documents(), key=lambda one: one.trouble)
    assert (fit.id, fit.trouble) == (POLICY, "")
    assert (unfit.name, unfit.trouble) == (r"Uniform \udcff.txt", str(UnfitName()))


@pytest.mark.parametrize("what", ["missing", "a file"])
def test_a_folder_that_is_not_there_is_no_folder_without_policies(disk: OnDisk, what: str) -> None:
    disk.put(POLICY, b"accepted")
    found = only(disk)
    source = FolderSource(disk.root.with_name("nowhere") if what == "missing" else disk.root / POLICY)
    for ask in (source.documents, lambda: source.read(found)):
        with pytest.raises(FolderOutOfReach if what == "missing" or ask == source.documents else Gone) as caught:
            ask()
        assert not caught.value.permanent
    with pytest.raises(FolderOutOfReach, match="compare `path`"):
        source.documents()


def test_a_folder_within_that_cannot_be_opened_hides_no_policy_silently(
    disk: OnDisk, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk.put("Open.txt", b"policy")
    disk.put("Closed/Uniform.txt", b"policy")
    real = os.scandir

    def scandir(path: Any) -> Any:
        if str(path).endswith("Closed"):
            raise PermissionError
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    with pytest.raises(FolderOutOfReach):
        disk.source.documents()


def test_a_policy_that_cannot_be_opened_is_not_gone(disk: OnDisk, monkeypatch: pytest.MonkeyPatch) -> None:
    disk.put(POLICY, b"accepted")
    found = only(disk)

    def locked(*_: Any, **__: Any) -> Any:
        raise PermissionError

    disk.put("Uniform.txt", b"policy")
    real = Path.open
    monkeypatch.setattr(Path, "open", lambda path, *of: locked() if path.name in POLICY else real(path, *of))
    opened, closed = sorted(disk.source.documents(), key=lambda one: one.trouble)
    assert (closed.id, closed.trouble) == (found.id, str(NotOpened()))
    assert (opened.name, opened.trouble) == ("Uniform.txt", "")
    with pytest.raises(NotOpened) as caught:
        disk.source.read(found)
    assert not caught.value.permanent


@pytest.mark.parametrize("written", [b"and more", b""])
def test_a_file_that_is_being_written_is_left_for_the_next_look(
    disk: OnDisk, monkeypatch: pytest.MonkeyPatch, written: bytes
) -> None:
    disk.put(POLICY, b"half of it")
    real = hashlib.file_digest

    def digest(file: Any, name: str) -> Any:
        found = real(file, name)
        path = disk.root / POLICY
        path.write_bytes(path.read_bytes() + written)
        os.utime(path, ns=(0, 0))
        return found

    with monkeypatch.context() as patched:
        patched.setattr(folder_of.hashlib, "file_digest", digest)
        growing = only(disk)
        assert (growing.id, growing.version, growing.trouble) == (POLICY, "", str(ChangedMeanwhile()))
    assert disk.source.read(only(disk)) == b"half of it" + written


def test_a_version_is_known_by_its_content_and_not_by_its_date(disk: OnDisk) -> None:
    disk.put(POLICY, b"accepted 2024")
    os.utime(disk.root / POLICY, ns=(10**18, 10**18))
    first = only(disk)
    disk.put(POLICY, b"accepted 2025")
    os.utime(disk.root / POLICY, ns=(10**18, 10**18))
    assert only(disk).version != first.version
    assert only(disk).changed_at == first.changed_at
    os.utime(disk.root / POLICY, ns=(0, 0))
    disk.put(POLICY, b"accepted 2024")
    assert only(disk).version == first.version


def test_a_file_taken_away_during_the_look_is_not_there(disk: OnDisk, monkeypatch: pytest.MonkeyPatch) -> None:
    disk.put("A.txt", b"policy")
    disk.put("B.txt", b"policy")
    real = folder_of._version

    def version(path: Path) -> Any:
        if path.name == "B.txt":
            path.unlink()
        return real(path)

    monkeypatch.setattr(folder_of, "_version", version)
    assert names(disk) == ["A.txt"]


def test_a_file_taken_away_while_it_is_read_is_gone(disk: OnDisk, monkeypatch: pytest.MonkeyPatch) -> None:
    disk.put(POLICY, b"accepted")
    found = only(disk)
    real = folder_of._place

    def place(root: Path, id_: str) -> Path:
        path = real(root, id_)
        path.unlink()
        return path

    monkeypatch.setattr(folder_of, "_place", place)
    with pytest.raises(Gone):
        disk.source.read(found)


# -- the settings

SETTINGS: TypeAdapter[Any] = TypeAdapter(PolicyLibrary)


@pytest.mark.parametrize(("said", "made"), [
    ({"kind": "folder", "path": "../policies"}, FolderLibrary(kind="folder", path="../policies")),
    (
        {"kind": "sharepoint", "site": f"{SITE}/", "library": " Policies "},
        SharePointPolicies(kind="sharepoint", site=SITE, library="Policies"),
    ),
    (
        {"kind": "drive", "drive": "https://drive.google.com/drive/folders/0AEXAMPLEpolicyPVA", "folder": "1EXAMPLEfolder"},
        DrivePolicies(kind="drive", drive="0AEXAMPLEpolicyPVA", folder="1EXAMPLEfolder"),
    ),
    ({"kind": "drive", "drive": "0AEXAMPLEpolicyPVA"}, DrivePolicies(kind="drive", drive="0AEXAMPLEpolicyPVA")),
])  # fmt: skip
def test_a_library_of_policies_is_read_from_the_schools_file(said: dict[str, str], made: Any) -> None:
    assert SETTINGS.validate_python(said) == made


@pytest.mark.parametrize(("said", "where"), [
    ({"kind": "ftp", "path": "x"}, ()),
    ({"path": "x"}, ()),
    ({"kind": "folder"}, ("folder", "path")),
    ({"kind": "folder", "path": ""}, ("folder", "path")),
    ({"kind": "folder", "path": "x", "site": SITE}, ("folder", "site")),
    ({"kind": "sharepoint", "site": "http://school.example/sites/x", "library": "P"}, ("sharepoint", "site")),
    ({"kind": "sharepoint", "site": SITE, "library": " "}, ("sharepoint", "library")),
    ({"kind": "drive", "drive": "short"}, ("drive", "drive")),
    ({"kind": "drive", "drive": "0AEXAMPLEpolicyPVA", "folder": ""}, ("drive", "folder")),
])  # fmt: skip
def test_a_slip_in_the_settings_is_said_where_it_stands(said: dict[str, str], where: tuple[str, ...]) -> None:
    with pytest.raises(ValidationError) as caught:
        SETTINGS.validate_python(said)
    assert [error["loc"] for error in caught.value.errors()] == [where]
