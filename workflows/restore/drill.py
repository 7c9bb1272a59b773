"""The workflow of a drill: it restores into a scratch place, verifies, measures the time, and cleans up.

A drill that fails opens an incident.
"""

from __future__ import annotations

from datetime import timedelta

from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError, is_cancelled_exception

from activities.stubs.workflows import report_by_hand
from models.base import format_duration
from models.dossier.agreement import Freezable
from models.dossier.monitoring import Severity
from models.errors import NOT_RESTORABLE
from models.jobs import Outcome
from models.lease import LeaseMode
from models.opening import ReportByHand
from models.operation import OperationEnd, OperationOutcome, OperationState
from models.operation_kinds import DRILL
from models.restores import LATEST, DrillOrder, Examined, RestorePoint
from models.scope import Scope
from models.watch import OpenByHand
from workflows.operation.base import operation
from workflows.restore.from_backup import FromBackup, took_text
from workflows.runtime.keys import action_key
from workflows.runtime.outcomes import explain, worst
from workflows.runtime.policies import RECORD, RECORD_TIMEOUT


@operation(DRILL)
class RestoreDrill(FromBackup):
    """Tests a backup by a restore that asks nobody and does not touch the application; its result is recorded as proof."""

    def __init__(self) -> None:
        super().__init__()
        self._began = workflow.now()
        """The begin of the drill's restore time, which includes the search for a backup."""

    @workflow.run
    async def run(self, order: DrillOrder) -> OperationOutcome:
        """Run the drill. The outcome names the data that would be lost and the time taken, beside the agreed values."""
        return await self.carried_out(lambda: self._run(order))

    async def _run(self, order: DrillOrder) -> OperationOutcome:
        await self.ready(
            order, f"Drill: restore {order.restore} of {order.application} into a scratch place", drill=True
        )
        await self.lease.hold(
            Scope.of([self.instruction_.component]),
            lasts=self.adapter_.place.limit,
            mode=LeaseMode.SHARED,
            work=Freezable.DRILL,
            holds_alarms=False,
        )
        self._began = workflow.now()
        try:
            point = self.choose(await self.points(), order.point)
            examined = await self.examine(point)
        except ApplicationError as error:
            if error.type != NOT_RESTORABLE:
                raise
            return await self._failed([error.message])
        assert self.point is not None
        self.begin_proof(self.point)
        faults = await self._drill(self.point, examined)
        if self.rehearses:
            return await self.finish(OperationEnd.REHEARSED, f"Rehearsal with {point.id}, nothing was changed.")
        faults += self._missed(order)
        self.achieved(faults=faults)
        if faults:
            return await self._failed(faults)
        return await self.finish(OperationEnd.DONE, self._summary())

    async def _drill(self, point: RestorePoint, examined: Examined) -> list[str]:
        """Restore into the scratch place, verify, and clean up. Return the faults."""
        self.enter(OperationState.ACTING, "Restoring into a scratch place")
        faults: list[str] = []
        if (
            await self.act(self.adapter_.restore_to_staging(point, examined), ask=False, progress=examined)
            is not Outcome.OK
        ):
            faults.append(f"the restore failed: {self._last()}")
        else:
            await self.ask_achieved()
            if await self.verify(aside=True):
                self.achieved(verified=not self.rehearses)
            else:
                failed = [r for r in self.reports[-len(self.instruction_.verify) :] if r.outcome is not Outcome.OK]
                faults.append(f"the restored data failed the verification: {'; '.join(r.title for r in failed)}")
        # The clean-up is no part of a restore, so its time does not count.
        self.achieved(took=_seconds(workflow.now() - self._began))
        cleaned = [await self.act(steps, ask=False) for steps in (self.adapter_.settle(), self.adapter_.remove())]
        if worst(cleaned) is not Outcome.OK:
            faults.append(f"the scratch place could not be cleaned up: {self._last()}")
        return faults

    def _missed(self, order: DrillOrder) -> list[str]:
        """Return the agreed values that this restore would have missed, one sentence each."""
        proof = self.proof
        assert proof is not None
        faults = []
        if order.point == LATEST and proof.lost > proof.agreed_point:
            lost, agreed = format_duration(proof.lost), format_duration(proof.agreed_point)
            faults.append(f"{lost} of data would have been lost, and {agreed} are agreed")
        if proof.took is not None and proof.took > proof.agreed_time:
            took, agreed = format_duration(proof.took), format_duration(proof.agreed_time)
            faults.append(f"the restore took {took}, and {agreed} are agreed")
        return faults

    def _last(self) -> str:
        last = next((r for r in reversed(self.reports) if r.outcome is not Outcome.OK), None)
        return " ".join(last.detail.splitlines()[-1:] or [last.title])[:300] if last else "the drill was stopped"

    def _summary(self) -> str:
        proof = self.proof
        assert proof is not None
        took = took_text(proof.took)
        return (
            f"Restored {proof.point} into a scratch place and verified it: {format_duration(proof.lost)} would have been lost "
            f"(agreed {format_duration(proof.agreed_point)}), took {took} (agreed {format_duration(proof.agreed_time)})."
        )

    async def _failed(self, faults: list[str]) -> OperationOutcome:
        if self.rehearses:
            return await self.finish(OperationEnd.FAILED, f"The drill would fail: {'; '.join(faults)}.")
        said = await self._open_incident(faults)
        return await self.finish(OperationEnd.FAILED, f"The drill failed: {'; '.join(faults)}. {said}")

    async def _open_incident(self, faults: list[str]) -> str:
        """Open an incident of severity warning: the application works, but this backup is not reliable."""
        assert self.order is not None
        try:
            receipt = await workflow.execute_activity(
                report_by_hand,
                ReportByHand(
                    key=action_key("incident"),
                    application=self.order.application,
                    order=OpenByHand(
                        title=f"The drill of the restore {self.name} failed"[:300],
                        component=self.instruction_.component,
                        severity=Severity.WARNING,
                        by=self.order.by[:80],
                        note=f"{workflow.info().workflow_id}: {'; '.join(faults)}"[:1000],
                        separate=True,
                    ),
                ),
                start_to_close_timeout=RECORD_TIMEOUT * 2,
                schedule_to_close_timeout=timedelta(minutes=15),
                retry_policy=RECORD,
                summary="Open an incident through the watch",
            )
        except ActivityError as error:
            if is_cancelled_exception(error):
                raise
            return f"No incident could be opened: {explain(error)}"
        return f"Incident: {receipt.incident}."


def _seconds(span: timedelta) -> timedelta:
    return timedelta(seconds=round(span.total_seconds()))
