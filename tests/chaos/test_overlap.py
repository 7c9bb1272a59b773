"""Operations on one application never overlap on its host, whatever becomes of their leases, workers and workflows."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from models.lease import ReleaseLease
from models.names import watch_id
from models.operation import ComponentsOrder, OperationEnd
from models.operation_kinds import CHANGE, SHUT_DOWN, START_UP
from tests.chaos.field import Application, field
from tests.chaos.marks import Marks, in_turn
from tests.chaos.walks import BY, WALKS

pytestmark = [pytest.mark.needs("openssh"), pytest.mark.slow]

_SHOP = "acme.shop"
_CHANGES = 3
"""On each application."""


async def test_a_step_that_goes_on_after_its_lease_was_taken_away_keeps_the_next_operation_waiting_on_the_host(
    tmp_path: Path,
) -> None:
    marks = Marks(tmp_path / "marks")
    down, up = (next(w for w in WALKS if w.kind is kind) for kind in (SHUT_DOWN, START_UP))
    parts = {"instructions": {**down.parts(marks, _SHOP)["instructions"], **up.parts(marks, _SHOP)["instructions"]}}
    down.prepare(marks, _SHOP)
    marks.hold(_SHOP, "stop app")
    order = ComponentsOrder(application=_SHOP, by=BY)
    async with field(tmp_path, marks, [Application(_SHOP, parts)]) as on:
        hanging = await on.start(SHUT_DOWN, order)
        await _until(lambda: marks.seen(_SHOP)[-1:] == ["begin stop app"])
        following = await on.start(START_UP, order)
        watch = on.client.get_workflow_handle(watch_id(_SHOP))
        taken = ReleaseLease(application=_SHOP, holder=hanging.id, by=BY)
        await watch.execute_update("release_lease", taken)
        # Its first command is on the host now, and waits there.
        await _until(lambda: on.waits_on_host(_SHOP, following.id))
        on.worker.kill()
        assert marks.seen(_SHOP)[-1] == "begin stop app"
        marks.release(_SHOP, "stop app")
        on.worker.start()
        outcomes = await asyncio.gather(hanging.result(), following.result())
    stopped, then = ["close the gates", "stop web", "stop app"], ["mount", "start app", "start web", "open the gates"]
    assert marks.seen(_SHOP) == in_turn([*stopped, *then])
    assert outcomes[0].end is not OperationEnd.DONE
    assert outcomes[1].end is OperationEnd.DONE


async def _until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(180):
        while not condition():
            await asyncio.sleep(0.05)


async def test_changes_on_one_application_never_overlap_under_load_and_a_kill(tmp_path: Path) -> None:
    marks = Marks(tmp_path / "marks")
    walk = next(w for w in WALKS if w.kind is CHANGE and w.ends is OperationEnd.DONE)
    names = [f"acme.shop{n}" for n in range(6)]
    for name in names:
        walk.prepare(marks, name)
    async with field(tmp_path, marks, [Application(name, walk.parts(marks, name)) for name in names]) as on:
        handles = await asyncio.gather(
            *(on.start(walk.kind, walk.order(name), str(number)) for number in range(_CHANGES) for name in names)
        )
        await _until(lambda: any(f"end {walk.steps[-1]}" in marks.seen(name) for name in names))
        on.worker.kill()
        on.worker.start()
        outcomes = await asyncio.gather(*(handle.result() for handle in handles))
    assert [outcome.summary for outcome in outcomes if outcome.end is not OperationEnd.DONE] == []
    for name in names:
        assert marks.seen(name) == in_turn(walk.steps) * _CHANGES
