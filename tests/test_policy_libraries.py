"""Policies in a SharePoint library and in a shared drive, over real HTTP; and what the fakes refuse for them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from connector.errors import DeliveryError, Gone, VendorRefused
from connector.outbound import google as google_of
from connector.outbound import graph as graph_of
from connector.outbound.drive import Drive, NotExported
from connector.outbound.google import LOOK_SCOPES, METADATA_SCOPES, Google, WrongAnswer
from connector.outbound.google_sign_in import Given, GoogleSignIn, Identity
from connector.policies.drive import DriveSource, NoSuchFolder
from connector.policies.found import ChangedMeanwhile
from connector.policies.sharepoint import AnotherItem
from tests.policy_places import (
    POLICY,
    OnDrive,
    OnSharePoint,
    altered,
    crossed,
    names,
    on_drive,
    on_sharepoint,
    only,
    swap,
)
from tests.tenant_asking import School
from tests.workspace.makers import access_token

FAULTS: list[dict[str, Any]] = [
    {"status": 429, "headers": {"Retry-After": "7"}},
    {"status": 500},
    {"status": 503},
    {"status": 404},
    {"cut": True},
]


@pytest.fixture
def site(tmp_path: Path) -> Iterator[OnSharePoint]:
    with on_sharepoint(tmp_path) as found:
        yield found
        assert found.fake.complaints == []


@pytest.fixture
def drive(tmp_path: Path) -> Iterator[OnDrive]:
    with on_drive(tmp_path) as found:
        yield found
        assert found.fake.complaints == []


# -- SharePoint


def test_the_library_is_read_with_a_grant_to_read_and_nothing_is_ever_written(site: OnSharePoint) -> None:
    site.put(POLICY, b"accepted")
    site.source.read(only(site))
    graph = [each for each in site.fake.requests if each.path.startswith("/v1.0/")]
    assert {each.method for each in graph} == {"GET"}
    assert all(each.status in {200, 302} for each in graph)
    children = [each.query for each in graph if each.path.endswith("/children")]
    assert children
    assert all("$select=" in each and "downloadUrl" not in each for each in children)


def test_without_the_grant_nothing_is_read(site: OnSharePoint) -> None:
    site.put(POLICY, b"accepted")
    found = only(site)
    site.fake.app.site_grants.clear()
    for ask in (site.source.documents, lambda: site.source.read(found)):
        with pytest.raises(VendorRefused) as caught:
            ask()
        assert (caught.value.status, caught.value.permanent) == (403, False)


def test_a_column_or_a_label_is_no_new_version(site: OnSharePoint) -> None:
    site.put(POLICY, b"accepted")
    before = only(site)
    item = site.library.edited(site.library.must(POLICY))
    assert item.version == 2
    assert only(site).version == before.version
    assert site.source.read(before) == b"accepted"


def test_a_former_version_restored_is_new_though_its_ctag_came_back(site: OnSharePoint) -> None:
    site.put(POLICY, b"accepted 2023")
    site.library.restore(POLICY, b"accepted 2021")
    first, tag = only(site), site.library.must(POLICY).ctag
    site.library.restore(POLICY, b"accepted 2022")
    assert site.library.must(POLICY).ctag == tag
    assert only(site).version != first.version
    with pytest.raises(ChangedMeanwhile):
        site.source.read(first)


def test_a_library_that_gives_no_hash_tells_versions_by_their_tags(site: OnSharePoint) -> None:
    site.fake.gives_hashes = False
    site.put(POLICY, b"accepted 2024")
    first = only(site)
    site.put(POLICY, b"accepted 2025")
    assert only(site).version != first.version
    assert site.source.read(only(site)) == b"accepted 2025"


def test_a_folder_that_takes_a_policys_place_is_no_policy(site: OnSharePoint) -> None:
    site.put("Uniform.docx", b"accepted")
    found = only(site)
    item = site.library.must("Uniform.docx")
    item.content = None
    assert site.source.documents() == ()
    with pytest.raises(Gone):
        site.source.read(found)


@pytest.mark.parametrize("fault", FAULTS)
def test_a_page_of_the_library_that_is_lost_loses_nothing(site: OnSharePoint, fault: dict[str, Any]) -> None:
    for number in range(250):
        site.put(f"All/Policy {number:03}.txt", b"policy")
    site.fake.faults.plan("children.*skiptoken", **fault)
    with pytest.raises(DeliveryError) as caught:
        site.source.documents()
    assert not caught.value.permanent
    assert caught.value.retry_after == (7 if fault.get("status") == 429 else None)
    assert len(site.source.documents()) == 250


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("where", ["/content$", "_download"])
def test_content_of_the_library_that_does_not_come_is_asked_for_again(
    site: OnSharePoint, fault: dict[str, Any], where: str
) -> None:
    site.put(POLICY, b"accepted")
    found = only(site)
    site.fake.faults.plan(where, **fault)
    with pytest.raises(DeliveryError) as caught:
        site.source.read(found)
    assert not caught.value.permanent
    assert not isinstance(caught.value, Gone)
    assert site.source.read(found) == b"accepted"


@pytest.mark.parametrize("what", ["id", "driveId"])
def test_an_answer_of_another_item_is_refused(site: OnSharePoint, monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    site.put(POLICY, b"accepted")
    site.put("Uniform.txt", b"of another policy")
    found = {each.name: each for each in site.source.documents()}["Child protection.docx"]
    old = found.id if what == "id" else site.library.drive_id
    crossed(monkeypatch, graph_of, swap(what, old, "01ANOTHER"))
    with pytest.raises(AnotherItem):
        site.source.read(found)
    if what == "driveId":
        with pytest.raises(AnotherItem):
            site.source.documents()


def test_what_is_neither_a_file_nor_a_folder_is_no_policy(site: OnSharePoint, monkeypatch: pytest.MonkeyPatch) -> None:
    site.put("Notebook.docx", b"a notebook is a package")
    found = only(site)
    crossed(monkeypatch, graph_of, lambda item: {key: item[key] for key in item if key != "file"})
    assert site.source.documents() == ()
    with pytest.raises(Gone):
        site.source.read(found)


def test_a_library_that_says_nothing_of_versions_is_not_read(
    site: OnSharePoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.fake.gives_hashes = False
    site.put(POLICY, b"accepted")
    crossed(monkeypatch, graph_of, lambda item: {key: item[key] for key in item if key != "cTag"})
    with pytest.raises(AnotherItem):
        site.source.documents()


# -- a shared drive


def test_a_google_document_is_exported_as_word(drive: OnDrive) -> None:
    made = drive.shared.document("Child protection", b"PK first", drive.shared.folder("Safeguarding"))
    first = only(drive)
    assert (first.id, first.name) == (made.id, "Child protection.docx")
    assert drive.source.read(first) == b"PK first"
    drive.fake.clock = lambda: datetime.now(UTC) + timedelta(minutes=1)
    made.rewrite(b"PK second")
    second = only(drive)
    assert second.id == first.id
    assert second.version != first.version
    assert drive.source.read(second) == b"PK second"
    with pytest.raises(ChangedMeanwhile):
        drive.source.read(first)


def test_what_nobody_sees_of_a_google_document_is_no_new_version(drive: OnDrive) -> None:
    made = drive.shared.document("Uniform", b"PK")
    before = only(drive)
    made.version += 7
    assert only(drive) == before


@pytest.mark.parametrize(("kind", "name", "shown"), [
    ("application/pdf", "Uniform 1.2", "Uniform 1.2.pdf"),
    ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", "Uniform", "Uniform.docx"),
    ("application/octet-stream", "Uniform.DOCX", "Uniform.DOCX"),
    ("application/vnd.google-apps.document", "Uniform.docx", "Uniform.docx"),
    ("application/octet-stream", "Uniform", None),
    ("text/plain", "notes.md", None),
    ("text/plain", ".hidden.txt", None),
    ("application/vnd.google-apps.document", "~$Uniform", None),
    ("application/vnd.google-apps.spreadsheet", "Uniform.docx", None),
    ("image/png", "Uniform.pdf", None),
])  # fmt: skip
def test_a_name_has_the_ending_of_what_it_is(drive: OnDrive, kind: str, name: str, shown: str | None) -> None:
    drive.shared.put(name, None, kind, None if "google-apps" in kind else b"content")
    assert names(drive) == ([shown] if shown else [])


def test_a_document_in_the_bin_is_gone_with_the_folder_above_it(drive: OnDrive) -> None:
    drive.put(POLICY, b"accepted")
    found = only(drive)
    drive.shared.find("Safeguarding").trashed = True
    assert drive.source.documents() == ()
    with pytest.raises(Gone):
        drive.source.read(found)
    drive.shared.find("Safeguarding").trashed = False
    assert drive.source.read(only(drive)) == b"accepted"


def test_a_document_that_was_moved_to_another_drive_is_gone(drive: OnDrive) -> None:
    drive.put(POLICY, b"accepted")
    found = only(drive)
    other = drive.fake.shared_drive("Archive")
    other.add("reader@concern-connector-417.iam.gserviceaccount.com", "reader")
    moved = drive.shared.find(POLICY)
    moved.drive, moved.parent = other, other.root
    assert drive.source.documents() == ()
    with pytest.raises(Gone):
        drive.source.read(found)


def test_only_the_folder_that_is_named_is_read_with_all_that_is_in_it(drive: OnDrive) -> None:
    for path in ("Staff/Pay.docx", "Policies/A.txt", "Policies/Statutory/B.txt", "Policies/Statutory/2025/C.txt"):
        drive.put(path, path.encode())
    drive.put("Root.txt", b"none")
    drive.fake.page_size = 2
    folder = drive.shared.find("Policies")
    within = OnDrive(drive.fake, drive.shared, replace(drive.source, folder=folder.id))
    assert names(within) == ["A.txt", "B.txt", "C.txt"]
    drive.move("Policies/Statutory", "Staff")
    assert names(within) == ["A.txt"]
    assert names(OnDrive(drive.fake, drive.shared, replace(drive.source, folder=drive.shared.id))) == names(drive)


def test_a_folder_that_is_there_no_more_is_no_folder_without_policies(drive: OnDrive) -> None:
    drive.put("Policies/A.txt", b"policy")
    folder = drive.shared.find("Policies")
    source = replace(drive.source, folder=folder.id)
    assert len(source.documents()) == 1
    folder.trashed = True
    with pytest.raises(NoSuchFolder) as caught:
        source.documents()
    assert not caught.value.permanent


def test_a_ring_of_folders_ends(drive: OnDrive, monkeypatch: pytest.MonkeyPatch) -> None:
    entry = {"driveId": drive.shared.id, "mimeType": "application/vnd.google-apps.folder", "modifiedTime": "x"}
    ring = [{**entry, "id": "one", "parents": ["two"]}, {**entry, "id": "two", "parents": ["one"]}]
    monkeypatch.setattr(Drive, "listed", lambda *_: ring)
    assert replace(drive.source, folder="one").documents() == ()


@pytest.mark.parametrize(("sums", "minutes"), [((), 1), (("md5",), 0), (("sha256",), 0), (("md5", "sha256"), 0)])
def test_an_old_file_with_fewer_checksums_is_told_all_the_same(
    drive: OnDrive, sums: tuple[str, ...], minutes: int
) -> None:
    now = datetime.now(UTC)
    drive.fake.clock = lambda: now
    drive.put(POLICY, b"accepted 2009")
    file = drive.shared.find(POLICY)
    file.sums = sums
    first = only(drive)
    assert drive.source.read(first) == b"accepted 2009"
    drive.fake.clock = lambda: now + timedelta(minutes=minutes)
    file.rewrite(b"accepted 2010")
    assert only(drive).version != first.version
    assert drive.source.read(only(drive)) == b"accepted 2010"


def test_a_document_of_google_over_10_mb_is_said_with_what_to_do(drive: OnDrive) -> None:
    made = drive.shared.document("Uniform", b"%" * (10 * 1024 * 1024))
    assert len(drive.source.read(only(drive))) == 10 * 1024 * 1024
    drive.fake.clock = lambda: datetime.now(UTC) + timedelta(minutes=1)
    made.rewrite(b"%" * (10 * 1024 * 1024 + 1))
    with pytest.raises(NotExported, match="Save it there as a Word file") as caught:
        drive.source.read(only(drive))
    assert caught.value.permanent


def test_a_drive_that_keeps_readers_from_downloading_is_said(drive: OnDrive) -> None:
    drive.shared.restrictions["copyRequiresWriterPermission"] = True
    drive.shared.document("Uniform", b"PK")
    with pytest.raises(NotExported):
        drive.source.read(only(drive))
    drive.put("Attendance.pdf", b"%PDF")
    found = {each.name: each for each in drive.source.documents()}["Attendance.pdf"]
    with pytest.raises(VendorRefused):
        drive.source.read(found)


@pytest.mark.parametrize("fault", FAULTS)
def test_a_page_of_the_drive_that_is_lost_loses_nothing(drive: OnDrive, fault: dict[str, Any]) -> None:
    drive.fake.page_size = 100
    for number in range(250):
        drive.put(f"All/Policy {number:03}.txt", b"policy")
    drive.fake.fail("drive.files.list", **fault, skip=2)
    with pytest.raises(DeliveryError) as caught:
        drive.source.documents()
    assert not caught.value.permanent
    assert caught.value.retry_after == (7 if fault.get("status") == 429 else None)
    assert len(drive.source.documents()) == 250


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("google_made", [False, True])
def test_content_of_the_drive_that_does_not_come_is_asked_for_again(
    drive: OnDrive, fault: dict[str, Any], google_made: bool
) -> None:
    if google_made:
        drive.shared.document("Uniform", b"accepted")
    else:
        drive.put("Uniform.docx", b"accepted")
    found = only(drive)
    drive.fake.fail(**fault, method_id="drive.files.export" if google_made else "drive.files.get", skip=not google_made)
    with pytest.raises(DeliveryError) as caught:
        drive.source.read(found)
    assert not caught.value.permanent
    assert not isinstance(caught.value, Gone)
    assert drive.source.read(found) == b"accepted"


@pytest.mark.parametrize("what", ["id", "driveId"])
def test_an_answer_of_another_file_is_refused(drive: OnDrive, monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    drive.put(POLICY, b"accepted")
    found = only(drive)
    crossed(monkeypatch, google_of, swap(what, found.id if what == "id" else drive.shared.id, "1another"))
    with pytest.raises(WrongAnswer if what == "id" else Gone):
        drive.source.read(found)
    if what == "driveId":
        with pytest.raises(WrongAnswer):
            drive.source.documents()


def test_bytes_of_another_file_are_refused(drive: OnDrive, monkeypatch: pytest.MonkeyPatch) -> None:
    drive.put(POLICY, b"accepted")
    found = only(drive)
    altered(monkeypatch, google_of, lambda answer: answer.body.replace(b"accepted", b"of another"))
    with pytest.raises(ChangedMeanwhile):
        drive.source.read(found)


def test_a_file_of_which_the_drive_says_nothing_is_not_read(drive: OnDrive, monkeypatch: pytest.MonkeyPatch) -> None:
    drive.shared.document("Uniform", b"PK")
    crossed(monkeypatch, google_of, lambda found: {**found, "modifiedTime": ""} if "modifiedTime" in found else found)
    with pytest.raises(WrongAnswer):
        drive.source.documents()


def test_whoever_is_no_member_reads_nothing(drive: OnDrive) -> None:
    drive.put(POLICY, b"accepted")
    found = only(drive)
    drive.shared.members.clear()
    with pytest.raises(VendorRefused) as caught:
        drive.source.documents()
    assert (caught.value.status, caught.value.permanent) == (404, False)
    with pytest.raises(Gone):
        drive.source.read(found)


def test_the_drive_is_asked_to_read_and_nothing_else(drive: OnDrive) -> None:
    drive.put(POLICY, b"accepted")
    drive.shared.document("Uniform", b"PK")
    for found in drive.source.documents():
        drive.source.read(found)
    asked = [each for each in drive.fake.requests if each.method_id.startswith("drive.")]
    assert {each.method_id for each in asked} == {"drive.files.list", "drive.files.get", "drive.files.export"}
    assert {each.method for each in asked} == {"GET"}
    assert {each.scopes for each in asked} == {frozenset(LOOK_SCOPES)}


@pytest.mark.parametrize("google_made", [False, True])
def test_a_scope_that_shows_names_only_reads_no_policy(drive: OnDrive, google_made: bool) -> None:
    account = drive.fake.service_account("reader")
    sign_in = GoogleSignIn(Given(identity=Identity.MEMBER, key=account.info), f"{drive.fake.url}/token")
    source = DriveSource(Drive(Google(sign_in, drive.fake.url), METADATA_SCOPES), drive.shared.id)
    if google_made:
        drive.shared.document("Uniform", b"PK")
    else:
        drive.put("Uniform.docx", b"PK")
    with pytest.raises(VendorRefused) as caught:
        source.read(source.documents()[0])
    assert (caught.value.status, caught.value.code) == (403, "ACCESS_TOKEN_SCOPE_INSUFFICIENT")


# -- the fakes refuse what Microsoft and Google refuse


def ask_drive(drive: OnDrive, path: str, scope: str = LOOK_SCOPES[0]) -> requests.Response:
    account = drive.fake.service_account("reader")
    token = access_token(drive.fake, account.email, account.client_id, [scope], is_service=True)
    url = f"{drive.fake.url}/drive/v3/files/{path}"
    return requests.get(url, headers={"Authorization": f"Bearer {token.value}"}, timeout=60)


WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


@pytest.mark.parametrize(("query", "status", "reason", "is_a_slip"), [
    (f"mimeType={WORD}", 200, "", False),
    (f"mimeType={WORD}&alt=media", 200, "", False),
    ("", 400, "invalidParameter", True),
    (f"mimeType={WORD}&supportsAllDrives=true", 400, "invalidParameter", True),
    (f"mimeType={WORD}&fields=id", 400, "invalidParameter", True),
    ("mimeType=application/msword", 400, "badRequest", True),
    ("mimeType=application/vnd.google-apps.document", 400, "badRequest", True),
])  # fmt: skip
def test_an_export_takes_one_parameter_and_known_formats(
    tmp_path: Path, query: str, status: int, reason: str, is_a_slip: bool
) -> None:
    with on_drive(tmp_path) as drive:
        made = drive.shared.document("Uniform", b"PK")
        answer = ask_drive(drive, f"{made.id}/export?{query}")
        assert answer.status_code == status
        assert (answer.content == b"PK") is (status == 200)
        assert reason in answer.text
        assert bool(drive.fake.complaints) is is_a_slip


def test_google_exports_its_own_documents_only_and_downloads_all_others_only(tmp_path: Path) -> None:
    with on_drive(tmp_path) as drive:
        made = drive.shared.document("Uniform", b"PK")
        answer = ask_drive(drive, f"{made.id}?alt=media&supportsAllDrives=true")
        assert (answer.status_code, "fileNotDownloadable" in answer.text) == (403, True)
        drive.put("Uniform.docx", b"PK")
        answer = ask_drive(drive, f"{drive.shared.find('Uniform.docx').id}/export?mimeType={WORD}")
        assert (answer.status_code, "fileNotExportable" in answer.text) == (403, True)
        assert drive.fake.complaints


@pytest.mark.parametrize(("scope", "member", "copies", "size", "status", "reason"), [
    (LOOK_SCOPES[0], True, True, 10 * 1024 * 1024, 200, ""),
    (LOOK_SCOPES[0], True, True, 10 * 1024 * 1024 + 1, 403, "exportSizeLimitExceeded"),
    (LOOK_SCOPES[0], True, False, 2, 403, "cannotExportFile"),
    (LOOK_SCOPES[0], False, True, 2, 404, "notFound"),
    (METADATA_SCOPES[0], True, True, 2, 403, "insufficientPermissions"),
    (f"{LOOK_SCOPES[0].rpartition('/')[0]}/drive.file", True, True, 2, 404, "notFound"),
])  # fmt: skip
def test_an_export_needs_the_right_the_scope_and_a_small_document(
    drive: OnDrive, scope: str, member: bool, copies: bool, size: int, status: int, reason: str
) -> None:
    made = drive.shared.document("Uniform", b"%" * size)
    drive.shared.restrictions["copyRequiresWriterPermission"] = not copies
    if not member:
        drive.shared.members.clear()
    answer = ask_drive(drive, f"{made.id}/export?mimeType={WORD}", scope)
    assert (answer.status_code, len(answer.content) == size) == (status, status == 200)
    assert status == 200 or answer.json()["error"]["errors"][0]["reason"] == reason


def test_a_google_document_has_no_checksum_and_no_head_revision(drive: OnDrive) -> None:
    made = drive.shared.document("Uniform", b"PK")
    query = "supportsAllDrives=true&fields=name,sha256Checksum,md5Checksum,headRevisionId,modifiedTime,webViewLink"
    shown = ask_drive(drive, f"{made.id}?{query}").json()
    assert set(shown) == {"name", "modifiedTime", "webViewLink"}
    assert "/document/d/" in shown["webViewLink"]


@pytest.mark.parametrize(("query", "status"), [
    ("$select=id,name", 200),
    ("$select=id,nmae", 400),
    ("$skiptoken=MQ", 400),
    ("$skip=1", 400),
    ("$filter=file ne null", 400),
])  # fmt: skip
def test_children_take_only_what_graph_gave(tmp_path: Path, query: str, status: int) -> None:
    with on_sharepoint(tmp_path) as site:
        site.put("Uniform.docx", b"accepted")
        school = School(site.fake, site.library)
        answer = school("GET", f"{school.drive}/root/children?{query}")
        assert answer.status_code == status
        assert bool(site.fake.complaints) is (status == 400)
        if status == 200:
            assert [set(item) for item in answer.json()["value"]] == [{"id", "name"}]
