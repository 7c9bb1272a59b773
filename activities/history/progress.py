"""How far the history is folded, and whether it lags, for people."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from sqlalchemy import func, select
from sqlmodel import col

from activities.history.days import day_of
from activities.history.keeping import SETTLE
from activities.records.database import Database
from models.history_tables import HistoryMark, HistoryProgress
from models.tables import SampleRow

_PATIENCE: Final = timedelta(hours=6)
"""A finished day may wait so long for its fold before somebody should know."""


@dataclass(frozen=True, slots=True)
class FoldProgress:
    """How far the history is folded."""

    has_samples: bool
    folded_until: date | None
    """Days before this one are folded, except those in `reasons`."""
    checked_at: datetime | None
    reasons: dict[str, date]
    """Why days are not folded, with the first such day."""

    def lag(self, now: datetime) -> str | None:
        """Return one sentence if days are not folded in time; None if all is well."""
        due = day_of(now - SETTLE - _PATIENCE)
        for reason, day in self.reasons.items():
            return f"the samples of {day} cannot be folded, and are kept: {reason}"
        if self.folded_until is None:
            return "no day has been folded yet, and all samples are kept until then" if self.has_samples else None
        if self.folded_until >= due:
            return None
        return f"the days from {self.folded_until} on are not folded yet, and their samples are kept until then"


def fold_progress(database: Database) -> FoldProgress:
    """Return how far the history is folded; raise a `StoreError` if the database fails."""
    why = col(HistoryMark.why)
    reasons = select(why, func.min(col(HistoryMark.day))).where(col(HistoryMark.dirty), why != "").group_by(why)
    with database.reading() as session:
        progress = session.get(HistoryProgress, 1) or HistoryProgress()
        return FoldProgress(
            has_samples=session.execute(select(col(SampleRow.id)).limit(1)).first() is not None,
            folded_until=progress.folded_until,
            checked_at=progress.checked_at,
            reasons={row[0]: row[1] for row in session.execute(reasons.order_by(func.min(col(HistoryMark.day))))},
        )
