"""The activities that act on hosts; implemented in `activities.ssh`, on the task queue of the host's site."""

from __future__ import annotations

from temporalio import activity

from models.jobs import BatchResult, EnsureComponent, JobResult, RunBatch


@activity.defn(name="run_batch")
async def run_batch(request: RunBatch) -> BatchResult:
    """Run many jobs, hosts in parallel; an unreachable host is a result of its own (UNKNOWN or FAILED), never an
    error.
    """
    raise NotImplementedError


@activity.defn(name="ensure_component")
async def ensure_component(request: EnsureComponent) -> JobResult:
    """Start or stop a component; a no-op with its reason if it already has that state."""
    raise NotImplementedError
