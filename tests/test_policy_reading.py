"""What is found in a policy: in the two real ones row by row, and in invented ones in the manners schools write."""

from __future__ import annotations

import io
import time
from collections.abc import Iterable, Sequence
from dataclasses import fields, is_dataclass
from functools import cache

import pytest
from docx import Document
from hypothesis import given, settings
from hypothesis import strategies as st

from connector.model.guidance import Editions
from connector.model.policy import Confidence, DateFinding, Finding, PolicyReading, Presence
from connector.model.policy_dates import Cycle, Phrase, PolicyDate, Precision, SeveralDates
from connector.model.policy_text import Block, BlockKind, PolicyText
from connector.policies import read_policy
from connector.settings.load import load_editions
from connector.understanding.editions import superseded
from connector.understanding.policy import understand
from tests.policy_files import SAMPLES
from tests.service import ROOT

NURSERY = sorted(path.name for path in SAMPLES.glob("nursery-cse-policy*"))
INFANT = sorted(path.name for path in SAMPLES.glob("infant-school-cse-policy*"))
FOUND, BLANK, ABSENT = Presence.FOUND, Presence.BLANK, Presence.ABSENT
Table = Sequence[Sequence[str]]


@cache
def editions() -> Editions:
    return load_editions(ROOT / "config")


@cache
def sample(name: str) -> PolicyReading:
    return understand(read_policy((SAMPLES / name).read_bytes(), name), editions())


def read(*lines: str) -> PolicyReading:
    """A text file with these paragraphs."""
    return understand(read_policy("\n\n".join(lines).encode(), "policy.txt"), editions())


def read_word(*parts: str | Table, header: str = "", footer: str = "") -> PolicyReading:
    """A Word file of paragraphs and tables."""
    document = Document()
    document.sections[0].header.paragraphs[0].text = header
    document.sections[0].footer.paragraphs[0].text = footer
    for part in parts:
        if isinstance(part, str):
            document.add_paragraph(part)
            continue
        table = document.add_table(len(part), len(part[0]))
        for row, texts in zip(table.rows, part, strict=True):
            for cell, text in zip(row.cells, texts, strict=True):
                cell.text = text
    data = io.BytesIO()
    document.save(data)
    return understand(read_policy(data.getvalue(), "policy.docx"), editions())


def values(found: Iterable[Finding]) -> list[str]:
    return [one.value for one in found]


def said(found: DateFinding) -> str:
    """The words of a date, or which kind of nothing it is."""
    return found.finding.value if found.finding.presence is FOUND else str(found.finding.presence)


def dates(reading: PolicyReading) -> dict[str, str]:
    """The dates that were found, and the blanks; not what is absent."""
    every = {name: said(getattr(reading, name)) for name in ("written", "accepted", "next_review", "cycle")}
    return {name: one for name, one in every.items() if one != "absent"}


def people(reading: PolicyReading) -> set[tuple[str, str]]:
    return {(role.known_as, role.person) for role in reading.roles if role.person}


def plain(text: str) -> str:
    return " ".join(text.split())


# The tables of the two real policies, row by row.


def _a_row(row: str, r: PolicyReading) -> object:
    fields_of = {rule.id: rule for rule in r.record.profile.fields} if r.record else {}
    escalation = " ".join(values(r.escalation))
    guidance = {one.key: one.year for one in r.guidance}
    return {
        "A1": r.number.value == "1.10",
        "A2": (r.title.value, r.setting.value) == ("Child Sexual Exploitation (CSE) Policy", "The Rocking Horse"),
        "A3": values(r.linked) == ["Safeguarding", "Child Protection"],
        "A4": not dates(r)
        and {one.presence for one in (r.version, r.owner, r.signed_head, r.signed_chair, r.minute_number)} == {ABSENT},
        "A5": "report any concern immediately" in escalation,
        "A7": len(r.indicators) == 6 and r.indicators[0].value == "Exclusion or unexplained absences from nursery",
        "A8": r.record is not None and r.record.lead.words == "Record immediately with the below information:",
        **{f"A{number}": fields_of[field].policy_words for number, field in enumerate(_A_FIELDS, 9)},
        "A26": "Report to Designated Safeguarding Lead (DSL) immediately." in values(r.escalation)
        and [(one.known_as, one.role) for one in r.roles][:1] == [("dsl", "Designated Safeguarding Lead (DSL)")],
        "A27": "it is your responsibility to take action – Early Help Assessment" in escalation,
        "A28": "a referral to children's social care must be made immediately" in plain(escalation.replace("’", "'")),
        "A29": values(r.stages)
        == ["Early Help Assessment", "Strategy Meeting", "Initial Child Protection Conference", "Core Group"],
        "A30": any(one.value == "101" and "Operation Willow" in one.words for one in r.contacts),
        "A31": guidance["cse-definition"] == 2017,
        "A32": guidance["worried-about-abuse"] == 2015,
        "A33": guidance["working-together"] == 2018,
        "A34": guidance["kcsie"] == 2023,
        "A35": any("kscmp.org.uk/guidance/exploitation" in one for one in values(r.contacts)),
    }[row]


_A_FIELDS = (
    "child_name", "child_address", "child_age", "child_dob", "occurred_date", "occurred_time", "kind", "exact_words",
    "marks_position", "marks_type", "observation", "witnesses", "reported_to", "reported_date", "reported_time",
    "others_present", "parent_discussion",
)  # fmt: skip
_BULLETS = {
    "A9": "Child's name", "A10": "Child's address", "A11": "Age of the child and date of birth",
    "A12": "Age of the child and date of birth", "A13": "Date and time of the observation or the disclosure",
    "A14": "Date and time of the observation or the disclosure",
    "A15": "Date and time of the observation or the disclosure", "A16": "Exact words spoken by the child",
    "A17": "Exact position and type of injuries or marks seen",
    "A18": "Exact position and type of injuries or marks seen",
    "A19": "Exact observation of an incident including any other witnesses",
    "A20": "Exact observation of an incident including any other witnesses",
    "A21": "Name of the person to whom the concern was reported, with date and time",
    "A22": "Name of the person to whom the concern was reported, with date and time",
    "A23": "Name of the person to whom the concern was reported, with date and time",
    "A24": "the names of any other person present at the time",
    "A25": "Any discussion held with the parent(s) (where deemed appropriate).",
}  # fmt: skip
# A6, to analyse and support at once, is not looked for.
_A_ROWS = [f"A{number}" for number in range(1, 36) if number != 6]


@pytest.mark.parametrize("name", NURSERY)
@pytest.mark.parametrize("row", _A_ROWS)
def test_every_row_of_the_nurserys_policy_is_found_in_every_format(row: str, name: str) -> None:
    found = _a_row(row, sample(name))
    assert (plain(str(found)).replace("’", "'") == _BULLETS[row]) if row in _BULLETS else found


def _b_row(row: str, r: PolicyReading) -> object:
    escalation, records = " ".join(values(r.escalation)), " ".join(values(r.records_said))
    return {
        "B1": said(r.written) == "November 2023"
        and isinstance(r.written.phrase, PolicyDate)
        and r.written.phrase.precision is Precision.MONTH,
        "B2": r.accepted.finding.presence is BLANK and r.accepted.phrase is None,
        "B3": said(r.next_review) == "November 2024"
        and isinstance(r.next_review.phrase, PolicyDate)
        and r.next_review.phrase.precision is Precision.MONTH,
        "B4": r.signed_head.presence is BLANK,
        "B5": r.signed_chair.presence is BLANK,
        "B6": r.minute_number.presence is BLANK,
        "B9": values(r.linked) == ["Child Protection", "Safeguarding", "E-Safety"],
        "B10": ("dsl", "Debbie Shepherd") in people(r)
        and any(one.role == "Child Protection Officer" for one in r.roles),
        "B11": "this information should be shared immediately with the school Child Protection Officer" in escalation,
        "B12": "need to respond immediately" in escalation,
        "B14": "consultation will take place with appropriate local authority support services" in escalation,
        "B15": {"the police", "children's social care", "school nursing service"}
        <= {one.role.casefold().replace("’", "'") for one in r.roles if one.known_as == "agency"},
        "B19": "Staff are legally bound to share information" in escalation,
        "B20": "will be recorded and securely stored" in records,
        "B21": "Any communication with home" in records,
        "B22": "meetings with the child, will be recorded" in records,
        "B23": "the relevant bodies will be informed" in records,
        "B31": len(r.indicators) == 10
        and {"Going missing frequently", "Being looked after in residential care"} <= set(values(r.indicators)),
        "B32": {(one.title.replace("’", "'"), one.year) for one in r.guidance}
        == {
            ("Sexual Offences Act", 2003), ("Barnado's: Reducing the Risk", 2006),
            ("National Working Group for Sexually Exploited Children and Young People: its definition", 0),
        },
        "B33": not any(one.key for one in r.guidance),
        "B35": r.record is None,
    }[row]  # fmt: skip


# Duties that are not looked for: B7, B8, B13, B16 to B18, B24 to B30; and B34, a heading without what it promises.
_B_ROWS = [1, 2, 3, 4, 5, 6, 9, 10, 11, 12, 14, 15, 19, 20, 21, 22, 23, 31, 32, 33, 35]


@pytest.mark.parametrize("name", INFANT)
@pytest.mark.parametrize("row", [f"B{number}" for number in _B_ROWS])
def test_every_row_of_the_infant_schools_policy_is_found_or_reported_blank_in_every_format(row: str, name: str) -> None:
    assert _b_row(row, sample(name))


def test_all_formats_of_one_policy_are_read_alike() -> None:
    assert len(NURSERY) == len(INFANT) == 5
    for names in (NURSERY, INFANT):
        assert len({str(_shape(sample(name))) for name in names}) == 1, names


def _shape(reading: PolicyReading) -> object:
    """All that was found, without names of files and places."""

    def of(found: object) -> object:
        if isinstance(found, Finding):
            return plain(f"{found.presence} {found.value} {found.confidence}").replace("’", "'").replace("‘", "'")
        if isinstance(found, tuple):
            return [of(one) for one in found]
        if is_dataclass(found) and not isinstance(found, Phrase):
            return {field.name: of(getattr(found, field.name)) for field in fields(found) if field.name != "profile"}
        return "" if isinstance(found, str) else str(found)

    return of(reading)


def test_the_nine_bullets_are_nine_items_and_nothing_of_them_is_left_over() -> None:
    record = sample("nursery-cse-policy.txt").record
    assert record is not None
    assert len(record.items) == 9
    assert [rule.id for rule in record.profile.fields][:17] == list(_A_FIELDS)
    assert [rule.id for rule in record.profile.fields][17:] == ["parent_not_told_reason", "reporter_name"]
    assert record.not_understood == ()


def test_older_editions_are_told_with_what_is_known_and_nothing_is_judged() -> None:
    told = superseded(sample("nursery-cse-policy.txt").guidance, editions())
    assert told == (
        "cites Keeping Children Safe in Education 2023; a 2025 edition is known, checked on 21 November 2026; look for 2026",
        "cites Working Together to Safeguard Children 2018; a 2023 edition is known, checked on 21 November 2026; look for 2026",
    )
    assert superseded(sample("infant-school-cse-policy.txt").guidance, editions()) == ()


# Invented policies, in the manners of schools.


def test_a_table_of_document_control_is_read_cell_by_cell() -> None:
    found = read_word(
        "Oakfield Primary School",
        "Child Protection and Safeguarding Policy 2024-2025",
        [
            ("Policy owner", "Mrs J Hale, Headteacher"), ("Version", "4.2"), ("Status", "Approved"),
            ("Approved by", "Full Governing Body"), ("Date approved", "12 September 2024"),
            ("Minute reference", "FGB 24/117"), ("Review frequency", "Annual"), ("Next review due", "September 2025"),
        ],
        "This policy has regard to Keeping Children Safe in Education (September 2024) and the Children Act 1989.",
    )  # fmt: skip
    assert (found.title.value, found.setting.value) == (
        "Child Protection and Safeguarding Policy", "Oakfield Primary School",
    )  # fmt: skip
    assert (found.owner.value, found.version.value) == ("Mrs J Hale, Headteacher", "4.2")
    assert found.minute_number.value == "FGB 24/117"
    assert dates(found) == {"accepted": "12 September 2024", "next_review": "September 2025", "cycle": "Annual"}
    assert [(one.key, one.year) for one in found.guidance] == [("kcsie", 2024), ("", 1989)]
    assert found.not_understood == ()


@pytest.mark.parametrize(("lines", "expected"), [
    (["Approved by: Governors    Date: 3 May 2023    Review date: May 2024"], {"accepted": "3 May 2023", "next_review": "May 2024"}),
    (["Issued: 02/20 Review: 02/21"], {"written": "02/20", "next_review": "02/21"}),
    (["Reviewed: Sept 2022, Next: Sept 2023"], {"written": "Sept 2022", "next_review": "Sept 2023"}),
    (["This policy was adopted by Acorn Preschool on 23/1/26. This policy will be reviewed annually in the autumn term."],
     {"accepted": "23/1/26", "cycle": "annually in the autumn term"}),
    (["This policy is reviewed every year. It was adopted on 23/1/26."], {"accepted": "23/1/26", "cycle": "every year"}),
    (["Ratified by the Full Governing Body on 14 March 2024."], {"accepted": "14 March 2024"}),
    (["Reviewed: Autumn 2 2023", "To be reviewed: Autumn 2 2025"], {"written": "Autumn 2 2023", "next_review": "Autumn 2 2025"}),
    (["Review: Term 2 2024"], {"next_review": "Term 2 2024"}),
    (["Approved by FGB 12.3.24 (minute 24/7)"], {"accepted": "12.3.24"}),
    (["Approved by: FGB 12.3.24 (minute 24/7)"], {"accepted": "FGB 12.3.24"}),
    (["Review date: annually"], {"next_review": "annually", "cycle": "annually"}),
    (["Date of next review", "November 2024"], {"next_review": "November 2024"}),
    (["Date of next review 10/05/2025"], {"next_review": "10/05/2025"}),
    (["Behaviour Policy | reviewed May 2024 | next review May 2026"], {"written": "May 2024", "next_review": "May 2026"}),
    (["Policy’s next review: Sept ’25"], {"next_review": "Sept ’25"}),
    (["DATE OF NEXT REVIEW: SEPTEMBER 2025"], {"next_review": "SEPTEMBER 2025"}),
    (["Review dates: Spring 1 2021/24/27"], {"next_review": "Spring 1 2021/24/27"}),
    (["This policy was approved by the governing body on 3 May 2024 and will be reviewed in May 2025."],
     {"accepted": "3 May 2024", "next_review": "May 2025"}),
    (["The governors review this policy every two years."], {"cycle": "every two years"}),
    (["Next review: ____________"], {"next_review": "blank"}),
    (["Approved by: ________ Date: ________"], {"accepted": "blank"}),
    (["Next review: TBC"], {"next_review": "TBC"}),
    (["Issued: May 2020", "Last updated: June 2023"], {"written": "June 2023"}),
    (["Date adopted (dd/mm/yyyy): 3 May 2024"], {"accepted": "3 May 2024"}),
    # What holds a date and is not the policy's own.
    (["On: 3 May 2024"], {}),
    (["Review: the governors look at what happened.", "Date: see above"], {}),
    (["This policy was reviewed under the Children Act 1989."], {}),
    (["It follows Keeping Children Safe in Education (Sept 2023)."], {}),
    (["This policy was updated in line with Keeping Children Safe in Education (September 2023)."], {}),
    (["Risk assessments are reviewed annually."], {}),
    (["Staff training is updated every September."], {}),
    (["The policy requires that all risk assessments are reviewed every year."], {}),
    (["This policy will be ratified by governors on 12 May 2027."], {}),
    (["The definition of abuse was updated in March 2018."], {}),
    (["Staff must write down the date: 3 May 2024 is better than yesterday."], {}),
    (["Look for marks on the child's head: bruises of May 2023 may be yellow. Signed copies are kept."], {}),
    (["Review", "Adoption"], {}),
    (["Contents", "Review date ........ 12", "Policy approved ........ 14"], {}),
    (["Appendix 1", "Record of concern", "Date: 3 May 2023", "Signed: ________ Date: ________"], {}),
])  # fmt: skip
def test_dates_are_found_under_their_labels_and_in_prose_and_nowhere_else(
    lines: list[str], expected: dict[str, str]
) -> None:
    found = read("Behaviour Policy", "We are kind to each other.", *lines)
    assert dates(found) == expected
    assert found.not_understood == ()


def test_of_a_history_of_versions_the_latest_counts_with_what_stands_in_its_row() -> None:
    found = read_word(
        "E-Safety Policy",
        [
            ("Version", "Date", "Author", "Changes"),
            ("2.0", "October 2023", "A. Bell", "Rewritten for KCSIE 2023"),
            ("1.0", "September 2021", "J. Moss", "First version"),
            ("1.1", "Sept 2022", "J. Moss", ""),
            ("", "", "", ""),
        ],
        "Next review: October 2024",
    )
    assert dates(found) == {"written": "October 2023", "next_review": "October 2024"}
    assert (found.version.value, found.owner.value) == ("2.0", "A. Bell")
    assert found.written.finding.confidence is Confidence.SURE


def test_several_review_dates_one_under_the_other_are_those_that_were() -> None:
    found = read_word("E-Safety Policy", [("Review date", "Reviewed by"), ("May 2021", "SLT"), ("May 2022", "SLT")])
    assert dates(found) == {"written": "May 2022"}


def test_two_places_that_differ_are_a_doubt_that_names_both() -> None:
    found = read_word("First Aid Policy", header="Next review: September 2025", footer="Review date: March 2026")
    assert found.next_review.finding.confidence is Confidence.DOUBTFUL
    assert found.next_review.finding.note == "it says “September 2025” (header), but also “March 2026” (footer)"
    prose = read("First Aid Policy", "Next review: May 2025", "The next review of the policy will be in June 2026.")
    assert prose.next_review.finding.confidence is Confidence.DOUBTFUL
    again = read_word("First Aid Policy", header="Last reviewed: May 2023", footer="Last reviewed: May 2022")
    assert (said(again.written), again.written.finding.confidence) == ("May 2023", Confidence.DOUBTFUL)


def test_two_places_that_only_differ_in_exactness_agree() -> None:
    found = read_word("First Aid Policy", header="Next review: Sept 2025", footer="Review date: 12 September 2025")
    assert said(found.next_review) == "12 September 2025"
    assert (found.next_review.finding.confidence, found.next_review.finding.note) == (Confidence.SURE, "")


def test_a_cycle_and_a_date_of_the_review_are_both_kept_and_no_doubt() -> None:
    found = read("First Aid Policy", "Review date: annually", "Next review: May 2025")
    assert dates(found) == {"next_review": "May 2025", "cycle": "annually"}
    assert found.next_review.finding.confidence is Confidence.SURE
    unsure = read("First Aid Policy", "Review date: TBC", "Next review: May 2025").next_review
    assert (said(unsure), unsure.finding.confidence) == ("May 2025", Confidence.DOUBTFUL)


def test_a_date_of_review_is_taken_for_the_next_one_and_doubted() -> None:
    found = read("First Aid Policy", "Date of policy: May 2023", "Date of review: May 2024")
    assert dates(found) == {"written": "May 2023", "next_review": "May 2024"}
    assert found.next_review.finding.confidence is Confidence.DOUBTFUL
    assert "can mean the last review or the next one" in found.next_review.finding.note


@pytest.mark.parametrize(("lines", "head", "chair", "accepted"), [
    (["Signed: ________ (Chair of Governors)", "Signed: ________ (Headteacher)"], "blank", "blank", "absent"),
    (["Headteacher: ________ Date: ________", "Chair of Governors: ________ Date: ________"], "blank", "blank", "absent"),
    (["Signed: Kay Bright (Nursery Manager) Date: 4.9.25", "Signed: ________ (Owner) Date: ________"], "Kay Bright", "blank", "4.9.25"),
    (["Signed: Amina Yusuf, Chair of Governors, on 12 March 2024"], "absent", "Amina Yusuf", "12 March 2024"),
    (["Signed by Headteacher: J. Patel Date: 1/9/24", "Signed by Chair: L. O'Neill Date: 8/9/24"], "J. Patel", "L. O'Neill", "8/9/24"),
    (["Signed on behalf of the management committee: Rita Okoro"], "absent", "Rita Okoro", "absent"),
    (["Signed: Rita Okoro", "Role: Chair of the committee"], "absent", "Rita Okoro", "absent"),
    (["Signed: Rita Okoro", "Chair of Governors"], "absent", "Rita Okoro", "absent"),
])  # fmt: skip
def test_signatures_are_the_heads_or_the_chairs_and_a_line_to_write_on_is_a_blank(
    lines: list[str], head: str, chair: str, accepted: str
) -> None:
    found = read("Behaviour Policy", *lines)
    assert (found.signed_head.value or found.signed_head.presence) == head
    assert (found.signed_chair.value or found.signed_chair.presence) == chair
    assert said(found.accepted) == accepted
    assert said(found.written) == "absent"
    assert found.not_understood == ()


def test_a_table_of_signatures_is_read_row_by_row() -> None:
    found = read_word(
        "Complaints Policy",
        [
            ("Name", "Role", "Signature", "Date"), ("Jane Hale", "Headteacher", "J Hale", "12/3/24"),
            ("Omar Khan", "Chair of Governors", "", ""),
        ],
    )  # fmt: skip
    assert (found.signed_head.value, found.signed_chair.presence) == ("J Hale", BLANK)


def test_a_pre_schools_sign_off_table_is_read_with_its_hints() -> None:
    found = read_word(
        "1.4 Uncollected child",
        [
            ("This policy was adopted by", "Acorn Pre-school", "(name of provider)"), ("On", "23 January 2026", "(date)"),
            ("Date to be reviewed (dd/mm/yy)", "January 2027", ""), ("Signed on behalf of the provider", "", ""),
            ("Name of signatory", "Rita Okoro", ""), ("Role of signatory (e.g. chair, director or owner)", "Chair", ""),
        ],
    )  # fmt: skip
    assert (found.number.value, found.title.value, found.setting.value) == (
        "1.4",
        "Uncollected child",
        "Acorn Pre-school",
    )
    assert dates(found) == {"accepted": "23 January 2026", "next_review": "January 2027"}
    assert found.signed_chair.presence is BLANK


def test_what_cannot_be_read_is_told_and_not_guessed() -> None:
    found = read("Complaints Policy", "Date of next review: when the Head says so", "Signed: ____________")
    assert [(one.words, one.note) for one in found.not_understood] == [
        ("Date of next review: when the Head says so", ""),
        ("Signed: ____________", "whose signature this is, is not said"),
    ]
    assert (found.signed_head.presence, found.signed_chair.presence) == (ABSENT, ABSENT)


def test_a_blank_signature_beside_pictures_says_that_it_may_be_one() -> None:
    row = Block(
        kind=BlockKind.ROW, text="Signed (Headteacher)\t", place="table 1, row 1", cells=("Signed (Headteacher)", "")
    )
    without = understand(PolicyText(name="p", blocks=(row,)), editions()).signed_head
    beside = understand(PolicyText(name="p", blocks=(row,), unread=("1 picture",)), editions()).signed_head
    assert (without.presence, without.note) == (BLANK, "")
    assert beside.note == "there are pictures in the file; a signature may be one of them"


@pytest.mark.parametrize(("lines", "minute"), [
    (["Ratified by the Full Governing Body, minute ref FGB 24/117."], "FGB 24/117"),
    (["Approved by FGB 12.3.24 (minute 24/7)"], "24/7"),
    (["Minute No: 2023-14"], "2023-14"),
    (["Minute number: n/a"], "blank"),
    (["Minute Number"], "blank"),
    (["Children wait for 10 minutes. 24/7 help is on the website."], "absent"),
])  # fmt: skip
def test_a_minute_number_is_found_where_it_stands(lines: list[str], minute: str) -> None:
    found = read("Attendance Policy", *lines).minute_number
    assert (found.value or found.presence) == minute


@pytest.mark.parametrize(("lines", "title", "number", "setting"), [
    (["OAKFIELD PRIMARY SCHOOL", "CHILD PROTECTION POLICY"], "CHILD PROTECTION POLICY", "", "OAKFIELD PRIMARY SCHOOL"),
    (["Safeguarding and Child Protection Policy September 2023"], "Safeguarding and Child Protection Policy", "", ""),
    (["Policy for the Administration of Medicines"], "Policy for the Administration of Medicines", "", ""),
    (["3.2a Whistleblowing Policy and Procedures (Staff)"], "Whistleblowing Policy and Procedures (Staff)", "3.2a", ""),
    (["Oakfield Primary School Behaviour Policy"], "Oakfield Primary School Behaviour Policy", "", "Oakfield Primary School"),
    (["Introduction", "We keep children safe.", "Policy Statement", "Aims of the policy", "Staff follow this policy"], "", "", ""),
    (["Policy title: Missing child", "Policy number: 7", "School: Hill Top Infants"], "Missing child", "7", "Hill Top Infants"),
    (["Fire Safety Policy", "At Little Lanterns we go out.", "At Key Stage One we line up."], "Fire Safety Policy", "", "Little Lanterns"),
    (["Fire Safety Policy", "At Key Stage One we line up. At Home Time we wait."], "Fire Safety Policy", "", ""),
    (["Fire Safety Policy", "At Little Lanterns Nursery we go out."], "Fire Safety Policy", "", "Little Lanterns Nursery"),
])  # fmt: skip
def test_title_number_and_setting_are_those_of_the_policy_or_absent(
    lines: list[str], title: str, number: str, setting: str
) -> None:
    found = read(*lines)
    assert (found.title.value, found.number.value, found.setting.value) == (title, number, setting)


def test_the_setting_may_stand_in_the_footer_alone() -> None:
    found = read_word("Fire Safety Policy", "Go out.", footer="St Mary's C of E Primary School – Fire Safety Policy")
    assert (found.setting.value, found.setting.place) == ("St Mary's C of E Primary School", "footer")


def test_roles_are_named_once_with_their_people_and_capital_letters_make_no_name() -> None:
    found = read_word(
        "Behaviour Policy",
        "The Designated Safeguarding Lead and the DSL act. Our Designated Safeguarding Lead is Priya Shah.",
        "The Chair of Governors, Mr O Khan, agrees. The Headteacher, Senior Leaders and Governors review. Call the DSL.",
        [("Deputy DSL", "Tom Ray", "01632 960102")],
    )
    assert people(found) == {("dsl", "Priya Shah"), ("chair", "Mr O Khan"), ("deputy", "Tom Ray")}
    assert [role.known_as for role in found.roles].count("dsl") == 1
    assert ("head", "") in {(role.known_as, role.person) for role in found.roles}
    assert values(found.contacts) == ["01632 960102"]


def test_linked_policies_are_found_in_lists_cells_and_prose_and_never_this_one() -> None:
    found = read_word(
        "Behaviour Policy", [("Linked policies", "Attendance, Uniform Policy"), ("Owner", "Jo Marsh")],
        "See our Anti-Bullying Policy and this Behaviour Policy. The Policy is short.",
        "This policy should be read alongside:", "• Online Safety Policy;", "• Exclusions",
    )  # fmt: skip
    assert values(found.linked) == ["Attendance", "Uniform", "Online Safety", "Exclusions", "Anti-Bullying"]


@pytest.mark.parametrize(("sentence", "cited"), [
    ("See KCSIE 2024.", [("kcsie", 2024)]),
    ("See ‘Keeping children safe in education’ (DfE, September 2022).", [("kcsie", 2022)]),
    ("We follow KCSIE. It is KCSIE 2021.", [("kcsie", 2021)]),
    ("We follow KCSIE.", [("kcsie", 0)]),
    ("Under the Children Acts 1989 and 2004 we act.", [("Children Act", 1989), ("Children Act", 2004)]),
    ("We are working together with parents since 2018.", []),
    ("See Sharing Nudes and Advice for Settings (2020).", [("Sharing Nudes and Advice for Settings", 2020)]),
])  # fmt: skip
def test_texts_are_cited_with_their_years(sentence: str, cited: list[tuple[str, int]]) -> None:
    found = read("Behaviour Policy", sentence).guidance
    assert [(one.key or one.title, one.year) for one in found] == cited


def test_a_short_name_of_ordinary_words_is_cited_with_its_year_only() -> None:
    known = editions().of("working-together")
    assert known is not None
    short = Editions(texts=(known.model_copy(update={"also_known_as": ("Working Together",)}),))
    lines = ("Working Together with parents helps.", "See Working Together (2018).")
    made = tuple(Block(kind=BlockKind.PARAGRAPH, text=text, place=text) for text in lines)
    found = understand(PolicyText(name="p", blocks=made), short).guidance
    assert [(one.key, one.year, one.finding.place) for one in found] == [("working-together", 2018, lines[1])]
    assert understand(PolicyText(name="p", blocks=made[:1]), short).guidance == ()


# What holds for every text.


@pytest.mark.parametrize("unit", [
    "a", "A", ".", "_ ", "A-", "Aa ", "Date: ", "signed by ", "name, ", "the policy was reviewed ", "discussion with ",
    "record the following ", "Keeping Children Safe in Education ", "Education and the ", "Mr A. ", "01632 ", "a.b-c@",
    "Child Protection and ", "details of ", "https://", "(A: b ", "minute ", "School of ", "date of next review ",
])  # fmt: skip
def test_a_paragraph_of_a_hundred_thousand_letters_is_read_in_seconds(unit: str) -> None:
    text = (unit * 100_000)[:100_000]
    began = time.thread_time()
    understand(PolicyText(name="p", blocks=(Block(kind=BlockKind.PARAGRAPH, text=text, place="line 1"),)), editions())
    assert time.thread_time() - began < 12


_WORDS = st.sampled_from(
    "Date of next review Policy Signed by Headteacher Chair Governors: ____ November 2023 2024 approved the records must "
    "include: child's name, date time who was told; Minute number FGB 24/7 KCSIE (Sept 2023) Act 1989 • – 01632 960101 "
    "Nursery School At we Appendix 1 \t \u2019 \u00e9 \u05d0 . , : ( ) \u201c".split(" ")
)
_TEXTS = st.one_of(st.text(max_size=60), st.lists(_WORDS, max_size=14).map(" ".join))


@st.composite
def blocks(draw: st.DrawFn) -> tuple[Block, ...]:
    found = []
    for number in range(draw(st.integers(0, 7))):
        kind = draw(st.sampled_from(BlockKind))
        cells = tuple(draw(st.lists(_TEXTS, min_size=2, max_size=4))) if kind is BlockKind.ROW else ()
        text = "\t".join(cells) if cells else draw(_TEXTS)
        found.append(Block(kind=kind, text=text, place=f"place {number}", cells=cells, level=draw(st.integers(0, 2))))
    return tuple(found)


def _findings(found: object) -> Iterable[Finding]:
    if isinstance(found, Finding):
        yield found
    elif isinstance(found, tuple):
        for one in found:
            yield from _findings(one)
    elif is_dataclass(found):
        for field in fields(found):
            yield from _findings(getattr(found, field.name))


@settings(max_examples=300, deadline=None)
@given(blocks())
def test_every_text_is_read_and_every_finding_has_words_that_stand_at_its_place(made: tuple[Block, ...]) -> None:
    reading = understand(PolicyText(name="p.txt", blocks=made), editions())
    at = {block.place: plain(block.text) for block in made}
    for finding in _findings(reading):
        assert plain(finding.words) in at.get(finding.place, "")
        assert (finding.presence is ABSENT) == (finding.place == "")
        assert finding.presence is FOUND or not finding.value


def test_kinds_of_phrases_are_kept_as_they_were_read() -> None:
    assert isinstance(read("A Policy", "Review dates: Spring 1 2021/24/27").next_review.phrase, SeveralDates)
    assert isinstance(read("A Policy", "Review date: annually").cycle.phrase, Cycle)


def test_what_is_said_of_the_policy_before_this_one_is_not_said_of_this_one() -> None:
    before = "The previous policy was approved in May 2015."
    assert dates(read("Behaviour Policy", before, "This policy was approved in May 2025."))["accepted"] == "in May 2025"
    assert read("Behaviour Policy", before).accepted.finding.presence is Presence.ABSENT
