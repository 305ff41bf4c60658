"""What the domain says in many ways, as ideas: `date`, `told`, `birth`. Pure; a table and one reading of it."""

from __future__ import annotations

import re

from connector.checking.words import plain

Ideas = frozenset[str]

_CHILD = r"(?:child(?:ren)?|pupils?|students?|young (?:person|people)|boy|girl)"
_STAFF = r"(?:(?:member of )?staff(?: members?)?|employee|volunteer|colleague)"
_WORKS = r"adult (?:who|that) (?:works?|volunteers?)(?: or (?:works?|volunteers?))?(?: here)?"
_TOLD = r"(?:told|tell|inform(?:ed)?|report(?:ed)?|notif(?:y|ied)|pass(?:ed)?(?: \w+)?(?: concern)? on|refer(?:red)?)"
_LEAD = r"(?: (?:the )?(?:d?dsls?|(?:designated )?safeguarding lead)(?: or deputy)?)?"
_ON = r"(?: (?:this|it|the|that|concern|person))*(?: on)?(?: to)?\b"
_WRITING = r"(?:making|completing|reporting|raising|writing|recording|filling|submitting|logging)"
_WRITTEN = r"(?:reported|completed|recorded|raised|written|submitted|filled in)"
_FORM = r"(?: (?:in |out )?(?:(?:this|the|a) )?(?:concern|form|report|record))?"
_EVENT = r"(?:incidents?|events?|observation|disclosure)"
_OR = r" ?(?:/|or|and) ?"
_HOME = rf"(?:parents?|carers?|family|home|mum|dad)(?:{_OR}carers?)?"
_TALK = (
    r"(?:(?:spoken|contact made|(?:discuss(?:ed|ions?)|conversations?)(?: held)?) (?:to|with)|contact(?:ed)?(?: with)?)"
)
_MARK = r"(?:marks?|injur(?:y|ies)|bruis(?:es?|ing))"
_CLASS = r"(?:class(?:room)?|year(?: group)?|form group|tutor group)"
_SOON = r"(?:straight away|immediately|at once)"
# In this order; each match is taken out of the text. What the domain says in many ways is said here once.
_IDEAS: tuple[tuple[str, str], ...] = (
    ("", r"\b(?:do not|don't|e\.?g\.?|for example|please (?:do|give|include|note|state|tick|use|write))\b[^;.)?]*"),
    ("", r"\b(?:dd|mm|yy(?:yy)?)\b|\bday,? month,? (?:and )?year\b|\((?:optional|required)\)|\bat the time\b"),
    ("", r"\b(?:where|if) (?=deemed|appropriate|known|possible|applicable|necessary|relevant)"),
    ("safe child", rf"\bis (?:the |this )?{_CHILD} (?:currently |now )?safe\b(?: (?:right )?now)?"),
    ("safe child", rf"\b{_CHILD} is safe(?: now)?\b"),
    ("words child", rf"\b(?:did|has|have) (?:the |this )?{_CHILD} (?:say|said|tell (?:you|us)|disclosed?)\b"),
    ("words child", rf"\b{_CHILD} (?:actually )?said\b"),
    ("asks_back", r"\b(?:told|tell|informed) (?:you|me)\b|\byou (?:say|said)\b|\bdid you (?:say|ask)\b|\bwere you\b"),
    ("birth", r"\b(?:date of birth|birth ?date|birthday|born|d\.? ?o\.? ?b)\b\.?"),
    ("email", r"\be-?mail(?: address)?\b"),
    ("writer name", rf"\b(?:form )?{_WRITTEN} by\b"),
    ("writer name", rf"\b(?:name of )?(?:the )?(?:person|adult|teacher|{_STAFF}) {_WRITING}\b{_FORM}"),
    ("date time written", r"^timestamp$|\bwhen (?:it was|did you) (?:written|write)(?: this)?\b"),
    ("date written", r"\bdate (?:of )?(?:this )?(?:form|record) (?:was )?(?:completed|written|filled in)\b"),
    ("writer", r"\b(?:writer|reporter)(?:'s)?\b|\byour\b(?: own)?"),
    ("another child", rf"\b(?:an)?other {_CHILD}(?:'s|s')?(?!\w)"),
    ("kind", r"(?<!of )(?<!of the )\bobservation or (?:a |the )?disclosure\b"),
    ("event", rf"\bof (?:the |an? )?{_EVENT}(?: or (?:the |a )?{_EVENT})?(?:$|(?=[\s,;:)?]))"),
    ("observed", r"\b(?:what (?:exactly )?(?:did )?you |was )?(?:see (?:or|and) hear|(?:seen|saw) or heard)\b"),
    ("observed", r"\bwhat (?:exactly )?(?:did )?you (?:see|saw|observed?)\b|\bwhat happened\b|\bobservations?\b"),
    ("observed", r"\b(?:details of|description of|describe) (?:the |your |this )?(?:concern|incident)\b"),
    ("about_staff", rf"\b(?:about|involv\w+|allegation against) (?:an? |another )?(?:{_STAFF}|{_WORKS})\b"),
    ("parent spoken", rf"\b(?:{_TALK}|told|informed?) (?:the |any )?{_HOME}\b"),
    ("parent spoken", rf"\b{_HOME}(?: (?:have|has|been|were|was|not))* (?:spoken (?:to|with)|contacted|{_TOLD})\b"),
    ("parent", rf"\b(?!home){_HOME}\b"),
    ("who told", rf"^reported to$|\bname of (?:the )?person (?:you |(?:this |the )?(?:concern )?was )?{_TOLD}{_ON}"),
    ("told", rf"\b(?:(?:have|did) you|you have|you) (?:already )?{_TOLD}{_ON}{_LEAD}"),
    ("told", rf"\b(?:was|were|been|is) (?:(?:it|this|the|concern) )*{_TOLD}\b(?: to)?{_LEAD}"),
    ("told", rf"(?:(?<=date )|(?<=time ))reported\b(?: to)?{_LEAD}"),
    ("words", r"\b(?:exact |own |their )*words(?: (?:spoken|used|said))?(?: by)?\b|\bverbatim\b|\bspoken by\b"),
    ("child", rf"\b(?:the |this )?{_CHILD}(?:'s|s')?(?: own)?(?!\w)"),
    ("mark position map", r"\bbody ?maps?\b"),
    ("position", r"\b(?:say )?where(?: exactly)?(?: is it| are they)? on (?:the )?body\b"),
    ("position", r"\b(?:exact )?(?:position|location|site)(?= (?:and|of|or)\b)"),
    ("mark", rf"\b{_MARK}(?:{_OR}(?:any )?{_MARK})*(?: (?:were |was )?(?:seen|noticed|observed))?\b"),
    ("age", r"\bage(?:d)?\b|\bhow old\b|\bin years and months\b"),
    ("class", rf"\b{_CLASS}(?:{_OR}(?:{_CLASS}|room|form))*\b"),
    ("present", r"\b(?:who )?else (?:was |were )?(?:there|present)(?: at the time)?\b|\b(?:was |were )?present\b"),
    ("witness", r"\bwitness(?:es|ed)?\b"),
    ("action immediate", rf"\b(?:immediate (?:actions?|steps)|(?:what did you do|done) {_SOON})(?: taken)?\b"),
    ("event", r"\b(?:did )?(?:it|this|the (?:incident|event)) (?:happen(?:ed)?|occur(?:red)?|take place)\b"),
    ("place", r"\b(?:where|place|location)\b"),
    ("date time", r"(?:^|(?<=[,/?&]) ?|\band )when\b"),
    ("event", rf"\b{_EVENT}\b"),
    ("name", r"\b(?:full )?names?\b"),
    ("who", r"\b(?:who(?:m)?|persons?|people)\b"),
    ("role", r"\b(?:role|job title|position)\b"),
    ("type", r"\b(?:types?|category)\b"),
    ("why", r"\b(?:why(?: not)?|reasons?)\b"),
    ("date", r"\bdate\b"),
    ("time", r"\btime\b"),
    ("address", r"\b(?:home )?address\b"),
    ("concern", r"\bconcerns?\b"),
)  # fmt: skip
_COMPILED = tuple((ideas.split(), re.compile(pattern)) for ideas, pattern in _IDEAS)
_SMALL = frozenset(
    "a an the of or and any is it this that was were be been are to in on at for from with if not so did do does have "
    "has had you your i they them he she his her him there other others exact exactly full known fact facts seen held "
    "including right now whether say use own used which what please".split()
)
# A title this long holds guidance, and more than one thing: its rest is an idea that nothing explains.
_LONGEST = 500
_ENDINGS = re.compile(r"\((?:s|es|ren)\)")
OPEN_QUESTION = re.compile(
    r"^(?:is|are|was|were|do|does|did|has|have|any|whether|can|could)\b|\bif (?:not|so|yes|no)\b"
)


def ideas_of(text: str) -> Ideas:
    """The ideas of a title or a rule's words: those of the table, and every other word by itself."""
    left = _ENDINGS.sub("", plain(text[:_LONGEST]))
    ideas = {"yesno"} if OPEN_QUESTION.search(left) else set()
    ideas |= {"more"} if len(text) > _LONGEST else set()
    for names, pattern in _COMPILED:
        left, hits = pattern.subn(" ", left)
        ideas.update(names if hits else ())
    words = re.findall(r"[^\W_]+(?:'\w+)?", left)
    return frozenset(ideas | {f"={_singular(word)}" for word in words if word not in _SMALL})


def _singular(word: str) -> str:
    bare = word.removesuffix("'s")
    return bare[:-1] if len(bare) > 3 and bare.endswith("s") and not bare.endswith("ss") else bare
