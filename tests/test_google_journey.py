"""A concern from a Google form to its record in a shared drive, to the people, and back, by each identity."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.workspaced import DSL, IDENTITIES, STAFF, Workspaced, workspaced


@pytest.fixture
def school(tmp_path: Path) -> Iterator[Workspaced]:
    with workspaced(tmp_path) as found:
        yield found


@pytest.mark.parametrize("identity", IDENTITIES)
def test_a_response_becomes_a_record_a_mail_a_card_and_an_acknowledgement(tmp_path: Path, identity: str) -> None:
    with workspaced(tmp_path, identity=identity) as school:
        reference = school.taken_in()
        assert school.filed() == [f"{reference}-1.json", f"{reference}-1.pdf"]
        assert len(school.said_to(DSL)) == 1
        assert len(school.said_to(STAFF)) == 1
        [card] = school.fake.chats
        assert reference in card.text
        path = school.ack_path()
        assert school.client.post(path, data={"person": "dsl"}).status_code == 200
        assert school.held(reference).acknowledged_by == "dsl"
