"""The people of a school and the ladder on which they stand."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import Field, StringConstraints, model_validator

from connector.model.profile import Slug, Strict

Email = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^[^\s@<>\r\n]+@[^\s@<>\r\n]+$")]


class Away(Strict):
    """Days on which a person is not there (both included) and who covers."""

    first: date
    last: date
    cover: Slug

    @model_validator(mode="after")
    def _in_order(self) -> Away:
        if self.last < self.first:
            raise ValueError("`last` lies before `first`")
        return self


class Person(Strict):
    """Somebody who is told: DSL, deputy, head, owner or chair, technician."""

    name: str
    role: str
    email: Email
    also_known_as: tuple[str, ...] = ()
    away: tuple[Away, ...] = ()


class Rung(Strict):
    """Who is told when nobody has acknowledged for so many minutes."""

    after_minutes: int = Field(ge=0, le=7 * 24 * 60)
    people: tuple[Slug, ...] = Field(min_length=1)
    tell_reporter: bool = False


class Ladder(Strict):
    """The rungs in order; the first is told at once."""

    rungs: tuple[Rung, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _climbs(self) -> Ladder:
        minutes = [rung.after_minutes for rung in self.rungs]
        if minutes[0] != 0:
            raise ValueError("the first rung must be told at once: after_minutes = 0")
        if sorted(set(minutes)) != minutes:
            raise ValueError("each rung must come later than the one before it")
        return self
