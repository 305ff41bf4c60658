"""A Microsoft tenant on loopback, for tests only: Entra, SharePoint, Exchange, Teams, as strict as the real one.

`with tenant() as fake:` starts it; `fake.url` serves all of it. What came in is in `fake.requests`, `fake.mails`,
`fake.cards`, `fake.activities`; what a right client would not have sent, and any answer of the fake that breaks the
contract, in `fake.complaints`: a test of the service ends by asserting that this is empty.
"""

from __future__ import annotations

from tests.tenant.people import Activity, App, Delivery, Mail, Subscription, User
from tests.tenant.server import tenant
from tests.tenant.site import Site
from tests.tenant.store import Item, Library
from tests.tenant.world import Record, Tenant

__all__ = [
    "Activity",
    "App",
    "Delivery",
    "Item",
    "Library",
    "Mail",
    "Record",
    "Site",
    "Subscription",
    "Tenant",
    "User",
    "tenant",
]
