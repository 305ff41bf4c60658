"""No concern's data can reach the office: its parts have no way to one, and what it says, shows and keeps holds none."""

from __future__ import annotations

import dataclasses
import io
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from connector.cli.main import main
from connector.engine import Engine
from connector.errors import SealError
from connector.ledger.ledger import Ledger
from connector.office_letters import OfficeLetters
from connector.policy_standing import PolicyStanding
from connector.register.notes import Shown
from connector.review_calendar import calendar_of
from connector.sealing import Sealer
from connector.site import Site
from connector.web import policies as doors
from connector.wiring import House, make_sealer
from tests.office_at_work import OFFICE, OWNER, OfficeAtWork, office_at_work
from tests.service import Service, environment
from tests.test_canary import JSON_FORM, NURSERY, Watched, drive_everything, has_canary, log, submission

__all__ = ["log"]
POLICY = (
    "Child Protection Policy\n\nDate written:\tNovember 2023\nDate of Next Review:\tNovember 2024\nMinute Number\t\n"
)


@pytest.fixture
def at(tmp_path: Path, log: io.StringIO) -> Iterator[OfficeAtWork]:
    with office_at_work(tmp_path) as office:
        yield office


def as_service(at: OfficeAtWork) -> Service:
    return Service(at.house, at.client, at.caught, at.clock, at.config)


def a_fortnight_of_the_office(at: OfficeAtWork) -> list[str]:
    """Everything the office does, and all that it said."""
    said: list[str] = []
    (at.library / "cp.txt").write_text(POLICY, "utf-8")
    for day in range(15):
        at.look()
        at.remind()
        if day == 3:
            path = at.page_of(OFFICE, 0)
            for answer in (
                at.client.get(path), at.client.post(path, data={"on": "2026-11-20", "next_review": "soon"}),
                at.client.post(path, data={"on": "2026-11-20", "next_review": "November 2028", "minute_number": "24/1"}),
                at.client.get(path + "x"), at.client.get(at.feed()), at.client.get("/policies/nothing.ics"),
            ):  # fmt: skip
                said.append(f"{answer.status} {answer.headers} {answer.text}")
        at.clock.pass_(days=1)
    mails = [mail for address in (OFFICE, OWNER) for mail in at.mails(address)]
    said += [mail.raw.decode("latin-1") for mail in mails]
    said += [mail.part(kind) for mail in mails for kind in ("plain", "html")]
    said += [path.read_bytes().decode("latin-1") for path in at.office.register.file.parent.glob("register.db*")]
    return said


def test_whatever_the_office_says_shows_and_keeps_holds_no_word_of_a_concern(
    at: OfficeAtWork, log: io.StringIO, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    watched = Watched(as_service(at), log)
    drive_everything(watched, monkeypatch, capsys)
    said = a_fortnight_of_the_office(at)
    for name, value in environment("http://127.0.0.1:1/?sig=s").items():
        monkeypatch.setenv(name, value)
    for command in (["policies", "list"], ["policies", "due", "--json"], ["policies", "feed"]):
        main([*command, "--config", str(at.config)])
    said += capsys.readouterr()
    assert [one[:300] for one in said if has_canary(one)] == []
    assert not has_canary(log.getvalue())
    assert watched.leaks() == set()
    assert sum("Policies: " in one for one in said) > 3
    assert any("Child Protection Policy" in one for one in said)


def reachable(root: object) -> Iterator[object]:
    """Every object of ours that can be reached from there, through fields, tables and bound methods."""
    seen: dict[int, object] = {}
    waiting = [root]
    while waiting:
        one = waiting.pop()
        if id(one) in seen or isinstance(one, (str, bytes, int, float, type, type(None))):
            continue
        seen[id(one)] = one
        yield one
        if isinstance(one, Mapping):
            waiting += [*one.keys(), *one.values()]
        elif isinstance(one, (list, tuple, set, frozenset)):
            waiting += list(one)
        elif not type(one).__module__.startswith("connector.") and not callable(one):
            # A library's own parts know nothing of ours.
            continue
        elif dataclasses.is_dataclass(one):
            waiting += [getattr(one, part.name) for part in dataclasses.fields(one)]
        waiting += list(getattr(one, "__dict__", {}).values())
        waiting += [
            getattr(one, "__self__", None),
            *[cell.cell_contents for cell in getattr(one, "__closure__", None) or ()],
        ]


def test_from_the_office_no_ledger_no_store_and_no_key_of_a_concern_can_be_reached(at: OfficeAtWork) -> None:
    held = list(reachable(at.office))
    assert len(held) > 100
    assert not [one for one in held if isinstance(one, (Ledger, House, Site, Engine))]
    sealed = make_sealer(at.office.settings).seal(b"Xaviermoorhen", "C-7QK4-M2XT/1")
    sealers = [one for one in held if isinstance(one, Sealer)]
    assert sealers
    for sealer in sealers:
        with pytest.raises(SealError):
            sealer.open(sealed, "C-7QK4-M2XT/1")
    assert [one for one in reachable(at.house) if isinstance(one, Ledger)]


def test_a_link_of_the_office_opens_nothing_of_a_concern_and_the_other_way_round(at: OfficeAtWork) -> None:
    service = as_service(at)
    at.remind()
    token = at.page_of(OFFICE, 0).rpartition("/")[2]
    service.post(NURSERY, JSON_FORM, submission(service, 1))
    service.work()
    for address in (f"/a/{token}", f"/m/{token}"):
        assert at.client.get(address).status_code == 410
    concern = at.house.acknowledgements.messages.links.acknowledge(
        at.house.ledger.unacknowledged()[0].reference, 1, "dsl", at.clock.now()
    )
    assert at.client.get(f"/r/{concern.rpartition('/')[2]}").status_code == 410


# -- a planted leak must be found


def _of_a_concern(at: OfficeAtWork) -> str:
    """What a careless hand would have fetched from the other side."""
    held = at.house.ledger.unacknowledged()[0]
    assert held.aside is not None
    return at.house.acknowledgements.messages.aside(held).address


def plant_in_mail(at: OfficeAtWork, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(OfficeLetters, "_notes", lambda *_: iter([f"Ask {_of_a_concern(at)}."]))


def plant_in_feed(at: OfficeAtWork, monkeypatch: pytest.MonkeyPatch) -> None:
    def careless(site: Any, policies: Any, name: Any, now: Any) -> bytes:
        told = [dataclasses.replace(one, title=_of_a_concern(at)) for one in policies]
        return calendar_of(site, told, name, now)

    monkeypatch.setattr("connector.office.calendar_of", careless)


def plant_in_page(at: OfficeAtWork, monkeypatch: pytest.MonkeyPatch) -> None:
    page = doors.page

    def careless(template: str, **values: Any) -> Any:
        return page(template, view=dataclasses.replace(values["view"], notes=(_of_a_concern(at),)))

    monkeypatch.setattr(doors, "page", careless)


def plant_in_register(at: OfficeAtWork, monkeypatch: pytest.MonkeyPatch) -> None:
    def careless(*, slug: str, title: str, due: Any) -> Shown:
        return Shown(slug=slug, title=f"{title} {_of_a_concern(at)}", due=due)

    monkeypatch.setattr("connector.reminding.Shown", careless)


@pytest.mark.parametrize("plant", [plant_in_mail, plant_in_feed, plant_in_page, plant_in_register])
def test_a_planted_leak_is_found(
    at: OfficeAtWork, monkeypatch: pytest.MonkeyPatch, plant: Callable[[OfficeAtWork, pytest.MonkeyPatch], None]
) -> None:
    service = as_service(at)
    service.post(NURSERY, JSON_FORM, submission(service, 1))
    plant(at, monkeypatch)
    assert any(has_canary(one) for one in a_fortnight_of_the_office(at))


def test_a_standing_has_no_field_for_a_reference() -> None:
    assert {part.name for part in dataclasses.fields(PolicyStanding)}.isdisjoint({"reference", "concern", "child"})
