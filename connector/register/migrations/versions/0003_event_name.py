"""What the UIDs of a policy's calendar events are drawn from, so that they stay when it gets another name."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("policy", sa.Column("event_name", sa.String(80), nullable=False, server_default=""))
