"""What the office's mail says, as text and as HTML."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from connector.model.moments import say_date
from connector.model.office_mail import OfficeMail, OfficeMailKind
from connector.notify.mail import Letter
from connector.notify.words import Words

_SUBJECTS = {
    OfficeMailKind.WEEK: "Policies: this week's list",
    OfficeMailKind.REMINDER: "Policies: a review is due",
}


def letter_of(words: Words, mail: OfficeMail) -> Letter:
    """The letter of that mail. Its subject names no policy and no school: it may be read on a locked screen."""
    values = _values(mail)
    return Letter(
        subject=_SUBJECTS[mail.kind],
        text=words.environment.get_template("policies.txt").render(values),
        html=words.environment.get_template("policies.html").render(values),
        calendar=mail.calendar,
    )


def _values(mail: OfficeMail) -> dict[str, Any]:
    values = {part.name: getattr(mail, part.name) for part in fields(mail)}
    return values | {"day": say_date(mail.day), "heading": _SUBJECTS[mail.kind]}
