"""A list of what a record must hold as a policy profile, drafted for a person to confirm. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise, zip_longest

from connector.model.policy import Confidence, Finding, Presence, RecordList
from connector.model.policy_text import Block
from connector.model.profile import FieldRule, Need, PolicyProfile
from connector.understanding.asks import fields_in, left_in
from connector.understanding.catalogue import RULES, URGENT_PHRASES

_OURS = "asked by the service: a record must say who wrote it"
_ONLY_IN_PART = "only a part of it was understood"
_NO_END = "its bullets or their levels are lost: it was taken to end with \u201c{last}\u201d ({place})"
_LONGEST_NAME, _LONGEST_LABEL, _LONGEST_LEAD = 40, 80, 200
_CLAUSES = re.compile(r";(?: and)?\s+|, and (?=the names?\b)")
# `a)`, `(iv)`, `2.`, `1.3`
_NUMBER = re.compile(r"\(?(?:[a-z]|[ivx]{1,4}|\d{1,2})[.)]\s+|\d{1,2}(?:\.\d{1,2}){1,3}\.?\s+", re.IGNORECASE)
# What says nothing without the line that it stands under.
_WHO = re.compile(r"(?:full )?names?(?: (?:and|or|/) (?:role|position))?|role|position|signature|signed", re.IGNORECASE)
_WHEN = re.compile(r"dates?|times?|dates? (?:and|/) times?", re.IGNORECASE)
_PEOPLE = frozenset({"child_name", "reported_to", "reporter_name", "others_present", "witnesses"})
# What makes an answer one that the reporter may leave out, for a reason.
_FIT = r"(?:appropriate|applicable|known|relevant|possible|necessary|any|available)"
_WHERE_FIT = re.compile(rf"\b(?:where|if|when|as) (?:deemed |it is )?{_FIT}\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """What the profile is called after: the policy's file, its title and its setting."""

    file: str
    title: str
    setting: str

    @property
    def slug(self) -> str:
        """The title, else the file's name, as a profile's name: `child-sexual-exploitation-cse-policy`."""
        plain = re.sub(r"[^a-z0-9]+", "-", (self.title or self.file.rpartition(".")[0] or self.file).casefold())
        plain = plain.strip("-")[:_LONGEST_NAME].strip("-")
        return plain if plain[:1].isalpha() else f"policy-{plain}"[:_LONGEST_NAME].strip("-")


def clauses_of(item: Block) -> tuple[str, ...]:
    """The clauses of an item, without its number; of a row those of its first cell and of each behind a blank one."""
    cells = item.cells or (item.text,)
    asked = (cells[0], *(cell for before, cell in pairwise(cells) if not before.strip()))
    plain = (cell[hit.end() :] if (hit := _NUMBER.match(cell)) else cell for cell in asked)
    return tuple(clause.strip() for cell in plain for clause in _CLAUSES.split(cell) if clause.strip())


def drafted(lead: Block, items: Sequence[Block], named: Named, *, has_end: bool = True) -> RecordList:
    """The list with its draft: each field under the words that ask for it. What is not known is a plain field.

    Without an end of its own the list is doubtful, and its lead says where it was taken to end.
    """
    rules: dict[str, FieldRule] = {}
    unclear: list[Finding] = []
    for item, head, clause in ((one, head, clause) for one, head in _under_heads(items) for clause in clauses_of(one)):
        known = _asked_under(head, clause)
        for rule in _rules_of(clause, known, item.place, rules):
            rules.setdefault(rule.id, rule)
        if not known or left_in(clause):
            unclear.append(replace(_finding(item), value=clause, note=_ONLY_IN_PART if known else ""))
    rules.setdefault(
        "reporter_name", RULES["reporter_name"].model_copy(update={"policy_words": _OURS, "source": _OURS})
    )
    profile = PolicyProfile(
        name=named.slug,
        title=f"Record of concern ({named.title})" if named.title else "Record of concern",
        setting=named.setting or "not said",
        source=f"{named.title or named.file}, \u201c{lead.text[:_LONGEST_LEAD]}\u201d ({lead.place})",
        drafted_from=named.file,
        urgent_phrases=URGENT_PHRASES,
        fields=tuple(_sound(rule, rules) for rule in rules.values()),
    )
    return RecordList(
        lead=_finding(lead) if has_end else _without_end(lead, items[-1]),
        items=tuple(map(_finding, items)),
        profile=profile,
        not_understood=tuple(unclear),
    )


def _under_heads(items: Sequence[Block]) -> Iterator[tuple[Block, str]]:
    """Each item with the words of the one that it stands under; where levels are lost, a head reaches to the next one.

    A head that asks for nothing itself is no field.
    """
    head: Block | None = None
    is_flat = False
    for item, below in zip_longest(items, items[1:]):
        if below is not None and item.text.endswith(":"):
            head, is_flat = item, below.level <= item.level
            if any(map(fields_in, clauses_of(item))):
                yield item, ""
            continue
        if head is not None and not is_flat and item.level <= head.level:
            head = None
        yield item, " ".join(clauses_of(head)).rstrip(": ") if head else ""


def _asked_under(head: str, clause: str) -> tuple[str, ...]:
    """What the clause asks for: `name` under `The person told:` is not the child's, nor `date` that of the incident."""
    bare = clause.strip(" .,;")
    if head and _WHO.fullmatch(bare):
        known = fields_in(f"{bare} of {head}")
        return known if _PEOPLE.intersection(known) else ()
    return fields_in(f"{head}, {bare}" if head and _WHEN.fullmatch(bare) else clause)


def _rules_of(clause: str, known: Sequence[str], place: str, taken: Mapping[str, FieldRule]) -> Iterator[FieldRule]:
    """The fields of one clause, with its words."""
    if not known:
        yield _plain_rule(clause, place, taken)
    for field in known:
        rule = RULES[field].model_copy(update={"policy_words": clause, "source": place})
        is_left_to_judge = rule.need is Need.REQUIRED and _WHERE_FIT.search(clause)
        yield (
            rule.model_copy(update={"need": Need.CONDITIONAL, "judged_by_reporter": True}) if is_left_to_judge else rule
        )


def _plain_rule(clause: str, place: str, taken: Mapping[str, FieldRule]) -> FieldRule:
    """A field that nothing is known of, under the policy's own words."""
    words, said = re.findall(r"[a-z0-9]+", clause.casefold()), clause.rstrip(".:; ")[:_LONGEST_LEAD]
    plain = "_".join(words)
    plain = plain if plain[:1].isalpha() else f"item_{plain}"
    names = (
        plain[: _LONGEST_NAME - len(tail)].rstrip("_") + tail
        for tail in ("", *(f"_{at}" for at in range(2, len(taken) + 3)))
    )
    return FieldRule(
        id=next(name for name in names if name not in taken and name not in RULES),
        label=said[:_LONGEST_LABEL],
        need=Need.REQUIRED,
        ask=f"The policy asks for: {said}. What is it?",
        policy_words=clause,
        source=place,
    )


def _sound(rule: FieldRule, rules: Mapping[str, FieldRule]) -> FieldRule:
    """A condition on a field that this policy does not ask for is the reporter's to judge."""
    if all(condition.field in rules for condition in rule.when):
        return rule
    return rule.model_copy(update={"when": (), "judged_by_reporter": True})


def _finding(block: Block) -> Finding:
    return Finding(
        presence=Presence.FOUND, value=block.text, words=block.text, place=block.place, confidence=Confidence.LIKELY
    )


def _without_end(lead: Block, last: Block) -> Finding:
    note = _NO_END.format(last=last.text, place=last.place)
    return replace(_finding(lead), confidence=Confidence.DOUBTFUL, note=note)
