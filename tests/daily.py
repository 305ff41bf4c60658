"""What the tests of the daily message share: the moment it is due, its mails, and what stands in them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.service import Service

NURSERY, INFANTS = "little-lanterns", "starling-infants"
DSL, DEPUTY, OFFICE = (
    "r.ashdown@littlelanterns.example",
    "m.tallow@littlelanterns.example",
    "office@littlelanterns.example",
)
MANAGER = "p.lanternwood@littlelanterns.example"
WINTER, OKAFOR, TECHNICIAN = (
    "h.winter-sample@starling.example",
    "t.okafor-example@starling.example",
    "it@starling.example",
)
EVERYBODY = {DSL, DEPUTY, OFFICE, WINTER, OKAFOR, TECHNICIAN}
WELL, LOOK = "All well: the safeguarding service", "Look today: the safeguarding service is not well"
# The Wednesday after the Tuesday on which the tests' clock stands: seven in London.
SEVEN = datetime(2026, 11, 18, 7, tzinfo=UTC)
HAPPENED = "Exact observation of the incident, including any other witnesses"


def tell(service: Any, moment: datetime = SEVEN) -> list[Any]:
    """The mails with which the service tells at that moment how it stands."""
    before = len(service.caught.mails)
    service.clock.moment[0] = moment
    service.house.all_well.tell(moment)
    return list(service.caught.mails[before:])


def mail_to(mails: list[Any], address: str) -> Any:
    (found,) = [mail for mail in mails if address in mail.recipients]
    return found


def text_of(mail: Any) -> str:
    said: str = mail.part("plain").replace("\r\n", "\n")
    return said


def lines(mail: Any) -> dict[str, str]:
    """The lines of the message by name; what is wrong apart."""
    body = text_of(mail).split("\n\n")[1]
    return dict(line.split(": ", 1) for line in body.splitlines() if not line.startswith("WRONG: "))


def wrong(mail: Any) -> list[str]:
    return [line.removeprefix("WRONG: ") for line in text_of(mail).splitlines() if line.startswith("WRONG: ")]


def shape(mail: Any) -> list[str]:
    """Every line of the mail without what stands after its name, and without what is wrong."""
    said = [line for line in text_of(mail).splitlines()[1:] if not line.startswith("WRONG: ")]
    return [line.split(": ")[0] if ": " in line and not line.startswith("This") else line for line in said]


def settle(service: Service) -> None:
    """Somebody has everything: nothing is left that could be wrong."""
    from connector.ledger.working import Acknowledging

    for held in service.house.ledger.unacknowledged():
        done = Acknowledging(reference=held.reference, version=held.version, person="dsl", at=service.clock.now())
        service.house.ledger.acknowledge(done)
    service.work()


def day_after(service: Service, number: int = 1) -> datetime:
    return SEVEN + timedelta(days=number)
