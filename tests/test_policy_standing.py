"""How a policy stands: the school's file, its document and the office's own hand laid over each other."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from connector.model.policies_kept import Event, EventKind, Kept, Listed, Read, Reviewed
from connector.policy_standing import OpenKind, PolicyStanding, standing_of
from tests.test_school_year import YEAR

NOW = datetime(2026, 11, 23, 7, 30, tzinfo=UTC)
# The infant school's policy as it is read: its sign-off block is there, and empty.
INFANT = Read(
    title="Child Sexual Exploitation Policy", written="November 2023", next_review="November 2024",
    accepted_is="blank", signed_head_is="blank", signed_chair_is="blank", minute_number_is="blank",
)  # fmt: skip
# The nursery's says nothing of the kind.
NURSERY = Read(title="Child Sexual Exploitation (CSE) Policy", number="1.10")
BLANKS = {
    "not accepted by the governing body or owner", "not signed by the headteacher or manager",
    "not signed by the chair of governors or owner", "no minute number",
}  # fmt: skip


def kept(read: Read | None, *reviews: Reviewed, **more: object) -> Kept:
    history = tuple(
        Event(at=NOW + timedelta(hours=n), by="office", kind=EventKind.REVIEWED, reviewed=one)
        for n, one in enumerate(reviews)
    )
    return replace(Kept(school="hill", slug="cse", added_at=NOW, read=read, history=history), **more)  # type: ignore[arg-type] # a table of named values


def said(policy: PolicyStanding, kind: OpenKind) -> set[str]:
    return {one.said for one in policy.open if one.kind is kind}


def test_the_infant_schools_policy_is_overdue_and_each_blank_is_named() -> None:
    policy = standing_of("cse", None, kept(INFANT), YEAR)
    assert (policy.review.due, policy.review.words) == (date(2024, 11, 30), "November 2024")
    assert said(policy, OpenKind.BLANK) == BLANKS
    assert said(policy, OpenKind.ASK) == set()


def test_the_nurserys_policy_asks_for_a_review_date_and_misses_no_signature_that_it_has_no_place_for() -> None:
    policy = standing_of("cse", None, kept(NURSERY), YEAR)
    assert (policy.number, policy.title) == ("1.10", "Child Sexual Exploitation (CSE) Policy")
    assert policy.review.due is None
    assert said(policy, OpenKind.ASK) == {"No review date: when is this policy to be reviewed?"}
    assert said(policy, OpenKind.BLANK) == set()


def test_what_a_person_said_of_a_review_counts_and_the_old_document_is_told_of() -> None:
    review = Reviewed(
        on=date(2026, 11, 20), next_review="November 2028", accepted="4 December 2026", minute_number="24/117",
        signed_head="A. Head", signed_chair="B. Chair",
    )  # fmt: skip
    policy = standing_of("cse", None, kept(INFANT, review), YEAR)
    assert (policy.review.due, policy.minute_number) == (date(2028, 11, 30), "24/117")
    assert said(policy, OpenKind.BLANK) == set()
    assert said(policy, OpenKind.DIFFERS) == {
        "The document says \u201cNovember 2024\u201d; Thursday 30 November 2028 counts here"
    }


def test_what_was_not_known_at_first_is_added_to_the_same_review_later() -> None:
    first = Reviewed(on=date(2026, 11, 20), next_review="November 2028", signed_head="A. Head")
    later = replace(first, minute_number="24/117", signed_chair="B. Chair")
    policy = standing_of("cse", None, kept(INFANT, first, later), YEAR)
    assert policy.review.due == date(2028, 11, 30)
    assert said(policy, OpenKind.BLANK) == {"not accepted by the governing body or owner"}


def test_what_was_noted_by_mistake_and_is_emptied_is_empty() -> None:
    wrong = Reviewed(on=date(2026, 11, 20), next_review="November 2028", signed_chair="Wrong Person")
    policy = standing_of("cse", None, kept(INFANT, wrong, replace(wrong, signed_chair="")), YEAR)
    assert "not signed by the chair of governors or owner" in said(policy, OpenKind.BLANK)


def test_a_day_that_was_mistyped_and_put_right_counts_no_more() -> None:
    wrong = Reviewed(on=date(2026, 11, 23), next_review="November 2029")
    right = Reviewed(on=date(2026, 11, 20), next_review="November 2028", replaces=date(2026, 11, 23))
    policy = standing_of("cse", None, kept(INFANT, wrong, right), YEAR)
    assert policy.review.due == date(2028, 11, 30)
    assert policy.last_word is not None
    assert policy.last_word.on == date(2026, 11, 20)


@pytest.mark.parametrize("written", ["November 2026", "Autumn 2026", "2026", "Autumn term 2026"])
@pytest.mark.parametrize("says", ["document", "file"])
def test_the_review_that_the_office_noted_counts_within_the_time_that_a_document_is_dated_to(
    written: str, says: str
) -> None:
    """A month is less exact than the office's day: it may be the very same review."""
    hand = Reviewed(
        on=date(2026, 11, 20), next_review="November 2027", accepted="21 November 2026", minute_number="24/117",
        signed_head="A. Head", signed_chair="B. Chair",
    )  # fmt: skip
    read = replace(INFANT, written=written if says == "document" else "", next_review="November 2024")
    listed = Listed(written=written) if says == "file" else None
    policy = standing_of("cse", listed, kept(read, hand), YEAR)
    assert policy.review.due == date(2027, 11, 30)
    assert policy.last_word == hand
    assert said(policy, OpenKind.BLANK) == set()


def test_a_cycle_that_the_office_gives_for_the_next_review_counts_before_any_that_was_set() -> None:
    hand = Reviewed(on=date(2026, 11, 20), next_review="every two years")
    policy = standing_of("cse", Listed(cycle="annually"), kept(replace(INFANT, cycle="annually"), hand), YEAR)
    assert policy.review.due == date(2028, 11, 20)
    assert policy.review.words == "Friday 20 November 2026, every two years"


@pytest.mark.parametrize("says", ["document", "file"])
def test_a_cycle_counts_from_the_acceptance_where_nothing_says_when_it_was_written(says: str) -> None:
    if says == "document":
        listed, read = None, Read(accepted="Autumn 2 2025", accepted_is="found", cycle="annually")
    else:
        listed, read = Listed(accepted="Autumn 2 2025", cycle="annually"), Read()
    policy = standing_of("cse", listed, kept(read), YEAR)
    assert (policy.review.due, policy.review.words) == (date(2026, 12, 18), "Autumn 2 2025, annually")
    assert said(policy, OpenKind.ASK) == set()


def test_a_review_due_before_the_policy_was_written_is_doubted() -> None:
    read = Read(written="1 September 2025", next_review="1 September 2024")
    (doubt,) = said(standing_of("cse", None, kept(read), YEAR), OpenKind.DOUBT)
    assert doubt == "Its review lies before it was written, Monday 1 September 2025: look at the years"


def test_an_acceptance_long_before_the_version_was_written_is_doubted() -> None:
    read = Read(written="November 2025", next_review="November 2027", accepted="November 2019", accepted_is="found")
    (doubt,) = said(standing_of("cse", None, kept(read), YEAR), OpenKind.DOUBT)
    assert doubt.endswith("was this version accepted?")
    fine = replace(read, accepted="September 2025")
    assert said(standing_of("cse", None, kept(fine), YEAR), OpenKind.DOUBT) == set()


def test_an_older_review_noted_late_does_not_replace_a_newer_one() -> None:
    newer = Reviewed(on=date(2026, 11, 20), next_review="November 2028")
    older = Reviewed(on=date(2023, 11, 20), next_review="November 2024")
    assert standing_of("cse", None, kept(INFANT, newer, older), YEAR).review.due == date(2028, 11, 30)


def test_a_newer_document_counts_before_what_was_said_of_an_older_review() -> None:
    document = replace(INFANT, written="March 2027", next_review="March 2029", signed_head_is="found")
    policy = standing_of("cse", None, kept(document, Reviewed(on=date(2026, 11, 20), signed_head="A. Head")), YEAR)
    assert policy.review.due == date(2029, 3, 31)
    assert "not signed by the headteacher or manager" not in said(policy, OpenKind.BLANK)
    assert "no minute number" in said(policy, OpenKind.BLANK)


def test_a_review_without_a_next_date_takes_the_cycle_else_is_asked() -> None:
    review = Reviewed(on=date(2026, 11, 20))
    listed = Listed(cycle="every two years")
    assert standing_of("cse", listed, kept(INFANT, review), YEAR).review.due == date(2028, 11, 20)
    policy = standing_of("cse", None, kept(INFANT, review), YEAR)
    assert policy.review.due is None
    assert said(policy, OpenKind.ASK) == {"No review date: when is this policy to be reviewed?"}


def test_what_the_schools_file_says_stands_until_somebody_reviews_it() -> None:
    listed = Listed(title="CSE", written="September 2025", next_review="Autumn 2 2026", needs=("signed_head",))
    policy = standing_of("cse", listed, None, YEAR)
    assert (policy.title, policy.review.due) == ("CSE", date(2026, 12, 18))
    assert said(policy, OpenKind.BLANK) == {"not signed by the headteacher or manager"}
    review = Reviewed(on=date(2026, 12, 1), next_review="Autumn 2 2028", signed_head="A. Head")
    after = standing_of("cse", listed, kept(None, review), YEAR)
    assert after.review.due == date(2028, 12, 15)
    assert said(after, OpenKind.DIFFERS) == set()


def test_where_file_and_document_differ_the_later_one_counts_and_it_is_said() -> None:
    listed = Listed(written="November 2025", next_review="November 2027")
    policy = standing_of("cse", listed, kept(INFANT), YEAR)
    assert policy.review.due == date(2027, 11, 30)
    assert said(policy, OpenKind.DIFFERS) == {
        "The document says \u201cNovember 2024\u201d; Tuesday 30 November 2027 counts here"
    }


@pytest.mark.parametrize(("next_review", "kind", "part"), [
    ("Sept 27", OpenKind.DOUBT, "\u201cSept 27\u201d is doubtful"),
    ("Autumn 2030", OpenKind.DOUBT, "Friday 20 December 2030 is assumed"),
    ("12/13", OpenKind.ASK, "\u201c12/13\u201d cannot be used"),
    ("31 November 2027", OpenKind.ASK, "\u201c31 November 2027\u201d cannot be used"),
])  # fmt: skip
def test_a_doubt_is_told_and_never_settled(next_review: str, kind: OpenKind, part: str) -> None:
    policy = standing_of("cse", None, kept(replace(NURSERY, next_review=next_review)), YEAR)
    assert any(part in one for one in said(policy, kind)), policy.open


def test_a_document_that_is_gone_or_cannot_be_read_is_told() -> None:
    policy = standing_of("cse", None, kept(INFANT, gone_at=NOW, fault="It is protected by a password."), YEAR)
    assert said(policy, OpenKind.GONE) == {"The document is not in the library of policies any more"}
    assert said(policy, OpenKind.UNREADABLE) == {"The document could not be read: It is protected by a password."}


def test_a_policy_without_any_title_has_its_documents_name() -> None:
    assert standing_of("policy-7", None, kept(None, document_name="scan7.pdf"), YEAR).title == "scan7.pdf"
    assert standing_of("cse", None, None, YEAR).title == "cse"
