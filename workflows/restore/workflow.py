"""The workflow of a restore: choice of the restore point, examination, approval, staging, proof, swap, and rollback."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from functools import partial

from temporalio import workflow
from temporalio.exceptions import ApplicationError

from models.base import counted, format_duration
from models.dossier.instructions import Approval, OnSilence, ProbeStep, StartStep, Step, StopStep
from models.errors import NOT_RESTORABLE
from models.gates import GateOption, Question
from models.jobs import Outcome, Verb
from models.operation import OperationEnd, OperationOutcome, OperationState
from models.operation_kinds import RESTORE
from models.people import People
from models.restores import Examined, RestoreOrder, RestorePoint
from models.scope import Scope
from workflows.gates.gates import approval_question
from workflows.operation.base import operation
from workflows.restore.backups.commands import size_text
from workflows.restore.from_backup import FromBackup, took_text
from workflows.steps.text import plan_text

PUT_BACK = "put-back"
LEAVE = "leave"
NONE = "none"

_MOST_OFFERED = 12
"""The question offers this many restore points, the newest ones; an order can name any other one."""

_HEALTHY_FOR = timedelta(seconds=5)
_HEALTHY_WITHIN = timedelta(minutes=10)

_CHOOSERS = Approval(roles=["operator"], within=timedelta(minutes=30), on_silence=OnSilence.ASK_AGAIN)


@operation(RESTORE)
class RestoreFromBackup(FromBackup):
    """Restores data from a backup, and keeps the current data under another name."""

    def __init__(self) -> None:
        super().__init__()
        self._touched = False
        """Whether the current data may have been renamed."""
        self._stopped: list[str] = []

    @workflow.run
    async def run(self, order: RestoreOrder) -> OperationOutcome:
        """Restore the data. The outcome names the data lost and the time taken, beside the agreed values."""
        return await self.carried_out(lambda: self._run(order))

    async def _run(self, order: RestoreOrder) -> OperationOutcome:
        if order.points_only:
            order = order.model_copy(update={"rehearse": True})
        await self.ready(order, f"Restore {order.restore} of {order.application}", drill=False)
        try:
            points = await self.points()
            if order.points_only:
                self.data |= {"points": [point.model_dump(mode="json") for point in points]}
                return await self.finish(
                    OperationEnd.REHEARSED, f"{counted(len(points), 'restore point')}; nothing was changed."
                )
            point = self.choose(points, await self._wanted(points, order.point))
            examined = await self.examine(point)
        except ApplicationError as error:
            if error.type != NOT_RESTORABLE:
                raise
            return await self.finish(OperationEnd.REFUSED, f"Nothing was changed: {error.message}.")
        assert self.point is not None
        self.begin_proof(self.point)
        if not await self._approved(self.point, examined):
            return await self.finish(OperationEnd.REFUSED, "The restore was not approved; nothing was changed.")
        groups = self._to_stop()
        touched = [self.instruction_.component, *(name for group in groups for name in group)]
        await self.lease.hold(Scope.of(dict.fromkeys(touched)), lasts=self.adapter_.place.limit)
        return await self._restore(self.point, examined, groups)

    async def _wanted(self, points: Sequence[RestorePoint], named: str) -> str:
        """Return the restore point of the order, or the one that people choose from the newest ones; empty: none."""
        if named:
            return named
        if not points or self.rehearses:
            return "latest"
        shown = {f"p{n}": point for n, point in enumerate(points[:_MOST_OFFERED], 1)}
        question = Question(
            text="Which restore point? All data that is newer than the restore point will be lost.",
            options=[
                *(
                    GateOption(name=key, means=f"{p.id}: {p.at:%Y-%m-%d %H:%M:%S} UTC, {self.age_text(p.at)} old, "
                    f"{size_text(p.size_bytes)}{'; ' + p.note if p.note else ''}")
                    for key, p in shown.items()
                ),
                GateOption(name=NONE, means="Nothing is restored."),
            ],
            deciders=People.of(self.plan.people.get("operator", [])),
            roles=["operator"],
            within_seconds=_CHOOSERS.within.total_seconds(),
            on_silence=_CHOOSERS.on_silence,
        )  # fmt: skip
        chosen = (await self.decide_on(question)).option
        return shown[chosen].id if chosen in shown else ""

    def choose(self, points: Sequence[RestorePoint], wanted: str) -> RestorePoint:
        """Return the restore point that was ordered or chosen. Raise `NOT_RESTORABLE` when people chose none."""
        if not wanted:
            raise ApplicationError("no restore point was chosen", type=NOT_RESTORABLE, non_retryable=True)
        return super().choose(points, wanted)

    # --- the plan

    def _to_stop(self) -> list[list[str]]:
        """Return the groups of components to stop, in their order."""
        instruction, plan = self.instruction_, self.plan
        groups = [list(group) for group in instruction.stop]
        if not groups:
            groups = [
                [name]
                for name in reversed(plan.dependencies.dependants(instruction.component))
                if self._controlled(name)
            ]
            if self.adapter_.replaces_files and self._controlled(instruction.component):
                groups.append([instruction.component])
        elif self.adapter_.must_stop and instruction.component not in [name for group in groups for name in group]:
            groups.append([instruction.component])
        return groups

    def _controlled(self, name: str) -> bool:
        part = self.plan.components[name]
        return part.control is not None and bool(part.routed_hosts)

    def _plan(self, point: RestorePoint, examined: Examined) -> str:
        """Return the full text of the plan, to which the approval is bound."""
        adapter = self.adapter_
        kept = adapter.saved_to(examined)
        aside = adapter.restore_to_staging(point, examined)
        steps: list[Step] = [
            *aside,
            *(adapter.verify(step, aside=True) for step in self.instruction_.verify if aside),
            *adapter.settle(),
            *(StopStep(component=name) for group in self._to_stop() for name in group),
            *adapter.swap(examined),
            *(StartStep(component=name) for group in reversed(self._to_stop()) for name in group),
            *(adapter.verify(step, aside=False) for step in self.instruction_.verify),
        ]
        return "\n".join(
            [
                f"Restore point: {point.id}, {point.at:%Y-%m-%d %H:%M:%S} UTC; all newer data will be lost",
                f"Size: {size_text(point.size_bytes)}" + (f" ({point.note})" if point.note else ""),
                f"On: {adapter.place.host}, at most {format_duration(adapter.place.limit)} a step",
                f"The current data is kept: {kept}" if kept else "There is no current data to keep",
                plan_text(steps),
            ]
        )

    async def _approved(self, point: RestorePoint, examined: Examined) -> bool:
        approval = self.instruction_.approval
        if approval is None:
            return True
        deciders = self.plan.holders(approval.roles)
        text = (
            f"{self.instruction_.title}: restore {point.id} of {point.at:%Y-%m-%d %H:%M:%S} UTC? "
            f"It is {self.age_text(point.at)} old, and all newer data will be lost."
        )
        by = self.order.by if self.order else None
        return await self.approve(approval_question(text, self._plan(point, examined), approval, deciders, by or ""))

    # --- the restore

    async def _restore(self, point: RestorePoint, examined: Examined, groups: list[list[str]]) -> OperationOutcome:
        self._waited = timedelta(0)
        began = workflow.now()
        self.enter(OperationState.ACTING, "Restoring")
        # Everything that can fail without a change to the current data runs before the first component stops.
        outcome = await self._restore_to_staging(point, examined)
        if outcome is Outcome.OK:
            outcome = await self._try_stop(groups)
        if outcome is Outcome.OK:
            outcome = await self._stop(groups)
        if outcome is Outcome.OK:
            self._touched = True
            outcome = await self.act(self.adapter_.swap(examined), ask=True)
            self.achieved(saved_to=self.adapter_.saved_to(examined))
        if outcome is Outcome.OK:
            outcome = await self._start()
        if outcome is Outcome.OK and not await self.verify(aside=False):
            outcome = Outcome.FAILED
        took = timedelta(seconds=round((workflow.now() - began - self._waited).total_seconds()))
        self.achieved(took=took, verified=outcome is Outcome.OK and not self.rehearses)
        if self.rehearses:
            return await self.finish(OperationEnd.REHEARSED, f"Rehearsal of {point.id}, nothing was changed.")
        if outcome is Outcome.OK:
            return await self.finish(OperationEnd.DONE, self._summary(point))
        return await self._failed(examined)

    async def _restore_to_staging(self, point: RestorePoint, examined: Examined) -> Outcome:
        """Restore into the staging place and prove the data there. An adapter of own steps has no staging place."""
        steps = self.adapter_.restore_to_staging(point, examined)
        outcome = await self.act(steps, ask=True, progress=examined)
        if outcome is not Outcome.OK or not steps:
            return outcome
        await self.ask_achieved()
        if not await self.verify(aside=True):
            return Outcome.FAILED
        return await self.act(self.adapter_.settle(), ask=True)

    async def _try_stop(self, groups: list[list[str]]) -> Outcome:
        """Query the status of each component, to see before the first stop whether each of them can be stopped."""
        if self.rehearses:
            return Outcome.OK  # In a rehearsal the stop itself only queries the status.
        for name in (name for group in groups for name in group):
            step = StopStep(component=name, title=f"Check whether {name} can be stopped")
            outcome = await self.take_step(
                step, "nothing is stopped yet", partial(self.steps.try_out, name, Verb.STOPPED)
            )
            if outcome is not Outcome.OK:
                return outcome
        return Outcome.OK

    async def _stop(self, groups: list[list[str]]) -> Outcome:
        for group in groups:
            for name in group:
                # A component whose stop failed belongs here too, because it may be down.
                self._stopped.append(name)
                outcome = await self.act([StopStep(component=name)], ask=True)
                if outcome is not Outcome.OK:
                    return outcome
        return Outcome.OK

    async def _start(self, *, ask: bool = True) -> Outcome:
        for name in reversed(self._stopped):
            steps: list[Step] = [StartStep(component=name)]
            if self.plan.components[name].health:
                steps.append(ProbeStep(component=name, healthy_for=_HEALTHY_FOR, timeout=_HEALTHY_WITHIN))
            outcome = await self.act(steps, ask=ask)
            if outcome is not Outcome.OK:
                return outcome
        return Outcome.OK

    # --- when it fails

    async def _failed(self, examined: Examined) -> OperationOutcome:
        """Restart with the current data, or swap it back, or name the place where it is kept."""
        if self.revoked_by:
            return await self.finish(OperationEnd.FAILED, f"{self.stops()}. {self.left_behind()}")
        why = f"{self.stops()}." if self.stops() else self.left_behind()
        end = OperationEnd.ABORTED if self.aborting is not None else OperationEnd.FAILED
        if not self._touched:
            await self.act(self.adapter_.remove(), ask=False)
            if not self._stopped:
                return await self.finish(end, f"{why} The current data is unchanged, and nothing was stopped.")
            running = await self._start(ask=False)
            state = "run again" if running is Outcome.OK else "do not all run again"
            return await self.finish(end, f"{why} The current data is unchanged; the stopped components {state}.")
        kept = self.adapter_.saved_to(examined)
        if not kept or not await self._to_be_put_back(kept, why):
            said = f"The previous data is kept: {kept}." if kept else "There was no previous data."
            return await self.finish(end, f"{why} Nothing was rolled back. {said}")
        return await self._put_back(examined, why)

    async def _to_be_put_back(self, kept: str, why: str) -> bool:
        question = Question(
            text=f"The restore did not succeed: {why} The previous data is kept ({kept}). Put the previous data back?",
            options=[
                GateOption(
                    name=PUT_BACK, means="The previous data replaces the restored data, and the components start."
                ),
                GateOption(name=LEAVE, means="Nothing changes; people repair the application.", needs_reason=True),
            ],
            deciders=People.of(self.plan.people.get("operator", [])),
            roles=["operator"],
            within_seconds=_CHOOSERS.within.total_seconds(),
            on_silence=_CHOOSERS.on_silence,
        )
        return (await self.decide_on(question)).option == PUT_BACK

    async def _put_back(self, examined: Examined, why: str) -> OperationOutcome:
        self.enter(OperationState.UNDOING, "Put the previous data back")
        stops: list[Step] = [StopStep(component=name) for name in self._stopped]
        outcome = await self.act([*stops, *self.adapter_.put_back(examined)], ask=False)
        if outcome is Outcome.OK:
            outcome = await self._start(ask=False)
        if outcome is Outcome.OK:
            return await self.finish(
                OperationEnd.UNDONE, f"{why} The previous data is in its place again, and the components run."
            )
        kept = self.adapter_.saved_to(examined)
        return await self.finish(
            OperationEnd.FAILED,
            f"{why} The previous data could not be put back: {self.left_behind()} It is kept: {kept}.",
        )

    def _summary(self, point: RestorePoint) -> str:
        proof = self.proof
        assert proof is not None
        took = took_text(proof.took)
        kept = f" The previous data is kept: {proof.saved_to}." if proof.saved_to else ""
        return (
            f"Restored {point.id} of {proof.point_at:%Y-%m-%d %H:%M:%S} UTC and verified it: {format_duration(proof.lost)} lost "
            f"(agreed {format_duration(proof.agreed_point)}), took {took} (agreed {format_duration(proof.agreed_time)}).{kept}"
        )
