"""Halting, and waiting until a halt is lifted; carried out by `activities.records`."""

from __future__ import annotations

from temporalio import activity

from models.halts import AwaitLift, BeginHalt, EndHalt, FindLifters, Halt, Lifted, Lifters


@activity.defn(name="begin_halt")
async def begin_halt(request: BeginHalt) -> Halt:
    """Note a halt, once for a key; it acts within a second."""
    raise NotImplementedError


@activity.defn(name="find_lifters")
async def find_lifters(request: FindLifters) -> Lifters:
    """Who may lift a halt, to write to them."""
    raise NotImplementedError


@activity.defn(name="end_halt")
async def end_halt(request: EndHalt) -> Halt:
    """Note that a halt is lifted; what waits goes on."""
    raise NotImplementedError


@activity.defn(name="await_lift")
async def await_lift(request: AwaitLift) -> Lifted:
    """Return once a halt is lifted; fails until then, for as long as it takes, and says who halted and why."""
    raise NotImplementedError
