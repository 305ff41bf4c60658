"""All well: the daily message as each channel carries it, and in a school's own words."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from connector.errors import ConfigError
from connector.model.all_well import AllWell, FormStands, StoreStands, Tally, Yesterday
from connector.model.notice import Addressee
from connector.notify.activity import ActivityChannel
from connector.notify.chat import message_of
from connector.notify.words import CARD_LIMIT_BYTES, CHAT_LIMIT_BYTES, Words
from tests.daily import LOOK, SEVEN, WELL
from tests.tenanted import SCHOOL as HARBOUR
from tests.tenanted import Tenanted
from tests.test_chat import faults, texts


def message(**changes: Any) -> AllWell:
    values: dict[str, Any] = {
        "school": "Starling Infant School", "at": SEVEN, "everything": True, "tally": Tally(received=2),
        "stores": (StoreStands(place="store", seals=True, reachable=True),),
        "forms": (FormStands(title="Cause & \"concern\" < 3", last=SEVEN),), "sources": (), "bad_places": (),
        "audit_holds": True, "yesterday": Yesterday.TOLD, "reminders_failing": 0, "next_review": "none",
    }  # fmt: skip
    return AllWell(**values | changes)


BAD = message(bad_places=("store", "form a & b"), audit_holds=False, repeat=True, everything=False)


@pytest.mark.parametrize("said", [message(), BAD])
def test_google_and_teams_take_the_card_and_it_says_every_line(said: AllWell) -> None:
    body = message_of(Words.of(), said)
    assert faults(body, {"$ref": "Message"}) == []
    assert body["text"] == (LOOK if said.wrong else WELL)
    chat = "".join(texts(body["cardsV2"][0]["card"]))
    card = texts(Words.of().card(said))
    assert all(name in card and value in card for name, value in said.lines)
    assert all(f"{name}{value}" in chat for name, value in said.lines)
    assert all(f"Wrong: {line}" in card and f"Wrong: {line}" in chat for line in said.wrong)


def test_a_service_of_many_forms_still_fits_in_a_card() -> None:
    many = message(forms=tuple(FormStands(title=f"A form of a long title {n}", last=SEVEN) for n in range(80)))
    assert len(json.dumps(Words.of().card(many)).encode()) < CARD_LIMIT_BYTES
    assert len(json.dumps(message_of(Words.of(), many)).encode()) < CHAT_LIMIT_BYTES


def test_a_text_message_says_how_many_things_are_wrong_and_no_more() -> None:
    words = Words.of()
    assert words.short(message()) == f"{WELL}, Starling Infant School. It is not about a child."
    assert words.short(BAD) == (
        f"{LOOK}, Starling Infant School. Things wrong: 3. Open your mail. It is not about a child."
    )


def test_the_activity_feed_carries_it_in_a_line(school: Tenanted) -> None:
    school.fake.app.roles.add("TeamsActivity.Send")
    graph = school.house.sites[HARBOUR].graph
    assert graph is not None
    to = Addressee(name="", address=school.house.settings.schools[HARBOUR].people["dsl"].email, key="k", sent_at=SEVEN)
    ActivityChannel(graph, "app-id", 5).send(message(), to)
    assert f"{WELL}: Starling Infant School" in json.dumps(school.fake.activities[-1], default=str)


def test_a_school_may_word_it_itself_and_a_template_that_does_not_work_is_found_at_start(tmp_path: Path) -> None:
    (tmp_path / "allwell.txt").write_text("{{ heading }}: {{ lines | length }}", "utf-8")
    words = Words.of(tmp_path)
    words.check()
    assert words.text(message()) == f"{WELL}: {len(message().lines)}"
    (tmp_path / "allwell.html").write_text("{{ child_name }}", "utf-8")
    with pytest.raises(ConfigError, match=r"allwell\.html does not work"):
        Words.of(tmp_path).check()


@pytest.mark.parametrize(("lasted", "said"), [
    (timedelta(seconds=59), "for less than a minute"), (timedelta(minutes=1), "for 1 minute"),
    (timedelta(minutes=65), "for 1 hour 5 minutes"), (timedelta(hours=24), "for 1 day"),
    (timedelta(days=2, hours=5, minutes=59), "for 2 days 5 hours"), (timedelta(days=3, minutes=2), "for 3 days 2 minutes"),
])  # fmt: skip
def test_how_long_something_is_owed_is_said_in_words(lasted: timedelta, said: str) -> None:
    assert dict(message(tally=Tally(oldest_owed=lasted)).lines)["Oldest still owed"] == said
