from __future__ import annotations

import pytest
from temporalio.client import WorkflowFailureError
from temporalio.testing import WorkflowEnvironment

from models.jobs import Outcome
from models.runbooks import RunbookReport
from runbooks.restart_with_dependants import RestartWithDependants, RestartWithDependantsInput
from tests.fakes import Answer, FakeHosts, application_plan, carry_out
from tests.workflows.shop import OPERATOR

FAILED = Answer(outcome=Outcome.FAILED)
CHAIN = {"db": [], "web": ["db"], "shop": ["web"]}


async def restart(
    env: WorkflowEnvironment, hosts: FakeHosts, component: str = "db", *, rehearse: bool = False
) -> RunbookReport:
    order = RestartWithDependantsInput(
        application="acme.shop", requested_by=OPERATOR, component=component, rehearse=rehearse
    )
    return await carry_out(env.client, hosts, RestartWithDependants, order)


async def test_stops_from_the_furthest_dependant_and_starts_from_the_nearest(skipping: WorkflowEnvironment) -> None:
    hosts = FakeHosts(application_plan(CHAIN))

    report = await restart(skipping, hosts)

    assert report.outcome is Outcome.OK
    assert hosts.lines == [
        "shop-1: stop shop",
        "web-1: stop web",
        "db-1: stop db",
        "db-1: start db",
        "watch db-up",
        "web-1: start web",
        "watch web-up",
        "shop-1: start shop",
        "watch shop-up",
    ]
    assert report.summary == "db restarted with web, shop; all their measuring points are healthy"


async def test_a_dependant_that_needs_another_one_too_is_stopped_before_it(skipping: WorkflowEnvironment) -> None:
    """The shop needs the db directly and the web as well: being near the db does not make it stop with the web."""
    hosts = FakeHosts(application_plan({"db": [], "shop": ["db", "web"], "web": ["db"]}))

    await restart(skipping, hosts)

    assert [line for line in hosts.lines if "stop" in line] == ["shop-1: stop shop", "web-1: stop web", "db-1: stop db"]


async def test_dependants_that_do_not_need_each_other_go_together(skipping: WorkflowEnvironment) -> None:
    hosts = FakeHosts(application_plan({"db": [], "web": ["db"], "jobs": ["db"]}))

    await restart(skipping, hosts)

    assert set(hosts.lines[:2]) == {"web-1: stop web", "jobs-1: stop jobs"}
    assert hosts.lines[2:5] == ["db-1: stop db", "db-1: start db", "watch db-up"]
    assert sorted(hosts.lines[5:]) == ["jobs-1: start jobs", "watch jobs-up", "watch web-up", "web-1: start web"]


async def test_independent_components_are_left_alone(skipping: WorkflowEnvironment) -> None:
    hosts = FakeHosts(application_plan(CHAIN))

    report = await restart(skipping, hosts, "shop")

    assert hosts.lines == ["shop-1: stop shop", "shop-1: start shop", "watch shop-up"]
    assert "it has no dependants that can be stopped" in report.summary


async def test_dependants_that_we_cannot_stop_are_left_running_and_named(skipping: WorkflowEnvironment) -> None:
    hosts = FakeHosts(application_plan(CHAIN, without_control=["web"], hosts={"shop": []}))

    report = await restart(skipping, hosts)

    assert hosts.lines == ["db-1: stop db", "db-1: start db", "watch db-up"]
    assert [step.title for step in report.steps][:2] == [
        "Skip web, which keeps running",
        "Skip shop, which keeps running",
    ]


async def test_a_component_without_measuring_points_is_started_and_its_health_called_unproven(
    skipping: WorkflowEnvironment,
) -> None:
    hosts = FakeHosts(application_plan({"db": []}, without_health=["db"]))

    report = await restart(skipping, hosts)

    assert report.outcome is Outcome.OK
    assert report.steps[-1].detail == "not proven: none of its measuring points shows its health"


async def test_when_something_cannot_be_stopped_everything_is_started_again(skipping: WorkflowEnvironment) -> None:
    hosts = FakeHosts(application_plan(CHAIN))
    hosts.answer("web-1: stop web", FAILED)

    report = await restart(skipping, hosts)

    assert report.outcome is Outcome.FAILED
    assert hosts.lines == [
        "shop-1: stop shop",
        "web-1: stop web",
        "web-1: start web",
        "watch web-up",
        "shop-1: start shop",
        "watch shop-up",
    ]
    assert report.summary == (
        "Given up, because a component could not be stopped; all components run again and are healthy"
    )


async def test_dependants_of_an_unhealthy_component_stay_stopped_and_are_listed(skipping: WorkflowEnvironment) -> None:
    hosts = FakeHosts(application_plan({"db": [], "web": ["db"], "jobs": ["db"], "shop": ["web"]}))
    hosts.failing = {"web"}

    report = await restart(skipping, hosts)

    assert report.outcome is Outcome.FAILED
    assert "shop-1: start shop" not in hosts.lines
    assert "watch jobs-up" in hosts.lines
    assert report.summary.endswith("Not started or not healthy: web, shop")
    assert ("Start shop", "not started: it needs web") in [(step.title, step.detail) for step in report.steps]


async def test_an_unknown_outcome_is_reported_as_unknown(skipping: WorkflowEnvironment) -> None:
    hosts = FakeHosts(application_plan({"db": []}))
    hosts.answer("db-1: start db", Answer(outcome=Outcome.UNKNOWN))

    report = await restart(skipping, hosts)

    assert report.outcome is Outcome.UNKNOWN


async def test_a_rehearsal_changes_nothing_and_shows_every_host(skipping: WorkflowEnvironment) -> None:
    hosts = FakeHosts(application_plan({"db": [], "web": ["db"]}, hosts={"web": ["web-1", "web-2"]}))
    hosts.failing = {"web"}

    report = await restart(skipping, hosts, rehearse=True)

    assert report.rehearsed
    assert report.outcome is Outcome.OK
    assert all(request.rehearse for request in hosts.ensured)
    assert {(step.title, step.host) for step in report.steps if step.host} == {
        ("Stop web", "web-1"),
        ("Stop web", "web-2"),
        ("Stop db", "db-1"),
        ("Start db", "db-1"),
        ("Start web", "web-1"),
        ("Start web", "web-2"),
    }
    assert not any(step.changed for step in report.steps)


@pytest.mark.parametrize(
    ("plan", "component", "said"),
    [
        (application_plan(CHAIN), "cache", "acme.shop has no component 'cache'; it has db, web, shop"),
        (application_plan(CHAIN, without_control=["db"]), "db", "the dossier does not say how to start and stop db"),
    ],
)
async def test_a_component_that_cannot_be_restarted_fails_before_any_change(
    skipping: WorkflowEnvironment, plan: object, component: str, said: str
) -> None:
    hosts = FakeHosts(plan)  # type: ignore[arg-type]  # parametrize hands over objects

    with pytest.raises(WorkflowFailureError) as caught:
        await restart(skipping, hosts, component)

    assert said in str(caught.value.cause)
    assert hosts.lines == []
