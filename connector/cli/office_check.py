"""What `connector check` says of the office's side: the register, the terms, guidance, and where policies lie."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime

from connector.cli.finding import FAULT, OK, WARNING, Finding
from connector.errors import ConfigError, ConnectorError
from connector.model.moments import local, say_date
from connector.office import Office, build_office
from connector.office_letters import EDITIONS_OLD, RUNS_OUT
from connector.office_site import OfficeSite
from connector.policy_layers import last_word
from connector.settings.load import Settings


def office_findings(settings: Settings, now: datetime) -> Iterator[Finding]:
    """Everything there is to say of policies; nothing of them ever stops a concern."""
    try:
        office = build_office(settings)
    except ConfigError as error:
        yield Finding(FAULT, "register of policies", str(error))
        return
    try:
        yield from _all(office, now)
    finally:
        office.close()


def _all(office: Office, now: datetime) -> Iterator[Finding]:
    today = local(now).date()
    yield from _editions(office.settings, today)
    yield from _profiles(office.settings)
    yield from _unknown_schools(office)
    for site in office.sites.values():
        try:
            office.register.add(site.slug, (), now)
            number = len(site.policies(office.register))
        except ConnectorError as error:
            yield Finding(FAULT, f"{site.slug}: register of policies", str(error))
            continue
        yield Finding(OK, f"{site.slug}: register of policies: {number} registered")
        yield from _left_behind(office, site)
        yield from _terms(site, today)
        yield from _library(site)


def _editions(settings: Settings, today: date) -> Iterator[Finding]:
    texts = settings.editions.texts
    if not texts:
        mend = "copy guidance.toml from the examples: without it no policy is told that a text it cites is out of date"
        yield Finding(WARNING, "guidance.toml: no text is known", mend)
    elif today - (checked := min(text.checked_on for text in texts)) > EDITIONS_OLD:
        mend = "look whether newer editions are out, then mend guidance.toml and its `checked_on`"
        yield Finding(WARNING, f"guidance.toml was last checked on {say_date(checked)}", mend)
    else:
        yield Finding(OK, f"guidance.toml: {len(texts)} texts, checked by {say_date(checked)}")


def _profiles(settings: Settings) -> Iterator[Finding]:
    for name, profile in settings.profiles.items():
        if profile.drafted_from and not profile.confirmed_by:
            mend = 'read it against the policy, then write into it who confirmed it: confirmed_by = "Name, role, day"'
            yield Finding(WARNING, f"profile {name}: drafted from {profile.drafted_from}, confirmed by nobody", mend)


def _unknown_schools(office: Office) -> Iterator[Finding]:
    """Reviews hang on the name of a school's file."""
    try:
        unknown = sorted(office.register.reviewed_schools() - set(office.sites))
    except ConnectorError as error:
        yield Finding(FAULT, "register of policies", str(error))
        return
    for slug in unknown:
        mend = f"if the school's file was renamed, name it schools/{slug}.toml again: its reviews hang on that name"
        yield Finding(WARNING, f"register of policies: it holds reviews of a school {slug}, which has no file", mend)


def _left_behind(office: Office, site: OfficeSite) -> Iterator[Finding]:
    """Reviews hang on the name of a policy's table, too."""
    listed = {policy.slug for policy in site.policies(office.register)}
    for kept in office.register.policies(site.slug):
        is_retired = site.leaves_out(kept.document, kept.document_name)
        if kept.slug not in listed and not is_retired and last_word(kept) is not None:
            mend = f"if its table was renamed, name it [policies.{kept.slug}] again: its reviews hang on that name"
            yield Finding(WARNING, f"{site.slug}: policy {kept.slug} was reviewed and is listed no more", mend)


def _terms(site: OfficeSite, today: date) -> Iterator[Finding]:
    until = site.year.known_until()
    if until is None:
        yield Finding(OK, f"{site.slug}: no terms: the office's mail goes out on every weekday that is not closed")
    elif until - today < RUNS_OUT:
        mend = "add the next terms to terms.toml"
        yield Finding(WARNING, f"{site.slug}: term dates are known until {say_date(until)} only", mend)
    else:
        yield Finding(OK, f"{site.slug}: term dates are known until {say_date(until)}")


def _library(site: OfficeSite) -> Iterator[Finding]:
    if site.library is None:
        return
    try:
        number = len(site.library.documents())
    except ConnectorError as error:
        yield Finding(FAULT, f"{site.slug}: library of policies", str(error))
    else:
        yield Finding(OK, f"{site.slug}: library of policies: {number} documents")
