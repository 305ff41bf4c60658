"""Furnishing: one school's parts made from its settings: forms, stores, channels, source."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime

from pydantic import SecretStr

from connector.calendar import OpenHours
from connector.checking.check import Checker
from connector.errors import ConfigError
from connector.forms import PARSERS
from connector.forms.entra_token import Trust
from connector.forms.intake_library import IntakeLibrary
from connector.forms.proof import FormKeys
from connector.forms.uploads import OneDriveShelf
from connector.furnishing_google import GoogleParts, Paces, gmail, make_google, shared_channel
from connector.ledger.notebook import Notebook
from connector.model.source import SOURCE
from connector.notify.activity import ActivityChannel
from connector.notify.email import EmailChannel
from connector.notify.graph_mail import GraphMailChannel
from connector.notify.mail import Envelope
from connector.notify.teams import TeamsChannel
from connector.notify.words import Words
from connector.outbound.google import Google
from connector.outbound.graph import Graph
from connector.outbound.sharepoint import Library
from connector.outbound.sign_in import SignIn, read_certificate
from connector.outbound.signing_keys import SigningKeys
from connector.outbound.smtp import MailServer
from connector.settings import microsoft
from connector.settings import school as settings_of
from connector.settings.google import AppriseChannel, ChatAppChannel, ChatChannel, DriveStore, GmailChannel
from connector.settings.load import Settings
from connector.settings.school import Calendar, Form, School
from connector.site import Channel, FormParts, Site, Store
from connector.store.drive import LedgerPromises, Promises
from connector.store.folder import FolderStore as EncryptedFolder
from connector.store.sharepoint import SharePointStore


@dataclass(frozen=True, slots=True)
class Ways:
    """How the service is signed in."""

    graph: Graph | None
    google: Google | None
    paces: Paces = field(default_factory=dict)


SignIns = dict[tuple[str, str], SignIn]


def make_site(
    settings: Settings, slug: str, school: School, sign_ins: SignIns | None = None, notebook: Notebook | None = None
) -> Site:
    """One school's parts; schools of one app share its entry of `sign_ins`.

    Without a `notebook` what must be remembered of an upload is remembered while it lasts, for `connector check`.
    Raises ConfigError for a template, certificate or key that does not work.
    """
    words = make_words(settings, slug)
    words.check()
    ways = Ways(make_graph(settings, school, {} if sign_ins is None else sign_ins), make_google(settings, school))
    graph, google = ways.graph, ways.google
    stores = {
        name: _store(settings, school, store, ways, promises_of(notebook, slug, store))
        for name, store in (("store", school.store), ("staff_store", school.staff_store))
    }
    source = _source(school, graph)
    parts = GoogleParts(settings, school, google) if google else None
    ours = [part.library for part in (*stores.values(), source) if isinstance(part, SharePointStore | IntakeLibrary)]
    return Site(
        slug=slug,
        school=school,
        forms={name: _form(settings, school, form) for name, form in school.forms.items()},
        stores=stores,
        channels={
            name: make_channel(settings, school, channel, words, ways) for name, channel in school.channels.items()
        },
        hours=_hours(school.calendar),
        sources={**({SOURCE: source} if source else {}), **(parts.sources() if parts else {})},
        library=source,
        structures=parts.readers() if parts else {},
        shelves={
            **_onedrive(school, graph, ours),
            **(parts.shelves() if parts else {}),
        },
        graph=graph,
        google=google,
        push=parts.push() if parts else None,
        pull=parts.pull() if parts else None,
    )


def _onedrive(school: School, graph: Graph | None, ours: list[Library]) -> dict[str, OneDriveShelf]:
    """Where the files of each Microsoft form lie."""
    if graph is None:
        return {}
    shelf = OneDriveShelf(graph, tuple(ours))
    return {slug: shelf for slug, form in school.forms.items() if form.source == "microsoft"}


def make_words(settings: Settings, slug: str) -> Words:
    """The templates: the school's own, the service's own, ours."""
    return Words.of(settings.folder / "templates" / slug, settings.folder / "templates")


def make_graph(settings: Settings, school: School, sign_ins: SignIns) -> Graph | None:
    """The school's way to its tenant, or None where it has none. Raises ConfigError for a broken certificate."""
    tenant, addresses = school.microsoft, settings.service.microsoft
    if tenant is None:
        return None
    app = (tenant.tenant, tenant.client_id)
    if app not in sign_ins:
        sign_ins[app] = _sign_in(tenant, addresses.login)
    return Graph(addresses.graph, sign_ins[app], school.name)


def _sign_in(tenant: microsoft.Tenant, login: str) -> SignIn:
    if tenant.certificate is not None:
        passphrase = tenant.passphrase.get_secret_value() if tenant.passphrase else ""
        credential = read_certificate(tenant.certificate.get_secret_value(), passphrase)
        return SignIn(login, tenant.tenant, tenant.client_id, credential)
    if tenant.secret is not None:
        return SignIn(login, tenant.tenant, tenant.client_id, tenant.secret.get_secret_value())
    raise ConfigError(("microsoft: needs `certificate` or `secret`",))


def _need(graph: Graph | None) -> Graph:
    """Graph, which the settings' agreement has made sure of."""
    if graph is None:
        raise ConfigError(("microsoft: the table [microsoft] is missing",))
    return graph


def _need_google(google: Google | None) -> Google:
    if google is None:
        raise ConfigError(("google: the table [google] is missing",))
    return google


def _form(settings: Settings, school: School, form: Form) -> FormParts:
    return FormParts(
        title=form.title,
        parse=PARSERS[form.source],
        checker=Checker.of(settings.profiles[form.profile], form.map),
        keys=FormKeys(
            signing=_bytes(form.signing_key),
            bearer=_bytes(form.bearer_key),
            poke=_bytes(form.poke_key),
            trust=_trust(settings, school, form),
        ),
    )


def _trust(settings: Settings, school: School, form: Form) -> Trust | None:
    if form.entra is None or school.microsoft is None:
        return None
    tenant = school.microsoft.tenant
    keys = SigningKeys(f"{settings.service.microsoft.login}/{tenant}/discovery/v2.0/keys")
    return Trust(tenant, form.entra.audience, form.entra.app_ids, keys)


def _bytes(secret: SecretStr | None) -> bytes:
    return secret.get_secret_value().encode() if secret else b""


def promises_of(notebook: Notebook | None, school: str, store: settings_of.Store) -> Promises:
    """Where ids of uploads are written down: in the ledger, for that very drive, or for a moment only."""
    place = store.drive[:40] if isinstance(store, DriveStore) else ""
    if notebook is None:
        known: dict[str, str] = {}
        return LedgerPromises(lambda name: known.get(name, ""), lambda name, id_: known.update({name: id_}))
    return LedgerPromises(
        lambda name: notebook.promised(school, place, name),
        lambda name, id_: notebook.keep_promise(school, place, name, id_, datetime.now(UTC)),
    )


def _store(settings: Settings, school: School, store: settings_of.Store, ways: Ways, promises: Promises) -> Store:
    if isinstance(store, DriveStore):
        return GoogleParts(settings, school, _need_google(ways.google)).store(store, promises)
    if isinstance(store, settings_of.FolderStore):
        readers = tuple((slug, school.people[slug].reader) for slug in store.readers)
        return EncryptedFolder(settings.path(store.path), readers)
    graph = _need(ways.graph)
    return SharePointStore(
        library=Library(graph, store.site, store.library, store.drive),
        readers=tuple((slug, school.people[slug].email, school.people[slug].reader) for slug in store.readers),
        allowed=store.allowed,
        app=school.client_id,
        retention_label=store.retention_label,
    )


def _source(school: School, graph: Graph | None) -> IntakeLibrary | None:
    given = school.intake_library
    if given is None or not school.polled_forms:
        return None
    graph = _need(graph)
    return IntakeLibrary(
        Library(graph, given.site, given.library, given.drive),
        school.polled_forms,
        given.allowed,
        school.client_id,
        notifies=given.notifications,
        seconds=given.poll_seconds,
    )


def make_channel(settings: Settings, school: School, channel: settings_of.Channel, words: Words, ways: Ways) -> Channel:
    """That channel of the school."""
    graph = ways.graph
    envelope_name = f"{school.name} safeguarding"
    match channel:
        case settings_of.SmtpChannel():
            password = channel.password.get_secret_value() if channel.password else ""
            server = MailServer(
                channel.host, channel.port, channel.security, channel.username, password, channel.timeout_seconds
            )
            return EmailChannel(server, Envelope(channel.sender, envelope_name), words)
        case microsoft.GraphMailChannel():
            envelope = Envelope(channel.sender, envelope_name)
            return GraphMailChannel(_need(graph), envelope, words, channel.timeout_seconds)
        case GmailChannel():
            return gmail(_need_google(ways.google), channel, Envelope(channel.sender, envelope_name), words)
        case ChatChannel() | ChatAppChannel() | AppriseChannel():
            return shared_channel(settings, channel, ways.google, words, ways.paces)
        case microsoft.ActivityChannel():
            return ActivityChannel(_need(graph), channel.app_id, channel.timeout_seconds)
        case settings_of.TeamsChannel():
            sign_in = _need(graph).sign_in if channel.sign_in == "entra" else None
            return TeamsChannel(channel.webhook.get_secret_value(), channel.timeout_seconds, words, sign_in)


def _hours(calendar: Calendar) -> OpenHours | None:
    if calendar.climbs == "always":
        return None
    closed = tuple((closure.first, closure.last) for closure in calendar.closed)
    return OpenHours(calendar.opens, calendar.closes, calendar.weekdays, closed)
