"""The intake library: a school's flow drops one JSON file a response into a folder named like the form.

What is durable with us moves to `taken-in` under its reference, so that whatever lies in a form's folder
has not come in yet; when its record is filed it is taken away. A change feed (delta) says what is new.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar
from urllib.parse import unquote

from connector.errors import CursorLost, DeliveryError, Gone, VendorRefused
from connector.model.reference import PATTERN
from connector.model.source import TAKEN_IN, Batch, Found, HintTerms
from connector.model.standing import State, Verdict
from connector.outbound.graph import path_of
from connector.outbound.rights import judge
from connector.outbound.sharepoint import Library, absent_as_none, id_of

MOST_BYTES = 4 * 1024 * 1024
# What we keep apart ourselves, wherever somebody may have moved it.
_OURS = re.compile(rf"{PATTERN.pattern}-\d+(\.[0-9A-Z]+)?\.json")


@dataclass(slots=True)
class IntakeLibrary:
    """`forms` are the folders' names; what lies elsewhere belongs to the first: better asked than lost."""

    library: Library
    forms: tuple[str, ...]
    allowed: tuple[str, ...]
    app: str
    notifies: bool = False
    seconds: int = 20
    asked_of: ClassVar[str] = ""
    history: ClassVar[None] = None
    _folders: dict[str, str] = field(default_factory=dict, repr=False)

    @property
    def hints(self) -> HintTerms | None:
        """SharePoint allows 42,300 minutes (ms365.md 1.2); renewed long before."""
        return HintTerms(timedelta(minutes=42_000), timedelta(days=7)) if self.notifies else None

    def everything(self) -> Batch:
        """The same as fetching without a cursor: the change feed then tells of all there is."""
        return self.fetch("", datetime.now(UTC))

    def fetch(self, cursor: str, now: datetime) -> Batch:
        """The files that are new since that cursor. Raises CursorLost, VendorRefused, DeliveryError."""
        if cursor and self.library.drive.casefold() not in unquote(cursor).casefold():
            # The configuration names another library now.
            raise CursorLost
        seen: dict[str, Mapping[str, Any]] = {}
        link = ""
        try:
            for page in self.library.changes(cursor):
                # An item may come twice: the last word counts.
                seen |= {id_of(item): item for item in page.get("value", [])}
                link = str(page.get("@odata.deltaLink", ""))
        except VendorRefused as refused:
            if refused.status == 410:
                raise CursorLost from None
            raise
        if not link:
            raise DeliveryError("The change feed ended without a link to go on from.")
        found = sorted(self._found(seen.values()), key=lambda found: found.created_at)
        return Batch(tuple(found), link)

    def _found(self, items: Iterable[Mapping[str, Any]]) -> Iterator[Found]:
        for item in items:
            if "file" not in item or "deleted" in item:
                continue
            folder = self._folder(str(item.get("parentReference", {}).get("id", "")))
            # Whatever else lies here is a response, however a slip in the flow has named it: better asked than lost.
            if folder != TAKEN_IN:
                name = str(item.get("name", ""))
                yield Found(
                    form=next((form for form in self.forms if form == folder), self.forms[0]),
                    key=id_of(item),
                    tag=str(item.get("eTag", "")),
                    size=int(item.get("size") or 0),
                    created_at=_moment(item.get("createdDateTime")),
                    record=name.removesuffix(".json") if _OURS.fullmatch(name) else "",
                )

    def _folder(self, item: str) -> str:
        """The name of that folder of the root; nothing for the root. Delta gives ids only, so they are kept."""
        if item not in self._folders:
            children = self.library.graph.values(self.library.at("root", "children"))
            self._folders = {
                id_of(child): str(child.get("name", "")).casefold() for child in children if "folder" in child
            }
            self._folders.setdefault(item, "")
        return self._folders[item]

    def read(self, found: Found) -> bytes:
        """The response. Raises DeliveryError for one that is too large, Gone, VendorRefused."""
        if found.size > MOST_BYTES:
            raise DeliveryError("A response file is over 4 MiB: look at it in the intake library.", permanent=True)
        try:
            return self.library.read(found.key, MOST_BYTES)
        except VendorRefused as refused:
            if refused.status == 404 and self.library.item_by_id(found.key) is None:
                raise Gone from None
            raise

    def put(self, form: str, name: str, content: bytes) -> None:
        """Put a response there as the flow does, for a drill. Raises VendorRefused, DeliveryError."""
        self.library.graph.put(
            f"{self.library.at('items', self.library.folder(form))}:{path_of(name)}:/content", content
        )

    def settle(self, found: Found, record: str, *, filed: bool) -> None:
        """Move it apart under the record's name, or where that is filed take it away.

        Only as it was read: what has been edited since is left for the next look (412). Raises VendorRefused.
        """
        if filed:
            self.library.delete(self.library.at("items", found.key), found.tag)
            return
        folder = self.library.folder(TAKEN_IN)
        try:
            self.library.move(found.key, folder, f"{record}.json", found.tag)
        except VendorRefused as refused:
            if refused.status != 409:
                raise
            # The same response came twice: both lie apart until the record is filed.
            self.library.move(found.key, folder, f"{record}.{found.key[-12:]}.json", found.tag)

    def clear(self, record: str) -> None:
        """Take the original of that record away; none there is fine."""
        self.library.delete(self.library.by_name(TAKEN_IN, f"{record}.json"))

    def kept_apart(self) -> tuple[str, ...]:
        """The records whose originals lie apart."""
        children = self.library.graph.values(self.library.at("items", self.library.folder(TAKEN_IN), "children"))
        return tuple(str(child.get("name", "")).removesuffix(".json") for child in children if "file" in child)

    def subscribe(self, address: str, secret: str, until: datetime) -> str:
        """A change subscription on the library (ms365.md 1.2); its id. Raises VendorRefused, DeliveryError."""
        body = {
            "changeType": "updated",
            "notificationUrl": address,
            "lifecycleNotificationUrl": address,
            "resource": f"drives/{self.library.drive}/root",
            "expirationDateTime": _said(until),
            "clientState": secret,
        }
        return id_of(self.library.graph.send("POST", "/subscriptions", body))

    def renew(self, subscription: str, until: datetime) -> bool:
        """Renew it, which also answers `reauthorizationRequired`; False where Graph has forgotten it."""
        path = path_of("subscriptions", subscription)
        change = {"expirationDateTime": _said(until)}
        return absent_as_none(lambda: self.library.graph.send("PATCH", path, change)) is not None

    def restricted(self) -> Verdict:
        """The verdict on who can read what waits there. Raises VendorRefused, DeliveryError."""
        return self.rights()[0]

    def rights(self) -> tuple[Verdict, list[str]]:
        """The same with every bad right, named for whoever mends it."""
        verdict, rights = judge(self.library.known_permissions(), self.allowed, self.app)
        return verdict, [right.named for right in rights if right.state is State.BAD]


def _said(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _moment(said: Any) -> datetime:
    """Graph's times are UTC with a Z; an item without one counts as the oldest."""
    try:
        return datetime.fromisoformat(str(said)).astimezone(UTC)
    except ValueError:
        return datetime.min.replace(tzinfo=UTC)
