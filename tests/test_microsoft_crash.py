"""SIGKILL at random moments while responses lie in the intake library: each is filed once, told at least once."""

from __future__ import annotations

import random
import re
from pathlib import Path

from tests.killing import filed_once_and_told, kill_often, owes_nothing, prepare, run_until
from tests.tenanted import DSL, SCHOOL, Tenanted, tenanted

RESPONSES, KILLS = 24, 12


def all_is_done(school: Tenanted) -> bool:
    return len(school.filed()) >= 2 * RESPONSES and not school.intake.files() and owes_nothing(school)


def test_responses_in_the_library_under_a_dozen_kills(tmp_path: Path) -> None:
    with tenanted(tmp_path) as school:
        prepare(school, SCHOOL, ("poll_seconds = 20", "poll_seconds = 5"))
        for number in range(1, RESPONSES + 1):
            school.drop(school.response(number=str(number)), str(number))
        kill_often(school, KILLS, (0.9, 2.5), random.Random(3))
        run_until(school, lambda: all_is_done(school), 300)
        references = filed_once_and_told(school, DSL, RESPONSES)
        files = school.store.files()
        found = [re.search(rb'\\"responseId\\": \\"(\d+)\\"', files[f"{one}-1.json"]) for one in references]
        assert sorted(int(each[1]) for each in found if each) == list(range(1, RESPONSES + 1))
