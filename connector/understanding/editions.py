"""Which of the texts that a policy cites are known in a newer edition. It tells; it never judges. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from connector.model.guidance import Editions, Guidance
from connector.model.moments import MONTHS
from connector.model.policy import Citation


def superseded(cited: Sequence[Citation], editions: Editions) -> tuple[str, ...]:
    """A line for each cited text of which a newer edition is known: which, when that was checked, what to look for.

    Of a text the newest edition that is cited counts: older ones beside it are the policy's own history.
    """
    found = []
    newest = {one.key: one.year for one in sorted(cited, key=lambda one: one.year)}
    for citation in cited:
        text = editions.of(citation.key)
        is_newest = citation.year == newest[citation.key]
        if text is not None and is_newest and 0 < citation.year < text.editions[-1]:
            found.append(_said(citation, text))
    return tuple(dict.fromkeys(found))


def _said(citation: Citation, text: Guidance) -> str:
    checked = f"{text.checked_on.day} {MONTHS[text.checked_on.month - 1]} {text.checked_on.year}"
    look = f"; look for {text.look_for}" if text.look_for else ""
    return f"cites {text.title} {citation.year}; a {text.editions[-1]} edition is known, checked on {checked}{look}"
