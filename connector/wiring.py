"""Wiring: builds everything once from the settings. The only place that knows everyone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from connector.acknowledging import Acknowledgements
from connector.adding import Additions
from connector.all_well import DailyMessages, no_policies, no_reminders
from connector.clock import Clock
from connector.delivery import Delivery
from connector.engine import Engine
from connector.errors import ConfigError, SealError
from connector.furnishing import SignIns, make_site
from connector.intake import Intake
from connector.ledger.ledger import Ledger
from connector.links import Links
from connector.messages import Messages
from connector.outbound.http import close_sessions
from connector.outbound.smtp import close_connections
from connector.polling import Polling
from connector.questions import Questions
from connector.record.typeset import Typesetter, typeset
from connector.sealing import Sealer
from connector.settings.load import Settings
from connector.site import Site
from connector.sqlite.database import SoleUse
from connector.subscribing import Pokes, Subscriptions
from connector.traffic import Traffic
from connector.watching import Watching


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
    polling: Polling
    watching: Watching
    all_well: DailyMessages
    pokes: Pokes
    subscriptions: Subscriptions
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
    next_review: Callable[[str], str] = no_policies,
    reminders_failing: Callable[[str], int] = no_reminders,
) -> House:
    """The house. With `works` it takes sole use of the ledger, as the one that performs duties.

    `next_review` and `reminders_failing` tell the daily message of a school's policies.
    Raises ConfigError for keys or templates that do not work, CannotAccept where another copy is at work.
    """
    clock = clock or Clock()
    sealer = make_sealer(settings)
    file = settings.database_file
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    sole = SoleUse(file.with_suffix(".lock")) if works else None
    ledger = Ledger(file)
    sites = _sites(settings, ledger, sole)
    retention = settings.service.retention
    links = Links(settings.service.public_url, sealer, timedelta(hours=retention.link_hours))
    messages = Messages(ledger, sealer, links)
    watching = Watching(sites, ledger, lambda: engine.wake() if works else None)
    give_up = timedelta(hours=retention.give_up_hours)
    delivery = Delivery(sites, ledger, messages, typesetter, clock.now, give_up, watching.require_restricted)
    traffic = Traffic()
    engine = Engine(ledger, delivery.perform, clock, traffic, poll_seconds=poll_seconds)
    wake = engine.wake if works else _nobody_to_wake
    intake = Intake(sites, ledger, sealer, wake, traffic, Questions(ledger.notebook, sealer))
    pokes = Pokes(sites, ledger)
    hooks = f"{settings.service.public_url}/hooks/graph"
    return House(
        settings=settings,
        clock=clock,
        ledger=ledger,
        sites=sites,
        intake=intake,
        acknowledgements=Acknowledgements(sites, ledger, messages, wake),
        additions=Additions(intake, messages),
        engine=engine,
        polling=Polling(sites, intake, ledger),
        watching=watching,
        all_well=DailyMessages(sites, ledger, clock.now(), next_review, reminders_failing),
        pokes=pokes,
        subscriptions=Subscriptions(sites, ledger, sealer, pokes, hooks),
        sole=sole,
    )


def _sites(settings: Settings, ledger: Ledger, sole: SoleUse | None) -> dict[str, Site]:
    """Every school's parts; where one cannot be made the ledger is let go of."""
    sign_ins: SignIns = {}
    try:
        return {
            slug: make_site(settings, slug, school, sign_ins, ledger.notebook)
            for slug, school in settings.schools.items()
        }
    except BaseException:
        ledger.close()
        if sole is not None:
            sole.release()
        raise


def _nobody_to_wake() -> None:
    """The worker is another process; it looks for itself."""


def make_sealer(settings: Settings) -> Sealer:
    """The sealer of the journey. Raises ConfigError for a key that is none."""
    keys = settings.service.keys
    try:
        return Sealer([key.get_secret_value() for key in (keys.journey, *keys.old)])
    except SealError as broken:
        raise ConfigError((f"service.toml: keys: {broken}",)) from None
