"""Forms: one platform a file. A parser is a plain function from the body's JSON to a Submission."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from connector.forms import generic, google, microsoft
from connector.model.submission import Submission

Parser = Callable[[Mapping[str, Any]], Submission]

PARSERS: dict[str, Parser] = {
    "generic": generic.parse,
    "microsoft": microsoft.parse,
    "google": google.parse,
}
