"""What restores and drills have in common: finding a backup, looking into it, bringing it back aside, and proving it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from temporalio import workflow
from temporalio.exceptions import ApplicationError

from models.base import format_duration
from models.dossier.instructions import Restore, RunStep, Step
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

_FIRST_LOOK = timedelta(seconds=2)
_RAREST_LOOK = timedelta(minutes=2)
_LOOK_TIMEOUT = timedelta(seconds=30)

NOT_RESTORABLE = "BackupRefused"
"""Error type of what is wrong with a backup."""


class FromBackup(Operation):
    """Base of the two."""

    def __init__(self) -> None:
        super().__init__()
        self.adapter: Adapter | None = None
        self.instruction: Restore | None = None
        self.point: RestorePoint | None = None
        self.proof: RestoreProof | None = None
        self._waited = timedelta(0)
        """For people."""

    # --- getting ready

    async def ready(self, order: RestoreOrder | DrillOrder, title: str, *, drill: bool) -> None:
        """Load the dossier, and take the adapter for this backup."""
        steps = await self.begin(order, title, name=order.restore)
        try:
            instruction = steps.plan.restores[order.restore]
        except KeyError:
            known = ", ".join(steps.plan.restores) or "none"
            unknown = f"{order.application} has no restore {order.restore!r}; it has {known}"
            raise ApplicationError(unknown, type="NotFoundError", non_retryable=True) from None
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
        placements = self.plan.components[instruction.component].placements
        if len(placements) != 1:
            raise refuse_operation(f"the dossier does not say on which host {instruction.component} is restored")
        return placements[0].host.name

    async def points(self) -> list[RestorePoint]:
        """What backups there are."""
        self.now("Look for backups")
        result = await self._look(self.adapter_.look(), "the backups cannot be listed")
        points = self.adapter_.read_points(whole_lines(result.stdout))
        newest = f"the newest is {points[0].id}, {self.age_text(points[0].at)} old" if points else "there is none"
        self.report("Restore points", f"{len(points)} found; {newest}")
        return points

    def choose(self, points: Sequence[RestorePoint], wanted: str) -> RestorePoint:
        """The point that is wanted."""
        found = self.adapter_.choose(points, wanted)
        if isinstance(found, str):
            raise not_restorable(found)
        return found

    async def examine(self, point: RestorePoint) -> Examined:
        """Look into a backup; what is wrong with it refuses it before anything is touched."""
        self.now(f"Look into {point.id}")
        result = await self._look(self.adapter_.examine(point), f"the backup {point.id} cannot be read")
        examined = self.adapter_.judge(result.stdout.text)
        if examined.at is not None and point.target is None:
            point = point.model_copy(update={"at": examined.at})
        self.point = point
        faults = list(examined.faults)
        if point.age(workflow.now()) > self.instruction_.oldest:
            oldest = format_duration(self.instruction_.oldest)
            faults.append(f"it is {self.age_text(point.at)} old, and nothing older than {oldest} may be restored")
        if faults:
            raise not_restorable(f"the backup {point.id} is refused: {'; '.join(faults)}")
        self.report(f"Looked into {point.id}", f"readable, of this application, {self.age_text(point.at)} old")
        return examined

    async def _look(self, step: RunStep, wrong: str) -> JobResult:
        [result] = await self.steps.run_for_results([step])
        if result.outcome is Outcome.OK:
            return result
        said = (result.stderr.text or result.stdout.text).strip().splitlines()
        raise not_restorable(f"{wrong}: {said[-1][:300] if said else result.reason}")

    # --- acting

    async def act(self, steps: Sequence[Step], *, ask: bool, progress: Examined | None = None) -> Outcome:
        """Carry steps out; a rehearsal says what each would do. Where one fails, people are asked if `ask` says so."""
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
        # A rehearsal comes before anything is aside: a check would find that there is nothing to do.
        if isinstance(step, RunStep) and self.rehearses:
            return step.model_copy(update={"check": None})
        return step

    async def _watched(self, step: Step, examined: Examined | None) -> Outcome:
        self.now(step_title(step))  # what it runs in full stands in the plan and in the step's report
        look = self.adapter_.progress()
        if examined is None or look is None or self.rehearses:
            return await self.steps.carry_out_one(step)
        look = look.model_copy(update={"timeout": _LOOK_TIMEOUT})
        work = asyncio.create_task(self.steps.carry_out_one(step))
        try:
            await self._show_progress(work, look, examined)
            return await work
        finally:
            if not work.done():
                work.cancel()
                await asyncio.gather(work, return_exceptions=True)

    async def _show_progress(self, work: asyncio.Task[Outcome], look: RunStep, examined: Examined) -> None:
        began = workflow.now()
        while True:
            pace = min(max((workflow.now() - began) / 8, _FIRST_LOOK), _RAREST_LOOK)
            if await waiting.until(work.done, within=pace, summary="Until the next look at how far it has come"):
                return
            seen = await self.steps.glance(look)
            if seen.outcome is Outcome.OK and (said := self.adapter_.how_far(seen.stdout.text, examined)):
                self.progress = f"{said}, after {format_duration(_whole(workflow.now() - began))}"
                self.on_gates_changed()

    async def verify(self, *, aside: bool) -> bool:
        """Ask the queries of the dossier; all of them, so that all that is wrong is known."""
        steps = [self.adapter_.verify(step, aside) for step in self.instruction_.verify]
        where = "aside" if aside else "in place"
        if self.rehearses:
            for step in steps:
                self.report(f"Verify {where}: {step.title or step.command}", "would be asked")
            return True
        before = self.state
        self.enter(OperationState.VERIFYING, f"Verify what was restored {where}")
        results = [(await self.steps.run_for_results([step]))[0] for step in steps]
        self.enter(before, self.doing)
        return all(result.outcome is Outcome.OK for result in results)

    async def ask_achieved(self) -> None:
        """How far the log was replayed, where there is one: that is what the data is of."""
        step = self.adapter_.achieved()
        if step is None or self.rehearses or self.proof is None:
            return
        [result] = await self.steps.run_for_results([step])
        seconds = facts(result.stdout.text).get("achieved", "")
        if result.outcome is Outcome.OK and seconds.isdigit():
            self.achieved(at=from_epoch(seconds))

    async def decide_on(self, question: Question) -> GateOutcome:
        """Ask; the time that people take is not the restore's."""
        asked = workflow.now()
        outcome = await super().decide_on(question)
        self._waited += workflow.now() - asked
        return outcome

    # --- what is achieved

    def promise(self, point: RestorePoint) -> None:
        """Begin the account of what is achieved beside what was agreed."""
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
        """Note what was achieved."""
        assert self.proof is not None
        if at is not None:
            lost = max(self.proof.asked_at - at, timedelta(0))
            fields |= {"point_at": at, "lost": _whole(lost)}
        self.proof = self.proof.model_copy(update=fields)
        self.data |= {"proof": self.proof.model_dump(mode="json")}
        self.on_gates_changed()

    @property
    def rehearses(self) -> bool:
        """Whether nothing is changed."""
        return self.order is not None and self.order.rehearse

    @property
    def adapter_(self) -> Adapter:
        """There once `ready` has returned."""
        assert self.adapter is not None
        return self.adapter

    @property
    def instruction_(self) -> Restore:
        """There once `ready` has returned."""
        assert self.instruction is not None
        return self.instruction

    def age_text(self, at: datetime) -> str:
        """How old something is, to the second."""
        return format_duration(_whole(max(workflow.now() - at, timedelta(0))))

    def more_on_page(self) -> str:
        """What was achieved beside what was agreed."""
        proof = self.proof
        if proof is None:
            return ""
        rows = [
            ("restore point: lost", format_duration(proof.lost), format_duration(proof.agreed_point)),
            ("restore time", took_text(proof.took), format_duration(proof.agreed_time)),
            ("verified", "yes" if proof.verified else "not yet", "yes"),
        ]
        head = f"Restore point {plain(proof.point)}: {proof.point_at:%Y-%m-%d %H:%M:%S} UTC, {size_text(proof.size_bytes)}."
        kept = f" What existed is kept: {plain(proof.kept_at)}." if proof.kept_at else ""
        return f"{head}{kept}\n\n" + table(["", "achieved", "agreed"], rows)


def took_text(took: timedelta | None) -> str:
    """How long something took, which is kept in whole seconds."""
    if took is None:
        return "-"
    return format_duration(took) if took else "less than 1s"


def not_restorable(reason: str) -> ApplicationError:
    """What keeps a backup from being restored, in one sentence; nothing has been touched."""
    return ApplicationError(reason, type=NOT_RESTORABLE, non_retryable=True)


def _whole(span: timedelta) -> timedelta:
    return timedelta(seconds=round(span.total_seconds()))
