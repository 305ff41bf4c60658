"""The daily message: how the service stands, the same lines in the same order every day. Pure.

By type it has no field that could hold a word of a concern: counts, times, states and names from the configuration.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from connector.model.moments import say_moment
from connector.model.standing import State, say_place

# A duty that waits longer than this is not on its way any more.
OWED_TOO_LONG = timedelta(minutes=15)
# Rights are looked at daily; an hour or two for a look that is put off.
RIGHTS_TOO_OLD = timedelta(hours=26)
_IN_WORDS = {
    State.GOOD: "verified {}",
    State.UNVERIFIED: "could not be verified, looked at {}",
    State.BAD: "OPEN to people who must not read it, looked at {}",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """What the ledger counts. `oldest_owed` is for how long the oldest duty has been owed, None where none is."""

    received: int = 0
    received_drills: int = 0
    unacknowledged: int = 0
    unacknowledged_drills: int = 0
    past_ladder: int = 0
    failed: int = 0
    tried_again: int = 0
    oldest_owed: timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Hearer:
    """For whom it is counted: a person, or all who read a shared channel; neither for who may know every number.

    A concern about somebody on the ladder is kept from them, and a number in their mailbox would tell of it. So
    whoever may be on a ladder is told the numbers of those concerns only that they were told of.
    """

    person: str = ""
    channel: str = ""

    @property
    def knows_all(self) -> bool:
        """True where no concern is kept from them."""
        return not (self.person or self.channel)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreStands:
    """One store. What lies in one that `seals` is sealed to its readers; else `state` is what the last look found."""

    place: str
    seals: bool
    reachable: bool
    state: State | None = None
    looked_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FormStands:
    """One form by its title, and when its last response came."""

    title: str
    last: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceStands:
    """One source from which responses are fetched, and when it was last looked at."""

    title: str
    looked_at: datetime | None
    is_late: bool


class Yesterday(StrEnum):
    """What became of yesterday's message: silent where none was even tried."""

    TOLD = "told"
    NOT_ALL = "not all"
    SILENT = "silent"


@dataclass(frozen=True, slots=True, kw_only=True)
class AllWell:
    """How one school's service stands at a moment, for one hearer.

    `everything`: the numbers and the forms' last responses are of all concerns, else of those that the hearer was
    told of. `reminders_failing` and `next_review` are None where that could not be found out.
    """

    school: str
    at: datetime
    everything: bool
    tally: Tally
    stores: tuple[StoreStands, ...]
    forms: tuple[FormStands, ...]
    sources: tuple[SourceStands, ...]
    bad_places: tuple[str, ...]
    audit_holds: bool
    yesterday: Yesterday
    reminders_failing: int | None
    next_review: str | None
    repeat: bool = False

    @property
    def lines(self) -> tuple[tuple[str, str], ...]:
        """Name and value of each line; as many every day, whatever has happened."""
        of = self.tally
        owed = "nothing is owed" if of.oldest_owed is None else f"for {_said(of.oldest_owed)}"
        failing = "not known" if self.reminders_failing is None else str(self.reminders_failing)
        return (
            ("Concerns received in the last 24 hours", f"{of.received}, and {of.received_drills} drill(s)"),
            ("Concerns not acknowledged", f"{of.unacknowledged}, and {of.unacknowledged_drills} drill(s)"),
            ("Filing and telling", f"{of.failed} failed, {of.tried_again} being tried again"),
            ("Oldest still owed", owed),
            *((_capital(say_place(store.place)), _store(store)) for store in self.stores),
            *((f'Form "{form.title}"', _last(form)) for form in self.forms),
            *((f"Fetching from {source.title}", _looked(source)) for source in self.sources),
            ("Reminders to the office that fail", failing),
            ("Next policy review", self.next_review if self.next_review is not None else "not known"),
        )

    @property
    def wrong(self) -> tuple[str, ...]:
        """One sentence for each thing that is wrong; none where all is well."""
        return (*self._wrong_with_concerns(), *self._wrong_with_places(), *self._wrong_with_messages())

    def _wrong_with_concerns(self) -> Iterator[str]:
        of = self.tally
        if of.past_ladder:
            yield f"Acknowledged by nobody, though the whole ladder has been told: {of.past_ladder} concern(s)."
        if of.failed:
            yield f"Given up: {of.failed}. `connector status` names each. Mend the cause, then `connector retry`."
        if of.oldest_owed is not None and of.oldest_owed > OWED_TOO_LONG:
            yield f"Something has been owed for {_said(of.oldest_owed)}. `connector status` says more."

    def _wrong_with_places(self) -> Iterator[str]:
        for place in self.bad_places:
            yield f"Stands wrong: {say_place(place)}. `connector status` says why."
        for store in self.stores:
            where = say_place(store.place)
            if store.seals and not store.reachable:
                yield f"Nothing can be written {where}. `connector check` says why."
            elif not store.seals and (store.looked_at is None or self.at - store.looked_at > RIGHTS_TOO_OLD):
                yield f"For over a day nobody has looked who can read it: {where}."
        for source in self.sources:
            if source.is_late:
                yield f"For long nothing has been fetched from {source.title}."
        if not self.audit_holds:
            yield "The audit chain is broken: somebody changed the ledger by hand. `connector check` says where."

    def _wrong_with_messages(self) -> Iterator[str]:
        if self.yesterday is Yesterday.NOT_ALL:
            yield "Yesterday's message did not reach everybody whom it was for."
        elif self.yesterday is Yesterday.SILENT:
            yield "No message was sent yesterday: the service did not run."
        if self.reminders_failing is None:
            yield "It could not be found out whether the office's reminders go out."
        elif self.reminders_failing:
            yield f"Reminders to the office that do not go out: {self.reminders_failing}."
        if self.next_review is None:
            yield "The register of policies could not be read."


def _store(store: StoreStands) -> str:
    if store.seals:
        return f"sealed, nothing to verify; {'reachable' if store.reachable else 'NOT reachable'}"
    if store.state is None or store.looked_at is None:
        return "not looked at yet"
    said = _IN_WORDS.get(store.state, "looked at {}").format(say_moment(store.looked_at))
    return f"{said}; {'reachable' if store.reachable else 'NOT reachable'}"


def _last(form: FormStands) -> str:
    return f"last response {say_moment(form.last)}" if form.last else "no response yet"


def _looked(source: SourceStands) -> str:
    return f"last looked at {say_moment(source.looked_at)}" if source.looked_at else "not looked at yet"


def _said(lasted: timedelta) -> str:
    """`2 days 5 hours`, `1 hour 5 minutes`, `less than a minute`."""
    minutes = int(lasted.total_seconds()) // 60
    parts = ((minutes // 1440, "day"), (minutes // 60 % 24, "hour"), (minutes % 60, "minute"))
    found = [f"{number} {name}{'s' if number != 1 else ''}" for number, name in parts if number]
    return " ".join(found[:2]) or "less than a minute"


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]
