"""Whom a policy names: roles as it says them, with the person and the role as the service knows it. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from connector.model.policy import Confidence, Finding, Presence, RoleFinding
from connector.model.policy_text import Block

_TITLED = r"(?:(?:Mr|Mrs|Ms|Miss|Mx|Dr|Rev)\.? )"
_PART = r"[A-Z][a-z\u2019']{1,20}(?:-[A-Z][a-z]{1,20})?"
_NAME = rf"(?:{_TITLED}?(?:{_PART}|[A-Z]\.?) (?:[A-Z]\.? )?{_PART}(?: {_PART})?|{_TITLED}{_PART})"
_WORK = r"(?:officer|lead|co-?ordinator|liaison officer|manager)"
_BOARD = r"(?:governors|governing (?:body|board)|trustees|(?:management )?committee)"
_DESIGNATED = r"designated (?:safeguarding|child protection) (?:leads?|officer|person|teacher)"
# A role as policies say it, and as the service knows it; the longer ones first.
_ROLES: tuple[tuple[str, str], ...] = (
    ("deputy", rf"deputy {_DESIGNATED}(?: \(d?dsl\))?|deputy dsls?|deputy safeguarding {_WORK}|ddsls?"),
    (
        "dsl",
        rf"{_DESIGNATED}(?: \((?:dsls?|dso|dsp)\))?|(?:child protection|safeguarding) {_WORK}s?(?: \(\w{{2,4}}\))?",
    ),
    ("dsl", r"dsls?|dsp"),
    ("lado", r"(?:local authority )?designated officer(?: \(lado\))?|lado"),
    ("office", rf"(?:school )?business manager|office manager|clerk to (?:the )?{_BOARD}"),
    ("chair", rf"chair(?:person|man|woman)? of (?:the )?{_BOARD}"),
    ("chair", r"nursery owner|(?<!policy )(?<!document )owner|proprietor"),
    ("head", r"(?:executive )?head ?teacher|head of school|headmistress|headmaster|(?<=the )principal"),
    ("head", r"(?:nursery|setting|pre-?school|centre|playgroup) manager|(?<=the )manager"),
    ("governors", r"safeguarding governor|governing (?:body|board)|governors|trustees"),
    ("agency", r"children['\u2019]?s social care|school nursing service|(?:the )?police|local authority"),
)
_COMPILED = tuple((known_as, re.compile(rf"(?<!\w)(?:{said})(?!\w)", re.IGNORECASE)) for known_as, said in _ROLES)
_PERSONS = frozenset({"deputy", "dsl", "head", "chair", "office", "lado"})
_BEHIND = re.compile(rf"(?:,| is| are| \u2013| -|:|\s?\()\s*(?P<name>{_NAME})(?![\w\u2019'-])")
_BEFORE = re.compile(rf"(?P<name>{_NAME})(?:\t|,| is|\s?\(| \u2013| -)\s*(?:the |our )?(?:school |nursery )?$")
# Capital letters do not make a name of these.
_NO_NAMES = frozenset(
    "senior leader leaders leadership team staff governor governors school schools police child children children's "
    "safeguarding social services service care local authority designated lead deputy chair head headteacher officer "
    "protection policy nursery early help core group annual keeping working together special educational needs ofsted "
    "the in if all any date name signed signature manager owner act education health parent parents review board "
    "governing body trust management committee next minute number key stage safer recruitment".split()
)
_NEAR = 80


def roles_in(blocks: Sequence[Block]) -> tuple[RoleFinding, ...]:
    """Each role that a person holds once, at its first place or where somebody is named; others once as said."""
    found: dict[tuple[str, str], RoleFinding] = {}
    for block in blocks:
        for role in _roles_of(block):
            unnamed = (role.known_as, "" if role.known_as in _PERSONS else role.role.casefold())
            if role.person:
                found.pop(unnamed, None)
                found.setdefault((role.known_as, role.person.casefold()), role)
            elif not any(name == role.known_as and other for name, other in found if name in _PERSONS):
                found.setdefault(unnamed, role)
    return tuple(found.values())


def _roles_of(block: Block) -> Iterator[RoleFinding]:
    taken: list[tuple[int, int]] = []
    for known_as, pattern in _COMPILED:
        for hit in pattern.finditer(block.text):
            if any(start < hit.end() and hit.start() < end for start, end in taken):
                continue
            taken.append(hit.span())
            begin, end, person = _named(block, hit) if known_as in _PERSONS else (hit.start(), hit.end(), "")
            finding = Finding(
                presence=Presence.FOUND, value=hit[0], words=block.text[begin:end], place=block.place,
                confidence=Confidence.LIKELY if person else Confidence.SURE,
            )  # fmt: skip
            yield RoleFinding(role=hit[0], person=person, known_as=known_as, finding=finding)


def _named(block: Block, role: re.Match[str]) -> tuple[int, int, str]:
    """Where role and name stand together, and the name: beside the role, or in the cell after it."""
    text = block.text
    if block.cells:
        cell = re.match(rf"\W*\t\s*(?P<name>{_NAME})(?=\t|$|,)", text[role.end() : role.end() + _NEAR])
        if cell and _is_name(cell["name"]):
            return role.start(), role.end() + cell.end(), cell["name"]
    behind = _BEHIND.match(text[role.end() : role.end() + _NEAR])
    if behind and _is_name(behind["name"]):
        return role.start(), role.end() + behind.end(), behind["name"]
    begin = max(0, role.start() - _NEAR)
    before = _BEFORE.search(text[begin : role.start()])
    if before and _is_name(before["name"]):
        return begin + before.start(), role.end(), before["name"]
    return role.start(), role.end(), ""


def _is_name(words: str) -> bool:
    return not _NO_NAMES & set(words.casefold().replace("\u2019", "'").split())
