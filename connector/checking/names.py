"""Names, people and addresses: is somebody named, or only described?"""

from __future__ import annotations

import re

from connector.checking.words import answers_nothing, plain, says_nobody, says_none
from connector.model.concern import BLANK, Precision, Reading

_DESCRIBED = frozenset(
    "boy girl child children kid kids lad lass toddler pupil pupils student students several some group class "
    "unknown unsure everyone various many both he she they him her them mum dad same".split()
)
_ROLE_WORDS = frozenset(
    "staff teacher ta bank supply agency student volunteer lead leader manager office admin cook cleaner first day "
    "key person worker assistant deputy head dsl nurse apprentice cover me myself i the a of in on new here".split()
)
_FIRST_WORDS = re.compile(r"[^\W\d_]+(?:['\-][^\W\d_]+)*")
_POINTS_TO_A_SYSTEM = re.compile(
    r"^(is |it'?s )?(on|in|see|as|same|ask|check|per|held|already|with|at (home|mum|dad|school))\b"
)
# A form's answer may begin with the sign that a spreadsheet would take for a formula.
_SPREADSHEET_SIGNS = "=+-@'\t "

FULL_NAME = "Please give your full name: a record may be read many years from now by somebody who does not know you."


def bare_name(text: str) -> str:
    """A name for reading and comparing: without a leading formula sign, brackets or stray spaces."""
    return " ".join(re.sub(r"\([^()]*\)", " ", text).strip(_SPREADSHEET_SIGNS).split())


def describes_only(text: str) -> bool:
    """True for `boy in Ladybirds w/ the red boots` or `several`: a child is meant and none is named."""
    words = _FIRST_WORDS.findall(bare_name(text))
    if not words or words[0].casefold() in _DESCRIBED:
        return True
    return any(word in _DESCRIBED for word in words)


def read_name(text: str) -> Reading:
    """A child's name; BLANK where the answer is none, or only describes the child."""
    if answers_nothing(text) or describes_only(text):
        return BLANK
    return Reading(bare_name(text), Precision.EXACT)


def read_reporter(text: str) -> Reading:
    """The reporter's own name, with a doubt where it is a first name only; BLANK for a role without a name."""
    if answers_nothing(text):
        return BLANK
    name_part = re.split(r"[,;(/\n]| - ", text.strip(), maxsplit=1)[0]
    named = [word for word in _FIRST_WORDS.findall(name_part) if plain(word) not in _ROLE_WORDS]
    if not named:
        return BLANK
    doubt = FULL_NAME if len(named) == 1 else ""
    return Reading(bare_name(name_part), Precision.APPROXIMATE if doubt else Precision.EXACT, doubt=doubt)


def read_people(text: str, *, none_counts: bool) -> Reading:
    """Somebody told, or witnesses. Where `none_counts`, saying that there was nobody is an answer."""
    if none_counts and says_none(text):
        return Reading("none", Precision.EXACT, "nobody")
    if answers_nothing(text) or says_nobody(text):
        return BLANK
    return Reading(" ".join(text.split()), Precision.EXACT)


def read_address(text: str) -> Reading:
    """An address that is written out; BLANK for `on Famly` or `same as brother`, which only point to one."""
    words = plain(text)
    # A number or a comma makes it an address: `with nan at 4 Mill Road`, `On The Green, Ash`.
    is_written_out = any(character.isdigit() or character == "," for character in words)
    if answers_nothing(text) or (not is_written_out and (_POINTS_TO_A_SYSTEM.match(words) or " " not in words)):
        return BLANK
    return Reading(" ".join(text.split()), Precision.EXACT)
