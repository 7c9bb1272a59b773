"""Documents, drafts of reports, and sealed reports, which triggers protect from every change."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_SAYS = {
    "report": "a sealed report is never changed or deleted",
    "document": "a document that is kept permanently is never changed or deleted",
}


def upgrade() -> None:
    op.create_table(
        "document",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("media_type", sa.String(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("needed_until", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("digest"),
    )
    op.create_index("ix_document_needed_until", "document", ["needed_until"])
    op.create_table(
        "reportdraft",
        sa.Column("facts", sa.String(length=64), nullable=False),
        sa.Column("application", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("period", sa.String(), nullable=False),
        sa.Column("operation", sa.String(), nullable=False),
        sa.Column("files", sa.JSON(), nullable=False),
        sa.Column("program", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("facts"),
    )
    for column in ("application", "operation"):
        op.create_index(f"ix_reportdraft_{column}", "reportdraft", [column])
    op.create_table(
        "report",
        sa.Column("seal", sa.String(length=64), nullable=False),
        sa.Column("application", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("period", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("predecessor", sa.String(), nullable=False),
        sa.Column("operation", sa.String(), nullable=False),
        sa.Column("facts", sa.String(length=64), nullable=False),
        sa.Column("files", sa.JSON(), nullable=False),
        sa.Column("attached", sa.Integer(), nullable=False),
        sa.Column("approved_by", sa.JSON(), nullable=False),
        sa.Column("sent_to", sa.JSON(), nullable=False),
        sa.Column("program", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("seal"),
        sa.UniqueConstraint("application", "name", "sequence", name="uq_report_sequence"),
        sa.UniqueConstraint("application", "name", "period", "version", name="uq_report_version"),
    )
    op.create_index("ix_report_application", "report", ["application"])
    _protect("report")
    _protect("document", "OLD.needed_until IS NULL")


def _protect(table: str, when: str = "") -> None:
    """Create triggers that refuse every update and deletion of these rows, also by direct SQL."""
    condition = f"WHEN ({when})" if when else ""
    if op.get_bind().dialect.name == "sqlite":
        for event in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{event.lower()} BEFORE {event} ON {table} FOR EACH ROW {condition} "
                f"BEGIN SELECT RAISE(ABORT, '{_SAYS[table]}'); END"
            )
        return
    op.execute(
        f"CREATE FUNCTION {table}_is_kept() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{_SAYS[table]}'; END $$"
    )
    op.execute(
        f"CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW {condition} "
        f"EXECUTE FUNCTION {table}_is_kept()"
    )
    # A trigger for each row is not asked when the whole table is emptied.
    op.execute(
        f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} FOR EACH STATEMENT "
        f"EXECUTE FUNCTION {table}_is_kept()"
    )


def downgrade() -> None:
    raise NotImplementedError("the records go forward only; restore a backup to go back")
