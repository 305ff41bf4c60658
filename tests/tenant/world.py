"""The tenant as a test sees it: what it holds, its switches, what came in."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlsplit

from tests.tenant import hooks_room
from tests.tenant.answers import Call
from tests.tenant.content_room import Downloads, Session
from tests.tenant.faults import Faults
from tests.tenant.ids import guid
from tests.tenant.keys import Keys, access_claims
from tests.tenant.people import Activity, App, Delivery, Flow, Mail, Subscription, User
from tests.tenant.site import Site
from tests.tenant.store import Library


def _wall() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Record:
    """One request as it came and how it was answered. `status` 0 is a connection cut."""

    method: str
    path: str
    query: str
    status: int
    headers: dict[str, str]
    body: bytes
    units: int
    at: datetime


@dataclass(slots=True)
class Tenant:
    """One Microsoft tenant on loopback. The switches are what ms365.md section 8 could not confirm."""

    url: str
    tenant_id: str = field(default_factory=guid)
    app: App = field(default_factory=App)
    clock: Callable[[], datetime] = _wall
    assertion_clock: Callable[[], datetime] = _wall
    token_seconds: int = 3599
    hook_patience: float = 60.0
    selected_can_read_permissions: bool = True
    selected_can_subscribe: bool = True
    selected_can_resolve_sites: bool = True
    selected_can_delta: bool = True
    put_makes_folders: bool = True
    gives_hashes: bool = True
    delta_repeats: bool = False
    delta_resync: str = "resyncChangesApplyDifferences"
    delta_generation: int = 1
    retention_labels: set[str] = field(default_factory=lambda: {"Safeguarding record 25y"})
    mails: list[Mail] = field(default_factory=list)
    cards: list[dict[str, Any]] = field(default_factory=list)
    activities: list[Activity] = field(default_factory=list)
    deliveries: list[Delivery] = field(default_factory=list)
    requests: list[Record] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    sites: dict[str, Site] = field(default_factory=dict)
    users: dict[str, User] = field(default_factory=dict)
    mailboxes: set[str] = field(default_factory=set)
    flows: dict[str, Flow] = field(default_factory=dict)
    subscriptions: dict[str, Subscription] = field(default_factory=dict)
    sessions: dict[str, Session] = field(default_factory=dict)
    client_request_ids: set[str] = field(default_factory=set)
    keys: Keys = field(default_factory=Keys)
    faults: Faults = field(default_factory=Faults)
    lock: threading.RLock = field(default_factory=threading.RLock)
    downloads: Downloads = field(init=False)

    def __post_init__(self) -> None:
        self.downloads = Downloads(self.url)

    # -- what it holds -----------------------------------------------------------------------------------------

    def site(self, url: str) -> Site:
        """The site at that address, made where missing."""
        with self.lock:
            if url not in self.sites:
                self.sites[url] = Site(url, self.tenant_id, self.now, self.lock)
            return self.sites[url]

    def onedrive(self, owner: str) -> Library:
        """Somebody's OneDrive, where the files uploaded to their forms lie."""
        personal = "".join(letter if letter.isalnum() else "_" for letter in owner.lower())
        library = self.site(f"https://school-my.sharepoint.example/personal/{personal}").library("Documents")
        library.kind = "business"
        self.user(owner)
        return library

    def mailbox(self, address: str) -> str:
        """A mailbox, shared or somebody's."""
        self.mailboxes.add(address.lower())
        return address

    def user(self, address: str, has_app: bool = True) -> User:
        """A person of the directory; given again, changed."""
        found = self.users.setdefault(address.lower(), User(address.lower()))
        found.has_app = has_app
        return found

    def flow(self, tenant_only: bool = False) -> str:
        """A Workflows webhook; gives its address, with a signature unless it asks for a tenant's token."""
        made = Flow(secrets.token_hex(16), "" if tenant_only else secrets.token_urlsafe(32))
        self.flows[made.id] = made
        base = f"{self.url}/powerautomate/automations/direct/workflows/{made.id}/triggers/manual/paths/invoke?api-version=1"
        if tenant_only:
            return base
        return f"{base}&sp={quote('/triggers/manual/run', safe='')}&sv=1.0&sig={made.signature}"

    def now(self) -> datetime:
        """The tenant's time."""
        return self.clock()

    # -- what a test makes happen ------------------------------------------------------------------------------

    def issue_token(
        self,
        audience: str = "https://graph.microsoft.com",
        app_id: str | None = None,
        version: int = 1,
        tenant: str | None = None,
        expires_in: float = 3599,
        key: str = "current",
        **claims: Any,
    ) -> str:
        """An access token as Power Automate's HTTP action (or the app) would send it; `claims` override, None removes.

        `key` is `current`, `previous` (published still, after one rotation) or `foreign`.
        """
        made = access_claims(
            audience=audience,
            tenant=tenant or self.tenant_id,
            app_id=app_id or self.app.client_id,
            roles=self.app.roles if audience == "https://graph.microsoft.com" else (),
            now=self.now,
            seconds=expires_in,
            version=version,
        )
        kept = {name: value for name, value in (made | claims).items() if value is not None}
        return self.keys.sign(kept, key)

    def rotate_keys(self, keep: int = 1) -> None:
        """New signing keys; `keep` former ones stay published."""
        self.keys.rotate(keep)

    def expire_delta(self, code: str = "resyncChangesApplyDifferences") -> None:
        """Every delta token issued so far answers 410 Gone with that code."""
        with self.lock:
            self.delta_generation += 1
            self.delta_resync = code

    def fail(self, match: str = ".*", **how: Any) -> None:
        """Plans a fault (`Faults.plan`): status, headers, times (None until healed), code, cut, after, slow, meet."""
        self.faults.plan(match, **how)

    def down(self, headers: dict[str, str] | None = None) -> None:
        """Everything answers 503 until healed."""
        self.fail(".*", status=503, headers=headers, times=None)

    def heal(self) -> None:
        """Forgets every fault."""
        self.faults.heal()

    def notify(self, only: str = "") -> list[Delivery]:
        """Delivers a change notification to each live subscription (or one)."""
        return hooks_room.notices(self, "", only)

    def lifecycle(self, event: str = "reauthorizationRequired", only: str = "") -> list[Delivery]:
        """Delivers a lifecycle event to each live subscription that gave an address for it."""
        return hooks_room.notices(self, event, only)

    # -- what came in ------------------------------------------------------------------------------------------

    def resource_units(self) -> int:
        """What all requests so far cost, in SharePoint's resource units."""
        return sum(each.units for each in list(self.requests))

    def complain(self, call: Call, words: str) -> None:
        """Notes what a right client would not have sent."""
        self.complaints.append(f"{call.method} {call.path}: {words}")

    # -- for the handlers --------------------------------------------------------------------------------------

    def app_identity(self) -> dict[str, Any]:
        """The app as createdBy names it."""
        return {"application": {"id": self.app.client_id, "displayName": self.app.name}}

    def site_at(self, host: str, path: str) -> Site | None:
        """The site at that host and server-relative path."""
        wanted = (host.lower(), path.strip("/").lower())
        return next((each for each in self.sites.values() if (each.host.lower(), each.path.lower()) == wanted), None)

    def site_by_id(self, site_id: str) -> Site | None:
        """The site with that id."""
        return next((each for each in self.sites.values() if each.id.lower() == site_id.lower()), None)

    def drive(self, drive_id: str) -> Library | None:
        """The drive with that id; the case counts."""
        everything = (library for site in list(self.sites.values()) for library in list(site.libraries.values()))
        return next((each for each in everything if each.drive_id == drive_id), None)

    def live_subscriptions(self) -> dict[str, Subscription]:
        """The subscriptions that have not expired."""
        now = self.now()
        return {key: each for key, each in list(self.subscriptions.items()) if each.expires > now}

    @property
    def host(self) -> str:
        """Host and port of the fake."""
        return urlsplit(self.url).netloc
