from __future__ import annotations

import asyncio
import json
from contextlib import closing, suppress
from typing import Any

import pytest
from temporalio.client import Client, WorkflowFailureError
from typer.testing import CliRunner, Result

from activities.records import Records, upgrade
from models.dossier.instructions import Approval, RunStep
from models.gates import Decision, GateState
from models.jobs import Outcome
from models.names import APPLICATION, CUSTOMER
from models.people import people_in
from models.plans import PlannedRemedy
from models.settings import Settings
from runbooks import find_runbook
from runbooks.carry_out_remedy import CarryOutRemedy
from runbooks.free_disk_space import FreeDiskSpace
from runbooks.restart_with_dependants import RestartWithDependants
from runbooks.wait_for_health import WaitForHealth
from starter.runbook.catalogue import inputs_of
from starter.runbook.commands import app
from starter.runbook.running import follow_runbook, start
from tests.fakes import Answer, FakeHosts, application_plan, working
from tests.records.dossiers import shop as published_shop
from tests.servers import TemporalServer
from tests.workflows.shop import OPERATOR


@pytest.fixture(autouse=True)
def _own_home(home: object, monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings of nobody else, and records in which acme.shop is published."""
    monkeypatch.setenv("DRIFTVAKT_USER", "anna@supplier.example")
    settings = Settings()
    upgrade(settings.records_url)
    with closing(Records(settings.records_url)) as records:
        records.publish_dossier(published_shop(), "ann")


@pytest.fixture
def server(temporal_server: TemporalServer, monkeypatch: pytest.MonkeyPatch) -> TemporalServer:
    """The real server, as the commands find it."""
    monkeypatch.setenv("DRIFTVAKT_TEMPORAL_ADDRESS", temporal_server.settings.temporal_target)
    monkeypatch.setenv("COLUMNS", "200")
    return temporal_server


def command(*arguments: str) -> Result:
    result = CliRunner().invoke(app, list(arguments))
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


async def beside(*arguments: str) -> Result:
    """Run a command in a thread, as another process would run beside the worker."""
    return await asyncio.to_thread(command, *arguments)


def shop() -> FakeHosts:
    return FakeHosts(application_plan({"db": [], "web": ["db"]}))


RESTART = ("restart-with-dependants", "-a", "acme.shop", "-i", "component=db", "--by", "anna@supplier.example")


def test_list_names_every_runbook() -> None:
    names = [entry["name"] for entry in json.loads(command("list", "--json").stdout)]

    assert "wait-for-health" in names
    assert all(name in command("list").stdout for name in names)


def test_show_prints_purpose_inputs_sample_and_the_form_to_start_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")

    shown = command("show", "wait-for-health").stdout

    for part in (
        "Wait until a component is healthy",
        "Time for which all of them must be OK without a break.",
        '"component": "web"',
        "http://127.0.0.1:8233/namespaces/default/workflows/start-workflow?taskQueue=driftvakt&workflowType=runbook.wait",
    ):
        assert part in shown
    assert json.loads(command("show", "wait-for-health", "--json").stdout)["sample"]["rehearse"] is True


async def test_run_carries_it_out_and_prints_every_step(server: TemporalServer, client: Client) -> None:
    hosts = shop()
    async with working(client, hosts, RestartWithDependants):
        result = await beside("run", *RESTART, "--json")

    report = json.loads(result.stdout)
    assert (result.exit_code, report["outcome"]) == (0, "ok")
    assert hosts.lines[0] == "web-1: stop web"
    started = result.stderr.split()[1].rstrip(":")
    assert started.startswith("runbook.acme.shop.restart-with-dependants.")
    described = await client.get_workflow_handle(started).describe()
    assert described.search_attributes[CUSTOMER] == ["acme"]
    assert described.search_attributes[APPLICATION] == ["acme.shop"]


async def test_past_runs_are_listed_with_how_each_ended_and_who_asked_for_it(
    server: TemporalServer, client: Client
) -> None:
    hosts = shop()
    async with working(client, hosts, RestartWithDependants, WaitForHealth):
        wait = ("wait-for-health", "-a", "acme.shop", "-i", "component=db", "--by", "ANNA@supplier.example")
        ran = [await beside("run", *wait), await beside("run", *RESTART, "--rehearse")]
        hosts.answer("db-1: start db", Answer(outcome=Outcome.FAILED))
        ran.append(await beside("run", *RESTART))
        started = [result.stderr.split()[1].rstrip(":") for result in ran][::-1]
        first, second, third = await _listed_runs(started, "--limit", "3")
        [alone] = await _listed_runs(started[2:], "wait-for-health", "--limit", "1")
        shown = await beside("runs", "--limit", "1")

    assert [(run["runbook"], run["outcome"], run["rehearsed"]) for run in (first, second, third)] == [
        ("restart-with-dependants", "failed", False),
        ("restart-with-dependants", "ok", True),
        ("wait-for-health", "ok", False),
    ]
    assert {run["by"] for run in (first, second, third)} == {"anna@supplier.example"}
    assert (first["application"], alone["id"]) == ("acme.shop", third["id"])
    assert first["summary"]
    assert "restart-with-dependants" in shown.stdout
    assert "1 of " in shown.stdout + shown.stderr


async def _listed_runs(ids: list[str], *arguments: str) -> list[dict[str, Any]]:
    """The list of these runs, once visibility has followed history."""
    async with asyncio.timeout(90):
        while True:
            runs = json.loads((await beside("runs", "-a", "acme.shop", *arguments, "--json")).stdout)
            if [run["id"] for run in runs if run["ended_at"]] == ids:
                return list(runs)
            await asyncio.sleep(0.05)


async def test_a_run_that_does_not_end_well_exits_1_and_says_which_step(server: TemporalServer, client: Client) -> None:
    hosts = shop()
    hosts.answer("db-1: start db", Answer(outcome=Outcome.UNKNOWN))
    async with working(client, hosts, RestartWithDependants):
        result = await beside("run", *RESTART)

    assert result.exit_code == 1
    assert (
        "unknown: db with web: not all components became healthy. Not started or not healthy: db, web" in result.stdout
    )


async def test_a_rehearsal_changes_nothing_and_exits_0(server: TemporalServer, client: Client) -> None:
    hosts = shop()
    async with working(client, hosts, RestartWithDependants):
        ran = await beside("run", *RESTART, "--rehearse")
        rehearsed = await beside("rehearse", *RESTART)

    assert (ran.exit_code, rehearsed.exit_code) == (0, 0)
    assert all(request.rehearse for request in hosts.ensured)
    assert "Rehearsal, nothing was changed." in ran.stdout
    assert ran.stdout == rehearsed.stdout


async def test_a_remedy_of_the_dossier_can_be_rehearsed(server: TemporalServer, client: Client) -> None:
    hosts = shop()
    remedy = PlannedRemedy(name="wipe", title="Wipe", steps=[RunStep(component="web", command="rm -r [cache]")])
    hosts.plan = hosts.plan.model_copy(update={"remedies": {"web-down/wipe": remedy}})
    async with working(client, hosts, CarryOutRemedy):
        result = await beside("rehearse", "--remedy", "web-down/wipe", "-a", "acme.shop")

    assert result.exit_code == 0
    assert "$ rm -r [cache]" in result.stdout
    assert [job.rehearse for job in hosts.jobs] == [True]


async def test_following_a_run_prints_the_people_who_must_decide(server: TemporalServer, client: Client) -> None:
    hosts = shop()
    approval = Approval(roles=["operator"])
    steps = [RunStep(component="web", command="clear")]
    remedy = PlannedRemedy(
        name="clear", title="Clear", steps=steps, approval=approval, deciders=["bo@supplier.example"]
    )
    hosts.plan = hosts.plan.model_copy(update={"remedies": {"web-down/clear": remedy}})
    given = {
        "application": "acme.shop",
        "requested_by": OPERATOR,
        "instruction": "web-down",
        "remedy": "clear",
    }
    runbook = find_runbook("carry-out-remedy")
    asked: asyncio.Queue[GateState] = asyncio.Queue()
    async with working(client, hosts, CarryOutRemedy), asyncio.timeout(60):
        handle = await start(client, runbook, inputs_of(runbook).build(given))
        following = asyncio.create_task(follow_runbook(client, handle, asked.put_nowait, lambda: None))
        gate = await asked.get()
        decision = Decision(gate=gate.id, option="approve", by="bo@supplier.example", plan=gate.digest[:8])
        await handle.execute_update("decide", decision)
        report = await following

    assert gate.question.deciders.names == ["bo@supplier.example"]
    assert (report.outcome, hosts.lines) == (Outcome.OK, ["web-1: clear"])


async def test_no_wait_returns_at_once_with_the_address(server: TemporalServer, client: Client) -> None:
    result = await beside("run", "wait-for-health", "-a", "acme.shop", "-i", "component=web", "--no-wait", "--json")

    assert result.exit_code == 0
    said = json.loads(result.stdout)
    assert said["url"].endswith(said["workflow"])
    async with working(client, shop(), WaitForHealth):
        report = await client.get_workflow_handle(said["workflow"]).result()
    assert report["outcome"] == "ok"


async def test_a_failed_workflow_is_reported_in_one_sentence(server: TemporalServer, client: Client) -> None:
    hosts = FakeHosts(application_plan({"db": []}))  # the worker's dossier has no component web
    async with working(client, hosts, WaitForHealth, FreeDiskSpace):
        component = await beside("run", "wait-for-health", "-a", "acme.shop", "-i", "component=web")

    assert component.exit_code == 1
    assert component.stderr.endswith("failed: acme.shop has no component 'web'; it has db\n")


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (("wait-for-health", "-i", "component=cache"), "acme.shop has no component 'cache'; it has "),
        (("restart-with-dependants", "-i", "component=cache"), "acme.shop has no component 'cache'; it has "),
        (
            ("carry-out-remedy", "-i", "instruction=web-down", "-i", "remedy=reboot"),
            "acme.shop has no remedy 'web-down/reboot'; it has ",
        ),
    ],
)
def test_a_component_or_remedy_that_the_dossier_lacks_starts_nothing_and_exits_with_2(
    given: tuple[str, ...], says: str
) -> None:
    result = command("run", *given, "-a", "acme.shop")  # no Temporal server runs

    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith(says)
    assert result.stderr.count("\n") == 1


def test_a_remedy_to_rehearse_that_the_dossier_lacks_exits_with_2() -> None:
    result = command("rehearse", "-a", "acme.shop", "--remedy", "web-down/reboot")

    assert result.exit_code == 2
    assert result.stderr.startswith("acme.shop has no remedy 'web-down/reboot'; it has ")


async def test_a_past_run_shows_who_asked_for_it_under_their_one_name(server: TemporalServer, client: Client) -> None:
    runbook = find_runbook("wait-for-health")
    common = {"application": "acme.shop", "component": "web", "rehearse": True}
    hosts, contacts = shop(), people_in(published_shop().contacts)
    people = {"contacts": contacts, "operates": [one.name for one in contacts]}
    hosts.plan = hosts.plan.model_copy(update=people)
    async with working(client, hosts, WaitForHealth):
        for typed in ('"Ann" <ANN@example.com>', "Anna", "\u202eeve\nwas here"):
            handle = await start(client, runbook, inputs_of(runbook).build({**common, "requested_by": typed}))
            with suppress(WorkflowFailureError):  # of a stranger
                await handle.result()
        async with asyncio.timeout(60):  # what Temporal lists is a moment late
            while len(runs := await _runs()) < 3 or any(run["outcome"] == "running" for run in runs):
                await asyncio.sleep(0.1)

    assert [run["by"] for run in runs] == ["eve was here", "anna@supplier.example", "ann@example.com"]


async def _runs() -> list[dict[str, Any]]:
    result = await beside("runs", "wait-for-health", "-a", "acme.shop", "--limit", "3", "--json")
    return list(json.loads(result.stdout))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("show", "reboot"), "there is no runbook 'reboot'"),
        (("run", "reboot", "-a", "acme.shop"), "there is no runbook 'reboot'"),
        (("run", "wait-for-health", "-a", "acme.shop"), "the input component is missing"),
        (
            ("run", "wait-for-health", "-a", "acme", "-i", "component=web"),
            "the application is written CUSTOMER.APPLICATION, as in acme.shop, not 'acme'",
        ),
        (("run", "wait-for-health", "-a", "acme.shop", "-i", "component"), "write it as KEY=VALUE"),
        (
            ("run", "wait-for-health", "-a", "acme.shed", "-i", "component=web"),
            "no dossier of acme.shed is published; there are acme.shop",
        ),
        (
            ("run", "wait-for-health", "-a", "acme.shop", "-i", "component=web", "--by", "eve@example.com"),
            "eve@example.com is not a contact of acme.shop; the contacts are: ",
        ),
        (
            ("run", "wait-for-health", "-a", "acme.shop", "-i", "component=web", "--by", " "),
            "--by: it must not be empty",
        ),
        (
            ("run", "wait-for-health", "-a", "acme.shop", "-i", "component=web", "-i", "within=soon"),
            "90s, 15m, 4h or 2d",
        ),
        (("rehearse", "-a", "acme.shop"), "name either a runbook, or a remedy"),
        (("rehearse", "wait-for-health", "--remedy", "a/b", "-a", "acme.shop"), "name either a runbook, or a remedy"),
        (("rehearse", "--remedy", "restart", "-a", "acme.shop"), "write it as INSTRUCTION/REMEDY"),
        (("new", "Rotate"), "as in rotate-logs"),
        (("new", "wait-for-health"), "already exists"),
    ],
)
def test_an_error_that_the_user_can_fix_is_one_sentence(arguments: tuple[str, ...], said: str) -> None:
    result = command(*arguments)

    assert result.exit_code == 2
    assert said in result.stderr
    assert "Traceback" not in result.stderr


def test_without_temporal_its_address_and_the_start_command_are_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DRIFTVAKT_TEMPORAL_ADDRESS", "127.0.0.1:1")

    result = command("run", "wait-for-health", "-a", "acme.shop", "-i", "component=web")

    assert result.exit_code == 2
    assert "Temporal does not answer at 127.0.0.1:1" in result.stderr
