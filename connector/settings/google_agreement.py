"""Do the Google parts of a school's file agree with each other?"""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

from connector.settings.google import (
    ChatAppChannel,
    ChatChannel,
    DriveStore,
    GmailChannel,
    Hints,
    Workspace,
)
from connector.settings.school import School
from connector.settings.service import safe_address

Said = tuple[tuple[str | int, ...], str]

_IS_SPACE = re.compile(r"/v1/spaces/[^/]+/messages")
_CHAT_HOST = "chat.googleapis.com"


def google_disagreements(school: School) -> Iterator[Said]:
    """Every place where they do not."""
    yield from _forms(school)
    if school.google is None:
        for where in _needing(school):
            yield where, "needs the table [google] with `identity` and its key or consent"
    else:
        yield from _identity(school.google)
        yield from _hints(school.google.hints)
    for slug, channel in school.channels.items():
        match channel:
            case GmailChannel():
                yield from _gmail(school, slug, channel)
            case ChatChannel():
                yield from _chat(slug, channel)
            case ChatAppChannel():
                yield from _chat_app(school, slug, channel)


def _needing(school: School) -> Iterator[tuple[str | int, ...]]:
    """Whatever works only while the service is signed in to the Workspace."""
    yield from (("forms", slug, "google") for slug in school.google_forms)
    yield from ((name,) for name in ("store", "staff_store") if isinstance(getattr(school, name), DriveStore))
    yield from (("channels", slug) for slug, found in school.channels.items() if isinstance(found, GmailChannel))


def _identity(found: Workspace) -> Iterator[Said]:
    if found.identity == "account":
        if found.client is None or found.token is None:
            yield ("google",), "needs `client` and `token` for an account: run `connector google sign-in`"
        elif not found.token.get_secret_value():
            yield ("google", "token"), "is not there yet: run `connector google sign-in`"
        return
    if found.key is None:
        yield ("google",), f"needs `key`, the service account\u2019s JSON file, to be a {found.identity}"
    if (found.identity == "delegate") != (found.acts_as is not None):
        yield ("google", "acts_as"), "must name the one mailbox of a delegate, and stands with no other identity"


def _hints(found: Hints | None) -> Iterator[Said]:
    if found is not None and (found.subscription is None) == (found.sent_by is None):
        yield ("google", "hints"), "needs `subscription` (fetched from here) or `sent_by` (pushed to us), one of them"


def _forms(school: School) -> Iterator[Said]:
    seen: dict[str, str] = {}
    for slug, form in school.google_forms.items():
        if school.forms[slug].source != "google":
            yield ("forms", slug, "google"), 'stands only with source = "google"'
        if form.form in seen:
            yield ("forms", slug, "google", "form"), f"is the form of {seen[form.form]} too: each has its own"
        seen[form.form] = slug


def _gmail(school: School, slug: str, channel: GmailChannel) -> Iterator[Said]:
    found = school.google
    if found is None:
        return
    if found.identity == "member":
        yield ("channels", slug), "a service account has no mailbox: be a delegate or an account, or use smtp"
    elif found.identity == "delegate" and found.acts_as != channel.sender:
        yield ("channels", slug, "sender"), "must be the mailbox of `acts_as`: nobody else\u2019s can be sent from"


def _chat(slug: str, channel: ChatChannel) -> Iterator[Said]:
    url = channel.webhook.get_secret_value()
    try:
        safe_address(url)
    except ValueError as wrong:
        yield ("channels", slug, "webhook"), str(wrong)
        return
    parts = urlsplit(url)
    if parts.scheme == "https" and parts.hostname != _CHAT_HOST:
        yield ("channels", slug, "webhook"), f"must begin with https://{_CHAT_HOST}/: copy it from the space"
    elif not _IS_SPACE.fullmatch(parts.path) or not {"key", "token"} <= set(parse_qs(parts.query)):
        yield ("channels", slug, "webhook"), "has no `key` and `token`: copy the whole address from the space"


def _chat_app(school: School, slug: str, channel: ChatAppChannel) -> Iterator[Said]:
    has_key = channel.key is not None or (school.google is not None and school.google.key is not None)
    if not has_key:
        yield ("channels", slug), "needs `key`: a Chat app speaks as a service account, never as a person"
