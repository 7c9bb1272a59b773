"""One contract for everything that keeps idempotency keys, and for every fake of it.

The same key with the same request gives the same answer, and nothing is done a second time; with another request it is refused.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from temporalio.testing import ActivityEnvironment

from activities.notices.activities import NoticeActivities
from activities.notices.channels import Channels
from activities.notices.recipients import Recipient
from activities.notices.sending import EnclosedDocument, NoticeText, Try, TryOutcome
from activities.records import RecordActivities, Records
from activities.ssh import Pool, Ssh
from models.errors import HostRefusedError, KeyReusedError
from models.hosts import Commands, HostTarget
from models.jobs import BatchResult, EnsureComponent, RunBatch, RunJob, Verb
from models.jobs import Outcome as JobOutcome
from models.notices import Audience, Occasion
from models.records import UseDecision
from tests.conftest import present
from tests.fakes import FakeHosts, application_plan
from tests.hosts import AsyncsshHost, SshHost
from tests.notices.conftest import BOTH, QUICK, make_records
from tests.notices.dossiers import dossier, notice
from tests.workflows.shop import HOST
from tests.workflows.world import World


class Keeper(NamedTuple):
    """Something that keeps keys, by its activities."""

    ask: Callable[[str, Any], Awaitable[Any]]
    """An activity by its name."""
    effects: Callable[[], int]
    """How often something was really done."""
    host: HostTarget = HOST
    path: str = "effects"


def by_name(activities: list[Callable[..., Any]]) -> Callable[[str, Any], Awaitable[Any]]:
    known = {a.__temporal_activity_definition.name: a for a in activities}  # type: ignore[attr-defined]

    async def ask(name: str, request: Any) -> Any:
        answer = ActivityEnvironment().run(known[name], request)
        return await answer if isinstance(answer, Awaitable) else answer

    return ask


class Counting(Channels):
    """Takes every text."""

    def __init__(self) -> None:
        super().__init__({"email": "env:NONE"}, Path())
        self.sent = 0

    def send(self, to: Recipient, words: NoticeText, identity: str, documents: Sequence[EnclosedDocument] = ()) -> Try:
        self.sent += 1
        return Try(TryOutcome.SENT)


def fakes(of: str) -> Keeper:
    """The two worlds in which workflows are tested."""
    if of == "world":
        world = World()
        return Keeper(by_name(world.activities), lambda: len(world.notices) + len(world.commands))
    hosts = FakeHosts(application_plan({"web": []}))
    done = (hosts.notices, hosts.jobs, hosts.ensured)
    return Keeper(by_name(hosts.activities()), lambda: sum(map(len, done)))


@pytest.fixture(params=[*BOTH, "world", "hosts"])
def records(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Keeper]:
    """What keeps notices and decisions."""
    if request.param in ("world", "hosts"):
        yield fakes(request.param)
        return
    url = f"sqlite:///{tmp_path / 'records.db'}"
    if request.param == "postgresql":
        url = request.getfixturevalue("postgres").make_database()
    kept: Records = make_records(url, dossier())
    channels = Counting()
    notices = NoticeActivities(kept, channels, "", QUICK)
    yield Keeper(by_name([*notices.activities(), *RecordActivities(kept).activities()]), lambda: channels.sent)
    notices.close()
    kept.close()


@pytest.fixture(params=["real", "world", "hosts"])
def host(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Keeper]:
    """What keeps jobs."""
    if request.param != "real":
        yield fakes(request.param)
        return
    pool, effects = Pool(connect_timeout=5), tmp_path / "effects"
    with (SshHost if present("openssh") else AsyncsshHost)() as real:
        yield Keeper(
            by_name(Ssh(pool).activities()),
            lambda: len(effects.read_text().split()) if effects.exists() else 0,
            real.target(),
            str(effects),
        )
    pool.close()


async def test_a_notice_is_sent_once_for_its_key_and_another_one_is_refused(records: Keeper) -> None:
    first = await records.ask("send_notice", notice())
    assert await records.ask("send_notice", notice()) == first
    assert records.effects() == 1
    for other in (notice(Occasion.MESSAGE), notice(audience=Audience(contacts=["bo"]))):
        with pytest.raises(KeyReusedError):
            await records.ask("send_notice", other)
    assert records.effects() == 1
    await records.ask("send_notice", notice(key="inc.acme.shop.17/run/2"))
    assert records.effects() == 2


async def test_an_approval_is_used_once_and_for_what_was_approved(records: Keeper) -> None:
    at = datetime(2026, 3, 1, tzinfo=UTC)
    use = UseDecision(gate="inc.acme.shop.1/g1/x", run="one", option="approve", by=["ann"], at=at)
    assert (await records.ask("use_decision", use)).accepted
    assert (await records.ask("use_decision", use)).accepted
    for other in ({"run": "two"}, {"option": "refuse"}, {"by": ["bo"]}):
        answer = await records.ask("use_decision", use.model_copy(update=other))
        assert (answer.accepted, answer.used_by_run) == (False, "one")


async def test_a_job_runs_once_for_its_id_and_another_command_is_refused(host: Keeper) -> None:
    job = RunJob(job="contract-1", host=host.host, command=f"echo x >>{host.path}")

    async def run(job: RunJob) -> Any:
        batch: BatchResult = await host.ask("run_batch", RunBatch(jobs=[job]))
        return batch.results[0]

    first, again = await run(job), await run(job)
    assert (first.outcome, first.attached, again.outcome, again.attached) == (JobOutcome.OK, False, JobOutcome.OK, True)
    assert host.effects() == 1
    refused = await run(job.model_copy(update={"command": f"echo y >>{host.path}"}))
    assert (refused.outcome, refused.changed) == (JobOutcome.FAILED, False)
    assert "the host knows the job contract-1 with another command" in refused.reason
    assert host.effects() == 1


async def test_a_component_is_brought_once_for_its_id_and_another_state_is_refused(host: Keeper) -> None:
    up = f"{host.path}.up"
    control = Commands(
        start=f"echo x >>{host.path}; touch {up}",
        stop=f"echo x >>{host.path}; rm {up}",
        status=f"test -e {up} || exit 3",
    )
    start = EnsureComponent(
        job="contract-2", host=host.host, component="acme.shop.web", control=control, verb=Verb.STARTED, token=1
    )
    first, again = [await host.ask("ensure_component", start) for _ in range(2)]
    assert (first.outcome, first.attached, again.outcome, again.attached) == (JobOutcome.OK, False, JobOutcome.OK, True)
    with pytest.raises(HostRefusedError, match="another command"):
        await host.ask("ensure_component", start.model_copy(update={"verb": Verb.STOPPED}))
    assert host.effects() == 1
