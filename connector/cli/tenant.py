"""`connector check`, the tenant: from the certificate to a card on somebody's screen, each line with its mend."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from connector.cli import mends
from connector.cli.app_roles import too_wide
from connector.cli.finding import FAULT, OK, UNVERIFIED, WARNING, Finding
from connector.cli.walking import NOT_ASKED, Mending, Walking
from connector.errors import ConnectorError, DeliveryError, VendorRefused
from connector.forms.intake_library import IntakeLibrary
from connector.model.moments import say_date, say_moment
from connector.model.source import TAKEN_IN
from connector.model.standing import State, Verdict, certificate_lasts, flow_alive
from connector.model.submission import Way
from connector.outbound.graph import SCOPE, Graph
from connector.outbound.sharepoint import Library
from connector.settings.agreement import needs_sign_in
from connector.settings.microsoft import ActivityChannel, GraphMailChannel
from connector.settings.school import TeamsChannel
from connector.store.sharepoint import COLUMNS, SharePointStore

_MENDING = Mending(f"look yourself; {mends.SHARING}", mends.TAKE_AWAY)


@dataclass(frozen=True, slots=True)
class Walk(Walking):
    """One school's tenant."""

    graph: Graph

    def findings(self) -> Iterator[Finding]:
        """Everything in the order of the set-up; where nobody signs in, nothing after it."""
        yield from self._certificate()
        signed_in = list(self._token())
        yield from signed_in
        if any(finding.state == FAULT for finding in signed_in):
            return
        for name, store in self.site.stores.items():
            if isinstance(store, SharePointStore):
                yield from self._store(name, store)
        if isinstance(self.site.library, IntakeLibrary):
            yield from self._intake(self.site.library)
        yield from self._other_way()
        yield from self._channels()
        yield from self._flows()

    def _certificate(self) -> Iterator[Finding]:
        ends = self.graph.sign_in.expires
        verdict = certificate_lasts(ends, self.now)
        if ends is None:
            yield self.said(WARNING, "signs in with a secret", f"a certificate is better: {mends.CERTIFICATE}")
        elif verdict.state is State.GOOD:
            yield self.said(OK, f"certificate is good until {say_date(ends.date())}")
        else:
            yield self.said(FAULT if ends < self.now else WARNING, verdict.said, mends.CERTIFICATE)

    def _token(self) -> Iterator[Finding]:
        try:
            token = self.graph.sign_in.token(SCOPE)
        except ConnectorError as error:
            yield self.said(FAULT, f"sign-in: {error}", mends.SIGN_IN)
            return
        yield self.said(OK, "sign-in to the tenant")
        for role in too_wide(token):
            mend = "remove it under API permissions: docs/microsoft-365.md lists what is needed and why"
            yield self.said(WARNING, f"the app may do more than it needs: {role}", mend)

    def _library(self, name: str, library: Library, site: str) -> Iterator[Finding]:
        """Nothing where the library can be reached."""
        try:
            _ = library.drive
        except VendorRefused as refused:
            mend = "compare `site` and `library` with what the browser shows"
            if refused.status in {401, 403}:
                mend = mends.reach(site, self.site.school.client_id, has_drive=bool(library.given_drive))
            yield self.said(FAULT, f"{name}: site or library cannot be reached. {refused}", mend)
        except DeliveryError as error:
            yield self.said(FAULT, f"{name}: {error}", "mend `site` and `library` in the school's file")

    def _store(self, name: str, store: SharePointStore) -> Iterator[Finding]:
        site = store.library.site
        if broken := list(self._library(name, store.library, site)):
            yield from broken
            return
        yield self.said(OK, f"{name}: library {store.library.name} is there")
        try:
            store.check()
        except ConnectorError as error:
            yield self.said(FAULT, f"{name}: a test file could not go there and back. {error}",
                             mends.grant_site(site, self.site.school.client_id))  # fmt: skip
            return
        yield self.said(OK, f"{name}: a marked test file went there and back")
        yield from self.restricted(name, *_rights(store), _MENDING)
        yield from self._columns(name, store)
        yield from self.sealable(name, store.readers)

    def _columns(self, name: str, store: SharePointStore) -> Iterator[Finding]:
        try:
            missing = [column for column in COLUMNS if column not in store.known_columns()]
        except ConnectorError as error:
            yield self.said(WARNING, f"{name}: its columns cannot be read. {error}", "records are filed all the same")
            return
        if missing:
            mend = mends.columns(missing, COLUMNS, store.library.site, store.library.name)
            yield self.said(WARNING, f"{name}: columns are missing: {', '.join(missing)}", mend)
        else:
            yield self.said(OK, f"{name}: has every column to sort and filter by")

    def _intake(self, source: IntakeLibrary) -> Iterator[Finding]:
        name = "intake_library"
        if broken := list(self._library(name, source.library, source.library.site)):
            yield from broken
            return
        try:
            found = source.fetch("", self.now).found
            source.library.folder(TAKEN_IN)
        except ConnectorError as error:
            yield self.said(FAULT, f"{name}: it cannot be read or written. {error}",
                             mends.grant_site(source.library.site, self.site.school.client_id))  # fmt: skip
            return
        yield self.said(OK, f"{name}: library {source.library.name} can be read and written")
        if waiting := [each for each in found if (self.now - each.created_at).total_seconds() > 900]:
            yield self.said(FAULT, f"{name}: {len(waiting)} response(s) have waited over 15 minutes",
                             "is `connector serve` or `connector worker` running?")  # fmt: skip
        try:
            yield from self.restricted(f"{name} rights", *source.rights(), _MENDING)
        except ConnectorError as error:
            yield self.said(UNVERIFIED, f"{name}: who can read it could not be asked. {error}", mends.SHARING)

    def _other_way(self) -> Iterator[Finding]:
        """When the sign-in breaks, somebody must still hear of it."""
        channels = self.site.school.channels.values()
        if all(needs_sign_in(channel) for channel in channels):
            mend = "add a Teams webhook with `sig`, or an smtp channel: it works when the sign-in does not"
            yield self.said(WARNING, "every way of telling hangs on the same sign-in", mend)

    def _channels(self) -> Iterator[Finding]:
        for slug, channel in self.site.school.channels.items():
            if isinstance(channel, GraphMailChannel):
                mend = mends.scope_mailbox(channel.sender, self.site.school.client_id)
            elif isinstance(channel, TeamsChannel):
                mend = mends.WEBHOOK
            elif isinstance(channel, ActivityChannel):
                mend = mends.ACTIVITY
            else:
                continue
            yield from self.sent(slug, mend)
            if self.sends and isinstance(channel, GraphMailChannel):
                yield from self._out_of_scope(slug, channel)

    def _out_of_scope(self, slug: str, channel: GraphMailChannel) -> Iterator[Finding]:
        """The service must not be able to send as anybody else: it tries, as the technician to the technician."""
        other = self.technician().address
        message = {
            "subject": "A test that should have been refused",
            "toRecipients": [{"emailAddress": {"address": other}}],
            "body": {"contentType": "text", "content": "The service can send as any mailbox: Mail.Send is too wide."},
        }
        try:
            self.graph.send("POST", f"/users/{other}/sendMail", {"message": message})
        except ConnectorError as error:
            if isinstance(error, VendorRefused) and error.status == 403:
                yield self.said(OK, f"channel {slug}: cannot send as anybody else")
                return
            mend = mends.scope_mailbox(channel.sender, self.site.school.client_id)
            yield self.said(UNVERIFIED, f"channel {slug}: can it send as others? Not to be told. {error}", mend)
        else:
            mend = mends.scope_mailbox(channel.sender, self.site.school.client_id)
            yield self.said(FAULT, f"channel {slug}: it can send as ANY mailbox of the school", mend)

    def _flows(self) -> Iterator[Finding]:
        for form in self.site.school.polled_forms:
            last = self.ledger.notebook.last_received(self.site.slug, form, Way.FETCHED) if self.ledger else None
            verdict = flow_alive(last, self.now)
            if last is None:
                yield self.said(WARNING, f"flow of {form}: no response has come yet", mends.FLOW)
            elif verdict.state is State.GOOD:
                yield self.said(OK, f"flow of {form}: last response {say_moment(last)}")
            else:
                yield self.said(WARNING, f"flow of {form}: {verdict.said}", mends.FLOW)


def _rights(store: SharePointStore) -> tuple[Verdict, list[str]]:
    try:
        verdict, rights = store.rights()
    except ConnectorError as error:
        return Verdict(State.UNVERIFIED, f"{NOT_ASKED}. {error}", about=NOT_ASKED), []
    return verdict, [right.named for right in rights if right.state is State.BAD]
