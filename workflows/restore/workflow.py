"""Restoring from backup: chosen, looked into, approved, brought back aside, proven, put in place; taken back where it fails."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from functools import partial

from temporalio import workflow
from temporalio.exceptions import ApplicationError

from models.base import format_duration
from models.dossier.instructions import Approval, OnSilence, ProbeStep, StartStep, Step, StopStep
from models.gates import GateOption, Question
from models.jobs import Outcome, Verb
from models.operation import OperationEnd, OperationKind, OperationOutcome, OperationState
from models.restores import Examined, RestoreOrder, RestorePoint
from workflows.gates.gates import approval_question
from workflows.operation.base import operation
from workflows.restore.backups.commands import size_text
from workflows.restore.from_backup import NOT_RESTORABLE, FromBackup, took_text
from workflows.steps.text import plan_text

PUT_BACK = "put-back"
LEAVE = "leave"
NONE = "none"

_MOST_OFFERED = 12
"""Restore points among which people choose; others are named in the order."""

_HEALTHY_FOR = timedelta(seconds=5)
_HEALTHY_WITHIN = timedelta(minutes=10)

_CHOOSERS = Approval(roles=["operator"], within=timedelta(minutes=30), on_silence=OnSilence.ASK_AGAIN)


@operation(OperationKind.RESTORE)
class RestoreFromBackup(FromBackup):
    """Bring data back from a backup; what exists is kept."""

    kind = OperationKind.RESTORE

    def __init__(self) -> None:
        super().__init__()
        self._touched = False
        """Whether what exists may have been renamed."""
        self._stopped: list[str] = []

    @workflow.run
    async def run(self, order: RestoreOrder) -> OperationOutcome:
        """Restore, and say what was achieved beside what was agreed."""
        return await self.carried_out(lambda: self._run(order))

    async def _run(self, order: RestoreOrder) -> OperationOutcome:
        if order.points_only:
            order = order.model_copy(update={"rehearse": True})
        await self.ready(order, f"Restore {order.restore} of {order.application}", drill=False)
        try:
            points = await self.points()
            if order.points_only:
                self.data |= {"points": [point.model_dump(mode="json") for point in points]}
                return await self.finish(OperationEnd.REHEARSED, f"{len(points)} restore points; nothing was changed.")
            point = self.choose(points, await self._wanted(points, order.point))
            examined = await self.examine(point)
        except ApplicationError as error:
            if error.type != NOT_RESTORABLE:
                raise
            return await self.finish(OperationEnd.REFUSED, f"Nothing was touched: {error.message}.")
        assert self.point is not None
        self.promise(self.point)
        if not await self._approved(self.point, examined):
            return await self.finish(OperationEnd.REFUSED, "It was not approved; nothing was touched.")
        groups = self._to_stop()
        touched = [self.instruction_.component, *(name for group in groups for name in group)]
        await self.hold(list(dict.fromkeys(touched)), lasts=self.adapter_.place.limit)
        return await self._restore(self.point, examined, groups)

    async def _wanted(self, points: Sequence[RestorePoint], named: str) -> str:
        """The point of the order, or what people choose from the newest."""
        if named:
            return named
        if not points or self.rehearses:
            return "latest"
        shown = {f"p{n}": point for n, point in enumerate(points[:_MOST_OFFERED], 1)}
        question = Question(
            text="Which restore point? All that came after it is lost.",
            options=[
                *(
                    GateOption(name=key, means=f"{p.id}: {p.at:%Y-%m-%d %H:%M:%S} UTC, {self.age_text(p.at)} old, "
                    f"{size_text(p.size_bytes)}{'; ' + p.note if p.note else ''}")
                    for key, p in shown.items()
                ),
                GateOption(name=NONE, means="Nothing is restored."),
            ],
            deciders=self.plan.people.get("operator", []),
            roles=["operator"],
            within_seconds=_CHOOSERS.within.total_seconds(),
            on_silence=_CHOOSERS.on_silence,
        )  # fmt: skip
        chosen = (await self.decide_on(question)).option
        return shown[chosen].id if chosen in shown else ""

    def choose(self, points: Sequence[RestorePoint], wanted: str) -> RestorePoint:
        """The point that is wanted; nothing, where people chose none."""
        if not wanted:
            raise ApplicationError("no restore point was chosen", type=NOT_RESTORABLE, non_retryable=True)
        return super().choose(points, wanted)

    # --- what will be done

    def _to_stop(self) -> list[list[str]]:
        """Components in groups, in the order in which they are stopped."""
        instruction, plan = self.instruction_, self.plan
        groups = [list(group) for group in instruction.stop]
        if not groups:
            groups = [[name] for name in reversed(plan.dependants(instruction.component)) if self._controlled(name)]
            if self.adapter_.replaces_files and self._controlled(instruction.component):
                groups.append([instruction.component])
        elif self.adapter_.must_stop and instruction.component not in [name for group in groups for name in group]:
            groups.append([instruction.component])
        return groups

    def _controlled(self, name: str) -> bool:
        part = self.plan.components[name]
        return part.control is not None and bool(part.placements)

    def _plan(self, point: RestorePoint, examined: Examined) -> str:
        """All that would be done, in full: the approval is bound to it."""
        adapter = self.adapter_
        kept = adapter.kept_at(examined)
        aside = adapter.bring(point, examined)
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
                f"Restore point: {point.id}, {point.at:%Y-%m-%d %H:%M:%S} UTC; all that came after it is lost",
                f"Size: {size_text(point.size_bytes)}" + (f" ({point.note})" if point.note else ""),
                f"On: {adapter.place.host}, at most {format_duration(adapter.place.limit)} a step",
                f"What exists now is kept: {kept}" if kept else "Nothing exists now that could be kept",
                plan_text(steps),
            ]
        )

    async def _approved(self, point: RestorePoint, examined: Examined) -> bool:
        approval = self.instruction_.approval
        if approval is None:
            return True
        deciders = sorted({p for role in approval.roles for p in self.plan.people.get(role, [])})
        text = (
            f"{self.instruction_.title}: restore {point.id} of {point.at:%Y-%m-%d %H:%M:%S} UTC? "
            f"It is {self.age_text(point.at)} old, and all that came after it is lost."
        )
        by = self.order.by if self.order else None
        return await self.approve(approval_question(text, self._plan(point, examined), approval, deciders, by or ""))

    # --- doing it

    async def _restore(self, point: RestorePoint, examined: Examined, groups: list[list[str]]) -> OperationOutcome:
        self._waited = timedelta(0)
        began = workflow.now()
        self.enter(OperationState.ACTING, "Restoring")
        # All that can fail without touching what exists comes before the first component is stopped.
        outcome = await self._bring(point, examined)
        if outcome is Outcome.OK:
            outcome = await self._try_stop(groups)
        if outcome is Outcome.OK:
            outcome = await self._stop(groups)
        if outcome is Outcome.OK:
            self._touched = True
            outcome = await self.act(self.adapter_.swap(examined), ask=True)
            self.achieved(kept_at=self.adapter_.kept_at(examined))
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

    async def _bring(self, point: RestorePoint, examined: Examined) -> Outcome:
        """Aside, and proven there; own steps know no aside."""
        brought = self.adapter_.bring(point, examined)
        outcome = await self.act(brought, ask=True, progress=examined)
        if outcome is not Outcome.OK or not brought:
            return outcome
        await self.ask_achieved()
        if not await self.verify(aside=True):
            return Outcome.FAILED
        return await self.act(self.adapter_.settle(), ask=True)

    async def _try_stop(self, groups: list[list[str]]) -> Outcome:
        """Ask each component how it stands, as its stop does before it acts."""
        if self.rehearses:
            return Outcome.OK  # there, its stop only looks as well
        for name in (name for group in groups for name in group):
            step = StopStep(component=name, title=f"See whether {name} can be stopped")
            outcome = await self.take_step(
                step, "nothing is stopped yet", partial(self.steps.try_out, name, Verb.STOPPED)
            )
            if outcome is not Outcome.OK:
                return outcome
        return Outcome.OK

    async def _stop(self, groups: list[list[str]]) -> Outcome:
        for group in groups:
            for name in group:
                # Also one whose stop failed: it may be down.
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
        """Leave a clear state: untouched and running, or put back, or as it is with its name said."""
        if self.taken_back_by:
            return await self.finish(OperationEnd.FAILED, f"{self.stops()}. {self.left_behind()}")
        why = f"{self.stops()}." if self.stops() else self.left_behind()
        end = OperationEnd.ABORTED if self.aborting is not None else OperationEnd.FAILED
        if not self._touched:
            await self.act(self.adapter_.remove(), ask=False)
            if not self._stopped:
                return await self.finish(end, f"{why} What existed is untouched, and nothing was stopped.")
            running = await self._start(ask=False)
            state = "runs again" if running is Outcome.OK else "does not run again"
            return await self.finish(end, f"{why} What existed is untouched; what was stopped {state}.")
        kept = self.adapter_.kept_at(examined)
        if not kept or not await self._to_be_put_back(kept, why):
            said = f"What existed is kept: {kept}." if kept else "Nothing existed before."
            return await self.finish(end, f"{why} It is left as it is. {said}")
        return await self._put_back(examined, why)

    async def _to_be_put_back(self, kept: str, why: str) -> bool:
        question = Question(
            text=f"The restore did not succeed: {why} What existed before is kept ({kept}). Put it back?",
            options=[
                GateOption(name=PUT_BACK, means="What existed before takes its place again and is started."),
                GateOption(name=LEAVE, means="It is left as it is now, for people to mend.", needs_reason=True),
            ],
            deciders=self.plan.people.get("operator", []),
            roles=["operator"],
            within_seconds=_CHOOSERS.within.total_seconds(),
            on_silence=_CHOOSERS.on_silence,
        )
        return (await self.decide_on(question)).option == PUT_BACK

    async def _put_back(self, examined: Examined, why: str) -> OperationOutcome:
        self.enter(OperationState.UNDOING, "Put back what existed before")
        stops: list[Step] = [StopStep(component=name) for name in self._stopped]
        outcome = await self.act([*stops, *self.adapter_.put_back(examined)], ask=False)
        if outcome is Outcome.OK:
            outcome = await self._start(ask=False)
        if outcome is Outcome.OK:
            return await self.finish(OperationEnd.UNDONE, f"{why} What existed before is in its place again and runs.")
        kept = self.adapter_.kept_at(examined)
        return await self.finish(
            OperationEnd.FAILED, f"{why} It could not be put back either: {self.left_behind()} What existed: {kept}."
        )

    def _summary(self, point: RestorePoint) -> str:
        proof = self.proof
        assert proof is not None
        took = took_text(proof.took)
        kept = f" What existed is kept: {proof.kept_at}." if proof.kept_at else ""
        return (
            f"Restored {point.id} of {proof.point_at:%Y-%m-%d %H:%M:%S} UTC and verified it: {format_duration(proof.lost)} lost "
            f"(agreed {format_duration(proof.agreed_point)}), took {took} (agreed {format_duration(proof.agreed_time)}).{kept}"
        )
