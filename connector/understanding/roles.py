"""Whom a policy names: roles as it says them, with the person and the role as the service knows it. Pure."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from connector.model.policy import Confidence, Finding, Presence, RoleFinding
from connector.model.policy_text import Block
from connector.understanding.people_beside import People, Where, people_beside
from connector.understanding.sentences import SENTENCE_END

_WORK = r"(?:officer|lead|co-?ordinator|liaison officer|manager)"
_BOARD = r"(?:governors|governing (?:body|board)|trustees|(?:management )?committee)"
_DESIGNATED = r"designated (?:safeguarding|child protection) (?:leads?|officers?|persons?|teachers?)"
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
    ("head", r"(?<!deputy )(?<!assistant )(?:executive )?head ?teacher"),
    ("head", r"head of school|headmistress|headmaster|(?<=the )principal"),
    ("head", r"(?:nursery|setting|pre-?school|centre|playgroup) manager|(?<=the )manager"),
    ("governors", r"safeguarding governor|governing (?:body|board)|governors|trustees"),
    ("agency", r"children['\u2019]?s social care|school nursing service|(?:the )?police|local authority"),
)
_COMPILED = tuple((known_as, re.compile(rf"(?<!\w)(?:{said})(?!\w)", re.IGNORECASE)) for known_as, said in _ROLES)
_PERSONS = frozenset({"deputy", "dsl", "head", "chair", "office", "lado"})
# `and her deputy, Tom Ray`: of the safeguarding lead, where that is the role named before it.
_DEPUTY = re.compile(r"\b(?:her|his|their|the|our|a) (?P<role>deput(?:y|ies))(?!\w)", re.IGNORECASE)
_PLURAL = re.compile(r"(?:s|ies)(?: \(\w+\))?$", re.IGNORECASE)
_TOGETHER = re.compile(r"\s*(?:\(\w{2,5}\)\s*)?(?:and|&|/|or)\s*(?:the |our |her |his |their )?", re.IGNORECASE)
_ONE_POST = "one role stands beside two names"
_TWO_ROLES = "two roles stand before these names: who holds which is not said"
_NEAR = 300
_NOT_WHOSE = "whose deputy this is, is not said for certain"


@dataclass(frozen=True, slots=True)
class _Role:
    """A role as it stands in a text. `doubt` says what a person named with it leaves open."""

    known_as: str
    said: str
    start: int
    end: int
    doubt: str = ""

    @property
    def is_plural(self) -> bool:
        """True for several safeguarding leads or deputies."""
        return self.known_as in {"dsl", "deputy"} and _PLURAL.search(self.said) is not None


def roles_in(blocks: Sequence[Block]) -> tuple[RoleFinding, ...]:
    """Each role that a person holds once, at its first place or where somebody is named; others once as said."""
    found: dict[tuple[str, str], RoleFinding] = {}
    held: set[str] = set()
    for block in blocks:
        for role in _roles_of(block):
            unnamed = (role.known_as, "" if role.known_as in _PERSONS else role.role.casefold())
            if role.person:
                held.add(role.known_as)
                found.pop(unnamed, None)
                found.setdefault((role.known_as, role.person.casefold()), role)
            elif role.known_as not in held:
                found.setdefault(unnamed, role)
    return tuple(found.values())


def _roles_of(block: Block) -> Iterator[RoleFinding]:
    found = _standing_in(block.text)
    in_order = sorted(found, key=lambda one: one.end)
    for role in found:
        yield from _held(role, block, in_order)
    for deputy in _deputies_in(block.text, in_order):
        yield from (one for one in _held(deputy, block, in_order) if one.person)


def _standing_in(text: str) -> list[_Role]:
    """The roles that the text names, none over another; the longer ones first."""
    found: list[_Role] = []
    is_taken = bytearray(len(text))
    for known_as, pattern in _COMPILED:
        for hit in pattern.finditer(text):
            start, end = hit.span()
            if not any(is_taken[start:end]):
                is_taken[start:end] = b"\1" * (end - start)
                found.append(_Role(known_as, hit[0], start, end))
    return found


def _deputies_in(text: str, in_order: Sequence[_Role]) -> Iterator[_Role]:
    """`Her deputy` where the role named last, in its sentence or the one before, is the safeguarding lead."""
    for hit in _DEPUTY.finditer(text):
        before = _before(in_order, hit.start())
        begins = max((end.end() for end in SENTENCE_END.finditer(text, hit.start() - _NEAR, hit.start())), default=0)
        if before and before[-1].known_as == "dsl" and before[-1].start >= begins:
            is_clear = not any(one.known_as in {"head", "chair"} for one in before if one.start >= begins)
            yield _Role("deputy", hit["role"], *hit.span("role"), "" if is_clear else _NOT_WHOSE)


def _before(in_order: Sequence[_Role], at: int) -> Sequence[_Role]:
    """The roles that end not far before a place in the text."""
    low, high = (bisect_right(in_order, place, key=lambda one: one.end) for place in (at - _NEAR, at))
    return in_order[low:high]


def _held(role: _Role, block: Block, in_order: Sequence[_Role]) -> Iterator[RoleFinding]:
    """The role with each person who is named beside it, or with nobody."""
    people, doubt = People(role.start, role.end), ""
    if role.known_as in _PERSONS:
        is_row = bool(block.cells)
        # `DSL: Bev Jones Deputy: Tom Lee`: what follows the next role is no name of this one.
        behind = bisect_left(in_order, role.end, key=lambda one: one.start)
        stop = in_order[behind].start if behind < len(in_order) else len(block.text)
        where = Where(role.start, role.end, stop)
        people = people_beside(block.text, where, is_row=is_row, is_plural=role.is_plural)
        doubt = _doubt_of(role, people, block.text, in_order)
    sure_of = Confidence.DOUBTFUL if doubt else Confidence.LIKELY if people.names else Confidence.SURE
    finding = Finding(
        presence=Presence.FOUND, value=role.said, words=block.text[people.begin : people.end], place=block.place,
        confidence=sure_of, note=doubt,
    )  # fmt: skip
    for person in people.names or ("",):
        yield RoleFinding(role=role.said, person=person, known_as=role.known_as, finding=finding)


def _doubt_of(role: _Role, people: People, text: str, in_order: Sequence[_Role]) -> str:
    """What is open of these people; nothing for one person, or for several who hold several posts."""
    if len(people.names) < 2:
        return role.doubt
    if any(_TOGETHER.fullmatch(text, one.end, role.start) for one in _before(in_order, role.start)):
        return _TWO_ROLES
    return role.doubt or ("" if role.is_plural else _ONE_POST)
