"""Ids promised to uploads, what counts as history, and duties that come after all others."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("duty", sa.Column("later", sa.Boolean, nullable=False, server_default=sa.false()))
    op.add_column("source", sa.Column("begins_at", sa.String(27)))
    op.create_table(
        "promise",
        sa.Column("school", sa.String(40), primary_key=True),
        sa.Column("place", sa.String(40), primary_key=True),
        sa.Column("name", sa.String(80), primary_key=True),
        sa.Column("id", sa.String(120), nullable=False),
        sa.Column("at", sa.String(27), nullable=False),
    )
