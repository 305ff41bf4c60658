"""SIGKILL at random moments while responses come to a Google form: each is filed once, told at least once."""

from __future__ import annotations

import random
import re
from pathlib import Path

from tests.killing import filed_once_and_told, kill_often, owes_nothing, prepare, run_until
from tests.workspaced import DSL, SCHOOL, workspaced

RESPONSES, KILLS = 20, 10


def test_responses_in_the_form_under_many_kills(tmp_path: Path) -> None:
    with workspaced(tmp_path) as school:
        prepare(school, SCHOOL, ("poll_seconds = 30", "poll_seconds = 15"))
        numbers = {school.respond().id for _ in range(RESPONSES)}
        kill_often(school, KILLS, (1.0, 2.8), random.Random(4))
        run_until(school, lambda: len(school.filed()) >= 2 * RESPONSES and owes_nothing(school), 300)
        references = filed_once_and_told(school, DSL, RESPONSES)
        files = school.store.files()
        found = [re.search(rb'\\"responseId\\": \\"([^\\]+)\\"', files[f"{one}-1.json"]) for one in references]
        assert {each[1].decode() for each in found if each} == numbers
