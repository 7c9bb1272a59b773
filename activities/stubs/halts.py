"""The activities for halts; implemented in `activities.records`."""

from __future__ import annotations

from temporalio import activity

from models.halts import AwaitLift, BeginHalt, EndHalt, FindLifters, Halt, Lifted, Lifters


@activity.defn(name="begin_halt")
async def begin_halt(request: BeginHalt) -> Halt:
    """Store a halt, once for each key; it is effective within a second."""
    raise NotImplementedError


@activity.defn(name="find_lifters")
async def find_lifters(request: FindLifters) -> Lifters:
    """Return the people who may lift a halt, for a notice to them."""
    raise NotImplementedError


@activity.defn(name="end_halt")
async def end_halt(request: EndHalt) -> Halt:
    """Store that a halt is lifted; waiting steps continue."""
    raise NotImplementedError


@activity.defn(name="await_lift")
async def await_lift(request: AwaitLift) -> Lifted:
    """Return after a halt is lifted; until then, fail with its person and reason, for as long as it takes."""
    raise NotImplementedError
