"""Furnishing, Google's part: one school's Workspace made from its settings."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit

from pydantic import SecretStr

from connector.errors import ConfigError
from connector.forms.google_source import GoogleFormReader, GoogleFormSource, UploadShelf
from connector.forms.push_token import PushTrust
from connector.model.source import HistoryRule
from connector.notify.apprise import AppriseChannel
from connector.notify.chat import ChatChannel
from connector.notify.chat_app import ChatAppChannel
from connector.notify.gmail import GmailChannel
from connector.notify.mail import Envelope
from connector.notify.words import Words
from connector.outbound.drive import Drive
from connector.outbound.google import DRIVE_SCOPES, LOOK_SCOPES, METADATA_SCOPES, Google
from connector.outbound.google_forms import FormOfGoogle
from connector.outbound.google_sign_in import (
    TOKEN_ADDRESS,
    Given,
    GoogleSignIn,
    Identity,
    read_client,
    read_key,
    read_refresh_token,
)
from connector.outbound.pacing import Pace
from connector.outbound.pubsub import PullSubscription
from connector.outbound.signing_keys import SigningKeys
from connector.settings import google as settings_of
from connector.settings.load import Settings
from connector.settings.policies import DrivePolicies
from connector.settings.school import School
from connector.store.drive import DriveStore, Promises

# One message a second for each space, whoever of us sends it (google.md 3.3); a little more for the way there.
_CHAT_SECONDS = 1.1
Paces = dict[str, Pace]
_PUSH_KEYS = "https://www.googleapis.com/oauth2/v3/certs"
_AppriseOrChat = settings_of.ChatChannel | settings_of.ChatAppChannel | settings_of.AppriseChannel


def make_google(settings: Settings, school: School) -> Google | None:
    """The school's way to its Workspace, or None where it has none. Raises ConfigError for a key that is none."""
    given = school.google
    if given is None:
        return None
    return Google(GoogleSignIn(_given(given), _token_address(settings)), settings.service.google.root or "")


def _token_address(settings: Settings) -> str:
    root = settings.service.google.root
    return f"{root}/token" if root else TOKEN_ADDRESS


def _given(found: settings_of.Workspace) -> Given:
    if found.identity == "account":
        if found.client is None or found.token is None:
            raise ConfigError(("google: needs `client` and `token`",))
        token, account = read_refresh_token(found.token.get_secret_value())
        client = read_client(found.client.get_secret_value())
        return Given(identity=Identity.ACCOUNT, key=client, acts_as=account, refresh_token=token)
    return Given(identity=Identity(found.identity), key=_key(found.key), acts_as=found.acts_as or "")


def _key(secret: SecretStr | None) -> dict[str, object]:
    if secret is None:
        raise ConfigError(("google: needs `key`",))
    return read_key(secret.get_secret_value())


def drive_scopes(school: School) -> tuple[str, ...]:
    """The least that Drive must allow: to file there, to read policies or uploads, or only to see who can read."""
    if any(isinstance(store, settings_of.DriveStore) for store in (school.store, school.staff_store)):
        return DRIVE_SCOPES
    reads = isinstance(school.policy_library, DrivePolicies)
    reads = reads or any(form.uploads for form in school.google_forms.values())
    return LOOK_SCOPES if reads else METADATA_SCOPES


@dataclass(frozen=True, slots=True)
class GoogleParts:
    """What a school has in Google, made ready."""

    settings: Settings
    school: School
    google: Google

    @property
    def drive(self) -> Drive:
        """Its Drive."""
        return Drive(self.google, drive_scopes(self.school))

    def store(self, store: settings_of.DriveStore, promises: Promises) -> DriveStore:
        """A shared drive to file in."""
        people = self.school.people
        return DriveStore(
            drive=self.drive,
            drive_id=store.drive,
            folder=store.folder or "",
            readers=tuple((slug, people[slug].email, people[slug].reader) for slug in store.readers),
            allowed=store.allowed,
            read_only=store.read_only,
            promises=promises,
        )

    def sources(self) -> dict[str, GoogleFormSource]:
        """Each form that is fetched."""
        hints = self.school.google.hints if self.school.google else None
        return {
            slug: GoogleFormSource(
                form=slug,
                there=FormOfGoogle(self.google, form.form),
                drive=self.drive,
                seconds=form.poll_seconds,
                history=HistoryRule(timedelta(days=form.history_days), form.history == "file"),
                topic=hints.topic if hints else "",
                allowed=(*form.allowed, *self._readers()),
            )
            for slug, form in self.school.google_forms.items()
        }

    def _readers(self) -> tuple[str, ...]:
        """Whoever reads the records may read the answers; of concerns about staff nobody can be kept from a form."""
        return tuple(self.school.people[slug].email for slug in self.school.store.readers)

    def readers(self) -> dict[str, GoogleFormReader]:
        """What tells of each form whether it still asks what it should."""
        forms = self.school.forms
        return {
            slug: GoogleFormReader(
                there=FormOfGoogle(self.google, form.form),
                map=forms[slug].map,
                profile=self.settings.profiles[forms[slug].profile],
            )
            for slug, form in self.school.google_forms.items()
        }

    def shelves(self) -> dict[str, UploadShelf]:
        """Where the uploaded files of each form lie whose files the school wants copied."""
        return {
            slug: UploadShelf(self.drive, FormOfGoogle(self.google, form.form))
            for slug, form in self.school.google_forms.items()
            if form.uploads
        }

    def push(self) -> PushTrust | None:
        """What a push of Pub/Sub must prove, for a school that has them sent."""
        hints = self.school.google.hints if self.school.google else None
        if hints is None or hints.sent_by is None:
            return None
        service = self.settings.service
        keys = SigningKeys(f"{service.google.root}/oauth2/v3/certs" if service.google.root else _PUSH_KEYS)
        return PushTrust(hints.audience or f"{service.public_url}/hooks/google", hints.sent_by, keys)

    def pull(self) -> PullSubscription | None:
        """Where hints wait to be fetched, for a school that has them wait."""
        hints = self.school.google.hints if self.school.google else None
        return PullSubscription(self.google, hints.subscription) if hints and hints.subscription else None


def gmail(google: Google, channel: settings_of.GmailChannel, envelope: Envelope, words: Words) -> GmailChannel:
    """Mail by the Gmail API."""
    return GmailChannel(google, envelope, words, channel.timeout_seconds)


def shared_channel(
    settings: Settings, channel: _AppriseOrChat, google: Google | None, words: Words, paces: Paces
) -> ChatChannel | ChatAppChannel | AppriseChannel:
    """A space of Chat by its webhook or the school's app, or whatever Apprise reaches."""
    match channel:
        case settings_of.ChatChannel():
            webhook = channel.webhook.get_secret_value()
            space = urlsplit(webhook).path.removeprefix("/v1/").removesuffix("/messages")
            return ChatChannel(webhook, channel.timeout_seconds, words, _pace(paces, space))
        case settings_of.ChatAppChannel():
            speaker = _speaker(settings, channel, google)
            return ChatAppChannel(speaker, channel.space, channel.timeout_seconds, words, _pace(paces, channel.space))
        case settings_of.AppriseChannel():
            return AppriseChannel(channel.url.get_secret_value(), channel.timeout_seconds, words)


def _pace(paces: Paces, space: str) -> Pace:
    """The one pace of that space, whether a webhook or the app goes there."""
    return paces.setdefault(space, Pace(_CHAT_SECONDS))


def _speaker(settings: Settings, channel: settings_of.ChatAppChannel, google: Google | None) -> Google:
    """As whom a Chat app speaks: its own key, else the service's."""
    if channel.key is None:
        if google is None:
            raise ConfigError(("a Chat app needs `key`",))
        return google
    given = Given(identity=Identity.MEMBER, key=read_key(channel.key.get_secret_value()))
    return Google(GoogleSignIn(given, _token_address(settings)), settings.service.google.root or "")
