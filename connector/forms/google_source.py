"""A Google form as a source: its responses are listed from the newest time known, with an overlap (google.md 1.3).

The cursor is the platform's own time as it stands, in microseconds. Order is not promised, so all pages are read and
sorted here; an edited response comes again with a later time, and is another version.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from connector.comparing import AskedQuestion, DifferenceKind, compare, say
from connector.errors import CursorLost, DeliveryError, VendorRefused
from connector.forms.google_form import GoogleForm, read_form
from connector.model.profile import FormMap, PolicyProfile
from connector.model.source import Batch, Found, HintTerms, HistoryRule
from connector.model.standing import State, Verdict
from connector.outbound.drive import Drive
from connector.outbound.drive_rights import Item, Welcome, judge_file
from connector.outbound.google_forms import FormOfGoogle
from connector.outbound.rights import Right, worst

# Google may show a response later than one that was submitted after it.
_OVERLAP = timedelta(minutes=10)
# Read to the end, and nothing was there yet.
_NOTHING_YET = "1970-01-01T00:00:00Z"
_WATCH = HintTerms(timedelta(days=7), timedelta(days=6))
_OLDEST = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class GoogleFormSource:
    """`form` is its slug here. `topic` is where Google hints at responses, or nothing. `allowed` may read them."""

    form: str
    there: FormOfGoogle
    drive: Drive
    seconds: int
    history: HistoryRule | None
    topic: str
    allowed: tuple[str, ...]

    @property
    def asked_of(self) -> str:
        """The project, which has one allowance for all of its forms (google.md 1.4)."""
        sign_in = self.there.google.sign_in
        return sign_in.project or sign_in.client_id or sign_in.address

    @property
    def hints(self) -> HintTerms | None:
        """A watch ends after seven days; it is renewed daily."""
        return _WATCH if self.topic else None

    def fetch(self, cursor: str, now: datetime) -> Batch:
        """What was submitted since the cursor, less an overlap.

        The cursor is `<form> <time>`; that of another form raises CursorLost. Raises VendorRefused, DeliveryError.
        """
        form, _, since = cursor.partition(" ")
        if cursor and form != self.there.form_id:
            raise CursorLost
        if not cursor:
            self.there.google.require_clock()
        known = since or _NOTHING_YET
        listed = self.there.responses(_said(_moment(known) - _OVERLAP) if known != _NOTHING_YET else "", words=True)
        found = self._found(listed, words=True)
        # A time to come would hide whatever is submitted before it.
        times = [one.version for one in found if one.created_at <= now + _OVERLAP]
        return Batch(found, f"{self.there.form_id} {max([*times, known], key=_moment)}")

    def everything(self) -> Batch:
        """Every response by number and time, without a word of it. Raises VendorRefused, DeliveryError."""
        return Batch(self._found(self.there.responses("", words=False), words=False), "")

    def _found(self, responses: Iterable[Any], *, words: bool) -> tuple[Found, ...]:
        """The oldest first; what came twice once. What has no number can be read only where it stands already."""
        seen = {(_number(one) or _body(one).hex(), _version(one)): one for one in responses if words or _number(one)}
        return tuple(
            Found(
                form=self.form, key=_number(one) or "unnumbered", tag=said, size=1, created_at=_moment(said),
                response=_number(one), version=said, body=_body(one) if words else None,
            )
            for (_, said), one in sorted(seen.items(), key=lambda item: (_moment(item[0][1]), item[0][0]))
        )  # fmt: skip

    def read(self, found: Found) -> bytes:
        """The response as Google gave it. Raises WrongAnswer, VendorRefused, DeliveryError.

        One that was edited since it was listed is left for the next look, which lists it with its new time.
        """
        if found.body is not None:
            return found.body
        response = self.there.response(found.key)
        if _version(response) != found.version:
            raise DeliveryError("A response was edited while it was fetched.")
        return _body(response)

    def settle(self, found: Found, record: str, *, filed: bool) -> None:
        """Nothing: the response stays in the form, where its owner may delete it."""

    def restricted(self) -> Verdict:
        """Who can read the answers where they lie. Raises DeliveryError where that cannot be asked now."""
        return self.rights()[0]

    def rights(self) -> tuple[Verdict, list[Right]]:
        """The verdict on the form, its linked sheet and the folders of its uploads, with every right found."""
        form = read_form(self.there.structure())
        welcome = Welcome.of((*self.allowed, self.drive.address))
        places = [(Item.FORM, self.there.form_id)]
        places += [(Item.SHEET, form.linked_sheet)] if form.linked_sheet else []
        places += [(Item.UPLOADS, folder) for folder in form.upload_folders]
        return worst([self._look(what, place, welcome) for what, place in places])

    def _look(self, what: Item, place: str, welcome: Welcome) -> tuple[Verdict, list[Right]]:
        try:
            permissions = self.drive.permissions(place)
        except VendorRefused as refused:
            if refused.status not in {403, 404}:
                raise
            said = f"It cannot be told who can read the {what}: the service may not look ({refused.status})"
            return Verdict(State.UNVERIFIED, said), []
        return judge_file(permissions, welcome, what=what)

    def subscribe(self, address: str, secret: str, until: datetime) -> str:
        """A watch that hints by the topic. Raises VendorRefused, DeliveryError."""
        return self.there.watch(self.topic)

    def renew(self, subscription: str, until: datetime) -> bool:
        """Seven days more; False where it must be made again. Raises VendorRefused, DeliveryError."""
        ours = {str(one.get("id")) for one in self.there.watches() if self.there.hints_to(one) == self.topic}
        return subscription in ours and self.there.renew(subscription)


@dataclass(frozen=True, slots=True, kw_only=True)
class GoogleFormReader:
    """Whether the form still asks what its map and its policy want."""

    there: FormOfGoogle
    map: FormMap
    profile: PolicyProfile

    def form(self) -> GoogleForm:
        """The form as it stands. Raises VendorRefused, DeliveryError."""
        return read_form(self.there.structure())

    def structure(self) -> Verdict:
        """Bad where it breaks the check, news where it differs otherwise. Raises VendorRefused, DeliveryError."""
        differences = compare(asked(self.form()), self.map, self.profile)
        if not differences:
            return Verdict(State.GOOD)
        # A question that is gone breaks the check of every concern; the rest is told once and is the school's to judge.
        is_broken = any(one.kind is DifferenceKind.GONE for one in differences)
        return Verdict(State.BAD if is_broken else State.NEWS, say(differences))

    def open(self) -> Verdict:
        """Bad where the form takes no responses: nobody can report by it. Raises VendorRefused, DeliveryError."""
        form = self.form()
        if form.is_accepting is False or form.is_published is False:
            said = (
                "The form takes no responses, so nobody can report a concern by it. "
                "Mend: open it for editing, Publish, and let it accept responses."
            )
            return Verdict(State.BAD, said)
        return Verdict(State.GOOD)


def asked(form: GoogleForm) -> tuple[AskedQuestion, ...]:
    """Its questions as they are compared."""
    return tuple(
        AskedQuestion(id=question.id, title=question.title, required=question.required, kind=question.kind)
        for question in form.questions
    )


def _number(response: Any) -> str:
    return str(response.get("responseId") or "") if isinstance(response, Mapping) else ""


def _version(response: Any) -> str:
    if not isinstance(response, Mapping):
        return ""
    return str(response.get("lastSubmittedTime") or response.get("createTime") or "")


def _body(response: Any) -> bytes:
    """The response as it is listed: read one by one it names its form besides, which says nothing new."""
    kept = {k: v for k, v in response.items() if k != "formId"} if isinstance(response, Mapping) else response
    return json.dumps(kept, ensure_ascii=False).encode("utf-8", "backslashreplace")


def _moment(said: str) -> datetime:
    """RFC 3339 with any number of digits after the second; what cannot be read counts as the oldest."""
    try:
        found = datetime.fromisoformat(said)
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return _OLDEST


def _said(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


# Held in memory while it is sealed and filed, so not without a bound.
_FILE_ID = re.compile(r"[A-Za-z0-9_-]{10,200}")
MOST_BYTES = 100 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class UploadShelf:
    """Where Google Forms keeps the files uploaded to one form: a folder in its owner's Drive (google.md 2.6)."""

    drive: Drive
    there: FormOfGoogle

    def fetch(self, drive: str, item: str) -> bytes:
        """The file. Raises VendorRefused where it may not be had, DeliveryError (permanent) over 100 MiB.

        What an answer names is only text: nothing is fetched but from the upload folders that the form itself names.
        """
        if not _FILE_ID.fullmatch(item):
            # Drive knows other names than ids, `root` among them.
            raise VendorRefused(404, "", permanent=True)
        about = self.drive.about(item, "id,parents,size")
        if not set(about.get("parents") or []) & set(read_form(self.there.structure()).upload_folders):
            raise VendorRefused(403, "", permanent=True)
        if int(about.get("size") or 0) > MOST_BYTES:
            raise DeliveryError("An uploaded file is over 100 MiB.", permanent=True)
        return self.drive.content(item, MOST_BYTES)
