"""The check of orders of extended routines; implemented in `activities.routine.activities`."""

from __future__ import annotations

from temporalio import activity

from models.routine import CheckedOrder, CheckOrder


@activity.defn(name="check_order")
async def check_order(request: CheckOrder) -> CheckedOrder:
    """Check an order; return its faults, its steps with the inputs inserted, and the earliest time."""
    raise NotImplementedError
