"""A document library as files, folders, columns and an order of changes; no HTTP here."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from tests.tenant import ids, sharing

if TYPE_CHECKING:
    from tests.tenant.site import Site

BUILT_IN = {"Title": "text", "FileLeafRef": "text"}


@dataclass(slots=True)
class Item:
    """A file (with content) or a folder (without). `seq` counts changes in or under it, `own` its own only."""

    name: str
    parent: str
    content: bytes | None
    number: int
    created: datetime
    modified: datetime
    by: dict[str, Any]
    id: str = field(default_factory=ids.item_id)
    unique: str = field(default_factory=ids.guid)
    version: int = 1
    content_version: int = 1
    fields: dict[str, Any] = field(default_factory=dict)
    permissions: list[dict[str, Any]] = field(default_factory=list)
    inherits: bool = True
    label: str = ""
    seq: int = 0
    own: int = 0
    gone: bool = False

    @property
    def etag(self) -> str:
        """Changes with the metadata and with the content (driveItem resource, eTag)."""
        return f'"{{{self.unique.upper()}}},{self.version}"'

    @property
    def ctag(self) -> str:
        """Changes with the content only; folders have none in SharePoint (driveItem resource, cTag)."""
        return f'"c:{{{self.unique.upper()}}},{self.content_version}"'


class Library:
    """One drive of a site (or somebody's OneDrive)."""

    def __init__(self, site: Site, name: str, columns: Mapping[str, Any], now: Callable[[], datetime]) -> None:
        self.site, self.name, self._now = site, name, now
        self.drive_id, self.list_id = ids.drive_id(), ids.guid()
        self.columns: dict[str, Any] = {**BUILT_IN, **columns}
        self.kind = "documentLibrary"
        self.items: dict[str, Item] = {}
        self._seq = 0
        self._numbers = iter(range(1, 1_000_000))
        self.root = Item("root", "", None, 0, now(), now(), sharing.SYSTEM)
        self.items[self.root.id] = self.root
        self.permissions: list[dict[str, Any]] = [sharing.owners(site.title)]
        self.touch(self.root)

    @property
    def seq(self) -> int:
        """The number of the latest change."""
        return self._seq

    @property
    def web_url(self) -> str:
        """Where a browser finds it."""
        return f"{self.site.url}/{self.name.replace(' ', '%20')}"

    # -- for tests ---------------------------------------------------------------------------------------------

    def files(self) -> dict[str, bytes]:
        """Every file by its path."""
        return {self.path(each): each.content for each in self.live() if each.content is not None}

    def fields(self, path: str) -> dict[str, Any]:
        """The columns set on one file."""
        return dict(self.must(path).fields)

    def drop(self, path: str, content: bytes) -> Item:
        """Puts a file as the school's flow does with SharePoint's `Create file`: folders made, a same name replaced."""
        with self.site.lock:
            *folders, name = path.strip("/").split("/")
            parent = self.folder("/".join(folders), sharing.FLOW)
            found = self.child(parent.id, name)
            return self.rewrite(found, content) if found else self.add(parent, name, content, sharing.FLOW)

    def remove(self, path: str) -> None:
        """Somebody deletes a file or a folder by hand."""
        with self.site.lock:
            self.delete(self.must(path))

    def rename(self, path: str, name: str) -> None:
        """Somebody renames a file or a folder by hand."""
        with self.site.lock:
            found = self.must(path)
            found.name = name
            self.edited(found)

    def move(self, path: str, folder: str) -> None:
        """Somebody moves a file or a folder by hand; it keeps its name."""
        with self.site.lock:
            found = self.must(path)
            self.touch(found)
            found.parent = self.folder(folder, sharing.FLOW).id
            self.edited(found)

    def restore(self, path: str, content: bytes) -> None:
        """Somebody restores a former version: its cTag may be one that was there before (microsoft-graph-docs 7827)."""
        with self.site.lock:
            self.rewrite(self.must(path), content).content_version = 0

    def must(self, path: str) -> Item:
        """The item at that path; KeyError where there is none."""
        if (found := self.at(path)) is None:
            raise KeyError(path)
        return found

    def share(self, kind: str, name: str = "", role: str = "", on: str | None = None) -> dict[str, Any]:
        """Shares the library, or one item, as `sharing.grant` words it; gives the permission."""
        permission = sharing.grant(kind, name, role, self.site.tenant_id, self.site.title, self.web_url)
        with self.site.lock:
            target = self.root if on is None else self.must(on)
            (self.permissions if on is None else target.permissions).append(permission)
            self.touch(target)
        return permission

    def unshare_all(self) -> None:
        """Leaves the site's owners only, here and on every item."""
        with self.site.lock:
            self.permissions[:] = [sharing.owners(self.site.title)]
            for each in self.live():
                each.permissions.clear()
            self.touch(self.root)

    # -- for the handlers --------------------------------------------------------------------------------------

    def live(self) -> Iterator[Item]:
        """What is there now, in no order."""
        return (each for each in list(self.items.values()) if not each.gone)

    def get(self, item_id: str) -> Item | None:
        """The item with that id, if it is still there; `root` is the root's other name."""
        found = self.root if item_id == "root" else self.items.get(item_id)
        return None if found is None or found.gone else found

    def child(self, parent: str, name: str) -> Item | None:
        """A child by name; SharePoint's names keep their case and are compared without it."""
        wanted = name.lower()
        return next((each for each in self.live() if each.parent == parent and each.name.lower() == wanted), None)

    def children(self, parent: str) -> list[Item]:
        """What lies in a folder, by name."""
        return sorted((each for each in self.live() if each.parent == parent), key=lambda each: each.name.lower())

    def at(self, path: str) -> Item | None:
        """The item at a path from the root."""
        found: Item | None = self.root
        for name in filter(None, path.split("/")):
            found = self.child(found.id, name) if found else None
        return found

    def path(self, item: Item) -> str:
        """The path from the root, without a leading slash."""
        if not item.parent:
            return ""
        above = self.path(self.items[item.parent])
        return f"{above}/{item.name}" if above else item.name

    def folder(self, path: str, by: dict[str, Any]) -> Item:
        """The folder at that path, made where missing."""
        found = self.root
        for name in filter(None, path.split("/")):
            found = self.child(found.id, name) or self.add(found, name, None, by)
        return found

    def touch(self, item: Item) -> None:
        """Counts a change, in the item and in the folders above: delta gives those too (its `deltaExcludeParent`)."""
        line = [item]
        while line[-1].parent:
            line.append(self.items[line[-1].parent])
        for each in reversed(line):
            self._seq += 1
            each.seq = self._seq
        item.own = self._seq

    def add(self, parent: Item, name: str, content: bytes | None, by: dict[str, Any]) -> Item:
        """A new file or folder."""
        now = self._now()
        item = Item(name, parent.id, content, next(self._numbers), now, now, by)
        self.items[item.id] = item
        self.touch(item)
        return item

    def rewrite(self, item: Item, content: bytes) -> Item:
        """New content for a file."""
        item.content = content
        item.content_version += 1
        return self.edited(item)

    def edited(self, item: Item) -> Item:
        """Notes that something of the item changed."""
        item.version += 1
        item.modified = self._now()
        self.touch(item)
        return item

    def delete(self, item: Item) -> None:
        """Moves it, and all it holds, to the recycle bin: gone for Graph, a tombstone for delta."""
        for each in self.children(item.id):
            self.delete(each)
        self.touch(item)
        item.gone = True

    def effective(self, item: Item) -> list[dict[str, Any]]:
        """Its own permissions and those it inherits; `inheritedFrom` is not given by SharePoint (permission resource)."""
        found = list(item.permissions)
        while item.inherits and item.parent:
            item = self.items[item.parent]
            found += item.permissions
        return found + (self.permissions if item.inherits else [])
