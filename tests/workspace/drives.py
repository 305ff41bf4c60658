"""What lies in Drive: shared drives and My Drives, their files, and who may do what with them (google.md 2)."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.workspace.world import Workspace

FOLDER = "application/vnd.google-apps.folder"
DOCUMENT = "application/vnd.google-apps.document"
FORM = "application/vnd.google-apps.form"
SHEET = "application/vnd.google-apps.spreadsheet"
RANK = {"": 0, "reader": 1, "commenter": 2, "writer": 3, "fileOrganizer": 4, "organizer": 5, "owner": 6}
_KINDS = ("user", "group", "domain", "anyone")


def file_id() -> str:
    """An id as Drive makes them."""
    return "1" + secrets.token_urlsafe(24).replace("_", "x")[:32]


@dataclass(slots=True)
class Permission:
    """One grant. `view` is `published` for those who may only answer a form."""

    type: str
    role: str
    email: str = ""
    domain: str = ""
    view: str = ""
    discovery: bool = False
    deleted: bool = False
    expires: datetime | None = None
    id: str = ""

    def __post_init__(self) -> None:
        if self.type not in _KINDS or self.role not in RANK:
            raise ValueError(f"no such permission: {self.type} {self.role}")
        who = self.email.lower() or self.domain or self.type
        digits = str(int(hashlib.sha256(f"{who}{self.view}".encode()).hexdigest(), 16))[:20]
        self.id = self.id or {"anyone": "anyoneWithLink"}.get(self.type, digits)

    def reaches(self, identity: str, fake: Workspace) -> bool:
        """Whether it is a grant to that identity."""
        if self.view or self.deleted or (self.expires and self.expires <= fake.now()):
            return False
        if self.type == "user":
            return self.email.lower() == identity.lower()
        if self.type == "group":
            return identity.lower() in {each.lower() for each in fake.groups.get(self.email, ())}
        return self.type == "anyone" or identity.lower().endswith("@" + self.domain.lower())


def permission(who: str, role: str, **more: Any) -> Permission:
    """A grant to an address, a `group:` address, a `domain:` name or `anyone`."""
    kind, _, name = who.partition(":") if ":" in who else ("anyone" if who == "anyone" else "user", "", who)
    email = name if kind in {"user", "group"} else ""
    return Permission(kind, role, email=email, domain=name if kind == "domain" else "", **more)


@dataclass(slots=True, eq=False)
class File:
    """A file or folder. `content` is None for folders and Google's own kinds; `app` the project that made it.

    `exported` is what a Google document comes to as Word. `sums` are its checksums: files of old have fewer, or none
    (rclone issues 980, 8996).
    """

    drive: Drive
    name: str
    mime: str
    parent: File | None
    content: bytes | None = None
    id: str = field(default_factory=file_id)
    maker: str = ""
    app: str = ""
    direct: list[Permission] = field(default_factory=list)
    app_properties: dict[str, dict[str, str]] = field(default_factory=dict)
    properties: dict[str, str] = field(default_factory=dict)
    description: str = ""
    trashed: bool = False
    restrictions: list[dict[str, Any]] = field(default_factory=list)
    limited: bool = False
    created: datetime = field(default_factory=datetime.now)
    modified: datetime = field(default_factory=datetime.now)
    version: int = 1
    head: str = field(default_factory=file_id)
    exported: bytes = b""
    sums: tuple[str, ...] = ("md5", "sha1", "sha256")

    @property
    def is_folder(self) -> bool:
        return self.mime == FOLDER

    @property
    def read_only(self) -> bool:
        return any(each.get("readOnly") for each in self.restrictions)

    @property
    def is_trashed(self) -> bool:
        """Trashed itself or with a folder above it."""
        return any(each.trashed for each in self.line())

    def line(self) -> Iterator[File]:
        """The file and the folders above it."""
        here: File | None = self
        while here is not None:
            yield here
            here = here.parent

    def share(self, who: str, role: str, **more: Any) -> Permission:
        """A direct grant on this file."""
        made = permission(who, role, **more)
        self.direct = [each for each in self.direct if each.id != made.id] + [made]
        return made

    def unshare(self, who: str) -> None:
        """Takes a direct grant away."""
        self.direct = [each for each in self.direct if who.lower() not in {each.email.lower(), each.domain, each.type}]

    def grants(self) -> Iterator[tuple[Permission, File | None]]:
        """Every grant that bears on the file and the folder it comes from; None is membership of the drive."""
        cut = False
        for here in self.line():
            for each in here.direct:
                if not cut or RANK[each.role] >= RANK["organizer"]:
                    yield each, here
            cut = cut or here.limited
        for each in self.drive.grants():
            if not cut or RANK[each.role] >= RANK["organizer"]:
                yield each, None

    def rank(self, identity: str) -> int:
        """How much the identity may do with it; 0 is nothing, not even see it."""
        fake = self.drive.fake
        if self.drive.bars(identity):
            return 0
        return max((RANK[each.role] for each, _ in self.grants() if each.reaches(identity, fake)), default=0)

    def rewrite(self, content: bytes) -> None:
        """Somebody saves another content; of a Google document that which is exported."""
        if self.content is None:
            self.exported = content
        else:
            self.content, self.head = content, file_id()
        self.touch()

    def move(self, parent: File, name: str = "") -> None:
        """Somebody moves it to a folder of the same drive, or renames it."""
        self.parent, self.name = parent, name or self.name
        self.touch()

    def touch(self) -> None:
        """Notes a change."""
        self.modified, self.version = self.drive.fake.now(), self.version + 1


class Drive:
    """A place with a root folder."""

    is_shared = False

    def __init__(self, fake: Workspace, root_id: str, name: str) -> None:
        self.fake, self.name, self.created = fake, name, fake.now()
        self.root = File(self, name, FOLDER, None, id=root_id, created=self.created, modified=self.created)
        fake.files_by_id[root_id] = self.root

    @property
    def id(self) -> str:
        return self.root.id

    def grants(self) -> list[Permission]:
        """The members, or the owner."""
        return []

    def bars(self, identity: str) -> bool:
        """Whether the drive lets that identity in nowhere, whatever it was granted."""
        return False

    def put(
        self,
        name: str,
        parent: File | None = None,
        mime: str = "application/octet-stream",
        content: bytes | None = None,
        **more: Any,
    ) -> File:
        """Makes a file, as somebody would by hand."""
        now = self.fake.now()
        made = File(self, name, mime, parent or self.root, content, created=now, modified=now, **more)
        self.fake.files_by_id[made.id] = made
        return made

    def document(self, name: str, exported: bytes, parent: File | None = None) -> File:
        """A Google document, which has no content of its own."""
        return self.put(name, parent, DOCUMENT, None, exported=exported)

    def folder(self, name: str, parent: File | None = None) -> File:
        """The folder of that name, made by hand where missing."""
        above = parent or self.root
        hits = (each for each in self.everything() if each.parent is above and each.name == name and each.is_folder)
        return next(hits, None) or self.put(name, above, FOLDER)

    def everything(self) -> list[File]:
        """All files and folders but the root, oldest first."""
        return [each for each in list(self.fake.files_by_id.values()) if each.drive is self and each is not self.root]

    def files(self, trashed: bool = False) -> dict[str, bytes]:
        """The content of its files by path; of several of one path the newest. Trashed ones only where asked."""
        found = {}
        for each in self.everything():
            if each.content is not None and (trashed or not each.is_trashed):
                found["/".join(reversed([here.name for here in each.line()][:-1]))] = each.content
        return found

    def find(self, path: str) -> File:
        """The newest file or folder at that path."""
        for each in reversed(self.everything()):
            if "/".join(reversed([here.name for here in each.line()][:-1])) == path:
                return each
        raise KeyError(path)


class MyDrive(Drive):
    """What one person owns."""

    def __init__(self, fake: Workspace, owner: str) -> None:
        super().__init__(fake, "0A" + file_id()[:17], "My Drive")
        self.owner = owner

    def grants(self) -> list[Permission]:
        return [permission(self.owner, "owner")]


class SharedDrive(Drive):
    """A shared drive: what its members may, they may everywhere in it. `restrictions` as in drives.get."""

    is_shared = True

    def __init__(self, fake: Workspace, name: str, restrictions: dict[str, Any]) -> None:
        super().__init__(fake, "0A" + file_id()[:13] + "Uk9PVA", name)
        self.restrictions: dict[str, Any] = {
            "adminManagedRestrictions": False,
            "copyRequiresWriterPermission": False,
            "domainUsersOnly": False,
            "driveMembersOnly": False,
            "sharingFoldersRequiresOrganizerPermission": False,
        } | restrictions
        self.members: dict[str, str] = {}

    def grants(self) -> list[Permission]:
        return [permission(who, role) for who, role in self.members.items()]

    def bars(self, identity: str) -> bool:
        """domainUsersOnly keeps out who is not of the domain, so every service account; driveMembersOnly all but members."""
        fake, inside = self.fake, identity in self.fake.accounts or identity.endswith("@" + self.fake.domain)
        if self.restrictions["domainUsersOnly"] and fake.domain_users_only_bars_service_accounts and not inside:
            return True
        member = any(each.reaches(identity, fake) for each in self.grants())
        return bool(self.restrictions["driveMembersOnly"]) and not member

    def add(self, who: str, role: str = "reader") -> None:
        """A member: an address, `group:` address, `domain:` name, or `anyone`."""
        permission(who, role)
        self.members[who] = role

    def share_file(self, file_id: str, who: str, role: str, **more: Any) -> Permission:
        """A direct grant on one file or folder."""
        return self.fake.files_by_id[file_id].share(who, role, **more)
