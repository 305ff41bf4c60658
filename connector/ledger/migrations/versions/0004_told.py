"""Which daily message was sent to whom."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
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
