"""What a policy says of itself: names, dates, sign-offs. Labels come before prose; where places differ it is said."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from connector.model.policy import ABSENT, Confidence, DateFinding, Finding, Presence
from connector.model.policy_text import Block, BlockKind, PolicyText
from connector.understanding.labels import Label, label_of
from connector.understanding.naming import setting_in, title_in
from connector.understanding.pairs import Pair, pairs_in
from connector.understanding.sentences import said_in_prose
from connector.understanding.settling import latest_of, one_of, past_among, review_of, unread_in
from connector.understanding.sign_offs import DATES, said_by

_PICTURES = "there are pictures in the file; a signature may be one of them"
_SIGNED_ON = "it stands beside a signature"
_WAS = "the next review stands beside it: taken for the day of the last one"
_PAST = "an earlier review date stands beside it: {said}"
# What ends the label at the beginning of a line.
_FIRST = re.compile(r"[:\t|]")
_APPENDIX = re.compile(r"(?:appendix|annex)(?: \w{1,2})?(?:\b.{0,80}\D)?", re.IGNORECASE)

Found = dict[Label, list[Finding]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """What was found of the policy itself."""

    title: Finding
    number: Finding
    setting: Finding
    version: Finding
    owner: Finding
    written: DateFinding
    accepted: DateFinding
    next_review: DateFinding
    cycle: DateFinding
    signed_head: Finding
    signed_chair: Finding
    minute_number: Finding
    linked: tuple[Finding, ...]
    not_understood: tuple[Finding, ...]


def header_of(text: PolicyText) -> Header:
    """Everything the policy says of itself."""
    found = _found(text.blocks)
    title, number = title_in(text.blocks)
    title = _labelled(found, Label.TITLE) or title
    has_pictures = any("picture" in one for one in text.unread)
    next_review, cycle = review_of(found[Label.NEXT_REVIEW], found[Label.CYCLE])
    return Header(
        title=title,
        number=_labelled(found, Label.NUMBER) or number,
        setting=_labelled(found, Label.SETTING) or setting_in(text.blocks, title),
        version=one_of(found[Label.VERSION]),
        owner=one_of(found[Label.OWNER]),
        written=latest_of(found[Label.WRITTEN]),
        accepted=_accepted(found),
        next_review=next_review,
        cycle=cycle,
        signed_head=_noted(one_of(found[Label.SIGNED_HEAD]), has_pictures),
        signed_chair=_noted(one_of(found[Label.SIGNED_CHAIR]), has_pictures),
        minute_number=one_of(found[Label.MINUTE_NUMBER]),
        linked=tuple(one for one in found[Label.LINKED] if one.presence is Presence.FOUND),
        not_understood=tuple(_not_understood(found)),
    )


def _found(blocks: Sequence[Block]) -> Found:
    """What is said under each label; prose where no label says it, and wherever it names a review."""
    found: Found = defaultdict(list)
    for label, finding in said_by(list(_own(blocks)), blocks):
        found[label].append(finding)
    plain = set(found[Label.REVIEW])
    leading = _leading(blocks)
    next_reviews = [one for one in found[Label.NEXT_REVIEW] if one not in plain and one.place in leading]
    told = {label for label, said in found.items() if any(one.presence is Presence.FOUND for one in said)}
    for label, finding in said_in_prose(blocks):
        if label not in told or label is Label.NEXT_REVIEW:
            found[label].append(finding)
    _part_reviews(found, next_reviews)
    return found


def _leading(blocks: Sequence[Block]) -> set[str]:
    """Places that may speak of this policy before others: lines that begin with a label, and not in an appendix."""
    begins = next((at for at, block in enumerate(blocks) if _is_appendix(block)), len(blocks))
    return {block.place for block in blocks[:begins] if label_of(_FIRST.split(block.text.strip(), maxsplit=1)[0])}


def _part_reviews(found: Found, told: Sequence[Finding]) -> None:
    """A plain `Review date` before the one that is called the next says when it was reviewed; else it is a note."""
    plain, named = set(found[Label.REVIEW]), set(told)
    places = {one.place for one in plain}
    past = set(past_among([one for one in found[Label.NEXT_REVIEW] if one not in named and one.place in places], told))
    found[Label.NEXT_REVIEW] = [one for one in found[Label.NEXT_REVIEW] if one not in past]
    labelled = [one for one in dict.fromkeys(found[Label.REVIEW]) if one in past]
    if any(one.presence is Presence.FOUND for one in found[Label.WRITTEN]):
        also = "; ".join(f"\u201c{one.words}\u201d ({one.place})" for one in labelled)
        note = _PAST.format(said=also) if also else ""
        found[Label.NEXT_REVIEW] = [
            replace(one, note=note) if note and one in named else one for one in found[Label.NEXT_REVIEW]
        ]
    else:
        found[Label.WRITTEN] += [replace(one, confidence=Confidence.LIKELY, note=_WAS) for one in labelled]


def _own(blocks: Sequence[Block]) -> Iterator[Pair]:
    """The labels of the policy itself: a form in an appendix has its own places for dates and signatures."""
    begins = next((at for at, block in enumerate(blocks) if _is_appendix(block)), len(blocks))
    of_appendix = {id(block) for block in blocks[begins:]}
    for pair in pairs_in(blocks):
        if id(pair.block) not in of_appendix or _may_be_of_policy(pair):
            yield pair


def _may_be_of_policy(pair: Pair) -> bool:
    """True for what an appendix may still say of the policy; `Review date: ______` is of the form that it holds."""
    is_left_open = pair.known.is_open and not pair.value.strip()
    return pair.label in {Label.NEXT_REVIEW, Label.ACCEPTED} and not is_left_open


def _is_appendix(block: Block) -> bool:
    """`Appendix 2: record of concern`; not its line in a table of contents, which ends with a page."""
    return block.kind in {BlockKind.HEADING, BlockKind.PARAGRAPH} and bool(_APPENDIX.fullmatch(block.text))


def _labelled(found: Found, label: Label) -> Finding | None:
    one = one_of(found[label])
    return one if one.presence is Presence.FOUND else None


def _accepted(found: Found) -> DateFinding:
    """The day of acceptance; where only a signature is dated, that day, as likely."""
    accepted = latest_of(found[Label.ACCEPTED])
    signed_on = latest_of(found[Label.SIGNED_ON])
    if accepted.finding is ABSENT and signed_on.finding.presence is Presence.FOUND:
        finding = replace(signed_on.finding, confidence=Confidence.LIKELY, note=_SIGNED_ON)
        return replace(signed_on, finding=finding)
    return accepted


def _noted(finding: Finding, has_pictures: bool) -> Finding:
    is_left_open = finding.presence is Presence.BLANK and not finding.note
    return replace(finding, note=_PICTURES) if is_left_open and has_pictures else finding


def _not_understood(found: Found) -> Iterator[Finding]:
    """What stands in a date's place and is none, and signatures of which nobody knows whose they are."""
    for label in sorted(DATES):
        yield from _once(unread_in(found[label]))
    yield from found[Label.SIGNED]


def _once(findings: Iterable[Finding]) -> Iterable[Finding]:
    """Each of them once: a line is read as a label and as a sentence."""
    kept: dict[tuple[str, str], Finding] = {}
    for one in findings:
        kept.setdefault((one.value, one.place), one)
    return kept.values()
