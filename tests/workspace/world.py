"""The Workspace as a test sees it: what it holds, its switches, what came in."""

from __future__ import annotations

import random
import secrets
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from tests.workspace import makers, pushing
from tests.workspace.chat import Space
from tests.workspace.drives import File, MyDrive, Permission, SharedDrive
from tests.workspace.faults import Fault, Faults
from tests.workspace.forms import Form
from tests.workspace.keys import Keys
from tests.workspace.people import (
    Account,
    ChatMessage,
    Code,
    Grant,
    Mail,
    OAuthClient,
    Record,
    ServiceAccount,
    Token,
)
from tests.workspace.pubsub import Notification, PubSub, Subscription, Topic


def _wall() -> datetime:
    return datetime.now(UTC)


@dataclass(slots=True, eq=False)
class Workspace:
    """One Google Workspace and one Cloud project, on loopback. Switches are what google.md section 8 leaves open."""

    url: str
    domain: str = "hillside.example"
    project: str = "concern-connector-417"
    clock: Callable[[], datetime] = _wall
    assertion_clock: Callable[[], datetime] = _wall
    token_seconds: int = 3600
    down: bool = False
    page_size: int = 0
    pull_block: float = 0.2
    readers_may_list_permissions: bool = False
    drive_file_reaches_human_folders: bool = False
    domain_users_only_bars_service_accounts: bool = True
    chat_rate_limited: bool = False
    chat_app: ServiceAccount | None = None
    consenting_as: Account | str | None = None
    consented_scopes: set[str] | None = None
    delegated: dict[str, set[str]] = field(default_factory=dict)
    groups: dict[str, set[str]] = field(default_factory=dict)
    mails: list[Mail] = field(default_factory=list)
    chats: list[ChatMessage] = field(default_factory=list)
    requests: list[Record] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    accounts: dict[str, Account] = field(default_factory=dict)
    service_accounts: dict[str, ServiceAccount] = field(default_factory=dict)
    oauth_clients: dict[str, OAuthClient] = field(default_factory=dict)
    tokens: dict[str, Token] = field(default_factory=dict)
    grants: dict[str, Grant] = field(default_factory=dict)
    codes: dict[str, Code] = field(default_factory=dict)
    files_by_id: dict[str, File] = field(default_factory=dict)
    my_drives: dict[str, MyDrive] = field(default_factory=dict)
    shared_drives: dict[str, SharedDrive] = field(default_factory=dict)
    ids_given: dict[str, str] = field(default_factory=dict)
    ids_used: set[str] = field(default_factory=set)
    uploads: dict[str, Any] = field(default_factory=dict)
    forms: dict[str, Form] = field(default_factory=dict)
    spaces: dict[str, Space] = field(default_factory=dict)
    keys: Keys = field(default_factory=Keys)
    faults: Faults = field(default_factory=Faults)
    lock: threading.RLock = field(default_factory=threading.RLock)
    chance: random.Random = field(default_factory=lambda: random.Random(417))
    pubsub: PubSub = field(init=False)

    def __post_init__(self) -> None:
        self.pubsub = PubSub(self)

    def now(self) -> datetime:
        """Google's time."""
        return self.clock()

    # -- identities --------------------------------------------------------------------------------------------

    def service_account(self, name: str = "filer") -> ServiceAccount:
        """The service account of that name, made where missing; `.info` is its JSON key file."""
        return makers.service_account(self, name)

    def account(self, address: str) -> Account:
        """A person of the domain, with a mailbox and a My Drive."""
        return self.accounts.setdefault(address.lower(), Account(address.lower()))

    def oauth_client(self) -> OAuthClient:
        """A new OAuth client, audience Internal; `.info` is its client_secret.json."""
        return makers.oauth_client(self)

    def refresh_token(self, account: Account | str, scopes: Iterable[str], client: OAuthClient | None = None) -> str:
        """A refresh token as consent would have given it."""
        return makers.refresh_token(self, account, scopes, client)

    def revoke(self, refresh_token: str) -> None:
        """The person takes the grant back: the refresh token and every access token of that client end."""
        grant = self.grants[refresh_token]
        grant.revoked = True
        for each in list(self.tokens.values()):
            if (each.client_id, each.identity) == (grant.client_id, grant.account):
                del self.tokens[each.value]

    def end_tokens(self) -> None:
        """Every access token given so far is refused from now on."""
        self.tokens.clear()

    # -- what it holds -----------------------------------------------------------------------------------------

    def form(self, title: str, items: Iterable[dict[str, Any]] = (), owner: Account | str | None = None) -> Form:
        """A form made by hand, published, with verified addresses."""
        made = Form(self, title, self.my_drive(owner or f"forms@{self.domain}"), list(items))
        self.forms[made.id] = made
        return made

    def my_drive(self, account: Account | str) -> MyDrive:
        """Somebody's My Drive."""
        address = self.account(account if isinstance(account, str) else account.address).address
        if address not in self.my_drives:
            self.my_drives[address] = MyDrive(self, address)
        return self.my_drives[address]

    def shared_drive(self, name: str, restrictions: Mapping[str, Any] | None = None) -> SharedDrive:
        """A new shared drive without members."""
        made = SharedDrive(self, name, dict(restrictions or {}))
        self.shared_drives[made.id] = made
        return made

    def share_file(self, file_id: str, who: str, role: str, **more: Any) -> Permission:
        """A direct grant on any file or folder."""
        return self.files_by_id[file_id].share(who, role, **more)

    def space(self, name: str) -> Space:
        """A Chat space, made where missing."""
        return self.spaces.setdefault(name, Space(self, name))

    def topic(self, name: str = "forms", publishers: Iterable[str] | None = None) -> Topic:
        """A Pub/Sub topic; without `publishers` Forms may publish there."""
        return self.pubsub.topic(name, publishers)

    def subscription(self, topic: Topic, name: str = "forms-pull", **more: Any) -> Subscription:
        """A subscription; `subscribers` may pull, `ack_seconds`, `push_endpoint`, `audience`, `never_expires`."""
        return self.pubsub.subscription(topic, name, **more)

    @property
    def notifications(self) -> list[Notification]:
        """What the watches have published so far, the throttled ones as soon as they are due."""
        with self.lock:
            self.pubsub.settle()
            return list(self.pubsub.notifications)

    # -- what a push carries -----------------------------------------------------------------------------------

    def push_envelope(self, form: Form | str, watch: str = "5d7ec0de", **more: str) -> dict[str, Any]:
        """The body of a push about a form; `event`, `subscription`."""
        return pushing.envelope(self, form if isinstance(form, str) else form.id, watch, **more)

    def push_token(self, audience: str, email: str, **more: Any) -> str:
        """The token a push carries; `verified`, `issuer`, `expires_in`, `key`, `alg` and claims as in `pushing.token`."""
        return pushing.token(self, audience, email, **more)

    @property
    def certs_url(self) -> str:
        """Where the keys of push tokens are published."""
        return f"{self.url}/oauth2/v3/certs"

    # -- faults ------------------------------------------------------------------------------------------------

    def fail(
        self,
        method_id: str = "",
        status: int = 0,
        *,
        times: int | None = 1,
        code: str = "",
        reason: str = "",
        message: str = "A fault was planned by the test.",
        headers: Mapping[str, str] | None = None,
        after: bool = False,
        cut: bool = False,
        skip: int = 0,
    ) -> None:
        """Plans a fault for methods whose id begins so; `times` None lasts until healed."""
        if not status and not cut:
            raise ValueError("a fault has a status or cuts the connection")
        self.faults.plan(Fault(method_id, status, times, reason or code, message, headers or {}, after, cut, skip))

    def delay(self, method_id: str, seconds: float) -> None:
        """Makes answers late, outside the lock, so that requests overlap."""
        self.faults.delays[method_id] = seconds

    def heal(self) -> None:
        """Forgets every fault and delay."""
        self.down = False
        self.faults.heal()

    # -- what came in ------------------------------------------------------------------------------------------

    def count(self, prefix: str = "") -> int:
        """How many requests came for methods whose id begins so."""
        return sum(each.method_id.startswith(prefix) for each in list(self.requests))

    def usage(self) -> Counter[str]:
        """The requests by method id."""
        return Counter(each.method_id for each in list(self.requests))

    def complain(self, method_id: str, words: str) -> None:
        """Notes what a right client would not have sent."""
        self.complaints.append(f"{method_id}: {words}")

    def fresh(self, prefix: str = "", size: int = 16) -> str:
        """A new opaque id."""
        return prefix + secrets.token_hex(size)
