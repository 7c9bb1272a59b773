"""Restarts a component on several hosts: failing hosts first, with a health check before each next host."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from models.dossier.instructions import RunStep
from models.hosts import Systemd
from models.jobs import Outcome
from models.plans import ApplicationPlan, RoutedHost, SiteProbes
from models.probes import HealthVerdict, Seen, WatchHealth
from models.runbooks import StepReport
from workflows.steps.health import watch

if TYPE_CHECKING:
    from workflows.steps.hosts import HostWork

_NOT_RUNNING = 3
"""The exit status of a status command for a component that does not run (LSB); `systemctl is-active` uses it too."""


class HostHealth:
    """The health of one component and of its hosts, from measuring points."""

    def __init__(self, plan: ApplicationPlan, component: str) -> None:
        self._terms = plan.terms
        self._part = plan.components[component]
        shown = {name.rpartition(".")[2] for name in self._part.points_of_hosts}
        self._proving = {t.point for group in self._part.health for t in group.targets}
        more = [plan.points[name] for name in sorted(shown) if name in plan.points]
        self._groups = [*self._part.health, *(g for g in more if g.targets[0].point not in self._proving)]

    def host_of(self, point: str) -> str | None:
        """Return the only host that a point shows; None if it shows the component as a whole."""
        return self._part.points_of_hosts.get(point)

    def proves(self, point: str) -> bool:
        """Whether a point shows the health of the component. Others, as for a host's disk, only show the host."""
        return point in self._proving

    async def observe(self) -> dict[str, Seen]:
        """Probe every point once."""
        if not self._groups:
            return {}
        check = WatchHealth(targets=self._groups[0].targets, failing_checks=1, give_up_after=self._terms.confirm_every)
        verdict = await watch(self._groups, check, f"Check which hosts of {self._part.name} fail")
        return {sample.point: sample.seen for sample in verdict.samples}

    async def wait(self, points: Collection[str]) -> HealthVerdict | None:
        """Wait until points are healthy, at most for the start timeout of the component. Return None if there are no points."""
        groups = [
            SiteProbes(queue=group.queue, targets=targets)
            for group in self._groups
            if (targets := [t for t in group.targets if t.point in points])
        ]
        if not groups:
            return None
        waiting = WatchHealth(
            targets=groups[0].targets,
            every=self._terms.confirm_every,
            healthy_for=timedelta(milliseconds=1),
            give_up_after=self._part.start_timeout,
        )
        return await watch(groups, waiting, f"Wait until {self._part.name} is healthy before the next host")

    def failing(self, seen: dict[str, Seen]) -> list[str]:
        """Return the hosts of which a point fails, in the dossier's order."""
        failing = {self.host_of(point) for point, what in seen.items() if what is Seen.FAILED}
        return [place.host.name for place in self._part.routed_hosts if place.host.name in failing]


async def failing_hosts(work: HostWork, component: str) -> list[str]:
    """Return the failing hosts of a component: those with a failing point, or else those on which it does not run."""
    health = HostHealth(work.plan, component)
    return health.failing(await health.observe()) or await not_running(work, component)


async def not_running(work: HostWork, component: str) -> list[str]:
    """Return the hosts on which the status command reports that a component does not run."""
    part = work.plan.components[component]
    if part.control is None:
        return []
    control = part.control
    command: str | list[str] = (
        ["systemctl", "is-active", "--quiet", control.unit] if isinstance(control, Systemd) else control.status
    )
    check = RunStep(title=f"Status of {component}", component=component, command=command, read_only=True)
    results = await work.query_everywhere(check)
    return [result.host for result in results if result.exit_status == _NOT_RUNNING]


async def restart(
    work: HostWork, component: str, places: Sequence[RoutedHost], limit: timedelta | None, *, heals: bool
) -> Outcome:
    """Restart a component on these hosts, one after the other; end at the first that is not OK.

    Failing hosts come first, because a healthy host may be the last that serves. Before the next host, all points that
    were healthy must be healthy again, and the component on the restarted hosts too. Otherwise the remaining hosts stay
    as they are. With `heals`, healthy hosts are restarted only while the component still fails.
    """
    if work.rehearse or len(places) < 2:
        return await _one_after_the_other(work, component, places, limit)
    health = HostHealth(work.plan, component)
    before = await health.observe()
    fails = Seen.FAILED in before.values()
    heals = heals and fails
    failing = (health.failing(before) or await not_running(work, component)) if fails else []
    done: list[str] = []
    for place in sorted(places, key=lambda place: place.host.name not in failing):
        host = place.host.name
        if done:
            whole = heals and host not in failing
            wanted = [
                p
                for p, seen in before.items()
                if whole or seen is Seen.OK or (health.host_of(p) in done and (heals or health.proves(p)))
            ]
            verdict = await health.wait(wanted)
            left = [p.host.name for p in places if p.host.name not in done]
            if whole and verdict is not None and verdict.healthy:
                _leave(work, component, left, f"{component} is healthy after the restart on {', '.join(done)}")
                return Outcome.OK
            # A restart cannot make a failing host worse; a healthy host may be the last that serves.
            if host not in failing and verdict is not None and _keeps_back(verdict, health, done, whole=whole):
                why = f"{component} is not healthy after the restart on {', '.join(done)}: {verdict.reason}"
                _leave(work, component, left, why, Outcome.FAILED)
                return Outcome.FAILED
        outcome = await _one_after_the_other(work, component, [place], limit)
        if outcome is not Outcome.OK:
            return outcome
        done.append(host)
    return Outcome.OK


async def _one_after_the_other(
    work: HostWork, component: str, places: Sequence[RoutedHost], limit: timedelta | None
) -> Outcome:
    for place in places:
        outcome = await work.restart_on(component, place, limit)
        if outcome is not Outcome.OK and not work.rehearse:
            return outcome
    return Outcome.OK


def _keeps_back(verdict: HealthVerdict, health: HostHealth, done: Sequence[str], *, whole: bool) -> bool:
    """Whether to leave the next host alone: health is not back, or a restarted host is not up again."""
    if verdict.healthy:
        return False
    return not whole or any(health.host_of(s.point) in done for s in verdict.samples if s.seen is not Seen.OK)


def _leave(work: HostWork, component: str, hosts: Sequence[str], why: str, outcome: Outcome = Outcome.OK) -> None:
    title = f"Leave {component} as it is on {', '.join(hosts)}"
    work.note(StepReport(title=title, outcome=outcome, changed=False, detail=why))
