"""Where a concern goes: which ladder, which store, past whom, and the duties that follow. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from connector.checking.words import plain
from connector.ladder import Step, may_carry, present, steps, today
from connector.model.concern import Concern
from connector.model.duty import DutyKind, NewDuty
from connector.model.people import Ladder, Person
from connector.model.submission import Submission
from connector.settings.microsoft import ActivityChannel
from connector.settings.school import FolderStore, School, members_of
from connector.site import Site

# Where people tell whom they have told, a name is no sign that the concern is about its bearer.
_NAMES_THE_TOLD = frozenset({"reported_to", "reporter_name", "reporter_email", "immediate_action"})
# Where a concern that is not said to be about staff tells what happened.
_TELLS_WHAT_HAPPENED = frozenset({"observation", "exact_words", "marks_seen", "marks_position", "marks_type"})


@dataclass(frozen=True, slots=True)
class Aside:
    """What the ladder still needs once the content is gone; sealed, and purged with the acknowledgement."""

    address: str
    skip: frozenset[str]
    not_for: frozenset[str]

    def to_bytes(self) -> bytes:
        """For sealing."""
        return json.dumps({"a": self.address, "s": sorted(self.skip), "n": sorted(self.not_for)}).encode()

    @classmethod
    def from_bytes(cls, data: bytes) -> Aside:
        """The aside again."""
        found = json.loads(data)
        return cls(found["a"], frozenset(found["s"]), frozenset(found["n"]))


@dataclass(frozen=True, slots=True)
class Route:
    """The ladder's steps, the store, and whom to pass over."""

    steps: tuple[Step, ...]
    store: str
    aside: Aside


def route(site: Site, concern: Concern, submission: Submission, received_at: datetime) -> Route:
    """The route of a checked concern. There is always somebody on its first step."""
    school = site.school
    ladder = school.staff_ladder if concern.about_staff else school.ladder
    writers = _writers(school, concern, submission)
    subjects = _subjects(school, concern)
    last = frozenset(ladder.rungs[-1].people)
    skip = somebody_left(ladder, (subjects | writers, subjects, subjects - last, writers, frozenset()))
    return Route(
        steps(ladder, skip, received_at, site.hours, concern.urgent),
        store_for(school, subjects & skip, "staff_store" if concern.about_staff else "store"),
        Aside(concern.reporter_email, skip, subjects & skip),
    )


def store_for(school: School, not_for: frozenset[str], usual: str) -> str:
    """The store for a record that `not_for` must not read.

    Nobody can be kept from a library or drive whose reader they are. So one that they do not read comes first, then
    one whose other readers have keys to seal it to; else the usual one, where filing fails loudly.
    """
    names = list(dict.fromkeys((usual, "staff_store")))
    stores = {name: school.staff_store if name == "staff_store" else school.store for name in names}
    for name, store in stores.items():
        if isinstance(store, FolderStore) or not not_for & set(store.readers):
            return name
    for name, store in stores.items():
        if any(school.people[slug].reader for slug in store.readers if slug not in not_for):
            return name
    return usual


def steps_again(
    site: Site, received_at: datetime, aside: Aside, *, urgent: bool, about_staff: bool
) -> tuple[Step, ...]:
    """The steps of a concern in its journey, by the ladder as it is configured now."""
    ladder = site.school.staff_ladder if about_staff else site.school.ladder
    return steps(ladder, aside.skip, received_at, site.hours, urgent)


def first_duties(site: Site, found: Route, concern: Concern, received_at: datetime) -> tuple[NewDuty, ...]:
    """What is owed from the moment of acceptance: filing, telling, the receipt, and the rungs to come."""
    mail = site.school.mail_channel
    duties = [NewDuty(kind=DutyKind.FILE, channel=found.store, due_at=received_at)]
    duties += telling(site, found.steps[0], found.aside.skip, received_at, about_staff=concern.about_staff)
    if any(file.file_id for file in concern.attachments):
        duties.append(NewDuty(kind=DutyKind.ATTACH, channel=found.store, due_at=received_at))
    if found.aside.address and site.school.reporter.receipt:
        duties.append(NewDuty(kind=DutyKind.RECEIPT, channel=mail, due_at=received_at))
    duties += climb_after(found.steps[0], found.steps)
    return tuple(duties)


def climb_after(step: Step, ladder: tuple[Step, ...]) -> list[NewDuty]:
    """The duty to climb to the rung after this one; none after the last."""
    return [
        NewDuty(kind=DutyKind.CLIMB, channel="ladder", rung=later.number, due_at=later.due_at)
        for later in ladder[step.number + 1 : step.number + 2]
    ]


def telling(site: Site, step: Step, skip: frozenset[str], now: datetime, *, about_staff: bool) -> list[NewDuty]:
    """The telling duties of one step: a mail for each person, and each shared channel that may carry it."""
    school = site.school
    told = present(school.people, step.people, skip, today(now)) or step.people
    duties = [
        NewDuty(kind=DutyKind.TELL, channel=school.mail_channel, person=slug, rung=step.number, due_at=now)
        for slug in told
    ]
    for slug, channel in school.channels.items():
        if isinstance(channel, ActivityChannel):
            duties += [
                NewDuty(kind=DutyKind.TELL, channel=slug, person=person, rung=step.number, due_at=now)
                for person in told
            ]
        if may_carry(members_of(channel), told, skip, about_staff=about_staff):
            duties.append(NewDuty(kind=DutyKind.TELL, channel=slug, rung=step.number, due_at=now))
    return duties


def other_channel(school: School, failed: str, person: str, skip: frozenset[str]) -> str:
    """Another way of reaching that person than the one that failed; mail where there is no other."""
    for slug, channel in school.channels.items():
        members = members_of(channel)
        if slug != failed and person in members and not skip & set(members):
            return slug
    return school.mail_channel


def somebody_left(ladder: Ladder, candidates: Iterable[frozenset[str]]) -> frozenset[str]:
    """The first list of people to pass over that leaves somebody: in the end somebody must know."""
    return next(skip for skip in candidates if left_on(ladder, skip))


def left_on(ladder: Ladder, skip: frozenset[str]) -> frozenset[str]:
    """Those of the ladder who are not passed over."""
    return frozenset(slug for rung in ladder.rungs for slug in rung.people) - skip


def _writers(school: School, concern: Concern, submission: Submission) -> frozenset[str]:
    addresses = {plain(concern.reporter_email), plain(submission.respondent)} - {""}
    wrote = plain(concern.reporter)
    return frozenset(
        slug
        for slug, person in school.people.items()
        if plain(person.email) in addresses or _mentions(wrote, (person.name,))
    )


def _subjects(school: School, concern: Concern) -> frozenset[str]:
    """People of the school whom the concern seems to be about: they are neither told nor able to read it.

    Said to be about staff: named anywhere but where people tell whom they told, by any name of theirs.
    Else: named in full, or by a title from the configuration, in what is told to have happened. A name
    there may be a witness's, so the concern keeps its ladder, and only that person is passed over.
    """
    told = {entry.verbatim for name, entry in concern.entries if name in _NAMES_THE_TOLD}
    said = plain(
        "\n".join(
            [
                entry.verbatim
                for name, entry in concern.entries
                if entry.verbatim not in told and (concern.about_staff or name in _TELLS_WHAT_HAPPENED)
            ]
            + [other.text for other in concern.others]
        )
    )
    return frozenset(
        slug
        for slug, person in school.people.items()
        if _mentions(said, _any_name(person) if concern.about_staff else (person.name, *person.also_known_as))
    )


def _any_name(person: Person) -> tuple[str, ...]:
    """Full name, first name, surname and titles."""
    parts = person.name.split()
    return (person.name, parts[0], parts[-1], *person.also_known_as)


def _mentions(said: str, names: tuple[str, ...]) -> bool:
    return bool(_pattern(names).search(said))


@lru_cache(maxsize=4096)
def _pattern(names: tuple[str, ...]) -> re.Pattern[str]:
    """Any of these names as whole words. They come from the configuration, so keeping them keeps no answer."""
    wanted = "|".join(re.escape(plain(name)) for name in names if plain(name))
    return re.compile(rf"(?<!\w)(?:{wanted})(?!\w)" if wanted else r"(?!)")


def who_hears_of_failures(site: Site, skip: frozenset[str]) -> str:
    """The technician, or the first person of the ladders who may know."""
    ladders = (site.school.ladder, site.school.staff_ladder)
    people = [slug for ladder in ladders for rung in ladder.rungs for slug in rung.people]
    return next((slug for slug in (site.school.technician, *people) if slug not in skip), site.school.technician)
