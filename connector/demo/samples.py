"""Invented submissions, put into the shapes in which Power Automate and the Google Forms API deliver them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from connector.forms import shapes
from connector.settings.school import Form


@dataclass(frozen=True, slots=True)
class Sample:
    """One invented submission: to which form, and its answers by question text."""

    title: str
    school: str
    form: str
    respondent: str
    answers: Mapping[str, str]


def shaped(sample: Sample, form: Form, sent: datetime, number: str) -> dict[str, Any]:
    """The body in the shape of the form's platform."""
    return shapes.shaped(form, sample.answers, sample.respondent, sent, number)


INCOMPLETE = Sample(
    title="A room leader writes down what a child said, in a hurry",
    school="little-lanterns",
    form="record-of-concern",
    respondent="p.hartley@littlelanterns.example",
    answers={
        "Child's name": "Zoë Ó Briain-Sample (known as 'Zozo')",
        "Child's address": "",
        "Age of the child": "3ish yrs",
        "Date of birth": "",
        "Date of the observation or disclosure": "today",
        "Time of the observation or disclosure": "just after lunch",
        "Is this an observation or a disclosure?": "Disclosure",
        "Exact words spoken by the child": "“Mummy was crying and the plate goed smash.” then “I hided under table.”",
        "Exact position and type of any injuries or marks seen": "None seen",
        "Exact observation of the incident, including any other witnesses": "Said while playing with the tea set. "
        "I did not ask any questions, I said thank you for telling me.",
        "Name of the person you reported this concern to": "Rowan Ashdown",
        "Date and time you reported it": "today",
        "Names of any other person present at the time": "no one else in the corner",
        "Any discussion held with the parent(s) (where deemed appropriate)": "No - DSL said wait",
        "Your name and role": "Pippa Hartley, room leader",
    },
)
STAFF = Sample(
    title="A concern about an adult who works there: past the usual group, to the head",
    school="starling-infants",
    form="cause-for-concern",
    respondent="a.new@starling.example",
    answers={
        "Name of child(ren)": "several",
        "Class / year group": "N2",
        "Date of incident": "today",
        "Time of incident": "14:10",
        "Where did it happen?": "N2 carpet area",
        "Type of concern": "Other",
        "What did you see or hear? (facts, use the child's own words)": "A supply teacher used his own phone to take a "
        "picture of the children's models with some of the children in it.",
        "Who else was there?": "me + 1 TA",
        "What did you do straight away?": "asked him to put it away, he did",
        "Who have you told, and when?": "not sure who",
        "Have parents/carers been spoken to? If not, why not?": "no",
        "Is the child safe right now?": "yes",
        "Is this concern about an adult who works or volunteers here?": "Yes",
    },
)
SAMPLES = (INCOMPLETE, STAFF)
