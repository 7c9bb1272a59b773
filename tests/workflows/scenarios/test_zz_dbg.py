from tests.workflows.scenarios.test_ladder import *
from tests.workflows.scenarios.conftest import given
from models.dossier.agreement import *
async def test_dbg(given):
    scene = given()
    async with scene.played(0):
        await scene.fault()
        await scene.tell("acknowledge", Acknowledge(by=OPERATOR))
        await scene.forward(29 * MINUTE)
        await scene.forward(2 * MINUTE)
        await scene.forward(16 * MINUTE)
        h = await scene.incident().fetch_history()
    for e in h.events: print(e.event_id, e.event_time.ToDatetime().time(), e.WhichOneof("attributes"), (e.workflow_task_failed_event_attributes.failure.message if e.HasField("workflow_task_failed_event_attributes") else ""))
