"""Acting on hosts; carried out by `activities.ssh`, on the task queue of the host's site."""

from __future__ import annotations

from temporalio import activity

from models.jobs import BatchResult, EnsureComponent, JobResult, RunBatch


@activity.defn(name="run_batch")
async def run_batch(request: RunBatch) -> BatchResult:
    """Run many jobs, hosts in parallel; a host out of reach is a result of its own (UNKNOWN or FAILED), never an error."""
    raise NotImplementedError


@activity.defn(name="ensure_component")
async def ensure_component(request: EnsureComponent) -> JobResult:
    """Bring a component to started or stopped; a no-op with its reason when it is there already."""
    raise NotImplementedError
