"""The labels under which policies say their own dates, sign-offs and names: `Date of Next Review`, `Ratified by`. Pure.

A weak label is an ordinary word ("Review:", "Date:") or may head a form: it counts only where a value fits it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Label(StrEnum):
    """What a label asks for. `approved_by` asks who, `signed` does not say whose, `date` leans on the label before.

    `review` is a review of which the label does not say that it is the next one.
    """

    TITLE = "title"
    NUMBER = "number"
    SETTING = "setting"
    VERSION = "version"
    OWNER = "owner"
    WRITTEN = "written"
    ACCEPTED = "accepted"
    APPROVED_BY = "approved_by"
    NEXT_REVIEW = "next_review"
    REVIEW = "review"
    CYCLE = "cycle"
    SIGNED_HEAD = "signed_head"
    SIGNED_CHAIR = "signed_chair"
    SIGNED = "signed"
    SIGNED_ON = "signed_on"
    DATE = "date"
    MINUTE_NUMBER = "minute_number"
    LINKED = "linked"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Known:
    """A label that was recognised. `is_open`: its words can mean the last review as well as the next."""

    label: Label
    is_weak: bool = False
    is_open: bool = False


HEAD = (
    r"(?:executive )?(?:head ?teacher|headmaster|headmistress|head(?: of (?:school|centre))?|principal"
    r"|(?:\w+ )?manager)"
)
_BODY = r"(?:governors?|governing (?:body|board)|trustees?|board|(?:management )?committee)"
CHAIR = (
    rf"(?:(?:vice[- ]|co-)?chair(?:person|man|woman)?(?: of (?:the )?{_BODY})?"
    rf"|(?:nursery )?owner|proprietor|director|(?:registered )?provider|(?:full )?{_BODY})"
)
ADOPTED = r"(?:accepted|adopted|approved|ratified)"
_ADOPTION = r"(?:acceptance|adoption|approval|ratification)"
_WROTE = r"(?:written|updated|reviewed|revised|issued|published|created|produced|amended)"
_POLICY = r"(?:(?:the|this|our) )?(?:policy|document|procedure)"
_SIGN = r"sign(?:ed|ature)"
_WHOSE = r"(?: by)?(?: the)?[ (,:-]*(?:the )?"

# What each label is, in every wording that is known; the first that fits is taken.
_SIGNING = (
    (Label.MINUTE_NUMBER, rf"(?:(?:fgb|{_BODY}'?s?'?) )?min(?:ute)?s? ?(?:number|num|no|ref(?:erence)?)s?"),
    (Label.SIGNED_HEAD, rf"{_SIGN}{_WHOSE}{HEAD}\)?|{HEAD}(?:'s|s')? {_SIGN}|signature of (?:the )?{HEAD}"),
    (Label.SIGNED_CHAIR, rf"{_SIGN}{_WHOSE}{CHAIR}\)?|{CHAIR}(?:'s|s')? {_SIGN}|signature of (?:the )?{CHAIR}"),
    (Label.SIGNED_CHAIR, r"signed (?:for and )?on behalf of (?:the )?[\w' ]{3,40}"),
    (Label.SIGNED, rf"{_SIGN}(?: by)?"),
)
_NEXT = rf"(?:(?:the|this|our)(?: policy's)? |policy's )?next (?:{_POLICY} )?review(?: of (?:the |this )?policy)?"
_DATES = (
    (Label.NEXT_REVIEW, rf"(?:date (?:of|for) )?{_NEXT}(?: date| due(?: date| by| on)?| is due(?: by| on)?)?"),
    (Label.NEXT_REVIEW, rf"(?:{_POLICY} )?(?:date )?(?:is )?(?:to be|due to be|due|must be) review(?:ed)?(?: by| on)?"),
    (Label.NEXT_REVIEW, rf"(?:{_POLICY} )?(?:date )?due for review|(?:date|due) for (?:the )?(?:next )?review"),
    (Label.NEXT_REVIEW, rf"(?:{_POLICY} )?review (?:due(?: date)?|by|on)"),
    (Label.CYCLE, r"(?:policy )?review (?:frequency|cycle|period|interval|schedule)|how often (?:it is )?reviewed"),
    (Label.CYCLE, r"(?:frequency|cycle|interval) of (?:policy )?reviews?"),
    (Label.ACCEPTED, rf"(?:date )?(?:{_POLICY} )?(?:was )?(?:first |last |formally )?{ADOPTED}(?: on| date| at)?"),
    (Label.ACCEPTED, rf"date (?:of )?{_ADOPTION}(?: by [\w' ]{{2,40}})?|{_ADOPTION} date"),
    (Label.ACCEPTED, rf"date {ADOPTED} by [\w' ]{{2,40}}|{ADOPTED} by [\w' ]{{2,40}} on"),
    (Label.WRITTEN, rf"(?:date )?{_POLICY} (?:was )?(?:first |last )?{_WROTE}(?:/{_WROTE})?(?: on| date)?"),
    (Label.WRITTEN, rf"(?:date )?(?:last|first|originally) {_WROTE}(?: on)?|date (?:of )?{_WROTE}|{_WROTE} on"),
    (Label.WRITTEN, r"date of (?:(?:this|last|latest|first|current|policy) )*(?:issue|update|version|revision)"),
    (Label.WRITTEN, r"date of (?:the )?(?:publication|creation|policy|(?:last|latest|most recent) (?:policy )?review)"),
    (Label.WRITTEN, r"(?:last|latest|most recent) (?:policy )?(?:review|update|revision|amendment)(?: date)?"),
    (Label.WRITTEN, r"(?:issue|policy|version|publication|revision|effective) date|effective from|date effective"),
)
_NAMES = (
    (
        Label.APPROVED_BY,
        rf"(?:{_POLICY} )?(?:was )?(?:agreed|{ADOPTED})(?: and {ADOPTED})? by(?: (?:the )?[\w' ]{{2,40}})?",
    ),
    (Label.APPROVED_BY, r"approver|(?:approv|ratify)ing body"),
    (Label.VERSION, r"version(?: (?:number|no))?|(?:issue|revision) (?:number|no)"),
    (Label.OWNER, rf"(?:{_POLICY} )(?:owner|author|lead)|owner|author(?:\(s\))?"),
    (Label.OWNER, rf"(?:{_POLICY} )?(?:owned|written|prepared|produced|compiled) by"),
    (
        Label.OWNER,
        r"(?:(?:person|staff|member of staff|officer) )?responsible(?: (?:person|officer|for (?:this )?policy))?",
    ),
    (Label.TITLE, r"(?:policy|document) (?:title|name)|title(?: of (?:the )?policy)?|name of (?:the )?policy"),
    (Label.NUMBER, r"(?:policy|document) (?:number|no|ref(?:erence)?)"),
    (Label.SETTING, r"(?:name of )?(?:the )?(?:school|setting|nursery|academy|pre-?school|provider)(?: name)?"),
    (Label.LINKED, r"(?:linked|related|associated)(?: \w+)? (?:policies|documents)(?: (?:and|&|/) \w+)?"),
)
_WEAK = (
    (Label.NEXT_REVIEW, r"(?:for )?reviews?|next|renewal(?: date)?|expir(?:es|y)(?: date)?|valid until"),
    (Label.CYCLE, r"frequency"),
    (Label.ACCEPTED, rf"agreed(?: on)?|{_ADOPTION}"),
    (Label.WRITTEN, rf"{_WROTE}(?:/{_WROTE})?|issue|effective"),
    (Label.DATE, r"dated?|on"),
)
_OPEN = ((Label.NEXT_REVIEW, rf"(?:{_POLICY} )?review date|date (?:of|for) (?:policy )?reviews?|review dates"),)
_OTHER = (
    (
        Label.OTHER,
        r"(?:summary of |description of )?(?:changes?|amendments?)(?: made)?|comments?|notes?|status|audience",
    ),
    (
        Label.OTHER,
        r"description|details|reasons?(?: for \w+)?|(?:print(?:ed)? )?name|role|position|job title|committee",
    ),
    (Label.OTHER, r"reviewed by|reviewer|(?:name|role) of signatory.{0,60}|distribution|statutory|location|by|who"),
)

_LONGEST = 90
_DOTS = re.compile(r"[\s:*._\u2026\u2013\u2014-]+$")
_HINT = re.compile(r" ?\((?:date|name|initials?|dd?/?mm?/?yy(?:yy)?|if any|optional)\)$")


def _compiled(rows: Iterable[tuple[Label, str]], **more: bool) -> tuple[tuple[Known, re.Pattern[str]], ...]:
    return tuple((Known(label, **more), re.compile(pattern)) for label, pattern in rows)


_ALL = (
    *_compiled((*_SIGNING, *_DATES, *_NAMES)),
    *_compiled(_OPEN, is_open=True),
    *_compiled(_WEAK, is_weak=True),
    *_compiled(_OTHER, is_weak=True),
)


def label_of(said: str) -> Known | None:
    """The label that these words are, a colon or a line to write on behind them or not; None where they are none."""
    if len(said) > _LONGEST:
        return None
    plain = " ".join(said.casefold().replace("\u2019", "'").split())
    plain = _HINT.sub("", _DOTS.sub("", plain)).removeprefix("* ").replace(" / ", "/").replace("no.", "no")
    return next((known for known, pattern in _ALL if pattern.fullmatch(plain)), None)


_ROLE_HEAD = re.compile(rf"\b{HEAD}\b", re.IGNORECASE)
_ROLE_CHAIR = re.compile(rf"\b{CHAIR}\b", re.IGNORECASE)
_ROLE = re.compile(
    rf"[\s(,\u2013-]*(?:\b(?:on behalf of|the|of|role|position)\b[\s:]*)*\(?\b(?:{HEAD}|{CHAIR})\b\)?", re.IGNORECASE
)


def signature_of(said: str) -> Known | None:
    """`Headteacher ________`: a role before a line to write on is a place for a signature."""
    plain = " ".join(said.casefold().split())
    if len(said) > _LONGEST or not plain:
        return None
    found = ((Label.SIGNED_HEAD, HEAD), (Label.SIGNED_CHAIR, CHAIR))
    return next((Known(label) for label, pattern in found if re.fullmatch(rf"(?:the )?{pattern}", plain)), None)


def signer_in(words: str) -> Label | None:
    """Whose signature these words make it: the head's, the chair's, or nobody's that is known."""
    if _ROLE_CHAIR.search(words) and "head" not in words.casefold():
        return Label.SIGNED_CHAIR
    return Label.SIGNED_HEAD if _ROLE_HEAD.search(words) else None


def without_role(words: str) -> str:
    """The name that is left of `Jane Smith (Chair of Governors)`; nothing where only the role stands there."""
    return _ROLE.sub(" ", words).strip(" ,:;()\u2013-_.\u2026")
