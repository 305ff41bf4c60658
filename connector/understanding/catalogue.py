"""The fields that a record of concern is known to hold, with what the service asks for each. Pure."""

from __future__ import annotations

from typing import Any

from connector.model.profile import FieldRule

# The service's own list of words that may mean a child is in danger now; it never decides the risk.
URGENT_PHRASES = (
    "not safe", "unsafe", "not sure she is ok", "not sure he is ok", "not sure they are ok",
    "worried about the weekend", "scared to go home", "afraid to go home", "in danger", "immediate danger",
    "needs urgent", "called 999", "ambulance",
)  # fmt: skip
_CHOICES = (
    {"value": "observation", "words": ("observation", "observed", "saw")},
    {"value": "disclosure", "words": ("disclosure", "disclosed", "told me")},
    {"value": "third_party", "words": ("third party", "somebody else told")},
)


def _rule(id_: str, kind: str, label: str, ask: str, **more: Any) -> FieldRule:
    need = "conditional" if more.get("when") or more.get("judged_by_reporter") else "required"
    said = {"id": id_, "kind": kind, "label": label, "ask": ask, "need": need, "policy_words": ""}
    return FieldRule.model_validate(said | more)


def _if(field: str, value: str) -> list[dict[str, object]]:
    return [{"field": field, "is": [value]}]


_ABOUT_THE_CHILD = (
    _rule("child_name", "name", "child's name", "What is the child's full name?"),
    _rule(
        "child_address", "address", "child's address",
        "What is the child's address? Please write it out; a note of where to look it up does not stand in the record.",
    ),
    _rule("child_age", "age", "child's age", "How old is the child, in years and months?"),
    _rule(
        "child_dob", "date", "date of birth", "What is the child's date of birth (day, month, year)?", per_child=True
    ),
    _rule("child_class", "text", "class or room", "Which class or room is the child in?"),
)  # fmt: skip
_WHAT_HAPPENED = (
    _rule("occurred_date", "date", "date of the observation or disclosure", "On which date was it seen or said?"),
    _rule(
        "occurred_time", "time", "time of the observation or disclosure",
        "At what time was it seen or said? 'About' a time is an answer too.",
    ),
    _rule("place", "text", "place", "Where was it?"),
    _rule(
        "kind", "choice", "observation or disclosure",
        "Did you see it (observation), or did the child tell you (disclosure)?", choices=_CHOICES,
    ),
    _rule(
        "exact_words", "words", "exact words spoken by the child",
        "What did the child say, in exactly the child's own words?", when=_if("kind", "disclosure"),
    ),
    _rule(
        "marks_position", "marks", "position of injuries or marks",
        "Were there injuries or marks, and where exactly? If there were none, write 'none seen'.", none_counts=True,
    ),
    _rule(
        "marks_type", "text", "type of injuries or marks",
        "What kind of mark was it: its shape, size and colour?", when=_if("marks_position", "seen"),
    ),
    _rule("observation", "text", "exact observation of the incident", "What exactly did you see?"),
    _rule(
        "witnesses", "people", "other witnesses", "Did anybody else see it?", judged_by_reporter=True, none_counts=True
    ),
    _rule("immediate_action", "text", "what was done straight away", "What did you do straight away?"),
)  # fmt: skip
_WHO_WAS_TOLD = (
    _rule(
        "reported_to", "people", "person the concern was reported to",
        "Whom did you tell in person? If you have told nobody yet, please tell the DSL or a deputy now.",
    ),
    _rule("reported_date", "date", "date it was reported", "On which date did you tell that person?", same_day=True),
    _rule("reported_time", "time", "time it was reported", "At what time did you tell that person?"),
    _rule(
        "others_present", "people", "other persons present", "Who else was present at the time?",
        judged_by_reporter=True, none_counts=True,
    ),
    _rule(
        "parent_discussion", "contact", "discussion with the parents", "Was there any discussion with the parents?",
        judged_by_reporter=True,
    ),
    _rule(
        "parent_not_told_reason", "reason", "reason the parents were not told",
        "Why have the parents not been spoken to?", when=_if("parent_discussion", "not_made"),
    ),
)  # fmt: skip
# Whoever raises a concern cannot know what comes of it: the safeguarding lead writes that into the record later.
_LATER = (
    _rule("follow_up", "text", "how it was followed up", "How was the concern followed up?", need="optional"),
    _rule(
        "outcome", "text", "actions, decisions and outcome", "What was decided, and what came of it?", need="optional"
    ),
)
_THE_RECORD = (
    _rule("reporter_name", "person", "your name and role", "What is your own full name, and your role?"),
    _rule("written_at", "text", "when it was written", "When did you write this?", need="optional"),
)
# In the order of the record.
RULES = {rule.id: rule for rule in (*_ABOUT_THE_CHILD, *_WHAT_HAPPENED, *_WHO_WAS_TOLD, *_LATER, *_THE_RECORD)}
