"""Yes or no, choices, marks, exact words, contact with parents: short answers read by their field."""

from __future__ import annotations

import re

from connector.checking.words import answers_nothing, plain, points_elsewhere, says_none
from connector.model.concern import BLANK, Precision, Reading
from connector.model.profile import Choice

_YES = re.compile(r"^(yes|y|yep|yeah|yup|true|ok|okay|definitely)\b|^✓|^✔")
_NO = re.compile(r"^(no|n|nope|not|never|false)\b(?! sure)")
# Words after a yes or a no that take some of it back.
_HEDGE = re.compile(
    r"\b(but|except|apart|unless|maybe|might|may|perhaps|possibly|not sure|unsure|no idea|certain|been sure|don'?t know"
    r"|dont know|not at|for now|hope|think|probably|scared|worried)\b|\?"
)
_LEANS_YES = re.compile(r"^(i (think|believe|hope) so|think so|probably|as far as i know|should be|for now)\b")
_UNSURE = re.compile(r"\b(not sure|unsure|don'?t know|dont know|maybe|might|perhaps|possibly|hard to say|idk|\?)")
_QUOTED = re.compile(r"“([^“”]+)”|\"([^\"]+)\"|‘([^‘’]{3,})’(?!\w)")
_LEADING_NO = re.compile(r"^\W*(no|not yet|not|nope|n/?a|none|never|haven'?t|havent|not appropriate)\b[\s,.;:\-]*")
_NOT_MADE = re.compile(r"^(no|not|none|never|n/?a|haven'?t|havent|nope)\b")
_NOT_TOLD = re.compile(
    r"\b(not|n'?t|never) (yet )?(been )?(told|informed|spoken|contacted|aware|contact|speak)|\bhaven'?t\b"
)
_PLANNED = re.compile(r"\b(will|going to|to be|later|tomorrow|tbc)\b")
_SPOKE = re.compile(
    r"\b(we|i|they|she|he|mum|dad) (have |has |had )?(spoke|spoken|talked|told (me|us)|was told|were told)\b"
)
_TRIED = re.compile(
    r"^(tried|attempted|rang|phoned|called|left (a )?(message|voicemail))\b.*\b(no|voicemail|message|x ?\d)\b"
)
_NOT_LOOKED = re.compile(
    r"\b(did ?n'?t|did not|could ?n'?t|could not|would ?n'?t|would not|not|nobody|no ?one)"
    r" (look|looked|check|checked|see|show)"
)
_HEDGED = re.compile(r"\b(not sure|unsure|i think|maybe|might be|possibly)\b|\?|\b(or)\b")

SURE_OR_NOT = "Please say yes, no, or that you do not know and why."
WHICH_CHOICE = "This is none of the answers that the record knows. Which of them fits?"
WHERE_EXACTLY = "Where exactly was it, on which side, and what did it look like? Say if you could not see it well."
SPOKEN_TO_YET = "Have the parents been spoken to yet? If not, why not?"
WHETHER_LOOKED = "It is not clear whether anybody looked. Was anything seen, and if nobody looked, why not?"
WHY_NOT = "You said that the parents have not been spoken to. Why not?"
WHERE_IS_IT = "The answer points to another one. Please write it out here, so that the record can be read alone."


def read_yes_no(text: str) -> Reading:
    """`yes`, `no` or `unsure`. A hedged yes (`I think so`) is yes, approximate, with a doubt."""
    words = plain(text)
    if not words or words in {"-", "n/a", "na", "."}:
        return BLANK
    if _LEANS_YES.match(words) or (_YES.match(words) and _HEDGE.search(words)):
        return Reading("yes", Precision.APPROXIMATE, "a hedged yes", SURE_OR_NOT)
    if _YES.match(words):
        return Reading("yes", Precision.EXACT, "yes")
    if _NO.match(words) and not _HEDGE.search(words):
        return Reading("no", Precision.EXACT, "no")
    said = "unsure" if _UNSURE.search(words) else "neither yes nor no"
    return Reading("unsure", Precision.UNKNOWN, said, SURE_OR_NOT)


def read_choice(text: str, choices: tuple[Choice, ...]) -> Reading:
    """The choice whose words the answer holds; a doubt where it holds none of them."""
    if answers_nothing(text):
        return BLANK
    words = plain(text)
    for choice in choices:
        if any(plain(offered) in words for offered in choice.words):
            return Reading(choice.value, Precision.EXACT, choice.words[0])
    return Reading(precision=Precision.UNKNOWN, doubt=WHICH_CHOICE)


def read_text(text: str, *, none_counts: bool) -> Reading:
    """Free text. Where `none_counts`, saying that there was nothing is an answer."""
    if none_counts and says_none(text):
        return Reading("none", Precision.EXACT)
    if points_elsewhere(text):
        return Reading(precision=Precision.UNKNOWN, doubt=WHERE_IS_IT)
    return BLANK if answers_nothing(text) else Reading("given", Precision.EXACT)


def read_marks(text: str) -> Reading:
    """`none` where the whole answer says so; else `seen`, with a doubt where it is hedged or nobody looked."""
    if says_none(text):
        return Reading("none", Precision.EXACT, "none seen")
    if answers_nothing(text):
        return BLANK
    if points_elsewhere(text):
        return Reading(precision=Precision.UNKNOWN, doubt=WHERE_IS_IT)
    if _NOT_LOOKED.search(plain(text)):
        return Reading("not_looked", Precision.UNKNOWN, "nobody could look", WHETHER_LOOKED)
    doubt = WHERE_EXACTLY if _HEDGED.search(plain(text)) else ""
    return Reading("seen", Precision.APPROXIMATE if doubt else Precision.EXACT, "seen", doubt)


def quoted(text: str) -> tuple[str, ...]:
    """The passages that stand between double quotation marks, straight or curly, or curly single ones, untouched."""
    return tuple(next(part for part in found.groups() if part) for found in _QUOTED.finditer(text))


def read_words(text: str, *, shared: bool) -> Reading:
    """The child's own words. In a cell shared with the observation only what stands in quotation marks is."""
    if shared:
        return Reading("spoken", Precision.EXACT) if quoted(text) else BLANK
    if says_none(text):
        return Reading("not spoken", Precision.EXACT, "the child did not speak")
    if points_elsewhere(text):
        return Reading(precision=Precision.UNKNOWN, doubt=WHERE_IS_IT)
    return BLANK if answers_nothing(text) else Reading("spoken", Precision.EXACT)


def read_contact(text: str) -> Reading:
    """Contact with the parents: `made`, `tried`, `not_made`, or a doubt where it is only planned."""
    words = plain(text)
    if answers_nothing(text) and not _NOT_MADE.match(words):
        return BLANK
    if _SPOKE.search(words):
        return Reading("made", Precision.EXACT, "made")
    if _TRIED.match(words):
        return Reading("tried", Precision.EXACT, "tried")
    if _NOT_MADE.match(words) or _NOT_TOLD.search(words):
        return Reading("not_made", Precision.EXACT, "not made")
    if _PLANNED.search(words):
        return Reading(precision=Precision.UNKNOWN, doubt=SPOKEN_TO_YET)
    return Reading("made", Precision.EXACT, "made")


def read_reason(text: str) -> Reading:
    """Why parents were not told: what follows the `no`. A bare `no` leaves a doubt."""
    words = plain(text)
    if not words:
        return BLANK
    if len(_LEADING_NO.sub("", words).strip(" .-")) < 3:
        return Reading(precision=Precision.UNKNOWN, doubt=WHY_NOT)
    return Reading("given", Precision.EXACT)
