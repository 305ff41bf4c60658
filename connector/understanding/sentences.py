"""The sentences of a block, and what they say of the policy's own dates: `It was adopted on 23/1/26`. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from connector.model.policy import Confidence, Finding, Presence
from connector.model.policy_dates import Cycle, NotADate, Phrase, PolicyDate, Why
from connector.model.policy_text import Block, BlockKind
from connector.understanding.dates import find_phrases
from connector.understanding.labels import Label
from connector.understanding.not_yet import is_not_yet, is_told_as_to_come
from connector.understanding.sign_offs import MINUTE, Said

# A full stop that shortens a word ends no sentence: `Mrs. Hale`, `J. Hale`, `Tel. 01632 960101`.
_SHORT_FORMS = ("Mr", "Mrs", "Ms", "Dr", "Rev", "St", "[Tt]el", "[Ee]xt", "[A-Z]")
_NO_END = "".join(rf"(?<!\b{form}\.)" for form in _SHORT_FORMS)
SENTENCE_END = re.compile(rf"(?<=[.!?]){_NO_END}" + r"[\u201d\u2019\"')]{0,2}\s+(?=[\"\u201c\u2018'(]?[A-Z\d])")
# A longer sentence is no statement of a date.
_LONGEST = 600
_TO_COME = r"(?:to|will|shall|must|should) (?:\w+ ){0,2}?"
_UPDATED = r"(?:reviewed|updated|revised)"
# Of two that begin at one place the first counts.
_VERBS = (
    (Label.NEXT_REVIEW, r"next review(?:ed)?|(?:due|up) for review|review is due"),
    (Label.NEXT_REVIEW, rf"{_TO_COME}be (?:\w+ ){{0,2}}?{_UPDATED}|(?:is|are) (?:\w+ )?{_UPDATED}|{_TO_COME}review"),
    (Label.OTHER, rf"{_TO_COME}be (?:\w+ )?(?:adopted|accepted|approved|ratified|agreed)"),
    (Label.ACCEPTED, r"adopted|accepted|approved|ratified|agreed"),
    (Label.WRITTEN, r"reviewed|updated|revised|written|produced|issued|published|created|drawn up|amended"),
    (Label.NEXT_REVIEW, r"reviews?"),
)
_VERB = re.compile("|".join(f"(?P<v{at}>\\b(?:{verb})\\b)" for at, (_, verb) in enumerate(_VERBS)), re.IGNORECASE)
_OWN = r"(?:policy|policies|document|procedures?|statement)"
_AUXILIARY = (
    r"(?:was|is|are|has|have|had|will|shall|must|should|to|be|been|being|due|next|last|first|also|then|formally|fully"
    r"|currently|normally|usually|in|turn)"
)
_DONE = r"(?:for )?(?:\w+(?:ed|ten|wn)|review)\b"
# The sentence is of the policy itself: it is the subject, or the object, or nothing else is.
_IS_OWN = re.compile(
    rf"\b(?:this|the|our|these) (?:\w+ ){{0,4}}?{_OWN}\b(?: and \w+)?[\s,]{{0,3}}(?:\(.{{0,40}}\)\s?)?"
    rf"(?:{_AUXILIARY}\s){{0,6}}{_DONE}"
    rf"|\breviews?(?:ed)? (?:of )?(?:this|the|our) (?:\w+ ){{0,3}}?{_OWN}\b"
    r"|\b(?:this|the|our) (?:\w+ ){0,3}?policy'?s? (?:\w+ )?review\b",
    re.IGNORECASE,
)
_BEGINS = re.compile(
    r"^\W*(?:it (?:was|is|has been|will be)|(?:formally|last|next|first|to be|due|date|annual) |the next review)?\W*"
    r"(?:(?:re)?view|adopt|accept|approv|ratif|updat|revis|written|issued|publish|produced|agreed)",
    re.IGNORECASE,
)
_IT = re.compile(r"^\W*it (?:was|is|has been|will be|shall be|must be|should be)\b", re.IGNORECASE)
# Between the verb and its date stand who did it and small words, never a text, a law or another occasion.
_LONGEST_GAP = 110
_APART = re.compile(
    r"\b(?:with|under|following|against|per|since|because|legislation|guidance|acts?|keeping|education|kcsie|accordance|"
    r"light|line|response|version|edition|training|plans?|assessments?|records?|after|until|before)\b|[;\u2018\u201c]",
    re.IGNORECASE,
)

# The one before this one.
_PREVIOUS = re.compile(r"\b(?:previous|former|earlier|old) (?:policy|version|edition)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Verb:
    """What is done to the policy, and where the word for it ends."""

    end: int
    label: Label


def sentences_of(block: Block) -> Iterator[str]:
    """Its sentences as they stand; a row's cells."""
    for part in block.cells or (block.text,):
        yield from (said.strip() for said in SENTENCE_END.split(part) if said.strip())


def said_in_prose(blocks: Sequence[Block]) -> Iterator[Said]:
    """Dates, cycles and minute numbers of the policy itself that stand in sentences."""
    is_after_policy = False
    for block in blocks:
        if block.kind is BlockKind.ROW:
            continue
        for sentence in sentences_of(block):
            is_own = is_about_policy(sentence) or (is_after_policy and _IT.match(sentence) is not None)
            if is_own and len(sentence) <= _LONGEST and not _PREVIOUS.search(sentence):
                yield from _said(sentence, block)
            is_after_policy = is_own


def is_about_policy(sentence: str) -> bool:
    """True where the policy itself is what is written, adopted or reviewed."""
    part = sentence[:_LONGEST]
    return bool(_IS_OWN.search(part) or (_BEGINS.match(part) and not _IT.match(part)))


def _said(sentence: str, block: Block) -> Iterator[Said]:
    verbs = [_Verb(hit.end(), _VERBS[int(str(hit.lastgroup)[1:])][0]) for hit in _VERB.finditer(sentence)]
    if any(verb.label is Label.ACCEPTED for verb in verbs) and (minute := MINUTE.search(sentence)):
        yield Label.MINUTE_NUMBER, _likely(minute["number"].strip(), sentence, block)
    end = 0
    for phrase in find_phrases(sentence):
        start = sentence.find(phrase.said, end)
        end = start + len(phrase.said)
        label = _label_of(phrase, sentence, start, verbs)
        if label is not Label.OTHER:
            yield label, _likely(phrase.said, sentence, block)


def _label_of(phrase: Phrase, sentence: str, start: int, verbs: Sequence[_Verb]) -> Label:
    """What the phrase is the date of, by the verb nearest before it; `other` where they do not belong together."""
    before = [verb for verb in verbs if verb.end <= start]
    if isinstance(phrase, NotADate) and phrase.why is not Why.IMPOSSIBLE:
        return Label.OTHER
    if not before:
        # `Annually reviewed`, `each autumn term the governors review this policy`.
        is_of_review = isinstance(phrase, Cycle) and any(verb.label is Label.NEXT_REVIEW for verb in verbs)
        return Label.CYCLE if is_of_review else Label.OTHER
    verb = before[-1]
    gap = sentence[verb.end : start]
    beside = sentence[verb.end :].lstrip(" :")
    tells = is_told_as_to_come if isinstance(phrase, PolicyDate) else is_not_yet
    is_to_come = verb.label is Label.ACCEPTED and tells(beside)
    if is_to_come or len(gap) > _LONGEST_GAP or _APART.search(gap):
        return Label.OTHER
    if isinstance(phrase, Cycle):
        return Label.CYCLE if verb.label in {Label.NEXT_REVIEW, Label.WRITTEN} else Label.OTHER
    return verb.label


def _likely(value: str, words: str, block: Block) -> Finding:
    return Finding(presence=Presence.FOUND, value=value, words=words, place=block.place, confidence=Confidence.LIKELY)
