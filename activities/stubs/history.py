"""The activity that keeps the history of measuring points; implemented in `activities.history.activities`."""

from __future__ import annotations

from temporalio import activity

from models.history import HistoryBeat, KeepHistory


@activity.defn(name="keep_history")
async def keep_history(request: KeepHistory) -> HistoryBeat:
    """Fold finished days until the time is up; heartbeats; retried without limit."""
    raise NotImplementedError
