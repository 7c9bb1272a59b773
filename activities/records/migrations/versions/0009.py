"""Recent actions on hosts, which the action rate limit counts, have a table of that name."""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("ix_acted_on_at", "acted_on")
    op.rename_table("acted_on", "recentaction")
    op.create_index("ix_recentaction_at", "recentaction", ["at"])


def downgrade() -> None:
    raise NotImplementedError("the records go forward only; restore a backup to go back")
