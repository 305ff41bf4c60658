"""The page that a person reads, as plain data for the typesetter."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from connector.model.moments import say_moment
from connector.model.reference import Reference


def make_page(document: dict[str, Any], reference: Reference, version: int) -> dict[str, Any]:
    """The page of this document. What was typed is passed on untouched."""
    asked = [problem for problem in document["problems"] if problem["kind"] != "unmapped"]
    return {
        "title": "Record of concern",
        "reference": reference,
        "version": version,
        "school": document["school"],
        "banner": _banner(document, version),
        "status": _status(document, len(asked)),
        "urgent": document["urgent"],
        "facts": _facts(document, reference, version),
        "exact_words": [{"text": text} for text in document["exact_words"]],
        "fields": [_field(field) for field in document["fields"]],
        "other_answers": _others(document),
        "history": _history(document),
        "footer": "Restricted. Share only with those who need to know. Keep original handwritten notes.",
    }


def _banner(document: dict[str, Any], version: int) -> list[str]:
    lines = ["Restricted: for the Designated Safeguarding Lead and those the school has named."]
    if document["about_staff"]:
        lines = ["Restricted: about an adult who works or volunteers here. Not for the usual safeguarding group."]
    if document.get("drill"):
        lines.insert(0, "DRILL: not a real concern. It may be deleted.")
    if document["urgent"]:
        lines.append("Marked urgent by the reporter's answers. In immediate danger: call 999.")
    if version > 1:
        lines.append(f"Version {version}: the response was changed or added to. The earlier version stands beside it.")
    if not document["recognised"]:
        lines.append("The submission could not be understood and is shown as it arrived.")
    return lines


def _status(document: dict[str, Any], asked: int) -> str:
    if not document["recognised"]:
        return "not recognised: please read it as it arrived"
    return f"filed; {asked} {'thing' if asked == 1 else 'things'} to ask" if asked else "complete"


def _facts(document: dict[str, Any], reference: Reference, version: int) -> list[list[str]]:
    facts = [["Reference", f"{reference}, version {version}"], ["School", document["school"]]]
    facts += [["Form", document["form"]], ["Checked against", document["profile"]], ["Policy", document["policy"]]]
    if len(document["children"]) > 1:
        facts.append(["Children", "; ".join(document["children"])])
    if document["respondent"]:
        facts.append(["Sent by account", document["respondent"]])
    return facts


def _field(field: dict[str, Any]) -> dict[str, Any]:
    understood = field["understood"]
    if understood and field["precision"] == "approximate":
        understood = f"understood as {understood}; approximate"
    elif understood:
        understood = f"understood as {understood}"
    return {
        "label": field["label"][:1].upper() + field["label"][1:],
        "policy": f"\u201c{field['policy_words']}\u201d",
        "text": field["verbatim"],
        "understood": understood,
        "problems": field["problems"],
    }


def _others(document: dict[str, Any]) -> list[dict[str, str]]:
    others = [{"label": other["question"], "text": other["text"]} for other in document["other_answers"]]
    others += [
        {
            "label": "File of the response (copied beside this page, or named in files.txt with the reason)",
            "text": f["name"],
        }
        for f in document["attachments"]
    ]
    if not document["recognised"]:
        whole = document.get("original") or "(not text; the machine-readable original beside this page holds it)"
        others.append({"label": "The submission as it arrived", "text": whole})
    return others


def _history(document: dict[str, Any]) -> list[list[str]]:
    """When seen, when written, when received; three different things."""
    seen = {field["id"]: field for field in document["fields"]}
    lines = []
    for name, ids in (("Seen or said", ("occurred_date", "occurred_time")), ("Written, by the form", ("written_at",))):
        typed = [f"{seen[i]['understood'] or seen[i]['verbatim']}" for i in ids if i in seen and seen[i]["verbatim"]]
        if typed:
            lines.append([name, ", ".join(typed)])
    if document["submitted_at"]:
        lines.append(["Sent", say_moment(datetime.fromisoformat(document["submitted_at"]))])
    received = say_moment(datetime.fromisoformat(document["received_at"]))
    lines.append(["Received", f"{received}, by the form \u201c{document['form']}\u201d ({document['source']})"])
    if document["late_days"]:
        lines.append(["Late entry", f"sent {document['late_days']} day(s) after it was seen or said"])
    return lines
