"""Who can read a shared drive, a form, a record: what is open is found and named, what is not understood is never good."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.model.standing import LONGEST_SAID, State
from connector.outbound.drive_rights import Item, Welcome, hints, judge_drive, judge_file, judge_records
from connector.outbound.rights import worst

WELCOME = Welcome.of(["DSL@school.example", "filer@school.example ", "safeguarding-team@school.example"])
CLOSED = {
    "driveMembersOnly": True, "domainUsersOnly": True, "copyRequiresWriterPermission": True,
    "sharingFoldersRequiresOrganizerPermission": True, "adminManagedRestrictions": True,
}  # fmt: skip
ALL_HINTS = {
    "copyRequiresWriterPermission": False,
    "sharingFoldersRequiresOrganizerPermission": False,
    "adminManagedRestrictions": False,
}
SINGLY = "single records can be shared with people who are not members of the drive"
OUTSIDE = "people outside the school's organisation can be let in"


def user(address: str, role: str = "writer", **more: Any) -> dict[str, Any]:
    return {"kind": "drive#permission", "id": address, "type": "user", "emailAddress": address, "role": role} | more


def group(address: str, role: str = "reader", **more: Any) -> dict[str, Any]:
    return user(address, role, **more) | {"type": "group"}


OURS = [
    user("filer@school.example"),
    user("dsl@school.example", "organizer"),
    group("Safeguarding-Team@School.Example"),
]
ANYONE = {"id": "anyoneWithLink", "type": "anyone", "role": "reader"}
DOMAIN = {"id": "d", "type": "domain", "role": "reader", "domain": "school.example"}
RESPONDERS = ANYONE | {"view": "published"}
OPEN = [
    (ANYONE, "anybody with the link (Viewer)"),
    (ANYONE | {"allowFileDiscovery": False}, "anybody with the link (Viewer)"),
    (ANYONE | {"allowFileDiscovery": True}, "anybody on the internet (Viewer)"),
    (ANYONE | {"deleted": True}, "anybody with the link (Viewer)"),
    (DOMAIN, "everybody in school.example (Viewer)"),
    (DOMAIN | {"domain": "https://evil.example/?q=Ada"}, "everybody in a whole domain (Viewer)"),
    (group("all-staff@school.example"), "the group all-staff@school.example (Viewer)"),
    (group("Ada Sample <x>"), "a group with an unusual address (Viewer)"),
    (user("head@school.example", "fileOrganizer"), "a person who is not on the list (Content manager)"),
    (user("dsl@school.example.evil.example"), "a person who is not on the list (Contributor or Editor)"),
    (user("head@school.example", "wizard"), "a person who is not on the list (some right)"),
    (user("head@school.example", deleted=False), "a person who is not on the list (Contributor or Editor)"),
    (user("head@school.example", deleted="true"), "a person who is not on the list (Contributor or Editor)"),
    (user("head@school.example", view="metadata"), "a person who is not on the list (Contributor or Editor)"),
]
UNCLEAR = [
    ({}, "a right of an unknown kind (some right)"),
    ({"type": "robot", "role": "reader", "emailAddress": "dsl@school.example"}, "a right of an unknown kind (Viewer)"),
    ({"type": "user", "role": "reader"}, "a person whose address is not shown (Viewer)"),
    ({"type": "group", "role": "reader", "emailAddress": ""}, "a group whose address is not shown (Viewer)"),
    (
        {"type": "user", "role": "reader", "emailAddress": ["dsl@school.example"]},
        "a person whose address is not shown (Viewer)",
    ),
    (
        {"type": "user", "role": "reader", "displayName": "dsl@school.example"},
        "a person whose address is not shown (Viewer)",
    ),
    (None, "a right in a form that is not known"),
    ("dsl@school.example", "a right in a form that is not known"),
]


def drive(permissions: Any, restrictions: Any = CLOSED, *, outsider: bool = False) -> Any:
    return judge_drive(restrictions, permissions, WELCOME, outsider_identity=outsider)


def test_a_drive_and_a_file_of_the_welcome_alone_are_good() -> None:
    for verdict, rights in (drive(OURS), *(judge_file(OURS, WELCOME, what=item) for item in Item)):
        assert (verdict.state, verdict.said, rights) == (State.GOOD, "", [])


@pytest.mark.parametrize(("permission", "named"), OPEN)
def test_each_right_that_must_not_be_is_bad_and_named_and_no_person_is(permission: dict[str, Any], named: str) -> None:
    for verdict, [right] in (
        drive([*OURS, permission]),
        *(judge_file([*OURS, permission], WELCOME, what=item) for item in Item),
    ):
        assert verdict.state is State.BAD
        assert f" can be read by {named}. Mend: in Google Drive " in verdict.said
        assert right.said == named
        for text in (verdict.said, right.said):
            assert "head@" not in text
            assert "dsl@" not in text
            assert "evil" not in text
            assert "Ada" not in text


@pytest.mark.parametrize(("permission", "named"), UNCLEAR)
def test_what_is_not_understood_is_unverified_and_never_good(permission: Any, named: str) -> None:
    for verdict, [right] in (
        drive([*OURS, permission]),
        *(judge_file([*OURS, permission], WELCOME, what=item) for item in Item),
    ):
        assert verdict.state is State.UNVERIFIED
        assert verdict.said.startswith("It cannot be told who can read the ")
        assert named in verdict.said
        assert right.state is State.UNVERIFIED


def test_a_persons_address_stands_on_the_technicians_screen_alone() -> None:
    verdict, [right] = judge_file([*OURS, user("Head@school.example", "reader")], WELCOME, what=Item.SHEET)
    assert right.named == "a person who is not on the list: head@school.example (Viewer)"
    assert "head@" not in verdict.said + verdict.about + right.said


def test_a_right_of_a_deleted_account_is_no_right_but_everybody_cannot_be_deleted() -> None:
    gone = [user("old@school.example", deleted=True), group("", deleted=True)]
    assert drive([*OURS, *gone])[0].state is State.GOOD
    assert drive([*OURS, DOMAIN | {"deleted": True}])[0].state is State.BAD
    assert drive(gone)[0].state is State.UNVERIFIED


@pytest.mark.parametrize("permissions", [[], [user("old@school.example", deleted=True)], None, {}, ""])
def test_where_nobody_is_seen_not_even_ourselves_nothing_is_proven(permissions: Any) -> None:
    for verdict, rights in (drive(permissions), judge_file(permissions, WELCOME, what=Item.FOLDER)):
        assert verdict.state is State.UNVERIFIED
        assert rights
        assert "make the service's own address " in verdict.said


# -- a form


@pytest.mark.parametrize("role", ["reader", "publishedReader"])
@pytest.mark.parametrize(
    "who", [RESPONDERS, DOMAIN | {"view": "published"}, user("t@school.example", view="published")]
)
def test_who_may_only_answer_a_form_reads_no_answers(who: dict[str, Any], role: str) -> None:
    assert judge_file([*OURS, who | {"role": role}], WELCOME, what=Item.FORM) == (
        judge_file(OURS, WELCOME, what=Item.FORM)
    )


@pytest.mark.parametrize("role", ["writer", "commenter", "owner", "", None])
def test_more_than_answering_is_a_right_of_a_form_like_any_other(role: Any) -> None:
    assert judge_file([*OURS, RESPONDERS | {"role": role}], WELCOME, what=Item.FORM)[0].state is State.BAD


@pytest.mark.parametrize("what", [Item.SHEET, Item.UPLOADS, Item.FOLDER, Item.DRIVE])
def test_what_is_published_of_anything_but_a_form_can_be_read(what: Item) -> None:
    assert judge_file([*OURS, RESPONDERS], WELCOME, what=what)[0].state is State.BAD
    assert drive([*OURS, RESPONDERS])[0].state is State.BAD


def test_a_form_that_shows_its_responders_and_nobody_else_proves_nothing() -> None:
    assert judge_file([RESPONDERS], WELCOME, what=Item.FORM)[0].state is State.UNVERIFIED


# -- the settings of a drive


@pytest.mark.parametrize(
    "lacking", [{}, {"driveMembersOnly": False}, {"driveMembersOnly": "true"}, {"driveMembersOnly": None}]
)
def test_a_drive_whose_records_can_be_shared_singly_is_bad(lacking: dict[str, Any]) -> None:
    closed = {key: value for key, value in CLOSED.items() if key != "driveMembersOnly"}
    for outsider in (True, False):
        verdict, [right] = drive(OURS, closed | lacking, outsider=outsider)
        assert (verdict.state, right.said) == (State.BAD, SINGLY)
        assert verdict.said == (
            f"In the shared drive {SINGLY}. Mend: in Google Drive open the shared drive, Shared drive settings, untick"
            " “Allow people who aren't shared drive members to access files”."
        )
        assert "Manage members" not in verdict.said


def test_outsiders_may_not_be_let_in_unless_the_service_is_one_itself() -> None:
    closed = CLOSED | {"domainUsersOnly": False}
    verdict, [right] = drive(OURS, closed)
    assert (verdict.state, right.said) == (State.BAD, OUTSIDE)
    assert "untick “Allow people outside … to access files”." in verdict.said
    assert hints(closed, outsider_identity=False) == ()
    verdict, rights = drive(OURS, closed, outsider=True)
    assert (verdict.state, rights) == (State.GOOD, [])
    [hint] = hints(closed, outsider_identity=True)
    assert hint.startswith("People outside the school's organisation can be let in, as the service account itself was")


@pytest.mark.parametrize("restrictions", [None, [], "all", 1])
def test_settings_that_are_not_shown_are_unverified_and_give_no_hint(restrictions: Any) -> None:
    verdict, [right] = drive(OURS, restrictions)
    assert (verdict.state, right.state) == (State.UNVERIFIED, State.UNVERIFIED)
    assert hints(restrictions, outsider_identity=True) == ()
    assert drive([*OURS, ANYONE], restrictions)[0].state is State.BAD


def test_a_drive_with_no_restriction_at_all_and_open_to_all_says_everything_and_how_to_mend_it() -> None:
    verdict, rights = drive([*OURS, ANYONE], {})
    assert verdict.said == (
        f"The shared drive can be read by anybody with the link (Viewer). In the shared drive {SINGLY} and {OUTSIDE}."
        " Mend: in Google Drive open the shared drive, Manage members, take them away or name them under `allowed`;"
        " Shared drive settings, untick both under Access."
    )
    assert len(rights) == 3


def test_what_would_be_safer_still_is_a_hint_and_no_verdict() -> None:
    loose = CLOSED | ALL_HINTS
    assert drive(OURS, loose)[0].state is State.GOOD
    said = hints(loose, outsider_identity=False)
    assert [part in hint for part, hint in zip(["download, copy", "share folders", "loosen"], said, strict=True)] == [
        True
    ] * 3
    assert hints(CLOSED, outsider_identity=False) == hints(CLOSED, outsider_identity=True) == ()
    assert len(hints({}, outsider_identity=True)) == 4


@pytest.mark.parametrize("restricted", [{"restrictedForReaders": True}, {"restrictedForWriters": True}])
def test_the_newer_restriction_of_downloads_does_as_well(restricted: dict[str, bool]) -> None:
    assert (
        hints(
            CLOSED | {"copyRequiresWriterPermission": False, "downloadRestriction": restricted}, outsider_identity=False
        )
        == ()
    )
    none = dict.fromkeys(restricted, False)
    assert (
        hints(CLOSED | {"copyRequiresWriterPermission": False, "downloadRestriction": none}, outsider_identity=False)
        != ()
    )


# -- records


def record(name: str, shared: Any = False) -> dict[str, Any]:
    return {"id": name, "name": name, "hasAugmentedPermissions": shared}


def test_records_that_nobody_shared_singly_are_good() -> None:
    assert judge_records([record("C-7QK4-M2XT-1.json"), record("C-7QK4-M2XT-1.pdf")])[0].state is State.GOOD
    assert judge_records([])[0].state is State.GOOD


def test_a_record_that_is_shared_singly_is_named_by_its_reference() -> None:
    verdict, [right] = judge_records([record("C-7QK4-M2XT-1.json"), record("C-7QK4-M2XT-1.pdf", shared=True)])
    assert verdict.state is State.BAD
    assert verdict.said.startswith(
        "1 record(s) are shared singly with people who are not members: C-7QK4-M2XT-1.pdf. Mend: "
    )
    assert right.said == right.named == "C-7QK4-M2XT-1.pdf"


@pytest.mark.parametrize(
    "name", ["Ada Sample notes.docx", "C-7QK4-M2XT-1 Ada.pdf", "C-7QK4-M2XT-1.ada sample", "", None, 7]
)
def test_a_file_that_people_named_is_found_and_its_name_told_to_nobody(name: Any) -> None:
    verdict, [right] = judge_records(
        [record("C-7QK4-M2XT-1.json"), record("x") | {"name": name, "hasAugmentedPermissions": True}]
    )
    assert verdict.state is State.BAD
    assert right.named == "a file that the service did not name"
    assert right.named in verdict.said
    assert "Ada" not in verdict.said


def test_of_many_shared_records_five_are_named_and_all_are_counted() -> None:
    verdict, rights = judge_records([record(f"C-7QK4-M2XT-{number}.json", shared=True) for number in range(1, 9)])
    assert verdict.said.startswith("8 record(s)")
    assert "C-7QK4-M2XT-5.json and 3 more. Mend:" in verdict.said
    assert "C-7QK4-M2XT-6" not in verdict.said
    assert len(rights) == 8


@pytest.mark.parametrize("shared", [None, "true", 1, {}, "missing"])
def test_a_record_of_which_drive_does_not_tell_is_unverified_and_more_of_them_are_the_same_finding(shared: Any) -> None:
    silent = record("C-7QK4-M2XT-1.json", shared)
    if shared == "missing":
        del silent["hasAugmentedPermissions"]
    verdict, rights = judge_records([silent, record("C-7QK4-M2XT-2.json")])
    assert verdict.state is State.UNVERIFIED
    assert len(rights) == 1
    assert judge_records([silent] * 9)[0] == verdict
    assert judge_records([silent, record("C-7QK4-M2XT-3.json", shared=True)])[0].state is State.BAD


# -- whatever comes

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=200),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
ADDRESSES = st.sampled_from(["dsl@school.example", "a@school.example", "x" * 60 + "@" + "y" * 60]) | st.text(
    max_size=300
)
NEARLY = st.fixed_dictionaries(
    {},
    optional={
        "type": st.sampled_from(["user", "group", "domain", "anyone", "User"]) | JSON,
        "role": st.sampled_from(["reader", "writer", "organizer", "publishedReader"]) | JSON,
        "emailAddress": ADDRESSES | JSON,
        "domain": st.just("y" * 60) | JSON,
        "view": st.sampled_from(["published", "metadata"]) | JSON,
        "deleted": st.booleans() | JSON,
        "allowFileDiscovery": st.booleans() | JSON,
    },
)
PERMISSIONS = st.lists(NEARLY | JSON, max_size=6)
RESTRICTIONS = st.dictionaries(st.sampled_from(list(CLOSED)), st.booleans() | JSON) | JSON


def is_welcome(permission: Any) -> bool:
    """The rules once more, the other way round: what may stand in a list that is good."""
    if not isinstance(permission, dict):
        return False
    address = permission.get("emailAddress")
    is_account = permission.get("type") in ("user", "group")
    return is_account and (
        permission.get("deleted") is True
        or (isinstance(address, str) and address.strip().casefold() in WELCOME.allowed)
    )


@given(PERMISSIONS, RESTRICTIONS, st.booleans())
def test_whatever_a_drive_answers_it_is_good_only_where_all_is_understood(
    found: list[Any], restrictions: Any, outsider: bool
) -> None:
    verdict, rights = drive(found, restrictions, outsider=outsider)
    if verdict.state is State.GOOD:
        assert all(map(is_welcome, found))
        assert isinstance(restrictions, dict)
        assert restrictions["driveMembersOnly"] is True
        assert outsider or restrictions["domainUsersOnly"] is True
    assert (verdict.state is State.GOOD) == (not rights)
    assert isinstance(hints(restrictions, outsider_identity=outsider), tuple)


@given(PERMISSIONS, st.sampled_from(list(Item)))
def test_whatever_a_file_answers_it_is_good_only_where_all_is_understood(found: list[Any], what: Item) -> None:
    verdict, _ = judge_file([OURS[0], *found], WELCOME, what=what)
    answering = [one for one in found if what is Item.FORM and isinstance(one, dict) and one.get("view") == "published"]
    if verdict.state is State.GOOD:
        assert all(is_welcome(one) for one in found if one not in answering)
        assert all(is_welcome(one) or one.get("role") in ("reader", "publishedReader") for one in answering)


@given(PERMISSIONS, RESTRICTIONS, st.booleans(), st.randoms(use_true_random=False))
def test_the_text_fits_a_bulletin_whole_and_is_the_same_in_whatever_order(
    found: list[Any], restrictions: Any, outsider: bool, chance: Any
) -> None:
    looks = [drive(found, restrictions, outsider=outsider), *(judge_file(found, WELCOME, what=item) for item in Item)]
    for verdict, _ in looks:
        assert len(verdict.said) <= LONGEST_SAID
        assert (verdict.state is State.GOOD) or (
            ". Mend: in Google Drive " in verdict.said and verdict.said.endswith(".")
        )
    chance.shuffle(found)
    again = [drive(found, restrictions, outsider=outsider), *(judge_file(found, WELCOME, what=item) for item in Item)]
    assert [verdict for verdict, _ in again] == [verdict for verdict, _ in looks]


@given(
    st.lists(
        JSON
        | st.fixed_dictionaries(
            {
                "name": st.from_regex(r"C-7QK4-M2XT-\d{4}(\.[a-z0-9]{8}){3}", fullmatch=True),
                "hasAugmentedPermissions": st.just(True) | JSON,
            }
        ),
        max_size=9,
    )
    | JSON
)
def test_whatever_the_records_say_a_verdict_comes_and_fits(found: Any) -> None:
    verdict, rights = judge_records(found)
    assert len(verdict.said) <= LONGEST_SAID
    assert (verdict.state is State.GOOD) == (not rights)
    assert verdict.state is State.GOOD or ". Mend: in Google Drive " in verdict.said


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60))
def test_no_persons_address_is_ever_said(local: str) -> None:
    address = f"secret-{local}@school.example"
    for verdict, rights in (drive([user(address)]), judge_file([user(address)], WELCOME, what=Item.FORM)):
        assert "secret-" not in verdict.said + verdict.about
        assert not any("secret-" in right.said for right in rights)


def test_several_looks_make_one_verdict_like_any_others() -> None:
    looks = [drive(OURS), judge_file([*OURS, ANYONE], WELCOME, what=Item.FOLDER), judge_records([{}])]
    verdict, rights = worst(looks)
    assert verdict.state is State.BAD
    assert len(rights) == 2
