"""The register's tables. Policies, what was said of them and by whom, and which reminders went out."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import JSON, Column, Index, Integer, MetaData, String, Table, Text

from connector.sqlite.claims import claims_table
from connector.sqlite.moment import Moment

HEAD = "0003"
MIGRATIONS = Path(__file__).parent / "migrations"

metadata = MetaData()

policy = Table(
    "policy",
    metadata,
    Column("school", String(40), primary_key=True),
    Column("slug", String(40), primary_key=True),
    Column("added_at", Moment, nullable=False),
    # Where its document lies: the source's own id, and the version that was read.
    Column("document", String(400), nullable=False, server_default=""),
    Column("document_name", String(260), nullable=False, server_default=""),
    Column("version", String(200), nullable=False, server_default=""),
    # By which reading it was read: a better one reads it again.
    Column("reading", Integer, nullable=False, server_default="0"),
    Column("read_at", Moment),
    Column("gone_at", Moment),
    Column("fault", String(300), nullable=False, server_default=""),
    Column("read", JSON),
    # What calendars were last told, so that a change replaces what stands in them.
    Column("shown_due", String(10), nullable=False, server_default=""),
    Column("shown_title", String(200), nullable=False, server_default=""),
    Column("sequence", Integer, nullable=False, server_default="0"),
    Column("changed_at", Moment),
    # What the UIDs of its events are drawn from; empty where that is its slug.
    Column("event_name", String(80), nullable=False, server_default=""),
    Index("policy_document", "school", "document"),
)

# Append-only: each review, acceptance and signature with who said so and when.
event = Table(
    "event",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("school", String(40), nullable=False),
    Column("slug", String(40), nullable=False),
    Column("at", Moment, nullable=False),
    Column("by", String(80), nullable=False),
    Column("kind", String(10), nullable=False),
    Column("reviewed", JSON),
    Column("note", String(300), nullable=False, server_default=""),
    Index("event_policy", "school", "slug", "id"),
)

# Where a school's policies lie: when it was last looked at, and since when it cannot be.
library = Table(
    "library",
    metadata,
    Column("school", String(40), primary_key=True),
    Column("looked_at", Moment),
    Column("failing_since", Moment),
    Column("error", Text, nullable=False, server_default=""),
)

# Another number makes the calendar feed's old address worthless.
feed = Table(
    "feed",
    metadata,
    Column("school", String(40), primary_key=True),
    Column("serial", Integer, nullable=False),
)

# Made once, at random: the UIDs of calendars are drawn from it, and from no address that may change.
own_name = Table("own_name", metadata, Column("name", String(36), primary_key=True))

told = claims_table(metadata)
