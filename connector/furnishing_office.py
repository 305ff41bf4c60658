"""Furnishing the office: one school's post, terms and library of policies, made from its settings."""

from __future__ import annotations

import threading

from connector.errors import ConfigError
from connector.furnishing import SignIns, Ways, make_channel, make_graph
from connector.furnishing_google import drive_scopes, make_google
from connector.notify.email import EmailChannel
from connector.notify.gmail import GmailChannel
from connector.notify.graph_mail import GraphMailChannel
from connector.notify.words import Words
from connector.office_site import OfficeSite
from connector.outbound.drive import Drive
from connector.outbound.sharepoint import Library
from connector.policies.drive import DriveSource
from connector.policies.folder import FolderSource
from connector.policies.sharepoint import SharePointSource
from connector.policies.source import PatientSource, PolicySource
from connector.settings.load import Settings
from connector.settings.policies import DrivePolicies, FolderLibrary, SharePointPolicies
from connector.settings.school import School

_MAILS = (EmailChannel, GraphMailChannel, GmailChannel)


def make_office_site(
    settings: Settings, slug: str, words: Words, sign_ins: SignIns, stopping: threading.Event
) -> OfficeSite:
    """That school's office. Raises ConfigError for a certificate or key that does not work."""
    school = settings.schools[slug]
    ways = Ways(make_graph(settings, school, sign_ins), make_google(settings, school))
    mail = make_channel(settings, school, school.channels[school.mail_channel], words, ways)
    if not isinstance(mail, _MAILS):
        raise ConfigError(("channels: needs one channel of kind smtp, graph_mail or gmail",))
    library = _library(settings, school, ways)
    return OfficeSite(
        slug=slug,
        school=school,
        year=settings.school_year(school),
        post=mail,
        envelope=mail.envelope,
        profiles=settings.profiles,
        editions=settings.editions,
        library=PatientSource(library, stopping=stopping) if library is not None else None,
    )


def _library(settings: Settings, school: School, ways: Ways) -> PolicySource | None:
    match school.policy_library:
        case FolderLibrary() as given:
            return FolderSource(settings.path(given.path))
        case SharePointPolicies() as given if ways.graph is not None:
            return SharePointSource(Library(ways.graph, given.site, given.library, given.drive))
        case DrivePolicies() as given if ways.google is not None:
            return DriveSource(Drive(ways.google, drive_scopes(school)), given.drive, given.folder or "")
        case _:
            return None
