"""Every operation, with the worker killed at every step of it: each remote effect is counted once on its host."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from temporalio.client import WorkflowHandle

from models.operation import OperationOutcome
from tests.chaos.field import Application, field
from tests.chaos.marks import Marks, in_turn
from tests.chaos.walks import WALKS, Walk

Handle = WorkflowHandle[Any, OperationOutcome]

pytestmark = [pytest.mark.needs("openssh"), pytest.mark.slow]


@dataclass(frozen=True)
class Instance:
    """One operation on an application of its own, whose worker is killed at one of its steps."""

    walk: Walk
    application: str
    step: str

    @property
    def name(self) -> str:
        return f"{self.walk.kind.name}, killed at {self.step!r}"


def _instances(walks: Sequence[Walk]) -> list[Instance]:
    return [
        Instance(walk, f"acme.{walk.kind.name}-{which}-{number}", step)
        for which, walk in enumerate(walks)
        for number, step in enumerate(walk.steps)
    ]


@pytest.mark.parametrize("walks", [WALKS[::2], WALKS[1::2]], ids=["half of them", "the others"])
async def test_a_worker_killed_at_any_step_of_any_operation_leaves_each_effect_counted_once(
    tmp_path: Path, walks: Sequence[Walk]
) -> None:
    every, marks = _instances(walks), Marks(tmp_path / "marks")
    for one in every:
        one.walk.prepare(marks, one.application)
        marks.hold(one.application, one.step)
    applications = [
        Application(one.application, one.walk.parts(marks, one.application), one.walk.hosts) for one in every
    ]
    async with field(tmp_path, marks, applications) as on:
        handles = [await on.start(one.walk.kind, one.walk.order(one.application)) for one in every]
        await _until_held(marks, every, handles)
        on.worker.kill()
        # Half of them end while nobody looks, the others while they are followed again.
        for one in every[::2]:
            marks.release(one.application, one.step)
        on.worker.start()
        for one in every[1::2]:
            marks.release(one.application, one.step)
        outcomes = await asyncio.gather(*(handle.result() for handle in handles))
    for one, outcome in zip(every, outcomes, strict=True):
        assert one.walk.arranged(marks.seen(one.application)) == in_turn(one.walk.steps), one.name
        assert outcome.end is one.walk.ends, f"{one.name}: {outcome.summary}"


async def _until_held(marks: Marks, every: Sequence[Instance], handles: Sequence[Handle]) -> None:
    """Wait until every operation is in the middle of the step at which its worker is to die."""
    left = list(every)
    try:
        async with asyncio.timeout(240):
            while left := [one for one in left if f"begin {one.step}" not in marks.seen(one.application)]:
                await asyncio.sleep(0.1)
    except TimeoutError:
        found = [
            f"{one.name}: {marks.seen(one.application)}; {await handle.query('status')}; "
            f"{(await handle.describe()).raw_description.pending_activities}"
            for one, handle in zip(every, handles, strict=True)
            if one in left
        ]
        raise AssertionError(f"these did not come to their step: {found}") from None
