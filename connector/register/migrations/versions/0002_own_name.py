"""The register's own name, of which calendars' UIDs are made; and by which reading a document was read."""

from uuid import uuid4

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("policy", sa.Column("reading", sa.Integer, nullable=False, server_default="0"))
    own_name = op.create_table("own_name", sa.Column("name", sa.String(36), primary_key=True))
    op.bulk_insert(own_name, [{"name": str(uuid4())}])
