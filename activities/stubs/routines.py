"""Looking at orders of extended routines; carried out by `activities.routine.activities`."""

from __future__ import annotations

from temporalio import activity

from models.routine import CheckedOrder, CheckOrder


@activity.defn(name="check_order")
async def check_order(request: CheckOrder) -> CheckedOrder:
    """Look at an order: what is wrong with it, its steps with the inputs in their places, and when it may begin."""
    raise NotImplementedError
