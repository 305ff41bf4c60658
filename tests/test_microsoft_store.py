"""The SharePoint library as a store, and the contract of everything that is sent."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from connector.errors import AnotherFile, DeliveryError, VendorRefused
from connector.model.notice import Record, RecordFacts
from connector.model.reference import Reference
from connector.notify.activity import ActivityChannel
from connector.outbound.sharepoint import PIECE_BYTES, Library
from connector.store.sharepoint import SharePointStore
from tests.tenanted import SCHOOL, SITE, Tenanted, replaced, tenanted

REFERENCE = Reference("C-7QK4-M2XT")
FACTS = RecordFacts(form="Record of concern", status="complete", urgent=True, to_ask=2)


def record(*parts: tuple[str, bytes], not_for: frozenset[str] = frozenset()) -> Record:
    return Record(
        reference=REFERENCE, version=1, received_at=datetime(2026, 7, 1, 9, 30, tzinfo=UTC), parts=parts, facts=FACTS,
        not_for=not_for,
    )  # fmt: skip


def store_of(school: Tenanted) -> SharePointStore:
    found = school.house.sites[SCHOOL].stores["store"]
    assert isinstance(found, SharePointStore)
    return found


def test_the_same_record_filed_again_is_the_same_record(school: Tenanted) -> None:
    parts = (("pdf", b"page"), ("json", b"{}"))
    assert not store_of(school).file(record(*parts)).repeat
    assert store_of(school).file(record(*parts)).repeat
    assert school.filed() == ["C-7QK4-M2XT-1.json", "C-7QK4-M2XT-1.pdf"]


def test_columns_are_in_utc_and_in_their_own_kinds(school: Tenanted) -> None:
    store_of(school).file(record(("json", b"{}")))
    assert school.store.fields("C-7QK4-M2XT-1.json") == {
        "ConcernReference": "C-7QK4-M2XT", "ConcernReceived": "2026-07-01T09:30:00Z", "ConcernStatus": "complete",
        "ConcernForm": "Record of concern", "ConcernUrgent": True, "ConcernToAsk": 2,
    }  # fmt: skip


def test_a_page_typeset_anew_beside_the_same_original_is_no_other_record(school: Tenanted) -> None:
    store_of(school).file(record(("pdf", b"page"), ("json", b"{}")))
    assert store_of(school).file(record(("pdf", b"the page by a newer version"), ("json", b"{}"))).repeat
    assert school.store.files()["C-7QK4-M2XT-1.pdf"] == b"page"
    with pytest.raises(AnotherFile):
        store_of(school).file(record(("pdf", b"page"), ("json", b"{other}")))


@pytest.mark.parametrize("size", [10 * 1024 * 1024, 10 * 1024 * 1024 + 1, PIECE_BYTES * 3, PIECE_BYTES * 2 + 12_345])
def test_large_parts_go_in_pieces_and_arrive_whole(school: Tenanted, size: int) -> None:
    content = bytes(range(256)) * (size // 256 + 1)
    content = content[:size]
    store_of(school).file(record(("film.mp4", content)))
    assert school.store.files()["C-7QK4-M2XT-1.film.mp4"] == content
    pieces = [each for each in school.fake.requests if each.path.startswith("/_upload")]
    assert bool(pieces) == (size > 10 * 1024 * 1024)
    assert store_of(school).file(record(("film.mp4", content))).repeat


def test_an_upload_that_broke_in_the_middle_is_begun_anew(school: Tenanted) -> None:
    content = b"x" * (PIECE_BYTES * 3)
    school.fake.fail(match="PUT /_upload", status=503, times=1)
    with pytest.raises(VendorRefused) as refused:
        store_of(school).file(record(("film.mp4", content)))
    assert not refused.value.permanent
    store_of(school).file(record(("film.mp4", content)))
    assert school.store.files()["C-7QK4-M2XT-1.film.mp4"] == content


def test_a_library_without_the_columns_or_the_label_is_filed_in_all_the_same(tmp_path: Path) -> None:
    change = replaced('readers = ["dsl", "deputy"]', 'readers = ["dsl", "deputy"]\nretention_label = "No such label"')
    with tenanted(tmp_path, change) as school:
        school.may_complain = True
        for name in list(school.store.columns):
            if name.startswith("Concern") and name != "ConcernReference":
                del school.store.columns[name]
        school.taken_in()
        [_, page] = school.filed()
        assert set(school.store.fields(page)) == {"ConcernReference"}


def test_a_retention_label_is_put_on_each_part(tmp_path: Path) -> None:
    change = replaced(
        'readers = ["dsl", "deputy"]', 'readers = ["dsl", "deputy"]\nretention_label = "Safeguarding record 25y"'
    )
    with tenanted(tmp_path, change) as school:
        school.taken_in()
        assert {school.store.must(name).label for name in school.filed()} == {"Safeguarding record 25y"}


def test_a_record_about_every_reader_is_not_filed_there_and_says_why(school: Tenanted) -> None:
    with pytest.raises(DeliveryError, match="nobody else of its readers has a key") as refused:
        store_of(school).file(record(("json", b"{}"), not_for=frozenset({"dsl"})))
    assert refused.value.permanent
    assert school.filed() == []


def test_an_app_that_is_granted_the_one_library_may_name_its_drive(tmp_path: Path) -> None:
    with tenanted(tmp_path) as school:
        fake = school.fake
        fake.app.roles = {"Lists.SelectedOperations.Selected"}
        fake.app.site_grants = {}
        fake.app.list_grants = {school.store.list_id: "write"}
        fake.selected_can_resolve_sites = False
        given = Library(store_of(school).library.graph, f"{SITE}/safeguarding", "Records", school.store.drive_id)
        store = SharePointStore(
            given, (("dsl", "i.farrow@harbourview.example", ""),), ("Safeguarding Owners",), fake.app.client_id
        )
        store.file(record(("json", b"{}")))
        assert store.restricted().state == "good"
        assert store.link("C-7QK4-M2XT-1", frozenset()).endswith("/Records/C-7QK4-M2XT-1.pdf")


def test_the_test_file_of_the_check_goes_there_and_back_and_is_gone(school: Tenanted) -> None:
    store_of(school).check()
    assert school.store.files() == {}


# -- the contract


def misspelt_column(school: Tenanted, monkeypatch: pytest.MonkeyPatch) -> None:
    real = SharePointStore._values
    monkeypatch.setattr(SharePointStore, "_values", lambda self, rec: real(self, rec) | {"ConcernRefernce": "x"})


def misspelt_move(school: Tenanted, monkeypatch: pytest.MonkeyPatch) -> None:
    def careless(self: Library, item: str, folder: str, name: str, tag: str) -> None:
        self.graph.send("PATCH", self.at("items", item), {"parentRefrence": {"id": folder}, "name": name})

    monkeypatch.setattr(Library, "move", careless)


def misspelt_query(school: Tenanted, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connector.outbound.sharepoint._FAIL", {"@microsoft.graph.conflictBehaviour": "fail"})


def misspelt_activity(school: Tenanted, monkeypatch: pytest.MonkeyPatch) -> None:
    real = ActivityChannel._line
    monkeypatch.setattr(ActivityChannel, "_line", lambda self, notice: real(self, notice) | {"activtyType": "x"})


def undecorated(school: Tenanted, monkeypatch: pytest.MonkeyPatch) -> None:
    school.house.sites[SCHOOL].graph._agent = "python-requests"


@pytest.mark.parametrize("plant", [misspelt_column, misspelt_move, misspelt_query, misspelt_activity, undecorated])
def test_a_planted_misspelling_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, plant: Any) -> None:
    feed = '[channels.feed]\nkind = "teams_activity"\napp_id = "99999999-8888-4777-9666-555555555555"\n\n[people.dsl]'
    with tenanted(tmp_path, replaced("[people.dsl]", feed)) as school:
        school.fake.app.roles.add("TeamsActivity.Send")
        plant(school, monkeypatch)
        school.drop(school.response())
        school.poll()
        school.work()
        school.may_complain = True
        assert school.fake.complaints


def test_the_fixture_itself_fails_a_test_that_breaks_the_contract(tmp_path: Path) -> None:
    def careless() -> None:
        with tenanted(tmp_path) as school:
            undecorated(school, pytest.MonkeyPatch())
            school.poll()

    with pytest.raises(AssertionError):
        careless()
