"""The check of the history of measuring points: whether finished days are folded in time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from activities.history.progress import fold_progress
from activities.records import Records
from starter.doctor.finding import Finding, note, ok, warning

_CHECKS_WITHIN: Final = timedelta(hours=1)
"""The workflow checks every ten minutes; a long first fold takes most of this time."""


def history(store: Records, now: datetime | None = None) -> Finding:
    """Check that the samples of finished days are folded, so that they may be deleted."""
    now, progress = now or datetime.now(UTC), fold_progress(store.database)
    if not progress.has_samples and progress.folded_until is None:
        return note("history", "there are no samples yet")
    lag, fix = progress.lag(now), "see the workflow `history` in the Temporal UI, and the worker's log"
    if progress.checked_at is None or now - progress.checked_at > _CHECKS_WITHIN:
        last = f" since {progress.checked_at:%Y-%m-%d %H:%M} UTC" if progress.checked_at else ""
        said = f"nobody has checked for days to fold{last}" + (f"; {lag}" if lag else "")
        return warning("history", said, "publish a dossier again, which starts the workflow `history`; then " + fix)
    if lag is not None:
        return warning("history", lag, fix)
    return ok("history", f"the days before {progress.folded_until} are folded")
