"""The tables. What stands here in clear is reference, times, states and names of fields: never content.

`sealed` holds the submission for the journey and `aside` what the ladder still needs (the reporter's
address, who is passed over); both are sealed and purged. `*_mark` columns are keyed hashes.
"""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    false,
)

from connector.sqlite.claims import claims_table
from connector.sqlite.moment import Moment

HEAD = "0004"
MIGRATIONS = Path(__file__).parent / "migrations"


metadata = MetaData()

concern = Table(
    "concern",
    metadata,
    Column("reference", String(11), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("school", String(40), nullable=False),
    Column("form", String(40), nullable=False),
    Column("profile", String(40), nullable=False),
    Column("response_mark", LargeBinary(16), nullable=False),
    Column("version_mark", LargeBinary(16), nullable=False),
    Column("content_mark", LargeBinary(16), nullable=False),
    Column("child_mark", LargeBinary(16)),
    Column("reporter_mark", LargeBinary(16)),
    Column("received_at", Moment, nullable=False),
    Column("urgent", Boolean, nullable=False),
    Column("about_staff", Boolean, nullable=False),
    Column("recognised", Boolean, nullable=False),
    Column("late_days", Integer, nullable=False),
    Column("drill", Boolean, nullable=False, server_default=false()),
    Column("way", String(8), nullable=False, server_default="pushed"),
    Column("missing", JSON, nullable=False),
    Column("unclear", JSON, nullable=False),
    Column("related", JSON, nullable=False),
    Column("sealed", LargeBinary),
    Column("aside", LargeBinary),
    Column("filed_at", Moment),
    Column("record_place", String(120), nullable=False, server_default=""),
    Column("acknowledged_at", Moment),
    Column("acknowledged_by", String(40), nullable=False, server_default=""),
    Column("purged_at", Moment),
    Index("concern_response", "response_mark"),
    Index("concern_child", "child_mark", "received_at"),
)

duty = Table(
    "duty",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("reference", String(11), nullable=False),
    Column("version", Integer, nullable=False),
    Column("school", String(40), nullable=False),
    Column("kind", String(10), nullable=False),
    Column("channel", String(40), nullable=False),
    Column("person", String(40), nullable=False),
    Column("rung", Integer, nullable=False),
    Column("state", String(10), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("owed_since", Moment, nullable=False),
    Column("due_at", Moment, nullable=False),
    # After everything else of its far side: responses of long ago never keep a concern of today waiting.
    Column("later", Boolean, nullable=False, server_default=false()),
    Column("done_at", Moment),
    Column("error", String(200), nullable=False, server_default=""),
    Column("evidence", String(200), nullable=False, server_default=""),
    Index("duty_due", "state", "due_at"),
    Index("duty_concern", "reference", "version"),
    ForeignKeyConstraint(["reference", "version"], ["concern.reference", "concern.version"]),
)

audit = Table(
    "audit",
    metadata,
    Column("seq", Integer, primary_key=True),
    Column("at", Moment, nullable=False),
    Column("act", String(20), nullable=False),
    Column("reference", String(11), nullable=False),
    Column("detail", JSON, nullable=False),
    Column("hash", String(64), nullable=False),
)

# Where a source of responses was read up to. `cursor` is the platform's own opaque link.
source = Table(
    "source",
    metadata,
    Column("school", String(40), primary_key=True),
    Column("name", String(40), primary_key=True),
    Column("cursor", Text, nullable=False, server_default=""),
    Column("looked_at", Moment),
    Column("swept_at", Moment),
    # What was submitted before then counts as history; written down before the first reading.
    Column("begins_at", Moment),
    Column("poked_at", Moment),
    Column("waiting", Integer, nullable=False, server_default="0"),
    Column("subscription", String(80), nullable=False, server_default=""),
    Column("subscribed_until", Moment),
)

# How something stands that people must hear of when it turns: a store, a source, a certificate.
standing = Table(
    "standing",
    metadata,
    Column("school", String(40), primary_key=True),
    Column("place", String(80), primary_key=True),
    Column("state", String(12), nullable=False),
    Column("said", String(400), nullable=False),
    Column("since", Moment, nullable=False),
    Column("looked_at", Moment, nullable=False),
    Column("told_at", Moment),
)

# The questions a form was last seen with. Sealed: a question's text comes from outside.
form_seen = Table(
    "form_seen",
    metadata,
    Column("school", String(40), primary_key=True),
    Column("form", String(40), primary_key=True),
    Column("at", Moment, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
)

# The id that a store generated for a file, written down before the upload, so that a repeat is known as one.
promise = Table(
    "promise",
    metadata,
    Column("school", String(40), primary_key=True),
    Column("place", String(40), primary_key=True),
    Column("name", String(80), primary_key=True),
    Column("id", String(120), nullable=False),
    Column("at", Moment, nullable=False),
)

# Which daily message was sent to whom.
told = claims_table(metadata)
