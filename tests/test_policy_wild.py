"""What is found in invented policies, each written in a manner that schools and nurseries use, and what is not."""

from __future__ import annotations

import time
import tomllib
from datetime import date
from functools import cache

import pytest

from connector.model.guidance import Editions
from connector.model.policy import Confidence, DateFinding, Finding, PolicyReading, RecordList
from connector.model.policy_dates import NotADate, PolicyDate
from connector.model.policy_text import Block, BlockKind, PolicyText
from connector.model.profile import PolicyProfile
from connector.policies import read_policy
from connector.settings.load import load_editions
from connector.understanding.draft import profile_toml
from connector.understanding.editions import superseded
from connector.understanding.passages import contacts_in
from connector.understanding.policy import understand
from connector.understanding.record_draft import Named
from connector.understanding.record_list import lists_not_understood, record_list
from connector.understanding.roles import roles_in
from connector.understanding.setting_said import setting_said
from tests.service import ROOT

KEY = """\
Willow Bank Primary School

Child Protection and Safeguarding Policy

Approved by:\tFull governing board\tDate: 12 October 2024
Last reviewed on:\t3 September 2024
Next review due by:\tSeptember 2025
Policy owner\tJane Smith-Test, Designated Safeguarding Lead
Version\t3.1
Statutory policy\tYes

1. Aims

The school aims to ensure that appropriate action is taken. This policy is based on Keeping Children Safe in Education (2024) and Working Together to Safeguard Children (2023). Under the Children Act 1989 and 2004 we must act.

2. Record keeping

Records should include:

- a clear and comprehensive summary of the concern
- details of how the concern was followed up and resolved
- a note of any action taken, decisions reached and the outcome

All concerns will be recorded in writing. The Single Central Record is updated annually. DSL training is updated every two years.
"""
FOOTER = """\
Safeguarding Policy

Oakfield Nursery fully recognises its duty to protect children.

Staff make a record of:

- the child's name;
- the child's address;
- the age of the child;
- the date and time of the observation or the disclosure;
- an objective record of the observation or disclosure;
- the exact words spoken by the child;
- the name of the person to whom the concern was reported, with date and time; and the names of any other person present at the time.

Issued: 02/20 Review: 02/21
"""
ALLIANCE = """\
Safeguarding Children Policy

Our designated safeguarding lead is Clare Testwood and her deputy is Rita Example.

This policy was adopted by Meadow Preschool on 23/1/26. This policy will be reviewed annually in the autumn term.

Signed on behalf of the management committee: ______________________
Name of signatory:\tClare Testwood
Role of signatory:\tOwner
"""
HISTORY = """\
Hazel Academy
Child Protection Policy 2024-2025

Version\tDate\tAuthor\tChanges
1\tSeptember 2022\tA Lark\tFirst version
2\tSeptember 2023\tA Lark\tKCSIE 2023
3\t2 September 2024\tB Wren\tKCSIE 2024

Policy lead: Headteacher
Review date: annually
"""
RATIFIED = """\
E-Safety Policy

Ratified by the Full Governing Body, minute ref FGB 24/117, on 14 November 2024.

This policy replaces the previous policy of October 2021.

To be reviewed in November 2026.

Signed: ________ (Headteacher)      Signed: ________ (Chair of Governors)
"""
SIGNED = """\
Policy for Child Protection

Signed: J. Larkspur (Headteacher) Date: 12/10/24
Signed: D. Marchbanks (Chair of Governors) Date: 14/10/24
Date of next review: October 2025
"""
TWO = """\
St Example's CE Primary School
Safeguarding Policy

Date of next review: September 2025

We keep children safe.

Next review date: September 2026
"""
KENT = """\
Seaview Infant School
Child Protection Policy

Date agreed: Term 2 2024/25
Review: Term 2 2025/26

The Designated Safeguarding Lead (DSL) is Mrs A. Seaview. The Deputy DSL is Mr T Wave. The Headteacher is Ms Pearl Shell. The Local Authority Designated Officer (LADO) can be reached on 03000 410888 or by e-mail kentchildrenslado@example.gov.uk.

If a child is in immediate danger, call 999. Otherwise ring Kent Police on 101.
"""
NDNA = """\
Safeguarding children policy

We keep children safe.

This policy was adopted on\tSigned on behalf of the nursery\tDate for review
1 September 2025\tS. Mosstest\t1 September 2026
"""
RUNON = """\
Recording Policy

Records must include the child's name, date of birth, the date and time of the incident, what was seen or heard, and the name of the person told.
"""
TABLE = """\
Recording Concerns

The record of concern must contain the following:

Child's name\tin full
Date of birth\tfrom the register
Legal status of the child\tif known
What the child said\tin their own words
"""
TRAPS = """\
Behaviour Policy

This policy has regard to Keeping Children Safe in Education (Sept 2023), and was reviewed under the Children Act 1989. The school was inspected in March 2022. A child protection plan will be reviewed every six months. Risk assessments will be reviewed in January 2027. The previous policy was approved in May 2015.

Staff training is updated annually. Minutes are kept of each meeting. Anybody signed up by 1 May 2026 may attend. In 15 minutes no. 3 bus leaves.

Appendix 1: Record of concern form

Name of child: ____________
Date: ____________
Signed: ____________
Review date: ____________
"""
LEFT = """\
Manor Nursery
Child Protection Policy

Reviewed: Sept 2022, Next: Sept 2023
Approved by FGB 12.3.24 (minute 24/7)
Next review: TBC
"""
SUNFLOWER = """\
This policy was approved and adopted by the management of Sunflower Test Kindergarten.
Date of adoption:
April 2024
Review date:
September 2024
Sign:
"""
IMPOSSIBLE = """\
Online Safety Policy
Date of next review: 31 November 2026
Date approved: Michaelmas
"""
ACCEPTED_TWICE = """\
Safeguarding Policy

Date approved: March 2024
Next review: March 2025

This policy will next be reviewed in March 2026.

Date approved: May 2024
"""
EMPTY_NDNA = NDNA.replace("1 September 2025\tS. Mosstest\t1 September 2026", "\t\t")
POLICIES = {name: text for name, text in globals().items() if name.isupper() and isinstance(text, str)}


@cache
def editions() -> Editions:
    return load_editions(ROOT / "config")


def read(*lines: str) -> PolicyReading:
    """A text file with these paragraphs."""
    return understand(read_policy("\n\n".join(lines).encode(), "policy.txt"), editions())


@cache
def reading(name: str) -> PolicyReading:
    return read(POLICIES[name])


def finding(found: PolicyReading, field: str) -> Finding:
    one = getattr(found, field)
    return one.finding if isinstance(one, DateFinding) else one


# What each says of itself: a value, `blank` for a place with nothing in it, `absent` for no place at all.
SAYS: dict[str, dict[str, str]] = {
    "KEY": {
        "title": "Child Protection and Safeguarding Policy", "setting": "Willow Bank Primary School", "version": "3.1",
        "accepted": "12 October 2024", "written": "3 September 2024", "next_review": "September 2025",
        "cycle": "absent", "signed_head": "absent", "minute_number": "absent",
    },
    "FOOTER": {"setting": "Oakfield Nursery", "written": "02/20", "next_review": "02/21"},
    "ALLIANCE": {
        "setting": "Meadow Preschool", "accepted": "23/1/26", "cycle": "annually in the autumn term",
        "next_review": "absent", "signed_chair": "blank", "signed_head": "absent", "owner": "absent",
    },
    "HISTORY": {
        "title": "Child Protection Policy", "setting": "Hazel Academy", "version": "3", "written": "2 September 2024",
        "cycle": "annually", "accepted": "absent",
    },
    "RATIFIED": {
        "accepted": "14 November 2024", "next_review": "in November 2026", "minute_number": "FGB 24/117",
        "written": "absent", "signed_head": "blank", "signed_chair": "blank",
    },
    "SIGNED": {
        "title": "Policy for Child Protection", "written": "absent", "next_review": "October 2025",
        "signed_head": "J. Larkspur", "signed_chair": "D. Marchbanks",
    },
    "KENT": {"accepted": "Term 2 2024/25", "next_review": "Term 2 2025/26", "written": "absent"},
    "NDNA": {"accepted": "1 September 2025", "next_review": "1 September 2026", "signed_chair": "S. Mosstest"},
    "EMPTY_NDNA": {"accepted": "blank", "next_review": "blank", "signed_chair": "blank"},
    "TRAPS": {
        "written": "absent", "accepted": "absent", "next_review": "absent", "cycle": "absent", "signed_head": "absent",
        "signed_chair": "absent", "minute_number": "absent",
    },
    "LEFT": {"setting": "Manor Nursery", "written": "Sept 2022", "accepted": "12.3.24", "minute_number": "24/7"},
    "SUNFLOWER": {"setting": "Sunflower Test Kindergarten", "accepted": "April 2024", "next_review": "September 2024"},
    "IMPOSSIBLE": {"next_review": "31 November 2026"},
    "TABLE": {"written": "absent"},
    "RUNON": {"next_review": "absent"},
}  # fmt: skip


@pytest.mark.parametrize("name", SAYS)
def test_a_policy_says_of_itself_what_it_says_and_what_it_does_not_say_is_absent(name: str) -> None:
    found = {field: finding(reading(name), field) for field in SAYS[name]}
    assert {field: one.value or str(one.presence) for field, one in found.items()} == SAYS[name]


@pytest.mark.parametrize(("name", "field", "others"), [
    ("TWO", "next_review", ("September 2025", "September 2026", "line 4", "line 8")),
    ("ACCEPTED_TWICE", "accepted", ("March 2024", "May 2024")),
    ("ACCEPTED_TWICE", "next_review", ("March 2025", "March 2026")),
    ("HISTORY", "owner", ("B Wren", "Headteacher")),
    ("LEFT", "next_review", ("Sept 2023", "TBC")),
])  # fmt: skip
def test_places_that_differ_are_a_doubt_that_names_them_all(name: str, field: str, others: tuple[str, ...]) -> None:
    found = finding(reading(name), field)
    assert found.confidence is Confidence.DOUBTFUL
    assert all(one in found.note for one in others)


def test_a_day_that_there_is_not_and_a_term_that_nobody_knows_are_told_with_their_words() -> None:
    assert [(one.value, one.words) for one in reading("IMPOSSIBLE").not_understood] == [
        ("Michaelmas", "Date approved: Michaelmas"),
        ("31 November 2026", "Date of next review: 31 November 2026"),
    ]


def test_a_form_in_an_appendix_has_a_review_date_of_its_own_and_a_sign_off_there_is_the_policys() -> None:
    form = ("Behaviour Policy", "Appendix 1: Record of concern")
    assert finding(read(*form, "Review date: ________"), "next_review").presence == "absent"
    assert finding(read(*form, "Next review: ________"), "next_review").presence == "blank"
    assert finding(read(*form, "Review date: May 2027"), "next_review").value == "May 2027"


def test_both_years_of_an_act_are_cited_without_the_sentence_around_them() -> None:
    said = {(one.title, one.year) for one in reading("KEY").guidance}
    assert {("Children Act", 1989), ("Children Act", 2004)} <= said
    assert not any(title.startswith("Under") for title, _ in said)


# Whose it is, where only a sentence says so.


@pytest.mark.parametrize(("sentence", "name"), [
    ("At Little Acorns Pre-school we listen.", "Little Acorns Pre-school"),
    ("At Little Acorns pre-school, our staff listen.", "Little Acorns pre-school"),
    ("At The Wooden Boat we listen. At Story Time we sit.", "The Wooden Boat"),
    ("It was written by the governors of St Example's C of E Primary School.", "St Example's C of E Primary School"),
    ("The governing body of St. Example\u2019s School agrees.", "St. Example\u2019s School"),
    ("We care. Oakfield Nursery fully recognises its duty.", "Oakfield Nursery"),
    ("Oakfield Nursery (\u201cthe nursery\u201d) keeps children safe.", "Oakfield Nursery"),
    ("All staff at Hill Top Infant School read this.", "Hill Top Infant School"),
    # A sort of setting, an hour of the day, and other people's schools are no name of this one.
    ("At Forest School we light fires. At Snack Time we sit. At Breakfast Club we eat.", ""),
    ("The School recognises its duty. Our Nursery is committed to it. Every Primary School believes it.", ""),
    ("The governors of the school meet. At School we learn. At the Nursery we play.", ""),
    ("Children move to Hill Top School. We ring Hill Top School. Parents of Nursery children come.", ""),
    ("We ask the trustees of Testshire. Our School is committed to it.", ""),
])  # fmt: skip
def test_a_setting_is_named_by_the_sentence_in_which_it_speaks_or_is_governed(sentence: str, name: str) -> None:
    found = read("Behaviour Policy", sentence).setting
    assert found.value == name
    assert found.words in sentence
    assert found.confidence is (Confidence.LIKELY if name else Confidence.SURE)


def test_two_settings_in_sentences_are_a_doubt_and_a_longer_form_of_one_is_none() -> None:
    two = read("Behaviour Policy", "At Little Acorns Nursery we listen.", "The governors of Hill Top School agree.")
    note = "it says \u201cLittle Acorns Nursery\u201d (line 3), but also \u201cHill Top School\u201d (line 5)"
    assert (two.setting.confidence, two.setting.note) == (Confidence.DOUBTFUL, note)
    one = read("Behaviour Policy", "At Little Acorns we listen.", "Little Acorns Nursery is committed to it.")
    assert (one.setting.value, one.setting.confidence) == ("Little Acorns", Confidence.LIKELY)


# Whom to call.


def reached(found: PolicyReading) -> dict[str, str]:
    return {one.value: one.words for one in found.contacts}


def test_a_contact_stands_in_the_sentence_that_says_whom_it_reaches() -> None:
    lado = (
        "The Local Authority Designated Officer (LADO) can be reached on 03000 410888 "
        "or by e-mail kentchildrenslado@example.gov.uk."
    )
    assert reached(reading("KENT")) == {
        "03000 410888": lado,
        "kentchildrenslado@example.gov.uk": lado,
        "999": "If a child is in immediate danger, call 999.",
        "101": "Otherwise ring Kent Police on 101.",
    }


@pytest.mark.parametrize("sentence", [
    "Mrs. Testwood is on 01632 960101.", "The deputy is T. Example, tel. 01632 960101.", "Tel. 01632 960101 (office)",
])  # fmt: skip
def test_a_shortened_word_does_not_part_a_number_from_the_person_it_reaches(sentence: str) -> None:
    assert reached(read("Behaviour Policy", f"We listen. {sentence}")) == {"01632 960101": sentence}


def test_a_number_in_a_table_stands_in_its_row_and_in_a_long_cell_in_its_sentence() -> None:
    long = "We listen to each child. " * 20
    found = reached(read("Behaviour Policy", "Deputy\tTom Ray\t01632 960101", f"Help\t{long}Ring Kent Police on 101."))
    assert found == {"01632 960101": "Deputy\tTom Ray\t01632 960101", "101": "Ring Kent Police on 101."}


# What is still to come.


@pytest.mark.parametrize(("line", "field", "said"), [
    ("Date Policy accepted: to be confirmed at next FGB", "accepted", "to be confirmed at next FGB"),
    ("Date accepted: expected 12 March 2027", "accepted", "expected 12 March 2027"),
    ("Approved by: awaiting governors", "accepted", "awaiting governors"),
    ("Agreed: to follow", "accepted", "to follow"),
    ("Date approved: next full governors' meeting, 4 May 2027", "accepted", "next full governors' meeting, 4 May 2027"),
    ("Signed (Headteacher): to follow", "signed_head", "to follow"),
    ("Signed (Headteacher): Signature pending 12/3/27", "signed_head", "Signature pending 12/3/27"),
    ("Signed: Headteacher (still to be signed)", "signed_head", "Headteacher (still to be signed)"),
    ("Signed (Chair of Governors): awaiting signature", "signed_chair", "awaiting signature"),
    ("Signed: awaiting chair", "signed_chair", "awaiting chair"),
    ("Minute Number: TBC", "minute_number", "TBC"),
    ("Minute Number: to follow after 12 March", "minute_number", "to follow after 12 March"),
])  # fmt: skip
def test_what_is_still_to_come_is_a_blank_that_keeps_its_words(line: str, field: str, said: str) -> None:
    found = read("Complaints Policy", line)
    one = finding(found, field)
    assert (one.presence, one.value, one.words) == ("blank", "", line)
    assert one.note == f"it says \u201c{said}\u201d"
    assert found.not_understood == ()


@pytest.mark.parametrize("name", ["Jane No", "R. Will", "Mr Pending", "Noor To", "Mary Due", "Ann Draft"])
def test_a_surname_that_is_an_ordinary_word_is_a_signature(name: str) -> None:
    assert finding(read("Complaints Policy", f"Signed (Headteacher): {name}"), "signed_head").value == name


def test_a_signature_that_is_given_counts_before_one_still_to_come() -> None:
    found = read("Complaints Policy", "Signed (Headteacher): to follow", "Signed (Headteacher): A. Lark")
    assert (found.signed_head.presence, found.signed_head.value) == ("found", "A. Lark")
    unknown = read("Complaints Policy", "Signed: to follow")
    assert [one.note for one in unknown.not_understood] == [
        "it says \u201cto follow\u201d; whose signature this is, is not said"
    ]


@pytest.mark.parametrize(("line", "said"), [
    ("Date of next review: start of the autumn term 2026", "start of the autumn term 2026"),
    ("Next review early spring 2027", "early spring 2027"),
    ("This policy will be reviewed in early 2027.", "early 2027"),
    ("This policy will be reviewed at the beginning of the summer term 2027.", "beginning of the summer term 2027"),
])  # fmt: skip
def test_a_review_that_may_be_due_at_the_beginning_of_a_time_says_so(line: str, said: str) -> None:
    found = read("Complaints Policy", line).next_review
    assert isinstance(found.phrase, PolicyDate)
    assert (found.finding.value, found.phrase.doubt) == (said, f"\u201c{said}\u201d may mean sooner than its end.")


def test_the_beginning_of_a_term_of_no_year_is_asked_wherever_it_is_said() -> None:
    for line in ("Next review: start of the autumn term", "This policy is reviewed at the start of the autumn term."):
        found = read("Complaints Policy", line)
        assert isinstance(found.next_review.phrase, NotADate)
        assert [one.value for one in found.not_understood] == ["start of the autumn term"]


@pytest.mark.parametrize(("line", "field", "said"), [
    ("Adopted by the governing body on 31st September 2025", "accepted", "31st September 2025"),
    ("This policy was ratified on Monday 2 September 2025.", "accepted", "Monday 2 September 2025"),
    ("Approved by: FGB 31/9/25 (minute 24/7)", "accepted", "FGB 31/9/25"),
    ("Approved by FGB 31.9.25", "accepted", "31.9.25"),
    ("Approved by: Governors 10/11", "accepted", "Governors 10/11"),
    ("Signed (Chair): B. Wren Date: 31.9.25", "accepted", "31.9.25"),
    ("Last reviewed 31 September 2025", "written", "31 September 2025"),
    ("Review: 31/9/26", "next_review", "31/9/26"),
])  # fmt: skip
def test_a_day_that_there_is_not_is_told_with_its_words_wherever_it_stands(line: str, field: str, said: str) -> None:
    found = read("Complaints Policy", line)
    one = getattr(found, field)
    assert (one.finding.value, isinstance(one.phrase, NotADate)) == (said, True)
    assert [(told.value, told.place) for told in found.not_understood] == [(said, "line 3")]
    assert found.not_understood[0].words in line


@pytest.mark.parametrize("line", [
    "Approved by: Winter Hale", "Approved by: April Hale", "Children read that the roof was updated on 31 September 2025.",
])  # fmt: skip
def test_names_and_other_matters_are_no_day_of_this_policy(line: str) -> None:
    found = read("Complaints Policy", line)
    assert (found.accepted.finding.presence, found.written.finding.presence) == ("absent", "absent")
    assert found.not_understood == ()


# The next review, and one that was.


@pytest.mark.parametrize("plain", ["Review Date", "Review", "Date of review"])
def test_beside_a_next_review_an_earlier_plain_one_is_when_it_was_reviewed(plain: str) -> None:
    for lines in (
        (f"{plain}: November 2025", "Next Review: Nov 2026"),
        ("Next Review: Nov 2026", f"{plain}: November 2025"),
    ):
        found = read("Complaints Policy", *lines)
        assert (found.written.finding.value, found.written.finding.confidence) == ("November 2025", Confidence.LIKELY)
        assert found.written.finding.note == "the next review stands beside it: taken for the day of the last one"
        next_review = found.next_review.finding
        assert (next_review.value, next_review.confidence, next_review.note) == ("Nov 2026", Confidence.SURE, "")


def test_where_another_day_of_writing_stands_an_earlier_plain_review_is_only_a_note() -> None:
    found = read("Complaints Policy", "Issued: 02/20  Review: 02/27", "Next review due: September 2027")
    assert found.written.finding.value == "02/20"
    assert (found.next_review.finding.value, found.next_review.finding.confidence) == (
        "September 2027",
        Confidence.SURE,
    )
    assert (
        found.next_review.finding.note == "an earlier review date stands beside it: \u201cReview: 02/27\u201d (line 3)"
    )


@pytest.mark.parametrize(("lines", "said", "confidence"), [
    (("Review date: November 2025",), "November 2025", Confidence.SURE),
    (("Review date: November 2025", "Next review: TBC"), "November 2025", Confidence.DOUBTFUL),
    (("Review date: November 2025", "Next review: Autumn term"), "November 2025", Confidence.DOUBTFUL),
    (("Next review: November 2025", "Review date: March 2026"), "November 2025", Confidence.DOUBTFUL),
    (("Review date: 3 November 2025", "Next review: November 2025"), "3 November 2025", Confidence.SURE),
    (("Review date: March 2025", "This policy will next be reviewed in March 2026."), "March 2025", Confidence.DOUBTFUL),
])  # fmt: skip
def test_a_plain_review_that_is_not_before_a_labelled_next_one_was_no_review(
    lines: tuple[str, ...], said: str, confidence: Confidence
) -> None:
    found = read("Complaints Policy", *lines)
    assert (found.next_review.finding.value, found.next_review.finding.confidence) == (said, confidence)
    assert found.written.finding.presence == "absent"


# Which edition it cites.


@pytest.mark.parametrize(("lines", "told"), [
    (("3.0 Sept 2025 updated for KCSIE 2025", "2.0 Sept 2023 updated for KCSIE 2023",
      "It has regard to Keeping Children Safe in Education (September 2025)."), ()),
    (("Updated for KCSIE 2022.", "It has regard to KCSIE 2023."), (2023,)),
    (("It has regard to KCSIE (September 2023).",), (2023,)),
])  # fmt: skip
def test_of_one_text_the_newest_edition_that_is_cited_counts_and_older_ones_beside_it_are_history(
    lines: tuple[str, ...], told: tuple[int, ...]
) -> None:
    said = superseded(read("Complaints Policy", *lines).guidance, editions())
    starts = [f"cites Keeping Children Safe in Education {year}; a 2025 edition is known" for year in told]
    assert [line[: len(start)] for line, start in zip(said, starts, strict=True)] == starts


# Who is who.


def people(found: PolicyReading) -> list[tuple[str, str]]:
    return [(role.known_as, role.person) for role in found.roles if role.known_as in {"dsl", "deputy", "head"}]


def test_a_safeguarding_lead_and_a_deputy_in_one_phrase_are_two_people() -> None:
    expected = [("dsl", "Clare Testwood"), ("deputy", "Rita Example")]
    assert people(reading("ALLIANCE")) == expected
    assert sorted(people(reading("KENT"))) == [
        ("deputy", "Mr T Wave"), ("dsl", "Mrs A. Seaview"), ("head", "Ms Pearl Shell"),
    ]  # fmt: skip


@pytest.mark.parametrize(("sentence", "expected"), [
    ("Tell the DSL, Mrs Ann Testwood, and her deputy, Mr Tom Example, at once.",
     [("dsl", "Mrs Ann Testwood"), ("deputy", "Mr Tom Example")]),
    ("The DSL is Ann Testwood. Her deputies are Tom Example and Sue Sample.",
     [("dsl", "Ann Testwood"), ("deputy", "Tom Example"), ("deputy", "Sue Sample")]),
    ("The DSL is Ann Testwood, with Tom Example as her deputy.", [("dsl", "Ann Testwood"), ("deputy", "Tom Example")]),
    ("DSLs: A. Testwood and B. Example", [("dsl", "A. Testwood"), ("dsl", "B. Example")]),
    ("The DSLs are Mrs A Testwood, Mr B Example and Miss C Sample.",
     [("dsl", "Mrs A Testwood"), ("dsl", "Mr B Example"), ("dsl", "Miss C Sample")]),
    ("The Designated Safeguarding Leads (DSLs) are Ann Testwood (SENCO) and Tom Example.",
     [("dsl", "Ann Testwood"), ("dsl", "Tom Example")]),
    ("DSLs\tMrs A Testwood and Mr B Example\t01632 960101", [("dsl", "Mrs A Testwood"), ("dsl", "Mr B Example")]),
    ("Ann Testwood and Tom Example are our deputy DSLs.", [("deputy", "Ann Testwood"), ("deputy", "Tom Example")]),
    ("The DSLs are Ann Testwood and Tom Example is her deputy.", [("dsl", "Ann Testwood"), ("deputy", "Tom Example")]),
    # Whoever is named beside them holds no such post.
    ("The DSL is Ann Testwood and Tom Example teaches.", [("dsl", "Ann Testwood")]),
    ("Tell the DSL, Ann Testwood, or Tom Example.", [("dsl", "Ann Testwood")]),
    ("DSL: Ann Testwood and Tom Example will act.", [("dsl", "Ann Testwood")]),
    ("The DSLs are Ann Testwood and Senior Leaders.", [("dsl", "Ann Testwood")]),
    ("The headteacher, Mrs Testwood, and her deputy, Mr Example, agree.", [("head", "Mrs Testwood")]),
    ("The DSL speaks to the deputy headteacher, Mr Example.", [("dsl", "")]),
    ("The DSL is Ann Testwood. We listen. Her deputy is Tom Example.", [("dsl", "Ann Testwood")]),
    ("The DSL meets her deputy, Social Care and Governors.", [("dsl", "")]),
])  # fmt: skip
def test_people_in_one_phrase_each_have_the_role_that_is_theirs(sentence: str, expected: list[tuple[str, str]]) -> None:
    found = read("Behaviour Policy", "We listen.", sentence)
    assert people(found) == expected
    assert not any(role.finding.confidence is Confidence.DOUBTFUL for role in found.roles)


@pytest.mark.parametrize(("sentence", "named", "note"), [
    ("DSL: Ann Testwood and Tom Example", ["Ann Testwood", "Tom Example"], "one role stands beside two names"),
    ("The DSL and deputy DSLs are Ann Testwood and Tom Example.", ["Ann Testwood", "Tom Example"],
     "two roles stand before these names: who holds which is not said"),
    ("The headteacher, Mrs Sample, meets the DSL and her deputy, Tom Example.", ["Tom Example"],
     "whose deputy this is, is not said for certain"),
])  # fmt: skip
def test_who_holds_which_role_is_doubtful_where_the_words_can_mean_two_things(
    sentence: str, named: list[str], note: str
) -> None:
    doubtful = [one for one in read(sentence).roles if one.finding.confidence is Confidence.DOUBTFUL]
    assert [one.person for one in doubtful] == named
    assert {one.finding.note for one in doubtful} == {note}
    assert all(one.finding.words in sentence for one in doubtful)


# What a record must hold.


def record_of(found: PolicyReading) -> RecordList:
    assert found.record is not None
    return found.record


def fields(found: PolicyReading) -> list[str]:
    """The fields that the policy itself asks for."""
    return [rule.id for rule in record_of(found).profile.fields if not rule.policy_words.startswith("asked by")]


@pytest.mark.parametrize(("name", "asked"), [
    ("FOOTER", ("child_name child_address child_age occurred_date occurred_time kind observation exact_words"
     " reported_to reported_date reported_time others_present")),
    ("RUNON", "child_name child_dob occurred_date occurred_time observation reported_to"),
    ("TABLE", "child_name child_dob legal_status_of_the_child exact_words"),
    ("KEY", "observation follow_up outcome"),
])  # fmt: skip
def test_a_list_asks_for_these_fields_and_no_others(name: str, asked: str) -> None:
    assert sorted(fields(reading(name))) == sorted(asked.split())


@pytest.mark.parametrize("name", ["FOOTER", "RUNON", "TABLE", "KEY"])
def test_a_draft_loads_back_as_it_was(name: str) -> None:
    draft = tomllib.loads(profile_toml(reading(name), date(2026, 11, 22)))
    assert PolicyProfile(**draft) == record_of(reading(name)).profile


_KINDS = {"#": BlockKind.HEADING, ">": BlockKind.PARAGRAPH, "-": BlockKind.ITEM}


def listed(*lines: str) -> PolicyReading:
    """Blocks: `#` a lone line, `>` a paragraph, `-` an item, two spaces for each level before it."""
    made = tuple(
        Block(
            kind=_KINDS[line.lstrip()[0]], text=line.lstrip()[2:], place=f"line {number}",
            level=(len(line) - len(line.lstrip())) // 2,
        )
        for number, line in enumerate(lines, 1)
    )  # fmt: skip
    return understand(PolicyText(name="p", blocks=made), editions())


@pytest.mark.parametrize(("lines", "asked", "last"), [
    (("> Records must include the following:", "# The child's name", "# Date of birth", "# Legal status",
      "# What the child said", "# Who was told", "# Storage of records", "> Records are kept safe."),
     "child_name child_dob legal_status exact_words reported_to", "\u201cWho was told\u201d (line 6)"),
    (("> Records must include the following", "> the child's name.", "> date of birth;", "> who was told.",
      "> The child's name will be kept safe."),
     "child_name child_dob reported_to", "\u201cwho was told.\u201d (line 4)"),
    (("> Staff must:", "- listen", "- make a written record, which includes:", "- the child's name", "- legal status",
      "- the date and time", "- the exact words spoken by the child", "- tell the DSL at once"),
     "child_name legal_status occurred_date occurred_time exact_words",
     "\u201cthe exact words spoken by the child\u201d (line 7)"),
])  # fmt: skip
def test_a_list_without_its_bullets_or_levels_is_found_and_its_end_is_doubtful(
    lines: tuple[str, ...], asked: str, last: str
) -> None:
    found = listed(*lines)
    lead = record_of(found).lead
    assert fields(found) == asked.split()
    assert (lead.confidence, lead.note) == (
        Confidence.DOUBTFUL, f"its bullets or their levels are lost: it was taken to end with {last}",
    )  # fmt: skip


@pytest.mark.parametrize(("lines", "asked", "unclear"), [
    (("> The record must contain:", "- a) name", "- b) date of birth", "  - (i) who was told", "- 4. when",
      "- 1.5 legal status"),
     "child_name child_dob reported_to occurred_date occurred_time legal_status", ["legal status"]),
    (("> The record must include: a) name, b) date of birth, c) the exact words and d) who was told.",),
     "child_name child_dob exact_words reported_to", []),
    (("> Record the following: (a) name (b) date of birth (c) what was said and (d) who was told.",),
     "child_name child_dob observation reported_to", []),
    (("> Record the following: name, date of birth, what was said.",), "child_name child_dob observation", []),
    (("> Records must include: \u2022 the child's name \u2022 date of birth \u2022 what the child said",),
     "child_name child_dob exact_words", []),
    (("> The record must contain:", "- the child's name", "- date of birth", "> the exact words spoken by the child",
      "- who was told", "> Signed: ______ Date: ______"),
     "child_name child_dob exact_words reported_to", []),
    (("> Staff must:", "- make a record, which includes:", "  - the child's name", "  - the date", "  - who was told",
      "- name somebody else"),
     "child_name occurred_date reported_to", []),
])  # fmt: skip
def test_a_list_with_letters_numbers_or_bullets_run_together_is_read_item_by_item(
    lines: tuple[str, ...], asked: str, unclear: list[str]
) -> None:
    found = listed(*lines)
    assert fields(found) == asked.split()
    assert [one.value for one in record_of(found).not_understood] == unclear
    assert record_of(found).lead.confidence is Confidence.LIKELY


def test_a_name_under_the_person_told_is_not_the_childs() -> None:
    flat = listed(
        "> The record must contain:", "- The person told:", "- name", "- date", "- The person making the record:",
        "- name", "- What was seen", "- The child's details:", "- name", "- The doctor:", "- name",
    )  # fmt: skip
    assert fields(flat) == ["reported_to", "reported_date", "reporter_name", "observation", "child_name", "name"]
    assert [(one.value, one.place) for one in record_of(flat).not_understood] == [("name", "line 11")]
    nested = listed("> The record must contain:", "- The person told:", "  - name", "- name", "- date", "- exact words")
    assert fields(nested) == ["reported_to", "child_name", "occurred_date", "exact_words"]


@pytest.mark.parametrize("lines", [
    ("# Recording", "# Contents", "# Aims", "# Date", "# Review"),
    ("> Staff must record:", "- Do not promise", "- Tell the DSL", "- Listen", "- the child's name"),
    ("> The record includes what matters most.", "> Date of birth", "> Child's name", "> Who was told"),
    ("> Keep a record.", "> Date of birth", "> Child's name", "> Who was told"),
])  # fmt: skip
def test_lines_that_are_no_list_of_a_record_make_none(lines: tuple[str, ...]) -> None:
    assert listed(*lines).record is None


@pytest.mark.parametrize("lead", [
    "> Accident forms must be completed with the below details:", "> Concerns should be written down and include:",
    "> Write down at once:", "> What to record", "# What to record", "# What staff must record",
])  # fmt: skip
def test_a_line_that_asks_for_a_record_in_any_wording_leads_to_its_list(lead: str) -> None:
    found = listed(lead, "- the child's name", "- date and time", "- treatment given")
    assert fields(found) == ["child_name", "occurred_date", "occurred_time", "treatment_given"]
    assert found.not_understood == ()


def test_a_list_of_what_to_record_that_is_not_understood_is_told_with_its_items_and_places() -> None:
    items = ("name of victim", "name of perpetrator", "sanction applied", "the child's name")
    found = listed("> Record immediately with the below information:", *(f"- {item}" for item in items), "> We listen.")
    assert found.record is None
    assert [(one.value, one.place, one.confidence) for one in found.not_understood] == [
        ("Record immediately with the below information:", "line 1", Confidence.DOUBTFUL),
        *((item, f"line {at}", Confidence.DOUBTFUL) for at, item in enumerate(items, 2)),
    ]
    assert found.not_understood[0].note == "a list of what to record was seen here and not understood"
    assert found.not_understood[1].note == (
        "an item of the list under \u201cRecord immediately with the below information:\u201d (line 1)"
    )


def test_beside_a_list_that_is_understood_another_is_told_and_of_lines_without_bullets_only_their_lead() -> None:
    found = listed(
        "> Staff must record:", "- the child's name", "- date of birth", "- who was told",
        "> The accident form must contain:", "- the weather", "- the colour of the coat", "> We listen.",
    )  # fmt: skip
    assert fields(found) == ["child_name", "child_dob", "reported_to"]
    told = ["The accident form must contain:", "the weather", "the colour of the coat"]
    assert [one.value for one in found.not_understood] == told
    flat = listed("> The accident form must contain:", "> the weather", "> the colour of the coat", "> We listen.")
    assert [one.value for one in flat.not_understood] == told[:1]


@pytest.mark.parametrize("lines", [
    ("> Records are kept:", "- in a locked cabinet", "- for seven years"),
    ("> Please note the following:", "- the gate is locked", "- the bell rings"),
    ("> This policy should be read with these documents:", "- Behaviour Policy", "- Complaints Policy"),
    ("# Record keeping", "- Files are locked away", "- Files are never taken home"),
    ("> Staff must record what they see.", "- Listen", "- Reassure"),
])  # fmt: skip
def test_lists_of_other_matters_are_not_told_as_lists_of_what_to_record(lines: tuple[str, ...]) -> None:
    found = listed(*lines)
    assert (found.record, found.not_understood) == (None, ())


# What it is called, and which texts stand beside it.


def titled(*blocks: tuple[BlockKind, str, str]) -> PolicyReading:
    made = tuple(
        Block(kind=kind, text=text, place=place, level=1 if kind is BlockKind.HEADING else 0)
        for kind, text, place in blocks
    )
    return understand(PolicyText(name="p", blocks=made), editions())


def test_the_title_at_the_top_counts_before_a_running_header_and_a_part_of_it_is_no_linked_policy() -> None:
    title = (BlockKind.HEADING, "Child Protection & Safeguarding Policy 2026\u201327", "paragraph 1")
    prose = (
        BlockKind.PARAGRAPH,
        "Our Child Protection Policy, our Safeguarding and Child Protection Policy and the Behaviour Policy are read.",
        "paragraph 2",
    )
    for header in ("Safeguarding Policy v3.2 | Issued: 02/20", "Safeguarding Policy"):
        found = titled((BlockKind.PARAGRAPH, header, "header"), title, prose)
        assert (found.title.value, found.title.place) == ("Child Protection & Safeguarding Policy", "paragraph 1")
        assert [one.value for one in found.linked] == ["Behaviour"]


def test_a_heading_further_down_and_a_line_of_the_text_itself_leave_the_header_its_title() -> None:
    header = (BlockKind.PARAGRAPH, "Behaviour Policy", "header")
    text = tuple((BlockKind.PARAGRAPH, f"We listen {at}.", f"paragraph {at}") for at in range(1, 6))
    below = (BlockKind.HEADING, "Exclusion Policy", "paragraph 6")
    assert titled(header, *text, below).title.value == "Behaviour Policy"
    line = (BlockKind.PARAGRAPH, "Complaints Policy", "paragraph 1")
    assert titled(header, line).title.value == "Behaviour Policy"
    assert titled(line, (BlockKind.HEADING, "Exclusion Policy", "paragraph 2")).title.value == "Complaints Policy"


@pytest.mark.parametrize("gap", [" ", "    ", "\t"])
def test_three_people_with_their_roles_in_one_line_are_each_named(gap: str) -> None:
    line = gap.join(
        ("Designated Safeguarding Lead: Ms Bev Jones", "Deputy DSL: Mr Tom Lee", "Chair of Governors: Dr A Patel")
    )
    named = {(role.known_as, role.person) for role in read("Complaints Policy", line).roles}
    assert named == {("dsl", "Ms Bev Jones"), ("deputy", "Mr Tom Lee"), ("chair", "Dr A Patel")}


@pytest.mark.parametrize(("sentence", "cited"), [
    ("Statutory guidance: Careful Crossing Guidance 2023.", [("Careful Crossing Guidance", 2023)]),
    ("See Crossing duty guidance: England and Wales (2023).", [("Crossing duty guidance: England and Wales", 2023)]),
    ("In line with statutory guidance 2023 we act; see the Guidance 2024.", []),
])  # fmt: skip
def test_guidance_with_a_name_and_a_year_is_cited(sentence: str, cited: list[tuple[str, int]]) -> None:
    assert [(one.title, one.year) for one in read("Complaints Policy", sentence).guidance] == cited


@pytest.mark.parametrize(("sentence", "told"), [
    ("See the Revised Prevent duty guidance (2015).", True), ("See Prevent duty guidance: England and Wales (2023).", False),
])  # fmt: skip
def test_an_older_prevent_duty_guidance_is_told_as_such(sentence: str, told: bool) -> None:
    said = superseded(read("Complaints Policy", sentence).guidance, editions())
    assert any("Prevent duty guidance" in line and "2023" in line for line in said) is told


@pytest.mark.parametrize("other", [
    "Appendix 3: Individual healthcare plan (example)\n\nNext review: 12 March 2027",
    "This is read with our Online Safety Policy (next review: May 2027).", "The risk assessment for trips\tNext review: May 2026",
])  # fmt: skip
def test_the_next_review_of_something_else_is_never_surely_the_policys(other: str) -> None:
    found = read("Medicines Policy", "Review date: September 2025", "We act.", *other.split("\n\n"))
    assert found.next_review.finding.confidence is not Confidence.SURE
    assert finding(found, "written").value != "September 2025"


def test_what_stands_after_a_table_of_signatures_is_read_for_itself() -> None:
    text = (
        "Visitors Policy\n\nApproved by\tDate\tNext review\nGovernors\t12/09/2024\t09/2025\n\nOwner: Jane Smith\n\n"
        "Signed (Headteacher): J Smith\n\nMinute number: 24/7\n\nWe act.\n\nWe act again.\n"
    )
    found = understand(read_policy(text.encode(), "policy.txt"), editions())
    assert [finding(found, name).value for name in ("owner", "signed_head", "minute_number")] == [
        "Jane Smith",
        "J Smith",
        "24/7",
    ]
    assert len(found.not_understood) == 0


def test_the_head_of_the_next_table_is_no_answer() -> None:
    text = "Visitors Policy\n\nSigned\tDate\tReview date\n\t12/09/2024\t09/2025\nPolicy\tOwner\tDate\nVisitors\tA Lee\t1/9/24\n"
    found = understand(read_policy(text.encode(), "policy.txt"), editions())
    assert finding(found, "signed_chair").value != "Policy"


@pytest.mark.parametrize("said", [
    "Following approval by governors on 12 March 2025", "On approval by FGB 12 March 2025", "Scheduled FGB 12 March 2025",
])  # fmt: skip
def test_a_day_on_which_it_was_accepted_is_no_day_to_come(said: str) -> None:
    found = read("Visitors Policy", f"Date adopted: {said}")
    assert isinstance(found.accepted.phrase, PolicyDate)
    assert found.accepted.phrase.first == date(2025, 3, 12)


@pytest.mark.parametrize("line", ["Policy reviewed early 2025", "Policy updated at the start of September 2024"])
def test_early_in_a_line_without_a_colon_is_found_with_its_doubt(line: str) -> None:
    found = read("Visitors Policy", line)
    assert isinstance(found.written.phrase, PolicyDate)
    assert "may mean sooner" in found.written.phrase.doubt


@pytest.mark.parametrize("said", ["1 September 2026 (start of term)", "Monday 7 September 2026, beginning of term"])
def test_of_a_day_no_beginning_is_doubted(said: str) -> None:
    phrase = read("Visitors Policy", f"Next review: {said}").next_review.phrase
    assert isinstance(phrase, PolicyDate)
    assert phrase.doubt == ""


@pytest.mark.parametrize("sentence", [
    "Governors of the school recognise their duty.", "Staff of the nursery understand this.", "Trustees of the Academy acknowledge it.",
    "The Headteacher of the school is committed to this.", "The Owner of the Pre-school has a duty to act.",
])  # fmt: skip
def test_a_body_is_no_setting(sentence: str) -> None:
    assert finding(read("Visitors Policy", sentence), "setting").value == ""


@pytest.mark.parametrize("lead", [
    "The Single Central Record must include:", "Records will be shared with the following:",
    "The attendance register must record whether each pupil is:", "Concerns must be recorded on CPOMS. Staff must also:",
])  # fmt: skip
def test_a_list_beside_records_is_no_list_that_was_not_understood(lead: str) -> None:
    assert read("Visitors Policy", f"{lead}\n- late\n- absent\n- on a visit").not_understood == ()


def test_a_post_is_nobodys_name() -> None:
    found = read("Visitors Policy", "DSLs: Jane Smith, Assistant Principal, Tom Ray, Pastoral Lead")
    assert not {"Assistant Principal", "Pastoral Lead"} & {name for role in found.roles for name in [role.person]}


# What holds for every text.


@pytest.mark.parametrize("unit", [
    " ", ", ", "A", "0", "DSL ", "DSLs Aa Bb (", "DSL and her deputy, Aa Bb, ", "Tel. 01632 960101. ",
    "the governors of St Aa ", "At Aa Nursery, we ", "record: a) b) \u2022 ",
])  # fmt: skip
def test_a_paragraph_of_hundreds_of_thousands_of_letters_is_read_in_a_time_that_grows_with_them(unit: str) -> None:
    made = (Block(kind=BlockKind.PARAGRAPH, text=(unit * 300_000)[:300_000], place="line 1"),)
    began = time.thread_time()
    roles_in(made)
    contacts_in(made)
    setting_said(made)
    list(lists_not_understood(made, record_list(made, Named(file="p", title="", setting=""))))
    assert time.thread_time() - began < 20


@pytest.mark.parametrize("kind", ["#", ">", "-"])
@pytest.mark.parametrize(
    "line", ["record", "record:", "record the name of {}:", "record the following", "name {}:", "must record:"]
)
def test_twenty_thousand_lines_that_each_may_lead_to_a_list_are_read_at_once(kind: str, line: str) -> None:
    made = tuple(Block(kind=_KINDS[kind], text=line.format(at), place="here") for at in range(20_000))
    began = time.thread_time()
    assert record_list(made, Named(file="p", title="", setting="")) is None
    list(lists_not_understood(made, None))
    assert time.thread_time() - began < 20


@pytest.mark.parametrize(("answers", "accepted", "signed", "review"), [
    ("23/1/26\t\tJanuary 2027", "23/1/26", "", "January 2027"), ("23/1/26\tA. Wickford", "23/1/26", "A. Wickford", ""),
    ("A. Wickford\tJanuary 2027", "", "A. Wickford", "January 2027"),
    # Which of the two days is meant cannot be told.
    ("23/1/26", "", "", ""), ("A. Wickford\tB. Chair", "", "", ""),
])  # fmt: skip
def test_answers_that_somebody_tabbed_to_stand_under_the_labels_that_ask_for_them(
    answers: str, accepted: str, signed: str, review: str
) -> None:
    text = f"Visitors Policy\n\nWe act.\n\nAdopted on\tSigned on behalf of the nursery\tDate for review\n{answers}\n"
    found = understand(read_policy(text.encode(), "policy.txt"), editions())
    said = [
        one.phrase.said if isinstance(one.phrase, PolicyDate) else "" for one in (found.accepted, found.next_review)
    ]
    assert said == [accepted, review]
    assert finding(found, "signed_chair").value == signed
