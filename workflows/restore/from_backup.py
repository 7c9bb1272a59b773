"""The common part of restores and drills: they list backups, examine one, restore it to staging, and prove it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from temporalio import workflow
from temporalio.exceptions import ApplicationError

from models.base import format_duration
from models.dossier.instructions import Restore, RunStep, Step
from models.errors import NOT_RESTORABLE, NotFoundError
from models.gates import GateOutcome, Question
from models.jobs import JobResult, Outcome
from models.operation import OperationState
from models.restores import DrillOrder, Examined, RestoreOrder, RestorePoint, RestoreProof
from workflows.operation.base import Operation
from workflows.restore.backups.adapter import Adapter, Place
from workflows.restore.backups.choosing import adapter_for
from workflows.restore.backups.commands import facts, from_epoch, size_text, whole_lines
from workflows.runtime import waiting
from workflows.runtime.keys import scratch_key
from workflows.runtime.markdown import plain, table
from workflows.steps.lease import refuse_operation
from workflows.steps.text import step_title

_FIRST_QUERY = timedelta(seconds=2)
_LONGEST_PAUSE = timedelta(minutes=2)
"""Bounds of the time between two queries of the progress."""

_QUERY_TIMEOUT = timedelta(seconds=30)


class FromBackup(Operation):
    """Base class of the workflows for a restore and for a drill."""

    def __init__(self) -> None:
        super().__init__()
        self.adapter: Adapter | None = None
        self.instruction: Restore | None = None
        self.point: RestorePoint | None = None
        self.proof: RestoreProof | None = None
        self._waited = timedelta(0)
        """The time that people took to answer; it does not count as restore time."""

    # --- preparation

    async def ready(self, order: RestoreOrder | DrillOrder, title: str, *, drill: bool) -> None:
        """Load the dossier, and create the adapter for this kind of backup. Raise `NotFoundError` for an unknown restore."""
        steps = await self.begin(order, title, name=order.restore)
        try:
            instruction = steps.plan.restores[order.restore]
        except KeyError:
            known = ", ".join(steps.plan.restores) or "none"
            unknown = f"{order.application} has no restore {order.restore!r}; it has {known}"
            raise ApplicationError(unknown, type=NotFoundError.__name__, non_retryable=True) from None
        self.instruction = instruction
        started = workflow.info().workflow_start_time
        self.adapter = adapter_for(
            instruction,
            Place(
                host=self._host(instruction, drill),
                key=f"{started:%Y%m%d}_{scratch_key('restore')}",
                limit=instruction.give_up_after or instruction.restore_time * 4,
                drill=drill,
                scratch=instruction.drill.scratch if drill and instruction.drill else None,
            ),
        )

    def _host(self, instruction: Restore, drill: bool) -> str:
        if drill and instruction.drill and instruction.drill.host:
            return instruction.drill.host
        if instruction.host:
            return instruction.host
        routed_hosts = self.plan.components[instruction.component].routed_hosts
        if len(routed_hosts) != 1:
            raise refuse_operation(f"the dossier does not name the host for the restore of {instruction.component}")
        return routed_hosts[0].host.name

    async def points(self) -> list[RestorePoint]:
        """List the restore points, the newest first."""
        self.now("List the backups")
        result = await self._run_read_only(self.adapter_.list_points(), "the backups cannot be listed")
        points = self.adapter_.read_points(whole_lines(result.stdout))
        newest = f"the newest is {points[0].id}, {self.age_text(points[0].at)} old" if points else "there is none"
        self.report("Restore points", f"{len(points)} found; {newest}")
        return points

    def choose(self, points: Sequence[RestorePoint], wanted: str) -> RestorePoint:
        """Return the restore point that was ordered. Raise `NOT_RESTORABLE` when there is no such point."""
        found = self.adapter_.choose(points, wanted)
        if isinstance(found, str):
            raise not_restorable(found)
        return found

    async def examine(self, point: RestorePoint) -> Examined:
        """Examine a backup before anything changes. Raise `NOT_RESTORABLE` with all faults that were found."""
        self.now(f"Examine {point.id}")
        result = await self._run_read_only(self.adapter_.examine(point), f"the backup {point.id} cannot be read")
        examined = self.adapter_.judge(result.stdout.text)
        if examined.at is not None and point.target is None:
            point = point.model_copy(update={"at": examined.at})
        self.point = point
        faults = list(examined.faults)
        if point.age(workflow.now()) > self.instruction_.oldest:
            oldest = format_duration(self.instruction_.oldest)
            faults.append(f"it is {self.age_text(point.at)} old, and the limit is {oldest}")
        if faults:
            raise not_restorable(f"the backup {point.id} is refused: {'; '.join(faults)}")
        self.report(f"Examined {point.id}", f"readable, of this application, {self.age_text(point.at)} old")
        return examined

    async def _run_read_only(self, step: RunStep, wrong: str) -> JobResult:
        [result] = await self.steps.run_for_results([step])
        if result.outcome is Outcome.OK:
            return result
        said = (result.stderr.text or result.stdout.text).strip().splitlines()
        raise not_restorable(f"{wrong}: {said[-1][:300] if said else result.reason}")

    # --- acting

    async def act(self, steps: Sequence[Step], *, ask: bool, progress: Examined | None = None) -> Outcome:
        """Run steps in order until one fails; a rehearsal shows them. With `ask`, people decide about a failed step."""
        for number, step in enumerate(steps, 1):
            place = f"step {number} of {len(steps)}"
            doing = self._prepared(step)
            if ask:
                outcome = await self.take_step(doing, place, lambda doing=doing: self._watched(doing, progress))  # type: ignore[misc]
            else:
                self.now(doing.title or place)
                outcome = await self._watched(doing, progress)
                await self.record()
            if outcome is not Outcome.OK:
                return outcome
        return Outcome.OK

    def _prepared(self, step: Step) -> Step:
        # In a rehearsal nothing is in the staging place, so a check could report wrongly that the step is done.
        if isinstance(step, RunStep) and self.rehearses:
            return step.model_copy(update={"check": None})
        return step

    async def _watched(self, step: Step, examined: Examined | None) -> Outcome:
        self.now(step_title(step))  # The full command is in the plan and in the step's report.
        query = self.adapter_.progress()
        if examined is None or query is None or self.rehearses:
            return await self.steps.carry_out_one(step)
        query = query.model_copy(update={"timeout": _QUERY_TIMEOUT})
        work = asyncio.create_task(self.steps.carry_out_one(step))
        try:
            await self._show_progress(work, query, examined)
            return await work
        finally:
            if not work.done():
                work.cancel()
                await asyncio.gather(work, return_exceptions=True)

    async def _show_progress(self, work: asyncio.Task[Outcome], query: RunStep, examined: Examined) -> None:
        began = workflow.now()
        while True:
            pace = min(max((workflow.now() - began) / 8, _FIRST_QUERY), _LONGEST_PAUSE)
            if await waiting.until(work.done, within=pace, summary="Until the next query of the progress"):
                return
            seen = await self.steps.query(query)
            if seen.outcome is Outcome.OK and (said := self.adapter_.how_far(seen.stdout.text, examined)):
                self.journal.progress = f"{said}, after {format_duration(_whole(workflow.now() - began))}"
                self.refresh_page()

    async def verify(self, *, aside: bool) -> bool:
        """Run all verification queries of the dossier, also after one failed. Return whether all of them succeeded."""
        steps = [self.adapter_.verify(step, aside) for step in self.instruction_.verify]
        where = "in the staging place" if aside else "in its final place"
        if self.rehearses:
            for step in steps:
                self.report(f"Verify {where}: {step.title or step.command}", "would run")
            return True
        before = self.state
        self.enter(OperationState.VERIFYING, f"Verify the restored data {where}")
        results = [(await self.steps.run_for_results([step]))[0] for step in steps]
        self.enter(before, self.doing)
        return all(result.outcome is Outcome.OK for result in results)

    async def ask_achieved(self) -> None:
        """Record the time up to which the log was replayed, because the restored data has that state."""
        step = self.adapter_.achieved()
        if step is None or self.rehearses or self.proof is None:
            return
        [result] = await self.steps.run_for_results([step])
        seconds = facts(result.stdout.text).get("achieved", "")
        if result.outcome is Outcome.OK and seconds.isdigit():
            self.achieved(at=from_epoch(seconds))

    async def decide_on(self, question: Question) -> GateOutcome:
        """Ask people. The time until their answer does not count as restore time."""
        asked = workflow.now()
        outcome = await super().decide_on(question)
        self._waited += workflow.now() - asked
        return outcome

    # --- the proof

    def begin_proof(self, point: RestorePoint) -> None:
        """Create the proof of this restore, with the agreed restore point and restore time."""
        asked = workflow.info().workflow_start_time
        self.proof = RestoreProof(
            restore=self.name,
            point=point.id,
            point_at=point.at,
            asked_at=asked,
            size_bytes=point.size_bytes,
            lost=_whole(point.age(asked)),
            agreed_point=self.instruction_.restore_point,
            agreed_time=self.instruction_.restore_time,
        )

    def achieved(self, *, at: datetime | None = None, **fields: Any) -> None:
        """Add results to the proof; `at` is the time of the restored data."""
        assert self.proof is not None
        if at is not None:
            lost = max(self.proof.asked_at - at, timedelta(0))
            fields |= {"point_at": at, "lost": _whole(lost)}
        self.proof = self.proof.model_copy(update=fields)
        self.data |= {"proof": self.proof.model_dump(mode="json")}
        self.refresh_page()

    @property
    def rehearses(self) -> bool:
        """Whether this is a rehearsal, which changes nothing."""
        return self.order is not None and self.order.rehearse

    @property
    def adapter_(self) -> Adapter:
        """The adapter for this kind of backup; it exists after `ready`."""
        assert self.adapter is not None
        return self.adapter

    @property
    def instruction_(self) -> Restore:
        """The restore instruction of the dossier; it exists after `ready`."""
        assert self.instruction is not None
        return self.instruction

    def age_text(self, at: datetime) -> str:
        """Return the age of something at `at`, in whole seconds."""
        return format_duration(_whole(max(workflow.now() - at, timedelta(0))))

    def more_on_page(self) -> str:
        """Return a table with the achieved and the agreed values as Markdown; empty before a restore point is chosen."""
        proof = self.proof
        if proof is None:
            return ""
        rows = [
            ("restore point: lost", format_duration(proof.lost), format_duration(proof.agreed_point)),
            ("restore time", took_text(proof.took), format_duration(proof.agreed_time)),
            ("verified", "yes" if proof.verified else "not yet", "yes"),
        ]
        head = f"Restore point {plain(proof.point)}: {proof.point_at:%Y-%m-%d %H:%M:%S} UTC, {size_text(proof.size_bytes)}."
        kept = f" The previous data is kept: {plain(proof.saved_to)}." if proof.saved_to else ""
        return f"{head}{kept}\n\n" + table(["", "achieved", "agreed"], rows)


def took_text(took: timedelta | None) -> str:
    """Return the display text of a duration, which the proof stores in whole seconds."""
    if took is None:
        return "-"
    return format_duration(took) if took else "less than 1s"


def not_restorable(reason: str) -> ApplicationError:
    """Return the error for a backup that cannot be restored, before anything has changed; `reason` is one sentence."""
    return ApplicationError(reason, type=NOT_RESTORABLE, non_retryable=True)


def _whole(span: timedelta) -> timedelta:
    return timedelta(seconds=round(span.total_seconds()))
