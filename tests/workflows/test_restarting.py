"""A restart of several hosts: the ill host first, health before the next, and no healthy host without need."""

from __future__ import annotations

import pytest
from temporalio.testing import WorkflowEnvironment

from models.dossier.instructions import OnHosts, RestartStep, RunStep, Step
from models.jobs import Outcome
from models.plans import ApplicationPlan, PlannedRemedy
from models.runbooks import RunbookReport
from runbooks.carry_out_remedy import CarryOutRemedy, CarryOutRemedyInput
from tests.fakes import Answer, FakeHosts, application_plan, carry_out
from tests.workflows.shop import OPERATOR

HOSTS = ["web-1", "web-2", "web-3"]
NOT_RUNNING = Answer(outcome=Outcome.FAILED, exit_status=3)


def plan(*steps: Step, points: bool = True) -> ApplicationPlan:
    known = application_plan({"web": []}, hosts={"web": HOSTS}, host_points=["web"] if points else [])
    return known.model_copy(update={"remedies": {"some/it": PlannedRemedy(name="it", title="It", steps=list(steps))}})


class Site(FakeHosts):
    """Three hosts of a component; to start it on a host mends that host, unless it is broken for good."""

    def __init__(self, *failing: str, step: Step | None = None, points: bool = True, mends: bool = True) -> None:
        super().__init__(plan(step or RestartStep(component="web"), points=points))
        self.failing = {"web", *failing} if failing else set()
        self.on_line = self._starts if mends else lambda line: None

    def _starts(self, line: str) -> None:
        host, _, what = line.partition(": ")
        if what == "start web" and host in self.failing:
            self.failing.discard(host)
        if not self.failing & set(HOSTS):
            self.failing.discard("web")

    @property
    def restarted(self) -> list[str]:
        """The hosts on which it was started, in order."""
        return [line.partition(":")[0] for line in self.lines if line.endswith(": start web")]


async def healed(skipping: WorkflowEnvironment, hosts: FakeHosts) -> RunbookReport:
    order = CarryOutRemedyInput(application="acme.shop", requested_by=OPERATOR, instruction="some", remedy="it")
    return await carry_out(skipping.client, hosts, CarryOutRemedy, order)


async def test_the_unhealthy_host_is_restarted_and_the_healthy_ones_are_left_alone(
    skipping: WorkflowEnvironment,
) -> None:
    hosts = Site("web-2")
    report = await healed(skipping, hosts)
    assert hosts.restarted == ["web-2"]
    assert report.outcome is Outcome.OK
    assert report.steps[-1].title == "Leave web as it is on web-1, web-3"
    assert report.steps[-1].detail == "web is healthy after the restart on web-2"


async def test_all_unhealthy_hosts_are_restarted_before_any_healthy_one(skipping: WorkflowEnvironment) -> None:
    hosts = Site("web-3", "web-2")
    await healed(skipping, hosts)
    assert hosts.restarted == ["web-2", "web-3"]


async def test_a_healthy_host_is_not_restarted_while_one_that_was_restarted_is_not_up(
    skipping: WorkflowEnvironment,
) -> None:
    """It may be the last that serves."""
    hosts = Site("web-2", mends=False)
    report = await healed(skipping, hosts)
    assert hosts.restarted == ["web-2"]
    assert report.outcome is Outcome.FAILED
    assert report.steps[-1].title == "Leave web as it is on web-1, web-3"


async def test_healthy_hosts_are_restarted_if_the_service_fails_and_no_host_does(
    skipping: WorkflowEnvironment,
) -> None:
    hosts = Site("web")
    hosts.on_line = lambda line: hosts.failing.clear() if line == "web-2: start web" else None
    report = await healed(skipping, hosts)
    assert hosts.restarted == ["web-1", "web-2"]
    assert report.outcome is Outcome.OK


async def test_a_host_on_which_the_component_does_not_run_is_unhealthy_if_no_point_names_a_host(
    skipping: WorkflowEnvironment,
) -> None:
    hosts = Site("web", points=False)
    hosts.answer("web-3: status", NOT_RUNNING)
    hosts.on_line = lambda line: hosts.failing.clear() if line == "web-3: start web" else None
    await healed(skipping, hosts)
    assert hosts.restarted == ["web-3"]


async def test_if_no_probe_fails_all_hosts_are_restarted_with_a_health_check_before_the_next(
    skipping: WorkflowEnvironment,
) -> None:
    hosts = Site()
    await healed(skipping, hosts)
    watch = "watch web-up, web-1-up, web-2-up, web-3-up"
    assert hosts.lines == [
        watch, "web-1: stop web", "web-1: start web",
        watch, "web-2: stop web", "web-2: start web",
        watch, "web-3: stop web", "web-3: start web",
    ]  # fmt: skip


async def test_a_restart_that_breaks_a_host_stops_before_the_next_one(skipping: WorkflowEnvironment) -> None:
    hosts = Site()
    hosts.on_line = lambda line: hosts.failing.update({"web-1", "web"}) if line == "web-1: start web" else None
    report = await healed(skipping, hosts)
    assert hosts.restarted == ["web-1"]
    assert report.outcome is Outcome.FAILED
    assert report.steps[-1].title == "Leave web as it is on web-2, web-3"


@pytest.mark.parametrize(
    ("step", "lines"),
    [
        (RunStep(component="web", command="mend", hosts=OnHosts.FAILING), ["web-2: mend"]),
        (RestartStep(component="web", hosts=OnHosts.FAILING), ["web-2: stop web", "web-2: start web"]),
    ],
)
async def test_a_step_can_name_the_unhealthy_hosts(skipping: WorkflowEnvironment, step: Step, lines: list[str]) -> None:
    hosts = Site("web-2", step=step)
    await healed(skipping, hosts)
    assert [line for line in hosts.lines if not line.startswith("watch")] == lines


async def test_a_step_for_unhealthy_hosts_does_nothing_if_all_are_healthy(skipping: WorkflowEnvironment) -> None:
    hosts = Site(step=RunStep(component="web", command="mend", hosts=OnHosts.FAILING))
    report = await healed(skipping, hosts)
    assert not any(line.endswith("mend") for line in hosts.lines)
    assert (report.outcome, report.steps[-1].changed) == (Outcome.OK, False)
