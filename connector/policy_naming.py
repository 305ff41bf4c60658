"""Which policy a document is: the one that the school's file lists for it, or one of its own name. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import count

from connector.model.document_names import plain
from connector.model.policies_kept import Read
from connector.model.policy_text import FoundDocument
from connector.settings.school import School

_MOST_SLUG = 40


def listed_for(school: School, found: FoundDocument, held: Mapping[str, str]) -> str:
    """The policy that the school's file lists for that document; nothing where another of its name came first."""
    for slug, listed in school.policies.items():
        if listed.file and plain(listed.file) == plain(found.name) and held.get(slug, found.id) == found.id:
            return slug
    return ""


def titled(school: School, title: str, held: Mapping[str, str]) -> str:
    """The listed policy of that title, where its file is not named and no document is its own yet; else nothing."""
    for slug, listed in school.policies.items():
        if listed.title and not listed.file and plain(listed.title) == plain(title) and slug not in held:
            return slug
    return ""


def held_by(school: School, found: Iterable[FoundDocument], held: Mapping[str, str]) -> dict[str, str]:
    """Which policy has which document, without those for which the school's file names another one.

    Of several documents of the name that it gives, the one that changed last is meant.
    """
    there, kept = {one.id: one for one in found}, dict(held)
    for slug, listed in school.policies.items():
        named = [one for one in there.values() if listed.file and plain(one.name) == plain(listed.file)]
        holder = there.get(kept.get(slug, ""))
        if named and holder is not None and (holder not in named or _is_older(holder, named)):
            del kept[slug]
    return kept


def _is_older(holder: FoundDocument, named: list[FoundDocument]) -> bool:
    changes = [one.changed_at for one in named if one.changed_at is not None]
    return holder.changed_at is not None and max(changes) > holder.changed_at


def name_for(school: School, found: FoundDocument, read: Read | None, held: Mapping[str, str]) -> str:
    """The listed policy of that title, where its file is not named; else a short name made of the title or the file's
    name. One whose document is gone takes its successor.
    """
    if read is not None and (slug := titled(school, read.title, held)):
        return slug
    title = (read.title if read is not None else "") or found.name.rpartition(".")[0]
    short = re.sub(r"[^a-z0-9]+", "-", title.casefold()).strip("-")
    short = short if short[:1].isalpha() else f"policy-{short}"
    is_elses = {slug for slug, listed in school.policies.items() if listed.file or listed.title}
    names = (f"{short[: _MOST_SLUG - len(tail)].strip('-')}{tail}" for tail in _tails())
    return next(name for name in names if name not in is_elses and name not in held)


def _tails() -> Iterator[str]:
    """Nothing, then `-2`, `-3` and so on."""
    yield ""
    yield from (f"-{number}" for number in count(2))
