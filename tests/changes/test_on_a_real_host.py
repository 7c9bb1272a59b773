"""Changes over SSH, with the real activities: what is undone leaves the host as it was, and nothing is done twice."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from temporalio.client import Client

from activities.records.plans import application_plan
from activities.ssh.activities import Ssh
from activities.ssh.pool import Pool
from models.dossier import Dossier
from models.names import WORKFLOW_QUEUE, operation_id
from models.operation import OperationEnd, OperationOutcome
from tests.changes.plans import order, shop
from tests.changes.scene import Handle, Scene, agree
from tests.fakes import working
from tests.hosts import Host
from tests.ssh.kinds import BOTH, one_kind
from tests.workflows.waiting import until_asked
from tests.workflows.world import decide, unique
from workflows.change.review import Review
from workflows.change.workflow import ChangeImplementation
from workflows.runtime.serving import BoundedWorker

OPERATOR = "on-call@driftbolaget.example"


class RealScene(Scene):
    """The shop on one real host: running is a file, the release is another, and every command leaves a line in a log."""

    def __init__(self, host: Host, root: Path, **release: Any) -> None:
        self.root = root
        self.log = root.with_name(f"{root.name}.log")
        (root / "conf").mkdir(parents=True)
        (root / "conf" / "release").write_text("1.0\n")
        (root / "conf" / "release").chmod(0o640)
        for name in ("web", "app"):
            (root / f"{name}.running").touch()
        super().__init__()
        self.dossier = self._at(host, release)
        self.plan = application_plan(self.dossier)

    def does(self, name: str, command: str) -> str:
        """A command that leaves its name in the log."""
        return f"echo '{name}' >> '{self.log}'; cd '{self.root}' && {command}"

    def _at(self, host: Host, release: dict[str, Any]) -> Dossier:
        data = shop().model_dump(mode="json")
        for name, known in data["architecture"]["hosts"].items():
            target = host.target(name=name).model_dump(mode="json", exclude={"name", "jump"})
            known |= target | {"jump": None, "state_dir": f"{self.root}.{name}.state"}
        components = data["architecture"]["components"]
        components["web"]["hosts"] = ["web1"]
        for name in ("web", "app"):
            components[name]["control"] = {
                "type": "commands",
                "start": self.does(f"start {name}", f"touch {name}.running"),
                "stop": self.does(f"stop {name}", f"rm {name}.running"),
                "status": f"test -e '{self.root}/{name}.running' || exit 3",
            }
        install = self.does("install", "cp -p conf/release conf/release.kept && echo 2.0 > conf/release && mkdir cache")
        undo = self.does(
            "undo install", "rm -rf cache; test ! -e conf/release.kept || mv -f conf/release.kept conf/release"
        )
        steps = [
            {"type": "stop", "component": "web"},
            {"type": "run", "component": "app", "command": install, "undo": undo},
            {"type": "restart", "component": "app"},
            {
                "type": "run",
                "title": "Migrate",
                "component": "app",
                "command": self.does("migrate", "test -e schema && echo migrated > schema"),
                "undo": self.does("undo migrate", "true"),
            },
            {"type": "start", "component": "web"},
        ]
        data["instructions"]["changes"]["release"] = {"title": "Install a new release", "steps": steps} | release
        return Dossier.model_validate(data)

    @property
    def done(self) -> list[str]:
        """What was run on the host, in order."""
        return self.log.read_text().splitlines() if self.log.exists() else []

    def state(self) -> dict[str, str]:
        """All that stands on the host: every file with its mode and content."""
        return {
            str(path.relative_to(self.root)): f"{path.stat().st_mode:o} "
            + (hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "directory")
            for path in sorted(self.root.rglob("*"))
        }


@pytest.fixture(scope="module", params=BOTH)
def host(request: pytest.FixtureRequest) -> Iterator[Host]:
    with request.param() as host:
        yield host


@asynccontextmanager
async def changing(client: Client, scene: RealScene, **fields: Any) -> AsyncIterator[Handle]:
    """The release, ordered; the site is served by the real activities, but for the probes."""
    pool = Pool()
    ssh = Ssh(pool)
    with ThreadPoolExecutor(4) as threads:
        site = BoundedWorker(
            client,
            task_queue="site.stockholm",
            activities=[ssh.run_batch, ssh.ensure_component, scene._watch_health],
            activity_executor=threads,
        )
        try:
            async with working(client, scene, ChangeImplementation, Review, fake_sites=False), site:
                yield await client.start_workflow(
                    "change",
                    order(routine="release", **fields),
                    id=operation_id("change", "acme.shop", unique("real")),
                    task_queue=WORKFLOW_QUEUE,
                    result_type=OperationOutcome,
                )
        finally:
            pool.close()


async def test_a_change_that_fails_midway_leaves_the_host_as_it_was(client: Client, host: Host, tmp_path: Path) -> None:
    scene = RealScene(host, tmp_path / "shop")
    before = scene.state()
    async with changing(client, scene) as handle:
        await agree(handle)
        outcome = await handle.result()

    assert outcome.end is OperationEnd.UNDONE
    assert "Migrate, failed" in outcome.summary
    assert scene.state() == before
    assert scene.done == [
        *("stop web", "install", "stop app", "start app", "migrate"),
        *("undo migrate", "undo install", "start web", "stop app", "start app"),
    ]


@one_kind
async def test_a_change_that_goes_well_is_kept_and_a_rehearsal_before_it_changed_nothing(
    client: Client, host: Host, tmp_path: Path
) -> None:
    scene = RealScene(host, tmp_path / "shop")
    (scene.root / "schema").write_text("old\n")
    before = scene.state()
    async with changing(client, scene, rehearse=True) as handle:
        rehearsed = await handle.result()
    after_rehearsal = scene.state()
    async with changing(client, scene) as handle:
        await agree(handle)
        outcome = await handle.result()

    assert (rehearsed.end, after_rehearsal) == (OperationEnd.REHEARSED, before)
    assert any("rehearsal" in step.detail for step in rehearsed.steps)
    assert outcome.end is OperationEnd.DONE
    assert (scene.root / "conf" / "release").read_text() == "2.0\n"
    assert scene.done == ["stop web", "install", "stop app", "start app", "migrate", "start web"]


@one_kind
async def test_a_plan_that_was_altered_after_it_was_approved_touches_no_host(
    client: Client, host: Host, tmp_path: Path
) -> None:
    def another_command(data: dict[str, Any]) -> None:
        data["instructions"]["changes"]["release"]["steps"][1]["command"] = f"touch '{tmp_path}/evil'"

    scene = RealScene(host, tmp_path / "shop")
    before = scene.state()
    async with changing(client, scene, not_before=datetime.now(UTC) + timedelta(seconds=4)) as handle:
        await agree(handle)
        scene.publish(another_command)
        outcome = await handle.result()

    assert outcome.end is OperationEnd.REFUSED
    assert "the plan changed after it was approved; different now: its steps." in outcome.summary
    assert (scene.state(), scene.done) == (before, [])
    assert not (tmp_path / "evil").exists()


@one_kind
async def test_a_retried_change_continues_at_the_step_that_failed(client: Client, host: Host, tmp_path: Path) -> None:
    scene = RealScene(host, tmp_path / "shop", on_failure="ask")
    async with changing(client, scene) as handle:
        await agree(handle)
        await until_asked(handle, "retry")
        await asyncio.to_thread((scene.root / "schema").write_text, "old\n")  # somebody mends what it lacked
        await decide(handle, "retry", OPERATOR)
        outcome = await handle.result()

    assert outcome.end is OperationEnd.DONE
    assert (scene.root / "schema").read_text() == "migrated\n"
    assert scene.done == ["stop web", "install", "stop app", "start app", "migrate", "migrate", "start web"]
