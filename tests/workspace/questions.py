"""The kinds of question a form can ask, as the API words them (google.md 1.2)."""

from __future__ import annotations

import secrets
from typing import Any


def fresh_id() -> str:
    """A question id."""
    return secrets.token_hex(4)


def made(kind: str, required: bool, **more: Any) -> dict[str, Any]:
    """A question: text, paragraph, radio, checkbox, dropdown, scale, rating, date, time, duration, upload."""
    found: dict[str, Any] = {"questionId": more.pop("id", "") or fresh_id()}
    if required:
        found["required"] = True
    if kind in {"text", "paragraph"}:
        found["textQuestion"] = {"paragraph": True} if kind == "paragraph" else {}
    elif kind in {"radio", "checkbox", "dropdown", "choice"}:
        found["choiceQuestion"] = _choice(kind, **more)
    elif kind in {"time", "duration"}:
        found["timeQuestion"] = {"duration": True} if kind == "duration" else {}
    else:
        found |= _other(kind, **more)
    return found


def _choice(kind: str, options: list[str], other: bool = False, type: str = "") -> dict[str, Any]:  # noqa: A002
    word = type or {"checkbox": "CHECKBOX", "dropdown": "DROP_DOWN"}.get(kind, "RADIO")
    given: list[dict[str, Any]] = [{"value": each} for each in options]
    return {"type": word, "options": given + ([{"isOther": True}] if other else [])}


def _other(kind: str, **more: Any) -> dict[str, Any]:
    if kind == "scale":
        return {"scaleQuestion": {"low": more.get("low", 1), "high": more.get("high", 5)}}
    if kind == "rating":
        return {"ratingQuestion": {"ratingScaleLevel": more.get("high", 5), "iconType": "STAR"}}
    if kind == "date":
        date = {"includeYear": more.get("year", True), "includeTime": more.get("time", False)}
        return {"dateQuestion": {name: True for name, value in date.items() if value}}
    if kind == "upload":
        upload = {"folderId": more["folder"], "maxFiles": more.get("max_files", 1), "maxFileSize": "10485760"}
        return {"fileUploadQuestion": upload | {"types": ["IMAGE", "PDF"]}}
    raise ValueError(f"no such kind of question: {kind}")


def ids_of(item: dict[str, Any]) -> list[str]:
    """The ids of the questions in an item."""
    if "questionItem" in item:
        return [str(item["questionItem"]["question"]["questionId"])]
    return [str(each["questionId"]) for each in item.get("questionGroupItem", {}).get("questions", ())]


def without(item: dict[str, Any], question_id: str) -> dict[str, Any] | None:
    """The item without that question; None where nothing is left of it."""
    if question_id not in ids_of(item):
        return item
    if "questionItem" in item or len(ids_of(item)) == 1:
        return None
    group = item["questionGroupItem"]
    left = [each for each in group["questions"] if each["questionId"] != question_id]
    return {**item, "questionGroupItem": {**group, "questions": left}}
