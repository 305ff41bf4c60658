"""`connector check`, the Workspace: from the clock to a card in a space, each line with its mend (google.md 7.3)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from time import monotonic

from connector.cli import google_mends as mends
from connector.cli.finding import FAULT, OK, UNVERIFIED, WARNING, Finding
from connector.cli.google_form_check import form_findings
from connector.cli.google_scopes import needed, too_wide
from connector.cli.walking import NOT_ASKED, Mending, Walking
from connector.errors import ConnectorError, SignInFailed, VendorRefused
from connector.forms.google_source import GoogleFormReader, GoogleFormSource
from connector.model.moments import say_moment
from connector.model.standing import State, Verdict
from connector.outbound.drive_rights import hints
from connector.outbound.google import Google
from connector.outbound.google_sign_in import Identity
from connector.outbound.http import clock_of
from connector.outbound.pubsub import PullSubscription
from connector.settings.google import GmailChannel
from connector.store.drive import DriveStore

_MENDING = Mending(f"look yourself: {mends.SHARING}", mends.ALLOWED)
_MOST_SKEW_SECONDS, _SOME_SKEW_SECONDS = 60, 5


@dataclass(frozen=True, slots=True)
class WorkspaceWalk(Walking):
    """One school's Google Workspace."""

    google: Google

    def findings(self) -> Iterator[Finding]:
        """Everything in the order of the set-up; where nobody signs in, nothing of Google after it."""
        yield from self._clock()
        signed_in = list(self._scopes())
        yield from signed_in
        if signed_in and all(finding.state == FAULT for finding in signed_in):
            return
        for name, store in self.site.stores.items():
            if isinstance(store, DriveStore):
                yield from self._store(name, store)
        for name, source in self.site.sources.items():
            if isinstance(source, GoogleFormSource):
                yield from self._form(name, source)
        yield from self._hints()
        yield from self._channels()

    def _clock(self) -> Iterator[Finding]:
        """A sign-in is a signed statement about the time."""
        begun = monotonic()
        try:
            there = clock_of(f"{self.google.root or 'https://www.googleapis.com'}/oauth2/v3/certs")
        except ConnectorError as error:
            yield self.said(FAULT, f"Google cannot be reached. {error}", "see that this machine reaches googleapis.com")
            return
        if there is None:
            return
        took = timedelta(seconds=monotonic() - begun)
        # Google read its clock somewhere in between: a slow network is no wrong clock.
        skew = max(self.now - there, there - (self.now + took)).total_seconds()
        if skew > _MOST_SKEW_SECONDS:
            yield self.said(FAULT, f"this machine's clock is {skew:.0f} seconds off", mends.CLOCK)
        elif skew > _SOME_SKEW_SECONDS:
            yield self.said(WARNING, f"this machine's clock is {skew:.0f} seconds off", mends.CLOCK)
        else:
            yield self.said(OK, "this machine's clock agrees with Google's")

    def _scopes(self) -> Iterator[Finding]:
        """A token for each scope by itself: so what is missing has a name."""
        wanted = needed(self.site.school)
        sign_in = self.google.sign_in
        refused: dict[str, ConnectorError] = {}
        for scope, why in wanted.items():
            try:
                sign_in.token((scope,))
            except ConnectorError as error:
                refused[scope] = error
            else:
                yield self.said(OK, f"sign-in for {_short(scope)}: {why}")
        for number, (scope, why_not) in enumerate(refused.items(), 1):
            # One page mends them all.
            mend = self._sign_in_mend(why_not) if number == len(refused) else ""
            yield self.said(FAULT, f"sign-in for {_short(scope)} ({wanted[scope]}): {why_not}", mend)
        yield from self._who()
        for scope in too_wide(sign_in, frozenset(wanted)):
            mend = "take it away: only the scopes above are needed"
            if sign_in.identity is Identity.DELEGATE:
                mend = mends.delegate(sign_in.client_id, wanted)
            yield self.said(WARNING, f"the service may do more than it needs: {_short(scope)}", mend)

    def _who(self) -> Iterator[Finding]:
        """Mail goes from whoever consented, whatever the settings call the sender."""
        sign_in = self.google.sign_in
        for slug, channel in self.site.school.channels.items():
            if not isinstance(channel, GmailChannel) or sign_in.identity is not Identity.ACCOUNT:
                continue
            if channel.sender.casefold() != sign_in.address.casefold():
                said = f"mail would come from {sign_in.address}, who signed in, not from {channel.sender}"
                yield self.said(FAULT, f"channel {slug}: {said}", f"{mends.SIGN_IN}, {channel.sender}")

    def _sign_in_mend(self, error: ConnectorError) -> str:
        sign_in = self.google.sign_in
        if not isinstance(error, SignInFailed):
            return mends.LATER
        if sign_in.identity is Identity.ACCOUNT:
            return mends.SIGN_IN
        if sign_in.identity is Identity.DELEGATE and error.code == "unauthorized_client":
            return mends.delegate(sign_in.client_id, needed(self.site.school))
        return mends.KEY + (f"; and {mends.ACTS_AS}" if sign_in.identity is Identity.DELEGATE else "")

    def _store(self, name: str, store: DriveStore) -> Iterator[Finding]:
        try:
            about = store.drive.shared_drive(store.drive_id)
        except ConnectorError as error:
            yield self.said(FAULT, f"{name}: the shared drive cannot be reached. {error}", self._reach(error, name))
            return
        yield self.said(OK, f"{name}: the shared drive is there")
        try:
            store.check()
        except ConnectorError as error:
            yield self.said(FAULT, f"{name}: a test file could not go there and back. {error}",
                            mends.member(store.drive.address, f"the drive of [{name}]"))  # fmt: skip
            return
        yield self.said(OK, f"{name}: a test file went there and back; a second one under its id was refused")
        yield from self.restricted(name, *_rights(store), _MENDING)
        yield from self.sealable(name, store.readers)
        outsider = self.google.sign_in.identity is Identity.MEMBER
        for hint in hints(about.get("restrictions"), outsider_identity=outsider):
            yield self.said(WARNING, f"{name}: {hint}", "safer still; records are filed all the same")

    def _reach(self, error: ConnectorError, name: str) -> str:
        if isinstance(error, SignInFailed):
            return mends.SIGN_IN_FIRST
        if isinstance(error, VendorRefused) and error.code in {"accessNotConfigured", "SERVICE_DISABLED"}:
            return mends.enable("drive", self.google.sign_in.project)
        return f"{mends.DRIVE}; {mends.member(self.google.sign_in.address, f'the drive of [{name}]')}"

    def _form(self, name: str, source: GoogleFormSource) -> Iterator[Finding]:
        reader = self.site.structures[name]
        if isinstance(reader, GoogleFormReader):
            for finding in form_findings(name, source, reader):
                yield self.said(finding.state, finding.what, finding.mend)
        mending = Mending(mends.READERS, mends.READERS)
        try:
            verdict, rights = source.rights()
        except ConnectorError as error:
            yield self.said(
                UNVERIFIED, f"form {name}: who can read its answers could not be asked. {error}", mends.READERS
            )
        else:
            named = [right.named for right in rights if right.state is State.BAD]
            yield from self.restricted(f"answers of {name}", verdict, named, mending)
        yield from self._last_look(name)

    def _last_look(self, name: str) -> Iterator[Finding]:
        if self.ledger is None:
            return
        looked = self.ledger.notebook.progress(self.site.slug, name).looked_at
        if looked is None:
            yield self.said(WARNING, f"form {name}: never fetched yet", "start `connector serve`")
        elif (self.now - looked).total_seconds() > max(3600, 3 * self.site.sources[name].seconds):
            yield self.said(FAULT, f"form {name}: last fetched {say_moment(looked)}", "is `connector serve` running?")
        else:
            yield self.said(OK, f"form {name}: last fetched {say_moment(looked)}")

    def _hints(self) -> Iterator[Finding]:
        """Watches end by themselves; polling goes on without."""
        for name, source in self.site.sources.items():
            if isinstance(source, GoogleFormSource) and source.topic:
                yield from self._watch(name, source)
        if isinstance(self.site.pull, PullSubscription):
            yield from self._subscription(self.site.pull)

    def _watch(self, name: str, source: GoogleFormSource) -> Iterator[Finding]:
        try:
            watches = [one for one in source.there.watches() if one.get("eventType") == "RESPONSES"]
        except ConnectorError as error:
            yield self.said(WARNING, f"form {name}: its watch cannot be asked for. {error}", mends.HINTS)
            return
        if not watches:
            yield self.said(WARNING, f"form {name}: no watch yet", "`connector serve` makes one")
        for watch in watches:
            is_active = watch.get("state") == "ACTIVE"
            what = f"form {name}: its watch is {'active' if is_active else 'suspended'}"
            yield self.said(OK if is_active else WARNING, what, "" if is_active else mends.HINTS)

    def _subscription(self, pull: PullSubscription) -> Iterator[Finding]:
        try:
            found = pull.check()
        except ConnectorError as error:
            yield self.said(WARNING, f"hints: the subscription cannot be asked. {error}", mends.HINTS)
            return
        if found.get("expirationPolicy", {}).get("ttl"):
            mend = "set its expiration to never: the summer holiday is longer than 31 days"
            yield self.said(WARNING, "hints: the subscription ends when it is not used for a while", mend)
        else:
            yield self.said(OK, "hints: the subscription is there and never ends by itself")

    def _channels(self) -> Iterator[Finding]:
        for slug, channel in self.site.school.channels.items():
            if isinstance(channel, GmailChannel):
                yield from self.sent(slug, mends.GMAIL)
        if all(isinstance(channel, GmailChannel) for channel in self.site.school.channels.values()):
            said = "every way of telling hangs on the same sign-in"
            yield self.said(WARNING, said, "add a Chat webhook or an smtp channel: it works when the sign-in does not")


def _rights(store: DriveStore) -> tuple[Verdict, list[str]]:
    try:
        verdict, rights = store.rights()
    except ConnectorError as error:
        return Verdict(State.UNVERIFIED, f"{NOT_ASKED}. {error}", about=NOT_ASKED), []
    return verdict, [right.named for right in rights if right.state is State.BAD]


def _short(scope: str) -> str:
    """A scope without the part that all have in common."""
    return scope.removeprefix("https://www.googleapis.com/auth/")
