"""Watching the library of policies: each new version of a document is read, and what it says goes into the register."""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from connector.errors import ConnectorError, DeliveryError, RegisterClosed, UnreadablePolicy
from connector.model.moments import local
from connector.model.policies_kept import Kept, Read, one_line
from connector.model.policy import Confidence, DateFinding, Finding, PolicyReading
from connector.model.policy_dates import PolicyDate
from connector.model.policy_text import FoundDocument
from connector.office_site import OfficeSite
from connector.policies import read_policy
from connector.policies.source import PolicySource
from connector.policy_layers import phrase_of
from connector.policy_naming import held_by, listed_for, name_for, titled
from connector.register.notes import DocumentRead, Presence
from connector.register.register import Register
from connector.understanding.policy import understand

log = logging.getLogger(__name__)

EVERY = timedelta(hours=1)
# Goes up whenever policies are read better, in whatever format: every document is then read again.
READING = 2
_GONE_FOR_GOOD = timedelta(days=30)
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class PolicyWatching:
    """The look at each school's library, about once an hour."""

    sites: Mapping[str, OfficeSite]
    register: Register
    # Set when the service stops: what is left is read after the next start.
    stopping: threading.Event = field(default_factory=threading.Event)

    def watch(self, now: datetime) -> int:
        """Look where it is time to, and read what is new; says how many documents were read."""
        return sum(
            self._try(site, now)
            for site in self.sites.values()
            if site.library is not None and not self.stopping.is_set()
        )

    def _try(self, site: OfficeSite, now: datetime) -> int:
        try:
            look = self.register.look(site.slug)
            is_fresh = look.looked_at is not None and timedelta(0) <= now - look.looked_at < EVERY
            return 0 if is_fresh and look.failing_since is None else self.look(site, now)
        except RegisterClosed:
            log.error("the library of policies is not looked at", extra={"school": site.slug})
        except Exception:
            log.exception("the look at the library broke", extra={"school": site.slug})
        return 0

    def look(self, site: OfficeSite, now: datetime) -> int:
        """Look at that school's library now. Raises RegisterClosed."""
        source = site.library
        if source is None:
            return 0
        try:
            return self._read_new(site, source, source.documents(), now)
        except RegisterClosed:
            raise
        except ConnectorError as error:
            log.warning("the library cannot be read", extra={"school": site.slug, "error": type(error).__name__})
            fault = str(error)
        except Exception:
            log.exception("the look at the library broke", extra={"school": site.slug})
            fault = "The look at it broke: the service's log says where."
        if not self.stopping.is_set():
            self.register.note_look(site.slug, now, fault)
        return 0

    def _read_new(self, site: OfficeSite, source: PolicySource, found: tuple[FoundDocument, ...], now: datetime) -> int:
        """Read what is new; one document that cannot be fetched now keeps nobody from the others."""
        found = tuple(one for one in found if not site.leaves_out(one.id, one.name))
        there = {one.id for one in found}
        kept = {one.document: one for one in self.register.policies(site.slug) if one.document}
        self._note_missing(site, there, kept, now)
        before = {one.slug: document for document, one in kept.items() if document in there}
        held = held_by(site.school, found, before)
        number, missed = 0, ""
        # Of two documents with one name the newer is taken for the policy that is listed.
        newest_first = sorted(found, key=lambda one: one.changed_at or _LONG_AGO, reverse=True)
        for one in (replace(one, name=one_line(one.name)) for one in newest_first):
            if self.stopping.is_set():
                return number
            if one.trouble:
                missed = f"{one.name} could not be fetched: {one.trouble}"
                continue
            try:
                number += self._read(site, source, one, kept.get(one.id), held, now)
            except (DeliveryError, UnreadablePolicy) as error:
                log.warning("a policy cannot be fetched", extra={"school": site.slug, "error": type(error).__name__})
                missed = f"{one.name} could not be fetched: {error}"
        self.register.note_look(site.slug, now, missed, is_seen=True)
        return number

    def _note_missing(self, site: OfficeSite, there: set[str], kept: Mapping[str, Kept], now: datetime) -> None:
        for document, one in kept.items():
            is_long_gone = one.gone_at is not None and now - one.gone_at > _GONE_FOR_GOOD
            if is_long_gone and not site.is_anybodys(one):
                self.register.forget(site.slug, one.slug)
            elif (document in there) == (one.gone_at is not None):
                is_there = document in there
                self.register.note_presence(Presence(school=site.slug, slug=one.slug, at=now, is_there=is_there))

    def _read(
        self,
        site: OfficeSite,
        source: PolicySource,
        found: FoundDocument,
        before: Kept | None,
        held: dict[str, str],
        now: datetime,
    ) -> bool:
        """True where something new was read. Raises DeliveryError for a document that can be fetched later.

        `held` says of each policy which document of the library is its own.
        """
        if before is not None and held.get(before.slug, found.id) != found.id:
            # Another document is that policy now, so this one is looked at as if it were new.
            before = None
        listed = listed_for(site.school, found, held)
        if before is not None and not listed and before.slug not in site.school.policies and before.read is not None:
            listed = titled(site.school, before.read.title, held)
        if before is not None and _is_as_read(before, found, now) and listed in {"", before.slug}:
            return False
        read, fault = _reading(site, source, found)
        slug = listed or (before.slug if before is not None else name_for(site.school, found, read, held))
        is_renamed = before is not None and before.slug not in {slug, *site.school.policies}
        self.register.note_document(
            DocumentRead(
                school=site.slug, slug=slug, document=found.id, name=found.name, version=found.version,
                reading=READING, at=now, read=read, fault=fault,
                before=before.slug if before is not None and is_renamed else "",
            )
        )  # fmt: skip
        held[slug] = found.id
        return True


def _is_as_read(before: Kept, found: FoundDocument, now: datetime) -> bool:
    """True where nothing of it would be read otherwise; one dated ahead is read again when its day has come."""
    if (before.version, before.document_name) != (found.version, found.name) or before.reading < READING:
        return False
    written = phrase_of(before.read.written) if before.read is not None else None
    if before.read_at is None or not isinstance(written, PolicyDate):
        return True
    return not local(before.read_at).date() < written.first <= local(now).date()


def _reading(site: OfficeSite, source: PolicySource, found: FoundDocument) -> tuple[Read | None, str]:
    """What the document says; or nothing, and why. Raises DeliveryError for what can be fetched later."""
    try:
        return read_of(understand(read_policy(source.read(found), found.name), site.editions)), ""
    except (DeliveryError, UnreadablePolicy) as error:
        if not error.permanent:
            raise
        return None, one_line(str(error))
    except Exception:
        # A document on which the reading breaks is the office's to look at, and keeps nobody from the others.
        log.exception("the reading of a policy broke", extra={"school": site.slug})
        return None, one_line(str(UnreadablePolicy()))


def read_of(reading: PolicyReading) -> Read:
    """What the register keeps of a reading: words, never a decision."""
    return Read(
        title=one_line(reading.title.value),
        number=one_line(reading.number.value),
        written=_said(reading.written),
        accepted=_said(reading.accepted),
        next_review=_said(reading.next_review),
        cycle=_said(reading.cycle),
        accepted_is=reading.accepted.finding.presence,
        signed_head_is=reading.signed_head.presence,
        signed_chair_is=reading.signed_chair.presence,
        minute_number_is=reading.minute_number.presence,
        texts=tuple((one_line(one.title), one.key, one.year) for one in reading.guidance if one.key),
        fields=_fields(reading),
        asks=tuple(_doubts(reading)),
    )


def _said(found: DateFinding) -> str:
    return one_line(found.phrase.said) if found.phrase is not None else ""


def _fields(reading: PolicyReading) -> tuple[tuple[str, str], ...]:
    if reading.record is None:
        return ()
    return tuple(
        (rule.id, one_line(rule.policy_words)) for rule in reading.record.profile.fields if not _is_ours(rule.source)
    )


def _is_ours(source: str) -> bool:
    return source.startswith("asked by the service")


def _doubts(reading: PolicyReading) -> list[str]:
    """What a person must look at in the document."""
    dates = (reading.written, reading.accepted, reading.next_review, reading.cycle)
    findings: list[Finding] = [*(one.finding for one in dates), reading.title, reading.number]
    return [one_line(one.note) for one in findings if one.confidence is Confidence.DOUBTFUL and one.note]
