"""Which fields of the record a policy's words ask for. Pure.

A line often asks for several at once ("Age of the child and date of birth"): what is said of one is taken out before
the next is looked for, so that the date of a report is not taken for the date of what happened.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from connector.understanding.catalogue import RULES


def _ask(fields: str, *said: str) -> tuple[tuple[str, ...], re.Pattern[str]]:
    """The fields, and the wordings in which they are asked for. `_when` is a date and a time."""
    return tuple(fields.split()), re.compile("|".join(said))


_CHILD = r"(?:child(?:ren)?|pupil|student|young person|learner)"
_EVENT = r"(?:observations?|disclosures?|incidents?|events?|concerns?|allegations?|injur(?:y|ies))"
_PERSON = r"(?:persons?|people|adults?|members? of staff|staff(?: members?)?)"
_OTHERS = rf"(?:(?:other )?{_PERSON}|others?|anyone(?: else)?|who else(?: was)?|those|all)"
_TOLD = r"(?:reported|told|informed|passed(?: on)?|referred|notified)"
_WRITING = r"(?:making|completing|writing|recording|reporting|raising|submitting)"
_WRITER = rf"(?:reporter|author|writer|{_PERSON} (?:\w+ )?{_WRITING})"
_RECORD = r"(?:record|report|form|note|account|entry|recording|writing)"
_HOME = r"(?:parent(?:s|\(s\))?|carers?|home|family)(?!\w)"
_TALK = r"(?:discussions?|conversations?|contact(?! details| num| info)|communications?|spoken)"
_TIMES = r"(?<!at the )(?:dates?|times?)(?!\w| of birth)"
_BOTH = rf"{_TIMES}(?:(?: and |/| & |, ?)(?:the )?{_TIMES})?"
_THEN = rf"(?:(?:[\s,(]*(?:and|with|the|including|on|at)\b){{0,4}}[\s,]*(?:{_BOTH}|\bwhen\b))?"
_THE = r"(?:the |any |an? |this |each |all )?"
_NAMES = r"(?:full )?names?"
_SEEN = r"(?:happened|was seen|was observed|was said|has been seen)"
_DONE = r"(?:actions?|steps) (?:that (?:was|were) )?(?:already )?taken"
_DECIDED = r"(?:decisions?|outcomes?|resolutions?)(?: (?:reached|made|taken))?"
_AND = r"[, and]{1,6}"
_MARKS = r"(?:injur(?:y|ies)|marks?|bruis(?:es?|ing))"
_OF_MARKS = r"(?:\b(?:position|location|site|type|nature|size|description|details)\b[^;,]{0,30})?"
_TOLD_OF = r"\b(?:observations?|accounts?|descriptions?|summary|details|nature|facts?|record) (?:of|about|regarding)"
_WHERE = r"where (?:it|this|the \w+) (?:happened|took place|occurred|was)"
# In this order; what is found is taken out of the words.
_ASKS = (
    _ask("child_dob", r"\bdates? of birth\b", r"\bd\.?o\.?b\b\.?"),
    _ask(
        "reported_to reported_when",
        rf"(?:\b{_NAMES}(?: and (?:role|position))? of )?{_THE}(?:{_PERSON} )?(?:to )?\bwho(?:m)?\b"
        rf"[^;,]{{0,40}}?\b{_TOLD}\b(?: to\b)?{_THEN}",
        rf"\b{_TOLD} to\b[^;,]{{0,60}}?(?:{_THEN}$|(?=[;,]))",
    ),
    _ask("reported_to reported_when", rf"\b(?:{_NAMES} of )?{_THE}{_PERSON} (?:told|informed|notified)\b{_THEN}"),
    _ask("reported_when", rf"{_BOTH} (?:(?:it|the concern) was )?(?:reported|of (?:the )?(?:report|referral))\b"),
    _ask(
        "parent_discussion parent_not_told_reason",
        rf"(?:\bany )?\b{_TALK}\b[^;,]{{0,60}}\b{_HOME}(?:(?:/| or | and )carers?\b)?",
        rf"\b{_HOME}[^;,]{{0,40}}\b(?:{_TOLD}|contacted|spoken)\b",
    ),
    _ask("others_present", rf"(?:\b{_NAMES} of )?{_THE}\b{_OTHERS}\b[^;,]{{0,20}}\bpresent\b(?: at the time)?"),
    _ask(
        "reporter_name",
        rf"\b(?:{_NAMES}|signature|role|position|job title|designation)\b[^;]{{0,50}}\b{_WRITER}\b"
        rf"(?: (?:the |this )?(?:\w+ )?(?:{_RECORD}|concern))?",
        r"^(?:signed|signature)\b[^;,]{0,40}",
        r"\byour (?:own )?(?:full )?name(?: and (?:role|position))?\b",
    ),
    _ask("written_at", rf"{_BOTH} (?:of )?(?:the |this )?{_RECORD}(?: (?:was )?(?:made|completed|written))?\b"),
    _ask("occurred_when kind", rf"{_BOTH} of {_THE}observations? or (?:of )?{_THE}disclosures?\b"),
    _ask("observation kind", rf"{_TOLD_OF} {_THE}observations? or (?:of )?{_THE}disclosures?\b"),
    _ask("kind", rf"\b(?:whether )?(?:it (?:was|is) )?{_THE}observations? or {_THE}disclosures?\b"),
    _ask(
        "occurred_when",
        rf"{_BOTH}(?: of {_THE}{_EVENT}(?: or {_THE}{_EVENT})*| (?:it|this|the {_EVENT}) (?:was|happened|occurred)\b)?",
        rf"\bwhen (?:it|this|{_THE}{_EVENT}) (?:was|happened|occurred|took place)\b",
        r"^when$",
    ),
    _ask("child_address", rf"\b(?:{_CHILD}(?:'s)? )?(?:home )?address(?:es)?\b(?: of {_THE}{_CHILD})?"),
    _ask(
        "child_name",
        rf"\b{_CHILD}(?:'s|s'?)? {_NAMES}\b",
        rf"\b{_NAMES} of {_THE}{_CHILD}\b",
        rf"^{_NAMES}(?=$|[,/]| and (?:d\.?o\.?b|date|age|address|class))",
    ),
    _ask("child_age", rf"\b(?:{_CHILD}(?:'s|s'?)? )?age\b(?: of {_THE}{_CHILD})?"),
    _ask("child_class", r"\b(?:class|year group|key ?person)\b"),
    _ask(
        "exact_words",
        rf"\b(?:exact |own |actual |{_CHILD}'s )*words\b(?: (?:spoken|used|said))?(?: by)?(?: {_THE}{_CHILD})?",
        rf"\bverbatim\b|\bwhat {_THE}{_CHILD} (?:actually |has )?said\b",
    ),
    _ask("marks_position marks_type", rf"{_OF_MARKS}\b{_MARKS}\b(?:(?: or |/| and )(?:any )?{_MARKS}\b)*"),
    _ask("witnesses", r"(?:\bincluding )?(?:\b(?:names? of )?any (?:other )?)?\bwitness(?:es)?\b"),
    _ask("follow_up", r"(?:\bdetails of )?\bhow (?:the concern|it) was followed up(?: and resolved)?\b"),
    _ask(
        "outcome",
        rf"(?:\bnotes? of )?(?:any |the )?(?:{_DONE}{_AND})?\b{_DECIDED}\b"
        rf"(?:{_AND}(?:the )?(?:{_DECIDED}|reasons?)\b)*",
    ),
    _ask(
        "immediate_action",
        r"\bimmediate (?:actions?|steps)(?: taken)?\b",
        rf"\b{_DONE}(?: at the time| immediately| straight away)?\b",
    ),
    _ask(
        "observation",
        rf"{_TOLD_OF} {_THE}(?:{_EVENT}|(?:what )?{_SEEN})\b",
        rf"\bwhat (?:was|you) (?:seen|saw|heard|observed)\b|\bwhat {_SEEN}\b",
        rf"\b(?:reasons?|grounds) for {_THE}{_EVENT}\b",
        rf"^(?:factual |clear )*(?:observations?|accounts?|descriptions?|{_EVENT})$",
    ),
    _ask("place", rf"\b(?:place|location|{_WHERE})\b(?: of the \w+)?|^where$"),
)
_WHEN = {"occurred_when": ("occurred_date", "occurred_time"), "reported_when": ("reported_date", "reported_time")}
_SMALL = frozenset(
    "a an and any all as at by for from full fully if in is it of on or other others the their this to was were with "
    "clear clearly comprehensive exact exactly seen including include child where deemed appropriate known applicable "
    "possible relevant".split()
)
# An item of a list that is longer is a text of its own.
_LONGEST = 400
# How many of its words may stay unexplained in an item that is understood.
_MOST_LEFT = 2


def fields_in(clause: str) -> tuple[str, ...]:
    """The fields that a clause asks for, in the order of the record; none where none is known."""
    return _taken(clause)[0]


def left_in(clause: str) -> bool:
    """True where more of the clause than a word or two was not understood."""
    return (
        len([word for word in re.findall(r"[^\W\d_]+(?:'\w+)?", _taken(clause)[1]) if word not in _SMALL]) > _MOST_LEFT
    )


def _taken(clause: str) -> tuple[tuple[str, ...], str]:
    """The fields, and the words that asked for none."""
    left, found = _plain(clause), list[str]()
    for names, pattern in _ASKS:
        if hit := pattern.search(left):
            found += [field for name in names for field in _fields(name, hit[0])]
            left = f"{left[: hit.start()]} {left[hit.end() :]}"
    return tuple(field for field in RULES if field in found), left


def _fields(name: str, words: str) -> Iterator[str]:
    """Of `date and time`, or of `when`, both fields; of `date` one."""
    if name not in _WHEN:
        yield name
        return
    on, at = _WHEN[name]
    is_both = re.search(r"\bwhen\b", words) is not None
    if is_both or re.search(r"\bdates?\b", words):
        yield on
    if is_both or re.search(r"(?<!at the )\btimes?\b", words):
        yield at


def _plain(text: str) -> str:
    return " ".join(text[:_LONGEST].casefold().replace("\u2019", "'").split()).strip(" .:;-\u2013*")
