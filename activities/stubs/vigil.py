"""Keeping vigil; carried out by `activities.deadman.activities`."""

from __future__ import annotations

from temporalio import activity

from models.vigil import KeepVigil, VigilBeat


@activity.defn(name="keep_vigil")
async def keep_vigil(request: KeepVigil) -> VigilBeat:
    """Raise an alarm when a source of alarms falls silent, until the time is up; heartbeats; retried for ever."""
    raise NotImplementedError
