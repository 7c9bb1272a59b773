"""To which run of its workflow an operation belongs, so that another one under its id cannot take its place."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("operation", sa.Column("first_run", sa.String(), nullable=True))


def downgrade() -> None:
    raise NotImplementedError("the records go forward only; restore a backup to go back")
