"""The office under test: real parts on a temporary folder, a strict mail catcher at the network's edge, a clock in hand."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from flask.testing import FlaskClient

from connector.demo.catchers import Caught, Mail, card_catcher, mail_catcher
from connector.office import Office, build_office
from connector.outbound import smtp
from connector.settings.load import load
from connector.web.app import create_app
from connector.wiring import House, build
from tests.service import HandClock, aim_mail, copy_config, environment

# A Monday in term, half past seven in London.
MONDAY = datetime(2026, 11, 23, 7, 30, tzinfo=UTC)
OFFICE, OWNER = "office@littlelanterns.example", "p.lanternwood@littlelanterns.example"


@dataclass
class OfficeAtWork:
    """What a test holds in its hands."""

    office: Office
    house: House
    client: FlaskClient
    caught: Caught
    clock: HandClock
    config: Path
    library: Path
    opened: Callable[[], tuple[Office, House, FlaskClient]]

    def close(self) -> None:
        """Let go of both databases."""
        self.house.close()
        self.office.close()

    def restart(self, *changes: tuple[str, str]) -> None:
        """The service again, after its technician put other words into the school's file."""
        edit(self.config, *changes)
        self.close()
        # Another process has no connection to the mail server yet.
        smtp._forget()
        self.office, self.house, self.client = self.opened()

    def look(self) -> int:
        """Look at the libraries of policies now."""
        return sum(self.office.watching.look(site, self.clock.now()) for site in self.office.sites.values())

    def remind(self) -> int:
        """Send what is due."""
        return self.office.reminding.remind(self.clock.now())

    def mails(self, address: str = OFFICE) -> list[Mail]:
        """What arrived there about policies."""
        return [mail for mail in self.caught.mails_to(address) if str(mail.message["Subject"]).startswith("Policies: ")]

    def page_of(self, address: str = OFFICE, number: int = -1) -> str:
        """The path of the first review link in one of those mails."""
        found = re.search(r"http://127\.0\.0\.1:8080(/r/[\w-]+)", self.mails(address)[number].part("plain"))
        assert found is not None
        return found[1]

    def feed(self) -> str:
        """The path of the calendar's address."""
        found = re.search(r"http://127\.0\.0\.1:8080(/policies/[\w-]+\.ics)", self.mails()[-1].part("plain"))
        assert found is not None
        return found[1]


def only_nursery(config: Path) -> None:
    """Without the second school, so that each mail is the nursery's."""
    (config / "schools" / "starling-infants.toml").unlink()


def edit(config: Path, *changes: tuple[str, str], school: str = "little-lanterns") -> None:
    """Put other words into the school's file; each must be there."""
    path = config / "schools" / f"{school}.toml"
    text = path.read_text("utf-8")
    for before, after in changes:
        assert before in text, before
        text = text.replace(before, after, 1)
    path.write_text(text, "utf-8")


def listing(text: str, *, terms: bool = False) -> Callable[[Path], None]:
    """The nursery alone, with these tables as its policies, and with the county's terms where they are asked for."""

    def prepare(config: Path) -> None:
        only_nursery(config)
        school = (config / "schools" / "little-lanterns.toml").read_text("utf-8")
        begin, end = school.index("[policies.cse]"), school.index("# Where the policies themselves lie")
        edit(config, (school[begin:end], f"{text}\n\n"))
        if terms:
            edit(config, ('climbs = "always"', 'climbs = "always"\nterms = "county"'))

    return prepare


@contextlib.contextmanager
def office_at_work(folder: Path, prepare: Callable[[Path], None] = only_nursery) -> Iterator[OfficeAtWork]:
    """The office without its threads, and the service's doors."""
    config = copy_config(folder)
    library = folder / "policies"
    library.mkdir()
    edit(config, ('# [policy_library]\n# kind = "folder"\n# path', '[policy_library]\nkind = "folder"\npath'))
    prepare(config)
    caught, clock = Caught(), HandClock(moment=[MONDAY])
    with mail_catcher(caught) as port, card_catcher(caught) as webhook:

        def opened() -> tuple[Office, House, FlaskClient]:
            settings = aim_mail(load(config, environment(webhook)), port)
            office = build_office(settings, clock)
            house = build(settings, clock, next_review=office.next_review, reminders_failing=office.reminders_failing)
            return office, house, create_app(house, office, works=False).test_client()

        at = OfficeAtWork(*opened(), caught, clock, config, library, opened)
        for site in at.office.sites.values():
            # The first look at an empty library: before it nothing is told.
            at.office.register.note_look(site.slug, MONDAY - timedelta(days=1))
        try:
            yield at
        finally:
            at.close()
