"""The people that a policy names beside a role: behind it, before it, or in the cell after it. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import takewhile

_TITLED = r"(?:(?:Mr|Mrs|Ms|Miss|Mx|Dr|Rev)\.? )"
_PART = r"[A-Z][a-z\u2019']{1,20}(?:-[A-Z][a-z]{1,20})?"
_NAME = rf"(?:{_TITLED}?(?:{_PART}|[A-Z]\.?) (?:[A-Z]\.? )?{_PART}(?: {_PART})?|{_TITLED}{_PART})"
_ASIDE = r"(?:\s?\([^()]{1,40}\))?"
_AND = r"(?:,? (?:and|or|&) |, |; | / )"
_NAMES = rf"{_NAME}(?:{_ASIDE}{_AND}{_NAME}){{0,5}}"
_LINKS = r"(?:,| is| are| \u2013| -|:|\s?\()\s*"
_WHOSE = r"(?:both |all )?(?:the |our |a |her |his |their )?(?:school |nursery )?"
_BEHIND = re.compile(rf"{_LINKS}(?P<names>{_NAME})(?![\w\u2019'-])")
_MANY_BEHIND = re.compile(rf"{_LINKS}(?P<names>{_NAMES})(?![\w\u2019'-]| is\b)")
_BEFORE = re.compile(rf"(?P<names>{_NAME})(?:\t|,| is| as|\s?\(| \u2013| -)\s*{_WHOSE}$")
_MANY_BEFORE = re.compile(rf"(?P<names>{_NAMES})(?:\t| are| as)\s*{_WHOSE}$")
_IN_CELL = re.compile(rf"\W*\t\s*(?P<names>{_NAMES})(?=\t|$|,)")
# One role, set apart from two names and no more: `DSL: Jane Hale and Tom Ray.`
_TWO_BEHIND = re.compile(rf":\s*(?P<names>{_NAME}(?: and | & | / ){_NAME})(?=$|[.;\t])")
_EACH = re.compile(_NAME)
# Capital letters do not make a name of these.
_NO_NAMES = frozenset(
    "senior leader leaders leadership team staff governor governors school schools police child children children's "
    "safeguarding social services service care local authority designated lead deputy chair head headteacher officer "
    "protection policy nursery early help core group annual keeping working together special educational needs ofsted "
    "the in if all any date name signed signature manager owner act education health parent parents review board "
    "governing body trust management committee next minute number key stage safer recruitment teacher assistant "
    "principal class reception worker support family pastoral inclusion coordinator council county cover online mental "
    "attendance holiday hours monday tuesday wednesday thursday friday primary academy".split()
)
_NEAR = 80


@dataclass(frozen=True, slots=True)
class Where:
    """Where a role begins and ends in a text, and where the next one begins, or the text ends."""

    begin: int
    end: int
    stop: int


@dataclass(frozen=True, slots=True)
class People:
    """The people named with a role, and where the words that say so begin and end in the text."""

    begin: int
    end: int
    names: tuple[str, ...] = ()


def people_beside(text: str, role: Where, *, is_row: bool, is_plural: bool) -> People:
    """Who is named beside the role that stands there. Several people only for several posts, or where set apart."""
    start, end = role.begin, role.end
    near = 3 * _NEAR if is_plural else _NEAR
    after, begin = text[end : min(end + near, role.stop)].rstrip(), max(0, start - near)
    behind = (_IN_CELL.match(after) if is_row else None, _TWO_BEHIND.match(after))
    for hit in (*behind, _MANY_BEHIND.match(after) if is_plural else None, _BEHIND.match(after)):
        if hit and (names := _names(hit["names"])):
            return People(start, end + hit.end(), names)
    before = text[begin:start]
    for hit in (_MANY_BEFORE.search(before) if is_plural else None, _BEFORE.search(before)):
        if hit and (names := _names(hit["names"])):
            return People(begin + hit.start(), end, names)
    return People(start, end)


def _names(said: str) -> tuple[str, ...]:
    """The names up to the first words that are none."""
    return tuple(takewhile(_is_name, _EACH.findall(said)))


def _is_name(words: str) -> bool:
    return not _NO_NAMES & set(words.casefold().replace("\u2019", "'").split())
