"""A Google Form and its responses, and what people do with them (google.md 1)."""

from __future__ import annotations

import random
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from tests.workspace import questions
from tests.workspace.drives import FORM, SHEET, File, MyDrive, Permission
from tests.workspace.stamps import micros, millis

if TYPE_CHECKING:
    from tests.workspace.world import Workspace

Given = Mapping[str, "str | list[str]"]
_MIME = {"png": "image/png", "jpg": "image/jpeg", "pdf": "application/pdf", "txt": "text/plain"}


@dataclass(slots=True, eq=False)
class Response:
    """One response; `submitted` is when it was sent last, to the microsecond."""

    id: str
    email: str
    created: datetime
    submitted: datetime
    answers: dict[str, dict[str, Any]] = field(default_factory=dict)

    def body(self, form_id: str = "") -> dict[str, Any]:
        """As the API gives it: the list leaves the formId out (1.3)."""
        found: dict[str, Any] = {"formId": form_id} if form_id else {}
        found |= {
            "responseId": self.id,
            "createTime": millis(self.created),
            "lastSubmittedTime": micros(self.submitted),
        }
        found |= {"respondentEmail": self.email} if self.email else {}
        return found | ({"answers": self.answers} if self.answers else {})


class Form:
    """One form: its questions, its responses, its file in Drive."""

    def __init__(self, fake: Workspace, title: str, drive: MyDrive, items: list[dict[str, Any]]) -> None:
        self.fake, self.title, self.drive = fake, title, drive
        self.items = [{"itemId": secrets.token_hex(4)} | each for each in items]
        self.file = drive.put(title, mime=FORM, maker=drive.owner)
        self.file.share(f"domain:{fake.domain}", "reader", view="published")
        self.settings_email = "VERIFIED"
        self.is_published = self.is_accepting = True
        self.is_legacy = False
        self.description = ""
        self.linked_sheet: File | None = None
        self.revision = 1
        self.responses: list[Response] = []
        self.uploads: File | None = None

    @property
    def id(self) -> str:
        return self.file.id

    @property
    def owner(self) -> str:
        return self.drive.owner

    @property
    def permissions(self) -> list[Permission]:
        """The direct grants on the form's file; those with view `published` may only answer it."""
        return self.file.direct

    def share(self, who: str, role: str = "writer") -> None:
        """Shares the form with an editor (writer) or a reader."""
        self.file.share(who, role)

    def unshare(self, who: str) -> None:
        """Takes that back."""
        self.file.unshare(who)

    def link_sheet(self) -> File:
        """Links a spreadsheet, which is a second copy of every response, with permissions of its own (2.6)."""
        self.linked_sheet = self.drive.put(f"{self.title} (Responses)", mime=SHEET, maker=self.owner)
        return self.linked_sheet

    # -- its questions -----------------------------------------------------------------------------------------

    def ask(self, title: str, kind: str = "text", required: bool = False, **more: Any) -> str:
        """Adds a question (`questions.made` knows the kinds); gives its questionId."""
        made = questions.made(kind, required, **more)
        self._add({"title": title, "questionItem": {"question": made}})
        return str(made["questionId"])

    def ask_grid(self, title: str, rows: list[str], columns: list[str], kind: str = "RADIO") -> list[str]:
        """Adds a grid; a grid has no question id of its own, each row has one."""
        made = [{"questionId": questions.fresh_id(), "rowQuestion": {"title": row}} for row in rows]
        grid = {"columns": {"type": kind, "options": [{"value": each} for each in columns]}}
        self._add({"title": title, "questionGroupItem": {"grid": grid, "questions": made}})
        return [str(each["questionId"]) for each in made]

    def ask_upload(self, title: str, required: bool = False, max_files: int = 1) -> str:
        """Adds a question for files; they go to a folder in the owner's My Drive (2.6)."""
        if self.uploads is None:
            self.uploads = self.drive.folder(f"{self.title} (File responses)")
        return self.ask(title, "upload", required, folder=self.uploads.id, max_files=max_files)

    def section(self, title: str) -> None:
        """Adds a page break."""
        self._add({"title": title, "pageBreakItem": {}})

    def retitle(self, question_id: str, title: str) -> None:
        """Another title over the same question."""
        for item in self.items:
            if question_id in questions.ids_of(item):
                item["title"] = title
        self._changed()

    def remove(self, question_id: str) -> None:
        """Takes a question away; the answers it has been given stay."""
        self.items = [item for item in (questions.without(item, question_id) for item in self.items) if item]
        self._changed()

    def question_ids(self) -> list[str]:
        """The ids of all questions, in order."""
        return [each for item in self.items for each in questions.ids_of(item)]

    def _add(self, item: dict[str, Any]) -> None:
        self.items.append({"itemId": secrets.token_hex(4), **item})
        self._changed()

    def _changed(self) -> None:
        self.revision += 1
        self.fake.pubsub.event(self, "SCHEMA")

    # -- its responses -----------------------------------------------------------------------------------------

    def respond(self, answers: Given, email: str = "", at: datetime | None = None) -> Response:
        """Somebody submits the form."""
        with self.fake.lock:
            when = self._instant(at)
            made = Response(f"ACYDBN{secrets.token_urlsafe(60)}", self._email(email), when, when)
            made.answers = self._answered(answers)
            self.responses.append(made)
            self.fake.pubsub.event(self, "RESPONSES")
            return made

    def edit(self, response: Response, answers: Given, at: datetime | None = None) -> Response:
        """The respondent edits: same id, later lastSubmittedTime; only these answers remain, beside uploaded files."""
        with self.fake.lock:
            files = {key: each for key, each in response.answers.items() if "fileUploadAnswers" in each}
            later = response.submitted + timedelta(microseconds=1)
            response.submitted = max(self._instant(at), later)
            response.answers = self._answered(answers) | {k: v for k, v in files.items() if k not in answers}
            self.fake.pubsub.event(self, "RESPONSES")
            return response

    def upload(self, response: Response, question_id: str, filename: str, content: bytes) -> File:
        """A file that came with the response."""
        assert self.uploads is not None, "ask_upload() first"
        mime = _MIME.get(filename.rpartition(".")[2].lower(), "application/octet-stream")
        made = self.drive.put(filename, self.uploads, mime, content, maker=response.email)
        answer = response.answers.setdefault(question_id, {"questionId": question_id, "fileUploadAnswers": {}})
        given = answer["fileUploadAnswers"].setdefault("answers", [])
        given.append({"fileId": made.id, "fileName": filename, "mimeType": mime})
        return made

    def delete(self, response: Response) -> None:
        """Somebody deletes the response: it vanishes, no tombstone (1.3)."""
        self.responses.remove(response)

    def _email(self, email: str) -> str:
        return "" if self.settings_email == "DO_NOT_COLLECT" else email

    def _instant(self, at: datetime | None) -> datetime:
        """To the microsecond, never a whole millisecond: createTime and lastSubmittedTime always differ (1.3)."""
        when = at or self.fake.now()
        return when if when.microsecond % 1000 else when.replace(microsecond=when.microsecond + self._crumb())

    def _crumb(self) -> int:
        return random.Random(f"{self.id}{len(self.responses)}").randint(1, 999)

    def _answered(self, answers: Given) -> dict[str, dict[str, Any]]:
        unknown = set(answers) - set(self.question_ids())
        if unknown:
            raise ValueError(f"the form has no questions {sorted(unknown)}")
        found = {}
        for question_id, given in answers.items():
            values = [given] if isinstance(given, str) else list(given)
            if values and values != [""]:
                texts = {"answers": [{"value": value} for value in values]}
                found[question_id] = {"questionId": question_id, "textAnswers": texts}
        return found

    # -- as the API gives it -----------------------------------------------------------------------------------

    def body(self) -> dict[str, Any]:
        """As forms.get gives it (1.2)."""
        info = {"title": self.title, "documentTitle": self.file.name}
        found: dict[str, Any] = {
            "formId": self.id,
            "revisionId": f"{self.revision:08x}",
            "responderUri": f"https://docs.google.com/forms/d/e/1FAIpQL{self.id[1:]}/viewform",
            "info": info | ({"description": self.description} if self.description else {}),
            "settings": {"emailCollectionType": self.settings_email},
        }
        if not self.is_legacy:
            state = {"isPublished": self.is_published, "isAcceptingResponses": self.is_accepting}
            found["publishSettings"] = {"publishState": {k: True for k, value in state.items() if value}}
        if self.linked_sheet is not None:
            found["linkedSheetId"] = self.linked_sheet.id
        return found | ({"items": self.items} if self.items else {})
