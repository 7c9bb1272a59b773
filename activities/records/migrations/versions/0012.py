"""Which remedy helped in an incident. Incidents that were closed before this release have none."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("incident", sa.Column("remedy", sa.String(), nullable=True))


def downgrade() -> None:
    raise NotImplementedError("the records go forward only; restore a backup to go back")
