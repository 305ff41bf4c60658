"""`connector check`: walks the whole set-up and says of each part whether it is in order, and how to mend it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from connector.cli import google_mends
from connector.cli.finding import FAULT, OK, WARNING, Finding
from connector.cli.office_check import office_findings
from connector.cli.tenant import Walk
from connector.cli.walking import Walking
from connector.cli.workspace import WorkspaceWalk
from connector.errors import CannotAccept, ConfigError, ConnectorError
from connector.furnishing import make_site
from connector.ledger.ledger import Ledger
from connector.model.profile import form_gaps
from connector.questions import Questions, Seen
from connector.say import say, say_json
from connector.settings.google import AppriseChannel, ChatAppChannel, ChatChannel
from connector.settings.load import Settings, load
from connector.settings.school import Form, SmtpChannel
from connector.settings.service import is_loopback
from connector.site import Site
from connector.wiring import make_sealer


def check(config: Path, *, as_json: bool, sends: bool = True) -> int:
    """1 where any fault was found, else 0."""
    found = list(findings(config, sends=sends))
    if as_json:
        say_json([asdict(finding) for finding in found])
    else:
        for finding in found:
            say(f"{finding.state:8} {finding.what}" + (f"\n         mend: {finding.mend}" if finding.mend else ""))
    return 1 if any(finding.state == FAULT for finding in found) else 0


def findings(config: Path, *, sends: bool) -> Iterator[Finding]:
    """Everything there is to say, in the order in which a technician sets it up."""
    try:
        settings = load(config, os.environ)
    except ConfigError as error:
        yield from (Finding(FAULT, fault, "mend this line, then run `connector check` again") for fault in error.faults)
        return
    yield Finding(OK, f"configuration: {len(settings.schools)} school(s), {len(settings.profiles)} policy profile(s)")
    yield from _keys(settings)
    yield from _ledger(settings)
    for slug in settings.schools:
        yield from _school(settings, slug, sends=sends)
    yield from office_findings(settings, datetime.now(UTC))


def _keys(settings: Settings) -> Iterator[Finding]:
    try:
        sealer = make_sealer(settings)
        sealer.open(sealer.seal(b"check", "check"), "check")
    except ConnectorError as error:
        yield Finding(FAULT, "journey key", str(error))
    else:
        yield Finding(OK, f"journey key; {len(settings.service.keys.old)} old key(s) still open")


def _ledger(settings: Settings) -> Iterator[Finding]:
    try:
        ledger = Ledger(settings.database_file)
    except (ConfigError, CannotAccept) as error:
        yield Finding(FAULT, "ledger", str(error))
        return
    try:
        yield from _held(settings, ledger)
        ledger.try_write()
        broken = ledger.broken_audit_line()
        failed = ledger.counts()["duties_failed"]
    except ConnectorError as error:
        yield Finding(FAULT, "ledger", str(error))
    else:
        yield Finding(OK, "ledger: a write is durable")
        if broken is None:
            yield Finding(OK, "audit: the chain holds")
        else:
            mend = (
                "somebody changed the ledger by hand: keep a copy of the file and tell the DSL and whoever audits you"
            )
            yield Finding(FAULT, f"audit: the chain breaks at line {broken}", mend)
        if failed:
            yield Finding(
                FAULT,
                f"{failed} duties have failed",
                "see `connector status`, mend the cause, then `connector retry REF`",
            )
    finally:
        ledger.close()


def _held(settings: Settings, ledger: Ledger) -> Iterator[Finding]:
    """Can what is still held be opened? A key that was rotated away too early shows here."""
    try:
        sealer, closed = make_sealer(settings), 0
    except ConfigError:
        return
    for held in ledger.unpurged():
        try:
            for sealed in filter(None, (held.sealed, held.aside)):
                sealer.open(sealed, f"{held.reference}/{held.version}")
        except ConnectorError:
            closed += 1
    if closed:
        yield Finding(FAULT, f"{closed} concern(s) cannot be opened", "put the key of before back under keys.old")


def _school(settings: Settings, slug: str, *, sends: bool) -> Iterator[Finding]:
    school = settings.schools[slug]
    try:
        site = make_site(settings, slug, school)
    except ConnectorError as error:
        yield Finding(FAULT, f"{slug}: templates or keys", str(error))
        return
    yield Finding(
        OK,
        f"{slug}: templates work; the ladder has {len(school.ladder.rungs)} rungs",
    )
    yield from _stores(slug, site)
    yield from _forms(slug, site)
    yield from _ids(settings, site)
    if site.graph is not None:
        yield from _tenant(settings, site, sends=sends)
    if site.google is not None:
        yield from _workspace(settings, site, sends=sends)
    yield from _channels(site, sends=sends)


_TRIED = {
    ChatChannel: google_mends.WEBHOOK,
    ChatAppChannel: google_mends.CHAT_APP,
    SmtpChannel: "compare host, port and security; a relay knows this machine by its network address",
    AppriseChannel: "compare `url` with Apprise's page about that service",
}


def _channels(site: Site, *, sends: bool) -> Iterator[Finding]:
    """The ways of telling that need neither a tenant nor a Workspace."""
    for slug, channel in site.school.channels.items():
        is_tried_here = not isinstance(channel, SmtpChannel) or site.google is not None
        if is_tried_here and (mend := _TRIED.get(type(channel))) is not None:
            yield from Walking(site, None, datetime.now(UTC), sends).sent(slug, mend)


def _reachable(settings: Settings, *, is_test: bool) -> Iterator[Finding]:
    if is_loopback(urlsplit(settings.service.public_url).hostname or "") and not is_test:
        said = "public_url is this machine's own: links in messages open for nobody else"
        yield Finding(WARNING, said, "set public_url in service.toml to the address that staff reach")


def _workspace(settings: Settings, site: Site, *, sends: bool) -> Iterator[Finding]:
    if site.google is None:
        return
    yield from _reachable(settings, is_test=settings.service.google.root is not None)
    try:
        ledger = Ledger(settings.database_file)
    except (ConfigError, CannotAccept):
        ledger = None
    try:
        yield from WorkspaceWalk(site, ledger, datetime.now(UTC), sends, site.google).findings()
    finally:
        if ledger is not None:
            ledger.close()


def _tenant(settings: Settings, site: Site, *, sends: bool) -> Iterator[Finding]:
    if site.graph is None:
        return
    yield from _reachable(settings, is_test=not settings.service.microsoft.is_microsofts_own)
    try:
        ledger = Ledger(settings.database_file)
    except (ConfigError, CannotAccept):
        ledger = None
    try:
        yield from Walk(site, ledger, datetime.now(UTC), sends, site.graph).findings()
    finally:
        if ledger is not None:
            ledger.close()


def _stores(slug: str, site: Site) -> Iterator[Finding]:
    for name, store in site.stores.items():
        if not store.seals:
            continue
        try:
            store.check()
        except ConnectorError as error:
            yield Finding(FAULT, f"{slug}: {name}", f"{error} Check its path, its rights and the readers' keys.")
        else:
            yield Finding(OK, f"{slug}: {name} can be written, and only its readers can open it")


def _ids(settings: Settings, site: Site) -> Iterator[Finding]:
    """A Microsoft form is mapped by its questions' ids: without them no answer finds its field."""
    try:
        ledger = Ledger(settings.database_file)
    except (ConfigError, CannotAccept):
        return
    try:
        questions = Questions(ledger.notebook, make_sealer(settings))
        for name, form in site.school.forms.items():
            if form.source == "microsoft":
                yield from _ids_of(site.slug, name, form, questions.last(site.slug, name))
    except ConnectorError as error:
        yield Finding(WARNING, f"{site.slug}: the questions seen cannot be read", str(error))
    finally:
        ledger.close()


def _ids_of(slug: str, name: str, form: Form, seen: Seen | None) -> Iterator[Finding]:
    mend = "run `connector forms map` with the workbook and a response of the form"
    without = [question.title for question in form.questions if not question.id]
    ids = {question.id for question in form.questions if question.id}
    if without:
        yield Finding(FAULT, f"{slug}: form {name} has {len(without)} question(s) without an id in its map", mend)
    elif seen is not None and not ids & set(seen.keys):
        said = f"{slug}: form {name} is mapped by ids that no response has ever had"
        yield Finding(FAULT, said, mend)
    elif seen is not None and (strays := len(ids - set(seen.keys))):
        said = f"{slug}: form {name} has {strays} question(s) in its map that no response has had yet"
        yield Finding(WARNING, said, f"fine while nobody has answered them; else {mend}")


def _forms(slug: str, site: Site) -> Iterator[Finding]:
    for name, form in site.forms.items():
        gaps = form_gaps(form.checker.profile, form.checker.form)
        yield Finding(OK, f"{slug}: form {name} is checked against {form.checker.profile.name}")
        if form.checker.profile.rule("is_about_staff") is None:
            yield Finding(
                WARNING,
                f"{slug}: form {name} does not ask whether it is about an adult who works there",
                "add the question, and `is_about_staff` to the policy profile: such a concern goes another way",
            )
        for gap in gaps:
            yield Finding(
                WARNING,
                f"{slug}: form {name} does not ask for: {gap.label}",
                f"the policy requires it (\u201c{gap.policy_words}\u201d): add a question to the form and to its map",
            )
