"""Checks the health of measuring points at their sites until it is certain."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence

from temporalio import workflow
from temporalio.exceptions import ActivityError, is_cancelled_exception

from activities.stubs.probes import watch_health
from models.plans import ApplicationPlan, SiteProbes
from models.probes import HealthVerdict, Sample, Seen, WatchHealth
from workflows.runtime.markdown import summary_line
from workflows.runtime.outcomes import explain
from workflows.runtime.policies import HEARTBEAT, MARGIN, PROBE, SITE_WAIT


async def watch(probes: Sequence[SiteProbes], watching: WatchHealth, summary: str) -> HealthVerdict:
    """Probe points at one or more sites until their state is certain. A site that cannot probe counts as not healthy."""
    by_queue: dict[str, SiteProbes] = {}
    for group in probes:
        known = by_queue.get(group.queue)
        targets = (
            group.targets if known is None else [*known.targets, *(t for t in group.targets if t not in known.targets)]
        )
        by_queue[group.queue] = SiteProbes(queue=group.queue, targets=targets)
    verdicts = await asyncio.gather(*[_watch_site(group, watching, summary) for group in by_queue.values()])
    failing = [v for v in verdicts if not v.healthy]
    samples: list[Sample] = [s for v in verdicts for s in v.samples]
    return HealthVerdict(
        healthy=not failing,
        checks=max(v.checks for v in verdicts),
        certain=any(v.certain for v in failing) if failing else all(v.certain for v in verdicts),
        samples=samples,
        reason="; ".join(v.reason for v in failing or verdicts),
    )


async def _watch_site(group: SiteProbes, watching: WatchHealth, summary: str) -> HealthVerdict:
    try:
        return await workflow.execute_activity(
            watch_health,
            watching.model_copy(update={"targets": group.targets}),
            task_queue=group.queue,
            summary=summary_line(summary),
            schedule_to_start_timeout=SITE_WAIT,
            start_to_close_timeout=watching.give_up_after + MARGIN,
            heartbeat_timeout=HEARTBEAT,
            retry_policy=PROBE,
        )
    except ActivityError as error:
        if is_cancelled_exception(error):
            raise
        return HealthVerdict(healthy=False, certain=False, checks=0, samples=[], reason=explain(error))


def without(probes: Sequence[SiteProbes], points: Collection[str]) -> list[SiteProbes]:
    """Return the measuring points without some."""
    kept = [
        group.model_copy(update={"targets": [t for t in group.targets if t.point not in points]}) for group in probes
    ]
    return [group for group in kept if group.targets]


async def find_unhealthy(
    plan: ApplicationPlan, names: Sequence[str], summary: str = "See what is healthy at the end"
) -> tuple[dict[str, str], HealthVerdict | None]:
    """Probe components until it is certain which are not healthy. Return each of these with its fault, and the verdict.

    The verdict is None if no measuring point shows the health of any of them.
    """
    probes = [group for name in names for group in plan.components[name].health]
    if not probes:
        return {}, None
    request = WatchHealth(
        targets=probes[0].targets,
        every=plan.terms.confirm_every,
        failing_checks=plan.terms.confirm_checks,
        give_up_after=plan.terms.confirm_within,
    )
    verdict = await watch(probes, request, summary)
    failing = {s.point: s.detail for s in verdict.samples if s.seen is not Seen.OK}
    found: dict[str, str] = {}
    for name in names:
        points = [t.point for group in plan.components[name].health for t in group.targets if t.point in failing]
        if points:
            found[name] = "; ".join(f"{p}: {failing[p]}" for p in points)
    return found, verdict
