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


def test_an_acceptance_after_the_offices_review_is_of_that_review() -> None:
    """A document that is brought up to date with the day of its acceptance only."""
    hand = Reviewed(on=date(2026, 11, 20), next_review="November 2027", minute_number="26/117", signed_head="A. Head")
    read = Read(accepted="4 December 2026", accepted_is="found", signed_head_is="blank", next_review="November 2028")
    policy = standing_of("cse", Listed(needs=("minute_number",)), kept(read, hand), YEAR)
    assert policy.last_word == hand
    assert policy.review.due == date(2027, 11, 30)
    assert said(policy, OpenKind.BLANK) == set()


def test_an_acceptance_in_the_schools_file_moves_no_day_that_the_document_is_written_on() -> None:
    read = Read(written="November 2026", cycle="every two years")
    policy = standing_of("cse", Listed(accepted="4 December 2026"), kept(read), YEAR)
    assert policy.review.due == date(2028, 11, 30)


def test_an_acceptance_of_another_version_is_none_of_this_one() -> None:
    read = Read(written="November 2026", next_review="November 2028", accepted_is="blank")
    blank = {"not accepted by the governing body or owner"}
    assert said(standing_of("cse", Listed(accepted="4 December 2020"), kept(read), YEAR), OpenKind.BLANK) == blank
    assert said(standing_of("cse", Listed(accepted="4 December 2026"), kept(read), YEAR), OpenKind.BLANK) == set()


NEEDS = ("accepted", "signed_head", "signed_chair", "minute_number")


def test_sign_offs_of_an_older_review_are_none_of_the_one_that_the_schools_file_speaks_of() -> None:
    listed = Listed(written="November 2026", next_review="November 2028", needs=NEEDS)
    signed = Read(
        written="November 2022", accepted="November 2022", accepted_is="found", signed_head_is="found",
        signed_chair_is="found", minute_number_is="found",
    )  # fmt: skip
    old = Reviewed(
        on=date(2022, 11, 20), accepted="21 November 2022", signed_head="A", signed_chair="B", minute_number="9"
    )
    for policy in (standing_of("cse", listed, kept(signed), YEAR), standing_of("cse", listed, kept(Read(), old), YEAR)):
        assert len(said(policy, OpenKind.BLANK)) == 4


def test_an_acceptance_that_the_schools_file_knows_counts_over_an_old_review() -> None:
    listed = Listed(
        written="November 2026", next_review="November 2028", accepted="4 December 2026", needs=("accepted",)
    )
    old = Reviewed(on=date(2022, 11, 20), next_review="November 2026")
    assert said(standing_of("cse", listed, kept(Read(), old), YEAR), OpenKind.BLANK) == set()


def test_a_documents_old_acceptance_is_doubted_no_more_once_the_office_has_spoken() -> None:
    read = Read(written="November 2026", next_review="November 2028", accepted="November 2023", accepted_is="found")
    assert len(said(standing_of("cse", None, kept(read), YEAR), OpenKind.DOUBT)) == 1
    hand = Reviewed(on=date(2026, 11, 20), next_review="November 2028", accepted="4 December 2026")
    assert said(standing_of("cse", None, kept(read, hand), YEAR), OpenKind.DOUBT) == set()


def test_a_term_that_is_the_day_of_writing_and_of_the_next_review_is_not_before_itself() -> None:
    read = Read(written="Autumn 2026", next_review="Autumn 2026")
    assert "before it was written" not in str(said(standing_of("cse", None, kept(read), YEAR), OpenKind.DOUBT))


def test_the_schools_files_day_counts_within_the_term_of_the_document() -> None:
    listed = Listed(written="4 November 2026", next_review="November 2027")
    read = Read(written="Autumn 2026", next_review="November 2029")
    assert standing_of("cse", listed, kept(read), YEAR).review.due == date(2027, 11, 30)


def test_a_term_that_the_office_types_is_the_next_one_whatever_the_documents_cycle() -> None:
    hand = Reviewed(on=date(2026, 3, 1), next_review="Autumn term")
    policy = standing_of("cse", None, kept(Read(written="March 2023", cycle="every three years"), hand), YEAR)
    assert policy.review.due == date(2026, 12, 18)


def test_a_review_due_before_the_policy_was_written_is_doubted() -> None:
    read = Read(written="1 September 2025", next_review="1 September 2024")
    (doubt,) = said(standing_of("cse", None, kept(read), YEAR), OpenKind.DOUBT)
    assert doubt == "Its review lies before it was written (\u201c1 September 2025\u201d): look at the years"


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


def test_a_review_that_was_promised_and_done_is_no_difference() -> None:
    review = Reviewed(on=date(2026, 11, 23), next_review="September 2027")
    document = Read(title="Safeguarding", written="20 September 2027", next_review="September 2028")
    policy = standing_of("safeguarding", None, kept(document, review), YEAR)
    assert policy.review.due == date(2028, 9, 30)
    assert said(policy, OpenKind.DIFFERS) == set()


def test_what_the_schools_file_says_otherwise_is_told_beside_a_newer_document() -> None:
    listed = Listed(written="November 2022", next_review="November 2026")
    policy = standing_of("cse", listed, kept(INFANT), YEAR)
    assert policy.review.due == date(2024, 11, 30)
    assert any("says \u201cNovember 2026\u201d" in one for one in said(policy, OpenKind.DIFFERS))


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
