"""References: random, readable over a telephone, and self-checking."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from connector.model.reference import ALPHABET, PATTERN, new_reference, parse_reference, with_check


def test_it_is_random_and_well_formed() -> None:
    many = {new_reference() for _ in range(500)}
    assert len(many) == 500
    assert all(PATTERN.fullmatch(reference) for reference in many)


BODIES = st.text(ALPHABET, min_size=7, max_size=7)
CROCKFORD = ALPHABET + "Z"


@given(BODIES, st.integers(0, 7), st.sampled_from(CROCKFORD))
@example("0000000", 3, "Z")
def test_any_single_wrong_character_is_noticed(body: str, place: int, letter: str) -> None:
    reference = with_check(body)
    letters = list(reference.replace("-", "")[1:])
    changed = letters[:place] + [letter] + letters[place + 1 :]
    said = f"C-{''.join(changed[:4])}-{''.join(changed[4:])}"
    assert parse_reference(said) == (reference if changed == letters else None)


@given(BODIES, st.integers(0, 6))
def test_two_neighbours_swapped_are_noticed(body: str, place: int) -> None:
    letters = list(with_check(body).replace("-", "")[1:])
    swapped = letters[:place] + [letters[place + 1], letters[place]] + letters[place + 2 :]
    if swapped != letters:
        assert parse_reference("C-" + "".join(swapped)) is None


def test_it_is_understood_however_it_is_said() -> None:
    reference = new_reference()
    bare = reference.replace("-", "").lower()
    assert parse_reference(f"  {bare} ") == reference
    assert parse_reference(reference.replace("0", "O").replace("1", "l")) == reference


@pytest.mark.parametrize("said", ["", "C-", "hello", "C-7QK4", "../../etc", "C-7QK4-M2XTT", "Ç-7QK4-M2XT"])
def test_what_is_no_reference_is_none(said: str) -> None:
    assert parse_reference(said) is None
