"""forms.get and the responses (google.md 1.1, 1.3, 1.7)."""

from __future__ import annotations

import random
import re
from typing import TYPE_CHECKING

from tests.workspace import access
from tests.workspace.answers import Answer, Call, broken, refuse
from tests.workspace.documents import Method
from tests.workspace.drives import RANK
from tests.workspace.forms import Form, Response
from tests.workspace.paging import page
from tests.workspace.stamps import nanoseconds, read_zulu

if TYPE_CHECKING:
    from tests.workspace.world import Workspace

_FILTER = re.compile(r"^timestamp (>=|>) (\S+)$")
_MOST = 5000


def found(fake: Workspace, call: Call, method: Method, role: str) -> Form:
    """The form, if the caller may do with it what the role says (1.7: responses need an editor)."""
    form = fake.forms.get(call.parts["formId"])
    if form is None or form.file.id not in fake.files_by_id:
        refuse(404, "Requested entity was not found.")
    if access.only_own_files(call.caller, method) and form.file.app != call.caller.project:
        refuse(404, "Requested entity was not found.")
    if form.file.rank(call.caller.identity) < RANK[role]:
        refuse(403, "The caller does not have permission")
    return form


def get(fake: Workspace, call: Call, method: Method) -> Answer:
    """GET v1/forms/{formId}."""
    return Answer(found(fake, call, method, "reader").body())


def get_response(fake: Workspace, call: Call, method: Method) -> Answer:
    """GET v1/forms/{formId}/responses/{responseId}; here the formId comes too."""
    form = found(fake, call, method, "writer")
    hit = next((each for each in form.responses if each.id == call.parts["responseId"]), None)
    if hit is None:
        refuse(404, "Requested entity was not found.")
    return Answer(hit.body(form.id))


def list_responses(fake: Workspace, call: Call, method: Method) -> Answer:
    """GET v1/forms/{formId}/responses: in no order, filtered by lastSubmittedTime to the microsecond (1.3)."""
    form = found(fake, call, method, "writer")
    size = int(call.query.get("pageSize", "0"))
    if size < 0:
        broken("Invalid page size.")
    hits = _filtered(form, call.query.get("filter"))
    hits = sorted(hits, key=lambda each: random.Random(each.id).random())
    most = min(size or _MOST, _MOST, fake.page_size or _MOST)
    asked = {"form": form.id, "filter": call.query.get("filter", "")}
    shown, following = page(hits, call.query.get("pageToken"), most, asked)
    body = {"responses": [each.body() for each in shown]} if shown else {}
    return Answer(body | ({"nextPageToken": following} if following else {}))


def _filtered(form: Form, text: str | None) -> list[Response]:
    if text is None:
        return form.responses
    hit = _FILTER.match(text)
    moment = read_zulu(hit[2]) if hit else None
    if hit is None or moment is None:
        broken(f"Invalid filter: {text}")
    if hit[1] == ">":
        return [each for each in form.responses if nanoseconds(each.submitted) > moment]
    return [each for each in form.responses if nanoseconds(each.submitted) >= moment]
