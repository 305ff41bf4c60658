"""Who can read a shared drive or a form: what is open is found and named, filing stops and goes on by itself."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from connector.errors import ConnectorError
from connector.model.duty import DutyKind, DutyState
from connector.model.standing import State
from connector.settings.load import load
from connector.wiring import build
from tests.tenanted import replaced
from tests.workspace import drives_room, file_view
from tests.workspace.drives import FOLDER, SharedDrive
from tests.workspaced import CHAIR, DSL, HEAD, OFFICE, SCHOOL, STAFF, TECHNICIAN, Workspaced, workspaced

GUEST, PARENT, STAFF_GROUP = (
    "nosy.parker@elsewhere.example",
    "k.bystander@willowbank.example",
    "all-staff@willowbank.example",
)
ANSWERS = "answers of cause-for-concern"
CLERK_FOLDER = "Marsh-Test family"
Plant = Callable[[Workspaced], object]


@pytest.fixture(autouse=True)
def _unhurried_chat(monkeypatch: pytest.MonkeyPatch) -> None:
    """The pace of a Chat space is real time, and no matter here."""
    monkeypatch.setattr("connector.furnishing_google._CHAT_SECONDS", 0.0)


@pytest.fixture
def school(tmp_path: Path) -> Iterator[Workspaced]:
    with workspaced(tmp_path) as found:
        yield found
        found.house.close()


def setting(name: str) -> Plant:
    return lambda school: school.store.restrictions.update({name: False})


def share_a_record(who: str, role: str = "reader") -> Plant:
    def share(school: Workspaced) -> None:
        old = school.store.put("C-2345-6789-1.pdf", content=b"an older record")
        old.share(who, role)

    return share


def share_a_folder(school: Workspaced) -> None:
    school.store.put(CLERK_FOLDER, mime=FOLDER).share(GUEST, "reader")


SHARED = "record(s) are shared singly with people who are not members: "
OPEN: dict[str, tuple[Plant, str]] = {
    "anyone": (lambda s: s.store.root.share("anyone", "reader"), "anybody with the link (Viewer)"),
    "anyone, found by searching": (
        lambda s: s.store.root.share("anyone", "reader", discovery=True), "anybody on the internet (Viewer)"),
    "the domain": (lambda s: s.store.add("domain:willowbank.example", "reader"), "everybody in willowbank.example (Viewer)"),
    "a group": (lambda s: s.store.add(f"group:{STAFF_GROUP}", "commenter"), f"the group {STAFF_GROUP} (Commenter)"),
    "a colleague": (lambda s: s.store.add(PARENT, "writer"), "a person who is not on the list (Contributor or Editor)"),
    "the head": (lambda s: s.store.add(HEAD, "organizer"), "a person who is not on the list (Manager)"),
    "somebody outside": (lambda s: s.store.add(GUEST, "reader"), "a person who is not on the list (Viewer)"),
    "another service account": (
        lambda s: s.store.add(s.fake.service_account("other").email, "reader"), "a person who is not on the list (Viewer)"),
    "not members only": (setting("driveMembersOnly"), "untick “Allow people who aren't shared drive members to access files”"),
    "not the domain only": (setting("domainUsersOnly"), "untick “Allow people outside … to access files”"),
    "a record shared with a person": (share_a_record(GUEST), f"1 {SHARED}C-2345-6789-1.pdf"),
    "a record shared with a reader": (share_a_record(DSL), f"1 {SHARED}C-2345-6789-1.pdf"),
    "a record open to all": (share_a_record("anyone"), f"1 {SHARED}C-2345-6789-1.pdf"),
    "a folder shared": (share_a_folder, f"1 {SHARED}a file that the service did not name"),
}  # fmt: skip
NAMES = [GUEST, "nosy", PARENT, "k.bystander", "other@", CLERK_FOLDER]


def mend(school: Workspaced) -> None:
    """What a DSL does who reads the bulletin."""
    kept = {DSL, "p.halloran@willowbank.example", school.laid.service}
    school.store.members = {who: role for who, role in school.store.members.items() if who in kept}
    school.store.root.direct.clear()
    for file in school.store.everything():
        file.direct.clear()
    school.store.restrictions |= {"driveMembersOnly": True, "domainUsersOnly": True}


def filing(school: Workspaced) -> Any:
    return next(duty for duty in school.duties(school.newest()) if duty.kind is DutyKind.FILE)


def filing_of_all(school: Workspaced) -> list[Any]:
    """Every filing there ever was, the newest last."""
    ledger = school.house.ledger
    found = []
    for number in itertools.count(1):
        try:
            duty = ledger.duty(number)
        except (ConnectorError, LookupError):
            return found
        found += [duty] if duty.kind is DutyKind.FILE else []
    return found


def stands(school: Workspaced, place: str = "store") -> State | None:
    found = school.house.ledger.notebook.standing(SCHOOL, place)
    return found.state if found else None


def restarted(school: Workspaced) -> None:
    school.house.close()
    school.house = build(load(school.config, school.given), school.clock)


def nobody_is_named(school: Workspaced) -> None:
    """Neither to anybody nor in the ledger."""
    file = school.house.ledger.file
    places = [path.read_bytes().decode("latin-1") for path in file.parent.glob(f"{file.stem}*")]
    places += [mail.part("plain") + mail.part("html") + str(mail.headers) for mail in school.fake.mails]
    places += [json.dumps(chat.request) for chat in school.fake.chats]
    assert [name for name in NAMES for text in places if name in text] == []


def of_trouble(school: Workspaced, address: str) -> list[str]:
    return [text for text in school.said_to(address) if "needs mending" in text]


# -- the drive


@pytest.mark.parametrize("case", ["somebody outside", "a record shared with a person"])
def test_an_open_drive_stops_filing_is_told_once_and_filing_goes_on_when_it_is_mended(
    school: Workspaced, case: str
) -> None:
    plant, named = OPEN[case]
    plant(school)
    reference = school.taken_in()
    assert school.filed() in ([], ["C-2345-6789-1.pdf"])
    assert school.fake.count("drive.files.create") == 0
    assert filing(school).state is DutyState.OWED
    assert school.held(reference).sealed is not None
    assert any(reference in text for text in school.said_to(DSL)), "telling does not wait for filing"
    for _ in range(3):
        school.watch()
        school.work()
        school.clock.pass_(minutes=11)
    for address in (DSL, TECHNICIAN):
        [bulletin] = of_trouble(school, address)
        assert named in bulletin
    assert [of_trouble(school, address) for address in (HEAD, CHAIR, OFFICE, STAFF, GUEST)] == [[]] * 5
    nobody_is_named(school)
    mend(school)
    school.clock.pass_(minutes=11)
    school.watch()
    school.work()
    assert set(school.filed()) - {"C-2345-6789-1.pdf"} == {f"{reference}-1.json", f"{reference}-1.pdf"}
    assert school.held(reference).sealed is None
    for address in (DSL, TECHNICIAN):
        assert len([text for text in school.said_to(address) if "in order again" in text]) == 1
        assert len(of_trouble(school, address)) == 1


def test_each_unsafe_right_stops_filing_and_is_named_and_gone_filing_goes_on(school: Workspaced) -> None:
    for number, (case, (plant, named)) in enumerate(OPEN.items()):
        school.fake.mails.clear()
        plant(school)
        school.clock.pass_(minutes=61)
        school.taken_in()
        assert school.client.post(school.ack_path(), data={"person": "dsl"}).status_code == 200
        assert school.fake.count("drive.files.create") == 2 * number, case
        assert filing_of_all(school)[-1].state is DutyState.OWED, case
        school.watch()
        for address in (DSL, TECHNICIAN):
            [bulletin] = of_trouble(school, address)
            assert named in bulletin, case
        nobody_is_named(school)
        mend(school)
        school.clock.pass_(minutes=31)
        school.watch()
        school.work()
        assert {duty.state for duty in filing_of_all(school)} == {DutyState.DONE}, case
        assert school.fake.count("drive.files.create") == 2 * number + 2, case


@pytest.mark.parametrize("while_down", ["opened", "mended"])
def test_a_drive_is_looked_at_anew_when_the_service_starts(school: Workspaced, while_down: str) -> None:
    if while_down == "opened":
        school.taken_in()
        school.store.add(GUEST)
    else:
        school.store.add(GUEST)
        school.taken_in()
        school.watch()
        mend(school)
    before = len(school.filed())
    restarted(school)
    school.clock.pass_(minutes=1)
    school.watch()
    if while_down == "opened":
        school.taken_in("S08")
        assert filing(school).state is DutyState.OWED
        assert len(of_trouble(school, DSL)) == 1
    else:
        school.work()
    assert (before, len(school.filed())) == ((2, 2) if while_down == "opened" else (0, 2))
    nobody_is_named(school)


def test_a_restart_neither_opens_an_open_drive_nor_tells_of_it_again(school: Workspaced) -> None:
    school.store.add(GUEST)
    school.taken_in()
    school.watch()
    restarted(school)
    school.watch()
    school.clock.pass_(hours=1)
    school.work()
    assert school.filed() == []
    assert [len(of_trouble(school, address)) for address in (DSL, TECHNICIAN)] == [1, 1]


def test_filing_goes_on_even_after_it_was_given_up_meanwhile(school: Workspaced) -> None:
    school.store.add(GUEST)
    school.taken_in()
    for _ in range(16):
        school.clock.pass_(hours=6)
        school.work()
    assert filing(school).state is DutyState.FAILED
    mend(school)
    school.watch()
    school.work()
    assert len(school.filed()) == 2


def test_another_fault_of_the_same_drive_is_told_too_and_neither_mend_alone_opens_it(school: Workspaced) -> None:
    school.store.add(GUEST)
    share_a_record(GUEST)(school)
    school.taken_in()
    school.watch()
    school.store.members.pop(GUEST)
    school.clock.pass_(minutes=31)
    school.watch()
    school.work()
    assert school.fake.count("drive.files.create") == 0
    first, second = of_trouble(school, DSL)
    assert "a person who is not on the list" in first
    assert "C-2345-6789-1.pdf" in second


def test_a_drive_opened_after_a_good_look_is_noticed_before_the_next_record_and_by_the_next_day(
    school: Workspaced,
) -> None:
    school.taken_in()
    school.watch()
    school.store.find(school.filed()[0]).share(GUEST, "reader")
    school.clock.pass_(minutes=61)
    school.taken_in("S08")
    assert filing(school).state is DutyState.OWED
    school.watch()
    mend(school)
    school.clock.pass_(minutes=31)
    school.watch()
    school.work()
    assert len(school.filed()) == 4
    school.store.find(school.filed()[0]).share(GUEST, "reader")
    school.clock.pass_(hours=24)
    school.watch()
    assert len(of_trouble(school, DSL)) == 2, "also where nothing is filed meanwhile"


def test_what_stands_on_the_last_page_is_found(tmp_path: Path) -> None:
    groups = [f"team{number:03}@willowbank.example" for number in range(110)]
    change = replaced('readers = ["dsl", "deputy"]', f'readers = ["dsl", "deputy"]\nallowed = {json.dumps(groups)}')
    with workspaced(tmp_path, change) as school:
        for group in groups:
            school.store.add(f"group:{group}", "reader")
        school.fake.page_size = 2
        reference = school.taken_in()
        assert school.filed() == [f"{reference}-1.json", f"{reference}-1.pdf"], "whoever is allowed may read"
        for number in range(7):
            school.store.put(f"notes {number}").direct.clear()
        for plant in (
            lambda: school.store.add(f"group:{STAFF_GROUP}"),
            lambda: school.store.everything()[-1].share(GUEST, "reader"),
        ):
            mended = dict(school.store.members)
            plant()
            school.clock.pass_(hours=2)
            assert school.house.sites[SCHOOL].stores["store"].restricted().state is State.BAD
            school.store.members = mended


@pytest.mark.parametrize("who", ["group:dsl-team@willowbank.example", "group:DSL-Team@WillowBank.example", DSL.upper()])
def test_a_group_on_the_list_and_a_reader_in_whatever_case_may_read(tmp_path: Path, who: str) -> None:
    change = replaced(
        'readers = ["dsl", "deputy"]', 'readers = ["dsl", "deputy"]\nallowed = ["Dsl-team@WILLOWbank.example"]'
    )
    with workspaced(tmp_path, change) as school:
        school.store.add(who, "reader")
        school.taken_in()
        assert len(school.filed()) == 2
        assert stands(school) is State.GOOD


def test_the_other_drive_is_judged_for_itself_and_told_to_those_who_read_it(school: Workspaced) -> None:
    school.laid.staff_records.add(GUEST)
    school.taken_in()
    assert len(school.filed()) == 2
    school.taken_in("S09")
    assert school.filed(school.laid.staff_records) == []
    school.watch()
    assert [len(of_trouble(school, address)) for address in (HEAD, TECHNICIAN, DSL)] == [1, 1, 0]
    nobody_is_named(school)


@pytest.mark.parametrize("identity", ["member", "delegate"])
def test_people_outside_are_kept_out_unless_the_service_itself_is_outside(tmp_path: Path, identity: str) -> None:
    with workspaced(tmp_path, identity=identity) as school:
        school.store.restrictions["domainUsersOnly"] = False
        school.taken_in()
        assert bool(school.filed()) is (identity == "member")
        assert stands(school) is (State.GOOD if identity == "member" else State.BAD)
        school.store.add(GUEST)
        school.clock.pass_(hours=2)
        school.taken_in("S08")
        assert filing(school).state is DutyState.OWED, "the hint opens nothing to anybody else"


def test_a_folder_of_records_is_judged_with_its_drive(tmp_path: Path) -> None:
    place = "1FOLDERfolderFOLDERfolderFOLDERfo"
    change = replaced('readers = ["dsl", "deputy"]', f'readers = ["dsl", "deputy"]\nfolder = "{place}"')
    with workspaced(tmp_path, change) as school:
        folder = school.store.put("Records", mime=FOLDER, id=place)
        folder.share("anyone", "reader")
        school.taken_in()
        school.watch()
        assert school.fake.count("drive.files.create") == 0
        [bulletin] = of_trouble(school, DSL)
        assert "The record folder can be read by anybody with the link (Viewer)" in bulletin
        mend(school)
        school.clock.pass_(minutes=31)
        school.watch()
        school.work()
        assert len([path for path in school.store.files() if path.startswith("Records/C-")]) == 2


def test_a_record_that_is_born_shared_is_found_at_the_next_look(
    school: Workspaced, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = SharedDrive.put

    def put(self: SharedDrive, name: str, *given: Any, **more: Any) -> Any:
        made = real(self, name, *given, **more)
        made.share("anyone", "reader")
        return made

    monkeypatch.setattr(SharedDrive, "put", put)
    school.taken_in()
    school.clock.pass_(hours=24)
    school.watch()
    assert len(of_trouble(school, DSL)) == 1


# -- what Google will not tell


def hide_restrictions(school: Workspaced, monkeypatch: pytest.MonkeyPatch) -> None:
    real = drives_room._body
    hidden: Any = lambda *given: {k: v for k, v in real(*given).items() if k != "restrictions"}  # noqa: E731
    monkeypatch.setattr(drives_room, "_body", hidden)


def refuse_the_list(school: Workspaced, monkeypatch: pytest.MonkeyPatch) -> None:
    school.fake.fail("drive.permissions.list", 403, reason="insufficientFilePermissions", times=None)


def a_right_of_an_unknown_type(school: Workspaced, monkeypatch: pytest.MonkeyPatch) -> None:
    school.store.root.share(GUEST, "reader").type = "robot"


def a_person_without_an_address(school: Workspaced, monkeypatch: pytest.MonkeyPatch) -> None:
    school.store.root.share(GUEST, "reader").email = ""


def nobody_in_the_list(school: Workspaced, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_view, "merged", lambda file: [])


def records_that_do_not_say(school: Workspaced, monkeypatch: pytest.MonkeyPatch) -> None:
    real = file_view._whose
    silent: Any = lambda *given: {k: v for k, v in real(*given).items() if k != "hasAugmentedPermissions"}  # noqa: E731
    monkeypatch.setattr(file_view, "_whose", silent)
    school.store.put("notes")


SILENT = [
    hide_restrictions, refuse_the_list, a_right_of_an_unknown_type, a_person_without_an_address, nobody_in_the_list,
    records_that_do_not_say,
]  # fmt: skip


@pytest.mark.parametrize("hide", SILENT)
def test_what_google_will_not_tell_is_never_good_never_stops_and_mends_nothing(
    school: Workspaced, hide: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    school.store.restrictions["driveMembersOnly"] = False
    school.taken_in()
    assert stands(school) is State.BAD
    mend(school)
    with monkeypatch.context() as hidden:
        hide(school, hidden)
        school.clock.pass_(minutes=31)
        school.watch()
        school.work()
        assert stands(school) is State.BAD, "not being able to tell any more mends nothing"
        assert school.fake.count("drive.files.create") == 0
    school.fake.heal()
    mend(school)
    school.clock.pass_(minutes=31)
    school.watch()
    school.work()
    assert stands(school) is State.GOOD
    hide(school, monkeypatch)
    school.clock.pass_(hours=25)
    school.watch()
    reference = school.taken_in("S08")
    assert f"{reference}-1.pdf" in school.filed()
    assert stands(school) is State.UNVERIFIED
    school.clock.pass_(hours=25)
    school.watch()
    for address in (DSL, TECHNICIAN):
        said = [text for text in school.said_to(address) if "About:   where records are filed" in text]
        assert len([text for text in said if "cannot tell who can read" in text]) == 1
    nobody_is_named(school)


@pytest.mark.parametrize("method", ["drive.drives.get", "drive.permissions.list", "drive.files.list"])
def test_a_look_that_failed_is_neither_good_nor_bad_and_nothing_is_filed_on_it(school: Workspaced, method: str) -> None:
    school.respond()
    school.poll()
    for fault in ({"status": 503}, {"cut": True}, {"status": 403, "reason": "rateLimitExceeded"}):
        school.fake.fail(method, times=None, **fault)
        school.work()
        school.watch()
        assert stands(school) is None, fault
        assert school.fake.count("drive.files.create") == 0, fault
        assert of_trouble(school, DSL) == [], fault
        school.fake.heal()
        school.clock.pass_(minutes=5)
    school.clock.pass_(minutes=31)
    school.work()
    assert len(school.filed()) == 2
