"""What people write where something is still to come: no name, no day and no number, however it is worded."""

from __future__ import annotations

import re

_NOTHING = r"[-\u2013\u2014?._\u2026/x ]*"
# `Signature to follow`, `still to be signed`, `date TBC`: what is to come may be named first.
_WHAT = r"(?:(?:the )?(?:name|signature|date|number|minutes?|minute (?:number|no\.?|ref)|approval|acceptance)s?:? )?"
_STILL = r"(?:(?:is|are|yet|still|currently) ){0,3}"
_SIGNING = r"(?:approv|accept|adopt|agree|ratif|sign|confirm|minute|meeting|fgb|govern|board|trustee)"
_SAID = (
    r"no", r"no (?:date|minutes?|number|signature|name)(?: yet)?", r"none(?: yet)?", r"nil", r"n/?[ak]", r"not",
    r"not (?:yet|known|signed|minuted|dated|set|required|needed|applicable|available)\b.*",
    r"not (?:accepted|adopted|approved|ratified|agreed)\b.*",
    r"unknown", r"unsigned", r"outstanding", r"in draft",
    rf"{_WHAT}{_STILL}(?:tb[acds]\b|to (?:be|follow|come|confirm|sign|go|do)\b|(?:a?waiting|awaits?|pending)\b).*",
    r"(?:will|must|should) (?:be|follow)\b.*", r"due (?:to|at|for|in|on|by)\b.*",
    r"(?:expected|planned|scheduled|proposed)\b.*",
    rf"(?:at )?(?:the )?next (?:\w+ ){{0,3}}{_SIGNING}.*",
    rf"(?:subject to|when|once|after|following|upon|on) (?:the |it is |final ){{0,2}}{_SIGNING}.*",
    r"see (?:above|below|minutes)", r"(?:name|signature|date|number|minute)",
)  # fmt: skip
_NOT_YET = re.compile(f"{_NOTHING}|[\\[(<]?(?:{'|'.join(_SAID)})[\\])>]?[.?!]*", re.IGNORECASE)
_LONGEST = 200


_FUTURE = re.compile(
    r"\b(?:to (?:be|follow|come|confirm|sign)|will|must|should|due|expected|planned|a?waiting|awaits?|pending|tb[acds]"
    r"|not|next)\b",
    re.IGNORECASE,
)


def is_told_as_to_come(said: str) -> bool:
    """True where words beside a day say that it is still to come: `expected 12 March 2027`.

    `Following approval by governors on 12 March 2025` tells of what was.
    """
    return is_not_yet(said) and _FUTURE.search(said) is not None


def is_not_yet(said: str) -> bool:
    """True for `to follow`, `TBC`, `awaiting signature`, a dash or a row of dots; also for nothing at all.

    A surname such as No, Will or Pending is none of it where it stands behind a first name.
    """
    return _NOT_YET.fullmatch(" ".join(said[:_LONGEST].split())) is not None
