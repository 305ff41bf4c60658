"""A policy's document is read first, and listed in the school's file under another name later: it stays the same policy."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from connector.model.policies_kept import Read
from connector.register.notes import DocumentRead, Shown
from connector.register.register import Register
from connector.sqlite.claims import Claim, Told
from tests.office_at_work import MONDAY, OWNER, OfficeAtWork, listing, office_at_work

POLICY = "Child Sexual Exploitation Policy\n\nDate written: November 2024\nReview date: 30th November 2026\n"
BEFORE = "child-sexual-exploitation-policy"
LISTED = '[policies.cse]\ntitle = "Child Sexual Exploitation Policy"\nfile = "CSE 2024.txt"\n'
LIES = "# Where the policies themselves lie"


@pytest.fixture
def at(tmp_path: Path) -> Iterator[OfficeAtWork]:
    with office_at_work(tmp_path, listing("")) as found:
        (found.library / "CSE 2024.txt").write_text(POLICY, "utf-8")
        found.look()
        assert found.remind() == 1
        yield found


def listed(at: OfficeAtWork, more: str = "") -> None:
    at.restart((LIES, f"{LISTED}{more}\n{LIES}"))
    at.look()


def uids(at: OfficeAtWork, path: str) -> list[str]:
    return re.findall(r"UID:(\S+)", at.client.get(path).text)


def numbers(at: OfficeAtWork, path: str) -> list[int]:
    return [int(one) for one in re.findall(r"SEQUENCE:(\d+)", at.client.get(path).text)]


def test_nobody_is_told_again_of_what_they_were_told(at: OfficeAtWork) -> None:
    listed(at)
    for _ in range(4):
        at.clock.pass_(days=1)
        assert at.remind() == 0
    at.clock.pass_(days=3)
    assert at.remind() == 1, "the day itself, on the next Monday"


def test_whoever_owns_it_from_then_on_is_told_once(at: OfficeAtWork) -> None:
    listed(at, 'owner = "manager"\n')
    for expected in (1, 0):
        at.clock.pass_(days=1)
        assert at.remind() == expected
    assert len(at.mails(OWNER)) == 1
    assert len(at.mails()) == 1


def test_its_event_stays_the_same_one_and_follows_a_change(at: OfficeAtWork) -> None:
    feed = at.feed()
    known, sequence = uids(at, feed), numbers(at, feed)
    assert len(known) == 1
    listed(at)
    assert (uids(at, feed), numbers(at, feed)) == (known, sequence)
    at.restart((LISTED, f'{LISTED}written = "1 December 2025"\nnext_review = "December 2027"\n'))
    assert uids(at, feed) == known
    assert numbers(at, feed)[0] > sequence[0]


def test_a_link_that_went_out_before_is_still_good(at: OfficeAtWork) -> None:
    path = urlsplit(at.page_of()).path
    listed(at)
    assert at.client.get(path).status_code == 200
    assert at.client.post(path, data={"on": "2026-11-20", "next_review": "November 2028"}).status_code == 200
    (kept,) = at.office.register.policies("little-lanterns")
    assert (kept.slug, kept.known_as) == ("cse", BEFORE)
    assert [event.reviewed.on for event in kept.history if event.reviewed] == [date(2026, 11, 20)]


def test_another_document_of_the_old_name_gets_an_event_of_its_own(at: OfficeAtWork) -> None:
    feed = at.feed()
    (known,) = uids(at, feed)
    listed(at, 'number = "1.10"\n')
    (at.library / "Another.txt").write_text(POLICY.replace("2026", "2027"), "utf-8")
    register = at.office.register
    register.note_document(document(BEFORE, "Another.txt"))
    found = uids(at, feed)
    assert len(found) == len(set(found)) == 2
    assert known in found
    old = urlsplit(at.page_of()).path
    assert "1.10 Child Sexual Exploitation Policy" in at.client.get(old).text
    at.clock.pass_(days=7)
    assert at.remind() == 1
    for number, title in ((-1, "1.10 Child"), (0, "1.10 Child")):
        assert title in at.client.get(at.page_of(number=number)).text
    (newest,) = at.mails()[-1:]
    pages = re.findall(r"http://127\.0\.0\.1:8080(/r/[\w-]+)", newest.part("plain"))
    shown = [at.client.get(page).text.partition("<h1>")[2].partition("</h1>")[0] for page in pages]
    assert sorted(shown) == ["1.10 Child Sexual Exploitation Policy", "Child Sexual Exploitation Policy"]


def test_a_policy_that_is_named_twice_is_still_the_one_it_was(at: OfficeAtWork) -> None:
    feed, path = at.feed(), urlsplit(at.page_of()).path
    known = uids(at, feed)
    listed(at)
    # Taken off the list, it is the document's own policy again; listed again it has a third name.
    at.restart((LISTED, ""))
    at.look()
    at.restart((LIES, f"{LISTED.replace('policies.cse', 'policies.exploitation')}\n{LIES}"))
    at.look()
    assert uids(at, feed) == known
    assert at.client.get(path).status_code == 200
    (kept,) = at.office.register.policies("little-lanterns")
    assert (kept.slug, kept.known_as) == ("exploitation", BEFORE)


# -- the register alone


@pytest.fixture
def register(tmp_path: Path) -> Iterator[Register]:
    opened = Register(tmp_path / "register.db")
    yield opened
    opened.close()


def document(slug: str, name: str, before: str = "") -> DocumentRead:
    read = Read(title="Child Sexual Exploitation Policy", written="November 2025", next_review="November 2027")
    return DocumentRead(
        school="little-lanterns", slug=slug, document=name, name=name, version="1", reading=99, at=MONDAY, read=read,
        before=before,
    )  # fmt: skip


def tell(register: Register, *occasions: str) -> None:
    who = ("little-lanterns", "office")
    stale = MONDAY - timedelta(minutes=15)
    register.claim(Claim(school=who[0], person=who[1], occasions=occasions, at=MONDAY, stale_before=stale))
    register.settle(Told(school=who[0], person=who[1], occasions=occasions, at=MONDAY))


def shown(register: Register, slug: str, due: date | None) -> None:
    register.show("little-lanterns", (Shown(slug=slug, title=slug, due=due),), MONDAY)


def test_a_name_that_calendars_know_already_keeps_its_own_event(register: Register) -> None:
    for slug in ("old", "new"):
        register.note_document(document(slug, f"{slug}.txt"))
        shown(register, slug, date(2027, 11, 30))
    register.note_document(document("new", "old.txt", before="old"))
    (kept,) = register.policies("little-lanterns")
    assert (kept.slug, kept.known_as, kept.document) == ("new", "new", "old.txt")


def test_a_name_of_which_no_calendar_shows_a_day_goes_on_with_the_event_that_is_out(register: Register) -> None:
    register.note_document(document("old", "old.txt"))
    for day in (29, 30):
        shown(register, "old", date(2027, 11, day))
    register.add("little-lanterns", ("new",), MONDAY)
    shown(register, "new", None)
    register.note_document(document("new", "old.txt", before="old"))
    (kept,) = register.policies("little-lanterns")
    assert (kept.known_as, kept.sequence, kept.shown_due) == ("old", 1, date(2027, 11, 30))


def test_what_was_told_under_both_names_was_told(register: Register) -> None:
    tell(register, "old 2026-11-30 7")
    tell(register, "new 2026-11-30 7")
    register.note_document(document("old", "old.txt"))
    register.note_document(document("new", "old.txt", before="old"))
    assert ("office", "new 2026-11-30 7") in register.told("little-lanterns")


def test_only_what_was_told_of_that_policy_is_told_of_the_new_name(register: Register) -> None:
    occasions = ("old 2026-11-30 7", "older 2026-11-30 7", "old-one 2026-11-30 7", "day 2026-11-23", "week 2026-W48")
    tell(register, *occasions)
    register.note_document(document("old", "old.txt"))
    register.note_document(document("new", "old.txt", before="old"))
    now = {occasion for _, occasion in register.told("little-lanterns")}
    assert now == {"new 2026-11-30 7", *occasions[1:]}
