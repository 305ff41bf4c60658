"""What a Chat message may hold beyond its schema (google.md 3.3 and the descriptions in the document)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

_LIMIT = 32000
_ASIDE = {"horizontalAlignment", "id", "visibility", "eventActions"}


def fault(message: Mapping[str, Any]) -> str:
    """What is wrong with a message; empty where nothing is."""
    return next(_faults(message), "")


def _faults(message: Mapping[str, Any]) -> Iterator[str]:
    given = {name: message[name] for name in ("text", "cardsV2") if message.get(name)}
    if not given:
        yield "Message cannot be empty. Discarding empty create message request."
    if len(json.dumps(given, ensure_ascii=False, separators=(",", ":")).encode()) > _LIMIT:
        yield f"The message is longer than {_LIMIT} bytes."
    if unknown := set(message) - {"text", "cardsV2", "thread", "fallbackText"}:
        yield f"The fake does not know {sorted(unknown)}."
    shown = message.get("cardsV2", [])
    if len(shown) > 1 and not all(each.get("cardId") for each in shown):
        yield "Several cards need a cardId each."
    for each in shown:
        yield from _card(each.get("card", {}))


def _card(card: Mapping[str, Any]) -> Iterator[str]:
    if "header" in card and not card["header"].get("title"):
        yield "A card's header needs a title."
    if not card.get("sections"):
        yield "A card needs sections."
    for section in card.get("sections", []):
        if not section.get("widgets"):
            yield "A section must contain at least one widget."
        for widget in section.get("widgets", []):
            yield from _widget(widget)


def _widget(widget: Mapping[str, Any]) -> Iterator[str]:
    kinds = set(widget) - _ASIDE
    if len(kinds) != 1:
        yield f"A widget is of one kind, not of {sorted(kinds)}."
    buttons = list(widget.get("buttonList", {}).get("buttons", []))
    if "buttonList" in widget and not buttons:
        yield "A buttonList needs buttons."
    if "button" in widget.get("decoratedText", {}):
        buttons.append(widget["decoratedText"]["button"])
    for button in buttons:
        if not button.get("text") and not button.get("icon"):
            yield "A button needs a text or an icon."
        yield from _click(button.get("onClick", {}))
    if "onClick" in widget.get("decoratedText", {}):
        yield from _click(widget["decoratedText"]["onClick"])


def _click(click: Mapping[str, Any]) -> Iterator[str]:
    if len(click) != 1:
        yield "onClick holds one action."
    if "openLink" in click:
        url = urlsplit(str(click["openLink"].get("url", "")))
        local = url.scheme == "http" and url.hostname in {"127.0.0.1", "localhost"}
        if not (url.scheme == "https" and url.netloc) and not local:
            yield "openLink.url is no https address."
