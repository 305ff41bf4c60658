"""`Checker.check`: a submission against its policy profile gives a concern, whatever is missing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from pydantic import BaseModel

from connector.checking import dates
from connector.checking.children import cells_of, names_of
from connector.checking.problems import Checked, find_problems
from connector.checking.record import Moment, Typed, build_record, read, record_model
from connector.checking.words import plain
from connector.model.concern import BLANK, Child, Concern, Entry, OtherAnswer, Problem, ProblemKind
from connector.model.moments import local
from connector.model.profile import FormMap, Kind, PolicyProfile, Question
from connector.model.submission import Submission

UNMAPPED = Problem(
    kind=ProblemKind.UNMAPPED,
    field="other_answers",
    label="other answers",
    ask="The form has a question that no field of the policy takes. The answer is filed as it is; "
    "add the question to the form's map so that it stands in its place.",
)
UNRECOGNISED = Problem(
    kind=ProblemKind.UNCLEAR,
    field="submission",
    label="the whole submission",
    ask="The submission came from the school's form but could not be understood. It is filed as it arrived; "
    "please read it, and have the form's map checked.",
)


@dataclass(frozen=True, slots=True)
class _Sorted:
    typed: dict[str, Typed]
    others: tuple[OtherAnswer, ...]
    unmapped: bool


@dataclass(frozen=True, slots=True)
class Checker:
    """One form and the profile it is checked against, made ready once."""

    profile: PolicyProfile
    form: FormMap
    model: type[BaseModel]
    questions: dict[str, Question]
    urgent_phrases: tuple[str, ...]

    @classmethod
    def of(cls, profile: PolicyProfile, form: FormMap) -> Checker:
        """The checker of this form."""
        keys = {key: question for question in form.questions for key in (plain(question.title), question.id) if key}
        phrases = tuple(plain(phrase) for phrase in profile.urgent_phrases)
        return cls(profile, form, record_model(profile), keys, phrases)

    def check(self, submission: Submission, received_at: datetime) -> Concern:
        """The concern. `received_at` (aware) stands in for the moment of sending where the form gives none."""
        answers = self._sort(submission)
        moment = self._moment(answers.typed, submission.submitted_at or received_at)
        entries = build_record(self.model, answers.typed, moment)
        found = dict(entries)
        children = self._children(found, moment)
        checked = Checked(self.profile, self.form, found, children, moment.day)
        problems = find_problems(checked) if submission.recognised else (UNRECOGNISED,)
        return Concern(
            profile=self.profile.name,
            entries=entries,
            children=children,
            problems=(*problems, UNMAPPED) if answers.unmapped else problems,
            others=answers.others,
            attachments=submission.attachments,
            urgent=self._urgent(found, submission),
            about_staff=_value(found, "is_about_staff") in {"yes", "unsure"},
            late_days=_late_days(found, moment.day),
            reporter=found["reporter_name"].verbatim.strip() if "reporter_name" in found else "",
            reporter_email=_reporter_email(found, submission),
            submitted_at=submission.submitted_at,
            recognised=submission.recognised,
        )

    def _sort(self, submission: Submission) -> _Sorted:
        """Each answer to the fields it answers; a field asked twice gets its answers one below the other."""
        typed: dict[str, Typed] = dict.fromkeys(self.form.asked, Typed(""))
        others: list[OtherAnswer] = []
        unmapped = False
        for answer in submission.answers:
            question = self.questions.get(answer.key) or self.questions.get(plain(answer.key))
            if question is None or not question.fields:
                others.append(OtherAnswer(question.title if question else answer.key, answer.text))
                unmapped = unmapped or question is None
                continue
            for field in question.fields:
                typed[field] = _join(typed[field], answer.text, question)
        return _Sorted(typed, tuple(others), unmapped)

    def _moment(self, typed: dict[str, Typed], sent: datetime) -> Moment:
        when = [typed[rule.id].text for rule in self.profile.fields if rule.kind is Kind.DATE and rule.id in typed]
        return Moment(local(sent).date(), any(dates.writes_month_first(text) for text in when))

    def _children(self, found: dict[str, Entry], moment: Moment) -> tuple[Child, ...]:
        if "child_name" not in found:
            return ()
        names = names_of(found["child_name"].verbatim)
        rule, born = self.profile.rule("child_dob"), found.get("child_dob")
        if rule is None or born is None:
            return tuple(Child(name=name, born=BLANK) for name in names)
        if len(names) == 1:
            return (Child(name=names[0], born=born.reading),)
        cells = cells_of(names, born.verbatim)
        return tuple(
            Child(name=name, born=read(rule, Typed(cell, shared=True), moment))
            for name, cell in zip(names, cells, strict=True)
        )

    def _urgent(self, found: dict[str, Entry], submission: Submission) -> bool:
        """Marked so by the reporter, or in words the profile lists. The service never decides the risk itself."""
        if _value(found, "child_safe_now") in {"no", "unsure"} or _value(found, "marked_urgent") == "yes":
            return True
        said = plain("\n".join(answer.text for answer in submission.answers))
        return any(phrase in said for phrase in self.urgent_phrases)


def _join(before: Typed, text: str, question: Question) -> Typed:
    both = f"{before.text}\n{text}" if before.text and text else before.text or text
    return Typed(both, shared=len(question.fields) > 1)


def _value(found: dict[str, Entry], field: str) -> str | None:
    return found[field].reading.value if field in found else None


def _late_days(found: dict[str, Entry], day: date) -> int:
    seen = _value(found, "occurred_date")
    return max(0, (day - date.fromisoformat(seen)).days) if seen else 0


def _reporter_email(found: dict[str, Entry], submission: Submission) -> str:
    """The address to which a receipt can go, or an empty string."""
    candidates = [found["reporter_email"].verbatim] if "reporter_email" in found else []
    for candidate in (*candidates, submission.respondent):
        address = candidate.strip()
        clean = address.isascii() and address.isprintable() and not set(' <>,;:"\\()[]') & set(address)
        if clean and address.count("@") == 1 and not address.startswith("@") and not address.endswith("@"):
            return address
    return ""
