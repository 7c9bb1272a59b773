"""Steps of an adapter, run on a real host over SSH as jobs, without a workflow around them."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from datetime import timedelta

from activities.ssh import Pool
from activities.ssh.jobs import run
from models.dossier.instructions import RunStep, Step
from models.jobs import JobResult, Outcome, RunJob
from models.restores import LATEST, Examined, RestorePoint
from tests.hosts import Host
from workflows.restore.backups.adapter import Adapter, Place

_ids = itertools.count()


def place(key: str = "20260131_0200_1a2b", *, drill: bool = False, scratch: str | None = None) -> Place:
    """Where a test restores."""
    return Place(host="db1", key=key, limit=timedelta(minutes=2), drill=drill, scratch=scratch)


class FarHost:
    """A host with tools."""

    def __init__(self, host: Host, pool: Pool) -> None:
        self.host = host
        self._pool = pool

    def run(self, step: Step) -> JobResult:
        """One step as a job."""
        assert isinstance(step, RunStep), step
        job = RunJob(
            job=f"restoring-{next(_ids)}",
            host=self.host.target(),
            command=step.command,
            check=step.check,
            read_only=step.read_only,
            timeout=step.timeout,
        )
        return run(self._pool, job)

    def ask(self, step: RunStep) -> str:
        """What a look prints; it must end well."""
        result = self.run(step)
        assert result.outcome is Outcome.OK, (result.reason, result.stderr.text)
        return result.stdout.text

    def carry_out(self, steps: Sequence[Step]) -> None:
        """Steps that must end well."""
        for step in steps:
            result = self.run(step)
            assert result.outcome is Outcome.OK, (step.title, result.reason, result.stderr.text)

    def points(self, adapter: Adapter) -> list[RestorePoint]:
        """The restore points that are there."""
        return adapter.read_points(self.ask(adapter.list_points()))

    def choose(self, adapter: Adapter, wanted: str = LATEST) -> RestorePoint:
        """A restore point that is there."""
        point = adapter.choose(self.points(adapter), wanted)
        assert isinstance(point, RestorePoint), point
        return point

    def examine(self, adapter: Adapter, point: RestorePoint) -> Examined:
        """Examine a backup, and expect that the command succeeds."""
        return adapter.judge(self.ask(adapter.examine(point)))

    def restored_to_staging(self, adapter: Adapter, wanted: str = LATEST) -> Examined:
        """Choose and examine a backup without a fault, and restore it to staging."""
        point = self.choose(adapter, wanted)
        examined = self.examine(adapter, point)
        assert examined.faults == []
        self.carry_out(adapter.restore_to_staging(point, examined))
        return examined
