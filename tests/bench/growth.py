"""Benchmark: what grows with a storm grows in step: an incident that a worker takes over, and a watch that takes alarms in.

Seconds of processor time, for four times as many of each. Twice as much for each of them would be a square.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from pathlib import Path
from typing import Final

from models.records import EntryKind
from models.timeline import Timeline
from tests.bench.figures import Figure, Goal
from tests.bench.sizes import size
from tests.replay.growing import joining, replay, waiting_incident, with_signals
from tests.servers import real_server
from tests.workflows.test_alarm_handler import NIGHT, Desk
from tests.workflows.test_flood import over, storm

_FEW: Final = size(__name__, "few", 2500, 25)
_MANY: Final = size(__name__, "many", 10000, 100)
TARGETS: Final = (
    "many in one activation <= 1.5 s",
    "each of many, beside each of few <= 1.5 x ceiling",
)
_GOAL = Goal(1.5, of_ceiling=True)


def _watch(count: int) -> float:
    """Seconds for each alarm that a watch takes in and that is cleared again."""
    watch, alarms = Desk(), storm(count)
    began = time.process_time()
    watch.take(*alarms, *over(alarms))
    return (time.process_time() - began) / count


def _timeline(count: int) -> float:
    """Seconds for each line that is logged and recorded."""
    timeline = Timeline()
    began = time.process_time()
    for number in range(count):
        timeline.log(NIGHT, EntryKind.NOTE, f"Line {number}")
        if number % 10 == 0:
            timeline.take()
    return (time.process_time() - began) / count


async def _incident() -> tuple[list[float], float]:
    """Seconds for each alarm that joined while no worker lived, few and many; the longest activation."""
    with tempfile.TemporaryDirectory() as directory, real_server(Path(directory)) as server:
        beginning = await waiting_incident(await server.client())
        costs = [
            await replay(with_signals(beginning, "join_alarms", joining(n), in_a_task=n), times=2)
            for n in (_FEW, _MANY)
        ]
    each = [max(cost.activations) / n for cost, n in zip(costs, (_FEW, _MANY), strict=True)]
    return each, max(costs[1].activations)


def run() -> list[Figure]:
    """Measure: each for few and for many, in turns."""
    (few, many), longest = asyncio.run(_incident())
    each = [("incident: an alarm that joined, taken over", many, few)]
    each += [("watch: an alarm, raised and cleared", _watch(_MANY), _watch(_FEW))]
    each += [("timeline: a line", _timeline(_MANY), _timeline(_FEW))]
    return [
        Figure(f"incident: {_MANY:,} alarms in one activation", longest, "s", goal=Goal(1.5)),
        *(Figure(f"{what}, of {_MANY:,}", m * 1000, "ms", f * 1000, f"of {_FEW:,}", _GOAL) for what, m, f in each),
    ]
