"""A worker for reports that stops in the middle of chosen activities: `python -m tests.report.killed_worker HOME`.

`HOME/settings.json` has the settings, and `HOME/url` the address of the mail channel. `HOME/holds.json` names for each workflow
the activity whose result is never reported, though its work is done. `HOME/held-WORKFLOW` says that it came so far.
"""

from __future__ import annotations

import asyncio
import json
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from temporalio import activity
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

from activities.records import RecordActivities, Records
from activities.report.activities import ReportActivities
from models.names import WORKFLOW_QUEUE
from models.settings import Settings
from starter.connection.temporal import connect_patiently
from tests.notices.conftest import make_sender
from workflows.report.workflow import ReportForPeriod
from workflows.runtime.sandbox import workflow_runner
from workflows.runtime.serving import BoundedWorker


class Holds(Interceptor):
    """Keeps the results of activities back."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.at: dict[str, str] = json.loads((home / "holds.json").read_text())

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        holds = self

        class Inbound(ActivityInboundInterceptor):
            async def execute_activity(self, input: ExecuteActivityInput) -> Any:
                result = await super().execute_activity(input)
                info = activity.info()
                if _step(info.activity_type, input.args[0]) == holds.at.get(info.workflow_id or ""):
                    (holds.home / f"held-{info.workflow_id}").touch()
                    await asyncio.Event().wait()
                return result

        return Inbound(next)


def _step(name: str, request: Any) -> str:
    """The name of an activity, with the occasion of a notice."""
    return f"{name} {request.occasion.value}" if name == "send_notice" else name


async def serve(home: Path) -> None:
    """Serve until killed."""
    settings = Settings.model_validate_json((home / "settings.json").read_text())
    records = Records(settings.records_url)
    sender = make_sender(records, home, 60, email=(home / "url").read_text())
    activities = [
        *RecordActivities(records, []).activities(),
        *ReportActivities(records, home).activities(),
        *sender.activities(),
    ]
    async with BoundedWorker(
        await connect_patiently(settings),
        task_queue=WORKFLOW_QUEUE,
        workflows=[ReportForPeriod],
        activities=activities,
        activity_executor=ThreadPoolExecutor(16),
        interceptors=[Holds(home)],
        workflow_runner=workflow_runner(),
    ):
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1])))
