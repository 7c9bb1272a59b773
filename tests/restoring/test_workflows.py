"""Restores and drills as people see them: the real server and worker, a real host, a real database."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from temporalio.client import WorkflowHandle

from models.jobs import Outcome
from models.operation import OperationEnd
from models.restores import RestoreProof
from starter.operation.following import Lines
from starter.operation.starting import follow_operation
from tests.cli.conftest import beside
from tests.hosts import SshHost
from tests.restoring.cluster import Cluster
from tests.restoring.site import OPERATOR, OWNER, Site, answer, site
from tests.servers import TemporalServer, real_server
from tests.workflows.waiting import until_asked

pytestmark = [pytest.mark.needs("openssh"), pytest.mark.needs("postgresql")]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TemporalServer]:
    with real_server(tmp_path_factory.mktemp("temporal")) as server:
        yield server


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Cluster]:
    """A cluster of one's own, with a shop of three orders and a dump of two."""
    with Cluster() as cluster:
        cluster.sql("create database shop")
        cluster.sql("create table orders as select n as id from generate_series(1, 2) n", "shop")
        cluster.dump("shop", "shop-1.dump")
        cluster.sql("insert into orders values (3)", "shop")
        yield cluster


@pytest.fixture
async def shop(server: TemporalServer, own: Cluster, tmp_path: Path) -> AsyncIterator[Site]:
    with SshHost() as host:
        async with site(server, host, own, tmp_path / "home") as running_site:
            yield running_site


def orders(cluster: Cluster, database: str = "shop") -> str:
    return cluster.sql("select string_agg(id::text, ',' order by id) from orders", database)


def proof(data: dict[str, Any]) -> RestoreProof:
    return RestoreProof.model_validate(data["proof"])


async def test_a_restore_is_approved_by_the_owner_keeps_what_exists_and_says_what_it_achieved(
    shop: Site, own: Cluster
) -> None:
    handle = await shop.restore(point="")
    which = await until_asked(handle, "p1")
    await answer(handle, which, "p1", OPERATOR)
    approval = await until_asked(handle, "approve")
    plan, asked = approval.question.plan, approval.question.text
    assert (orders(own), shop.log) == ("1,2,3", [])
    await answer(handle, approval, "approve", OWNER)
    outcome = await handle.result()

    achieved = proof(outcome.data)
    assert outcome.end is OperationEnd.DONE, outcome.summary
    assert (orders(own), shop.log) == ("1,2", ["stop", "start"])
    kept = achieved.saved_to.removeprefix("database ")
    assert orders_kept(own, kept) == "1,2,3"
    assert "shop-1.dump" in which.question.options[0].means
    assert f"The current data is kept: database {kept}" in plan
    assert "pg_restore --exit-on-error" in plan
    assert "all newer data will be lost" in asked
    assert achieved.as_agreed
    assert achieved.took is not None
    assert achieved.took <= achieved.agreed_time
    titles = [step.title for step in outcome.steps]
    assert titles.index("There are orders") < titles.index("Stop app") < titles.index("Start app")
    recorded = shop.records.operation(outcome.id)
    assert (recorded.kind, recorded.name, proof(recorded.data)) == ("restore", "database", achieved)


def orders_kept(cluster: Cluster, database: str) -> str:
    cluster.sql(f"alter database {database} with allow_connections true")
    return orders(cluster, database)


async def test_a_cluster_is_restored_to_a_moment_between_two_inserts(shop: Site, own: Cluster) -> None:
    own.base("base-1")
    own.sql("select pg_sleep(1.1)")  # the end of a base backup is known to the second
    own.sql("insert into orders values (4)", "shop")
    moment = own.sql("select to_char(clock_timestamp() at time zone 'utc', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')")
    own.sql("insert into orders values (5)", "shop")
    own.switch()

    handle = await shop.restore("cluster", point=moment)
    await answer(handle, await until_asked(handle, "approve"), "approve", OWNER)
    outcome = await handle.result()

    assert outcome.end is OperationEnd.DONE, outcome.summary
    assert orders(own) == "1,2,3,4"
    assert Path(proof(outcome.data).saved_to).is_dir()
    assert shop.log == ["stop", "start"]


async def test_a_restore_that_is_not_approved_changes_nothing(shop: Site, own: Cluster) -> None:
    handle = await shop.restore()
    await answer(handle, await until_asked(handle, "approve"), "refuse", OWNER)
    outcome = await handle.result()

    assert outcome.end is OperationEnd.REFUSED
    assert (orders(own), own.databases(), shop.log) == ("1,2,3", {"shop"}, [])


async def test_a_damaged_backup_is_refused_before_anybody_is_asked(shop: Site, own: Cluster) -> None:
    (own.dumps / "shop-1.dump").write_bytes((own.dumps / "shop-1.dump").read_bytes()[:300])

    outcome = await (await shop.restore()).result()

    assert outcome.end is OperationEnd.REFUSED
    assert outcome.summary.startswith("Nothing was changed: the backup shop-1.dump cannot be read:")
    assert (orders(own), shop.log) == ("1,2,3", [])


async def test_a_restore_that_proves_wrong_aside_leaves_all_as_it_was_and_running(shop: Site, own: Cluster) -> None:
    own.sql("alter table orders rename to parcels", "shop")
    own.dump("shop", "shop-2.dump")
    own.sql("alter table parcels rename to orders", "shop")

    handle = await shop.restore()
    await answer(handle, await until_asked(handle, "approve"), "approve", OWNER)
    outcome = await handle.result()

    assert outcome.end is OperationEnd.FAILED
    assert "The current data is unchanged, and nothing was stopped." in outcome.summary
    assert (orders(own), own.databases(), shop.log) == ("1,2,3", {"shop"}, [])


async def test_a_restore_that_cannot_be_brought_back_aside_stops_nothing(shop: Site, own: Cluster) -> None:
    own.sql("create role app_role; grant select on orders to app_role; ", "shop")
    own.dump("shop", "shop-2.dump")
    own.sql("revoke select on orders from app_role; drop role app_role", "shop")

    handle = await shop.restore()
    await answer(handle, await until_asked(handle, "approve"), "approve", OWNER)
    gate = await until_asked(handle, "stop")
    asked, before = gate.question.text, shop.log
    await answer(handle, gate, "stop", OPERATOR)
    outcome = await handle.result()

    assert "Restore shop-2.dump into the database" in asked
    assert outcome.end is OperationEnd.FAILED
    assert "The current data is unchanged, and nothing was stopped." in outcome.summary
    assert (before, orders(own), own.databases(), shop.log) == ([], "1,2,3", {"shop"}, [])


async def test_a_component_that_cannot_be_stopped_is_found_before_any_is_stopped(
    server: TemporalServer, own: Cluster, tmp_path: Path
) -> None:
    def change(written: dict[str, Any]) -> None:
        app = written["architecture"]["components"]["app"]
        written["architecture"]["components"]["cart"] = app | {"control": app["control"] | {"status": "exit 7"}}
        written["instructions"]["restore"]["database"]["stop"] = [["app"], ["cart"]]

    with SshHost() as host:
        async with site(server, host, own, tmp_path / "home", change) as shop:
            handle = await shop.restore()
            await answer(handle, await until_asked(handle, "approve"), "approve", OWNER)
            gate = await until_asked(handle, "stop")
            await answer(handle, gate, "stop", OPERATOR)
            outcome = await handle.result()
            log = shop.log

    assert "Check whether this is possible: Stop cart" in gate.question.text
    assert "its status command ended with 7" in gate.question.text
    assert outcome.end is OperationEnd.FAILED
    assert (log, own.databases(), orders(own)) == ([], {"shop"}, "1,2,3")


async def test_a_restore_that_fails_in_place_is_put_back_when_people_say_so(
    server: TemporalServer, own: Cluster, tmp_path: Path
) -> None:
    def change(written: dict[str, Any]) -> None:
        only_aside = 'case "$PGDATABASE" in shop) exit 1;; esac'
        step = {"title": "Only aside", "command": only_aside, "read_only": True}
        written["instructions"]["restore"]["database"]["verify"].append(step)

    with SshHost() as host:
        async with site(server, host, own, tmp_path / "home", change) as shop:
            handle = await shop.restore(reason="in place")
            await answer(handle, await until_asked(handle, "approve"), "approve", OWNER)
            gate = await until_asked(handle, "put-back")
            swapped = orders(own)
            await answer(handle, gate, "put-back", OPERATOR)
            outcome = await handle.result()
            log = shop.log

    assert outcome.end is OperationEnd.UNDONE, outcome.summary
    assert (swapped, orders(own)) == ("1,2", "1,2,3")
    assert log == ["stop", "start", "stop", "start"]


async def test_a_rehearsal_checks_the_backup_and_shows_every_command(shop: Site, own: Cluster) -> None:
    outcome = await (await shop.restore(rehearse=True)).result()

    assert outcome.end is OperationEnd.REHEARSED, outcome.summary
    assert (orders(own), own.databases(), shop.log) == ("1,2,3", {"shop"}, [])
    assert any("pg_restore --exit-on-error" in step.command for step in outcome.steps)
    assert any(step.detail == f"would ask {OWNER}" for step in outcome.steps)
    assert {step.outcome for step in outcome.steps} == {Outcome.OK}


async def test_a_drill_proves_the_backup_and_leaves_nothing_behind(shop: Site, own: Cluster) -> None:
    outcome = await shop.drill()

    achieved = proof(outcome.data)
    assert outcome.end is OperationEnd.DONE, outcome.summary
    assert achieved.as_agreed
    assert (orders(own), own.databases(), shop.log) == ("1,2,3", {"shop"}, [])


async def test_a_drill_that_fails_opens_an_incident(shop: Site, own: Cluster) -> None:
    (own.dumps / "shop-1.dump").unlink()

    outcome = await shop.drill()

    assert outcome.end is OperationEnd.FAILED
    assert "there is no backup" in outcome.summary
    async with asyncio.timeout(90):  # the incident is opened by then, and writes its record by itself
        while not (found := [i for i in shop.records.incidents(open_only=True) if "drill" in i.title]):
            await asyncio.sleep(0.1)
    [incident] = found
    assert incident.title == "The drill of the restore database failed"
    assert incident.id in outcome.summary


@pytest.fixture
def as_operator(server: TemporalServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands are the operator's, for this installation."""
    monkeypatch.setenv("DRIFTVAKT_HOME", str(server.settings.home))
    monkeypatch.setenv("DRIFTVAKT_TEMPORAL_PORT", str(server.settings.temporal_port))
    monkeypatch.setenv("DRIFTVAKT_USER", OPERATOR)


@pytest.mark.usefixtures("as_operator")
async def test_points_a_drill_and_its_trend_are_seen_at_the_command(shop: Site, own: Cluster) -> None:
    points = await beside("restore", "points", "acme.shop", "database", "--json")
    assert (points.exit_code, [point["id"] for point in json.loads(points.stdout)]) == (0, ["shop-1.dump"]), (
        points.stderr
    )

    drill = await beside("drill", "run", "acme.shop", "database")
    assert (drill.exit_code, "would have been lost" in drill.stdout) == (0, True), drill.stderr

    trend = await beside("drill", "trend", "acme.shop", "database", "--json")
    latest = json.loads(trend.stdout)[0]
    assert (trend.exit_code, latest["end"], latest["proof"]["point"]) == (0, "done", "shop-1.dump")

    listed = await beside("drill", "list", "--json")
    lines = {line["restore"]: line for line in json.loads(listed.stdout)}
    assert lines["database"]["last"]["id"] == latest["id"]
    assert lines["cluster"]["frequency"] == "daily 05:00"

    mistyped = await beside("restore", "run", "acme.shop", "datbase")
    assert mistyped.exit_code == 1
    assert mistyped.stderr.strip() == "acme.shop has no restore 'datbase'; it has cluster, database"


@pytest.mark.slow
async def test_a_long_restore_shows_how_far_it_has_come_on_its_page_and_at_the_command(
    shop: Site, own: Cluster, capsys: pytest.CaptureFixture[str]
) -> None:
    own.fill("shop", megabytes=20)
    own.load_slowly_elsewhere("shop")
    own.dump("shop", "shop-2.dump")

    handle = await shop.restore()
    await answer(handle, await until_asked(handle, "approve"), "approve", OWNER)
    pages: set[str] = set()
    following = asyncio.create_task(follow_operation(shop.client, handle, Lines(handle.id), lambda: None))
    while not following.done():
        pages.add(await details_of(handle))
        await asyncio.sleep(0.3)
    outcome = await following
    lines = capsys.readouterr().err

    assert outcome.end is OperationEnd.DONE, outcome.summary
    assert own.sql("select count(*) from pictures", "shop") == "5000"
    shown = {line for page in pages for line in page.splitlines() if "are in the new database" in line}
    assert shown
    assert "are in the new database; the current one has " in lines


async def details_of(handle: WorkflowHandle[Any, Any]) -> str:
    """The page in the UI."""
    metadata = await handle.query("__temporal_workflow_metadata")
    return str(metadata.current_details)
