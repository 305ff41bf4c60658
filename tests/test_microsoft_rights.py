"""Restricted or not: each unsafe right is found and named, filing stops and goes on by itself, nothing is lost."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.model.duty import DutyKind, DutyState
from connector.model.standing import State
from connector.outbound.rights import judge
from connector.settings.load import load
from connector.wiring import build
from tests.tenanted import DSL, OFFICE, SCHOOL, Tenanted

UNSAFE = [
    ("anonymous", "a link that anybody can use"),
    ("organization", "a link for everybody in the organisation"),
    ("users", "a person who is not on the list"),
    ("everyone", "“Everyone”"),
    ("everyone_except_external", "“Everyone except external users”"),
    ("m365_group", "the group “All Staff”"),
    ("security_group", "the group “Staff”"),
    ("user", "a person who is not on the list"),
    ("guest", "a guest who was invited"),
    ("visitors", "the group “Safeguarding Visitors”"),
    ("application", "another app"),
]


def filing(school: Tenanted) -> Any:
    return next(duty for duty in school.duties(school.newest()) if duty.kind is DutyKind.FILE)


@pytest.mark.parametrize(("kind", "named"), UNSAFE)
@pytest.mark.parametrize("where", ["the library", "a fresh record"])
def test_each_unsafe_right_stops_filing_is_named_and_filing_goes_on_when_it_is_gone(
    school: Tenanted, kind: str, named: str, where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if where == "the library":
        school.store.share(kind)
    else:
        # What SharePoint puts on each new file (a default sharing setting): only a fresh file shows it.
        share_each_new_file(school, kind, monkeypatch)
    school.drop(school.response())
    school.poll()
    school.work()
    reference = school.newest()
    assert school.filed() == []
    assert school.held(reference).sealed is not None
    assert filing(school).state is DutyState.OWED
    assert any(reference in text for text in school.said_to(DSL)), "telling does not wait for filing"
    school.watch()
    for address in (DSL, OFFICE):
        [bulletin] = [text for text in school.said_to(address) if "needs mending" in text]
        assert named in bulletin
        assert "Winter-Sample" not in bulletin
        assert "guest@" not in bulletin
    school.watch()
    assert len([text for text in school.said_to(DSL) if "needs mending" in text]) == 1
    monkeypatch.undo()
    school.store.unshare_all()
    school.clock.pass_(minutes=11)
    school.watch()
    school.work()
    assert school.filed() == [f"{reference}-1.json", f"{reference}-1.pdf"]
    assert school.held(reference).sealed is None
    assert any("in order again" in text for text in school.said_to(OFFICE))


def share_each_new_file(school: Tenanted, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.tenant.store import Library

    real = Library.add

    def add(self: Library, parent: Any, name: str, content: Any, by: Any) -> Any:
        item = real(self, parent, name, content, by)
        if self is school.store:
            self.share(kind, on=name)
        return item

    monkeypatch.setattr(Library, "add", add)


def test_filing_goes_on_even_after_it_was_given_up_meanwhile(school: Tenanted) -> None:
    school.store.share("organization")
    school.drop(school.response())
    school.poll()
    for _ in range(80):
        school.work()
        school.clock.pass_(hours=1)
    assert filing(school).state is DutyState.FAILED
    school.store.unshare_all()
    school.watch()
    school.work()
    assert len(school.filed()) == 2


def test_the_other_library_is_judged_for_itself(school: Tenanted) -> None:
    school.staff_records.share("everyone")
    reference = school.taken_in()
    assert school.filed() == [f"{reference}-1.json", f"{reference}-1.pdf"]


def test_a_group_of_the_directory_may_read_by_its_id_and_a_person_by_their_address(school: Tenanted) -> None:
    group = school.store.share("m365_group", name="DSL team")["grantedToV2"]["group"]["id"]
    school.store.share("user", name=DSL)
    store = school.house.sites[SCHOOL].stores["store"]
    object.__setattr__(store, "allowed", ("Safeguarding Owners", group))
    school.taken_in()
    assert len(school.filed()) == 2


@pytest.mark.parametrize("kind", ["m365_group", "security_group", "user", "guest"])
def test_a_borrowed_name_opens_nothing(school: Tenanted, kind: str) -> None:
    school.store.share(kind, name="Safeguarding Owners")
    school.drop(school.response())
    school.poll()
    school.work()
    assert school.filed() == []


def test_an_app_that_sees_nothing_but_itself_knows_nothing(school: Tenanted) -> None:
    school.store.permissions.clear()
    verdict = school.house.sites[SCHOOL].stores["store"].restricted()
    assert verdict.state is State.UNVERIFIED


def test_a_library_is_looked_at_anew_when_the_service_starts(school: Tenanted) -> None:
    school.taken_in()
    school.store.share("everyone")
    school.house.close()
    school.house = build(load(school.config, school.given), school.clock)
    school.drop(school.response(number="2"), "2")
    school.poll()
    school.work()
    assert len(school.filed()) == 2
    school.house.close()


def test_what_graph_will_not_tell_is_never_good_and_never_stops(school: Tenanted) -> None:
    school.fake.selected_can_read_permissions = False
    school.taken_in()
    assert len(school.filed()) == 2
    school.watch()
    found = school.house.ledger.notebook.standing(SCHOOL, "store")
    assert found is not None
    assert found.state is State.UNVERIFIED
    assert any("cannot tell who can read" in text for text in school.said_to(DSL))


def test_the_intake_library_is_judged_too_but_intake_never_stops(school: Tenanted) -> None:
    school.intake.share("everyone_except_external")
    school.watch()
    assert any("“Everyone except external users”" in text for text in school.said_to(OFFICE))
    school.taken_in()
    assert len(school.filed()) == 2


def test_graph_being_down_is_not_taken_for_an_open_library(school: Tenanted) -> None:
    school.fake.down()
    school.watch()
    assert school.house.ledger.notebook.standing(SCHOOL, "store") is None
    school.fake.heal()
    school.taken_in()
    assert len(school.filed()) == 2


# -- the judgement by itself


def test_no_permission_at_all_is_not_knowing() -> None:
    verdict, _ = judge([], [], "app")
    assert verdict.state is State.UNVERIFIED


def test_everyone_is_never_welcome_even_where_the_school_lists_it() -> None:
    given_to = {
        "siteUser": {
            "displayName": "Everyone except external users",
            "loginName": "c:0-.f|rolemanager|spo-grid-all-users/x",
        }
    }
    verdict, rights = judge([{"roles": ["read"], "grantedToV2": given_to}], ["Everyone except external users"], "app")
    assert verdict.state is State.BAD
    assert len(rights) == 1


def test_a_link_for_people_who_may_read_anyway_is_no_fault() -> None:
    people = [{"user": {"displayName": "Imogen Farrow"}, "siteUser": {"loginName": f"i:0#.f|membership|{DSL}"}}]
    verdict, _ = judge([{"roles": ["read"], "link": {"scope": "users"}, "grantedToIdentitiesV2": people}], [DSL], "app")
    assert verdict.state is State.GOOD


ODD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["link", "scope", "grantedToV2", "user", "group", "roles", "displayName", "loginName", "invitation"]),
        inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


@given(
    st.lists(
        st.dictionaries(
            st.sampled_from(["roles", "link", "grantedToV2", "grantedToIdentitiesV2", "invitation", "id"]),
            ODD,
            max_size=5,
        ),
        min_size=1,
        max_size=3,
    )
)
def test_whatever_shape_a_permission_has_it_is_judged_and_never_taken_for_good(found: list[dict[str, Any]]) -> None:
    verdict, _ = judge(found, [], "app")
    assert verdict.state is not State.GOOD or all(
        (permission.get("link") or {}).get("scope") == "existingAccess"
        for permission in found
        if isinstance(permission.get("link"), dict)
    )
