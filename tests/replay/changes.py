"""Records changes and what follows them; `python -m tests.replay.changes` records these alone."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

from models.jobs import Outcome
from models.names import WORKFLOW_QUEUE
from tests.changes.plans import BY
from tests.changes.scene import Scene, agree, changing, review_of
from tests.fakes import Answer, working
from tests.replay.keeping import keep
from tests.servers import real_server
from tests.workflows.waiting import until_asked
from tests.workflows.world import decide
from workflows.change.form import SubmitChange
from workflows.change.review import Review
from workflows.change.workflow import ChangeImplementation


async def main() -> None:
    """One that is approved and made, one that is undone, an emergency approved afterwards, a review, and a form."""
    with tempfile.TemporaryDirectory() as home, real_server(Path(home)) as server:
        client = await server.client()
        scene = Scene()
        async with changing(client, scene) as handle:
            await agree(handle)
            await handle.result()
            await keep(handle, "change-made")

        scene = Scene(on_failure="ask")
        scene.answer("app1: start app", Answer(outcome=Outcome.FAILED))
        async with changing(client, scene) as handle:
            await agree(handle)
            await until_asked(handle, "retry")
            await decide(handle, "stop", by="on-call@driftbolaget.example")
            await handle.result()
            await keep(handle, "change-undone")

        scene = Scene()
        scene.publish(_look_back_at_once)
        async with changing(client, scene, kind="emergency") as handle:
            await handle.result()
            await keep(handle, "change-emergency")
            approval, review = review_of(client, handle, ".approval"), review_of(client, handle)
            await agree(approval)
            await approval.result()
            await keep(approval, "review-approval")
            await until_asked(review, "as-planned")
            await decide(review, "as-planned", by="on-call@driftbolaget.example")
            await review.result()
            await keep(review, "review")

        async with working(client, Scene(standard=True), SubmitChange, ChangeImplementation, Review):
            form = {"application": "acme.shop", "routine": "release", "by": BY}
            submitted = await client.start_workflow("submit-change", form, id="form", task_queue=WORKFLOW_QUEUE)
            started = await submitted.result()
            await client.get_workflow_handle(started["change"]).result()
            await keep(submitted, "submit-change")
        await asyncio.sleep(0.05)


def _look_back_at_once(data: dict[str, dict[str, object]]) -> None:
    data["agreement"]["changes"] = {"review_after": "1s"}


if __name__ == "__main__":
    asyncio.run(main())
