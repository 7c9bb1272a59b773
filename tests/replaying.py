"""Replaying what ran: a worker that has forgotten a workflow comes to the same as the one that remembers it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from temporalio.client import Client
from temporalio.worker import Replayer, Worker, WorkflowInstance, WorkflowInstanceDetails
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner

from tests.cancelling import cancelling_for, timers_for
from workflows.runtime.sandbox import workflow_runner
from workflows.runtime.serving import BoundedWorker
from workflows.runtime.wrong_inputs import ReadsInputs


@asynccontextmanager
async def replayed(
    client: Client, *, workflows: Sequence[type], at_most: int | None = None, **options: Any
) -> AsyncIterator[Worker]:
    """A worker of workflows; once the block has ended well, every run that it served is replayed from its history.

    Where many runs are alike, the first `at_most` of them are enough.

    A worker with a cache of no size would replay at every step, too, but now and then the SDK's core drops a task of such a
    worker, and the time-skipping server never gives it again.
    """
    runner = _Noting(_RESTRICTIONS, client=client)
    between = [*options.pop("interceptors", []), *cancelling_for(client), ReadsInputs()]
    worker = BoundedWorker(client, workflows=workflows, workflow_runner=runner, interceptors=between, **options)
    runner.runs.clear()  # the SDK has tried each workflow out
    async with worker:
        yield worker
    await _replay(client, workflows, dict(list(runner.runs.items())[:at_most]))


# Stand-ins that a test defines are not loaded for each workflow, with the test and all that it imports.
_RESTRICTIONS = workflow_runner().restrictions.with_passthrough_modules("tests")


@dataclass(frozen=True, kw_only=True)
class _Runner(SandboxedWorkflowRunner):
    """The runner of the real worker, for a client's server."""

    client: Client

    def create_instance(self, det: WorkflowInstanceDetails) -> WorkflowInstance:
        return timers_for(self.client, super().create_instance(det))


@dataclass(frozen=True, kw_only=True)
class _Noting(_Runner):
    """Notes what it runs."""

    runs: dict[str, str] = field(default_factory=dict)
    """Run to workflow."""

    def create_instance(self, det: WorkflowInstanceDetails) -> WorkflowInstance:
        self.runs[det.info.run_id] = det.info.workflow_id
        return super().create_instance(det)


async def _replay(client: Client, workflows: Sequence[type], runs: dict[str, str]) -> None:
    runner = _Runner(_RESTRICTIONS, client=client)
    replayer = Replayer(
        workflows=workflows,
        workflow_runner=runner,
        data_converter=client.data_converter,
        interceptors=[*cancelling_for(client), ReadsInputs()],
    )

    async def histories() -> AsyncIterator[Any]:
        for run, name in runs.items():
            yield await client.get_workflow_handle(name, run_id=run).fetch_history()

    await replayer.replay_workflows(histories())
