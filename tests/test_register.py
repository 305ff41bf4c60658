"""The register of policies: what is kept, its history, and who may tell what of several processes."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, text

from connector.errors import RegisterClosed
from connector.model.policies_kept import Event, EventKind, Read, Reviewed, latest_review
from connector.policy_layers import last_word
from connector.register.notes import DocumentRead, Presence, Settle, Shown
from connector.register.register import Register
from connector.register.schema import MIGRATIONS, metadata
from connector.sqlite.claims import Claim, Told
from connector.sqlite.database import open_database

NOW = datetime(2026, 11, 23, 7, 30, tzinfo=UTC)
STALE = timedelta(minutes=15)


@pytest.fixture
def register(tmp_path: Path) -> Iterator[Register]:
    opened = Register(tmp_path / "register.db")
    yield opened
    opened.close()


def claim(*occasions: str, at: datetime = NOW) -> Claim:
    return Claim(school="hill", person="office", occasions=occasions, at=at, stale_before=at - STALE)


def told(*occasions: str, error: str = "", at: datetime = NOW) -> Told:
    return Told(school="hill", person="office", occasions=occasions, at=at, error=error)


def said(review: Reviewed) -> Settle:
    return lambda _history: review


def said_last(history: Sequence[Event]) -> str:
    known = latest_review(history)
    return known.minute_number if known else ""


def document(version: str = "1", **given: object) -> DocumentRead:
    values = {
        "school": "hill", "slug": "cse", "document": "id-1", "name": "CSE.docx", "version": version,
        "reading": 1, "at": NOW, "read": Read(title="CSE Policy", next_review="November 2024", texts=(("KCSIE", "kcsie", 2023),)),
    }  # fmt: skip
    return DocumentRead(**(values | given))  # type: ignore[arg-type] # a table of named values


def test_the_migration_makes_exactly_the_tables_of_the_schema(register: Register) -> None:
    engine = create_engine(f"sqlite:///{register.file}")
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    engine.dispose()


def test_it_is_brought_up_to_date_with_all_that_it_holds(tmp_path: Path) -> None:
    file = tmp_path / "register.db"
    engine = open_database(file, MIGRATIONS, "0001")
    with engine.begin() as connection:
        row = "INSERT INTO policy (school, slug, added_at, document, version) VALUES ('hill', 'cse', :at, 'id-1', '1')"
        connection.execute(text(row), {"at": "2026-11-23T07:30:00.000000Z"})
    engine.dispose()
    register = Register(file)
    (kept,) = register.policies("hill")
    register.close()
    assert (kept.document, kept.version, kept.reading, kept.added_at) == ("id-1", "1", 0, NOW)


def test_it_has_a_name_of_its_own_for_good(tmp_path: Path) -> None:
    names = []
    for file in ("a.db", "a.db", "b.db"):
        register = Register(tmp_path / file)
        names.append(register.name)
        register.close()
    assert names[0] == names[1] != names[2]


def test_no_column_of_a_concern_is_in_it() -> None:
    named = {column.name for table in metadata.tables.values() for column in table.columns}
    assert not named & {"reference", "sealed", "aside", "child_mark", "reporter_mark", "record_place"}


def test_what_was_read_comes_back_as_it_was(register: Register) -> None:
    register.note_document(document())
    (kept,) = register.policies("hill")
    assert kept.read == Read(title="CSE Policy", next_review="November 2024", texts=(("KCSIE", "kcsie", 2023),))
    assert (kept.document, kept.document_name, kept.version, kept.read_at) == ("id-1", "CSE.docx", "1", NOW)
    assert register.policies("elsewhere") == ()


def test_a_version_that_cannot_be_read_keeps_what_the_last_one_said_and_says_why(register: Register) -> None:
    register.note_document(document())
    register.note_document(document("2", read=None, fault="It is protected by a password."))
    (kept,) = register.policies("hill")
    assert kept.fault == "It is protected by a password."
    assert kept.read is not None
    assert kept.read.title == "CSE Policy"
    register.note_document(document("3"))
    assert register.policies("hill")[0].fault == ""


def test_history_is_kept_with_who_said_so_and_when(register: Register) -> None:
    register.note_document(document())
    review = Reviewed(on=date(2026, 11, 20), next_review="November 2028", minute_number="24/117", signed_head="A. Head")
    assert register.note_reviewed("hill", "cse", said(review), "head", NOW)
    later = NOW + timedelta(days=9)
    assert register.note_reviewed(
        "hill", "cse", said(Reviewed(on=date(2026, 11, 20), signed_chair="B. Chair")), "office", later
    )
    events = register.policies("hill")[0].history
    assert [(event.kind, event.by, event.at) for event in events] == [
        (EventKind.READ, "document", NOW), (EventKind.REVIEWED, "head", NOW), (EventKind.REVIEWED, "office", later),
    ]  # fmt: skip
    assert events[1].reviewed == review


def test_a_button_pressed_twice_is_one_review(register: Register) -> None:
    review = Reviewed(on=date(2026, 11, 20))
    assert register.note_reviewed("hill", "cse", said(review), "head", NOW)
    assert not register.note_reviewed("hill", "cse", said(review), "head", NOW + timedelta(seconds=2))
    assert register.note_reviewed("hill", "cse", said(review), "office", NOW)
    assert len(register.policies("hill")[0].history) == 2


def test_where_nothing_is_to_be_kept_nothing_is_noted(register: Register) -> None:
    assert register.note_reviewed("hill", "cse", said(Reviewed(on=date(2026, 11, 20))), "head", NOW)
    assert not register.note_reviewed("hill", "cse", lambda _history: None, "head", NOW)
    assert len(register.policies("hill")[0].history) == 1


def test_words_that_two_processes_add_at_once_are_all_kept(register: Register) -> None:
    """Each adds a letter to what is known at that moment: one that looked before the other wrote would lose it."""
    other, on = Register(register.file), date(2026, 11, 20)
    letters, gate = "abcdefghijklmnopqrst", threading.Barrier(20)

    def add(letter: str) -> None:
        gate.wait(60)
        opened = register if letter < "k" else other
        opened.note_reviewed(
            "hill", "cse",
            lambda history: Reviewed(on=on, minute_number="".join(sorted({letter, *said_last(history)}))),
            letter, NOW,
        )  # fmt: skip

    threads = [threading.Thread(target=add, args=(letter,)) for letter in letters]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    kept = last_word(register.policies("hill")[0])
    other.close()
    assert kept is not None
    assert sorted(kept.minute_number) == list(letters)


def test_a_document_that_goes_and_comes_back_is_noted_both_times(register: Register) -> None:
    register.note_document(document())
    register.note_presence(Presence(school="hill", slug="cse", at=NOW, is_there=False))
    assert register.policies("hill")[0].gone_at == NOW
    register.note_presence(Presence(school="hill", slug="cse", at=NOW, is_there=True))
    (kept,) = register.policies("hill")
    assert kept.gone_at is None
    assert [event.kind for event in kept.history] == [EventKind.READ, EventKind.GONE, EventKind.BACK]


def test_a_calendars_number_goes_up_with_each_change_and_with_nothing_else(register: Register) -> None:
    register.add("hill", ("cse",), NOW)
    due = Shown(slug="cse", title="CSE", due=date(2026, 11, 30))
    for shown, sequence in (
        (due, 0), (due, 0), (Shown(slug="cse", title="CSE", due=date(2028, 11, 30)), 1),
        (Shown(slug="cse", title="CSE policy", due=date(2028, 11, 30)), 2), (Shown(slug="cse", title="CSE policy", due=None), 3),
    ):  # fmt: skip
        register.show("hill", (shown,), NOW + timedelta(days=sequence))
        (kept,) = register.policies("hill")
        assert (kept.sequence, kept.changed_at) == (sequence, NOW + timedelta(days=sequence))


def test_only_one_of_two_processes_is_granted_an_occasion(register: Register) -> None:
    other = Register(register.file)
    assert register.claim(claim("week 2026-W48")).occasions == ("week 2026-W48",)
    assert other.claim(claim("week 2026-W48")).occasions == ()
    register.settle(told("week 2026-W48"))
    assert other.claim(claim("week 2026-W48", at=NOW + timedelta(days=1))).occasions == ()
    assert other.told("hill") == {("office", "week 2026-W48")}
    other.close()


def test_of_many_threads_in_two_processes_one_is_granted(register: Register) -> None:
    other, granted = Register(register.file), []

    def take(of: Register) -> None:
        granted.extend(of.claim(claim("week 2026-W48")).occasions)

    threads = [threading.Thread(target=take, args=(of,)) for of in (register, other) * 8]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    other.close()
    assert granted == ["week 2026-W48"]


def test_what_a_dead_process_had_in_hand_is_granted_again_after_a_while_and_known_as_a_repeat(
    register: Register,
) -> None:
    register.claim(claim("a"))
    assert register.claim(claim("a", at=NOW + STALE)).occasions == ()
    granted = register.claim(claim("a", at=NOW + STALE + timedelta(seconds=1)))
    assert (granted.occasions, granted.again) == (("a",), ("a",))


def test_what_did_not_work_is_free_at_once_and_may_be_a_repeat(register: Register) -> None:
    register.claim(claim("a"))
    register.settle(told("a", error="The mail server is away."))
    assert register.told("hill") == frozenset()
    granted = register.claim(claim("a", at=NOW + timedelta(seconds=1)))
    assert (granted.occasions, granted.again) == (("a",), ("a",))


@pytest.mark.parametrize(("ahead", "is_free"), [(timedelta(minutes=14), False), (timedelta(days=40), True)])
def test_a_claim_of_a_clock_that_was_far_ahead_blocks_nothing(
    ahead: timedelta, is_free: bool, register: Register
) -> None:
    register.claim(claim("a", at=NOW + ahead))
    assert bool(register.claim(claim("a")).occasions) is is_free


@pytest.mark.parametrize("other", ["told", "in hand", "waiting"])
def test_a_claim_of_several_is_granted_whole_or_not_at_all(other: str, register: Register) -> None:
    for _ in range(4):
        register.claim(claim("a"))
        if other != "in hand":
            register.settle(told("a", error="away" if other == "waiting" else ""))
    assert register.claim(claim("a", "b")).occasions == ()
    # Nothing of it was taken: "b" alone is as if nobody had ever asked for it.
    granted = register.claim(claim("b"))
    assert (granted.occasions, granted.again) == (("b",), ())


def test_failing_counts_people_who_could_not_be_told_and_were_not_since(register: Register) -> None:
    for occasion in ("a", "b"):
        for _ in range(2):
            register.claim(claim(occasion))
            register.settle(told(occasion, error="away"))
    assert register.failing("hill", NOW) == 1
    assert register.failing("elsewhere", NOW) == 0
    assert register.failing("hill", NOW + timedelta(days=3)) == 1
    assert register.failing("hill", NOW + timedelta(days=6)) == 0
    later = NOW + timedelta(days=1)
    register.claim(claim("c", at=later))
    register.settle(told("c", at=later))
    assert register.failing("hill", later) == 0


def test_one_failure_is_no_trouble_yet(register: Register) -> None:
    register.claim(claim("a"))
    register.settle(told("a", error="away"))
    assert register.failing("hill", NOW) == 0


def test_after_some_tries_it_waits_longer_each_time(register: Register) -> None:
    """A server that takes the mail and never says so would else fill a mailbox."""
    at, tries = NOW, []
    for _ in range(4 * 24):
        if register.claim(claim("a", at=at)).occasions:
            tries.append(at)
            register.settle(told("a", error="lost", at=at))
        at += timedelta(minutes=15)
    gaps = [after - before for before, after in pairwise(tries)]
    assert gaps[:5] == [timedelta(minutes=m) for m in (15, 15, 15, 30, 60)]
    assert set(gaps[5:]) == {timedelta(hours=4)}


def test_a_slow_process_cannot_undo_what_another_has_told(register: Register) -> None:
    register.claim(claim("a"))
    register.claim(claim("a", at=NOW + STALE * 2))
    register.settle(told("a", at=NOW + STALE * 2))
    register.settle(told("a", error="timed out", at=NOW + STALE * 3))
    assert register.told("hill") == {("office", "a")}


def test_what_was_told_of_a_day_is_forgotten_after_more_than_a_year_and_of_a_policy_never(register: Register) -> None:
    """A policy's day may still be ahead, or long overdue: forgotten, it would be told again."""
    of_days = ("week 2026-W48", "day 2026-11-23")
    of_policies = ("cse 2024-11-30 0", "day 2026-11-23 7", "week 2026-11-30 30")
    register.claim(claim(*of_days, *of_policies))
    register.settle(told(*of_days, *of_policies))
    register.forget_told("hill", NOW + timedelta(days=400))
    assert len(register.told("hill")) == 5
    register.forget_told("elsewhere", NOW + timedelta(days=401))
    assert len(register.told("hill")) == 5
    register.forget_told("hill", NOW + timedelta(days=401))
    assert register.told("hill") == {("office", occasion) for occasion in of_policies}


def test_a_review_is_taken_back_and_the_one_before_counts_again(register: Register) -> None:
    right, wrong = (
        Reviewed(on=date(2025, 11, 20), next_review="November 2027"),
        Reviewed(on=date(2026, 11, 20), next_review="November 2031"),
    )
    register.note_reviewed("hill", "cse", said(right), "head", NOW)
    assert register.note_reviewed("hill", "cse", said(wrong), "head", NOW)
    assert register.withdraw("hill", "cse", "office", NOW)
    assert last_word(register.policies("hill")[0]) == right
    assert [event.kind for event in register.policies("hill")[0].history][-1] is EventKind.WITHDRAWN
    assert register.note_reviewed("hill", "cse", said(wrong), "head", NOW)
    assert register.withdraw("hill", "cse", "office", NOW)
    assert register.withdraw("hill", "cse", "office", NOW)
    assert not register.withdraw("hill", "cse", "office", NOW)
    assert last_word(register.policies("hill")[0]) is None


def test_a_feeds_address_can_be_renewed(register: Register) -> None:
    assert register.feed_serials() == {}
    assert [register.renew_feed("hill"), register.renew_feed("hill"), register.renew_feed("dale")] == [1, 2, 1]
    assert register.feed_serials() == {"hill": 2, "dale": 1}


def test_a_look_that_fails_keeps_since_when(register: Register) -> None:
    register.note_look("hill", NOW)
    register.note_look("hill", NOW + timedelta(hours=1), "The folder is away.")
    register.note_look("hill", NOW + timedelta(hours=2), "The folder is still away.")
    look = register.look("hill")
    assert (look.looked_at, look.failing_since, look.error) == (
        NOW,
        NOW + timedelta(hours=1),
        "The folder is still away.",
    )
    register.note_look("hill", NOW + timedelta(hours=3))
    assert register.look("hill").failing_since is None


def test_a_closed_register_says_so_in_our_own_words(tmp_path: Path) -> None:
    register = Register(tmp_path / "register.db")
    register.close()
    with pytest.raises(RegisterClosed):
        register.renew_feed("hill")
