"""Where each source was read up to, what stands wrong, and the questions a form was last seen with."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("concern", sa.Column("drill", sa.Boolean, nullable=False, server_default=sa.false()))
    op.add_column("concern", sa.Column("way", sa.String(8), nullable=False, server_default="pushed"))
    op.create_table(
        "source",
        sa.Column("school", sa.String(40), primary_key=True),
        sa.Column("name", sa.String(40), primary_key=True),
        sa.Column("cursor", sa.Text, nullable=False, server_default=""),
        sa.Column("looked_at", sa.String(27)),
        sa.Column("swept_at", sa.String(27)),
        sa.Column("poked_at", sa.String(27)),
        sa.Column("waiting", sa.Integer, nullable=False, server_default="0"),
        sa.Column("subscription", sa.String(80), nullable=False, server_default=""),
        sa.Column("subscribed_until", sa.String(27)),
    )
    op.create_table(
        "standing",
        sa.Column("school", sa.String(40), primary_key=True),
        sa.Column("place", sa.String(80), primary_key=True),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("said", sa.String(400), nullable=False),
        sa.Column("since", sa.String(27), nullable=False),
        sa.Column("looked_at", sa.String(27), nullable=False),
        sa.Column("told_at", sa.String(27)),
    )
    op.create_table(
        "form_seen",
        sa.Column("school", sa.String(40), primary_key=True),
        sa.Column("form", sa.String(40), primary_key=True),
        sa.Column("at", sa.String(27), nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
    )
