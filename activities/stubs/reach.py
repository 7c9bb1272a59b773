"""The limit per hour on what is acted on; carried out by `activities.records`."""

from __future__ import annotations

from temporalio import activity

from models.reach import ReachAnswer, ReachOut


@activity.defn(name="reach_out")
async def reach_out(request: ReachOut) -> ReachAnswer:
    """Count hosts that are about to be acted on, or say what has to be asked first; the same operation counts once."""
    raise NotImplementedError
