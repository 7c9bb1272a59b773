"""Records a report that is approved, with commentary and a second look at the facts, one that is refused, and the form;
`python -m tests.replay.reports` records these alone.
"""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

from models.names import WORKFLOW_QUEUE
from models.report_order import StartReport
from tests.replay.keeping import keep
from tests.report.november import APPLICATION
from tests.report.scene import JONAS, KARIN, ON_CALL, Office, comment, shop, start, working
from tests.servers import real_server
from tests.workflows.waiting import until_asked
from tests.workflows.world import decide, gates


async def main() -> None:
    """Record them, on a server of its own."""
    with tempfile.TemporaryDirectory() as home, real_server(Path(home) / "home") as server:
        client = await server.client()
        office = Office(Path(home), shop(approval={"roles": ["change-approver"], "by": "both"}))
        async with working(client, office):
            run = await start(client)
            await until_asked(run)
            await comment(run, "The payment provider was down on the 12th.")
            while [gate.id for gate in await gates(run)] != ["g2"]:
                await asyncio.sleep(0.05)
            await decide(run, "gather-again", by=ON_CALL)
            while [gate.id for gate in await gates(run)] != ["g3"]:
                await asyncio.sleep(0.05)
            await decide(run, "approve", by=ON_CALL)
            while [gate.id for gate in await gates(run)] != ["g4"]:
                await asyncio.sleep(0.05)
            await decide(run, "approve", by=KARIN)
            await run.result()
            await keep(run, "report")
            form = StartReport(application=APPLICATION, report="monthly", by=JONAS, period="2026-09")
            started = await client.start_workflow(
                "start-report", form, id="start-report.recorded", task_queue=WORKFLOW_QUEUE
            )
            await started.result()
            await keep(started, "start-report")
            refused = client.get_workflow_handle(f"report.{APPLICATION}.monthly.2026-09")
            await until_asked(refused)
            await decide(refused, "refuse", by=ON_CALL, note="An incident is missing")
            await refused.result()
            await keep(refused, "report-refused")
        office.close()
        await asyncio.sleep(0.05)


if __name__ == "__main__":
    asyncio.run(main())
