"""Which of Google's scopes a school needs and why, and which of those it gave are too many."""

from __future__ import annotations

from collections.abc import Mapping

from connector.errors import ConnectorError, DeliveryError, SignInFailed
from connector.furnishing_google import drive_scopes
from connector.outbound.google import (
    CHAT_SCOPES,
    DRIVE_SCOPES,
    FORM_SCOPES,
    GMAIL_SCOPES,
    LOOK_SCOPES,
    METADATA_SCOPES,
    PUBSUB_SCOPES,
)
from connector.outbound.google_sign_in import GoogleSignIn, Identity
from connector.settings.google import ChatAppChannel, DriveStore, GmailChannel
from connector.settings.policies import DrivePolicies
from connector.settings.school import School

_ROOT = "https://www.googleapis.com/auth/"
_WHY: Mapping[tuple[str, ...], str] = {
    DRIVE_SCOPES: "to file records in the shared drive and see who can read them",
    LOOK_SCOPES: "to read policies or uploaded files, and see who can read the answers",
    METADATA_SCOPES: "to see who can read the answers",
}
# Each of these reaches further than the one form, drive or mailbox; tried one by one where Google does not tell.
_WIDE = (
    "https://mail.google.com/", f"{_ROOT}gmail.modify", f"{_ROOT}gmail.readonly", f"{_ROOT}drive",
    f"{_ROOT}drive.readonly",     f"{_ROOT}forms.body", f"{_ROOT}spreadsheets",
    f"{_ROOT}calendar", f"{_ROOT}contacts", f"{_ROOT}cloud-platform",
    f"{_ROOT}admin.directory.user", f"{_ROOT}admin.directory.group", f"{_ROOT}classroom.rosters",
)  # fmt: skip
# What every OAuth sign-in may carry besides.
_HARMLESS = frozenset({"openid", "email", "profile", f"{_ROOT}userinfo.email", f"{_ROOT}userinfo.profile"})


def needed(school: School) -> Mapping[str, str]:
    """Each scope that this school's settings need, with the reason."""
    has_drive = any(isinstance(store, DriveStore) for store in (school.store, school.staff_store))
    found: dict[str, str] = {}
    if school.google_forms:
        found |= dict(zip(FORM_SCOPES, ("to see which questions the form asks", "to fetch responses"), strict=True))
    if school.google_forms or has_drive or isinstance(school.policy_library, DrivePolicies):
        scopes = drive_scopes(school)
        found[scopes[0]] = _WHY[scopes]
    if any(isinstance(channel, GmailChannel) for channel in school.channels.values()):
        found[GMAIL_SCOPES[0]] = "to send mail, and nothing else of the mailbox"
    if school.google is not None and school.google.hints is not None and school.google.hints.subscription:
        found[PUBSUB_SCOPES[0]] = "to fetch hints"
    if _speaks_itself(school):
        found[CHAT_SCOPES[0]] = "to speak as the Chat app"
    return found


def _speaks_itself(school: School) -> bool:
    """A Chat app's scope is asked of the service account itself, and needs no admin; only a member is one."""
    is_member = school.google is not None and school.google.identity == "member"
    own = (channel for channel in school.channels.values() if isinstance(channel, ChatAppChannel) and not channel.key)
    return is_member and any(own)


def too_wide(sign_in: GoogleSignIn, wanted: frozenset[str]) -> list[str]:
    """Scopes that were granted and are not needed, sorted.

    An account's consent tells what it holds; of a delegation Google tells nothing, so the widest are tried one by
    one. A service account that is only a member names its own scopes: what it may is what it is a member of.
    """
    match sign_in.identity:
        case Identity.ACCOUNT:
            try:
                return sorted(sign_in.granted() - wanted - _HARMLESS)
            except ConnectorError:
                return []
        case Identity.DELEGATE:
            return sorted(scope for scope in _WIDE if scope not in wanted and _is_given(sign_in, scope))
        case _:
            return []


def _is_given(sign_in: GoogleSignIn, scope: str) -> bool:
    try:
        sign_in.token((scope,))
    except (SignInFailed, DeliveryError):
        return False
    return True
