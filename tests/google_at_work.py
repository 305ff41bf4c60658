"""What the tests of fetching from Google look at: the records that stand in the drive, and what people were told."""

from __future__ import annotations

import json
import re
import sqlite3
from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from connector.settings.load import load
from connector.wiring import build
from tests.workspace import Response
from tests.workspace.stamps import micros
from tests.workspaced import DSL, FORM, SCHOOL, Workspaced

RECEIVED, AMENDED = "A concern has been received", "A concern has been amended"
MENDED = "The safeguarding service is in order again"
LIST, GET = "forms.forms.responses.list", "forms.forms.responses.get"


class Crash(BaseException):
    """The process is gone."""


def crash(*_: Any, **__: Any) -> Any:
    raise Crash


def quick_page(_: Mapping[str, Any]) -> bytes:
    """A page that costs nothing to typeset."""
    return b"%PDF-1.7 a page"


def without_chat(text: str) -> str:
    """The school's file without its Chat space, which takes one message a second and no more."""
    return re.sub(r"\[channels\.dsl-space\]\n(?:[^\[\n][^\n]*\n)+", "", text)


def at_work(school: Workspaced, minutes: float, step: float = 1) -> None:
    """The service at work for so long: polls and performs every step, watches every ten minutes and at the end."""
    for number in range(ticks := round(minutes / step)):
        school.house.polling.poll(SCHOOL, school.clock.now())
        if number * step % 10 < step or number == ticks - 1:
            school.watch()
        school.work()
        school.clock.pass_(minutes=step)


def reopen(school: Workspaced, **parts: Any) -> None:
    """The service after a crash: nothing of its memory is left."""
    school.house.close()
    school.house = build(load(school.config, school.given), school.clock, **parts)


def lose_cursor(school: Workspaced, **parts: Any) -> None:
    """What the ledger knew of how far the form was read is gone."""
    file = school.house.ledger.file
    school.house.close()
    with sqlite3.connect(file) as connection:
        assert connection.execute("delete from source").rowcount == 1
    connection.close()
    school.house = build(load(school.config, school.given), school.clock, **parts)


def records(school: Workspaced) -> list[dict[str, Any]]:
    """The originals that stand in the drive, in the order in which they were filed."""
    return [json.loads(content) for name, content in school.store.files().items() if name.endswith(".json")]


def of_response(school: Workspaced, response: Response) -> list[dict[str, Any]]:
    """Its records, the first version first."""
    mine = [one for one in records(school) if one["response_id"] == response.id]
    return sorted(mine, key=lambda one: int(one["version"]))


def told(school: Workspaced, heading: str, reference: str = "", to: str = DSL) -> int:
    """How many mails of that heading went to that person."""
    of_it = f"Reference: {reference}" if reference else ""
    return sum(text.startswith(heading) and of_it in text for text in school.said_to(to))


def everything_is_filed_once_and_told(school: Workspaced, *responses: Response) -> None:
    """Each of these stands in the drive in its latest version; nothing stands there twice; the DSL heard of each."""
    found = records(school)
    filed = Counter((one["response_id"], one["response_version"]) for one in found)
    assert filed == Counter(dict.fromkeys(filed, 1)), "a version was filed twice"
    assert {(one.id, micros(one.submitted)) for one in responses} <= set(filed)
    references = {one["response_id"]: one["reference"] for one in found}
    assert len({one["reference"] for one in found}) == len(references), "a response has two references"
    for response in {one["response_id"] for one in found}:
        reference = references[response]
        versions = sorted(one["version"] for one in found if one["response_id"] == response)
        assert versions == list(range(1, len(versions) + 1))
        assert told(school, RECEIVED, reference) == 1
        assert told(school, AMENDED, reference) == len(versions) - 1
    assert len(school.filed()) == 2 * len(found)


def shift(school: Workspaced, **of: float) -> datetime:
    """That moment before now."""
    return school.clock.now() - timedelta(**of)


def taken_in_so_far(school: Workspaced) -> int:
    """How many versions this ledger holds, of whatever way."""
    return school.house.ledger.counts()["concerns"]


def verdict_of(school: Workspaced, place: str = f"responses of {FORM}") -> str:
    found = school.house.ledger.notebook.standing(SCHOOL, place)
    return "" if found is None else f"{found.state}: {found.said}"
