"""What the walks through a school's tenant and Workspace share: how a finding is said, verdicts, test messages."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from connector.cli.finding import FAULT, OK, UNVERIFIED, WARNING, Finding
from connector.errors import ConnectorError
from connector.ledger.ledger import Ledger
from connector.model.notice import Addressee, Bulletin, BulletinKind
from connector.model.standing import State, Verdict
from connector.site import Site
from connector.watching import Watching

# No verdict on the place, so nothing to write down.
NOT_ASKED = "who can read it could not be asked"


@dataclass(frozen=True, slots=True)
class Mending:
    """How a place's rights are mended: where one cannot tell, and where somebody reads it who must not."""

    look: str
    take_away: str


@dataclass(frozen=True, slots=True)
class Walking:
    """One school. With `sends` people see a test mail and a test card."""

    site: Site
    ledger: Ledger | None
    now: datetime
    sends: bool

    def said(self, state: str, what: str, mend: str = "") -> Finding:
        """A finding that names the school."""
        return Finding(state, f"{self.site.slug}: {what}", mend)

    def restricted(self, name: str, verdict: Verdict, named: Iterable[str], mending: Mending) -> Iterator[Finding]:
        """What is found is also written down, so that a running service stops or goes on at once."""
        if self.ledger is not None and verdict.about != NOT_ASKED:
            Watching({self.site.slug: self.site}, self.ledger, _nobody_to_wake).note(self.site, name, verdict, self.now)
        match verdict.state:
            case State.GOOD:
                yield self.said(OK, f"{name}: only those on the list can read it, as far as can be told")
            case State.UNVERIFIED:
                yield self.said(UNVERIFIED, f"{name}: {verdict.said}", mending.look)
            case State.BAD:
                found = "; ".join(dict.fromkeys(named))
                effect = ", nothing is filed there" if name in self.site.stores else ""
                yield self.said(FAULT, f"{name}: NOT restricted{effect}: {found}", mending.take_away)

    def sealable(self, name: str, readers: Iterable[tuple[str, str, str]]) -> Iterator[Finding]:
        """Nobody can be kept from an open store but by sealing to the others' keys."""
        if not any(key for _, _, key in readers):
            yield self.said(
                WARNING,
                f"{name}: none of its readers has a key, so a record about one of them cannot be kept from them here",
                'add reader = "file:keys/NAME.pub" to each and run `connector keys new`: such a record is then sealed',
            )

    def sent(self, slug: str, mend: str) -> Iterator[Finding]:
        """A test message by that channel, unless nothing is to be sent."""
        if not self.sends:
            yield self.said(WARNING, f"channel {slug}: not tried", "run `connector check` without --no-send")
            return
        try:
            self.site.channels[slug].send(self._test(), self.technician(slug))
        except ConnectorError as error:
            yield self.said(FAULT, f"channel {slug}: the test message was not taken. {error}", mend)
        else:
            yield self.said(OK, f"channel {slug}: a test message was taken; look whether it arrived")

    def _test(self) -> Bulletin:
        said = "If you can read this, this way of telling works. Nothing else is to be done."
        return Bulletin(
            kind=BulletinKind.TEST, school=self.site.school.name, place="connector check", said=said, since=self.now
        )

    def technician(self, by: str = "") -> Addressee:
        """Who gets what is sent to try a way of telling."""
        person = self.site.school.people[self.site.school.technician]
        key = f"{self.site.slug}.check.{by}.{int(self.now.timestamp())}"
        return Addressee(name=person.name, address=person.email, key=key, sent_at=self.now)


def _nobody_to_wake() -> None:
    """The service that runs looks for itself."""
