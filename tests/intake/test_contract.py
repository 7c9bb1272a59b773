"""The fakes that stand for the watch in the tests of the intake answer as the real one does."""

from __future__ import annotations

from datetime import timedelta

from temporalio.testing import WorkflowEnvironment

from models.alarms import AlarmBatch
from models.dossier.instructions import Approval
from tests.intake.memory_watch import MemoryWatch
from tests.workflows.shop import APPLICATION, DEPENDS_ON
from tests.workflows.world import World, alarm, cleared, report


async def test_the_fakes_answer_as_the_real_watch_does(skipping: WorkflowEnvironment) -> None:
    now = await skipping.get_current_time()
    told = [
        alarm("web"),
        alarm("web"),
        alarm("web", since=now, since_known=False),
        alarm("db"),
        cleared("web"),
        alarm("web"),
        cleared("web"),
        alarm("web", number=9),
        cleared("web"),
        alarm("mail", since=now + timedelta(days=1)),
        cleared("mail", since_known=False),
        cleared("app"),
    ]
    world = World(down=set(DEPENDS_ON), approval=Approval(roles=["approver"], within=timedelta(days=7)))
    async with world.worker(skipping.client):
        real = (await report(skipping.client, *told)).receipts
    fake = MemoryWatch(APPLICATION, lambda: now, DEPENDS_ON).take(AlarmBatch(application=APPLICATION, alarms=told))
    assert [(r.fingerprint, r.disposition, r.incident) for r in fake.receipts] == [
        (r.fingerprint, r.disposition, r.incident) for r in real
    ]
