"""The reference of a concern: `C-7QK4-M2XT`.

`C-` and eight characters of Crockford base 32 (no I, L, O, U; nor Z): seven random ones and a check
character, the weighted sum modulo 31, so that any single wrong character and any swap of two
neighbours is noticed on the telephone. It is random and says nothing about the concern.
"""

from __future__ import annotations

import re
import secrets
from typing import NewType

Reference = NewType("Reference", str)

# 31 of Crockford's 32 letters: 31 is prime, so every single error and swap of neighbours changes the
# sum. The 32nd, Z, would count as 0 and is no letter of a reference.
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXY"
PATTERN = re.compile(r"C-[0-9A-HJKMNP-TV-Y]{4}-[0-9A-HJKMNP-TV-Y]{4}")
_MISHEARD = str.maketrans({"I": "1", "L": "1", "O": "0"})


def _check(body: str) -> str:
    return ALPHABET[sum((place + 2) * ALPHABET.index(letter) for place, letter in enumerate(body)) % 31]


def new_reference() -> Reference:
    """A fresh random reference, about 34 bits: unguessable is not its job, unique in a ledger is."""
    return with_check("".join(secrets.choice(ALPHABET) for _ in range(7)))


def with_check(body: str) -> Reference:
    """The reference of these seven letters."""
    whole = body + _check(body)
    return Reference(f"C-{whole[:4]}-{whole[4:]}")


def parse_reference(said: str) -> Reference | None:
    """The reference as a person typed or spelled it (any case, spaces, O for 0, I or L for 1), or None."""
    letters = re.sub(r"[\s\-]", "", said.upper()).removeprefix("C").translate(_MISHEARD)
    if len(letters) == 7 and said.strip().upper().startswith("C"):
        letters = "C" + letters
    if len(letters) != 8 or any(letter not in ALPHABET for letter in letters):
        return None
    return Reference(f"C-{letters[:4]}-{letters[4:]}") if _check(letters[:7]) == letters[7] else None
