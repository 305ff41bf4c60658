"""`schools/<slug>.toml`: one setting with its people, ladder, calendar, forms, store and channels."""

from __future__ import annotations

from datetime import date, time
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints

from connector.model.people import Email, Ladder, Person
from connector.model.policies_kept import Listed
from connector.model.profile import FormMap, Question, Slug, Strict
from connector.settings.google import (
    AppriseChannel,
    ChatAppChannel,
    ChatChannel,
    DriveStore,
    GmailChannel,
    GoogleForm,
    Workspace,
)
from connector.settings.microsoft import (
    ActivityChannel,
    EntraProof,
    GraphMailChannel,
    IntakeLibrary,
    SharePointStore,
    Tenant,
)
from connector.settings.policies import PolicyLibrary
from connector.settings.secrets import PublicKey, Secret


class Reader(Person):
    """A person of the school; `reader` is their public age key, for whoever may open records."""

    reader: Annotated[PublicKey, StringConstraints(strip_whitespace=True, pattern=r"^(age1[0-9a-z]{58})?$")] = ""


class Closure(Strict):
    """Days on which the school is closed (both included)."""

    first: date
    last: date
    name: str = ""


def _early_enough(at: time) -> time:
    if at.tzinfo is not None:
        raise ValueError("must be a time of the school's own clock, like 07:00:00")
    if at > _LATEST_ALL_WELL:
        raise ValueError("must be 22:00 or earlier: a message that fails is tried again on the same day only")
    return at


# The daily message is looked for each quarter of an hour, on its own day only.
_LATEST_ALL_WELL = time(22)
DailyAt = Annotated[time, AfterValidator(_early_enough)]


class Calendar(Strict):
    """When the ladder climbs for concerns that are not urgent. The first rung is always told at once.

    `terms` names a set of terms.toml: outside of them the office is not there, and its mail waits.
    """

    climbs: Literal["always", "open_hours"] = "always"
    opens: time = time(7, 30)
    closes: time = time(18, 30)
    weekdays: tuple[Annotated[int, Field(ge=1, le=7)], ...] = (1, 2, 3, 4, 5)
    closed: tuple[Closure, ...] = ()
    terms: Slug | None = None


class FolderStore(Strict):
    """An encrypted folder. Records are readable to `readers` only, not to the machine that files them."""

    kind: Literal["folder"]
    path: str = Field(min_length=1)
    readers: tuple[Slug, ...] = Field(min_length=1)


class SmtpChannel(Strict):
    """E-mail by the school's own server. `security` may be `none` for loopback only."""

    kind: Literal["smtp"]
    host: str = Field(min_length=1)
    port: int = Field(default=587, ge=1, le=65535)
    security: Literal["starttls", "tls", "none"] = "starttls"
    sender: Email
    username: str = ""
    password: Secret | None = None
    timeout_seconds: float = Field(default=20, gt=0, le=120)


class TeamsChannel(Strict):
    """A Teams channel or group chat by its Workflows webhook. `members` are those who can read it.

    A webhook that only the tenant may trigger has no `sig` in its address: then `sign_in = "entra"`.
    """

    kind: Literal["teams"]
    webhook: Secret
    sign_in: Literal["signature", "entra"] = "signature"
    members: tuple[Slug, ...] = Field(min_length=1)
    timeout_seconds: float = Field(default=20, gt=0, le=120)


Channel = Annotated[
    SmtpChannel
    | GraphMailChannel
    | GmailChannel
    | TeamsChannel
    | ActivityChannel
    | ChatChannel
    | ChatAppChannel
    | AppriseChannel,
    Field(discriminator="kind"),
]
Store = Annotated[FolderStore | SharePointStore | DriveStore, Field(discriminator="kind")]
MAIL = ("smtp", "graph_mail", "gmail")


def members_of(channel: Channel) -> tuple[str, ...]:
    """Those who read a shared channel; nobody for one that reaches each person alone."""
    return getattr(channel, "members", ())


class Form(Strict):
    """One form of the school: where it comes from, what it is checked against, how it proves itself."""

    title: str
    source: Literal["generic", "microsoft", "google"]
    profile: Slug
    bearer_key: Secret | None = None
    signing_key: Secret | None = None
    poke_key: Secret | None = None
    entra: EntraProof | None = None
    google: GoogleForm | None = None
    questions: tuple[Question, ...] = Field(min_length=1)

    @property
    def map(self) -> FormMap:
        """The form map of these questions."""
        return FormMap(questions=self.questions)


class Reporter(Strict):
    """What the school wants its reporters to be sent."""

    receipt: bool = True
    told_when_acknowledged: bool = True


class School(Strict):
    """One setting. Nothing of it is code: a further school is a further file."""

    name: str
    technician: Slug
    office: Slug | None = None
    all_well_at: DailyAt = time(7)
    people: dict[Slug, Reader] = Field(min_length=1)
    ladder: Ladder
    staff_ladder: Ladder
    calendar: Calendar = Calendar()
    microsoft: Tenant | None = None
    intake_library: IntakeLibrary | None = None
    google: Workspace | None = None
    store: Store
    staff_store: Store
    channels: dict[Slug, Channel] = Field(min_length=1)
    forms: dict[Slug, Form] = Field(min_length=1)
    reporter: Reporter = Reporter()
    policy_library: PolicyLibrary | None = None
    policies: dict[Slug, Listed] = Field(default_factory=dict)
    office_at: DailyAt = time(7, 30)
    advice: tuple[str, ...] = (
        "If a child is in immediate danger, call 999 now.",
        "Telling the DSL does not remove your own duty to report: anyone may refer to children's social care.",
    )

    @property
    def client_id(self) -> str:
        """The app's id in the school's tenant, or nothing."""
        return self.microsoft.client_id if self.microsoft else ""

    @property
    def polled_forms(self) -> tuple[str, ...]:
        """The forms whose responses are fetched from the intake library, each from the folder of its name."""
        return tuple(slug for slug, form in self.forms.items() if self.intake_library and form.source == "microsoft")

    @property
    def google_forms(self) -> dict[str, GoogleForm]:
        """The forms whose responses are fetched from Google Forms."""
        return {slug: form.google for slug, form in self.forms.items() if form.google is not None}

    @property
    def mail_channel(self) -> str:
        """The slug of the e-mail channel; raises StopIteration where the school has none (load refuses that)."""
        return next(slug for slug, channel in self.channels.items() if channel.kind in MAIL)
