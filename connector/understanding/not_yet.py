"""What people write where something is still to come: no name, no day and no number, however it is worded."""

from __future__ import annotations

import re

_NOTHING = r"[-\u2013\u2014?._\u2026/x ]*"
_SAID = (
    r"no", r"none", r"nil", r"n/?[ak]", r"not", r"not (?:yet|known|signed|accepted|applicable|available)\b.*",
    r"unknown", r"unsigned", r"tb[acds]\b.*", r"to (?:be|follow|come|confirm|sign|go|do)\b.*",
    r"(?:a?waiting|awaits?)\b.*", r"pending\b.*", r"(?:will|must) be\b.*", r"see (?:above|below|minutes)",
    r"(?:name|signature|date|number|minute)",
)  # fmt: skip
_NOT_YET = re.compile(f"{_NOTHING}|[\\[(<]?(?:{'|'.join(_SAID)})[\\])>]?[.?!]*", re.IGNORECASE)
_LONGEST = 200


def is_not_yet(said: str) -> bool:
    """True for `to follow`, `TBC`, `awaiting signature`, a dash or a row of dots; also for nothing at all."""
    return _NOT_YET.fullmatch(" ".join(said[:_LONGEST].split())) is not None
