"""A Google form as forms.get gives it: its questions, whether it takes answers, and where else the answers lie.

Source: google.md 1.2 (`Form`, `Item` and `Question` of Google's discovery document). What is not understood is
kept as unknown, never guessed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from connector.forms.reading import string_of

_EMAIL = frozenset({"VERIFIED", "RESPONDER_INPUT", "DO_NOT_COLLECT"})
_CHOICES = {"RADIO": "choice", "CHECKBOX": "checkbox", "DROP_DOWN": "dropdown"}
_PLAIN_KINDS = {
    "scaleQuestion": "scale", "ratingQuestion": "rating", "dateQuestion": "date", "fileUploadQuestion": "upload",
    "rowQuestion": "row",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class FormQuestion:
    """One question. `options` are the choices offered by name, or the columns of a grid's row; never "Other"."""

    id: str
    title: str
    kind: str
    required: bool
    options: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class GoogleForm:
    """`email` is how addresses are collected, "" where unknown. The two `is_` are None where Google does not say so.

    `linked_sheet` and `upload_folders` are ids of what else holds answers (google.md 2.6).
    """

    form_id: str
    title: str
    email: str
    is_published: bool | None
    is_accepting: bool | None
    linked_sheet: str
    questions: tuple[FormQuestion, ...]
    upload_folders: tuple[str, ...]


def read_form(body: Mapping[str, Any]) -> GoogleForm:
    """The form, its questions in their order, each row of a grid one of them. Never raises: what is messy is left out.

    The address for those who answer is not kept: nothing here needs it.
    """
    form = _mapping(body)
    info = _mapping(form.get("info"))
    found = [one for item in _list(form.get("items")) for one in _asked(_mapping(item))]
    collected = string_of(_mapping(form.get("settings")).get("emailCollectionType"))
    return GoogleForm(
        form_id=string_of(form.get("formId")),
        # Google itself shows the document's title where the form has none.
        title=string_of(info.get("title")) or string_of(info.get("documentTitle")),
        email=collected if collected in _EMAIL else "",
        is_published=_published(form, "isPublished"),
        is_accepting=_published(form, "isAcceptingResponses"),
        linked_sheet=string_of(form.get("linkedSheetId")),
        questions=tuple(question for question, _ in found),
        upload_folders=tuple(dict.fromkeys(folder for _, folder in found if folder)),
    )


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _published(form: Mapping[str, Any], key: str) -> bool | None:
    """None for a legacy form. Where the state is there, a key that is not there is a false one: JSON leaves it out."""
    state = _mapping(form.get("publishSettings")).get("publishState")
    value = state.get(key, False) if isinstance(state, Mapping) else None
    return value if isinstance(value, bool) else None


def _asked(item: Mapping[str, Any]) -> Iterator[tuple[FormQuestion, str]]:
    """The item's questions, each with its upload folder or ""; none for a page break, a text, an image, a video."""
    title = string_of(item.get("title"))
    if isinstance(item.get("questionItem"), Mapping):
        yield _question(_mapping(item["questionItem"].get("question")), title, ())
    group = _mapping(item.get("questionGroupItem"))
    columns = _options(_mapping(_mapping(group.get("grid")).get("columns")))
    for question in map(_mapping, _list(group.get("questions"))):
        row = string_of(_mapping(question.get("rowQuestion")).get("title"))
        yield _question(question, ": ".join(filter(None, (title, row))), columns)


def _question(question: Mapping[str, Any], title: str, columns: tuple[str, ...]) -> tuple[FormQuestion, str]:
    kind = _kind(question)
    found = FormQuestion(
        id=string_of(question.get("questionId")),
        title=title,
        kind=kind,
        required=question.get("required") is True,
        options=columns if kind == "row" else _options(_mapping(question.get("choiceQuestion"))),
    )
    return found, string_of(_mapping(question.get("fileUploadQuestion")).get("folderId"))


def _kind(question: Mapping[str, Any]) -> str:
    """The kind in plain words; `unknown` for one that Google has not documented yet."""
    facets = {key: _mapping(value) for key, value in question.items() if isinstance(value, Mapping)}
    if (text := facets.get("textQuestion")) is not None:
        return "paragraph" if text.get("paragraph") is True else "text"
    if (choice := facets.get("choiceQuestion")) is not None:
        return _CHOICES.get(string_of(choice.get("type")), "unknown")
    if (time := facets.get("timeQuestion")) is not None:
        return "duration" if time.get("duration") is True else "time"
    return next((kind for facet, kind in _PLAIN_KINDS.items() if facet in facets), "unknown")


def _options(choice: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(
        value for option in _list(choice.get("options")) if (value := string_of(_mapping(option).get("value")))
    )
