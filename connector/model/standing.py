"""How something stands that no concern is bound to: a store's rights, a source, a sign-in, a flow."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from connector.model.moments import local, say_date, say_moment


class State(StrEnum):
    """`unverified` is never good enough to be shown as in order, and never bad enough to stop.

    `news` is told once and stands for nothing.
    """

    GOOD = "good"
    UNVERIFIED = "unverified"
    BAD = "bad"
    NEWS = "news"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a look found. `said` names the right or fault found and how to mend it; never a person, never a URL."""

    state: State
    said: str = ""
    about: str = ""

    @property
    def identity(self) -> str:
        """What makes it the same finding: `about`, where the words hold more than that (an error, a count)."""
        return self.about or self.said


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A verdict with its history. `told_at` is None while people have still to hear of the last turn."""

    school: str
    place: str
    state: State
    said: str
    since: datetime
    looked_at: datetime
    told_at: datetime | None


_PLACES = {
    "store": "where records are filed",
    "staff_store": "where records about staff are filed",
    "intake_library": "fetching responses from the intake library",
    "intake_library rights": "who can read the intake library",
    "certificate": "the certificate for signing in to Microsoft",
}


def say_place(place: str) -> str:
    """A place in words; a form's flow or history is named as it is."""
    return _PLACES.get(place, place)


LONGEST_SAID = 400


def turned(before: Standing | None, school: str, place: str, verdict: Verdict, now: datetime) -> Standing:
    """How the place stands after this verdict, and whether people have heard.

    A turn is news, and so is another fault found. What was good from the first is no news.
    """
    said = verdict.said[:LONGEST_SAID]
    is_same = before is not None and before.state is verdict.state and verdict.identity[:LONGEST_SAID] in before.said
    if before is not None and before.told_at is None and verdict.state is State.GOOD and not is_same:
        # Mended before anybody could be told: that it was so must be known all the same.
        said = f"It stood otherwise from {say_moment(before.since)}: {before.said}"[:LONGEST_SAID]
    if is_same and before is not None:
        told_at = before.told_at
    elif before is None and verdict.state is State.GOOD:
        told_at = now
    else:
        told_at = None
    return Standing(
        school=school,
        place=place,
        state=verdict.state,
        said=before.said if is_same and before is not None else said,
        since=before.since if before is not None and before.state is verdict.state else now,
        looked_at=now,
        told_at=told_at,
    )


# Microsoft switches a flow off that was not triggered for 90 days, 30 days after a mail (ms365.md 1.1).
DORMANT_AFTER = timedelta(days=60)
EXPIRES_SOON = timedelta(days=30)


def flow_alive(last: datetime | None, now: datetime) -> Verdict:
    """Whether a flow still brings responses; one that never brought any is not known to be dead."""
    if last is None or now - last < DORMANT_AFTER:
        return Verdict(State.GOOD)
    said = (
        f"No response has come through the flow since {say_date(local(last).date())}. Microsoft switches a flow off "
        "that is not used for 90 days and 30 more. Send one test response through the form itself."
    )
    return Verdict(State.BAD, said, about="No response has come through the flow since")


def certificate_lasts(ends: datetime | None, now: datetime) -> Verdict:
    """Whether the certificate of a sign-in is good for a while; a secret (None) does not say when it ends."""
    if ends is None or ends - now > EXPIRES_SOON:
        return Verdict(State.GOOD)
    left = (ends - now).days
    step = next((f"in less than {days} days" for days in (1, 3, 7, 14) if left < days), "soon")
    said = (
        f"The certificate by which the service signs in to Microsoft {'has ended' if ends < now else 'ends'},"
        f" {step if ends >= now else 'so nothing works there'}: {say_date(local(ends).date())}. "
        "Make another with `connector keys certificate` and upload its .cer beside the old one."
    )
    return Verdict(State.BAD, said)
