"""Wiring: builds everything once from the settings. The only place that knows everyone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from pydantic import SecretStr

from connector.acknowledging import Acknowledgements
from connector.adding import Additions
from connector.calendar import OpenHours
from connector.checking.check import Checker
from connector.clock import Clock
from connector.delivery import Delivery
from connector.engine import Engine
from connector.errors import ConfigError, SealError
from connector.forms import PARSERS
from connector.forms.proof import FormKeys
from connector.intake import Intake
from connector.ledger.database import SoleUse
from connector.ledger.ledger import Ledger
from connector.links import Links
from connector.messages import Messages
from connector.notify.email import EmailChannel
from connector.notify.teams import TeamsChannel
from connector.notify.words import Words
from connector.outbound.http import close_sessions
from connector.outbound.smtp import MailServer, close_connections
from connector.record.typeset import Typesetter, typeset
from connector.sealing import Sealer
from connector.settings.load import Settings
from connector.settings.school import Calendar, FolderStore, Form, School, SmtpChannel
from connector.settings.school import TeamsChannel as TeamsSettings
from connector.site import Channel, FormParts, Site, Store
from connector.store.folder import FolderStore as EncryptedFolder
from connector.traffic import Traffic


@dataclass(frozen=True, slots=True)
class House:
    """Everything, ready. `close` lets go of it in order."""

    settings: Settings
    clock: Clock
    ledger: Ledger
    sites: dict[str, Site]
    intake: Intake
    acknowledgements: Acknowledgements
    additions: Additions
    engine: Engine
    sole: SoleUse | None

    def close(self) -> None:
        """Stop the engine, write what waits, free the ledger."""
        if self.engine.alive:
            self.engine.stop()
        close_sessions()
        close_connections()
        self.ledger.close()
        if self.sole is not None:
            self.sole.release()


def build(
    settings: Settings,
    clock: Clock | None = None,
    *,
    works: bool = True,
    typesetter: Typesetter = typeset,
    poll_seconds: float = 0,
) -> House:
    """The house. With `works` it takes sole use of the ledger, as the one that performs duties.

    Raises ConfigError for keys or templates that do not work, CannotAccept where another copy is at work.
    """
    clock = clock or Clock()
    sealer = make_sealer(settings)
    sites = {slug: make_site(settings, slug, school) for slug, school in settings.schools.items()}
    file = settings.database_file
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    sole = SoleUse(file.with_suffix(".lock")) if works else None
    ledger = Ledger(file)
    retention = settings.service.retention
    links = Links(settings.service.public_url, sealer, timedelta(hours=retention.link_hours))
    messages = Messages(ledger, sealer, links)
    delivery = Delivery(sites, ledger, messages, typesetter, clock.now, timedelta(hours=retention.give_up_hours))
    traffic = Traffic()
    engine = Engine(ledger, delivery.perform, clock, traffic, poll_seconds=poll_seconds)
    wake = engine.wake if works else _nobody_to_wake
    intake = Intake(sites, ledger, sealer, wake, traffic)
    return House(
        settings=settings,
        clock=clock,
        ledger=ledger,
        sites=sites,
        intake=intake,
        acknowledgements=Acknowledgements(sites, ledger, messages, wake),
        additions=Additions(intake, messages),
        engine=engine,
        sole=sole,
    )


def _nobody_to_wake() -> None:
    """The worker is another process; it looks for itself."""


def make_sealer(settings: Settings) -> Sealer:
    """The sealer of the journey. Raises ConfigError for a key that is none."""
    keys = settings.service.keys
    try:
        return Sealer([key.get_secret_value() for key in (keys.journey, *keys.old)])
    except SealError as broken:
        raise ConfigError((f"service.toml: keys: {broken}",)) from None


def make_site(settings: Settings, slug: str, school: School) -> Site:
    """One school's parts. Raises ConfigError for a template that does not work."""
    words = make_words(settings, slug)
    words.check()
    return Site(
        slug=slug,
        school=school,
        forms={name: _form(settings, form) for name, form in school.forms.items()},
        stores={
            "store": _store(settings, school, school.store),
            "staff_store": _store(settings, school, school.staff_store),
        },
        channels={name: _channel(school, channel, words) for name, channel in school.channels.items()},
        hours=_hours(school.calendar),
    )


def make_words(settings: Settings, slug: str) -> Words:
    """The templates: the school's own, the service's own, ours."""
    return Words.of(settings.folder / "templates" / slug, settings.folder / "templates")


def _form(settings: Settings, form: Form) -> FormParts:
    return FormParts(
        title=form.title,
        parse=PARSERS[form.source],
        checker=Checker.of(settings.profiles[form.profile], form.map),
        keys=FormKeys(signing=_bytes(form.signing_key), bearer=_bytes(form.bearer_key)),
    )


def _bytes(secret: SecretStr | None) -> bytes:
    return secret.get_secret_value().encode() if secret else b""


def _store(settings: Settings, school: School, store: FolderStore) -> Store:
    return EncryptedFolder(
        settings.path(store.path), tuple((slug, school.people[slug].reader) for slug in store.readers)
    )


def _channel(school: School, channel: SmtpChannel | TeamsSettings, words: Words) -> Channel:
    if isinstance(channel, SmtpChannel):
        password = channel.password.get_secret_value() if channel.password else ""
        server = MailServer(
            channel.host, channel.port, channel.security, channel.username, password, channel.timeout_seconds
        )
        return EmailChannel(server, channel.sender, f"{school.name} safeguarding", words)
    return TeamsChannel(channel.webhook.get_secret_value(), channel.timeout_seconds, words)


def _hours(calendar: Calendar) -> OpenHours | None:
    if calendar.climbs == "always":
        return None
    closed = tuple((closure.first, closure.last) for closure in calendar.closed)
    return OpenHours(calendar.opens, calendar.closes, calendar.weekdays, closed)
