"""The fake's Drive: a shared drive keeps its rules, ids are used once, and no field slips through."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests
from googleapiclient.errors import HttpError
from googleapiclient.http import MediaIoBaseDownload, MediaIoBaseUpload

from tests.workspace import SharedDrive, Workspace, workspace
from tests.workspace.clients import AUTH, as_person, as_service, service
from tests.workspace.makers import access_token

CONTENT = b'{"concern": 1}\r\n\r\nwith line ends\n'
ALL = {"supportsAllDrives": True}
EVERYWHERE = ALL | {"includeItemsFromAllDrives": True, "corpora": "drive"}


@pytest.fixture
def fake() -> Iterator[Workspace]:
    with workspace() as made:
        yield made


@pytest.fixture
def store(fake: Workspace) -> SharedDrive:
    made = fake.shared_drive("Safeguarding (restricted)", {"driveMembersOnly": True})
    made.add(fake.service_account().email, "writer")
    made.add("dsl@hillside.example", "organizer")
    return made


@pytest.fixture
def drive(fake: Workspace, store: SharedDrive) -> Iterator[Any]:
    with service(fake, "drive.v3", as_service(fake.service_account(), "drive")) as made:
        yield made


def refusal(request: Any) -> tuple[int, str]:
    with pytest.raises(HttpError) as caught:
        request.execute()
    return int(caught.value.status_code), str(json.loads(caught.value.content)["error"]["errors"][0]["reason"])


def fresh(drive: Any) -> str:
    return str(drive.files().generateIds(count=1).execute()["ids"][0])


def media(content: bytes = CONTENT, **more: Any) -> MediaIoBaseUpload:
    return MediaIoBaseUpload(io.BytesIO(content), mimetype="application/json", **more)


def filed(drive: Any, folder: str, fields: str = "id", **body: Any) -> dict[str, Any]:
    given = {"id": fresh(drive), "name": "SC-1.json", "parents": [folder]} | body
    made = drive.files().create(body=given, media_body=media(), fields=fields, **ALL).execute()
    return dict(made)


def raw(fake: Workspace, method: str, path: str, **more: Any) -> requests.Response:
    account = fake.service_account()
    token = access_token(fake, account.email, account.client_id, [AUTH + "drive"], is_service=True)
    headers = {"Authorization": f"Bearer {token.value}"} | more.pop("headers", {})
    return requests.request(method, fake.url + path, headers=headers, timeout=60, **more)


def test_a_file_is_stored_byte_for_byte_and_described(fake: Workspace, store: SharedDrive, drive: Any) -> None:
    folder = store.folder("2026")
    fields = (
        "id,driveId,parents,size,sha256Checksum,md5Checksum,hasAugmentedPermissions,webViewLink,appProperties,trashed"
    )
    made = filed(drive, folder.id, fields, appProperties={"scKey": "k"})
    assert store.files() == {"2026/SC-1.json": CONTENT}
    assert made["sha256Checksum"] == hashlib.sha256(CONTENT).hexdigest()
    assert (made["driveId"], made["parents"], made["size"]) == (store.id, [folder.id], str(len(CONTENT)))
    assert (made["hasAugmentedPermissions"], made["appProperties"], made["trashed"]) == (False, {"scKey": "k"}, False)
    store.share_file(made["id"], "t@hillside.example", "reader")
    again = drive.files().get(fileId=made["id"], fields="hasAugmentedPermissions,permissions", **ALL).execute()
    assert again == {"hasAugmentedPermissions": True}
    assert fake.complaints == []


def test_without_fields_only_four_come(store: SharedDrive, drive: Any) -> None:
    made = drive.files().create(body={"name": "a", "parents": [store.id]}, media_body=media(), **ALL).execute()
    assert set(made) == {"kind", "id", "name", "mimeType"}
    assert set(drive.permissions().list(fileId=store.id, **ALL).execute()["permissions"][0]) == {
        "kind",
        "id",
        "type",
        "role",
    }
    assert set(drive.drives().get(driveId=store.id).execute()) == {"kind", "id", "name"}
    listed = drive.files().list(driveId=store.id, **EVERYWHERE).execute()
    assert (set(listed), set(listed["files"][0])) == ({"kind", "incompleteSearch", "files"}, set(made))


def test_an_id_is_used_once_and_by_whom_it_was_given_to(fake: Workspace, store: SharedDrive, drive: Any) -> None:
    body = {"id": fresh(drive), "name": "a", "parents": [store.id]}
    fake.fail("drive.files.create", 503, after=True)
    with pytest.raises(HttpError):
        drive.files().create(body=body, media_body=media(), **ALL).execute()
    assert refusal(drive.files().create(body=body, media_body=media(), **ALL)) == (409, "fileIdInUse")
    assert len(store.files()) == 1
    assert fake.complaints == []
    assert refusal(drive.files().create(body=body | {"id": "1invented"}, media_body=media(), **ALL)) == (400, "invalid")
    store.add("other@hillside.example", "writer")
    with service(fake, "drive.v3", as_person(fake, "other@hillside.example", "drive")) as other:
        assert refusal(drive.files().create(body=body | {"id": fresh(other)}, media_body=media(), **ALL))[0] == 400
    assert len(fake.complaints) == 2


def test_of_many_at_once_one_stores_the_file(fake: Workspace, store: SharedDrive, drive: Any) -> None:
    body = json.dumps({"id": fresh(drive), "name": "a", "parents": [store.id]})
    fake.delay("drive.files.create", 0.1)
    path, headers = "/drive/v3/files?supportsAllDrives=true", {"Content-Type": "application/json"}
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: raw(fake, "POST", path, data=body, headers=headers).status_code, range(8)))
    assert sorted(answers) == [200] + [409] * 7
    assert fake.complaints == []


def test_new_content_takes_the_place_of_the_old(fake: Workspace, store: SharedDrive, drive: Any) -> None:
    made = filed(drive, store.id)["id"]
    for upload in (media(b"second"), media(b"third", resumable=True)):
        drive.files().update(fileId=made, body={"appProperties": {"k": "v"}}, media_body=upload, **ALL).execute()
    assert store.files() == {"SC-1.json": b"third"}
    assert fake.complaints == []


def test_an_upload_in_pieces_survives_a_cut(fake: Workspace, store: SharedDrive, drive: Any) -> None:
    content = bytes(range(256)) * 3000
    body = {"id": fresh(drive), "name": "scan.pdf", "parents": [store.id]}
    fake.fail("drive.files.create.chunk", 503, skip=1)
    request = drive.files().create(
        body=body, media_body=media(content, chunksize=256 * 1024, resumable=True), fields="id,size", **ALL
    )
    with pytest.raises(HttpError):
        request.execute()
    made = None
    while made is None:
        _, made = request.next_chunk()
    assert made == {"id": body["id"], "size": str(len(content))}
    assert store.files() == {"scan.pdf": content}
    again = drive.files().create(body=body, media_body=media(content, resumable=True), **ALL)
    assert refusal(again) == (409, "fileIdInUse")
    assert fake.complaints == []


def test_a_chunk_of_an_odd_size_is_complained_of(fake: Workspace, store: SharedDrive) -> None:
    path = "/upload/drive/v3/files?uploadType=resumable&supportsAllDrives=true"
    begun = raw(fake, "POST", path, json={"name": "a", "parents": [store.id]})
    answer = requests.put(begun.headers["Location"], b"x", headers={"Content-Range": "bytes 0-0/2"}, timeout=60)
    assert answer.status_code == 400
    assert requests.put(begun.headers["Location"] + "x", b"x", timeout=60).status_code == 404
    assert len(fake.complaints) == 1


def test_missing_supports_all_drives_finds_nothing(fake: Workspace, store: SharedDrive, drive: Any) -> None:
    made = filed(drive, store.id)["id"]
    assert refusal(drive.files().get(fileId=made)) == (404, "notFound")
    assert refusal(drive.permissions().list(fileId=store.id)) == (404, "notFound")
    assert refusal(drive.files().create(body={"name": "a", "parents": [store.id]}, media_body=media())) == (
        404,
        "notFound",
    )
    assert refusal(drive.files().update(fileId=made, body={"name": "b"})) == (404, "notFound")
    assert fake.complaints == []


def test_a_service_account_stores_nothing_outside_a_shared_drive(fake: Workspace, drive: Any) -> None:
    for body in ({"name": "a"}, {"name": "a", "parents": ["root"]}):
        assert refusal(drive.files().create(body=body, media_body=media(), **ALL)) == (403, "storageQuotaExceeded")
    folder = fake.my_drive("head@hillside.example").folder("Ours")
    folder.share(fake.service_account().email, "writer")
    body = {"name": "a", "parents": [folder.id]}
    assert refusal(drive.files().create(body=body, media_body=media(), **ALL)) == (403, "storageQuotaExceeded")
    with service(fake, "drive.v3", as_person(fake, "head@hillside.example", "drive")) as head:
        head.files().create(body={"name": "mine"}, media_body=media()).execute()
    assert fake.my_drive("head@hillside.example").files() == {"mine": CONTENT}


def test_only_members_see_the_drive_and_roles_count(fake: Workspace, store: SharedDrive, drive: Any) -> None:
    made = filed(drive, store.id)["id"]
    store.members[fake.service_account().email] = "reader"
    body = {"name": "a", "parents": [store.id]}
    assert refusal(drive.files().create(body=body, media_body=media(), **ALL)) == (403, "insufficientParentPermissions")
    assert refusal(drive.permissions().list(fileId=made, **ALL)) == (403, "insufficientFilePermissions")
    fake.readers_may_list_permissions = True
    drive.permissions().list(fileId=made, **ALL).execute()
    del store.members[fake.service_account().email]
    assert refusal(drive.files().get(fileId=made, **ALL)) == (404, "notFound")
    assert refusal(drive.drives().get(driveId=store.id)) == (404, "notFound")
    assert drive.drives().list().execute()["drives"] == []
    fake.groups["staff@hillside.example"] = {fake.service_account().email}
    store.add("group:staff@hillside.example", "reader")
    drive.files().get(fileId=made, **ALL).execute()
    assert fake.complaints == []


@pytest.mark.parametrize(
    "changes",
    [
        {"parent": ["x"]}, {"size": "3"}, {"driveId": "x"}, {"md5Checksum": "x"}, {"trashed": "no"}, {"parents": "x"},
        {"appProperties": {"k": 1}}, {"appProperties": {"k": "v" * 124}}, {"appProperties": dict.fromkeys(map(str, range(31)), "")},
        {"parents": ["x", "y"]}, {"parents": []}, {"createdTime": "yesterday"}, {"mimeType": "json"}, {"capabilities": {}},
    ],
)  # fmt: skip
def test_a_wrong_body_is_complained_of(
    fake: Workspace, store: SharedDrive, drive: Any, changes: dict[str, Any]
) -> None:
    body = {"name": "a", "parents": [store.id]} | changes
    assert refusal(drive.files().create(body=body, media_body=media(), **ALL))[0] == 400
    assert len(fake.complaints) == 1


def test_googles_own_kinds_take_no_id_but_folders_do(fake: Workspace, store: SharedDrive, drive: Any) -> None:
    folder = {"id": fresh(drive), "name": "f", "mimeType": "application/vnd.google-apps.folder", "parents": [store.id]}
    drive.files().create(body=folder, **ALL).execute()
    assert store.find("f").is_folder
    native = folder | {"id": fresh(drive), "mimeType": "application/vnd.google-apps.document"}
    assert refusal(drive.files().create(body=native, **ALL))[0] == 400


def test_generate_ids_keeps_to_its_limits(fake: Workspace) -> None:
    for query in ("count=1001", "count=0", "count=x", "space=photos", "type=docs", "amount=1"):
        assert raw(fake, "GET", f"/drive/v3/files/generateIds?{query}").status_code == 400
    assert len(fake.complaints) == 6


def test_drive_file_reaches_only_what_the_app_made(fake: Workspace, store: SharedDrive, drive: Any) -> None:
    folder, made = store.folder("by hand"), filed(drive, store.id)["id"]
    with service(fake, "drive.v3", as_service(fake.service_account(), "drive.file")) as narrow:
        narrow.files().get(fileId=made, **ALL).execute()
        assert refusal(narrow.files().get(fileId=folder.id, **ALL)) == (404, "notFound")
        body = {"name": "a", "parents": [folder.id]}
        assert refusal(narrow.files().create(body=body, media_body=media(), **ALL)) == (404, "notFound")
        assert refusal(narrow.drives().get(driveId=store.id)) == (403, "insufficientPermissions")
        listed = narrow.files().list(driveId=store.id, **EVERYWHERE).execute()["files"]
        assert [each["id"] for each in listed] == [made]
    with service(fake, "drive.v3", as_service(fake.service_account(), "drive.metadata.readonly")) as narrow:
        assert refusal(narrow.files().get_media(fileId=made, **ALL)) == (403, "insufficientPermissions")
    assert fake.complaints == []


def test_content_is_read_whole_and_in_pieces(fake: Workspace, store: SharedDrive, drive: Any) -> None:
    made = filed(drive, store.id)["id"]
    assert drive.files().get_media(fileId=made, **ALL).execute() == CONTENT
    into = io.BytesIO()
    loading, done = MediaIoBaseDownload(into, drive.files().get_media(fileId=made, **ALL), chunksize=7), False
    while not done:
        _, done = loading.next_chunk()
    assert into.getvalue() == CONTENT
    assert refusal(drive.files().get_media(fileId=store.folder("f").id, **ALL)) == (403, "fileNotDownloadable")


def test_a_search_finds_by_property_name_and_folder(fake: Workspace, store: SharedDrive, drive: Any) -> None:
    folder = store.folder("2026")
    first = filed(drive, folder.id, name="it's", appProperties={"scKey": "abc"})["id"]
    second = filed(drive, store.id, appProperties={"scKey": "abd"})["id"]
    store.find("SC-1.json").share("anyone", "reader")

    def found(q: str) -> set[str]:
        listed = drive.files().list(q=q, driveId=store.id, **EVERYWHERE).execute()
        return {each["id"] for each in listed["files"]}

    assert found("appProperties has { key='scKey' and value='abc' } and trashed=false") == {first}
    assert found("name = 'it\\'s'") == {first}
    assert found(f"'{folder.id}' in parents and mimeType = 'application/json'") == {first}
    assert found(f"not '{folder.id}' in parents and mimeType != 'application/vnd.google-apps.folder'") == {second}
    assert found("visibility != 'limited'") == {second}
    assert found("(name = 'x' or name contains 'SC') and trashed = false") == {second}
    mine = drive.files().list(q=f"'{folder.id}' in parents", supportsAllDrives=True, includeItemsFromAllDrives=True)
    assert [each["id"] for each in mine.execute()["files"]] == [first]
    assert drive.files().list().execute()["files"] == []
    assert fake.complaints == []
    for wrong in (
        "name = 'x",
        "Name = 'x'",
        "name == 'x'",
        "name = x",
        "title = 'x'",
        "name = 'x' and",
        "visibility='x'",
    ):
        assert refusal(drive.files().list(q=wrong, driveId=store.id, **EVERYWHERE)) == (400, "invalid")


def test_a_search_in_a_drive_says_so_three_times(fake: Workspace, store: SharedDrive, drive: Any) -> None:
    for missing in ("supportsAllDrives", "includeItemsFromAllDrives", "corpora"):
        given = {name: value for name, value in EVERYWHERE.items() if name != missing}
        assert refusal(drive.files().list(driveId=store.id, **given))[0] in {400, 403}
    assert refusal(drive.files().list(**EVERYWHERE))[0] == 400
    assert refusal(drive.files().list(driveId="0Anone", **EVERYWHERE)) == (404, "notFound")
    assert len(fake.complaints) == 4


def test_a_list_comes_in_pages(fake: Workspace, store: SharedDrive, drive: Any) -> None:
    for number in range(5):
        store.put(f"{number}", content=b"x")
    seen, request = [], drive.files().list(driveId=store.id, pageSize=2, orderBy="name", **EVERYWHERE)
    while request is not None:
        answer = request.execute()
        seen += [each["name"] for each in answer["files"]]
        request = drive.files().list_next(request, answer)
    assert seen == ["0", "1", "2", "3", "4"]
    assert raw(fake, "GET", "/drive/v3/files?pageSize=1001").status_code == 400


def test_a_content_manager_trashes_and_a_manager_deletes(fake: Workspace, store: SharedDrive, drive: Any) -> None:
    made, email = filed(drive, store.id)["id"], fake.service_account().email
    trash = drive.files().update(fileId=made, body={"trashed": True}, **ALL)
    fields = "capabilities(canTrash,canAddChildren,canDelete)"
    shown = drive.files().get(fileId=made, fields=fields, **ALL).execute()["capabilities"]
    assert shown == {"canTrash": False, "canAddChildren": False, "canDelete": False}
    assert refusal(trash) == (403, "insufficientFilePermissions")
    store.members[email] = "fileOrganizer"
    trash.execute()
    assert store.files() == {}
    assert refusal(drive.files().delete(fileId=made, **ALL)) == (403, "insufficientFilePermissions")
    store.members[email] = "organizer"
    assert drive.files().delete(fileId=made, **ALL).execute() == ""
    assert refusal(drive.files().get(fileId=made, **ALL)) == (404, "notFound")
    assert fake.complaints == []


def test_a_lock_keeps_content_and_name(fake: Workspace, store: SharedDrive, drive: Any) -> None:
    made, email = filed(drive, store.id)["id"], fake.service_account().email
    lock = {"contentRestrictions": [{"readOnly": True, "reason": "Filed record"}]}
    drive.files().update(fileId=made, body=lock, **ALL).execute()
    assert refusal(drive.files().update(fileId=made, media_body=media(b"new"), **ALL)) == (403, "contentRestricted")
    assert refusal(drive.files().update(fileId=made, body={"name": "b"}, **ALL)) == (403, "contentRestricted")
    bound = {"contentRestrictions": [{"readOnly": True, "ownerRestricted": True}]}
    assert refusal(drive.files().update(fileId=made, body=bound, **ALL)) == (403, "insufficientFilePermissions")
    store.members[email] = "organizer"
    drive.files().update(fileId=made, body=bound, **ALL).execute()
    store.members[email] = "writer"
    free = {"contentRestrictions": [{"readOnly": False}]}
    assert refusal(drive.files().update(fileId=made, body=free, **ALL)) == (403, "insufficientFilePermissions")
    assert fake.complaints == []
    assert refusal(drive.files().update(fileId=made, body={"parents": [store.id]}, **ALL)) == (403, "fieldNotWritable")


def test_permissions_tell_direct_from_inherited(fake: Workspace, store: SharedDrive, drive: Any) -> None:
    made = filed(drive, store.id)["id"]
    store.share_file(made, "t@hillside.example", "reader")
    store.add("domain:hillside.example", "reader")
    fields = "permissions(type,role,emailAddress,domain,permissionDetails)"
    shown = drive.permissions().list(fileId=made, fields=fields, pageSize=100, **ALL).execute()["permissions"]
    by_name = {each.get("emailAddress") or each["domain"]: each["permissionDetails"][0] for each in shown}
    assert by_name["t@hillside.example"] == {"permissionType": "file", "role": "reader", "inherited": False}
    assert by_name["dsl@hillside.example"]["inheritedFrom"] == store.id
    assert by_name["hillside.example"]["permissionType"] == "member"
    first = drive.permissions().list(fileId=made, fields="nextPageToken,permissions(id)", pageSize=3, **ALL).execute()
    assert (len(first["permissions"]), "nextPageToken" in first) == (3, True)
    assert raw(fake, "GET", f"/drive/v3/files/{made}/permissions?pageSize=101").status_code == 400


def test_the_responders_of_a_form_show_only_on_request(fake: Workspace, drive: Any) -> None:
    form = fake.form("Concern", owner="head@hillside.example")
    form.share(fake.service_account().email, "writer")
    fields = "permissions(type,role,emailAddress,view)"
    plain = drive.permissions().list(fileId=form.id, fields=fields).execute()["permissions"]
    assert {each["role"] for each in plain} == {"owner", "writer"}
    asked = drive.permissions().list(fileId=form.id, fields=fields, includePermissionsForView="published").execute()
    assert [each for each in asked["permissions"] if each.get("view")] == [
        {"type": "domain", "role": "reader", "view": "published"}
    ]


def test_restrictions_are_shown_to_members_with_the_right_scope(store: SharedDrive, drive: Any) -> None:
    shown = drive.drives().get(driveId=store.id, fields="id,restrictions").execute()
    assert shown["restrictions"]["driveMembersOnly"] is True
    assert shown["restrictions"]["copyRequiresWriterPermission"] is False


def test_domain_users_only_keeps_a_service_account_out_and_its_delegate_in(
    fake: Workspace, store: SharedDrive, drive: Any
) -> None:
    store.restrictions["domainUsersOnly"] = True
    assert refusal(drive.drives().get(driveId=store.id)) == (404, "notFound")
    store.add("filer@hillside.example", "writer")
    with service(fake, "drive.v3", as_person(fake, "filer@hillside.example", "drive")) as person:
        filed(person, store.id)
    fake.domain_users_only_bars_service_accounts = False
    drive.drives().get(driveId=store.id).execute()
    assert fake.complaints == []


def test_drive_members_only_makes_a_direct_grant_worthless(fake: Workspace, store: SharedDrive, drive: Any) -> None:
    made = filed(drive, store.id)["id"]
    store.share_file(made, "t@hillside.example", "reader")
    with service(fake, "drive.v3", as_person(fake, "t@hillside.example", "drive")) as person:
        assert refusal(person.files().get(fileId=made, **ALL)) == (404, "notFound")
        store.restrictions["driveMembersOnly"] = False
        person.files().get(fileId=made, **ALL).execute()


def test_a_limited_folder_is_closed_to_all_but_managers(fake: Workspace, store: SharedDrive, drive: Any) -> None:
    folder = store.folder("About the DSL")
    folder.limited = True
    assert refusal(drive.files().get(fileId=folder.id, **ALL)) == (404, "notFound")
    store.members[fake.service_account().email] = "organizer"
    drive.files().get(fileId=folder.id, **ALL).execute()


def test_an_upload_is_copied_on_the_server(fake: Workspace, store: SharedDrive, drive: Any) -> None:
    source = fake.my_drive("head@hillside.example").put("photo.png", mime="image/png", content=b"png")
    source.share(fake.service_account().email, "reader")
    body = {"id": fresh(drive), "name": "copy.png", "parents": [store.id]}
    made = drive.files().copy(fileId=source.id, body=body, fields="id,mimeType", **ALL).execute()
    assert made == {"id": body["id"], "mimeType": "image/png"}
    assert store.files() == {"copy.png": b"png"}


@pytest.mark.parametrize(
    ("status", "reason"), [(403, "userRateLimitExceeded"), (403, "rateLimitExceeded"), (429, "rateLimitExceeded")]
)
def test_rate_limits_are_what_the_client_repeats(fake: Workspace, drive: Any, status: int, reason: str) -> None:
    fake.fail("drive.files.generateIds", status, reason=reason)
    assert refusal(drive.files().generateIds(count=1)) == (status, reason)
    fake.fail("drive.files.generateIds", status, reason=reason)
    request = drive.files().generateIds(count=1)
    request._sleep = lambda seconds: None
    request.execute(num_retries=1)
    assert fake.complaints == []


def test_an_upload_without_its_parts_is_complained_of(fake: Workspace, store: SharedDrive) -> None:
    path = "/upload/drive/v3/files?supportsAllDrives=true&uploadType="
    assert raw(fake, "POST", path + "multipart", json={"name": "a"}).status_code == 400
    assert raw(fake, "POST", path + "sideways", json={"name": "a"}).status_code == 400
    assert raw(fake, "POST", "/drive/v3/files?uploadType=multipart", json={"name": "a"}).status_code == 404
    assert raw(fake, "POST", "/drive/v3/files", data=b"{}").status_code == 400
    assert (
        raw(fake, "POST", "/drive/v3/files", data=b"{", headers={"Content-Type": "application/json"}).status_code == 400
    )
    assert len(fake.complaints) == 5
