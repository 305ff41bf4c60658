"""The register of policies."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "policy",
        sa.Column("school", sa.String(40), primary_key=True),
        sa.Column("slug", sa.String(40), primary_key=True),
        sa.Column("added_at", sa.String(27), nullable=False),
        sa.Column("document", sa.String(400), nullable=False, server_default=""),
        sa.Column("document_name", sa.String(260), nullable=False, server_default=""),
        sa.Column("version", sa.String(200), nullable=False, server_default=""),
        sa.Column("read_at", sa.String(27)),
        sa.Column("gone_at", sa.String(27)),
        sa.Column("fault", sa.String(300), nullable=False, server_default=""),
        sa.Column("read", sa.JSON),
        sa.Column("shown_due", sa.String(10), nullable=False, server_default=""),
        sa.Column("shown_title", sa.String(200), nullable=False, server_default=""),
        sa.Column("sequence", sa.Integer, nullable=False, server_default="0"),
        sa.Column("changed_at", sa.String(27)),
    )
    op.create_index("policy_document", "policy", ["school", "document"])
    op.create_table(
        "event",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("school", sa.String(40), nullable=False),
        sa.Column("slug", sa.String(40), nullable=False),
        sa.Column("at", sa.String(27), nullable=False),
        sa.Column("by", sa.String(80), nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("reviewed", sa.JSON),
        sa.Column("note", sa.String(300), nullable=False, server_default=""),
    )
    op.create_index("event_policy", "event", ["school", "slug", "id"])
    op.create_table(
        "library",
        sa.Column("school", sa.String(40), primary_key=True),
        sa.Column("looked_at", sa.String(27)),
        sa.Column("failing_since", sa.String(27)),
        sa.Column("error", sa.Text, nullable=False, server_default=""),
    )
    op.create_table(
        "feed",
        sa.Column("school", sa.String(40), primary_key=True),
        sa.Column("serial", sa.Integer, nullable=False),
    )
    op.create_table(
        "told",
        sa.Column("school", sa.String(40), primary_key=True),
        sa.Column("person", sa.String(40), primary_key=True),
        sa.Column("occasion", sa.String(120), primary_key=True),
        sa.Column("first_at", sa.String(27), nullable=False),
        sa.Column("claimed_at", sa.String(27)),
        sa.Column("tried_at", sa.String(27), nullable=False),
        sa.Column("done_at", sa.String(27)),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("error", sa.String(200), nullable=False, server_default=""),
    )
