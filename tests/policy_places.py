"""The three places where policies can lie, each with what a person does there by hand and the source over it."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Protocol

import pytest

from connector.model.policy_text import FoundDocument
from connector.outbound.drive import Drive
from connector.outbound.google import LOOK_SCOPES, Google
from connector.outbound.google_sign_in import Given, GoogleSignIn, Identity
from connector.outbound.graph import Graph
from connector.outbound.http import Answered
from connector.outbound.sharepoint import Library
from connector.outbound.sign_in import SignIn
from connector.policies.drive import DriveSource
from connector.policies.folder import FolderSource
from connector.policies.sharepoint import SharePointSource
from tests import tenant, workspace

POLICY = "Safeguarding/Child protection.docx"
SITE = "https://harbourview.sharepoint.com/sites/policies"


class Source(Protocol):
    def documents(self) -> tuple[FoundDocument, ...]: ...
    def read(self, found: FoundDocument) -> bytes: ...


class Place(Protocol):
    """Paths are like `Safeguarding/Child protection.docx`."""

    keeps_ids: ClassVar[bool]

    @property
    def source(self) -> Source: ...
    def put(self, path: str, content: bytes) -> None: ...
    def save(self, path: str, content: bytes) -> None: ...
    def rename(self, path: str, name: str) -> None: ...
    def move(self, path: str, folder: str) -> None: ...
    def remove(self, path: str) -> None: ...
    def folder(self, path: str) -> None: ...


@dataclass
class OnDisk:
    root: Path
    keeps_ids: ClassVar[bool] = False

    @property
    def source(self) -> FolderSource:
        return FolderSource(self.root)

    def put(self, path: str, content: bytes) -> None:
        self.folder(str(Path(path).parent))
        (self.root / path).write_bytes(content)

    save = put

    def rename(self, path: str, name: str) -> None:
        (self.root / path).rename((self.root / path).with_name(name))

    def move(self, path: str, folder: str) -> None:
        (self.root / path).rename(self.root / folder / Path(path).name)

    def remove(self, path: str) -> None:
        (self.root / path).unlink()

    def folder(self, path: str) -> None:
        (self.root / path).mkdir(parents=True, exist_ok=True)


@dataclass
class OnSharePoint:
    fake: tenant.Tenant
    library: tenant.Library
    source: SharePointSource
    keeps_ids: ClassVar[bool] = True

    def put(self, path: str, content: bytes) -> None:
        self.library.drop(path, content)

    save = put

    def rename(self, path: str, name: str) -> None:
        self.library.rename(path, name)

    def move(self, path: str, folder: str) -> None:
        self.library.move(path, folder)

    def remove(self, path: str) -> None:
        self.library.remove(path)

    def folder(self, path: str) -> None:
        self.library.folder(path, {})


KINDS = {
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".pdf": "application/pdf",
    ".txt": "text/plain",
}


@dataclass
class OnDrive:
    fake: workspace.Workspace
    shared: workspace.SharedDrive
    source: DriveSource
    keeps_ids: ClassVar[bool] = True

    def put(self, path: str, content: bytes) -> None:
        *folders, name = path.split("/")
        kind = KINDS.get(Path(name).suffix.lower(), "application/octet-stream")
        self.shared.put(name, self._parent(folders), kind, content)

    def _parent(self, folders: list[str]) -> workspace.File:
        here = self.shared.root
        for name in folders:
            here = self.shared.folder(name, here)
        return here

    def save(self, path: str, content: bytes) -> None:
        self.shared.find(path).rewrite(content)

    def rename(self, path: str, name: str) -> None:
        found = self.shared.find(path)
        assert found.parent is not None
        found.move(found.parent, name)

    def move(self, path: str, folder: str) -> None:
        self.shared.find(path).move(self._parent(folder.split("/")))

    def remove(self, path: str) -> None:
        self.shared.find(path).trashed = True

    def folder(self, path: str) -> None:
        self._parent(path.split("/"))


@contextlib.contextmanager
def on_disk(folder: Path) -> Iterator[OnDisk]:
    (folder / "policies").mkdir()
    yield OnDisk(folder / "policies")


@contextlib.contextmanager
def on_sharepoint(_: Path) -> Iterator[OnSharePoint]:
    """The app may read on that one site and nothing else."""
    with tenant.tenant() as fake:
        site = fake.site(SITE)
        library = site.library("Policies")
        fake.app.secret = "a-client-secret"
        fake.app.roles = {"Sites.Selected"}
        fake.app.site_grants = {site.id: "read"}
        graph = Graph(fake.url, SignIn(fake.url, fake.tenant_id, fake.app.client_id, fake.app.secret), "Harbour View")
        yield OnSharePoint(fake, library, SharePointSource(Library(graph, SITE, "Policies")))


@contextlib.contextmanager
def on_drive(_: Path) -> Iterator[OnDrive]:
    """The service account is a member who may view, and nothing else."""
    with workspace.workspace() as fake:
        account = fake.service_account("reader")
        shared = fake.shared_drive("Policies")
        shared.add(account.email, "reader")
        sign_in = GoogleSignIn(Given(identity=Identity.MEMBER, key=account.info), f"{fake.url}/token")
        yield OnDrive(fake, shared, DriveSource(Drive(Google(sign_in, fake.url), LOOK_SCOPES), shared.id))


PLACES: dict[str, Callable[[Path], contextlib.AbstractContextManager[Place]]] = {
    "folder": on_disk,
    "sharepoint": on_sharepoint,
    "drive": on_drive,
}


def only(place: Place) -> FoundDocument:
    (found,) = place.source.documents()
    return found


def names(place: Place) -> list[str]:
    return sorted(found.name for found in place.source.documents())


def altered(monkeypatch: pytest.MonkeyPatch, module: Any, change: Callable[[Answered], bytes]) -> None:
    """Every answer that the module gets comes with the body that `change` makes of it."""
    real = module.exchange

    def careless(method: str, url: str, **more: Any) -> Answered:
        answer = real(method, url, **more)
        return Answered(answer.status, answer.headers, change(answer))

    monkeypatch.setattr(module, "exchange", careless)


def crossed(monkeypatch: pytest.MonkeyPatch, module: Any, change: Callable[[dict[str, Any]], Any]) -> None:
    """Every JSON object in an answer goes through `change` first."""

    def body(answer: Answered) -> bytes:
        if "json" not in answer.headers.get("Content-Type", ""):
            return answer.body
        return json.dumps(json.loads(answer.body, object_hook=change)).encode()

    altered(monkeypatch, module, body)


def swap(name: str, old: str, new: str) -> Callable[[dict[str, Any]], Any]:
    return lambda found: {**found, name: new} if found.get(name) == old else found
