"""A school's own Google Workspace: who the service is there, where responses arrive, where records lie."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints

from connector.model.google_ids import folder_id_of, form_id_of
from connector.model.people import Email
from connector.model.profile import Slug, Strict
from connector.settings.secrets import Secret, SecretLater

FormId = Annotated[str, AfterValidator(form_id_of)]
PlaceId = Annotated[str, AfterValidator(folder_id_of)]
_Topic = r"^projects/[a-z][a-z0-9:.-]+/topics/[A-Za-z][A-Za-z0-9._~+%-]+$"
Topic = Annotated[str, StringConstraints(pattern=_Topic, max_length=400)]
Subscription = Annotated[str, StringConstraints(pattern=_Topic.replace("topics", "subscriptions"), max_length=400)]


class Hints(Strict):
    """Hints by Pub/Sub that a form was answered. `subscription`: fetched from here; `sent_by`: pushed to us by it.

    `audience` is what the push tokens are made out to; without one it is the address of our own hook.
    """

    topic: Topic
    subscription: Subscription | None = None
    sent_by: Email | None = None
    audience: str = ""


class Workspace(Strict):
    """How the service signs in.

    `member`: a service account by its `key`. `delegate`: the same, acting as the one mailbox `acts_as`.
    `account`: one dedicated account's consent, by an OAuth `client` of the school's own ("Internal") app and the
    `token` that `connector google sign-in` writes.
    """

    identity: Literal["member", "delegate", "account"]
    key: Secret | None = None
    acts_as: Email | None = None
    client: Secret | None = None
    token: SecretLater | None = None
    hints: Hints | None = None


class GoogleForm(Strict):
    """Where a form's responses are fetched from.

    `history`: what becomes of responses older than `history_days` at the first start: filed and told all at
    once, or left alone. `uploads`: whether the form's uploaded files are copied to the record.
    `allowed`: who may read the answers in the form itself, beside the readers of the store.
    """

    form: FormId
    poll_seconds: int = Field(default=60, ge=15, le=3600)
    history: Literal["file", "leave"] = "file"
    history_days: int = Field(default=14, ge=0, le=3650)
    uploads: bool = False
    allowed: tuple[Email, ...] = ()


class DriveStore(Strict):
    """A shared drive whose members are the safeguarding team alone, or a `folder` in it.

    `readers` are people of the school who are members; `allowed` are addresses of groups, or of others, that are.
    Anybody else who can read it stops filing there. `read_only` seals each record against slips.
    """

    kind: Literal["drive"]
    drive: PlaceId
    folder: PlaceId | None = None
    readers: tuple[Slug, ...] = Field(min_length=1)
    allowed: tuple[Email, ...] = ()
    read_only: bool = False


class GmailChannel(Strict):
    """E-mail from the mailbox that the service acts as, by the Gmail API."""

    kind: Literal["gmail"]
    sender: Email
    timeout_seconds: float = Field(default=20, gt=0, le=120)


class ChatChannel(Strict):
    """A space of Google Chat by its incoming webhook. `members` are those who can read it."""

    kind: Literal["google_chat"]
    webhook: Secret
    members: tuple[Slug, ...] = Field(min_length=1)
    timeout_seconds: float = Field(default=20, gt=0, le=120)


class ChatAppChannel(Strict):
    """A space of Google Chat by the school's own Chat app, which may notify through do-not-disturb.

    `key` is the service account of the Chat app, where the service itself signs in as an account.
    """

    kind: Literal["google_chat_app"]
    space: Annotated[str, StringConstraints(pattern=r"^spaces/[A-Za-z0-9_-]{4,64}$")]
    members: tuple[Slug, ...] = Field(min_length=1)
    key: Secret | None = None
    timeout_seconds: float = Field(default=20, gt=0, le=120)


class AppriseChannel(Strict):
    """A text message, a pager or whatever else Apprise can reach, for its `members` (an extra: `.[apprise]`).

    `url` is Apprise's own address of it, which holds keys.
    """

    kind: Literal["apprise"]
    url: Secret
    members: tuple[Slug, ...] = Field(min_length=1)
    timeout_seconds: float = Field(default=20, gt=0, le=120)
