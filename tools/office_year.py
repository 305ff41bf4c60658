"""A whole school year of reminders, day by day, by two processes that are killed and restarted at random.

`python -m tools.office_year [SEED]` prints it as a calendar that a person can check against the rules: reminders at 90,
30, 7 and 0 days, the week's list on the first school day of each week, nothing in holidays, a catch-up on the first
day back. tests/test_office_year.py holds the same year to an account made in another way.
"""

from __future__ import annotations

import random
import sys
import tempfile
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from email import message_from_bytes, policy
from pathlib import Path

from connector.model.guidance import Editions
from connector.model.moments import LONDON, local
from connector.model.notice import Addressee
from connector.model.policies_kept import Listed, Reviewed
from connector.notify.mail import Envelope, Mail
from connector.notify.words import Words
from connector.office_letters import OfficeLetters
from connector.office_links import OfficeLinks
from connector.office_site import OfficeSite
from connector.policy_standing import standing_of
from connector.register.register import Register
from connector.reminding import Reminding
from connector.sealing import Sealer, new_key
from connector.settings.school import Reader, School
from connector.settings.terms import TermSet

FIRST, LAST = date(2027, 9, 1), date(2028, 8, 31)


def _term(name: str, first: str, last: str, half_first: str, half_last: str) -> dict[str, object]:
    return {"term": name, "first": first, "last": last, "half_term": {"first": half_first, "last": half_last}}


TERMS = TermSet.model_validate({
    "terms": [
        _term("autumn", "2027-09-02", "2027-12-17", "2027-10-25", "2027-10-29"),
        _term("spring", "2028-01-04", "2028-03-31", "2028-02-14", "2028-02-18"),
        _term("summer", "2028-04-18", "2028-07-21", "2028-05-29", "2028-06-02"),
    ],
    "closed": [{"first": "2028-05-01", "last": "2028-05-01"}],
})  # fmt: skip
POLICIES = {
    "child-protection": Listed(title="Child Protection", owner="head", next_review="Autumn 1 2027", cycle="annually"),
    "cse": Listed(title="Child Sexual Exploitation", owner="dsl", next_review="November 2024"),
    "e-safety": Listed(title="E-Safety", owner="deputy", written="29 February 2024", cycle="every four years"),
    "clocks-back": Listed(title="Due when the clocks have gone back", owner="dsl", next_review="1 November 2027"),
    "clocks-forward": Listed(title="Due when the clocks have gone forward", owner="dsl", next_review="27 March 2028"),
    "holiday": Listed(title="Due in the Christmas holiday", owner="deputy", next_review="end Dec 2027"),
    "summer": Listed(title="Due in the summer holiday", owner="head", next_review="August 2028"),
    "spring": Listed(title="Due by the end of the spring term", owner="head", written="Spring 2027", cycle="annually"),
    "undated": Listed(title="Attendance", owner="head", next_review="TBC"),
    "signed": Listed(title="First Aid", written="May 2026", cycle="every three years", needs=("signed_chair",)),
    "quiet": Listed(title="Visitors", written="June 2027", cycle="every three years"),
}
# What the office says in the course of the year.
SAID = {
    date(2027, 10, 20): ("child-protection", Reviewed(on=date(2027, 10, 19), next_review="Autumn 1 2028")),
    date(2027, 12, 1): ("cse", Reviewed(on=date(2027, 11, 30), next_review="November 2029", minute_number="27/41")),
    date(2028, 3, 1): ("undated", Reviewed(on=date(2028, 2, 28), next_review="end of June 2028")),
}


class Killed(BaseException):
    """The process ends here, in the middle of what it does."""


@dataclass(slots=True)
class Arrived:
    """A mail in somebody's box."""

    at: datetime
    person: str
    message_id: str
    subject: str
    text: str
    by: int

    @property
    def day(self) -> date:
        """On a school's clock."""
        return local(self.at).date()


@dataclass(slots=True)
class MailBox:
    """Takes mail, and sometimes the process dies just before or just after."""

    chance: random.Random
    arrived: list[Arrived] = field(default_factory=list)
    killed_before: int = 0
    killed_after: int = 0
    process: int = 0

    def post(self, mail: Mail, to: Addressee) -> str:
        """Keep the mail."""
        if self.chance.random() < 0.08:
            self.killed_before += 1
            raise Killed
        read = message_from_bytes(mail.wire, policy=policy.default)
        body = read.get_body(("plain",))
        text = body.get_content() if body is not None else ""
        person = to.address.split("@")[0]
        self.arrived.append(Arrived(to.sent_at, person, mail.message_id, str(read["Subject"]), text, self.process))
        if self.chance.random() < 0.08:
            self.killed_after += 1
            raise Killed
        return mail.message_id


def office_site(box: MailBox) -> OfficeSite:
    """An invented school with these policies and terms."""
    people = {
        slug: Reader(name=slug.title(), role=slug, email=f"{slug}@hill.example")
        for slug in ("office", "head", "deputy", "dsl")
    }
    # The rest of a school's file is of no concern to its office.
    school = School.model_construct(
        name="Hill School", people=people, technician="office", office="office", policies=POLICIES, forms={},
        office_at=time(7, 30),
    )  # fmt: skip
    envelope = Envelope("office@hill.example", "Hill School")
    return OfficeSite("hill", school, TERMS.school_year(), box, envelope, {}, Editions())


@dataclass(slots=True)
class Process:
    """One process: its own hold on the register, its own memory of what is done."""

    number: int
    file: Path
    box: MailBox
    key: str
    register: Register = field(init=False)
    reminding: Reminding = field(init=False)

    def __post_init__(self) -> None:
        self.start()

    def start(self) -> None:
        """As after a restart: nothing is remembered but what the register holds."""
        self.register = Register(self.file)
        letters = OfficeLetters(self.register, OfficeLinks("https://hill.example", Sealer([self.key])))
        self.reminding = Reminding({"hill": office_site(self.box)}, self.register, letters, Words.of())

    def tick(self, now: datetime) -> None:
        """One look; where it is killed it starts again with nothing tidied up."""
        self.box.process = self.number
        try:
            self.reminding.remind(now)
        except Killed:
            self.restart()

    def restart(self) -> None:
        """Down and up again."""
        self.register.close()
        self.start()


def run(seed: int, folder: Path) -> MailBox:
    """The year; whatever arrived."""
    chance = random.Random(seed)  # noqa: S311 - nothing is guarded by it
    box = MailBox(chance)
    key = new_key()
    processes = [Process(number, folder / "register.db", box, key) for number in (1, 2)]
    day = FIRST
    while day <= LAST:
        if day in SAID:
            slug, said = SAID[day]
            at = datetime.combine(day, time(15, 40), LONDON).astimezone(UTC)
            processes[0].register.note_reviewed("hill", slug, lambda _history, said=said: said, "office", at)
        _day(processes, day, chance)
        day += timedelta(days=1)
    for process in processes:
        process.register.close()
    return box


def _day(processes: list[Process], day: date, chance: random.Random) -> None:
    """Every quarter of an hour from six to nine, both processes in any order; then one at noon and one at night."""
    begin = datetime.combine(day, time(6), LONDON).astimezone(UTC)
    ticks = [begin + timedelta(minutes=15 * number) for number in range(16)]
    for now in (*ticks, begin + timedelta(hours=6), begin + timedelta(hours=17)):
        for process in chance.sample(processes, len(processes)):
            if chance.random() < 0.01:
                process.restart()
            if chance.random() < 0.9:
                process.tick(now)


def main(seed: int) -> None:
    """Prints the year."""
    with tempfile.TemporaryDirectory() as folder:
        box = run(seed, Path(folder))
    year = TERMS.school_year()
    different = len({one.message_id for one in box.arrived})
    print(f"Seed {seed}: {len(box.arrived)} mails, {different} of them different.")
    print(f"Killed {box.killed_before} times before a mail went out and {box.killed_after} times just after.")
    for slug, listed in POLICIES.items():
        review = standing_of(slug, listed, None, year).review
        print(f"  {slug:18} due {review.due or 'unknown'!s:10}  {listed.owner or 'office'}")
    day = FIRST
    while day <= LAST:
        today = [one for one in box.arrived if one.day == day]
        if today or day in SAID or day.day == 1:
            state = "" if year.is_school_day(day) else "  (no school)"
            print(f"{day:%a %d %b %Y}{state}")
        if day in SAID:
            print(f"      the office says: {SAID[day][0]} reviewed, next {SAID[day][1].next_review}")
        for one in today:
            titles = ", ".join(line[2:] for line in one.text.splitlines() if line.startswith("* "))
            kind = one.subject.removeprefix("Policies: ")
            print(f"      {local(one.at):%H:%M %Z} process {one.by} to {one.person:7} {kind}: {titles}")
        day += timedelta(days=1)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1)
