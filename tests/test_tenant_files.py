"""The fake tenant refuses what Microsoft refuses: sites, libraries, files, permissions and the change feed."""

from __future__ import annotations

import base64
import socket
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from tests.tenant import contract
from tests.tenant.ids import quick_xor, stamp
from tests.tenant_asking import (
    ADDRESS,
    STEP,
    School,
    asked_school,
    drained,
    refused,
)

__all__ = ["asked_school"]


# -- sites and libraries ---------------------------------------------------------------------------------------------


def test_a_site_and_its_libraries_are_found_as_a_technician_would_look_for_them(school: School) -> None:
    site = school.library.site
    found = school("GET", "/sites/school.sharepoint.example:/sites/safeguarding?$select=id,webUrl").json()
    assert (found["id"], found["webUrl"], "name" in found) == (site.id, ADDRESS, False)
    assert school("GET", f"/sites/{site.id}").json()["siteCollection"]["hostname"] == "school.sharepoint.example"
    listed = school(
        "GET", "/sites/school.sharepoint.example:/sites/safeguarding:/lists?$expand=columns,drive($select=id)"
    ).json()["value"]
    assert listed[0]["drive"]["id"] == school.library.drive_id
    assert "Urgent" in [each["name"] for each in listed[0]["columns"]]
    assert school("GET", f"/sites/{site.id}/drive").json()["id"] == school.library.drive_id
    assert school("GET", f"{school.drive}/list?$select=id").json()["id"] == school.library.list_id
    assert school("GET", f"/sites/{site.id}/lists/Records/drive/root").json()["root"] == {}
    assert not school.fake.complaints


def test_the_apps_own_grants_are_shown_to_full_control_only(school: School) -> None:
    path = f"/sites/{school.library.site.id}/permissions"
    refused(school("GET", path), 403, "accessDenied")
    school.fake.app.site_grants[school.library.site.id] = "fullcontrol"
    found = school("GET", path).json()["value"]
    assert found[0]["grantedToIdentitiesV2"][0]["application"]["id"] == school.fake.app.client_id
    assert set(found[0]) == set(sample("GET", "/sites/*/permissions")["value"][0])


def sample(method: str, ending: str) -> Any:
    """The answer of Microsoft's own sample."""
    found = [each for each in contract.samples() if each["method"] == method and each["url"].endswith(f"/v1.0{ending}")]
    return found[0]["responseBody"]


def test_answers_have_what_the_samples_of_the_reference_have(school: School) -> None:
    school.put("a.json")
    lists = school("GET", f"/sites/{school.library.site.id}/lists").json()["value"][0]
    assert set(sample("GET", "/sites/*/lists")["value"][0]) <= set(lists)
    columns = {each["name"]: each for each in school("GET", f"{school.drive}/list/columns").json()["value"]}
    wanted = sample("GET", "/sites/*/lists/*/columns")["value"][0]
    assert set(wanted) <= set(columns["Title"])
    assert columns["Title"]["text"] == wanted["text"]
    assert set(sample("PUT", "/me/drive/root:*/content")) <= set(school("GET", school.item("a.json")).json())
    assert set(sample("GET", "/me/drive/root/delta?token=*")) <= set(
        school("GET", f"{school.drive}/root/delta?token=latest").json()
    )
    body = {"recipients": [{"email": "robin@school.example"}], "requireSignIn": True, "roles": ["write"]}
    given = school("POST", f"{school.item('a.json')}/invite", json=body).json()["value"][0]
    assert {"grantedTo", "grantedToV2", "id", "roles", "@deprecated.GrantedTo"} <= set(given)


# -- files -----------------------------------------------------------------------------------------------------------


def test_a_put_makes_replaces_renames_or_fails_as_asked(school: School) -> None:
    made = school.put("2026/C-1.json", b"one")
    assert (made.status_code, made.json()["name"], made.json()["parentReference"]["path"].endswith("root:/2026")) == (
        201,
        "C-1.json",
        True,
    )
    assert made.json()["file"]["hashes"] == {"quickXorHash": quick_xor(b"one")}
    refused(school.put("2026/c-1.JSON", b"two"), 409, "nameAlreadyExists")
    again = school.put("2026/C-1.json", b"two", how="")
    assert (again.status_code, again.json()["id"]) == (200, made.json()["id"])
    assert again.json()["eTag"] != made.json()["eTag"]
    assert school.put("2026/C-1.json", b"three", how="rename").json()["name"] == "C-1 1.json"
    refused(school.put("2026/C-1.json", how="overwrite"), 400, "invalidRequest")
    folder = f"{school.drive}/items/{school.library.must('2026').id}"
    assert school("PUT", f"{folder}:/C-2.json:/content", data=b"x").status_code == 201
    assert school("PUT", f"{school.item('2026/C-2.json')}/content", data=b"y").status_code == 200
    assert school.library.files() == {"2026/C-1.json": b"two", "2026/C-1 1.json": b"three", "2026/C-2.json": b"y"}
    school.fake.put_makes_folders = False
    refused(school.put("2027/C-1.json"), 404, "itemNotFound")


@pytest.mark.parametrize(
    "name",
    [
        "a%22b",
        "a*b",
        "a%3Ab",
        "a%3Cb",
        "a%3Eb",
        "a%3Fb",
        "a%7Cb",
        "a%5Cb",
        "%20a",
        "a%20",
        ".a",
        "a.",
        "CON",
        "~$a",
        "a_vti_b",
        "x" * 401,
    ],
)
def test_sharepoint_refuses_the_name(school: School, name: str) -> None:
    refused(school.put(name), 400, "invalidRequest")
    assert not school.library.files()


def test_more_than_250_megabytes_in_one_request_is_too_much(school: School) -> None:
    split = urlsplit(school.fake.url)
    with socket.create_connection((str(split.hostname), int(split.port or 0)), timeout=60) as line:
        line.sendall(
            f"PUT /v1.0{school.drive}/root:/a:/content HTTP/1.1\r\nHost: x\r\nContent-Length: 250000001\r\n\r\n".encode()
        )
        assert line.recv(4000).startswith(b"HTTP/1.1 413 ")


def test_content_comes_from_an_address_that_takes_no_token_and_lasts_an_hour(school: School) -> None:
    school.put("a.json", b"0123456789")
    answer = school("GET", f"{school.item('a.json')}/content")
    where = answer.headers["Location"]
    assert answer.status_code == 302
    assert school("GET", where).content == b"0123456789"
    part = school("GET", where, headers={"Range": "bytes=2-4"})
    assert (part.status_code, part.content, part.headers["Content-Range"]) == (206, b"234", "bytes 2-4/10")
    refused(school("GET", where, headers={"Authorization": "Bearer x"}), 401, "unauthenticated")
    school.fake.clock = lambda: datetime.now(UTC) + timedelta(minutes=61)
    refused(school("GET", where), 404, "itemNotFound")


def test_a_large_file_travels_in_ranges(school: School) -> None:
    content = bytes(range(256)) * 3000
    body = {"item": {"@microsoft.graph.conflictBehavior": "fail", "name": "big.pdf"}}
    begun = school("POST", f"{school.drive}/root:/2026/big.pdf:/createUploadSession", json=body).json()
    where = begun["uploadUrl"]

    def send(first: int, last: int, **how: str) -> requests.Response:
        headers = {"Content-Range": f"bytes {first}-{last}/{len(content)}"} | how
        return school("PUT", where, data=content[first : last + 1], headers=headers)

    refused(send(0, STEP - 1, Authorization="Bearer x"), 401, "unauthenticated")
    refused(send(0, 99), 400, "invalidRequest", "327,680")
    refused(send(0, STEP - 1, **{"Content-Range": "bytes 0-9/20"}), 400, "invalidRequest")
    refused(send(STEP, 2 * STEP - 1), 416, "invalidRange")
    first = send(0, STEP - 1)
    assert (first.status_code, first.json()["nextExpectedRanges"]) == (202, [f"{STEP}-"])
    refused(send(0, STEP - 1), 416, "invalidRange")
    assert school("GET", where).json()["nextExpectedRanges"] == [f"{STEP}-"]
    assert send(STEP, 2 * STEP - 1).status_code == 202
    last = send(2 * STEP, len(content) - 1)
    assert (last.status_code, last.json()["size"]) == (201, len(content))
    assert school.library.files()["2026/big.pdf"] == content
    refused(send(2 * STEP, len(content) - 1), 404, "itemNotFound")


def test_an_upload_session_ends_by_cancelling_by_age_and_by_a_name_taken_meanwhile(school: School) -> None:
    start = f"{school.drive}/root:/big.pdf:/createUploadSession"
    cancelled, old, late = (school("POST", start).json()["uploadUrl"] for _ in range(3))
    assert school("DELETE", cancelled).status_code == 204
    refused(school("GET", cancelled), 404, "itemNotFound")
    school.put("big.pdf", b"first")
    refused(school("PUT", late, data=b"x", headers={"Content-Range": "bytes 0-0/1"}), 409, "nameAlreadyExists")
    refused(school("POST", start), 409, "nameAlreadyExists")
    school.fake.clock = lambda: datetime.now(UTC) + timedelta(days=2)
    refused(school("GET", old), 404, "itemNotFound")
    assert school.library.files() == {"big.pdf": b"first"}


def test_items_are_renamed_moved_and_deleted_only_as_they_were_last_seen(school: School) -> None:
    etag = school.put("in/a.json").json()["eTag"]
    done = school("POST", f"{school.drive}/root/children", json={"name": "done", "folder": {}})
    assert done.status_code == 201
    refused(
        school("POST", f"{school.drive}/root/children", json={"name": "Done", "folder": {}}), 409, "nameAlreadyExists"
    )
    item, move = school.item("in/a.json"), {"parentReference": {"id": done.json()["id"]}, "name": "b.json"}
    refused(school("PATCH", item, json=move, headers={"If-Match": '"{OLD},1"'}), 412, "resourceModified")
    assert school("PATCH", item, json=move, headers={"If-Match": etag}).status_code == 200
    refused(school("PATCH", item, json={"parentReference": {"id": "01NOWHERE"}}), 404, "itemNotFound")
    school.put("done/c.json")
    refused(school("PATCH", item, json={"name": "c.json"}), 409, "nameAlreadyExists")
    assert set(school.library.files()) == {"done/b.json", "done/c.json"}
    refused(school("DELETE", item, headers={"If-Match": etag}), 412, "resourceModified")
    assert school("DELETE", item).status_code == 204
    refused(school("DELETE", item), 404, "itemNotFound")
    refused(school("GET", item), 404, "itemNotFound")


def test_children_come_in_pages(school: School) -> None:
    for number in range(5):
        school.library.drop(f"in/{number}.json", b"{}")
    answer = school("GET", f"{school.drive}/root:/in:/children?$top=2&$select=id,name").json()
    names = [each["name"] for each in answer["value"]]
    while "@odata.nextLink" in answer:
        answer = school("GET", answer["@odata.nextLink"]).json()
        names += [each["name"] for each in answer["value"]]
    assert names == [f"{number}.json" for number in range(5)]


def test_columns_are_written_and_read_back(school: School) -> None:
    school.put("a.json")
    values = {
        "ConcernReference": "C-1",
        "Received": "2026-11-21T09:00:00Z",
        "Urgent": True,
        "Problems": 2,
        "Notes": "a\nb",
    }
    assert school("PATCH", f"{school.item('a.json')}/listItem/fields", json=values).status_code == 200
    assert school.library.fields("a.json") == values
    assert school("GET", f"{school.item('a.json')}/listItem/fields").json()["ConcernReference"] == "C-1"
    assert (
        school("GET", f"{school.item('a.json')}?$expand=listItem($expand=fields)").json()["listItem"]["fields"][
            "Urgent"
        ]
        is True
    )
    row = school("GET", f"{school.item('a.json')}/listItem?$expand=fields($select=Problems)").json()
    where = f"/sites/{school.library.site.id}/lists/{school.library.list_id}/items/{row['id']}/fields"
    refused(school("PATCH", where, json={"Urgent": False}, headers={"If-Match": '"{OLD},1"'}), 412, "resourceModified")
    assert school("PATCH", where, json={"Urgent": None}).status_code == 200
    assert "Urgent" not in school.library.fields("a.json")


def test_a_retention_label_is_set_once_by_201_and_an_unknown_one_not(school: School) -> None:
    school.put("a.json")
    path = f"{school.item('a.json')}/retentionLabel"
    refused(school("PATCH", path, json={"name": "Forever"}), 404, "itemNotFound")
    assert [school("PATCH", path, json={"name": "Safeguarding record 25y"}).status_code for _ in range(2)] == [201, 200]
    assert set(school("GET", path).json()) == set(sample("PATCH", "/drives/*/items/*/retentionLabel"))
    assert school("DELETE", path).status_code == 204


def test_quick_xor_is_the_real_one() -> None:
    known = {
        b"": "AAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        b"J": "SgAAAAAAAAAAAAAAAQAAAAAAAAA=",
        b"\xb5\xb4": "taAFAAAAAAAAAAAAAgAAAAAAAAA=",
    }
    assert {content: quick_xor(content) for content in known} == known
    content, bits = bytes(range(251)) * 7, [0] * 160
    for place, byte in enumerate(content):
        for bit in range(8):
            bits[(place * 11 + bit) % 160] ^= byte >> bit & 1
    raw = bytearray(sum(each << bit for bit, each in enumerate(bits)).to_bytes(20, "little"))
    for place, byte in enumerate(len(content).to_bytes(8, "little")):
        raw[12 + place] ^= byte
    assert quick_xor(content) == base64.b64encode(raw).decode()


# -- permissions -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "facet"),
    [
        ("anonymous", lambda each: each["link"]["scope"] == "anonymous" and each["link"]["type"] == "view"),
        ("organization", lambda each: each["link"]["scope"] == "organization"),
        ("users", lambda each: each["link"]["scope"] == "users" and each["grantedToIdentitiesV2"]),
        ("everyone", lambda each: each["grantedToV2"]["siteUser"]["loginName"] == "c:0(.s|true"),
        (
            "everyone_except_external",
            lambda each: "spo-grid-all-users/" in each["grantedToV2"]["siteUser"]["loginName"],
        ),
        ("m365_group", lambda each: each["grantedToV2"]["group"]["displayName"] == "All Staff"),
        ("security_group", lambda each: "c:0t.c|tenant|" in each["grantedToV2"]["siteUser"]["loginName"]),
        ("user", lambda each: each["grantedToV2"]["user"]["id"]),
        ("guest", lambda each: each["invitation"]["email"] and "#ext#" in each["grantedToV2"]["siteUser"]["loginName"]),
        ("visitors", lambda each: each["grantedToV2"]["siteGroup"]["displayName"] == "Safeguarding Visitors"),
        ("application", lambda each: each["grantedToV2"]["application"]["id"]),
    ],
)
def test_each_kind_of_share_shows_on_the_library_and_on_what_lies_in_it(school: School, kind: str, facet: Any) -> None:
    school.put("2026/a.json")
    shared = school.library.share(kind)
    for path in (f"{school.drive}/root", school.item("2026/a.json")):
        found = school("GET", f"{path}/permissions").json()["value"]
        assert shared in found
        assert facet(next(each for each in found if each["id"] == shared["id"]))
        assert not any("inheritedFrom" in each for each in found)
    school.library.unshare_all()
    left = school("GET", f"{school.drive}/root/permissions").json()["value"]
    assert [each["grantedToV2"]["siteGroup"]["displayName"] for each in left] == ["Safeguarding Owners"]
    assert not school.fake.complaints


def test_a_share_of_one_file_is_its_own_and_can_be_taken_back(school: School) -> None:
    school.put("a.json")
    school.put("b.json")
    shared = school.library.share("guest", name="mum@mail.example", role="read", on="a.json")
    assert shared in school("GET", f"{school.item('a.json')}/permissions").json()["value"]
    assert shared not in school("GET", f"{school.item('b.json')}/permissions").json()["value"]
    assert school("GET", f"{school.item('a.json')}/permissions/{shared['id']}").json() == shared
    assert school("DELETE", f"{school.item('a.json')}/permissions/{shared['id']}").status_code == 204
    refused(school("DELETE", f"{school.item('a.json')}/permissions/{shared['id']}"), 404, "itemNotFound")


def test_inviting_people_gives_them_the_right_and_can_drop_what_was_inherited(school: School) -> None:
    school.put("a.json")
    school.fake.user("dsl@school.example")
    body = {
        "recipients": [{"email": "dsl@school.example"}],
        "requireSignIn": True,
        "sendInvitation": False,
        "roles": ["write"],
        "retainInheritedPermissions": False,
    }
    given = school("POST", f"{school.item('a.json')}/invite", json=body).json()["value"]
    assert school("GET", f"{school.item('a.json')}/permissions").json()["value"] == given
    assert "invitation" not in given[0]


# -- delta -----------------------------------------------------------------------------------------------------------


def test_delta_gives_all_then_changes_then_nothing(school: School) -> None:
    for number in range(7):
        school.library.drop(f"in/{number}.json", b"{}")
    items, link = drained(school, f"{school.drive}/root/delta?$top=2")
    assert sorted(each["name"] for each in items if "file" in each) == [f"{number}.json" for number in range(7)]
    assert [each for each in items if "root" in each]
    assert all(set(each["parentReference"]) <= {"driveId", "id"} for each in items)
    assert not any("cTag" in each for each in items)
    assert drained(school, link)[0] == []
    gone = school.library.must("in/3.json").id
    school.library.remove("in/3.json")
    school.library.drop("in/9.json", b"{}")
    items, link = drained(school, link)
    assert [each for each in items if "deleted" in each] == [{"id": gone, "deleted": {"state": "deleted"}}]
    assert {each["name"] for each in items if "deleted" not in each} == {"root", "in", "9.json"}
    assert gone not in [each["id"] for each in drained(school, f"{school.drive}/root/delta")[0]]


def test_delta_from_now_from_a_moment_and_without_parents(school: School) -> None:
    _, link = drained(school, f"{school.drive}/root/delta?token=latest")
    school.library.drop("in/a.json", b"{}")
    school.library.drop("in/b.json", b"{}")
    answer = school("GET", link, headers={"deltaExcludeParent": "true"}).json()
    assert [each["name"] for each in answer["value"]] == ["in", "a.json", "b.json"]
    later = stamp(datetime.now(UTC) + timedelta(minutes=1))
    assert drained(school, f"{school.drive}/root/delta?token={later}")[0] == []
    assert len(drained(school, f"{school.drive}/root/delta(token='2020-01-01T00:00:00Z')")[0]) == 4


def test_an_item_may_come_twice_and_the_last_time_counts(school: School) -> None:
    school.fake.delta_repeats = True
    made = school.library.drop("a.json", b"{}")
    items = [each for each in drained(school, f"{school.drive}/root/delta")[0] if each["id"] == made.id]
    assert [each["size"] for each in items] == [0, 2]


@pytest.mark.parametrize("code", ["resyncChangesApplyDifferences", "resyncChangesUploadDifferences"])
def test_an_expired_delta_token_is_gone_and_says_where_to_begin_anew(school: School, code: str) -> None:
    school.library.drop("a.json", b"{}")
    _, link = drained(school, f"{school.drive}/root/delta")
    school.fake.expire_delta(code)
    answer = school("GET", link)
    refused(answer, 410, code)
    items, link = drained(school, answer.headers["Location"])
    assert "a.json" in [each["name"] for each in items]
    assert drained(school, link)[0] == []
    refused(school("GET", f"{school.drive}/root/delta?token=x"), 400, "invalidRequest")
