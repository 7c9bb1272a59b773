"""The history of measuring points, and which version of a dossier was the current one when.

The versions in use are taken from the moments of their first publishing. The history itself is folded by the workflow
`history`, from all samples that exist.
"""

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)
_COMMON = ("samples", "failed", "expected", "watched_s", "no_data_s")
_OF_HOURS = ("min", "mean", "max")
_OF_DAYS = (*_OF_HOURS, "p50", "p95", "p99", "last")


def _integers(*names: str) -> list[sa.Column[int]]:
    return [sa.Column(name, sa.Integer(), nullable=False) for name in names]


def _numbers(figures: tuple[str, ...]) -> list[sa.Column[Any]]:
    columns: list[sa.Column[Any]] = []
    for quantity in ("value", "latency"):
        columns += _integers(f"{quantity}_count")
        columns += [sa.Column(f"{quantity}_{figure}", sa.Float(), nullable=True) for figure in figures]
    return columns


def upgrade() -> None:
    _make_tables()
    _fill_uses()
    _cover_samples()


def _make_tables() -> None:
    op.create_table(
        "dossieruse",
        sa.Column("application", sa.String(), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["digest"], ["dossierversion.digest"]),
        sa.PrimaryKeyConstraint("application", "at"),
    )
    op.create_table(
        "pointspan",
        sa.Column("point", sa.String(), nullable=False),
        sa.Column("since", _MOMENT, nullable=False),
        sa.Column("threshold", sa.String(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("until", _MOMENT, nullable=False),
        sa.Column("severity", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("point", "since", "threshold"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_pointspan_day", "pointspan", ["point", "day"])
    op.create_table(
        "pointhour",
        sa.Column("point", sa.String(), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        *_integers(*_COMMON),
        *_numbers(_OF_HOURS),
        sa.PrimaryKeyConstraint("point", "at"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "pointday",
        sa.Column("point", sa.String(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        *_integers(*_COMMON),
        sa.Column("blips", sa.JSON(), nullable=False),
        *_numbers(_OF_DAYS),
        sa.PrimaryKeyConstraint("point", "day"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "historymark",
        sa.Column("point", sa.String(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("dirty", sa.Boolean(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("folded_at", _MOMENT, nullable=True),
        sa.Column("carry", sa.JSON(), nullable=True),
        sa.PrimaryKeyConstraint("point", "day"),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_historymark_dirty",
        "historymark",
        ["day"],
        sqlite_where=sa.text("dirty"),
        postgresql_where=sa.text("dirty"),
    )
    progress = op.create_table(
        "historyprogress",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("opened_until", sa.Date(), nullable=True),
        sa.Column("folded_until", sa.Date(), nullable=True),
        sa.Column("sealed_until", sa.Date(), nullable=True),
        sa.Column("checked_at", _MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.bulk_insert(progress, [{"id": 1}])


def _fill_uses() -> None:
    op.execute(
        sa.text(
            'INSERT INTO dossieruse (application, at, digest, "by") '
            "SELECT application, published_at, digest, published_by FROM dossierversion"
        )
    )
    # An older version that was published again is current, but the moment is not stored: it is the current one from now on.
    op.execute(
        sa.text(
            'INSERT INTO dossieruse (application, at, digest, "by") '
            "SELECT c.application, :now, c.digest, v.published_by FROM currentdossier c "
            "JOIN dossierversion v ON v.digest = c.digest "
            "WHERE EXISTS (SELECT 1 FROM dossierversion l WHERE l.application = c.application "
            "AND l.published_at > v.published_at)"
        ).bindparams(sa.bindparam("now", datetime.now(UTC), type_=_MOMENT))
    )


def _cover_samples() -> None:
    connection = op.get_bind()
    if connection.dialect.name == "postgresql":
        # A large table takes longer than an ordinary statement may.
        op.execute(sa.text("SET LOCAL statement_timeout = 0"))
    op.drop_index("ix_sample_point_at", "sample")
    op.create_index("ix_sample_of_point", "sample", ["point", "at", "seen", "value", "latency_ms"])


def downgrade() -> None:
    raise NotImplementedError("the records go forward only; restore a backup to go back")
