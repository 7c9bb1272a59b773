"""Restarting a component that runs on several hosts: the ill host first, and health looked at before the next host."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from models.dossier.instructions import RunStep
from models.hosts import Systemd
from models.jobs import Outcome
from models.probes import HealthVerdict, Seen, WatchHealth
from models.runbooks import StepReport
from models.slices import ApplicationPlan, Placement, SiteProbes
from workflows.steps.health import watch

if TYPE_CHECKING:
    from workflows.steps.hosts import HostWork

_NOT_RUNNING = 3
"""Exit status of a status command that says so (the LSB's code); `systemctl is-active` keeps to it."""


class HostHealth:
    """What measuring points say of one component and of its hosts."""

    def __init__(self, plan: ApplicationPlan, component: str) -> None:
        self._terms = plan.terms
        self._part = plan.components[component]
        shown = {name.rpartition(".")[2] for name in self._part.points_of_hosts}
        self._proving = {t.point for group in self._part.health for t in group.targets}
        more = [plan.points[name] for name in sorted(shown) if name in plan.points]
        self._groups = [*self._part.health, *(g for g in more if g.targets[0].point not in self._proving)]

    def host_of(self, point: str) -> str | None:
        """The one host that a point shows; None: it shows the component as a whole."""
        return self._part.points_of_hosts.get(point)

    def proves(self, point: str) -> bool:
        """Whether a point shows the health of the component; others, as of a host's disk, only show the host."""
        return point in self._proving

    async def look(self) -> dict[str, Seen]:
        """Look once at every point."""
        if not self._groups:
            return {}
        looking = WatchHealth(targets=self._groups[0].targets, failing_looks=1, give_up_after=self._terms.confirm_every)
        verdict = await watch(self._groups, looking, f"See which hosts of {self._part.name} are ill")
        return {sample.point: sample.seen for sample in verdict.samples}

    async def wait(self, points: Collection[str]) -> HealthVerdict | None:
        """Wait until points are healthy, for as long as the component may take to start; None where there are none."""
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

    def ill(self, seen: dict[str, Seen]) -> list[str]:
        """The hosts of which a point fails, in the dossier's order."""
        failing = {self.host_of(point) for point, what in seen.items() if what is Seen.FAILED}
        return [place.host.name for place in self._part.placements if place.host.name in failing]


async def ill_hosts(work: HostWork, component: str) -> list[str]:
    """The hosts of a component that are ill: of which a point fails, or else on which it does not run."""
    health = HostHealth(work.plan, component)
    return health.ill(await health.look()) or await not_running(work, component)


async def not_running(work: HostWork, component: str) -> list[str]:
    """The hosts on which the status of a component says that it does not run."""
    part = work.plan.components[component]
    if part.control is None:
        return []
    control = part.control
    command: str | list[str] = (
        ["systemctl", "is-active", "--quiet", control.unit] if isinstance(control, Systemd) else control.status
    )
    looking = RunStep(title=f"Status of {component}", component=component, command=command, read_only=True)
    results = await work.glance_everywhere(looking)
    return [result.host for result in results if result.exit_status == _NOT_RUNNING]


async def restart(
    work: HostWork, component: str, places: Sequence[Placement], limit: timedelta | None, *, heals: bool
) -> Outcome:
    """Restart a component on these hosts, one after the other; what is not OK ends it.

    Ill hosts come first: a healthy one may be the last that serves. Before the next host, what was healthy before must be
    healthy again, and the component on the hosts that were restarted: otherwise the hosts that are left stay as they are.
    Where it `heals` a component that fails, the healthy hosts are restarted only while it still fails.
    """
    if work.rehearse or len(places) < 2:
        return await _one_after_the_other(work, component, places, limit)
    health = HostHealth(work.plan, component)
    before = await health.look()
    fails = Seen.FAILED in before.values()
    heals = heals and fails
    ill = (health.ill(before) or await not_running(work, component)) if fails else []
    done: list[str] = []
    for place in sorted(places, key=lambda place: place.host.name not in ill):
        host = place.host.name
        if done:
            whole = heals and host not in ill
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
            # A host that is ill has nothing to lose; one that is well may be the last that serves.
            if host not in ill and verdict is not None and _keeps_back(verdict, health, done, whole=whole):
                why = f"{component} is not healthy after the restart on {', '.join(done)}: {verdict.reason}"
                _leave(work, component, left, why, Outcome.FAILED)
                return Outcome.FAILED
        outcome = await _one_after_the_other(work, component, [place], limit)
        if outcome is not Outcome.OK:
            return outcome
        done.append(host)
    return Outcome.OK


async def _one_after_the_other(
    work: HostWork, component: str, places: Sequence[Placement], limit: timedelta | None
) -> Outcome:
    for place in places:
        outcome = await work.restart_on(component, place, limit)
        if outcome is not Outcome.OK and not work.rehearse:
            return outcome
    return Outcome.OK


def _keeps_back(verdict: HealthVerdict, health: HostHealth, done: Sequence[str], *, whole: bool) -> bool:
    """Whether the next host must not be touched: health is not back, or a restarted host is itself not up again."""
    if verdict.healthy:
        return False
    return not whole or any(health.host_of(s.point) in done for s in verdict.samples if s.seen is not Seen.OK)


def _leave(work: HostWork, component: str, hosts: Sequence[str], why: str, outcome: Outcome = Outcome.OK) -> None:
    title = f"Leave {component} as it is on {', '.join(hosts)}"
    work.note(StepReport(title=title, outcome=outcome, changed=False, detail=why))
