"""The office's links: who may say that a policy was reviewed, and the address of the calendar feed.

They are sealed under keys of their own, from which nothing of a concern can be opened.
"""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from connector.errors import LinkInvalid, SealError
from connector.sealing import Sealer

_REVIEWED = "reviewed"
_FEED = "feed"
# From the first reminder to the last, and some weeks of being overdue.
GOOD_FOR = timedelta(days=150)


class OfficeLinkInvalid(LinkInvalid):
    """This link is not valid any more. Use the one in the newest mail about policies."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewLink:
    """What a link stands for: this person may say that this policy was reviewed. `slug` is the name it is known as."""

    school: str
    slug: str
    person: str


@dataclass(frozen=True, slots=True)
class OfficeLinks:
    """Makes and reads links under the service's own address."""

    public_url: str
    sealer: Sealer

    def reviewed(self, link: ReviewLink, now: datetime) -> str:
        """The address of the page that asks what came of the review."""
        until = int((now + GOOD_FOR).timestamp())
        token = self.sealer.token(_REVIEWED, json.dumps([link.school, link.slug, link.person, until]))
        return f"{self.public_url}/r/{token}"

    def read(self, token: str, now: datetime) -> ReviewLink:
        """What that token stands for. Raises OfficeLinkInvalid for one that is not ours, altered or ended."""
        try:
            school, slug, person, until = json.loads(self.sealer.read_token(_REVIEWED, token))
        except SealError:
            raise OfficeLinkInvalid from None
        if now > datetime.fromtimestamp(until, UTC):
            raise OfficeLinkInvalid
        return ReviewLink(school=school, slug=slug, person=person)

    def feed(self, school: str, serial: int) -> str:
        """The address of a school's calendar: always the same one until it is renewed, since people subscribe to it."""
        return f"{self.public_url}/policies/{_token(self.sealer.mark(_FEED, school, str(serial)))}.ics"

    def school_of(self, token: str, serials: Mapping[str, int]) -> str:
        """Whose calendar that token is for. Raises OfficeLinkInvalid."""
        for school, serial in serials.items():
            for mark in self.sealer.marks(_FEED, school, str(serial)):
                if hmac.compare_digest(_token(mark).encode(), token.encode()):
                    return school
        raise OfficeLinkInvalid


def _token(mark: bytes) -> str:
    return base64.urlsafe_b64encode(mark).rstrip(b"=").decode()
