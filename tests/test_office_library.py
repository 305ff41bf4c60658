"""The library of policies: what lies in it is read, once for each version, and what it says stands in the register."""

from __future__ import annotations

import os
import sqlite3
import sys
import threading
import unicodedata
from collections.abc import Iterator
from concurrent.futures import Future, wait
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from connector.errors import DeliveryError, RegisterClosed
from connector.model.policies_kept import EventKind, Kept, Listed, Reviewed
from connector.model.policy_text import FoundDocument
from connector.policies.folder import FolderSource
from connector.policies.found import ChangedMeanwhile, PolicyTooLarge
from connector.policies.source import NoAnswer, PatientSource, PolicySource
from connector.policy_standing import OpenKind, PolicyStanding
from connector.register.register import Register
from connector.review_given import Given
from tests.office_at_work import MONDAY, OfficeAtWork, listing, office_at_work
from tests.policy_files import INFANT, NURSERY, sample

SLUG = "little-lanterns"
QUARTER = timedelta(minutes=15)
LISTED = """
[policies.cse]
title = "Child Sexual Exploitation"
file = "CSE Policy.docx"
"""


@contextmanager
def working(folder: Path, text: str = "") -> Iterator[OfficeAtWork]:
    with office_at_work(folder, listing(text)) as at:
        yield at


@pytest.fixture
def at(tmp_path: Path) -> Iterator[OfficeAtWork]:
    with working(tmp_path) as found:
        yield found


def policy(title: str, next_review: str = "November 2028") -> bytes:
    """A policy as a school types it."""
    return f"{title}\n\nDate written:\tNovember 2024\nDate of next review:\t{next_review}\n".encode()


def put(at: OfficeAtWork, name: str, content: bytes) -> None:
    path = at.library / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def kept(at: OfficeAtWork) -> dict[str, Kept]:
    return {one.slug: one for one in at.office.register.policies(SLUG)}


def standing(at: OfficeAtWork) -> dict[str, PolicyStanding]:
    """The policies as everybody sees them."""
    return {one.slug: one for one in at.office.sites[SLUG].policies(at.office.register)}


def kinds(one: Kept) -> list[EventKind]:
    return [event.kind for event in one.history]


def looks(at: OfficeAtWork) -> int:
    """The next hourly look."""
    at.clock.pass_(hours=1)
    return at.office.watching.watch(at.clock.now())


def documents(at: OfficeAtWork) -> dict[str, str]:
    """Which policy has which document."""
    return {slug: one.document for slug, one in kept(at).items() if one.document}


# -- reading


@pytest.mark.parametrize("form", ["txt", "docx", "pdf"])
def test_the_infant_schools_policy_is_registered_and_overdue_with_each_blank(form: str, at: OfficeAtWork) -> None:
    name = f"{INFANT}.txt" if form == "txt" else f"{INFANT}-typed.{form}"
    put(at, f"Policy.{form}", sample(name))
    assert at.look() == 1
    (one,) = standing(at).values()
    assert one.title == "Child Sexual Exploitation Policy"
    assert str(one.review.due) == "2024-11-30"
    blanks = {point.said for point in one.open if point.kind is OpenKind.BLANK}
    assert {"no minute number", "not signed by the headteacher or manager"} <= blanks
    at.remind()
    assert "was due by Saturday 30 November 2024" in at.mails()[0].part("plain")


def test_the_nurserys_policy_is_registered_and_asked_when_it_is_to_be_reviewed(at: OfficeAtWork) -> None:
    put(at, "cse.txt", sample(f"{NURSERY}.txt"))
    at.look()
    (one,) = standing(at).values()
    assert (one.number, one.title, one.review.due) == ("1.10", "Child Sexual Exploitation (CSE) Policy", None)
    said = {point.said for point in one.open}
    assert any("Keeping Children Safe in Education" in line for line in said)
    at.remind()
    lines = at.mails()[0].part("plain").splitlines()
    title = lines.index("* 1.10 Child Sexual Exploitation (CSE) Policy")
    assert lines[title + 1] == "  no review date"
    assert {line.removeprefix("  - ") for line in lines if line.startswith("  - ")} == said


def test_a_document_is_read_once_for_each_version(at: OfficeAtWork) -> None:
    put(at, "Attendance Policy.txt", policy("Attendance Policy"))
    assert at.look() == 1
    assert [looks(at) for _ in range(3)] == [0, 0, 0]
    (slug,) = kept(at)
    put(at, "Attendance Policy.txt", policy("Attendance Policy", "March 2030"))
    assert looks(at) == 1
    one = kept(at)[slug]
    assert kinds(one) == [EventKind.READ, EventKind.READ]
    assert str(standing(at)[slug].review.due) == "2030-03-31"


def test_a_better_reading_reads_every_document_again_once(at: OfficeAtWork, monkeypatch: pytest.MonkeyPatch) -> None:
    put(at, "Attendance Policy.txt", policy("Attendance Policy"))
    put(at, "Behaviour Policy.pdf", b"no such thing")
    assert at.look() == 2
    before = kept(at)
    monkeypatch.setattr("connector.policy_watching.READING", 1_000)
    assert [looks(at) for _ in range(3)] == [2, 0, 0]
    assert {slug: one.document for slug, one in kept(at).items()} == {
        slug: one.document for slug, one in before.items()
    }
    assert {one.read_at for one in kept(at).values()} == {at.clock.now() - timedelta(hours=2)}


def test_what_was_said_of_a_document_goes_along_when_it_is_listed(tmp_path: Path) -> None:
    with office_at_work(tmp_path, listing("")) as at:
        put(at, "Online.txt", policy("Online Safety Policy", "November 2024"))
        at.look()
        (slug,) = kept(at)
        given = Given(on="2026-11-20", next_review="November 2028", minute_number="24/117")
        at.office.reviews.record(SLUG, slug, given, "office", at.clock.now())
        at.restart(("[policy_library]", '[policies.online]\nfile = "Online.txt"\n\n[policy_library]'))
        at.look()
        assert set(kept(at)) == {"online"}
        assert kinds(kept(at)["online"]) == [EventKind.READ, EventKind.REVIEWED, EventKind.READ]
        one = standing(at)["online"]
        assert (str(one.review.due), one.minute_number) == ("2028-11-30", "24/117")


def test_a_listed_file_that_is_not_there_is_told_once_the_library_was_read(tmp_path: Path) -> None:
    with office_at_work(tmp_path, listing('[policies.cse]\ntitle = "CSE"\nfile = "CSE policy.docx"')) as at:
        told = "No document named \u201cCSE policy.docx\u201d is in the library of policies"
        assert told in {point.said for point in standing(at)["cse"].open}
        put(at, "CSE policy.docx", sample(f"{INFANT}-typed.docx"))
        at.look()
        assert told not in {point.said for point in standing(at)["cse"].open}


def test_a_school_without_a_library_is_told_of_no_missing_file(at: OfficeAtWork) -> None:
    site = at.office.sites[SLUG]
    listed = {"cse": Listed(title="CSE", file="CSE policy.docx")}
    school = site.school.model_copy(update={"policies": listed})
    at.office.sites[SLUG] = replace(site, school=school, library=None)
    assert OpenKind.GONE not in {point.kind for point in standing(at)["cse"].open}


def test_two_documents_of_one_title_are_told_apart_by_their_names(at: OfficeAtWork) -> None:
    put(at, "Behaviour.txt", policy("Behaviour Policy"))
    put(at, "Archive/Behaviour 2022.txt", policy("behaviour policy", "March 2022"))
    put(at, "Visitors.txt", policy("Visitors"))
    at.look()
    said = [point.said for one in standing(at).values() for point in one.open if point.kind is OpenKind.TWICE]
    both = "Documents of the same title: \u201cBehaviour 2022.txt\u201d, \u201cBehaviour.txt\u201d. This is "
    assert set(said) == {f"{both}Behaviour.txt", f"{both}Behaviour 2022.txt"}
    at.remind()
    assert f"{both}Behaviour 2022.txt" in at.mails()[-1].part("plain")


def test_documents_of_one_name_are_told_apart_by_their_folders(at: OfficeAtWork) -> None:
    for name in ("CSE.txt", "Archive/CSE.txt", "Archive/CSE copy.txt"):
        put(at, name, policy("CSE Policy"))
    at.look()
    said = {point.said for one in standing(at).values() for point in one.open if point.kind is OpenKind.TWICE}
    three = "Documents of the same title: \u201cArchive/CSE.txt\u201d, \u201cCSE copy.txt\u201d, \u201cCSE.txt\u201d. This is "
    assert said == {f"{three}{place}" for place in ("Archive/CSE.txt", "CSE copy.txt", "CSE.txt")}


def test_what_is_no_policy_in_force_is_left_out_of_everything_and_comes_back_whole(tmp_path: Path) -> None:
    with office_at_work(tmp_path, listing("")) as at:
        for name in ("Behaviour.txt", "Archive/Behaviour 2022.txt", "Minutes of FGB.txt", "Visitors.txt"):
            put(at, name, policy(name.rpartition("/")[2].removesuffix(".txt")))
        at.look()
        assert len(standing(at)) == 4
        given = Given(on="2026-11-20", next_review="November 2028")
        at.office.reviews.record(SLUG, "visitors", given, "office", at.clock.now())
        put(at, "[Draft] b.txt", policy("Draft"))
        put(at, "D b.txt", policy("No draft"))
        left_out = 'kind = "folder"\nleave_out = ["archive/*", "Minutes of *", "Visitors.txt", "[Draft] *"]'
        at.restart(('kind = "folder"\npath = "../policies"', f'{left_out}\npath = "../policies"'))
        at.look()
        assert set(standing(at)) == {"behaviour", "d-b"}
        at.remind()
        calendar = at.client.get(at.feed()).get_data(as_text=True)
        for shown in (at.mails()[-1].part("plain"), calendar):
            assert "Visitors" not in shown
            assert "Minutes" not in shown
        assert "Behaviour" in calendar
        assert looks(at) == 0
        # A year on: what nobody reviewed is forgotten; what somebody did is kept.
        at.clock.pass_(days=365)
        at.look()
        assert {one.document_name for one in kept(at).values()} == {"Behaviour.txt", "Visitors.txt", "D b.txt"}
        at.restart((', "Visitors.txt"', ""))
        at.look()
        one = standing(at)["visitors"]
        assert str(one.review.due) == "2028-11-30"
        assert one.last_word is not None
        assert OpenKind.GONE not in {point.kind for point in one.open}


@pytest.mark.parametrize("again", ["CSE.txt", "cse.TXT"])
def test_two_policies_of_one_document_are_told_and_stop_nothing(again: str, tmp_path: Path) -> None:
    tables = (
        f'[policies.annex]\nfile = "CSE.txt"\n\n[policies.other]\ntitle = "Other"\n\n[policies.cse]\nfile = "{again}"'
    )
    with working(tmp_path, tables) as at:
        put(at, "CSE.txt", policy("CSE Policy"))
        at.look()
        said = {slug: [one.said for one in found.open] for slug, found in standing(at).items()}
        assert f"\u201c{again}\u201d is the document of [policies.annex]: give this one no `file`" in said["cse"]
        assert not any("is the document of" in one or "No document named" in one for one in said["annex"])
        assert not any("No document named" in one for one in said["cse"])
        assert at.remind() == 1


def test_what_the_schools_file_lists_is_a_policy_also_where_its_document_is_left_out(tmp_path: Path) -> None:
    with office_at_work(tmp_path, listing('[policies.cse]\nfile = "CSE.txt"')) as at:
        put(at, "CSE.txt", policy("CSE Policy"))
        at.look()
        at.restart(('kind = "folder"\n', 'kind = "folder"\nleave_out = ["CSE.txt"]\n'))
        at.look()
        told = [point.said for point in standing(at)["cse"].open if point.kind is OpenKind.GONE]
        assert told[-1] == "`leave_out` names its document: if the policy is no more, take [policies.cse] out"
        assert not any("name \u201c" in one for one in told)


def test_another_file_that_is_named_in_the_schools_file_becomes_the_listed_policy(tmp_path: Path) -> None:
    """The technician points `file` to the new version while the old one still lies there."""
    with office_at_work(tmp_path, listing('[policies.cse]\nfile = "CSE 2023.txt"\ntitle = "CSE Policy"')) as at:
        put(at, "CSE 2023.txt", policy("CSE Policy", "November 2024"))
        put(at, "CSE 2026.txt", policy("CSE Policy", "November 2029"))
        at.look()
        assert documents(at)["cse"] == "CSE 2023.txt"
        at.restart(('file = "CSE 2023.txt"', 'file = "CSE 2026.txt"'))
        at.look()
        assert documents(at)["cse"] == "CSE 2026.txt"
        assert str(standing(at)["cse"].review.due) == "2029-11-30"
        assert sorted(documents(at).values()) == ["CSE 2023.txt", "CSE 2026.txt"]
        before = documents(at)
        assert looks(at) == 0
        assert documents(at) == before


def test_two_listed_files_that_are_swapped_change_places(tmp_path: Path) -> None:
    listed = '[policies.cse]\nfile = "A.txt"\n\n[policies.visitors]\nfile = "B.txt"'
    with office_at_work(tmp_path, listing(listed)) as at:
        put(at, "A.txt", policy("CSE Policy", "November 2029"))
        put(at, "B.txt", policy("Visitors", "November 2028"))
        at.look()
        at.restart(('"A.txt"', '"C.txt"'), ('"B.txt"', '"A.txt"'), ('"C.txt"', '"B.txt"'))
        at.look()
        assert documents(at) == {"cse": "B.txt", "visitors": "A.txt"}
        assert str(standing(at)["cse"].review.due) == "2028-11-30"


def test_of_two_of_one_name_the_newer_is_the_listed_one_also_when_it_comes_later(tmp_path: Path) -> None:
    """In SharePoint: the old one was moved to the archive and keeps its id and its name."""
    with office_at_work(tmp_path, listing('[policies.cse]\nfile = "CSE.txt"')) as at:
        put(at, "CSE.txt", policy("CSE Policy", "November 2024"))
        os.utime(at.library / "CSE.txt", (1, 1))
        at.look()
        put(at, "New/CSE.txt", policy("CSE Policy", "November 2029"))
        at.look()
        assert documents(at)["cse"] == "New/CSE.txt"


def test_a_policy_that_is_listed_by_its_title_later_takes_document_and_history(tmp_path: Path) -> None:
    with office_at_work(tmp_path, listing("")) as at:
        put(at, "b.txt", policy("Behaviour Policy", "November 2026"))
        at.look()
        given = Given(on="2026-11-20", next_review="November 2028")
        at.office.reviews.record(SLUG, "behaviour-policy", given, "office", at.clock.now())
        at.restart(("[policy_library]", '[policies.behaviour]\ntitle = "Behaviour Policy"\n\n[policy_library]'))
        at.look()
        assert documents(at) == {"behaviour": "b.txt"}
        assert str(standing(at)["behaviour"].review.due) == "2028-11-30"


def test_a_document_never_takes_the_name_of_a_policy_that_is_listed_by_another_title(tmp_path: Path) -> None:
    listed = '[policies.safeguarding-policy]\ntitle = "Child Protection"\nnext_review = "November 2027"'
    with office_at_work(tmp_path, listing(listed)) as at:
        put(at, "s.txt", policy("Safeguarding Policy", "November 2025"))
        at.look()
        assert documents(at) == {"safeguarding-policy-2": "s.txt"}


def test_two_histories_are_never_mixed(tmp_path: Path) -> None:
    with office_at_work(tmp_path, listing('[policies.behaviour]\ntitle = "Behaviour"')) as at:
        put(at, "b.txt", policy("Behaviour Policy", "November 2026"))
        at.look()
        for slug, on in (("behaviour", "2026-11-18"), ("behaviour-policy", "2026-11-20")):
            given = Given(on=on, next_review="November 2028")
            at.office.reviews.record(SLUG, slug, given, "office", at.clock.now())
        at.restart(('title = "Behaviour"', 'file = "b.txt"'))
        at.look()
        assert documents(at) == {"behaviour": "b.txt"}
        word = standing(at)["behaviour"].last_word
        assert word is not None
        assert word.on == date(2026, 11, 18)


def test_a_fault_of_the_machine_is_no_fault_of_the_document(at: OfficeAtWork, monkeypatch: pytest.MonkeyPatch) -> None:
    put(at, "Attendance.docx", sample(f"{INFANT}-typed.docx"))
    with monkeypatch.context() as broken:
        broken.setattr(sys, "executable", "/nowhere/python")
        assert at.look() == 0
    assert kept(at) == {}
    look = at.office.register.look(SLUG)
    assert "cannot be read on this machine" in look.error
    assert looks(at) == 1
    assert at.office.register.look(SLUG).failing_since is None


def test_a_document_that_is_dated_ahead_counts_from_its_day_on(at: OfficeAtWork) -> None:
    text = "Attendance Policy\n\nDate written: January 2027\nDate of next review: January 2029\n"
    put(at, "a.txt", text.encode())
    at.look()
    (slug,) = kept(at)
    given = Given(on="2024-01-15", next_review="January 2027")
    at.office.reviews.record(SLUG, slug, given, "office", at.clock.now())
    assert str(standing(at)[slug].review.due) == "2027-01-31"
    assert looks(at) == 0
    at.clock.moment[0] = datetime(2027, 1, 4, 9, tzinfo=UTC)
    assert at.look() == 1
    assert str(standing(at)[slug].review.due) == "2029-01-31"
    assert looks(at) == 0


def test_a_document_that_is_gone_is_not_one_of_two(at: OfficeAtWork) -> None:
    put(at, "CSE 2023.txt", policy("CSE Policy"))
    put(at, "CSE 2026.txt", policy("CSE Policy"))
    at.look()
    (at.library / "CSE 2023.txt").unlink()
    at.look()
    assert not any(point.kind is OpenKind.TWICE for one in standing(at).values() for point in one.open)


def test_a_document_that_somebody_is_writing_keeps_nobody_from_the_others_and_is_not_gone(at: OfficeAtWork) -> None:
    library = Elsewhere({"Attendance.txt": policy("Attendance"), "Behaviour.txt": policy("Behaviour")})
    moved(at, library)
    assert at.look() == 2
    library.growing.add("Behaviour.txt")
    library.contents |= {"Attendance.txt": policy("Attendance", "March 2030"), "Complaints.txt": policy("Complaints")}
    at.clock.pass_(hours=1)
    assert at.office.watching.watch(at.clock.now()) == 2
    assert kinds(kept(at)["behaviour"]) == [EventKind.READ]
    look = at.office.register.look(SLUG)
    assert look.failing_since == at.clock.now()
    assert look.error == f"Behaviour.txt could not be fetched: {ChangedMeanwhile()}"
    library.growing.clear()
    looks(at)
    assert at.office.register.look(SLUG).failing_since is None


def test_it_is_looked_at_about_once_an_hour(at: OfficeAtWork) -> None:
    put(at, "Attendance Policy.txt", policy("Attendance Policy"))
    watch, moment = at.office.watching.watch, at.clock.now()
    assert watch(moment) == 1
    put(at, "E-Safety Policy.txt", policy("E-Safety Policy"))
    assert watch(moment + timedelta(minutes=45)) == 0
    assert watch(moment + timedelta(minutes=60)) == 1
    # A clock that was put back is no reason to wait.
    put(at, "Visitors.txt", policy("Visitors"))
    assert watch(moment - timedelta(days=300)) == 1


def test_a_new_document_comes_by_its_own_name_into_the_list_of_the_week(at: OfficeAtWork) -> None:
    at.look()
    at.remind()
    assert "Attendance" not in at.mails()[-1].part("plain")
    put(at, "Attendance Policy.txt", policy("Attendance Policy", "November 2025"))
    looks(at)
    at.clock.pass_(days=7)
    at.remind()
    assert "Attendance Policy" in at.mails()[-1].part("plain").partition("OVERDUE")[2]


def test_a_document_has_a_short_name_made_of_its_title(at: OfficeAtWork) -> None:
    put(at, "x/Attendance Policy.txt", policy("Attendance Policy"))
    at.look()
    assert documents(at) == {"attendance-policy": "x/Attendance Policy.txt"}


@pytest.mark.parametrize("name", [
    "\u0642\u0627\u0646\u0648\u0646.txt", "2026.txt", "_.txt", "x" * 100 + ".txt", "--Caf\u00e9--.txt", "a\nb.txt", "'; DROP TABLE policy; --.txt",
    "<b>{{ 7 }}.txt",
])  # fmt: skip
def test_whatever_a_file_is_called_its_policy_has_a_name_that_can_be_typed(name: str, at: OfficeAtWork) -> None:
    put(at, name, b"")
    at.look()
    (slug,) = kept(at)
    assert 0 < len(slug) <= 40
    assert slug.isascii()
    assert slug.replace("-", "").isalnum()
    assert slug[0].isalpha()
    assert looks(at) == 0
    at.remind()
    assert at.caught.faults == []
    assert len([line for line in at.mails()[-1].part("plain").splitlines() if line.startswith("* ")]) == 1


def test_a_newer_document_counts_and_ends_what_was_said_of_the_review_before(at: OfficeAtWork) -> None:
    put(at, "Attendance Policy.txt", policy("Attendance Policy", "November 2026"))
    at.look()
    at.remind()
    page = at.page_of()
    at.client.post(page, data={"on": "2026-11-20", "next_review": "November 2027", "minute_number": "24/117"})
    assert standing(at)["attendance-policy"].minute_number == "24/117"
    at.clock.pass_(days=90)
    newer = policy("Attendance Policy", "January 2029").replace(b"November 2024", b"January 2027")
    put(at, "Attendance Policy.txt", newer)
    looks(at)
    one = standing(at)["attendance-policy"]
    assert (str(one.review.due), one.minute_number, one.last_word) == ("2029-01-31", "", None)
    text = at.client.get(page).text
    assert 'name="on" value="2027-02-21"' in text
    assert 'value="24/117"' not in text
    assert "minute number 24/117" in text


# -- names


def test_two_documents_of_one_title_are_two_policies(at: OfficeAtWork) -> None:
    for age, folder in enumerate(("a", "b", "c")):
        put(at, f"{folder}/Attendance Policy.txt", policy("Attendance Policy"))
        os.utime(at.library / folder / "Attendance Policy.txt", (1_700_000_000 - age,) * 2)
    assert at.look() == 3
    expected = {
        "attendance-policy": "a/Attendance Policy.txt", "attendance-policy-2": "b/Attendance Policy.txt",
        "attendance-policy-3": "c/Attendance Policy.txt",
    }  # fmt: skip
    assert documents(at) == expected
    assert (looks(at), documents(at)) == (0, expected)


def test_a_number_in_a_title_is_no_count(at: OfficeAtWork) -> None:
    for folder in ("a", "b"):
        put(at, f"{folder}/Plan 1.txt", policy("Plan 1"))
    put(at, "c/Plan 2.txt", policy("Plan 2"))
    at.look()
    assert set(documents(at)) == {"plan-1", "plan-1-2", "plan-2"}


@pytest.mark.parametrize("name", ["CSE Policy.docx", "cse policy.docx", "CSE POLICY.DOCX", "deep/er/Cse Policy.docx"])
def test_a_listed_file_is_matched_whatever_its_case_and_folder(name: str, tmp_path: Path) -> None:
    with working(tmp_path, LISTED) as at:
        put(at, name, sample(f"{INFANT}-typed.docx"))
        at.look()
        assert documents(at) == {"cse": name}
        assert standing(at)["cse"].title == "Child Sexual Exploitation"


def test_a_listed_file_is_matched_however_its_accents_are_written(tmp_path: Path) -> None:
    with working(tmp_path, LISTED.replace("CSE Policy.docx", "Caf\u00e9.txt")) as at:
        put(at, unicodedata.normalize("NFD", "Caf\u00e9.txt"), policy("Caf\u00e9"))
        at.look()
        assert set(documents(at)) == {"cse"}


def test_of_two_files_of_the_listed_name_the_newer_is_the_listed_policy_and_stays_so(tmp_path: Path) -> None:
    with working(tmp_path, LISTED) as at:
        put(at, "a/CSE Policy.docx", sample(f"{INFANT}-typed.docx"))
        put(at, "b/CSE Policy.docx", sample(f"{NURSERY}-typed.docx"))
        os.utime(at.library / "b" / "CSE Policy.docx", (1_700_000_000,) * 2)
        assert at.look() == 2
        before = documents(at)
        assert before["cse"] == "a/CSE Policy.docx"
        assert len(before) == 2
        for _ in range(3):
            assert looks(at) == 0
        assert documents(at) == before
        assert all(kinds(one) == [EventKind.READ] for one in kept(at).values())


def test_a_document_that_is_listed_only_later_moves_to_the_listed_policy(tmp_path: Path) -> None:
    with working(tmp_path, LISTED.replace("CSE Policy", "CSE Polcy")) as at:
        put(at, "CSE Policy.docx", sample(f"{INFANT}-typed.docx"))
        at.look()
        (made,) = documents(at)
        assert made != "cse"
        assert set(standing(at)) == {"cse", made}
        at.restart(("CSE Polcy", "CSE Policy"))
        assert looks(at) == 1
        assert documents(at) == {"cse": "CSE Policy.docx"}
        # What it was called before is no policy any more, and nobody is asked about it.
        assert set(standing(at)) == {"cse"}
        assert looks(at) == 0


def test_a_document_never_takes_the_place_of_the_file_that_is_listed(tmp_path: Path) -> None:
    with working(tmp_path, '[policies.attendance-policy]\nfile = "Attendance.docx"') as at:
        put(at, "Attendance Policy.txt", policy("Attendance Policy"))
        at.look()
        assert documents(at) == {"attendance-policy-2": "Attendance Policy.txt"}


def test_a_listed_policy_without_a_file_takes_the_document_of_its_name(tmp_path: Path) -> None:
    with working(tmp_path, '[policies.attendance-policy]\nowner = "manager"') as at:
        put(at, "Attendance Policy.txt", policy("Attendance Policy"))
        at.look()
        assert documents(at) == {"attendance-policy": "Attendance Policy.txt"}
        assert standing(at)["attendance-policy"].owner == "manager"


def test_a_policy_that_is_struck_off_the_list_is_asked_for_no_more(tmp_path: Path) -> None:
    with working(
        tmp_path, '[policies.misspelt]\ntitle = "Misspelt"\n[policies.attendance]\ntitle = "Attendance"'
    ) as at:
        at.remind()
        assert "Misspelt" in at.mails()[-1].part("plain")
        at.restart(('[policies.misspelt]\ntitle = "Misspelt"', ""))
        at.clock.pass_(days=7)
        at.remind()
        assert "Misspelt" not in at.mails()[-1].part("plain")
        assert "Attendance" in at.mails()[-1].part("plain")
        assert set(standing(at)) == {"attendance"}
        assert set(kept(at)) == {"attendance", "misspelt"}


# -- gone, back, renamed


def test_a_document_that_is_gone_is_told_and_its_policy_stays(at: OfficeAtWork) -> None:
    put(at, "Attendance Policy.txt", policy("Attendance Policy"))
    at.look()
    (at.library / "Attendance Policy.txt").unlink()
    looks(at)
    one = standing(at)["attendance-policy"]
    assert [point.kind for point in one.open] == [OpenKind.GONE]
    assert str(one.review.due) == "2028-11-30"
    looks(at)
    assert kinds(kept(at)["attendance-policy"]) == [EventKind.READ, EventKind.GONE]
    at.remind()
    assert "not in the library of policies any more" in at.mails()[-1].part("plain")


@pytest.mark.parametrize(("gone", "stays", "listed", "told"), [
    ("CSE.txt", "Visitors.txt", "", "name \u201cCSE.txt\u201d in `leave_out` in the school's file"),
    ("CSE.txt", "Visitors.txt", '[policies.cse]\nfile = "CSE.txt"',
     "name \u201cCSE.txt\u201d in `leave_out` in the school's file, and take [policies.cse] out"),
    ("Old/CSE.txt", "cse.txt", "", "name \u201cOld/CSE.txt\u201d in `leave_out` in the school's file"),
    # No name of it leaves the other one in.
    ("CSE.txt", "New/CSE.txt", "", ""),
])  # fmt: skip
def test_a_reviewed_policy_whose_document_is_gone_says_how_it_ends(
    gone: str, stays: str, listed: str, told: str, tmp_path: Path
) -> None:
    with working(tmp_path, listed) as at:
        put(at, gone, policy("CSE Policy"))
        at.look()
        (slug,) = kept(at)
        put(at, stays, policy("Visitors Policy"))
        at.office.reviews.record(SLUG, slug, Given(on="2026-11-20"), "office", at.clock.now())
        (at.library / gone).unlink()
        looks(at)
        at.clock.pass_(days=365)
        looks(at)
        said = [point.said for point in standing(at)[slug].open if point.kind is OpenKind.GONE]
        ends = [f"If the policy is no more, {told}"] if told else []
        assert said == ["The document is not in the library of policies any more", *ends]
        assert not any(point.kind is OpenKind.GONE for point in standing(at)["visitors-policy"].open)


def test_a_review_that_was_taken_back_keeps_no_policy_whose_document_is_gone(at: OfficeAtWork) -> None:
    put(at, "CSE.txt", policy("CSE Policy"))
    at.look()
    at.office.reviews.record(SLUG, "cse-policy", Given(on="2026-11-20"), "office", at.clock.now())
    assert at.office.reviews.withdraw(SLUG, "cse-policy", "office", at.clock.now())
    (at.library / "CSE.txt").unlink()
    looks(at)
    assert "cse-policy" in standing(at)
    at.clock.pass_(days=31)
    at.look()
    assert kept(at) == {}


@pytest.mark.parametrize("content", [policy("Attendance Policy"), policy("Attendance Policy", "March 2030")])
def test_a_document_that_comes_back_is_the_same_policy(content: bytes, at: OfficeAtWork) -> None:
    put(at, "Attendance Policy.txt", policy("Attendance Policy"))
    at.look()
    (at.library / "Attendance Policy.txt").unlink()
    looks(at)
    put(at, "Attendance Policy.txt", content)
    looks(at)
    assert set(kept(at)) == {"attendance-policy"}
    assert standing(at)["attendance-policy"].open == ()
    assert kinds(kept(at)["attendance-policy"])[:3] == [EventKind.READ, EventKind.GONE, EventKind.BACK]


def test_a_renamed_document_stays_the_policy_it_was_with_its_history(at: OfficeAtWork) -> None:
    put(at, "Attendance Policy 2024.txt", policy("Attendance Policy", "November 2025"))
    at.look()
    at.remind()
    at.client.post(at.page_of(), data={"on": "2026-11-20", "minute_number": "24/117"})
    (at.library / "Attendance Policy 2024.txt").rename(at.library / "Attendance Policy 2026.txt")
    looks(at)
    assert documents(at) == {"attendance-policy": "Attendance Policy 2026.txt"}
    one = standing(at)["attendance-policy"]
    assert one.minute_number == "24/117"
    assert OpenKind.GONE not in {point.kind for point in one.open}
    assert looks(at) == 0


def test_a_listed_file_that_was_moved_stays_the_listed_policy(tmp_path: Path) -> None:
    with working(tmp_path, LISTED) as at:
        put(at, "CSE Policy.docx", sample(f"{INFANT}-typed.docx"))
        at.look()
        (at.library / "2026").mkdir()
        (at.library / "CSE Policy.docx").rename(at.library / "2026" / "CSE Policy.docx")
        looks(at)
        assert documents(at) == {"cse": "2026/CSE Policy.docx"}
        assert set(standing(at)) == {"cse"}


def test_a_library_that_is_empty_for_a_while_makes_no_new_policies(at: OfficeAtWork) -> None:
    for name in ("Attendance Policy", "E-Safety Policy"):
        put(at, f"{name}.txt", policy(name))
    at.look()
    at.library.rename(at.library.with_name("aside"))
    at.library.mkdir()
    looks(at)
    assert {point.kind for one in standing(at).values() for point in one.open} == {OpenKind.GONE}
    at.library.rmdir()
    at.library.with_name("aside").rename(at.library)
    assert looks(at) == 0
    assert set(standing(at)) == {"attendance-policy", "e-safety-policy"}
    assert not any(one.open for one in standing(at).values())


def test_a_library_that_is_away_takes_nothing_back(at: OfficeAtWork) -> None:
    put(at, "Attendance Policy.txt", policy("Attendance Policy"))
    at.look()
    at.library.rename(at.library.with_name("aside"))
    at.clock.moment[0] += QUARTER
    assert at.look() == 0
    assert standing(at)["attendance-policy"].open == ()
    assert at.office.register.look(SLUG).failing_since == at.clock.now()
    at.library.with_name("aside").rename(at.library)
    # While it fails it is looked at each quarter of an hour.
    at.clock.moment[0] += QUARTER
    put(at, "E-Safety Policy.txt", policy("E-Safety Policy"))
    assert at.office.watching.watch(at.clock.now()) == 1
    assert at.office.register.look(SLUG).failing_since is None


# -- what cannot be read


def test_a_document_that_cannot_be_read_keeps_what_the_last_version_said_and_is_told(at: OfficeAtWork) -> None:
    put(at, "Attendance Policy.docx", sample(f"{INFANT}-typed.docx"))
    at.look()
    (slug,) = kept(at)
    put(at, "Attendance Policy.docx", b"no Word document at all")
    looks(at)
    one = standing(at)[slug]
    assert str(one.review.due) == "2024-11-30"
    assert any(point.kind is OpenKind.UNREADABLE for point in one.open)
    at.remind()
    assert "The document could not be read:" in at.mails()[-1].part("plain")
    put(at, "Attendance Policy.docx", sample(f"{INFANT}-typed.docx"))
    looks(at)
    assert not any(point.kind is OpenKind.UNREADABLE for point in standing(at)[slug].open)


def test_a_new_document_that_cannot_be_read_is_registered_under_its_files_name(at: OfficeAtWork) -> None:
    put(at, "Scan of 2019.pdf", b"%PDF-1.4 nothing")
    at.look()
    (one,) = standing(at).values()
    assert one.title == "Scan of 2019.pdf"
    assert {point.kind for point in one.open} == {OpenKind.ASK, OpenKind.UNREADABLE}
    assert looks(at) == 0


def test_one_document_that_breaks_the_reading_keeps_nobody_from_the_others(
    at: OfficeAtWork, monkeypatch: pytest.MonkeyPatch
) -> None:
    from connector import policy_watching

    real = policy_watching.read_policy

    def broken(content: bytes, name: str) -> object:
        if name.startswith("B"):
            raise ZeroDivisionError(content)
        return real(content, name)

    monkeypatch.setattr(policy_watching, "read_policy", broken)
    for name in ("Attendance", "Behaviour", "Complaints"):
        put(at, f"{name}.txt", policy(name))
    assert at.look() == 3
    faulty = {one.title for one in standing(at).values() if OpenKind.UNREADABLE in {point.kind for point in one.open}}
    assert faulty == {"Behaviour.txt"}
    assert at.office.register.look(SLUG).looked_at == at.clock.now()


@dataclass
class Elsewhere:
    """A library that can be told what it gives, and when it cannot."""

    contents: dict[str, bytes]
    unreachable: dict[str, Exception] = field(default_factory=dict)
    away: Exception | None = None
    fetched: int = 0
    growing: set[str] = field(default_factory=set)

    def documents(self) -> tuple[FoundDocument, ...]:
        if self.away is not None:
            raise self.away
        return tuple(
            FoundDocument(
                id=f"id {name}", name=name, version=str(hash(content)), changed_at=None,
                trouble=str(ChangedMeanwhile()) if name in self.growing else "",
            )
            for name, content in self.contents.items()
        )  # fmt: skip

    def read(self, found: FoundDocument) -> bytes:
        self.fetched += 1
        if found.name in self.unreachable:
            raise self.unreachable[found.name]
        return self.contents[found.name]


def moved(at: OfficeAtWork, library: PolicySource) -> None:
    at.office.sites[SLUG] = replace(at.office.sites[SLUG], library=library)


def test_a_document_that_cannot_be_fetched_is_fetched_at_the_next_look_and_told_after_a_day(at: OfficeAtWork) -> None:
    names = ("Attendance", "Behaviour", "Complaints")
    library = Elsewhere({f"{name}.txt": policy(name) for name in names})
    library.unreachable["Behaviour.txt"] = DeliveryError("The far side answered 503.")
    moved(at, library)
    assert at.look() == 2
    assert set(documents(at)) == {"attendance", "complaints"}
    at.remind()
    assert "could not be fetched" not in at.mails()[-1].part("plain")
    assert "answered 503" not in at.mails()[-1].part("plain")
    at.clock.pass_(days=7)
    at.office.watching.watch(at.clock.now())
    at.remind()
    assert "Behaviour.txt could not be fetched: The far side answered 503." in at.mails()[-1].part("plain")
    library.unreachable.clear()
    at.clock.moment[0] += QUARTER
    assert at.office.watching.watch(at.clock.now()) == 1
    assert set(documents(at)) == {"attendance", "behaviour", "complaints"}
    assert at.office.register.look(SLUG).failing_since is None


def test_a_document_that_can_never_be_fetched_is_told_of_and_not_tried_for_ever(at: OfficeAtWork) -> None:
    library = Elsewhere({"Attendance.txt": b""}, {"Attendance.txt": PolicyTooLarge()})
    moved(at, library)
    at.look()
    (one,) = standing(at).values()
    assert any("over 25 MB" in point.said for point in one.open)
    looks(at)
    assert library.fetched == 1


@pytest.mark.parametrize("away", [DeliveryError("The far side answered 503."), ZeroDivisionError("a secret")])
def test_a_library_on_which_the_look_breaks_is_told_to_the_office_after_a_day(
    away: Exception, at: OfficeAtWork
) -> None:
    library = Elsewhere({"Attendance.txt": policy("Attendance")})
    moved(at, library)
    at.look()
    library.away = away
    looks(at)
    at.clock.pass_(days=1, minutes=1)
    at.office.watching.watch(at.clock.now())
    at.remind()
    text = at.mails()[-1].part("plain")
    assert "since Monday 23 November 2026" in text
    assert "a secret" not in text
    assert set(documents(at)) == {"attendance"}


def test_a_look_that_breaks_after_the_list_is_told_to_the_office_after_a_day(
    at: OfficeAtWork, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(at, "Attendance.txt", policy("Attendance"))
    with monkeypatch.context() as broken:
        broken.setattr("connector.policy_watching.held_by", lambda *_: 1 / 0)
        assert looks(at) == 0
        since = at.clock.now()
        at.clock.pass_(days=1, minutes=1)
        at.office.watching.watch(at.clock.now())
    look = at.office.register.look(SLUG)
    assert (look.failing_since, look.looked_at) == (since, MONDAY - timedelta(days=1))
    at.remind()
    assert "The look at it broke: the service's log says where." in at.mails()[-1].part("plain")
    assert looks(at) == 1


def test_a_register_that_cannot_be_written_is_no_fault_of_the_library(
    at: OfficeAtWork, monkeypatch: pytest.MonkeyPatch
) -> None:
    def closed(*_: object) -> None:
        raise RegisterClosed

    put(at, "Attendance.txt", policy("Attendance"))
    with monkeypatch.context() as broken:
        broken.setattr(Register, "note_document", closed)
        with pytest.raises(RegisterClosed):
            at.look()
    assert at.office.register.look(SLUG).failing_since is None
    assert looks(at) == 1


@pytest.mark.parametrize(("minutes", "is_told"), [(0, False), (1, True)])
def test_a_library_at_which_nobody_looks_is_told_to_the_office_after_a_day(
    minutes: int, is_told: bool, at: OfficeAtWork
) -> None:
    at.look()
    at.clock.pass_(days=1, minutes=minutes)
    at.remind()
    told = "The library of policies was last looked at on Monday 23 November 2026: newer versions are missed."
    assert (told in at.mails()[-1].part("plain")) is is_told


def test_without_a_library_of_policies_nothing_is_said_of_one(at: OfficeAtWork) -> None:
    at.office.register.note_look(SLUG, MONDAY, "The far side answered 503.")
    at.office.sites[SLUG] = replace(
        at.office.sites[SLUG], school=at.office.sites[SLUG].school.model_copy(update={"policies": {"cse": Listed()}}),
        library=None,
    )  # fmt: skip
    at.clock.pass_(days=2)
    at.remind()
    assert "library" not in at.mails()[-1].part("plain")


def test_one_slow_document_keeps_no_other_one_out(at: OfficeAtWork, monkeypatch: pytest.MonkeyPatch) -> None:
    hangs, answers, real = threading.Event(), threading.Event(), FolderSource.read

    def slow(place: FolderSource, found: FoundDocument) -> bytes:
        if found.name == "Slow.txt":
            hangs.set()
            assert answers.wait(timeout=60)
        return real(place, found)

    def until_it_hangs(_: PatientSource, asked: Future[Any]) -> None:
        while not asked.done() and (answers.is_set() or not hangs.is_set()):
            wait([asked], timeout=0.01)

    monkeypatch.setattr(FolderSource, "read", slow)
    monkeypatch.setattr(PatientSource, "_wait", until_it_hangs)
    for name, age in (("Attendance.txt", 2), ("Slow.txt", 0), ("Visitors.txt", 1)):
        put(at, name, policy(name.removesuffix(".txt")))
        when = MONDAY.timestamp() - age * 86_400
        os.utime(at.library / name, (when, when))
    assert looks(at) == 0
    answers.set()
    source = at.office.sites[SLUG].library
    assert isinstance(source, PatientSource)
    wait(source._left.values(), timeout=60)
    assert looks(at) == 3
    assert at.office.register.look(SLUG).failing_since is None


def test_a_library_that_never_answers_is_told_and_stops_no_other_schools_look(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    infants, answers = "starling-infants", threading.Event()
    real = FolderSource.documents

    def hanging(source: FolderSource) -> tuple[FoundDocument, ...]:
        assert answers.wait(timeout=60)
        return real(source)

    with office_at_work(tmp_path, lambda _: None) as at:
        source = at.office.sites[SLUG].library
        # The service asks no library without this patience.
        assert isinstance(source, PatientSource)
        at.office.sites[SLUG] = replace(at.office.sites[SLUG], library=replace(source, seconds=0))
        library = Elsewhere({"Visitors.txt": policy("Visitors")})
        at.office.sites[infants] = replace(at.office.sites[infants], library=library)
        monkeypatch.setattr(FolderSource, "documents", hanging)
        put(at, "Attendance.txt", policy("Attendance"))
        assert looks(at) == 1
        assert at.office.register.look(infants).looked_at == at.clock.now()
        assert "visitors" in {one.slug for one in at.office.register.policies(infants)}
        hung_at = at.clock.now()
        at.clock.pass_(days=1, minutes=1)
        assert at.office.watching.watch(at.clock.now()) == 0
        look = at.office.register.look(SLUG)
        assert (look.failing_since, look.error) == (hung_at, str(NoAnswer()))
        at.remind()
        assert str(NoAnswer()) in at.mails()[-1].part("plain")
        assert str(NoAnswer()) not in at.mails("it@starling.example")[-1].part("plain")
        answers.set()
        at.office.sites[SLUG] = replace(at.office.sites[SLUG], library=source)
        assert looks(at) == 1
        assert at.office.register.look(SLUG).failing_since is None


def test_one_schools_library_is_not_anothers(tmp_path: Path) -> None:
    with office_at_work(tmp_path, lambda _: None) as at:
        put(at, "Attendance Policy.txt", policy("Attendance Policy"))
        assert at.look() == 1
        assert "attendance-policy" in documents(at)
        assert not any(one.document for one in at.office.register.policies("starling-infants"))
        at.office.sites["starling-infants"] = replace(
            at.office.sites["starling-infants"], library=Elsewhere({}, away=ZeroDivisionError())
        )
        put(at, "E-Safety Policy.txt", policy("E-Safety Policy"))
        assert looks(at) == 1


def test_a_name_that_changes_where_documents_keep_their_id_is_the_same_policy(at: OfficeAtWork) -> None:
    @dataclass
    class Renaming(Elsewhere):
        name: str = "Attendance.txt"

        def documents(self) -> tuple[FoundDocument, ...]:
            (found,) = super().documents()
            return (replace(found, id="the same", name=self.name),)

        def read(self, found: FoundDocument) -> bytes:
            return policy("Attendance")

    library = Renaming({"Attendance.txt": b""})
    moved(at, library)
    at.look()
    library.name = "Attendance and punctuality.txt"
    assert looks(at) == 1
    assert {slug: one.document_name for slug, one in kept(at).items()} == {
        "attendance": "Attendance and punctuality.txt"
    }


def test_hundreds_of_documents_are_read_at_one_look_and_none_is_lost(at: OfficeAtWork) -> None:
    number = 300
    moved(at, Elsewhere({f"Policy {n} of the school.txt": policy(f"Policy {n} of the school") for n in range(number)}))
    assert at.look() == number
    assert len(set(documents(at).values())) == number
    assert looks(at) == 0
    at.clock.moment[0] = MONDAY + timedelta(days=7)
    assert at.remind() == 1
    assert at.caught.faults == []


def test_a_document_that_lay_there_for_a_while_and_that_nobody_reviewed_is_forgotten(at: OfficeAtWork) -> None:
    for name in ("Draft", "Attendance"):
        put(at, f"{name}.txt", policy(f"{name} Policy"))
    at.look()
    at.office.register.note_reviewed(
        "little-lanterns", "attendance-policy", lambda _history: Reviewed(on=MONDAY.date()), "office", MONDAY
    )
    for name in ("Draft", "Attendance"):
        (at.library / f"{name}.txt").unlink()
    at.look()
    at.clock.pass_(days=30)
    at.look()
    assert {"draft-policy", "attendance-policy"} <= set(kept(at))
    at.clock.pass_(days=1)
    at.look()
    assert "draft-policy" not in kept(at)
    assert "attendance-policy" in kept(at)


def test_nothing_is_said_to_be_in_order_before_the_library_was_read_once(at: OfficeAtWork) -> None:
    at.office.register.note_look("little-lanterns", MONDAY)
    with closing(sqlite3.connect(at.office.register.file)) as connection, connection:
        connection.execute("DELETE FROM library")
    assert at.remind() == 0
    put(at, "Attendance.txt", policy("Attendance Policy", "November 2024"))
    at.look()
    assert at.remind() > 0
    assert "Attendance Policy" in at.mails()[0].part("plain")


def test_a_stop_ends_the_look_between_two_documents_and_the_rest_comes_after_the_start(at: OfficeAtWork) -> None:
    for name in ("Attendance", "Visitors"):
        put(at, f"{name}.txt", policy(f"{name} Policy"))
    at.office.watching.stopping.set()
    assert at.look() == 0
    assert at.office.register.look(SLUG).failing_since is None
    at.office.watching.stopping.clear()
    assert at.look() == 2


def test_a_document_written_in_a_year_to_come_is_doubted_and_outranks_nothing(at: OfficeAtWork) -> None:
    put(at, "Attendance.txt", b"Attendance Policy\n\nDate written: November 2062\nReview date: November 2026\n")
    at.look()
    assert standing(at)["attendance-policy"].review.due == date(2026, 11, 30)
