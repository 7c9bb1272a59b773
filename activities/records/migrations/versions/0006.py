"""What incidents are about that are not about the health of an application."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("incident", sa.Column("subject", sa.String(), nullable=True))


def downgrade() -> None:
    raise NotImplementedError("the records go forward only; restore a backup to go back")
