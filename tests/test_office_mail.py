"""The office's mail about policies, from the register to the strict mail catcher: who gets which, when, and what in it."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from email.message import EmailMessage
from html.parser import HTMLParser
from pathlib import Path

import pytest

from connector.demo.catchers import Mail
from connector.model.guidance import Editions, Guidance
from connector.model.moments import LONDON, say_date
from connector.model.notice import Addressee
from connector.model.policies_kept import Read
from connector.notify.mail import Mail as Ready
from connector.office import Office, build_office
from connector.office_site import OfficeSite, Post
from connector.register.notes import DocumentRead
from connector.review_given import Given
from connector.school_year import SchoolYear
from connector.settings.load import Settings
from connector.sqlite import database
from tests.office_at_work import MONDAY, OFFICE, OWNER, OfficeAtWork, edit, listing, office_at_work
from tests.process import free_port
from tests.service import aim_mail

DSL = "r.ashdown@littlelanterns.example"
WEEK, REMINDER = "Policies: this week's list", "Policies: a review is due"
QUARTER = timedelta(minutes=15)
# On Monday 23 November 2026: overdue, due in seven days, nobody knows when, not signed, and one that needs nothing.
MANY = """
[policies.cse]
title = "Child Sexual Exploitation"
owner = "manager"
next_review = "November 2024"

[policies.e-safety]
title = "E-Safety"
owner = "dsl"
next_review = "30 November 2026"

[policies.attendance]
title = "Attendance"
owner = "manager"

[policies.first-aid]
title = "First Aid"
next_review = "May 2030"
needs = ["signed_head", "minute_number"]

[policies.visitors]
title = "Visitors"
next_review = "May 2030"
"""
ONE = """
[policies.cse]
title = "Child Sexual Exploitation"
owner = "manager"
next_review = "{}"
"""
# Stands through the whole year and needs nothing.
QUIET = """
[policies.visitors]
title = "Visitors"
next_review = "May 2099"
"""


@contextmanager
def working(folder: Path, text: str, *, terms: bool = False) -> Iterator[OfficeAtWork]:
    with office_at_work(folder, listing(text, terms=terms)) as at:
        yield at


@pytest.fixture
def at(tmp_path: Path) -> Iterator[OfficeAtWork]:
    with working(tmp_path, MANY) as found:
        yield found


def london(day: date, hour: int = 7, minute: int = 30) -> datetime:
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=LONDON).astimezone(UTC)


def sent_on(at: OfficeAtWork, moment: datetime) -> list[Mail]:
    """What goes out to anybody at that moment."""
    before = len(at.caught.mails)
    at.clock.moment[0] = moment
    at.remind()
    return at.caught.mails[before:]


def days_with_mail(at: OfficeAtWork, first: date, last: date, address: str) -> dict[date, str]:
    """From day to day: on which of them that person got mail, and of which subject."""
    found: dict[date, str] = {}
    day = first
    while day <= last:
        mine = [mail for mail in sent_on(at, london(day)) if address in mail.recipients]
        assert len(mine) <= 1
        if mine:
            found[day] = subject(mine[0])
        day += timedelta(days=1)
    return found


def subject(mail: Mail) -> str:
    return str(mail.message["Subject"])


def sections(mail: Mail) -> dict[str, list[str]]:
    """The titles under each heading of the text."""
    found: dict[str, list[str]] = {}
    for line in mail.part("plain").splitlines():
        if line.isupper():
            found[line] = []
        elif line.startswith("* "):
            found[list(found)[-1]].append(line[2:])
    return found


def links(mail: Mail) -> list[str]:
    return [line.split()[-1] for line in mail.part("plain").splitlines() if "/r/" in line]


def attached(mail: Mail) -> list[EmailMessage]:
    return list(mail.message.iter_attachments()) if mail.message.get_content_type() == "multipart/mixed" else []  # type: ignore[arg-type] # parsed by policy.default


class Shown(HTMLParser):
    """The elements and the words of an HTML mail, as a mail program takes them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[str] = []
        self.targets: list[str] = []
        self.words = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        self.targets += [value or "" for name, value in attrs if name in {"href", "src"} or name.startswith("on")]

    def handle_data(self, data: str) -> None:
        self.words += data


# -- who gets what


def test_each_person_gets_one_mail_and_the_office_gets_all_of_it(at: OfficeAtWork) -> None:
    assert at.remind() == 3
    assert sorted(mail.recipients for mail in at.caught.mails) == sorted([(OFFICE,), (OWNER,), (DSL,)])
    assert {subject(mail) for mail in at.caught.mails} == {WEEK}
    assert sections(at.mails()[0]) == {
        "OVERDUE": ["Child Sexual Exploitation"],
        "DUE IN THE NEXT THREE MONTHS": ["E-Safety"],
        "WHEN ARE THESE TO BE REVIEWED?": ["Attendance"],
        "TO PUT RIGHT": ["First Aid"],
    }
    assert sections(at.mails(OWNER)[0]) == {
        "OVERDUE": ["Child Sexual Exploitation"], "WHEN ARE THESE TO BE REVIEWED?": ["Attendance"],
    }  # fmt: skip
    assert sections(at.mails(DSL)[0]) == {"DUE IN THE NEXT THREE MONTHS": ["E-Safety"]}
    assert at.caught.faults == []


def test_nothing_more_goes_out_on_that_day_nor_on_a_day_without_a_stage(at: OfficeAtWork) -> None:
    at.remind()
    for minutes in (0, 15, 300, 24 * 60, 2 * 24 * 60):
        at.clock.moment[0] = MONDAY + timedelta(minutes=minutes)
        assert at.remind() == 0
    assert len(at.caught.mails) == 3


def test_each_line_says_by_when_in_words_and_what_is_open(at: OfficeAtWork) -> None:
    at.remind()
    (mail,) = at.mails()
    lines = [line.strip().removeprefix("* ").removeprefix("- ") for line in mail.part("plain").splitlines()]
    for said in (
        "was due by Saturday 30 November 2024, 24 months ago (\u201cNovember 2024\u201d)",
        "due by Monday 30 November 2026, in 7 days (\u201c30 November 2026\u201d)",
        "no review date",
        "No review date: when is this policy to be reviewed?",
        "not signed by the headteacher or manager",
        "no minute number",
        "1 policy needs nothing now.",
        "This mail is about policies only. It is never about a child.",
    ):
        assert lines.count(said) == 1
        assert said in Shown(mail.part("html")).words
    for kind in ("plain", "html"):
        assert "Visitors" not in mail.part(kind)
        assert "may have had this mail already" not in mail.part(kind)


def test_the_subject_names_no_policy_and_no_school(at: OfficeAtWork) -> None:
    at.remind()
    assert not any("Lanterns" in subject(mail) or "Child" in subject(mail) for mail in at.caught.mails)


def test_each_policy_has_a_link_of_its_own_for_each_person(at: OfficeAtWork) -> None:
    at.remind()
    office, owner = links(at.mails()[0]), links(at.mails(OWNER)[0])
    assert (len(office), len(owner)) == (4, 2)
    assert len({*office, *owner}) == 6
    for mail in at.caught.mails:
        assert set(links(mail)) <= set(Shown(mail.part("html")).targets)


def test_the_dates_come_along_as_a_calendar_and_only_where_there_are_any(at: OfficeAtWork) -> None:
    at.remind()
    (calendar,) = attached(at.mails()[0])
    assert calendar.get_content_type() == "text/calendar"
    assert calendar.get_param("method") == "PUBLISH"
    assert calendar.get_filename() == "review-dates.ics"
    text = str(calendar.get_content())
    assert text.count("BEGIN:VEVENT") == 2
    assert "Attendance" not in text
    (calendar,) = attached(at.mails(OWNER)[0])
    assert "E-Safety" not in str(calendar.get_content())
    assert str(calendar.get_content()).count("BEGIN:VEVENT") == 1


def test_the_feeds_address_goes_to_the_office_alone(at: OfficeAtWork) -> None:
    at.remind()
    assert "/policies/" in at.mails()[0].part("plain")
    assert not any(
        "/policies/" in at.mails(person)[0].part(kind) for person in (OWNER, DSL) for kind in ("plain", "html")
    )


def test_a_list_of_nothing_comes_to_the_office_all_the_same(tmp_path: Path) -> None:
    with working(tmp_path, QUIET) as at:
        assert at.remind() == 1
        (mail,) = at.mails()
        assert "Nothing is overdue, nothing is due in the next three months and nothing is open." in mail.part("plain")
        assert (sections(mail), attached(mail), links(mail)) == ({}, [], [])
        at.clock.pass_(days=7)
        assert at.remind() == 1


def test_a_school_without_policies_and_without_a_library_hears_nothing(tmp_path: Path) -> None:
    def prepare(config: Path) -> None:
        listing("")(config)
        edit(config, ('[policy_library]\nkind = "folder"\npath', "# none"))

    with office_at_work(tmp_path, prepare) as at:
        assert at.remind() == 0


def test_an_owner_hears_nothing_while_nothing_is_theirs_to_do(tmp_path: Path) -> None:
    with working(tmp_path, ONE.format("May 2099")) as at:
        at.remind()
        assert (len(at.mails()), at.mails(OWNER)) == (1, [])


def test_a_reminder_of_the_day_carries_its_calendar_and_one_link(tmp_path: Path) -> None:
    with working(tmp_path, ONE.format("1 December 2026") + QUIET + '[policies.attendance]\ntitle = "Attendance"') as at:
        at.remind()
        (office, owner) = sent_on(at, london(date(2026, 11, 24)))
        assert (office.recipients, owner.recipients) == ((OFFICE,), (OWNER,))
        for mail in (office, owner):
            assert subject(mail) == REMINDER
            assert sections(mail) == {"DUE IN THE NEXT THREE MONTHS": ["Child Sexual Exploitation"]}
            assert len(links(mail)) == 1
            assert "in 7 days" in mail.part("plain")
            (calendar,) = attached(mail)
            assert "DTSTART;VALUE=DATE:20261201" in str(calendar.get_content())
            assert "Attendance" not in mail.part("html")
            assert "Visitors" not in mail.part("html")


@pytest.mark.parametrize(
    ("address", "mails"), [("Office@littlelanterns.example", 2), ("r.ashdown@LittleLanterns.example", 2)]
)
def test_who_shares_a_mailbox_shares_its_mail(address: str, mails: int, tmp_path: Path) -> None:
    def prepare(config: Path) -> None:
        listing(MANY)(config)
        edit(config, (f'email = "{OWNER}"', f'email = "{address}"'))

    with office_at_work(tmp_path, prepare) as at:
        assert at.remind() == mails
        named = [mail.recipients[0].casefold() for mail in at.caught.mails]
        assert len(named) == len(set(named)) == mails
        theirs = next(mail for mail in at.caught.mails if mail.recipients[0].casefold() == address.casefold())
        assert "Attendance" in theirs.part("plain")
        assert "E-Safety" in theirs.part("plain")
        at.clock.pass_(days=1)
        assert at.remind() == 0


def test_a_shared_mailbox_is_told_in_one_name_whoevers_policy_is_due_first(tmp_path: Path) -> None:
    def prepare(config: Path) -> None:
        listing(MANY)(config)
        edit(config, (f'email = "{OWNER}"', f'email = "{DSL}"'))

    with office_at_work(tmp_path, prepare) as at:
        at.remind()
        names = {person for person, _ in at.office.register.told("little-lanterns")}
        assert len(names) == 2
        # What was the most urgent is not any more.
        given = Given(on="2026-11-20", next_review="November 2030")
        at.office.reviews.record("little-lanterns", "cse", given, "office", at.clock.now())
        at.clock.pass_(days=7)
        assert at.remind() == 2
        assert {person for person, _ in at.office.register.told("little-lanterns")} == names


# -- when


def test_a_whole_autumn_and_the_holiday_after_it(tmp_path: Path) -> None:
    with working(tmp_path, ONE.format("31 December 2026"), terms=True) as at:
        found = days_with_mail(at, date(2026, 9, 24), date(2027, 1, 12), OWNER)
        # 90 days before is a Friday: from then on it stands in each week's list, but for the half-term of 26 October.
        # 30 days before is a Tuesday; 7 days before and the day itself lie in the holiday.
        lists = [date(2026, 10, 2), *(date(2026, 10, 5) + timedelta(weeks=n) for n in range(11) if n != 3)]
        lists += [date(2027, 1, 4), date(2027, 1, 11)]
        assert found == {**dict.fromkeys(lists, WEEK), date(2026, 12, 1): REMINDER}


def test_the_first_day_back_catches_up_with_the_last_stage_alone(tmp_path: Path) -> None:
    with working(tmp_path, ONE.format("5 January 2027"), terms=True) as at:
        # 7 days before is in the holiday; the term begins on the day before it is due.
        found = days_with_mail(at, date(2026, 12, 14), date(2027, 1, 5), OWNER)
        assert found == {date(2026, 12, 14): WEEK, date(2027, 1, 4): WEEK, date(2027, 1, 5): REMINDER}
        assert "in 1 day" in at.mails(OWNER)[-2].part("plain")
        assert "today" in at.mails(OWNER)[-1].part("plain")


@pytest.mark.parametrize("day", [
    date(2026, 10, 26), date(2026, 10, 30), date(2026, 11, 21), date(2026, 11, 22), date(2026, 12, 21),
    date(2027, 1, 1), date(2027, 2, 15), date(2027, 4, 5), date(2027, 5, 3), date(2027, 8, 16),
])  # fmt: skip
def test_nothing_goes_out_on_a_day_without_school(day: date, tmp_path: Path) -> None:
    with working(tmp_path, MANY, terms=True) as at:
        assert sent_on(at, london(day, 12)) == []


@pytest.mark.parametrize(("moment", "goes_out"), [
    (london(date(2026, 11, 23), 7, 29), False),
    (london(date(2026, 11, 23), 7, 30), True),
    # In summer half past seven is half past six of UTC.
    (datetime(2027, 6, 14, 6, 29, 59, tzinfo=UTC), False),
    (datetime(2027, 6, 14, 6, 30, tzinfo=UTC), True),
    # The Mondays after both changes of the clock.
    (datetime(2027, 3, 29, 6, 29, tzinfo=UTC), False),
    (datetime(2027, 3, 29, 6, 30, tzinfo=UTC), True),
    (datetime(2026, 10, 26, 6, 30, tzinfo=UTC), False),
    (datetime(2026, 10, 26, 7, 30, tzinfo=UTC), True),
    # A Monday of London that is a Sunday of UTC, and a Friday night that is a Saturday of neither.
    (datetime(2027, 6, 13, 23, 30, tzinfo=UTC), False),
    (datetime(2027, 6, 18, 22, 59, tzinfo=UTC), True),
    (datetime(2027, 6, 18, 23, 0, tzinfo=UTC), False),
])  # fmt: skip
def test_the_time_is_that_of_the_schools_own_clock(moment: datetime, goes_out: bool, tmp_path: Path) -> None:
    with working(tmp_path, QUIET) as at:
        found = sent_on(at, moment)
        assert [mail.recipients for mail in found] == [(OFFICE,)] * goes_out
        assert all(f"Nursery, {say_date(moment.astimezone(LONDON).date())}" in mail.part("plain") for mail in found)


# -- for the office alone


def notes(at: OfficeAtWork) -> str:
    """What the last mail to the office says besides of policies; nobody else hears of it."""
    at.remind()
    mail = at.mails()[-1]
    said = mail.part("plain").partition("needs nothing now.")[2].partition("All review dates")[0].splitlines()
    found = [line for line in said if line and not line.startswith("The review dates are attached")]
    assert all(line in Shown(mail.part("html")).words for line in found)
    assert not any(line in mine.part("plain") for mine in at.mails(OWNER) for line in found)
    return "\n".join(found)


@pytest.mark.parametrize(
    ("day", "is_told"), [(date(2027, 6, 9), False), (date(2027, 6, 10), True), (date(2027, 11, 15), True)]
)
def test_the_office_hears_six_weeks_before_the_known_terms_are_over(day: date, is_told: bool, tmp_path: Path) -> None:
    with working(tmp_path, ONE.format("November 2024") + QUIET, terms=True) as at:
        no_guidance(at)
        at.clock.moment[0] = london(day)
        said = notes(at)
        assert ("end on Wednesday 21 July 2027" in said) is is_told
        assert ("terms.toml" in said) is is_told


def no_guidance(at: OfficeAtWork) -> None:
    change(at, lambda site: replace(site, editions=Editions()))


def change(at: OfficeAtWork, how: Callable[[OfficeSite], OfficeSite]) -> None:
    """The nursery's office, made otherwise."""
    at.office.sites["little-lanterns"] = how(at.office.sites["little-lanterns"])


@pytest.mark.parametrize(("days", "is_told"), [(180, False), (181, True)])
def test_the_office_hears_when_the_list_of_guidance_is_old(days: int, is_told: bool, tmp_path: Path) -> None:
    with working(tmp_path, ONE.format("November 2024") + QUIET) as at:
        change(at, lambda site: replace(site, editions=Editions(texts=(guidance(0), guidance(days)))))
        said = notes(at)
        checked = say_date(MONDAY.date() - timedelta(days=days))
        assert (f"The list of guidance was last checked on {checked}" in said) is is_told
        assert ("guidance.toml" in said) is is_told


def guidance(days: int) -> Guidance:
    """A text that was checked so many days ago."""
    return Guidance(
        key=f"text-{days}", title="A text", editions=(2023,), checked_on=MONDAY.date() - timedelta(days=days)
    )


def test_the_office_hears_of_a_library_that_cannot_be_read_for_a_day_and_no_longer(tmp_path: Path) -> None:
    with working(tmp_path, ONE.format("November 2024") + QUIET) as at:
        at.library.rename(at.library.with_name("elsewhere"))
        at.look()
        assert notes(at) == ""
        at.clock.pass_(days=7)
        at.look()
        said = notes(at)
        assert "since Monday 23 November 2026" in said
        assert "is not there" in said
        at.library.with_name("elsewhere").rename(at.library)
        at.clock.pass_(days=7)
        at.look()
        assert notes(at) == ""


# -- when it does not work


def rows_failing(at: OfficeAtWork) -> int:
    return at.office.reminders_failing("little-lanterns")


@pytest.mark.parametrize(
    "refusal", ["451 4.3.0 Try again later", "421 4.7.0 Not now", "550 5.7.1 Refused", "552 5.2.2 Full"]
)
def test_what_the_mail_server_refuses_is_tried_again_each_quarter_of_an_hour(refusal: str, at: OfficeAtWork) -> None:
    at.caught.smtp_refusal = refusal
    assert at.remind() == 0
    assert rows_failing(at) == 0
    for _ in range(2):
        at.clock.moment[0] += QUARTER
        assert at.remind() == 0
        assert rows_failing(at) > 0
    at.caught.smtp_refusal = ""
    at.clock.moment[0] += QUARTER
    assert at.remind() == 3
    assert (rows_failing(at), len(at.caught.mails)) == (0, 3)
    # A refusal and an answer that was lost look alike from here.
    assert all("may have had this mail already" in mail.part("plain") for mail in at.caught.mails)
    at.clock.moment[0] += QUARTER
    assert at.remind() == 0


def test_a_mail_server_that_is_away_keeps_nothing_back_for_good(at: OfficeAtWork) -> None:
    with another(at, aim_mail(at.office.settings, free_port())) as away:
        assert away.reminding.remind(MONDAY) == 0
        assert away.reminding.remind(MONDAY + QUARTER) == 0
        assert away.reminders_failing("little-lanterns") > 0
        assert away.reminders_failing("starling-infants") == 0
    at.clock.moment[0] = MONDAY + 2 * QUARTER
    assert (at.remind(), rows_failing(at)) == (3, 0)


def test_what_could_not_be_sent_all_day_comes_on_the_next(at: OfficeAtWork) -> None:
    at.caught.smtp_refusal = "451 4.3.0 Try again later"
    for hours in range(12):
        at.clock.moment[0] = MONDAY + timedelta(hours=hours)
        at.remind()
    at.caught.smtp_refusal = ""
    found = sent_on(at, MONDAY + timedelta(days=1))
    assert [subject(mail) for mail in found] == [WEEK] * 3
    assert "Tuesday 24 November 2026" in found[0].part("plain")


def test_a_mail_server_that_goes_away_again_later_is_told_as_failing(at: OfficeAtWork) -> None:
    assert at.remind() == 3
    at.clock.pass_(days=7)
    at.caught.smtp_refusal = "451 4.3.0 Try again later"
    for _ in range(3):
        assert at.remind() == 0
        at.clock.moment[0] += QUARTER
    assert rows_failing(at) == 3


@pytest.mark.parametrize("hour", [14, 15, 16, 17])
def test_what_becomes_due_while_the_mail_server_is_away_puts_nothing_off(hour: int, at: OfficeAtWork) -> None:
    at.caught.smtp_refusal = "451 4.3.0 Try again later"
    sent: list[datetime] = []
    for quarters in range(4 * 14):
        moment = at.clock.moment[0] = MONDAY + quarters * QUARTER
        if moment.hour == 13 and not moment.minute // 30:
            read = Read(title="Behaviour", written="November 2023", next_review="November 2025")
            at.office.register.note_document(
                DocumentRead(school="little-lanterns", slug="behaviour", document="b", name="b.docx", version="1",
                             reading=99, at=moment, read=read)
            )  # fmt: skip
        if moment.hour == hour:
            at.caught.smtp_refusal = ""
        sent += [moment] * at.remind()
    assert len(sent) == 3
    assert sent[-1] - MONDAY.replace(hour=hour) < timedelta(hours=4, minutes=30)
    assert "Behaviour" in at.mails(OFFICE)[0].part("plain")


def test_what_people_were_told_long_ago_is_let_go_of_by_reminding(at: OfficeAtWork) -> None:
    assert at.remind() == 3
    first = f"day {MONDAY.date()}"
    assert first in {occasion for _, occasion in at.office.register.told("little-lanterns")}
    at.clock.pass_(days=7 * 58)
    while at.remind():
        pass
    assert first not in {occasion for _, occasion in at.office.register.told("little-lanterns")}


@contextmanager
def another(at: OfficeAtWork, settings: Settings | None = None) -> Iterator[Office]:
    """Another process's office on the same register."""
    office = build_office(settings or at.office.settings, at.clock)
    try:
        yield office
    finally:
        office.close()


def test_two_processes_send_each_mail_once(at: OfficeAtWork) -> None:
    with another(at) as other:
        sent = []
        threads = [
            threading.Thread(target=lambda office=office: sent.append(office.reminding.remind(MONDAY)))  # type: ignore[misc] # bound as it is made
            for office in (at.office, other) * 4
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sum(sent) == len(at.caught.mails) == 3
        for day in range(1, 8):
            now = MONDAY + timedelta(days=day)
            assert at.office.reminding.remind(now) + other.reminding.remind(now) == (3 if day == 7 else 0)


class Killed(BaseException):
    """The process ends here."""


@dataclass(frozen=True)
class Dying:
    """A way of sending during which the process ends, after the mail went out or before."""

    post_: Post
    after: bool

    def post(self, mail: Ready, to: Addressee) -> str:
        if self.after:
            self.post_.post(mail, to)
        raise Killed


@pytest.mark.parametrize("after", [True, False])
def test_a_mail_that_may_have_gone_out_is_repeated_under_its_own_id_and_says_so(after: bool, at: OfficeAtWork) -> None:
    change(at, lambda site: replace(site, post=Dying(site.post, after)))
    with pytest.raises(Killed):
        at.remind()
    with another(at) as fresh:
        # Nobody knows yet that the other process is dead: the two others get theirs, the office waits.
        assert fresh.reminding.remind(MONDAY) == 2
        assert fresh.reminding.remind(MONDAY + QUARTER) == 0
        assert fresh.reminding.remind(MONDAY + QUARTER + timedelta(seconds=1)) == 1
    mails = at.mails()
    assert len(mails) == 1 + after
    assert len({mail.message["Message-ID"] for mail in mails}) == 1
    assert ["may have had this mail already" in mail.part("plain") for mail in mails] == [False] * after + [True]
    assert ["may have had this mail already" in mail.part("html") for mail in mails] == [False] * after + [True]
    assert not any("already" in mail.part("plain") for mail in (*at.mails(OWNER), *at.mails(DSL)))


class Broken(SchoolYear):
    """A school year on which every evaluation breaks."""

    def is_school_day(self, day: date) -> bool:
        raise ZeroDivisionError


def test_a_school_whose_evaluation_breaks_keeps_nobody_elses_mail_back(tmp_path: Path) -> None:
    with office_at_work(tmp_path, lambda _: None) as at:
        change(at, lambda site: replace(site, year=Broken()))
        assert at.remind() > 0
        assert at.mails() == at.mails(OWNER) == []
        assert {address for mail in at.caught.mails for address in mail.recipients} == {
            "it@starling.example", "head@starling.example",
        }  # fmt: skip
        # Nothing of it stands in the register, and it is known all the same.
        assert [at.office.reminders_failing(slug) for slug in ("little-lanterns", "starling-infants")] == [1, 0]
        change(at, lambda site: replace(site, year=SchoolYear()))
        assert at.remind() > 0
        assert rows_failing(at) == 0


def test_a_person_whose_mail_breaks_keeps_nobody_elses_back(at: OfficeAtWork) -> None:
    change(at, lambda site: replace(site, editions=None))  # type: ignore[arg-type] # only the office's letter asks for it
    assert at.remind() == 2
    assert (len(at.mails()), len(at.mails(OWNER)), len(at.mails(DSL))) == (0, 1, 1)
    assert rows_failing(at) > 0


def test_a_register_that_cannot_be_written_puts_reminders_off_and_loses_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "_BUSY_MS", 50)
    with working(tmp_path, MANY) as at:
        with at.office.register._engine.connect() as other, other.begin():
            assert at.remind() == 0
        assert (at.caught.mails, rows_failing(at)) == ([], 1)
        assert (at.remind(), rows_failing(at)) == (3, 0)


# -- hostile words

HOSTILE = {
    "html": "<script>alert(1)</script><img src=x onerror=alert(2)>",
    "attribute": '" onmouseover="alert(1)" x=\'',
    "lines": "CSE\nBcc: everybody@example.org\r\n\r\n* Another policy\n  Reviewed? Say so here: https://evil.example/r/x",
    "separators": "CSE\u2028next\u2029line\u0085more\x0bfeed\x0c",
    "pipes": 'CSE | "Policy" \u2018draft\u2019; a,b\\n\\,;:',
    "emoji": "\U0001f469\u200d\U0001f3eb CSE \U0001f3f3\ufe0f\u200d\U0001f308",
    "direction": "CSE \u202egnp.exe\u2066 \u0639\u0631\u0628\u064a \u05e2\u05d1\u05e8\u05d9\u05ea",
    "template": "{{ 7 * 7 }} {% raw %} {{ config }} ${x} %s",
    "long": "x" * 10_000,
    "long words": "\u00fcber " * 2_000,
    "control": "CSE\x00\x07\x1b[2J\x7f policy",
}


def toml(said: str) -> str:
    """The words as a string of TOML."""
    return json.dumps(said, ensure_ascii=False).replace("\x7f", "\\u007f")


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_title_breaks_no_mail_and_puts_nothing_into_it(name: str, tmp_path: Path) -> None:
    title = HOSTILE[name]
    listed = f'[policies.cse]\nowner = "manager"\ntitle = {toml(title)}\nnumber = {toml(title)}\nnext_review = "November 2026"'
    with working(tmp_path, listed) as at:
        assert at.remind() == 2
        assert at.caught.faults == []
        for mail in at.caught.mails:
            assert mail.recipients in {(OFFICE,), (OWNER,)}
            assert set(mail.message.keys()) == HEADERS
            lines = mail.part("plain").splitlines()
            assert len([line for line in lines if line.startswith("* ")]) == 1
            assert len([line for line in lines if line.lstrip().startswith("Reviewed?")]) == 1
            assert max(map(len, lines)) < 1000
            shown = Shown(mail.part("html"))
            assert set(shown.elements) <= ELEMENTS
            assert all(target.startswith("http://127.0.0.1:8080/") for target in shown.targets)
            (calendar,) = attached(mail)
            assert str(calendar.get_content()).count("BEGIN:VEVENT") == 1
            assert not set(mail.part("plain")) & set("\x00\x07\x1b\x7f\u202e\u2066")


HEADERS = {
    "Content-Type", "MIME-Version", "Subject", "From", "To", "Date", "Message-ID", "Auto-Submitted",
    "X-Auto-Response-Suppress",
}  # fmt: skip
ELEMENTS = {"html", "head", "meta", "title", "body", "div", "h1", "h2", "p", "ul", "li", "a"}


def test_words_that_look_like_html_or_a_template_are_shown_as_they_stand(tmp_path: Path) -> None:
    title = HOSTILE["html"] + HOSTILE["template"]
    with working(tmp_path, f'[policies.cse]\ntitle = {toml(title)}\nnext_review = "November 2026"') as at:
        at.remind()
        assert title in at.mails()[0].part("plain")
        assert title in Shown(at.mails()[0].part("html")).words


@pytest.mark.parametrize("name", [
    'Gail "the office" O\u2019Brightwell', "Brightwell, Gail; <office@evil.example>", "\u0639\u0644\u064a \U0001f600", "{{ 7 * 7 }} | x",
])  # fmt: skip
def test_a_persons_name_stays_a_name_in_the_header(name: str, tmp_path: Path) -> None:
    def prepare(config: Path) -> None:
        listing(MANY)(config)
        edit(config, ('name = "Gail Brightwell"', f"name = {toml(name)}"))

    with office_at_work(tmp_path, prepare) as at:
        assert at.remind() == 3
        (to,) = at.mails()[0].message["To"].addresses
        assert (to.display_name, to.addr_spec) == (name, OFFICE)


def test_a_name_that_would_begin_another_header_is_refused_and_nobody_elses_mail_waits(tmp_path: Path) -> None:
    def prepare(config: Path) -> None:
        listing(MANY)(config)
        edit(config, ('name = "Gail Brightwell"', 'name = "Gail\\r\\nBcc: everybody@example.org"'))

    with office_at_work(tmp_path, prepare) as at:
        assert at.remind() == 2
        assert (len(at.mails()), len(at.mails(OWNER)), len(at.mails(DSL))) == (0, 1, 1)
        at.clock.moment[0] += QUARTER
        at.remind()
        assert rows_failing(at) > 0
