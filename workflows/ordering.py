"""Gives workflows what happened in the order in which a replay will give it.

A query that comes while a local activity runs ends the workflow task at once: history keeps the local activity's result with that
task, but the workflow gets it only with the next one, after whatever else has happened since. A replay gives it first, as history
has it, and what the workflow does next differs: whoever looked at a workflow in the wrong moment left it to be stuck at the next
restart of its worker. So results of local activities are taken in first, and by themselves.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from temporalio.worker import WorkflowInstance, WorkflowInstanceDetails
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner

if TYPE_CHECKING:
    from temporalio.bridge.proto.workflow_activation import WorkflowActivation, WorkflowActivationJob
    from temporalio.bridge.proto.workflow_completion import WorkflowActivationCompletion
    from temporalio.converter import SerializationContext, StorageDriverStoreContext
    from temporalio.worker._command_aware_visitor import CommandInfo
    from temporalio.workflow import Info


class OrderedRunner(SandboxedWorkflowRunner):
    """The sandbox, with what is local first."""

    def create_instance(self, det: WorkflowInstanceDetails) -> WorkflowInstance:
        """Make a workflow that is activated in order."""
        return LocalFirst(super().create_instance(det))


class LocalFirst(WorkflowInstance):
    """A workflow that is told of its local activities before anything else."""

    def __init__(self, inner: WorkflowInstance) -> None:
        self._inner = inner

    def activate(self, act: WorkflowActivation) -> WorkflowActivationCompletion:
        """Activate it, twice where it must be told of both; the answer to both is one."""
        local = [job for job in act.jobs if job.HasField("resolve_activity") and job.resolve_activity.is_local]
        if not local or len(local) == len(act.jobs):
            return self._inner.activate(act)
        others = [job for job in act.jobs if job not in local]
        first = self._inner.activate(_with(act, local))
        if first.HasField("failed"):
            return first
        second = self._inner.activate(_with(act, others))
        if second.HasField("failed"):
            return second
        # Merging appends commands and flags, and takes over what only the second has.
        first.MergeFrom(second)
        return first

    def get_serialization_context(self, command_info: CommandInfo | None) -> SerializationContext | None:
        """None: our converter treats all alike, and to enter the sandbox for every payload costs a worker a tenth of its time."""
        return None

    def get_external_store_context(self, command_info: CommandInfo | None) -> StorageDriverStoreContext:
        """As the workflow has it."""
        return self._inner.get_external_store_context(command_info)

    def get_info(self) -> Info:
        """As the workflow has it."""
        return self._inner.get_info()

    def get_thread_id(self) -> int | None:
        """As the workflow has it."""
        return self._inner.get_thread_id()


def _with(act: WorkflowActivation, jobs: list[WorkflowActivationJob]) -> WorkflowActivation:
    part = type(act)()
    part.CopyFrom(act)
    del part.jobs[:]
    part.jobs.extend(jobs)
    return part
