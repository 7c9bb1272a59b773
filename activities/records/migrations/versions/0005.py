"""Digests of requests beside their keys."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("notice", sa.Column("request", sa.String(length=64), nullable=True))
    op.add_column("tokengrant", sa.Column("request", sa.String(length=64), nullable=True))


def downgrade() -> None:
    raise NotImplementedError("the records go forward only; restore a backup to go back")
