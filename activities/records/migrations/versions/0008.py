"""Heartbeats of the sources of alarms have a table of that name."""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.rename_table("sourcesign", "sourceheartbeat")


def downgrade() -> None:
    raise NotImplementedError("the records go forward only; restore a backup to go back")
