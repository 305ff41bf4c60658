"""The first tables: concern, duty, audit."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "concern",
        sa.Column("reference", sa.String(11), primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("school", sa.String(40), nullable=False),
        sa.Column("form", sa.String(40), nullable=False),
        sa.Column("profile", sa.String(40), nullable=False),
        sa.Column("response_mark", sa.LargeBinary(16), nullable=False),
        sa.Column("version_mark", sa.LargeBinary(16), nullable=False),
        sa.Column("content_mark", sa.LargeBinary(16), nullable=False),
        sa.Column("child_mark", sa.LargeBinary(16)),
        sa.Column("reporter_mark", sa.LargeBinary(16)),
        sa.Column("received_at", sa.String(27), nullable=False),
        sa.Column("urgent", sa.Boolean, nullable=False),
        sa.Column("about_staff", sa.Boolean, nullable=False),
        sa.Column("recognised", sa.Boolean, nullable=False),
        sa.Column("late_days", sa.Integer, nullable=False),
        sa.Column("missing", sa.JSON, nullable=False),
        sa.Column("unclear", sa.JSON, nullable=False),
        sa.Column("related", sa.JSON, nullable=False),
        sa.Column("sealed", sa.LargeBinary),
        sa.Column("aside", sa.LargeBinary),
        sa.Column("filed_at", sa.String(27)),
        sa.Column("record_place", sa.String(120), nullable=False, server_default=""),
        sa.Column("acknowledged_at", sa.String(27)),
        sa.Column("acknowledged_by", sa.String(40), nullable=False, server_default=""),
        sa.Column("purged_at", sa.String(27)),
    )
    op.create_index("concern_response", "concern", ["response_mark"])
    op.create_index("concern_child", "concern", ["child_mark", "received_at"])
    op.create_table(
        "duty",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("reference", sa.String(11), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("school", sa.String(40), nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("channel", sa.String(40), nullable=False),
        sa.Column("person", sa.String(40), nullable=False),
        sa.Column("rung", sa.Integer, nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("owed_since", sa.String(27), nullable=False),
        sa.Column("due_at", sa.String(27), nullable=False),
        sa.Column("done_at", sa.String(27)),
        sa.Column("error", sa.String(200), nullable=False, server_default=""),
        sa.Column("evidence", sa.String(200), nullable=False, server_default=""),
        sa.ForeignKeyConstraint(["reference", "version"], ["concern.reference", "concern.version"]),
    )
    op.create_index("duty_due", "duty", ["state", "due_at"])
    op.create_index("duty_concern", "duty", ["reference", "version"])
    op.create_table(
        "audit",
        sa.Column("seq", sa.Integer, primary_key=True),
        sa.Column("at", sa.String(27), nullable=False),
        sa.Column("act", sa.String(20), nullable=False),
        sa.Column("reference", sa.String(11), nullable=False),
        sa.Column("detail", sa.JSON, nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
    )
