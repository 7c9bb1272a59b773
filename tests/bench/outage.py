"""Benchmark: the records are away for half an hour under a hundred open incidents; the events that it costs them are bounded."""

from __future__ import annotations

import asyncio
import logging
from typing import Final

from models.incident import IncidentEnd
from tests.bench.figures import Figure, Goal
from tests.bench.sizes import size
from tests.servers import skipping_environment
from tests.workflows.outages import Cost, half_an_hour_under

_INCIDENTS: Final = size(__name__, "incidents", 100, 2)
TARGETS: Final = (
    "events of an incident meanwhile <= 160",
    "events at its end <= 300",
)


async def _cost() -> Cost:
    logging.getLogger("temporalio.activity").setLevel(logging.ERROR)
    async with skipping_environment() as environment:
        return await half_an_hour_under(_INCIDENTS, environment)


def run() -> list[Figure]:
    """Measure: the incident that it cost most."""
    cost = asyncio.run(_cost())
    if cost.ends != {IncidentEnd.RECOVERED}:
        raise RuntimeError(f"incidents ended as {cost.ends}, not all as recovered")
    return [
        Figure("outage of 30 min: events of an incident meanwhile", max(cost.during), "", goal=Goal(160)),
        Figure("outage of 30 min: events of an incident at its end", max(cost.after), "", goal=Goal(300)),
    ]
