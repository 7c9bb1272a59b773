"""`driftvakt doctor` names each fault with its fix, reports the parts that are well, and changes nothing."""

from __future__ import annotations

import asyncio
import json
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from temporalio import workflow
from temporalio.client import Client
from typer.testing import Result

from activities.records import Records
from models.names import WORKFLOW_QUEUE
from models.settings import Settings
from starter.connection.pollers import somebody_polls
from starter.doctor import machine
from starter.doctor.finding import Verdict
from starter.doctor.running import stuck, stuck_workflows, watches
from starter.dossier.publishing import read_all
from starter.installation.temporal_server import server_command
from starter.installation.up import installation
from tests.cli.conftest import Site, beside, command
from tests.servers import server_settings, wait_for_port
from workflows.runtime.serving import BoundedWorker

EXAMPLES = Path(__file__).parents[2] / "examples"


def verdicts(result: Result) -> dict[str, str]:
    """The worst verdict of each check."""
    order = ["ok", "note", "warning", "wrong"]
    found: dict[str, str] = {}
    for finding in json.loads(result.stdout)["findings"]:
        found[finding["check"]] = max(found.get(finding["check"], "ok"), finding["verdict"], key=order.index)
    return found


def said(result: Result, check: str) -> str:
    return next(f"{f['said']}; {f['fix']}" for f in json.loads(result.stdout)["findings"] if f["check"] == check)


def test_where_nothing_runs_yet_that_is_said_calmly_and_nothing_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DRIFTVAKT_HOME", str(tmp_path / "fresh"))

    result = command("doctor")

    assert result.exit_code == 0
    assert "Temporal does not run; fix: `driftvakt up` starts it" in result.stdout
    assert "wrong" not in result.stdout
    assert not (tmp_path / "fresh").exists()


def test_where_applications_are_published_and_nothing_runs_that_is_wrong(records: Records) -> None:
    result = command("doctor", "--json")

    assert result.exit_code == 1
    assert said(result, "temporal") == "Temporal does not run, so nothing monitors acme.shop; `driftvakt up` starts it"


async def test_a_whole_installation_is_found_well_but_for_keys_that_are_not_here(tmp_path: Path) -> None:
    settings = Settings()
    async with installation(settings) as running:
        published = await running.publish(read_all([EXAMPLES / "acme" / "shop.yaml"]))
        await _until_sampling()
        result = await beside("doctor", "--json")
        await beside("apply", "--by", "jonas")
        applied = await beside("doctor", "--json")

    found = verdicts(result)
    assert (found["schedules"], verdicts(applied)["schedules"]) == ("warning", "ok")
    assert "`driftvakt apply` writes them" in said(result, "schedules")
    assert [one.application for one in published] == ["acme.shop"]
    assert {check for check, verdict in found.items() if verdict == "wrong"} == {"credential"}
    assert "there is no such file" in said(result, "credential")
    for check in ("records", "worker", "site stockholm", "watch acme.shop", "monitor stockholm", "stuck", "intake"):
        assert found[check] in {"ok", "warning"}, check


async def _until_sampling() -> None:
    """Until a worker serves the site that was published, and the monitor samples there."""
    async with asyncio.timeout(90):
        while True:
            found = verdicts(await beside("doctor", "--json"))
            if not {found.get(check, "wrong") for check in ("site stockholm", "monitor stockholm")} & {"wrong"}:
                return
            await asyncio.sleep(0.1)


async def test_a_published_dossier_that_nobody_serves_is_reported(site: Site) -> None:
    result = await beside("doctor", "--json")

    found = verdicts(result)
    assert result.exit_code == 1
    assert {"worker", "site north", "site south", "watch acme.shop", "monitor north", "intake"} <= {
        check for check, verdict in found.items() if verdict == "wrong"
    }
    assert found["search"] == found["namespace"] == "ok"
    assert "DRIFTVAKT_SITES" in said(result, "site north")


async def test_a_worker_is_seen_by_its_asking_for_work(site: Site) -> None:
    client = await site.server.client()
    before = await somebody_polls(client, WORKFLOW_QUEUE, workflows=True)
    async with site.working():
        found = verdicts(await beside("doctor", "--json"))

    assert not before
    assert found["worker"] == "ok"


@workflow.defn(sandboxed=False)
class Broken:
    """A workflow whose code fails."""

    @workflow.run
    async def run(self) -> None:
        raise ValueError("a fault in the code")


@pytest.fixture
def impatient(tmp_path: Path) -> Iterator[Settings]:
    """A server that calls a workflow stuck at its first failed task; by default it is the fifth."""
    settings = server_settings(tmp_path / "impatient")
    settings.home.mkdir()
    at_once = "system.numConsecutiveWorkflowTaskProblemsToTriggerSearchAttribute=1"
    command = [*server_command(settings), "--dynamic-config-value", at_once]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_for_port(settings.temporal_port, process)
        yield settings
    finally:
        process.kill()
        process.wait()


async def test_a_watch_that_cannot_go_on_is_named_and_not_called_watched(impatient: Settings) -> None:
    client = await Client.connect(impatient.temporal_target)
    async with BoundedWorker(client, task_queue="broken", workflows=[Broken]), asyncio.timeout(60):
        before = stuck(await stuck_workflows(client))
        handle = await client.start_workflow("Broken", id="watch.acme.shop", task_queue="broken")
        while not (ids := await stuck_workflows(client)):
            await asyncio.sleep(0.1)
        [watch] = [finding async for finding in watches(client, ["acme.shop"], ids)]
        await handle.terminate()

    assert before.verdict is Verdict.OK
    assert (watch.verdict, watch.said) == (Verdict.WRONG, "its watch hangs, so it gets no alarms")
    assert stuck(ids).said == "1 workflow cannot continue: watch.acme.shop"


async def test_a_namespace_that_is_not_there_is_named(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DRIFTVAKT_TEMPORAL_NAMESPACE", "elsewhere")
    result = await beside("doctor", "--json")
    assert said(result, "namespace").startswith("Temporal has no namespace 'elsewhere'; create it")


@pytest.mark.parametrize(
    ("mode", "verdict"), [(0o600, "ok"), (0o640, "wrong"), (0o604, "wrong")], ids=["owner", "group", "everybody"]
)
def test_a_token_must_be_readable_by_its_owner_only(home: Path, mode: int, verdict: str) -> None:
    token = home / "intake.token"
    token.write_text("a-token-of-the-tests\n")
    token.chmod(mode)
    result = command("doctor", "--json")
    assert verdicts(result)["token default"] == verdict
    assert result.exit_code == (1 if verdict == "wrong" else 0)
    assert "a-token-of-the-tests" not in result.stdout


def test_a_wrong_setting_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DRIFTVAKT_SSH_THREADS", "none")
    result = command("doctor", "--json")
    assert (result.exit_code, verdicts(result)["settings"]) == (1, "wrong")
    assert "ssh_threads" in said(result, "settings")


def test_a_home_that_cannot_be_created_is_a_finding(home: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    found = machine.home(Settings(home=tmp_path / "file" / "home"))

    assert found.verdict is Verdict.WRONG
    assert found.said == f"{tmp_path}/file/home cannot be created in {tmp_path}/file: it is not a directory"


def test_a_database_that_is_no_database_is_a_finding(home: Path) -> None:
    (home / "driftvakt.db").write_text("this is no database" * 100)
    result = command("doctor", "--json")
    assert (result.exit_code, verdicts(result)["records"]) == (1, "wrong")


def test_records_without_tables_are_a_finding(home: Path) -> None:
    (home / "driftvakt.db").touch()
    result = command("doctor", "--json")
    assert said(result, "records").endswith("has no tables; `driftvakt up` creates them")


def test_a_cluster_that_does_not_answer_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DRIFTVAKT_TEMPORAL_ADDRESS", "127.0.0.1:1")
    result = command("doctor", "--json")
    assert (result.exit_code, verdicts(result)["temporal"]) == (1, "wrong")


def test_people_read_a_line_a_check() -> None:
    as_json = json.loads(command("doctor", "--json").stdout)["findings"]
    lines = command("doctor").stdout.splitlines()
    assert Counter(line.split()[0] for line in lines) == Counter(finding["verdict"] for finding in as_json)
